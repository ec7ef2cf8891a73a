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
