//! The use lane: sign, verify, encrypt, decrypt, digest on what is granted, by the engine alone.
//!
//! The application's lock is held to find session, grant and stream, never during the cryptography.

use crate::application::name::Name;
use crate::application::session::Running;
use crate::application::{Application, State};
use crate::gate::limits::Held;
use crate::grant::Granted;
use crate::laws::{self, AllowedUses};
use crate::mechanism::{self, NonceRule, ReadyKey, Stream};
use crate::object::Uuid;
use crate::rv::{self, Rv};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use vhsm_wire::messages::mechanism::Parameters;
use vhsm_wire::messages::{Mechanism, Operation, Role, Step, Use, request};

/// The engine's coarse clock, for the age of cached keys; housekeeping moves it.
pub static TICK: AtomicU32 = AtomicU32::new(0);

/// A key, whether it is private, and whose nonces its token takes.
type Key = (Arc<ReadyKey>, bool, NonceRule);

/// One use, whatever its chapter.
pub struct UseRequest<'a> {
    /// What is done.
    pub operation: Operation,
    /// Which part.
    pub step: Step,
    /// The key; none (number 0) where the step names none.
    pub key: Name,
    /// The mechanism, where the step names one.
    pub mechanism: Option<&'a Mechanism>,
    /// The data.
    pub data: &'a [u8],
    /// The signature to verify.
    pub signature: Option<&'a [u8]>,
}

/// A decision that serves one reply, kept or not.
pub struct Fresh {
    /// The object.
    pub object: u64,
    /// Law 3.
    pub allowed: AllowedUses,
    /// The key.
    pub key: Arc<ReadyKey>,
    /// Whose.
    pub token: Uuid,
    /// Whether it needs the user's login.
    pub private: bool,
    /// Whether it needs a proof of the PIN for each use.
    pub always_authenticate: bool,
}

/// Why a use did not run.
pub enum Stop {
    /// Refused.
    Refused(Rv),
    /// A worker must decide first.
    NeedGrant,
}

impl From<Rv> for Stop {
    fn from(rv: Rv) -> Self {
        Self::Refused(rv)
    }
}

impl<'a> UseRequest<'a> {
    /// Read a request of the use lane (or DigestKey). `None` for any other.
    ///
    /// # Errors
    /// `CKR_ARGUMENTS_BAD` where parts are missing or contradict each other.
    pub fn parse(application: &Application, request: &'a request::Request, data: &'a [u8]) -> Option<Result<Self, Rv>> {
        let (operation, inner, signature_length) = match request {
            request::Request::Encrypt(message) => (Operation::Encrypt, message.r#use.as_ref(), None),
            request::Request::Decrypt(message) => (Operation::Decrypt, message.r#use.as_ref(), None),
            request::Request::Sign(message) => (Operation::Sign, message.r#use.as_ref(), None),
            request::Request::SignRecover(message) => (Operation::SignRecover, message.r#use.as_ref(), None),
            request::Request::VerifyRecover(message) => (Operation::VerifyRecover, message.r#use.as_ref(), None),
            request::Request::Verify(message) => {
                (Operation::Verify, message.r#use.as_ref(), Some(message.signature_length as usize))
            }
            request::Request::Digest(message) => (Operation::Digest, message.r#use.as_ref(), None),
            request::Request::DigestKey(message) => {
                let key = application.object_name(message.key);
                let (operation, step) = (Operation::DigestKey, Step::Update);
                return Some(Ok(Self { operation, step, key, mechanism: None, data, signature: None }));
            }
            _ => return None,
        };
        Some(Self::of_use(application, operation, inner, data, signature_length))
    }

    fn of_use(
        application: &Application,
        operation: Operation,
        inner: Option<&'a Use>,
        data: &'a [u8],
        signature_length: Option<usize>,
    ) -> Result<Self, Rv> {
        let inner = inner.ok_or(rv::CKR_ARGUMENTS_BAD)?;
        let step = Step::try_from(inner.step).map_err(|_| rv::CKR_ARGUMENTS_BAD)?;
        let begins = matches!(step, Step::Complete | Step::Start);
        let ends = matches!(step, Step::Complete | Step::Finish);
        if begins != inner.mechanism.is_some() || (!begins || operation == Operation::Digest) != (inner.key == 0) {
            return Err(rv::CKR_ARGUMENTS_BAD);
        }
        // Neither exists in parts (PKCS#11 v3.2, 5.14 and 5.16).
        if matches!(operation, Operation::SignRecover | Operation::VerifyRecover) && step != Step::Complete {
            return Err(rv::CKR_ARGUMENTS_BAD);
        }
        let (data, signature) = match signature_length {
            Some(length) if ends => {
                let (data, signature) = data.split_at(data.len().checked_sub(length).ok_or(rv::CKR_ARGUMENTS_BAD)?);
                (data, Some(signature))
            }
            Some(0) | None => (data, None),
            Some(_) => return Err(rv::CKR_ARGUMENTS_BAD),
        };
        let key = application.object_name(inner.key);
        Ok(Self { operation, step, key, mechanism: inner.mechanism.as_ref(), data, signature })
    }

    /// Run it; the output is appended to `out`.
    ///
    /// # Errors
    /// [`Stop`]; an operation in parts that fails has ended.
    pub fn run(
        &self,
        application: &Application,
        session: u64,
        fresh: Option<&Fresh>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        match (self.step, self.operation) {
            (_, Operation::DigestKey) => self.digest_key(application, session, fresh),
            (Step::Complete, Operation::Digest) => {
                self.check_idle(&mut application.lock(), session)?;
                Ok(mechanism::digest_complete(self.mechanism()?, self.data, out)?)
            }
            (Step::Complete, _) => {
                let (key, _, rule) = self.begin(application, session, fresh)?;
                let mechanism = self.with_nonce(application, session, &key, rule, out)?;
                Ok(key.complete(self.operation, &mechanism, self.data, self.signature, out)?)
            }
            (Step::Start, Operation::Digest) => {
                self.check_idle(&mut application.lock(), session)?;
                let stream = mechanism::digest_start(self.mechanism()?)?;
                self.keep(application, session, stream, false, out)
            }
            (Step::Start, _) => {
                let (key, private, rule) = self.begin(application, session, fresh)?;
                let mechanism = self.with_nonce(application, session, &key, rule, out)?;
                let stream = key.start(self.operation, &mechanism)?;
                self.keep(application, session, stream, private, out)
            }
            (Step::Update, _) => self.update(application, session, |stream| stream.update(self.data, out)),
            (Step::Finish, _) => {
                let (stream, _) = self.take(application, session)?;
                application.lock().session(session).map(|session| session.cancel(self.operation))?;
                Ok(stream.finish(self.data, self.signature, out)?)
            }
        }
    }

    fn mechanism(&self) -> Result<&'a Mechanism, Rv> {
        self.mechanism.ok_or(rv::CKR_ARGUMENTS_BAD)
    }

    /// The mechanism, whose nonce is taken; of a message whose nonce is to be made with that, which comes before the
    /// output.
    fn with_nonce(
        &self,
        application: &Application,
        session: u64,
        key: &ReadyKey,
        rule: NonceRule,
        out: &mut Vec<u8>,
    ) -> Result<Cow<'a, Mechanism>, Rv> {
        let mechanism = self.mechanism()?;
        let Some(Parameters::Message(sent)) = &mechanism.parameters else {
            // Java ends a GCM encryption that it gives up by encrypting nothing, and begins again with the same nonce.
            let ends = self.step == Step::Complete && self.data.is_empty() && mechanism::is_bare(mechanism);
            if !(ends && rule == NonceRule::Fresh) {
                key.take_nonce(self.operation, mechanism, rule, false)?;
            }
            return Ok(Cow::Borrowed(mechanism));
        };
        if self.operation != Operation::Encrypt {
            return Err(rv::CKR_MECHANISM_PARAM_INVALID);
        }
        let mut state = application.lock();
        let counter = &mut state.session(session)?.message_counter;
        let nonce = mechanism::next_nonce(counter, self.key.number, sent, rule)?;
        drop(state);
        out.extend_from_slice(&nonce);
        let mechanism = mechanism::with_nonce(mechanism.r#type, sent, nonce)?;
        key.take_nonce(self.operation, &mechanism, rule, true)?;
        Ok(Cow::Owned(mechanism))
    }

    fn check_idle(&self, state: &mut State, session: u64) -> Result<Uuid, Rv> {
        let session = state.session(session)?;
        if session.running(self.operation).is_some() { Err(rv::CKR_OPERATION_ACTIVE) } else { Ok(session.token) }
    }

    /// The start of an operation, ordered by the application's lock: session, login and grant, in this order.
    fn begin(&self, application: &Application, session: u64, fresh: Option<&Fresh>) -> Result<Key, Stop> {
        let mut state = application.lock();
        let token = self.check_idle(&mut state, session)?;
        let (key, private, always_authenticate) = self.granted(&mut state, token, fresh, self.mechanism()?.r#type)?;
        let proven = always_authenticate && state.session(session)?.spend(self.key.number, self.operation);
        laws::usable_once(always_authenticate, proven)?;
        let nonces = state.nonces(&token);
        Ok((key, private, nonces))
    }

    /// The key, whether it is private, and whether it needs a proof of the PIN.
    fn granted(
        &self,
        state: &mut State,
        token: Uuid,
        fresh: Option<&Fresh>,
        mechanism: u64,
    ) -> Result<(Arc<ReadyKey>, bool, bool), Stop> {
        if let Some(fresh) = fresh {
            return self.fresh(state, token, fresh, mechanism);
        }
        let Some(granted) = state.grants.find(self.key.number) else { return Err(Stop::NeedGrant) };
        if granted.token != token
            || granted.login != self.key.login
            || !granted.allowed.permits(self.operation, mechanism)
        {
            return Err(Stop::NeedGrant);
        }
        Ok((use_once(granted, self.operation), granted.private, granted.facts.always_authenticate))
    }

    fn fresh(
        &self,
        state: &mut State,
        token: Uuid,
        fresh: &Fresh,
        mechanism: u64,
    ) -> Result<(Arc<ReadyKey>, bool, bool), Stop> {
        let alive = fresh.object == self.key.number && fresh.token == token && state.is_alive(self.key, &token);
        if !alive || fresh.private && !crate::laws_off() && state.role(&token) != Role::User {
            return Err(Stop::Refused(rv::CKR_KEY_HANDLE_INVALID));
        }
        let permitted = fresh.allowed.permits(self.operation, mechanism);
        state.grants.count_departed(token, self.key.number, self.operation, permitted);
        if !permitted {
            return Err(Stop::Refused(rv::CKR_KEY_FUNCTION_NOT_PERMITTED));
        }
        Ok((Arc::clone(&fresh.key), fresh.private, fresh.always_authenticate))
    }

    /// Feed the first part and leave the stream with the session.
    fn keep(
        &self,
        application: &Application,
        session: u64,
        mut stream: Stream,
        private: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        let shares = &application.listener.shares;
        let left_secret = Held::take(&shares.left_secret, stream.secret_bytes()).ok_or(rv::CKR_DEVICE_MEMORY)?;
        let gathered = if stream.gathers() { self.data.len() } else { 0 };
        let withheld = Held::take(&shares.left, gathered).ok_or(rv::CKR_DEVICE_MEMORY)?;
        stream.update(self.data, out)?;
        let mut state = application.lock();
        let token = self.check_idle(&mut state, session)?;
        // Logout may have come between the start and now.
        if private && state.role(&token) != Role::User {
            return Err(Stop::Refused(rv::CKR_KEY_HANDLE_INVALID));
        }
        let serial = state.next_operation();
        let mechanism = self.mechanism()?.r#type;
        let operation = self.operation;
        let running = Running { operation, serial, mechanism, private, stream: Some(stream), left_secret, withheld };
        state.session(session)?.running.push(running);
        Ok(())
    }

    /// Take the stream out of its session, for this thread alone.
    fn take(&self, application: &Application, session: u64) -> Result<(Stream, u64), Rv> {
        let kind = if self.operation == Operation::DigestKey { Operation::Digest } else { self.operation };
        let mut state = application.lock();
        let running = state.session(session)?.running(kind).ok_or(rv::CKR_OPERATION_NOT_INITIALIZED)?;
        // Another thread of the application is at this operation right now.
        let stream = running.stream.take().ok_or(rv::CKR_OPERATION_ACTIVE)?;
        Ok((stream, running.serial))
    }

    /// Work on the stream outside the lock, then put it back, unless it failed or was cancelled meanwhile.
    fn update(
        &self,
        application: &Application,
        session: u64,
        work: impl FnOnce(&mut Stream) -> Result<(), Rv>,
    ) -> Result<(), Stop> {
        let kind = if self.operation == Operation::DigestKey { Operation::Digest } else { self.operation };
        let (mut stream, serial) = self.take(application, session)?;
        let gathered = if stream.gathers() { self.data.len() } else { 0 };
        let mut outcome = work(&mut stream);
        let mut state = application.lock();
        let session = state.session(session)?;
        match session.running(kind) {
            Some(running) if running.serial == serial => {
                if outcome.is_ok() && !running.withheld.add(gathered) {
                    outcome = Err(rv::CKR_DEVICE_MEMORY);
                }
                match outcome {
                    Ok(()) => running.stream = Some(stream),
                    Err(_) => session.cancel(kind),
                }
            }
            _ => return Err(Stop::Refused(rv::CKR_OPERATION_NOT_INITIALIZED)),
        }
        Ok(outcome?)
    }

    fn digest_key(&self, application: &Application, session: u64, fresh: Option<&Fresh>) -> Result<(), Stop> {
        let key = {
            let mut state = application.lock();
            let running = state.session(session)?;
            let token = running.token;
            let digest = running.running(Operation::Digest).ok_or(rv::CKR_OPERATION_NOT_INITIALIZED)?;
            let mechanism = digest.mechanism;
            // Of a secret key, which never has CKA_ALWAYS_AUTHENTICATE.
            let (key, private, _) = self.granted(&mut state, token, fresh, mechanism)?;
            // From here on the digest is an operation with a private key: logout ends it.
            if let Some(digest) = state.session(session)?.running(Operation::Digest) {
                digest.private |= private;
            }
            key
        };
        self.update(application, session, |stream| stream.digest_key(&key))
    }
}

fn use_once(granted: &mut Granted, operation: Operation) -> Arc<ReadyKey> {
    granted.last_used = TICK.load(Ordering::Relaxed);
    granted.counts.done[operation as usize] = granted.counts.done[operation as usize].saturating_add(1);
    if let Some(left) = &mut granted.uses_left {
        *left = left.saturating_sub(1);
    }
    Arc::clone(&granted.key)
}
