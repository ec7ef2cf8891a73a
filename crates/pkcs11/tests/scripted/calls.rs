//! Functions on top of others: dual, recover, messages; with pointers and lengths that no caller should give.

use super::module::{self, Module, call, mechanism};
use super::server::{BLOCK_LENGTH, KEY, RSA};
use cryptoki_sys::*;
use std::ptr::null_mut;

const ABSURD: CK_ULONG = CK_ULONG::MAX;

fn plain(kind: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism: kind, pParameter: null_mut(), ulParameterLen: 0 }
}

/// Begin an encryption, a decryption, a digest, a MAC and its verification in one session.
fn all_begun(module: &Module) -> CK_SESSION_HANDLE {
    let session = module.open();
    let counter = CK_AES_CTR_PARAMS { ulCounterBits: 128, cb: [0; 16] };
    let mut cipher = mechanism(CKM_AES_CTR, &counter);
    let (mut digest, mut mac) = (plain(CKM_SHA256), plain(CKM_SHA256_HMAC));
    assert_eq!(call!(module.C_EncryptInit(session, &raw mut cipher, KEY)), CKR_OK);
    assert_eq!(call!(module.C_DecryptInit(session, &raw mut cipher, KEY)), CKR_OK);
    assert_eq!(call!(module.C_DigestInit(session, &raw mut digest)), CKR_OK);
    assert_eq!(call!(module.C_SignInit(session, &raw mut mac, KEY)), CKR_OK);
    assert_eq!(call!(module.C_VerifyInit(session, &raw mut mac, KEY)), CKR_OK);
    session
}

#[test]
fn dual_functions_refuse_what_single_ones_refuse() {
    let (_server, module) = module::started();
    let (mut data, mut out, mut length) = ([1_u8; 16], [0_u8; 16], 16);
    macro_rules! each {
        ($($function:ident),*) => { $(
            let mut dual = |data, data_length, out, length| {
                let session = all_begun(&module);
                call!(module.$function(session, data, data_length, out, length))
            };
            let (from, into) = (data.as_mut_ptr(), out.as_mut_ptr());
            assert_eq!(dual(null_mut(), 16, into, &raw mut length), CKR_ARGUMENTS_BAD);
            assert_eq!(dual(from, ABSURD, into, &raw mut length), CKR_ARGUMENTS_BAD);
            assert_eq!(dual(from, 16, into, null_mut()), CKR_ARGUMENTS_BAD);
            length = 15;
            assert_eq!((dual(from, 16, into, &raw mut length), length), (CKR_BUFFER_TOO_SMALL, 16));
            length = 0;
            assert_eq!((dual(from, 16, null_mut(), &raw mut length), length), (CKR_OK, 16));
            let idle = module.open();
            let rv = call!(module.$function(idle, from, 16, into, &raw mut length));
            assert_eq!(rv, CKR_OPERATION_NOT_INITIALIZED);
        )* };
    }
    each!(C_DigestEncryptUpdate, C_DecryptDigestUpdate, C_SignEncryptUpdate, C_DecryptVerifyUpdate);
}

#[test]
fn recovery_refuses_what_is_too_short_and_holds_what_does_not_fit() {
    let (server, module) = module::started();
    let session = module.open();
    let mut rsa = plain(CKM_RSA_PKCS);
    let (mut data, mut out, mut length) = ([7_u8; BLOCK_LENGTH], [0_u8; BLOCK_LENGTH], BLOCK_LENGTH as CK_ULONG);
    let (from, into) = (data.as_mut_ptr(), out.as_mut_ptr());
    for (data, data_length, into, room) in
        [(null_mut(), 4, into, &raw mut length), (from, ABSURD, into, &raw mut length), (from, 4, into, null_mut())]
    {
        assert_eq!(call!(module.C_SignRecoverInit(session, &raw mut rsa, RSA)), CKR_OK);
        assert_eq!(call!(module.C_SignRecover(session, data, data_length, into, room)), CKR_ARGUMENTS_BAD);
        assert_eq!(call!(module.C_VerifyRecoverInit(session, &raw mut rsa, RSA)), CKR_OK);
        let wrong = call!(module.C_VerifyRecover(session, data, data_length, into, room));
        assert!([CKR_ARGUMENTS_BAD, CKR_SIGNATURE_LEN_RANGE].contains(&wrong), "{wrong:#x}");
        let ended = call!(module.C_VerifyRecover(session, from, 256, into, &raw mut length));
        assert_eq!(ended, CKR_OPERATION_NOT_INITIALIZED);
    }
    assert_eq!(call!(module.C_VerifyRecoverInit(session, &raw mut rsa, RSA)), CKR_OK);
    let before = server.count();
    for room in [0, 6] {
        length = room;
        let rv = call!(module.C_VerifyRecover(session, from, 256, into, &raw mut length));
        assert_eq!((rv, length), (CKR_BUFFER_TOO_SMALL, 7), "the scripted server recovers 7 bytes");
    }
    assert_eq!(call!(module.C_VerifyRecover(session, from, 256, into, &raw mut length)), CKR_OK);
    assert_eq!((server.count() - before, &out[..7]), (1, &[7; 7][..]));
}
