//! Law 4 for what is there already: C_CopyObject and C_SetAttributeValue (PKCS#11 v3.2, 5.7.2 and 5.7.6).

use super::create::{history, narrow, within_limits};
use super::template::{has, parse, parse_of};
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid, unique_id_text, value_is_sealed};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::Template;
use vhsm_wire::table::{AttributeKind, AttributeRow, Change};
use vhsm_wire::tables::*;

/// The attributes after C_SetAttributeValue: what moves one way moves that way only, and CKA_TRUSTED at the word of
/// the security `officer`.
///
/// # Errors
/// `CKR_ACTION_PROHIBITED` (CKA_MODIFIABLE is false), `CKR_ATTRIBUTE_READ_ONLY`, `CKR_ATTRIBUTE_TYPE_INVALID` (also
/// of another class), `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_TEMPLATE_INCONSISTENT`.
pub fn changed(old: &Attributes, template: &Template, officer: bool) -> Result<Attributes, Rv> {
    let parsed = parse_of(template, officer)?;
    if super::ENFORCED && old.boolean(CKA_MODIFIABLE) != Some(true) {
        return Err(CKR_ACTION_PROHIBITED);
    }
    if !parsed.secrets.is_empty() {
        return Err(CKR_ATTRIBUTE_READ_ONLY);
    }
    let mut new = old.clone();
    for (kind, value) in parsed.attributes.iter() {
        let row = row_of(old, kind).ok_or(CKR_ATTRIBUTE_TYPE_INVALID)?;
        let trust = kind == CKA_TRUSTED && officer;
        if super::ENFORCED && !trust && !moves(row, old, value) {
            return Err(CKR_ATTRIBUTE_READ_ONLY);
        }
        new.set(kind, value);
    }
    history(&mut new, |kind| old.boolean(kind) == Some(true));
    within_limits(&new)?;
    Ok(new)
}

/// The copy of C_CopyObject: as protected as its source, or more.
///
/// # Errors
/// `CKR_ACTION_PROHIBITED` (CKA_COPYABLE is false), those of [`changed`], `CKR_DEVICE_MEMORY`. A private object
/// has no public copy: `CKR_TEMPLATE_INCONSISTENT`.
pub fn copied(source: &Object, template: &Template, wanted: &Attributes, uuid: &Uuid) -> Result<Object, Rv> {
    let parsed = parse(template)?;
    let old = &source.attributes;
    if super::ENFORCED && old.boolean(CKA_COPYABLE) != Some(true) {
        return Err(CKR_ACTION_PROHIBITED);
    }
    if !parsed.secrets.is_empty() {
        return Err(CKR_ATTRIBUTE_READ_ONLY);
    }
    let mut attributes = old.clone();
    for (kind, value) in parsed.attributes.iter() {
        let row = row_of(old, kind).ok_or(CKR_TEMPLATE_INCONSISTENT)?;
        if super::ENFORCED && kind == CKA_PRIVATE && old.boolean(kind) == Some(true) && value == [0] {
            return Err(CKR_TEMPLATE_INCONSISTENT);
        }
        if super::ENFORCED && !may_differ(row, old, value) {
            return Err(CKR_ATTRIBUTE_READ_ONLY);
        }
        attributes.set(kind, value);
    }
    narrow(&mut attributes, wanted, old.number(CKA_CLASS).ok_or(CKR_GENERAL_ERROR)?)?;
    history(&mut attributes, |kind| old.boolean(kind) == Some(true));
    attributes.set(CKA_UNIQUE_ID, unique_id_text(uuid));
    if attributes.value(CKA_TRUSTED).is_some() {
        attributes.set_boolean(CKA_TRUSTED, false);
    }
    // A data object's value may have to move: its copy may be private.
    let secret = match (value_is_sealed(old), value_is_sealed(&attributes)) {
        (false, true) => {
            let value = SecretBytes::copy_of(old.value(CKA_VALUE).unwrap_or_default())?;
            attributes.remove(CKA_VALUE);
            value
        }
        (true, false) => {
            attributes.set(CKA_VALUE, &source.secret[..]);
            SecretBytes::zeroed(0)?
        }
        (true, true) | (false, false) => SecretBytes::copy_of(&source.secret)?,
    };
    within_limits(&attributes)?;
    Ok(Object { attributes, secret })
}

/// The attribute's row, if this object has it: its class does, for there is a place for values that stand nowhere
/// yet (CKA_ALLOWED_MECHANISMS).
fn row_of(object: &Attributes, kind: u64) -> Option<&'static AttributeRow> {
    let (class, key_type) = (object.number(CKA_CLASS)?, object.number(CKA_KEY_TYPE));
    vhsm_wire::attribute(kind).filter(|row| has(row, class, key_type))
}

/// Whether C_SetAttributeValue may set this.
fn moves(row: &AttributeRow, old: &Attributes, value: &[u8]) -> bool {
    match row.change {
        Change::Never => false,
        Change::Always => true,
        Change::Up => value == [1] || old.value(row.value) == Some(value),
        Change::Down => value == least(row) || old.value(row.value) == Some(value),
    }
}

/// What only ever falls comes down to.
fn least(row: &AttributeRow) -> &'static [u8] {
    if row.kind == AttributeKind::Boolean { &[0] } else { &[] }
}

/// Whether a copy may differ in this: in what may change, in where it lives, and in being protected from change.
/// The copy of an object that is not modifiable keeps its usage.
fn may_differ(row: &AttributeRow, old: &Attributes, value: &[u8]) -> bool {
    if old.value(row.value) == Some(value) {
        return true;
    }
    match row.value {
        CKA_TOKEN | CKA_PRIVATE | CKA_DESTROYABLE => true,
        CKA_MODIFIABLE => value == [0],
        _ if row.change == Change::Always => old.boolean(CKA_MODIFIABLE) == Some(true),
        _ => moves(row, old, value),
    }
}
