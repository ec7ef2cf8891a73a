//! X25519 (RFC 7748).

use super::number::Failure;
use crate::memory::SecretBytes;
use aws_lc_sys as c;

/// Length of a private key, of a public key and of a shared secret, in bytes.
pub const KEY_BYTES: usize = 32;

/// The public key of a private one.
#[must_use]
pub fn public_of(private: &[u8; KEY_BYTES]) -> [u8; KEY_BYTES] {
    let mut public = [0; KEY_BYTES];
    // SAFETY: 32 bytes each, as the function demands.
    unsafe { c::X25519_public_from_private(public.as_mut_ptr(), private.as_ptr()) };
    public
}

/// The secret that a private key shares with a public one.
///
/// # Errors
/// [`Failure`]: a point of small order, whose secret would be zero (RFC 7748, 6.1).
pub fn agree(private: &[u8; KEY_BYTES], public: &[u8; KEY_BYTES]) -> Result<SecretBytes, Failure> {
    let mut shared = SecretBytes::zeroed(KEY_BYTES)?;
    // SAFETY: 32 bytes each, as the function demands.
    let agreed = unsafe { c::X25519(shared.as_mut_ptr(), private.as_ptr(), public.as_ptr()) };
    if agreed == 1 { Ok(shared) } else { Err(Failure::Refused) }
}
