//! The allocator of the arena: one, behind one lock, held for nanoseconds.

#![allow(unsafe_code, reason = "an allocator")]

use super::Usage;
use super::map::Mapping;
use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};
use talc::DefaultBinning;
use talc::base::Talc;
use talc::source::Manual;

struct Arena {
    // `std::sync::Mutex` is a futex: aws-lc may call with its own pthread locks held.
    talc: Talc<Manual, DefaultBinning>,
    usage: Usage,
}

static ARENA: Mutex<Arena> = Mutex::new(Arena { talc: Talc::new(Manual), usage: Usage { used: 0, total: 0 } });

fn lock() -> MutexGuard<'static, Arena> {
    // Nothing below panics while it holds the lock.
    ARENA.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hand a mapping to the allocator, for ever.
pub(super) fn claim(mapping: &Mapping) {
    let mut arena = lock();
    // SAFETY: the mapping is readable, writable, never unmapped, and used through this allocator alone.
    let claimed = unsafe { arena.talc.claim(mapping.base.as_ptr(), mapping.length) };
    if claimed.is_some() {
        arena.usage.total += mapping.length;
    }
}

pub(super) fn usage() -> Usage {
    lock().usage
}

/// Memory of this layout, its content undefined; `None` when the arena is full. A size of 0 is refused.
pub(super) fn take(layout: Layout) -> Option<NonNull<u8>> {
    if layout.size() == 0 {
        return None;
    }
    let mut arena = lock();
    // SAFETY: the size is not zero.
    let taken = unsafe { arena.talc.allocate(layout) }?;
    arena.usage.used += layout.size();
    Some(taken)
}

/// Wipe memory and give it back.
///
/// # Safety
/// `pointer` came from [`take`] with this very layout and is not used again.
pub(super) unsafe fn give_back(pointer: NonNull<u8>, layout: Layout) {
    // SAFETY: the caller's promise.
    unsafe {
        aws_lc_sys::OPENSSL_cleanse(pointer.as_ptr().cast(), layout.size());
        let mut arena = lock();
        arena.talc.deallocate(pointer.as_ptr(), layout);
        arena.usage.used -= layout.size();
    }
}
