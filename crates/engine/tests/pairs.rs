//! Key pairs over real sockets: what a hostile worker could wish of them, and what they do.

#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod support;

use support::client::{Client, complete, value};
use support::worker::{Scripted, World};
use support::{ADMIN_PASSWORD, Engine};
use vhsm_engine::rv;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::reply::Reply as Body;
use vhsm_wire::messages::request::Request as R;
use vhsm_wire::messages::*;
use vhsm_wire::tables::*;

const PIN: &[u8] = b"user's pin";
const SECRETS: [u64; 6] =
    [CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT];
const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];

fn mechanism(kind: u64) -> Mechanism {
    Mechanism { r#type: kind, parameters: None }
}

/// A user who is logged in.
fn user(engine: &Engine, world: &World) -> (Client, u64) {
    world.put_user(support::initialised().1.clone());
    let mut admin = Client::hello(&engine.admin_socket());
    assert_eq!(admin.login(0, Role::Administrator, ADMIN_PASSWORD), 0);
    assert_eq!(admin.secret(0, R::UserAdd(UserAdd::default()), &[PIN, b"officer's pin"]).rv(), 0);
    let mut client = engine.application();
    let session = client.open_session(true);
    assert_eq!(client.login(session, Role::User, PIN), 0);
    (client, session)
}

/// Generate a pair on the token; returns its handles.
fn generate(client: &mut Client, session: u64, kind: u64, public: Vec<Attribute>) -> Result<[u64; 2], u64> {
    let public = [public, vec![value(CKA_TOKEN, [1])]].concat();
    let asked = GenerateKeyPair {
        mechanism: Some(mechanism(kind)),
        public_template: Some(Template { attributes: public }),
        private_template: Some(Template { attributes: vec![value(CKA_TOKEN, [1])] }),
    };
    let answered = client.control(session, R::GenerateKeyPair(asked));
    if answered.rv() != 0 {
        return Err(answered.rv());
    }
    let Body::ObjectsCreated(created) = answered.body() else { panic!("no objects") };
    Ok(created.objects.clone().try_into().expect("both halves"))
}

fn read(client: &mut Client, session: u64, object: u64, types: &[u64]) -> AttributesRead {
    let answered = client.control(session, R::ReadAttributes(ReadAttributes { object, types: types.to_vec() }));
    let Body::AttributesRead(read) = answered.body() else { panic!("nothing read") };
    read.clone()
}

fn rsa(bits: u64) -> Vec<Attribute> {
    vec![value(CKA_MODULUS_BITS, bits.to_be_bytes())]
}

#[test]
fn a_hostile_workers_wish_makes_no_private_key_readable() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let (mut client, session) = user(&engine, &world);
    let mut wish = Attributes::default();
    for (kind, wanted) in [
        (CKA_SENSITIVE, false),
        (CKA_EXTRACTABLE, true),
        (CKA_PRIVATE, false),
        (CKA_ALWAYS_SENSITIVE, false),
        (CKA_NEVER_EXTRACTABLE, false),
    ] {
        wish.set_boolean(kind, wanted);
    }
    let hostile = world.clone();
    world.script(move |exchange| match exchange.is("generate_key_pair") {
        true => Scripted::Answer(Box::new(hostile.make_pair(exchange, &wish))),
        false => Scripted::Honest,
    });
    let [_, private] = generate(&mut client, session, CKM_RSA_PKCS_KEY_PAIR_GEN, rsa(2048)).unwrap();
    let told = read(&mut client, session, private, &SECRETS);
    assert_eq!((told.secret_types, told.withheld_types), (vec![], SECRETS.to_vec()));
    let attributes = Attributes::parse(&told.attributes).unwrap();
    for (kind, expected) in [(CKA_SENSITIVE, true), (CKA_EXTRACTABLE, false), (CKA_PRIVATE, true)] {
        assert_eq!(attributes.boolean(kind), Some(expected), "{kind:#x}");
    }
    assert!(attributes.value(CKA_MODULUS).is_some_and(|modulus| modulus.len() == 256), "no secret");
    for stored in world.objects() {
        let clear = Attributes::parse(&stored.attributes).unwrap();
        assert!(SECRETS.iter().all(|kind| clear.value(*kind).is_none()), "the store sees no secret");
    }
}

#[test]
fn a_worker_generates_only_what_was_asked_for() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let (mut client, session) = user(&engine, &world);
    let hostile = world.clone();
    world.script(move |exchange| match exchange.is("find_objects") {
        true => Scripted::Answer(Box::new(hostile.make_pair(exchange, &Attributes::default()))),
        false => Scripted::Honest,
    });
    let answered = client.control(session, R::FindObjects(FindObjects::default()));
    assert_eq!(answered.rv(), rv::CKR_ACTION_PROHIBITED.0);
    assert!(world.objects().is_empty());
}

#[test]
fn both_halves_of_a_pair_are_used() {
    let world = World::default();
    let engine = Engine::start(&world, 1, 1);
    let (mut client, session) = user(&engine, &world);
    let curve = vec![value(CKA_EC_PARAMS, P521)];
    for (generator, asked, kind, key_size, output_bytes) in [
        (CKM_EC_KEY_PAIR_GEN, curve, CKM_ECDSA_SHA512, 521, 132),
        (CKM_RSA_PKCS_KEY_PAIR_GEN, rsa(4096), CKM_SHA256_RSA_PKCS, 4096, 512),
    ] {
        let [public, private] = generate(&mut client, session, generator, asked).unwrap();
        // The second time from the grant.
        for _ in 0..2 {
            let operation = Operation::Sign.into();
            let prepare = Prepare { operation, key: private, mechanism: Some(mechanism(kind)) };
            let answered = client.using(session, R::Prepare(prepare), &[]);
            let Body::Prepared(facts) = answered.body() else { panic!("not prepared") };
            assert_eq!((facts.key_size, facts.output_bytes), (key_size, output_bytes));
        }
        let sign = R::Sign(Sign { r#use: complete(private, mechanism(kind)) });
        let signature = client.using(session, sign, b"data").segment;
        assert_eq!(signature.len(), output_bytes as usize);
        let verify = |key| R::Verify(Verify { r#use: complete(key, mechanism(kind)), signature_length: output_bytes });
        assert_eq!(client.using(session, verify(public), &[b"data", &signature[..]].concat()).rv(), 0);
        let wrong = client.using(session, verify(public), &[b"date", &signature[..]].concat());
        assert_eq!(wrong.rv(), rv::CKR_SIGNATURE_INVALID.0);
        let misused = client.using(session, verify(private), &[b"data", &signature[..]].concat());
        assert_eq!(misused.rv(), rv::CKR_KEY_FUNCTION_NOT_PERMITTED.0);
    }
    assert_eq!(client.control(session, R::Logout(Logout {})).rv(), 0);
    let refused = generate(&mut client, session, CKM_RSA_PKCS_KEY_PAIR_GEN, rsa(2048));
    assert_eq!(refused.err(), Some(rv::CKR_USER_NOT_LOGGED_IN.0), "a private key needs a login");
}
