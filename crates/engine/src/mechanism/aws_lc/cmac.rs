//! AES-CMAC contexts.

use super::{DIGEST_BYTES_MAX, Output};
use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// An AES-CMAC key (SP 800-38B), scheduled, its subkeys made.
pub struct Cmac(NonNull<c::CMAC_CTX>);

// SAFETY: the context is owned alone.
unsafe impl Send for Cmac {}
// SAFETY: `&self` only copies from it.
unsafe impl Sync for Cmac {}

impl Cmac {
    /// Enough for what aws-lc takes for one of secret memory, in bytes.
    pub const BYTES: usize = 1_024;

    /// Make the context of a key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for any other length.
    pub fn new(key: &[u8]) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `made` from here on; the key is as long as the cipher's.
        unsafe {
            let cipher = match key.len() {
                16 => c::EVP_aes_128_cbc(),
                24 => c::EVP_aes_192_cbc(),
                32 => c::EVP_aes_256_cbc(),
                _ => return Err(OutOfSecretMemory),
            };
            let made = Self(NonNull::new(c::CMAC_CTX_new()).ok_or(OutOfSecretMemory)?);
            let started = c::CMAC_Init(made.0.as_ptr(), key.as_ptr().cast(), key.len(), cipher, ptr::null_mut());
            if started == 1 { Ok(made) } else { Err(OutOfSecretMemory) }
        }
    }

    /// A copy with a stream of its own.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn duplicate(&self) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `made` from here on; the two are distinct, and this one is only read.
        unsafe {
            let made = Self(NonNull::new(c::CMAC_CTX_new()).ok_or(OutOfSecretMemory)?);
            if c::CMAC_CTX_copy(made.0.as_ptr(), self.0.as_ptr()) == 1 { Ok(made) } else { Err(OutOfSecretMemory) }
        }
    }

    /// Take a part of the stream.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: a keyed context, borrowed alone. Whole blocks never fail, and it passes nothing else on.
        unsafe { c::CMAC_Update(self.0.as_ptr(), data.as_ptr(), data.len()) };
    }

    /// End the stream: 16 bytes.
    #[must_use]
    pub fn finish(self) -> Output {
        let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
        // SAFETY: room for more than a block.
        unsafe { c::CMAC_Final(self.0.as_ptr(), output.bytes.as_mut_ptr(), &raw mut output.length) };
        output
    }
}

impl Drop for Cmac {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::CMAC_CTX_free(self.0.as_ptr()) };
    }
}
