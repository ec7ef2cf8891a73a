//! Functions on top of others: dual, recover, messages; with pointers and lengths that no caller should give.

use super::module::{self, Module, call, mechanism};
use super::server::{BLOCK_LENGTH, KEY, MAC_LENGTH, RSA, TOKEN_FLAGS};
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
            let dual = |data, data_length, out, length| {
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
    let mut long = vec![0; 2 << 20];
    assert_eq!(call!(module.C_SignRecoverInit(session, &raw mut rsa, RSA)), CKR_OK);
    let (before, from_long, long_length) = (server.count(), long.as_mut_ptr(), long.len() as CK_ULONG);
    let rv = call!(module.C_SignRecover(session, from_long, long_length, into, &raw mut length));
    assert_eq!((rv, server.count()), (CKR_DATA_LEN_RANGE, before));
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

/// CK_GCM_MESSAGE_PARAMS with an IV of 12 bytes and a tag of 16.
fn gcm_message(iv: &mut [u8; 12], tag: &mut [u8; 16]) -> CK_GCM_MESSAGE_PARAMS {
    CK_GCM_MESSAGE_PARAMS {
        pIv: iv.as_mut_ptr(),
        ulIvLen: 12,
        ulIvFixedBits: 0,
        ivGenerator: CKG_NO_GENERATE,
        pTag: tag.as_mut_ptr(),
        ulTagBits: 128,
    }
}

#[test]
fn a_message_says_what_it_needs_or_is_refused() {
    let (_server, module) = module::started();
    let session = module.open();
    let mut gcm = plain(CKM_AES_GCM);
    assert_eq!(call!(module.C_MessageEncryptInit(session, &raw mut gcm, KEY)), CKR_OK);
    assert_eq!(call!(module.C_MessageDecryptInit(session, &raw mut gcm, KEY)), CKR_OK);
    let (mut iv, mut tag, mut data, mut length) = ([0; 12], [0; 16], [0; 4], 4);
    let good = gcm_message(&mut iv, &mut tag);
    let size = size_of::<CK_GCM_MESSAGE_PARAMS>() as CK_ULONG;
    let wrong = [
        CK_GCM_MESSAGE_PARAMS { pIv: null_mut(), ..good },
        CK_GCM_MESSAGE_PARAMS { ulIvLen: 0, ..good },
        CK_GCM_MESSAGE_PARAMS { ulIvLen: ABSURD, ..good },
        CK_GCM_MESSAGE_PARAMS { ulIvFixedBits: 97, ..good },
        CK_GCM_MESSAGE_PARAMS { ulIvFixedBits: ABSURD, ..good },
        CK_GCM_MESSAGE_PARAMS { ivGenerator: 5, ..good },
        CK_GCM_MESSAGE_PARAMS { pTag: null_mut(), ..good },
        CK_GCM_MESSAGE_PARAMS { ulTagBits: 12, ..good },
        CK_GCM_MESSAGE_PARAMS { ulTagBits: ABSURD, ..good },
    ];
    let text = data.as_mut_ptr();
    let mut encrypt = |parameter: *mut CK_GCM_MESSAGE_PARAMS, size, aad_length, data, data_length, out| {
        let parameter = parameter.cast();
        let rv = call!(module.C_EncryptMessage(
            session,
            parameter,
            size,
            null_mut(),
            aad_length,
            data,
            data_length,
            out,
            &raw mut length
        ));
        let begun = call!(module.C_EncryptMessageBegin(session, parameter, size, null_mut(), aad_length));
        let mut next = [0; 4];
        let flags = CKF_END_OF_MESSAGE;
        let rv_next = call!(module.C_EncryptMessageNext(
            session,
            parameter,
            size,
            data,
            data_length,
            next.as_mut_ptr(),
            &raw mut length,
            flags
        ));
        (rv, begun, rv_next)
    };
    for mut wrong in wrong {
        let (rv, begun, next) = encrypt(&raw mut wrong, size, 0, text, 4, text);
        assert_eq!((rv, begun, next), (CKR_MECHANISM_PARAM_INVALID, rv, CKR_OPERATION_NOT_INITIALIZED));
    }
    let mut good = good;
    for (parameter, size) in [(null_mut(), size), (&raw mut good, size - 1), (&raw mut good, ABSURD)] {
        assert_eq!(encrypt(parameter, size, 0, text, 4, text).0, CKR_MECHANISM_PARAM_INVALID);
    }
    assert_eq!(encrypt(&raw mut good, size, 5, text, 4, text).0, CKR_ARGUMENTS_BAD);
    assert_eq!(encrypt(&raw mut good, size, 0, null_mut(), 4, text).0, CKR_ARGUMENTS_BAD);
    assert_eq!(encrypt(&raw mut good, size, 0, text, ABSURD, text).0, CKR_ARGUMENTS_BAD);
    let parameter = (&raw mut good).cast();
    let decrypt = |data, data_length, out, room| {
        call!(module.C_DecryptMessage(session, parameter, size, null_mut(), 0, data, data_length, out, room))
    };
    assert_eq!(decrypt(null_mut(), 4, text, &raw mut length), CKR_ARGUMENTS_BAD);
    assert_eq!(decrypt(text, ABSURD, text, &raw mut length), CKR_ARGUMENTS_BAD);
    assert_eq!(decrypt(text, 4, text, null_mut()), CKR_ARGUMENTS_BAD);
    assert_eq!(call!(module.C_MessageEncryptFinal(session)), CKR_OK, "the readiness has lasted");
    assert_eq!(call!(module.C_MessageDecryptFinal(session)), CKR_OK);
}

#[test]
fn a_message_keeps_the_length_of_its_tag() {
    let (server, module) = module::started();
    let session = module.open();
    let mut gcm = plain(CKM_AES_GCM);
    assert_eq!(call!(module.C_MessageDecryptInit(session, &raw mut gcm, KEY)), CKR_OK);
    let (mut iv, mut tag, mut data, mut length) = ([0; 12], [0; 16], [0_u8; 4], 4);
    let mut begun = gcm_message(&mut iv, &mut tag);
    let size = size_of::<CK_GCM_MESSAGE_PARAMS>() as CK_ULONG;
    let (parameter, text) = ((&raw mut begun).cast(), data.as_mut_ptr());
    assert_eq!(call!(module.C_DecryptMessageBegin(session, parameter, size, null_mut(), 0)), CKR_OK);
    let before = server.count();
    let mut shorter = CK_GCM_MESSAGE_PARAMS { ulTagBits: 96, ..begun };
    let next = |parameter: *mut CK_GCM_MESSAGE_PARAMS, length| {
        call!(module.C_DecryptMessageNext(session, parameter.cast(), size, text, 4, text, length, CKF_END_OF_MESSAGE))
    };
    assert_eq!(next(&raw mut shorter, &raw mut length), CKR_MECHANISM_PARAM_INVALID);
    assert_eq!(next(&raw mut begun, &raw mut length), CKR_OPERATION_NOT_INITIALIZED, "the message has ended");
    assert_eq!(server.count(), before);
    assert_eq!(call!(module.C_MessageDecryptFinal(session)), CKR_OK);
}

#[test]
fn a_part_to_verify_without_a_signature_is_not_the_last() {
    let (_server, module) = module::started();
    let session = module.open();
    let mut mac = plain(CKM_SHA256_HMAC);
    assert_eq!(call!(module.C_MessageVerifyInit(session, &raw mut mac, KEY)), CKR_OK);
    assert_eq!(call!(module.C_VerifyMessageBegin(session, null_mut(), 0)), CKR_OK);
    let (mut data, mut signature) = (*b"part", super::server::mac(b"partpartpart"));
    let mut next = |signature| {
        let length = MAC_LENGTH as CK_ULONG;
        call!(module.C_VerifyMessageNext(session, null_mut(), 0, data.as_mut_ptr(), 4, signature, length))
    };
    let rvs = [next(null_mut()), next(null_mut()), next(signature.as_mut_ptr()), next(null_mut())];
    assert_eq!(rvs, [CKR_OK, CKR_OK, CKR_OK, CKR_OPERATION_NOT_INITIALIZED]);
}

#[test]
fn messages_of_one_iv_are_not_signed() {
    let (server, module) = module::started();
    let session = module.open();
    let iv = [1_u8; 12];
    let mut gmac = mechanism(CKM_AES_GMAC, &iv);
    let before = server.count();
    assert_eq!(call!(module.C_MessageSignInit(session, &raw mut gmac, KEY)), CKR_MECHANISM_INVALID);
    assert_eq!(call!(module.C_MessageVerifyInit(session, &raw mut gmac, KEY)), CKR_MECHANISM_INVALID);
    assert_eq!(server.count(), before);
    assert_eq!(call!(module.C_SignInit(session, &raw mut gmac, KEY)), CKR_OK);
    let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
    assert_eq!(call!(module.C_GetMechanismInfo(1, CKM_AES_GMAC, &raw mut info)), CKR_OK);
    assert_eq!(info.flags, CKF_SIGN | CKF_VERIFY);
}

#[test]
fn signed_messages_are_one_trip_each() {
    let (server, module) = module::started();
    let session = module.open();
    let mut mac = plain(CKM_SHA256_HMAC);
    assert_eq!(call!(module.C_MessageSignInit(session, &raw mut mac, KEY)), CKR_OK);
    assert_eq!(call!(module.C_MessageVerifyInit(session, &raw mut mac, KEY)), CKR_OK);
    let before = server.count();
    let (mut data, mut out) = ([5_u8; 40], [0_u8; MAC_LENGTH]);
    for length in 0..10 {
        let mut room = MAC_LENGTH as CK_ULONG;
        let (from, into) = (data.as_mut_ptr(), out.as_mut_ptr());
        let rv = call!(module.C_SignMessage(session, null_mut(), 0, from, length, into, &raw mut room));
        assert_eq!(rv, CKR_OK);
        let rv = call!(module.C_VerifyMessage(session, null_mut(), 0, from, length, into, room));
        assert_eq!(rv, CKR_OK);
    }
    assert_eq!(server.count() - before, 20);
    let (from, into, mut room) = (data.as_mut_ptr(), out.as_mut_ptr(), MAC_LENGTH as CK_ULONG);
    for (data, length, into, room) in
        [(null_mut(), 4, into, &raw mut room), (from, ABSURD, into, &raw mut room), (from, 4, into, null_mut())]
    {
        assert_eq!(call!(module.C_SignMessage(session, null_mut(), 0, data, length, into, room)), CKR_ARGUMENTS_BAD);
    }
    let rv = call!(module.C_VerifyMessage(session, null_mut(), 0, from, 4, null_mut(), MAC_LENGTH as CK_ULONG));
    assert_eq!(rv, CKR_ARGUMENTS_BAD);
    assert_eq!(call!(module.C_VerifyMessage(session, null_mut(), 0, from, 4, into, 3)), CKR_SIGNATURE_LEN_RANGE);
    assert_eq!(
        call!(module.C_SignMessageNext(session, null_mut(), 0, from, 4, into, &raw mut room)),
        CKR_OPERATION_NOT_INITIALIZED
    );
    assert_eq!(call!(module.C_MessageSignFinal(session)), CKR_OK);
    assert_eq!(call!(module.C_MessageVerifyFinal(session)), CKR_OK);
}

#[test]
fn a_state_that_cannot_be_read_is_refused() {
    let (_server, module) = module::started();
    let session = module.open();
    let (mut byte, mut length) = (0_u8, 0);
    assert_eq!(call!(module.C_GetOperationState(session, null_mut(), &raw mut length)), CKR_OPERATION_NOT_INITIALIZED);
    module.sign_init(session, KEY);
    assert_eq!(call!(module.C_GetOperationState(session, null_mut(), null_mut())), CKR_ARGUMENTS_BAD);
    assert_eq!(call!(module.C_GetOperationState(session, null_mut(), &raw mut length)), CKR_OK);
    let needed = length;
    length -= 1;
    assert_eq!(call!(module.C_GetOperationState(session, &raw mut byte, &raw mut length)), CKR_BUFFER_TOO_SMALL);
    assert_eq!(length, needed);
    for length in [1, ABSURD] {
        assert_eq!(call!(module.C_SetOperationState(session, null_mut(), length, 0, 0)), CKR_ARGUMENTS_BAD);
    }
    assert_eq!(call!(module.C_SetOperationState(session, null_mut(), 0, 0, 0)), CKR_SAVED_STATE_INVALID);
    assert_eq!(module.sign(session, b"still here"), super::server::mac(b"still here"));
}

#[test]
fn a_state_is_restored_whole_or_not_at_all() {
    let (_server, module) = module::started();
    let session = module.open();
    let (mut digest, mut rsa, mut byte) = (plain(CKM_SHA256), plain(CKM_SHA256_RSA_PKCS), 7_u8);
    assert_eq!(call!(module.C_DigestInit(session, &raw mut digest)), CKR_OK);
    assert_eq!(call!(module.C_DigestUpdate(session, &raw mut byte, 1)), CKR_OK);
    assert_eq!(call!(module.C_SignInit(session, &raw mut rsa, RSA)), CKR_OK);
    let (mut state, mut length) = ([0_u8; 256], 256);
    assert_eq!(call!(module.C_GetOperationState(session, state.as_mut_ptr(), &raw mut length)), CKR_OK);
    let other = module.open();
    for (key, rv, goes_on) in
        [(RSA, CKR_OK, CKR_OK), (KEY, CKR_DEVICE_ERROR, CKR_OPERATION_NOT_INITIALIZED), (RSA, CKR_OK, CKR_OK)]
    {
        assert_eq!(call!(module.C_SetOperationState(other, state.as_mut_ptr(), length, 0, key)), rv);
        assert_eq!(call!(module.C_DigestUpdate(other, &raw mut byte, 1)), goes_on);
        assert_eq!(call!(module.C_SignUpdate(other, &raw mut byte, 1)), goes_on);
    }
}

#[test]
fn data_to_authenticate_a_wrapping_has_a_bound() {
    let (server, module) = module::started();
    let session = module.open();
    let (mut data, mut out, mut room) = (vec![0; 120_001], [0; 64], 64);
    let gcm = CK_GCM_MESSAGE_PARAMS {
        pIv: data.as_mut_ptr(),
        ulIvLen: 12,
        ulIvFixedBits: 0,
        ivGenerator: CKG_GENERATE,
        pTag: data.as_mut_ptr(),
        ulTagBits: 128,
    };
    let mut mechanism = mechanism(CKM_AES_GCM, &gcm);
    let before = server.count();
    let (aad, into) = (data.as_mut_ptr(), out.as_mut_ptr());
    for length in [data.len() as CK_ULONG, ABSURD] {
        let (mechanism, room) = (&raw mut mechanism, &raw mut room);
        let rv = call!(module.C_WrapKeyAuthenticated(session, mechanism, KEY, KEY, aad, length, into, room));
        assert_eq!((rv, server.count()), (CKR_ARGUMENTS_BAD, before));
    }
}

#[test]
fn a_token_says_that_two_operations_go_on_at_once() {
    let (_server, module) = module::started();
    let mut info = std::mem::MaybeUninit::uninit();
    assert_eq!(call!(module.C_GetTokenInfo(1, info.as_mut_ptr())), CKR_OK);
    // SAFETY: the function has filled it.
    let flags = unsafe { info.assume_init() }.flags;
    assert_eq!(flags, TOKEN_FLAGS | CKF_DUAL_CRYPTO_OPERATIONS, "and what the server says");
}
