//! A ZIP written from front to back, without ever going back: what was said of it is all that is kept, never its bytes.
//!
//! Entries are stored as they are (pictures don't get smaller), each with its check sum and size after it (APPNOTE 4.4.4, bit 3),
//! names in UTF-8. The directory at the end is ZIP64 where the numbers need it. An entry has less than 4 GiB: an original has 24
//! MiB at most. Crates that write ZIPs bring encryption and randomness (`zip`) or a runtime's traits (`async_zip`) for what are
//! a header, a footer and a table. Absent: reading, compression, dates (all are 1 January 1980).

use crc32fast::Hasher;

/// Most bytes of an entry.
pub const ENTRY_MAX: u64 = u32::MAX as u64 - 1;

/// Version 4.5 of the format is needed for ZIP64, 2.0 for the rest.
const ZIP64: u16 = 45;
const PLAIN: u16 = 20;
/// The sizes follow the bytes (bit 3), the name is in UTF-8 (bit 11).
const FLAGS: u16 = 1 << 3 | 1 << 11;
/// 1 January 1980, the format's first day.
const DATE: u16 = 1 << 5 | 1;
/// "See the ZIP64 field instead."
const ELSEWHERE: u32 = u32::MAX;

/// A ZIP that is being written. Whoever writes it sends what each call returns, in order, and the entries' bytes between
/// [`Self::begin`] and [`Self::end`].
#[derive(Debug, Default)]
pub struct Zip {
    entries: Vec<Entry>,
    /// Bytes so far.
    at: u64,
    crc: Hasher,
}

#[derive(Debug)]
struct Entry {
    name: String,
    offset: u64,
    size: u32,
    crc: u32,
}

impl Zip {
    /// Begins an entry: its header.
    pub fn begin(&mut self, name: String) -> Vec<u8> {
        let mut header = Vec::with_capacity(30 + name.len());
        header.extend(b"PK\x03\x04");
        shorts(&mut header, &[PLAIN, FLAGS, 0, 0, DATE]);
        longs(&mut header, &[0, 0, 0]);
        shorts(&mut header, &[short(name.len()), 0]);
        header.extend(name.bytes());
        self.crc = Hasher::new();
        self.entries.push(Entry { name, offset: self.at, size: 0, crc: 0 });
        self.count(&header);
        header
    }

    /// Takes note of some of the entry's bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.count(bytes);
        if let Some(entry) = self.entries.last_mut() {
            entry.size = entry.size.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        }
    }

    /// Ends the entry: its check sum and size.
    pub fn end(&mut self) -> Vec<u8> {
        let mut footer = b"PK\x07\x08".to_vec();
        let crc = std::mem::take(&mut self.crc).finalize();
        if let Some(entry) = self.entries.last_mut() {
            entry.crc = crc;
            longs(&mut footer, &[crc, entry.size, entry.size]);
        }
        self.count(&footer);
        footer
    }

    /// An entry in one piece.
    pub fn whole(&mut self, name: String, bytes: &[u8]) -> Vec<u8> {
        let mut entry = self.begin(name);
        self.add(bytes);
        entry.extend(bytes);
        entry.extend(self.end());
        entry
    }

    /// Ends it all: the directory.
    pub fn finish(self) -> Vec<u8> {
        let mut directory = Vec::new();
        for entry in &self.entries {
            entry.list(&mut directory);
        }
        let (count, size) = (self.entries.len() as u64, directory.len() as u64);
        // The greatest number of each field means "see the ZIP64 record instead".
        let long = |number: u64| u32::try_from(number).unwrap_or(ELSEWHERE);
        let short = u16::try_from(count).unwrap_or(u16::MAX);
        if short == u16::MAX || long(size) == ELSEWHERE || long(self.at) == ELSEWHERE {
            let end = self.at + size;
            directory.extend(b"PK\x06\x06");
            wide(&mut directory, &[44]);
            shorts(&mut directory, &[ZIP64, ZIP64]);
            longs(&mut directory, &[0, 0]);
            wide(&mut directory, &[count, count, size, self.at]);
            directory.extend(b"PK\x06\x07");
            longs(&mut directory, &[0]);
            wide(&mut directory, &[end]);
            longs(&mut directory, &[1]);
        }
        directory.extend(b"PK\x05\x06");
        shorts(&mut directory, &[0, 0, short, short]);
        longs(&mut directory, &[long(size), long(self.at)]);
        shorts(&mut directory, &[0]);
        directory
    }

    fn count(&mut self, bytes: &[u8]) {
        self.at += bytes.len() as u64;
    }
}

impl Entry {
    fn list(&self, directory: &mut Vec<u8>) {
        let offset = u32::try_from(self.offset).ok().filter(|offset| *offset != ELSEWHERE);
        let (version, extra) = if offset.is_some() { (PLAIN, 0) } else { (ZIP64, 12) };
        directory.extend(b"PK\x01\x02");
        shorts(directory, &[version, version, FLAGS, 0, 0, DATE]);
        longs(directory, &[self.crc, self.size, self.size]);
        shorts(directory, &[short(self.name.len()), extra, 0, 0, 0]);
        longs(directory, &[0, offset.unwrap_or(ELSEWHERE)]);
        directory.extend(self.name.bytes());
        if offset.is_none() {
            shorts(directory, &[1, 8]);
            wide(directory, &[self.offset]);
        }
    }
}

/// Names are ids: nowhere near the limit.
fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn shorts(to: &mut Vec<u8>, numbers: &[u16]) {
    to.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn longs(to: &mut Vec<u8>, numbers: &[u32]) {
    to.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn wide(to: &mut Vec<u8>, numbers: &[u64]) {
    to.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use zip::ZipArchive;

    use super::Zip;

    #[test]
    fn another_program_reads_what_was_written_in_pieces() {
        let mut zip = Zip::default();
        let mut file = zip.begin("a.png".to_owned());
        for piece in [&b"first "[..], b"", b"second"] {
            zip.add(piece);
            file.extend(piece);
        }
        file.extend(zip.end());
        file.extend(zip.whole("ä/b.txt".to_owned(), b"whole"));
        file.extend(zip.whole("empty".to_owned(), b""));
        file.extend(zip.finish());
        let mut read = ZipArchive::new(Cursor::new(file)).unwrap();
        for (name, expected) in [("a.png", "first second"), ("ä/b.txt", "whole"), ("empty", "")] {
            let mut found = String::new();
            read.by_name(name).unwrap().read_to_string(&mut found).unwrap();
            assert_eq!(found, expected, "{name}, its check sum included");
        }
        let empty = ZipArchive::new(Cursor::new(Zip::default().finish())).unwrap();
        assert_eq!(empty.len(), 0);
    }

    #[test]
    fn more_entries_than_the_old_format_can_count_are_all_there() {
        let mut zip = Zip::default();
        let mut file: Vec<u8> = (0..70_000).flat_map(|n| zip.whole(n.to_string(), b"x")).collect();
        file.extend(zip.finish());
        let mut read = ZipArchive::new(Cursor::new(file)).unwrap();
        assert_eq!(read.len(), 70_000);
        assert_eq!(read.by_name("69999").unwrap().size(), 1);
    }

    /// A reader of a file whose first 5 GiB were never there.
    #[test]
    fn an_entry_beyond_four_gibibytes_is_found() {
        const GAP: u64 = 5 << 30;
        struct Sparse(Cursor<Vec<u8>>, u64);
        impl std::io::Read for Sparse {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                if self.1 < GAP {
                    let count = buffer.len().min(usize::try_from(GAP - self.1).unwrap_or(usize::MAX));
                    buffer.iter_mut().take(count).for_each(|byte| *byte = 0);
                    self.1 += count as u64;
                    return Ok(count);
                }
                self.0.set_position(self.1 - GAP);
                let count = self.0.read(buffer)?;
                self.1 += count as u64;
                Ok(count)
            }
        }
        impl std::io::Seek for Sparse {
            fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
                let end = GAP + self.0.get_ref().len() as u64;
                let place = match to {
                    std::io::SeekFrom::Start(at) => Some(at),
                    std::io::SeekFrom::End(by) => end.checked_add_signed(by),
                    std::io::SeekFrom::Current(by) => self.1.checked_add_signed(by),
                };
                self.1 = place.ok_or(std::io::ErrorKind::InvalidInput)?;
                Ok(self.1)
            }
        }
        let mut zip = Zip { at: GAP, ..Zip::default() };
        let mut file = zip.whole("far.txt".to_owned(), b"far away");
        file.extend(zip.finish());
        let mut read = ZipArchive::new(Sparse(Cursor::new(file), 0)).unwrap();
        let mut found = String::new();
        read.by_name("far.txt").unwrap().read_to_string(&mut found).unwrap();
        assert_eq!(found, "far away");
    }
}
