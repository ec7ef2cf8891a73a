//! SLH-DSA and HashSLH-DSA (PKCS#11 v3.2, 6.69; FIPS 205).

use super::der;
use super::material::{Material, named, public_key_info};
use super::sign_context::{Scheme, oid};
use super::slh_dsa_sets::{Signed, SlhDsaSet};
use crate::memory::SecretBytes;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::tables::*;

/// The parameter set that a template or an object names by its CKP_SLH_DSA_ value.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_PARAMETER_SET_NOT_SUPPORTED`.
pub(super) fn set_of(attributes: &Attributes) -> Result<SlhDsaSet, Rv> {
    let value = attributes.number(CKA_PARAMETER_SET).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let found = SlhDsaSet::ALL.iter().find(|set| **set as u64 == value);
    found.copied().ok_or(CKR_PARAMETER_SET_NOT_SUPPORTED)
}

enum Value {
    Public(Vec<u8>),
    Private(SecretBytes),
}

/// An SLH-DSA key, ready.
pub(super) struct SlhDsaKey {
    set: SlhDsaSet,
    value: Value,
}

impl SlhDsaKey {
    /// A stored public key.
    pub(super) fn public(attributes: &Attributes) -> Result<Self, Rv> {
        let value = attributes.value(CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
        Ok(Self { set: set_of(attributes)?, value: Value::Public(value.to_vec()) })
    }

    /// A stored private key.
    pub(super) fn private(attributes: &Attributes, form: &[u8]) -> Result<Self, Rv> {
        let value = secrets::find(form, CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
        Ok(Self { set: set_of(attributes)?, value: Value::Private(SecretBytes::copy_of(value)?) })
    }

    pub(super) fn secret_bytes(&self) -> usize {
        match &self.value {
            Value::Public(_) => 0,
            Value::Private(value) => value.len(),
        }
    }

    /// Append a signature of a message, or of its digest.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE` (no digest of the hash).
    pub(super) fn sign(&self, scheme: Scheme<'_>, input: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let Value::Private(value) = &self.value else { return Err(CKR_KEY_TYPE_INCONSISTENT) };
        let hash = hash_of(scheme, input)?;
        let signed = Signed { input, context: scheme.context, hash: hash.as_deref() };
        let made = self.set.sign(value, signed, !scheme.deterministic, out);
        made.map_err(|failure| failure.or(CKR_GENERAL_ERROR))
    }

    /// Check a signature.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`.
    pub(super) fn verify(&self, scheme: Scheme<'_>, input: &[u8], signature: &[u8]) -> Result<(), Rv> {
        let Value::Public(value) = &self.value else { return Err(CKR_KEY_TYPE_INCONSISTENT) };
        if signature.len() != self.set.signature_bytes() {
            return Err(CKR_SIGNATURE_LEN_RANGE);
        }
        let hash = hash_of(scheme, input)?;
        let signed = Signed { input, context: scheme.context, hash: hash.as_deref() };
        let holds = self.set.verify(value, signed, signature);
        if holds.map_err(|failure| failure.or(CKR_GENERAL_ERROR))? { Ok(()) } else { Err(CKR_SIGNATURE_INVALID) }
    }
}

/// The OBJECT IDENTIFIER of the hash whose digest `input` is; `None` of a message.
fn hash_of(scheme: Scheme<'_>, input: &[u8]) -> Result<Option<Vec<u8>>, Rv> {
    if scheme.hash.is_some_and(|hash| hash.digest_bytes() != input.len()) {
        return Err(CKR_DATA_LEN_RANGE);
    }
    Ok(scheme.hash.and_then(oid).map(|oid| der::element(der::OBJECT_IDENTIFIER, &[oid])))
}

/// Make a pair of the set that the public key's template names.
pub(super) fn generate(asked: &Attributes) -> Result<Material, Rv> {
    let set = set_of(asked)?;
    let private = set.generate().map_err(|failure| failure.or(CKR_FUNCTION_FAILED))?;
    Ok(material(set, &private[set.public_bytes()..], secrets::encode(&[(CKA_VALUE, &private)])?))
}

/// Check a public key to be stored.
pub(super) fn import_public(said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let set = set_of(said)?;
    let value = named(secrets, CKA_VALUE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    if value.len() != set.public_bytes() {
        return Err(CKR_ATTRIBUTE_VALUE_INVALID);
    }
    Ok(material(set, value, SecretBytes::zeroed(0)?))
}

/// Check a private key to be stored: its parts belong together.
pub(super) fn import_private(said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let set = set_of(said)?;
    let value = named(secrets, CKA_VALUE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    if !set.holds_together(value).map_err(|failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID))? {
        return Err(CKR_ATTRIBUTE_VALUE_INVALID);
    }
    Ok(material(set, &value[set.public_bytes()..], secrets::encode(&[(CKA_VALUE, value)])?))
}

fn material(set: SlhDsaSet, value: &[u8], secret: SecretBytes) -> Material {
    let mut private = Attributes::default();
    private.set_number(CKA_PARAMETER_SET, set as u64);
    private.set(CKA_PUBLIC_KEY_INFO, public_key_info(&oid_of(set), &[], value));
    let mut public = private.clone();
    public.set(CKA_VALUE, value);
    Material { public, private, secret }
}

/// The content of a set's OBJECT IDENTIFIER: id-slh-dsa-sha2-128s to -256f, then those of SHAKE,
/// 2.16.840.1.101.3.4.3.20 to .31 (RFC 9909, 3). The sets' numbers go through the hashes first, then through `s` and
/// `f`, then through the sizes.
pub(super) fn oid_of(set: SlhDsaSet) -> [u8; 9] {
    let at = set as u8 - 1;
    let (size, fast, shake) = (at / 4, at / 2 % 2, at % 2);
    [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 20 + 6 * shake + 2 * size + fast]
}
