//! What an Init checks, without doing anything.

use super::aws_lc::Hash;
use crate::laws;
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{self, Operation, mechanism::Parameters as Sent};
use vhsm_wire::table::{self, MechanismRow, Parameters};
use vhsm_wire::tables::*;

/// Parameters that fit their mechanism.
pub(super) enum Parsed<'a> {
    /// A digest.
    Digest(Hash),
    /// An HMAC, cut to so many bytes.
    Hmac { hash: Hash, mac_bytes: usize },
    /// AES-GCM.
    Gcm { parameters: &'a messages::GcmParameters, tag_bytes: usize },
}

/// The hash of a digest mechanism's `CKM_` value.
pub(super) fn hash(mechanism: u64) -> Option<Hash> {
    Some(match mechanism {
        CKM_SHA_1 => Hash::Sha1,
        CKM_SHA224 => Hash::Sha224,
        CKM_SHA256 => Hash::Sha256,
        CKM_SHA384 => Hash::Sha384,
        CKM_SHA512 => Hash::Sha512,
        CKM_SHA512_224 => Hash::Sha512_224,
        CKM_SHA512_256 => Hash::Sha512_256,
        _ => return None,
    })
}

/// The mechanism's row, if it does that operation.
pub(super) fn row(operation: Operation, mechanism: u64) -> Result<&'static MechanismRow, Rv> {
    let wanted = match operation {
        Operation::Encrypt => table::Operation::Encrypt,
        Operation::Decrypt => table::Operation::Decrypt,
        Operation::Sign => table::Operation::Sign,
        Operation::Verify => table::Operation::Verify,
        Operation::Digest | Operation::DigestKey => table::Operation::Digest,
        Operation::None => return Err(CKR_MECHANISM_INVALID),
    };
    vhsm_wire::mechanism(mechanism).filter(|row| row.operations.contains(&wanted)).ok_or(CKR_MECHANISM_INVALID)
}

/// Check the operation and the parameters.
pub(super) fn parse(operation: Operation, mechanism: &messages::Mechanism) -> Result<Parsed<'_>, Rv> {
    let row = row(operation, mechanism.r#type)?;
    match (row.parameters, &mechanism.parameters) {
        (Parameters::None, None) => match (row.hash, hash(row.value)) {
            (_, Some(hash)) => Ok(Parsed::Digest(hash)),
            (Some(inner), None) => hmac(inner, row.output),
            (None, None) => Err(CKR_MECHANISM_INVALID),
        },
        // PKCS#11 v3.2, 6.20.3: any length up to the hash's; 0 would sign nothing.
        (Parameters::MacLength, Some(Sent::MacLength(length))) if (1..=row.output).contains(length) => {
            hmac(row.hash.unwrap_or(0), *length)
        }
        (Parameters::Gcm, Some(Sent::Gcm(parameters))) => gcm(parameters),
        _ => Err(CKR_MECHANISM_PARAM_INVALID),
    }
}

fn hmac(inner: u64, mac_bytes: u64) -> Result<Parsed<'static>, Rv> {
    let hash = hash(inner).ok_or(CKR_MECHANISM_INVALID)?;
    Ok(Parsed::Hmac { hash, mac_bytes: mac_bytes as usize })
}

/// SP 800-38D, 5.2.1: an IV of at least 1 bit (here: byte), a tag of 96 to 128 bits; its 32 and 64 bits, for
/// special applications, are not offered.
fn gcm(parameters: &messages::GcmParameters) -> Result<Parsed<'_>, Rv> {
    let tag_bits = parameters.tag_bits;
    if parameters.iv.is_empty() || !(96..=128).contains(&tag_bits) || tag_bits % 8 != 0 {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    Ok(Parsed::Gcm { parameters, tag_bytes: tag_bits as usize / 8 })
}

/// The attribute that must be true for an operation; `None` where PKCS#11 names none.
fn usage_attribute(operation: Operation) -> Option<u64> {
    match operation {
        Operation::Encrypt => Some(CKA_ENCRYPT),
        Operation::Decrypt => Some(CKA_DECRYPT),
        Operation::Sign => Some(CKA_SIGN),
        Operation::Verify => Some(CKA_VERIFY),
        Operation::Digest | Operation::DigestKey | Operation::None => None,
    }
}

/// Whether a key of this type and length, in bytes, fits the mechanism.
pub(super) fn fits(row: &MechanismRow, key_type: u64, key_bytes: u64) -> Result<(), Rv> {
    if !row.key_types.contains(&key_type) {
        return Err(CKR_KEY_TYPE_INCONSISTENT);
    }
    let (least, most) = row.key_bytes;
    if (least..=most).contains(&key_bytes) { Ok(()) } else { Err(CKR_KEY_SIZE_RANGE) }
}

/// What an Init checks (PKCS#11 v3.2, 5.8 to 5.15): the mechanism, its parameters, and what [`permitted`] does.
/// Nothing is done with the key.
///
/// # Errors
/// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, and those of [`permitted`].
pub fn check(operation: Operation, mechanism: &messages::Mechanism, attributes: &Attributes) -> Result<(), Rv> {
    parse(operation, mechanism)?;
    permitted(operation, row(operation, mechanism.r#type)?, attributes)
}

/// Whether a key's attributes allow the use: class, CKA_ALLOWED_MECHANISMS, type and size, usage.
///
/// # Errors
/// `CKR_KEY_HANDLE_INVALID` (no secret key), `CKR_MECHANISM_INVALID`, `CKR_KEY_TYPE_INCONSISTENT`,
/// `CKR_KEY_SIZE_RANGE`, `CKR_KEY_FUNCTION_NOT_PERMITTED`, `CKR_KEY_INDIGESTIBLE`.
pub fn permitted(operation: Operation, row: &MechanismRow, attributes: &Attributes) -> Result<(), Rv> {
    if attributes.number(CKA_CLASS) != Some(table::CKO_SECRET_KEY) {
        return Err(CKR_KEY_HANDLE_INVALID);
    }
    self::row(operation, row.value)?;
    if !laws::mechanism_allowed(attributes, row.value) {
        return Err(CKR_MECHANISM_INVALID);
    }
    let key_bytes = attributes.number(CKA_VALUE_LEN).unwrap_or(0);
    if let Some(hash) = hash(row.value) {
        return laws::digestible(laws::value_readable(attributes), key_bytes as usize, hash.block_bytes());
    }
    let key_type = attributes.number(CKA_KEY_TYPE).ok_or(CKR_KEY_TYPE_INCONSISTENT)?;
    fits(row, key_type, key_bytes)?;
    match usage_attribute(operation) {
        Some(usage) if attributes.boolean(usage) == Some(true) => Ok(()),
        _ => Err(CKR_KEY_FUNCTION_NOT_PERMITTED),
    }
}
