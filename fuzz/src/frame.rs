//! Frames: whatever a connection brings goes through the gate's own reader, over a real socket.

use rustix::net::{AddressFamily, SendFlags, Shutdown, SocketFlags, SocketType};
use std::cell::RefCell;
use std::sync::Arc;
use vhsm_engine::gate::buffer::Scratch;
use vhsm_engine::gate::connection::{Connection, Owned, Table};
use vhsm_engine::gate::frame::{Received, receive};
use vhsm_engine::gate::listener::Listener;
use vhsm_wire::frame::{HEADER_LENGTH, Header};
use vhsm_wire::limits;
use vhsm_wire::messages::ListenerKind;

thread_local! {
    static SCRATCH: RefCell<Option<Scratch>> = const { RefCell::new(None) };
}

/// One connection's bytes, and its end.
///
/// # Panics
/// When the code under test does, or a frame comes out that is not what was sent.
pub fn frame(bytes: &[u8]) {
    crate::start();
    let (ours, theirs) = rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .expect("a pair of sockets");
    let (nobody, _) = rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .expect("a pair of sockets");
    let sent = rustix::net::send(&ours, bytes, SendFlags::DONTWAIT).unwrap_or(0);
    rustix::net::shutdown(&ours, Shutdown::Write).expect("an open socket");
    let listener = Arc::new(Listener::new(ListenerKind::ListenerApplication, [0; 16], nobody));
    let table = Table::default();
    let connection = table.insert(theirs, &listener).expect("a fresh table has room");
    SCRATCH.with_borrow_mut(|scratch| {
        let scratch = scratch.get_or_insert_with(|| Scratch::new().expect("one thread's buffers fit"));
        read_to_the_end(&connection, scratch, &bytes[..sent]);
    });
}

fn read_to_the_end(connection: &Connection, scratch: &mut Scratch, mut sent: &[u8]) {
    let mut owned = Owned::default();
    loop {
        match receive(connection, &mut owned, scratch, false) {
            Received::Frame(frame) => {
                let (header, total) = expected(sent);
                assert_eq!(frame.header, header, "nothing is made up");
                let (message, segment) = frame.parts(scratch);
                assert!([message, segment].concat() == sent[HEADER_LENGTH..total], "what was sent is what is read");
                sent = &sent[total..];
                frame.wipe(scratch);
            }
            Received::Closed => return,
            // The writer has shut down: there is nothing to wait for.
            Received::Nothing | Received::Parked => panic!("an end of file is an end"),
        }
    }
}

/// What the reader must have found: a header before Hello, and all that it announces.
fn expected(sent: &[u8]) -> (Header, usize) {
    let head = sent.first_chunk().expect("no frame without a header");
    let header = Header::parse(head).expect("no frame without a good header");
    let length = header.message_length + header.segment_length;
    assert!(length as u64 <= limits::FRAME_BEFORE_HELLO_LENGTH_MAX, "a stranger's frames are short");
    assert!(HEADER_LENGTH + length <= sent.len(), "nothing is read that was not sent");
    (header, HEADER_LENGTH + length)
}
