//! Connections: one owner at a time (EPOLLONESHOT), and the table that finds them.

use super::evidence::ProcessName;
use super::frame::{Incoming, Outgoing};
use super::limits::{self, Counter, Place};
use super::listener::Listener;
use crate::application::Application;
use parking_lot::Mutex;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a thread stays with a connection that says nothing, and how long it helps a slow reader or writer.
pub const STAY: Duration = Duration::from_millis(50);
/// Within this time a frame must have arrived, or a reply must have been taken.
const FRAME_DEADLINE: Duration = Duration::from_secs(10);
/// Within this time a connection must have said Hello and been answered.
const HELLO_DEADLINE: Duration = Duration::from_secs(20);

/// One connection of an application.
pub struct Connection {
    /// Names it in epoll and in the table.
    pub id: u64,
    /// The socket.
    pub socket: OwnedFd,
    /// Where it came in.
    pub listener: Arc<Listener>,
    /// What its present owner works on.
    pub owned: Mutex<Owned>,
    accepted: Instant,
    _places: [Place; 2],
}

/// What only the owner of a connection touches.
#[derive(Default)]
pub struct Owned {
    /// Whose connection it is, after Hello or Attach.
    pub application: Option<Arc<Application>>,
    /// The place among those that have not said Hello.
    pub before_hello: Option<[Place; 2]>,
    /// A frame that has arrived in part.
    pub incoming: Option<Incoming>,
    /// A reply that has left in part.
    pub outgoing: Option<Outgoing>,
    /// Close once the reply is out.
    pub closing: bool,
    /// The process behind it, once it was looked up.
    pub process: Option<ProcessName>,
}

impl Connection {
    /// Close both directions; whoever owns the connection then notices.
    pub fn shut_down(&self) {
        // A peer that is gone already is what we want.
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
    }

    /// Whether its peer has taken too long.
    #[must_use]
    pub fn is_overdue(&self, now: Instant) -> bool {
        let Some(owned) = self.owned.try_lock() else { return false };
        let parked = owned.incoming.as_ref().map(|incoming| incoming.since);
        let since = parked.or(owned.outgoing.as_ref().map(|outgoing| outgoing.since));
        since.is_some_and(|since| now.duration_since(since) > FRAME_DEADLINE)
            || owned.application.is_none() && now.duration_since(self.accepted) > HELLO_DEADLINE
    }
}

#[derive(Default)]
struct Slots {
    entries: Vec<(u32, Option<Arc<Connection>>)>,
    free: Vec<u32>,
}

/// Every open connection.
pub struct Table {
    slots: Mutex<Slots>,
    open: Arc<Counter>,
    before_hello: Arc<Counter>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            slots: Mutex::default(),
            open: Arc::new(Counter::new(limits::CONNECTIONS_MAX)),
            before_hello: Arc::new(Counter::new(limits::BEFORE_HELLO_MAX)),
        }
    }
}

impl Table {
    /// Enter an accepted socket; `None` when a limit is reached, and the socket closes.
    #[must_use]
    pub fn insert(&self, socket: OwnedFd, listener: &Arc<Listener>) -> Option<Arc<Connection>> {
        let places = [Place::take(&self.open)?, Place::take(&listener.connections)?];
        let before_hello = [Place::take(&self.before_hello)?, Place::take(&listener.before_hello)?];
        set_socket_timeout(&socket, Timeout::Recv, Some(STAY)).ok()?;
        set_socket_timeout(&socket, Timeout::Send, Some(STAY)).ok()?;
        let mut slots = self.slots.lock();
        let index = slots.free.pop().unwrap_or_else(|| {
            slots.entries.push((0, None));
            (slots.entries.len() - 1) as u32
        });
        let entry = &mut slots.entries[index as usize];
        // 30 bits: the top two tell epoll's connections from its listeners and processes.
        entry.0 = (entry.0 + 1) & 0x3fff_ffff;
        let connection = Arc::new(Connection {
            id: u64::from(entry.0) << 32 | u64::from(index),
            socket,
            listener: Arc::clone(listener),
            owned: Mutex::new(Owned { before_hello: Some(before_hello), ..Owned::default() }),
            accepted: Instant::now(),
            _places: places,
        });
        entry.1 = Some(Arc::clone(&connection));
        Some(connection)
    }

    /// The connection of an id.
    #[must_use]
    pub fn find(&self, id: u64) -> Option<Arc<Connection>> {
        let slots = self.slots.lock();
        let (generation, connection) = slots.entries.get(id as u32 as usize)?;
        (u64::from(*generation) == id >> 32).then(|| connection.clone())?
    }

    /// Strike a connection out.
    pub fn remove(&self, id: u64) {
        let mut slots = self.slots.lock();
        let index = id as u32;
        if let Some(entry) = slots.entries.get_mut(index as usize) {
            if u64::from(entry.0) == id >> 32 && entry.1.take().is_some() {
                slots.free.push(index);
            }
        }
    }

    /// All of them, as of now.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Connection>> {
        self.slots.lock().entries.iter().filter_map(|(_, connection)| connection.clone()).collect()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.now()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
