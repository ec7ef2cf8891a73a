//! ML-DSA (FIPS 204): keys, and signatures of a message's representative μ.

use super::number::{Failure, succeeded};
use super::pkey::{Context, Pkey};
use crate::memory::{SecretBytes, on_deep_stack};
use aws_lc_sys as c;
use std::ptr;

/// Length of a seed ξ, in bytes.
pub const SEED_BYTES: usize = 32;
/// Length of μ, and of tr, in bytes.
pub const REPRESENTATIVE_BYTES: usize = 64;

/// Length of what is random in a hedged signature, and zero in a deterministic one, in bytes.
const RANDOMIZER_BYTES: usize = 32;

macro_rules! sign_internal {
    ($($name:ident: $symbol:literal;)*) => {
        // Exported by crypto/fipsmodule/ml_dsa/ml_dsa.h, which is not among the library's public headers. The names
        // carry its version: another one does not link before somebody has compared the declarations (ADR 11).
        unsafe extern "C" {
            $(
                /// ML-DSA.Sign_internal with μ from outside (FIPS 204, algorithm 7), and nothing before it; 1 if done.
                #[link_name = $symbol]
                fn $name(
                    private_key: *const u8,
                    signature: *mut u8,
                    signature_bytes: *mut usize,
                    mu: *const u8,
                    mu_bytes: usize,
                    before: *const u8,
                    before_bytes: usize,
                    randomizer: *const u8,
                ) -> i32;
            )*
        }
    };
}

sign_internal! {
    sign_internal_44: "aws_lc_0_47_0_ml_dsa_extmu_44_sign_internal";
    sign_internal_65: "aws_lc_0_47_0_ml_dsa_extmu_65_sign_internal";
    sign_internal_87: "aws_lc_0_47_0_ml_dsa_extmu_87_sign_internal";
}

/// A parameter set (FIPS 204, table 1), by its CKP_ value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MlDsaSet {
    /// ML-DSA-44
    MlDsa44 = 1,
    /// ML-DSA-65
    MlDsa65 = 2,
    /// ML-DSA-87
    MlDsa87 = 3,
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
    key: Pkey,
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
        // SAFETY: readable for its length, and copied; a new key.
        let make =
            || unsafe { Pkey::owned(c::EVP_PKEY_pqdsa_new_raw_private_key(set.nid(), form.as_ptr(), form.len())) };
        Ok(Self { key: on_deep_stack(make)??, set })
    }

    /// A public key.
    ///
    /// # Errors
    /// [`Failure`]: not of its length.
    pub fn public(set: MlDsaSet, key: &[u8]) -> Result<Self, Failure> {
        // SAFETY: readable for its length, and copied; a new key.
        let key = unsafe { Pkey::owned(c::EVP_PKEY_pqdsa_new_raw_public_key(set.nid(), key.as_ptr(), key.len()))? };
        Ok(Self { key, set })
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
        self.key.public_value(self.set.public_bytes())
    }

    /// The private key.
    ///
    /// # Errors
    /// [`Failure`]; `Refused` for a public one.
    pub fn private_value(&self) -> Result<SecretBytes, Failure> {
        self.key.private_value(self.set.private_bytes())
    }

    /// Append a hedged signature of μ.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn sign(&self, mu: &[u8; REPRESENTATIVE_BYTES], out: &mut Vec<u8>) -> Result<(), Failure> {
        let context = Context::of(&self.key)?;
        let mut signature = vec![0; self.set.signature_bytes()];
        let mut length = signature.len();
        let (at, into, from) = (context.as_ptr(), signature.as_mut_ptr(), mu.as_ptr());
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

    /// Append the deterministic signature of μ. It is verified before: with the right one, one of the same μ that a
    /// fault has spoilt would give the key away (FIPS 204, 3.4).
    ///
    /// # Errors
    /// [`Failure`]; `Refused` for a public key.
    pub fn sign_deterministically(&self, mu: &[u8; REPRESENTATIVE_BYTES], out: &mut Vec<u8>) -> Result<(), Failure> {
        let value = self.private_value()?;
        let mut signature = vec![0; self.set.signature_bytes()];
        let mut length = signature.len();
        let sign_internal = match self.set {
            MlDsaSet::MlDsa44 => sign_internal_44,
            MlDsaSet::MlDsa65 => sign_internal_65,
            MlDsaSet::MlDsa87 => sign_internal_87,
        };
        let (key, into, from) = (value.as_ptr(), signature.as_mut_ptr(), mu.as_ptr());
        let zeros = [0; RANDOMIZER_BYTES];
        let sign = || {
            let (before, randomizer) = (ptr::null(), zeros.as_ptr());
            // SAFETY: a private key and room for a signature of the set; μ comes with its length, and what is before it
            // has none; the randomizer is as long as it has to be.
            succeeded(unsafe {
                sign_internal(key, into, &raw mut length, from, REPRESENTATIVE_BYTES, before, 0, randomizer)
            })
        };
        on_deep_stack(sign)??;
        self.verify(mu, &signature)?;
        out.extend_from_slice(&signature);
        Ok(())
    }

    /// Check a signature of μ.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn verify(&self, mu: &[u8; REPRESENTATIVE_BYTES], signature: &[u8]) -> Result<(), Failure> {
        let context = Context::of(&self.key)?;
        let at = context.as_ptr();
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
