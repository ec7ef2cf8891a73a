//! Law 4 for derived keys (PKCS#11 v3.2, 5.18.5 and the sections of the mechanisms).

use super::create::{UNAVAILABLE, check_size, merged, within_limits};
use super::template::parse;
use crate::mechanism::Derivation;
use crate::object::{Object, Uuid, unique_id_text};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
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

/// The keys of C_DeriveKey, computed from `bases`: the base key, then those that the parameters name.
///
/// # Errors
/// Those of [`Derivation`] and of [`super::created`].
pub fn derived(keys: &[Derived<'_>], mechanism: &Mechanism, bases: &[&Object]) -> Result<Vec<Object>, Rv> {
    let derivation = Derivation::new(mechanism, bases)?;
    let natural_bytes = derivation.natural_bytes();
    let ancestry: Vec<&Attributes> = bases.iter().map(|base| &base.attributes).collect();
    let made = keys.iter().map(|key| attributes_of(key, natural_bytes, &ancestry)).collect::<Result<Vec<_>, Rv>>()?;
    // Lengths are those that `check_size` has let through.
    let lengths: Vec<usize> = made.iter().map(|key| key.number(CKA_VALUE_LEN).unwrap_or(0) as usize).collect();
    let values = derivation.values(&lengths)?;
    Ok(made.into_iter().zip(values).map(|(attributes, secret)| Object { attributes, secret }).collect())
}

/// Everything of a derived key but its value. Without a type it is a generic secret (6.20.5, and the sections that
/// refer to it).
fn attributes_of(key: &Derived<'_>, natural_bytes: Option<u64>, bases: &[&Attributes]) -> Result<Attributes, Rv> {
    let parsed = parse(key.template)?;
    let said = &parsed.attributes;
    if said.number(CKA_CLASS).is_some_and(|class| class != CKO_SECRET_KEY) || !parsed.secrets.is_empty() {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let key_type = said.number(CKA_KEY_TYPE).unwrap_or(CKK_GENERIC_SECRET);
    let natural_bytes = natural_bytes.filter(|_| key_type != CKK_AES);
    let value_bytes = said.number(CKA_VALUE_LEN).or(natural_bytes).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    check_size(key_type, value_bytes)?;
    let mut made = merged(&parsed, key.wanted, CKO_SECRET_KEY, Some(key_type))?;
    made.set_number(CKA_VALUE_LEN, value_bytes);
    inherit(&mut made, bases);
    made.set(CKA_UNIQUE_ID, unique_id_text(key.uuid));
    within_limits(&made)?;
    Ok(made)
}

/// A derived key has always been sensitive if its base keys have, and it is; likewise with never extractable.
fn inherit(key: &mut Attributes, bases: &[&Attributes]) {
    key.set_number(CKA_KEY_GEN_MECHANISM, UNAVAILABLE);
    key.set_boolean(CKA_LOCAL, false);
    for (history, holds) in [
        (CKA_ALWAYS_SENSITIVE, key.boolean(CKA_SENSITIVE) == Some(true)),
        (CKA_NEVER_EXTRACTABLE, key.boolean(CKA_EXTRACTABLE) == Some(false)),
    ] {
        key.set_boolean(history, holds && bases.iter().all(|base| base.boolean(history) == Some(true)));
    }
}
