//! Templates that a key holds for others (PKCS#11 v3.2, 4.8 to 4.10, 5.18.3 to 5.18.9): CKA_WRAP_TEMPLATE says which
//! keys it wraps, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE, CKA_ENCAPSULATE_TEMPLATE and CKA_DECAPSULATE_TEMPLATE what is
//! made with it.

use super::template::well_formed;
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::limits;
use vhsm_wire::messages::{Attribute, Template, attribute::Content};
use vhsm_wire::table::{AttributeKind, AttributeRow, SetBy};
use vhsm_wire::tables::{CKA_ENCAPSULATE_TEMPLATE, CKA_WRAP_TEMPLATE};

/// Whether a value is a template for such a `row`: no template in a template, no secret, and what only the engine sets
/// is compared with what is wrapped, but put on no key.
pub(super) fn well_formed_template(row: &AttributeRow, value: &[u8]) -> bool {
    let Ok(inner) = Attributes::parse(value) else { return false };
    let fits = |(kind, value)| {
        vhsm_wire::attribute(kind).is_some_and(|inner: &AttributeRow| {
            let settable = inner.set_by == SetBy::Template || row.value == CKA_WRAP_TEMPLATE;
            !inner.secret && inner.kind != AttributeKind::Template && settable && well_formed(inner, value)
        })
    };
    inner.iter().count() as u64 <= limits::OBJECT_TEMPLATE_ATTRIBUTES_MAX && inner.iter().all(fits)
}

/// Whether `key` has everything that the CKA_WRAP_TEMPLATE of the key that is to wrap it names.
///
/// # Errors
/// `CKR_KEY_HANDLE_INVALID`, as 5.18.3 has it.
pub(super) fn matches(wrapping: &Attributes, key: &Attributes) -> Result<(), Rv> {
    let Some(demanded) = held(wrapping, CKA_WRAP_TEMPLATE)? else { return Ok(()) };
    let same = demanded.iter().all(|(kind, value)| key.value(kind) == Some(value));
    if same { Ok(()) } else { Err(CKR_KEY_HANDLE_INVALID) }
}

/// The application's `template` with what the template `kind` of each of the `keys` adds to it.
///
/// # Errors
/// They do not say the same: `CKR_TEMPLATE_INCONSISTENT`, of C_EncapsulateKey `CKR_KEY_HANDLE_INVALID` (5.18.8).
pub(super) fn applied<'a>(
    template: &Template,
    keys: impl IntoIterator<Item = &'a Attributes>,
    kind: u64,
) -> Result<Template, Rv> {
    let conflict = if kind == CKA_ENCAPSULATE_TEMPLATE { CKR_KEY_HANDLE_INVALID } else { CKR_TEMPLATE_INCONSISTENT };
    let mut whole = template.clone();
    for key in keys {
        let Some(added) = held(key, kind)?.filter(|_| super::ENFORCED) else { continue };
        for (kind, value) in added.iter() {
            let content = Some(Content::Value(value.to_vec()));
            match whole.attributes.iter().find(|said| said.r#type == kind) {
                Some(said) if said.content == content => {}
                Some(_) => return Err(conflict),
                None => whole.attributes.push(Attribute { r#type: kind, content }),
            }
        }
    }
    Ok(whole)
}

/// A template that a key holds. The form of what is authenticated was checked when it was made.
fn held(key: &Attributes, kind: u64) -> Result<Option<Attributes>, Rv> {
    key.value(kind).map(|value| Attributes::parse(value).map_err(|_| CKR_GENERAL_ERROR)).transpose()
}
