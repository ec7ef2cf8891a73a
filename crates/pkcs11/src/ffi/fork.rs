//! The library's one instance, and what becomes of it in a forked child.
//!
//! A child inherits copies of locks (perhaps held by threads that it does not have) and of sockets (which belong to
//! its parent's application). So the handler that runs in the child closes the sockets, without shutting the
//! connections down, and forgets the instance: all calls answer CKR_CRYPTOKI_NOT_INITIALIZED until C_Initialize
//! makes a new one. Nothing of the old instance is touched or freed.

use crate::library::Library;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

/// Connections that one process may hold open; more concurrently active threads get CKR_DEVICE_ERROR.
const SOCKETS_MAX: usize = 4_096;

/// Every socket that is open, for the handler in the child, which can take no lock.
static SOCKETS: [AtomicI32; SOCKETS_MAX] = [const { AtomicI32::new(-1) }; SOCKETS_MAX];

static INSTANCE: AtomicPtr<Library> = AtomicPtr::new(ptr::null_mut());
/// Whether this process is a child that was forked after C_Initialize and has not spoken for itself yet.
static INHERITED: AtomicBool = AtomicBool::new(false);
/// Whether the handler is in place. No lock: a child could inherit it locked.
static WATCHING: AtomicBool = AtomicBool::new(false);

/// A socket's place in the register; left when dropped, which must be before the socket is closed.
pub struct Registered(&'static AtomicI32);

impl Registered {
    /// Enter a socket; `None` when the register is full.
    pub fn enter(socket: RawFd) -> Option<Self> {
        SOCKETS
            .iter()
            .find(|place| place.compare_exchange(-1, socket, Ordering::AcqRel, Ordering::Relaxed).is_ok())
            .map(Self)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.0.store(-1, Ordering::Release);
    }
}

/// The instance, if this process has made one.
pub fn current() -> Option<&'static Library> {
    // SAFETY: the pointer is null or came from Box::into_raw in `install`, and an instance is never freed.
    unsafe { INSTANCE.load(Ordering::Acquire).as_ref() }
}

/// Whether the child finalises what its parent initialised: asked once, and there is nothing left to end.
pub fn let_go_of_inherited() -> bool {
    INHERITED.swap(false, Ordering::AcqRel)
}

/// The instance, made if there is none. It stays for the life of the process: C_Finalize empties it.
pub fn install() -> &'static Library {
    INHERITED.store(false, Ordering::Release);
    if !WATCHING.swap(true, Ordering::AcqRel) {
        // SAFETY: the handler is a plain function of this module; the C library drops it when the module is unloaded.
        unsafe { libc::pthread_atfork(None, None, Some(forget_after_fork)) };
    }
    if let Some(library) = current() {
        return library;
    }
    let fresh = Box::into_raw(Box::new(Library::default()));
    match INSTANCE.compare_exchange(ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: `fresh` is a valid, now shared, never freed allocation.
        Ok(_) => unsafe { &*fresh },
        Err(other) => {
            // SAFETY: another thread was first, so nobody else has seen `fresh`; `other` is valid as in `current`.
            unsafe {
                drop(Box::from_raw(fresh));
                &*other
            }
        }
    }
}

/// Runs in a forked child, where only async-signal-safe calls are allowed.
extern "C" fn forget_after_fork() {
    if !INSTANCE.swap(ptr::null_mut(), Ordering::AcqRel).is_null() {
        INHERITED.store(true, Ordering::Release);
    }
    for place in &SOCKETS {
        let socket = place.swap(-1, Ordering::AcqRel);
        if socket >= 0 {
            // SAFETY: the register holds open sockets of this module only; their owners were forgotten above.
            unsafe { libc::close(socket) };
        }
    }
}
