//! PKCS#11 v3.2, 5.22 Asynchronous operations.

use super::super::memory::{Name, Place};
use crate::session;
use cryptoki_sys::*;

exports! {
    fn C_AsyncComplete(session: CK_SESSION_HANDLE, function: *mut CK_UTF8CHAR, _result: *mut CK_ASYNC_DATA) {
        session::asynchronous(session, Name::new(function), CKR_OPERATION_NOT_INITIALIZED)
    }
    fn C_AsyncGetID(session: CK_SESSION_HANDLE, function: *mut CK_UTF8CHAR, id: *mut CK_ULONG) {
        Place::new(id).check()?;
        session::asynchronous(session, Name::new(function), CKR_OPERATION_NOT_INITIALIZED)
    }
    fn C_AsyncJoin(
        session: CK_SESSION_HANDLE, function: *mut CK_UTF8CHAR, _id: CK_ULONG, _data: *mut CK_BYTE, _len: CK_ULONG
    ) {
        session::asynchronous(session, Name::new(function), CKR_SAVED_STATE_INVALID)
    }
}
