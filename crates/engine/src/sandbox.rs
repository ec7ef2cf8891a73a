//! The engine's cage: no dump, no privilege, no file but /proc, few system calls.

use thiserror::Error;

/// Why the cage could not be closed.
#[derive(Debug, Error)]
#[error("{what}: {error}")]
pub struct SandboxError {
    /// What was tried.
    pub what: &'static str,
    /// What the system said.
    pub error: std::io::Error,
}

/// While there is one thread: no dump, no core, no new privileges, no capability, `uid_gid` if given, and
/// Landlock (which holds for threads made later): reading below /proc is left. Returns warnings.
pub fn harden(_uid_gid: Option<(u32, u32)>) -> Result<Vec<String>, SandboxError> {
    unimplemented!()
}

/// Once all threads are started: the list of system calls, for all of them. Returns warnings.
pub fn confine() -> Result<Vec<String>, SandboxError> {
    unimplemented!()
}
