//! ML-DSA (FIPS 204): keys, and signatures of a message's representative μ.

use super::number::{Failure, failure, succeeded};
use crate::memory::{SecretBytes, on_deep_stack};
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// Length of a seed ξ, in bytes.
pub const SEED_BYTES: usize = 32;
/// Length of μ, and of tr, in bytes.
pub const REPRESENTATIVE_BYTES: usize = 64;

/// A parameter set (FIPS 204, table 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MlDsaSet {
    /// ML-DSA-44
    MlDsa44,
    /// ML-DSA-65
    MlDsa65,
    /// ML-DSA-87
    MlDsa87,
}

impl MlDsaSet {
    fn nid(self) -> i32 {
        match self {
            Self::MlDsa44 => c::NID_MLDSA44,
            Self::MlDsa65 => c::NID_MLDSA65,
            Self::MlDsa87 => c::NID_MLDSA87,
        }
    }

    /// Length of a public key, in bytes (FIPS 204, table 2, as the others).
    #[must_use]
    pub fn public_bytes(self) -> usize {
        match self {
            Self::MlDsa44 => 1_312,
            Self::MlDsa65 => 1_952,
            Self::MlDsa87 => 2_592,
        }
    }

    /// Length of a private key, in bytes.
    #[must_use]
    pub fn private_bytes(self) -> usize {
        match self {
            Self::MlDsa44 => 2_560,
            Self::MlDsa65 => 4_032,
            Self::MlDsa87 => 4_896,
        }
    }

    /// Length of a signature, in bytes.
    #[must_use]
    pub fn signature_bytes(self) -> usize {
        match self {
            Self::MlDsa44 => 2_420,
            Self::MlDsa65 => 3_309,
            Self::MlDsa87 => 4_627,
        }
    }
}

/// A key, public or private; a private one knows its public key.
pub struct MlDsa {
    key: NonNull<c::EVP_PKEY>,
    set: MlDsaSet,
}

// SAFETY: owned alone.
unsafe impl Send for MlDsa {}
// SAFETY: signing and verifying read the key only; its reference count is atomic.
unsafe impl Sync for MlDsa {}

impl MlDsa {
    /// A private key from its seed ξ, or from its encoding; that is checked against itself.
    ///
    /// # Errors
    /// [`Failure`]: of neither's length, or with a t0 or tr that is not its own.
    pub fn private(set: MlDsaSet, form: &[u8]) -> Result<Self, Failure> {
        let make = || {
            // SAFETY: readable for its length, and copied; a new key, owned by `Self` from here on.
            let made = unsafe { c::EVP_PKEY_pqdsa_new_raw_private_key(set.nid(), form.as_ptr(), form.len()) };
            NonNull::new(made).map(|key| Self { key, set }).ok_or_else(failure)
        };
        on_deep_stack(make)?
    }

    /// A public key.
    ///
    /// # Errors
    /// [`Failure`]: not of its length.
    pub fn public(set: MlDsaSet, key: &[u8]) -> Result<Self, Failure> {
        // SAFETY: readable for its length, and copied; a new key, owned by `Self` from here on.
        let made = unsafe { c::EVP_PKEY_pqdsa_new_raw_public_key(set.nid(), key.as_ptr(), key.len()) };
        NonNull::new(made).map(|key| Self { key, set }).ok_or_else(failure)
    }

    /// Its parameter set.
    #[must_use]
    pub fn set(&self) -> MlDsaSet {
        self.set
    }

    /// The public key.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn public_value(&self) -> Result<Vec<u8>, Failure> {
        let mut value = vec![0; self.set.public_bytes()];
        let mut length = value.len();
        // SAFETY: live; writable for the length given.
        let read = unsafe { c::EVP_PKEY_get_raw_public_key(self.key.as_ptr(), value.as_mut_ptr(), &raw mut length) };
        succeeded(read).map(|()| value)
    }

    /// The private key.
    ///
    /// # Errors
    /// [`Failure`]; `Refused` for a public one.
    pub fn private_value(&self) -> Result<SecretBytes, Failure> {
        let mut value = SecretBytes::zeroed(self.set.private_bytes())?;
        let mut length = value.len();
        // SAFETY: live; writable for the length given.
        let read = unsafe { c::EVP_PKEY_get_raw_private_key(self.key.as_ptr(), value.as_mut_ptr(), &raw mut length) };
        succeeded(read).map(|()| value)
    }

    /// Append a hedged signature of μ.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn sign(&self, mu: &[u8; REPRESENTATIVE_BYTES], out: &mut Vec<u8>) -> Result<(), Failure> {
        let context = Context::new(self)?;
        let mut signature = vec![0; self.set.signature_bytes()];
        let mut length = signature.len();
        let (at, into, from) = (context.0.as_ptr(), signature.as_mut_ptr(), mu.as_ptr());
        let sign = || {
            // SAFETY: live; every pointer comes with its length.
            unsafe {
                succeeded(c::EVP_PKEY_sign_init(at))?;
                succeeded(c::EVP_PKEY_sign(at, into, &raw mut length, from, REPRESENTATIVE_BYTES))
            }
        };
        on_deep_stack(sign)??;
        out.extend_from_slice(&signature);
        Ok(())
    }

    /// Check a signature of μ.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn verify(&self, mu: &[u8; REPRESENTATIVE_BYTES], signature: &[u8]) -> Result<(), Failure> {
        let context = Context::new(self)?;
        let at = context.0.as_ptr();
        let verify = || {
            // SAFETY: live; every pointer comes with its length.
            unsafe {
                succeeded(c::EVP_PKEY_verify_init(at))?;
                let (from, length) = (signature.as_ptr(), signature.len());
                succeeded(c::EVP_PKEY_verify(at, from, length, mu.as_ptr(), REPRESENTATIVE_BYTES))
            }
        };
        on_deep_stack(verify)?
    }
}

impl Drop for MlDsa {
    fn drop(&mut self) {
        // SAFETY: owned alone; the heap wipes what is freed.
        unsafe { c::EVP_PKEY_free(self.key.as_ptr()) };
    }
}

struct Context(NonNull<c::EVP_PKEY_CTX>);

impl Context {
    fn new(key: &MlDsa) -> Result<Self, Failure> {
        // SAFETY: live; the context counts its reference to the key.
        let made = unsafe { c::EVP_PKEY_CTX_new(key.key.as_ptr(), ptr::null_mut()) };
        NonNull::new(made).map(Self).ok_or_else(failure)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EVP_PKEY_CTX_free(self.0.as_ptr()) };
    }
}
