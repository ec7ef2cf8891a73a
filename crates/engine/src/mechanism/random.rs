//! Random numbers and the values of new keys (PKCS#11 v3.2, 5.20 and 5.18).

use super::aws_lc;
use crate::memory::SecretBytes;
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::tables::CKA_VALUE_LEN;

/// Fill `out` with random bytes.
pub fn random(out: &mut [u8]) {
    aws_lc::random(out);
}

/// aws-lc's generator takes no seed from callers, so none is taken and none is claimed to be.
///
/// # Errors
/// Always `CKR_RANDOM_SEED_NOT_SUPPORTED`.
pub fn seed_random(_seed: &[u8]) -> Result<(), Rv> {
    Err(CKR_RANDOM_SEED_NOT_SUPPORTED)
}

/// Make the random value of a key with these attributes, as the laws gave them: CKA_VALUE_LEN bytes.
///
/// # Errors
/// `CKR_DEVICE_MEMORY`; `CKR_GENERAL_ERROR` where the length is missing.
pub fn generate_value(attributes: &Attributes) -> Result<SecretBytes, Rv> {
    let length = attributes.number(CKA_VALUE_LEN).ok_or(CKR_GENERAL_ERROR)?;
    let mut value = SecretBytes::zeroed(usize::try_from(length).map_err(|_| CKR_DEVICE_MEMORY)?)?;
    aws_lc::random(&mut value);
    Ok(value)
}
