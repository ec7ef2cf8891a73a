//! CKA_CHECK_VALUE (PKCS#11 v3.2, 4.6.3 and 4.10).
//!
//! Three bytes of an encryption tell nothing of a key. Three bytes of a digest tell a short secret, so a generic secret
//! has them only where its value may be read anyway.

use super::read::value_readable;
use crate::mechanism;
use crate::object::Object;
use crate::rv::*;
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

/// Keys without a cipher of their own: what is digested is the value.
const DIGESTED: [u64; 12] = [
    CKK_GENERIC_SECRET,
    CKK_SHA_1_HMAC,
    CKK_SHA224_HMAC,
    CKK_SHA256_HMAC,
    CKK_SHA384_HMAC,
    CKK_SHA512_HMAC,
    CKK_SHA512_224_HMAC,
    CKK_SHA512_256_HMAC,
    CKK_SHA3_224_HMAC,
    CKK_SHA3_256_HMAC,
    CKK_SHA3_384_HMAC,
    CKK_SHA3_512_HMAC,
];

/// A new object with its check value. An empty one in its template, or of the worker's wish, means that none is wanted;
/// any other in its template must be right, where there is one.
///
/// # Errors
/// `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_DEVICE_MEMORY`.
pub fn with_check_value(mut object: Object) -> Result<Object, Rv> {
    let class = object.attributes.number(CKA_CLASS);
    let said = object.attributes.value(CKA_CHECK_VALUE);
    if !matches!(class, Some(CKO_CERTIFICATE | CKO_SECRET_KEY)) || said.is_some_and(<[u8]>::is_empty) {
        return Ok(object);
    }
    let right = right_value(&object)?;
    if said.is_some_and(|said| !right.is_empty() && said != right) {
        return Err(CKR_ATTRIBUTE_VALUE_INVALID);
    }
    object.attributes.set(CKA_CHECK_VALUE, right);
    Ok(object)
}

/// Empty where there is none.
fn right_value(object: &Object) -> Result<Vec<u8>, Rv> {
    let attributes = &object.attributes;
    let Some(key_type) = attributes.number(CKA_KEY_TYPE) else {
        let value = attributes.value(CKA_VALUE).map(mechanism::digested_check_value).transpose();
        return Ok(value?.unwrap_or_default());
    };
    if DIGESTED.contains(&key_type) && value_readable(attributes) {
        return Ok(mechanism::digested_check_value(&object.secret)?);
    }
    Ok(mechanism::enciphered_check_value(key_type, &object.secret)?.unwrap_or_default())
}
