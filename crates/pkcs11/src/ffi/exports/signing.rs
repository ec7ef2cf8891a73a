//! PKCS#11 v3.2, 5.13 to 5.16 Signatures and MACs.

use super::super::memory::{Input, MechanismIn, Output};
use crate::kind::Kind;
use crate::{operation, signing};
use cryptoki_sys::*;

exports! {
    fn C_SignInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        operation::init(session, Kind::Sign, MechanismIn::new(mechanism), key)
    }
    fn C_Sign(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        signing::sign(session, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_SignUpdate(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG) {
        signing::sign_update(session, Input::new(data, len))
    }
    fn C_SignFinal(session: CK_SESSION_HANDLE, out: *mut CK_BYTE, out_len: *mut CK_ULONG) {
        signing::sign_final(session, Output::new(out, out_len))
    }
    fn C_VerifyInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        operation::init(session, Kind::Verify, MechanismIn::new(mechanism), key)
    }
    fn C_Verify(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, signature: *mut CK_BYTE, signature_len: CK_ULONG
    ) {
        signing::verify(session, Input::new(data, len), Input::new(signature, signature_len))
    }
    fn C_VerifyUpdate(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG) {
        signing::verify_update(session, Input::new(data, len))
    }
    fn C_VerifyFinal(session: CK_SESSION_HANDLE, signature: *mut CK_BYTE, signature_len: CK_ULONG) {
        signing::verify_final(session, Input::new(signature, signature_len))
    }
    fn C_VerifySignatureInit(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE, signature: *mut CK_BYTE,
        signature_len: CK_ULONG
    ) {
        let signature = Input::new(signature, signature_len);
        signing::verify_signature_init(session, MechanismIn::new(mechanism), key, signature)
    }
    fn C_VerifySignature(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG) {
        signing::verify_signature(session, Input::new(data, len))
    }
    fn C_VerifySignatureUpdate(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG) {
        signing::verify_signature_update(session, Input::new(data, len))
    }
    fn C_VerifySignatureFinal(session: CK_SESSION_HANDLE) { signing::verify_signature_final(session) }
    fn C_SignRecoverInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        operation::init(session, Kind::SignRecover, MechanismIn::new(mechanism), key)
    }
    fn C_SignRecover(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        signing::sign_recover(session, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_VerifyRecoverInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE) {
        operation::init(session, Kind::VerifyRecover, MechanismIn::new(mechanism), key)
    }
    fn C_VerifyRecover(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        signing::verify_recover(session, Input::new(data, len), Output::new(out, out_len))
    }
}
