//! PKCS#11 v3.2, 5.4 General purpose.

use super::super::interfaces;
use super::super::memory::{Arguments, List, Place};
use crate::general;
use cryptoki_sys::*;
use std::ffi::c_void;

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
