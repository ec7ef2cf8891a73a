//! Requests: what the engine answers alone, and what it asks a worker.

use super::connection::{Connection, Owned};
use super::evidence;
use super::limits::{Held, Place};
use super::reply::{self, Encoded};
use super::rows::{is_administration, is_bulk, is_use, needs_session};
use super::rules::{check_template, truncate};
use crate::application::{Application, Newcomer, object};
use crate::channel::outcome;
use crate::channel::work::{self, Plan, Work};
use crate::grant::is_stored;
use crate::live::Engine;
use crate::mechanism;
use crate::memory::SecretBytes;
use crate::operation::{Stop, UseRequest};
use crate::rv::{self, Rv};
use prost::Message;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use vhsm_wire::frame::{Header, Lane};
use vhsm_wire::limits;
use vhsm_wire::messages::{
    AskSession, Found, ListenerKind, Mechanism, Operation, Reply, Request, Role, SessionOpened, Welcome,
    reply::Reply as Body, request::Request as R,
};

/// What a request came to.
pub enum Outcome {
    /// A reply.
    Reply(Encoded),
    /// A reply, and then the end.
    Last(Encoded),
    /// A worker is asked.
    Ask(Box<Work>),
    /// The protocol was broken.
    Close,
}

/// A frame, cut.
pub struct Asked<'a> {
    /// Its checked header.
    pub header: Header,
    /// The protobuf part.
    pub untrusted_message: &'a [u8],
    /// The segment.
    pub segment: &'a [u8],
}

/// Serve one request.
pub fn serve(
    engine: &'static Engine,
    connection: &Arc<Connection>,
    owned: &mut Owned,
    asked: &Asked<'_>,
    out: &mut Vec<u8>,
) -> Outcome {
    let lane = asked.header.lane;
    let Some(application) = &owned.application else { return introduce(engine, connection, owned, asked, out) };
    let refusal = |out: &mut Vec<u8>, rv| Outcome::Reply(reply::refusal(out, lane, application.facts_version(), rv));
    let Ok(mut request) = Request::decode(asked.untrusted_message) else { return refusal(out, rv::CKR_ARGUMENTS_BAD) };
    if !is_cut(&request, asked) {
        return refusal(out, rv::CKR_ARGUMENTS_BAD);
    }
    let Some(mut inner) = request.request.take() else { return refusal(out, rv::CKR_FUNCTION_NOT_SUPPORTED) };
    if matches!(inner, R::Hello(_) | R::Attach(_)) {
        return Outcome::Close;
    }
    let session = if request.session == 0 { 0 } else { application.session_number(request.session) };
    let call = Call { engine, connection, application, session, asked };
    match call.alone(&request, &mut inner, out) {
        Ok(Some(encoded)) => Outcome::Reply(encoded),
        Ok(None) => match call.ask(request, inner) {
            Ok(work) => Outcome::Ask(work),
            Err(rv) => refusal(out, rv),
        },
        Err(rv) => refusal(out, rv),
    }
}

/// On the control lane the secrets must fill the segment; on the use lane there are none.
fn is_cut(request: &Request, asked: &Asked<'_>) -> bool {
    let sum: u64 = request.secret_lengths.iter().map(|length| u64::from(*length)).sum();
    match asked.header.lane {
        Lane::Control => sum == asked.segment.len() as u64,
        Lane::Use => request.secret_lengths.is_empty(),
    }
}

/// The first message of a connection: Hello or Attach.
fn introduce(
    engine: &'static Engine,
    connection: &Arc<Connection>,
    owned: &mut Owned,
    asked: &Asked<'_>,
    out: &mut Vec<u8>,
) -> Outcome {
    let lane = asked.header.lane;
    let Ok(request) = Request::decode(asked.untrusted_message) else { return Outcome::Close };
    match request.request {
        Some(R::Attach(attach)) => {
            let process = evidence::process_of(std::os::fd::AsFd::as_fd(&connection.socket));
            let application = process.ok().and_then(|process| {
                engine.applications.attach(&attach.ticket, &connection.listener, process, connection.id)
            });
            let Some(application) = application else {
                return Outcome::Last(reply::refusal(out, lane, 0, rv::CKR_CRYPTOKI_NOT_INITIALIZED));
            };
            let welcome = Welcome { ticket: Vec::new(), server_version: env!("CARGO_PKG_VERSION").to_owned() };
            let body = Some(Body::Welcome(welcome));
            let reply = Reply { facts_version: application.facts_version(), reply: body, ..Reply::default() };
            owned.application = Some(application);
            owned.before_hello = None;
            Outcome::Reply(reply::plain(out, lane, &reply))
        }
        Some(R::Hello(mut hello)) => {
            truncate(&mut hello.untrusted_name);
            let Ok(evidence) = evidence::collect(std::os::fd::AsFd::as_fd(&connection.socket)) else {
                return Outcome::Last(reply::refusal(out, lane, 0, rv::CKR_DEVICE_ERROR));
            };
            let listener = Arc::clone(&connection.listener);
            let Some(place) = Place::take(&listener.applications) else {
                return Outcome::Last(reply::refusal(out, lane, 0, BUSY));
            };
            let id = engine.next_application();
            let newcomer = Newcomer { listener, evidence, id, place };
            let request = Request { request: Some(R::Hello(hello)), ..Request::default() };
            Outcome::Ask(new_work(engine, connection, lane, Some(request), Plan::Hello(newcomer)))
        }
        _ => Outcome::Close,
    }
}

/// What a full queue answers.
pub const BUSY: Rv = Rv(limits::REPLY_BUSY);
fn new_work(
    engine: &'static Engine,
    connection: &Arc<Connection>,
    lane: Lane,
    request: Option<Request>,
    plan: Plan,
) -> Box<Work> {
    let inner = request.as_ref().and_then(|request| request.request.as_ref());
    let (slow, writes) = (inner.is_some_and(work::is_slow), inner.is_some_and(work::is_write));
    Box::new(Work {
        connection: Some(Arc::clone(connection)),
        lane,
        application: None,
        listener: Some(Arc::clone(&connection.listener)),
        request,
        session: 0,
        ask_session: None,
        secrets: None,
        held: None,
        plan,
        deadline: Instant::now() + work::time_allowed(slow),
        slow,
        writes,
        asked_before: false,
        uuids: HashMap::new(),
        encapsulated: None,
        waiting: Vec::new(),
        began: engine.revocations.begin(),
    })
}

/// One request of an application.
pub(super) struct Call<'a> {
    engine: &'static Engine,
    connection: &'a Arc<Connection>,
    pub(super) application: &'a Arc<Application>,
    pub(super) session: u64,
    asked: &'a Asked<'a>,
}

impl Call<'_> {
    /// What the engine answers alone; `None` where a worker must be asked.
    fn alone(&self, request: &Request, inner: &mut R, out: &mut Vec<u8>) -> Result<Option<Encoded>, Rv> {
        let application = self.application;
        if (application.listener.kind == ListenerKind::ListenerAdmin) != is_administration(inner) {
            // Login and Logout are for both.
            if !matches!(inner, R::Login(_) | R::Logout(_)) {
                return Err(rv::CKR_FUNCTION_NOT_SUPPORTED);
            }
        }
        if self.asked.header.lane == Lane::Use && !is_use(inner)
            || self.asked.header.lane == Lane::Control && is_bulk(inner)
        {
            return Err(rv::CKR_ARGUMENTS_BAD);
        }
        let body = match inner {
            R::OpenSession(asked) => {
                let session = application.open_session(asked.slot_id, asked.read_write)?;
                Some(Body::SessionOpened(SessionOpened { session }))
            }
            R::CloseSession(_) => application.close_session(self.session).map(|()| None)?,
            R::CloseAllSessions(asked) => application.close_all_sessions(asked.slot_id).map(|()| None)?,
            R::SessionInfo(_) => Some(Body::SessionState(application.session_info(self.session)?)),
            R::Logout(_) => self.log_out().map(|()| None)?,
            R::Cancel(asked) => {
                let kind = Operation::try_from(asked.operation).map_err(|_| rv::CKR_ARGUMENTS_BAD)?;
                application.lock().session(self.session)?.cancel(kind);
                None
            }
            R::SeedRandom(_) => {
                application.lock().session(self.session)?;
                mechanism::seed_random(self.asked.segment)?;
                None
            }
            R::GenerateRandom(asked) => return self.random(asked.length, out).map(Some),
            R::Prepare(asked) => match self.prepare_cached(asked)? {
                Some(prepared) => Some(Body::Prepared(prepared)),
                None => return Ok(None),
            },
            R::FindObjects(asked) if asked.cursor >= object::SESSION_CURSOR => Some(self.find_rest(request, asked)?),
            R::ReadAttributes(asked) if !is_stored(application.object_name(asked.object).number) => {
                let number = application.object_name(asked.object).number;
                return self.read_session_object(number, &asked.types, out).map(Some);
            }
            _ => return self.use_lane(inner, out),
        };
        let facts_version = application.facts_version();
        Ok(Some(reply::plain(out, self.lane(), &Reply { facts_version, reply: body, ..Reply::default() })))
    }

    fn lane(&self) -> Lane {
        self.asked.header.lane
    }

    fn log_out(&self) -> Result<(), Rv> {
        if self.application.listener.kind == ListenerKind::ListenerAdmin {
            return self.application.lock().administrator.take().map(drop).ok_or(rv::CKR_USER_NOT_LOGGED_IN);
        }
        self.application.log_out(self.session)
    }

    fn random(&self, length: u32, out: &mut Vec<u8>) -> Result<Encoded, Rv> {
        self.application.lock().session(self.session)?;
        if u64::from(length) > limits::OPERATION_RANDOM_LENGTH_MAX {
            return Err(rv::CKR_ARGUMENTS_BAD);
        }
        reply::begin(out);
        out.resize(reply::PREFIX_LENGTH + length as usize, 0);
        mechanism::random(&mut out[reply::PREFIX_LENGTH..]);
        Ok(reply::finish(out, self.lane(), self.application.facts_version()))
    }

    fn prepare_cached(
        &self,
        asked: &mut vhsm_wire::messages::Prepare,
    ) -> Result<Option<vhsm_wire::messages::Prepared>, Rv> {
        let key = self.application.object_name(asked.key);
        asked.key = key.number;
        let operation = Operation::try_from(asked.operation).map_err(|_| rv::CKR_ARGUMENTS_BAD)?;
        let mut state = self.application.lock();
        let token = state.session(self.session)?.token;
        if !state.is_alive(key, &token) {
            return Err(rv::CKR_KEY_HANDLE_INVALID);
        }
        let Some(granted) = state.grants.find(key.number) else { return Ok(None) };
        let mechanism = asked.mechanism.as_ref();
        let covered = granted.allowed.permits(operation, mechanism.map_or(0, |mechanism| mechanism.r#type));
        if granted.token != token || !covered || granted.facts.always_authenticate {
            return Ok(None);
        }
        if let Some(mechanism) = mechanism {
            mechanism::check(operation, mechanism, &granted.attributes)?;
        }
        let output_bytes = mechanism.map_or(0, |asked| mechanism::output_bytes(asked.r#type, &granted.attributes));
        Ok(Some(vhsm_wire::messages::Prepared { output_bytes, ..granted.facts }))
    }

    fn find_rest(&self, request: &Request, asked: &vhsm_wire::messages::FindObjects) -> Result<Body, Rv> {
        self.application.lock().session(self.session)?;
        let template = asked.template.clone().unwrap_or_default();
        check_template(&template)?;
        let lengths = &request.secret_lengths;
        let secret = |index: u32| {
            let start: usize = lengths.get(..index as usize)?.iter().map(|length| *length as usize).sum();
            self.asked.segment.get(start..start + *lengths.get(index as usize)? as usize)
        };
        let room = limits::OBJECT_FIND_HANDLES_MAX as usize;
        let (objects, cursor) = object::find(self.application, self.session, &template, secret, asked.cursor, room);
        Ok(Body::Found(Found { objects, cursor }))
    }

    fn read_session_object(&self, number: u64, types: &[u64], out: &mut Vec<u8>) -> Result<Encoded, Rv> {
        let object = {
            let mut state = self.application.lock();
            let token = state.session(self.session)?.token;
            let user = state.role(&token) == Role::User;
            let held = state.objects.get(&number).filter(|held| held.token == token);
            let held = held.filter(|held| object::is_visible(&held.object, user));
            Arc::clone(&held.ok_or(rv::CKR_OBJECT_HANDLE_INVALID)?.object)
        };
        let mut done = outcome::attributes_read(&object, types)?;
        done.reply.facts_version = self.application.facts_version();
        Ok(reply::done(out, self.lane(), &done))
    }

    /// A use runs if it is granted.
    fn use_lane(&self, inner: &R, out: &mut Vec<u8>) -> Result<Option<Encoded>, Rv> {
        let Some(asked) = UseRequest::parse(self.application, inner, self.asked.segment) else { return Ok(None) };
        reply::begin(out);
        match asked?.run(self.application, self.session, None, out) {
            Ok(()) => Ok(Some(reply::finish(out, self.lane(), self.application.facts_version()))),
            Err(Stop::Refused(rv)) => Err(rv),
            Err(Stop::NeedGrant) => Ok(None),
        }
    }

    /// Make the Ask: handles become numbers, and the rules that need no worker are kept first.
    fn ask(&self, mut request: Request, inner: R) -> Result<Box<Work>, Rv> {
        self.check_rules(&inner)?;
        let application = self.application;
        let ask_session = match needs_session(&inner) || request.session != 0 {
            true if is_administration(&inner) || application.listener.kind == ListenerKind::ListenerAdmin => None,
            true => Some(application.ask_session(self.session)?),
            false => match &inner {
                R::InitToken(asked) => Some(self.unopened(asked.slot_id)?),
                _ => None,
            },
        };
        request.session = 0;
        let (plan, asked) = match UseRequest::parse(application, &inner, self.asked.segment) {
            Some(parsed) => {
                let parsed = parsed?;
                let key = self.number(parsed.key, rv::CKR_KEY_HANDLE_INVALID)?;
                let digest = match parsed.operation {
                    Operation::DigestKey => Some(self.digest_mechanism()?),
                    _ => None,
                };
                let prepare = work::prepare(parsed.operation, key, parsed.mechanism.or(digest.as_ref()));
                let original = Request { request: Some(inner), ..Request::default() };
                (Plan::Use(original, self.asked.segment.to_vec().into()), prepare)
            }
            None => (Plan::Control, self.numbered(inner)?),
        };
        request.request = Some(asked);
        let (secrets, held) = match (self.lane(), self.asked.segment) {
            (Lane::Control, segment) if !segment.is_empty() => {
                let held = Held::take(&application.listener.shares.passing_secret, segment.len()).ok_or(BUSY)?;
                (Some(SecretBytes::copy_of(segment)?), Some(held))
            }
            _ => (None, None),
        };
        let mut work = new_work(self.engine, self.connection, self.lane(), Some(request), plan);
        work.application = Some(Arc::clone(application));
        work.session = self.session;
        work.ask_session = ask_session;
        work.secrets = secrets;
        work.held = held;
        Ok(work)
    }

    /// What stands for a session on the token of a slot, on which nobody has one.
    fn unopened(&self, slot_id: u64) -> Result<AskSession, Rv> {
        let token = self.application.token_in(slot_id).ok_or(rv::CKR_SLOT_ID_INVALID)?;
        let open = |application: &Arc<Application>| {
            application.lock().tokens.get(&token).is_some_and(|bound| bound.sessions > 0)
        };
        if self.engine.applications.all().iter().any(open) {
            return Err(rv::CKR_SESSION_EXISTS);
        }
        Ok(AskSession { slot_id, token_uuid: token.to_vec(), read_write: true, ..AskSession::default() })
    }

    /// The mechanism of the digest that a key is to go into.
    fn digest_mechanism(&self) -> Result<Mechanism, Rv> {
        let mut state = self.application.lock();
        let digest = state.session(self.session)?.running(Operation::Digest);
        let r#type = digest.ok_or(rv::CKR_OPERATION_NOT_INITIALIZED)?.mechanism;
        Ok(Mechanism { r#type, parameters: None })
    }
}
