//! PKCS#11 v3.2, 5.6 Sessions.

use super::super::memory::{Input, Output, Place};
use crate::{operation_state, session};
use cryptoki_sys::*;
use std::ffi::c_void;

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
