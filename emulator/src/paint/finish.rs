//! The last pass over the pixels: what the surface is made of. Grain for the soft style, fibre for paper, and for
//! gouache a brush that drags every edge a little and leaves its bristles.

use image::RgbImage;
use tiny_skia::Pixmap;

use crate::service::Provider;

/// Takes the pixels off the canvas in the style's surface. `unit` is the canvas's shorter side.
pub fn finish(canvas: &Pixmap, style: Provider, unit: f32, seed: u32) -> RgbImage {
    match style {
        Provider::Openai => each(canvas, |x, y, pixel, (w, h)| {
            let (dx, dy) = (x / w - 0.5, y / h - 0.5);
            let vignette = 1.0 - 0.16 * (dx * dx + dy * dy);
            let grain = (speck(x as u32, y as u32, seed) - 0.5) * 3.2;
            pixel.map(|channel| channel * vignette + grain)
        }),
        Provider::Gemini => {
            let scale = 1.0 / (unit * 0.0035).max(1.0);
            each(canvas, |x, y, pixel, _| {
                let fibre = noise(x * scale * 0.35 + y * scale * 0.12, y * scale * 1.4, seed) - 0.5;
                let mottle = noise(x * scale * 0.12, y * scale * 0.12, seed ^ 0x4d) - 0.5;
                let grain = (speck(x as u32, y as u32, seed) - 0.5) * 3.0;
                let by = fibre * 6.5 + mottle * 3.5 + grain;
                pixel.map(|channel| channel + by)
            })
        }
        Provider::Workers => gouache(canvas, unit, seed),
    }
}

fn gouache(canvas: &Pixmap, unit: f32, seed: u32) -> RgbImage {
    let angle = speck(1, 2, seed) * 0.9 - 0.75;
    let (sin, cos) = angle.sin_cos();
    let (wide, fine) = (1.0 / (unit * 0.020), 1.0 / (unit * 0.0045).max(1.0));
    let (drag, fray) = (unit * 0.0050, unit * 0.0011);
    let data = canvas.pixels();
    let (w, h) = (canvas.width(), canvas.height());
    let mut picture = RgbImage::new(w, h);
    for (x, y, out) in picture.enumerate_pixels_mut() {
        let (fx, fy) = (x as f32, y as f32);
        // Along the brush and across it.
        let (u, v) = (fx * cos + fy * sin, fy * cos - fx * sin);
        let streak = noise(u * fine * 0.055, v * fine * 1.1, seed ^ 5) - 0.5;
        let drift = noise(fx * wide, fy * wide, seed) - 0.5;
        let along = drift * 2.0 * drag + streak * 2.0 * fray;
        let across = (noise(fx * wide + 31.7, fy * wide, seed ^ 9) - 0.5) * drag;
        let sx = (fx + along * cos - across * sin).clamp(0.0, w as f32 - 1.0) as u32;
        let sy = (fy + along * sin + across * cos).clamp(0.0, h as f32 - 1.0) as u32;
        let Some(pixel) = data.get((sy * w + sx) as usize) else { continue };
        let wash = noise(fx * wide * 0.35, fy * wide * 0.35, seed ^ 3) - 0.5;
        let tooth = speck(x, y, seed) - 0.5;
        let by = streak * 19.0 + wash * 10.0 + tooth * 5.0;
        // Dark paint shows the bristles less than light paint does.
        let rgb = [pixel.red(), pixel.green(), pixel.blue()].map(f32::from);
        let light = (rgb.iter().sum::<f32>() / 765.0 * 0.7 + 0.3) * by;
        out.0 = rgb.map(|channel| (channel + light).clamp(0.0, 255.0) as u8);
    }
    picture
}

fn each(canvas: &Pixmap, colour: impl Fn(f32, f32, [f32; 3], (f32, f32)) -> [f32; 3]) -> RgbImage {
    let mut picture = RgbImage::new(canvas.width(), canvas.height());
    let size = (canvas.width() as f32, canvas.height() as f32);
    for ((x, y, out), pixel) in picture.enumerate_pixels_mut().zip(canvas.pixels()) {
        let rgb = [pixel.red(), pixel.green(), pixel.blue()].map(f32::from);
        out.0 = colour(x as f32, y as f32, rgb, size).map(|channel| channel.clamp(0.0, 255.0) as u8);
    }
    picture
}

/// White noise of a lattice point, 0 to 1.
fn speck(x: u32, y: u32, seed: u32) -> f32 {
    let mut hash = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed.wrapping_mul(0xC2B2_AE3D);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297A_2D39);
    (hash >> 8) as f32 / 16_777_216.0
}

/// Smooth noise with features of size 1, 0 to 1.
fn noise(x: f32, y: f32, seed: u32) -> f32 {
    // Coordinates may be negative by a few cells; the lattice starts far to the left of them.
    let (x, y) = (x + 4096.0, y + 4096.0);
    let (cell_x, cell_y) = (x as u32, y as u32);
    let (fx, fy) = (x - cell_x as f32, y - cell_y as f32);
    let (sx, sy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let row = |y: u32| {
        let (a, b) = (speck(cell_x, y, seed), speck(cell_x + 1, y, seed));
        a + (b - a) * sx
    };
    let (top, bottom) = (row(cell_y), row(cell_y + 1));
    top + (bottom - top) * sy
}
