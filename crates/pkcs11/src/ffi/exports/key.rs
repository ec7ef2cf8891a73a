//! PKCS#11 v3.2, 5.18 Keys.

use super::super::memory::{Input, MechanismIn, Output, Place, Template};
use crate::wrapping::Means;
use crate::{derivation, key, wrapping};
use cryptoki_sys::*;

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
