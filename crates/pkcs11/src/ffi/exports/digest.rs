//! PKCS#11 v3.2, 5.12 Digests.

use super::super::memory::{Input, MechanismIn, Output};
use crate::kind::Kind;
use crate::{digest, operation};
use cryptoki_sys::*;

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
