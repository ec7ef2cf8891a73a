//! Threads whose stacks lie in the arena, and the wiping of stacks.

#![allow(unsafe_code, reason = "pthreads with stacks of our own")]

use super::{MemoryError, arena};
use std::alloc::Layout;
use std::ffi::{CString, c_void};
use std::mem::MaybeUninit;
use std::sync::mpsc::{SyncSender, sync_channel};

const PAGE_BYTES: usize = 4096;
/// glibc puts the thread's descriptor and static TLS on top of the stack; below this nothing useful fits.
const LEAST_STACK_BYTES: usize = 32 << 10;
/// Deeper than any of our cryptographic calls goes (measured: below 3 KiB).
const WIPE_BYTES: usize = 8 << 10;

struct Start<F> {
    body: F,
    name: CString,
    nice: i32,
    ready: SyncSender<()>,
}

/// Start a thread whose stack (`stack_bytes`, in whole pages, with a guard page below) lies in secret memory.
///
/// Returns once the thread has its name, its niceness and its random generator, so that the sandbox may be
/// closed next. The stack is never given back: such threads serve for the life of the process. A panic of
/// `body` aborts the process.
///
/// # Errors
/// [`MemoryError`], when the arena is full or the system refuses a thread.
pub fn spawn<F>(name: &str, stack_bytes: usize, nice: i32, body: F) -> Result<(), MemoryError>
where
    F: FnOnce() + Send + 'static,
{
    let stack_bytes = stack_bytes.max(LEAST_STACK_BYTES).next_multiple_of(PAGE_BYTES);
    let stack = take_stack(stack_bytes)?;
    let name = CString::new(name.as_bytes().iter().copied().filter(|byte| *byte != 0).take(15).collect::<Vec<_>>())
        .unwrap_or_default();
    let (ready, is_ready) = sync_channel(1);
    let start = Box::into_raw(Box::new(Start { body, name, nice, ready }));
    // SAFETY: the attributes are initialised before use and destroyed after; stack and `start` outlive the thread,
    // which takes `start` over if and only if it is made.
    let outcome = unsafe {
        let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
        libc::pthread_attr_init(attributes.as_mut_ptr());
        let mut outcome = libc::pthread_attr_setstack(attributes.as_mut_ptr(), stack.cast(), stack_bytes);
        if outcome == 0 {
            outcome = libc::pthread_attr_setdetachstate(attributes.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED);
        }
        let mut thread = MaybeUninit::uninit();
        if outcome == 0 {
            outcome = libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), run::<F>, start.cast());
        }
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if outcome != 0 {
            drop(Box::from_raw(start));
        }
        outcome
    };
    if outcome != 0 {
        let error = std::io::Error::from_raw_os_error(outcome).to_string();
        return Err(MemoryError::System { what: "pthread_create", error });
    }
    is_ready.recv().map_err(|_| MemoryError::System { what: "start of a thread", error: "it ended".into() })
}

/// Take a stack; returns its lowest usable address, above the guard page.
pub(super) fn take_stack(stack_bytes: usize) -> Result<*mut u8, MemoryError> {
    let full = || MemoryError::System { what: "a stack", error: super::OutOfSecretMemory.to_string() };
    let layout = Layout::from_size_align(stack_bytes + PAGE_BYTES, PAGE_BYTES).map_err(|_| full())?;
    let guard = arena::take(layout).ok_or_else(full)?.as_ptr();
    // SAFETY: the page is ours alone; a stack is never given back, so the allocator never meets the guard.
    if unsafe { libc::mprotect(guard.cast(), PAGE_BYTES, libc::PROT_NONE) } != 0 {
        return Err(MemoryError::last("mprotect of a stack's guard page"));
    }
    // SAFETY: within the block.
    Ok(unsafe { guard.add(PAGE_BYTES) })
}

extern "C" fn run<F: FnOnce() + Send + 'static>(start: *mut c_void) -> *mut c_void {
    // SAFETY: `spawn` leaked this box for us alone.
    let Start { body, name, nice, ready } = *unsafe { Box::from_raw(start.cast::<Start<F>>()) };
    // SAFETY: both concern the calling thread only (Linux: PRIO_PROCESS 0 is the thread), and their failure
    // costs a name or a priority.
    unsafe {
        libc::pthread_setname_np(libc::pthread_self(), name.as_ptr());
        if nice != 0 {
            libc::setpriority(libc::PRIO_PROCESS, 0, nice);
        }
    }
    // The thread's generator allocates at its first use, and aborts the process if it cannot: not later.
    let mut first = [0; 1];
    // SAFETY: one writable byte.
    unsafe { aws_lc_sys::RAND_bytes(first.as_mut_ptr(), first.len()) };
    let _ = ready.send(());
    drop(ready);
    body();
    std::ptr::null_mut()
}

/// Wipe what earlier calls left on this thread's stack, right below the caller.
#[inline(never)]
pub fn wipe_stack() {
    let mut below = MaybeUninit::<[u8; WIPE_BYTES]>::uninit();
    // SAFETY: writable for its length.
    unsafe { aws_lc_sys::OPENSSL_cleanse(below.as_mut_ptr().cast(), WIPE_BYTES) };
}
