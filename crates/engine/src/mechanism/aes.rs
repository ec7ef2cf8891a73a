//! AES keys: one value, and the contexts of what it is used for.

use super::aws_lc::{Aead, AesDecryption, AesEncryption, Cmac, TAG_BYTES};
use crate::memory::{OutOfSecretMemory, SecretBytes};
use std::sync::OnceLock;

/// An AES key. What is first asked for is made then, and kept.
pub(super) struct AesKey {
    value: SecretBytes,
    /// For tags of 128 bits; shorter tags schedule it anew.
    gcm: Aead,
    encryption: OnceLock<AesEncryption>,
    decryption: OnceLock<AesDecryption>,
    cmac: OnceLock<Cmac>,
}

impl AesKey {
    pub(super) fn new(value: SecretBytes) -> Result<Self, OutOfSecretMemory> {
        let gcm = Aead::gcm(&value, TAG_BYTES)?;
        let (encryption, decryption, cmac) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Ok(Self { value, gcm, encryption, decryption, cmac })
    }

    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    pub(super) fn secret_bytes(&self) -> usize {
        self.value.len() + Aead::BYTES + AesEncryption::BYTES + AesDecryption::BYTES + Cmac::BYTES
    }

    pub(super) fn gcm(&self) -> &Aead {
        &self.gcm
    }

    pub(super) fn encrypting(&self) -> Result<&AesEncryption, OutOfSecretMemory> {
        kept(&self.encryption, || AesEncryption::new(&self.value))
    }

    pub(super) fn decrypting(&self) -> Result<&AesDecryption, OutOfSecretMemory> {
        kept(&self.decryption, || AesDecryption::new(&self.value))
    }

    /// A stream of CMAC (RFC 4493).
    pub(super) fn cmac(&self) -> Result<Cmac, OutOfSecretMemory> {
        kept(&self.cmac, || Cmac::new(&self.value))?.duplicate()
    }
}

/// What is kept, made if need be. Of threads that make it at once, the first has its own kept.
fn kept<T>(place: &OnceLock<T>, make: impl FnOnce() -> Result<T, OutOfSecretMemory>) -> Result<&T, OutOfSecretMemory> {
    if let Some(kept) = place.get() {
        return Ok(kept);
    }
    let made = make()?;
    Ok(place.get_or_init(|| made))
}
