//! The engine, live: everything that its threads share.

use crate::application::Application;
use crate::application::login::Logins;
use crate::application::registry::Registry;
use crate::channel::Channels;
use crate::channel::writer::Writer;
use crate::counts::Pending;
use crate::gate::Gate;
use crate::grant::Revocations;
use crate::housekeeping::Timers;
use crate::mechanism::NonceMemories;
use crate::memory::{self, MemoryReport};
use crate::object::Uuid;
use crate::seal::Seal;
use crate::supervisor::Supervisor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Part of secret memory, in eighths, beyond which keys used long ago are evicted: the rest is for requests.
const KEY_CACHE_EIGHTHS: usize = 6;
/// Part of all cached keys that one eviction drops.
const EVICTED_PART: usize = 8;

/// Everything that the engine's threads share.
pub struct Engine {
    /// The machine seal.
    pub seal: Seal,
    /// How secret memory is kept.
    pub memory: MemoryReport,
    /// What the operator must know.
    pub warnings: Vec<String>,
    /// Listeners, connections and the threads that serve them.
    pub gate: Gate,
    /// Living applications.
    pub applications: Registry,
    /// Remembered PINs and turns.
    pub logins: Arc<Logins>,
    /// What was revoked.
    pub revocations: Arc<Revocations>,
    /// Workers.
    pub channels: Channels,
    /// The turn of the one writer.
    pub writer: Arc<Writer>,
    /// Replies that are kept back.
    pub timers: Timers,
    /// Nonces that keys were used with.
    pub nonces: NonceMemories,
    /// Uses to be reported.
    pub counts: Pending,
    /// The supervisor's end.
    pub supervisor: Supervisor,
    /// When it began.
    pub started: Instant,
    /// The kernel's release.
    pub kernel: String,
    last_application: AtomicU64,
    last_session_object: AtomicU64,
}

/// What an engine starts with.
pub struct Parts {
    /// The machine seal.
    pub seal: Seal,
    /// How secret memory is kept.
    pub memory: MemoryReport,
    /// What the operator must know.
    pub warnings: Vec<String>,
    /// Listeners, connections and the threads that serve them.
    pub gate: Gate,
    /// Remembered PINs and turns.
    pub logins: Arc<Logins>,
    /// The supervisor's end.
    pub supervisor: Supervisor,
}

impl Engine {
    /// An engine that serves nobody yet. It lives as long as the process.
    #[must_use]
    pub fn new(parts: Parts) -> &'static Self {
        Box::leak(Box::new(Self {
            seal: parts.seal,
            memory: parts.memory,
            warnings: parts.warnings,
            gate: parts.gate,
            applications: Registry::default(),
            logins: parts.logins,
            revocations: Arc::default(),
            channels: Channels::default(),
            writer: Arc::default(),
            timers: Timers::default(),
            nonces: NonceMemories::default(),
            counts: Pending::default(),
            supervisor: parts.supervisor,
            started: Instant::now(),
            kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
            last_application: AtomicU64::new(0),
            last_session_object: AtomicU64::new(crate::application::object::SESSION_CURSOR),
        }))
    }

    /// The number of the next application.
    #[must_use]
    pub fn next_application(&self) -> u64 {
        self.last_application.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The number of the next session object: unlike any that the store gives.
    #[must_use]
    pub fn next_session_object(&self) -> u64 {
        self.last_session_object.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// An application begins: it is found by its ticket, and ends with its process.
    pub fn admit(&'static self, application: &Arc<Application>) {
        self.applications.insert(application);
        self.gate.watch(application);
    }

    /// An application is over: its process has ended, or its last connection has.
    pub fn end_application(&self, application: &Application) {
        self.applications.remove(application);
        self.gate.unwatch(application);
        application.end();
        self.counts.collect(application);
    }

    /// Void every grant on objects, before the reply leaves.
    pub fn revoke_objects(&self, objects: &[u64]) {
        self.revocations.revoke_objects(objects);
        for application in self.applications.all() {
            let mut state = application.lock();
            let revoked = objects.iter().filter(|object| state.grants.remove(**object)).count();
            if revoked > 0 {
                application.raise_facts_version();
            }
        }
    }

    /// Void every grant of a token.
    pub fn revoke_token(&self, token: Uuid) {
        self.revocations.revoke_token(token);
        self.revoke_if(|granted| granted.token == token);
    }

    /// Void every grant.
    pub fn revoke_everything(&self) {
        self.revocations.revoke_everything();
        self.revoke_if(|_| true);
    }

    fn revoke_if(&self, ends: impl Fn(&crate::grant::Granted) -> bool) {
        for application in self.applications.all() {
            if application.lock().grants.remove_if(&ends) {
                application.raise_facts_version();
            }
        }
    }

    /// Evict if the key cache has its share of secret memory.
    pub fn make_room(&self) {
        let usage = memory::usage();
        if usage.used > usage.total / 8 * KEY_CACHE_EIGHTHS {
            self.evict();
        }
    }

    /// Drop the cached keys that were used longest ago; their next use asks again.
    pub fn evict(&self) {
        let applications = self.applications.all();
        let mut ages: Vec<(u32, usize, u64)> = Vec::new();
        for (at, application) in applications.iter().enumerate() {
            ages.extend(application.lock().grants.ages().map(|(last_used, object)| (last_used, at, object)));
        }
        ages.sort_unstable();
        let evicted = ages.len().div_ceil(EVICTED_PART);
        for (_, at, object) in ages.into_iter().take(evicted) {
            applications[at].lock().grants.remove(object);
        }
    }
}
