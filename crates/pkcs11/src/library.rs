//! The library's state between C_Initialize and C_Finalize, and the one way in which requests go out.

use crate::config::Config;
use crate::connection::{Connection, Failure};
use crate::facts::{Facts, Stamp};
use crate::ffi;
use crate::operation::Operations;
use crate::pool::{Patience, Pool};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use vhsm_wire::frame::Lane;
use vhsm_wire::limits;
use vhsm_wire::messages::{Reply, Request, Slot, reply, request};

/// Locks of the session table, so that threads with sessions of their own rarely meet.
const SHARDS: usize = 16;

/// One open session.
pub struct Session {
    pub handle: u64,
    pub slot: u64,
    /// The application (pool.rs) that opened it.
    pub application: u64,
    operations: Mutex<Operations>,
}

impl Session {
    /// The session's operations, for the length of one call: calls of one session follow one another.
    pub fn operations(&self) -> MutexGuard<'_, Operations> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handles are random numbers that the server has chosen: nobody can make them collide.
type Table = FxHashMap<u64, Arc<Session>>;
type Shard = RwLock<Table>;

#[derive(Default)]
pub struct Library {
    initialised: AtomicBool,
    starting: Mutex<()>,
    pub pool: Pool,
    pub facts: Facts,
    sessions: [Shard; SHARDS],
    /// Slots as of the last time that the application asked how many there are.
    slots: Mutex<Option<(u64, Arc<[Slot]>)>>,
    /// Objects changed or destroyed through this module: what was read of attributes before is void.
    changes: AtomicU64,
}

/// The library.
///
/// # Errors
/// CKR_CRYPTOKI_NOT_INITIALIZED before C_Initialize, after C_Finalize, and in a forked child.
pub fn library() -> Result<&'static Library> {
    match ffi::current() {
        Some(library) if library.initialised.load(Ordering::Acquire) => Ok(library),
        _ => Err(Rv(CKR_CRYPTOKI_NOT_INITIALIZED)),
    }
}

/// The library and an open session of it.
pub fn session(handle: CK_SESSION_HANDLE) -> Result<(&'static Library, Arc<Session>)> {
    let library = library()?;
    Ok((library, library.session(handle)?))
}

impl Library {
    pub fn start(&self, config: Config) -> Result<()> {
        let _turn = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.initialised.load(Ordering::Acquire) {
            return Err(Rv(CKR_CRYPTOKI_ALREADY_INITIALIZED));
        }
        self.pool.configure(config);
        self.initialised.store(true, Ordering::Release);
        Ok(())
    }

    pub fn stop(&self) {
        let _turn = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        self.initialised.store(false, Ordering::Release);
        self.pool.close();
        for shard in &self.sessions {
            write(shard).clear();
        }
        *self.slots.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn shard(&self, handle: u64) -> &Shard {
        &self.sessions[handle as usize % SHARDS]
    }

    pub fn session(&self, handle: u64) -> Result<Arc<Session>> {
        let session = read(self.shard(handle)).get(&handle).cloned().ok_or(Rv(CKR_SESSION_HANDLE_INVALID))?;
        if session.application != self.pool.stamp().application {
            self.forget_session(handle);
            return Err(Rv(CKR_SESSION_HANDLE_INVALID));
        }
        Ok(session)
    }

    pub fn add_session(&self, handle: u64, slot: u64, application: u64) {
        let session = Session { handle, slot, application, operations: Mutex::default() };
        let mut shard = write(self.shard(handle));
        // Sessions of an application that the server no longer knows go when a new one comes.
        if shard.len() == shard.capacity() {
            shard.retain(|_, session| session.application == application);
        }
        shard.insert(handle, Arc::new(session));
    }

    pub fn forget_session(&self, handle: u64) {
        write(self.shard(handle)).remove(&handle);
    }

    pub fn forget_sessions_of(&self, slot: u64) {
        for shard in &self.sessions {
            write(shard).retain(|_, session| session.slot != slot);
        }
    }

    /// The slots that the application was told of last, if they are of the present application.
    pub fn slots(&self) -> Option<Arc<[Slot]>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (application, slots) = slots.as_ref()?;
        (*application == self.pool.stamp().application).then(|| slots.clone())
    }

    pub fn set_slots(&self, application: u64, slots: Arc<[Slot]>) {
        *self.slots.lock().unwrap_or_else(PoisonError::into_inner) = Some((application, slots));
    }

    /// What attributes read now are good for: until facts change or an object is changed here.
    pub fn attribute_stamp(&self) -> (Stamp, u64) {
        (self.pool.stamp(), self.changes.load(Ordering::Acquire))
    }

    pub fn note_change(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// A request of the control lane; `secrets` are the pieces of its segment.
    pub fn ask(&self, session: Option<&Session>, body: request::Request, secrets: &[&[u8]]) -> Result<Answer<'_>> {
        let request = Request {
            session: session.map_or(0, |session| session.handle),
            secret_lengths: secrets.iter().map(|secret| secret.len() as u32).collect(),
            request: Some(body),
        };
        self.exchange(session, Lane::Control, &request, secrets, 0)
    }

    /// A request of the use lane; `pieces` are the data, in order.
    pub fn apply(
        &self,
        session: &Session,
        body: request::Request,
        pieces: &[&[u8]],
        output_length: usize,
    ) -> Result<Answer<'_>> {
        let request = Request { session: session.handle, secret_lengths: Vec::new(), request: Some(body) };
        self.exchange(Some(session), Lane::Use, &request, pieces, output_length)
    }

    fn exchange(
        &self,
        session: Option<&Session>,
        lane: Lane,
        request: &Request,
        pieces: &[&[u8]],
        output_length: usize,
    ) -> Result<Answer<'_>> {
        let mut patience = None;
        let mut fresh = false;
        let mut connection = self.pool.acquire()?;
        loop {
            if session.is_some_and(|session| session.application != connection.application) {
                self.pool.release(connection);
                return Err(Rv(CKR_SESSION_HANDLE_INVALID));
            }
            match connection.exchange(lane, request, pieces, output_length) {
                Ok((reply, _)) if reply.rv == limits::REPLY_BUSY => {
                    connection.forget();
                    patience.get_or_insert_with(Patience::new).wait()?;
                }
                Ok((reply, segment)) => {
                    self.pool.note(connection.application, reply.facts_version);
                    let answer = Answer { pool: &self.pool, connection: Some(connection), reply, segment };
                    return answer.checked(self, session);
                }
                // The connection was stale: the server has not seen the request, so a fresh one may carry it.
                Err(Failure::NotSent) if !fresh => {
                    fresh = true;
                    drop(connection);
                    connection = self.pool.open()?;
                }
                Err(Failure::TooLong) => {
                    self.pool.release(connection);
                    return Err(Rv(CKR_DEVICE_MEMORY));
                }
                Err(Failure::BadAddress) => return Err(Rv(CKR_ARGUMENTS_BAD)),
                Err(Failure::NotSent | Failure::Broken) => return Err(Rv(CKR_DEVICE_ERROR)),
            }
        }
    }
}

/// A reply whose `rv` was CKR_OK, with the connection that holds its segment until this is dropped, wiped.
pub struct Answer<'l> {
    pool: &'l Pool,
    connection: Option<Connection>,
    reply: Reply,
    segment: Range<usize>,
}

impl Answer<'_> {
    fn checked(self, library: &Library, session: Option<&Session>) -> Result<Self> {
        let rv = Rv(self.reply.rv);
        if rv.0 == CKR_OK {
            return Ok(self);
        }
        if let (CKR_SESSION_HANDLE_INVALID, Some(session)) = (rv.0, session) {
            library.forget_session(session.handle);
        }
        Err(rv)
    }

    /// The segment: output of a use, or secrets.
    pub fn segment(&self) -> &[u8] {
        self.connection.as_ref().map_or(&[], |connection| &connection.buffer()[self.segment.clone()])
    }

    /// The secrets of the segment, in order.
    ///
    /// # Errors
    /// CKR_DEVICE_ERROR when the lengths do not fit the segment.
    pub fn secrets(&self) -> Result<Vec<&[u8]>> {
        let mut rest = self.segment();
        let mut secrets = Vec::with_capacity(self.reply.secret_lengths.len());
        for length in &self.reply.secret_lengths {
            let (secret, tail) = rest.split_at_checked(*length as usize).ok_or(Rv(CKR_DEVICE_ERROR))?;
            secrets.push(secret);
            rest = tail;
        }
        Ok(secrets)
    }

    /// The reply's body.
    pub fn body(&mut self) -> Option<reply::Reply> {
        self.reply.reply.take()
    }

    /// The application that the answer is for.
    pub fn application(&self) -> u64 {
        self.connection.as_ref().map_or(0, |connection| connection.application)
    }

    /// The facts as of this answer.
    pub fn stamp(&self) -> Stamp {
        Stamp { application: self.application(), version: self.reply.facts_version }
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.forget();
            self.pool.release(connection);
        }
    }
}

fn read(shard: &Shard) -> RwLockReadGuard<'_, Table> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(shard: &Shard) -> RwLockWriteGuard<'_, Table> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}
