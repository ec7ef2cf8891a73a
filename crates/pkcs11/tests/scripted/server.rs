//! A server in a few lines: a real unix socket, the real frames, and a "MAC" that any test can compute.

use prost::Message;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use vhsm_wire::frame::{HEADER_LENGTH, Header, Lane};
use vhsm_wire::limits;
use vhsm_wire::messages::*;

pub const CKR_CRYPTOKI_NOT_INITIALIZED: u64 = 0x190;
pub const CKR_SESSION_HANDLE_INVALID: u64 = 0xb3;
pub const CKR_SIGNATURE_INVALID: u64 = 0xc0;
pub const MAC_LENGTH: usize = 32;
/// CKF_RNG and CKF_TOKEN_INITIALIZED.
pub const TOKEN_FLAGS: u64 = 0x401;

/// Keys: for MACs, RSA of 2048 bits, the same with CKA_ALWAYS_AUTHENTICATE, P-256, Ed25519.
pub const KEY: u64 = 9;
pub const RSA: u64 = 20;
pub const RSA_ONCE: u64 = 21;
pub const EC: u64 = 22;
pub const EDWARDS: u64 = 23;
/// An RSA key whose secrets may be read.
pub const RSA_OPEN: u64 = 24;
pub const BLOCK_LENGTH: usize = 256;
/// The key pair that is made.
pub const PAIR: [u64; 2] = [31, 32];

fn output_bytes(key: u64) -> u32 {
    match key {
        RSA | RSA_ONCE => 256,
        EC | EDWARDS => 64,
        _ => 0,
    }
}

/// Something that depends on every byte and on the length.
pub fn mac(data: &[u8]) -> Vec<u8> {
    let mut out = vec![data.len() as u8; MAC_LENGTH];
    for (at, byte) in data.iter().enumerate() {
        let place = at % MAC_LENGTH;
        out[place] = out[place].rotate_left(3) ^ byte;
    }
    out
}

/// A "signature" of a key: as long as the key says, with zeros where ECDSA's r and s may begin with some.
pub fn signature(key: u64, data: &[u8]) -> Vec<u8> {
    let mac = mac(data);
    match key {
        EC => [&[0; 4][..], &mac[4..], &[0; 4], &mac[4..]].concat(),
        RSA | RSA_ONCE | EDWARDS => mac.into_iter().cycle().take(output_bytes(key) as usize).collect(),
        _ => mac,
    }
}

/// An RSA "ciphertext": the length and the text in a block.
pub fn block(text: &[u8]) -> Vec<u8> {
    let mut block = vec![0; BLOCK_LENGTH];
    block[0] = text.len() as u8;
    block[1..=text.len()].copy_from_slice(text);
    block
}

/// A session's data so far, and the key of its operation.
#[derive(Default)]
struct Running {
    key: u64,
    data: Vec<u8>,
}

/// What the tests look at and turn.
#[derive(Default)]
pub struct State {
    pub hellos: AtomicUsize,
    pub attaches: AtomicUsize,
    /// Requests after Hello and Attach.
    pub requests: AtomicUsize,
    pub open_connections: AtomicUsize,
    /// So many requests are answered busy.
    pub busy: AtomicUsize,
    /// The next request is read, and the connection closed without an answer.
    pub drop_next: AtomicBool,
    pub facts_version: AtomicU64,
    ticket: Mutex<Vec<u8>>,
    sessions: Mutex<HashMap<u64, Running>>,
    /// The last request after Hello and Attach, and its segment.
    last: Mutex<(Request, Vec<u8>)>,
    handles: AtomicU64,
    connections: Mutex<Vec<UnixStream>>,
    stopped: AtomicBool,
}

pub struct Server {
    pub state: Arc<State>,
    pub socket: PathBuf,
}

impl Server {
    /// Listen; `number` tells the tickets and handles of one server from those of the next.
    pub fn start(directory: &Path, number: u8) -> Self {
        let socket = directory.join("vhsm.sock");
        drop(std::fs::remove_file(&socket));
        let listener = UnixListener::bind(&socket).expect("a socket in a fresh directory");
        let state = Arc::new(State { ticket: Mutex::new(vec![number; 32]), ..State::default() });
        state.handles.store(u64::from(number) << 32, Ordering::Relaxed);
        state.facts_version.store(1, Ordering::Relaxed);
        let accepting = state.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let connection = connection.expect("a connection");
                if accepting.stopped.load(Ordering::SeqCst) {
                    return;
                }
                accepting.connections.lock().unwrap().push(connection.try_clone().expect("a descriptor"));
                let state = accepting.clone();
                thread::spawn(move || {
                    state.open_connections.fetch_add(1, Ordering::SeqCst);
                    drop(serve(&state, connection));
                    state.open_connections.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { state, socket }
    }

    /// End as a killed process does: the listener and every connection close.
    pub fn stop(&self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        drop(UnixStream::connect(&self.socket));
        for connection in self.state.connections.lock().unwrap().drain(..) {
            drop(connection.shutdown(std::net::Shutdown::Both));
        }
        drop(std::fs::remove_file(&self.socket));
    }

    pub fn count(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// The last request, and its segment.
    pub fn last(&self) -> (request::Request, Vec<u8>) {
        let last = self.state.last.lock().unwrap();
        (last.0.request.clone().expect("a request"), last.1.clone())
    }

    /// The secrets of the last request.
    pub fn last_secrets(&self) -> Vec<Vec<u8>> {
        let last = self.state.last.lock().unwrap();
        let mut rest = &last.1[..];
        let mut cut = |length: &u32| {
            let (secret, tail) = rest.split_at(*length as usize);
            rest = tail;
            secret.to_vec()
        };
        last.0.secret_lengths.iter().map(&mut cut).collect()
    }
}

fn serve(state: &State, mut stream: UnixStream) -> std::io::Result<()> {
    loop {
        let mut head = [0; HEADER_LENGTH];
        stream.read_exact(&mut head)?;
        let header = Header::parse(&head).expect("the module writes good frames");
        let mut message = vec![0; header.message_length];
        stream.read_exact(&mut message)?;
        let mut segment = vec![0; header.segment_length];
        stream.read_exact(&mut segment)?;
        let request = Request::decode(&message[..]).expect("the module writes good messages");
        let (mut reply, output) = match request.request.clone().expect("a request") {
            request::Request::Hello(_) => {
                state.hellos.fetch_add(1, Ordering::SeqCst);
                (welcome(state.ticket.lock().unwrap().clone()), Vec::new())
            }
            request::Request::Attach(attach) => {
                state.attaches.fetch_add(1, Ordering::SeqCst);
                let known = attach.ticket == *state.ticket.lock().unwrap();
                (if known { welcome(Vec::new()) } else { refusal(CKR_CRYPTOKI_NOT_INITIALIZED) }, Vec::new())
            }
            body => {
                state.requests.fetch_add(1, Ordering::SeqCst);
                if state.drop_next.swap(false, Ordering::SeqCst) {
                    // Not only dropped: `connections` holds a second descriptor.
                    return stream.shutdown(std::net::Shutdown::Both);
                }
                let busy = state.busy.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                if busy.is_ok() {
                    (refusal(limits::REPLY_BUSY), Vec::new())
                } else {
                    *state.last.lock().unwrap() = (request.clone(), segment.clone());
                    answer(state, request.session, body, segment)
                }
            }
        };
        reply.facts_version = state.facts_version.load(Ordering::SeqCst);
        write(&mut stream, header.lane, &reply, &output)?;
    }
}

fn write(stream: &mut UnixStream, lane: Lane, reply: &Reply, output: &[u8]) -> std::io::Result<()> {
    let header = Header { lane, message_length: reply.encoded_len(), segment_length: output.len(), processor: 0 };
    let mut frame = header.encode().to_vec();
    frame.extend(reply.encode_to_vec());
    frame.extend(output);
    stream.write_all(&frame)
}

fn refusal(rv: u64) -> Reply {
    Reply { rv, ..Reply::default() }
}

fn welcome(ticket: Vec<u8>) -> Reply {
    body(reply::Reply::Welcome(Welcome { ticket, server_version: String::new() }))
}

fn body(body: reply::Reply) -> Reply {
    Reply { reply: Some(body), ..Reply::default() }
}

fn answer(state: &State, session: u64, request: request::Request, segment: Vec<u8>) -> (Reply, Vec<u8>) {
    let mut sessions = state.sessions.lock().unwrap();
    if session != 0 && !sessions.contains_key(&session) {
        return (refusal(CKR_SESSION_HANDLE_INVALID), Vec::new());
    }
    match request {
        request::Request::SlotList(_) => {
            let slots = (1..=3)
                .map(|slot_id| Slot { slot_id, container: "test".into(), policy: "compatible".into() })
                .collect();
            (body(reply::Reply::Slots(Slots { slots })), Vec::new())
        }
        request::Request::TokenInfo(_) => {
            (body(reply::Reply::Token(Token { flags: TOKEN_FLAGS, ..Token::default() })), Vec::new())
        }
        request::Request::OpenSession(_) => {
            let session = state.handles.fetch_add(1, Ordering::SeqCst) + 1;
            sessions.insert(session, Running::default());
            (body(reply::Reply::SessionOpened(SessionOpened { session })), Vec::new())
        }
        request::Request::Prepare(Prepare { key, .. }) => {
            let (always_authenticate, output_bytes) = (key == RSA_ONCE, output_bytes(key));
            (
                body(reply::Reply::Prepared(Prepared { always_authenticate, output_bytes, ..Prepared::default() })),
                vec![],
            )
        }
        request::Request::FindObjects(find) => {
            let (objects, cursor) = if find.cursor == 0 { (vec![1, 2, 3], 7) } else { (vec![4, 5], 0) };
            (body(reply::Reply::Found(Found { objects, cursor })), Vec::new())
        }
        request::Request::GenerateRandom(random) => (Reply::default(), vec![0xa5; random.length as usize]),
        request::Request::Sign(Sign { r#use: Some(used) }) => {
            let running = go_on(sessions.entry(session).or_default(), &used, &segment);
            let ends = matches!(used.step(), Step::Complete | Step::Finish);
            (Reply::default(), if ends { signature(running.key, &running.data) } else { Vec::new() })
        }
        request::Request::Verify(Verify { r#use: Some(used), signature_length }) => {
            let (data, given) = segment.split_at(segment.len() - signature_length as usize);
            let running = go_on(sessions.entry(session).or_default(), &used, data);
            let ends = matches!(used.step(), Step::Complete | Step::Finish);
            let wrong = ends && given != signature(running.key, &running.data);
            (if wrong { refusal(CKR_SIGNATURE_INVALID) } else { Reply::default() }, Vec::new())
        }
        request::Request::Encrypt(_) => (Reply::default(), block(&segment)),
        request::Request::Decrypt(_) | request::Request::VerifyRecover(_) => {
            (Reply::default(), segment[1..=usize::from(segment[0])].to_vec())
        }
        request::Request::SignRecover(_) => (Reply::default(), block(&segment)),
        request::Request::GenerateKeyPair(_) => (
            body(reply::Reply::ObjectsCreated(ObjectsCreated { objects: PAIR.to_vec(), ..Default::default() })),
            Vec::new(),
        ),
        request::Request::CreateObjects(_) => (
            body(reply::Reply::ObjectsCreated(ObjectsCreated { objects: vec![RSA], ..Default::default() })),
            Vec::new(),
        ),
        request::Request::ReadAttributes(read) if read.object >= RSA => rsa_attributes(&read),
        request::Request::ReadAttributes(_) => (attributes(), b"open".to_vec()),
        _ => (Reply::default(), Vec::new()),
    }
}

/// Add to a session's data.
fn go_on<'r>(running: &'r mut Running, used: &Use, data: &[u8]) -> &'r Running {
    if matches!(used.step(), Step::Complete | Step::Start) {
        assert!((KEY..=EDWARDS).contains(&used.key) && used.mechanism.is_some());
        *running = Running { key: used.key, data: Vec::new() };
    }
    running.data.extend(data);
    running
}

/// A private RSA key with two of its secrets: each value is its type as a byte, so many times as the type says.
fn rsa_attributes(read: &ReadAttributes) -> (Reply, Vec<u8>) {
    use vhsm_wire::tables::*;
    let mut attributes = vhsm_wire::attributes::Attributes::default();
    attributes.set_number(CKA_CLASS, 3);
    attributes.set_number(CKA_KEY_TYPE, 0);
    attributes.set(CKA_MODULUS, *b"modulus");
    attributes.set(CKA_PUBLIC_EXPONENT, *b"\x01\x00\x01");
    let asked = read.types.iter().copied().filter(|kind| [CKA_PRIVATE_EXPONENT, CKA_PRIME_1].contains(kind));
    let (secret_types, withheld_types): (Vec<u64>, Vec<u64>) = asked.partition(|_| read.object == RSA_OPEN);
    let secrets: Vec<Vec<u8>> = secret_types.iter().map(|kind| vec![*kind as u8; *kind as u8 as usize]).collect();
    let secret_lengths = secrets.iter().map(|secret| secret.len() as u32).collect();
    let read = AttributesRead { attributes: attributes.encode(), secret_types, withheld_types, size: 100 };
    (Reply { secret_lengths, ..body(reply::Reply::AttributesRead(read)) }, secrets.concat())
}

/// A key whose class is secret, whose value is "open", and whose (unreal) application is withheld.
fn attributes() -> Reply {
    let mut attributes = vhsm_wire::attributes::Attributes::default();
    attributes.set_number(vhsm_wire::tables::CKA_CLASS, 4);
    attributes.set_boolean(vhsm_wire::tables::CKA_TOKEN, true);
    attributes.set(vhsm_wire::tables::CKA_LABEL, *b"label");
    let read = AttributesRead {
        attributes: attributes.encode(),
        secret_types: vec![vhsm_wire::tables::CKA_VALUE],
        withheld_types: vec![vhsm_wire::tables::CKA_APPLICATION],
        size: 100,
    };
    Reply { secret_lengths: vec![4], ..body(reply::Reply::AttributesRead(read)) }
}
