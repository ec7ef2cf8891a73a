//! The engine's live half, over real sockets: sessions, objects, grants, operations, logins, limits, retries.

#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod support;

use std::io::{Read, Write};
use support::client::{Client, complete, hmac, sign};
use support::worker::{self, Scripted, World};
use support::{ADMIN_PASSWORD, Engine};
use vhsm_engine::rv;
use vhsm_wire::frame::Lane;
use vhsm_wire::limits;
use vhsm_wire::messages::reply::Reply as Body;
use vhsm_wire::messages::request::Request as R;
use vhsm_wire::messages::*;
use vhsm_wire::tables::{CKA_EXTRACTABLE, CKA_PRIVATE, CKA_SENSITIVE, CKA_TOKEN, CKA_VALUE};

const PIN: &[u8] = b"user's pin";
const SO_PIN: &[u8] = b"officer's pin";

fn public() -> (u64, Vec<u8>) {
    (CKA_PRIVATE, vec![0])
}

fn stored() -> (u64, Vec<u8>) {
    (CKA_TOKEN, vec![1])
}

/// Make a user and a security officer, as the administrator.
fn enrol(engine: &Engine, world: &World) {
    world.put_user(support::initialised().1.clone());
    let mut admin = Client::hello(&engine.admin_socket());
    assert_eq!(admin.login(0, Role::Administrator, ADMIN_PASSWORD), 0);
    assert_eq!(admin.secret(0, R::UserAdd(UserAdd::default()), &[PIN, SO_PIN]).rv(), 0);
}

#[test]
fn a_session_opens_and_closes_without_a_worker() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let random = client.using(session, R::GenerateRandom(GenerateRandom { length: 48 }), &[]);
    assert_eq!((random.rv(), random.segment.len()), (0, 48));
    assert_eq!(client.control(session, R::CloseSession(CloseSession {})).rv(), 0);
    let closed = client.using(session, R::GenerateRandom(GenerateRandom { length: 48 }), &[]);
    assert_eq!(closed.rv(), rv::CKR_SESSION_HANDLE_INVALID.0);
    let wrong = client.control(0, R::OpenSession(OpenSession { slot_id: 7, read_write: true }));
    assert_eq!(wrong.rv(), rv::CKR_SLOT_ID_INVALID.0);
    assert_eq!(world.asked("other") + world.asked("hello"), 1, "only the Hello");
}

#[test]
fn a_grant_is_asked_for_once_and_then_repeated() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    // RFC 4231, test case 2.
    let key = client.import(session, b"Jefe", &[public(), stored()]).unwrap();
    for _ in 0..3 {
        let answered = client.using(session, sign(key), b"what do ya want for nothing?");
        assert_eq!(answered.rv(), 0);
        assert_eq!(&answered.segment[..4], &[0x5b, 0xdc, 0xc1, 0x46]);
    }
    assert_eq!(world.asked("prepare"), 1);
    let verify = R::Verify(Verify { r#use: complete(key, hmac()), signature_length: 32 });
    let mac = client.using(session, sign(key), b"x").segment;
    assert_eq!(client.using(session, verify.clone(), &[b"x", &mac[..]].concat()).rv(), 0);
    let wrong = client.using(session, verify, &[b"y", &mac[..]].concat());
    assert_eq!(wrong.rv(), rv::CKR_SIGNATURE_INVALID.0);
}

#[test]
fn destroying_an_object_voids_its_grant_before_the_reply() {
    let world = World::default();
    let engine = Engine::start(&world, 2, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let key = client.import(session, &[7; 32], &[public(), stored()]).unwrap();
    let before = client.using(session, sign(key), b"x").reply.facts_version;
    let destroyed = client.control(session, R::DestroyObject(DestroyObject { object: key }));
    assert_eq!(destroyed.rv(), 0);
    assert!(destroyed.reply.facts_version > before, "the module must forget what it knows of the key");
    assert_eq!(client.using(session, sign(key), b"x").rv(), 0x60, "CKR_KEY_HANDLE_INVALID");
}

#[test]
fn a_handle_means_nothing_to_another_application() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let (mut one, mut two) = (engine.application(), engine.application());
    let (session_one, session_two) = (one.open_session(true), two.open_session(true));
    let key = one.import(session_one, &[7; 32], &[public(), stored()]).unwrap();
    assert_ne!(two.using(session_two, sign(key), b"x").rv(), 0);
    assert_eq!(two.using(session_one, sign(key), b"x").rv(), rv::CKR_SESSION_HANDLE_INVALID.0);
}

#[test]
fn operations_in_parts_belong_to_the_session_not_to_the_connection() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let key = client.import(session, b"Jefe", &[public()]).unwrap();
    let (mut other, attached) = Client::attach(&engine.socket(), &client.ticket);
    assert_eq!(attached, 0);
    let step = |step: Step| {
        let begins = step == Step::Start;
        let inner = Use { step: step.into(), key: if begins { key } else { 0 }, mechanism: begins.then(hmac) };
        R::Sign(Sign { r#use: Some(inner) })
    };
    assert_eq!(client.using(session, step(Step::Update), b"").rv(), rv::CKR_OPERATION_NOT_INITIALIZED.0);
    assert_eq!(client.using(session, step(Step::Start), b"what do ya ").rv(), 0);
    assert_eq!(client.using(session, sign(key), b"x").rv(), rv::CKR_OPERATION_ACTIVE.0);
    assert_eq!(other.using(session, step(Step::Update), b"want for ").rv(), 0);
    let mac = other.using(session, step(Step::Finish), b"nothing?");
    assert_eq!(&mac.segment[..4], &[0x5b, 0xdc, 0xc1, 0x46]);
    assert_eq!(client.using(session, step(Step::Start), b"").rv(), 0);
    let cancel = R::Cancel(Cancel { operation: Operation::Sign.into() });
    assert_eq!(client.control(session, cancel).rv(), 0);
    assert_eq!(client.using(session, step(Step::Finish), b"").rv(), rv::CKR_OPERATION_NOT_INITIALIZED.0);
}

#[test]
fn session_objects_are_found_and_end_with_their_session() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let (one, two) = (client.open_session(false), client.open_session(false));
    let key = client.import(one, &[7; 32], &[public()]).unwrap();
    let find = |client: &mut Client| {
        let Body::Found(found) = client.control(two, R::FindObjects(FindObjects::default())).body() else {
            panic!("not found")
        };
        found.objects
    };
    assert_eq!(find(&mut client), [key]);
    assert_eq!(client.using(two, sign(key), b"x").rv(), 0, "every session of the application sees it");
    assert_eq!(client.control(one, R::CloseSession(CloseSession {})).rv(), 0);
    assert!(find(&mut client).is_empty());
    assert_ne!(client.using(two, sign(key), b"x").rv(), 0);
}

#[test]
fn a_secret_is_revealed_only_where_its_attributes_say_so() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let open = [public(), (CKA_SENSITIVE, vec![0]), (CKA_EXTRACTABLE, vec![1])];
    let stored_open = [open.as_slice(), &[stored()]].concat();
    let sensitive = [public(), stored()];
    for (template, given) in [(&open[..], true), (&stored_open[..], true), (&sensitive[..], false)] {
        let key = client.import(session, b"0123456789abcdef", template).unwrap();
        let read = R::ReadAttributes(ReadAttributes { object: key, types: vec![CKA_VALUE] });
        let answered = client.control(session, read);
        assert_eq!(answered.segment, if given { &b"0123456789abcdef"[..] } else { b"" });
        let Body::AttributesRead(read) = answered.body() else { panic!("no attributes") };
        assert_eq!(read.secret_types.is_empty(), !given);
        assert_eq!(read.withheld_types.is_empty(), given);
    }
}

#[test]
fn private_objects_need_the_users_login_and_end_with_it() {
    let world = World::default();
    let engine = Engine::start(&world, 2, 2);
    enrol(&engine, &world);
    let mut client = engine.application();
    let session = client.open_session(true);
    assert_eq!(client.import(session, &[7; 32], &[stored()]), Err(rv::CKR_USER_NOT_LOGGED_IN.0));
    assert_eq!(client.login(session, Role::User, b"wrong"), rv::CKR_PIN_INCORRECT.0);
    assert_eq!(client.login(session, Role::User, PIN), 0);
    assert_eq!(client.login(session, Role::User, PIN), rv::CKR_USER_ALREADY_LOGGED_IN.0);
    assert_eq!(client.login(session, Role::SecurityOfficer, SO_PIN), rv::CKR_USER_ANOTHER_ALREADY_LOGGED_IN.0);
    let key = client.import(session, &[7; 32], &[stored()]).unwrap();
    assert_eq!(client.using(session, sign(key), b"x").rv(), 0);
    assert_eq!(client.control(session, R::Logout(Logout {})).rv(), 0);
    assert_ne!(client.using(session, sign(key), b"x").rv(), 0, "logged out");
    assert_eq!(client.control(session, R::Logout(Logout {})).rv(), rv::CKR_USER_NOT_LOGGED_IN.0);
    assert_eq!(client.login(session, Role::SecurityOfficer, SO_PIN), 0);
    let read_only = client.control(0, R::OpenSession(OpenSession { slot_id: 1, read_write: false }));
    assert_eq!(read_only.rv(), rv::CKR_SESSION_READ_WRITE_SO_EXISTS.0);
    assert_eq!(client.using(session, sign(key), b"x").rv(), rv::CKR_USER_NOT_LOGGED_IN.0, "law 6");
    assert_eq!(client.control(0, R::CloseAllSessions(CloseAllSessions { slot_id: 1 })).rv(), 0);
    let session = client.open_session(false);
    let state = client.control(session, R::SessionInfo(SessionInfo {})).body();
    assert_eq!(state, Body::SessionState(SessionState { slot_id: 1, state: 0, read_write: false }));
    assert_eq!(client.login(session, Role::SecurityOfficer, SO_PIN), rv::CKR_SESSION_READ_ONLY_EXISTS.0);
    assert_eq!(client.import(session, &[7; 32], &[public(), stored()]), Err(rv::CKR_SESSION_READ_ONLY.0));
}

#[test]
fn a_remembered_pin_is_not_derived_again_and_a_wrong_one_is() {
    let world = World::default();
    let engine = Engine::start(&world, 2, 2);
    enrol(&engine, &world);
    let mut first = engine.application();
    let session = first.open_session(true);
    assert_eq!(first.login(session, Role::User, PIN), 0);
    let key = first.import(session, &[7; 32], &[stored()]).unwrap();
    assert_eq!(first.using(session, sign(key), b"x").rv(), 0);
    let derived = world.asked("derive_login");
    let mut second = engine.application();
    let session = second.open_session(true);
    assert_eq!(second.login(session, Role::User, b"wrong"), rv::CKR_PIN_INCORRECT.0);
    assert_eq!(world.asked("derive_login"), derived + 1);
    assert_eq!(second.login(session, Role::User, PIN), 0);
    assert_eq!(world.asked("derive_login"), derived + 1, "remembered");
}

#[test]
fn an_ok_without_a_proof_logs_nobody_in() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    world.script(|exchange| match exchange.is("login") {
        true => Scripted::Answer(Box::new(worker::ok(None))),
        false => Scripted::Honest,
    });
    let mut client = engine.application();
    let session = client.open_session(true);
    assert_eq!(client.login(session, Role::User, PIN), rv::CKR_DEVICE_ERROR.0);
    let state = client.control(session, R::SessionInfo(SessionInfo {})).body();
    assert_eq!(state, Body::SessionState(SessionState { slot_id: 1, state: 2, read_write: true }));
}

#[test]
fn a_worker_that_dies_in_a_write_is_replaced_and_the_uuid_stays() {
    let world = World::default();
    let engine = Engine::start(&world, 2, 1);
    let uuids = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&uuids);
    world.script(move |exchange| {
        if !exchange.is("create_objects") {
            return Scripted::Honest;
        }
        let made = exchange.call(call::Call::CreateObject(worker::make(0)));
        let Some(call_result::Result::ObjectMade(made)) = made.result else { panic!("nothing made") };
        let mut seen = seen.lock().unwrap();
        seen.push((exchange.ask.asked_before, made.object.unwrap().uuid));
        match seen.len() {
            1 => Scripted::Die,
            _ => Scripted::Answer(Box::new(worker::ok(Some(Body::ObjectsCreated(ObjectsCreated {
                objects: vec![5],
                ..Default::default()
            }))))),
        }
    });
    let mut client = engine.application();
    let session = client.open_session(true);
    client.import(session, &[7; 32], &[public(), stored()]).unwrap();
    let seen = uuids.lock().unwrap();
    assert_eq!((seen.len(), seen[0].0, seen[1].0), (2, false, true));
    assert_eq!(seen[0].1, seen[1].1);
    assert!(matches!(engine.report(), from_engine::Message::KillWorker(_)));
}

#[test]
fn malformed_and_foreign_answers_count_as_death() {
    let world = World::default();
    let mut engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let key = client.import(session, &[7; 32], &[public(), stored()]).unwrap();
    for attack in 0..4 {
        world.script(move |exchange| {
            if exchange.is("counts") {
                return Scripted::Honest;
            }
            match attack {
                0 => exchange.send_bytes(&[0xff; 100]),
                1 => exchange.send_bytes(&vec![0; 199_001]),
                2 => exchange.send(from_worker::Message::Answer(Answer::default())),
                _ => exchange.send_bytes(&[]),
            }
            Scripted::Die
        });
        // It is asked once more, and that one is no better.
        engine.open_worker(&world, WorkerClass::WorkerQuick);
        engine.open_worker(&world, WorkerClass::WorkerQuick);
        assert_eq!(client.control(session, R::FindObjects(FindObjects::default())).rv(), rv::CKR_DEVICE_ERROR.0);
    }
    world.script(|_| Scripted::Honest);
    engine.open_worker(&world, WorkerClass::WorkerQuick);
    assert_eq!(client.using(session, sign(key), b"x").rv(), 0, "the engine serves on");
    assert!(engine.lives());
}

#[test]
fn a_worker_grants_and_opens_only_what_was_asked_for() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let asked = client.import(session, &[7; 32], &[public(), stored()]).unwrap();
    client.import(session, &[8; 32], &[public(), stored()]).unwrap();
    let store = world.clone();
    world.script(move |exchange| {
        if !exchange.is("prepare") {
            return Scripted::Honest;
        }
        let Some(R::Prepare(prepare)) = exchange.ask.request.clone().unwrap().request else { unreachable!() };
        let foreign = store.objects().into_iter().find(|object| object.number != prepare.key);
        let opened = exchange.call(call::Call::OpenObject(OpenObject { object: foreign.clone() }));
        assert_eq!(opened.rv, rv::CKR_ACTION_PROHIBITED.0);
        let grant = Grant { object: foreign.unwrap().number, operations: vec![3], ..Grant::default() };
        Scripted::Answer(Box::new(Answer { grants: vec![grant], ..worker::ok(None) }))
    });
    assert_eq!(client.using(session, sign(asked), b"x").rv(), rv::CKR_DEVICE_ERROR.0);
}

#[test]
fn a_bad_header_costs_one_read_and_closes() {
    let world = World::default();
    let mut engine = Engine::start(&world, 1, 1);
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 16], &[0xff; 4_096]] {
        let mut client = Client::connect(&engine.socket());
        client.stream.write_all(bytes).unwrap();
        let mut rest = Vec::new();
        // End of file, or a reset where we had more to say.
        assert!(matches!(client.stream.read_to_end(&mut rest), Ok(0) | Err(_)));
    }
    let large = Request { request: Some(R::Hello(Hello { untrusted_name: "n".repeat(5_000) })), ..Request::default() };
    assert!(Client::connect(&engine.socket()).try_ask(Lane::Control, &large, &[]).is_none(), "too long before Hello");
    let mut client = engine.application();
    let two =
        Client::frame(Lane::Control, &Request { request: Some(R::SlotList(SlotList {})), ..Request::default() }, &[]);
    client.stream.write_all(&two.repeat(2)).unwrap();
    assert!(client.receive().is_none(), "more bytes than one frame");
    assert!(engine.lives());
}

#[test]
fn a_frame_in_pieces_arrives_whole() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let digest = |data: &[u8]| {
        let mechanism = Mechanism { r#type: 0x250, parameters: None };
        let request = R::Digest(Digest { r#use: complete(0, mechanism) });
        Client::frame(Lane::Use, &Request { session, request: Some(request), ..Request::default() }, data)
    };
    let data = vec![0x61; limits::FRAME_SEGMENT_LENGTH_MAX as usize];
    for pieces in [1, 7, 100_000] {
        for part in digest(&data).chunks(limits::FRAME_SEGMENT_LENGTH_MAX as usize / pieces + 1) {
            client.stream.write_all(part).unwrap();
        }
        let answered = client.receive().unwrap();
        assert_eq!((answered.rv(), answered.segment.len()), (0, 32));
    }
    let random = client.using(session, R::GenerateRandom(GenerateRandom { length: 1_048_576 }), &[]);
    assert_eq!(random.segment.len(), 1_048_576);
}

#[test]
fn slow_senders_hold_no_thread() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let random =
        Request { request: Some(R::GenerateRandom(GenerateRandom { length: 8 })), session, secret_lengths: vec![] };
    let frame = Client::frame(Lane::Use, &random, &[]);
    // More than there are threads, each with a frame that does not end.
    let mut slow: Vec<Client> = (0..200).map(|_| Client::attach(&engine.socket(), &client.ticket).0).collect();
    for (at, sender) in slow.iter_mut().enumerate() {
        sender.stream.write_all(&frame[..1 + at % (frame.len() - 1)]).unwrap();
    }
    assert_eq!(client.ask(Lane::Use, &random, &[]).rv(), 0);
    for (at, sender) in slow.iter_mut().enumerate() {
        sender.stream.write_all(&frame[1 + at % (frame.len() - 1)..]).unwrap();
        assert_eq!(sender.receive().unwrap().rv(), 0, "what was parked goes on");
    }
}

#[test]
fn slow_readers_hold_no_thread() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let length = limits::OPERATION_RANDOM_LENGTH_MAX as u32;
    let random =
        Request { request: Some(R::GenerateRandom(GenerateRandom { length })), session, secret_lengths: vec![] };
    let frame = Client::frame(Lane::Use, &random, &[]);
    let mut slow: Vec<Client> = (0..12).map(|_| Client::attach(&engine.socket(), &client.ticket).0).collect();
    for reader in &mut slow {
        reader.stream.write_all(&frame).unwrap();
    }
    client.open_session(true);
    for reader in &mut slow {
        assert_eq!(reader.receive().unwrap().segment.len(), length as usize);
    }
}

#[test]
fn a_ticket_is_good_for_one_listener_only() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let client = engine.application();
    assert_eq!(Client::attach(&engine.socket(), &client.ticket).1, 0);
    assert_eq!(Client::attach(&engine.admin_socket(), &client.ticket).1, rv::CKR_CRYPTOKI_NOT_INITIALIZED.0);
    assert_eq!(Client::attach(&engine.socket(), &[0; 32]).1, rv::CKR_CRYPTOKI_NOT_INITIALIZED.0);
}

#[test]
fn ten_thousand_sessions_are_held_by_one_process() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let sessions: Vec<u64> = (0..10_000).map(|_| client.open_session(true)).collect();
    let mut distinct = sessions.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 10_000);
    for _ in 10_000..limits::SESSION_SESSIONS_PER_CONTAINER_MAX {
        client.open_session(false);
    }
    let beyond = client.control(0, R::OpenSession(OpenSession { slot_id: 1, read_write: true }));
    assert_eq!(beyond.rv(), rv::CKR_SESSION_COUNT.0);
    assert_eq!(client.control(0, R::CloseAllSessions(CloseAllSessions { slot_id: 1 })).rv(), 0);
    client.open_session(true);
}

#[test]
fn uses_are_counted_and_reported() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(true);
    let key = client.import(session, &[7; 32], &[public(), stored()]).unwrap();
    for _ in 0..10 {
        assert_eq!(client.using(session, sign(key), b"x").rv(), 0);
    }
    drop(client);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let counted = || world.counts().iter().map(|row| row.count).sum::<u64>();
    while counted() < 10 && std::time::Instant::now() < until {
        std::thread::yield_now();
    }
    assert_eq!(counted(), 10);
}

#[test]
fn the_admin_socket_uses_no_keys_and_applications_do_not_administer() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut admin = Client::hello(&engine.admin_socket());
    let opened = admin.control(0, R::OpenSession(OpenSession { slot_id: 1, read_write: true }));
    assert_eq!(opened.rv(), rv::CKR_FUNCTION_NOT_SUPPORTED.0);
    let Body::Status(status) = admin.control(0, R::ServerStatus(ServerStatus {})).body() else { panic!("no status") };
    assert_eq!((status.applications, status.quick_workers, status.slow_workers), (1, 1, 1));
    let listed = engine.application().control(0, R::UserList(UserList {}));
    assert_eq!(listed.rv(), rv::CKR_FUNCTION_NOT_SUPPORTED.0);
}
