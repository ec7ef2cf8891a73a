//! ML-KEM (PKCS#11 v3.2, 6.68; FIPS 203).

use super::aws_lc::ml_kem::{MlKem, MlKemSet, SEED_BYTES};
use super::aws_lc::{Failure, random};
use super::material::{Material, Valued, named};
use super::parameters::{permitted, row};
use crate::memory::SecretBytes;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Mechanism, Operation};
use vhsm_wire::tables::*;

/// The parameter set that a template or an object names by its CKP_ML_KEM_ value.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_PARAMETER_SET_NOT_SUPPORTED`.
pub(super) fn set_of(attributes: &Attributes) -> Result<MlKemSet, Rv> {
    match attributes.number(CKA_PARAMETER_SET).ok_or(CKR_TEMPLATE_INCOMPLETE)? {
        1 => Ok(MlKemSet::MlKem512),
        2 => Ok(MlKemSet::MlKem768),
        3 => Ok(MlKemSet::MlKem1024),
        _ => Err(CKR_PARAMETER_SET_NOT_SUPPORTED),
    }
}

/// Check mechanism and key as C_EncapsulateKey and C_DecapsulateKey do.
fn check(operation: Operation, mechanism: &Mechanism, key: &Attributes) -> Result<(), Rv> {
    let row = row(operation, mechanism.r#type)?;
    if mechanism.parameters.is_some() {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    permitted(operation, row, key)
}

/// Make a shared secret for a stored public key; the ciphertext comes first.
///
/// # Errors
/// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, `CKR_KEY_TYPE_INCONSISTENT`,
/// `CKR_KEY_FUNCTION_NOT_PERMITTED`, `CKR_DEVICE_MEMORY`.
pub fn encapsulate(mechanism: &Mechanism, public: &Attributes) -> Result<(Vec<u8>, SecretBytes), Rv> {
    check(Operation::Encapsulate, mechanism, public)?;
    let value = public.value(CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
    let made = MlKem::public(set_of(public)?, value).and_then(|key| key.encapsulate());
    made.map_err(|failure| failure.or(CKR_GENERAL_ERROR))
}

/// The shared secret of a ciphertext for a stored private key, whose secrets are `form`.
///
/// # Errors
/// Those of [`encapsulate`], `CKR_WRAPPED_KEY_LEN_RANGE`.
pub fn decapsulate(
    mechanism: &Mechanism,
    private: &Attributes,
    form: &[u8],
    ciphertext: &[u8],
) -> Result<SecretBytes, Rv> {
    check(Operation::Decapsulate, mechanism, private)?;
    let set = set_of(private)?;
    if ciphertext.len() != set.ciphertext_bytes() {
        return Err(CKR_WRAPPED_KEY_LEN_RANGE);
    }
    let value = secrets::find(form, CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
    let made = MlKem::private(set, value).and_then(|key| key.decapsulate(ciphertext));
    made.map_err(|failure| failure.or(CKR_GENERAL_ERROR))
}

/// Make a pair of the set that the public key's template names.
pub(super) fn generate(asked: &Attributes) -> Result<Material, Rv> {
    let set = set_of(asked)?;
    let mut seed = SecretBytes::zeroed(SEED_BYTES)?;
    random(&mut seed);
    let key = MlKem::of_seed(set, &seed).map_err(|failure| failure.or(CKR_FUNCTION_FAILED))?;
    private_material(&key, Some(&seed))
}

/// Check a public key to be stored.
pub(super) fn import_public(said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let wrong = |failure: Failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID);
    let set = set_of(said)?;
    let key = MlKem::public(set, named(secrets, CKA_VALUE).ok_or(CKR_TEMPLATE_INCOMPLETE)?).map_err(wrong)?;
    key.check(false).map_err(wrong)?;
    valued(&key)?.public()
}

/// Check a private key to be stored: from its seed, its value, or both, which then belong together.
pub(super) fn import_private(said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let wrong = |failure: Failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID);
    let set = set_of(said)?;
    let (seed, value) = (named(secrets, CKA_SEED), named(secrets, CKA_VALUE));
    if value.is_some_and(|value| value.len() != set.private_bytes()) {
        return Err(CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let key = match (seed, value) {
        (Some(seed), _) => MlKem::of_seed(set, seed).map_err(wrong)?,
        (None, Some(value)) => MlKem::private(set, value).map_err(wrong)?,
        (None, None) => return Err(CKR_TEMPLATE_INCOMPLETE),
    };
    key.check(true).map_err(wrong)?;
    if let Some(value) = value
        && !super::aws_lc::equal(value, &key.private_value().map_err(wrong)?)
    {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    private_material(&key, seed)
}

fn private_material(key: &MlKem, seed: Option<&[u8]>) -> Result<Material, Rv> {
    let value = key.private_value().map_err(|failure| failure.or(CKR_GENERAL_ERROR))?;
    valued(key)?.private(&value, seed)
}

/// CKP_ML_KEM_512 to _1024, and id-alg-ml-kem-512 to -1024: 2.16.840.1.101.3.4.4.1 to .3 (RFC 9935, 3).
fn valued(key: &MlKem) -> Result<Valued, Rv> {
    let number = match key.set() {
        MlKemSet::MlKem512 => 1,
        MlKemSet::MlKem768 => 2,
        MlKemSet::MlKem1024 => 3,
    };
    let value = key.public_value().map_err(|failure| failure.or(CKR_GENERAL_ERROR))?;
    Ok(Valued { set: number.into(), algorithm: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, number], value })
}
