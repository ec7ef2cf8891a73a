//! Parts of an operation that wait to be sent as one, in memory that is wiped.

use crate::ffi::wipe;

/// First allocation, in bytes: most operations in parts are small.
const FIRST_LENGTH: usize = 1_024;

/// Bytes that are wiped when they move and when they go.
#[derive(Default)]
pub struct Gathered {
    bytes: Vec<u8>,
    length: usize,
}

impl Gathered {
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub fn push(&mut self, part: &[u8]) {
        let length = self.length + part.len();
        if length > self.bytes.len() {
            let mut larger = vec![0; length.next_power_of_two().max(FIRST_LENGTH)];
            larger[..self.length].copy_from_slice(self.bytes());
            wipe(&mut self.bytes);
            self.bytes = larger;
        }
        self.bytes[self.length..length].copy_from_slice(part);
        self.length = length;
    }

    pub fn clear(&mut self) {
        wipe(&mut self.bytes[..self.length]);
        self.length = 0;
    }
}

impl Drop for Gathered {
    fn drop(&mut self) {
        self.clear();
    }
}
