//! HMAC contexts.

use super::{DIGEST_BYTES_MAX, Hash, Output};
use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

/// An HMAC key (RFC 2104), its two padded blocks already hashed.
pub struct Hmac(NonNull<c::HMAC_CTX>);

// SAFETY: the context is flat memory, owned alone.
unsafe impl Send for Hmac {}
// SAFETY: `&self` only copies from it.
unsafe impl Sync for Hmac {}

impl Hmac {
    /// What one takes of secret memory, in bytes.
    pub const BYTES: usize = size_of::<c::HMAC_CTX>();

    /// Make the context of a key.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn new(hash: Hash, key: &[u8]) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let made = Self(NonNull::new(unsafe { c::HMAC_CTX_new() }).ok_or(OutOfSecretMemory)?);
        // SAFETY: the context is live; a non-null key pointer even where it is empty means "this key".
        let started =
            unsafe { c::HMAC_Init_ex(made.0.as_ptr(), key.as_ptr().cast(), key.len(), hash.method(), ptr::null_mut()) };
        if started == 1 { Ok(made) } else { Err(OutOfSecretMemory) }
    }

    /// The MAC of `data`.
    #[must_use]
    pub fn mac(&self, data: &[u8]) -> Output {
        let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
        let mut length = 0;
        let mut scratch = MaybeUninit::<c::HMAC_CTX>::uninit();
        // SAFETY: an HMAC context is flat (aws-lc copies it so itself); the copy is keyed like the original, used
        // once, and wiped. Update and Final of an initialised context do not fail.
        unsafe {
            ptr::copy_nonoverlapping(self.0.as_ptr(), scratch.as_mut_ptr(), 1);
            c::HMAC_Update(scratch.as_mut_ptr(), data.as_ptr(), data.len());
            c::HMAC_Final(scratch.as_mut_ptr(), output.bytes.as_mut_ptr(), &raw mut length);
            c::OPENSSL_cleanse(scratch.as_mut_ptr().cast(), size_of::<c::HMAC_CTX>());
        }
        output.length = length as usize;
        output
    }

    /// A copy with a stream of its own.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn duplicate(&self) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let made = Self(NonNull::new(unsafe { c::HMAC_CTX_new() }).ok_or(OutOfSecretMemory)?);
        // SAFETY: both are live and distinct.
        unsafe { c::HMAC_CTX_copy_ex(made.0.as_ptr(), self.0.as_ptr()) };
        Ok(made)
    }

    /// Take a part of the stream.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: a keyed context, borrowed alone.
        unsafe { c::HMAC_Update(self.0.as_ptr(), data.as_ptr(), data.len()) };
    }

    /// End the stream.
    #[must_use]
    pub fn finish(self) -> Output {
        let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
        let mut length = 0;
        // SAFETY: room for the longest digest.
        unsafe { c::HMAC_Final(self.0.as_ptr(), output.bytes.as_mut_ptr(), &raw mut length) };
        output.length = length as usize;
        output
    }
}

impl Drop for Hmac {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::HMAC_CTX_free(self.0.as_ptr()) };
    }
}
