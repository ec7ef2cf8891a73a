//! The engine's own figures, for `vhsm status`.

use crate::live::Engine;
use crate::memory;
use vhsm_wire::messages::Status;

impl Engine {
    /// What the engine knows of itself; the worker adds what the store knows.
    #[must_use]
    pub fn status(&self) -> Status {
        let usage = memory::usage();
        let applications = self.applications.all();
        let (mut sessions, mut grants) = (0, 0);
        for application in &applications {
            let state = application.lock();
            sessions += state.sessions.len();
            grants += state.grants.len();
        }
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            memory: self.memory.kind.to_owned(),
            secret_bytes_used: usage.used as u64,
            secret_bytes_total: usage.total as u64,
            applications: applications.len() as u64,
            connections: self.gate.connections.len() as u64,
            sessions: sessions as u64,
            cached_keys: grants as u64,
            grants: grants as u64,
            quick_workers: self.channels.quick.workers() as u64,
            slow_workers: self.channels.slow.workers() as u64,
            uptime_s: self.started.elapsed().as_secs(),
            kernel: self.kernel.clone(),
            warnings: self.all_warnings(),
            ..Status::default()
        }
    }

    /// What the operator must know.
    #[must_use]
    pub fn all_warnings(&self) -> Vec<String> {
        self.memory.warnings.iter().chain(&self.warnings).cloned().collect()
    }
}
