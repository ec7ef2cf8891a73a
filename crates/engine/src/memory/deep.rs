//! Deep stacks, for cryptography that wants more than a thread's own: one frame of ML-DSA-87 takes 107 KiB.
//!
//! A few stacks in secret memory that the threads take turns on. What is done there ends soon, and never waits for
//! another of them; the stack is wiped before the next one has it.

#![allow(unsafe_code, reason = "contexts with stacks of our own")]

use super::thread::take_stack;
use super::{OutOfSecretMemory, usage};
use std::any::Any;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

/// Of each, in bytes: more than twice the deepest frame (mldsa87_signature_internal, 109,320).
const STACK_BYTES: usize = 256 << 10;
/// Most of them; and of the arena they take at most one part in so many.
const STACKS_MAX: usize = 8;
const ARENA_PART: usize = 8;

/// Lowest addresses of the stacks that nobody is on.
struct Stacks {
    free: Mutex<Vec<usize>>,
    came_back: Condvar,
}

static STACKS: OnceLock<Stacks> = OnceLock::new();

/// A stack that is given back, wiped, whatever happens.
struct Taken(usize);

impl Taken {
    fn wait() -> Result<Self, OutOfSecretMemory> {
        let stacks = STACKS.get_or_init(|| {
            let count = (usage().total / ARENA_PART / STACK_BYTES).clamp(1, STACKS_MAX);
            let taken = (0..count).map_while(|_| take_stack(STACK_BYTES).ok());
            Stacks { free: Mutex::new(taken.map(|stack| stack as usize).collect()), came_back: Condvar::new() }
        });
        // Nothing panics while it holds the lock.
        let mut free = stacks.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.capacity() == 0 {
            return Err(OutOfSecretMemory);
        }
        loop {
            match free.pop() {
                Some(stack) => return Ok(Self(stack)),
                None => free = stacks.came_back.wait(free).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // SAFETY: so many bytes, ours alone, and nothing runs on them any more.
        unsafe { aws_lc_sys::OPENSSL_cleanse((self.0 as *mut u8).cast(), STACK_BYTES) };
        if let Some(stacks) = STACKS.get() {
            stacks.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.0);
            stacks.came_back.notify_one();
        }
    }
}

/// What a context is told, and where it puts what comes out.
struct Work<F, R> {
    body: Option<F>,
    outcome: Option<Result<R, Box<dyn Any + Send>>>,
}

/// Run `body` on a deep stack, and wait for one that is free. Within `body` nothing asks for another.
///
/// # Errors
/// [`OutOfSecretMemory`], where there was no room for a single one.
pub fn on_deep_stack<R, F: FnOnce() -> R>(body: F) -> Result<R, OutOfSecretMemory> {
    let stack = Taken::wait()?;
    let mut work = Work { body: Some(body), outcome: None };
    let address = ptr::from_mut(&mut work) as usize;
    let mut here = MaybeUninit::<libc::ucontext_t>::uninit();
    let mut there = MaybeUninit::<libc::ucontext_t>::uninit();
    // SAFETY: `there` is initialised by getcontext before it is changed; its stack is ours alone until it has ended,
    // which is when swapcontext returns: `uc_link` names `here`, which swapcontext initialises. `work` outlives it, and
    // `enter` gets its address in two halves, since makecontext passes ints, and is instantiated for its type.
    unsafe {
        libc::getcontext(there.as_mut_ptr());
        let context = &mut *there.as_mut_ptr();
        context.uc_stack.ss_sp = stack.0 as *mut _;
        context.uc_stack.ss_size = STACK_BYTES;
        context.uc_link = here.as_mut_ptr();
        let entry: extern "C" fn(u32, u32) = enter::<R, F>;
        let entry = std::mem::transmute::<extern "C" fn(u32, u32), extern "C" fn()>(entry);
        libc::makecontext(there.as_mut_ptr(), entry, 2, (address >> 32) as u32, address as u32);
        libc::swapcontext(here.as_mut_ptr(), there.as_ptr());
    }
    drop(stack);
    match work.outcome {
        Some(Ok(result)) => Ok(result),
        Some(Err(panic)) => resume_unwind(panic),
        // swapcontext fails without memory for a signal mask only: then nothing ran.
        None => Err(OutOfSecretMemory),
    }
}

extern "C" fn enter<R, F: FnOnce() -> R>(high: u32, low: u32) {
    let work = ((high as usize) << 32 | low as usize) as *mut Work<F, R>;
    // SAFETY: the caller's, who waits.
    let work = unsafe { &mut *work };
    work.outcome = work.body.take().map(|body| catch_unwind(AssertUnwindSafe(body)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_on_another_stack_and_its_panic_comes_through() {
        super::super::start(None).expect("secret memory");
        let mut here = 0u8;
        let there = on_deep_stack(|| {
            here = 7;
            let local = 0u8;
            ptr::from_ref(&local) as usize
        });
        assert_eq!(here, 7);
        assert!(there.expect("a stack").abs_diff(ptr::from_ref(&here) as usize) > STACK_BYTES);
        let caught = catch_unwind(|| on_deep_stack(|| panic!("through")));
        assert_eq!(caught.err().and_then(|panic| panic.downcast::<&str>().ok()).as_deref(), Some(&"through"));
        let threads: Vec<_> = (0..32).map(|at| std::thread::spawn(move || on_deep_stack(|| at * 2))).collect();
        for (at, thread) in threads.into_iter().enumerate() {
            assert_eq!(thread.join().expect("no panic").expect("a stack"), at * 2);
        }
    }
}
