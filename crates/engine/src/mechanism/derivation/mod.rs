//! Keys from keys (PKCS#11 v3.2, 5.18.5): a mechanism's parameters are checked first, then the values are computed.

mod ecdh;

use super::parameters::{permitted, row};
use crate::laws;
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::*;
use ecdh::Ecdh;
use vhsm_wire::messages::{Mechanism, Operation, mechanism::Parameters as Sent};
use vhsm_wire::table::MechanismRow;

/// A derivation from keys that allow it, with parameters that fit; nothing is computed yet.
pub struct Derivation<'a> {
    /// The mechanism's row.
    pub row: &'static MechanismRow,
    family: Family<'a>,
}

enum Family<'a> {
    Ecdh(Ecdh<'a>),
}

impl<'a> Derivation<'a> {
    /// Check mechanism, parameters and base keys: the first, then those that the parameters name, in their order.
    ///
    /// # Errors
    /// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, `CKR_PUBLIC_KEY_INVALID`, `CKR_KEY_HANDLE_INVALID`,
    /// `CKR_KEY_TYPE_INCONSISTENT`, `CKR_KEY_SIZE_RANGE`, `CKR_KEY_FUNCTION_NOT_PERMITTED`, `CKR_DEVICE_MEMORY`.
    pub fn new(mechanism: &'a Mechanism, bases: &[&'a Object]) -> Result<Self, Rv> {
        let row = row(Operation::Derive, mechanism.r#type)?;
        for base in bases {
            if laws::ENFORCED {
                permitted(Operation::Derive, row, &base.attributes)?;
            }
        }
        let (base, further) = bases.split_first().ok_or(CKR_KEY_HANDLE_INVALID)?;
        let family = match (&mechanism.parameters, further) {
            (Some(Sent::Ecdh(sent)), []) => Family::Ecdh(Ecdh::new(base, sent)?),
            _ => return Err(CKR_MECHANISM_PARAM_INVALID),
        };
        Ok(Self { row, family })
    }

    /// Length of the key, in bytes, where a template names neither length nor a type that has one; `None` where it
    /// must.
    #[must_use]
    pub fn natural_bytes(&self) -> Option<u64> {
        match &self.family {
            Family::Ecdh(ecdh) => ecdh.natural_bytes(),
        }
    }

    /// The values of keys with these lengths, in bytes.
    ///
    /// # Errors
    /// `CKR_TEMPLATE_INCONSISTENT` (longer than the mechanism can make), `CKR_DEVICE_MEMORY`.
    pub fn values(&self, lengths: &[usize]) -> Result<Vec<SecretBytes>, Rv> {
        let [value_bytes] = lengths else { return Err(CKR_MECHANISM_PARAM_INVALID) };
        let value = match &self.family {
            Family::Ecdh(ecdh) => ecdh.value(*value_bytes)?,
        };
        Ok(vec![value])
    }
}
