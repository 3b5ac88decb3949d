//! Randomness as an argument: the shell draws from the platform's CSPRNG, tests from a seed.

/// A source of random ids and numbers.
pub trait Entropy {
    /// `len` characters of `[0-9A-Za-z]`, each uniform (5.95 bits a character).
    fn id(&mut self, len: usize) -> String;

    /// A uniform number in `0..bound`; 0 when `bound` is 0.
    fn below(&mut self, bound: u64) -> u64;
}
