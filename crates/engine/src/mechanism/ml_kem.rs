//! ML-KEM (PKCS#11 v3.2, 6.68; FIPS 203).

use super::aws_lc::Failure;
use super::aws_lc::ml_kem::{MlKem, MlKemSet, SEED_BYTES};
use super::encoded::Encoded;
use super::parameters::row;
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

/// Check the mechanism; the key is the laws' affair.
fn check(operation: Operation, mechanism: &Mechanism) -> Result<(), Rv> {
    row(operation, mechanism.r#type)?;
    if mechanism.parameters.is_none() { Ok(()) } else { Err(CKR_MECHANISM_PARAM_INVALID) }
}

/// Make a shared secret for a stored public key; the ciphertext comes first.
///
/// # Errors
/// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, `CKR_DEVICE_MEMORY`.
pub fn encapsulate(mechanism: &Mechanism, public: &Attributes) -> Result<(Vec<u8>, SecretBytes), Rv> {
    check(Operation::Encapsulate, mechanism)?;
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
    check(Operation::Decapsulate, mechanism)?;
    let set = set_of(private)?;
    if ciphertext.len() != set.ciphertext_bytes() {
        return Err(CKR_WRAPPED_KEY_LEN_RANGE);
    }
    let value = secrets::find(form, CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
    let made = MlKem::private(set, value).and_then(|key| key.decapsulate(ciphertext));
    made.map_err(|failure| failure.or(CKR_GENERAL_ERROR))
}

impl Encoded for MlKem {
    type Set = MlKemSet;
    const SEED_BYTES: usize = SEED_BYTES;

    fn set_of(attributes: &Attributes) -> Result<MlKemSet, Rv> {
        set_of(attributes)
    }

    fn of_seed(set: MlKemSet, seed: &[u8]) -> Result<Self, Failure> {
        Self::of_seed(set, seed)
    }

    fn of_private(set: MlKemSet, value: &[u8]) -> Result<Self, Failure> {
        let key = Self::private(set, value)?;
        key.check(true).map(|()| key)
    }

    fn of_public(set: MlKemSet, value: &[u8]) -> Result<Self, Failure> {
        let key = Self::public(set, value)?;
        key.check(false).map(|()| key)
    }

    fn names(&self) -> (u64, [u8; 9]) {
        let number = self.set() as u8;
        (number.into(), oid_of(number))
    }

    fn public_value(&self) -> Result<Vec<u8>, Failure> {
        self.public_value()
    }

    fn private_value(&self) -> Result<SecretBytes, Failure> {
        self.private_value()
    }
}

/// The content of the OBJECT IDENTIFIER of CKP_ML_KEM_512 to _1024: id-alg-ml-kem-512 to -1024, 2.16.840.1.101.3.4.4.1
/// to .3 (RFC 9935, 3).
pub(super) fn oid_of(set: u8) -> [u8; 9] {
    [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, set]
}
