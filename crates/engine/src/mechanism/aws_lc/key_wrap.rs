//! AES key wrap (RFC 3394; SP 800-38F, KW) and key wrap with padding (RFC 5649; KWP).

use super::aes::{AesDecryption, AesEncryption};
use crate::memory::{OutOfSecretMemory, SecretBytes, wipe};
use aws_lc_sys as c;
use std::ptr;

/// By how much a wrapped key is longer than the key (and KWP's padding), in bytes.
const OVERHEAD_BYTES: usize = 8;
/// Key wrap's own initial value; the standard's where a caller gives none.
pub type InitialValue = [u8; 8];

fn initial(value: Option<&InitialValue>) -> *const u8 {
    value.map_or(ptr::null(), |value| value.as_ptr())
}

impl AesEncryption {
    /// Wrap whole units of 8 bytes, two at least; `None` for any other length.
    #[must_use]
    pub fn wrap(&self, value: Option<&InitialValue>, key: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; key.len() + OVERHEAD_BYTES];
        // SAFETY: `out` has room for the key and 8 bytes; the schedule is a live AES_KEY.
        let written = unsafe {
            c::AES_wrap_key(self.0.as_ptr().cast(), initial(value), out.as_mut_ptr(), key.as_ptr(), key.len())
        };
        (usize::try_from(written) == Ok(out.len())).then_some(out)
    }

    /// Wrap any number of bytes but none.
    #[must_use]
    pub fn wrap_padded(&self, key: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; key.len().next_multiple_of(OVERHEAD_BYTES) + OVERHEAD_BYTES];
        let mut written = 0;
        // SAFETY: `out` is writable for its length, which is told; the schedule is a live AES_KEY.
        let done = unsafe {
            let (at, room) = (out.as_mut_ptr(), out.len());
            c::AES_wrap_key_padded(self.0.as_ptr().cast(), at, &raw mut written, room, key.as_ptr(), key.len())
        };
        (done == 1 && written == out.len()).then_some(out)
    }
}

impl AesDecryption {
    /// The key that was wrapped; `None` where it is not what was wrapped with this key.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn unwrap(
        &self,
        value: Option<&InitialValue>,
        wrapped: &[u8],
    ) -> Result<Option<SecretBytes>, OutOfSecretMemory> {
        let mut key = SecretBytes::zeroed(wrapped.len().saturating_sub(OVERHEAD_BYTES))?;
        Ok(self.unwrap_into(value, wrapped, &mut key).then_some(key))
    }

    /// The same into `out`, which is 8 bytes shorter than what is wrapped; whether it was wrapped with this key. If not,
    /// `out` is wiped.
    pub fn unwrap_into(&self, value: Option<&InitialValue>, wrapped: &[u8], out: &mut [u8]) -> bool {
        if out.is_empty() || out.len() + OVERHEAD_BYTES != wrapped.len() {
            return false;
        }
        // SAFETY: `out` has room for all but 8 bytes of what is wrapped, and shorter lengths than three units are
        // refused before anything is written; the schedule is a live AES_KEY.
        let written = unsafe {
            let (from, length) = (wrapped.as_ptr(), wrapped.len());
            c::AES_unwrap_key(self.0.as_ptr().cast(), initial(value), out.as_mut_ptr(), from, length)
        };
        let unwrapped = usize::try_from(written) == Ok(out.len());
        if !unwrapped {
            wipe(out);
        }
        unwrapped
    }

    /// The same, of a key wrapped with padding.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn unwrap_padded(&self, wrapped: &[u8]) -> Result<Option<SecretBytes>, OutOfSecretMemory> {
        let mut padded = SecretBytes::zeroed(wrapped.len())?;
        match self.unwrap_padded_into(wrapped, &mut padded) {
            Some(length) => SecretBytes::copy_of(&padded[..length]).map(Some),
            None => Ok(None),
        }
    }

    /// The same into `out`, which is as long as what is wrapped; how much of it is the key. If it was not wrapped with this
    /// key, `out` is wiped.
    pub fn unwrap_padded_into(&self, wrapped: &[u8], out: &mut [u8]) -> Option<usize> {
        let mut written = 0;
        // SAFETY: `out` is writable for its length, which is told; the schedule is a live AES_KEY.
        let done = unsafe {
            let (at, room, from) = (out.as_mut_ptr(), out.len(), wrapped.as_ptr());
            c::AES_unwrap_key_padded(self.0.as_ptr().cast(), at, &raw mut written, room, from, wrapped.len())
        };
        if done == 1 && (1..=out.len()).contains(&written) {
            return Some(written);
        }
        wipe(out);
        None
    }
}
