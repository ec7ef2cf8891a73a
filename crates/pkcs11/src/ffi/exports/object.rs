//! PKCS#11 v3.2, 5.7 Objects.

use super::super::memory::{List, Place, Template};
use crate::{object, search};
use cryptoki_sys::*;

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
