//! Operations in parts.

use super::aws_lc::{Digest, GcmEncryption, Hash, Hmac};
use super::gcm::Withheld;
use super::hmac::verify;
use super::key::{Contexts, ReadyKey};
use super::parameters::Parsed;
use crate::rv::*;
use std::sync::Arc;
use vhsm_wire::messages::{GcmParameters, Operation};

/// Enough for what aws-lc takes for an EVP context of AES-GCM or of a digest.
const CONTEXT_BYTES: usize = 1_024;

enum State {
    Sign { stream: Hmac, mac_bytes: usize },
    Verify { stream: Hmac, mac_bytes: usize },
    Encrypt(GcmEncryption),
    Decrypt { key: Arc<ReadyKey>, parameters: GcmParameters, tag_bytes: usize, withheld: Withheld },
    Digest { stream: Digest, hash: Hash },
}

/// An operation in parts. An error ends it: the caller drops it.
pub struct Stream(State);

impl Stream {
    pub(super) fn digest(hash: Hash) -> Result<Self, Rv> {
        Ok(Self(State::Digest { stream: Digest::new(hash)?, hash }))
    }

    pub(super) fn keyed(key: &Arc<ReadyKey>, operation: Operation, parsed: Parsed<'_>) -> Result<Self, Rv> {
        let state = match (operation, parsed, &key.contexts) {
            (Operation::Sign, Parsed::Hmac { hash, mac_bytes }, Contexts::Hmac(hmac)) => {
                State::Sign { stream: hmac.stream(hash)?, mac_bytes }
            }
            (Operation::Verify, Parsed::Hmac { hash, mac_bytes }, Contexts::Hmac(hmac)) => {
                State::Verify { stream: hmac.stream(hash)?, mac_bytes }
            }
            (Operation::Encrypt, Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(aes)) => {
                State::Encrypt(aes.encryption(parameters, tag_bytes)?)
            }
            (Operation::Decrypt, Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(_)) => State::Decrypt {
                key: Arc::clone(key),
                parameters: parameters.clone(),
                tag_bytes,
                withheld: Withheld::default(),
            },
            _ => return Err(CKR_KEY_TYPE_INCONSISTENT),
        };
        Ok(Self(state))
    }

    /// Secret memory that it takes, in bytes; of a decryption what its key takes, which it keeps.
    #[must_use]
    pub fn secret_bytes(&self) -> usize {
        match &self.0 {
            State::Sign { .. } | State::Verify { .. } => Hmac::BYTES,
            State::Encrypt(_) | State::Digest { .. } => CONTEXT_BYTES,
            State::Decrypt { key, .. } => key.secret_bytes(),
        }
    }

    /// Take one part; an encryption appends its ciphertext. A decryption appends nothing before its end, and
    /// gathers up to one segment (`[frame] segment_length_max`).
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_ENCRYPTED_DATA_LEN_RANGE`.
    pub fn update(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        match &mut self.0 {
            State::Sign { stream, .. } | State::Verify { stream, .. } => stream.update(data),
            State::Digest { stream, .. } => stream.update(data),
            State::Encrypt(stream) => {
                if !stream.update(data, out) {
                    return Err(CKR_DATA_LEN_RANGE);
                }
            }
            State::Decrypt { withheld, .. } => withheld.add(data)?,
        }
        Ok(())
    }

    /// Take the last part (perhaps empty) and end: append what is left of the output, or check `signature`.
    ///
    /// # Errors
    /// Those of [`ReadyKey::complete`] that concern data and signature.
    pub fn finish(mut self, data: &[u8], signature: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), Rv> {
        self.update(data, out)?;
        match self.0 {
            State::Sign { stream, mac_bytes } => out.extend_from_slice(&stream.finish().bytes()[..mac_bytes]),
            State::Verify { stream, mac_bytes } => {
                verify(&stream.finish(), mac_bytes, signature.ok_or(CKR_SIGNATURE_LEN_RANGE)?)?;
            }
            State::Digest { stream, .. } => out.extend_from_slice(stream.finish().bytes()),
            State::Encrypt(stream) => {
                if !stream.finish(out) {
                    return Err(CKR_GENERAL_ERROR);
                }
            }
            State::Decrypt { key, parameters, tag_bytes, withheld } => {
                let Contexts::Aes(aes) = &key.contexts else { return Err(CKR_KEY_TYPE_INCONSISTENT) };
                aes.decrypt(&parameters, tag_bytes, withheld.bytes(), out)?;
            }
        }
        Ok(())
    }

    /// C_DigestKey: the value of a secret key is the next part.
    ///
    /// # Errors
    /// `CKR_OPERATION_NOT_INITIALIZED`, where this is no digest; `CKR_KEY_INDIGESTIBLE`.
    pub fn digest_key(&mut self, key: &ReadyKey) -> Result<(), Rv> {
        match &mut self.0 {
            State::Digest { stream, hash } => {
                key.check_digestible(*hash)?;
                stream.update(key.value());
                Ok(())
            }
            _ => Err(CKR_OPERATION_NOT_INITIALIZED),
        }
    }
}
