//! Pictures to begin with, and what can be told from those that come back.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};

/// Part of a picture: left, top, width and height in pixels.
pub type Area = (u32, u32, u32, u32);

/// A smooth picture in which every place has a colour of its own, none of them near black or white.
pub fn gradient(width: u32, height: u32) -> RgbImage {
    let level = |at: u32, of: u32, span: u32| u8::try_from(30 + at * span / of).unwrap();
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([level(x, width, 180), level(y, height, 180), 230 - level(x + y, width + height, 100)])
    })
}

/// One colour.
pub fn plain(width: u32, height: u32, colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(colour))
}

/// A mask that is white in an area and black elsewhere.
pub fn white_on_black(width: u32, height: u32, area: Area) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| Luma([if is_within(area, x, y) { 255 } else { 0 }]))
}

/// A mask that is transparent in an area and opaque elsewhere.
pub fn hole(width: u32, height: u32, area: Area) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| Rgba([9, 9, 9, if is_within(area, x, y) { 0 } else { 255 }]))
}

/// As a lossless file.
pub fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.into().write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// A file's pixels.
pub fn read(file: &[u8]) -> RgbaImage {
    image::load_from_memory(file).expect("a whole picture").into_rgba8()
}

/// Whether a place lies in an area.
pub fn is_within((left, top, width, height): Area, x: u32, y: u32) -> bool {
    (left..left + width).contains(&x) && (top..top + height).contains(&y)
}

/// How far two pictures of one size are from each other at the chosen places: levels of a channel, on average.
pub fn distance(one: &RgbaImage, other: &RgbaImage, chosen: impl Fn(u32, u32) -> bool) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let places = one.enumerate_pixels().filter(|(x, y, _)| chosen(*x, *y));
    let (mut sum, mut count) = (0_u32, 0_u32);
    for (x, y, Rgba(pixel)) in places {
        let levels = pixel.iter().zip(other.get_pixel(x, y).0).map(|(a, b)| u32::from(a.abs_diff(b)));
        sum += levels.sum::<u32>();
        count += 4;
    }
    assert!(count > 0, "nothing was chosen");
    f64::from(sum) / f64::from(count)
}

/// How alike the lights and shadows of two pictures of one size are: 1 for the same, 0 for no relation.
pub fn likeness(one: &RgbaImage, other: &RgbaImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let lights = |picture: &RgbaImage| -> Vec<f64> {
        let lights = image::imageops::grayscale(picture);
        let mean = lights.pixels().map(|light| f64::from(light.0[0])).sum::<f64>()
            / f64::from(lights.width() * lights.height());
        lights.pixels().map(|light| f64::from(light.0[0]) - mean).collect()
    };
    let (one, other) = (lights(one), lights(other));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    product(&one, &other) / (product(&one, &one) * product(&other, &other)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_compared_where_that_is_asked() {
        let start = DynamicImage::from(gradient(64, 48)).into_rgba8();
        let mut other = start.clone();
        other.get_pixel_mut(3, 4).0[0] += 8;
        let area = (3, 4, 1, 1);
        assert!(distance(&start, &other, |x, y| !is_within(area, x, y)).abs() < f64::EPSILON);
        assert!((distance(&start, &other, |x, y| is_within(area, x, y)) - 2.0).abs() < f64::EPSILON);
        assert!(likeness(&start, &other) > 0.99);
        image::imageops::flip_horizontal_in_place(&mut other);
        image::imageops::flip_vertical_in_place(&mut other);
        assert!(likeness(&start, &other) < 0.0);
        assert_eq!(read(&png(start.clone())), start);
    }
}
