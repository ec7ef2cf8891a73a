//! What an Answer comes to: effects first (revocations, ended logins), then what its calls staged, then the reply.

use super::effects;
use super::exchange::Serving;
use super::logins::{Derived, Pending};
use super::work::{Plan, Work};
use crate::application::Application;
use crate::application::login::Login;
use crate::application::name::Name;
use crate::application::object::{self, Room, SessionObject};
use crate::gate::connection::Connection;
use crate::gate::request::BUSY;
use crate::grant::is_stored;
use crate::live::Engine;
use crate::memory::SecretBytes;
use crate::object::{Object, is_private};
use crate::rv::{self, Rv};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use vhsm_wire::limits;
use vhsm_wire::messages::{Answer, Found, ListenerKind, ObjectsCreated, Reply, Role, Welcome, reply, request};
use zeroize::Zeroizing;

/// Longest that a reply may be kept back.
const DELAY_MAX: Duration = Duration::from_secs(10);

/// What an Ask's calls have prepared.
#[derive(Default)]
pub struct Staged {
    /// The object opened for a Grant.
    pub opened: Option<(u64, Arc<Object>)>,
    /// Templates that have their object.
    pub indexes: HashSet<u32>,
    /// New session objects.
    pub made: Vec<(u64, SessionObject)>,
    /// A session object with other attributes.
    pub changed: Option<(u64, Arc<Object>, Room)>,
    /// A session object that goes.
    pub destroyed: Option<u64>,
    /// The object whose attributes are read.
    pub revealed: Option<Arc<Object>>,
    /// What goes into the reply's segment: a wrapped key, or a ciphertext.
    pub output: Option<SecretBytes>,
    /// What derivations opened.
    pub derived: Derived,
    /// The login to be made.
    pub login: Option<Pending>,
    /// What C_DeriveKey tells its caller besides the keys.
    pub derived_output: Vec<u8>,
}

/// The bytes behind a reply.
pub enum Segment {
    /// None.
    None,
    /// Secrets.
    Secret(SecretBytes),
    /// Output of the use lane: ordinary memory, wiped.
    Data(Zeroizing<Vec<u8>>),
}

/// A reply on its way.
pub struct Done {
    /// The reply; its facts version is filled in when it leaves.
    pub reply: Reply,
    /// What follows it.
    pub segment: Segment,
    /// How long it is kept back.
    pub delay: Duration,
}

impl Done {
    /// A refusal.
    #[must_use]
    pub fn refused(rv: Rv) -> Self {
        Self::of(Reply { rv: rv.0, ..Reply::default() })
    }

    /// A reply without a segment.
    #[must_use]
    pub fn of(reply: Reply) -> Self {
        Self { reply, segment: Segment::None, delay: Duration::ZERO }
    }

    /// An OK with a body.
    #[must_use]
    pub fn body(body: reply::Reply) -> Self {
        Self::of(Reply { reply: Some(body), ..Reply::default() })
    }
}

/// An Answer that counts as the worker's death.
pub struct Malformed;

/// Apply an Answer.
///
/// # Errors
/// [`Malformed`]: nothing was applied.
pub fn conclude(mut serving: Serving<'_>, answer: Answer) -> Result<Done, Malformed> {
    let worker_reply = answer.reply.as_ref().ok_or(Malformed)?;
    if worker_reply.rv == 0 && !fits(&serving, worker_reply) {
        return Err(Malformed);
    }
    effects::apply(&serving, &answer);
    let delay = Duration::from_millis(answer.delay_ms.into()).min(DELAY_MAX);
    let admin = serving.work.listener.as_ref().is_some_and(|listener| listener.kind == ListenerKind::ListenerAdmin);
    let explanation = if admin { worker_reply.explanation.clone() } else { String::new() };
    let mut done = match worker_reply.rv {
        0 => complete(&mut serving, answer).unwrap_or_else(Done::refused),
        rv => {
            log_out_locked(&serving, Rv(rv));
            Done::refused(Rv(rv))
        }
    };
    done.reply.explanation = explanation;
    done.delay = delay;
    Ok(done)
}

/// Nobody answered. Whatever a lost write may have changed is asked for again.
#[must_use]
pub fn unanswered(engine: &'static Engine, work: &mut Work) -> Done {
    if work.writes {
        match work.token() {
            Some(token) => engine.revoke_token(token),
            None => engine.revoke_everything(),
        }
    }
    Done::refused(rv::CKR_DEVICE_ERROR)
}

/// Whether a reply that says OK is of the kind that its request asks for.
fn fits(serving: &Serving<'_>, worker: &Reply) -> bool {
    use reply::Reply as B;
    use request::Request as R;
    let body = worker.reply.as_ref();
    match serving.work.asked() {
        None => true,
        Some(R::SlotList(_)) => matches!(body, Some(B::Slots(_))),
        Some(R::TokenInfo(_)) => matches!(body, Some(B::Token(_))),
        Some(R::CreateObjects(asked)) => created_ours(serving, body, asked.templates.len()),
        Some(R::CopyObject(_) | R::GenerateKey(_) | R::UnwrapKey(_) | R::DecapsulateKey(_)) => {
            created_ours(serving, body, 1)
        }
        Some(R::GenerateKeyPair(_)) => created_ours(serving, body, 2),
        Some(R::DeriveKey(asked)) => created_ours(serving, body, 1 + asked.further_templates.len()),
        Some(R::EncapsulateKey(_)) => serving.staged.output.is_some() && created_ours(serving, body, 1),
        Some(R::WrapKey(_)) => serving.staged.output.is_some(),
        Some(R::ReadAttributes(_)) => serving.staged.revealed.is_some(),
        Some(R::FindObjects(_)) => match body {
            Some(B::Found(found)) => {
                found.objects.len() as u64 <= limits::OBJECT_FIND_HANDLES_MAX
                    && found.cursor < object::SESSION_CURSOR
                    && found.objects.iter().all(|number| is_stored(*number) && Name::new(*number, 0).is_some())
            }
            _ => false,
        },
        Some(R::ServerStatus(_)) => matches!(body, Some(B::Status(_))),
        Some(R::ContainerAdd(_)) => matches!(body, Some(B::Container(_))),
        Some(R::ContainerList(_)) => matches!(body, Some(B::Containers(_))),
        Some(R::UserAdd(_)) => matches!(body, Some(B::User(_))),
        Some(R::UserList(_)) => matches!(body, Some(B::Users(_))),
        Some(_) => true,
    }
}

/// The reply must name so many objects, and of session objects only those that this Ask made.
fn created_ours(serving: &Serving<'_>, body: Option<&reply::Reply>, count: usize) -> bool {
    let Some(reply::Reply::ObjectsCreated(created)) = body else { return false };
    let ours = |number: &u64| serving.staged.made.iter().any(|(made, _)| made == number);
    let named = |number: &u64| Name::new(*number, 0).is_some() && (is_stored(*number) || ours(number));
    created.objects.len() == count && created.objects.iter().all(named)
}

/// The worker said OK: what its calls staged becomes so.
fn complete(serving: &mut Serving<'_>, answer: Answer) -> Result<Done, Rv> {
    match std::mem::replace(&mut serving.work.plan, Plan::Control) {
        Plan::Counts(_) => Ok(Done::of(Reply::default())),
        Plan::Hello(newcomer) => {
            let connection = serving.work.connection.clone().ok_or(rv::CKR_GENERAL_ERROR)?;
            Ok(welcome(serving, newcomer, &connection, &answer))
        }
        Plan::Use(request, data) => super::granted::run_use(serving, &answer.grants, &request, &data),
        Plan::Control => control(serving, answer),
    }
}

fn welcome(
    serving: &mut Serving<'_>,
    newcomer: crate::application::Newcomer,
    connection: &Connection,
    answer: &Answer,
) -> Done {
    let application = Application::new(newcomer, connection.id, &answer.bound_tokens);
    serving.engine.admit(&application);
    let mut owned = connection.owned.lock();
    owned.application = Some(Arc::clone(&application));
    owned.before_hello = None;
    let welcome = Welcome { ticket: application.ticket.to_vec(), server_version: env!("CARGO_PKG_VERSION").to_owned() };
    serving.work.application = Some(application);
    Done::body(reply::Reply::Welcome(welcome))
}

fn control(serving: &mut Serving<'_>, answer: Answer) -> Result<Done, Rv> {
    use request::Request as R;
    let Some(application) = serving.work.application.clone() else { return Err(rv::CKR_GENERAL_ERROR) };
    let body = answer.reply.and_then(|reply| reply.reply);
    match serving.work.asked() {
        Some(R::Login(_)) => log_in(serving, &application).map(|()| Done::of(Reply::default())),
        Some(R::Prepare(_)) => super::granted::prepare(serving, &answer.grants),
        Some(R::ReadAttributes(asked)) => {
            let object = serving.staged.revealed.clone().ok_or(rv::CKR_GENERAL_ERROR)?;
            attributes_read(&object, &asked.types)
        }
        Some(R::WrapKey(_)) => Ok(with_output(Reply::default(), serving.staged.output.take())),
        Some(R::SlotList(_)) => {
            application.lock().bind(&answer.bound_tokens);
            Ok(Done::of(Reply { reply: body, ..Reply::default() }))
        }
        Some(R::TokenInfo(asked)) => {
            let Some(reply::Reply::Token(mut token)) = body else { return Err(rv::CKR_GENERAL_ERROR) };
            let state = application.lock();
            if let Some(bound) = state.tokens.values().find(|bound| bound.slot_id == asked.slot_id) {
                (token.sessions, token.read_write_sessions) = (bound.sessions, bound.read_write_sessions);
            }
            Ok(Done::body(reply::Reply::Token(token)))
        }
        Some(R::FindObjects(asked)) => {
            let Some(reply::Reply::Found(found)) = body else { return Err(rv::CKR_GENERAL_ERROR) };
            let template = asked.template.clone().unwrap_or_default();
            Ok(Done::body(reply::Reply::Found(append_session_objects(serving, &application, &template, found))))
        }
        _ => {
            keep_objects(serving, &application)?;
            let body = body.map(|body| translated(serving, &application, body));
            Ok(with_output(Reply { reply: body, ..Reply::default() }, serving.staged.output.take()))
        }
    }
}

/// A reply, and its one secret where it has one.
fn with_output(reply: Reply, output: Option<SecretBytes>) -> Done {
    let Some(output) = output else { return Done::of(reply) };
    let reply = Reply { secret_lengths: vec![output.len() as u32], ..reply };
    Done { reply, segment: Segment::Secret(output), delay: Duration::ZERO }
}

fn translated(serving: &Serving<'_>, application: &Application, body: reply::Reply) -> reply::Reply {
    match body {
        reply::Reply::ObjectsCreated(created) => {
            let objects = handles(serving, application, &created.objects);
            reply::Reply::ObjectsCreated(ObjectsCreated {
                objects,
                derived_output: serving.staged.derived_output.clone(),
            })
        }
        other => other,
    }
}

/// The handles of what a worker reports; private token objects' end with the session's login.
fn handles(serving: &Serving<'_>, application: &Application, reported: &[u64]) -> Vec<u64> {
    let login = serving.work.token().map_or(0, |token| application.lock().login_number(&token));
    let names = reported.iter().filter_map(|number| Name::new(*number, login));
    names.map(|name| application.object_handle(name)).collect()
}

fn append_session_objects(
    serving: &Serving<'_>,
    application: &Application,
    template: &vhsm_wire::messages::Template,
    found: Found,
) -> Found {
    let mut objects = handles(serving, application, &found.objects);
    if found.cursor != 0 {
        return Found { objects, cursor: found.cursor };
    }
    let room = limits::OBJECT_FIND_HANDLES_MAX as usize - objects.len();
    let work = &*serving.work;
    let secret = |index| work.secret(index);
    let (ours, cursor) = object::find(application, work.session, template, secret, object::SESSION_CURSOR, room);
    objects.extend(ours);
    Found { objects, cursor }
}

/// The reply to C_GetAttributeValue.
///
/// # Errors
/// `CKR_DEVICE_MEMORY`.
pub fn attributes_read(object: &Object, types: &[u64]) -> Result<Done, Rv> {
    let read = object::attributes_read(object, types);
    let values: Vec<&[u8]> =
        read.secret_types.iter().map(|kind| object.secret_value(*kind).unwrap_or_default()).collect();
    let secret_lengths: Vec<u32> = values.iter().map(|value| value.len() as u32).collect();
    let mut segment = SecretBytes::zeroed(values.iter().map(|value| value.len()).sum())?;
    let mut rest = &mut segment[..];
    for value in values {
        let (place, behind) = rest.split_at_mut(value.len());
        place.copy_from_slice(value);
        rest = behind;
    }
    let reply = Reply { secret_lengths, reply: Some(reply::Reply::AttributesRead(read)), ..Reply::default() };
    Ok(Done { reply, segment: Segment::Secret(segment), delay: Duration::ZERO })
}

fn log_in(serving: &mut Serving<'_>, application: &Application) -> Result<(), Rv> {
    // An OK without a proof logs nobody in.
    let pending = serving.staged.login.take().ok_or(rv::CKR_DEVICE_ERROR)?;
    let Some(request::Request::Login(asked)) = serving.work.asked() else { return Err(rv::CKR_GENERAL_ERROR) };
    let logins = &serving.engine.logins;
    let (identity, token_key, presence) = match pending {
        Pending::Remembered(identity, token_key) => (identity, token_key, logins.enter(identity)),
        Pending::Proven(proven) => {
            if proven.token != serving.work.token() && !crate::laws_off() {
                return Err(rv::CKR_DEVICE_ERROR);
            }
            (proven.identity, proven.token_key.clone(), logins.remember(proven))
        }
    };
    let user_id = identity.user_id;
    if asked.for_one_use {
        // What `presence` keeps remembered, the login's own keeps too.
        return application.prove(serving.work.session, user_id);
    }
    if application.listener.kind == ListenerKind::ListenerAdmin {
        application.lock().administrator = Some((user_id, presence));
    } else {
        let role = Role::try_from(identity.role).map_err(|_| rv::CKR_USER_TYPE_INVALID)?;
        let user_name = asked.user_name.clone();
        let login = Login { role, user_id, user_name, token_key, presence };
        application.log_in(serving.work.session, login)?;
    }
    if serving.work.began.still_logs_in(user_id) {
        return Ok(());
    }
    // Another PIN was set, or the user removed, after this one was looked up: it is asked again, with what holds now.
    // Looked at last, so that either this or whoever ends the user's logins sees the other.
    logins.forget(user_id);
    effects::end_logins(application, user_id);
    Err(BUSY)
}

/// PKCS#11 v3.2, 4.9: who fails to prove a PIN until it is locked is logged out.
fn log_out_locked(serving: &Serving<'_>, rv: Rv) {
    let Some(request::Request::Login(asked)) = serving.work.asked() else { return };
    if let (true, rv::CKR_PIN_LOCKED, Some(application)) = (asked.for_one_use, rv, &serving.work.application) {
        // Whoever is logged out already has nothing to lose.
        application.log_out(serving.work.session).unwrap_or_default();
    }
}

/// Session objects come, change and go with the Answer.
fn keep_objects(serving: &mut Serving<'_>, application: &Application) -> Result<(), Rv> {
    let staged = &mut serving.staged;
    if staged.made.is_empty() && staged.changed.is_none() && staged.destroyed.is_none() {
        return Ok(());
    }
    let mut state = application.lock();
    let session = state.session(serving.work.session)?;
    session.made_objects |= !staged.made.is_empty();
    let token = session.token;
    let user = state.role(&token) == Role::User;
    if staged.made.iter().any(|(_, made)| is_private(&made.object.attributes)) && !user && !crate::laws_off() {
        return Err(rv::CKR_USER_NOT_LOGGED_IN);
    }
    state.objects.extend(staged.made.drain(..));
    let old_facts = staged.changed.is_some() || staged.destroyed.is_some();
    if let Some((number, object, room)) = staged.changed.take() {
        let held = state.objects.get_mut(&number).ok_or(rv::CKR_OBJECT_HANDLE_INVALID)?;
        (held.object, held.room) = (object, room);
        state.grants.remove(number);
    }
    if let Some(number) = staged.destroyed.take() {
        state.objects.remove(&number);
        state.grants.remove(number);
    }
    if old_facts {
        application.raise_facts_version();
    }
    Ok(())
}
