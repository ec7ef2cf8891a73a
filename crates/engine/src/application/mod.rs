//! Applications: one process that called C_Initialize, with its sessions, logins, session objects and grants.
//!
//! One lock for each application orders login, logout, session close and the start of operations: after C_Logout
//! has returned, no private-key operation starts, and those in parts have ended.

pub mod handle;
pub mod login;
pub mod name;
pub mod object;
pub mod registry;
pub mod rules;
pub mod session;

use crate::gate::evidence::ProcessName;
use crate::gate::limits::{Counter, Place};
use crate::gate::listener::Listener;
use crate::grant::Grants;
use crate::mechanism::NonceRule;
use crate::object::Uuid;
use crate::rv::{self, Rv};
use handle::HandleKey;
use login::{Login, Presence};
use name::Name;
use object::SessionObject;
use parking_lot::{Mutex, MutexGuard};
use rustc_hash::FxHashMap;
use session::Session;
use std::collections::{BTreeMap, HashMap};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vhsm_wire::limits;
use vhsm_wire::messages::{self, Role};

/// Names an application on further connections.
pub type Ticket = [u8; 32];

/// One process that called C_Initialize.
pub struct Application {
    /// Its number in audit records.
    pub id: u64,
    /// Where it came in: its container.
    pub listener: Arc<Listener>,
    /// What its further connections present.
    pub ticket: Ticket,
    /// Which process.
    pub process: ProcessName,
    /// Signals the process's end.
    pub pidfd: Option<OwnedFd>,
    /// What the kernel said of it.
    pub seen: messages::Evidence,
    /// What the kernel did not say.
    pub unseen: Vec<String>,
    /// Asks that wait for a worker.
    pub waiting: Arc<Counter>,
    session_handles: HandleKey,
    object_handles: HandleKey,
    facts_version: AtomicU64,
    state: Mutex<State>,
    _place: Place,
}

/// A token that the container is bound to, as one application sees it.
pub struct Bound {
    /// Which slot it is in.
    pub slot_id: u64,
    /// Whose nonces its policy takes.
    pub nonces: NonceRule,
    /// Who is logged in.
    pub login: Option<Login>,
    /// Number of the last login: what private objects' handles end with.
    pub login_number: u64,
    /// Open sessions.
    pub sessions: u64,
    /// Open read-write sessions among them.
    pub read_write_sessions: u64,
}

impl Bound {
    /// In which role somebody is logged in.
    #[must_use]
    pub fn role(&self) -> Role {
        self.login.as_ref().map_or(Role::None, |login| login.role)
    }

    /// Whether the user is: only then are there private objects (law 6).
    #[must_use]
    pub fn user(&self) -> bool {
        self.role() == Role::User
    }
}

/// What one lock orders.
#[derive(Default)]
pub struct State {
    /// True once the application is over.
    pub ended: bool,
    /// Its connections.
    pub connections: Vec<u64>,
    /// Sessions by number, which is the engine's own: nobody can make them collide.
    pub sessions: FxHashMap<u64, Session>,
    /// Bound tokens.
    pub tokens: HashMap<Uuid, Bound>,
    /// Session objects by number.
    pub objects: BTreeMap<u64, SessionObject>,
    /// Cached grants.
    pub grants: Grants,
    /// Who is logged in over the admin socket.
    pub administrator: Option<(u64, Presence)>,
    last_login: u64,
    last_session: u64,
    last_operation: u64,
}

/// What an application is made of.
pub struct Newcomer {
    /// Where it came in.
    pub listener: Arc<Listener>,
    /// What the kernel says of it.
    pub evidence: crate::gate::evidence::Evidence,
    /// Its number.
    pub id: u64,
    /// Its place among the container's applications.
    pub place: Place,
}

impl Application {
    /// Make an application; its ticket and its handles are random.
    #[must_use]
    pub fn new(newcomer: Newcomer, connection: u64, bound: &[messages::BoundToken]) -> Arc<Self> {
        let Newcomer { listener, evidence, id, place } = newcomer;
        let mut ticket = [0; 32];
        crate::mechanism::random(&mut ticket);
        let mut state = State { connections: vec![connection], ..State::default() };
        state.bind(bound);
        Arc::new(Self {
            id,
            listener,
            ticket,
            process: evidence.process,
            pidfd: evidence.pidfd,
            seen: evidence.seen,
            unseen: evidence.unseen,
            waiting: Arc::new(Counter::new(limits::SESSION_WAITING_PER_APPLICATION_MAX as usize)),
            session_handles: HandleKey::generate(),
            object_handles: HandleKey::generate(),
            facts_version: AtomicU64::new(1),
            state: Mutex::new(state),
            _place: place,
        })
    }

    /// Take the lock.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The token in a slot.
    #[must_use]
    pub fn token_in(&self, slot_id: u64) -> Option<Uuid> {
        let state = self.lock();
        state.tokens.iter().find(|(_, bound)| bound.slot_id == slot_id).map(|(token, _)| *token)
    }

    /// The version that every reply carries.
    #[must_use]
    pub fn facts_version(&self) -> u64 {
        self.facts_version.load(Ordering::Acquire)
    }

    /// Empty what the module believes of its keys.
    pub fn raise_facts_version(&self) {
        self.facts_version.fetch_add(1, Ordering::AcqRel);
    }

    /// The number of a session handle.
    #[must_use]
    pub fn session_number(&self, handle: u64) -> u64 {
        self.session_handles.number(handle)
    }

    /// The handle of a session number.
    #[must_use]
    pub fn session_handle(&self, number: u64) -> u64 {
        self.session_handles.handle(number)
    }

    /// What an object handle names.
    #[must_use]
    pub fn object_name(&self, handle: u64) -> Name {
        Name::from_block(self.object_handles.number(handle))
    }

    /// The handle of an object's name.
    #[must_use]
    pub fn object_handle(&self, name: Name) -> u64 {
        self.object_handles.handle(name.block())
    }
}

impl State {
    /// The session of a number.
    ///
    /// # Errors
    /// `CKR_SESSION_HANDLE_INVALID`, also once the application is over.
    pub fn session(&mut self, number: u64) -> Result<&mut Session, Rv> {
        self.sessions.get_mut(&number).ok_or(rv::CKR_SESSION_HANDLE_INVALID)
    }

    /// Note which tokens are in which slots; a token that is bound no longer keeps what sessions it has.
    pub fn bind(&mut self, bound: &[messages::BoundToken]) {
        let read = |row: &messages::BoundToken| {
            Some((row.token_uuid.as_slice().try_into().ok()?, row.slot_id, NonceRule::of(&row.policy)))
        };
        let rows: Vec<(Uuid, u64, NonceRule)> = bound.iter().filter_map(read).collect();
        self.tokens.retain(|token, state| state.sessions > 0 || rows.iter().any(|(bound, ..)| bound == token));
        for (token, slot_id, nonces) in rows {
            // A token's policy never changes.
            let fresh = Bound { slot_id, nonces, login: None, login_number: 0, sessions: 0, read_write_sessions: 0 };
            self.tokens.entry(token).or_insert(fresh).slot_id = slot_id;
        }
    }

    /// Who is logged in to a token.
    #[must_use]
    pub fn role(&self, token: &Uuid) -> Role {
        self.tokens.get(token).map_or(Role::None, Bound::role)
    }

    /// Whose nonces a token takes.
    #[must_use]
    pub fn nonces(&self, token: &Uuid) -> NonceRule {
        self.tokens.get(token).map_or(NonceRule::Ours, |bound| bound.nonces)
    }

    /// The next number for an operation in parts.
    pub fn next_operation(&mut self) -> u64 {
        self.last_operation += 1;
        self.last_operation
    }

    fn next_session(&mut self) -> u64 {
        self.last_session += 1;
        self.last_session
    }
}
