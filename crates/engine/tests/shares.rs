//! One container's applications fill their share of memory, and no more.

#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod support;

use std::io::Write;
use support::Engine;
use support::client::{Client, value};
use support::worker::World;
use vhsm_engine::rv;
use vhsm_wire::frame::{Header, Lane};
use vhsm_wire::limits;
use vhsm_wire::messages::reply::Reply as Body;
use vhsm_wire::messages::request::Request as R;
use vhsm_wire::messages::*;
use vhsm_wire::tables::*;

/// Ordinary memory that a container may leave with the engine, in bytes.
const LEFT_BYTES_MAX: usize = 64 << 20;

fn secret_bytes_used(engine: &Engine) -> (u64, u64) {
    let mut admin = Client::hello(&engine.admin_socket());
    let Body::Status(status) = admin.control(0, R::ServerStatus(ServerStatus {})).body() else { panic!("no status") };
    (status.secret_bytes_used, status.secret_bytes_total)
}

#[test]
fn withheld_ciphertext_has_a_bound_for_the_container() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let attributes = vec![
        value(CKA_CLASS, vhsm_wire::table::CKO_SECRET_KEY.to_be_bytes()),
        value(CKA_KEY_TYPE, vhsm_wire::table::CKK_AES.to_be_bytes()),
        value(CKA_PRIVATE, [0]),
        Attribute { r#type: CKA_VALUE, content: Some(attribute::Content::Secret(0)) },
    ];
    let first = client.open_session(true);
    let made =
        client.secret(first, R::CreateObjects(CreateObjects { templates: vec![Template { attributes }] }), &[&[7; 32]]);
    let Body::ObjectsCreated(made) = made.body() else { panic!("no key") };
    let gcm = GcmParameters { iv: vec![1; 12], aad: Vec::new(), tag_bits: 128 };
    let mechanism = Mechanism { r#type: CKM_AES_GCM, parameters: Some(mechanism::Parameters::Gcm(gcm)) };
    let start = Use { step: Step::Start.into(), key: made.objects[0], mechanism: Some(mechanism) };
    let part = vec![0; limits::FRAME_SEGMENT_LENGTH_MAX as usize];
    let begin = |client: &mut Client| {
        let session = client.open_session(false);
        (session, client.using(session, R::Decrypt(Decrypt { r#use: Some(start.clone()) }), &part).rv())
    };
    let (one, began) = begin(&mut client);
    assert_eq!(began, 0);
    for _ in 1..LEFT_BYTES_MAX / part.len() - 1 {
        assert_eq!(begin(&mut client).1, 0);
    }
    // The key's attributes take a little of the share, so that the last whole part does not fit.
    assert_eq!(begin(&mut client).1, rv::CKR_DEVICE_MEMORY.0);
    let update = Use { step: Step::Update.into(), key: 0, mechanism: None };
    assert_eq!(client.using(one, R::Decrypt(Decrypt { r#use: Some(update) }), b"").rv(), 0, "the others go on");
    assert_eq!(client.control(one, R::CloseSession(CloseSession {})).rv(), 0);
    assert_eq!(begin(&mut client).1, 0, "what ends gives its room back");
}

#[test]
fn frames_that_arrive_slowly_leave_secret_memory_to_others() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let (before, total) = secret_bytes_used(&engine);
    let mut client = engine.application();
    // More than all of secret memory, in control frames of which the last byte never comes.
    let header = Header { lane: Lane::Control, message_length: 131_072, segment_length: 65_536, processor: 0 };
    let length = 16 + 131_072 + 65_536;
    let mut frame = header.encode().to_vec();
    frame.resize(length - 1, 0);
    let slow: Vec<_> = (0..total as usize / length + 2)
        .map(|_| {
            let (mut further, attached) = Client::attach(&engine.socket(), &client.ticket);
            assert_eq!(attached, 0);
            // A connection beyond the share is closed, perhaps before all was written.
            let _ = further.stream.write_all(&frame);
            further
        })
        .collect();
    let (used, _) = secret_bytes_used(&engine);
    assert!(used - before < total / 6, "{used} of {total} bytes are taken, {before} were");
    let session = client.open_session(true);
    client.import(session, &[7; 32], &[(CKA_PRIVATE, vec![0])]).unwrap();
    drop(slow);
}
