//! Mechanism parameters: the structures of PKCS#11 v3.2, chapter 6, that hold pointers or more than one number.
//!
//! A structure of another size than the standard's, and one at a null pointer, is CKR_MECHANISM_PARAM_INVALID.

use super::memory::Input;
use crate::rv::{Result, Rv};
use cryptoki_sys::*;

/// A parameter that its mechanism does not take.
pub const INVALID: Rv = Rv(CKR_MECHANISM_PARAM_INVALID);

/// Read CK_GCM_PARAMS: IV, additional data and tag length in bits. The structure exists with `ulIvBits` (since
/// PKCS#11 v2.40 errata 1) and without (v2.30); its length tells which.
pub fn gcm_parameters<'a>(parameter: Input<'a>) -> Result<(Input<'a>, Input<'a>, u64)> {
    const WORD: usize = size_of::<CK_ULONG>();
    let bytes = parameter.bytes().map_err(|_| INVALID)?;
    let skipped = match bytes.len() {
        length if length == 6 * WORD => 1,
        length if length == 5 * WORD => 0,
        _ => return Err(INVALID),
    };
    let word = |at: usize| {
        let mut word = [0; WORD];
        word.copy_from_slice(&bytes[at * WORD..(at + 1) * WORD]);
        CK_ULONG::from_ne_bytes(word)
    };
    // SAFETY: PKCS#11 makes the caller promise that pIv and pAAD are null or valid for ulIvLen and ulAADLen.
    let (iv, aad) = unsafe {
        let aad = 2 + skipped;
        (Input::new(word(0) as *const u8, word(1)), Input::new(word(aad) as *const u8, word(aad + 1)))
    };
    Ok((iv, aad, word(4 + skipped)))
}

/// Read CK_RSA_AES_KEY_WRAP_PARAMS: bits of the AES key, and the parameters of OAEP.
pub fn rsa_aes_key_wrap_parameters<'a>(parameter: Input<'a>) -> Result<(u64, Input<'a>)> {
    // SAFETY: a number and a raw pointer.
    let wrap: CK_RSA_AES_KEY_WRAP_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    let length = size_of::<CK_RSA_PKCS_OAEP_PARAMS>() as CK_ULONG;
    // SAFETY: PKCS#11 makes the caller promise that pOAEPParams is null or points to such a structure.
    Ok((wrap.ulAESKeyBits, unsafe { Input::new(wrap.pOAEPParams.cast(), length) }))
}

/// Read CK_CCM_PARAMS, and the nonce and the additional data that it names.
pub fn ccm_parameters<'a>(parameter: Input<'a>) -> Result<(CK_CCM_PARAMS, Input<'a>, Input<'a>)> {
    // SAFETY: numbers and raw pointers.
    let ccm: CK_CCM_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that pNonce and pAAD are null or valid for ulNonceLen and ulAADLen.
    let (nonce, aad) = unsafe { (Input::new(ccm.pNonce, ccm.ulNonceLen), Input::new(ccm.pAAD, ccm.ulAADLen)) };
    Ok((ccm, nonce, aad))
}

/// Read CK_SALSA20_CHACHA20_POLY1305_PARAMS: nonce and additional data.
pub fn chacha_poly_parameters<'a>(parameter: Input<'a>) -> Result<(Input<'a>, Input<'a>)> {
    // SAFETY: numbers and raw pointers.
    let sent: CK_SALSA20_CHACHA20_POLY1305_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that pNonce and pAAD are null or valid for ulNonceLen and ulAADLen.
    unsafe {
        let nonce = Input::new(sent.pNonce, chacha_nonce_length(sent.ulNonceLen));
        Ok((nonce, Input::new(sent.pAAD, sent.ulAADLen)))
    }
}

/// The length of ChaCha20-Poly1305's nonce in bytes: PKCS#11 v3.2, 6.61, gives it in bits (96), which programs take for
/// bytes (12) as everywhere else. No nonce has 96 bytes.
pub fn chacha_nonce_length(said: CK_ULONG) -> CK_ULONG {
    if said == 96 { 12 } else { said }
}

/// Read CK_AES_CTR_PARAMS.
pub fn ctr_parameters(parameter: Input<'_>) -> Result<CK_AES_CTR_PARAMS> {
    // SAFETY: a number and an array of bytes.
    unsafe { parameter.structure() }.ok_or(INVALID)
}

/// Read CK_RSA_PKCS_PSS_PARAMS.
pub fn pss_parameters(parameter: Input<'_>) -> Result<CK_RSA_PKCS_PSS_PARAMS> {
    // SAFETY: three numbers.
    unsafe { parameter.structure() }.ok_or(INVALID)
}

/// Read CK_RSA_PKCS_OAEP_PARAMS, and the source data that it names.
pub fn oaep_parameters<'a>(parameter: Input<'a>) -> Result<(CK_RSA_PKCS_OAEP_PARAMS, Input<'a>)> {
    // SAFETY: numbers and a raw pointer.
    let oaep: CK_RSA_PKCS_OAEP_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that pSourceData is null or valid for ulSourceDataLen.
    let data = unsafe { Input::new(oaep.pSourceData.cast(), oaep.ulSourceDataLen) };
    Ok((oaep, data))
}

/// Read CK_SIGN_ADDITIONAL_CONTEXT: the CKH_ value and the context.
pub fn sign_context<'a>(parameter: Input<'a>) -> Result<(u64, Input<'a>)> {
    // SAFETY: numbers and a raw pointer.
    let context: CK_SIGN_ADDITIONAL_CONTEXT = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that pContext is null or valid for ulContextLen.
    Ok((context.hedgeVariant, unsafe { Input::new(context.pContext, context.ulContextLen) }))
}

/// Read CK_HASH_SIGN_ADDITIONAL_CONTEXT: the CKH_ value, the context, and the hash's CKM_ value.
pub fn hash_sign_context<'a>(parameter: Input<'a>) -> Result<(u64, Input<'a>, u64)> {
    // SAFETY: numbers and a raw pointer.
    let context: CK_HASH_SIGN_ADDITIONAL_CONTEXT = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that pContext is null or valid for ulContextLen.
    let bytes = unsafe { Input::new(context.pContext, context.ulContextLen) };
    Ok((context.hedgeVariant, bytes, context.hash))
}

/// Read CK_EDDSA_PARAMS: whether the data are hashed first, and the context.
pub fn eddsa_parameters<'a>(parameter: Input<'a>) -> Result<(bool, Input<'a>)> {
    // SAFETY: numbers and a raw pointer.
    let eddsa: CK_EDDSA_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that pContextData is null or valid for ulContextDataLen.
    let context = unsafe { Input::new(eddsa.pContextData, eddsa.ulContextDataLen) };
    Ok((eddsa.phFlag != CK_FALSE, context))
}
