//! Taking off PKCS #1 v1.5 encryption padding without telling whether there was any.
//!
//! A bad block becomes a message that nobody can predict and that is the same every time: it is derived from the key
//! and the ciphertext (draft-irtf-cfrg-rsa-guidance, section 7; what OpenSSL has since 3.2 under the name of implicit
//! rejection). Nothing here branches, or looks up memory, by a secret before the length of the message is settled,
//! which its receiver learns anyway.

use super::aws_lc::{Hash, Hmac, digest};
use crate::memory::{OutOfSecretMemory, SecretBytes};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater, ConstantTimeLess};

/// Shortest padding, its two first bytes and its last (RFC 8017, 7.2.1).
pub(super) const PADDING_BYTES_MIN: usize = 11;
/// Candidates for the length of a substitute: all too long at once in one of 2^128 cases or less.
const CANDIDATES: usize = 128;

/// What a key's substitutes are derived from.
pub(super) struct Rejection(Hmac);

impl Rejection {
    /// From the private exponent, as long as the modulus.
    pub(super) fn new(private_exponent: &[u8], modulus_bytes: usize) -> Result<Self, OutOfSecretMemory> {
        let mut padded = SecretBytes::zeroed(modulus_bytes)?;
        let behind = modulus_bytes.saturating_sub(private_exponent.len());
        padded[behind..].copy_from_slice(&private_exponent[private_exponent.len().saturating_sub(modulus_bytes)..]);
        Ok(Self(Hmac::new(Hash::Sha256, digest(Hash::Sha256, &padded)?.bytes())?))
    }

    /// The message of a block, if it is well padded and `fits` takes the message's length; else a substitute whose
    /// length `choose` makes of a number up to the longest message's length. Either has a length that fits.
    pub(super) fn unpad(
        &self,
        block: &[u8],
        ciphertext: &[u8],
        fits: impl Fn(u32) -> Choice,
        choose: impl Fn(u32) -> u32,
    ) -> Result<SecretBytes, OutOfSecretMemory> {
        let derived = Hmac::new(Hash::Sha256, self.0.mac(ciphertext).bytes())?;
        let mut substitute = SecretBytes::zeroed(block.len())?;
        expand(&derived, b"message", &mut substitute)?;
        let (padded, length) = inspect(block);
        let good = padded & fits(length);
        let chosen = choose(substitute_length(&derived, block.len())?);
        let length = u32::conditional_select(&chosen, &length, good) as usize;
        for (place, byte) in substitute.iter_mut().zip(block) {
            place.conditional_assign(byte, good);
        }
        SecretBytes::copy_of(&substitute[block.len().saturating_sub(length)..])
    }
}

/// Whether a block is well padded, and the length of its message.
fn inspect(block: &[u8]) -> (Choice, u32) {
    let mut zero_at = 0_u32;
    let mut found = Choice::from(0);
    for (at, byte) in block.iter().enumerate().skip(2) {
        let zero = byte.ct_eq(&0);
        zero_at.conditional_assign(&(at as u32), zero & !found);
        found |= zero;
    }
    let well_begun = block[0].ct_eq(&0) & block[1].ct_eq(&2);
    let long_enough = !zero_at.ct_lt(&(PADDING_BYTES_MIN as u32 - 1));
    // Where no zero was found the length is not used.
    (well_begun & found & long_enough, (block.len() as u32 - 1).wrapping_sub(zero_at))
}

/// The last candidate that is short enough for the block.
fn substitute_length(derived: &Hmac, block_bytes: usize) -> Result<u32, OutOfSecretMemory> {
    let longest = (block_bytes - PADDING_BYTES_MIN) as u32;
    let mask = (longest + 2).next_power_of_two() - 1;
    let mut candidates = SecretBytes::zeroed(2 * CANDIDATES)?;
    expand(derived, b"length", &mut candidates)?;
    let mut length = 0_u32;
    for pair in candidates.chunks_exact(2) {
        let candidate = u32::from(u16::from_be_bytes([pair[0], pair[1]])) & mask;
        length.conditional_assign(&candidate, !candidate.ct_gt(&longest));
    }
    Ok(length)
}

/// The draft's pseudo-random function: HMAC-SHA256 over counter, label and length in bits.
fn expand(derived: &Hmac, label: &[u8], out: &mut [u8]) -> Result<(), OutOfSecretMemory> {
    let bits = (out.len() as u16 * 8).to_be_bytes();
    for (counter, part) in out.chunks_mut(32).enumerate() {
        let mut stream = derived.duplicate()?;
        stream.update(&(counter as u16).to_be_bytes());
        stream.update(label);
        stream.update(&bits);
        part.copy_from_slice(&stream.finish().bytes()[..part.len()]);
    }
    Ok(())
}
