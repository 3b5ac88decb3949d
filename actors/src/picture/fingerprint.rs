//! A picture's perceptual hash: 256 bits, low frequencies of its brightness split at their median.
//!
//! Median, not mean: with the mean, one in fourteen pairs found alike really is (`qarmin/img_hash` issue 12). Nearly all of the
//! cost of such a hash is in making the picture small, so that's done here in one pass over the pixels; `image_hasher` gets the 32
//! × 32 means that its transform wants, and resizes no more. The palette is made of the same means.

use image::GrayImage;
use image_hasher::{HashAlg, HasherConfig};

use serde::{Deserialize, Serialize};

use super::decode::{Pixels, decode};
use super::{PIXELS_MAX, palette};
use crate::provider::Failure;

/// The hash of a picture without detail (one colour, a plain gradient): it's like nothing, itself included.
pub const FLAT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Cells a side: what `image_hasher` transforms for a hash of 16 × 16.
const SIDE: usize = 32;
/// Pixels and cells are measured in this part of each other.
const PARTS: u32 = 32;
/// Weights of red, green and blue in brightness (sRGB), of ten thousand: those of `image`.
const LUMA: [u64; 3] = [2_126, 7_152, 722];
/// Cells are kept in this part of a level of brightness, so that a dark picture's few levels aren't rounded away.
const LEVEL: u64 = 256;
/// Detail is how far a cell is from the mean of its neighbours, on average. With less than this of it, in 1/256 levels, a hash would
/// be of noise and rounding: noise on a plain colour has up to 50.
const DETAIL_MIN: u64 = 64;
/// Nor does a gradient have detail, whose range is more than so many times as much: a plain one has none but the steps that a codec
/// makes of it, a 370th of its range; of the painted pictures none has less than a 120th.
const RANGE_MAX: u64 = 200;

type Cells = [[u64; SIDE]; SIDE];
/// Of each cell: sums of red, green and blue.
type Sums = Vec<[[u64; 3]; SIDE]>;

/// What a picture looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Look {
    /// The perceptual hash: 256 bits as 64 hexadecimal digits.
    pub hash: String,
    /// Up to five dominant colours as `#rrggbb`, the most common first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub palette: Vec<String>,
}

/// A [`Look`] as it's written, and as it was before there were palettes: the hash alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Hash(String),
    Look {
        hash: String,
        #[serde(default)]
        palette: Vec<String>,
    },
}

impl From<Written> for Look {
    fn from(written: Written) -> Self {
        match written {
            Written::Hash(hash) => hash.into(),
            Written::Look { hash, palette } => Self { hash, palette },
        }
    }
}

impl From<String> for Look {
    fn from(hash: String) -> Self {
        Self { hash, palette: Vec::new() }
    }
}

/// Decodes the picture and computes its hash as 64 hexadecimal digits; [`FLAT`] for one without detail.
///
/// # Errors
/// `bad_image` when the bytes can't be decoded within the limits.
pub fn fingerprint(bytes: &[u8]) -> Result<String, Failure> {
    decode(bytes, PIXELS_MAX).map(|pixels| fingerprint_of(&pixels))
}

/// Decodes the picture and says what it looks like.
///
/// # Errors
/// `bad_image` when the bytes can't be decoded within the limits.
pub fn look(bytes: &[u8]) -> Result<Look, Failure> {
    decode(bytes, PIXELS_MAX).map(|pixels| look_of(&pixels))
}

/// What decoded pixels look like. What can be seen through counts as black.
pub fn look_of(pixels: &Pixels) -> Look {
    let (sums, whole) = sums_of(pixels);
    let level = |sum: u64| u8::try_from(sum / whole).unwrap_or(u8::MAX);
    let colours = palette::dominant(sums.as_flattened().iter().map(|cell| cell.map(level)));
    Look { hash: hash(&sums, whole), palette: colours.into_iter().map(palette::written).collect() }
}

/// The hash of decoded pixels. What can be seen through counts as black.
pub fn fingerprint_of(pixels: &Pixels) -> String {
    let (sums, whole) = sums_of(pixels);
    hash(&sums, whole)
}

fn hash(sums: &[[[u64; 3]; SIDE]], whole: u64) -> String {
    let Some(grey) = stretched(&brightness(sums, whole)).and_then(|bytes| GrayImage::from_raw(32, 32, bytes))
    else {
        return FLAT.to_owned();
    };
    let config = HasherConfig::with_bytes_type::<[u8; 32]>();
    let hash = config.hash_alg(HashAlg::Median).preproc_dct().hash_size(16, 16).to_hasher().hash_image(&grey);
    hash.as_bytes().iter().fold(String::with_capacity(64), |mut hex, byte| {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        hex
    })
}

/// The colours of each of 32 × 32 cells, summed, and how much a level of them is in these sums.
fn sums_of(pixels: &Pixels) -> (Sums, u64) {
    let sums = match pixels.channels {
        1 => sums::<1>(pixels),
        2 => sums::<2>(pixels),
        3 => sums::<3>(pixels),
        _ => sums::<4>(pixels),
    };
    // Parts add up to width × height a cell, and alpha to 255.
    let alpha = if pixels.channels.is_multiple_of(2) { 255 } else { 1 };
    (sums, (u64::from(pixels.width) * u64::from(pixels.height) * alpha).max(1))
}

/// The mean brightness of each cell, in 1/256 levels.
fn brightness(sums: &[[[u64; 3]; SIDE]], whole: u64) -> Cells {
    let mut cells: Cells = [[0; SIDE]; SIDE];
    for (cell, sums) in cells.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
        let weighed: u64 = sums.iter().zip(LUMA).map(|(sum, weight)| sum * weight).sum();
        *cell = weighed * LEVEL / (whole * 10_000);
    }
    cells
}

/// Cells needn't be whole pixels: those on an edge count in parts.
fn sums<const CHANNELS: usize>(pixels: &Pixels) -> Sums {
    let mut cells: Sums = vec![[[0; 3]; SIDE]; SIDE];
    let columns = columns(pixels.width);
    let (pixel_rows, _) = pixels.data.as_chunks::<CHANNELS>();
    let mut from = 0;
    for row in pixel_rows.chunks_exact(pixels.width.max(1) as usize) {
        let sums = row_sums(row, &columns);
        for (at, cells) in cells.iter_mut().enumerate().skip((from / pixels.height) as usize) {
            // The row's part in this row of cells, both in 1/32 rows.
            let start = u32::try_from(at).unwrap_or(0) * pixels.height;
            let part = (from + PARTS).min(start + pixels.height).saturating_sub(from.max(start));
            if part == 0 {
                break;
            }
            for (cell, sum) in cells.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
                *cell += sum * u64::from(part);
            }
        }
        from += PARTS;
    }
    cells
}

/// A column of cells: its first pixel and how much of it, the whole ones, and how much of the last, in 1/32 pixels.
#[derive(Clone, Copy, Default)]
struct Column {
    first: usize,
    head: u64,
    whole: usize,
    tail: u64,
}

fn columns(width: u32) -> [Column; SIDE] {
    let mut columns = [Column::default(); SIDE];
    let mut from = 0;
    for column in &mut columns {
        let to = from + width;
        let first = from / PARTS;
        let head = to.min((first + 1) * PARTS) - from;
        let rest = width - head;
        *column = Column {
            first: first as usize,
            head: head.into(),
            whole: (rest / PARTS) as usize,
            tail: (rest % PARTS).into(),
        };
        from = to;
    }
    columns
}

/// Each column's colours in one row of pixels: parts, × alpha where there is one.
fn row_sums<const CHANNELS: usize>(row: &[[u8; CHANNELS]], columns: &[Column; SIDE]) -> [[u64; 3]; SIDE] {
    columns.map(|Column { first, head, whole, tail }| {
        let mut pixels = row.get(first..).unwrap_or_default().iter();
        let mut sums = pixels.next().map(|pixel| weighed(pixel, head)).unwrap_or_default();
        let (inner, rest) = pixels.as_slice().split_at_checked(whole).unwrap_or_default();
        let mut part = [0_u32; 3];
        for pixel in inner {
            let colour = visible(pixel);
            for (sum, channel) in part.iter_mut().zip(colour) {
                *sum += channel;
            }
        }
        for (sum, part) in sums.iter_mut().zip(part) {
            *sum += u64::from(part) * u64::from(PARTS);
        }
        if let Some(last) = rest.first().filter(|_| tail > 0) {
            for (sum, part) in sums.iter_mut().zip(weighed(last, tail)) {
                *sum += part;
            }
        }
        sums
    })
}

fn weighed<const CHANNELS: usize>(pixel: &[u8; CHANNELS], part: u64) -> [u64; 3] {
    visible(pixel).map(|channel| u64::from(channel) * part)
}

/// Red, green and blue; times alpha where there is one.
#[inline]
fn visible<const CHANNELS: usize>(pixel: &[u8; CHANNELS]) -> [u32; 3] {
    match *pixel.as_slice() {
        [grey] => [u32::from(grey); 3],
        [grey, alpha] => [u32::from(grey) * u32::from(alpha); 3],
        [red, green, blue] => [red.into(), green.into(), blue.into()],
        [red, green, blue, alpha] => [red, green, blue].map(|channel| u32::from(channel) * u32::from(alpha)),
        _ => [0; 3],
    }
}

/// How far cells are from the mean of their four neighbours, on average, in 1/256 levels.
fn detail(cells: &Cells) -> u64 {
    let mut sum = 0;
    for rows in cells.windows(3) {
        let [above, row, below] = rows else { continue };
        for ((near, above), below) in row.windows(3).zip(above.iter().skip(1)).zip(below.iter().skip(1)) {
            let [left, here, right] = near else { continue };
            sum += (here * 4).abs_diff(left + right + above + below);
        }
    }
    sum / 4 / (30 * 30)
}

/// Cells as bytes from the darkest to the brightest, unless they're without detail. The transform's signs don't depend on the
/// stretching, its rounding does.
fn stretched(cells: &Cells) -> Option<Vec<u8>> {
    let detail = detail(cells);
    let cells = cells.as_flattened();
    let least = *cells.iter().min()?;
    let range = cells.iter().max()? - least;
    if detail < DETAIL_MIN || detail * RANGE_MAX < range {
        return None;
    }
    Some(
        cells
            .iter()
            .map(|cell| u8::try_from(((cell - least) * 255 + range / 2) / range).unwrap_or(255))
            .collect(),
    )
}
