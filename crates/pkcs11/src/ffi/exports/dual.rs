//! PKCS#11 v3.2, 5.17 Two operations at once.

use super::super::memory::{Input, Output};
use crate::dual;
use crate::kind::Kind;
use cryptoki_sys::*;

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
