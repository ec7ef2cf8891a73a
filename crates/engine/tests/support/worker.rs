//! Workers that keep the contract, with a table of objects and users in memory; a test may put a script in front.

use prost::Message;
use rustix::fd::OwnedFd;
use rustix::net::{RecvFlags, SendFlags};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::reply::Reply as Body;
use vhsm_wire::messages::request::Request as R;
use vhsm_wire::messages::*;

/// The token in slot 1.
pub const TOKEN: [u8; 16] = [0x70; 16];

/// One exchange, seen from the worker.
pub struct Exchange<'a> {
    socket: &'a OwnedFd,
    id: u64,
    pub ask: Ask,
}

/// What a script decides about an Ask.
pub enum Scripted {
    /// Go on as an honest worker.
    Honest,
    /// This.
    Answer(Box<Answer>),
    /// Say nothing, and die.
    Die,
}

type Script = Box<dyn FnMut(&mut Exchange<'_>) -> Scripted + Send>;

#[derive(Default)]
struct Tables {
    objects: HashMap<u64, SealedObject>,
    users: HashMap<i32, AuthenticationKey>,
    /// Every request that was asked, by its name.
    asked: Vec<&'static str>,
    counts: Vec<UseCount>,
}

/// What all workers of one engine share: the store.
#[derive(Clone, Default)]
pub struct World {
    tables: Arc<Mutex<Tables>>,
    /// A script serves one worker at a time: a second one waits for it, unless there is another script meanwhile.
    script: Arc<Mutex<Option<Arc<Mutex<Script>>>>>,
    last_pid: Arc<AtomicU32>,
}

impl World {
    pub fn next_pid(&self) -> u32 {
        self.last_pid.fetch_add(1, Ordering::Relaxed) + 1_000_000_000
    }

    pub fn script(&self, script: impl FnMut(&mut Exchange<'_>) -> Scripted + Send + 'static) {
        *self.script.lock().unwrap() = Some(Arc::new(Mutex::new(Box::new(script))));
    }

    pub fn asked(&self, name: &str) -> usize {
        self.tables.lock().unwrap().asked.iter().filter(|asked| **asked == name).count()
    }

    pub fn counts(&self) -> Vec<UseCount> {
        self.tables.lock().unwrap().counts.clone()
    }

    pub fn objects(&self) -> Vec<SealedObject> {
        self.tables.lock().unwrap().objects.values().cloned().collect()
    }

    pub fn put_user(&self, key: AuthenticationKey) {
        self.tables.lock().unwrap().users.insert(key.role, key);
    }

    pub fn user(&self, role: Role) -> AuthenticationKey {
        self.tables.lock().unwrap().users[&i32::from(role)].clone()
    }

    /// Serve one channel to its end.
    pub fn serve(&self, socket: &OwnedFd) {
        let mut bytes = vec![0; 200_000];
        while let Ok((_, length)) = rustix::net::recv(socket, &mut bytes[..], RecvFlags::empty()) {
            if length == 0 {
                return;
            }
            let message = ToWorker::decode(&bytes[..length]).unwrap();
            let Some(to_worker::Message::Ask(ask)) = message.message else { panic!("no Ask") };
            let mut exchange = Exchange { socket, id: message.id, ask };
            self.tables.lock().unwrap().asked.push(name(&exchange.ask));
            let script = self.script.lock().unwrap().clone();
            let scripted = match script {
                Some(script) => script.lock().unwrap()(&mut exchange),
                None => Scripted::Honest,
            };
            let answer = match scripted {
                Scripted::Honest => self.honest(&mut exchange),
                Scripted::Answer(answer) => *answer,
                Scripted::Die => return,
            };
            exchange.send(from_worker::Message::Answer(answer));
        }
    }

    fn honest(&self, exchange: &mut Exchange<'_>) -> Answer {
        let ask = exchange.ask.clone();
        self.tables.lock().unwrap().counts.extend(ask.use_counts.clone());
        let Some(request) = ask.request.and_then(|request| request.request) else { return ok(None) };
        match request {
            R::Hello(_) => Answer { bound_tokens: vec![bound()], ..ok(None) },
            R::SlotList(_) => {
                let slots = vec![Slot { slot_id: 1, container: "test".into(), policy: "standard".into() }];
                Answer { bound_tokens: vec![bound()], ..ok(Some(Body::Slots(Slots { slots }))) }
            }
            R::Prepare(asked) => self.prepare(exchange, asked.key),
            R::CreateObjects(asked) => {
                let calls = (0..asked.templates.len() as u32).map(|index| call::Call::CreateObject(make(index)));
                self.make(exchange, calls.collect())
            }
            R::GenerateKey(_) => self.make(exchange, vec![call::Call::GenerateKey(make(0))]),
            R::GenerateKeyPair(_) => self.make_pair(exchange, &Attributes::default()),
            R::DestroyObject(asked) => self.destroy(exchange, asked.object),
            R::ReadAttributes(asked) => {
                let object = self.tables.lock().unwrap().objects.get(&asked.object).cloned();
                result(exchange.call(call::Call::RevealObject(RevealObject { object })))
            }
            R::FindObjects(_) => {
                let objects = self.tables.lock().unwrap().objects.keys().copied().collect();
                ok(Some(Body::Found(Found { objects, cursor: 0 })))
            }
            R::Login(asked) => self.login(exchange, asked.role),
            R::UserAdd(_) => self.user_add(exchange),
            R::UserList(_) => ok(Some(Body::Users(Users::default()))),
            R::ServerStatus(_) => ok(ask.engine_status.map(Body::Status)),
            other => panic!("no such row: {other:?}", other = std::mem::discriminant(&other)),
        }
    }

    fn prepare(&self, exchange: &mut Exchange<'_>, number: u64) -> Answer {
        let object = self.tables.lock().unwrap().objects.get(&number).cloned();
        if object.is_none() && number >> 63 == 0 {
            return refused(0x60);
        }
        if let Some(object) = object {
            let opened = exchange.call(call::Call::OpenObject(OpenObject { object: Some(object) }));
            if opened.rv != 0 {
                return refused(opened.rv);
            }
        }
        let operations = (1..=6).collect();
        let grant = Grant { object: number, operations, ..Grant::default() };
        Answer { grants: vec![grant], ..ok(None) }
    }

    fn make(&self, exchange: &mut Exchange<'_>, calls: Vec<call::Call>) -> Answer {
        let mut objects = Vec::new();
        assert_eq!(exchange.call(call::Call::BeginWrite(BeginWrite {})).rv, 0);
        for call in calls {
            let made = exchange.call(call);
            if made.rv != 0 {
                return refused(made.rv);
            }
            let Some(call_result::Result::ObjectMade(made)) = made.result else { panic!("nothing made") };
            let mut object = made.object.unwrap();
            if object.number == 0 {
                let mut tables = self.tables.lock().unwrap();
                let stored = tables.objects.values().find(|stored| stored.uuid == object.uuid).cloned();
                object = stored.unwrap_or_else(|| SealedObject { number: tables.objects.len() as u64 + 1, ..object });
                tables.objects.insert(object.number, object.clone());
            }
            objects.push(object.number);
        }
        assert_eq!(exchange.call(call::Call::EndWrite(EndWrite {})).rv, 0);
        ok(Some(Body::ObjectsCreated(ObjectsCreated { objects, ..Default::default() })))
    }

    /// Both halves, with what the worker wishes of the private one.
    pub fn make_pair(&self, exchange: &mut Exchange<'_>, wish: &Attributes) -> Answer {
        let message = MakeKeyPair { public_attributes: wish.encode(), private_attributes: wish.encode() };
        let made = exchange.call(call::Call::GenerateKeyPair(message));
        let Some(call_result::Result::KeyPairMade(pair)) = made.result else { return refused(made.rv) };
        let mut objects = Vec::new();
        for mut object in [pair.public_key.unwrap(), pair.private_key.unwrap()] {
            if object.number == 0 {
                let mut tables = self.tables.lock().unwrap();
                object.number = tables.objects.len() as u64 + 1;
                tables.objects.insert(object.number, object.clone());
            }
            objects.push(object.number);
        }
        ok(Some(Body::ObjectsCreated(ObjectsCreated { objects, ..Default::default() })))
    }

    fn destroy(&self, exchange: &mut Exchange<'_>, number: u64) -> Answer {
        if number >> 63 == 1 {
            return result(exchange.call(call::Call::DestroySessionObject(DestroySessionObject { number })));
        }
        match self.tables.lock().unwrap().objects.remove(&number) {
            Some(_) => Answer { touched_objects: vec![number], ..ok(None) },
            None => refused(0x82),
        }
    }

    fn login(&self, exchange: &mut Exchange<'_>, role: i32) -> Answer {
        let key = self.tables.lock().unwrap().users.get(&role).cloned();
        let Some(key) = key else {
            return result(exchange.call(call::Call::DeriveLogin(DeriveLogin { absent: true, ..derive(None) })));
        };
        let begin = BeginLogin { user_id: key.user_id, role, secret: 0 };
        let begun = exchange.call(call::Call::BeginLogin(begin));
        assert_eq!(begun.rv, 0);
        if let Some(call_result::Result::LoginBegun(LoginBegun { remembered: true })) = begun.result {
            return ok(None);
        }
        self.tables.lock().unwrap().asked.push("derive_login");
        result(exchange.call(call::Call::DeriveLogin(derive(Some(key)))))
    }

    fn user_add(&self, exchange: &mut Exchange<'_>) -> Answer {
        for (role, secret, token_key) in [
            (Role::User, 0, TokenKeySource::TokenKeyFresh),
            (Role::SecurityOfficer, 1, TokenKeySource::TokenKeyOfThisAsk),
        ] {
            let key = AuthenticationKey {
                user_id: 10 + secret as u64,
                role: role.into(),
                token_uuid: TOKEN.to_vec(),
                enrolment_id: super::CONTAINER.to_vec(),
                derivation: Some(DerivationParameters {
                    algorithm: KeyDerivation::Pbkdf2HmacSha256.into(),
                    rounds: super::ROUNDS,
                    ..DerivationParameters::default()
                }),
                version: 1,
                ..AuthenticationKey::default()
            };
            let new = DeriveNew { key: Some(key), secret, token_key: token_key.into(), keep_authentication_key: false };
            let derived = exchange.call(call::Call::DeriveNew(new));
            let Some(call_result::Result::KeysDerived(keys)) = derived.result else { return refused(derived.rv) };
            self.put_user(keys.key.unwrap());
        }
        ok(Some(Body::User(User::default())))
    }
}

impl Exchange<'_> {
    pub fn call(&mut self, call: call::Call) -> CallResult {
        self.send(from_worker::Message::Call(Call { call: Some(call) }));
        let mut bytes = vec![0; 200_000];
        let (_, length) = rustix::net::recv(self.socket, &mut bytes[..], RecvFlags::empty()).unwrap();
        let message = ToWorker::decode(&bytes[..length]).unwrap();
        assert_eq!(message.id, self.id);
        let Some(to_worker::Message::Result(result)) = message.message else { panic!("no result") };
        result
    }

    pub fn send(&self, message: from_worker::Message) {
        self.send_bytes(&FromWorker { id: self.id, message: Some(message) }.encode_to_vec());
    }

    pub fn send_bytes(&self, bytes: &[u8]) {
        // The engine may have hung up already.
        let _ = rustix::net::send(self.socket, bytes, SendFlags::NOSIGNAL);
    }

    pub fn is(&self, wanted: &str) -> bool {
        name(&self.ask) == wanted
    }
}

fn name(ask: &Ask) -> &'static str {
    match ask.request.as_ref().and_then(|request| request.request.as_ref()) {
        None => "counts",
        Some(R::Hello(_)) => "hello",
        Some(R::SlotList(_)) => "slot_list",
        Some(R::Prepare(_)) => "prepare",
        Some(R::CreateObjects(_)) => "create_objects",
        Some(R::GenerateKeyPair(_)) => "generate_key_pair",
        Some(R::DestroyObject(_)) => "destroy_object",
        Some(R::Login(_)) => "login",
        Some(R::FindObjects(_)) => "find_objects",
        Some(_) => "other",
    }
}

pub fn derive(key: Option<AuthenticationKey>) -> DeriveLogin {
    DeriveLogin { key, secret: 0, absent: false, log_in: true, linger_s: 60 }
}

pub fn make(template_index: u32) -> MakeObject {
    MakeObject { template_index, attributes: Attributes::default().encode() }
}

pub fn bound() -> BoundToken {
    BoundToken { slot_id: 1, token_uuid: TOKEN.to_vec(), policy: "standard".into() }
}

pub fn ok(body: Option<Body>) -> Answer {
    Answer { reply: Some(Reply { reply: body, ..Reply::default() }), ..Answer::default() }
}

pub fn refused(rv: u64) -> Answer {
    Answer { reply: Some(Reply { rv, ..Reply::default() }), ..Answer::default() }
}

fn result(result: CallResult) -> Answer {
    refused(result.rv)
}
