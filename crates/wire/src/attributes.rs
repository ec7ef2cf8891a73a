//! The canonical form of an object's attributes: what is authenticated at rest and compared in a find.
//!
//! A version byte, then entries sorted by type without repetition: type u64, length u32, value; all
//! big-endian. Booleans are 1 byte, numbers 8. Vectors: `spec/vectors/attributes.json`.

use crate::limits;
use std::collections::BTreeMap;
use thiserror::Error;

/// First byte of every canonical form.
pub const VERSION: u8 = 1;

/// Why bytes are not a canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a canonical attribute list")]
pub struct Malformed;

/// An object's attributes, by `CKA_` type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<u64, Vec<u8>>);

impl Attributes {
    /// Parse a canonical form; anything else than what [`Attributes::encode`] writes is refused.
    ///
    /// # Errors
    /// [`Malformed`], also for unsorted or repeated types and beyond the length limit.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() as u64 > limits::OBJECT_ATTRIBUTES_LENGTH_MAX {
            return Err(Malformed);
        }
        let (version, mut rest) = bytes.split_first().ok_or(Malformed)?;
        if *version != VERSION {
            return Err(Malformed);
        }
        let mut entries = BTreeMap::new();
        while !rest.is_empty() {
            let (head, tail) = rest.split_first_chunk::<8>().ok_or(Malformed)?;
            let (length, tail) = tail.split_first_chunk::<4>().ok_or(Malformed)?;
            let kind = u64::from_be_bytes(*head);
            let length = u32::from_be_bytes(*length) as usize;
            if tail.len() < length || entries.last_key_value().is_some_and(|(last, _)| *last >= kind) {
                return Err(Malformed);
            }
            entries.insert(kind, tail[..length].to_vec());
            rest = &tail[length..];
        }
        Ok(Self(entries))
    }

    /// Spell the canonical form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for (kind, value) in &self.0 {
            bytes.extend_from_slice(&kind.to_be_bytes());
            bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
            bytes.extend_from_slice(value);
        }
        bytes
    }

    /// The value of one attribute.
    #[must_use]
    pub fn value(&self, kind: u64) -> Option<&[u8]> {
        self.0.get(&kind).map(Vec::as_slice)
    }

    /// The value of a boolean attribute; `None` where it is absent or no boolean.
    #[must_use]
    pub fn boolean(&self, kind: u64) -> Option<bool> {
        match self.value(kind)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// The value of a numeric attribute; `None` where it is absent or no number.
    #[must_use]
    pub fn number(&self, kind: u64) -> Option<u64> {
        Some(u64::from_be_bytes(self.value(kind)?.try_into().ok()?))
    }

    /// Set one attribute, whatever it was.
    pub fn set(&mut self, kind: u64, value: impl Into<Vec<u8>>) {
        self.0.insert(kind, value.into());
    }

    /// Set a boolean.
    pub fn set_boolean(&mut self, kind: u64, value: bool) {
        self.set(kind, [u8::from(value)]);
    }

    /// Set a number.
    pub fn set_number(&mut self, kind: u64, value: u64) {
        self.set(kind, value.to_be_bytes());
    }

    /// Drop one attribute.
    pub fn remove(&mut self, kind: u64) {
        self.0.remove(&kind);
    }

    /// Every attribute, sorted by type.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.0.iter().map(|(kind, value)| (*kind, value.as_slice()))
    }
}
