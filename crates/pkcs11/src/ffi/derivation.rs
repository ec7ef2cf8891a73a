//! Parameters of key derivation (PKCS#11 v3.2, chapter 6). As in parameters.rs, a structure of another size than the
//! standard's is CKR_MECHANISM_PARAM_INVALID.

use super::memory::Input;
use super::parameters::INVALID;
use crate::rv::Result;
use cryptoki_sys::*;

/// What no process maps: the greatest length that cannot be taken for a pointer (vm.mmap_min_addr), in bytes.
const NEVER_MAPPED: u64 = 65_536;

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

/// Read CK_HKDF_PARAMS, and the salt and information that it names.
pub fn hkdf_parameters<'a>(parameter: Input<'a>) -> Result<(CK_HKDF_PARAMS, Input<'a>, Input<'a>)> {
    // SAFETY: numbers and raw pointers.
    let hkdf: CK_HKDF_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that both are null or valid for their lengths.
    let (salt, info) = unsafe { (Input::new(hkdf.pSalt, hkdf.ulSaltLen), Input::new(hkdf.pInfo, hkdf.ulInfoLen)) };
    Ok((hkdf, salt, info))
}

/// Read CK_KEY_DERIVATION_STRING_DATA.
pub fn string_data<'a>(parameter: Input<'a>) -> Result<Input<'a>> {
    // SAFETY: a number and a raw pointer.
    let data: CK_KEY_DERIVATION_STRING_DATA = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that pData is null or valid for ulLen.
    Ok(unsafe { Input::new(data.pData, data.ulLen) })
}

/// Read CK_AES_CBC_ENCRYPT_DATA_PARAMS: IV and data.
pub fn cbc_data<'a>(parameter: Input<'a>) -> Result<([u8; 16], Input<'a>)> {
    // SAFETY: bytes, a number and a raw pointer.
    let cbc: CK_AES_CBC_ENCRYPT_DATA_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that pData is null or valid for length.
    Ok((cbc.iv, unsafe { Input::new(cbc.pData, cbc.length) }))
}

/// Read a parameter that is one number, such as a handle.
pub fn number(parameter: Input<'_>) -> Result<u64> {
    // SAFETY: a number.
    unsafe { parameter.structure() }.ok_or(INVALID)
}

/// What CK_PKCS5_PBKD2_PARAMS and CK_PKCS5_PBKD2_PARAMS2 say.
pub struct Password<'a> {
    pub numbers: CK_PKCS5_PBKD2_PARAMS2,
    pub salt: Input<'a>,
    pub password: Input<'a>,
}

/// Read CK_PKCS5_PBKD2_PARAMS2, or its forerunner of PKCS#11 v2.40, which is as long, and points at the password's
/// length instead of holding it: a length so small is no pointer.
pub fn password_parameters<'a>(parameter: Input<'a>) -> Result<Password<'a>> {
    // SAFETY: numbers and raw pointers.
    let numbers: CK_PKCS5_PBKD2_PARAMS2 = unsafe { parameter.structure() }.ok_or(INVALID)?;
    let length = match numbers.ulPasswordLen {
        length @ 0..NEVER_MAPPED => length,
        pointer => number_at(pointer).ok_or(INVALID)?,
    };
    // SAFETY: PKCS#11 makes the caller promise that both are null or valid for their lengths.
    let (salt, password) = unsafe {
        (Input::new(numbers.pSaltSourceData.cast(), numbers.ulSaltSourceDataLen), Input::new(numbers.pPassword, length))
    };
    Ok(Password { numbers, salt, password })
}

/// Read a number by way of the kernel: where the address is none, it says so instead of ending the process.
fn number_at(address: u64) -> Option<u64> {
    let mut number = 0_u64;
    let length = size_of::<u64>();
    let to = libc::iovec { iov_base: (&raw mut number).cast(), iov_len: length };
    let from = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: length };
    // SAFETY: the kernel checks the address; our own is a number's.
    let read = unsafe { libc::process_vm_readv(libc::getpid(), &raw const to, 1, &raw const from, 1, 0) };
    (read == length as isize).then_some(number)
}
