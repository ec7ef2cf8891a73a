//! What a hostile worker, or an unlucky moment, could do with a login.

#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod support;

use std::sync::mpsc::channel;
use support::client::{Client, sign};
use support::worker::{self, Scripted, World};
use support::{ADMIN_PASSWORD, Engine};
use vhsm_engine::rv;
use vhsm_wire::messages::request::Request as R;
use vhsm_wire::messages::*;
use vhsm_wire::tables::CKA_TOKEN;

const PIN: &[u8] = b"user's pin";
const SO_PIN: &[u8] = b"officer's pin";

/// Make a user and a security officer, and leave the administrator logged in.
fn enrol(engine: &Engine, world: &World) -> Client {
    world.put_user(support::initialised().1.clone());
    let mut admin = Client::hello(&engine.admin_socket());
    assert_eq!(admin.login(0, Role::Administrator, ADMIN_PASSWORD), 0);
    assert_eq!(admin.secret(0, R::UserAdd(UserAdd::default()), &[PIN, SO_PIN]).rv(), 0);
    admin
}

/// The row that DeriveNew is to make of one that is there.
fn renewed(row: &AuthenticationKey) -> AuthenticationKey {
    let derivation = DerivationParameters { salt: Vec::new(), ..row.derivation.clone().unwrap() };
    AuthenticationKey { derivation: Some(derivation), version: row.version + 1, ..row.clone() }
}

/// What the engine answers when a PIN change by `role` asks for this row.
fn made_by(world: &World, engine: &Engine, role: Role, pin: &[u8], row: AuthenticationKey, keep: bool) -> u64 {
    let (told, tell) = channel();
    let own = world.user(role);
    world.script(move |exchange| {
        if !matches!(exchange.ask.request.as_ref().unwrap().request, Some(R::SetPin(_))) {
            return Scripted::Honest;
        }
        let proof = DeriveLogin { log_in: false, ..worker::derive(Some(own.clone())) };
        assert_eq!(exchange.call(call::Call::DeriveLogin(proof)).rv, 0);
        let key = Some(row.clone());
        let token_key = TokenKeySource::TokenKeyOfThisAsk.into();
        let new = DeriveNew { key, secret: 1, token_key, keep_authentication_key: keep };
        told.send(exchange.call(call::Call::DeriveNew(new)).rv).unwrap();
        Scripted::Answer(Box::new(worker::ok(None)))
    });
    let mut client = engine.application();
    let session = client.open_session(true);
    assert_eq!(client.secret(session, R::SetPin(SetPin {}), &[pin, b"new pin"]).rv(), 0);
    tell.recv().unwrap()
}

#[test]
fn a_pin_change_seals_its_own_row_and_no_other() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    enrol(&engine, &world);
    let (user, officer) = (world.user(Role::User), world.user(Role::SecurityOfficer));
    let prohibited = rv::CKR_ACTION_PROHIBITED.0;
    let users_of_officer = made_by(&world, &engine, Role::SecurityOfficer, SO_PIN, renewed(&user), false);
    assert_eq!(users_of_officer, prohibited, "law 6: an officer's token key opens no object by a detour");
    let elsewhere = AuthenticationKey { enrolment_id: vec![9; 16], ..renewed(&user) };
    assert_eq!(made_by(&world, &engine, Role::User, PIN, elsewhere, true), prohibited, "law 1");
    let somebody = AuthenticationKey { user_id: user.user_id + 100, ..renewed(&user) };
    assert_eq!(made_by(&world, &engine, Role::User, PIN, somebody, false), prohibited, "law 1");
    assert_eq!(made_by(&world, &engine, Role::User, PIN, renewed(&user), true), 0);
    assert_eq!(made_by(&world, &engine, Role::SecurityOfficer, SO_PIN, renewed(&officer), true), 0);
}

#[test]
fn a_login_may_renew_its_own_row() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    enrol(&engine, &world);
    let row = world.user(Role::User);
    let (told, tell) = channel();
    world.script(move |exchange| {
        if !exchange.is("login") {
            return Scripted::Honest;
        }
        assert_eq!(exchange.call(call::Call::DeriveLogin(worker::derive(Some(row.clone())))).rv, 0);
        let token_key = TokenKeySource::TokenKeyOfThisAsk.into();
        let new = DeriveNew { key: Some(renewed(&row)), secret: 0, token_key, keep_authentication_key: true };
        told.send(exchange.call(call::Call::DeriveNew(new)).result).unwrap();
        Scripted::Answer(Box::new(worker::ok(None)))
    });
    let mut client = engine.application();
    let session = client.open_session(true);
    assert_eq!(client.login(session, Role::User, PIN), 0);
    let Some(call_result::Result::KeysDerived(derived)) = tell.recv().unwrap() else { panic!("refused") };
    // What was sealed before is open under the new row.
    let key = client.import(session, &[7; 32], &[(CKA_TOKEN, vec![1])]).unwrap();
    assert_eq!(client.using(session, sign(key), b"x").rv(), 0);
    world.script(|_| Scripted::Honest);
    world.put_user(derived.key.unwrap());
    assert_eq!(client.control(session, R::Logout(Logout {})).rv(), 0);
    assert_eq!(client.login(session, Role::User, PIN), 0);
}

#[test]
fn a_login_that_a_pin_change_overtakes_does_not_stand() {
    let world = World::default();
    let engine = Engine::start(&world, 2, 1);
    let mut admin = enrol(&engine, &world);
    let row = world.user(Role::User);
    let user_id = row.user_id;
    let (derived, is_derived) = channel();
    let (go, going) = channel::<()>();
    world.script(move |exchange| {
        if !exchange.is("login") {
            return Scripted::Honest;
        }
        assert_eq!(exchange.call(call::Call::DeriveLogin(worker::derive(Some(row.clone())))).rv, 0);
        derived.send(()).unwrap();
        going.recv().unwrap();
        Scripted::Answer(Box::new(worker::ok(None)))
    });
    let mut client = engine.application();
    let session = client.open_session(true);
    let login = std::thread::spawn(move || {
        let rv = client.login(session, Role::User, PIN);
        (client, rv)
    });
    is_derived.recv().unwrap();
    // Meanwhile the administrator's deed ends the user's logins.
    world.script(move |_| {
        Scripted::Answer(Box::new(Answer {
            ended_users: vec![user_id],
            ..worker::ok(Some(reply::Reply::Users(Users::default())))
        }))
    });
    assert_eq!(admin.control(0, R::UserList(UserList {})).rv(), 0);
    world.script(|_| Scripted::Honest);
    go.send(()).unwrap();
    let (mut client, rv) = login.join().unwrap();
    assert_eq!(rv, vhsm_wire::limits::REPLY_BUSY, "ask again, with the PIN of now");
    let reply::Reply::SessionState(state) = client.control(session, R::SessionInfo(SessionInfo {})).body() else {
        panic!("no state")
    };
    assert_eq!(state.state, 2, "CKS_RW_PUBLIC_SESSION");
    let asked = world.asked("login");
    world.script(|exchange| {
        if exchange.is("login") {
            let begin = BeginLogin { user_id: 10, role: Role::User.into(), secret: 0 };
            let begun = exchange.call(call::Call::BeginLogin(begin)).result;
            assert_eq!(begun, Some(call_result::Result::LoginBegun(LoginBegun { remembered: false })));
            return Scripted::Answer(Box::new(worker::refused(rv::CKR_PIN_INCORRECT.0)));
        }
        Scripted::Honest
    });
    assert_eq!(client.login(session, Role::User, PIN), rv::CKR_PIN_INCORRECT.0, "the old PIN is not remembered");
    assert_eq!(world.asked("login"), asked + 1);
}

#[test]
fn a_find_beyond_the_last_cursor_finds_nothing() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let mut client = engine.application();
    let session = client.open_session(false);
    let found = client.control(session, R::FindObjects(FindObjects { cursor: u64::MAX, ..FindObjects::default() }));
    assert_eq!(found.body(), reply::Reply::Found(Found::default()));
}
