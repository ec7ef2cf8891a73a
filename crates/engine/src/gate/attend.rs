//! What a thread does with one connection: read, serve, write, stay or go; and how a worker's answer finds its way out.

use super::buffer::Scratch;
use super::connection::{Connection, Owned};
use super::frame::{self, Received, Sent};
use super::nearness::Nearness;
use super::reply::{self, Encoded};
use super::request::{self, Asked, Outcome};
use crate::channel::outcome::Done;
use crate::channel::work::Work;
use crate::channel::{Job, exchange};
use crate::live::Engine;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

enum Next {
    /// Read on.
    Stay,
    /// Arm it and go.
    Leave { writing: bool },
    /// Close it.
    Close,
    /// A worker's answer comes first; whoever brings it owns the connection.
    Elsewhere,
    /// The same, and this thread serves the Ask.
    Serve(Box<Job>),
}

/// Serve a connection as long as it has something to say.
pub(super) fn attend(engine: &'static Engine, connection: &Arc<Connection>, scratch: &mut Scratch) {
    let mut stay = false;
    let mut nearness = Nearness::default();
    loop {
        // The last net: a bug ends this request and this connection, never the engine.
        let next = catch_unwind(AssertUnwindSafe(|| step(engine, connection, scratch, stay, &mut nearness)));
        match next.unwrap_or(Next::Close) {
            Next::Stay if engine.gate.free.load(Ordering::Relaxed) > 0 => {
                if !stay {
                    engine.gate.take_out(connection);
                }
                stay = true;
            }
            Next::Stay => return leave(engine, connection, false),
            Next::Leave { writing } => return leave(engine, connection, writing),
            Next::Close => return close(engine, connection),
            Next::Elsewhere => return,
            Next::Serve(job) => return serve_jobs(engine, Some(*job)),
        }
    }
}

fn leave(engine: &'static Engine, connection: &Connection, writing: bool) {
    if !engine.gate.arm(connection, writing) {
        close(engine, connection);
    }
}

fn step(
    engine: &'static Engine,
    connection: &Arc<Connection>,
    scratch: &mut Scratch,
    stay: bool,
    nearness: &mut Nearness,
) -> Next {
    let mut owned = connection.owned.lock();
    if owned.outgoing.is_some() {
        return after(frame::deliver_rest(connection, &mut owned), &owned);
    }
    let frame = match frame::receive(connection, &mut owned, scratch, stay) {
        Received::Frame(frame) => frame,
        Received::Nothing | Received::Parked => return Next::Leave { writing: false },
        Received::Closed => return Next::Close,
    };
    nearness.note(frame.header.processor);
    let mut out = std::mem::take(&mut scratch.out);
    let outcome = {
        let (untrusted_message, segment) = frame.parts(scratch);
        let asked = Asked { header: frame.header, untrusted_message, segment };
        request::serve(engine, connection, &mut owned, &asked, &mut out)
    };
    frame.wipe(scratch);
    let next = match outcome {
        Outcome::Reply(encoded) => after(send(connection, &mut owned, &encoded, &out), &owned),
        Outcome::Last(encoded) => {
            owned.closing = true;
            after(send(connection, &mut owned, &encoded, &out), &owned)
        }
        Outcome::Close => Next::Close,
        Outcome::Ask(work) => match exchange::submit(engine, work) {
            Ok(Some(job)) => Next::Serve(Box::new(job)),
            Ok(None) => Next::Elsewhere,
            Err(work) => {
                let facts_version = work.application.as_ref().map_or(0, |application| application.facts_version());
                let encoded = reply::refusal(&mut out, work.lane, facts_version, request::BUSY);
                after(send(connection, &mut owned, &encoded, &out), &owned)
            }
        },
    };
    scratch.out = out;
    scratch.wipe();
    next
}

fn send(connection: &Connection, owned: &mut Owned, encoded: &Encoded, out: &[u8]) -> Sent {
    match encoded {
        Encoded::Scratch(start) => frame::deliver(connection, owned, &out[*start..], false),
        Encoded::Secret(bytes) => frame::deliver(connection, owned, bytes, true),
    }
}

fn after(sent: Sent, owned: &Owned) -> Next {
    match sent {
        Sent::Whole if owned.closing => Next::Close,
        Sent::Whole => Next::Stay,
        Sent::Parked => Next::Leave { writing: true },
        Sent::Closed => Next::Close,
    }
}

/// Serve an Ask, and then whatever waits for the worker that it frees.
pub fn serve_jobs(engine: &'static Engine, first: Option<Job>) {
    let mut next = first;
    while let Some((worker, work)) = next.take() {
        let (connection, pid, class) = (work.connection.clone(), worker.pid, worker.class);
        let served = catch_unwind(AssertUnwindSafe(|| exchange::serve(engine, worker, work)));
        let Ok((finished, job)) = served else {
            // The worker's channel went with the stack: it counts as dead.
            engine.supervisor.kill_worker(pid);
            if let Some(connection) = connection {
                close(engine, &connection);
            }
            next = engine.channels.pool(class).lost(None);
            continue;
        };
        next = job;
        if let Some((work, done)) = finished {
            finish(engine, *work, done);
        }
    }
}

/// Bring a reply to who waits for it, now or after its delay, and arm the connection.
pub fn finish(engine: &'static Engine, mut work: Work, mut done: Done) {
    let Some(connection) = work.connection.take() else {
        if done.reply.rv != 0 {
            engine.counts.restore(work);
        }
        return;
    };
    if !done.delay.is_zero() {
        let delay = std::mem::take(&mut done.delay);
        work.connection = Some(connection);
        (work.secrets, work.held) = (None, None);
        return engine.timers.add(delay, Box::new(work), done);
    }
    let refused_hello = work.application.is_none();
    done.reply.facts_version = work.application.as_ref().map_or(0, |application| application.facts_version());
    let mut out = Vec::new();
    let encoded = reply::done(&mut out, work.lane, &done);
    let next = {
        let mut owned = connection.owned.lock();
        owned.closing |= refused_hello;
        after(send(&connection, &mut owned, &encoded, &out), &owned)
    };
    crate::memory::wipe(&mut out);
    match next {
        Next::Close => close(engine, &connection),
        Next::Leave { writing } => leave(engine, &connection, writing),
        _ => leave(engine, &connection, false),
    }
}

/// Close a connection; the application ends with its last one.
fn close(engine: &'static Engine, connection: &Connection) {
    engine.gate.connections.remove(connection.id);
    engine.gate.take_out(connection);
    connection.shut_down();
    let application = {
        let mut owned = connection.owned.lock();
        owned.incoming = None;
        owned.outgoing = None;
        owned.before_hello = None;
        owned.application.take()
    };
    let Some(application) = application else { return };
    let last = {
        let mut state = application.lock();
        state.connections.retain(|id| *id != connection.id);
        state.connections.is_empty() && !state.ended
    };
    if last {
        engine.end_application(&application);
    }
}
