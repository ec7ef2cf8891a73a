//! Deep stacks, for cryptography that wants more than a thread's own: one frame of ML-DSA-87 takes 107 KiB, and signing
//! by SLH-DSA-256f seven copies of a signature of 49 KiB.
//!
//! A few stacks of two depths in secret memory, that the threads take turns on; a stack is wiped before the next one has
//! it. What is done on a deep stack ends within milliseconds. On a deepest one it may take seconds, so that only so many
//! threads wait for those as others can do without. Who is on a stack never waits for another.

#![allow(unsafe_code, reason = "contexts with stacks of our own")]

use super::thread::take_stack;
use super::{OutOfSecretMemory, usage};
use std::any::Any;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Stacks of one depth.
struct Depth {
    /// Of each.
    bytes: usize,
    /// Most of them; and of the arena they take at most one part in so many, but for the first.
    stacks_max: usize,
    arena_part: usize,
    /// Threads that may wait.
    waiting_max: AtomicUsize,
    stacks: OnceLock<Stacks>,
}

/// More than twice the deepest frame (mldsa87_signature_internal, 109,320).
static DEEP: Depth = Depth {
    bytes: 256 << 10,
    stacks_max: 8,
    arena_part: 8,
    waiting_max: AtomicUsize::new(usize::MAX),
    stacks: OnceLock::new(),
};

/// A fifth more than what is used at most (signing by SLH-DSA-SHA2-256f, 367,552).
static DEEPEST: Depth = Depth {
    bytes: 440 << 10,
    stacks_max: 4,
    arena_part: 16,
    waiting_max: AtomicUsize::new(usize::MAX),
    stacks: OnceLock::new(),
};

struct Free {
    /// Lowest addresses of the stacks that nobody is on.
    stacks: Vec<usize>,
    /// Threads that wait for one.
    waiting: usize,
}

struct Stacks {
    count: usize,
    free: Mutex<Free>,
    came_back: Condvar,
}

impl Stacks {
    fn lock(&self) -> MutexGuard<'_, Free> {
        // Nothing panics while it holds the lock.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Depth {
    fn stacks(&self) -> &Stacks {
        self.stacks.get_or_init(|| {
            let count = (usage().total / self.arena_part / self.bytes).clamp(1, self.stacks_max);
            let stacks: Vec<_> = (0..count).map_while(|_| Some(take_stack(self.bytes).ok()? as usize)).collect();
            Stacks { count: stacks.len(), free: Mutex::new(Free { stacks, waiting: 0 }), came_back: Condvar::new() }
        })
    }
}

/// A stack that is given back, wiped, whatever happens.
struct Taken {
    depth: &'static Depth,
    lowest: usize,
}

impl Taken {
    fn wait(depth: &'static Depth) -> Result<Self, OutOfSecretMemory> {
        let stacks = depth.stacks();
        let mut free = stacks.lock();
        let crowded = free.waiting >= depth.waiting_max.load(Ordering::Relaxed);
        if stacks.count == 0 || free.stacks.is_empty() && crowded {
            return Err(OutOfSecretMemory);
        }
        free.waiting += 1;
        loop {
            match free.stacks.pop() {
                Some(lowest) => {
                    free.waiting -= 1;
                    return Ok(Self { depth, lowest });
                }
                None => free = stacks.came_back.wait(free).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // SAFETY: so many bytes, ours alone, and nothing runs on them any more.
        unsafe { aws_lc_sys::OPENSSL_cleanse((self.lowest as *mut u8).cast(), self.depth.bytes) };
        let stacks = self.depth.stacks();
        stacks.lock().stacks.push(self.lowest);
        stacks.came_back.notify_one();
    }
}

/// Let at most so many threads wait for a deepest stack: so many fewer serve everybody else meanwhile.
pub fn limit_waiting(threads: usize) {
    DEEPEST.waiting_max.store(threads, Ordering::Relaxed);
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
    run(Taken::wait(&DEEP)?, body)
}

/// The same on a deepest stack, where seconds may pass.
///
/// # Errors
/// [`OutOfSecretMemory`], also where too many wait for one already.
pub fn on_deepest_stack<R, F: FnOnce() -> R>(body: F) -> Result<R, OutOfSecretMemory> {
    run(Taken::wait(&DEEPEST)?, body)
}

fn run<R, F: FnOnce() -> R>(stack: Taken, body: F) -> Result<R, OutOfSecretMemory> {
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
        context.uc_stack.ss_sp = stack.lowest as *mut _;
        context.uc_stack.ss_size = stack.depth.bytes;
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
        assert!(there.expect("a stack").abs_diff(ptr::from_ref(&here) as usize) > DEEP.bytes);
        let caught = catch_unwind(|| on_deep_stack(|| panic!("through")));
        assert_eq!(caught.err().and_then(|panic| panic.downcast::<&str>().ok()).as_deref(), Some(&"through"));
        let threads: Vec<_> = (0..32).map(|at| std::thread::spawn(move || on_deep_stack(|| at * 2))).collect();
        for (at, thread) in threads.into_iter().enumerate() {
            assert_eq!(thread.join().expect("no panic").expect("a stack"), at * 2);
        }
    }

    #[test]
    fn only_so_many_wait() {
        static SMALL: Depth = Depth {
            bytes: 32 << 10,
            stacks_max: 1,
            arena_part: 8,
            waiting_max: AtomicUsize::new(1),
            stacks: OnceLock::new(),
        };
        super::super::start(None).expect("secret memory");
        let here = || run(Taken::wait(&SMALL)?, || 7);
        let taken = Taken::wait(&SMALL).expect("a stack");
        let waiting = std::thread::spawn(here);
        while SMALL.stacks().lock().waiting == 0 {
            std::thread::yield_now();
        }
        assert_eq!(here(), Err(OutOfSecretMemory));
        drop(taken);
        assert_eq!(waiting.join().expect("no panic"), Ok(7));
        assert_eq!(here(), Ok(7));
    }
}
