//! Operations in parts.

use super::aws_lc::{Cmac, Digest, GcmEncryption, Hash, Hmac, Output, TAG_BYTES};
use super::cipher::Running;
use super::gcm::Withheld;
use super::hmac::verify;
use super::key::{Contexts, ReadyKey};
use super::ml_dsa::Representative;
use super::parameters::Parsed;
use crate::rv::*;
use std::sync::Arc;
use vhsm_wire::messages::{Mechanism, Operation};

/// Enough for what aws-lc takes for an EVP context of AES-GCM or of a digest.
const CONTEXT_BYTES: usize = 1_024;

enum State {
    Mac {
        stream: Mac,
        mac_bytes: usize,
        verifies: bool,
    },
    Encrypt(GcmEncryption),
    /// Encryption or decryption that gives back each part.
    Cipher {
        key: Arc<ReadyKey>,
        running: Running,
    },
    /// What is signed or verified is the digest.
    Hashed {
        stream: Digest,
        whole: Whole,
    },
    /// ML-DSA: what is signed or verified is μ.
    Representative {
        stream: Representative,
        whole: Whole,
    },
    /// Nothing can be done before the end.
    Gathered {
        whole: Whole,
        withheld: Withheld,
    },
    Digest {
        stream: Digest,
        hash: Hash,
    },
}

enum Mac {
    Hmac(Hmac),
    Cmac(Cmac),
    Gmac(GcmEncryption),
}

impl Mac {
    fn update(&mut self, data: &[u8]) -> Result<(), Rv> {
        match self {
            Self::Hmac(stream) => stream.update(data),
            Self::Cmac(stream) => stream.update(data),
            Self::Gmac(stream) => return if stream.authenticate(data) { Ok(()) } else { Err(CKR_DATA_LEN_RANGE) },
        }
        Ok(())
    }

    fn finish(self) -> Result<Output, Rv> {
        match self {
            Self::Hmac(stream) => Ok(stream.finish()),
            Self::Cmac(stream) => Ok(stream.finish()),
            Self::Gmac(stream) => stream.tag().ok_or(CKR_GENERAL_ERROR),
        }
    }
}

/// An operation that is done as a whole, at the end.
struct Whole {
    key: Arc<ReadyKey>,
    operation: Operation,
    mechanism: Mechanism,
}

/// An operation in parts. An error ends it: the caller drops it.
pub struct Stream(State);

impl Stream {
    pub(super) fn digest(hash: Hash) -> Result<Self, Rv> {
        Ok(Self(State::Digest { stream: Digest::new(hash)?, hash }))
    }

    pub(super) fn keyed(
        key: &Arc<ReadyKey>,
        operation: Operation,
        mechanism: &Mechanism,
        parsed: &Parsed<'_>,
    ) -> Result<Self, Rv> {
        let whole = || Whole { key: Arc::clone(key), operation, mechanism: mechanism.clone() };
        let state = match (operation, parsed, &key.contexts, parsed.hash()) {
            (Operation::Sign | Operation::Verify, Parsed::Hmac { hash, mac_bytes }, Contexts::Hmac(hmac), _) => {
                let verifies = operation == Operation::Verify;
                State::Mac { stream: Mac::Hmac(hmac.stream(*hash)?), mac_bytes: *mac_bytes, verifies }
            }
            (Operation::Sign | Operation::Verify, Parsed::Cmac { mac_bytes }, Contexts::Aes(aes), _) => {
                let verifies = operation == Operation::Verify;
                State::Mac { stream: Mac::Cmac(aes.cmac()?), mac_bytes: *mac_bytes, verifies }
            }
            (Operation::Sign | Operation::Verify, Parsed::Gmac { iv }, Contexts::Aes(aes), _) => {
                let verifies = operation == Operation::Verify;
                State::Mac { stream: Mac::Gmac(aes.gmac(iv)?), mac_bytes: TAG_BYTES, verifies }
            }
            (Operation::Encrypt | Operation::Decrypt, Parsed::Cipher(cipher), contexts, _) => {
                let running = Running::new(*cipher, operation == Operation::Decrypt, contexts)?;
                State::Cipher { key: Arc::clone(key), running }
            }
            (Operation::Encrypt, Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(aes), _) => {
                State::Encrypt(aes.encryption(parameters, *tag_bytes)?)
            }
            (Operation::Sign | Operation::Verify, Parsed::MlDsa { scheme, hash: None }, Contexts::MlDsa(ml_dsa), _) => {
                State::Representative { stream: ml_dsa.representative(*scheme)?, whole: whole() }
            }
            (Operation::Sign | Operation::Verify, _, _, Some(hash)) => {
                State::Hashed { stream: Digest::new(hash)?, whole: whole() }
            }
            _ => State::Gathered { whole: whole(), withheld: Withheld::default() },
        };
        Ok(Self(state))
    }

    /// Whether what it takes stays with it until the end, in ordinary memory.
    #[must_use]
    pub fn gathers(&self) -> bool {
        matches!(self.0, State::Gathered { .. })
    }

    /// Secret memory that it takes, in bytes; of an operation that keeps its key what that takes.
    #[must_use]
    pub fn secret_bytes(&self) -> usize {
        match &self.0 {
            State::Mac { stream: Mac::Hmac(_), .. } => Hmac::BYTES,
            State::Mac { stream: Mac::Cmac(_), .. } => Cmac::BYTES,
            State::Cipher { key, .. } => key.secret_bytes(),
            State::Mac { stream: Mac::Gmac(_), .. } | State::Encrypt(_) | State::Digest { .. } => CONTEXT_BYTES,
            State::Hashed { whole, .. } | State::Representative { whole, .. } => {
                CONTEXT_BYTES + whole.key.secret_bytes()
            }
            State::Gathered { whole, .. } => whole.key.secret_bytes(),
        }
    }

    /// Take one part, and append what it gives. What is done as a whole appends nothing
    /// before its end, and gathers up to one segment (`[frame] segment_length_max`).
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_ENCRYPTED_DATA_LEN_RANGE`.
    pub fn update(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        match &mut self.0 {
            State::Mac { stream, .. } => stream.update(data)?,
            State::Digest { stream, .. } | State::Hashed { stream, .. } => stream.update(data),
            State::Representative { stream, .. } => stream.update(data),
            State::Encrypt(stream) => {
                if !stream.update(data, out) {
                    return Err(CKR_DATA_LEN_RANGE);
                }
            }
            State::Cipher { key, running } => {
                running.update(&key.contexts, data, out)?;
            }
            State::Gathered { whole, withheld } => {
                let decrypts = whole.operation == Operation::Decrypt;
                withheld.add(data).map_err(|rv| if decrypts { rv } else { CKR_DATA_LEN_RANGE })?;
            }
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
            State::Mac { stream, mac_bytes, verifies: true } => {
                verify(&stream.finish()?, mac_bytes, signature.ok_or(CKR_SIGNATURE_LEN_RANGE)?)?;
            }
            State::Mac { stream, mac_bytes, verifies: false } => {
                out.extend_from_slice(&stream.finish()?.bytes()[..mac_bytes]);
            }
            State::Digest { stream, .. } => out.extend_from_slice(stream.finish().bytes()),
            State::Encrypt(stream) => {
                if !stream.finish(out) {
                    return Err(CKR_GENERAL_ERROR);
                }
            }
            State::Cipher { key, running } => {
                running.finish(&key.contexts, out)?;
            }
            State::Hashed { stream, whole } => {
                let parsed = whole.key.parse(whole.operation, &whole.mechanism)?;
                let digest = stream.finish();
                match whole.operation {
                    Operation::Sign => whole.key.sign(&parsed, digest.bytes(), out)?,
                    _ => whole.key.verify(&parsed, digest.bytes(), signature)?,
                }
            }
            State::Representative { stream, whole } => {
                let Contexts::MlDsa(key) = &whole.key.contexts else { return Err(CKR_KEY_TYPE_INCONSISTENT) };
                match whole.operation {
                    Operation::Sign => key.sign_representative(stream, out)?,
                    _ => key.verify_representative(stream, signature.ok_or(CKR_SIGNATURE_LEN_RANGE)?)?,
                }
            }
            State::Gathered { whole, withheld } => {
                whole.key.complete(whole.operation, &whole.mechanism, withheld.bytes(), signature, out)?;
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
                stream.update(key.value()?);
                Ok(())
            }
            _ => Err(CKR_OPERATION_NOT_INITIALIZED),
        }
    }
}
