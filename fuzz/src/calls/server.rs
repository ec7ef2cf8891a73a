//! A server that answers every request with something plausible, so that the module goes on.

use prost::Message;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::frame::{HEADER_LENGTH, Header};
use vhsm_wire::messages::*;
use vhsm_wire::tables::{CKA_LABEL, CKA_SENSITIVE, CKA_WRAP_TEMPLATE};

const TICKET: [u8; 32] = [7; 32];
const OBJECTS: [u64; 5] = [9, 10, 11, 12, 13];
/// Length of every signature, MAC and digest, in bytes: right for some mechanisms, wrong for others.
const OUTPUT_LENGTH: usize = 32;
const RANDOM_LENGTH_MAX: u32 = 1 << 20;

static SESSIONS: AtomicU64 = AtomicU64::new(1 << 32);

/// Listen on a fresh socket, for as long as the process lives.
pub fn start(socket: &Path) {
    let listener = UnixListener::bind(socket).expect("a socket in a fresh directory");
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || drop(serve(connection)));
        }
    });
}

fn serve(mut stream: UnixStream) -> std::io::Result<()> {
    loop {
        let mut head = [0; HEADER_LENGTH];
        stream.read_exact(&mut head)?;
        let header = Header::parse(&head).expect("the module writes good frames");
        let mut message = vec![0; header.message_length];
        stream.read_exact(&mut message)?;
        let mut segment = vec![0; header.segment_length];
        stream.read_exact(&mut segment)?;
        let request = Request::decode(&message[..]).expect("the module writes good messages");
        let (body, output) = answer(request.request.expect("the module asks for something"), segment);
        let reply = Reply { reply: body, facts_version: 1, ..Reply::default() };
        let (message_length, segment_length) = (reply.encoded_len(), output.len());
        let header = Header { lane: header.lane, message_length, segment_length, processor: 0 };
        stream.write_all(&[&header.encode()[..], &reply.encode_to_vec(), &output].concat())?;
    }
}

fn answer(request: request::Request, segment: Vec<u8>) -> (Option<reply::Reply>, Vec<u8>) {
    use request::Request as Asked;
    let created = |objects: &[u64]| {
        reply::Reply::ObjectsCreated(ObjectsCreated { objects: objects.to_vec(), ..ObjectsCreated::default() })
    };
    let body = match request {
        Asked::Hello(_) | Asked::Attach(_) => {
            reply::Reply::Welcome(Welcome { ticket: TICKET.to_vec(), server_version: String::new() })
        }
        Asked::SlotList(_) => {
            let slots = (1..=3).map(|slot_id| Slot { slot_id, ..Slot::default() }).collect();
            reply::Reply::Slots(Slots { slots })
        }
        Asked::OpenSession(_) => {
            reply::Reply::SessionOpened(SessionOpened { session: SESSIONS.fetch_add(1, Ordering::Relaxed) })
        }
        Asked::Prepare(_) => {
            reply::Reply::Prepared(Prepared { output_bytes: OUTPUT_LENGTH as u32, ..Prepared::default() })
        }
        Asked::FindObjects(_) => reply::Reply::Found(Found { objects: OBJECTS.to_vec(), cursor: 0 }),
        Asked::CreateObjects(_) | Asked::CopyObject(_) | Asked::GenerateKey(_) => created(&OBJECTS[..1]),
        Asked::GenerateKeyPair(_) => created(&OBJECTS[..2]),
        Asked::ReadAttributes(_) => reply::Reply::AttributesRead(AttributesRead {
            attributes: described().encode(),
            size: 100,
            ..AttributesRead::default()
        }),
        Asked::GenerateRandom(random) => return (None, vec![0xa5; random.length.min(RANDOM_LENGTH_MAX) as usize]),
        Asked::Encrypt(_) | Asked::Decrypt(_) => return (None, segment),
        Asked::Sign(_) | Asked::Digest(_) => return (None, vec![0x5a; OUTPUT_LENGTH]),
        _ => return (None, Vec::new()),
    };
    (Some(body), Vec::new())
}

/// An object with a template for others, which has to be answered through pointers behind pointers.
fn described() -> Attributes {
    let mut inner = Attributes::default();
    inner.set(CKA_LABEL, "payment");
    inner.set_boolean(CKA_SENSITIVE, true);
    let mut object = Attributes::default();
    object.set(CKA_WRAP_TEMPLATE, inner.encode());
    object
}
