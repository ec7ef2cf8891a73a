//! Ed448, Ed448ph (RFC 8032) and X448 (RFC 7748): the only place that calls crrl.
//!
//! crrl is constant in time, takes no heap and wipes nothing (ADR 9): whatever touches a secret runs on a deep stack,
//! which is secret memory and is wiped after.

use super::aws_lc::ed25519::Variant;
use super::aws_lc::{Failure, Shake, Xof};
use crate::memory::{OutOfSecretMemory, SecretBytes, on_deep_stack};
use crrl::ed448::{PrivateKey, PublicKey};
use crrl::x448::{x448, x448_base};

/// Length of a seed of Ed448, and of its public key, in bytes.
pub(super) const ED448_KEY_BYTES: usize = 57;
/// Length of a signature, in bytes.
pub(super) const ED448_SIGNATURE_BYTES: usize = 114;
/// Length of a private key of X448, of a public key and of a shared secret, in bytes.
pub(super) const X448_KEY_BYTES: usize = 56;
/// What Ed448ph signs of a message, in bytes (RFC 8032, 5.2).
const PREHASH_BYTES: usize = 64;

/// A private key: the seed, then the public key.
pub(super) struct Ed448(SecretBytes);

impl Ed448 {
    /// The key of a seed.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub(super) fn from_seed(seed: &[u8; ED448_KEY_BYTES]) -> Result<Self, OutOfSecretMemory> {
        let mut key = SecretBytes::zeroed(2 * ED448_KEY_BYTES)?;
        let (left, right) = key.split_at_mut(ED448_KEY_BYTES);
        left.copy_from_slice(seed);
        on_deep_stack(|| right.copy_from_slice(&PrivateKey::from_seed(seed).public_key.encoded))?;
        Ok(Self(key))
    }

    /// The public key.
    pub(super) fn public(&self) -> &[u8] {
        &self.0[ED448_KEY_BYTES..]
    }

    /// What one takes of secret memory, in bytes.
    pub(super) fn secret_bytes(&self) -> usize {
        self.0.len()
    }

    /// Append the signature of a message; it is verified before (a fault would give the key away).
    ///
    /// # Errors
    /// [`Failure`].
    pub(super) fn sign(&self, variant: Variant<'_>, message: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let seed = &self.0[..ED448_KEY_BYTES];
        let prehash = prehash(variant, message)?;
        let signature = on_deep_stack(|| {
            let key = PrivateKey::from_seed(seed);
            match variant {
                Variant::Pure => key.sign_raw(message),
                Variant::Context(context) => key.sign_ctx(context, message),
                Variant::Prehash(context) => key.sign_ph(context, &prehash),
            }
        })?;
        if !verify(self.public(), variant, message, &signature)? {
            return Err(Failure::Refused);
        }
        out.extend_from_slice(&signature);
        Ok(())
    }
}

/// Whether a signature of a message holds.
///
/// # Errors
/// [`OutOfSecretMemory`].
pub(super) fn verify(
    public: &[u8],
    variant: Variant<'_>,
    message: &[u8],
    signature: &[u8; ED448_SIGNATURE_BYTES],
) -> Result<bool, OutOfSecretMemory> {
    let Some(key) = PublicKey::decode(public) else { return Ok(false) };
    Ok(match variant {
        Variant::Pure => key.verify_raw(signature, message),
        Variant::Context(context) => key.verify_ctx(signature, context, message),
        Variant::Prehash(context) => key.verify_ph(signature, context, &prehash(variant, message)?),
    })
}

/// What is signed of a message by Ed448ph; zeros that nobody looks at by the others.
fn prehash(variant: Variant<'_>, message: &[u8]) -> Result<[u8; PREHASH_BYTES], OutOfSecretMemory> {
    let mut digest = [0; PREHASH_BYTES];
    if matches!(variant, Variant::Prehash(_)) {
        let mut shake = Shake::new(Xof::Shake256)?;
        shake.update(message);
        shake.finish(&mut digest);
    }
    Ok(digest)
}

/// Whether a public key of Ed448 is a point of the curve.
pub(super) fn is_ed448_point(public: &[u8]) -> bool {
    PublicKey::decode(public).is_some()
}

/// The public key of a private one of X448.
///
/// # Errors
/// [`OutOfSecretMemory`].
pub(super) fn x448_public_of(private: &[u8; X448_KEY_BYTES]) -> Result<[u8; X448_KEY_BYTES], OutOfSecretMemory> {
    on_deep_stack(|| x448_base(private))
}

/// The secret that a private key of X448 shares with a public one.
///
/// # Errors
/// [`Failure`]: a point of small order, whose secret would be zero (RFC 7748, 6.2).
pub(super) fn x448_agree(
    private: &[u8; X448_KEY_BYTES],
    public: &[u8; X448_KEY_BYTES],
) -> Result<SecretBytes, Failure> {
    let mut shared = SecretBytes::zeroed(X448_KEY_BYTES)?;
    on_deep_stack(|| shared.copy_from_slice(&x448(public, private)))?;
    // Without a branch on any byte of it.
    if shared.iter().fold(0, |any, byte| any | byte) == 0 { Err(Failure::Refused) } else { Ok(shared) }
}
