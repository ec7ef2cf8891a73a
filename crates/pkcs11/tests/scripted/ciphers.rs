//! Ciphers that give back each part: what they ask of the server, and what they take from it.

use super::module::{self, Module, call, mechanism};
use super::server::{BLOCK_LENGTH, KEY};
use cryptoki_sys::*;
use std::ptr::null_mut;

fn init(module: &Module, kind: CK_MECHANISM_TYPE, decrypt: bool) -> CK_SESSION_HANDLE {
    let session = module.open();
    let iv = [7u8; 16];
    let mut mechanism = mechanism(kind, &iv);
    let rv = if decrypt {
        call!(module.C_DecryptInit(session, &raw mut mechanism, KEY))
    } else {
        call!(module.C_EncryptInit(session, &raw mut mechanism, KEY))
    };
    assert_eq!(rv, CKR_OK);
    session
}

/// A ciphertext that the scripted server decrypts to the `length` bytes after the first.
fn ciphertext(length: u8) -> [u8; 32] {
    let mut made = [9; 32];
    made[0] = length;
    made
}

#[test]
fn an_answer_of_another_length_is_a_device_error() {
    let (_server, module) = module::started();
    // The scripted server encrypts everything to a block of RSA's.
    for kind in [CKM_AES_CBC, CKM_AES_CBC_PAD] {
        for update in [false, true] {
            let session = init(&module, kind, false);
            let (mut data, mut out, mut length) = ([1; 32], [0; BLOCK_LENGTH], BLOCK_LENGTH as CK_ULONG);
            let (data, out_pointer) = (data.as_mut_ptr(), out.as_mut_ptr());
            let rv = if update {
                call!(module.C_EncryptUpdate(session, data, 32, out_pointer, &raw mut length))
            } else {
                call!(module.C_Encrypt(session, data, 32, out_pointer, &raw mut length))
            };
            assert_eq!((rv, out), (CKR_DEVICE_ERROR, [0; BLOCK_LENGTH]));
        }
    }
    // All of a padded text but its last block comes back, whatever the padding.
    for room in [20, 40] {
        let session = init(&module, CKM_AES_CBC_PAD, true);
        let (mut data, mut out, mut length) = (ciphertext(15), [0; 40], room);
        let rv = call!(module.C_Decrypt(session, data.as_mut_ptr(), 32, out.as_mut_ptr(), &raw mut length));
        assert_eq!(rv, CKR_DEVICE_ERROR);
    }
}

#[test]
fn a_padded_text_is_asked_for_once() {
    let (server, module) = module::started();
    let session = init(&module, CKM_AES_CBC_PAD, true);
    let before = server.count();
    let (mut data, mut out) = (ciphertext(20), [0; 40]);
    let mut decrypt = |pointer: *mut u8, room: CK_ULONG| {
        let mut length = room;
        let rv = call!(module.C_Decrypt(session, data.as_mut_ptr(), 32, pointer, &raw mut length));
        (rv, length, server.count() - before)
    };
    assert_eq!(decrypt(null_mut(), 0), (CKR_OK, 32, 0), "the upper bound");
    assert_eq!(decrypt(out.as_mut_ptr(), 15), (CKR_BUFFER_TOO_SMALL, 32, 0), "too small for any padding");
    assert_eq!(decrypt(out.as_mut_ptr(), 19), (CKR_BUFFER_TOO_SMALL, 20, 1), "the text's length");
    assert_eq!(decrypt(null_mut(), 0), (CKR_OK, 20, 1));
    assert_eq!(decrypt(out.as_mut_ptr(), 20), (CKR_OK, 20, 1));
    assert_eq!(out[..21], [[9; 20].as_slice(), &[0]].concat());
}

#[test]
fn a_wrong_length_goes_nowhere() {
    let (server, module) = module::started();
    for (kind, decrypts, expected) in [
        (CKM_AES_CBC, false, CKR_DATA_LEN_RANGE),
        (CKM_AES_CBC, true, CKR_ENCRYPTED_DATA_LEN_RANGE),
        (CKM_AES_CBC_PAD, true, CKR_ENCRYPTED_DATA_LEN_RANGE),
    ] {
        let session = init(&module, kind, decrypts);
        let before = server.count();
        let (mut data, mut out, mut length) = ([1; 31], [0; 40], 40);
        let (data, out) = (data.as_mut_ptr(), out.as_mut_ptr());
        let rv = if decrypts {
            call!(module.C_Decrypt(session, data, 31, out, &raw mut length))
        } else {
            call!(module.C_Encrypt(session, data, 31, out, &raw mut length))
        };
        assert_eq!((rv, server.count()), (expected, before));
    }
}
