//! AES-GCM and AES-GMAC (PKCS#11 v3.2, 6.13; SP 800-38D).

use super::aes::AesKey;
use super::aws_lc::{Aead, GcmEncryption, Output, TAG_BYTES};
use crate::memory::{OutOfSecretMemory, wipe};
use crate::rv::*;
use vhsm_wire::limits;
use vhsm_wire::messages::GcmParameters;

/// Most that a decryption in parts gathers, in bytes: nothing of it is released before the tag holds.
pub(super) const WITHHELD_BYTES_MAX: usize = limits::FRAME_SEGMENT_LENGTH_MAX as usize;

impl AesKey {
    /// Append ciphertext and tag.
    pub(super) fn encrypt(
        &self,
        parameters: &GcmParameters,
        tag_bytes: usize,
        data: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Rv> {
        // A shorter tag is the beginning of the long one (SP 800-38D, 7.1).
        if !self.gcm().seal(&parameters.iv, &parameters.aad, data, out) {
            return Err(CKR_DATA_LEN_RANGE);
        }
        out.truncate(out.len() - (TAG_BYTES - tag_bytes));
        Ok(())
    }

    /// Append the plaintext, if the tag holds.
    ///
    /// # Errors
    /// `CKR_ENCRYPTED_DATA_LEN_RANGE` (shorter than its tag), `CKR_ENCRYPTED_DATA_INVALID`.
    pub(super) fn decrypt(
        &self,
        parameters: &GcmParameters,
        tag_bytes: usize,
        data: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Rv> {
        if data.len() < tag_bytes {
            return Err(CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
        let opened = if tag_bytes == TAG_BYTES {
            self.gcm().open(&parameters.iv, &parameters.aad, data, out)
        } else {
            self.gcm_of(tag_bytes)?.open(&parameters.iv, &parameters.aad, data, out)
        };
        if opened { Ok(()) } else { Err(CKR_ENCRYPTED_DATA_INVALID) }
    }

    /// The context for tags of `tag_bytes`.
    pub(super) fn gcm_of(&self, tag_bytes: usize) -> Result<Aead, OutOfSecretMemory> {
        Aead::gcm(self.value(), tag_bytes)
    }

    /// Begin an encryption in parts.
    pub(super) fn encryption(
        &self,
        parameters: &GcmParameters,
        tag_bytes: usize,
    ) -> Result<GcmEncryption, OutOfSecretMemory> {
        GcmEncryption::new(self.value(), &parameters.iv, &parameters.aad, tag_bytes)
    }

    /// Begin a GMAC: a GCM tag of additional data alone.
    pub(super) fn gmac(&self, iv: &[u8]) -> Result<GcmEncryption, OutOfSecretMemory> {
        GcmEncryption::new(self.value(), iv, &[], TAG_BYTES)
    }

    /// The GMAC of `data`.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_DEVICE_MEMORY`.
    pub(super) fn gmac_of(&self, iv: &[u8], data: &[u8]) -> Result<Output, Rv> {
        let mut stream = self.gmac(iv)?;
        if !stream.authenticate(data) {
            return Err(CKR_DATA_LEN_RANGE);
        }
        stream.tag().ok_or(CKR_GENERAL_ERROR)
    }
}

/// The data of an operation that is done as a whole, kept until its end; wiped wherever it was.
#[derive(Default)]
pub(super) struct Withheld(Vec<u8>);

impl Withheld {
    /// Add a part.
    ///
    /// # Errors
    /// `CKR_ENCRYPTED_DATA_LEN_RANGE` beyond [`WITHHELD_BYTES_MAX`].
    pub(super) fn add(&mut self, data: &[u8]) -> Result<(), Rv> {
        if data.len() > WITHHELD_BYTES_MAX - self.0.len() {
            return Err(CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
        let length = self.0.len() + data.len();
        if length > self.0.capacity() {
            // A vector that grows by itself leaves what it held where it was.
            let mut roomier = Vec::with_capacity(length.next_power_of_two());
            roomier.extend_from_slice(&self.0);
            wipe(&mut self.0);
            self.0 = roomier;
        }
        self.0.extend_from_slice(data);
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Withheld {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}
