//! Taking a Grant: law 3, the key made ready, and the use that waited for it.

use super::exchange::Serving;
use super::outcome::{Done, Segment};
use crate::application::Application;
use crate::application::session::OneUse;
use crate::grant::{Counts, Granted, is_stored};
use crate::laws;
use crate::live::Engine;
use crate::mechanism::{self, ReadyKey};
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid, is_private};
use crate::operation::{Fresh, Stop, TICK, UseRequest};
use crate::rv::{self, Rv};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Grant, Operation, Prepared, Reply, Request, Role, reply, request};
use vhsm_wire::tables::{CKA_ALWAYS_AUTHENTICATE, CKA_KEY_TYPE};
use zeroize::Zeroizing;

struct Taken {
    fresh: Fresh,
    object: Arc<Object>,
    facts: Prepared,
    /// Uses, of which this Ask may take one; `None` without limit.
    uses: Option<u64>,
    expires: Option<Instant>,
}

/// Answer a Prepare: check what an Init checks, keep the grant.
///
/// # Errors
/// What C_SignInit and its kin answer.
pub fn prepare(serving: &mut Serving<'_>, grants: &[Grant]) -> Result<Done, Rv> {
    let Some(request::Request::Prepare(asked)) = serving.work.asked() else { return Err(rv::CKR_GENERAL_ERROR) };
    let asked = asked.clone();
    let operation = Operation::try_from(asked.operation).map_err(|_| rv::CKR_ARGUMENTS_BAD)?;
    let taken = take(serving, grants)?;
    if let Some(mechanism) = &asked.mechanism {
        mechanism::check(operation, mechanism, &taken.object.attributes)?;
        let application = serving.work.application.as_ref().ok_or(rv::CKR_GENERAL_ERROR)?;
        application.lock().nonces(&taken.fresh.token).check(operation, mechanism)?;
    }
    let mechanism = asked.mechanism.as_ref().map_or(0, |mechanism| mechanism.r#type);
    if !taken.fresh.allowed.permits(operation, mechanism) {
        return Err(rv::CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
    let output_bytes = mechanism::output_bytes(mechanism, &taken.object.attributes);
    let facts = Prepared { output_bytes, ..taken.facts };
    if facts.always_authenticate {
        let application = serving.work.application.as_ref().ok_or(rv::CKR_GENERAL_ERROR)?;
        let one_use = OneUse { object: taken.fresh.object, operation, proven: false };
        application.lock().session(serving.work.session)?.one_use = Some(one_use);
    }
    let uses = taken.uses;
    keep(serving, taken, uses);
    Ok(Done::body(reply::Reply::Prepared(facts)))
}

/// Run the use that waited for its grant.
///
/// # Errors
/// What the use answers.
pub fn run_use(serving: &mut Serving<'_>, grants: &[Grant], request: &Request, data: &[u8]) -> Result<Done, Rv> {
    let application = serving.work.application.clone().ok_or(rv::CKR_GENERAL_ERROR)?;
    let taken = take(serving, grants)?;
    let inner = request.request.as_ref().ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let asked = UseRequest::parse(&application, inner, data).ok_or(rv::CKR_GENERAL_ERROR)??;
    let mut output = Zeroizing::new(Vec::new());
    let outcome = asked.run(&application, serving.work.session, Some(&taken.fresh), &mut output);
    let uses = taken.uses.map(|uses| uses.saturating_sub(1));
    keep(serving, taken, uses);
    match outcome {
        Ok(()) => Ok(Done { reply: Reply::default(), segment: Segment::Data(output), delay: Duration::ZERO }),
        Err(Stop::Refused(rv)) => Err(rv),
        Err(Stop::NeedGrant) => Err(rv::CKR_KEY_HANDLE_INVALID),
    }
}

/// Law 1: of the Answer's grants, the one on the object that was asked for. Law 3: no more than its attributes say.
fn take(serving: &Serving<'_>, grants: &[Grant]) -> Result<Taken, Rv> {
    let number = serving.work.target().ok_or(rv::CKR_GENERAL_ERROR)?;
    let token = serving.work.token().ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
    let application = serving.work.application.as_ref().ok_or(rv::CKR_GENERAL_ERROR)?;
    let grant = grants.iter().find(|grant| grant.object == number).ok_or(rv::CKR_DEVICE_ERROR)?;
    let object = match &serving.staged.opened {
        Some((opened, object)) if *opened == number => Arc::clone(object),
        _ => session_object(application, number, token)?,
    };
    let allowed = laws::granted(&object.attributes, grant);
    let always = object.attributes.boolean(CKA_ALWAYS_AUTHENTICATE) == Some(true);
    let facts = Prepared {
        key_type: object.attributes.number(CKA_KEY_TYPE).ok_or(rv::CKR_KEY_HANDLE_INVALID)?,
        key_size: mechanism::key_size(&object.attributes).ok_or(rv::CKR_KEY_HANDLE_INVALID)? as u32,
        always_authenticate: always,
        output_bytes: 0,
    };
    let uses = if always { Some(1) } else { Some(grant.uses).filter(|uses| *uses > 0) };
    let lifetime = Some(grant.lifetime_s).filter(|lifetime| *lifetime > 0).map(Duration::from_secs);
    let nonces = serving.engine.nonces.of(number);
    nonces.made_before(grant.encryptions);
    let key = Arc::new(ready(serving.engine, &object.attributes, &object.secret)?.remembering(nonces));
    let fresh = Fresh {
        object: number,
        allowed,
        key,
        token,
        private: is_private(&object.attributes),
        always_authenticate: always,
    };
    Ok(Taken {
        fresh,
        object,
        facts,
        uses,
        expires: lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime)),
    })
}

fn session_object(application: &Application, number: u64, token: Uuid) -> Result<Arc<Object>, Rv> {
    if is_stored(number) {
        // The worker granted what it never opened.
        return Err(rv::CKR_DEVICE_ERROR);
    }
    let state = application.lock();
    let object = state.objects.get(&number).filter(|object| object.token == token);
    Ok(Arc::clone(&object.ok_or(rv::CKR_KEY_HANDLE_INVALID)?.object))
}

/// Make the contexts; where secret memory is full, keys used long ago go first.
pub(super) fn ready(engine: &'static Engine, attributes: &Attributes, secret: &[u8]) -> Result<ReadyKey, Rv> {
    engine.make_room();
    let make = || ReadyKey::new(attributes, SecretBytes::copy_of(secret)?);
    match make() {
        Err(rv::CKR_DEVICE_MEMORY) => {
            engine.evict();
            make()
        }
        outcome => outcome,
    }
}

/// Keep the grant, if nothing has revoked it since the Ask began and its login still stands.
fn keep(serving: &Serving<'_>, taken: Taken, uses_left: Option<u64>) {
    let Some(application) = &serving.work.application else { return };
    let Taken { fresh, facts, expires, object, .. } = taken;
    let mut state = application.lock();
    let logged_in = !fresh.private || state.role(&fresh.token) == Role::User || crate::laws_off();
    let alive = !state.ended && (is_stored(fresh.object) || state.objects.contains_key(&fresh.object));
    let holds = serving.work.began.still_holds(fresh.object, fresh.token);
    if !logged_in || !alive || !holds || uses_left == Some(0) {
        return;
    }
    // Session objects need none: they end with it themselves.
    let login = if fresh.private && is_stored(fresh.object) { state.login_number(&fresh.token) } else { 0 };
    let granted = Granted {
        allowed: fresh.allowed,
        key: fresh.key,
        token: fresh.token,
        private: fresh.private,
        login,
        facts,
        attributes: object.attributes.clone(),
        uses_left,
        expires,
        last_used: TICK.load(Ordering::Relaxed),
        counts: Counts::default(),
    };
    state.grants.insert(fresh.object, granted);
}
