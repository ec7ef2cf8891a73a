//! Secret memory: an arena that no other process reads, whoever runs it.

use std::ops::{Deref, DerefMut};
use thiserror::Error;

/// What `start` found.
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
        error: std::io::ErrorKind,
    },
}

/// The arena is full: evict, never fall back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("secret memory is full")]
pub struct OutOfSecretMemory;

impl From<OutOfSecretMemory> for crate::rv::Rv {
    fn from(_: OutOfSecretMemory) -> Self {
        crate::rv::CKR_DEVICE_MEMORY
    }
}

/// Bytes of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Taken.
    pub used: usize,
    /// There are.
    pub total: usize,
}

/// Map the arena and move aws-lc's heap there; the first thing that the process does.
pub fn start(_budget_bytes: Option<usize>) -> Result<MemoryReport, MemoryError> {
    unimplemented!()
}

/// How full the arena is.
#[must_use]
pub fn usage() -> Usage {
    unimplemented!()
}

/// Bytes in secret memory, wiped when dropped.
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Take `length` zero bytes.
    pub fn zeroed(_length: usize) -> Result<Self, OutOfSecretMemory> {
        unimplemented!()
    }

    /// Copy bytes into secret memory.
    pub fn copy_of(_bytes: &[u8]) -> Result<Self, OutOfSecretMemory> {
        unimplemented!()
    }
}

impl Deref for SecretBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl std::fmt::Debug for SecretBytes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SecretBytes({} bytes)", self.len())
    }
}

/// Start a thread whose stack lies in secret memory. The stack is never given back: such threads serve for the
/// life of the process.
pub fn spawn(
    _name: &str,
    _stack_bytes: usize,
    _nice: i32,
    _body: impl FnOnce() + Send + 'static,
) -> Result<(), MemoryError> {
    unimplemented!()
}

/// Wipe what earlier calls left on this thread's stack below the caller.
pub fn wipe_stack() {}
