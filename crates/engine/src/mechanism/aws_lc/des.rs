//! Triple DES (SP 800-67): for old programs.

use crate::memory::{OutOfSecretMemory, SecretBytes};
use aws_lc_sys as c;

/// Length of a block and of each of a key's parts, in bytes.
pub const DES_BLOCK_BYTES: usize = 8;

/// A Triple DES key, scheduled in both directions.
pub struct TripleDes(SecretBytes);

impl TripleDes {
    /// What one takes of secret memory, in bytes.
    pub const BYTES: usize = 3 * size_of::<c::DES_key_schedule>();

    /// Schedule a key of 16 bytes (the first part comes again) or 24.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for any other length.
    pub fn new(key: &[u8]) -> Result<Self, OutOfSecretMemory> {
        let parts = match key.len() {
            16 => [0, 8, 0],
            24 => [0, 8, 16],
            _ => return Err(OutOfSecretMemory),
        };
        let mut made = Self(SecretBytes::zeroed(Self::BYTES)?);
        let schedules = made.0.as_mut_ptr().cast::<c::DES_key_schedule>();
        for (at, part) in parts.into_iter().enumerate() {
            // SAFETY: `made` has room for three schedules and is more than aligned for them; a part is 8 bytes.
            unsafe { c::DES_set_key_unchecked(key[part..part + 8].as_ptr().cast(), schedules.add(at)) };
        }
        Ok(made)
    }

    /// Encrypt or decrypt whole blocks into as many bytes, each by itself.
    pub fn ecb(&self, data: &[u8], out: &mut [u8], decrypts: bool) {
        for (data, out) in data.chunks_exact(DES_BLOCK_BYTES).zip(out.chunks_exact_mut(DES_BLOCK_BYTES)) {
            // With a fresh IV of zeros, a block is encrypted by itself.
            self.cbc(&mut [0; DES_BLOCK_BYTES], data, out, decrypts);
        }
    }

    /// Encrypt or decrypt whole blocks into as many bytes; `chain` is the IV, then the last block of ciphertext.
    pub fn cbc(&self, chain: &mut [u8; DES_BLOCK_BYTES], data: &[u8], out: &mut [u8], decrypts: bool) {
        assert!(data.len() == out.len() && data.len() % DES_BLOCK_BYTES == 0);
        let schedules = self.0.as_ptr().cast::<c::DES_key_schedule>();
        // SAFETY: both are as long, and whole blocks; three live schedules; a block's room for the chain.
        unsafe {
            c::DES_ede3_cbc_encrypt(
                data.as_ptr(),
                out.as_mut_ptr(),
                data.len(),
                schedules,
                schedules.add(1),
                schedules.add(2),
                chain.as_mut_ptr().cast(),
                i32::from(!decrypts),
            );
        }
    }
}

/// Give each byte of a DES key the parity that makes its number of ones odd (PKCS#11 v3.2, 6.18.2).
pub fn set_odd_parity(key: &mut [u8]) {
    for byte in key {
        *byte = *byte & 0xfe | u8::from((*byte >> 1).count_ones() % 2 == 0);
    }
}
