//! The real library, loaded as a program loads it, against a scripted server.

#![allow(unsafe_code, reason = "calls the module as C programs do")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod blocks;
mod calls;
mod ciphers;
mod key_pairs;
mod module;
mod parameters;
mod server;
mod signatures;

use cryptoki_sys::*;
use module::call;
use server::{KEY, MAC_LENGTH, Server, mac};
use std::ptr::null_mut;
use std::sync::atomic::Ordering;
use std::thread;

const ABSURD: CK_ULONG = CK_ULONG::MAX;

#[test]
fn every_function_of_every_list_is_there() {
    let (_server, module) = module::started();
    let mut count = 0;
    assert_eq!(call!(module.C_GetInterfaceList(null_mut(), &raw mut count)), CKR_OK);
    assert_eq!(count, 3);
    for (major, minor, functions) in [(2, 40, 68), (3, 0, 92), (3, 2, 104)] {
        let mut version = CK_VERSION { major, minor };
        let mut interface = null_mut();
        let name = c"PKCS 11".as_ptr().cast_mut().cast();
        assert_eq!(call!(module.C_GetInterface(name, &raw mut version, &raw mut interface, 0)), CKR_OK);
        // SAFETY: an interface names a list of at least this many function pointers behind an (aligned) version.
        let list = unsafe { std::slice::from_raw_parts((*interface).pFunctionList.cast::<usize>(), functions + 1) };
        assert!(list.iter().all(|function| *function != 0), "{major}.{minor}");
    }
    let mut interface = null_mut();
    let other = c"Vendor".as_ptr().cast_mut().cast();
    assert_eq!(call!(module.C_GetInterface(other, null_mut(), &raw mut interface, 0)), CKR_ARGUMENTS_BAD);
    assert_eq!(call!(module.C_GetInterface(null_mut(), null_mut(), null_mut(), 0)), CKR_ARGUMENTS_BAD);
}

#[test]
fn initialisation_takes_what_clients_give() {
    let (_server, module) = module::started();
    let mut arguments = CK_C_INITIALIZE_ARGS {
        CreateMutex: None,
        DestroyMutex: None,
        LockMutex: None,
        UnlockMutex: None,
        flags: 0,
        pReserved: null_mut(),
    };
    assert_eq!(call!(module.C_Initialize(null_mut())), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    for flags in [0, 1, 2, 3] {
        assert_eq!(call!(module.C_Finalize(null_mut())), CKR_OK);
        arguments.flags = flags;
        assert_eq!(call!(module.C_Initialize((&raw mut arguments).cast())), CKR_OK);
    }
    assert_eq!(call!(module.C_Finalize(null_mut())), CKR_OK);
    unsafe extern "C" fn lock(_: *mut std::ffi::c_void) -> CK_RV {
        CKR_OK
    }
    arguments.LockMutex = Some(lock);
    assert_eq!(call!(module.C_Initialize((&raw mut arguments).cast())), CKR_ARGUMENTS_BAD);
    arguments.LockMutex = None;
    arguments.pReserved = (&raw mut arguments).cast();
    assert_eq!(call!(module.C_Initialize((&raw mut arguments).cast())), CKR_ARGUMENTS_BAD);
    assert_eq!(call!(module.C_GetInfo(null_mut())), CKR_CRYPTOKI_NOT_INITIALIZED);
}

#[test]
fn a_signature_is_one_round_trip() {
    let (server, module) = module::started();
    let session = module.open();
    module.sign_init(session, KEY);
    assert_eq!(module.sign(session, b"first"), mac(b"first"));
    let before = server.count();
    for number in 0..100_u8 {
        module.sign_init(session, KEY);
        assert_eq!(module.sign(session, &[number]), mac(&[number]));
    }
    assert_eq!(server.count() - before, 100);
    server.state.facts_version.fetch_add(1, Ordering::SeqCst);
    module.sign_init(session, KEY);
    assert_eq!(module.sign(session, b""), mac(b""));
    module.sign_init(session, KEY);
    assert_eq!(server.count() - before, 102, "a changed facts version asks once more");
}

#[test]
fn sizes_are_answered_without_a_trip_and_leave_the_operation() {
    let (server, module) = module::started();
    let session = module.open();
    module.sign_init(session, KEY);
    let before = server.count();
    let (mut data, mut out, mut length) = (*b"data", [0; MAC_LENGTH], 0);
    assert_eq!(call!(module.C_Sign(session, data.as_mut_ptr(), 4, null_mut(), &raw mut length)), CKR_OK);
    assert_eq!(length, MAC_LENGTH as CK_ULONG);
    length -= 1;
    let rv = call!(module.C_Sign(session, data.as_mut_ptr(), 4, out.as_mut_ptr(), &raw mut length));
    assert_eq!((rv, length), (CKR_BUFFER_TOO_SMALL, MAC_LENGTH as CK_ULONG));
    assert_eq!(server.count(), before);
    assert_eq!(module.sign(session, &data), mac(&data));
    let rv = call!(module.C_Sign(session, data.as_mut_ptr(), 4, out.as_mut_ptr(), &raw mut length));
    assert_eq!(rv, CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn parts_are_gathered_and_long_data_is_streamed() {
    let (server, module) = module::started();
    let session = module.open();
    for (length, part, trips) in [(1_000, 10, 1), (65_536, 4_096, 1), (200_000, 30_000, 5), (3_000_000, 3_000_000, 4)] {
        let data: Vec<u8> = (0..length).map(|at: usize| (at % 251) as u8).collect();
        module.sign_init(session, KEY);
        let before = server.count();
        for part in data.chunks(part) {
            let rv = call!(module.C_SignUpdate(session, part.as_ptr().cast_mut(), part.len() as CK_ULONG));
            assert_eq!(rv, CKR_OK);
        }
        let (mut out, mut out_length) = (vec![0; MAC_LENGTH], MAC_LENGTH as CK_ULONG);
        assert_eq!(call!(module.C_SignFinal(session, out.as_mut_ptr(), &raw mut out_length)), CKR_OK);
        assert_eq!(out, mac(&data));
        assert!(server.count() - before <= trips, "{length}: {}", server.count() - before);
        module.sign_init(session, KEY);
        assert_eq!(module.sign(session, &data), mac(&data));
    }
}

#[test]
fn null_pointers_and_absurd_lengths_are_refused() {
    let (_server, module) = module::started();
    let session = module.open();
    let mut byte = 0_u8;
    let mut length = 1;
    let mut mechanism = CK_MECHANISM { mechanism: CKM_SHA256_HMAC, pParameter: null_mut(), ulParameterLen: 0 };
    let bad = |rv: CK_RV| assert!(rv != CKR_OK && rv != CKR_GENERAL_ERROR, "{rv:#x}");
    bad(call!(module.C_GetSlotList(1, null_mut(), null_mut())));
    bad(call!(module.C_GetTokenInfo(1, null_mut())));
    bad(call!(module.C_GetMechanismList(1, null_mut(), null_mut())));
    bad(call!(module.C_OpenSession(1, CKF_SERIAL_SESSION, null_mut(), None, null_mut())));
    bad(call!(module.C_Login(session, CKU_USER, null_mut(), 8)));
    bad(call!(module.C_Login(session, CKU_USER, &raw mut byte, ABSURD)));
    bad(call!(module.C_SetPIN(session, &raw mut byte, ABSURD, null_mut(), ABSURD)));
    for count in [1, 1 << 20, ABSURD] {
        bad(call!(module.C_CreateObject(session, null_mut(), count, null_mut())));
        bad(call!(module.C_CreateObject(session, null_mut(), count, &raw mut length)));
        bad(call!(module.C_GetAttributeValue(session, KEY, null_mut(), count)));
        bad(call!(module.C_SetAttributeValue(session, KEY, null_mut(), count)));
        bad(call!(module.C_FindObjectsInit(session, null_mut(), count)));
        bad(call!(module.C_GenerateKey(session, &raw mut mechanism, null_mut(), count, &raw mut length)));
    }
    let mut attribute = CK_ATTRIBUTE { type_: CKA_LABEL, pValue: null_mut(), ulValueLen: 5 };
    bad(call!(module.C_CreateObject(session, &raw mut attribute, 1, &raw mut length)));
    attribute.ulValueLen = ABSURD;
    attribute.pValue = (&raw mut byte).cast();
    bad(call!(module.C_CreateObject(session, &raw mut attribute, 1, &raw mut length)));
    bad(call!(module.C_SignInit(session, null_mut(), KEY)));
    mechanism.ulParameterLen = ABSURD;
    bad(call!(module.C_SignInit(session, &raw mut mechanism, KEY)));
    mechanism.mechanism = CKM_AES_GCM;
    for parameter in [40, 48, ABSURD] {
        mechanism.ulParameterLen = parameter;
        bad(call!(module.C_EncryptInit(session, &raw mut mechanism, KEY)));
    }
    for absurd in [2, ABSURD] {
        module.sign_init(session, KEY);
        bad(call!(module.C_SignUpdate(session, null_mut(), absurd)));
        module.sign_init(session, KEY);
        let (mut out, mut out_length) = ([0; MAC_LENGTH], MAC_LENGTH as CK_ULONG);
        bad(call!(module.C_Sign(session, null_mut(), absurd, out.as_mut_ptr(), &raw mut out_length)));
        module.sign_init(session, KEY);
        bad(call!(module.C_Sign(session, &raw mut byte, 1, &raw mut byte, null_mut())));
        bad(call!(module.C_GenerateRandom(session, null_mut(), absurd)));
        bad(call!(module.C_SeedRandom(session, null_mut(), absurd)));
    }
    module.sign_init(session, KEY);
    bad(call!(module.C_SignUpdate(session, &raw mut byte, ABSURD)));
    bad(call!(module.C_GenerateRandom(session, &raw mut byte, ABSURD)));
    bad(call!(module.C_FindObjects(session, null_mut(), 1, null_mut())));
    bad(call!(module.C_WaitForSlotEvent(0, null_mut(), null_mut())));
    bad(call!(module.C_GenerateKeyPair(
        session,
        null_mut(),
        null_mut(),
        ABSURD,
        null_mut(),
        ABSURD,
        null_mut(),
        null_mut()
    )));
    module.sign_init(session, KEY);
    assert_eq!(module.sign(session, b"still here"), mac(b"still here"));
}

#[test]
fn memory_that_cannot_be_read_is_an_argument_error() {
    let (_server, module) = module::started();
    let session = module.open();
    module.sign_init(session, KEY);
    let (mut out, mut length) = ([0; MAC_LENGTH], MAC_LENGTH as CK_ULONG);
    let nowhere = 16 as *mut u8;
    let rv = call!(module.C_Sign(session, nowhere, 100, out.as_mut_ptr(), &raw mut length));
    assert_eq!(rv, CKR_ARGUMENTS_BAD);
    // The connection carried half a frame and is gone, and with it, as the only one, the application.
    let session = module.open();
    module.sign_init(session, KEY);
    assert_eq!(module.sign(session, b"again"), mac(b"again"));
}

#[test]
fn attributes_of_an_object_are_one_trip() {
    let (server, module) = module::started();
    let session = module.open();
    let before = server.count();
    let mut class: CK_ULONG = 0;
    let mut label = [0_u8; 5];
    let mut template = [
        CK_ATTRIBUTE { type_: CKA_CLASS, pValue: (&raw mut class).cast(), ulValueLen: 8 },
        CK_ATTRIBUTE { type_: CKA_LABEL, pValue: label.as_mut_ptr().cast(), ulValueLen: 5 },
        CK_ATTRIBUTE { type_: CKA_TOKEN, pValue: null_mut(), ulValueLen: 0 },
    ];
    assert_eq!(call!(module.C_GetAttributeValue(session, KEY, template.as_mut_ptr(), 3)), CKR_OK);
    assert_eq!((class, &label, template[2].ulValueLen), (CKO_SECRET_KEY, b"label", 1));
    template[1].ulValueLen = 4;
    assert_eq!(call!(module.C_GetAttributeValue(session, KEY, template.as_mut_ptr(), 2)), CKR_BUFFER_TOO_SMALL);
    assert_eq!(template[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    template[0].type_ = CKA_MODULUS;
    template[1].ulValueLen = 4;
    assert_eq!(call!(module.C_GetAttributeValue(session, KEY, template.as_mut_ptr(), 2)), CKR_ATTRIBUTE_TYPE_INVALID);
    template[1].type_ = CKA_APPLICATION;
    assert_eq!(call!(module.C_GetAttributeValue(session, KEY, template.as_mut_ptr(), 2)), CKR_ATTRIBUTE_SENSITIVE);
    assert_eq!(server.count() - before, 1);
    template[1] = CK_ATTRIBUTE { type_: CKA_VALUE, pValue: label.as_mut_ptr().cast(), ulValueLen: 5 };
    assert_eq!(call!(module.C_GetAttributeValue(session, KEY, &raw mut template[1], 1)), CKR_OK);
    assert_eq!((&label[..4], template[1].ulValueLen), (&b"open"[..], 4));
    assert_eq!(server.count() - before, 2, "secrets are not remembered");
    assert_eq!(call!(module.C_DestroyObject(session, 5)), CKR_OK);
    assert_eq!(call!(module.C_GetAttributeValue(session, KEY, &raw mut template[2], 1)), CKR_OK);
    assert_eq!(server.count() - before, 4, "a change voids what was read");
}

#[test]
fn a_find_asks_for_more_by_cursor() {
    let (server, module) = module::started();
    let session = module.open();
    let before = server.count();
    assert_eq!(call!(module.C_FindObjectsInit(session, null_mut(), 0)), CKR_OK);
    let (mut found, mut objects, mut count) = (Vec::new(), [0; 2], 0);
    loop {
        let rv = call!(module.C_FindObjects(session, objects.as_mut_ptr(), 2, &raw mut count));
        assert_eq!(rv, CKR_OK);
        if count == 0 {
            break;
        }
        found.extend_from_slice(&objects[..count as usize]);
    }
    assert_eq!(call!(module.C_FindObjectsFinal(session)), CKR_OK);
    assert_eq!(found, [1, 2, 3, 4, 5]);
    assert_eq!(server.count() - before, 2);
    let mut unknown = CK_ATTRIBUTE { type_: 0x7000_0001, pValue: null_mut(), ulValueLen: 0 };
    assert_eq!(call!(module.C_FindObjectsInit(session, &raw mut unknown, 1)), CKR_OK);
    assert_eq!(call!(module.C_FindObjects(session, objects.as_mut_ptr(), 2, &raw mut count)), CKR_OK);
    assert_eq!((count, server.count() - before), (0, 2), "nothing has an unknown attribute");
}

#[test]
fn an_unreachable_server_is_a_device_error() {
    let (server, module) = module::started();
    server.stop();
    let mut count = 0;
    assert_eq!(call!(module.C_GetSlotList(1, null_mut(), &raw mut count)), CKR_DEVICE_ERROR);
}

#[test]
fn after_a_restart_of_the_server_sessions_are_opened_again() {
    let (server, module) = module::started();
    let session = module.open();
    server.stop();
    let server = Server::start(module.directory(), 2);
    let mut length = MAC_LENGTH as CK_ULONG;
    let mut out = [0; MAC_LENGTH];
    assert_eq!(call!(module.C_GenerateRandom(session, out.as_mut_ptr(), length)), CKR_SESSION_HANDLE_INVALID);
    assert_eq!(call!(module.C_SignFinal(session, out.as_mut_ptr(), &raw mut length)), CKR_SESSION_HANDLE_INVALID);
    let session = module.open();
    module.sign_init(session, KEY);
    assert_eq!(module.sign(session, b"anew"), mac(b"anew"));
    assert_eq!(server.state.hellos.load(Ordering::SeqCst), 1);
    assert_eq!(server.state.attaches.load(Ordering::SeqCst), 1, "the old ticket was tried once");
}

#[test]
fn a_request_that_may_have_arrived_is_not_repeated() {
    let (server, module) = module::started();
    let session = module.open();
    let before = server.count();
    server.state.drop_next.store(true, Ordering::SeqCst);
    let mut out = [0; 8];
    assert_eq!(call!(module.C_GenerateRandom(session, out.as_mut_ptr(), 8)), CKR_DEVICE_ERROR);
    assert_eq!(server.count() - before, 1);
    assert_eq!(call!(module.C_GenerateRandom(session, out.as_mut_ptr(), 8)), CKR_OK);
}

#[test]
fn a_busy_server_is_asked_again() {
    let (server, module) = module::started();
    let session = module.open();
    server.state.busy.store(3, Ordering::SeqCst);
    let mut out = [0; 8];
    assert_eq!(call!(module.C_GenerateRandom(session, out.as_mut_ptr(), 8)), CKR_OK);
    assert_eq!(out, [0xa5; 8]);
}

#[test]
fn threads_have_connections_of_their_own() {
    let (server, module) = module::started();
    thread::scope(|scope| {
        for number in 0..8_u8 {
            let module = &module;
            scope.spawn(move || {
                let session = module.open();
                for turn in 0..200_u8 {
                    module.sign_init(session, KEY);
                    assert_eq!(module.sign(session, &[number, turn]), mac(&[number, turn]));
                }
            });
        }
    });
    assert_eq!(server.state.hellos.load(Ordering::SeqCst), 1);
    assert!(server.state.open_connections.load(Ordering::SeqCst) <= 8);
}

#[test]
fn a_forked_child_starts_afresh() {
    let (server, module) = module::started();
    let session = module.open();
    module.sign_init(session, KEY);
    let turn = module::environment(&server);
    let status = module::in_child(|| {
        let mut out = [0; 8];
        assert_eq!(call!(module.C_GenerateRandom(session, out.as_mut_ptr(), 8)), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_eq!(call!(module.C_Finalize(null_mut())), CKR_OK, "what it inherited");
        assert_eq!(call!(module.C_Finalize(null_mut())), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_eq!(call!(module.C_Initialize(null_mut())), CKR_OK);
        assert_eq!(call!(module.C_GenerateRandom(session, out.as_mut_ptr(), 8)), CKR_SESSION_HANDLE_INVALID);
        let own = module.open();
        assert_eq!(call!(module.C_GenerateRandom(own, out.as_mut_ptr(), 8)), CKR_OK);
        assert_eq!(call!(module.C_Finalize(null_mut())), CKR_OK);
    });
    drop(turn);
    assert_eq!(status, 0);
    assert_eq!(module.sign(session, b"parent"), mac(b"parent"), "the parent's operation goes on");
    assert_eq!(server.state.hellos.load(Ordering::SeqCst), 2);
}

#[test]
fn the_module_can_be_unloaded() {
    let (server, module) = module::started();
    thread::scope(|scope| {
        scope.spawn(|| module.open()).join().unwrap();
    });
    assert_eq!(call!(module.C_Finalize(null_mut())), CKR_OK);
    let path = module.path().to_owned();
    drop(module);
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(!maps.contains(path.to_str().unwrap()), "it is really gone");
    assert_eq!(module::in_child(|| {}), 0, "a fork runs no handler of it");
    drop(server);
}
