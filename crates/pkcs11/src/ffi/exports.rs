//! The exported functions: each wraps the caller's pointers, calls its chapter, and turns what comes back into a
//! `CK_RV`. No panic crosses C.

#![allow(non_snake_case, reason = "PKCS#11 v3.2 names")]
#![allow(clippy::too_many_arguments, clippy::missing_safety_doc, reason = "PKCS#11 v3.2 signatures and promises")]

use super::interfaces;
use super::memory::{Arguments, Input, List, MechanismIn, Output, Place, Template};
use crate::kind::Kind;
use crate::rv::{Result, Rv};
use crate::wrapping::Means;
use crate::{
    derivation, digest, dual, encapsulation, encryption, general, key, message, message_signing, object, operation,
    operation_state, random, search, session, signing, slot_token, wrapping,
};
use cryptoki_sys::*;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Run an inner function. A panic is a bug of ours: the caller learns CKR_GENERAL_ERROR.
fn guard(inner: impl FnOnce() -> Result<()>) -> CK_RV {
    match catch_unwind(AssertUnwindSafe(inner)) {
        Ok(Ok(())) => CKR_OK,
        Ok(Err(Rv(rv))) => rv,
        Err(_) => CKR_GENERAL_ERROR,
    }
}

macro_rules! exports {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $body:block)*) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $type),*) -> CK_RV {
            #[allow(unused_unsafe, reason = "functions without pointers")]
            // SAFETY: the caller promises what PKCS#11 v3.2 asks of this function's pointers: see memory.rs.
            guard(|| unsafe { $body })
        }
    )* };
}

/// Functions that Cryptoki has given up.
macro_rules! refused {
    ($($name:ident($($type:ty),*) => $rv:ident;)*) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($(_: $type),*) -> CK_RV {
            guard(|| general::refuse($rv))
        }
    )* };
}

// 5.4 General purpose.
exports! {
    fn C_Initialize(arguments: *mut c_void) { general::initialize(Arguments::new(arguments)) }
    fn C_Finalize(reserved: *mut c_void) { general::finalize(reserved.is_null()) }
    fn C_GetInfo(info: *mut CK_INFO) { general::info(Place::new(info)) }
    fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) { Place::new(list).write(interfaces::function_list()) }
    fn C_GetInterfaceList(list: *mut CK_INTERFACE, count: *mut CK_ULONG) {
        List::new(list, count).fill(interfaces::interfaces())
    }
    fn C_GetInterface(
        name: *mut CK_UTF8CHAR, version: *mut CK_VERSION, interface: *mut *mut CK_INTERFACE, flags: CK_FLAGS
    ) {
        Place::new(interface).check()?;
        Place::new(interface).write(interfaces::interface(name, version, flags)?)
    }
}

// 5.5 Slots and tokens.
exports! {
    fn C_GetSlotList(_token_present: CK_BBOOL, list: *mut CK_SLOT_ID, count: *mut CK_ULONG) {
        slot_token::slot_list(List::new(list, count))
    }
    fn C_GetSlotInfo(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO) { slot_token::slot_info(slot, Place::new(info)) }
    fn C_GetTokenInfo(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) { slot_token::token_info(slot, Place::new(info)) }
    fn C_GetMechanismList(slot: CK_SLOT_ID, list: *mut CK_MECHANISM_TYPE, count: *mut CK_ULONG) {
        slot_token::mechanism_list(slot, List::new(list, count))
    }
    fn C_GetMechanismInfo(slot: CK_SLOT_ID, mechanism: CK_MECHANISM_TYPE, info: *mut CK_MECHANISM_INFO) {
        slot_token::mechanism_info(slot, mechanism, Place::new(info))
    }
    fn C_WaitForSlotEvent(flags: CK_FLAGS, _slot: *mut CK_SLOT_ID, _reserved: *mut c_void) {
        slot_token::wait_for_slot_event(flags)
    }
    fn C_InitToken(slot: CK_SLOT_ID, pin: *mut CK_UTF8CHAR, pin_len: CK_ULONG, label: *mut CK_UTF8CHAR) {
        slot_token::init_token(slot, Input::new(pin, pin_len), Input::new(label, slot_token::LABEL_LENGTH))
    }
    fn C_InitPIN(session: CK_SESSION_HANDLE, pin: *mut CK_UTF8CHAR, pin_len: CK_ULONG) {
        session::init_pin(session, Input::new(pin, pin_len))
    }
    fn C_SetPIN(
        session: CK_SESSION_HANDLE, old: *mut CK_UTF8CHAR, old_len: CK_ULONG, new: *mut CK_UTF8CHAR, new_len: CK_ULONG
    ) {
        session::set_pin(session, Input::new(old, old_len), Input::new(new, new_len))
    }
}

// 5.6 Sessions.
exports! {
    fn C_OpenSession(
        slot: CK_SLOT_ID, flags: CK_FLAGS, _application: *mut c_void, _notify: CK_NOTIFY,
        session: *mut CK_SESSION_HANDLE
    ) {
        session::open(slot, flags, Place::new(session))
    }
    fn C_CloseSession(session: CK_SESSION_HANDLE) { session::close(session) }
    fn C_CloseAllSessions(slot: CK_SLOT_ID) { session::close_all(slot) }
    fn C_GetSessionInfo(session: CK_SESSION_HANDLE, info: *mut CK_SESSION_INFO) {
        session::info(session, Place::new(info))
    }
    fn C_GetOperationState(session: CK_SESSION_HANDLE, state: *mut CK_BYTE, state_len: *mut CK_ULONG) {
        operation_state::save(session, Output::new(state, state_len))
    }
    fn C_SetOperationState(
        session: CK_SESSION_HANDLE, state: *mut CK_BYTE, state_len: CK_ULONG, encryption_key: CK_OBJECT_HANDLE,
        authentication_key: CK_OBJECT_HANDLE
    ) {
        operation_state::restore(session, Input::new(state, state_len), encryption_key, authentication_key)
    }
    fn C_GetSessionValidationFlags(
        session: CK_SESSION_HANDLE, kind: CK_SESSION_VALIDATION_FLAGS_TYPE, flags: *mut CK_FLAGS
    ) {
        session::validation_flags(session, kind, Place::new(flags))
    }
    fn C_SessionCancel(session: CK_SESSION_HANDLE, flags: CK_FLAGS) { session::cancel(session, flags) }
    fn C_Login(session: CK_SESSION_HANDLE, user: CK_USER_TYPE, pin: *mut CK_UTF8CHAR, pin_len: CK_ULONG) {
        session::login(session, user, Input::new(pin, pin_len), None)
    }
    fn C_LoginUser(
        session: CK_SESSION_HANDLE, user: CK_USER_TYPE, pin: *mut CK_UTF8CHAR, pin_len: CK_ULONG,
        name: *mut CK_UTF8CHAR, name_len: CK_ULONG
    ) {
        session::login(session, user, Input::new(pin, pin_len), Some(Input::new(name, name_len)))
    }
    fn C_Logout(session: CK_SESSION_HANDLE) { session::logout(session) }
}

// 5.7 Objects.
exports! {
    fn C_CreateObject(
        session: CK_SESSION_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG, object: *mut CK_OBJECT_HANDLE
    ) {
        object::create(session, Template::new(template, count), Place::new(object))
    }
    fn C_CopyObject(
        session: CK_SESSION_HANDLE, source: CK_OBJECT_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG,
        object: *mut CK_OBJECT_HANDLE
    ) {
        object::copy(session, source, Template::new(template, count), Place::new(object))
    }
    fn C_DestroyObject(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) { object::destroy(session, object) }
    fn C_GetObjectSize(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, size: *mut CK_ULONG) {
        object::size(session, object, Place::new(size))
    }
    fn C_GetAttributeValue(
        session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG
    ) {
        object::attribute_value(session, object, Template::new(template, count))
    }
    fn C_SetAttributeValue(
        session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG
    ) {
        object::set_attribute_value(session, object, Template::new(template, count))
    }
    fn C_FindObjectsInit(session: CK_SESSION_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG) {
        search::init(session, Template::new(template, count))
    }
    fn C_FindObjects(
        session: CK_SESSION_HANDLE, objects: *mut CK_OBJECT_HANDLE, max: CK_ULONG, count: *mut CK_ULONG
    ) {
        // `max` says how many fit, as the count does elsewhere: a list whose count starts there.
        let mut room = max;
        search::next(session, max, List::new(objects, &raw mut room), Place::new(count))
    }
    fn C_FindObjectsFinal(session: CK_SESSION_HANDLE) { search::end(session) }
}

// 5.8 to 5.11 Encryption and decryption.
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

// 5.12 Digests.
exports! {
    fn C_DigestInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM) {
        operation::init(session, Kind::Digest, MechanismIn::new(mechanism), 0)
    }
    fn C_Digest(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        digest::digest(session, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_DigestUpdate(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG) {
        digest::update(session, Input::new(data, len))
    }
    fn C_DigestKey(session: CK_SESSION_HANDLE, key: CK_OBJECT_HANDLE) { digest::digest_key(session, key) }
    fn C_DigestFinal(session: CK_SESSION_HANDLE, out: *mut CK_BYTE, out_len: *mut CK_ULONG) {
        digest::finish(session, Output::new(out, out_len))
    }
}

// 5.13 to 5.16 Signatures and MACs.
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

// 5.9, 5.11, 5.14 and 5.16 Messages.
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

// 5.17 Two operations at once.
exports! {
    fn C_DigestEncryptUpdate(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        dual::encrypt_update(session, Kind::Digest, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_DecryptDigestUpdate(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        dual::decrypt_update(session, Kind::Digest, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_SignEncryptUpdate(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        dual::encrypt_update(session, Kind::Sign, Input::new(data, len), Output::new(out, out_len))
    }
    fn C_DecryptVerifyUpdate(
        session: CK_SESSION_HANDLE, data: *mut CK_BYTE, len: CK_ULONG, out: *mut CK_BYTE, out_len: *mut CK_ULONG
    ) {
        dual::decrypt_update(session, Kind::Verify, Input::new(data, len), Output::new(out, out_len))
    }
}

// 5.18 Keys.
exports! {
    fn C_GenerateKey(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, template: *mut CK_ATTRIBUTE, count: CK_ULONG,
        key: *mut CK_OBJECT_HANDLE
    ) {
        key::generate(session, MechanismIn::new(mechanism), Template::new(template, count), Place::new(key))
    }
    fn C_GenerateKeyPair(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, public: *mut CK_ATTRIBUTE, public_count: CK_ULONG,
        private: *mut CK_ATTRIBUTE, private_count: CK_ULONG, public_key: *mut CK_OBJECT_HANDLE,
        private_key: *mut CK_OBJECT_HANDLE
    ) {
        let templates = [Template::new(public, public_count), Template::new(private, private_count)];
        let keys = [Place::new(public_key), Place::new(private_key)];
        key::generate_pair(session, MechanismIn::new(mechanism), templates, keys)
    }
    fn C_WrapKey(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, wrapping: CK_OBJECT_HANDLE, key: CK_OBJECT_HANDLE,
        wrapped: *mut CK_BYTE, wrapped_len: *mut CK_ULONG
    ) {
        let means = Means { mechanism: MechanismIn::new(mechanism), authenticated: None };
        wrapping::wrap(session, &means, wrapping, key, Output::new(wrapped, wrapped_len))
    }
    fn C_UnwrapKey(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, unwrapping: CK_OBJECT_HANDLE, wrapped: *mut CK_BYTE,
        wrapped_len: CK_ULONG, template: *mut CK_ATTRIBUTE, count: CK_ULONG, key: *mut CK_OBJECT_HANDLE
    ) {
        let means = Means { mechanism: MechanismIn::new(mechanism), authenticated: None };
        let wrapped = Input::new(wrapped, wrapped_len);
        wrapping::unwrap(session, &means, unwrapping, wrapped, Template::new(template, count), Place::new(key))
    }
    fn C_WrapKeyAuthenticated(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, wrapping: CK_OBJECT_HANDLE, key: CK_OBJECT_HANDLE,
        data: *mut CK_BYTE, data_len: CK_ULONG, wrapped: *mut CK_BYTE, wrapped_len: *mut CK_ULONG
    ) {
        let authenticated = Some(Input::new(data, data_len));
        let means = Means { mechanism: MechanismIn::new(mechanism), authenticated };
        wrapping::wrap(session, &means, wrapping, key, Output::new(wrapped, wrapped_len))
    }
    fn C_UnwrapKeyAuthenticated(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, unwrapping: CK_OBJECT_HANDLE, wrapped: *mut CK_BYTE,
        wrapped_len: CK_ULONG, template: *mut CK_ATTRIBUTE, count: CK_ULONG, data: *mut CK_BYTE, data_len: CK_ULONG,
        key: *mut CK_OBJECT_HANDLE
    ) {
        let authenticated = Some(Input::new(data, data_len));
        let means = Means { mechanism: MechanismIn::new(mechanism), authenticated };
        let wrapped = Input::new(wrapped, wrapped_len);
        wrapping::unwrap(session, &means, unwrapping, wrapped, Template::new(template, count), Place::new(key))
    }
    fn C_DeriveKey(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, base: CK_OBJECT_HANDLE, template: *mut CK_ATTRIBUTE,
        count: CK_ULONG, key: *mut CK_OBJECT_HANDLE
    ) {
        derivation::derive(
            session, MechanismIn::new(mechanism), base, Template::new(template, count), Place::new(key),
        )
    }
}

// 5.18.8 and 5.18.9 Encapsulation.
exports! {
    fn C_EncapsulateKey(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, public_key: CK_OBJECT_HANDLE,
        template: *mut CK_ATTRIBUTE, count: CK_ULONG, ciphertext: *mut CK_BYTE, ciphertext_len: *mut CK_ULONG,
        key: *mut CK_OBJECT_HANDLE
    ) {
        let (template, ciphertext) = (Template::new(template, count), Output::new(ciphertext, ciphertext_len));
        let mechanism = MechanismIn::new(mechanism);
        encapsulation::encapsulate(session, mechanism, public_key, template, ciphertext, Place::new(key))
    }
    fn C_DecapsulateKey(
        session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, private_key: CK_OBJECT_HANDLE,
        template: *mut CK_ATTRIBUTE, count: CK_ULONG, ciphertext: *mut CK_BYTE, ciphertext_len: CK_ULONG,
        key: *mut CK_OBJECT_HANDLE
    ) {
        let (template, ciphertext) = (Template::new(template, count), Input::new(ciphertext, ciphertext_len));
        let mechanism = MechanismIn::new(mechanism);
        encapsulation::decapsulate(session, mechanism, private_key, template, ciphertext, Place::new(key))
    }
}

// 5.20 Random numbers.
exports! {
    fn C_SeedRandom(session: CK_SESSION_HANDLE, seed: *mut CK_BYTE, len: CK_ULONG) {
        random::seed(session, Input::new(seed, len))
    }
    fn C_GenerateRandom(session: CK_SESSION_HANDLE, out: *mut CK_BYTE, len: CK_ULONG) {
        // The length is an argument here, not a place: a place of our own makes it an output like the others.
        let mut room = len;
        random::generate(session, len, Output::new(out, &raw mut room))
    }
}

// 5.21 Parallel function management, which Cryptoki has given up.
refused! {
    C_GetFunctionStatus(CK_SESSION_HANDLE) => CKR_FUNCTION_NOT_PARALLEL;
    C_CancelFunction(CK_SESSION_HANDLE) => CKR_FUNCTION_NOT_PARALLEL;
}

// 5.22 Asynchronous operations.
exports! {
    fn C_AsyncComplete(session: CK_SESSION_HANDLE, _function: *mut CK_UTF8CHAR, _result: *mut CK_ASYNC_DATA) {
        session::asynchronous(session)
    }
    fn C_AsyncGetID(session: CK_SESSION_HANDLE, _function: *mut CK_UTF8CHAR, _id: *mut CK_ULONG) {
        session::asynchronous(session)
    }
    fn C_AsyncJoin(
        session: CK_SESSION_HANDLE, _function: *mut CK_UTF8CHAR, _id: CK_ULONG, _data: *mut CK_BYTE, _len: CK_ULONG
    ) {
        session::asynchronous(session)
    }
}
