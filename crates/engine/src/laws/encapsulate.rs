//! Law 4 for keys that C_EncapsulateKey and C_DecapsulateKey make (PKCS#11 v3.2, 5.18.8 and 5.18.9).
//!
//! Their value is shared with somebody: they have never been always sensitive, nor never extractable.

use super::create::{check_size, from_outside, merged, within_limits};
use super::derive::Derived;
use super::key_template::applied;
use super::template::parse;
use crate::mechanism;
use crate::memory::SecretBytes;
use crate::object::{Object, unique_id_text};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Mechanism, Operation};
use vhsm_wire::table::{CKK_GENERIC_SECRET, CKO_PUBLIC_KEY, CKO_SECRET_KEY};
use vhsm_wire::tables::*;

/// Length of a shared secret of ML-KEM, in bytes: a key has all of it, unless its template asks for fewer.
const SHARED_BYTES: u64 = 32;
/// A part is no shorter, in bytes: of parts that can be guessed the whole would be put together.
const PART_BYTES_MIN: u64 = 16;

/// A ciphertext, and the secret that it carries.
pub type Encapsulated = (Vec<u8>, SecretBytes);

/// Make a secret and the ciphertext that carries it, for what will be [`shared`].
///
/// # Errors
/// Those of [`mechanism::permitted`] and of [`mechanism::encapsulate`].
pub fn encapsulated(mechanism: &Mechanism, public: &Object) -> Result<Encapsulated, Rv> {
    lawful(Operation::Encapsulate, mechanism, public)?;
    mechanism::encapsulate(mechanism, &public.attributes)
}

/// The secret of a ciphertext, for what will be [`shared`].
///
/// # Errors
/// Those of [`mechanism::permitted`] and of [`mechanism::decapsulate`].
pub fn decapsulated(mechanism: &Mechanism, private: &Object, ciphertext: &[u8]) -> Result<SecretBytes, Rv> {
    lawful(Operation::Decapsulate, mechanism, private)?;
    mechanism::decapsulate(mechanism, &private.attributes, &private.secret, ciphertext)
}

fn lawful(operation: Operation, mechanism: &Mechanism, key: &Object) -> Result<(), Rv> {
    let row = vhsm_wire::mechanism(mechanism.r#type).ok_or(CKR_MECHANISM_INVALID)?;
    if super::ENFORCED { mechanism::permitted(operation, row, &key.attributes) } else { Ok(()) }
}

/// The new key but its check value: of a `secret` that is longer than it, the leading bytes, as of what is derived. `by`
/// is the key that carries it. Without a type it is a generic secret, as a derived one.
///
/// # Errors
/// Those of [`super::created`], `CKR_KEY_HANDLE_INVALID`.
pub fn shared(key: &Derived<'_>, by: &Attributes, secret: &[u8]) -> Result<Object, Rv> {
    let kind =
        if by.number(CKA_CLASS) == Some(CKO_PUBLIC_KEY) { CKA_ENCAPSULATE_TEMPLATE } else { CKA_DECAPSULATE_TEMPLATE };
    let parsed = parse(&applied(key.template, [by], kind)?)?;
    let said = |kind, expected| parsed.attributes.number(kind).is_none_or(|said| said == expected);
    let value_bytes = parsed.attributes.number(CKA_VALUE_LEN).unwrap_or(SHARED_BYTES);
    let whole_or_part = (PART_BYTES_MIN..=SHARED_BYTES).contains(&value_bytes);
    if !said(CKA_CLASS, CKO_SECRET_KEY) || !whole_or_part || !parsed.secrets.is_empty() {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let key_type = parsed.attributes.number(CKA_KEY_TYPE).unwrap_or(CKK_GENERIC_SECRET);
    check_size(key_type, value_bytes)?;
    let mut made = merged(&parsed, key.wanted, CKO_SECRET_KEY, Some(key_type))?;
    made.set_number(CKA_VALUE_LEN, value_bytes);
    from_outside(&mut made);
    made.set(CKA_UNIQUE_ID, unique_id_text(key.uuid));
    within_limits(&made)?;
    let value = secret.get(..value_bytes as usize).ok_or(CKR_GENERAL_ERROR)?;
    Ok(Object { attributes: made, secret: SecretBytes::copy_of(value)? })
}
