//! Key agreement on curve25519 (PKCS#11 v3.2, 6.3.7, 6.3.8 and 6.3.17; RFC 7748).

use super::aws_lc::x25519;
use super::domain::Domain;
use crate::memory::SecretBytes;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::tables::CKA_VALUE;

/// The secret that a stored private key, whose secrets are `form`, shares with a public point.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID` (no point, or one of small order), `CKR_DEVICE_MEMORY`.
pub(super) fn agree(form: &[u8], point: &[u8]) -> Result<SecretBytes, Rv> {
    let private = secrets::find(form, CKA_VALUE).and_then(|value| value.try_into().ok()).ok_or(CKR_DEVICE_ERROR)?;
    let public = Domain::X25519.point(point).try_into().map_err(|_| CKR_MECHANISM_PARAM_INVALID)?;
    x25519::agree(private, public).map_err(|failure| failure.or(CKR_MECHANISM_PARAM_INVALID))
}
