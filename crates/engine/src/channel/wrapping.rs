//! C_WrapKey and C_UnwrapKey: a worker names the rows, the request and the laws say the rest.

use super::exchange::Serving;
use super::granted::ready;
use super::keys::Source;
use super::objects::{keep, load, uuid};
use crate::laws;
use crate::mechanism::carried_form;
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::{self, Rv};
use std::sync::Arc;
use vhsm_wire::messages::{SealedObject, WrapObject, request};
use vhsm_wire::table::CKO_PRIVATE_KEY;
use vhsm_wire::tables::CKA_CLASS;

/// C_WrapKey: the wrapped key goes into the reply's segment.
pub fn wrap(serving: &mut Serving<'_>, message: WrapObject) -> Result<(), Rv> {
    let Some(request::Request::WrapKey(asked)) = serving.work.asked() else { return Err(rv::CKR_ACTION_PROHIBITED) };
    let mechanism = asked.mechanism.clone().ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let (wrapping_number, number) = (asked.wrapping_key, asked.key);
    let wrapping = named(serving, message.wrapping_key, wrapping_number)?;
    let key = named(serving, message.key, number)?;
    laws::wrappable(&wrapping.attributes, &key.attributes, mechanism.r#type)?;
    let private = key.attributes.number(CKA_CLASS) == Some(CKO_PRIVATE_KEY);
    let form = carried_form(&key)?;
    let wrapped = ready(serving.engine, &wrapping.attributes, &wrapping.secret)?.wrap(&mechanism, &form, private)?;
    serving.staged.output = Some(SecretBytes::copy_of(&wrapped)?);
    Ok(())
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
