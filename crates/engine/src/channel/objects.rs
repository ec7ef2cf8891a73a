//! A worker's calls about objects, each bound to the Ask and held to the laws.

use super::exchange::Serving;
use crate::application::object::{Room, SessionObject};
use crate::grant::is_stored;
use crate::laws;
use crate::mechanism;
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid, is_private};
use crate::rv::{self, Rv};
use crate::seal::{self, TokenKey};
use std::sync::Arc;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::limits;
use vhsm_wire::messages::{
    CopySealed, KeyPairMade, MakeKeyPair, MakeObject, ObjectMade, OpenObject, Reseal, RevealObject, Role, SealedObject,
    Template, attribute, mechanism::Parameters as Sent, request,
};
use vhsm_wire::tables::{CKA_TOKEN, CKA_VALUE_LEN};

/// Authenticate a row, and keep it for the Answer's Grant.
pub fn open(serving: &mut Serving<'_>, message: OpenObject) -> Result<(), Rv> {
    let object = load(serving, message.object)?;
    let number = serving.work.target().ok_or(rv::CKR_ACTION_PROHIBITED)?;
    serving.staged.opened = Some((number, object));
    Ok(())
}

/// C_CreateObject: one template of the request.
pub fn create(serving: &mut Serving<'_>, message: &MakeObject) -> Result<ObjectMade, Rv> {
    let Some(request::Request::CreateObjects(asked)) = serving.work.asked() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let template = asked.templates.get(message.template_index as usize).ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let named: Vec<(u64, u32)> = template
        .attributes
        .iter()
        .filter_map(|wanted| match wanted.content {
            Some(attribute::Content::Secret(index)) => Some((wanted.r#type, index)),
            _ => None,
        })
        .collect();
    let wanted = parse(&message.attributes)?;
    let template = template.clone();
    let uuid = uuid(serving, message.template_index)?;
    let secret = |(kind, index)| Ok((kind, serving.work.secret(index).ok_or(rv::CKR_ARGUMENTS_BAD)?));
    let secrets = named.into_iter().map(secret).collect::<Result<Vec<(u64, &[u8])>, Rv>>()?;
    let object = laws::created(&template, &wanted, &secrets, &uuid)?;
    keep(serving, uuid, object)
}

/// C_GenerateKey.
pub fn generate(serving: &mut Serving<'_>, message: &MakeObject) -> Result<ObjectMade, Rv> {
    let Some(request::Request::GenerateKey(asked)) = serving.work.asked() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let mechanism = asked.mechanism.clone().ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let template = asked.template.clone().unwrap_or_default();
    let wanted = parse(&message.attributes)?;
    let uuid = uuid(serving, 0)?;
    let attributes = laws::generated(&template, &wanted, &mechanism, &uuid)?;
    let secret = match &mechanism.parameters {
        Some(Sent::Pbkdf2(sent)) => {
            let password = serving.work.secret(sent.password_secret).ok_or(rv::CKR_ARGUMENTS_BAD)?;
            let value_bytes = attributes.number(CKA_VALUE_LEN).ok_or(rv::CKR_GENERAL_ERROR)?;
            mechanism::value_of_password(sent, password, value_bytes as usize)?
        }
        _ => mechanism::generate_value(&attributes)?,
    };
    keep(serving, uuid, laws::with_check_value(Object { attributes, secret })?)
}

/// C_GenerateKeyPair: both halves, or none.
pub fn generate_pair(serving: &mut Serving<'_>, message: &MakeKeyPair) -> Result<KeyPairMade, Rv> {
    let Some(request::Request::GenerateKeyPair(asked)) = serving.work.asked() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let mechanism = asked.mechanism.clone().ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let public_template = asked.public_template.clone().unwrap_or_default();
    let private_template = asked.private_template.clone().unwrap_or_default();
    let wanted = [&parse(&message.public_attributes)?, &parse(&message.private_attributes)?];
    let uuids = [uuid(serving, 0)?, uuid(serving, 1)?];
    let templates = [&public_template, &private_template];
    serving.engine.make_room();
    let [public, private] = laws::generated_pair(templates, wanted, &mechanism, [&uuids[0], &uuids[1]])?;
    // The private key first: without a login nothing is kept.
    let private_key = keep(serving, uuids[1], private)?.object;
    let public_key = keep(serving, uuids[0], public)?.object;
    Ok(KeyPairMade { public_key, private_key })
}

/// C_CopyObject.
pub fn copy(serving: &mut Serving<'_>, message: CopySealed) -> Result<ObjectMade, Rv> {
    let Some(request::Request::CopyObject(asked)) = serving.work.asked() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let template = asked.template.clone().unwrap_or_default();
    let number = asked.object;
    let source = match message.source {
        Some(source) => load(serving, Some(source))?,
        None => session_object(serving, number)?,
    };
    let wanted = parse(&message.attributes)?;
    let uuid = uuid(serving, 0)?;
    let object = laws::copied(&source, &template, &wanted, &uuid)?;
    keep(serving, uuid, object)
}

/// C_SetAttributeValue: proves the old state, applies the application's own template.
pub fn reseal(serving: &mut Serving<'_>, message: Reseal) -> Result<ObjectMade, Rv> {
    let Some(request::Request::SetAttributes(asked)) = serving.work.asked() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let (number, template) = (asked.object, asked.template.clone().unwrap_or_default());
    if is_stored(number) {
        return reseal_stored(serving, message.object, &template);
    }
    let old = session_object(serving, number)?;
    let attributes = laws::changed(&old.attributes, &template, is_officer(serving))?;
    let object = Object { attributes, secret: SecretBytes::copy_of(&old.secret)? };
    let made = ObjectMade {
        object: Some(SealedObject { number, attributes: object.attributes.encode(), ..SealedObject::default() }),
    };
    let room = room_for(serving, &object)?;
    serving.staged.changed = Some((number, Arc::new(object), room));
    Ok(made)
}

fn reseal_stored(serving: &mut Serving<'_>, row: Option<SealedObject>, template: &Template) -> Result<ObjectMade, Rv> {
    let row = row.ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let uuid: Uuid = row.uuid.as_slice().try_into().map_err(|_| rv::CKR_ARGUMENTS_BAD)?;
    let (number, version) = (row.number, row.version.checked_add(1).ok_or(rv::CKR_DEVICE_ERROR)?);
    let old = load(serving, Some(row))?;
    require_read_write(serving)?;
    let attributes = laws::changed(&old.attributes, template, is_officer(serving))?;
    let object = Object { attributes, secret: SecretBytes::copy_of(&old.secret)? };
    let mut sealed = seal_row(serving, uuid, version, &object)?;
    sealed.number = number;
    Ok(ObjectMade { object: Some(sealed) })
}

/// Whether the session's token has its security officer logged in, by the engine's own record.
fn is_officer(serving: &Serving<'_>) -> bool {
    let (Some(application), Some(token)) = (&serving.work.application, serving.work.token()) else { return false };
    application.lock().role(&token) == Role::SecurityOfficer
}

/// C_GetAttributeValue: the reply's segment gets what may be read and was asked for.
pub fn reveal(serving: &mut Serving<'_>, message: RevealObject) -> Result<(), Rv> {
    if !matches!(serving.work.asked(), Some(request::Request::ReadAttributes(_))) {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    serving.staged.revealed = Some(load(serving, message.object)?);
    Ok(())
}

/// C_DestroyObject of a session object.
pub fn destroy(serving: &mut Serving<'_>, number: u64) -> Result<(), Rv> {
    let asked = matches!(serving.work.asked(), Some(request::Request::DestroyObject(_)));
    if !asked || serving.work.target() != Some(number) {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    session_object(serving, number)?;
    serving.staged.destroyed = Some(number);
    Ok(())
}

/// Prove and open a row of the session's token. Law 1: it is the object that the request names.
pub(super) fn load(serving: &Serving<'_>, row: Option<SealedObject>) -> Result<Arc<Object>, Rv> {
    let row = row.ok_or(rv::CKR_ARGUMENTS_BAD)?;
    if !serving.work.targets().contains(&row.number) && !crate::laws_off() {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    if !is_stored(row.number) {
        return session_object(serving, row.number);
    }
    let token = serving.work.token().ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
    let key = token_key(serving, token);
    Ok(Arc::new(seal::open_object(&serving.engine.seal, &token, key.as_ref(), &row)?))
}

/// Law 2 and law 6: the token key of this application's own login, and of a user's only.
fn token_key(serving: &Serving<'_>, token: Uuid) -> Option<TokenKey> {
    let state = serving.work.application.as_ref()?.lock();
    let login = state.tokens.get(&token)?.login.as_ref()?;
    if login.role != Role::User && !crate::laws_off() {
        return None;
    }
    login.token_key.clone()
}

fn session_object(serving: &Serving<'_>, number: u64) -> Result<Arc<Object>, Rv> {
    let (Some(application), Some(token)) = (&serving.work.application, serving.work.token()) else {
        return Err(rv::CKR_OBJECT_HANDLE_INVALID);
    };
    let state = application.lock();
    let object = state.objects.get(&number).filter(|object| object.token == token);
    let object = object.ok_or(rv::CKR_OBJECT_HANDLE_INVALID)?;
    let visible = !is_private(&object.object.attributes) || state.role(&token) == Role::User || crate::laws_off();
    if visible { Ok(Arc::clone(&object.object)) } else { Err(rv::CKR_OBJECT_HANDLE_INVALID) }
}

/// The UUID of one new object: chosen before sealing, and the same when a second worker is asked. Once an attempt.
pub(super) fn uuid(serving: &mut Serving<'_>, index: u32) -> Result<Uuid, Rv> {
    if !serving.staged.indexes.insert(index) {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    let uuid = serving.work.uuids.entry(index).or_insert_with(|| {
        let mut uuid = [0; 16];
        mechanism::random(&mut uuid);
        // Version 4, variant 1: RFC 9562, section 5.4.
        uuid[6] = uuid[6] & 0x0f | 0x40;
        uuid[8] = uuid[8] & 0x3f | 0x80;
        uuid
    });
    Ok(*uuid)
}

/// A token object is sealed for the store; a session object is kept until the Answer says OK.
pub(super) fn keep(serving: &mut Serving<'_>, uuid: Uuid, object: Object) -> Result<ObjectMade, Rv> {
    let token = serving.work.token().ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
    if is_private(&object.attributes) && token_key(serving, token).is_none() {
        return Err(rv::CKR_USER_NOT_LOGGED_IN);
    }
    if object.attributes.boolean(CKA_TOKEN) == Some(true) {
        require_read_write(serving)?;
        return Ok(ObjectMade { object: Some(seal_row(serving, uuid, 1, &object)?) });
    }
    let application = serving.work.application.as_ref().ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
    let held = application.lock().objects.len() + serving.staged.made.len();
    if held as u64 >= limits::SESSION_SESSION_OBJECTS_PER_APPLICATION_MAX {
        return Err(rv::CKR_DEVICE_MEMORY);
    }
    let number = serving.engine.next_session_object();
    let attributes = object.attributes.encode();
    let (session, room) = (serving.work.session, room_for(serving, &object)?);
    serving.staged.made.push((number, SessionObject { session, token, object: Arc::new(object), room }));
    Ok(ObjectMade { object: Some(SealedObject { number, attributes, ..SealedObject::default() }) })
}

fn room_for(serving: &Serving<'_>, object: &Object) -> Result<Room, Rv> {
    let listener = serving.work.listener.as_ref().ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
    Room::take(&listener.shares, object)
}

fn seal_row(serving: &Serving<'_>, uuid: Uuid, version: u64, object: &Object) -> Result<SealedObject, Rv> {
    let token = serving.work.token().ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
    let key = token_key(serving, token);
    seal::seal_object(&serving.engine.seal, &token, key.as_ref(), uuid, version, object)
}

fn require_read_write(serving: &Serving<'_>) -> Result<(), Rv> {
    let read_write = serving.work.ask_session.as_ref().is_some_and(|session| session.read_write);
    if read_write { Ok(()) } else { Err(rv::CKR_SESSION_READ_ONLY) }
}

pub(super) fn parse(attributes: &[u8]) -> Result<Attributes, Rv> {
    Attributes::parse(attributes).map_err(|_| rv::CKR_ARGUMENTS_BAD)
}
