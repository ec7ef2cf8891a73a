//! PKCS#11 v3.2, 5.6.5 and 5.6.6: C_GetOperationState and C_SetOperationState.
//!
//! What lies in the module alone can be saved: digests, signatures and the like up to what is gathered. The state holds
//! mechanisms, their parameters and the caller's own data, no key: a key is named again where one is needed, and the
//! engine checks it as at an Init. What the engine has the beginning of cannot be saved, nor a message, nor a search.
//!
//! Form: `MAGIC`, then for each operation kind (1 byte), whether parts came (1 byte), mechanism and data, each behind
//! its length (4 bytes, big-endian).

use crate::ffi::{Input, Output};
use crate::gather::Gathered;
use crate::kind::Kind;
use crate::library;
use crate::mechanism::Chosen;
use crate::operation::{Context, GATHER_LENGTH_MAX, Operation, fits};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use prost::Message;
use vhsm_wire::messages::Mechanism;

const MAGIC: &[u8] = b"vhsm operation state 1\n";
/// Longest output that an operation of a state can have, in bytes: a state is not to be believed.
const OUTPUT_LENGTH_MAX: usize = 1 << 16;
const INVALID: Rv = Rv(CKR_SAVED_STATE_INVALID);

pub fn save(session: CK_SESSION_HANDLE, output: Output) -> Result<()> {
    let (_, session) = library::session(session)?;
    let operations = session.operations();
    if operations.all().is_empty() {
        return Err(Rv(CKR_OPERATION_NOT_INITIALIZED));
    }
    let mut state = Gathered::default();
    state.push(MAGIC);
    for operation in operations.all() {
        let mechanism = operation.savable().ok_or(Rv(CKR_STATE_UNSAVEABLE))?;
        state.push(&[operation.kind as u8, u8::from(operation.in_parts)]);
        for part in [&mechanism.encode_to_vec()[..], operation.gathered.bytes()] {
            state.push(&(part.len() as u32).to_be_bytes());
            state.push(part);
        }
    }
    if fits(&output, state.len())? {
        output.put(0, state.bytes());
        output.finish(state.len());
    }
    Ok(())
}

/// What a state says of one operation.
struct Saved<'a> {
    kind: Kind,
    in_parts: bool,
    chosen: Chosen,
    gathered: &'a [u8],
}

pub fn restore(
    session: CK_SESSION_HANDLE,
    state: Input<'_>,
    encryption_key: CK_OBJECT_HANDLE,
    authentication_key: CK_OBJECT_HANDLE,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    let saved = parse(state.bytes()?)?;
    let key_of = |kind: Kind| match kind {
        Kind::Digest => 0,
        Kind::Encrypt | Kind::Decrypt => encryption_key,
        _ => authentication_key,
    };
    if saved.iter().any(|saved| saved.kind != Kind::Digest && key_of(saved.kind) == 0) {
        return Err(Rv(CKR_KEY_NEEDED));
    }
    let needed = |key| key == 0 || saved.iter().any(|saved| key_of(saved.kind) == key);
    if !needed(encryption_key) || !needed(authentication_key) {
        return Err(Rv(CKR_KEY_NOT_NEEDED));
    }
    let context = Context { library, session: &session };
    let mut operations = session.operations();
    operations.cancel_all(&context);
    let outcome = saved.into_iter().try_for_each(|Saved { kind, in_parts, chosen, gathered }| {
        let operation = operations.begin(&context, kind, key_of(kind), chosen)?;
        operation.in_parts = in_parts;
        operation.gathered.push(gathered);
        Ok(())
    });
    // All of it, or none.
    if outcome.is_err() {
        operations.cancel_all(&context);
    }
    outcome
}

fn parse(state: &[u8]) -> Result<Vec<Saved<'_>>> {
    let mut rest = state.strip_prefix(MAGIC).ok_or(INVALID)?;
    let mut saved: Vec<Saved<'_>> = Vec::new();
    while !rest.is_empty() {
        let ([kind, in_parts], tail) = rest.split_first_chunk().ok_or(INVALID)?;
        let (mechanism, tail) = part(tail)?;
        let (gathered, tail) = part(tail)?;
        rest = tail;
        let kind = Kind::ALL.into_iter().find(|known| *known as u8 == *kind && known.is_savable()).ok_or(INVALID)?;
        let chosen = Mechanism::decode(mechanism).ok().and_then(|wire| Chosen::of(wire, kind.row())).ok_or(INVALID)?;
        let twice = saved.iter().any(|saved| saved.kind.wire() == kind.wire());
        if twice || gathered.len() > GATHER_LENGTH_MAX || chosen.output > OUTPUT_LENGTH_MAX || *in_parts > 1 {
            return Err(INVALID);
        }
        saved.push(Saved { kind, in_parts: *in_parts == 1, chosen, gathered });
    }
    if saved.is_empty() { Err(INVALID) } else { Ok(saved) }
}

fn part(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk().ok_or(INVALID)?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(INVALID)
}

impl Operation {
    /// The mechanism of an operation that lies here whole.
    fn savable(&self) -> Option<&Mechanism> {
        let whole = self.held.is_none() && self.owed == 0 && self.gathered.len() <= GATHER_LENGTH_MAX;
        self.mechanism.as_ref().filter(|_| whole && self.kind.is_savable())
    }
}
