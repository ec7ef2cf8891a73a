//! PKCS#11 v3.2, 5.5 Slots and tokens.

use super::super::memory::{Input, List, Place};
use crate::{session, slot_token};
use cryptoki_sys::*;
use std::ffi::c_void;

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
