//! Digests, whole and in parts.

use super::{DIGEST_BYTES_MAX, Hash, Output};
use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// The digest of `data`.
///
/// # Errors
/// [`OutOfSecretMemory`].
pub fn digest(hash: Hash, data: &[u8]) -> Result<Output, OutOfSecretMemory> {
    let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
    let mut length = 0;
    // SAFETY: room for the longest digest.
    let made = unsafe {
        c::EVP_Digest(
            data.as_ptr().cast(),
            data.len(),
            output.bytes.as_mut_ptr(),
            &raw mut length,
            hash.method(),
            ptr::null_mut(),
        )
    };
    output.length = length as usize;
    if made == 1 { Ok(output) } else { Err(OutOfSecretMemory) }
}

/// A digest in parts.
pub struct Digest(NonNull<c::EVP_MD_CTX>);

// SAFETY: the context is owned alone.
unsafe impl Send for Digest {}

impl Digest {
    /// Begin.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn new(hash: Hash) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let made = Self(NonNull::new(unsafe { c::EVP_MD_CTX_new() }).ok_or(OutOfSecretMemory)?);
        // SAFETY: live.
        let started = unsafe { c::EVP_DigestInit_ex(made.0.as_ptr(), hash.method(), ptr::null_mut()) };
        if started == 1 { Ok(made) } else { Err(OutOfSecretMemory) }
    }

    /// Take a part.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: an initialised context, borrowed alone.
        unsafe { c::EVP_DigestUpdate(self.0.as_ptr(), data.as_ptr().cast(), data.len()) };
    }

    /// End.
    #[must_use]
    pub fn finish(self) -> Output {
        let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
        let mut length = 0;
        // SAFETY: room for the longest digest.
        unsafe { c::EVP_DigestFinal_ex(self.0.as_ptr(), output.bytes.as_mut_ptr(), &raw mut length) };
        output.length = length as usize;
        output
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EVP_MD_CTX_free(self.0.as_ptr()) };
    }
}
