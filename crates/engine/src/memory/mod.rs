//! Secret memory: an arena that no other process reads, whoever runs it.
//!
//! Rules kept here: (1) the arena is `memfd_secret` memory whose descriptor is closed, left out of forks and
//! dumps; where the kernel has none it is locked and left out of dumps, and that is said loudly; (2) the whole
//! heap of aws-lc lies in it, and so do the stacks of the threads that [`spawn`] starts; (3) whatever is given
//! back is wiped first; (4) full means refused, never a fall back to ordinary memory.
//! Residual risk: root that injects code into this process.

mod arena;
mod bytes;
mod deep;
mod heap;
mod map;
mod thread;

pub use bytes::{SecretBytes, wipe};
pub use deep::{limit_waiting, on_deep_stack, on_deepest_stack};
pub use map::{MemoryError, MemoryReport};
pub use thread::{spawn, wipe_stack};

use std::sync::OnceLock;
use thiserror::Error;

/// The arena is full: evict, never fall back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("secret memory is full")]
pub struct OutOfSecretMemory;

impl From<OutOfSecretMemory> for crate::rv::Rv {
    fn from(_: OutOfSecretMemory) -> Self {
        crate::rv::CKR_DEVICE_MEMORY
    }
}

/// How full the arena is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Taken, the allocator's own bookkeeping left out.
    pub used: usize,
    /// Mapped.
    pub total: usize,
}

static STARTED: OnceLock<Result<MemoryReport, MemoryError>> = OnceLock::new();

/// Map the arena and move aws-lc's heap there: the first thing that the process does. Later calls change
/// nothing and tell the same.
///
/// `budget_bytes` is the arena's size; without it, what may be locked (RLIMIT_MEMLOCK), and 64 MiB with
/// CAP_IPC_LOCK.
///
/// # Errors
/// [`MemoryError`], when not even locked memory is to be had, or aws-lc refuses its new heap.
pub fn start(budget_bytes: Option<usize>) -> Result<MemoryReport, MemoryError> {
    STARTED
        .get_or_init(|| {
            let mapping = map::map(budget_bytes)?;
            arena::claim(&mapping);
            heap::install()?;
            Ok(mapping.report)
        })
        .clone()
}

/// How full the arena is.
#[must_use]
pub fn usage() -> Usage {
    arena::usage()
}

#[cfg(test)]
mod tests;
