//! An opened object: its attributes in the clear and its secret in secret memory.

use crate::memory::SecretBytes;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::{CKO_DATA, CKO_PRIVATE_KEY, CKO_SECRET_KEY};
use vhsm_wire::tables::{ATTRIBUTES, CKA_CLASS, CKA_PRIVATE, CKA_VALUE};

/// An object's identity in the store, chosen by the engine before it seals.
pub type Uuid = [u8; 16];

/// An object as the engine works with it.
#[derive(Debug)]
pub struct Object {
    /// Everything that PKCS#11 does not call secret; the CKA_VALUE of a public data object also stands here.
    pub attributes: Attributes,
    /// What is sealed: the value of a secret key or of a private data object; else empty.
    pub secret: SecretBytes,
}

impl Object {
    /// CKA_VALUE, wherever it stands; empty where the object has none.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        if value_is_sealed(&self.attributes) {
            &self.secret
        } else {
            self.attributes.value(CKA_VALUE).unwrap_or_default()
        }
    }

    /// Copy the object.
    ///
    /// # Errors
    /// [`crate::memory::OutOfSecretMemory`].
    pub fn duplicate(&self) -> Result<Self, crate::memory::OutOfSecretMemory> {
        Ok(Self { attributes: self.attributes.clone(), secret: SecretBytes::copy_of(&self.secret)? })
    }
}

/// The attributes that travel in the clear: all but those whose row says `secret`.
#[must_use]
pub fn without_secrets(attributes: &Attributes) -> Attributes {
    let mut clear = attributes.clone();
    for row in ATTRIBUTES.iter().filter(|row| row.secret) {
        clear.remove(row.value);
    }
    clear
}

/// Whether an object with these attributes needs a login: CKA_PRIVATE, and whatever does not say.
#[must_use]
pub fn is_private(attributes: &Attributes) -> bool {
    attributes.boolean(CKA_PRIVATE) != Some(false)
}

/// Whether CKA_VALUE is sealed, instead of standing among the attributes.
#[must_use]
pub fn value_is_sealed(attributes: &Attributes) -> bool {
    match attributes.number(CKA_CLASS) {
        Some(CKO_SECRET_KEY | CKO_PRIVATE_KEY) => true,
        Some(CKO_DATA) => is_private(attributes),
        _ => false,
    }
}

/// A UUID's text form (RFC 9562, section 4): the value of CKA_UNIQUE_ID.
#[must_use]
pub fn unique_id_text(uuid: &Uuid) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_id_is_the_uuid_as_text() {
        let uuid = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 1, 2, 3, 4, 5, 6, 0xff];
        assert_eq!(unique_id_text(&uuid), "01234567-89ab-cdef-0001-0203040506ff");
    }
}
