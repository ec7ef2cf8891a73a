//! PKCS#11 v3.2, 5.5: slot and token management.

use crate::ffi::{Input, List, Place};
use crate::library::{Library, library};
use crate::message::takes_messages;
use crate::rv::{Result, Rv};
use crate::session::checked_pin;
use cryptoki_sys::*;
use std::sync::Arc;
use vhsm_wire::messages::{InitToken, Slot, SlotList, TokenInfo, reply, request};
use vhsm_wire::table::{MechanismRow, Operation};
use vhsm_wire::{limits, tables};

pub const MANUFACTURER: &str = "vhsm";
const MODEL: &str = "vhsm";

/// The package's version, as CK_INFO and its likes show it.
pub const VERSION: CK_VERSION =
    CK_VERSION { major: number(env!("CARGO_PKG_VERSION_MAJOR")), minor: number(env!("CARGO_PKG_VERSION_MINOR")) };

const fn number(text: &str) -> u8 {
    let bytes = text.as_bytes();
    let (mut at, mut value) = (0, 0);
    while at < bytes.len() {
        value = value * 10 + (bytes[at] - b'0');
        at += 1;
    }
    value
}

/// Text as PKCS#11 wants it: no terminating zero, blanks at the end; cut where a character begins.
pub fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [b' '; N];
    let length = (0..=text.len().min(N)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    bytes
}

/// C_GetSlotList. Every slot has its token. What there is changes only when the caller asks for the count
/// (PKCS#11 v3.2, 5.5.1), so that counting and filling agree.
pub fn slot_list(list: List<CK_SLOT_ID>) -> Result<()> {
    let library = library()?;
    list.check()?;
    let slots = if list.asks_for_count() { ask_for_slots(library)? } else { slots(library)? };
    let ids: Vec<CK_SLOT_ID> = slots.iter().map(|slot| slot.slot_id).collect();
    list.fill(&ids)
}

fn slots(library: &Library) -> Result<Arc<[Slot]>> {
    library.slots().map_or_else(|| ask_for_slots(library), Ok)
}

fn ask_for_slots(library: &Library) -> Result<Arc<[Slot]>> {
    let mut answer = library.ask(None, request::Request::SlotList(SlotList {}), &[])?;
    let Some(reply::Reply::Slots(slots)) = answer.body() else { return Err(Rv(CKR_DEVICE_ERROR)) };
    let slots: Arc<[Slot]> = slots.slots.into();
    library.set_slots(answer.application(), slots.clone());
    Ok(slots)
}

/// The slot of this number; one that is new to us is asked for.
fn slot(library: &Library, id: CK_SLOT_ID) -> Result<Slot> {
    let of = |slots: Arc<[Slot]>| slots.iter().find(|slot| slot.slot_id == id).cloned();
    if let Some(slot) = library.slots().and_then(of) {
        return Ok(slot);
    }
    of(ask_for_slots(library)?).ok_or(Rv(CKR_SLOT_ID_INVALID))
}

/// The policy of the token in a slot.
pub fn policy_of(library: &Library, id: CK_SLOT_ID) -> Result<String> {
    Ok(slot(library, id)?.policy)
}

pub fn slot_info(id: CK_SLOT_ID, info: Place<CK_SLOT_INFO>) -> Result<()> {
    let library = library()?;
    info.check()?;
    let slot = slot(library, id)?;
    info.write(CK_SLOT_INFO {
        slotDescription: padded(&format!("vhsm slot {id} of container {}", slot.container)),
        manufacturerID: padded(MANUFACTURER),
        flags: CKF_TOKEN_PRESENT,
        hardwareVersion: VERSION,
        firmwareVersion: VERSION,
    })
}

pub fn token_info(id: CK_SLOT_ID, info: Place<CK_TOKEN_INFO>) -> Result<()> {
    let library = library()?;
    info.check()?;
    let body = request::Request::TokenInfo(TokenInfo { slot_id: id });
    let Some(reply::Reply::Token(token)) = library.ask(None, body, &[])?.body() else {
        return Err(Rv(CKR_DEVICE_ERROR));
    };
    info.write(CK_TOKEN_INFO {
        label: padded(&token.label),
        manufacturerID: padded(MANUFACTURER),
        model: padded(MODEL),
        serialNumber: padded(&token.serial),
        // That two operations go on at once is done here (dual.rs); the rest the server knows.
        flags: token.flags | CKF_DUAL_CRYPTO_OPERATIONS,
        ulMaxSessionCount: limits::SESSION_SESSIONS_PER_CONTAINER_MAX,
        ulSessionCount: token.sessions,
        ulMaxRwSessionCount: limits::SESSION_SESSIONS_PER_CONTAINER_MAX,
        ulRwSessionCount: token.read_write_sessions,
        ulMaxPinLen: token.pin_max.into(),
        ulMinPinLen: token.pin_min.into(),
        ulTotalPublicMemory: CK_UNAVAILABLE_INFORMATION,
        ulFreePublicMemory: CK_UNAVAILABLE_INFORMATION,
        ulTotalPrivateMemory: CK_UNAVAILABLE_INFORMATION,
        ulFreePrivateMemory: CK_UNAVAILABLE_INFORMATION,
        hardwareVersion: VERSION,
        firmwareVersion: VERSION,
        // No clock is promised (CKF_CLOCK_ON_TOKEN).
        utcTime: [b' '; 16],
    })
}

/// Length of a token's label, in bytes, filled up with spaces and without an end.
pub const LABEL_LENGTH: CK_ULONG = 32;

pub fn init_token(id: CK_SLOT_ID, pin: Input<'_>, label: Input<'_>) -> Result<()> {
    let library = library()?;
    let pin = checked_pin(pin, CKR_PIN_INCORRECT)?;
    let label = std::str::from_utf8(label.bytes()?).map_err(|_| Rv(CKR_ARGUMENTS_BAD))?.trim_end_matches(' ');
    let body = InitToken { slot_id: id, label: label.to_owned() };
    library.ask(None, request::Request::InitToken(body), &[pin])?;
    library.note_change();
    Ok(())
}

pub fn mechanism_list(id: CK_SLOT_ID, list: List<CK_MECHANISM_TYPE>) -> Result<()> {
    let library = library()?;
    list.check()?;
    let policy = slot(library, id)?.policy;
    let offered = tables::MECHANISMS.iter().filter(|row| row.offered(&policy).next().is_some());
    let mechanisms: Vec<CK_MECHANISM_TYPE> = offered.map(|row| row.value).collect();
    list.fill(&mechanisms)
}

pub fn mechanism_info(id: CK_SLOT_ID, mechanism: CK_MECHANISM_TYPE, info: Place<CK_MECHANISM_INFO>) -> Result<()> {
    let library = library()?;
    info.check()?;
    let policy = slot(library, id)?.policy;
    let row = vhsm_wire::mechanism(mechanism).ok_or(Rv(CKR_MECHANISM_INVALID))?;
    let offered =
        row.offered(&policy).fold(0, |flags, operation| flags | flag(operation) | message_flags(row, operation));
    if offered == 0 {
        return Err(Rv(CKR_MECHANISM_INVALID));
    }
    let (least, greatest) = key_sizes(row, &policy);
    let flags = offered | curve_flags(row);
    info.write(CK_MECHANISM_INFO { ulMinKeySize: least, ulMaxKeySize: greatest, flags })
}

/// Key sizes in the unit that the mechanism's section of the standard gives: bytes for AES and HMAC, bits for RSA,
/// elliptic curves and the generation of generic secrets (PKCS#11 v3.2, 6.8.3).
fn key_sizes(row: &MechanismRow, policy: &str) -> (CK_ULONG, CK_ULONG) {
    let (least, greatest) = row.key_size;
    match (row.value, row.key_types) {
        (tables::CKM_GENERIC_SECRET_KEY_GEN, _) => (least * 8, greatest * 8),
        (_, [CKK_RSA]) if policy != "compatible" => (least.max(limits::POLICY_RSA_BITS_MIN), greatest),
        (_, types) => (shortest_curve(types, policy).map_or(least, |bits| bits.max(least)), greatest),
    }
}

/// Size of the shortest curve that keys of these types may be on under this policy, in bits.
fn shortest_curve(types: &[u64], policy: &str) -> Option<u64> {
    let curves = tables::CURVES.iter().filter(|row| types.contains(&row.key_type) && row.policy.offered(policy));
    curves.map(|row| row.bits).min()
}

/// What elliptic curves there are and how points are written (PKCS#11 v3.2, 6.3): prime fields, curves by their object
/// identifiers (CKF_EC_NAMEDCURVE of v2.40), and points uncompressed, except that an Edwards point has one form only.
fn curve_flags(row: &MechanismRow) -> CK_FLAGS {
    match row.key_types {
        [CKK_EC] => CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS,
        [CKK_EC_EDWARDS] | [CKK_EC_MONTGOMERY] => CKF_EC_F_P | CKF_EC_OID,
        _ => 0,
    }
}

/// What messages a mechanism takes (message.rs), whole and in parts.
fn message_flags(row: &MechanismRow, operation: Operation) -> CK_FLAGS {
    let flag = match operation {
        _ if !takes_messages(row, operation) => return 0,
        Operation::Encrypt => CKF_MESSAGE_ENCRYPT,
        Operation::Decrypt => CKF_MESSAGE_DECRYPT,
        Operation::Sign => CKF_MESSAGE_SIGN,
        _ => CKF_MESSAGE_VERIFY,
    };
    flag | CKF_MULTI_MESSAGE
}

fn flag(operation: Operation) -> CK_FLAGS {
    match operation {
        Operation::Generate => CKF_GENERATE,
        Operation::GenerateKeyPair => CKF_GENERATE_KEY_PAIR,
        Operation::Encrypt => CKF_ENCRYPT,
        Operation::Decrypt => CKF_DECRYPT,
        Operation::Sign => CKF_SIGN,
        Operation::Verify => CKF_VERIFY,
        Operation::Digest => CKF_DIGEST,
        Operation::SignRecover => CKF_SIGN_RECOVER,
        Operation::VerifyRecover => CKF_VERIFY_RECOVER,
        Operation::Wrap => CKF_WRAP,
        Operation::Unwrap => CKF_UNWRAP,
        Operation::Derive => CKF_DERIVE,
        Operation::Encapsulate => CKF_ENCAPSULATE,
        Operation::Decapsulate => CKF_DECAPSULATE,
    }
}

/// No slot ever comes or goes while an application looks, so there is nothing to wait for.
pub fn wait_for_slot_event(flags: CK_FLAGS) -> Result<()> {
    library()?;
    Err(Rv(if flags & CKF_DONT_BLOCK != 0 { CKR_NO_EVENT } else { CKR_FUNCTION_NOT_SUPPORTED }))
}
