//! Key derivation functions.

use super::Hash;
use super::digest::Digest;
use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;

/// ANSI X9.63's function (SEC 1, 3.6.1) into `out`: hashes of secret, counter and information.
///
/// # Errors
/// [`OutOfSecretMemory`].
pub fn x963_kdf(hash: Hash, secret: &[u8], information: &[u8], out: &mut [u8]) -> Result<(), OutOfSecretMemory> {
    for (block, counter) in out.chunks_mut(hash.digest_bytes()).zip(1_u32..) {
        let mut digest = Digest::new(hash)?;
        for part in [secret, &counter.to_be_bytes(), information] {
            digest.update(part);
        }
        block.copy_from_slice(&digest.finish().bytes()[..block.len()]);
    }
    Ok(())
}

/// The one-step function of SP 800-56C, 4.1, into `out`: hashes of counter, secret and information; false when
/// there is no memory.
#[must_use]
pub fn concatenation_kdf(hash: Hash, secret: &[u8], information: &[u8], out: &mut [u8]) -> bool {
    // SAFETY: every pointer comes with its length.
    unsafe {
        c::SSKDF_digest(
            out.as_mut_ptr(),
            out.len(),
            hash.method(),
            secret.as_ptr(),
            secret.len(),
            information.as_ptr(),
            information.len(),
        ) == 1
    }
}

/// PBKDF2 with HMAC (RFC 8018, 5.2) into `out`; false when there is no memory.
#[must_use]
pub fn pbkdf2(hash: Hash, password: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]) -> bool {
    // SAFETY: every pointer comes with its length.
    unsafe {
        c::PKCS5_PBKDF2_HMAC(
            password.as_ptr().cast(),
            password.len(),
            salt.as_ptr(),
            salt.len(),
            rounds,
            hash.method(),
            out.len(),
            out.as_mut_ptr(),
        ) == 1
    }
}

/// HKDF-Extract (RFC 5869, 2.2) into `out`, which is as long as a digest; false when there is no memory.
#[must_use]
pub fn hkdf_extract(hash: Hash, secret: &[u8], salt: &[u8], out: &mut [u8]) -> bool {
    if out.len() != hash.digest_bytes() {
        return false;
    }
    let mut length = 0;
    // SAFETY: room for a digest; every other pointer comes with its length.
    unsafe {
        c::HKDF_extract(
            out.as_mut_ptr(),
            &raw mut length,
            hash.method(),
            secret.as_ptr(),
            secret.len(),
            salt.as_ptr(),
            salt.len(),
        ) == 1
    }
}

/// HKDF-Expand (RFC 5869, 2.3) into `out`; false when that is longer than 255 digests, or there is no memory.
#[must_use]
pub fn hkdf_expand(hash: Hash, key: &[u8], information: &[u8], out: &mut [u8]) -> bool {
    // SAFETY: every pointer comes with its length.
    unsafe {
        c::HKDF_expand(
            out.as_mut_ptr(),
            out.len(),
            hash.method(),
            key.as_ptr(),
            key.len(),
            information.as_ptr(),
            information.len(),
        ) == 1
    }
}

/// The pseudorandom function of TLS 1.2 (RFC 5246, 5) into `out`; false when there is no memory.
#[must_use]
pub fn tls_prf(hash: Hash, secret: &[u8], label: &[u8], seed: &[u8], out: &mut [u8]) -> bool {
    // SAFETY: every pointer comes with its length; the second seed is empty.
    unsafe {
        c::CRYPTO_tls1_prf(
            hash.method(),
            out.as_mut_ptr(),
            out.len(),
            secret.as_ptr(),
            secret.len(),
            label.as_ptr().cast(),
            label.len(),
            seed.as_ptr(),
            seed.len(),
            std::ptr::null(),
            0,
        ) == 1
    }
}
