//! An Ask on its way: everything that is needed to ask a worker and to answer the application, owned, so that it
//! can wait in a queue instead of on a thread.

use crate::application::Application;
use crate::gate::connection::Connection;
use crate::gate::limits::{Held, Place};
use crate::gate::listener::Listener;
use crate::grant::Began;
use crate::laws::Encapsulated;
use crate::memory::SecretBytes;
use crate::object::Uuid;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vhsm_wire::frame::Lane;
use vhsm_wire::limits;
use vhsm_wire::messages::{
    self, AskSession, Mechanism, Operation, Request, SealedObject, UseCount, mechanism, request,
};
use zeroize::Zeroizing;

/// What happens once the worker has answered.
pub enum Plan {
    /// The reply is the worker's, completed by the engine.
    Control,
    /// An application is made.
    Hello(crate::application::Newcomer),
    /// The use that had no grant runs, with its data.
    Use(Request, Zeroizing<Vec<u8>>),
    /// Nobody waits: a batch of counts.
    Counts(Vec<UseCount>),
}

/// An Ask on its way.
pub struct Work {
    /// Who waits for the reply; `None` for the engine's own.
    pub connection: Option<Arc<Connection>>,
    /// The lane of the reply.
    pub lane: Lane,
    /// Whose it is, after Hello.
    pub application: Option<Arc<Application>>,
    /// Where it came in.
    pub listener: Option<Arc<Listener>>,
    /// As the worker sees it: numbers instead of handles.
    pub request: Option<Request>,
    /// Number of the session that it names; 0 for none.
    pub session: u64,
    /// That session.
    pub ask_session: Option<AskSession>,
    /// The secrets, one after the other.
    pub secrets: Option<SecretBytes>,
    /// What the secrets take of the container's share.
    pub held: Option<Held>,
    /// What follows.
    pub plan: Plan,
    /// When it must be answered.
    pub deadline: Instant,
    /// Whether a slow worker serves it.
    pub slow: bool,
    /// Whether it may write: then a lost worker may have written.
    pub writes: bool,
    /// Whether a worker died over it.
    pub asked_before: bool,
    /// UUIDs chosen for it, by template; a second worker gets the same.
    pub uuids: HashMap<u32, Uuid>,
    /// What C_EncapsulateKey has made, for a second worker too.
    pub encapsulated: Option<Encapsulated>,
    /// Its places among those that wait.
    pub waiting: Vec<Place>,
    /// When it began, in revocations.
    pub began: Began,
}

/// How long a worker has for an Ask, and an Ask for a worker.
#[must_use]
pub fn time_allowed(slow: bool) -> Duration {
    Duration::from_millis(if slow { limits::WORKER_DEADLINE_SLOW_MS } else { limits::WORKER_DEADLINE_QUICK_MS })
}

/// Whether slow workers serve this request.
#[must_use]
pub fn is_slow(request: &request::Request) -> bool {
    use request::Request as R;
    let from_password = |asked: &Mechanism| matches!(asked.parameters, Some(mechanism::Parameters::Pbkdf2(_)));
    if let R::GenerateKey(asked) = request {
        return asked.mechanism.as_ref().is_some_and(from_password);
    }
    matches!(
        request,
        R::Login(_)
            | R::SetPin(_)
            | R::InitPin(_)
            | R::InitToken(_)
            | R::UserAdd(_)
            | R::UserModify(_)
            | R::GenerateKeyPair(_)
    )
}

/// Whether this request may write objects, keys or rows.
#[must_use]
pub fn is_write(request: &request::Request) -> bool {
    use request::Request as R;
    matches!(
        request,
        R::CreateObjects(_)
            | R::CopyObject(_)
            | R::DestroyObject(_)
            | R::SetAttributes(_)
            | R::GenerateKey(_)
            | R::GenerateKeyPair(_)
            | R::UnwrapKey(_)
            | R::DeriveKey(_)
            | R::EncapsulateKey(_)
            | R::DecapsulateKey(_)
            | R::SetPin(_)
            | R::InitPin(_)
            | R::InitToken(_)
            | R::ContainerAdd(_)
            | R::ContainerRemove(_)
            | R::UserAdd(_)
            | R::UserModify(_)
            | R::UserRemove(_)
    )
}

impl Work {
    /// The request that the worker sees.
    #[must_use]
    pub fn asked(&self) -> Option<&request::Request> {
        self.request.as_ref()?.request.as_ref()
    }

    /// A secret of the request, by its index.
    #[must_use]
    pub fn secret(&self, index: u32) -> Option<&[u8]> {
        let lengths = &self.request.as_ref()?.secret_lengths;
        let index = index as usize;
        let length = *lengths.get(index)? as usize;
        let start: usize = lengths[..index].iter().map(|length| *length as usize).sum();
        if length == 0 {
            return Some(&[]);
        }
        self.secrets.as_ref()?.get(start..start + length)
    }

    /// The token of its session.
    #[must_use]
    pub fn token(&self) -> Option<Uuid> {
        self.ask_session.as_ref()?.token_uuid.as_slice().try_into().ok()
    }

    /// The number of the object that the request names, the key that is used where it names several.
    #[must_use]
    pub fn target(&self) -> Option<u64> {
        self.targets().first().copied()
    }

    /// The numbers of all objects that the request names.
    #[must_use]
    pub fn targets(&self) -> Vec<u64> {
        use request::Request as R;
        match self.asked() {
            Some(R::CopyObject(message)) => vec![message.object],
            Some(R::DestroyObject(message)) => vec![message.object],
            Some(R::ReadAttributes(message)) => vec![message.object],
            Some(R::SetAttributes(message)) => vec![message.object],
            Some(R::Prepare(message)) => vec![message.key],
            Some(R::WrapKey(message)) => vec![message.wrapping_key, message.key],
            Some(R::UnwrapKey(message)) => vec![message.unwrapping_key],
            Some(R::DeriveKey(message)) => [&[message.base_key], message.further_keys.as_slice()].concat(),
            Some(R::EncapsulateKey(message)) => vec![message.public_key],
            Some(R::DecapsulateKey(message)) => vec![message.private_key],
            _ => Vec::new(),
        }
    }

    /// The Ask.
    #[must_use]
    pub fn ask(&self, status: Option<messages::Status>) -> messages::Ask {
        let application = self.application.as_deref();
        let newcomer = match &self.plan {
            Plan::Hello(newcomer) => Some(newcomer),
            _ => None,
        };
        let caller = self.listener.as_ref().map(|listener| messages::Caller {
            kind: listener.kind.into(),
            enrolment_id: listener.enrolment_id.to_vec(),
            application: application.map_or(newcomer.map_or(0, |newcomer| newcomer.id), |application| application.id),
            evidence: application
                .map(|application| application.seen.clone())
                .or(newcomer.map(|newcomer| newcomer.evidence.seen.clone())),
            unseen: application
                .map(|application| application.unseen.clone())
                .or(newcomer.map(|newcomer| newcomer.evidence.unseen.clone()))
                .unwrap_or_default(),
            administrator_id: application
                .and_then(|application| application.lock().administrator.as_ref().map(|(user_id, _)| *user_id))
                .unwrap_or(0),
        });
        messages::Ask {
            caller,
            session: self.ask_session.clone(),
            secret_lengths: self.request.as_ref().map(|request| request.secret_lengths.clone()).unwrap_or_default(),
            request: self.request.clone(),
            session_objects: self.session_objects(),
            asked_before: self.asked_before,
            use_counts: match &self.plan {
                Plan::Counts(counts) => counts.clone(),
                _ => Vec::new(),
            },
            engine_status: status,
        }
    }

    fn session_objects(&self) -> Vec<SealedObject> {
        let Some(application) = &self.application else { return Vec::new() };
        let state = application.lock();
        let named = self.targets().into_iter().filter_map(|number| Some((number, state.objects.get(&number)?)));
        named
            .map(|(number, held)| SealedObject {
                number,
                attributes: held.object.attributes.encode(),
                ..SealedObject::default()
            })
            .collect()
    }
}

/// The Prepare that stands for a use in an Ask.
#[must_use]
pub fn prepare(operation: Operation, key: u64, mechanism: Option<&Mechanism>) -> request::Request {
    let prepare = messages::Prepare { operation: operation.into(), key, mechanism: mechanism.cloned() };
    request::Request::Prepare(prepare)
}
