//! C_WrapKey and C_UnwrapKey: a worker names the rows, the request and the laws say the rest.

use super::exchange::Serving;
use super::granted::ready;
use super::keys::Source;
use super::objects::{keep, load, uuid};
use crate::laws;
use crate::mechanism::{self, NonceRule, carried_form};
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::{self, Rv};
use std::sync::Arc;
use vhsm_wire::messages::mechanism::Parameters;
use vhsm_wire::messages::{Mechanism, Operation, SealedObject, WrapObject, request};
use vhsm_wire::table::CKO_PRIVATE_KEY;
use vhsm_wire::tables::CKA_CLASS;

/// C_WrapKey: the wrapped key goes into the reply's segment, behind its nonce where that is made here.
pub fn wrap(serving: &mut Serving<'_>, message: WrapObject) -> Result<(), Rv> {
    let Some(request::Request::WrapKey(asked)) = serving.work.asked() else { return Err(rv::CKR_ACTION_PROHIBITED) };
    let mechanism = asked.mechanism.clone().ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let (wrapping_number, number, room) = (asked.wrapping_key, asked.key, asked.room);
    let wrapping = named(serving, message.wrapping_key, wrapping_number)?;
    let key = named(serving, message.key, number)?;
    laws::wrappable(&wrapping.attributes, &key.attributes, mechanism.r#type)?;
    let private = key.attributes.number(CKA_CLASS) == Some(CKO_PRIVATE_KEY);
    let form = carried_form(&key)?;
    let nonces = serving.engine.nonces.of(wrapping_number);
    nonces.made_before(message.encryptions);
    let ready = ready(serving.engine, &wrapping.attributes, &wrapping.secret)?.remembering(nonces);
    let (nonce, mechanism) = with_nonce(mechanism)?;
    let wrapped = [nonce.as_slice(), &ready.wrap(&mechanism, &form, private)?].concat();
    let application = serving.work.application.as_ref().ok_or(rv::CKR_GENERAL_ERROR)?;
    let token = serving.work.token().ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
    let rule = if crate::laws_off() { NonceRule::Any } else { application.lock().nonces(&token).of_wrapping() };
    let (made_here, given) = (!nonce.is_empty(), room.is_none_or(|room| wrapped.len() <= room as usize));
    // A nonce that is made for what is not given is spent on nothing.
    if given || !made_here {
        ready.take_nonce(Operation::Wrap, &mechanism, rule, made_here)?;
    }
    if given {
        application.lock().grants.count_departed(token, wrapping_number, Operation::Wrap, true);
    }
    let output = if given { SecretBytes::copy_of(&wrapped) } else { SecretBytes::zeroed(wrapped.len()) };
    serving.staged.output = Some(output?);
    Ok(())
}

/// The nonce that is made here, if one is to be, and the mechanism with it.
fn with_nonce(mechanism: Mechanism) -> Result<(Vec<u8>, Mechanism), Rv> {
    let Some(Parameters::Message(sent)) = &mechanism.parameters else { return Ok((Vec::new(), mechanism)) };
    let nonce = mechanism::wrapping_nonce(sent)?;
    let mechanism = mechanism::with_nonce(mechanism.r#type, sent, nonce.clone())?;
    Ok((nonce, mechanism))
}

/// C_UnwrapKey: a new key.
pub fn unwrap(serving: &mut Serving<'_>, source: &Source) -> Result<Vec<SealedObject>, Rv> {
    let Some(request::Request::UnwrapKey(asked)) = serving.work.asked().cloned() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let ([(_, key)], [wanted]) = (&source.keys[..], &source.wanted[..]) else { return Err(rv::CKR_ARGUMENTS_BAD) };
    let mechanism = asked.mechanism.as_ref().ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let row = vhsm_wire::mechanism(mechanism.r#type).ok_or(rv::CKR_MECHANISM_INVALID)?;
    let template = asked.template.clone().unwrap_or_default();
    let incoming = laws::incoming(&key.attributes, row, &template, wanted)?;
    let ready = ready(serving.engine, &key.attributes, &key.secret)?;
    let wrapped = serving.work.secret(asked.wrapped_secret).ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let carried = ready.unwrap(mechanism, wrapped, incoming.carried())?;
    let uuid = uuid(serving, 0)?;
    let object = incoming.object(carried, &uuid)?;
    let made = keep(serving, uuid, object)?;
    Ok(made.object.into_iter().collect())
}

/// Law 1: in its place, the object that the request names there.
fn named(serving: &Serving<'_>, row: Option<SealedObject>, number: u64) -> Result<Arc<Object>, Rv> {
    if row.as_ref().is_none_or(|row| row.number != number) && !crate::laws_off() {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    load(serving, row)
}
