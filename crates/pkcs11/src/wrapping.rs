//! PKCS#11 v3.2, 5.18.3, 5.18.4, 5.18.6 and 5.18.7: keys that carry keys.
//!
//! How long a wrapped key is shows only when it is there: a caller that asks has it wrapped, and learns the length
//! alone. Nothing is made or lost by that.

use crate::ffi::{Input, MechanismIn, Output, Place, Room, Template};
use crate::library;
use crate::mechanism::{self, Chosen};
use crate::object::created;
use crate::rv::{Result, Rv};
use crate::template::encode_without_value;
use cryptoki_sys::*;
use vhsm_wire::limits;
use vhsm_wire::messages::{UnwrapKey, WrapKey, request};
use vhsm_wire::table::Operation;

/// A mechanism, and for the functions that authenticate also the data that they do it with.
pub struct Means<'a> {
    pub mechanism: MechanismIn<'a>,
    pub authenticated: Option<Input<'a>>,
}

impl Means<'_> {
    fn choose(&self, operation: Operation) -> Result<Chosen> {
        let (kind, parameter) = self.mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
        let mut chosen = mechanism::parse(kind, parameter, operation)?;
        if let Some(data) = self.authenticated {
            mechanism::authenticate(&mut chosen, data)?;
        }
        Ok(chosen)
    }
}

pub fn wrap(
    session: CK_SESSION_HANDLE,
    means: &Means<'_>,
    wrapping_key: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    wrapped: Output,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    wrapped.capacity()?;
    let chosen = means.choose(Operation::Wrap)?;
    let body = request::Request::WrapKey(WrapKey { mechanism: Some(chosen.wire), wrapping_key, key });
    let answer = library.ask(Some(&session), body, &[])?;
    let [secret] = answer.secrets()?[..] else { return Err(Rv(CKR_DEVICE_ERROR)) };
    if wrapped.room(secret.len())? == Room::Fits {
        wrapped.put(0, secret);
        wrapped.finish(secret.len());
    }
    Ok(())
}

pub fn unwrap(
    session: CK_SESSION_HANDLE,
    means: &Means<'_>,
    unwrapping_key: CK_OBJECT_HANDLE,
    wrapped: Input<'_>,
    template: Template<'_>,
    key: Place<CK_OBJECT_HANDLE>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    key.check()?;
    let chosen = means.choose(Operation::Unwrap)?;
    let wrapped = wrapped.bytes()?;
    if wrapped.is_empty() || wrapped.len() as u64 > limits::FRAME_SECRET_SEGMENT_LENGTH_MAX {
        return Err(Rv(CKR_WRAPPED_KEY_LEN_RANGE));
    }
    let template = Some(encode_without_value(template)?);
    let body = request::Request::UnwrapKey(UnwrapKey {
        mechanism: Some(chosen.wire),
        unwrapping_key,
        template,
        wrapped_secret: 0,
    });
    let [made] = created(library.ask(Some(&session), body, &[wrapped])?)?;
    key.write(made)
}
