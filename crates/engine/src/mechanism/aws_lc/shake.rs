//! SHAKE128 and SHAKE256 (FIPS 202), in parts.

use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xof {
    /// SHAKE128
    Shake128,
    /// SHAKE256
    Shake256,
}

/// An extendable-output function that takes what it is given.
pub struct Shake(NonNull<c::EVP_MD_CTX>);

// SAFETY: the context is owned alone.
unsafe impl Send for Shake {}

impl Shake {
    /// Begin.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn new(xof: Xof) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let made = Self(NonNull::new(unsafe { c::EVP_MD_CTX_new() }).ok_or(OutOfSecretMemory)?);
        // SAFETY: live; each method is the address of a static table.
        let started = unsafe {
            let method = match xof {
                Xof::Shake128 => c::EVP_shake128(),
                Xof::Shake256 => c::EVP_shake256(),
            };
            c::EVP_DigestInit_ex(made.0.as_ptr(), method, ptr::null_mut())
        };
        if started == 1 { Ok(made) } else { Err(OutOfSecretMemory) }
    }

    /// Take a part.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: an initialised context, borrowed alone.
        unsafe { c::EVP_DigestUpdate(self.0.as_ptr(), data.as_ptr().cast(), data.len()) };
    }

    /// End, and fill `out`.
    pub fn finish(self, out: &mut [u8]) {
        // SAFETY: an initialised context, owned; writable for its length.
        unsafe { c::EVP_DigestFinalXOF(self.0.as_ptr(), out.as_mut_ptr(), out.len()) };
    }
}

impl Drop for Shake {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EVP_MD_CTX_free(self.0.as_ptr()) };
    }
}
