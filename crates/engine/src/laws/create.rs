//! Law 4 for new objects: import and generation (PKCS#11 v3.2, 5.7.1 and 5.18.1).

use super::check_value::with_check_value;
use super::template::{Parsed, has, parse, well_formed};
use crate::mechanism;
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid, unique_id_text, value_is_sealed};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::limits;
use vhsm_wire::messages::{Mechanism, Template, attribute::Content, mechanism::Parameters as Sent};
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

/// `CK_UNAVAILABLE_INFORMATION`: CKA_KEY_GEN_MECHANISM of a key that was not generated here.
pub(super) const UNAVAILABLE: u64 = u64::MAX;
/// CKA_CERTIFICATE_TYPE (PKCS#11 v3.2, 4.6.2).
const CKC_X_509: u64 = 0;

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
    /// The application's alone, and absent where the template is silent.
    Optional,
    /// The same, but where the worker wants none.
    Unwanted,
    /// Computed.
    Engine,
}

fn rule(row: &AttributeRow, class: u64) -> Rule {
    match row.value {
        CKA_PRIVATE => Rule::Either(matches!(class, CKO_SECRET_KEY | CKO_PRIVATE_KEY)),
        CKA_SENSITIVE => Rule::Either(true),
        CKA_WRAP_WITH_TRUSTED | CKA_ALWAYS_AUTHENTICATE => Rule::Either(false),
        CKA_EXTRACTABLE => Rule::Both(false),
        CKA_TOKEN => Rule::Own(false),
        CKA_ALLOWED_MECHANISMS => Rule::List,
        CKA_CLASS | CKA_KEY_TYPE | CKA_VALUE_LEN | CKA_CERTIFICATE_TYPE => Rule::Engine,
        CKA_CHECK_VALUE => Rule::Unwanted,
        _ if row.kind == AttributeKind::Template => Rule::Optional,
        _ if row.set_by == SetBy::Engine || row.secret => Rule::Engine,
        // The numbers of a key.
        _ if !row.key_types.is_empty() => Rule::Engine,
        // Usage, and CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE.
        _ if row.kind == AttributeKind::Boolean => Rule::Both(true),
        _ => Rule::Fill,
    }
}

/// The object of C_CreateObject: from the application's `template`, the `secrets` that it names, by type, and what
/// the worker `wanted`.
///
/// # Errors
/// `CKR_ATTRIBUTE_TYPE_INVALID`, `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_ATTRIBUTE_READ_ONLY`,
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_TEMPLATE_INCONSISTENT`, `CKR_CURVE_NOT_SUPPORTED`, `CKR_DOMAIN_PARAMS_INVALID`,
/// `CKR_DEVICE_MEMORY`.
pub fn created(template: &Template, wanted: &Attributes, secrets: &[(u64, &[u8])], uuid: &Uuid) -> Result<Object, Rv> {
    let (template, key_info) = without_key_info(template);
    let parsed = parse(&template)?;
    let class = parsed.attributes.number(CKA_CLASS).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    if !parsed.secrets.iter().eq(secrets.iter().map(|(kind, _)| kind)) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let value = secrets.iter().find(|(kind, _)| *kind == CKA_VALUE).map(|(_, value)| *value);
    let mut object = match class {
        CKO_DATA => with_value(merged(&parsed, wanted, class, None)?, value.unwrap_or_default())?,
        CKO_CERTIFICATE => certificate(&parsed, wanted, value)?,
        CKO_SECRET_KEY => imported_key(&parsed, wanted, value)?,
        CKO_PUBLIC_KEY | CKO_PRIVATE_KEY => super::pair::imported(&parsed, wanted, class, secrets)?,
        _ => return Err(CKR_ATTRIBUTE_VALUE_INVALID),
    };
    if let Some(said) = key_info {
        hold_to_key_info(&mut object.attributes, class, said)?;
    }
    object.attributes.set(CKA_UNIQUE_ID, unique_id_text(uuid));
    let object = with_check_value(object)?;
    within_limits(&object.attributes)?;
    Ok(object)
}

/// A template, and what it says of CKA_PUBLIC_KEY_INFO, which is computed all the same.
fn without_key_info(template: &Template) -> (Template, Option<Vec<u8>>) {
    let mut rest = template.clone();
    let said = rest.attributes.iter().position(|said| match &said.content {
        Some(Content::Value(value)) => said.r#type == CKA_PUBLIC_KEY_INFO && !value.is_empty(),
        _ => false,
    });
    match said.map(|at| rest.attributes.remove(at).content) {
        Some(Some(Content::Value(value))) => (rest, Some(value)),
        _ => (rest, None),
    }
}

/// Of a certificate it is what the application says (PKCS#11 v3.2, 4.6: the relationship is not enforced); of a key it
/// must be the key's (4.9).
fn hold_to_key_info(object: &mut Attributes, class: u64, said: Vec<u8>) -> Result<(), Rv> {
    match class {
        CKO_CERTIFICATE => object.set(CKA_PUBLIC_KEY_INFO, said),
        CKO_PUBLIC_KEY | CKO_PRIVATE_KEY if object.value(CKA_PUBLIC_KEY_INFO) == Some(&said) => {}
        CKO_PUBLIC_KEY | CKO_PRIVATE_KEY => return Err(CKR_ATTRIBUTE_VALUE_INVALID),
        _ => return Err(CKR_TEMPLATE_INCONSISTENT),
    }
    Ok(())
}

/// CKA_VALUE comes to lie where its class says.
pub(super) fn with_value(mut attributes: Attributes, value: &[u8]) -> Result<Object, Rv> {
    if value_is_sealed(&attributes) {
        return Ok(Object { attributes, secret: SecretBytes::copy_of(value)? });
    }
    attributes.set(CKA_VALUE, value);
    Ok(Object { attributes, secret: SecretBytes::zeroed(0)? })
}

/// X.509 only (PKCS#11 v3.2, 4.6.3). What stands in the value is the application's affair; where it is a
/// certificate indeed, its key is told apart.
fn certificate(parsed: &Parsed, wanted: &Attributes, value: Option<&[u8]>) -> Result<Object, Rv> {
    match parsed.attributes.number(CKA_CERTIFICATE_TYPE) {
        Some(CKC_X_509) => {}
        Some(_) => return Err(CKR_ATTRIBUTE_VALUE_INVALID),
        None => return Err(CKR_TEMPLATE_INCOMPLETE),
    }
    let value = value.ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let mut attributes = merged(parsed, wanted, CKO_CERTIFICATE, None)?;
    attributes.set_number(CKA_CERTIFICATE_TYPE, CKC_X_509);
    attributes.set(CKA_PUBLIC_KEY_INFO, mechanism::certified_key_info(value));
    with_value(attributes, value)
}

fn imported_key(parsed: &Parsed, wanted: &Attributes, value: Option<&[u8]>) -> Result<Object, Rv> {
    let key_type = parsed.attributes.number(CKA_KEY_TYPE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let value = value.ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let value_bytes = value.len() as u64;
    check_size(key_type, value_bytes)?;
    if !mechanism::well_made(key_type, value) {
        return Err(CKR_ATTRIBUTE_VALUE_INVALID);
    }
    if parsed.attributes.number(CKA_VALUE_LEN).is_some_and(|claimed| claimed != value_bytes) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let mut key = merged(parsed, wanted, CKO_SECRET_KEY, Some(key_type))?;
    key.set_number(CKA_VALUE_LEN, value_bytes);
    from_outside(&mut key);
    with_value(key, value)
}

/// What was outside once has not always been sensitive, whatever it claims.
pub(super) fn from_outside(key: &mut Attributes) {
    key.set_number(CKA_KEY_GEN_MECHANISM, UNAVAILABLE);
    key.set_boolean(CKA_LOCAL, false);
    history(key, |_| false);
}

/// Born here: its history begins with what it is.
pub(super) fn made_here(key: &mut Attributes, mechanism: u64, uuid: &Uuid) {
    key.set_number(CKA_KEY_GEN_MECHANISM, mechanism);
    key.set_boolean(CKA_LOCAL, true);
    history(key, |_| true);
    key.set(CKA_UNIQUE_ID, unique_id_text(uuid));
}

/// CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE of secret and private keys: what holds now, and held `so_far`.
pub(super) fn history(object: &mut Attributes, so_far: impl Fn(u64) -> bool) {
    if !matches!(object.number(CKA_CLASS), Some(CKO_SECRET_KEY | CKO_PRIVATE_KEY)) {
        return;
    }
    for (history, holds) in [
        (CKA_ALWAYS_SENSITIVE, object.boolean(CKA_SENSITIVE) == Some(true)),
        (CKA_NEVER_EXTRACTABLE, object.boolean(CKA_EXTRACTABLE) == Some(false)),
    ] {
        object.set_boolean(history, holds && so_far(history));
    }
}

/// The attributes of C_GenerateKey's key; its value comes from [`crate::mechanism::generate_value`], and with that its
/// check value ([`super::with_check_value`]).
///
/// # Errors
/// Those of [`created`], `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`.
pub fn generated(
    template: &Template,
    wanted: &Attributes,
    mechanism: &Mechanism,
    uuid: &Uuid,
) -> Result<Attributes, Rv> {
    let row = generating(mechanism, Operation::Generate)?;
    let parsed = parse(template)?;
    let key_type = parsed.attributes.number(CKA_KEY_TYPE).or(row.key_types.first().copied());
    let key_type = key_type.filter(|named| row.key_types.contains(named)).ok_or(CKR_TEMPLATE_INCONSISTENT)?;
    let class = parsed.attributes.number(CKA_CLASS).unwrap_or(CKO_SECRET_KEY);
    if class != CKO_SECRET_KEY || !parsed.secrets.is_empty() {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    // Where keys have one length, a template need not say it.
    let (least, most) = row.key_size;
    let silent = Some(least).filter(|_| least == most);
    let value_bytes = parsed.attributes.number(CKA_VALUE_LEN).or(silent).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    check_size(key_type, value_bytes)?;
    let mut key = merged(&parsed, wanted, class, Some(key_type))?;
    key.set_number(CKA_VALUE_LEN, value_bytes);
    made_here(&mut key, mechanism.r#type, uuid);
    if row.parameters == Parameters::Pbkdf2 {
        // The password is known outside.
        key.set_boolean(CKA_ALWAYS_SENSITIVE, false);
        key.set_boolean(CKA_NEVER_EXTRACTABLE, false);
    }
    within_limits(&key)?;
    Ok(key)
}

/// The row of a mechanism that generates; it takes no parameters, unless it begins with a password.
pub(super) fn generating(mechanism: &Mechanism, operation: Operation) -> Result<&'static MechanismRow, Rv> {
    let row = vhsm_wire::mechanism(mechanism.r#type)
        .filter(|row| row.operations.contains(&operation))
        .ok_or(CKR_MECHANISM_INVALID)?;
    match (row.parameters, &mechanism.parameters) {
        (Parameters::None, None) | (Parameters::Pbkdf2, Some(Sent::Pbkdf2(_))) => Ok(row),
        _ => Err(CKR_MECHANISM_PARAM_INVALID),
    }
}

/// Lengths of a secret key's value, in bytes, by its type: those that a mechanism generates.
pub(super) fn check_size(key_type: u64, value_bytes: u64) -> Result<(), Rv> {
    let whole_range = match key_type {
        CKK_AES => value_bytes % 8 == 0,
        CKK_AES_XTS => value_bytes % 32 == 0,
        _ => true,
    };
    let generated = MECHANISMS.iter().any(|row| {
        // A password makes keys of any length.
        row.operations.contains(&Operation::Generate)
            && row.parameters == Parameters::None
            && row.key_types.contains(&key_type)
            && (row.key_size.0..=row.key_size.1).contains(&value_bytes)
    });
    if whole_range && generated { Ok(()) } else { Err(CKR_ATTRIBUTE_VALUE_INVALID) }
}

/// Everything of class and type that is not computed: the template's word, the worker's wish, the default.
pub(super) fn merged(
    parsed: &Parsed,
    wanted: &Attributes,
    class: u64,
    key_type: Option<u64>,
) -> Result<Attributes, Rv> {
    let foreign = |kind: u64| !vhsm_wire::attribute(kind).is_some_and(|row| has(row, class, key_type));
    if parsed.attributes.iter().map(|(kind, _)| kind).chain(parsed.secrets.iter().copied()).any(foreign) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let mut object = Attributes::default();
    object.set_number(CKA_CLASS, class);
    if let Some(key_type) = key_type {
        object.set_number(CKA_KEY_TYPE, key_type);
    }
    for row in ATTRIBUTES.iter().filter(|row| has(row, class, key_type)) {
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
            Rule::Fill => object.set(row.value, said.value(row.value).or(wish).unwrap_or(empty(row))),
            Rule::Unwanted if wish.is_some_and(<[u8]>::is_empty) => object.set(row.value, &[][..]),
            Rule::Optional | Rule::Unwanted => {
                if let Some(value) = said.value(row.value) {
                    object.set(row.value, value);
                }
            }
            Rule::List => {
                if let Some(list) = narrowed_list(said.value(row.value), wish)? {
                    object.set(row.value, list);
                }
            }
        }
    }
    if class != CKO_DATA && class != CKO_PRIVATE_KEY {
        object.set_boolean(CKA_TRUSTED, false);
    }
    Ok(object)
}

/// What stands where nobody says anything.
fn empty(row: &AttributeRow) -> &'static [u8] {
    if row.kind == AttributeKind::Number { &[0; 8] } else { &[] }
}

/// Apply a worker's narrowing to a finished object, as a copy needs it.
pub(super) fn narrow(object: &mut Attributes, wanted: &Attributes, class: u64) -> Result<(), Rv> {
    for row in ATTRIBUTES.iter().filter(|row| row.classes.contains(&class)) {
        let (Some(own), wish) = (object.boolean(row.value), wished(wanted, row)?) else { continue };
        match rule(row, class) {
            Rule::Either(_) => object.set_boolean(row.value, either(own, wish)),
            Rule::Both(_) => object.set_boolean(row.value, both(own, wish)),
            Rule::Own(_) | Rule::Fill | Rule::List | Rule::Optional | Rule::Unwanted | Rule::Engine => {}
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

/// One row of the store holds so much.
pub(super) fn within_limits(attributes: &Attributes) -> Result<(), Rv> {
    let fits = attributes.encode().len() as u64 <= limits::OBJECT_ATTRIBUTES_LENGTH_MAX;
    if fits { Ok(()) } else { Err(CKR_TEMPLATE_INCONSISTENT) }
}
