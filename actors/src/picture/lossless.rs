//! What a lossless WebP has its decoder keep beside the pixels: the tables of its prefix codes, and the small pictures that steer it.
//!
//! `image-webp` has no limit for them, and a table of 4 KiB takes a dozen bytes of the file. So the file is read here as the decoder
//! will read it, as far as its codes go, and nothing is kept: what was copied or taken from the colour cache has been there before, so
//! the literal pixels alone say how many groups of codes there are.
//!
//! The format: RFC 9649, section 3.

use std::mem::size_of;

use super::bad;
use crate::provider::Failure;

/// In the order in which a code's own code is written.
const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Symbols of green and lengths, red, blue, alpha, and distances; green's grow by the colour cache.
const ALPHABETS: [usize; 5] = [280, 256, 256, 256, 40];
/// Bits that a table of the decoder's is looked up by; longer codes go on in a tree.
const TABLE_BITS: usize = 10;
/// Bytes of a node of such a tree.
const NODE: usize = 2 * size_of::<usize>();
/// Bytes of a code itself: two vectors and a mask, and what the allocator takes for each.
const CODE: usize = 9 * size_of::<usize>();

/// Whether the decoder takes at most so many bytes beside the pixels for a stream that is this wide and high.
///
/// # Errors
/// `bad_image` when it takes more, or the stream is broken.
pub fn afford(stream: &[u8], width: u32, height: u32, most: u64) -> Result<(), Failure> {
    let mut reader = Reader { stream, at: 0, bytes: 0, most };
    match reader.measure(width, height) {
        Some(()) => Ok(()),
        None if reader.bytes > most => Err(bad("the picture's prefix codes take too much memory")),
        None => Err(bad("the picture is cut or broken")),
    }
}

struct Reader<'a> {
    stream: &'a [u8],
    /// Bits read.
    at: usize,
    /// Bytes taken.
    bytes: u64,
    most: u64,
}

/// A prefix code: how many symbols have a code of each length, and the symbols by length. One without lengths has one symbol, which
/// takes no bits.
struct Code {
    counts: [u16; 16],
    symbols: Vec<u16>,
}

impl Reader<'_> {
    fn measure(&mut self, mut width: u32, height: u32) -> Option<()> {
        while self.bits(1)? == 1 {
            match self.bits(2)? {
                0 | 1 => {
                    let block = self.bits(3)? + 2;
                    self.picture(blocks(width, block), blocks(height, block))?;
                }
                2 => {}
                _ => {
                    let colours = self.bits(8)? + 1;
                    self.picture(colours, 1)?;
                    width = blocks(
                        width,
                        match colours {
                            0..=2 => 3,
                            3..=4 => 2,
                            5..=16 => 1,
                            _ => 0,
                        },
                    );
                }
            }
        }
        let cache = self.cache()?;
        let mut groups = 1;
        if self.bits(1)? == 1 {
            let block = self.bits(3)? + 2;
            let (across, down) = (blocks(width, block), blocks(height, block));
            // Read into numbers of two bytes.
            self.take((across * down) as usize * 2)?;
            groups += self.picture(across, down)?;
        }
        for _ in 0..groups {
            self.group(cache)?;
        }
        // While the list of groups grows there are two of it.
        self.take(groups as usize * ALPHABETS.len() * 2 * CODE)
    }

    /// Reads a picture that steers the decoder; the largest of its red and green together.
    fn picture(&mut self, width: u32, height: u32) -> Option<u32> {
        let size = width * height;
        self.take(size as usize * 4)?;
        let cache = self.cache()?;
        let [green, red, blue, alpha, distance] = self.group(cache)?;
        let (mut done, mut largest) = (0, 0);
        while done < size {
            let symbol = self.symbol(&green)?;
            done += match symbol {
                0..256 => {
                    largest = largest.max(self.symbol(&red)? << 8 | symbol);
                    self.symbol(&blue)?;
                    self.symbol(&alpha)?;
                    1
                }
                256..280 => {
                    let length = self.number(symbol - 256)?;
                    let distance = self.symbol(&distance)?;
                    self.number(distance)?;
                    length
                }
                _ => 1,
            };
        }
        Some(largest)
    }

    /// Symbols of the colour cache.
    fn cache(&mut self) -> Option<usize> {
        if self.bits(1)? == 0 {
            return Some(0);
        }
        let bits = self.bits(4)?;
        self.take(4 << bits)?;
        Some(1 << bits)
    }

    fn group(&mut self, cache: usize) -> Option<[Code; 5]> {
        let [green, red, blue, alpha, distance] = ALPHABETS;
        Some([
            self.code(green + cache)?,
            self.code(red)?,
            self.code(blue)?,
            self.code(alpha)?,
            self.code(distance)?,
        ])
    }

    fn code(&mut self, alphabet: usize) -> Option<Code> {
        if self.bits(1)? == 1 {
            let several = self.bits(1)? == 1;
            let wide = self.bits(1)?;
            let mut symbols = vec![u16::try_from(self.bits(1 + 7 * wide)?).ok()?];
            let mut counts = [0; 16];
            if several {
                symbols.push(u16::try_from(self.bits(8)?).ok()?);
                counts = [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            }
            self.take(CODE + 4 * NODE)?;
            return Some(Code { counts, symbols });
        }
        let mut lengths = [0; ORDER.len()];
        let written = self.bits(4)? as usize + 4;
        for place in ORDER.iter().take(written) {
            *lengths.get_mut(*place)? = u8::try_from(self.bits(3)?).ok()?;
        }
        let code = Code::of(&lengths)?;
        let lengths = self.lengths(&code, alphabet)?;
        let code = Code::of(&lengths)?;
        self.take(code.takes())?;
        Some(code)
    }

    fn lengths(&mut self, code: &Code, alphabet: usize) -> Option<Vec<u8>> {
        let mut symbols = alphabet;
        if self.bits(1)? == 1 {
            let bits = self.bits(3)? * 2 + 2;
            symbols = self.bits(bits)? as usize + 2;
        }
        let (mut lengths, mut last) = (Vec::with_capacity(alphabet), 8);
        while lengths.len() < alphabet && symbols > 0 {
            symbols -= 1;
            let (length, times) = match self.symbol(code)? {
                16 => (last, self.bits(2)? + 3),
                17 => (0, self.bits(3)? + 3),
                18 => (0, self.bits(7)? + 11),
                length => (u8::try_from(length).ok()?, 1),
            };
            if length > 0 {
                last = length;
            }
            lengths.extend(std::iter::repeat_n(length, times as usize));
        }
        (lengths.len() <= alphabet).then_some(lengths)
    }

    /// A length or a distance by its prefix.
    fn number(&mut self, prefix: u32) -> Option<u32> {
        if prefix < 4 {
            return Some(prefix + 1);
        }
        let extra = (prefix - 2) >> 1;
        Some(((2 + (prefix & 1)) << extra) + self.bits(extra)? + 1)
    }

    fn symbol(&mut self, code: &Code) -> Option<u32> {
        let (mut word, mut first, mut before) = (0, 0, 0);
        if code.symbols.len() > 1 {
            for count in code.counts.iter().skip(1) {
                word |= self.bits(1)?;
                let count = u32::from(*count);
                if word < first + count {
                    before += word - first;
                    break;
                }
                before += count;
                first = (first + count) << 1;
                word <<= 1;
            }
        }
        code.symbols.get(before as usize).copied().map(u32::from)
    }

    /// The next bits as a number, the first of them its least.
    fn bits(&mut self, count: u32) -> Option<u32> {
        let mut number = 0;
        for bit in 0..count {
            let byte = u32::from(*self.stream.get(self.at / 8)?);
            number |= (byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Some(number)
    }

    fn take(&mut self, bytes: usize) -> Option<()> {
        self.bytes += bytes as u64;
        (self.bytes <= self.most).then_some(())
    }
}

impl Code {
    /// The code whose symbols have codes this long, 0 for none. There's one unless some word has no symbol or two.
    fn of(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0; 16];
        for length in lengths.iter().filter(|length| **length > 0) {
            *counts.get_mut(usize::from(*length))? += 1;
        }
        let mut symbols = Vec::new();
        for wanted in 1..16 {
            let numbered = lengths.iter().zip(0..);
            symbols.extend(numbered.filter(|(length, _)| **length == wanted).map(|(_, symbol)| symbol));
        }
        let words: u32 = (1..16)
            .zip(counts.iter().skip(1))
            .map(|(length, count)| u32::from(*count) << (15 - length))
            .sum();
        (symbols.len() == 1 || words == 1 << 15).then_some(Self { counts, symbols })
    }

    /// Bytes of the decoder's table and tree.
    fn takes(&self) -> usize {
        let longest = self.counts.iter().rposition(|count| *count > 0).unwrap_or(0);
        let long: usize = self.counts.iter().skip(TABLE_BITS + 1).map(|count| usize::from(*count)).sum();
        CODE + (4 << longest.min(TABLE_BITS)) + long * 2 * NODE
    }
}

/// How many blocks of `1 << bits` a side has.
const fn blocks(side: u32, bits: u32) -> u32 {
    side.div_ceil(1 << bits)
}
