//! The connections of this process: as many as threads are at work at a time, all of one application.
//!
//! The first connection says Hello and gets a ticket, which each further one shows (Attach). When the server no
//! longer knows the ticket (it was started again), the next connection says Hello again: that is a new application,
//! with a number of its own here, and what belonged to the old one is void.

use crate::config::Config;
use crate::connection::{Connection, Failure};
use crate::facts::Stamp;
use crate::ffi::wipe;
use crate::rv::{Result, Rv};
use cryptoki_sys::{CKR_CRYPTOKI_NOT_INITIALIZED, CKR_DEVICE_ERROR, CKR_OK};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use vhsm_wire::frame::Lane;
use vhsm_wire::limits;
use vhsm_wire::messages::{Attach, Hello, Reply, Request, reply, request};

/// Idle connections kept; the rest of a burst is closed.
const IDLE_MAX: usize = 64;
/// Times that a ticket may turn out void while one connection is made.
const ATTEMPTS_MAX: usize = 3;
/// First wait after a busy answer; it doubles, up to the second figure.
const BUSY_WAIT_FIRST: Duration = Duration::from_millis(2);
const BUSY_WAIT_MAX: Duration = Duration::from_millis(100);

/// Waits between tries of a busy server: growing, with jitter, within `busy_retry_ms`.
pub struct Patience {
    deadline: Instant,
    wait: Duration,
}

impl Patience {
    pub fn new() -> Self {
        let deadline = Instant::now() + Duration::from_millis(limits::MODULE_BUSY_RETRY_MS);
        Self { deadline, wait: BUSY_WAIT_FIRST }
    }

    /// Wait before the next try.
    ///
    /// # Errors
    /// CKR_DEVICE_ERROR when the time is up.
    pub fn wait(&mut self) -> Result<()> {
        if Instant::now() + self.wait > self.deadline {
            return Err(Rv(CKR_DEVICE_ERROR));
        }
        // Threads and processes that were refused together must not come back together: the clock's last digits
        // are jitter enough, between half and all of the wait.
        let digits = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
        std::thread::sleep(self.wait / 2 + (self.wait / 2).mul_f64(f64::from(digits % 1_000) / 1_000.0));
        self.wait = (self.wait * 2).min(BUSY_WAIT_MAX);
        Ok(())
    }
}

#[derive(Default)]
struct Shared {
    config: Option<Arc<Config>>,
    idle: Vec<Connection>,
    /// The ticket of the present application, empty before the first Hello.
    ticket: Vec<u8>,
}

impl Shared {
    fn forget_ticket(&mut self) {
        wipe(&mut self.ticket);
        self.ticket.clear();
        self.idle.clear();
    }
}

#[derive(Default)]
pub struct Pool {
    shared: Mutex<Shared>,
    /// Held while saying Hello, so that a process becomes one application, not one a thread.
    hello: Mutex<()>,
    /// Number of the present application; 0 before the first. Never used again, also not after C_Finalize.
    application: AtomicU64,
    /// The application's facts version.
    version: AtomicU64,
}

impl Pool {
    /// Use this configuration from now on.
    pub fn configure(&self, config: Config) {
        self.shared().config = Some(Arc::new(config));
    }

    /// Close every idle connection and forget the ticket: the server ends the application.
    pub fn close(&self) {
        let mut shared = self.shared();
        shared.forget_ticket();
        shared.config = None;
        self.application.fetch_add(1, Ordering::AcqRel);
    }

    /// The configuration; absent once C_Finalize ran in another thread.
    pub fn config(&self) -> Result<Arc<Config>> {
        self.shared().config.clone().ok_or(Rv(CKR_CRYPTOKI_NOT_INITIALIZED))
    }

    /// The present application and its facts version.
    pub fn stamp(&self) -> Stamp {
        Stamp { application: self.application.load(Ordering::Acquire), version: self.version.load(Ordering::Acquire) }
    }

    /// Note the facts version that a reply has brought.
    pub fn note(&self, application: u64, version: u64) {
        if version != self.version.load(Ordering::Acquire) && application == self.application.load(Ordering::Acquire) {
            self.version.fetch_max(version, Ordering::AcqRel);
        }
    }

    /// An idle connection, or a new one. A thread keeps to the connection that it used last, so that the thread at
    /// the server's end keeps to its processor: with another connection each time, the two wake each other across
    /// processors, which costs more than the rest of a request.
    pub fn acquire(&self) -> Result<Connection> {
        let thread = thread_key();
        let idle = {
            let idle = &mut self.shared().idle;
            let own = idle.iter().position(|connection| connection.thread == thread).unwrap_or(0);
            (own < idle.len()).then(|| idle.remove(own))
        };
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        connection.thread = thread;
        Ok(connection)
    }

    /// Take back a connection that is in order.
    pub fn release(&self, connection: Connection) {
        let mut shared = self.shared();
        let present = connection.application == self.application.load(Ordering::Acquire);
        if present && !shared.ticket.is_empty() && shared.idle.len() < IDLE_MAX {
            shared.idle.push(connection);
        }
    }

    /// A new connection of the present application, or of a new one.
    pub fn open(&self) -> Result<Connection> {
        for _ in 0..ATTEMPTS_MAX {
            let (ticket, application) = {
                let shared = self.shared();
                (shared.ticket.clone(), self.application.load(Ordering::Acquire))
            };
            if ticket.is_empty() {
                let _turn = self.hello.lock().unwrap_or_else(PoisonError::into_inner);
                if self.shared().ticket.is_empty() {
                    return self.say_hello();
                }
                continue;
            }
            let config = self.config()?;
            let mut connection = Connection::open(&config).ok_or(Rv(CKR_DEVICE_ERROR))?;
            let reply = introduce(&mut connection, request::Request::Attach(Attach { ticket }))?;
            if reply.rv == CKR_OK {
                connection.application = application;
                return Ok(connection);
            }
            let mut shared = self.shared();
            if self.application.load(Ordering::Acquire) == application {
                shared.forget_ticket();
            }
        }
        Err(Rv(CKR_DEVICE_ERROR))
    }

    fn say_hello(&self) -> Result<Connection> {
        let config = self.config()?;
        let mut connection = Connection::open(&config).ok_or(Rv(CKR_DEVICE_ERROR))?;
        let name = std::fs::read_to_string("/proc/self/comm").unwrap_or_default();
        let hello = Hello { untrusted_name: name.trim_end().to_owned() };
        let reply = introduce(&mut connection, request::Request::Hello(hello))?;
        let Some(reply::Reply::Welcome(welcome)) = reply.reply else { return Err(Rv(CKR_DEVICE_ERROR)) };
        if welcome.ticket.is_empty() {
            return Err(Rv(CKR_DEVICE_ERROR));
        }
        let mut shared = self.shared();
        if shared.config.is_none() {
            return Err(Rv(CKR_CRYPTOKI_NOT_INITIALIZED));
        }
        shared.ticket = welcome.ticket;
        self.version.store(reply.facts_version, Ordering::Release);
        connection.application = self.application.fetch_add(1, Ordering::AcqRel) + 1;
        Ok(connection)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the calling thread from all others alive; never 0.
fn thread_key() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

/// Say the first message of a connection, again while the server is busy.
fn introduce(connection: &mut Connection, first: request::Request) -> Result<Reply> {
    let request = Request { request: Some(first), ..Request::default() };
    let mut patience = Patience::new();
    loop {
        let answer = connection.exchange(Lane::Control, &request, &[], 0);
        connection.forget();
        match answer {
            Ok((reply, _)) if reply.rv == limits::REPLY_BUSY => patience.wait()?,
            Ok((reply, _)) => return Ok(reply),
            Err(Failure::NotSent | Failure::TooLong | Failure::BadAddress | Failure::Broken) => {
                return Err(Rv(CKR_DEVICE_ERROR));
            }
        }
    }
}
