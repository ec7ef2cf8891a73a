//! PKCS#11 v3.2, 5.18.8 and 5.18.9 Encapsulation.

use super::super::memory::{Input, MechanismIn, Output, Place, Template};
use crate::encapsulation;
use cryptoki_sys::*;

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
