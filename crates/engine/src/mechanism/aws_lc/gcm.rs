//! AES-GCM contexts.

use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// Length of a GCM tag, in bytes, where nothing else is said.
pub const TAG_BYTES: usize = 16;

/// An AES-GCM key (SP 800-38D), scheduled, for tags of one length.
pub struct Gcm {
    context: NonNull<c::EVP_AEAD_CTX>,
    tag_bytes: usize,
}

// SAFETY: the context is owned alone.
unsafe impl Send for Gcm {}
// SAFETY: sealing and opening take the context as const (aead.h: "safe to call concurrently").
unsafe impl Sync for Gcm {}

impl Gcm {
    /// What one takes of secret memory, in bytes.
    pub const BYTES: usize = size_of::<c::EVP_AEAD_CTX>();

    /// Schedule a key of 16, 24 or 32 bytes, for tags of `tag_bytes` (4 to 16).
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for any other length.
    pub fn new(key: &[u8], tag_bytes: usize) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let context = unsafe {
            let aead = match key.len() {
                16 => c::EVP_aead_aes_128_gcm(),
                24 => c::EVP_aead_aes_192_gcm(),
                32 => c::EVP_aead_aes_256_gcm(),
                _ => return Err(OutOfSecretMemory),
            };
            c::EVP_AEAD_CTX_new(aead, key.as_ptr(), key.len(), tag_bytes)
        };
        Ok(Self { context: NonNull::new(context).ok_or(OutOfSecretMemory)?, tag_bytes })
    }

    /// Length of the tags, in bytes.
    #[must_use]
    pub fn tag_bytes(&self) -> usize {
        self.tag_bytes
    }

    /// Append ciphertext and tag to `out`. False for an empty IV or too much data.
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

impl Drop for Gcm {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::EVP_AEAD_CTX_free(self.context.as_ptr()) };
    }
}

/// An AES-GCM encryption in parts.
pub struct GcmEncryption {
    context: NonNull<c::EVP_CIPHER_CTX>,
    tag_bytes: usize,
}

// SAFETY: the context is owned alone.
unsafe impl Send for GcmEncryption {}

impl GcmEncryption {
    /// Begin. The key is 16, 24 or 32 bytes, the IV at least 1.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for lengths beyond a C int.
    pub fn new(key: &[u8], iv: &[u8], aad: &[u8], tag_bytes: usize) -> Result<Self, OutOfSecretMemory> {
        let iv_length = i32::try_from(iv.len()).map_err(|_| OutOfSecretMemory)?;
        let aad_length = i32::try_from(aad.len()).map_err(|_| OutOfSecretMemory)?;
        // SAFETY: a new context, owned by `made` from here on; every pointer comes with its length, the key's
        // being the cipher's.
        unsafe {
            let cipher = match key.len() {
                16 => c::EVP_aes_128_gcm(),
                24 => c::EVP_aes_192_gcm(),
                32 => c::EVP_aes_256_gcm(),
                _ => return Err(OutOfSecretMemory),
            };
            let context = NonNull::new(c::EVP_CIPHER_CTX_new()).ok_or(OutOfSecretMemory)?;
            let made = Self { context, tag_bytes };
            let at = context.as_ptr();
            let mut ignored = 0;
            let started = c::EVP_EncryptInit_ex(at, cipher, ptr::null_mut(), ptr::null(), ptr::null()) == 1
                && c::EVP_CIPHER_CTX_ctrl(at, c::EVP_CTRL_AEAD_SET_IVLEN, iv_length, ptr::null_mut()) == 1
                && c::EVP_EncryptInit_ex(at, ptr::null(), ptr::null_mut(), key.as_ptr(), iv.as_ptr()) == 1
                && (aad.is_empty()
                    || c::EVP_EncryptUpdate(at, ptr::null_mut(), &raw mut ignored, aad.as_ptr(), aad_length) == 1);
            if started { Ok(made) } else { Err(OutOfSecretMemory) }
        }
    }

    /// Encrypt a part; false for one beyond a C int, or beyond GCM's 64 GiB in all.
    #[must_use]
    pub fn update(&mut self, data: &[u8], out: &mut Vec<u8>) -> bool {
        let Ok(length) = i32::try_from(data.len()) else { return false };
        if length == 0 {
            return true;
        }
        out.reserve(data.len());
        let at = out.len();
        let mut written = 0;
        // SAFETY: GCM writes as many bytes as it reads; so many are reserved behind the vector's end.
        unsafe {
            let encrypted = c::EVP_EncryptUpdate(
                self.context.as_ptr(),
                out.as_mut_ptr().add(at),
                &raw mut written,
                data.as_ptr(),
                length,
            ) == 1;
            out.set_len(at + if encrypted { written as usize } else { 0 });
            encrypted
        }
    }

    /// End: append the tag.
    #[must_use]
    pub fn finish(self, out: &mut Vec<u8>) -> bool {
        let mut tag = [0; TAG_BYTES];
        let mut nothing = 0;
        // SAFETY: GCM's final writes no data; the tag has room for its longest.
        let finished = unsafe {
            c::EVP_EncryptFinal_ex(self.context.as_ptr(), tag.as_mut_ptr(), &raw mut nothing) == 1
                && c::EVP_CIPHER_CTX_ctrl(
                    self.context.as_ptr(),
                    c::EVP_CTRL_AEAD_GET_TAG,
                    TAG_BYTES as i32,
                    tag.as_mut_ptr().cast(),
                ) == 1
        };
        if finished {
            out.extend_from_slice(&tag[..self.tag_bytes.min(TAG_BYTES)]);
        }
        finished
    }
}

impl Drop for GcmEncryption {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::EVP_CIPHER_CTX_free(self.context.as_ptr()) };
    }
}
