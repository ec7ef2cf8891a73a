//! Owned bytes in the arena.

#![allow(unsafe_code, reason = "owned raw memory")]

use super::{OutOfSecretMemory, arena};
use std::alloc::Layout;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

/// As aligned as malloc's blocks.
const ALIGNMENT: usize = 16;

/// Overwrite bytes with zeros, in a way that no optimiser drops. For data in ordinary memory; secret memory
/// wipes itself.
pub fn wipe(bytes: &mut [u8]) {
    // SAFETY: the slice is writable for its length.
    unsafe { aws_lc_sys::OPENSSL_cleanse(bytes.as_mut_ptr().cast(), bytes.len()) }
}

/// Bytes in secret memory, wiped when dropped. Its length is no secret, its content is never printed.
pub struct SecretBytes {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: it owns its bytes alone, as a Box<[u8]> does.
unsafe impl Send for SecretBytes {}
// SAFETY: shared access only reads.
unsafe impl Sync for SecretBytes {}

impl SecretBytes {
    /// Take `length` zero bytes.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also before [`super::start`].
    pub fn zeroed(length: usize) -> Result<Self, OutOfSecretMemory> {
        if length == 0 {
            return Ok(Self { start: NonNull::dangling(), length });
        }
        let start = arena::take(Self::layout(length)?).ok_or(OutOfSecretMemory)?;
        // SAFETY: just taken, and so long.
        unsafe { start.write_bytes(0, length) };
        Ok(Self { start, length })
    }

    /// Copy bytes into secret memory; wiping the original is the caller's.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn copy_of(bytes: &[u8]) -> Result<Self, OutOfSecretMemory> {
        let mut copy = Self::zeroed(bytes.len())?;
        copy.copy_from_slice(bytes);
        Ok(copy)
    }

    fn layout(length: usize) -> Result<Layout, OutOfSecretMemory> {
        Layout::from_size_align(length, ALIGNMENT).map_err(|_| OutOfSecretMemory)
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        if self.length == 0 {
            return;
        }
        if let Ok(layout) = Self::layout(self.length) {
            // SAFETY: taken in `zeroed` with the same layout; nothing borrows it any more.
            unsafe { arena::give_back(self.start, layout) };
        }
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: owned, initialised, and so long.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and borrowed alone.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretBytes({} bytes)", self.length)
    }
}
