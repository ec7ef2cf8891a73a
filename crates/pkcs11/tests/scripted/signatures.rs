//! Signatures whose length the key says: learnt once, and checked here.

use super::module::{self, Module, call, mechanism};
use super::server::{BLOCK_LENGTH, EC, EDWARDS, RSA, RSA_ONCE, RSA_OPEN, Server, signature};
use cryptoki_sys::*;
use std::ptr::null_mut;
use std::sync::atomic::Ordering;

fn plain(kind: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism: kind, pParameter: null_mut(), ulParameterLen: 0 }
}

fn sign_init(module: &Module, session: CK_SESSION_HANDLE, mut mechanism: CK_MECHANISM, key: CK_OBJECT_HANDLE) {
    assert_eq!(call!(module.C_SignInit(session, &raw mut mechanism, key)), CKR_OK);
}

/// Sign in one call, with just the room that the key says.
fn sign(module: &Module, session: CK_SESSION_HANDLE, data: &[u8], length: usize) -> Vec<u8> {
    let (mut out, mut out_length) = (vec![0; length], length as CK_ULONG);
    let (pointer, data_length) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
    let rv = call!(module.C_Sign(session, pointer, data_length, out.as_mut_ptr(), &raw mut out_length));
    assert_eq!((rv, out_length), (CKR_OK, length as CK_ULONG));
    out
}

/// Verify in one call, with a new Init.
fn verify(module: &Module, kind: CK_MECHANISM_TYPE, key: CK_OBJECT_HANDLE, data: &[u8], signature: &[u8]) -> CK_RV {
    let session = module.open();
    let mut mechanism = plain(kind);
    assert_eq!(call!(module.C_VerifyInit(session, &raw mut mechanism, key)), CKR_OK);
    call!(module.C_Verify(
        session,
        data.as_ptr().cast_mut(),
        data.len() as CK_ULONG,
        signature.as_ptr().cast_mut(),
        signature.len() as CK_ULONG
    ))
}

fn trips(server: &Server, body: impl FnOnce()) -> usize {
    let before = server.count();
    body();
    server.count() - before
}

#[test]
fn a_confirmed_signature_is_one_round_trip() {
    let (server, module) = module::started();
    let session = module.open();
    for (kind, key, length) in [
        (CKM_SHA256_RSA_PKCS, RSA, BLOCK_LENGTH),
        (CKM_ECDSA, EC, 64),
        (CKM_EDDSA, EDWARDS, 64),
        (CKM_RSA_PKCS, RSA, 256),
    ] {
        let once = || {
            sign_init(&module, session, plain(kind), key);
            assert_eq!(sign(&module, session, b"data", length), signature(key, b"data"));
        };
        assert_eq!(trips(&server, once), 2, "Prepare and Sign");
        assert_eq!(trips(&server, || (0..10).for_each(|_| once())), 10, "{kind:#x}");
    }
    server.state.facts_version.fetch_add(1, Ordering::SeqCst);
    let again = || {
        sign_init(&module, session, plain(CKM_ECDSA), EC);
        assert_eq!(sign(&module, session, b"data", 64), signature(EC, b"data"));
    };
    // The first reply after the change tells of it.
    again();
    assert_eq!(trips(&server, again), 2, "a changed facts version asks once more");
}

#[test]
fn another_salt_is_another_use() {
    let (server, module) = module::started();
    let session = module.open();
    let pss = |salt| CK_RSA_PKCS_PSS_PARAMS { hashAlg: CKM_SHA256, mgf: CKG_MGF1_SHA256, sLen: salt };
    let once = |salt| {
        let parameters = pss(salt);
        sign_init(&module, session, mechanism(CKM_RSA_PKCS_PSS, &parameters), RSA);
        sign(&module, session, b"data", BLOCK_LENGTH);
    };
    assert_eq!(trips(&server, || once(32)), 2);
    assert_eq!(trips(&server, || once(20)), 2);
    assert_eq!(trips(&server, || [32, 20].into_iter().for_each(once)), 2);
}

#[test]
fn a_key_that_always_authenticates_is_prepared_each_time() {
    let (server, module) = module::started();
    let session = module.open();
    let once = || {
        sign_init(&module, session, plain(CKM_SHA256_RSA_PKCS), RSA_ONCE);
        sign(&module, session, b"data", BLOCK_LENGTH);
    };
    assert_eq!(trips(&server, || (0..3).for_each(|_| once())), 6);
}

#[test]
fn the_length_of_a_signature_is_known_here() {
    let (server, module) = module::started();
    let session = module.open();
    let mut data = *b"data";
    for (kind, key, length) in [(CKM_SHA256_RSA_PKCS, RSA, 256), (CKM_ECDSA_SHA256, EC, 64)] {
        for _ in ["asked", "remembered"] {
            sign_init(&module, session, plain(kind), key);
            let local = || {
                let (mut out, mut out_length) = ([0; 256], 0);
                let rv = call!(module.C_Sign(session, data.as_mut_ptr(), 4, null_mut(), &raw mut out_length));
                assert_eq!((rv, out_length), (CKR_OK, length));
                out_length -= 1;
                let rv = call!(module.C_Sign(session, data.as_mut_ptr(), 4, out.as_mut_ptr(), &raw mut out_length));
                assert_eq!((rv, out_length), (CKR_BUFFER_TOO_SMALL, length));
            };
            assert_eq!(trips(&server, local), 0);
            assert_eq!(sign(&module, session, &data, length as usize), signature(key, &data));
        }
    }
}

#[test]
fn a_key_without_a_length_is_a_fault_of_the_server() {
    let (_server, module) = module::started();
    let session = module.open();
    let mut mechanism = plain(CKM_SHA256_RSA_PKCS);
    assert_eq!(call!(module.C_SignInit(session, &raw mut mechanism, RSA_OPEN)), CKR_DEVICE_ERROR);
    sign_init(&module, session, plain(CKM_SHA256_RSA_PKCS), RSA);
}

#[test]
fn signatures_in_parts_are_one_trip() {
    let (server, module) = module::started();
    let session = module.open();
    let data: Vec<u8> = (0..60_000_usize).map(|at| (at % 251) as u8).collect();
    for (kind, key, length) in [(CKM_EDDSA, EDWARDS, 64), (CKM_ECDSA_SHA256, EC, 64), (CKM_SHA256_RSA_PKCS, RSA, 256)] {
        sign_init(&module, session, plain(kind), key);
        let mut out = vec![0; length];
        let in_parts = || {
            for part in data.chunks(7_000) {
                let rv = call!(module.C_SignUpdate(session, part.as_ptr().cast_mut(), part.len() as CK_ULONG));
                assert_eq!(rv, CKR_OK);
            }
            let mut out_length = length as CK_ULONG;
            assert_eq!(call!(module.C_SignFinal(session, out.as_mut_ptr(), &raw mut out_length)), CKR_OK);
        };
        assert_eq!(trips(&server, in_parts), 1);
        assert_eq!(out, signature(key, &data));
    }
}

#[test]
fn signatures_of_another_length_go_nowhere() {
    let (server, module) = module::started();
    let right = signature(RSA, b"data");
    assert_eq!(verify(&module, CKM_SHA256_RSA_PKCS, RSA, b"data", &right), CKR_OK);
    assert_eq!(verify(&module, CKM_SHA256_RSA_PKCS, RSA, b"date", &right), CKR_SIGNATURE_INVALID);
    let before = server.count();
    let long = [&right[..], &[0]].concat();
    for wrong in [&right[..255], &right[..128], &[], &long] {
        assert_eq!(verify(&module, CKM_SHA256_RSA_PKCS, RSA, b"data", wrong), CKR_SIGNATURE_LEN_RANGE);
    }
    assert_eq!(server.count() - before, 4, "sessions were opened, and nothing else");
}

#[test]
fn a_short_ecdsa_signature_gets_its_leading_zeros() {
    let (_server, module) = module::started();
    let right = signature(EC, b"data");
    // Four zeros begin r, and s too.
    let short = [&right[4..32], &right[36..]].concat();
    assert_eq!(verify(&module, CKM_ECDSA, EC, b"data", &right), CKR_OK);
    assert_eq!(verify(&module, CKM_ECDSA, EC, b"data", &short), CKR_OK);
    assert_eq!(verify(&module, CKM_ECDSA, EC, b"data", &right[..62]), CKR_SIGNATURE_INVALID);
    let long = [&right[..], &[0, 0]].concat();
    for wrong in [&right[..63], &[], &long] {
        assert_eq!(verify(&module, CKM_ECDSA, EC, b"data", wrong), CKR_SIGNATURE_LEN_RANGE, "{}", wrong.len());
    }
    assert_eq!(verify(&module, CKM_EDDSA, EDWARDS, b"data", &right[..62]), CKR_SIGNATURE_LEN_RANGE);
}

#[test]
fn a_signature_that_comes_first_is_one_trip() {
    let (server, module) = module::started();
    let session = module.open();
    let mut right = signature(RSA, b"data");
    let mut mechanism = plain(CKM_SHA256_RSA_PKCS);
    let mut init = |signature: *mut u8, length| {
        call!(module.C_VerifySignatureInit(session, &raw mut mechanism, RSA, signature, length))
    };
    let mut data = *b"data";
    assert_eq!(init(right.as_mut_ptr(), 256), CKR_OK);
    let whole = || assert_eq!(call!(module.C_VerifySignature(session, data.as_mut_ptr(), 4)), CKR_OK);
    assert_eq!(trips(&server, whole), 1);
    for (signature, length) in [(null_mut(), 256), (right.as_mut_ptr(), CK_ULONG::MAX)] {
        assert_eq!(init(signature, length), CKR_ARGUMENTS_BAD);
    }
    assert_eq!(init(right.as_mut_ptr(), 255), CKR_SIGNATURE_LEN_RANGE);
    for (data, length) in [(null_mut(), 4), (data.as_mut_ptr(), CK_ULONG::MAX)] {
        assert_eq!(init(right.as_mut_ptr(), 256), CKR_OK, "a refused Init leaves nothing behind");
        assert_eq!(call!(module.C_VerifySignature(session, data, length)), CKR_ARGUMENTS_BAD);
        assert_eq!(init(right.as_mut_ptr(), 256), CKR_OK);
        assert_eq!(call!(module.C_VerifySignatureUpdate(session, data, length)), CKR_ARGUMENTS_BAD);
        assert_eq!(call!(module.C_VerifySignatureFinal(session)), CKR_OPERATION_NOT_INITIALIZED);
    }
}
