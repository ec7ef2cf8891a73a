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
    let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: hash.digest_bytes() };
    // Of an extendable output so much is taken as this says.
    let mut length = output.length as u32;
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
    if made == 1 { Ok(output) } else { Err(OutOfSecretMemory) }
}

/// A digest in parts.
pub struct Digest {
    context: NonNull<c::EVP_MD_CTX>,
    hash: Hash,
}

// SAFETY: the context is owned alone.
unsafe impl Send for Digest {}

impl Digest {
    /// Begin.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn new(hash: Hash) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let context = NonNull::new(unsafe { c::EVP_MD_CTX_new() }).ok_or(OutOfSecretMemory)?;
        let made = Self { context, hash };
        // SAFETY: live.
        let started = unsafe { c::EVP_DigestInit_ex(context.as_ptr(), hash.method(), ptr::null_mut()) };
        if started == 1 { Ok(made) } else { Err(OutOfSecretMemory) }
    }

    /// Take a part.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: an initialised context, borrowed alone.
        unsafe { c::EVP_DigestUpdate(self.context.as_ptr(), data.as_ptr().cast(), data.len()) };
    }

    /// End.
    #[must_use]
    pub fn finish(self) -> Output {
        let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: self.hash.digest_bytes() };
        let (context, out) = (self.context.as_ptr(), output.bytes.as_mut_ptr());
        // SAFETY: room for the longest digest, and for what is taken of an extendable output.
        unsafe {
            match self.hash {
                Hash::Shake128 | Hash::Shake256 => c::EVP_DigestFinalXOF(context, out, output.length),
                _ => c::EVP_DigestFinal_ex(context, out, ptr::null_mut()),
            }
        };
        output
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EVP_MD_CTX_free(self.context.as_ptr()) };
    }
}
