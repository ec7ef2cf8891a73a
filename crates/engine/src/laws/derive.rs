//! Law 4 for derived keys (PKCS#11 v3.2, 5.18.5 and the sections of the mechanisms).

use super::check_value::with_check_value;
use super::create::{UNAVAILABLE, check_size, history, merged, with_value, within_limits};
use super::key_template::applied;
use super::read::value_readable;
use super::template::parse;
use crate::mechanism::Derivation;
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid, unique_id_text};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::limits;
use vhsm_wire::messages::{Mechanism, Template};
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

/// One key to be derived.
pub struct Derived<'a> {
    /// What the application says.
    pub template: &'a Template,
    /// What the worker wishes.
    pub wanted: &'a Attributes,
    /// Its identity.
    pub uuid: &'a Uuid,
}

/// What a derivation makes.
pub struct Derivatives {
    /// In the order of the templates.
    pub objects: Vec<Object>,
    /// What the caller is told: the IVs, or the version, of TLS 1.2.
    pub besides: Vec<u8>,
}

/// The keys of C_DeriveKey, computed from `bases`: the base key, then those that the parameters name.
///
/// # Errors
/// Those of [`Derivation`] and of [`super::created`].
pub fn derived(keys: &[Derived<'_>], mechanism: &Mechanism, bases: &[&Object]) -> Result<Derivatives, Rv> {
    let derivation = Derivation::new(mechanism, bases)?;
    let never_seen = |base: &&Object| base.attributes.boolean(CKA_ALWAYS_SENSITIVE) == Some(true);
    if super::ENFORCED && derivation.tells_beginning() && bases.iter().any(never_seen) {
        // A premaster secret comes from the other side; of a key that nobody ever saw, nothing is told.
        return Err(CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
    let ancestry: Vec<&Attributes> = bases.iter().map(|base| &base.attributes).collect();
    let made = keys.iter().map(|key| attributes_of(key, &derivation, &ancestry)).collect::<Result<Vec<_>, Rv>>()?;
    let lengths: Vec<usize> = made.iter().map(|(_, value_bytes)| *value_bytes as usize).collect();
    let (values, besides) = derivation.values(&lengths)?;
    let objects = made.into_iter().zip(values).map(|((attributes, _), secret)| object(attributes, secret));
    Ok(Derivatives { objects: objects.collect::<Result<_, Rv>>()?, besides })
}

fn object(attributes: Attributes, secret: SecretBytes) -> Result<Object, Rv> {
    if attributes.number(CKA_CLASS) == Some(CKO_DATA) {
        let made = with_value(attributes, &secret)?;
        within_limits(&made.attributes)?;
        return Ok(made);
    }
    with_check_value(Object { attributes, secret })
}

/// Everything but the value, and its length in bytes. A key without a type is a generic secret (6.20.5, and the
/// sections that refer to it).
fn attributes_of(
    key: &Derived<'_>,
    derivation: &Derivation<'_>,
    bases: &[&Attributes],
) -> Result<(Attributes, u64), Rv> {
    let mut parsed = parse(&applied(key.template, bases.iter().copied(), CKA_DERIVE_TEMPLATE)?)?;
    if let (true, Some(base)) = (derivation.is_of_a_connection(), bases.first()) {
        hold_to_base(&mut parsed.attributes, base)?;
    }
    let said = &parsed.attributes;
    let class = derivation.class();
    if said.number(CKA_CLASS).is_some_and(|named| named != class) || !parsed.secrets.is_empty() {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let key_type = said.number(CKA_KEY_TYPE).unwrap_or(CKK_GENERIC_SECRET);
    let natural_bytes = derivation.natural_bytes().filter(|_| key_type != CKK_AES);
    let value_bytes = said.number(CKA_VALUE_LEN).or(natural_bytes).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let mut made = if class == CKO_DATA {
        if !(1..=limits::OBJECT_ATTRIBUTES_LENGTH_MAX).contains(&value_bytes) {
            return Err(CKR_ATTRIBUTE_VALUE_INVALID);
        }
        // It says how much is derived; a data object has no such attribute.
        parsed.attributes.remove(CKA_VALUE_LEN);
        merged(&parsed, key.wanted, class, None)?
    } else {
        check_size(key_type, value_bytes)?;
        told_whole(derivation, bases, value_bytes)?;
        let mut made = merged(&parsed, key.wanted, class, Some(key_type))?;
        made.set_number(CKA_VALUE_LEN, value_bytes);
        inherit(&mut made, derivation, bases);
        made
    };
    made.set(CKA_UNIQUE_ID, unique_id_text(key.uuid));
    within_limits(&made)?;
    Ok((made, value_bytes))
}

/// What tells a key that may not be read holds all of it: of parts, each so short that it can be guessed, the whole
/// would be put together (Clulow 2003).
fn told_whole(derivation: &Derivation<'_>, bases: &[&Attributes], value_bytes: u64) -> Result<(), Rv> {
    let hidden = bases.iter().any(|base| !value_readable(base));
    if hidden && derivation.tells_a_part(value_bytes) { Err(CKR_TEMPLATE_INCONSISTENT) } else { Ok(()) }
}

/// The keys of a TLS connection are protected as their master secret, and no template differs (PKCS#11 v3.2, "TLS 1.2
/// mechanisms", "Key and MAC derivation").
fn hold_to_base(said: &mut Attributes, base: &Attributes) -> Result<(), Rv> {
    for kind in [CKA_SENSITIVE, CKA_EXTRACTABLE] {
        if let Some(held) = base.boolean(kind) {
            if said.boolean(kind).is_some_and(|said| said != held) {
                return Err(CKR_TEMPLATE_INCONSISTENT);
            }
            said.set_boolean(kind, held);
        }
    }
    Ok(())
}

/// A derived key has always been sensitive if its base keys have, and it is; likewise with never extractable.
fn inherit(key: &mut Attributes, derivation: &Derivation<'_>, bases: &[&Attributes]) {
    key.set_number(CKA_KEY_GEN_MECHANISM, UNAVAILABLE);
    key.set_boolean(CKA_LOCAL, false);
    if derivation.protects() && super::ENFORCED {
        let sensitive = bases.iter().any(|base| base.boolean(CKA_SENSITIVE) != Some(false));
        let extractable = bases.iter().all(|base| base.boolean(CKA_EXTRACTABLE) == Some(true));
        key.set_boolean(CKA_SENSITIVE, key.boolean(CKA_SENSITIVE) != Some(false) || sensitive);
        key.set_boolean(CKA_EXTRACTABLE, key.boolean(CKA_EXTRACTABLE) == Some(true) && extractable);
    }
    history(key, |kind| bases.iter().all(|base| base.boolean(kind) == Some(true)));
}
