//! A hash for handles. They are random numbers that the server has chosen, so a caller cannot make them collide, and
//! the standard library's hash, which defends against that, would cost more than all else that an Init does.

use std::hash::{BuildHasherDefault, Hasher};

/// An odd number with its bits well mixed: 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// For the maps' third parameter.
pub type Handles = BuildHasherDefault<Mix>;

#[derive(Default)]
pub struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_i32(&mut self, number: i32) {
        self.write_u64(u64::from(number as u32));
    }

    fn write_u64(&mut self, number: u64) {
        // The high half of the product depends on all bits; the maps look at both ends of the result.
        let product = u128::from(self.0 ^ number) * u128::from(MULTIPLIER);
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}
