//! AES-XTS keys (PKCS#11 v3.2, 6.15; IEEE 1619, SP 800-38E): one half encrypts data, the other the place where they lie.

use super::aes::AesKey;
use super::aws_lc::{AesEncryption, BLOCK_BYTES, Block, equal};
use crate::memory::{SecretBytes, wipe};
use crate::rv::*;

/// What a block is mixed with: the encrypted number of the data unit, doubled for each block.
#[derive(Clone, Copy)]
pub(super) struct Tweak(u128);

impl Tweak {
    /// Times x in GF(2^128), the least significant byte first (IEEE 1619, 5.2).
    pub(super) fn next(self) -> Self {
        Self(self.0 << 1 ^ if self.0 >> 127 == 1 { 0x87 } else { 0 })
    }

    fn mix(self, block: &mut [u8]) {
        for (byte, other) in block.iter_mut().zip(self.0.to_le_bytes()) {
            *byte ^= other;
        }
    }
}

/// An AES-XTS key: two AES keys of 16 or 32 bytes each.
pub(super) struct XtsKey {
    value: SecretBytes,
    data: AesKey,
    tweak: AesEncryption,
}

impl XtsKey {
    /// # Errors
    /// `CKR_KEY_SIZE_RANGE`; `CKR_KEY_FUNCTION_NOT_PERMITTED` for [`has_equal_halves`]; `CKR_DEVICE_MEMORY`.
    pub(super) fn new(value: SecretBytes) -> Result<Self, Rv> {
        if !matches!(value.len(), 32 | 64) {
            return Err(CKR_KEY_SIZE_RANGE);
        }
        if has_equal_halves(&value) {
            return Err(CKR_KEY_FUNCTION_NOT_PERMITTED);
        }
        let (data, tweak) = value.split_at(value.len() / 2);
        let (data, tweak) = (AesKey::new(SecretBytes::copy_of(data)?)?, AesEncryption::new(tweak)?);
        Ok(Self { value, data, tweak })
    }

    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    pub(super) fn secret_bytes(&self) -> usize {
        self.value.len() + self.data.secret_bytes() + AesEncryption::BYTES
    }

    /// The tweak of a data unit's first block.
    pub(super) fn tweak(&self, sector: &Block) -> Tweak {
        let mut encrypted = Block::default();
        self.tweak.ecb(sector, &mut encrypted);
        Tweak(u128::from_le_bytes(encrypted))
    }

    /// Encrypt or decrypt whole blocks into as many bytes; `tweak` becomes that of the next.
    pub(super) fn blocks(&self, tweak: &mut Tweak, data: &[u8], out: &mut [u8], decrypts: bool) -> Result<(), Rv> {
        let mut mixed = Block::default();
        for (data, out) in data.chunks_exact(BLOCK_BYTES).zip(out.chunks_exact_mut(BLOCK_BYTES)) {
            mixed.copy_from_slice(data);
            tweak.mix(&mut mixed);
            if decrypts {
                self.data.decrypting()?.ecb(&mixed, out);
            } else {
                self.data.encrypting()?.ecb(&mixed, out);
            }
            tweak.mix(out);
            *tweak = tweak.next();
        }
        wipe(&mut mixed);
        Ok(())
    }
}

/// With two equal halves a chosen ciphertext tells the key stream (FIPS 140-3 implementation guidance, C.I).
pub(super) fn has_equal_halves(value: &[u8]) -> bool {
    let (data, tweak) = value.split_at(value.len() / 2);
    equal(data, tweak)
}
