//! Paints prompts in every style onto one sheet: `contact_sheet OUT.png SIDE VARIANTS PROMPT…`.

use image::{RgbImage, imageops};
use picasso_emulator::paint::{Order, paint};
use picasso_emulator::scene::Brief;
use picasso_emulator::service::Provider;

fn main() {
    let mut args = std::env::args().skip(1);
    let out = args.next().unwrap_or_else(|| "sheet.png".to_owned());
    let side: u32 = args.next().and_then(|side| side.parse().ok()).unwrap_or(320);
    let variants: u64 = args.next().and_then(|count| count.parse().ok()).unwrap_or(2);
    let prompts: Vec<String> = args.collect();
    let columns = u32::try_from(variants).unwrap_or(1) * 3;
    let rows = u32::try_from(prompts.len()).unwrap_or(1);
    let mut sheet = RgbImage::from_pixel(columns * side, rows * side, image::Rgb([255, 255, 255]));
    for (row, prompt) in (0_u32..).zip(&prompts) {
        let scene = Brief::read(prompt).scene;
        for (column, provider) in (0_u32..).zip(Provider::ALL) {
            for variant in 1..=variants {
                let order = Order {
                    provider,
                    size: (768, 768),
                    variant,
                    miss: false,
                    twin: None,
                    scene: scene.clone(),
                };
                let picture = imageops::thumbnail(&paint(&order), side - 4, side - 4);
                let at = i64::from(
                    column * u32::try_from(variants).unwrap_or(1) + u32::try_from(variant).unwrap_or(1) - 1,
                );
                imageops::replace(&mut sheet, &picture, at * i64::from(side), i64::from(row * side));
            }
        }
    }
    if let Err(error) = sheet.save(&out) {
        eprintln!("{out}: {error}");
    }
}
