//! PKCS#11 v3.2, 5.22 Asynchronous operations.

use crate::session;
use cryptoki_sys::*;

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
