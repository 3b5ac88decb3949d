//! The clock and the randomness that the core is given.

use picasso_actors::entropy::Entropy;

/// What ids are made of.
pub const ALPHABET: [char; 62] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K',
    'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
];

/// Epoch milliseconds. The platform freezes it between I/O, so it doesn't measure computing.
pub fn now_ms() -> i64 {
    i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX)
}

/// The platform's CSPRNG.
#[derive(Debug, Clone, Copy, Default)]
pub struct Random;

impl Entropy for Random {
    fn id(&mut self, len: usize) -> String {
        nanoid::nanoid!(len, &ALPHABET)
    }

    fn below(&mut self, bound: u64) -> u64 {
        // The bias of a remainder is under 2^-32 for the waiting times that this is used for.
        getrandom::u64().map_or(0, |number| number.checked_rem(bound).unwrap_or(0))
    }
}
