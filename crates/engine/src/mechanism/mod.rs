//! Cryptography, behind one narrow door: ready keys, streams, digests, random.

use crate::memory::SecretBytes;
use crate::rv::Rv;
use std::sync::Arc;
use thiserror::Error;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{self, Operation};

/// A known answer came out wrong.
#[derive(Clone, Copy, Debug, Error)]
#[error("self-test of {0} failed")]
pub struct SelfTestFailed(pub &'static str);

/// Compute the known answers; before the first key is opened.
pub fn self_test() -> Result<(), SelfTestFailed> {
    unimplemented!()
}

/// Fill `out` with random bytes.
pub fn random(_out: &mut [u8]) {
    unimplemented!()
}

/// Stir caller's bytes into the generator.
pub fn seed_random(_seed: &[u8]) {
    unimplemented!()
}

/// Make the random value of a key with these attributes (CKA_VALUE_LEN bytes).
pub fn generate_value(_attributes: &Attributes) -> Result<SecretBytes, Rv> {
    unimplemented!()
}

/// A key whose contexts are made.
pub struct ReadyKey(());

impl ReadyKey {
    /// Make the contexts.
    pub fn new(_attributes: &Attributes, _value: SecretBytes) -> Result<Self, Rv> {
        unimplemented!()
    }
    /// Most secret memory that it takes.
    #[must_use]
    pub fn secret_bytes(&self) -> usize {
        unimplemented!()
    }
    /// One-shot: append the output to `out`, or check `signature`.
    pub fn complete(
        &self,
        _operation: Operation,
        _mechanism: &messages::Mechanism,
        _data: &[u8],
        _signature: Option<&[u8]>,
        _out: &mut Vec<u8>,
    ) -> Result<(), Rv> {
        unimplemented!()
    }
    /// Begin an operation in parts.
    pub fn start(self: &Arc<Self>, _operation: Operation, _mechanism: &messages::Mechanism) -> Result<Stream, Rv> {
        unimplemented!()
    }
}

/// An operation in parts.
pub struct Stream(());

impl Stream {
    /// One part.
    pub fn update(&mut self, _data: &[u8], _out: &mut Vec<u8>) -> Result<(), Rv> {
        unimplemented!()
    }
    /// The last part and the end.
    pub fn finish(self, _data: &[u8], _signature: Option<&[u8]>, _out: &mut Vec<u8>) -> Result<(), Rv> {
        unimplemented!()
    }
    /// C_DigestKey.
    pub fn digest_key(&mut self, _key: &ReadyKey) -> Result<(), Rv> {
        unimplemented!()
    }
}

/// A whole digest.
pub fn digest_complete(_mechanism: &messages::Mechanism, _data: &[u8], _out: &mut Vec<u8>) -> Result<(), Rv> {
    unimplemented!()
}

/// Begin a digest in parts.
pub fn digest_start(_mechanism: &messages::Mechanism) -> Result<Stream, Rv> {
    unimplemented!()
}

/// What an Init checks: mechanism, parameters, key type and size, usage, CKA_ALLOWED_MECHANISMS.
pub fn check(_operation: Operation, _mechanism: &messages::Mechanism, _attributes: &Attributes) -> Result<(), Rv> {
    unimplemented!()
}
