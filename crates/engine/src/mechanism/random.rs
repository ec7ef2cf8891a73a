//! Random numbers and the values of new keys (PKCS#11 v3.2, 5.20 and 5.18).

use super::{aws_lc, xts};
use crate::memory::SecretBytes;
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::{CKK_AES_XTS, CKK_DES2, CKK_DES3};
use vhsm_wire::tables::{CKA_KEY_TYPE, CKA_VALUE_LEN};

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
    if matches!(attributes.number(CKA_KEY_TYPE), Some(CKK_DES2 | CKK_DES3)) {
        aws_lc::set_odd_parity(&mut value);
    }
    Ok(value)
}

/// Whether a key of this type may have this value (its length apart): DES keys have odd parity (PKCS#11 v3.2, 6.39.2),
/// the halves of an AES-XTS key differ.
#[must_use]
pub fn well_made(key_type: u64, value: &[u8]) -> bool {
    match key_type {
        CKK_DES2 | CKK_DES3 => value.iter().all(|byte| byte.count_ones() % 2 == 1),
        CKK_AES_XTS => !xts::has_equal_halves(value),
        _ => true,
    }
}
