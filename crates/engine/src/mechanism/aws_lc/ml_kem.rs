//! ML-KEM (FIPS 203): keys, encapsulation, decapsulation.

use super::number::{Failure, succeeded};
use super::pkey::{Context, Pkey};
use crate::memory::{SecretBytes, on_deep_stack};
use aws_lc_sys as c;
use std::ptr;

/// Length of a seed d | z, in bytes.
pub const SEED_BYTES: usize = 64;
/// Length of a shared secret, in bytes.
pub const SHARED_BYTES: usize = 32;

/// A parameter set (FIPS 203, table 2), by its CKP_ value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MlKemSet {
    /// ML-KEM-512
    MlKem512 = 1,
    /// ML-KEM-768
    MlKem768 = 2,
    /// ML-KEM-1024
    MlKem1024 = 3,
}

impl MlKemSet {
    fn nid(self) -> i32 {
        match self {
            Self::MlKem512 => c::NID_MLKEM512,
            Self::MlKem768 => c::NID_MLKEM768,
            Self::MlKem1024 => c::NID_MLKEM1024,
        }
    }

    /// k: of every key, 384 bytes so many times.
    fn rank(self) -> usize {
        match self {
            Self::MlKem512 => 2,
            Self::MlKem768 => 3,
            Self::MlKem1024 => 4,
        }
    }

    /// Length of an encapsulation key, in bytes (FIPS 203, table 3, as the others).
    #[must_use]
    pub fn public_bytes(self) -> usize {
        384 * self.rank() + 32
    }

    /// Length of a decapsulation key, in bytes.
    #[must_use]
    pub fn private_bytes(self) -> usize {
        768 * self.rank() + 96
    }

    /// Length of a ciphertext, in bytes.
    #[must_use]
    pub fn ciphertext_bytes(self) -> usize {
        match self {
            Self::MlKem512 => 768,
            Self::MlKem768 => 1_088,
            Self::MlKem1024 => 1_568,
        }
    }
}

/// A key, public or private; a private one knows its public key.
pub struct MlKem {
    key: Pkey,
    set: MlKemSet,
}

impl MlKem {
    /// The private key of a seed.
    ///
    /// # Errors
    /// [`Failure`]: not of its length.
    pub fn of_seed(set: MlKemSet, seed: &[u8]) -> Result<Self, Failure> {
        let context = Context::of_algorithm(c::EVP_PKEY_KEM)?;
        let (mut made, mut length) = (ptr::null_mut(), seed.len());
        let make = || {
            // SAFETY: live; readable for the length given.
            unsafe {
                succeeded(c::EVP_PKEY_CTX_kem_set_params(context.as_ptr(), set.nid()))?;
                succeeded(c::EVP_PKEY_keygen_init(context.as_ptr()))?;
                let (at, from) = (context.as_ptr(), seed.as_ptr());
                succeeded(c::EVP_PKEY_keygen_deterministic(at, &raw mut made, from, &raw mut length))
            }
        };
        on_deep_stack(make)??;
        // SAFETY: a new key.
        Ok(Self { key: unsafe { Pkey::owned(made)? }, set })
    }

    /// A private key from its encoding, which has its public key within (FIPS 203, algorithm 16).
    ///
    /// # Errors
    /// [`Failure`]: not of its length.
    pub fn private(set: MlKemSet, value: &[u8]) -> Result<Self, Failure> {
        let public = value.get(384 * set.rank()..).and_then(|behind| behind.get(..set.public_bytes()));
        let public = public.ok_or(Failure::Refused)?;
        let (from, length) = (value.as_ptr(), value.len());
        // SAFETY: both readable for their lengths, and copied; a new key.
        let key = unsafe {
            Pkey::owned(c::EVP_PKEY_kem_new_raw_key(set.nid(), public.as_ptr(), public.len(), from, length))?
        };
        Ok(Self { key, set })
    }

    /// A public key.
    ///
    /// # Errors
    /// [`Failure`]: not of its length.
    pub fn public(set: MlKemSet, value: &[u8]) -> Result<Self, Failure> {
        // SAFETY: readable for its length, and copied; a new key.
        let key = unsafe { Pkey::owned(c::EVP_PKEY_kem_new_raw_public_key(set.nid(), value.as_ptr(), value.len()))? };
        Ok(Self { key, set })
    }

    /// Check a key that comes from outside (FIPS 203, 7.2 and 7.3), a private one also for decapsulating what its
    /// public key encapsulates.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn check(&self, private: bool) -> Result<(), Failure> {
        let context = Context::of(&self.key)?;
        // SAFETY: live.
        let check = || unsafe {
            succeeded(match private {
                true => c::EVP_PKEY_kem_check_key(self.key.as_ptr()),
                false => c::EVP_PKEY_public_check(context.as_ptr()),
            })
        };
        on_deep_stack(check)?
    }

    /// Its parameter set.
    #[must_use]
    pub fn set(&self) -> MlKemSet {
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

    /// A new shared secret, and the ciphertext that carries it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn encapsulate(&self) -> Result<(Vec<u8>, SecretBytes), Failure> {
        let context = Context::of(&self.key)?;
        let (mut ciphertext, mut shared) = (vec![0; self.set.ciphertext_bytes()], SecretBytes::zeroed(SHARED_BYTES)?);
        let (mut ciphertext_length, mut shared_length) = (ciphertext.len(), shared.len());
        let (at, carries, holds) = (context.as_ptr(), ciphertext.as_mut_ptr(), shared.as_mut_ptr());
        // SAFETY: live; writable for the lengths given.
        let encapsulate = || unsafe {
            succeeded(c::EVP_PKEY_encapsulate(at, carries, &raw mut ciphertext_length, holds, &raw mut shared_length))
        };
        on_deep_stack(encapsulate)??;
        Ok((ciphertext, shared))
    }

    /// The shared secret of a ciphertext; of one that was not made for this key, another (implicit rejection).
    ///
    /// # Errors
    /// [`Failure`]: not of its length.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<SecretBytes, Failure> {
        let context = Context::of(&self.key)?;
        let mut shared = SecretBytes::zeroed(SHARED_BYTES)?;
        let mut length = shared.len();
        let (at, holds) = (context.as_ptr(), shared.as_mut_ptr());
        // SAFETY: live; every pointer comes with its length.
        let decapsulate = || unsafe {
            let (from, from_length) = (ciphertext.as_ptr(), ciphertext.len());
            succeeded(c::EVP_PKEY_decapsulate(at, holds, &raw mut length, from, from_length))
        };
        on_deep_stack(decapsulate)??;
        Ok(shared)
    }
}
