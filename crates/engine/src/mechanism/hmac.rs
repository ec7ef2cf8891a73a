//! HMAC (PKCS#11 v3.2, 6.20 to 6.31; RFC 2104), whole and cut.

use super::aws_lc::{Hash, Hmac, Output, equal};
use crate::memory::{OutOfSecretMemory, SecretBytes};
use crate::rv::*;
use std::sync::OnceLock;

/// An HMAC key. The context of the first hash it is used with is kept: a fresh one costs four times as much.
/// Further hashes of a generic secret are made as they come, so that a key's room is known beforehand.
pub(super) struct HmacKey {
    value: SecretBytes,
    ready: OnceLock<(Hash, Hmac)>,
}

impl HmacKey {
    pub(super) fn new(value: SecretBytes) -> Self {
        Self { value, ready: OnceLock::new() }
    }

    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    pub(super) fn secret_bytes(&self) -> usize {
        self.value.len() + Hmac::BYTES
    }

    /// The MAC of `data`, not yet cut.
    pub(super) fn mac(&self, hash: Hash, data: &[u8]) -> Result<Output, OutOfSecretMemory> {
        match self.ready(hash)? {
            Some(context) => Ok(context.mac(data)),
            None => Ok(Hmac::new(hash, &self.value)?.mac(data)),
        }
    }

    /// A stream of its own.
    pub(super) fn stream(&self, hash: Hash) -> Result<Hmac, OutOfSecretMemory> {
        match self.ready(hash)? {
            Some(context) => context.duplicate(),
            None => Hmac::new(hash, &self.value),
        }
    }

    /// The kept context, if it is this hash's or none was kept before.
    fn ready(&self, hash: Hash) -> Result<Option<&Hmac>, OutOfSecretMemory> {
        if self.ready.get().is_none() {
            let made = Hmac::new(hash, &self.value)?;
            // Another thread may have been first; then this one is dropped.
            let _ = self.ready.set((hash, made));
        }
        Ok(self.ready.get().filter(|(kept, _)| *kept == hash).map(|(_, context)| context))
    }
}

/// Compare a signature with the MAC, in constant time.
///
/// # Errors
/// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`.
pub(super) fn verify(mac: &Output, mac_bytes: usize, signature: &[u8]) -> Result<(), Rv> {
    if signature.len() != mac_bytes {
        return Err(CKR_SIGNATURE_LEN_RANGE);
    }
    if equal(&mac.bytes()[..mac_bytes], signature) { Ok(()) } else { Err(CKR_SIGNATURE_INVALID) }
}
