//! Listeners: one for each container, and the administrators'. The listener *is* the container's identity.

use super::limits::{self, Counter, Shares};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use vhsm_wire::limits as spec;
use vhsm_wire::messages::ListenerKind;

/// A container's enrolment id.
pub type EnrolmentId = [u8; 16];

/// A listening socket and what its container has open.
pub struct Listener {
    /// Applications or administrators.
    pub kind: ListenerKind,
    /// Whose.
    pub enrolment_id: EnrolmentId,
    /// The listening socket.
    pub socket: OwnedFd,
    /// True once the supervisor has closed it: nothing more is accepted.
    pub closed: AtomicBool,
    /// Open connections.
    pub connections: Arc<Counter>,
    /// Connections before Hello.
    pub before_hello: Arc<Counter>,
    /// Living applications.
    pub applications: Arc<Counter>,
    /// Open sessions.
    pub sessions: Counter,
    /// Asks that wait for a worker.
    pub waiting: Arc<Counter>,
    /// Bytes of half-received frames and half-sent replies.
    pub parked_bytes: Counter,
    /// What its applications take of memory.
    pub shares: Shares,
}

impl Listener {
    /// Take a listening socket over.
    #[must_use]
    pub fn new(kind: ListenerKind, enrolment_id: EnrolmentId, socket: OwnedFd) -> Self {
        Self {
            kind,
            enrolment_id,
            socket,
            closed: AtomicBool::new(false),
            connections: Arc::new(Counter::new(limits::CONNECTIONS_PER_CONTAINER_MAX)),
            before_hello: Arc::new(Counter::new(limits::BEFORE_HELLO_PER_CONTAINER_MAX)),
            applications: Arc::new(Counter::new(spec::SESSION_APPLICATIONS_PER_CONTAINER_MAX as usize)),
            sessions: Counter::new(spec::SESSION_SESSIONS_PER_CONTAINER_MAX as usize),
            waiting: Arc::new(Counter::new(spec::SESSION_WAITING_PER_CONTAINER_MAX as usize)),
            parked_bytes: Counter::new(limits::PARKED_BYTES_PER_CONTAINER_MAX),
            shares: Shares::of(crate::memory::usage().total),
        }
    }
}
