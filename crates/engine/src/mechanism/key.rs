//! Keys whose contexts are made: shared by threads, used without a lock.

use super::aws_lc::Hash;
use super::gcm::AesKey;
use super::hmac::{HmacKey, verify};
use super::parameters::{Parsed, fits, parse, row};
use super::stream::Stream;
use crate::laws;
use crate::memory::SecretBytes;
use crate::rv::*;
use std::sync::Arc;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Mechanism, Operation};
use vhsm_wire::table::{CKK_AES, CKO_SECRET_KEY};
use vhsm_wire::tables::{CKA_CLASS, CKA_KEY_TYPE};

pub(super) enum Contexts {
    Aes(AesKey),
    /// Generic secrets and the HMAC key types.
    Hmac(HmacKey),
}

/// A key that is ready for use. It decides nothing: usage and grants are the laws'.
pub struct ReadyKey {
    pub(super) contexts: Contexts,
    key_type: u64,
    readable: bool,
}

impl ReadyKey {
    /// Make the contexts of an opened key.
    ///
    /// # Errors
    /// `CKR_KEY_HANDLE_INVALID` (no secret key), `CKR_KEY_SIZE_RANGE`, `CKR_DEVICE_MEMORY`.
    pub fn new(attributes: &Attributes, value: SecretBytes) -> Result<Self, Rv> {
        if attributes.number(CKA_CLASS) != Some(CKO_SECRET_KEY) {
            return Err(CKR_KEY_HANDLE_INVALID);
        }
        let key_type = attributes.number(CKA_KEY_TYPE).ok_or(CKR_KEY_HANDLE_INVALID)?;
        let contexts = match key_type {
            CKK_AES if !matches!(value.len(), 16 | 24 | 32) => return Err(CKR_KEY_SIZE_RANGE),
            CKK_AES => Contexts::Aes(AesKey::new(value)?),
            _ => Contexts::Hmac(HmacKey::new(value)),
        };
        Ok(Self { contexts, key_type, readable: laws::value_readable(attributes) })
    }

    /// Most secret memory that the key comes to take, in bytes, for the cache's budget.
    #[must_use]
    pub fn secret_bytes(&self) -> usize {
        match &self.contexts {
            Contexts::Aes(key) => key.secret_bytes(),
            Contexts::Hmac(key) => key.secret_bytes(),
        }
    }

    pub(super) fn value(&self) -> &[u8] {
        match &self.contexts {
            Contexts::Aes(key) => key.value(),
            Contexts::Hmac(key) => key.value(),
        }
    }

    pub(super) fn check_digestible(&self, hash: Hash) -> Result<(), Rv> {
        laws::digestible(self.readable, self.value().len(), hash.block_bytes())
    }

    /// A whole operation: append the output to `out`, or (Verify) check `signature`.
    ///
    /// # Errors
    /// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, `CKR_KEY_TYPE_INCONSISTENT`, `CKR_KEY_SIZE_RANGE`,
    /// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`, `CKR_ENCRYPTED_DATA_LEN_RANGE`,
    /// `CKR_ENCRYPTED_DATA_INVALID`, `CKR_DEVICE_MEMORY`.
    pub fn complete(
        &self,
        operation: Operation,
        mechanism: &Mechanism,
        data: &[u8],
        signature: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<(), Rv> {
        match (operation, self.parse(operation, mechanism)?, &self.contexts) {
            (Operation::Sign, Parsed::Hmac { hash, mac_bytes }, Contexts::Hmac(key)) => {
                out.extend_from_slice(&key.mac(hash, data)?.bytes()[..mac_bytes]);
                Ok(())
            }
            (Operation::Verify, Parsed::Hmac { hash, mac_bytes }, Contexts::Hmac(key)) => {
                verify(&key.mac(hash, data)?, mac_bytes, signature.ok_or(CKR_SIGNATURE_LEN_RANGE)?)
            }
            (Operation::Encrypt, Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(key)) => {
                key.encrypt(parameters, tag_bytes, data, out)
            }
            (Operation::Decrypt, Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(key)) => {
                key.decrypt(parameters, tag_bytes, data, out)
            }
            _ => Err(CKR_KEY_TYPE_INCONSISTENT),
        }
    }

    /// Begin an operation in parts.
    ///
    /// # Errors
    /// Those of [`ReadyKey::complete`] that concern mechanism and key.
    pub fn start(self: &Arc<Self>, operation: Operation, mechanism: &Mechanism) -> Result<Stream, Rv> {
        let parsed = self.parse(operation, mechanism)?;
        Stream::keyed(self, operation, parsed)
    }

    fn parse<'a>(&self, operation: Operation, mechanism: &'a Mechanism) -> Result<Parsed<'a>, Rv> {
        let parsed = parse(operation, mechanism)?;
        fits(row(operation, mechanism.r#type)?, self.key_type, self.value().len() as u64)?;
        Ok(parsed)
    }
}
