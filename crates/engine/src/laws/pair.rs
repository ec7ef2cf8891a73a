//! Law 4 for public and private keys: import and generation (PKCS#11 v3.2, 4.8, 4.9, 5.7.1 and 5.18.2).

use super::create::{from_outside, generating, made_here, merged, within_limits};
use super::template::{Parsed, parse};
use crate::mechanism;
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Mechanism, Template};
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

/// What one application asks of a pair, or one worker: first of the public key, then of the private one.
pub type Halves<T> = [T; 2];

/// C_CreateObject of one half. No bad key gets in.
pub(super) fn imported(
    parsed: &Parsed,
    wanted: &Attributes,
    class: u64,
    secrets: &[(u64, &[u8])],
) -> Result<Object, Rv> {
    let said = &parsed.attributes;
    let key_type = said.number(CKA_KEY_TYPE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    if !PAIRED.contains(&key_type) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let mut key = merged_half(parsed, wanted, class, key_type)?;
    from_outside(&mut key);
    let (numbers, secret) = if class == CKO_PRIVATE_KEY {
        let material = mechanism::import_private(key_type, said, secrets)?;
        (material.private, material.secret)
    } else {
        (mechanism::import_public(key_type, said, secrets)?.public, SecretBytes::zeroed(0)?)
    };
    if said.value(CKA_MODULUS_BITS).is_some_and(|claimed| numbers.value(CKA_MODULUS_BITS) != Some(claimed)) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    adopt(&mut key, &numbers);
    Ok(Object { attributes: key, secret })
}

/// The keys of C_GenerateKeyPair. Both templates are held to the laws before anything is generated.
///
/// # Errors
/// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, those of [`super::created`], `CKR_KEY_SIZE_RANGE`.
pub fn generated_pair(
    templates: Halves<&Template>,
    wanted: Halves<&Attributes>,
    mechanism: &Mechanism,
    uuids: Halves<&Uuid>,
) -> Result<Halves<Object>, Rv> {
    let row = generating(mechanism, Operation::GenerateKeyPair)?;
    let key_type = row.key_types.first().copied().ok_or(CKR_MECHANISM_INVALID)?;
    let [public, private] = [parse(templates[0])?, parse(templates[1])?];
    let mut public_key = half(&public, wanted[0], CKO_PUBLIC_KEY, key_type)?;
    let mut private_key = half(&private, wanted[1], CKO_PRIVATE_KEY, key_type)?;
    let differs = |kind| {
        let parameters = private.attributes.value(kind);
        parameters.is_some() && parameters != public.attributes.value(kind)
    };
    if differs(CKA_EC_PARAMS) || differs(CKA_PARAMETER_SET) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    made_here(&mut public_key, mechanism.r#type, uuids[0]);
    made_here(&mut private_key, mechanism.r#type, uuids[1]);
    let material = mechanism::generate_pair(row, key_type, &public.attributes)?;
    adopt(&mut public_key, &material.public);
    adopt(&mut private_key, &material.private);
    within_limits(&public_key)?;
    within_limits(&private_key)?;
    Ok([
        Object { attributes: public_key, secret: SecretBytes::zeroed(0)? },
        Object { attributes: private_key, secret: material.secret },
    ])
}

/// One half of a new pair, before its numbers: the template names none that are generated.
fn half(parsed: &Parsed, wanted: &Attributes, class: u64, key_type: u64) -> Result<Attributes, Rv> {
    let said = &parsed.attributes;
    let other = |kind, expected| said.number(kind).is_some_and(|named| named != expected);
    let generated = |kind: u64| match kind {
        CKA_MODULUS | CKA_EC_POINT => true,
        CKA_PUBLIC_EXPONENT => class == CKO_PRIVATE_KEY,
        _ => false,
    };
    if other(CKA_CLASS, class)
        || other(CKA_KEY_TYPE, key_type)
        || !parsed.secrets.is_empty()
        || said.iter().any(|(kind, _)| generated(kind))
    {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    merged_half(parsed, wanted, class, key_type)
}

pub(super) fn merged_half(parsed: &Parsed, wanted: &Attributes, class: u64, key_type: u64) -> Result<Attributes, Rv> {
    let key = merged(parsed, wanted, class, Some(key_type))?;
    // PKCS#11 v3.2, 4.9: only of a private object.
    if key.boolean(CKA_ALWAYS_AUTHENTICATE) == Some(true) && key.boolean(CKA_PRIVATE) != Some(true) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    Ok(key)
}

pub(super) fn adopt(key: &mut Attributes, numbers: &Attributes) {
    for (kind, value) in numbers.iter() {
        key.set(kind, value);
    }
}
