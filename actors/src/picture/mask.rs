//! Which pixels of a picture are to be painted anew, and how each provider wants to be told.

use super::decode::{Pixels, decode};
use super::{Format, encode, wrong};
use crate::picture::canvas::COMPOSE_PIXELS_MAX;
use crate::provider::Failure;

/// A mask: of each pixel whether it's to be painted. Neither empty nor full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    width: u32,
    height: u32,
    edit: Vec<bool>,
}

impl Mask {
    /// Reads a PNG or WebP of the start image's size. With transparency: transparent is edited, opaque kept. Without: white is
    /// edited, black kept. Half counts as white, half transparent as opaque.
    ///
    /// # Errors
    /// `bad_image` when the bytes can't be decoded; `bad_request` when they're no PNG or WebP, of another size, or when the mask
    /// would edit nothing or everything.
    pub fn read(bytes: &[u8], width: u32, height: u32) -> Result<Self, Failure> {
        if matches!(Format::of(bytes), Some(Format::Jpeg | Format::Gif)) {
            return Err(wrong("a mask has to be PNG or WebP"));
        }
        let pixels = decode(bytes, COMPOSE_PIXELS_MAX)?;
        if (pixels.width, pixels.height) != (width, height) {
            return Err(wrong(&format!(
                "the mask is {} × {} pixels, the start image {width} × {height}",
                pixels.width, pixels.height
            )));
        }
        let edit = if pixels.is_opaque() {
            pixels.rgba().map(|[red, green, blue, _]| brightness(red, green, blue) >= 128).collect()
        } else {
            pixels.rgba().map(|[.., alpha]| alpha < 128).collect()
        };
        Self::of(width, height, edit)
    }

    /// A mask of whole pixels, row by row.
    ///
    /// # Errors
    /// `bad_request` when it would edit nothing or everything, or isn't `width × height` long.
    pub fn of(width: u32, height: u32, edit: Vec<bool>) -> Result<Self, Failure> {
        let edited = edit.iter().filter(|edit| **edit).count();
        if edited == 0 {
            return Err(wrong("the mask edits nothing: make what is to be painted transparent or white"));
        }
        if edited == edit.len() || edit.len() as u64 != u64::from(width) * u64::from(height) {
            return Err(wrong("the mask keeps nothing: ask for an edit without a mask"));
        }
        Ok(Self { width, height, edit })
    }

    /// Width and height in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Of each pixel, row by row, whether it's painted.
    pub fn edited(&self) -> &[bool] {
        &self.edit
    }

    /// As `OpenAI` takes it: a PNG with alpha, transparent where it's painted.
    ///
    /// # Errors
    /// `bad_image` when the PNG can't be written.
    pub fn for_openai(&self) -> Result<Vec<u8>, Failure> {
        let data = self.edit.iter().flat_map(|edit| [0, 0, 0, if *edit { 0 } else { 255 }]).collect();
        encode::png(&Pixels { width: self.width, height: self.height, channels: 4, data })
            .map(|png| png.bytes)
    }

    /// As Stable Diffusion's inpainting takes it, and as a picture for models that are told of a mask in words: a grey PNG, white
    /// where it's painted.
    ///
    /// # Errors
    /// `bad_image` when the PNG can't be written.
    pub fn white_is_edit(&self) -> Result<Vec<u8>, Failure> {
        let data = self.edit.iter().map(|edit| if *edit { 255 } else { 0 }).collect();
        encode::png(&Pixels { width: self.width, height: self.height, channels: 1, data })
            .map(|png| png.bytes)
    }

    /// Of each pixel how much of it is painted, from 0 (kept) to 255: what is painted begins `feather` pixels inside of its edge.
    pub(super) fn weights(&self, feather: u8) -> Vec<u8> {
        let full = u16::from(feather) + 1;
        let mut depth: Vec<u16> = self.edit.iter().map(|edit| if *edit { full } else { 0 }).collect();
        let width = self.width as usize;
        // City-block distance to what is kept: once from the top left, once from the bottom right. The picture's edge is none.
        for _ in 0..2 {
            for at in 0..depth.len() {
                let left = if at % width == 0 { None } else { depth.get(at - 1) };
                let above = at.checked_sub(width).and_then(|above| depth.get(above));
                let near = left.into_iter().chain(above).min().map_or(full, |near| near + 1);
                if let Some(depth) = depth.get_mut(at) {
                    *depth = near.min(*depth);
                }
            }
            depth.reverse();
        }
        depth
            .into_iter()
            .map(|depth| u8::try_from(u32::from(depth) * 255 / u32::from(full)).unwrap_or(255))
            .collect()
    }
}

fn brightness(red: u8, green: u8, blue: u8) -> u32 {
    (u32::from(red) * 54 + u32::from(green) * 183 + u32::from(blue) * 19) >> 8
}
