//! Mapping the arena.

#![allow(unsafe_code, reason = "system calls that map, lock and advise")]

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, capabilities};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use thiserror::Error;

/// The arena of an engine that may lock as much as it likes.
const PRIVILEGED_BYTES: usize = 64 << 20;
/// Below this the stacks of the engine's threads and aws-lc's own state leave no room for keys.
const LEAST_BYTES: usize = 2 << 20;
const PAGE_BYTES: usize = 4096;

/// What [`super::start`] found.
#[derive(Clone, Debug)]
pub struct MemoryReport {
    /// `memfd_secret` or `mlock`.
    pub kind: &'static str,
    /// What the operator must know.
    pub warnings: Vec<String>,
}

/// Why secret memory could not be set up.
#[derive(Clone, Debug, Error)]
pub enum MemoryError {
    /// A system call was refused.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        error: String,
    },
    /// The limit on locked memory is too low.
    #[error("only {0} bytes of memory may be locked and {LEAST_BYTES} are needed: raise RLIMIT_MEMLOCK (ulimit -l)")]
    TooSmall(usize),
    /// aws-lc was used before its heap was moved.
    #[error("the cryptographic library did not take its heap")]
    HeapRefused,
}

impl MemoryError {
    /// The system's last error, and what was tried.
    pub(super) fn last(what: &'static str) -> Self {
        Self::System { what, error: io::Error::last_os_error().to_string() }
    }
}

/// A mapped arena that is not claimed yet.
pub(super) struct Mapping {
    pub(super) base: NonNull<u8>,
    pub(super) length: usize,
    pub(super) report: MemoryReport,
}

/// Map the arena: `memfd_secret` where the kernel has it, else locked memory and a warning.
pub(super) fn map(budget_bytes: Option<usize>) -> Result<Mapping, MemoryError> {
    let length = arena_length(budget_bytes)?;
    let (base, kind, warnings) = match map_secret(length) {
        Ok(base) => (base, "memfd_secret", Vec::new()),
        Err(refused) => {
            let warning = format!(
                "memfd_secret is not to be had ({refused}): secrets lie in locked memory, which root can read; \
                 use a kernel with CONFIG_SECRETMEM and secretmem.enable=1"
            );
            (map_locked(length)?, "mlock", vec![warning])
        }
    };
    // SAFETY: the range was mapped right above and nothing points into it yet.
    if unsafe { libc::madvise(base.as_ptr().cast(), length, libc::MADV_DONTFORK) } != 0 {
        return Err(MemoryError::last("madvise(MADV_DONTFORK) on secret memory"));
    }
    Ok(Mapping { base, length, report: MemoryReport { kind, warnings } })
}

/// Whole pages of what was asked for, or else of what may be locked.
fn arena_length(budget_bytes: Option<usize>) -> Result<usize, MemoryError> {
    let lockable = lockable_bytes();
    let length = budget_bytes.unwrap_or(PRIVILEGED_BYTES).min(lockable) / PAGE_BYTES * PAGE_BYTES;
    if length < LEAST_BYTES { Err(MemoryError::TooSmall(length)) } else { Ok(length) }
}

/// What this process may lock, once the soft limit is raised to the hard one.
fn lockable_bytes() -> usize {
    if capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK)) {
        return usize::MAX;
    }
    let limit = getrlimit(Resource::Memlock);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = if setrlimit(Resource::Memlock, raised).is_ok() { limit.maximum } else { limit.current };
    current.map_or(usize::MAX, |bytes| bytes as usize)
}

fn map_secret(length: usize) -> io::Result<NonNull<u8>> {
    // SAFETY: takes a flag, returns a descriptor or -1.
    let descriptor = unsafe { libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else's. Dropping it closes it: left open, root takes it away.
    let file = unsafe { OwnedFd::from_raw_fd(descriptor as i32) };
    rustix::fs::ftruncate(&file, length as u64)?;
    map_pages(length, libc::MAP_SHARED, file.as_raw_fd())
}

pub(super) fn map_locked(length: usize) -> Result<NonNull<u8>, MemoryError> {
    let base = map_pages(length, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
        .map_err(|error| MemoryError::System { what: "mmap of secret memory", error: error.to_string() })?;
    // SAFETY: the range was mapped right above.
    if unsafe { libc::mlock(base.as_ptr().cast(), length) } != 0 {
        return Err(MemoryError::last("mlock of secret memory"));
    }
    // SAFETY: as above.
    if unsafe { libc::madvise(base.as_ptr().cast(), length, libc::MADV_DONTDUMP) } != 0 {
        return Err(MemoryError::last("madvise(MADV_DONTDUMP) on secret memory"));
    }
    Ok(base)
}

fn map_pages(length: usize, flags: i32, descriptor: i32) -> io::Result<NonNull<u8>> {
    // SAFETY: a fresh mapping at an address of the kernel's choice.
    let base = unsafe { libc::mmap(ptr::null_mut(), length, libc::PROT_READ | libc::PROT_WRITE, flags, descriptor, 0) };
    if base == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mapped at zero"))
}
