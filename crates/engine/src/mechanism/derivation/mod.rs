//! Keys from keys (PKCS#11 v3.2, 5.18.5): a mechanism's parameters are checked first, then the values are computed.

mod ecdh;
mod hkdf;
mod kbkdf;
mod password;
mod tls;
mod whole;

pub use password::value_of_password;

use super::parameters::{permitted, row};
use crate::laws;
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::*;
use ecdh::Ecdh;
use hkdf::Hkdf;
use kbkdf::Kbkdf;
use tls::Tls;
use vhsm_wire::messages::{Mechanism, Operation, mechanism::Parameters as Sent};
use vhsm_wire::table::{CKO_DATA, CKO_SECRET_KEY, MechanismRow, Parameters};
use vhsm_wire::tables::*;
use whole::Whole;

/// A derivation from keys that allow it, with parameters that fit.
pub struct Derivation<'a> {
    row: &'static MechanismRow,
    family: Family<'a>,
}

enum Family<'a> {
    Ecdh(Ecdh<'a>),
    Hkdf(Hkdf<'a>),
    Kbkdf(Kbkdf<'a>),
    Tls(Tls<'a>),
    Whole(Whole),
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
        let further: Vec<&[u8]> = further.iter().map(|key| &key.secret[..]).collect();
        let family = match (&mechanism.parameters, &further[..]) {
            (Some(Sent::Ecdh(sent)), []) if row.parameters == Parameters::Ecdh => Family::Ecdh(Ecdh::new(base, sent)?),
            (Some(Sent::Hkdf(sent)), further) if row.parameters == Parameters::Hkdf => {
                Family::Hkdf(Hkdf::new(&base.secret, further, sent)?)
            }
            (Some(Sent::Kdf(sent)), further) if is_kbkdf(row) => {
                let key_type = base.attributes.number(CKA_KEY_TYPE).ok_or(CKR_KEY_HANDLE_INVALID)?;
                Family::Kbkdf(Kbkdf::new(row, key_type, &base.secret, further, sent)?)
            }
            (Some(Sent::Tls(sent)), []) => Family::Tls(Tls::new(row, &base.secret, sent)?),
            _ => Family::Whole(whole(row, base, mechanism, &further)?),
        };
        Ok(Self { row, family })
    }

    /// The class of what is made.
    #[must_use]
    pub fn class(&self) -> u64 {
        if self.row.value == CKM_HKDF_DATA { CKO_DATA } else { CKO_SECRET_KEY }
    }

    /// Whether what is made is as protected as each base key, whatever a template says.
    #[must_use]
    pub fn protects(&self) -> bool {
        whole::protects(self.row.value)
    }

    /// Whether a value of this length, in bytes, has a part of a base key in it, and not all of it.
    #[must_use]
    pub fn tells_a_part(&self, value_bytes: u64) -> bool {
        match &self.family {
            Family::Whole(whole) if self.protects() => !whole.holds_base || whole.output.len() as u64 != value_bytes,
            _ => false,
        }
    }

    /// Whether the caller is told how the base key begins: the version in a premaster secret of RSA.
    #[must_use]
    pub fn tells_beginning(&self) -> bool {
        matches!(&self.family, Family::Tls(tls) if tls.tells_version())
    }

    /// Length of the key, in bytes, where a template names neither length nor a type that has one; `None` where it
    /// must.
    #[must_use]
    pub fn natural_bytes(&self) -> Option<u64> {
        match &self.family {
            Family::Ecdh(ecdh) => ecdh.natural_bytes(),
            Family::Hkdf(hkdf) => Some(hkdf.natural_bytes()),
            Family::Kbkdf(_) => None,
            Family::Tls(tls) => tls.natural_bytes(),
            Family::Whole(_) if self.row.value == CKM_EXTRACT_KEY_FROM_KEY => None,
            Family::Whole(whole) => Some(whole.output.len() as u64),
        }
    }

    /// Whether it makes all keys of a TLS connection at once.
    #[must_use]
    pub fn is_of_a_connection(&self) -> bool {
        self.row.parameters == Parameters::TlsKeys
    }

    /// The values of keys with these lengths, in bytes, and what the caller is told besides.
    ///
    /// # Errors
    /// `CKR_TEMPLATE_INCONSISTENT` or `CKR_DATA_LEN_RANGE` (longer than the mechanism can make), `CKR_DEVICE_MEMORY`.
    pub fn values(&self, lengths: &[usize]) -> Result<(Vec<SecretBytes>, Vec<u8>), Rv> {
        let one = || match lengths {
            [value_bytes] => Ok(*value_bytes),
            _ => Err(CKR_MECHANISM_PARAM_INVALID),
        };
        let values = match &self.family {
            Family::Ecdh(ecdh) => vec![ecdh.value(one()?)?],
            Family::Hkdf(hkdf) => vec![hkdf.value(one()?)?],
            Family::Whole(whole) => vec![whole.value(one()?)?],
            Family::Kbkdf(kbkdf) => kbkdf.values(lengths)?,
            Family::Tls(tls) => return tls.values(lengths),
        };
        Ok((values, Vec::new()))
    }
}

fn whole(row: &MechanismRow, key: &Object, mechanism: &Mechanism, further: &[&[u8]]) -> Result<Whole, Rv> {
    let base = &key.secret[..];
    match (row.parameters, &mechanism.parameters, further) {
        (Parameters::None, None, []) => Whole::digested(key, row.hash.ok_or(CKR_MECHANISM_INVALID)?),
        (Parameters::Data, Some(Sent::DerivationData(data)), []) => match row.value {
            CKM_AES_ECB_ENCRYPT_DATA => Whole::encrypted(base, None, data),
            CKM_CONCATENATE_BASE_AND_DATA => Whole::joined(base, data),
            CKM_CONCATENATE_DATA_AND_BASE => Whole::joined(data, base),
            CKM_XOR_BASE_AND_DATA => Whole::exclusive_or(base, data),
            _ => Err(CKR_MECHANISM_INVALID),
        },
        (Parameters::CbcData, Some(Sent::CbcData(sent)), []) => Whole::encrypted(base, Some(&sent.iv), &sent.data),
        (Parameters::FurtherKey, None, [second]) => Whole::joined(base, second),
        (Parameters::FirstBit, Some(Sent::FirstBit(first)), []) => Whole::turned(base, *first),
        _ => Err(CKR_MECHANISM_PARAM_INVALID),
    }
}

fn is_kbkdf(row: &MechanismRow) -> bool {
    matches!(row.parameters, Parameters::CounterKdf | Parameters::FeedbackKdf | Parameters::DoublePipelineKdf)
}
