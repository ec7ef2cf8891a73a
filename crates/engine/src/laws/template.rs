//! An application's template, checked attribute by attribute (PKCS#11 v3.2, 4.1.1).

use super::key_template::well_formed_template;
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::limits;
use vhsm_wire::messages::{Template, attribute::Content};
use vhsm_wire::table::{AttributeKind, AttributeRow, CKO_PUBLIC_KEY, SetBy};
use vhsm_wire::tables::CKA_TRUSTED;

/// A template without contradictions in itself.
pub(super) struct Parsed {
    /// All but the secrets.
    pub(super) attributes: Attributes,
    /// The types of the secrets that it names.
    pub(super) secrets: Vec<u64>,
}

/// Check each attribute: known, once, of the right form, and not the engine's to set.
///
/// # Errors
/// `CKR_ATTRIBUTE_TYPE_INVALID`, `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_ATTRIBUTE_READ_ONLY`,
/// `CKR_TEMPLATE_INCONSISTENT` (an attribute twice, or more than the limits allow).
pub(super) fn parse(template: &Template) -> Result<Parsed, Rv> {
    parse_of(template, false)
}

/// The same of a template that may be the security `officer`'s: he alone says that a key is trusted (4.10).
///
/// # Errors
/// Those of [`parse`].
pub(super) fn parse_of(template: &Template, officer: bool) -> Result<Parsed, Rv> {
    if template.attributes.len() as u64 > limits::OBJECT_TEMPLATE_ATTRIBUTES_MAX {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let mut parsed = Parsed { attributes: Attributes::default(), secrets: Vec::new() };
    for attribute in &template.attributes {
        let row = vhsm_wire::attribute(attribute.r#type).ok_or(CKR_ATTRIBUTE_TYPE_INVALID)?;
        match &attribute.content {
            Some(Content::Secret(_)) if row.secret && !parsed.secrets.contains(&row.value) => {
                parsed.secrets.push(row.value);
            }
            Some(Content::Value(value)) if !row.secret => {
                if parsed.attributes.value(row.value).is_some() {
                    return Err(CKR_TEMPLATE_INCONSISTENT);
                }
                if !well_formed(row, value) {
                    return Err(CKR_ATTRIBUTE_VALUE_INVALID);
                }
                // That a key is not trusted may be said by anyone.
                let trust = row.value == CKA_TRUSTED && (officer || value == &[0] || !super::ENFORCED);
                if row.set_by == SetBy::Engine && !trust {
                    return Err(CKR_ATTRIBUTE_READ_ONLY);
                }
                parsed.attributes.set(row.value, value.clone());
            }
            Some(Content::Secret(_)) if row.secret => return Err(CKR_TEMPLATE_INCONSISTENT),
            _ => return Err(CKR_ATTRIBUTE_VALUE_INVALID),
        }
    }
    if parsed.attributes.encode().len() as u64 > limits::OBJECT_ATTRIBUTES_LENGTH_MAX {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    Ok(parsed)
}

/// Whether a value has the form that its row names.
pub(super) fn well_formed(row: &AttributeRow, value: &[u8]) -> bool {
    match row.kind {
        AttributeKind::Boolean => matches!(value, [0 | 1]),
        AttributeKind::Number => value.len() == 8,
        AttributeKind::Bytes => true,
        AttributeKind::Text => std::str::from_utf8(value).is_ok(),
        AttributeKind::Date => value.is_empty() || value.len() == 8 && value.iter().all(u8::is_ascii_digit),
        AttributeKind::Mechanisms => value.len() % 8 == 0,
        AttributeKind::Template => well_formed_template(row, value),
    }
}

/// Whether objects of this class, and keys of this type, have an attribute.
pub(super) fn has(row: &AttributeRow, class: u64, key_type: Option<u64>) -> bool {
    let types = if class == CKO_PUBLIC_KEY { row.public_key_types } else { row.key_types };
    let of_type = key_type.is_none_or(|key_type| types.is_empty() || types.contains(&key_type));
    row.classes.contains(&class) && of_type
}
