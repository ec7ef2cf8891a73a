//! Handles: what an application holds instead of a number.
//!
//! A keyed permutation of 64 bits for each application (Feistel, four rounds of SipHash-1-3): no table, and a
//! handle of one application says nothing in another. 0 is never a number and never a handle.

use crate::mechanism;
use siphasher::sip::SipHasher13;

/// Number of Feistel rounds: Luby and Rackoff's four make a strong permutation of a pseudo-random function.
const ROUNDS: usize = 4;

/// The permutation of one application for one kind of handle.
pub struct HandleKey([[u64; 2]; ROUNDS]);

impl HandleKey {
    /// Choose a permutation at random.
    #[must_use]
    pub fn generate() -> Self {
        let mut keys = [[0; 2]; ROUNDS];
        for word in keys.iter_mut().flatten() {
            let mut bytes = [0; 8];
            mechanism::random(&mut bytes);
            *word = u64::from_le_bytes(bytes);
        }
        Self(keys)
    }

    /// The handle of a number (which is not 0).
    #[must_use]
    pub fn handle(&self, number: u64) -> u64 {
        // Walk the cycle: 0 stands for the image of 0, which no number has.
        match self.forward(number) {
            0 => self.forward(0),
            handle => handle,
        }
    }

    /// The number of a handle; any number for a handle that was never given.
    #[must_use]
    pub fn number(&self, handle: u64) -> u64 {
        if handle == 0 {
            return 0;
        }
        match self.backward(handle) {
            0 => self.backward(0),
            number => number,
        }
    }

    fn forward(&self, block: u64) -> u64 {
        let (mut left, mut right) = ((block >> 32) as u32, block as u32);
        for key in &self.0 {
            (left, right) = (right, left ^ siphash(*key, right));
        }
        u64::from(left) << 32 | u64::from(right)
    }

    fn backward(&self, block: u64) -> u64 {
        let (mut left, mut right) = ((block >> 32) as u32, block as u32);
        for key in self.0.iter().rev() {
            (left, right) = (right ^ siphash(*key, left), left);
        }
        u64::from(left) << 32 | u64::from(right)
    }
}

/// SipHash-1-3 of one 4-byte block, folded to 32 bits.
fn siphash([low, high]: [u64; 2], block: u32) -> u32 {
    let hash = SipHasher13::new_with_keys(low, high).hash(&block.to_le_bytes());
    (hash >> 32) as u32 ^ hash as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> HandleKey {
        HandleKey([[1, 2], [3, 4], [5, 6], [7, 8]])
    }

    #[test]
    fn a_handle_leads_back_to_its_number() {
        for number in (1..2_000).chain((1 << 63 | 1)..(1 << 63 | 2_000)).chain([u64::MAX]) {
            let handle = key().handle(number);
            assert_ne!(handle, 0);
            assert_eq!(key().number(handle), number);
        }
    }

    #[test]
    fn zero_is_neither_a_number_nor_a_handle() {
        assert_eq!(key().number(0), 0);
        let preimage = key().backward(0);
        assert_ne!(key().handle(preimage), 0);
        assert_eq!(key().number(key().handle(preimage)), preimage);
    }
}
