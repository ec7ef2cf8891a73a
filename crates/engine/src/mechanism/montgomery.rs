//! Key agreement on curve25519 and curve448 (PKCS#11 v3.2, 6.3.7, 6.3.8 and 6.3.17; RFC 7748).

use super::aws_lc::x25519;
use super::curve448;
use super::domain::Domain;
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::table::CKK_EC_MONTGOMERY;
use vhsm_wire::tables::{CKA_EC_PARAMS, CKA_VALUE};

/// The secret that a stored private key shares with a public point.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID` (no point, or one of small order), `CKR_DEVICE_MEMORY`.
pub(super) fn agree(key: &Object, point: &[u8]) -> Result<SecretBytes, Rv> {
    let parameters = key.attributes.value(CKA_EC_PARAMS).ok_or(CKR_DEVICE_ERROR)?;
    let domain = Domain::parse(CKK_EC_MONTGOMERY, parameters).map_err(|_| CKR_DEVICE_ERROR)?;
    let private = secrets::find(&key.secret, CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
    let public = domain.point(point);
    match domain {
        Domain::X448 => curve448::x448_agree(
            private.try_into().map_err(|_| CKR_DEVICE_ERROR)?,
            public.try_into().map_err(|_| CKR_MECHANISM_PARAM_INVALID)?,
        ),
        _ => x25519::agree(
            private.try_into().map_err(|_| CKR_DEVICE_ERROR)?,
            public.try_into().map_err(|_| CKR_MECHANISM_PARAM_INVALID)?,
        ),
    }
    .map_err(|failure| failure.or(CKR_MECHANISM_PARAM_INVALID))
}
