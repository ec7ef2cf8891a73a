//! The heap of aws-lc, in the arena.

#![allow(unsafe_code, reason = "C allocation functions")]

use super::{MemoryError, arena};
use std::alloc::Layout;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::{self, NonNull};

/// Each block is preceded by its length; 16 keeps the block as aligned as malloc's.
const HEADER_BYTES: usize = 16;

/// Make aws-lc allocate here. It takes that once, and only before its first allocation makes sense.
pub(super) fn install() -> Result<(), MemoryError> {
    // SAFETY: the three functions keep the contract of malloc, realloc and free, and never call aws-lc but for
    // OPENSSL_cleanse, which takes no lock and allocates nothing.
    match unsafe { aws_lc_sys::CRYPTO_set_mem_functions(Some(allocate), Some(reallocate), Some(free)) } {
        1 => Ok(()),
        _ => Err(MemoryError::HeapRefused),
    }
}

fn block(length: usize) -> Option<Layout> {
    Layout::from_size_align(length.checked_add(HEADER_BYTES)?, HEADER_BYTES).ok()
}

fn allocate_block(length: usize) -> Option<NonNull<u8>> {
    let start = arena::take(block(length)?)?;
    // SAFETY: the block begins with HEADER_BYTES, aligned for a usize, and goes on behind them.
    unsafe {
        start.cast::<usize>().write(length);
        Some(start.add(HEADER_BYTES))
    }
}

unsafe extern "C" fn allocate(length: usize, _file: *const c_char, _line: c_int) -> *mut c_void {
    allocate_block(length).map_or(ptr::null_mut(), |data| data.as_ptr().cast())
}

/// SAFETY: `data` came from [`allocate_block`].
unsafe fn length_of(data: NonNull<u8>) -> usize {
    // SAFETY: its header stands before it.
    unsafe { data.sub(HEADER_BYTES).cast::<usize>().read() }
}

unsafe extern "C" fn reallocate(data: *mut c_void, length: usize, file: *const c_char, line: c_int) -> *mut c_void {
    let Some(old) = NonNull::new(data.cast::<u8>()) else {
        // SAFETY: the same contract.
        return unsafe { allocate(length, file, line) };
    };
    let Some(new) = allocate_block(length) else { return ptr::null_mut() };
    // SAFETY: both blocks are live, distinct, and at least so long; the old one is freed once.
    unsafe {
        ptr::copy_nonoverlapping(old.as_ptr(), new.as_ptr(), length_of(old).min(length));
        free(data, file, line);
    }
    new.as_ptr().cast()
}

unsafe extern "C" fn free(data: *mut c_void, _file: *const c_char, _line: c_int) {
    let Some(data) = NonNull::new(data.cast::<u8>()) else { return };
    // SAFETY: aws-lc frees what it allocated, once; the header says with which layout.
    unsafe {
        if let Some(layout) = block(length_of(data)) {
            arena::give_back(data.sub(HEADER_BYTES), layout);
        }
    }
}

/// Where aws-lc's blocks come to lie.
#[cfg(test)]
pub(super) fn sample_address() -> usize {
    // SAFETY: a block taken and given back; the address is looked at, not used.
    unsafe {
        let block = aws_lc_sys::OPENSSL_malloc(100);
        aws_lc_sys::OPENSSL_free(block);
        block as usize
    }
}
