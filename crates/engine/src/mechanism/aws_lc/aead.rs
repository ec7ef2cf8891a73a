//! Authenticated encryption of whole messages: AES-GCM and ChaCha20-Poly1305.

use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;
use std::ptr::NonNull;

/// Length of a tag, in bytes, where nothing else is said.
pub const TAG_BYTES: usize = 16;

/// A key, scheduled, for tags of one length.
pub struct Aead {
    context: NonNull<c::EVP_AEAD_CTX>,
    tag_bytes: usize,
}

// SAFETY: the context is owned alone.
unsafe impl Send for Aead {}
// SAFETY: sealing and opening take the context as const (aead.h: "safe to call concurrently").
unsafe impl Sync for Aead {}

impl Aead {
    /// What one takes of secret memory, in bytes.
    pub const BYTES: usize = size_of::<c::EVP_AEAD_CTX>();

    /// Schedule an AES-GCM key (SP 800-38D) of 16, 24 or 32 bytes, for tags of `tag_bytes` (4 to 16).
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for any other length.
    pub fn gcm(key: &[u8], tag_bytes: usize) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: each returns the address of a static table.
        let algorithm = unsafe {
            match key.len() {
                16 => c::EVP_aead_aes_128_gcm(),
                24 => c::EVP_aead_aes_192_gcm(),
                32 => c::EVP_aead_aes_256_gcm(),
                _ => return Err(OutOfSecretMemory),
            }
        };
        Self::new(algorithm, key, tag_bytes)
    }

    /// Take a ChaCha20-Poly1305 key (RFC 8439) of 32 bytes.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for any other length.
    pub fn chacha20_poly1305(key: &[u8]) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: it returns the address of a static table.
        Self::new(unsafe { c::EVP_aead_chacha20_poly1305() }, key, TAG_BYTES)
    }

    fn new(algorithm: *const c::EVP_AEAD, key: &[u8], tag_bytes: usize) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on; a key of another length than the algorithm's is refused.
        let context = unsafe { c::EVP_AEAD_CTX_new(algorithm, key.as_ptr(), key.len(), tag_bytes) };
        Ok(Self { context: NonNull::new(context).ok_or(OutOfSecretMemory)?, tag_bytes })
    }

    /// Length of the tags, in bytes.
    #[must_use]
    pub fn tag_bytes(&self) -> usize {
        self.tag_bytes
    }

    /// Append ciphertext and tag to `out`. False for an IV of a length that
    /// the algorithm does not take, or too much data.
    #[must_use]
    pub fn seal(&self, iv: &[u8], aad: &[u8], data: &[u8], out: &mut Vec<u8>) -> bool {
        let room = data.len() + self.tag_bytes;
        out.reserve(room);
        let at = out.len();
        let mut length = 0;
        // SAFETY: `room` bytes are reserved behind the vector's end; as many as were written become part of it.
        unsafe {
            let sealed = c::EVP_AEAD_CTX_seal(
                self.context.as_ptr(),
                out.as_mut_ptr().add(at),
                &raw mut length,
                room,
                iv.as_ptr(),
                iv.len(),
                data.as_ptr(),
                data.len(),
                aad.as_ptr(),
                aad.len(),
            ) == 1;
            out.set_len(at + length);
            sealed
        }
    }

    /// Append the plaintext of ciphertext and tag to `out`; nothing where the tag does not hold: then false.
    #[must_use]
    pub fn open(&self, iv: &[u8], aad: &[u8], data: &[u8], out: &mut Vec<u8>) -> bool {
        out.reserve(data.len());
        let at = out.len();
        // SAFETY: so many bytes are reserved behind the vector's end; as many as were written become part of it.
        unsafe {
            let opened = self.open_raw(iv, aad, data, out.as_mut_ptr().add(at), data.len());
            out.set_len(at + opened.unwrap_or(0));
            opened.is_some()
        }
    }

    /// The same into memory of the caller's choice, which must be as long as the plaintext.
    #[must_use]
    pub fn open_into(&self, iv: &[u8], aad: &[u8], data: &[u8], out: &mut [u8]) -> bool {
        // SAFETY: writable for its length.
        let opened = unsafe { self.open_raw(iv, aad, data, out.as_mut_ptr(), out.len()) };
        opened == Some(out.len())
    }

    /// SAFETY: `out` is writable for `room` bytes and does not overlap `data`.
    unsafe fn open_raw(&self, iv: &[u8], aad: &[u8], data: &[u8], out: *mut u8, room: usize) -> Option<usize> {
        let mut length = 0;
        // SAFETY: the caller's promise; aws-lc zeroes `out` when it refuses.
        let opened = unsafe {
            c::EVP_AEAD_CTX_open(
                self.context.as_ptr(),
                out,
                &raw mut length,
                room,
                iv.as_ptr(),
                iv.len(),
                data.as_ptr(),
                data.len(),
                aad.as_ptr(),
                aad.len(),
            )
        };
        (opened == 1).then_some(length)
    }
}

impl Drop for Aead {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::EVP_AEAD_CTX_free(self.context.as_ptr()) };
    }
}
