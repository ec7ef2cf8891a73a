//! Attributes between PKCS#11's form (CK_BBOOL, CK_ULONG) and the canonical one, by the generated table.

use crate::ffi::{self, Entry};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::attributes::{self, Attributes};
use vhsm_wire::limits;
use vhsm_wire::messages::{Attribute, Template, attribute::Content};
use vhsm_wire::table::{AttributeKind, AttributeRow};

const WORD: usize = size_of::<CK_ULONG>();

/// A template to send; the secrets are the caller's own memory.
pub struct Encoded<'a> {
    pub template: Template,
    pub secrets: Vec<&'a [u8]>,
}

/// Encode the template of an object to make or change.
///
/// # Errors
/// CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, and CKR_TEMPLATE_INCONSISTENT for too many attributes,
/// too many bytes, or one attribute twice.
pub fn encode<'a>(entries: &[Entry<'a>]) -> Result<Encoded<'a>> {
    encode_with(entries, false)
}

/// Encode the template of an object whose value comes from elsewhere: the mechanism makes it, or it is wrapped.
///
/// # Errors
/// As `encode`, and CKR_TEMPLATE_INCONSISTENT where the template gives it.
pub fn encode_without_value(template: ffi::Template<'_>) -> Result<Template> {
    let encoded = encode(&template.entries()?)?;
    if encoded.secrets.is_empty() { Ok(encoded.template) } else { Err(Rv(CKR_TEMPLATE_INCONSISTENT)) }
}

/// Encode the template of a search: the CKA_VALUE of certificates, by which NSS finds them, is no secret, and the
/// server can compare it.
///
/// # Errors
/// As `encode`.
pub fn encode_sought<'a>(entries: &[Entry<'a>]) -> Result<Encoded<'a>> {
    let certificate = |entry: &Entry<'_>| {
        entry.kind == CKA_CLASS && entry.value.bytes().is_ok_and(|value| value == CKO_CERTIFICATE.to_ne_bytes())
    };
    encode_with(entries, entries.iter().any(certificate))
}

fn encode_with<'a>(entries: &[Entry<'a>], value_is_open: bool) -> Result<Encoded<'a>> {
    if entries.len() > limits::OBJECT_TEMPLATE_ATTRIBUTES_MAX as usize {
        return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
    }
    let mut encoded = Encoded { template: Template::default(), secrets: Vec::new() };
    let mut length = 0;
    for (at, entry) in entries.iter().enumerate() {
        if entries[..at].iter().any(|before| before.kind == entry.kind) {
            return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
        }
        let row = vhsm_wire::attribute(entry.kind).ok_or(Rv(CKR_ATTRIBUTE_TYPE_INVALID))?;
        let value = entry.value.bytes().map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?;
        if value.len() as u64 > limits::OBJECT_ATTRIBUTES_LENGTH_MAX {
            return Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID));
        }
        length += value.len();
        let content = if row.secret && !(value_is_open && entry.kind == CKA_VALUE) {
            encoded.secrets.push(value);
            Content::Secret(encoded.secrets.len() as u32 - 1)
        } else if row.kind == AttributeKind::Template {
            let canonical = nested_to_canonical(entry)?;
            length += canonical.len();
            Content::Value(canonical)
        } else {
            Content::Value(to_canonical(row.kind, value)?)
        };
        encoded.template.attributes.push(Attribute { r#type: entry.kind, content: Some(content) });
    }
    if length as u64 > limits::OBJECT_ATTRIBUTES_LENGTH_MAX {
        return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
    }
    Ok(encoded)
}

fn to_canonical(kind: AttributeKind, value: &[u8]) -> Result<Vec<u8>> {
    match (kind, value) {
        (AttributeKind::Boolean, [byte]) => Ok(vec![u8::from(*byte != 0)]),
        (AttributeKind::Number, value) if value.len() == WORD => Ok(numbers_to_canonical(value)),
        (AttributeKind::Mechanisms, value) if value.len() % WORD == 0 => Ok(numbers_to_canonical(value)),
        (AttributeKind::Date, value) if value.is_empty() || value.len() == size_of::<CK_DATE>() => Ok(value.to_vec()),
        (AttributeKind::Bytes | AttributeKind::Text, value) => Ok(value.to_vec()),
        _ => Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)),
    }
}

/// An array of attributes: no secrets, and no array in it.
fn nested_to_canonical(entry: &Entry<'_>) -> Result<Vec<u8>> {
    let invalid = Rv(CKR_ATTRIBUTE_VALUE_INVALID);
    let entries = entry.array()?.ok_or(invalid)?;
    let holds = |row: &AttributeRow| !row.secret && row.kind != AttributeKind::Template;
    if !entries.iter().all(|inner| vhsm_wire::attribute(inner.kind).is_none_or(holds)) {
        return Err(invalid);
    }
    let mut canonical = Attributes::default();
    for attribute in encode(&entries)?.template.attributes {
        if let Some(Content::Value(value)) = attribute.content {
            canonical.set(attribute.r#type, value);
        }
    }
    Ok(canonical.encode())
}

fn numbers_to_canonical(value: &[u8]) -> Vec<u8> {
    let number = |word: &[u8]| word.try_into().map(CK_ULONG::from_ne_bytes).unwrap_or_default();
    value.chunks_exact(WORD).flat_map(|word| number(word).to_be_bytes()).collect()
}

/// Answer attribute `at` of the caller's template with a canonical value.
///
/// # Errors
/// CKR_BUFFER_TOO_SMALL, and CKR_DEVICE_ERROR for a template that has no canonical form.
pub fn answer(template: &ffi::Template<'_>, at: usize, kind: u64, value: &[u8]) -> Result<()> {
    if vhsm_wire::attribute(kind).is_none_or(|row| row.kind != AttributeKind::Template) {
        return template.answer(at, &from_canonical(kind, value));
    }
    let inner = Attributes::parse(value).map_err(|_| Rv(CKR_DEVICE_ERROR))?;
    let items: Vec<_> = inner.iter().map(|(kind, value)| (kind, from_canonical(kind, value))).collect();
    template.answer_array(at, items.into_iter())
}

/// Write a canonical value in PKCS#11's form.
fn from_canonical(kind: u64, value: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    match vhsm_wire::attribute(kind).map(|row| row.kind) {
        Some(AttributeKind::Number | AttributeKind::Mechanisms) => {
            let number = |word: &[u8]| word.try_into().map(CK_ULONG::from_be_bytes).unwrap_or_default();
            value.chunks_exact(8).flat_map(|word| number(word).to_ne_bytes()).collect::<Vec<u8>>().into()
        }
        _ => value.into(),
    }
}

/// The value of one attribute in a canonical form (crates/wire, attributes.rs), without parsing it into a map.
///
/// # Errors
/// CKR_DEVICE_ERROR for anything that is no canonical form.
pub fn canonical_value(canonical: &[u8], kind: u64) -> Result<Option<&[u8]>> {
    let malformed = Rv(CKR_DEVICE_ERROR);
    let (&version, mut rest) = canonical.split_first().ok_or(malformed)?;
    if version != attributes::VERSION {
        return Err(malformed);
    }
    while !rest.is_empty() {
        let (entry, tail) = rest.split_first_chunk::<8>().ok_or(malformed)?;
        let (length, tail) = tail.split_first_chunk::<4>().ok_or(malformed)?;
        let (value, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(malformed)?;
        if u64::from_be_bytes(*entry) == kind {
            return Ok(Some(value));
        }
        rest = tail;
    }
    Ok(None)
}
