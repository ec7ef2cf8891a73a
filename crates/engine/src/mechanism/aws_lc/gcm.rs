//! AES-GCM in parts, and GMAC.

use super::aead::TAG_BYTES;
use super::{DIGEST_BYTES_MAX, Output};
use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

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
            let mut made = Self { context, tag_bytes };
            let at = context.as_ptr();
            let started = c::EVP_EncryptInit_ex(at, cipher, ptr::null_mut(), ptr::null(), ptr::null()) == 1
                && c::EVP_CIPHER_CTX_ctrl(at, c::EVP_CTRL_AEAD_SET_IVLEN, iv_length, ptr::null_mut()) == 1
                && c::EVP_EncryptInit_ex(at, ptr::null(), ptr::null_mut(), key.as_ptr(), iv.as_ptr()) == 1
                && made.authenticate(aad);
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

    /// Take a part of the additional data; false for one beyond a C int. None may follow after data.
    #[must_use]
    pub fn authenticate(&mut self, aad: &[u8]) -> bool {
        let Ok(length) = i32::try_from(aad.len()) else { return false };
        let mut ignored = 0;
        // SAFETY: without an output, what is read is additional data.
        length == 0
            || unsafe {
                c::EVP_EncryptUpdate(self.context.as_ptr(), ptr::null_mut(), &raw mut ignored, aad.as_ptr(), length)
                    == 1
            }
    }

    /// End: append the tag.
    #[must_use]
    pub fn finish(self, out: &mut Vec<u8>) -> bool {
        let tag = self.tag();
        out.extend_from_slice(tag.as_ref().map_or(&[], Output::bytes));
        tag.is_some()
    }

    /// End: the tag.
    #[must_use]
    pub fn tag(self) -> Option<Output> {
        let mut tag = [0; DIGEST_BYTES_MAX];
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
        finished.then(|| Output { bytes: tag, length: self.tag_bytes.min(TAG_BYTES) })
    }
}

impl Drop for GcmEncryption {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::EVP_CIPHER_CTX_free(self.context.as_ptr()) };
    }
}
