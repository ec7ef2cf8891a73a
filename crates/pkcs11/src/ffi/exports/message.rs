//! PKCS#11 v3.2, 5.9, 5.11, 5.14 and 5.16 Messages.

use super::super::memory::{Input, MechanismIn, Output};
use crate::kind::Kind;
use crate::{message, message_signing, operation};
use cryptoki_sys::*;
use std::ffi::c_void;

exports! {
    fn C_MessageEncryptInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        message::init(session, Kind::MessageEncrypt, MechanismIn::new(mechanism), key)
    }
    fn C_MessageEncryptFinal(session: CK_SESSION_HANDLE) {
        operation::end(session, Kind::MessageEncrypt)
    }
    fn C_MessageDecryptInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        message::init(session, Kind::MessageDecrypt, MechanismIn::new(mechanism), key)
    }
    fn C_MessageDecryptFinal(session: CK_SESSION_HANDLE) {
        operation::end(session, Kind::MessageDecrypt)
    }
    fn C_MessageSignInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        message::init(session, Kind::MessageSign, MechanismIn::new(mechanism), key)
    }
    fn C_MessageSignFinal(session: CK_SESSION_HANDLE) {
        operation::end(session, Kind::MessageSign)
    }
    fn C_MessageVerifyInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        message::init(session, Kind::MessageVerify, MechanismIn::new(mechanism), key)
    }
    fn C_MessageVerifyFinal(session: CK_SESSION_HANDLE) {
        operation::end(session, Kind::MessageVerify)
    }
    fn C_EncryptMessage(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, aad: *mut CK_BYTE, aad_len: CK_ULONG,
        data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        let (parameter, aad) = (Input::new(parameter.cast(), parameter_len), Input::new(aad, aad_len));
        message::encrypt(session, parameter, aad, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_EncryptMessageBegin(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, aad: *mut CK_BYTE, aad_len: CK_ULONG
    ) {
        message::encrypt_begin(session, Input::new(parameter.cast(), parameter_len), Input::new(aad, aad_len))
    }
    fn C_EncryptMessageNext(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, data: *mut CK_BYTE, len: CK_ULONG,
        out: *mut CK_BYTE, out_len: *mut CK_ULONG, flags: CK_FLAGS
    ) {
        let (parameter, data) = (Input::new(parameter.cast(), parameter_len), Input::new(data, len));
        message::encrypt_next(session, parameter, data, Output::new(out, out_len), flags)
    }
    fn C_DecryptMessage(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, aad: *mut CK_BYTE, aad_len: CK_ULONG,
        data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        let (parameter, aad) = (Input::new(parameter.cast(), parameter_len), Input::new(aad, aad_len));
        message::decrypt(session, parameter, aad, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_DecryptMessageBegin(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, aad: *mut CK_BYTE, aad_len: CK_ULONG
    ) {
        message::decrypt_begin(session, Input::new(parameter.cast(), parameter_len), Input::new(aad, aad_len))
    }
    fn C_DecryptMessageNext(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, data: *mut CK_BYTE, len: CK_ULONG,
        out: *mut CK_BYTE, out_len: *mut CK_ULONG, flags: CK_FLAGS
    ) {
        let (parameter, data) = (Input::new(parameter.cast(), parameter_len), Input::new(data, len));
        message::decrypt_next(session, parameter, data, Output::new(out, out_len), flags)
    }
    fn C_SignMessage(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, data: *mut CK_BYTE, len: CK_ULONG,
        out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        let (parameter, data) = (Input::new(parameter.cast(), parameter_len), Input::new(data, len));
        message_signing::sign(session, parameter, data, Output::new(out, out_len))
    }
    fn C_VerifyMessage(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, data: *mut CK_BYTE, len: CK_ULONG,
        signature: *mut CK_BYTE, signature_len: CK_ULONG
    ) {
        let (parameter, data) = (Input::new(parameter.cast(), parameter_len), Input::new(data, len));
        message_signing::verify(session, parameter, data, Input::new(signature, signature_len))
    }
    fn C_SignMessageNext(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, data: *mut CK_BYTE, len: CK_ULONG,
        out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        let (parameter, data) = (Input::new(parameter.cast(), parameter_len), Input::new(data, len));
        message_signing::sign_next(session, parameter, data, Output::new(out, out_len))
    }
    fn C_VerifyMessageNext(
        session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG, data: *mut CK_BYTE, len: CK_ULONG,
        signature: *mut CK_BYTE, signature_len: CK_ULONG
    ) {
        let (parameter, data) = (Input::new(parameter.cast(), parameter_len), Input::new(data, len));
        message_signing::verify_next(session, parameter, data, Input::new(signature, signature_len))
    }
    fn C_SignMessageBegin(session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG) {
        message_signing::signature_begin(session, Kind::MessageSign, Input::new(parameter.cast(), parameter_len))
    }
    fn C_VerifyMessageBegin(session: CK_SESSION_HANDLE, parameter: *mut c_void, parameter_len: CK_ULONG) {
        message_signing::signature_begin(session, Kind::MessageVerify, Input::new(parameter.cast(), parameter_len))
    }
}
