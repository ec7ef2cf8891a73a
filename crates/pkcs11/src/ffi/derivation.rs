//! Parameters of key derivation (PKCS#11 v3.2, chapter 6). As in parameters.rs, a structure of another size than the
//! standard's is CKR_MECHANISM_PARAM_INVALID.

use super::memory::Input;
use crate::rv::{Result, Rv};
use cryptoki_sys::*;

const INVALID: Rv = Rv(CKR_MECHANISM_PARAM_INVALID);

/// Read CK_ECDH1_DERIVE_PARAMS: the function (CKD_), shared data, public data.
pub fn ecdh_parameters<'a>(parameter: Input<'a>) -> Result<(u64, Input<'a>, Input<'a>)> {
    // SAFETY: numbers and raw pointers.
    let ecdh: CK_ECDH1_DERIVE_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that both are null or valid for their lengths.
    let (shared, public) = unsafe {
        (Input::new(ecdh.pSharedData, ecdh.ulSharedDataLen), Input::new(ecdh.pPublicData, ecdh.ulPublicDataLen))
    };
    Ok((ecdh.kdf, shared, public))
}
