//! A server that answers every request with something plausible, so that the module goes on.

use prost::Message;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::frame::{HEADER_LENGTH, Header};
use vhsm_wire::messages::mechanism::Parameters;
use vhsm_wire::messages::*;
use vhsm_wire::tables::{CKA_LABEL, CKA_PARAMETER_SET, CKA_SENSITIVE, CKA_WRAP_TEMPLATE};

const TICKET: [u8; 32] = [7; 32];
const OBJECTS: [u64; 12] = [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
/// Length of every signature, MAC and digest, in bytes: right for some mechanisms, wrong for others.
const OUTPUT_LENGTH: usize = 32;
const RANDOM_LENGTH_MAX: u32 = 1 << 20;
const WRAPPED_LENGTH: usize = 40;
/// ML-KEM-768 (FIPS 203, table 3): its CKP_ value, and the length of its ciphertexts in bytes.
const PARAMETER_SET: u64 = 2;
const CIPHERTEXT_LENGTH: usize = 1_088;
const TLS_VERSION: [u8; 2] = [3, 3];

static SESSIONS: AtomicU64 = AtomicU64::new(1 << 32);

/// Whether answers are longer than what was asked for.
pub static LIES: AtomicBool = AtomicBool::new(false);

/// Lengths of the tags of encryptions that go on, by session.
type Tags = HashMap<u64, usize>;

/// What is answered: a message, the segment, and the lengths of its secrets.
type Answer = (Option<reply::Reply>, Vec<u8>, Vec<u32>);

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
    let mut tags = Tags::new();
    loop {
        let mut head = [0; HEADER_LENGTH];
        stream.read_exact(&mut head)?;
        let header = Header::parse(&head).expect("the module writes good frames");
        let mut message = vec![0; header.message_length];
        stream.read_exact(&mut message)?;
        let mut segment = vec![0; header.segment_length];
        stream.read_exact(&mut segment)?;
        let Request { session, request, .. } = Request::decode(&message[..]).expect("the module writes good messages");
        let request = request.expect("the module asks for something");
        let (mut body, mut output, mut secret_lengths) = answer(session, request, segment, &mut tags);
        if LIES.load(Ordering::Relaxed) {
            output.resize(2 * output.len() + 1, 0x77);
            secret_lengths.iter_mut().for_each(|length| *length *= 2);
            if let Some(reply::Reply::ObjectsCreated(made)) = &mut body {
                made.objects.push(u64::MAX);
                made.derived_output.push(0x77);
            }
        }
        let reply = Reply { reply: body, facts_version: 1, secret_lengths, ..Reply::default() };
        let (message_length, segment_length) = (reply.encoded_len(), output.len());
        let header = Header { lane: header.lane, message_length, segment_length, processor: 0 };
        stream.write_all(&[&header.encode()[..], &reply.encode_to_vec(), &output].concat())?;
    }
}

fn answer(session: u64, request: request::Request, segment: Vec<u8>, tags: &mut Tags) -> Answer {
    use request::Request as Asked;
    let body = match request {
        Asked::Hello(_) | Asked::Attach(_) => {
            reply::Reply::Welcome(Welcome { ticket: TICKET.to_vec(), server_version: String::new() })
        }
        Asked::SlotList(_) => {
            let slots =
                (1..=3).map(|slot_id| Slot { slot_id, policy: "compatible".into(), ..Slot::default() }).collect();
            reply::Reply::Slots(Slots { slots })
        }
        Asked::OpenSession(_) => {
            reply::Reply::SessionOpened(SessionOpened { session: SESSIONS.fetch_add(1, Ordering::Relaxed) })
        }
        Asked::Prepare(_) => {
            reply::Reply::Prepared(Prepared { output_bytes: OUTPUT_LENGTH as u32, ..Prepared::default() })
        }
        Asked::FindObjects(_) => reply::Reply::Found(Found { objects: OBJECTS[..5].to_vec(), cursor: 0 }),
        Asked::CreateObjects(_)
        | Asked::CopyObject(_)
        | Asked::GenerateKey(_)
        | Asked::UnwrapKey(_)
        | Asked::DecapsulateKey(_) => created(1, Vec::new()),
        Asked::GenerateKeyPair(_) => created(2, Vec::new()),
        Asked::DeriveKey(derive) => derived(&derive),
        Asked::EncapsulateKey(_) => {
            return (Some(created(1, Vec::new())), vec![1; CIPHERTEXT_LENGTH], vec![CIPHERTEXT_LENGTH as u32]);
        }
        Asked::WrapKey(wrap) => {
            let length = WRAPPED_LENGTH + wrap.mechanism.map_or(0, |mechanism| tag_and_nonce(&mechanism).1);
            return (None, vec![2; length], vec![length as u32]);
        }
        Asked::ReadAttributes(_) => reply::Reply::AttributesRead(AttributesRead {
            attributes: described().encode(),
            size: 100,
            ..AttributesRead::default()
        }),
        asked => return (None, used(session, asked, segment, tags), Vec::new()),
    };
    (Some(body), Vec::new(), Vec::new())
}

/// What comes out of the use lane.
fn used(session: u64, request: request::Request, segment: Vec<u8>, tags: &mut Tags) -> Vec<u8> {
    use request::Request as Asked;
    match request {
        Asked::GenerateRandom(random) => vec![0xa5; random.length.min(RANDOM_LENGTH_MAX) as usize],
        Asked::Encrypt(Encrypt { r#use: Some(used) }) => encrypted(session, used, segment, tags),
        Asked::Decrypt(Decrypt { r#use: Some(used) }) => {
            let tag_length = used.mechanism.map_or(0, |mechanism| tag_and_nonce(&mechanism).0);
            segment[..segment.len().saturating_sub(tag_length)].to_vec()
        }
        Asked::Sign(_) | Asked::Digest(_) | Asked::SignRecover(_) | Asked::VerifyRecover(_) => {
            vec![0x5a; OUTPUT_LENGTH]
        }
        _ => Vec::new(),
    }
}

/// The nonce that was to be made, the text as it is, and at the end a tag.
fn encrypted(session: u64, used: Use, segment: Vec<u8>, tags: &mut Tags) -> Vec<u8> {
    let (tag_length, nonce_length) = used.mechanism.map_or((0, 0), |mechanism| tag_and_nonce(&mechanism));
    let tag_length = match Step::try_from(used.step) {
        Ok(Step::Start) => {
            tags.insert(session, tag_length);
            0
        }
        Ok(Step::Finish) => tags.remove(&session).unwrap_or(0),
        Ok(Step::Complete) => tag_length,
        _ => 0,
    };
    [vec![3; nonce_length], segment, vec![4; tag_length]].concat()
}

/// The lengths of a mechanism's tag, and of the nonce that the server makes, in bytes.
fn tag_and_nonce(mechanism: &Mechanism) -> (usize, usize) {
    match &mechanism.parameters {
        Some(Parameters::Gcm(gcm)) => (gcm.tag_bits as usize / 8, 0),
        Some(Parameters::Ccm(ccm)) => (ccm.mac_length as usize, 0),
        Some(Parameters::ChachaPoly(_)) => (16, 0),
        Some(Parameters::Message(message)) => (message.tag_length as usize, message.nonce.len()),
        _ => (0, 0),
    }
}

fn created(count: usize, derived_output: Vec<u8>) -> reply::Reply {
    reply::Reply::ObjectsCreated(ObjectsCreated { objects: OBJECTS[..count].to_vec(), derived_output })
}

/// As many keys as there are templates, and the IVs or the version of TLS.
fn derived(derive: &DeriveKey) -> reply::Reply {
    let output = match derive.mechanism.as_ref().and_then(|mechanism| mechanism.parameters.as_ref()) {
        Some(Parameters::Tls(tls)) if tls.iv_length > 0 => vec![5; 2 * tls.iv_length as usize],
        Some(Parameters::Tls(_)) if derive.further_templates.is_empty() => TLS_VERSION.to_vec(),
        _ => Vec::new(),
    };
    created(1 + derive.further_templates.len(), output)
}

/// An object with a template for others, which has to be answered through pointers behind pointers.
fn described() -> Attributes {
    let mut inner = Attributes::default();
    inner.set(CKA_LABEL, "payment");
    inner.set_boolean(CKA_SENSITIVE, true);
    let mut object = Attributes::default();
    object.set(CKA_WRAP_TEMPLATE, inner.encode());
    object.set_number(CKA_PARAMETER_SET, PARAMETER_SET);
    object
}
