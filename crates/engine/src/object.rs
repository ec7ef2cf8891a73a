//! An opened object: its attributes in the clear and its secret in secret memory.

use crate::memory::{OutOfSecretMemory, SecretBytes};
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::{CKO_DATA, CKO_PRIVATE_KEY, CKO_SECRET_KEY};
use vhsm_wire::tables::{ATTRIBUTES, CKA_CLASS, CKA_PRIVATE, CKA_VALUE};

/// An object's identity in the store, chosen by the engine before it seals.
pub type Uuid = [u8; 16];

/// An object as the engine works with it.
#[derive(Debug)]
pub struct Object {
    /// Everything that PKCS#11 does not call secret; the CKA_VALUE of certificates and public data objects also
    /// stands here.
    pub attributes: Attributes,
    /// What is sealed: the value of a secret key or of a private data object, all secrets of a private key
    /// ([`secrets`]); else empty.
    pub secret: SecretBytes,
}

impl Object {
    /// An attribute that travels in the segment, wherever it stands; `None` where the object does not have it.
    #[must_use]
    pub fn secret_value(&self, kind: u64) -> Option<&[u8]> {
        match self.attributes.number(CKA_CLASS) {
            Some(CKO_PRIVATE_KEY) => secrets::find(&self.secret, kind),
            _ if kind == CKA_VALUE && value_is_sealed(&self.attributes) => Some(&self.secret),
            _ => self.attributes.value(kind),
        }
    }

    /// Copy the object.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn duplicate(&self) -> Result<Self, OutOfSecretMemory> {
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

/// Whether secrets are sealed, instead of standing among the attributes.
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
