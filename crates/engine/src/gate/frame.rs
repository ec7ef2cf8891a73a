//! Frames in and replies out: one read and one write for a small frame.
//!
//! Rules kept here: (1) the header is checked before anything behind it is looked at; (2) the first read goes into
//! secret memory; what is longer goes on in secret memory on the control lane, in ordinary, wiped memory on the use
//! lane; (3) beyond a thread's own buffers, memory is taken as bytes arrive, never by a claimed length; (4) a slow peer
//! holds no thread: what is there is parked with the connection, within limits.

use super::buffer::{Body, Parked, Scratch};
use super::connection::{Connection, Owned};
use super::limits::Counter;
use crate::memory::{OutOfSecretMemory, SecretBytes, wipe};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::time::Instant;
use vhsm_wire::frame::{HEADER_LENGTH, Header, Lane};
use vhsm_wire::limits;

/// Threads that may wait for a slow peer at a time, one stay each; of at least four (`gate::THREADS`).
const PATIENT_THREADS_MAX: usize = 2;

static PATIENT_THREADS: Counter = Counter::new(PATIENT_THREADS_MAX);

const NO_WAIT: SendFlags = SendFlags::NOSIGNAL.union(SendFlags::DONTWAIT);

/// A frame that has arrived in part.
pub struct Incoming {
    header: Option<Header>,
    body: Body,
    filled: usize,
    /// When its first bytes came.
    pub since: Instant,
    _parked: Option<Parked>,
}

impl Incoming {
    /// Give the thread's buffer back, and wait in memory of just the length that has arrived.
    fn leave_thread(&mut self, scratch: &mut Scratch) {
        if let Body::Ordinary(bytes) = &mut self.body {
            let arrived = bytes[..self.filled].to_vec();
            scratch.take_back(std::mem::replace(bytes, arrived), self.filled);
        }
    }
}

/// A reply that has left in part.
pub struct Outgoing {
    rest: Body,
    sent: usize,
    /// When it began to leave.
    pub since: Instant,
    _parked: Parked,
}

/// A whole frame.
pub struct Frame {
    /// Its header.
    pub header: Header,
    body: Option<Body>,
}

impl Frame {
    /// The protobuf part and the segment.
    #[must_use]
    pub fn parts<'a>(&'a self, scratch: &'a Scratch) -> (&'a [u8], &'a [u8]) {
        let bytes = match &self.body {
            Some(body) => body.bytes(),
            None => &scratch.first,
        };
        bytes[HEADER_LENGTH..total_length(&self.header)].split_at(self.header.message_length)
    }

    /// Wipe the frame; ordinary memory goes back to the thread.
    pub fn wipe(self, scratch: &mut Scratch) {
        if let Some(Body::Ordinary(bytes)) = self.body {
            scratch.take_back(bytes, total_length(&self.header));
        }
        wipe(&mut scratch.first[..scratch.filled]);
        scratch.filled = 0;
    }
}

/// What reading came to.
pub enum Received {
    /// A whole frame.
    Frame(Frame),
    /// Nothing yet.
    Nothing,
    /// A part, which waits with the connection.
    Parked,
    /// The peer closed, or broke the protocol.
    Closed,
}

/// Read one frame. With `stay` the socket's timeout bounds the wait for its first byte; without, only what is there
/// is read.
pub fn receive(connection: &Connection, owned: &mut Owned, scratch: &mut Scratch, stay: bool) -> Received {
    let before_hello = owned.application.is_none();
    let resumed = owned.incoming.take();
    // What its sender cannot finish within one stay is parked; few threads at a time wait even that long.
    let mut patience = if resumed.is_some() { None } else { Some(Patience::default()) };
    let mut incoming = match resumed {
        Some(incoming) => incoming,
        None => match receive_first(connection, scratch, stay, before_hello) {
            Ok(First::Whole(frame)) => return Received::Frame(frame),
            Ok(First::Part(incoming)) => incoming,
            Ok(First::Nothing) => return Received::Nothing,
            Err(Broken) => return Received::Closed,
        },
    };
    loop {
        let wait = patience.as_mut().is_some_and(Patience::lasts);
        match advance(connection, &mut incoming, before_hello, wait) {
            Ok(Progress::Whole) => {
                let Some(header) = incoming.header else { return Received::Closed };
                return Received::Frame(Frame { header, body: Some(incoming.body) });
            }
            Ok(Progress::More) => {}
            Ok(Progress::Nothing) if wait => {}
            Ok(Progress::Nothing) => {
                incoming._parked = None;
                incoming.leave_thread(scratch);
                let Some(parked) = Parked::take(&connection.listener, &incoming.body) else { return Received::Closed };
                incoming._parked = Some(parked);
                owned.incoming = Some(incoming);
                return Received::Parked;
            }
            Err(Broken) => {
                if let Body::Ordinary(bytes) = incoming.body {
                    scratch.take_back(bytes, incoming.filled);
                }
                return Received::Closed;
            }
        }
    }
}

/// The right to wait for a slow peer, for one stay; few threads have it at a time.
#[derive(Default)]
struct Patience {
    until: Option<Instant>,
}

impl Patience {
    fn lasts(&mut self) -> bool {
        if self.until.is_none() && PATIENT_THREADS.take(1) {
            self.until = Some(Instant::now() + super::connection::STAY);
        }
        self.until.is_some_and(|until| Instant::now() < until)
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        if self.until.is_some() {
            PATIENT_THREADS.give_back(1);
        }
    }
}

enum Progress {
    Whole,
    More,
    Nothing,
}

struct Broken;

impl From<OutOfSecretMemory> for Broken {
    fn from(_: OutOfSecretMemory) -> Self {
        Self
    }
}

enum First {
    Whole(Frame),
    Part(Incoming),
    Nothing,
}

fn receive_first(
    connection: &Connection,
    scratch: &mut Scratch,
    stay: bool,
    before_hello: bool,
) -> Result<First, Broken> {
    let Some(length) = receive_some(connection, &mut scratch.first[..], stay)? else { return Ok(First::Nothing) };
    scratch.filled = length;
    let since = Instant::now;
    let Some(head) = scratch.first[..length].first_chunk::<HEADER_LENGTH>() else {
        let body = Body::Secret(SecretBytes::copy_of(&scratch.first[..length])?);
        return Ok(First::Part(Incoming { header: None, body, filled: length, since: since(), _parked: None }));
    };
    let header = check(head, before_hello)?;
    let total = total_length(&header);
    if length > total {
        return Err(Broken);
    }
    if length == total {
        return Ok(First::Whole(Frame { header, body: None }));
    }
    let body = match header.lane {
        Lane::Control => Body::Secret(SecretBytes::copy_of(&scratch.first[..length])?),
        Lane::Use => {
            let mut bytes = scratch.lend();
            bytes[..length].copy_from_slice(&scratch.first[..length]);
            Body::Ordinary(bytes)
        }
    };
    Ok(First::Part(Incoming { header: Some(header), body, filled: length, since: since(), _parked: None }))
}

/// Read once more.
fn advance(
    connection: &Connection,
    incoming: &mut Incoming,
    before_hello: bool,
    wait: bool,
) -> Result<Progress, Broken> {
    let total = incoming.header.as_ref().map_or(HEADER_LENGTH, total_length);
    if incoming.body.bytes().len() == incoming.filled && incoming.filled < total {
        incoming.body.grow(incoming.filled, total)?;
    }
    let filled = incoming.filled;
    let room = incoming.body.bytes().len().min(total);
    let Some(length) = receive_some(connection, &mut incoming.body.bytes_mut()[filled..room], wait)? else {
        return Ok(Progress::Nothing);
    };
    incoming.filled += length;
    if incoming.header.is_none() {
        if let Some(head) = incoming.body.bytes()[..incoming.filled].first_chunk::<HEADER_LENGTH>() {
            let header = check(head, before_hello)?;
            if header.lane == Lane::Use {
                incoming.body = Body::Ordinary(head.to_vec());
            }
            incoming.header = Some(header);
            return Ok(if incoming.filled == total_length(&header) { Progress::Whole } else { Progress::More });
        }
        return Ok(Progress::More);
    }
    Ok(if incoming.filled == total { Progress::Whole } else { Progress::More })
}

/// `None`: nothing there. An end of file, or an error, is [`Broken`].
fn receive_some(connection: &Connection, buffer: &mut [u8], wait: bool) -> Result<Option<usize>, Broken> {
    let flags = if wait { RecvFlags::empty() } else { RecvFlags::DONTWAIT };
    match recv(&connection.socket, buffer, flags) {
        Ok((_, 0)) => Err(Broken),
        Ok((_, length)) => Ok(Some(length)),
        Err(Errno::AGAIN | Errno::INTR) => Ok(None),
        Err(_) => Err(Broken),
    }
}

fn check(head: &[u8; HEADER_LENGTH], before_hello: bool) -> Result<Header, Broken> {
    let header = Header::parse(head).map_err(|_| Broken)?;
    let length = (header.message_length + header.segment_length) as u64;
    if before_hello && length > limits::FRAME_BEFORE_HELLO_LENGTH_MAX { Err(Broken) } else { Ok(header) }
}

fn total_length(header: &Header) -> usize {
    HEADER_LENGTH + header.message_length + header.segment_length
}

/// What writing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// All of it.
    Whole,
    /// A part; the rest waits with the connection.
    Parked,
    /// The peer is gone.
    Closed,
}

/// Write a reply; `secret` says which memory its rest waits in.
pub fn deliver(connection: &Connection, owned: &mut Owned, bytes: &[u8], secret: bool) -> Sent {
    let mut patience = Patience::default();
    let mut sent = 0;
    loop {
        let flags = if sent > 0 && patience.lasts() { SendFlags::NOSIGNAL } else { NO_WAIT };
        match send(&connection.socket, &bytes[sent..], flags) {
            Ok(length) if sent + length == bytes.len() => return Sent::Whole,
            Ok(length) => sent += length,
            Err(Errno::AGAIN | Errno::INTR) => break,
            Err(_) => return Sent::Closed,
        }
    }
    let rest = &bytes[sent..];
    let rest = match secret {
        true => SecretBytes::copy_of(rest).map(Body::Secret),
        false => Ok(Body::Ordinary(rest.to_vec())),
    };
    let Ok(rest) = rest else { return Sent::Closed };
    let Some(parked) = Parked::take(&connection.listener, &rest) else { return Sent::Closed };
    owned.outgoing = Some(Outgoing { rest, sent: 0, since: Instant::now(), _parked: parked });
    Sent::Parked
}

/// Write more of a parked reply.
pub fn deliver_rest(connection: &Connection, owned: &mut Owned) -> Sent {
    let Some(outgoing) = &mut owned.outgoing else { return Sent::Whole };
    match send(&connection.socket, &outgoing.rest.bytes()[outgoing.sent..], NO_WAIT) {
        Ok(length) => outgoing.sent += length,
        Err(Errno::AGAIN | Errno::INTR) => {}
        Err(_) => return Sent::Closed,
    }
    if outgoing.sent < outgoing.rest.bytes().len() {
        return Sent::Parked;
    }
    wipe(outgoing.rest.bytes_mut());
    owned.outgoing = None;
    Sent::Whole
}
