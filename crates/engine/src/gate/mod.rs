//! The gate: listeners, connections, and the threads that stand at them.
//!
//! Hybrid event loop: every connection is armed once (EPOLLONESHOT); the thread that takes its event stays with it
//! in a blocking read for a moment, as long as another thread is free, and arms it again when it goes.

pub mod attend;
pub mod buffer;
pub mod connection;
pub mod evidence;
pub mod frame;
pub mod kernel;
pub mod limits;
pub mod listener;
pub mod nearness;
mod numbers;
pub mod reply;
pub mod request;
pub mod rows;
pub mod rules;

use crate::application::Application;
use crate::live::Engine;
use attend::attend;
use buffer::Scratch;
use connection::{Connection, Table};
use listener::{EnrolmentId, Listener};
use parking_lot::RwLock;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::SocketFlags;
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Threads at the gate: what a prototype held 19,900 connections with.
pub const THREADS_MAX: usize = 64;
/// Fewer would let a slow worker stop everybody.
pub const THREADS_MIN: usize = 6;
/// Stack of each, in secret memory.
pub const STACK_LENGTH: usize = 65_536;
/// Connections accepted for one event.
const ACCEPTED_AT_ONCE: usize = 64;

/// Top bits of epoll's data: what the event is about.
const KIND_SHIFT: u32 = 62;
const KIND_CONNECTION: u64 = 0;
const KIND_LISTENER: u64 = 1;
const KIND_PROCESS: u64 = 2;
const NUMBER_MASK: u64 = (1 << KIND_SHIFT) - 1;

/// Listeners and connections.
pub struct Gate {
    epoll: OwnedFd,
    /// Open connections.
    pub connections: Table,
    listeners: RwLock<HashMap<u64, Arc<Listener>>>,
    last_listener: AtomicU64,
    free: AtomicUsize,
}

impl Gate {
    /// A gate without listeners.
    ///
    /// # Errors
    /// What epoll_create1(2) says.
    pub fn new() -> Result<Self, Errno> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            connections: Table::default(),
            listeners: RwLock::default(),
            last_listener: AtomicU64::new(0),
            free: AtomicUsize::new(0),
        })
    }

    /// Open a listener, in place of the one of the same container.
    ///
    /// # Errors
    /// What fcntl(2) and epoll_ctl(2) say.
    pub fn open(&self, listener: Listener) -> Result<(), Errno> {
        self.close(listener.enrolment_id);
        rustix::fs::fcntl_setfl(&listener.socket, rustix::fs::OFlags::NONBLOCK)?;
        let number = self.last_listener.fetch_add(1, Ordering::Relaxed) + 1;
        let listener = Arc::new(listener);
        self.listeners.write().insert(number, Arc::clone(&listener));
        epoll::add(&self.epoll, &listener.socket, data(KIND_LISTENER, number), armed(EventFlags::IN))
    }

    /// Close a container's listener, and its connections.
    pub fn close(&self, enrolment_id: EnrolmentId) {
        let mut listeners = self.listeners.write();
        listeners.retain(|_, listener| {
            if listener.enrolment_id != enrolment_id {
                return true;
            }
            listener.closed.store(true, Ordering::Release);
            // Gone with its last descriptor at the latest.
            let _ = epoll::delete(&self.epoll, &listener.socket);
            false
        });
        drop(listeners);
        for connection in self.connections.all() {
            if connection.listener.enrolment_id == enrolment_id {
                connection.shut_down();
            }
        }
    }

    /// Arm every listener: again, where descriptors had run out.
    pub fn arm_listeners(&self) {
        for (number, listener) in self.listeners.read().iter() {
            // A closed one is not there any more.
            let _ = epoll::modify(&self.epoll, &listener.socket, data(KIND_LISTENER, *number), armed(EventFlags::IN));
        }
    }

    /// Hear of the end of an application's process.
    pub fn watch(&self, application: &Application) {
        if let Some(pidfd) = &application.pidfd {
            // Without it, the application ends with its last connection.
            let _ = epoll::add(&self.epoll, pidfd, data(KIND_PROCESS, application.id), armed(EventFlags::IN));
        }
    }

    /// No more of that.
    pub fn unwatch(&self, application: &Application) {
        if let Some(pidfd) = &application.pidfd {
            // Not there if `watch` failed.
            let _ = epoll::delete(&self.epoll, pidfd);
        }
    }

    /// Arm a connection for its next event; true if it could be.
    pub fn arm(&self, connection: &Connection, writing: bool) -> bool {
        let interest = armed(if writing { EventFlags::OUT } else { EventFlags::IN });
        let data = data(KIND_CONNECTION, connection.id);
        match epoll::modify(&self.epoll, &connection.socket, data, interest) {
            Err(Errno::NOENT) => epoll::add(&self.epoll, &connection.socket, data, interest).is_ok(),
            outcome => outcome.is_ok(),
        }
    }

    /// Take a connection out of epoll: for good, or for as long as a thread stays with it, since even one that is not
    /// armed costs a call for each message.
    fn take_out(&self, connection: &Connection) {
        // It may be out already.
        let _ = epoll::delete(&self.epoll, &connection.socket);
    }

    fn accept(&self, number: u64) {
        let Some(listener) = self.listeners.read().get(&number).cloned() else { return };
        for _ in 0..ACCEPTED_AT_ONCE {
            match rustix::net::accept_with(&listener.socket, SocketFlags::CLOEXEC) {
                Ok(socket) => self.welcome(socket, &listener),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                // Housekeeping arms the listener again: not at once, or we would spin.
                Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => return,
                Err(_) => break,
            }
        }
        // A closed one is not there any more.
        let _ = epoll::modify(&self.epoll, &listener.socket, data(KIND_LISTENER, number), armed(EventFlags::IN));
    }

    fn welcome(&self, socket: OwnedFd, listener: &Arc<Listener>) {
        // Beyond a limit the socket closes, and its peer reads an end of file.
        let Some(connection) = self.connections.insert(socket, listener) else { return };
        let added =
            epoll::add(&self.epoll, &connection.socket, data(KIND_CONNECTION, connection.id), armed(EventFlags::IN));
        if added.is_err() || listener.closed.load(Ordering::Acquire) {
            self.connections.remove(connection.id);
        }
    }
}

fn data(kind: u64, number: u64) -> EventData {
    EventData::new_u64(kind << KIND_SHIFT | number)
}

fn armed(interest: EventFlags) -> EventFlags {
    interest | EventFlags::ONESHOT | EventFlags::RDHUP
}

/// What one thread does for the life of the process.
pub fn stand(engine: &'static Engine) {
    let Ok(mut scratch) = Scratch::new() else {
        eprintln!("vhsm-engine: secret memory is full: a gate thread less");
        return;
    };
    let mut events = [epoll::Event { flags: EventFlags::empty(), data: EventData::new_u64(0) }; 1];
    loop {
        engine.gate.free.fetch_add(1, Ordering::Relaxed);
        let ready = epoll::wait(&engine.gate.epoll, &mut events[..], None);
        engine.gate.free.fetch_sub(1, Ordering::Relaxed);
        if ready != Ok(1) {
            continue;
        }
        let event = events[0].data.u64();
        let number = event & NUMBER_MASK;
        match event >> KIND_SHIFT {
            KIND_CONNECTION => {
                if let Some(connection) = engine.gate.connections.find(number) {
                    attend(engine, &connection, &mut scratch);
                }
            }
            KIND_LISTENER => engine.gate.accept(number),
            KIND_PROCESS => process_ended(engine, number),
            _ => {}
        }
    }
}

fn process_ended(engine: &'static Engine, number: u64) {
    let Some(application) = engine.applications.find(number) else { return };
    let connections = std::mem::take(&mut application.lock().connections);
    engine.end_application(&application);
    for connection in connections {
        if let Some(connection) = engine.gate.connections.find(connection) {
            connection.shut_down();
        }
    }
}
