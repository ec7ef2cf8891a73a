//! Sealing bytes: AES-256-GCM, nonce | ciphertext | tag.

use super::KEY_BYTES;
use crate::mechanism::aws_lc::{Aead, Hash, Hmac, TAG_BYTES, hkdf, random};
use crate::memory::{OutOfSecretMemory, SecretBytes};

const NONCE_BYTES: usize = 12;
/// What sealing adds, in bytes.
pub(super) const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// A key derived by HKDF-SHA256 from `secret`, for what `info` names.
pub(super) fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Result<SecretBytes, OutOfSecretMemory> {
    let mut key = SecretBytes::zeroed(KEY_BYTES)?;
    if hkdf(secret, salt, info, &mut key) { Ok(key) } else { Err(OutOfSecretMemory) }
}

/// Seal `plaintext` under `key`, bound to `aad`.
///
/// The nonce is hedged: trunc96(HMAC(nonce key, random | aad | plaintext)). A cloned machine that draws the same
/// random bytes for other content still gets another nonce.
pub(super) fn seal(key: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, OutOfSecretMemory> {
    let mut drawn = [0; 32];
    random(&mut drawn);
    let mut hedge = Hmac::new(Hash::Sha256, &derive(key, b"", b"vhsm-nonce-1")?)?;
    for part in [&drawn, aad, plaintext] {
        hedge.update(part);
    }
    let nonce = hedge.finish();
    let nonce = &nonce.bytes()[..NONCE_BYTES];
    let mut sealed = Vec::with_capacity(plaintext.len() + OVERHEAD_BYTES);
    sealed.extend_from_slice(nonce);
    if Aead::gcm(key, TAG_BYTES)?.seal(nonce, aad, plaintext, &mut sealed) {
        Ok(sealed)
    } else {
        Err(OutOfSecretMemory)
    }
}

/// Open what [`seal`] made; `None` where anything differs.
pub(super) fn open(key: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Option<SecretBytes>, OutOfSecretMemory> {
    let Some(length) = sealed.len().checked_sub(OVERHEAD_BYTES) else { return Ok(None) };
    let (nonce, rest) = sealed.split_at(NONCE_BYTES);
    let mut plaintext = SecretBytes::zeroed(length)?;
    let opened = Aead::gcm(key, TAG_BYTES)?.open_into(nonce, aad, rest, &mut plaintext);
    Ok(opened.then_some(plaintext))
}
