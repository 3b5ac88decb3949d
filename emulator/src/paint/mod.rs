//! The painter.

use image::RgbImage;

use crate::colour;
use crate::scene::{Colour, Scene, Tint, hash};
use crate::service::Provider;

/// An order for one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Whose style.
    pub provider: Provider,
    /// Width and height, pixels, at most 4096 each.
    pub size: (u32, u32),
    /// Which of the many pictures of this scene: a seed, or the number of the call.
    pub variant: u64,
    /// Paint something else.
    pub miss: bool,
    /// The nth imperceptible variation of one picture.
    pub twin: Option<u64>,
    /// What to paint.
    pub scene: Scene,
}

/// Paints.
pub fn paint(order: &Order) -> RgbImage {
    let (w, h) = order.size;
    let mut rng = fastrand::Rng::with_seed(
        hash(order.provider.name().as_bytes())
            ^ order.scene.key
            ^ order.variant.wrapping_mul(0x9e37_79b9_7f4a_7c15),
    );
    let mut backdrop = order.scene.backdrop.first().copied().unwrap_or(Tint::plain(Colour::White));
    let mut items: Vec<Tint> = order.scene.items.iter().map(crate::scene::Item::body).collect();
    if order.miss {
        backdrop = Tint::plain(Colour::Teal);
        items = vec![Tint::plain(Colour::Grey)];
    }
    let rgb = |tint: Tint| image::Rgb(colour::of(tint).to_rgb().map(|c| (c * 255.0) as u8));
    let mut picture = RgbImage::from_pixel(w, h, rgb(backdrop));
    for tint in items {
        let r = w.min(h) as f32 * (0.15 + 0.2 * rng.f32());
        let (cx, cy) = (w as f32 * (0.2 + 0.6 * rng.f32()), h as f32 * (0.2 + 0.6 * rng.f32()));
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            if (x as f32 - cx).hypot(y as f32 - cy) < r {
                *pixel = rgb(tint);
            }
        }
    }
    picture
}
