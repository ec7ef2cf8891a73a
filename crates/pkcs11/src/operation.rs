//! What encryption, digests and signatures share: an operation's life between Init and its end.
//!
//! Nothing goes out at Init once the engine has confirmed such a use. Parts are gathered and sent as one
//! (STEP_COMPLETE); what grows beyond `gather_length_max` is streamed (STEP_START, UPDATE, FINISH).

use crate::facts::Confirmed;
use crate::ffi::{Input, MechanismIn, Output, Room};
use crate::gather::Gathered;
use crate::kind::Kind;
use crate::library::{self, Answer, Library, Session};
use crate::mechanism::{self, Chosen};
use crate::message::Messages;
use crate::object::AttributesSeen;
use crate::rv::{Result, Rv};
use crate::search::Search;
use crate::slot_token::policy_of;
use cryptoki_sys::*;
use vhsm_wire::limits;
use vhsm_wire::messages::{
    Cancel, Decrypt, Digest, Encrypt, Mechanism, Prepare, Sign, SignRecover, Step, Use, Verify, VerifyRecover,
};
use vhsm_wire::messages::{reply, request};
use vhsm_wire::table::MechanismRow;

/// Parts of an operation up to this many bytes are sent as one.
pub const GATHER_LENGTH_MAX: usize = limits::OPERATION_GATHER_LENGTH_MAX as usize;
/// Data of one round trip, in bytes.
pub const SEGMENT_LENGTH_MAX: usize = limits::FRAME_SEGMENT_LENGTH_MAX as usize;

/// What a session has going on.
#[derive(Default)]
pub struct Operations {
    /// At most one that the engine calls by the same name.
    active: Vec<Operation>,
    pub search: Option<Box<Search>>,
    pub attributes: AttributesSeen,
}

impl Operations {
    /// End the operation of this kind, if there is one.
    pub fn cancel(&mut self, context: &Context<'_>, kind: Kind) -> bool {
        let place = self.active.iter().position(|operation| operation.kind == kind);
        place.map(|place| self.active.swap_remove(place).abandon(context)).is_some()
    }

    /// End all that are active.
    pub fn cancel_all(&mut self, context: &Context<'_>) {
        self.active.drain(..).for_each(|mut operation| operation.abandon(context));
    }

    /// All that are active.
    pub fn all(&self) -> &[Operation] {
        &self.active
    }

    fn check_idle(&self, kind: Kind) -> Result<()> {
        let excludes = |operation: &Operation| operation.kind.wire() == kind.wire();
        if self.active.iter().any(excludes) { Err(Rv(CKR_OPERATION_ACTIVE)) } else { Ok(()) }
    }

    /// Begin an operation, once the engine has confirmed the use.
    ///
    /// # Errors
    /// CKR_OPERATION_ACTIVE, and what the engine answers.
    pub fn begin(&mut self, context: &Context<'_>, kind: Kind, key: u64, chosen: Chosen) -> Result<&mut Operation> {
        self.check_idle(kind)?;
        let output = if kind == Kind::Digest {
            // No key is in it, so no trip tells whether the token has it.
            let policy = policy_of(context.library, context.session.slot)?;
            if !chosen.row.offered(&policy).any(|offered| offered == kind.row()) {
                return Err(Rv(CKR_MECHANISM_INVALID));
            }
            chosen.output
        } else {
            let (operation, mechanism) = (kind.wire() as i32, chosen.row.value);
            confirm(context, Confirmed { key, operation, mechanism, shape: chosen.shape }, &chosen)?
        };
        self.active.push(Operation {
            kind,
            key,
            mechanism: Some(chosen.wire),
            messages: None,
            row: chosen.row,
            output,
            signature: Vec::new(),
            gathered: Gathered::default(),
            held: None,
            owed: 0,
            in_parts: false,
            streaming: false,
        });
        self.find(kind)
    }

    /// The active operation of this kind.
    ///
    /// # Errors
    /// CKR_OPERATION_NOT_INITIALIZED.
    pub fn find(&mut self, kind: Kind) -> Result<&mut Operation> {
        let mut active = self.active.iter_mut();
        active.find(|operation| operation.kind == kind).ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))
    }

    /// Run one call of an active operation. What PKCS#11 says of every such call: it ends the operation unless it says
    /// otherwise (`Continues`) or answers CKR_BUFFER_TOO_SMALL; an error ends it.
    pub fn run(
        &mut self,
        context: &Context<'_>,
        kind: Kind,
        call: impl FnOnce(&mut Operation, &Context<'_>) -> Result<After>,
    ) -> Result<()> {
        match call(self.find(kind)?, context) {
            Ok(After::Continues) => Ok(()),
            Ok(After::Ends) => {
                self.active.retain(|operation| operation.kind != kind);
                Ok(())
            }
            Err(Rv(CKR_BUFFER_TOO_SMALL)) => Err(Rv(CKR_BUFFER_TOO_SMALL)),
            Err(rv) => {
                self.cancel(context, kind);
                Err(rv)
            }
        }
    }
}

/// Where a call happens.
pub struct Context<'a> {
    pub library: &'static Library,
    pub session: &'a Session,
}

/// What becomes of an operation after a call that went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Continues,
    Ends,
}

pub struct Operation {
    pub kind: Kind,
    key: u64,
    /// Goes out with STEP_COMPLETE or STEP_START.
    pub mechanism: Option<Mechanism>,
    /// Of an operation that is for messages (message.rs).
    pub messages: Option<Messages>,
    pub row: &'static MechanismRow,
    /// Length of the MAC, digest, tag or signature, or of the key's block, in bytes.
    pub output: usize,
    /// What C_VerifySignatureInit brought.
    pub signature: Vec<u8>,
    pub gathered: Gathered,
    /// The result, where the caller's room for it was too small (block.rs, cipher.rs).
    pub held: Option<Gathered>,
    /// Bytes that went in and have not come out yet (encryption.rs, cipher.rs).
    pub owed: usize,
    /// An Update was called, so only Final may end it.
    pub in_parts: bool,
    /// The engine has the beginning of it.
    streaming: bool,
}

/// C_EncryptInit and its likes.
pub fn init(session: CK_SESSION_HANDLE, kind: Kind, mechanism: MechanismIn<'_>, key: u64) -> Result<()> {
    let choose = |mechanism, parameter: Input<'_>| mechanism::parse(mechanism, parameter, kind.row());
    init_with(session, kind, mechanism, key, choose, |_| Ok(()))
}

/// The same for an operation that gets more than mechanism and key. A null mechanism cancels (PKCS#11 v3.2, 5.8.1),
/// where there is something to cancel.
pub fn init_with<'a>(
    session: CK_SESSION_HANDLE,
    kind: Kind,
    mechanism: MechanismIn<'a>,
    key: u64,
    choose: impl FnOnce(u64, Input<'a>) -> Result<Chosen>,
    complete: impl FnOnce(&mut Operation) -> Result<()>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    let context = Context { library, session: &session };
    let mut operations = session.operations();
    let Some((mechanism, parameter)) = mechanism.read() else {
        return if operations.cancel(&context, kind) { Ok(()) } else { Err(Rv(CKR_ARGUMENTS_BAD)) };
    };
    operations.check_idle(kind)?;
    let chosen = choose(mechanism, parameter)?;
    let operation = operations.begin(&context, kind, key, chosen)?;
    let outcome = complete(operation);
    if outcome.is_err() {
        operations.cancel(&context, kind);
    }
    outcome
}

/// Ask the engine whether such a use will do, unless it has said so before; the length of its output, in bytes.
fn confirm(context: &Context<'_>, used: Confirmed, chosen: &Chosen) -> Result<usize> {
    let facts = &context.library.facts;
    if let Some(output) = facts.output_of(context.library.pool.stamp(), &used) {
        return Ok(output);
    }
    let prepare = Prepare { operation: used.operation, key: used.key, mechanism: Some(chosen.wire.clone()) };
    let mut answer = context.library.ask(Some(context.session), request::Request::Prepare(prepare), &[])?;
    let Some(reply::Reply::Prepared(prepared)) = answer.body() else { return Err(Rv(CKR_DEVICE_ERROR)) };
    let output = match (mechanism::sized_by_key(chosen.row), prepared.output_bytes) {
        (false, _) => chosen.output,
        (true, 0) => return Err(Rv(CKR_DEVICE_ERROR)),
        (true, bytes) => bytes as usize,
    };
    if !prepared.always_authenticate {
        facts.learn(answer.stamp(), used, output);
    }
    Ok(output)
}

/// Run one call of an active operation.
pub fn run(
    session: CK_SESSION_HANDLE,
    kind: Kind,
    call: impl FnOnce(&mut Operation, &Context<'_>) -> Result<After>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    session.operations().run(&Context { library, session: &session }, kind, call)
}

/// C_MessageEncryptFinal and its likes: the end of an operation that has no result.
pub fn end(session: CK_SESSION_HANDLE, kind: Kind) -> Result<()> {
    let (library, session) = library::session(session)?;
    let ended = session.operations().cancel(&Context { library, session: &session }, kind);
    if ended { Ok(()) } else { Err(Rv(CKR_OPERATION_NOT_INITIALIZED)) }
}

impl Operation {
    /// Refuse a single-part call in the middle of parts.
    pub fn must_be_whole(&self) -> Result<()> {
        if self.in_parts { Err(Rv(CKR_OPERATION_ACTIVE)) } else { Ok(()) }
    }

    /// Ask the engine whether another such use will do.
    ///
    /// # Errors
    /// CKR_OPERATION_NOT_INITIALIZED where the engine has the beginning of one; what it answers.
    pub fn prepare(&self, context: &Context<'_>, mechanism: Mechanism) -> Result<()> {
        if self.streaming {
            return Err(Rv(CKR_OPERATION_NOT_INITIALIZED));
        }
        let prepare = Prepare { operation: self.kind.wire() as i32, key: self.key, mechanism: Some(mechanism) };
        context.library.ask(Some(context.session), request::Request::Prepare(prepare), &[]).map(drop)
    }

    /// Take a part: gather it, or stream what has become too much.
    pub fn feed(&mut self, context: &Context<'_>, data: &[u8]) -> Result<()> {
        if self.gathered.len() + data.len() <= GATHER_LENGTH_MAX {
            self.gathered.push(data);
            return Ok(());
        }
        let mut waiting = std::mem::take(&mut self.gathered);
        for_each_chunk(data, SEGMENT_LENGTH_MAX - waiting.len(), SEGMENT_LENGTH_MAX, |chunk| {
            self.step(context, &[waiting.bytes(), chunk], 0)?;
            waiting.clear();
            Ok(())
        })
    }

    /// Send what is gathered, so that the engine's state is this operation's.
    pub fn flush(&mut self, context: &Context<'_>) -> Result<()> {
        if self.streaming && self.gathered.len() == 0 {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.gathered);
        self.step(context, &[waiting.bytes()], 0).map(drop)
    }

    /// STEP_START or STEP_UPDATE.
    pub fn step(&mut self, context: &Context<'_>, pieces: &[&[u8]], output_length: usize) -> Result<Answer<'static>> {
        let step = if self.streaming { Step::Update } else { Step::Start };
        self.streaming = true;
        context.library.apply(context.session, self.request(step, 0), pieces, output_length)
    }

    /// STEP_COMPLETE or STEP_FINISH, with what is gathered before `data`.
    pub fn finish(
        &mut self,
        context: &Context<'_>,
        data: &[u8],
        signature: &[u8],
        output_length: usize,
    ) -> Result<Answer<'static>> {
        let step = if self.streaming { Step::Finish } else { Step::Complete };
        let body = self.request(step, signature.len() as u32);
        let pieces = [self.gathered.bytes(), data, signature];
        let answer = context.library.apply(context.session, body, &pieces, output_length)?;
        self.streaming = false;
        Ok(answer)
    }

    /// All of the data at once, for an operation that gives back `output` bytes in the end.
    pub fn whole(&mut self, context: &Context<'_>, data: &[u8], signature: &[u8]) -> Result<Answer<'static>> {
        if data.len() + signature.len() <= SEGMENT_LENGTH_MAX {
            return self.finish(context, data, signature, self.output);
        }
        self.feed(context, data)?;
        self.finish(context, &[], signature, self.output)
    }

    fn request(&mut self, step: Step, signature_length: u32) -> request::Request {
        let begins = matches!(step, Step::Complete | Step::Start);
        let key = if begins { self.key } else { 0 };
        let r#use = Some(Use { step: step as i32, key, mechanism: self.mechanism.take() });
        match self.kind {
            Kind::Encrypt | Kind::MessageEncrypt => request::Request::Encrypt(Encrypt { r#use }),
            Kind::Decrypt | Kind::MessageDecrypt => request::Request::Decrypt(Decrypt { r#use }),
            Kind::Digest => request::Request::Digest(Digest { r#use }),
            Kind::Sign | Kind::MessageSign => request::Request::Sign(Sign { r#use }),
            Kind::SignRecover => request::Request::SignRecover(SignRecover { r#use }),
            Kind::VerifyRecover => request::Request::VerifyRecover(VerifyRecover { r#use }),
            Kind::Verify | Kind::VerifySignature | Kind::MessageVerify => {
                request::Request::Verify(Verify { r#use, signature_length })
            }
        }
    }

    /// Begin anew, by this mechanism: another message.
    pub fn restart(&mut self, mechanism: Mechanism) {
        self.mechanism = Some(mechanism);
        self.gathered.clear();
    }

    /// End without a result. The engine's part of it ends too; if that cannot be told, it ends with the session.
    pub fn abandon(&mut self, context: &Context<'_>) {
        if std::mem::take(&mut self.streaming) {
            let cancel = Cancel { operation: self.kind.wire() as i32 };
            drop(context.library.ask(Some(context.session), request::Request::Cancel(cancel), &[]));
        }
    }
}

/// Whether a call with an output goes on: not when only the length was asked for.
pub fn fits(output: &Output, needed: usize) -> Result<bool> {
    Ok(output.room(needed)? == Room::Fits)
}

/// Put an answer's segment at `offset` of an output in which `room` bytes fit, and return its length.
pub fn deliver(answer: &Answer<'_>, output: &Output, offset: usize, room: usize) -> Result<usize> {
    let segment = answer.segment();
    if offset + segment.len() > room {
        return Err(Rv(CKR_DEVICE_ERROR));
    }
    output.put(offset, segment);
    Ok(segment.len())
}

/// Put an answer's segment, which must have just this length, into an output in which it fits.
pub fn deliver_all(answer: &Answer<'_>, output: &Output, length: usize) -> Result<After> {
    if deliver(answer, output, 0, length)? != length {
        return Err(Rv(CKR_DEVICE_ERROR));
    }
    output.finish(length);
    Ok(After::Ends)
}

/// Put the text that is held into an output, if it fits; where a single call gives its ciphertext again, it must be the
/// one that the text is of.
pub fn deliver_held(operation: &Operation, data: &[u8], output: &Output) -> Result<After> {
    let text = operation.held.as_ref().ok_or(Rv(CKR_GENERAL_ERROR))?;
    let given_again = output.capacity()?.is_some() && !operation.in_parts;
    if given_again && data != operation.gathered.bytes() {
        let signed = operation.kind == Kind::VerifyRecover;
        return Err(Rv(if signed { CKR_SIGNATURE_INVALID } else { CKR_ENCRYPTED_DATA_INVALID }));
    }
    if !fits(output, text.len())? {
        return Ok(After::Continues);
    }
    output.put(0, text.bytes());
    output.finish(text.len());
    Ok(After::Ends)
}

/// Cut data into a first chunk of at most `first` bytes and more of at most `next`.
pub fn for_each_chunk(data: &[u8], first: usize, next: usize, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let (head, rest) = data.split_at(first.min(data.len()));
    each(head)?;
    rest.chunks(next).try_for_each(each)
}
