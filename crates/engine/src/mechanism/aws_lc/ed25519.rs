//! Ed25519, Ed25519ctx and Ed25519ph (RFC 8032).

use super::number::{Failure, failure, succeeded};
use crate::memory::{OutOfSecretMemory, SecretBytes};
use aws_lc_sys as c;

/// Length of a seed, and of a public key, in bytes.
pub const KEY_BYTES: usize = 32;
/// Length of a signature, in bytes.
pub const SIGNATURE_BYTES: usize = 64;
/// Longest context, in bytes (RFC 8032, 5.1).
pub const CONTEXT_BYTES_MAX: usize = 255;

/// Which of the three.
#[derive(Clone, Copy, Debug)]
pub enum Variant<'a> {
    /// Ed25519
    Pure,
    /// Ed25519ctx, its context not empty
    Context(&'a [u8]),
    /// Ed25519ph
    Prehash(&'a [u8]),
}

/// A private key: the seed, then the public key.
pub struct Ed25519(SecretBytes);

impl Ed25519 {
    /// The key of a seed.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Result<Self, OutOfSecretMemory> {
        let mut key = SecretBytes::zeroed(2 * KEY_BYTES)?;
        let mut public = [0; KEY_BYTES];
        // SAFETY: 32, 64 and 32 bytes, as the function demands.
        unsafe { c::ED25519_keypair_from_seed(public.as_mut_ptr(), key.as_mut_ptr(), seed.as_ptr()) };
        Ok(Self(key))
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.0[KEY_BYTES..]
    }

    /// What one takes of secret memory, in bytes.
    #[must_use]
    pub fn secret_bytes(&self) -> usize {
        self.0.len()
    }

    /// Append the signature of a message; it is verified before (a fault would give the key away).
    ///
    /// # Errors
    /// [`Failure`].
    pub fn sign(&self, variant: Variant<'_>, message: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let mut signature = [0; SIGNATURE_BYTES];
        let (into, key) = (signature.as_mut_ptr(), self.0.as_ptr());
        let (from, length) = (message.as_ptr(), message.len());
        // SAFETY: a signature of 64 bytes, a key of 64; every other pointer comes with its length.
        succeeded(unsafe {
            match variant {
                Variant::Pure => c::ED25519_sign(into, from, length, key),
                Variant::Context(context) => {
                    c::ED25519ctx_sign(into, from, length, key, context.as_ptr(), context.len())
                }
                Variant::Prehash(context) => {
                    c::ED25519ph_sign(into, from, length, key, context.as_ptr(), context.len())
                }
            }
        })?;
        let public: &[u8; KEY_BYTES] = self.public().try_into().map_err(|_| Failure::Refused)?;
        if !verify(public, variant, message, &signature) {
            return Err(Failure::Refused);
        }
        out.extend_from_slice(&signature);
        Ok(())
    }
}

/// Whether a signature of a message holds.
#[must_use]
pub fn verify(
    public: &[u8; KEY_BYTES],
    variant: Variant<'_>,
    message: &[u8],
    signature: &[u8; SIGNATURE_BYTES],
) -> bool {
    let (key, signature) = (public.as_ptr(), signature.as_ptr());
    let (from, length) = (message.as_ptr(), message.len());
    // SAFETY: a signature of 64 bytes, a key of 32; every other pointer comes with its length.
    let holds = unsafe {
        match variant {
            Variant::Pure => c::ED25519_verify(from, length, signature, key),
            Variant::Context(context) => {
                c::ED25519ctx_verify(from, length, signature, key, context.as_ptr(), context.len())
            }
            Variant::Prehash(context) => {
                c::ED25519ph_verify(from, length, signature, key, context.as_ptr(), context.len())
            }
        }
    };
    if holds != 1 {
        failure();
    }
    holds == 1
}
