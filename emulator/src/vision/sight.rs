//! Seeing: from bytes to a small perceptual picture, and how much of it is of a colour.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageReader, Limits};

use crate::colour::{self, Lab};
use crate::scene::Tint;

/// Longer side of what the judge looks at; detail below that is texture.
const SIDE: u32 = 256;
/// Longer side of what the reader looks at.
const READING_SIDE: u32 = 384;
/// A picture's side; anything larger is refused before it's unpacked.
const MAX_SIDE: u32 = 8192;
/// Bytes that a decoder may take.
const MAX_ALLOC: u64 = 512 << 20;

/// A picture as the judge sees it.
pub struct Sight {
    /// Pixels a row.
    pub w: usize,
    /// Rows.
    pub h: usize,
    /// The pixels, row by row.
    pub pixels: Vec<Lab>,
    /// Lightness in more detail, for reading.
    pub grey: GrayImage,
}

/// A part of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// The upper 45 %.
    Upper,
    /// The lower 35 %.
    Lower,
    /// A frame of 6 % along the edges.
    Border,
}

impl Sight {
    /// Decodes PNG, JPEG or WebP.
    ///
    /// # Errors
    /// When the bytes are no such picture, or one too large.
    pub fn of(bytes: &[u8]) -> Result<Self, String> {
        let refuse = |error: image::ImageError| format!("the image could not be decoded: {error}");
        let mut reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(|error| format!("the image could not be read: {error}"))?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_ALLOC);
        reader.limits(limits);
        let picture = DynamicImage::ImageRgb8(reader.decode().map_err(refuse)?.into_rgb8());
        Ok(Self::of_picture(&picture))
    }

    /// Looks at pixels.
    pub fn of_picture(picture: &DynamicImage) -> Self {
        let small = picture.thumbnail(SIDE, SIDE).into_rgb8();
        Self {
            w: small.width() as usize,
            h: small.height() as usize,
            pixels: small.pixels().map(|pixel| Lab::from_rgb(pixel.0)).collect(),
            grey: picture.thumbnail(READING_SIDE, READING_SIDE).into_luma8(),
        }
    }

    /// The pixel at a place inside the picture.
    pub fn at(&self, x: usize, y: usize) -> Lab {
        self.pixels.get(y * self.w + x).copied().unwrap_or_default()
    }

    /// How much of a part is so, 0 to 1.
    pub fn share(&self, part: Part, so: impl Fn(Lab) -> bool) -> f32 {
        let (mut yes, mut all) = (0.0_f32, 0.0_f32);
        let frame = (self.w.min(self.h) as f32 * 0.06).ceil() as usize;
        for (y, row) in self.pixels.chunks_exact(self.w.max(1)).enumerate() {
            let wanted = match part {
                Part::Whole | Part::Border => true,
                Part::Upper => y * 100 < self.h * 45,
                Part::Lower => y * 100 >= self.h * 65,
            };
            if !wanted {
                continue;
            }
            let inner_row = y >= frame && y + frame < self.h;
            for (x, lab) in row.iter().enumerate() {
                if part == Part::Border && inner_row && x >= frame && x + frame < self.w {
                    continue;
                }
                all += 1.0;
                if so(*lab) {
                    yes += 1.0;
                }
            }
        }
        if all > 0.0 { yes / all } else { 0.0 }
    }

    /// How much of a part is of a colour.
    pub fn of_tint(&self, part: Part, tint: Tint) -> f32 {
        self.share(part, |lab| colour::is(tint, lab))
    }

    /// True when (almost) every pixel is of one colour.
    pub fn is_blank(&self) -> bool {
        let count = self.pixels.len().max(1) as f32;
        let sum = self.pixels.iter().fold(Lab::default(), |sum, lab| Lab {
            l: sum.l + lab.l,
            a: sum.a + lab.a,
            b: sum.b + lab.b,
        });
        let mean = Lab { l: sum.l / count, a: sum.a / count, b: sum.b / count };
        self.share(Part::Whole, |lab| lab.distance(mean) > 0.022) < 0.03
    }

    /// The colours by name, the most frequent first, with their shares.
    pub fn names(&self) -> Vec<(crate::scene::Colour, f32)> {
        let mut counts: Vec<(crate::scene::Colour, f32)> =
            crate::scene::Colour::ALL.iter().map(|colour| (*colour, 0.0)).collect();
        for lab in self.pixels.iter().step_by(3) {
            let name = colour::nearest(*lab);
            if let Some((_, count)) = counts.iter_mut().find(|(colour, _)| *colour == name) {
                *count += 3.0 / self.pixels.len() as f32;
            }
        }
        counts.retain(|(_, share)| *share > 0.01);
        counts.sort_by(|one, other| other.1.total_cmp(&one.1));
        counts
    }
}
