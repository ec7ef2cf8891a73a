//! One connection to the server: one write and one read a request.

use crate::config::Config;
use crate::ffi::{Registered, processor, wipe};
use prost::Message;
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, SocketFlags, SocketType, connect, recv, send, sendmsg,
    socket_with,
};
use std::io::IoSlice;
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};
use vhsm_wire::frame::{HEADER_LENGTH, Header, Lane};
use vhsm_wire::limits;
use vhsm_wire::messages::{Reply, Request};

/// First size of the receive buffer: most replies take one read.
const RECEIVE_LENGTH: usize = 4_096;
/// Room for a use's reply beside its output: header and message.
const REPLY_HEAD_LENGTH: usize = 128;
/// A buffer beyond this does not outlive its call.
const KEPT_LENGTH_MAX: usize = 256 * 1_024;
/// Pieces of a segment that need no allocation: data, more data, signature.
const PIECES_INLINE: usize = 3;

/// Why there is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was sent: the peer was gone already.
    NotSent,
    /// The request does not fit a frame.
    TooLong,
    /// The caller's memory cannot be read.
    BadAddress,
    /// The server may have received the request, and did not answer in time or in form.
    Broken,
}

pub struct Connection {
    // Before the socket: a number leaves the register before it is closed, and so before it is used again.
    _registered: Registered,
    socket: OwnedFd,
    /// Which application of this process the connection belongs to; see pool.rs.
    pub application: u64,
    /// Which thread used it last; see pool.rs.
    pub thread: usize,
    reply_timeout: Duration,
    send: Vec<u8>,
    receive: Vec<u8>,
    received: usize,
}

impl Connection {
    /// Connect; nothing has been said yet.
    pub fn open(config: &Config) -> Option<Self> {
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).ok()?;
        let registered = Registered::enter(socket.as_raw_fd())?;
        // The send timeout bounds connect as well, which waits while the server's queue is full.
        set_socket_timeout(&socket, Timeout::Send, Some(config.connect_timeout)).ok()?;
        set_socket_timeout(&socket, Timeout::Recv, Some(config.reply_timeout)).ok()?;
        let since = Instant::now();
        // A unix socket's connect that a signal interrupted has done nothing, and is begun again.
        while let Err(error) = connect(&socket, &config.socket) {
            if error != Errno::INTR || since.elapsed() > config.connect_timeout {
                return None;
            }
        }
        set_socket_timeout(&socket, Timeout::Send, Some(config.reply_timeout)).ok()?;
        Some(Self {
            _registered: registered,
            socket,
            application: 0,
            thread: 0,
            reply_timeout: config.reply_timeout,
            send: Vec::with_capacity(512),
            receive: vec![0; RECEIVE_LENGTH],
            received: 0,
        })
    }

    /// Send a request whose segment is `pieces`, and wait for the reply: the message, and where its segment lies in
    /// `segment()`'s buffer. `output_length` is how much output to expect, in bytes.
    pub fn exchange(
        &mut self,
        lane: Lane,
        request: &Request,
        pieces: &[&[u8]],
        output_length: usize,
    ) -> Result<(Reply, Range<usize>), Failure> {
        let segment_length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let processor = processor().map_or(0, |number| number.saturating_add(1));
        let header = Header { lane, message_length: request.encoded_len(), segment_length, processor };
        let segment_max = match lane {
            Lane::Control => limits::FRAME_SECRET_SEGMENT_LENGTH_MAX,
            Lane::Use => limits::FRAME_SEGMENT_LENGTH_MAX,
        };
        if header.message_length as u64 > limits::FRAME_MESSAGE_LENGTH_MAX || segment_length as u64 > segment_max {
            return Err(Failure::TooLong);
        }
        self.send.resize(HEADER_LENGTH + header.message_length, 0);
        self.send[..HEADER_LENGTH].copy_from_slice(&header.encode());
        // Into a slice: prost writes a vector byte by byte, with a check for each.
        request.encode(&mut &mut self.send[HEADER_LENGTH..]).map_err(|_| Failure::TooLong)?;
        self.send_frame(pieces)?;
        let total = self.receive_frame(output_length)?;
        let header = self.header()?;
        if header.lane != lane {
            return Err(Failure::Broken);
        }
        let segment = HEADER_LENGTH + header.message_length..total;
        let reply = Reply::decode(&self.receive[HEADER_LENGTH..segment.start]).map_err(|_| Failure::Broken)?;
        Ok((reply, segment))
    }

    /// The receive buffer, in which `exchange` has told the segment's place.
    pub fn buffer(&self) -> &[u8] {
        &self.receive
    }

    /// Forget what was received: it may be somebody's key or plaintext.
    pub fn forget(&mut self) {
        wipe(&mut self.receive[..self.received]);
        self.received = 0;
        if self.receive.len() > KEPT_LENGTH_MAX {
            self.receive = vec![0; RECEIVE_LENGTH];
        }
    }

    fn header(&self) -> Result<Header, Failure> {
        let head = self.receive.first_chunk::<HEADER_LENGTH>().ok_or(Failure::Broken)?;
        Header::parse(head).map_err(|_| Failure::Broken)
    }

    fn send_frame(&mut self, pieces: &[&[u8]]) -> Result<(), Failure> {
        let mut inline = [IoSlice::new(&[]); PIECES_INLINE + 1];
        let mut many;
        let slices: &mut [IoSlice<'_>] = if pieces.len() <= PIECES_INLINE {
            inline[0] = IoSlice::new(&self.send);
            let mut used = 1;
            for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
                inline[used] = IoSlice::new(piece);
                used += 1;
            }
            &mut inline[..used]
        } else {
            many = Vec::with_capacity(pieces.len() + 1);
            many.push(IoSlice::new(&self.send));
            many.extend(pieces.iter().map(|piece| IoSlice::new(piece)));
            &mut many
        };
        let mut rest = slices;
        let mut sent_any = false;
        // Ends: each turn sends at least one byte, fails, or was interrupted within the socket's timeout.
        while !rest.is_empty() {
            let outcome = match &*rest {
                [only] => send(&self.socket, only, SendFlags::NOSIGNAL),
                many => sendmsg(&self.socket, many, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL),
            };
            match outcome {
                Ok(sent) => {
                    sent_any = true;
                    IoSlice::advance_slices(&mut rest, sent);
                }
                Err(Errno::INTR) => {}
                Err(Errno::FAULT) => return Err(Failure::BadAddress),
                Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) if !sent_any => return Err(Failure::NotSent),
                Err(_) => return Err(Failure::Broken),
            }
        }
        Ok(())
    }

    /// Read one frame, and return its length.
    fn receive_frame(&mut self, output_length: usize) -> Result<usize, Failure> {
        self.received = 0;
        self.make_room(HEADER_LENGTH + REPLY_HEAD_LENGTH + output_length);
        let mut total = None;
        let mut interrupted = None;
        loop {
            match recv(&self.socket, &mut self.receive[self.received..], RecvFlags::empty()) {
                Ok((_, 0)) => return Err(Failure::Broken),
                Ok((_, count)) => self.received += count,
                // A program with a fast timer must not wait for ever: each interruption starts the timeout anew.
                Err(Errno::INTR) => {
                    let since = *interrupted.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.reply_timeout {
                        return Err(Failure::Broken);
                    }
                    continue;
                }
                Err(_) => return Err(Failure::Broken),
            }
            if total.is_none() && self.received >= HEADER_LENGTH {
                let header = self.header()?;
                let length = HEADER_LENGTH + header.message_length + header.segment_length;
                self.make_room(length);
                total = Some(length);
            }
            match total {
                Some(total) if self.received == total => return Ok(total),
                // One request at a time: more bytes than one reply are not of this protocol.
                Some(total) if self.received > total => return Err(Failure::Broken),
                _ => {}
            }
        }
    }

    fn make_room(&mut self, length: usize) {
        if length > self.receive.len() {
            let mut larger = vec![0; length];
            larger[..self.received].copy_from_slice(&self.receive[..self.received]);
            wipe(&mut self.receive);
            self.receive = larger;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.forget();
    }
}
