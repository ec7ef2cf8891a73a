//! C_EncapsulateKey and C_DecapsulateKey: the key that is used is the request's, and so is the mechanism.

use super::exchange::Serving;
use super::keys::Source;
use super::objects::{keep, uuid};
use crate::laws::{self, Derived};
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::{self, Rv};
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Mechanism, SealedObject, Template, request};

/// What the request says, whichever of the two it is.
struct Asked {
    key: u64,
    mechanism: Mechanism,
    template: Template,
}

/// The ciphertext goes into the reply's segment.
pub(super) fn encapsulate(serving: &mut Serving<'_>, source: &Source) -> Result<Vec<SealedObject>, Rv> {
    let Some(request::Request::EncapsulateKey(asked)) = serving.work.asked().cloned() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let asked = said(asked.public_key, asked.mechanism, asked.template)?;
    let (public, wanted) = the_one(source, asked.key)?;
    // A second worker stores the same object: it is told the same secret.
    let made = match serving.work.encapsulated.take() {
        Some(made) => made,
        None => laws::encapsulated(&asked.mechanism, public)?,
    };
    let (ciphertext, secret) = serving.work.encapsulated.insert(made);
    let (ciphertext, secret) = (SecretBytes::copy_of(ciphertext)?, SecretBytes::copy_of(secret)?);
    let kept = keep_shared(serving, public, &asked.template, wanted, &secret)?;
    serving.staged.output = Some(ciphertext);
    Ok(vec![kept])
}

/// The ciphertext is a secret of the request.
pub(super) fn decapsulate(serving: &mut Serving<'_>, source: &Source) -> Result<Vec<SealedObject>, Rv> {
    let Some(request::Request::DecapsulateKey(asked)) = serving.work.asked().cloned() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let index = asked.ciphertext_secret;
    let asked = said(asked.private_key, asked.mechanism, asked.template)?;
    let (private, wanted) = the_one(source, asked.key)?;
    let ciphertext = serving.work.secret(index).ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let secret = laws::decapsulated(&asked.mechanism, private, ciphertext)?;
    Ok(vec![keep_shared(serving, private, &asked.template, wanted, &secret)?])
}

fn said(key: u64, mechanism: Option<Mechanism>, template: Option<Template>) -> Result<Asked, Rv> {
    Ok(Asked { key, mechanism: mechanism.ok_or(rv::CKR_ARGUMENTS_BAD)?, template: template.unwrap_or_default() })
}

/// Law 1: the worker brings the one key that the request names, and one wish.
fn the_one(source: &Source, named: u64) -> Result<(&Object, &Attributes), Rv> {
    match (source.keys.as_slice(), source.wanted.as_slice()) {
        ([(number, key)], [wanted]) if *number == named || !laws::ENFORCED => Ok((key, wanted)),
        _ => Err(rv::CKR_ACTION_PROHIBITED),
    }
}

fn keep_shared(
    serving: &mut Serving<'_>,
    by: &Object,
    template: &Template,
    wanted: &Attributes,
    secret: &[u8],
) -> Result<SealedObject, Rv> {
    let uuid = uuid(serving, 0)?;
    let key = laws::shared(&Derived { template, wanted, uuid: &uuid }, &by.attributes, secret)?;
    keep(serving, uuid, laws::with_check_value(key)?)?.object.ok_or(rv::CKR_GENERAL_ERROR)
}
