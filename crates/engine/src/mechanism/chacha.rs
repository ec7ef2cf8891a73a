//! ChaCha20-Poly1305 (PKCS#11 v3.2, 6.61; RFC 8439), done as a whole.

use super::aws_lc::{Aead, TAG_BYTES};
use crate::memory::SecretBytes;
use crate::rv::*;
use vhsm_wire::messages::ChachaPolyParameters;

/// Length of a nonce, in bytes (RFC 8439, 2.8).
const NONCE_BYTES: usize = 12;

/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID`.
pub(super) fn check(parameters: &ChachaPolyParameters) -> Result<(), Rv> {
    if parameters.nonce.len() == NONCE_BYTES { Ok(()) } else { Err(CKR_MECHANISM_PARAM_INVALID) }
}

/// A ChaCha20 key.
pub(super) struct ChachaKey {
    value: SecretBytes,
    context: Aead,
}

impl ChachaKey {
    /// # Errors
    /// `CKR_KEY_SIZE_RANGE`, `CKR_DEVICE_MEMORY`.
    pub(super) fn new(value: SecretBytes) -> Result<Self, Rv> {
        if value.len() != 32 {
            return Err(CKR_KEY_SIZE_RANGE);
        }
        let context = Aead::chacha20_poly1305(&value)?;
        Ok(Self { value, context })
    }

    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    pub(super) fn secret_bytes(&self) -> usize {
        self.value.len() + Aead::BYTES
    }

    /// Append ciphertext and tag.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`.
    pub(super) fn encrypt(&self, sent: &ChachaPolyParameters, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        if self.context.seal(&sent.nonce, &sent.aad, data, out) { Ok(()) } else { Err(CKR_DATA_LEN_RANGE) }
    }

    /// Append the plaintext, if the tag holds.
    ///
    /// # Errors
    /// `CKR_ENCRYPTED_DATA_LEN_RANGE` (shorter than its tag), `CKR_ENCRYPTED_DATA_INVALID`.
    pub(super) fn decrypt(&self, sent: &ChachaPolyParameters, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        if data.len() < TAG_BYTES {
            return Err(CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
        let opened = self.context.open(&sent.nonce, &sent.aad, data, out);
        if opened { Ok(()) } else { Err(CKR_ENCRYPTED_DATA_INVALID) }
    }
}
