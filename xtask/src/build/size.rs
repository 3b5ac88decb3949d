//! How large the Worker is, as it is uploaded: gzipped.

use std::{
    fmt, fs,
    io::{self, Write},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use flate2::{Compression, write::GzEncoder};

/// Bytes of gzipped wasm (level 9) that the Worker may have. Start-up time grows with it; Cloudflare's free plan takes three
/// twice as much. What is in it beside the core: the formats' decoders and
/// encoders, the hash's transform, sixteen kinds of artifact, PDF and GIF.
pub const BUDGET: u64 = 1_500_000;

/// The size of a built Worker, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The wasm as it is.
    pub raw: u64,
    /// The wasm gzipped at level 9.
    pub gzipped: u64,
}

impl Size {
    /// Measures a wasm file.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn of(wasm: &Path) -> Result<Self> {
        let bytes = fs::read(wasm).with_context(|| format!("can't read {}", wasm.display()))?;
        let mut encoder = GzEncoder::new(Counter(0), Compression::best());
        encoder.write_all(&bytes)?;
        Ok(Self { raw: bytes.len() as u64, gzipped: encoder.finish()?.0 })
    }

    /// Fails when the Worker is larger than [`BUDGET`].
    ///
    /// # Errors
    /// Both sizes in one line.
    pub fn within_budget(self) -> Result<()> {
        if self.gzipped > BUDGET {
            bail!("the Worker is over its size budget: {self}");
        }
        Ok(())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.gzipped.saturating_mul(100) / BUDGET;
        let (raw, gzipped, budget) = (self.raw / 1000, self.gzipped / 1000, BUDGET / 1000);
        write!(f, "{raw} kB of wasm, {gzipped} kB gzipped: {percent} % of the {budget} kB budget")
    }
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_a_ceiling_that_may_be_reached() {
        let size = |gzipped| Size { raw: 1_000_000, gzipped };
        assert!(size(BUDGET).within_budget().is_ok());
        let error = size(BUDGET + 1).within_budget().unwrap_err().to_string();
        assert!(error.contains("1500 kB gzipped") && error.contains("over"), "{error}");
    }

    #[test]
    fn gzip_is_measured_not_guessed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("w.wasm");
        fs::write(&file, vec![0; 100_000]).unwrap();
        let size = Size::of(&file).unwrap();
        assert_eq!(size.raw, 100_000);
        assert!((50..1000).contains(&size.gzipped), "{}", size.gzipped);
        assert!(Size::of(&folder.path().join("none")).is_err());
    }

    #[test]
    fn sizes_read_well() {
        let size = Size { raw: 2_345_678, gzipped: 400_000 };
        assert_eq!(size.to_string(), "2345 kB of wasm, 400 kB gzipped: 26 % of the 1500 kB budget");
    }
}
