//! An application, as it looks on the wire.

use prost::Message;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use vhsm_wire::frame::{HEADER_LENGTH, Header, Lane};
use vhsm_wire::messages::reply::Reply as Body;
use vhsm_wire::messages::request::Request as R;
use vhsm_wire::messages::*;

pub struct Client {
    pub stream: UnixStream,
    pub ticket: Vec<u8>,
}

/// A reply and its segment.
pub struct Answered {
    pub reply: Reply,
    pub segment: Vec<u8>,
}

impl Answered {
    pub fn rv(&self) -> u64 {
        self.reply.rv
    }

    pub fn body(self) -> Body {
        assert_eq!(self.reply.rv, 0, "refused");
        self.reply.reply.unwrap()
    }
}

impl Client {
    pub fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { stream, ticket: Vec::new() }
    }

    pub fn hello(path: &Path) -> Self {
        let mut client = Self::connect(path);
        let answered = client.control(0, R::Hello(Hello { untrusted_name: "test".into() }));
        let Body::Welcome(welcome) = answered.body() else { panic!("no welcome") };
        client.ticket = welcome.ticket;
        client
    }

    pub fn attach(path: &Path, ticket: &[u8]) -> (Self, u64) {
        let mut client = Self::connect(path);
        let rv = client.control(0, R::Attach(Attach { ticket: ticket.to_vec() })).rv();
        client.ticket = ticket.to_vec();
        (client, rv)
    }

    pub fn frame(lane: Lane, request: &Request, segment: &[u8]) -> Vec<u8> {
        let message = request.encode_to_vec();
        let header = Header { lane, message_length: message.len(), segment_length: segment.len(), processor: 0 };
        [&header.encode()[..], &message, segment].concat()
    }

    pub fn ask(&mut self, lane: Lane, request: &Request, segment: &[u8]) -> Answered {
        self.try_ask(lane, request, segment).expect("the engine closed the connection")
    }

    pub fn try_ask(&mut self, lane: Lane, request: &Request, segment: &[u8]) -> Option<Answered> {
        self.stream.write_all(&Self::frame(lane, request, segment)).ok()?;
        self.receive()
    }

    pub fn receive(&mut self) -> Option<Answered> {
        let mut head = [0; HEADER_LENGTH];
        self.stream.read_exact(&mut head).ok()?;
        let header = Header::parse(&head).unwrap();
        let mut message = vec![0; header.message_length];
        let mut segment = vec![0; header.segment_length];
        self.stream.read_exact(&mut message).unwrap();
        self.stream.read_exact(&mut segment).unwrap();
        Some(Answered { reply: Reply::decode(&message[..]).unwrap(), segment })
    }

    pub fn control(&mut self, session: u64, request: R) -> Answered {
        self.ask(Lane::Control, &Request { session, request: Some(request), ..Request::default() }, &[])
    }

    pub fn secret(&mut self, session: u64, request: R, secrets: &[&[u8]]) -> Answered {
        let secret_lengths = secrets.iter().map(|secret| secret.len() as u32).collect();
        let request = Request { session, secret_lengths, request: Some(request) };
        self.ask(Lane::Control, &request, &secrets.concat())
    }

    pub fn using(&mut self, session: u64, request: R, data: &[u8]) -> Answered {
        self.ask(Lane::Use, &Request { session, request: Some(request), ..Request::default() }, data)
    }

    pub fn open_session(&mut self, read_write: bool) -> u64 {
        let asked = R::OpenSession(OpenSession { slot_id: 1, read_write });
        let Body::SessionOpened(opened) = self.control(0, asked).body() else { panic!("no session") };
        opened.session
    }

    pub fn login(&mut self, session: u64, role: Role, pin: &[u8]) -> u64 {
        let asked = R::Login(Login { role: role.into(), ..Login::default() });
        self.secret(session, asked, &[pin]).rv()
    }

    /// Import a generic secret; returns its handle, or what refused it.
    pub fn import(&mut self, session: u64, value: &[u8], more: &[(u64, Vec<u8>)]) -> Result<u64, u64> {
        let answered = self.secret(session, R::CreateObjects(CreateObjects { templates: vec![key(more)] }), &[value]);
        if answered.rv() != 0 {
            return Err(answered.rv());
        }
        let Body::ObjectsCreated(created) = answered.body() else { panic!("no objects") };
        Ok(created.objects[0])
    }
}

pub fn value(kind: u64, value: impl Into<Vec<u8>>) -> Attribute {
    Attribute { r#type: kind, content: Some(attribute::Content::Value(value.into())) }
}

/// The template of a generic secret whose value is secret 0.
pub fn key(more: &[(u64, Vec<u8>)]) -> Template {
    use vhsm_wire::{table, tables};
    let mut attributes = vec![
        value(tables::CKA_CLASS, table::CKO_SECRET_KEY.to_be_bytes()),
        value(tables::CKA_KEY_TYPE, table::CKK_GENERIC_SECRET.to_be_bytes()),
        Attribute { r#type: tables::CKA_VALUE, content: Some(attribute::Content::Secret(0)) },
    ];
    attributes.extend(more.iter().map(|(kind, bytes)| value(*kind, bytes.clone())));
    Template { attributes }
}

/// CKM_SHA256_HMAC.
pub fn hmac() -> Mechanism {
    Mechanism { r#type: 0x251, parameters: None }
}

pub fn complete(key: u64, mechanism: Mechanism) -> Option<Use> {
    Some(Use { step: Step::Complete.into(), key, mechanism: Some(mechanism) })
}

pub fn sign(key: u64) -> R {
    R::Sign(Sign { r#use: complete(key, hmac()) })
}
