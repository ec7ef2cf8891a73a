//! Keys that carry keys (PKCS#11 v3.2, 4.10, 5.18.3 and 5.18.4): which key wraps which, and law 4 for what comes out.

use super::check_value::with_check_value;
use super::create::{check_size, from_outside, within_limits};
use super::key_template::{applied, matches};
use super::pair::{adopt, merged_half};
use super::template::parse;
use crate::mechanism::{self, Carried, of_unwrapping_key, of_wrapping_key};
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid, unique_id_text};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Operation, Template};
use vhsm_wire::table::{CKO_PRIVATE_KEY, CKO_SECRET_KEY, MechanismRow, PAIRED};
use vhsm_wire::tables::*;

/// Whether `wrapping` may wrap `key`.
///
/// # Errors
/// `CKR_KEY_HANDLE_INVALID` (no key, or not as CKA_WRAP_TEMPLATE demands), `CKR_KEY_NOT_WRAPPABLE` (a public key, or
/// one that asks for a trusted key), `CKR_KEY_UNEXTRACTABLE`, `CKR_KEY_FUNCTION_NOT_PERMITTED`, `CKR_MECHANISM_INVALID`,
/// `CKR_WRAPPING_KEY_HANDLE_INVALID`, `CKR_WRAPPING_KEY_TYPE_INCONSISTENT`, `CKR_WRAPPING_KEY_SIZE_RANGE`.
pub fn wrappable(wrapping: &Attributes, key: &Attributes, mechanism: u64) -> Result<(), Rv> {
    let row = vhsm_wire::mechanism(mechanism).ok_or(CKR_MECHANISM_INVALID)?;
    if key.number(CKA_KEY_TYPE).is_none() {
        return Err(CKR_KEY_HANDLE_INVALID);
    }
    if !matches!(key.number(CKA_CLASS), Some(CKO_SECRET_KEY | CKO_PRIVATE_KEY)) {
        return Err(CKR_KEY_NOT_WRAPPABLE);
    }
    if !super::ENFORCED {
        return Ok(());
    }
    mechanism::permitted(Operation::Wrap, row, wrapping).map_err(of_wrapping_key)?;
    if key.boolean(CKA_EXTRACTABLE) != Some(true) {
        return Err(CKR_KEY_UNEXTRACTABLE);
    }
    if key.boolean(CKA_WRAP_WITH_TRUSTED) != Some(false) && wrapping.boolean(CKA_TRUSTED) != Some(true) {
        return Err(CKR_KEY_NOT_WRAPPABLE);
    }
    matches(wrapping, key)
}

/// A key that is to be unwrapped: what the application's template says, and with a worker's wishes what becomes of it.
pub struct Incoming {
    said: Attributes,
    merged: Attributes,
    class: u64,
    key_type: u64,
}

/// Whether `unwrapping` may unwrap by this mechanism, and what `template` and the worker's wish make of the result. All of
/// it is settled before anything is decrypted: what is wrong with a template tells nothing of a padding.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_TEMPLATE_INCONSISTENT`, `CKR_ATTRIBUTE_…`, `CKR_KEY_FUNCTION_NOT_PERMITTED`,
/// `CKR_MECHANISM_INVALID`, `CKR_UNWRAPPING_KEY_HANDLE_INVALID`, `CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT`,
/// `CKR_UNWRAPPING_KEY_SIZE_RANGE`.
pub fn incoming(
    unwrapping: &Attributes,
    row: &MechanismRow,
    template: &Template,
    wanted: &Attributes,
) -> Result<Incoming, Rv> {
    if super::ENFORCED {
        mechanism::permitted(Operation::Unwrap, row, unwrapping).map_err(of_unwrapping_key)?;
    }
    let parsed = parse(&applied(template, [unwrapping], CKA_UNWRAP_TEMPLATE)?)?;
    let class = parsed.attributes.number(CKA_CLASS).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let key_type = parsed.attributes.number(CKA_KEY_TYPE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let known = match class {
        CKO_SECRET_KEY => !PAIRED.contains(&key_type),
        CKO_PRIVATE_KEY => PAIRED.contains(&key_type),
        _ => false,
    };
    if !known || !parsed.secrets.is_empty() {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let merged = merged_half(&parsed, wanted, class, key_type)?;
    Ok(Incoming { said: parsed.attributes, merged, class, key_type })
}

impl Incoming {
    /// What is expected of the wrapped bytes.
    #[must_use]
    pub fn carried(&self) -> Carried {
        match self.class {
            CKO_PRIVATE_KEY => Carried::Private,
            _ => Carried::Secret { key_type: self.key_type, value_bytes: self.said.number(CKA_VALUE_LEN) },
        }
    }

    /// The object of what was wrapped. It was outside once: its history is that of an imported key.
    ///
    /// # Errors
    /// `CKR_WRAPPED_KEY_INVALID`, `CKR_TEMPLATE_INCONSISTENT`, `CKR_ATTRIBUTE_VALUE_INVALID` (CKA_CHECK_VALUE),
    /// `CKR_DEVICE_MEMORY`.
    pub fn object(self, carried: SecretBytes, uuid: &Uuid) -> Result<Object, Rv> {
        let mut object = match self.class {
            CKO_PRIVATE_KEY => self.private_key(&carried)?,
            _ => self.secret_key(carried)?,
        };
        from_outside(&mut object.attributes);
        object.attributes.set(CKA_UNIQUE_ID, unique_id_text(uuid));
        let object = with_check_value(object)?;
        within_limits(&object.attributes)?;
        Ok(object)
    }

    fn secret_key(self, secret: SecretBytes) -> Result<Object, Rv> {
        let value_bytes = secret.len() as u64;
        let said = self.said.number(CKA_VALUE_LEN);
        if check_size(self.key_type, value_bytes).is_err() || said.is_some_and(|said| said != value_bytes) {
            return Err(CKR_WRAPPED_KEY_INVALID);
        }
        let mut attributes = self.merged;
        attributes.set_number(CKA_VALUE_LEN, value_bytes);
        Ok(Object { attributes, secret })
    }

    fn private_key(self, info: &[u8]) -> Result<Object, Rv> {
        let material = mechanism::material_of(self.key_type, info)?;
        let other = |(kind, value)| {
            let said: Option<&[u8]> = self.said.value(kind);
            said.is_some_and(|said| said != value)
        };
        if material.private.iter().any(other) {
            return Err(CKR_TEMPLATE_INCONSISTENT);
        }
        let mut attributes = self.merged;
        adopt(&mut attributes, &material.private);
        Ok(Object { attributes, secret: material.secret })
    }
}
