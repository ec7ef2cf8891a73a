//! RSA encryption and decryption: one block, whose text's length shows only at the end.

use super::module::{self, Module, call};
use super::server::{BLOCK_LENGTH, RSA, block};
use cryptoki_sys::*;
use std::ptr::null_mut;

const BLOCK: CK_ULONG = BLOCK_LENGTH as CK_ULONG;

fn init(module: &Module, kind: CK_MECHANISM_TYPE, decrypt: bool) -> CK_SESSION_HANDLE {
    let session = module.open();
    let mut mechanism = CK_MECHANISM { mechanism: kind, pParameter: null_mut(), ulParameterLen: 0 };
    let rv = if decrypt {
        call!(module.C_DecryptInit(session, &raw mut mechanism, RSA))
    } else {
        call!(module.C_EncryptInit(session, &raw mut mechanism, RSA))
    };
    assert_eq!(rv, CKR_OK);
    session
}

/// C_Decrypt with room for so many bytes (`None`: only the length is asked): the answer, the length told, the text.
fn decrypt(
    module: &Module,
    session: CK_SESSION_HANDLE,
    data: &[u8],
    room: Option<usize>,
) -> (CK_RV, CK_ULONG, Vec<u8>) {
    let (mut out, mut length) = (vec![0; room.unwrap_or(0)], room.unwrap_or(0) as CK_ULONG);
    let pointer = if room.is_some() { out.as_mut_ptr() } else { null_mut() };
    let (data, data_length) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
    let rv = call!(module.C_Decrypt(session, data, data_length, pointer, &raw mut length));
    (rv, length, out)
}

#[test]
fn an_encrypted_text_is_one_block() {
    let (server, module) = module::started();
    for kind in [CKM_RSA_PKCS, CKM_RSA_X_509] {
        let session = init(&module, kind, false);
        let before = server.count();
        let (mut data, mut out, mut length) = (*b"text", [0; BLOCK_LENGTH], 0);
        assert_eq!(call!(module.C_Encrypt(session, data.as_mut_ptr(), 4, null_mut(), &raw mut length)), CKR_OK);
        assert_eq!(length, BLOCK);
        length -= 1;
        let rv = call!(module.C_Encrypt(session, data.as_mut_ptr(), 4, out.as_mut_ptr(), &raw mut length));
        assert_eq!((rv, length, server.count()), (CKR_BUFFER_TOO_SMALL, BLOCK, before));
        let rv = call!(module.C_Encrypt(session, data.as_mut_ptr(), 4, out.as_mut_ptr(), &raw mut length));
        assert_eq!((rv, length, server.count() - before), (CKR_OK, BLOCK, 1));
        assert_eq!(out[..], block(b"text"));
    }
}

#[test]
fn parts_of_a_block_are_gathered() {
    let (server, module) = module::started();
    let session = init(&module, CKM_RSA_PKCS, false);
    let before = server.count();
    let (mut out, mut length) = ([0; BLOCK_LENGTH], BLOCK);
    for part in [b"te", b"xt"] {
        let mut none = BLOCK;
        let rv = call!(module.C_EncryptUpdate(session, part.as_ptr().cast_mut(), 2, out.as_mut_ptr(), &raw mut none));
        assert_eq!((rv, none), (CKR_OK, 0));
    }
    assert_eq!(call!(module.C_EncryptFinal(session, out.as_mut_ptr(), &raw mut length)), CKR_OK);
    assert_eq!((&out[..], length, server.count() - before), (&block(b"text")[..], BLOCK, 1));

    let session = init(&module, CKM_RSA_PKCS, true);
    let mut text = [0; 4];
    for part in out.chunks_mut(100) {
        let mut none = 0;
        let rv = call!(module.C_DecryptUpdate(
            session,
            part.as_mut_ptr(),
            part.len() as CK_ULONG,
            text.as_mut_ptr(),
            &raw mut none
        ));
        assert_eq!((rv, none), (CKR_OK, 0));
    }
    let before = server.count();
    for (room, expected) in [(1, CKR_BUFFER_TOO_SMALL), (3, CKR_BUFFER_TOO_SMALL), (4, CKR_OK)] {
        let mut length = room;
        assert_eq!(call!(module.C_DecryptFinal(session, text.as_mut_ptr(), &raw mut length)), expected);
        assert_eq!(length, 4);
    }
    assert_eq!((&text, server.count() - before), (b"text", 1));
}

#[test]
fn more_than_a_block_goes_nowhere() {
    let (server, module) = module::started();
    let (mut long, mut out, mut length) = ([1; BLOCK_LENGTH + 1], [0; BLOCK_LENGTH], BLOCK);
    let session = init(&module, CKM_RSA_X_509, false);
    let before = server.count();
    let rv = call!(module.C_Encrypt(session, long.as_mut_ptr(), BLOCK + 1, out.as_mut_ptr(), &raw mut length));
    assert_eq!((rv, server.count()), (CKR_DATA_LEN_RANGE, before));
    let session = init(&module, CKM_RSA_X_509, true);
    let before = server.count();
    assert_eq!(decrypt(&module, session, &long, Some(BLOCK_LENGTH)).0, CKR_ENCRYPTED_DATA_LEN_RANGE);
    assert_eq!(decrypt(&module, session, &long, Some(BLOCK_LENGTH)).0, CKR_OPERATION_NOT_INITIALIZED);
    let session_in_parts = init(&module, CKM_RSA_X_509, true);
    let mut none = 0;
    let mut update = |length| {
        call!(module.C_DecryptUpdate(session_in_parts, long.as_mut_ptr(), length, out.as_mut_ptr(), &raw mut none))
    };
    assert_eq!((update(BLOCK), update(1)), (CKR_OK, CKR_ENCRYPTED_DATA_LEN_RANGE));
    assert_eq!(server.count() - before, 1, "one session was opened, and nothing else");
}

#[test]
fn a_decryption_with_room_enough_is_one_trip() {
    let (server, module) = module::started();
    let ciphertext = block(b"text");
    for room in [4, 5, BLOCK_LENGTH, BLOCK_LENGTH + 9] {
        let session = init(&module, CKM_RSA_PKCS, true);
        let before = server.count();
        assert_eq!(decrypt(&module, session, &ciphertext, None), (CKR_OK, BLOCK, vec![]));
        assert_eq!(server.count(), before, "the upper bound is known here");
        let (rv, length, text) = decrypt(&module, session, &ciphertext, Some(room));
        assert_eq!((rv, length, &text[..4]), (CKR_OK, 4, &b"text"[..]));
        assert!(text[4..].iter().all(|byte| *byte == 0));
        assert_eq!(server.count() - before, 1);
        assert_eq!(decrypt(&module, session, &ciphertext, Some(room)).0, CKR_OPERATION_NOT_INITIALIZED);
    }
}

#[test]
fn a_decrypted_text_without_room_is_held() {
    let (server, module) = module::started();
    let ciphertext = block(b"text");
    let session = init(&module, CKM_RSA_PKCS, true);
    let before = server.count();
    for room in [0, 3] {
        let (rv, length, text) = decrypt(&module, session, &ciphertext, Some(room));
        assert_eq!((rv, length), (CKR_BUFFER_TOO_SMALL, 4));
        assert!(text.iter().all(|byte| *byte == 0), "nothing of it yet");
    }
    assert_eq!(decrypt(&module, session, &ciphertext, None), (CKR_OK, 4, vec![]));
    assert_eq!(decrypt(&module, session, &ciphertext, Some(4)), (CKR_OK, 4, b"text".to_vec()));
    assert_eq!(server.count() - before, 1, "decrypted once");
    assert_eq!(decrypt(&module, session, &ciphertext, Some(4)).0, CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn a_held_text_is_of_its_ciphertext_alone() {
    let (_server, module) = module::started();
    let session = init(&module, CKM_RSA_PKCS, true);
    assert_eq!(decrypt(&module, session, &block(b"text"), Some(1)).0, CKR_BUFFER_TOO_SMALL);
    let (rv, _, text) = decrypt(&module, session, &block(b"next"), Some(4));
    assert_eq!((rv, text), (CKR_ENCRYPTED_DATA_INVALID, vec![0; 4]));

    let session = init(&module, CKM_RSA_PKCS, true);
    assert_eq!(decrypt(&module, session, &block(b"text"), Some(1)).0, CKR_BUFFER_TOO_SMALL);
    let (mut byte, mut none) = (0, 0);
    let rv = call!(module.C_DecryptUpdate(session, &raw mut byte, 1, &raw mut byte, &raw mut none));
    assert_eq!(rv, CKR_OPERATION_ACTIVE);
    assert_eq!(decrypt(&module, session, &block(b"text"), Some(4)).0, CKR_OPERATION_NOT_INITIALIZED);
}
