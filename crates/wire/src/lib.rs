//! What the engine and the PKCS#11 module agree on: the frame, the messages, the tables and the limits.
//!
//! The files under `generated/` are written from `spec/` by `make generate`.

pub mod attributes;
pub mod frame;
pub mod table;

/// Every bound of `spec/limits.toml`.
#[path = "generated/limits.rs"]
pub mod limits;

/// The messages of `spec/wire`.
#[allow(missing_docs, clippy::all, reason = "generated")]
#[path = "generated/messages.rs"]
pub mod messages;

/// The rows of `spec/pkcs11`.
#[path = "generated/tables.rs"]
pub mod tables;

/// The row of a mechanism, by its `CKM_` value.
#[must_use]
pub fn mechanism(value: u64) -> Option<&'static table::MechanismRow> {
    let index = tables::MECHANISMS.binary_search_by_key(&value, |row| row.value).ok()?;
    Some(&tables::MECHANISMS[index])
}

/// The row of an attribute, by its `CKA_` value.
#[must_use]
pub fn attribute(value: u64) -> Option<&'static table::AttributeRow> {
    let index = tables::ATTRIBUTES.binary_search_by_key(&value, |row| row.value).ok()?;
    Some(&tables::ATTRIBUTES[index])
}
