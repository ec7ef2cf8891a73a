//! Law 4 for new objects: import and generation (PKCS#11 v3.2, 5.7.1 and 5.18.1).

use super::template::{Parsed, parse, well_formed};
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid, unique_id_text, value_is_sealed};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::limits;
use vhsm_wire::messages::{Mechanism, Template};
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

/// `CK_UNAVAILABLE_INFORMATION`: CKA_KEY_GEN_MECHANISM of a key that was not generated here.
const UNAVAILABLE: u64 = u64::MAX;

/// How a worker's wish and the application's word come together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Protects when true: either may say so. The value is what holds where the template is silent.
    Either(bool),
    /// Permits when true: both must; silence of the template counts as the value.
    Both(bool),
    /// The application's alone; the value is what holds where the template is silent.
    Own(bool),
    /// Describes: the template's, else the worker's, else empty.
    Fill,
    /// The list narrows; absent means no limit.
    List,
    /// Computed.
    Engine,
}

fn rule(row: &AttributeRow, class: u64) -> Rule {
    match row.value {
        CKA_PRIVATE => Rule::Either(class == CKO_SECRET_KEY),
        CKA_SENSITIVE => Rule::Either(true),
        CKA_WRAP_WITH_TRUSTED => Rule::Either(false),
        CKA_EXTRACTABLE => Rule::Both(false),
        CKA_TOKEN => Rule::Own(false),
        CKA_ALLOWED_MECHANISMS => Rule::List,
        CKA_CLASS | CKA_KEY_TYPE | CKA_VALUE | CKA_VALUE_LEN => Rule::Engine,
        _ if row.set_by == SetBy::Engine => Rule::Engine,
        // Usage, and CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE.
        _ if row.kind == AttributeKind::Boolean => Rule::Both(true),
        _ => Rule::Fill,
    }
}

/// The object of C_CreateObject: from the application's `template`, the secret `value` that its CKA_VALUE names,
/// and what the worker `wanted`.
///
/// # Errors
/// `CKR_ATTRIBUTE_TYPE_INVALID`, `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_ATTRIBUTE_READ_ONLY`,
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_TEMPLATE_INCONSISTENT`, `CKR_DEVICE_MEMORY`.
pub fn created(
    template: &Template,
    wanted: &Attributes,
    value: Option<SecretBytes>,
    uuid: &Uuid,
) -> Result<Object, Rv> {
    let parsed = parse(template)?;
    let class = parsed.attributes.number(CKA_CLASS).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    if parsed.has_value != value.is_some() {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let value = match value {
        Some(value) => value,
        None => SecretBytes::zeroed(0)?,
    };
    let mut attributes = match class {
        CKO_DATA => merged(&parsed, wanted, class)?,
        CKO_SECRET_KEY => imported_key(&parsed, wanted, &value)?,
        _ => return Err(CKR_ATTRIBUTE_VALUE_INVALID),
    };
    attributes.set(CKA_UNIQUE_ID, unique_id_text(uuid));
    let secret = if value_is_sealed(&attributes) {
        value
    } else {
        attributes.set(CKA_VALUE, value.to_vec());
        SecretBytes::zeroed(0)?
    };
    within_limits(&attributes)?;
    Ok(Object { attributes, secret })
}

fn imported_key(parsed: &Parsed, wanted: &Attributes, value: &[u8]) -> Result<Attributes, Rv> {
    let key_type = parsed.attributes.number(CKA_KEY_TYPE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    if !parsed.has_value {
        return Err(CKR_TEMPLATE_INCOMPLETE);
    }
    let value_bytes = value.len() as u64;
    check_size(key_type, value_bytes)?;
    if parsed.attributes.number(CKA_VALUE_LEN).is_some_and(|claimed| claimed != value_bytes) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let mut key = merged(parsed, wanted, CKO_SECRET_KEY)?;
    key.set_number(CKA_KEY_TYPE, key_type);
    key.set_number(CKA_VALUE_LEN, value_bytes);
    key.set_number(CKA_KEY_GEN_MECHANISM, UNAVAILABLE);
    // What was outside once has not always been sensitive, whatever it claims.
    for never in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
        key.set_boolean(never, false);
    }
    Ok(key)
}

/// The attributes of C_GenerateKey's key; its value comes from [`crate::mechanism::generate_value`].
///
/// # Errors
/// Those of [`created`], `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`.
pub fn generated(
    template: &Template,
    wanted: &Attributes,
    mechanism: &Mechanism,
    uuid: &Uuid,
) -> Result<Attributes, Rv> {
    let row = vhsm_wire::mechanism(mechanism.r#type)
        .filter(|row| row.operations.contains(&Operation::Generate))
        .ok_or(CKR_MECHANISM_INVALID)?;
    if mechanism.parameters.is_some() {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    let parsed = parse(template)?;
    let key_type = parsed.attributes.number(CKA_KEY_TYPE).or(row.key_types.first().copied());
    let key_type = key_type.filter(|named| row.key_types.contains(named)).ok_or(CKR_TEMPLATE_INCONSISTENT)?;
    let class = parsed.attributes.number(CKA_CLASS).unwrap_or(CKO_SECRET_KEY);
    if class != CKO_SECRET_KEY || parsed.has_value {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let value_bytes = parsed.attributes.number(CKA_VALUE_LEN).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    check_size(key_type, value_bytes)?;
    let mut key = merged(&parsed, wanted, class)?;
    key.set_number(CKA_KEY_TYPE, key_type);
    key.set_number(CKA_VALUE_LEN, value_bytes);
    key.set_number(CKA_KEY_GEN_MECHANISM, mechanism.r#type);
    key.set_boolean(CKA_LOCAL, true);
    key.set_boolean(CKA_ALWAYS_SENSITIVE, key.boolean(CKA_SENSITIVE) == Some(true));
    key.set_boolean(CKA_NEVER_EXTRACTABLE, key.boolean(CKA_EXTRACTABLE) == Some(false));
    key.set(CKA_UNIQUE_ID, unique_id_text(uuid));
    within_limits(&key)?;
    Ok(key)
}

/// Lengths of a key's value, in bytes, by its type.
fn check_size(key_type: u64, value_bytes: u64) -> Result<(), Rv> {
    let fits = match key_type {
        CKK_AES => matches!(value_bytes, 16 | 24 | 32),
        CKK_GENERIC_SECRET | CKK_SHA_1_HMAC | CKK_SHA224_HMAC | CKK_SHA256_HMAC | CKK_SHA384_HMAC | CKK_SHA512_HMAC
        | CKK_SHA512_224_HMAC | CKK_SHA512_256_HMAC => MECHANISMS
            .iter()
            .any(|row| row.key_types.contains(&key_type) && (row.key_bytes.0..=row.key_bytes.1).contains(&value_bytes)),
        _ => false,
    };
    if fits { Ok(()) } else { Err(CKR_ATTRIBUTE_VALUE_INVALID) }
}

/// Everything of the class that is not computed: the template's word, the worker's wish, the default.
fn merged(parsed: &Parsed, wanted: &Attributes, class: u64) -> Result<Attributes, Rv> {
    if parsed.attributes.iter().any(|(kind, _)| !has(class, kind)) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let mut object = Attributes::default();
    object.set_number(CKA_CLASS, class);
    for row in ATTRIBUTES.iter().filter(|row| row.classes.contains(&class)) {
        let (said, wish) = (&parsed.attributes, wished(wanted, row)?);
        match rule(row, class) {
            Rule::Engine => {}
            Rule::Own(silent) => object.set_boolean(row.value, said.boolean(row.value).unwrap_or(silent)),
            Rule::Either(silent) => {
                let own = said.boolean(row.value).unwrap_or(silent);
                object.set_boolean(row.value, either(own, wish));
            }
            Rule::Both(silent) => {
                let own = said.boolean(row.value).unwrap_or(silent);
                object.set_boolean(row.value, both(own, wish));
            }
            Rule::Fill => object.set(row.value, said.value(row.value).or(wish).unwrap_or_default()),
            Rule::List => {
                if let Some(list) = narrowed_list(said.value(row.value), wish)? {
                    object.set(row.value, list);
                }
            }
        }
    }
    if has(class, CKA_TRUSTED) {
        object.set_boolean(CKA_TRUSTED, false);
    }
    Ok(object)
}

/// Apply a worker's narrowing to a finished object, as a copy needs it.
pub(super) fn narrow(object: &mut Attributes, wanted: &Attributes, class: u64) -> Result<(), Rv> {
    for row in ATTRIBUTES.iter().filter(|row| row.classes.contains(&class)) {
        let (Some(own), wish) = (object.boolean(row.value), wished(wanted, row)?) else { continue };
        match rule(row, class) {
            Rule::Either(_) => object.set_boolean(row.value, either(own, wish)),
            Rule::Both(_) => object.set_boolean(row.value, both(own, wish)),
            Rule::Own(_) | Rule::Fill | Rule::List | Rule::Engine => {}
        }
    }
    Ok(())
}

/// Either says yes. Without laws the worker's word counts alone.
fn either(own: bool, wish: Option<&[u8]>) -> bool {
    match wish {
        Some(wish) if super::ENFORCED => own || wish == [1],
        Some(wish) => wish == [1],
        None => own,
    }
}

/// Both say yes. Without laws the worker's word counts alone.
fn both(own: bool, wish: Option<&[u8]>) -> bool {
    match wish {
        Some(wish) if super::ENFORCED => own && wish == [1],
        Some(wish) => wish == [1],
        None => own,
    }
}

/// The worker's wish; an ill-formed one is the worker's fault.
fn wished<'a>(wanted: &'a Attributes, row: &AttributeRow) -> Result<Option<&'a [u8]>, Rv> {
    match wanted.value(row.value) {
        Some(wish) if !well_formed(row, wish) => Err(CKR_GENERAL_ERROR),
        wish => Ok(wish),
    }
}

/// Mechanisms on both lists; an empty list is no limit.
fn narrowed_list(said: Option<&[u8]>, wish: Option<&[u8]>) -> Result<Option<Vec<u8>>, Rv> {
    let (said, wish) = (said.filter(|list| !list.is_empty()), wish.filter(|list| !list.is_empty()));
    let (Some(own), Some(limit)) = (said, wish) else { return Ok(said.or(wish).map(<[u8]>::to_vec)) };
    let list: Vec<u8> =
        own.chunks(8).filter(|entry| limit.chunks(8).any(|other| other == *entry)).flatten().copied().collect();
    // An empty list would lift the limit.
    if list.is_empty() { Err(CKR_TEMPLATE_INCONSISTENT) } else { Ok(Some(list)) }
}

fn has(class: u64, kind: u64) -> bool {
    vhsm_wire::attribute(kind).is_some_and(|row| row.classes.contains(&class))
}

/// One row of the store holds so much.
pub(super) fn within_limits(attributes: &Attributes) -> Result<(), Rv> {
    let fits = attributes.encode().len() as u64 <= limits::OBJECT_ATTRIBUTES_LENGTH_MAX;
    if fits { Ok(()) } else { Err(CKR_TEMPLATE_INCONSISTENT) }
}
