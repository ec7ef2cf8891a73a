//! Which secret attributes an object gives (PKCS#11 v3.2, 4.10 and 5.7.5).

use super::template::has;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::{CKO_CERTIFICATE, CKO_DATA, CKO_PUBLIC_KEY};
use vhsm_wire::tables::{CKA_CLASS, CKA_EXTRACTABLE, CKA_KEY_TYPE, CKA_SENSITIVE};

/// The secret attributes of an object that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readable {
    /// Given.
    pub give: Vec<u64>,
    /// Withheld: CKR_ATTRIBUTE_SENSITIVE.
    pub withhold: Vec<u64>,
}

/// Whether the object's value may be read: of a key, if it is extractable and not sensitive, and says so.
#[must_use]
pub fn value_readable(attributes: &Attributes) -> bool {
    let open = match attributes.number(CKA_CLASS) {
        Some(CKO_DATA | CKO_CERTIFICATE | CKO_PUBLIC_KEY) => true,
        _ => attributes.boolean(CKA_SENSITIVE) == Some(false) && attributes.boolean(CKA_EXTRACTABLE) == Some(true),
    };
    open || !super::ENFORCED
}

/// Sort the secret attributes among `types` that this object has.
#[must_use]
pub fn readable(attributes: &Attributes, types: &[u64]) -> Readable {
    let Some(class) = attributes.number(CKA_CLASS) else { return Readable::default() };
    let key_type = attributes.number(CKA_KEY_TYPE);
    let mut secret: Vec<u64> = types
        .iter()
        .copied()
        .filter(|kind| vhsm_wire::attribute(*kind).is_some_and(|row| row.secret && has(row, class, key_type)))
        .collect();
    secret.sort_unstable();
    secret.dedup();
    if value_readable(attributes) {
        Readable { give: secret, withhold: Vec::new() }
    } else {
        Readable { give: Vec::new(), withhold: secret }
    }
}
