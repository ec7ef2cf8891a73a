//! Calls: the module's C functions, with pointers, lengths, handles and an order that bytes choose.
//!
//! What is promised to a function holds: memory named by a pointer and a length is there, or the length is one that no
//! caller can mean. Everything else is chosen: null, short buffers, lengths that lie, parameters of another mechanism's
//! length, handles of nothing.

mod memory;
mod parameters;
mod server;
mod signatures;

use memory::{Choices, Memory};
use signatures::SIGNATURES;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, OnceLock};
// Its symbols are what is called.
use vhsm_pkcs11 as _;

const CALLS_MAX: usize = 64;
const SESSIONS_MAX: usize = 8;
const ARGUMENTS_MAX: usize = 12;
const CKR_OK: u64 = 0;
const CKR_GENERAL_ERROR: u64 = 0x05;
const CKR_OPERATION_NOT_INITIALIZED: u64 = 0x91;
const CKR_SESSION_HANDLE_INVALID: u64 = 0xb3;
const CKR_BUFFER_TOO_SMALL: u64 = 0x150;
const CKR_CRYPTOKI_ALREADY_INITIALIZED: u64 = 0x191;
const CKF_SERIAL_SESSION: u64 = 4;

/// Every function with room for the most arguments: those that it does not take, it does not see (System V ABI).
type Function = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64) -> u64;

unsafe extern "C" {
    fn C_GetInterface(name: *const u8, version: *const u8, interface: *mut *const Interface, flags: u64) -> u64;
}

#[repr(C)]
struct Interface {
    name: *const u8,
    functions: *const usize,
    flags: u64,
}

/// A program of calls.
///
/// # Panics
/// When the module does, writes where it may not, or leaves an operation that failed.
pub fn calls(bytes: &[u8]) {
    // The module has one state for a process.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let module = Module::started();
    let mut choices = Choices::of(bytes);
    let mut memory = Memory::new();
    let mut sessions = vec![module.open_session(&mut memory)];
    for _ in 0..CALLS_MAX {
        let Some(choice) = choices.byte() else { break };
        let (name, signature) = SIGNATURES[usize::from(choice) % SIGNATURES.len()];
        memory.clear();
        let mut arguments = Vec::with_capacity(ARGUMENTS_MAX);
        for kind in signature.bytes() {
            memory.argument(kind, &mut choices, &sessions, &mut arguments);
        }
        server::LIES.store(choices.rarely(), Ordering::Relaxed);
        let rv = module.call(name, &arguments);
        server::LIES.store(false, Ordering::Relaxed);
        assert_ne!(rv, CKR_GENERAL_ERROR, "{name}: a panic");
        memory.check(name);
        if name == "C_OpenSession" && rv == CKR_OK && sessions.len() < SESSIONS_MAX {
            sessions.push(memory.number_at(arguments[4]));
        }
        module.ended(name, rv, arguments[0], &mut memory);
        if name == "C_Finalize" {
            module.initialize();
            sessions = vec![module.open_session(&mut memory)];
        }
    }
    for slot in 1..=3 {
        module.call("C_CloseAllSessions", &[slot]);
    }
}

/// The function list.
struct Module(Vec<usize>);

impl Module {
    fn started() -> &'static Self {
        static MODULE: OnceLock<Module> = OnceLock::new();
        let module = MODULE.get_or_init(|| {
            let socket = std::env::temp_dir().join(format!("vhsm-fuzz-{}.sock", std::process::id()));
            drop(std::fs::remove_file(&socket));
            server::start(&socket);
            // SAFETY: the first thing that the fuzzer's one thread, or this lock's holder, does; the server's threads
            // read no environment.
            unsafe { std::env::set_var("VHSM_SOCKET", &socket) };
            let mut interface = std::ptr::null();
            // SAFETY: all but the place of the result may be null.
            let rv = unsafe { C_GetInterface(std::ptr::null(), std::ptr::null(), &raw mut interface, 0) };
            assert_eq!(rv, CKR_OK);
            // SAFETY: the newest list, v3.2's: a version, padded to a pointer's size, and a pointer for each function.
            let list = unsafe { std::slice::from_raw_parts((*interface).functions.add(1), SIGNATURES.len()) };
            Self(list.to_vec())
        });
        module.initialize();
        module
    }

    fn initialize(&self) {
        let rv = self.call("C_Initialize", &[0]);
        assert!([CKR_OK, CKR_CRYPTOKI_ALREADY_INITIALIZED].contains(&rv), "C_Initialize: {rv:#x}");
    }

    fn open_session(&self, memory: &mut Memory) -> u64 {
        let place = memory.word();
        assert_eq!(self.call("C_OpenSession", &[1, CKF_SERIAL_SESSION | 2, 0, 0, place]), CKR_OK);
        memory.number_at(place)
    }

    fn call(&self, name: &str, arguments: &[u64]) -> u64 {
        let index = SIGNATURES.iter().position(|(each, _)| *each == name).expect("a function of the list");
        let mut all = [0; ARGUMENTS_MAX];
        all[..arguments.len()].copy_from_slice(arguments);
        let [a, b, c, d, e, f, g, h, i, j, k, l] = all;
        // SAFETY: the list's pointers are functions of 64-bit arguments; those too many are the caller's to clean up.
        // The arguments keep the promises of PKCS#11: see memory.rs.
        unsafe {
            let function: Function = std::mem::transmute(self.0[index]);
            function(a, b, c, d, e, f, g, h, i, j, k, l)
        }
    }

    /// PKCS#11 v3.2, 5.8 to 5.15: a call that fails ends its operation, unless only the buffer was too small.
    fn ended(&self, name: &str, rv: u64, session: u64, memory: &mut Memory) {
        let failed = ![CKR_OK, CKR_BUFFER_TOO_SMALL, CKR_SESSION_HANDLE_INVALID].contains(&rv);
        for kind in ["Encrypt", "Decrypt", "Digest", "Sign", "Verify"] {
            let calls = [format!("C_{kind}"), format!("C_{kind}Update"), format!("C_{kind}Final")];
            if failed && calls.iter().any(|call| call == name) {
                let (data, length) = (memory.word(), memory.word());
                let rv = self.call(&calls[1], &[session, data, 1, 0, length]);
                let over = [CKR_OPERATION_NOT_INITIALIZED, CKR_SESSION_HANDLE_INVALID];
                assert!(over.contains(&rv), "{name} failed and did not end: {rv:#x}");
            }
        }
    }
}
