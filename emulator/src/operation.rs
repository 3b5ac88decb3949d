//! What a call asks the painter to do, as far as it can be told from what was sent. No provider names the operation
//! in its request; a model sees pictures and words, and so does this.
//!
//! The rules, in this order: no start image is `generate`. A mask, or transparency in the start image, is `inpaint`,
//! or `outpaint` when the start image is empty (transparent or of one colour) wherever is to be painted and that
//! reaches the canvas's edge. Else the prompt's words decide: "upscale", "variation", "extend" (and their like); a
//! strength that leaves little freedom ([`VARIED`]) is `variation` too; what is left is `edit`. A prompt that says "as references" has no start image, whatever pictures it comes with.

// x, y, w, h, r, g, b are the field's own names.
#![allow(clippy::many_single_char_names)]

use image::{GrayImage, Luma, RgbaImage};
use serde::Serialize;

use crate::picture::Sent;

/// Words that say that all pictures are references.
const REFERENCES: [&str; 3] = ["as references", "as reference", "reference images only"];
/// Words that ask for more pixels of the same.
const UPSCALE: [&str; 4] = ["upscale", "upscaling", "higher resolution", "more pixels"];
/// Words that ask for another one like it.
const VARIATION: [&str; 1] = ["variation"];
/// Words that ask for what lies outside of the picture.
const OUTPAINT: [&str; 5] = ["outpaint", "extend the", "expand the", "beyond the", "fill the border"];

/// The strength, 0 to 1, up to which a model that takes one changes a picture without making another of it.
const VARIED: f64 = 0.65;

/// What is done to a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A picture from words, perhaps with references.
    Generate,
    /// A start image with something new in it.
    Edit,
    /// A start image of which only the masked part changes.
    Inpaint,
    /// A start image with more around it.
    Outpaint,
    /// A picture like the start image.
    Variation,
    /// The start image with more pixels.
    Upscale,
}

/// What the painter is given beside the words.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    /// What to do.
    pub operation: Operation,
    /// What to do it to.
    pub start: Option<RgbaImage>,
    /// Where to do it: 255 paints, 0 keeps. As large as the start image.
    pub mask: Option<GrayImage>,
    /// The mean colours of the references, in their order.
    pub references: Vec<[u8; 3]>,
    /// The surroundings are left out: transparency outside of the subject.
    pub cut_out: bool,
}

impl Default for Material {
    fn default() -> Self {
        Self {
            operation: Operation::Generate,
            start: None,
            mask: None,
            references: Vec::new(),
            cut_out: false,
        }
    }
}

impl Material {
    /// Understands pictures in the order in which they were sent, for a canvas of `size` pixels. `strength` is how far
    /// the start image may be left, for the models that are told.
    pub fn of(
        prompt: &str,
        pictures: &[Sent],
        mask: Option<GrayImage>,
        strength: Option<f64>,
        size: (u32, u32),
    ) -> Self {
        let prompt = prompt.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| prompt.contains(word));
        let (start, references) = match pictures.split_first() {
            Some((start, rest)) if mask.is_some() || !says(&REFERENCES) => (Some(start), rest),
            _ => (None, pictures),
        };
        let references = references.iter().map(Sent::mean).collect();
        let Some(start) = start else { return Self { references, ..Self::default() } };
        let mask = mask.or_else(|| transparency(&start.pixels));
        let (operation, start, mask) = match mask {
            Some(mask) if is_hollow(&start.pixels, &mask) => {
                (Operation::Outpaint, start.pixels.clone(), Some(mask))
            }
            Some(mask) => (Operation::Inpaint, start.pixels.clone(), Some(mask)),
            None if says(&UPSCALE) => (Operation::Upscale, start.pixels.clone(), None),
            None if says(&VARIATION) || strength.is_some_and(|strength| strength <= VARIED) => {
                (Operation::Variation, start.pixels.clone(), None)
            }
            None => match padded(&start.pixels, size).filter(|_| says(&OUTPAINT)) {
                Some((start, mask)) => (Operation::Outpaint, start, Some(mask)),
                None => (Operation::Edit, start.pixels.clone(), None),
            },
        };
        Self { operation, start: Some(start), mask, references, cut_out: false }
    }
}

impl Operation {
    /// The words that say what to paint. An instruction about pictures and masks that ends in a colon, as in "Change what
    /// is white in the mask: a red boat", is left out, since its words aren't to be seen.
    pub fn subject(self, prompt: &str) -> &str {
        match self {
            Self::Inpaint | Self::Outpaint => prompt.split_once(": ").map_or(prompt, |(_, subject)| subject),
            Self::Generate | Self::Edit | Self::Variation | Self::Upscale => prompt,
        }
    }
}

/// A mask out of transparency: what can't be seen is to be painted. `None` when everything can.
pub fn transparency(picture: &RgbaImage) -> Option<GrayImage> {
    picture.pixels().any(|pixel| pixel.0[3] < 128).then(|| {
        GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
            Luma([255 - picture.get_pixel(x, y).0[3]])
        })
    })
}

/// A mask out of light: white is to be painted.
pub fn lightness(picture: &RgbaImage) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, _] = picture.get_pixel(x, y).0.map(u16::from);
        Luma([u8::try_from((r + g + b) / 3).unwrap_or(u8::MAX)])
    })
}

/// True when what is to be painted has nothing in it, and touches the canvas's edge.
fn is_hollow(start: &RgbaImage, mask: &GrayImage) -> bool {
    let (w, h) = start.dimensions();
    if mask.dimensions() != (w, h) {
        return false;
    }
    let mut first = None;
    let mut touches = false;
    for (x, y, paint) in mask.enumerate_pixels() {
        if paint.0[0] < 128 {
            continue;
        }
        touches |= x == 0 || y == 0 || x + 1 == w || y + 1 == h;
        let [r, g, b, alpha] = start.get_pixel(x, y).0;
        let seen = if alpha < 128 { None } else { Some([r, g, b]) };
        if *first.get_or_insert(seen) != seen {
            return false;
        }
    }
    touches
}

/// The start image in the middle of a canvas of another shape, and the mask of what is around it. `None` when the
/// shapes are (almost) the same.
fn padded(start: &RgbaImage, (w, h): (u32, u32)) -> Option<(RgbaImage, GrayImage)> {
    let (sw, sh) = (u64::from(start.width()), u64::from(start.height()));
    let (cw, ch) = (u64::from(w), u64::from(h));
    let (fw, fh) = if sw * ch > cw * sh { (cw, cw * sh / sw) } else { (ch * sw / sh, ch) };
    if (cw - fw) * 50 <= cw && (ch - fh) * 50 <= ch {
        return None;
    }
    let (fw, fh) = (u32::try_from(fw.max(1)).ok()?, u32::try_from(fh.max(1)).ok()?);
    let (left, top) = ((w - fw) / 2, (h - fh) / 2);
    let inner = image::imageops::resize(start, fw, fh, image::imageops::FilterType::Triangle);
    let mut canvas = RgbaImage::new(w, h);
    image::imageops::replace(&mut canvas, &inner, i64::from(left), i64::from(top));
    let inside = |x: u32, y: u32| (left..left + fw).contains(&x) && (top..top + fh).contains(&y);
    let mask = GrayImage::from_fn(w, h, |x, y| Luma([if inside(x, y) { 0 } else { 255 }]));
    Some((canvas, mask))
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::encode::{Format, encode};

    fn sent(side: u32) -> Sent {
        let level = |at: u32| u8::try_from(at).unwrap();
        let picture = image::RgbImage::from_fn(side, side, |x, y| image::Rgb([level(x), level(y), 90]));
        Sent::read(&encode(&picture, Format::Png, 100).unwrap()).unwrap()
    }

    fn understood(prompt: &str, pictures: &[Sent], mask: Option<GrayImage>) -> Operation {
        Material::of(prompt, pictures, mask, None, (64, 64)).operation
    }

    #[test]
    fn words_and_pictures_say_what_is_asked() {
        let start = [sent(64)];
        assert_eq!(understood("a cat", &[], None), Operation::Generate);
        assert_eq!(understood("a cat", &start, None), Operation::Edit);
        assert_eq!(understood("a variation of this", &start, None), Operation::Variation);
        assert_eq!(understood("Upscale this", &start, None), Operation::Upscale);
        assert_eq!(understood("extend the scene", &start, None), Operation::Edit, "nothing to extend into");
        let close = Material::of("a cat", &start, None, Some(0.6), (64, 64));
        assert_eq!(close.operation, Operation::Variation);
        let wide = Material::of("extend the scene", &start, None, Some(1.0), (128, 64));
        assert_eq!(wide.operation, Operation::Outpaint);
        assert_eq!(wide.start.unwrap().dimensions(), (128, 64));
        let mask = wide.mask.unwrap();
        assert_eq!((mask.get_pixel(31, 5).0, mask.get_pixel(32, 5).0), ([255], [0]));
    }

    #[test]
    fn a_mask_over_a_picture_is_inpainting_and_over_nothing_outpainting() {
        let hole = GrayImage::from_fn(64, 64, |x, _| Luma([if x < 20 { 255 } else { 0 }]));
        let mut start = sent(64);
        assert_eq!(understood("a cat", std::slice::from_ref(&start), Some(hole.clone())), Operation::Inpaint);
        for (x, _, pixel) in start.pixels.enumerate_pixels_mut() {
            if x < 20 {
                *pixel = Rgba([0, 0, 0, 0]);
            }
        }
        assert_eq!(understood("a cat", std::slice::from_ref(&start), Some(hole)), Operation::Outpaint);
        assert_eq!(understood("a cat", &[start], None), Operation::Outpaint, "transparency is a mask");
    }

    #[test]
    fn an_instruction_is_not_painted() {
        let told = "The last picture is a mask of the first. In the white area: a sign: red";
        assert_eq!(Operation::Inpaint.subject(told), "a sign: red");
        assert_eq!(Operation::Edit.subject("a sign: red"), "a sign: red");
        assert_eq!(Operation::Outpaint.subject("a forest"), "a forest");
    }

    #[test]
    fn references_keep_their_order_and_can_be_all_there_is() {
        let mut red = sent(8);
        red.pixels.pixels_mut().for_each(|pixel| *pixel = Rgba([255, 0, 0, 255]));
        let pictures = [sent(8), red.clone()];
        let edit = Material::of("a cat", &pictures, None, None, (64, 64));
        assert_eq!((edit.operation, edit.references.as_slice()), (Operation::Edit, &[[255, 0, 0]][..]));
        let only = Material::of("a cat.\n\nUse the images as references.", &pictures, None, None, (64, 64));
        assert_eq!((only.operation, only.references.len(), only.start), (Operation::Generate, 2, None));
    }
}
