//! PKCS#11 v3.2, 5.8 to 5.11 Encryption and decryption.

use super::super::memory::{Input, MechanismIn, Output};
use crate::kind::Kind;
use crate::{encryption, operation};
use cryptoki_sys::*;

exports! {
    fn C_EncryptInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        operation::init(session, Kind::Encrypt, MechanismIn::new(mechanism), key)
    }
    fn C_Encrypt(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        encryption::encrypt(session, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_EncryptUpdate(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        encryption::encrypt_update(session, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_EncryptFinal(session: CK_SESSION_HANDLE, out: *mut CK_BYTE, out_len: *mut CK_ULONG) {
        encryption::encrypt_final(session, Output::new(out, out_len))
    }
    fn C_DecryptInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        operation::init(session, Kind::Decrypt, MechanismIn::new(mechanism), key)
    }
    fn C_Decrypt(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        encryption::decrypt(session, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_DecryptUpdate(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        encryption::decrypt_update(session, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_DecryptFinal(session: CK_SESSION_HANDLE, out: *mut CK_BYTE, out_len: *mut CK_ULONG) {
        encryption::decrypt_final(session, Output::new(out, out_len))
    }
}
