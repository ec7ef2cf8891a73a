//! The three function lists, and the interfaces that name them.

use super::exports::*;
use crate::rv::{Result, Rv};
use cryptoki_sys::*;

/// A table that C reads: it is never written.
struct Shared<T>(T);

// SAFETY: the tables hold pointers to functions and to other immutable statics only.
unsafe impl<T> Sync for Shared<T> {}

macro_rules! functions {
    ($list:ident, $major:literal, $minor:literal $(, $more:ident)*) => {
        functions!(@ $list, $major, $minor,
            C_Initialize, C_Finalize, C_GetInfo, C_GetFunctionList, C_GetSlotList, C_GetSlotInfo, C_GetTokenInfo,
            C_GetMechanismList, C_GetMechanismInfo, C_InitToken, C_InitPIN, C_SetPIN, C_OpenSession, C_CloseSession,
            C_CloseAllSessions, C_GetSessionInfo, C_GetOperationState, C_SetOperationState, C_Login, C_Logout,
            C_CreateObject, C_CopyObject, C_DestroyObject, C_GetObjectSize, C_GetAttributeValue,
            C_SetAttributeValue, C_FindObjectsInit, C_FindObjects, C_FindObjectsFinal, C_EncryptInit, C_Encrypt,
            C_EncryptUpdate, C_EncryptFinal, C_DecryptInit, C_Decrypt, C_DecryptUpdate, C_DecryptFinal, C_DigestInit,
            C_Digest, C_DigestUpdate, C_DigestKey, C_DigestFinal, C_SignInit, C_Sign, C_SignUpdate, C_SignFinal,
            C_SignRecoverInit, C_SignRecover, C_VerifyInit, C_Verify, C_VerifyUpdate, C_VerifyFinal,
            C_VerifyRecoverInit, C_VerifyRecover, C_DigestEncryptUpdate, C_DecryptDigestUpdate, C_SignEncryptUpdate,
            C_DecryptVerifyUpdate, C_GenerateKey, C_GenerateKeyPair, C_WrapKey, C_UnwrapKey, C_DeriveKey,
            C_SeedRandom, C_GenerateRandom, C_GetFunctionStatus, C_CancelFunction, C_WaitForSlotEvent
            $(, $more)*)
    };
    (@ $list:ident, $major:literal, $minor:literal, $($name:ident),*) => {
        Shared($list { version: CK_VERSION { major: $major, minor: $minor }, $($name: Some($name)),* })
    };
}

static FUNCTIONS_2_40: Shared<CK_FUNCTION_LIST> = functions!(CK_FUNCTION_LIST, 2, 40);

#[rustfmt::skip]
static FUNCTIONS_3_0: Shared<CK_FUNCTION_LIST_3_0> = functions!(
    CK_FUNCTION_LIST_3_0, 3, 0,
    C_GetInterfaceList, C_GetInterface, C_LoginUser, C_SessionCancel, C_MessageEncryptInit, C_EncryptMessage,
    C_EncryptMessageBegin, C_EncryptMessageNext, C_MessageEncryptFinal, C_MessageDecryptInit, C_DecryptMessage,
    C_DecryptMessageBegin, C_DecryptMessageNext, C_MessageDecryptFinal, C_MessageSignInit, C_SignMessage,
    C_SignMessageBegin, C_SignMessageNext, C_MessageSignFinal, C_MessageVerifyInit, C_VerifyMessage,
    C_VerifyMessageBegin, C_VerifyMessageNext, C_MessageVerifyFinal
);

#[rustfmt::skip]
static FUNCTIONS_3_2: Shared<CK_FUNCTION_LIST_3_2> = functions!(
    CK_FUNCTION_LIST_3_2, 3, 2,
    C_GetInterfaceList, C_GetInterface, C_LoginUser, C_SessionCancel, C_MessageEncryptInit, C_EncryptMessage,
    C_EncryptMessageBegin, C_EncryptMessageNext, C_MessageEncryptFinal, C_MessageDecryptInit, C_DecryptMessage,
    C_DecryptMessageBegin, C_DecryptMessageNext, C_MessageDecryptFinal, C_MessageSignInit, C_SignMessage,
    C_SignMessageBegin, C_SignMessageNext, C_MessageSignFinal, C_MessageVerifyInit, C_VerifyMessage,
    C_VerifyMessageBegin, C_VerifyMessageNext, C_MessageVerifyFinal,
    C_EncapsulateKey, C_DecapsulateKey, C_VerifySignatureInit, C_VerifySignature, C_VerifySignatureUpdate,
    C_VerifySignatureFinal, C_GetSessionValidationFlags, C_AsyncComplete, C_AsyncGetID, C_AsyncJoin,
    C_WrapKeyAuthenticated, C_UnwrapKeyAuthenticated
);

/// The one interface name that the standard gives.
const STANDARD: &[u8] = b"PKCS 11\0";

const fn named<T>(functions: &'static Shared<T>) -> CK_INTERFACE {
    CK_INTERFACE {
        pInterfaceName: STANDARD.as_ptr().cast_mut(),
        pFunctionList: (&raw const functions.0).cast_mut().cast(),
        flags: 0,
    }
}

/// Newest first: the first is what a caller without wishes gets.
static INTERFACES: Shared<[CK_INTERFACE; 3]> =
    Shared([named(&FUNCTIONS_3_2), named(&FUNCTIONS_3_0), named(&FUNCTIONS_2_40)]);
const VERSIONS: [(u8, u8); 3] = [(3, 2), (3, 0), (2, 40)];

/// The list of PKCS#11 v2.40.
pub fn function_list() -> *mut CK_FUNCTION_LIST {
    (&raw const FUNCTIONS_2_40.0).cast_mut()
}

/// Every interface, newest first.
pub fn interfaces() -> &'static [CK_INTERFACE] {
    &INTERFACES.0
}

/// The interface that a caller asks for; null name or version mean any.
///
/// # Safety
/// `name` is null or a C string, `version` null or readable: the promise of C_GetInterface's caller.
pub unsafe fn interface(name: *const u8, version: *const CK_VERSION, flags: CK_FLAGS) -> Result<*mut CK_INTERFACE> {
    // The comparison ends at the first difference, at the latest with the terminating zero.
    let differs = |(at, byte): (usize, &u8)| {
        // SAFETY: all bytes before `at` were equal and not zero, so the caller's string reaches this far.
        unsafe { name.add(at).read() != *byte }
    };
    if flags != 0 || (!name.is_null() && STANDARD.iter().enumerate().any(differs)) {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    let at = if version.is_null() {
        0
    } else {
        // SAFETY: not null, hence readable by the contract.
        let wanted = unsafe { version.read_unaligned() };
        VERSIONS.iter().position(|known| *known == (wanted.major, wanted.minor)).ok_or(Rv(CKR_ARGUMENTS_BAD))?
    };
    Ok((&raw const INTERFACES.0[at]).cast_mut())
}
