//! PKCS#11 v3.2, 5.7: object management (finding is in search.rs).

use crate::builtin;
use crate::facts::Stamp;
use crate::ffi::{Entry, Place, Template};
use crate::library::{self, Answer, Library, Session};
use crate::rv::{Result, Rv};
use crate::template::{answer, canonical_value, encode};
use cryptoki_sys::*;
use vhsm_wire::messages::{AttributesRead, CopyObject, CreateObjects, DestroyObject, ReadAttributes, SetAttributes};
use vhsm_wire::messages::{reply, request};

/// Objects whose attributes a session remembers: programs read those of one object, one call after another.
const SEEN_MAX: usize = 4;

/// Attributes that were read, without the secret ones: they answer the session's next calls on the object until
/// something changes (`Library::attribute_stamp`) or the session looks for objects again.
#[derive(Default)]
pub struct AttributesSeen(Vec<Seen>);

struct Seen {
    object: u64,
    stamp: (Stamp, u64),
    read: AttributesRead,
}

impl AttributesSeen {
    pub fn forget(&mut self) {
        self.0.clear();
    }

    fn find(&self, object: u64, stamp: (Stamp, u64)) -> Option<&AttributesRead> {
        self.0.iter().find(|seen| seen.object == object && seen.stamp == stamp).map(|seen| &seen.read)
    }

    fn remember(&mut self, mut seen: Seen) {
        if let Some(known) = self.find(seen.object, seen.stamp) {
            seen.read.withheld_types.extend(&known.withheld_types);
        }
        self.0.retain(|old| old.object != seen.object && old.stamp == seen.stamp);
        if self.0.len() == SEEN_MAX {
            self.0.remove(0);
        }
        self.0.push(seen);
    }
}

pub fn create(session: CK_SESSION_HANDLE, template: Template<'_>, object: Place<CK_OBJECT_HANDLE>) -> Result<()> {
    let (library, session) = library::session(session)?;
    object.check()?;
    let encoded = encode(&template.entries()?)?;
    if encoded.template.attributes.is_empty() {
        return Err(Rv(CKR_TEMPLATE_INCOMPLETE));
    }
    let body = request::Request::CreateObjects(CreateObjects { templates: vec![encoded.template] });
    let answer = library.ask(Some(&session), body, &encoded.secrets)?;
    let [made] = created(answer)?;
    object.write(made)
}

pub fn copy(
    session: CK_SESSION_HANDLE,
    source: CK_OBJECT_HANDLE,
    template: Template<'_>,
    object: Place<CK_OBJECT_HANDLE>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    object.check()?;
    builtin::keep(library, session.slot, source)?;
    let encoded = encode(&template.entries()?)?;
    let body = request::Request::CopyObject(CopyObject { object: source, template: Some(encoded.template) });
    let answer = library.ask(Some(&session), body, &encoded.secrets)?;
    let [made] = created(answer)?;
    object.write(made)
}

/// The objects that a request has made: as many as it makes.
pub fn created<const N: usize>(mut answer: Answer<'_>) -> Result<[CK_OBJECT_HANDLE; N]> {
    match answer.body() {
        Some(reply::Reply::ObjectsCreated(made)) => made.objects.try_into().map_err(|_| Rv(CKR_DEVICE_ERROR)),
        _ => Err(Rv(CKR_DEVICE_ERROR)),
    }
}

pub fn destroy(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> Result<()> {
    let (library, session) = library::session(session)?;
    builtin::keep(library, session.slot, object)?;
    library.ask(Some(&session), request::Request::DestroyObject(DestroyObject { object }), &[])?;
    library.note_change();
    Ok(())
}

pub fn set_attribute_value(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: Template<'_>) -> Result<()> {
    let (library, session) = library::session(session)?;
    builtin::keep(library, session.slot, object)?;
    let encoded = encode(&template.entries()?)?;
    let body = request::Request::SetAttributes(SetAttributes { object, template: Some(encoded.template) });
    library.ask(Some(&session), body, &encoded.secrets)?;
    library.note_change();
    Ok(())
}

pub fn size(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, size: Place<CK_ULONG>) -> Result<()> {
    let (library, session) = library::session(session)?;
    size.check()?;
    if let Some(builtin) = builtin::find(library, session.slot, object)? {
        return size.write(builtin.size());
    }
    let mut operations = session.operations();
    if let Some(read) = operations.attributes.find(object, library.attribute_stamp()) {
        return size.write(read.size);
    }
    let (answer, seen) = read_attributes(library, &session, object, Vec::new())?;
    drop(answer);
    let length = seen.read.size;
    operations.attributes.remember(seen);
    size.write(length)
}

pub fn attribute_value(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: Template<'_>) -> Result<()> {
    let (library, session) = library::session(session)?;
    let entries = template.entries()?;
    if entries.is_empty() {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    if let Some(builtin) = builtin::find(library, session.slot, object)? {
        return builtin.answer(&template, &entries);
    }
    let mut operations = session.operations();
    if let Some(read) = operations.attributes.find(object, library.attribute_stamp()) {
        if !needs_secrets(read, &entries)? {
            return answer_all(&template, &entries, read, &[]);
        }
    }
    let mut types: Vec<u64> = entries.iter().map(|entry| entry.kind).filter(|kind| is_secret(*kind)).collect();
    types.sort_unstable();
    types.dedup();
    let (answer, seen) = read_attributes(library, &session, object, types)?;
    let result = answer_all(&template, &entries, &seen.read, &answer.secrets()?);
    operations.attributes.remember(seen);
    result
}

/// One trip for everything that may be read of an object; secret attributes only where named.
fn read_attributes<'l>(
    library: &'l Library,
    session: &Session,
    object: u64,
    types: Vec<u64>,
) -> Result<(Answer<'l>, Seen)> {
    let changes = library.attribute_stamp().1;
    let body = request::Request::ReadAttributes(ReadAttributes { object, types });
    let mut answer = library.ask(Some(session), body, &[])?;
    let Some(reply::Reply::AttributesRead(read)) = answer.body() else { return Err(Rv(CKR_DEVICE_ERROR)) };
    let seen = Seen { object, stamp: (answer.stamp(), changes), read };
    Ok((answer, seen))
}

/// An object's attribute that is a number, where it has it.
pub fn number_of(library: &Library, session: &Session, object: u64, kind: u64) -> Result<Option<u64>> {
    let (_, seen) = read_attributes(library, session, object, Vec::new())?;
    number(&seen.read, kind)
}

fn number(read: &AttributesRead, kind: u64) -> Result<Option<u64>> {
    let value = canonical_value(&read.attributes, kind)?;
    Ok(value.and_then(|value| value.try_into().ok()).map(u64::from_be_bytes))
}

fn is_secret(kind: u64) -> bool {
    vhsm_wire::attribute(kind).is_some_and(|row| row.secret)
}

/// Whether a secret attribute is asked for that such an object may have, and that neither stands in the clear nor is
/// known to be withheld.
fn needs_secrets(read: &AttributesRead, entries: &[Entry<'_>]) -> Result<bool> {
    let (class, key_type) = (number(read, CKA_CLASS)?, number(read, CKA_KEY_TYPE)?);
    for row in entries.iter().filter_map(|entry| vhsm_wire::attribute(entry.kind)).filter(|row| row.secret) {
        let of_class = class.is_none_or(|class| row.classes.contains(&class));
        let types = if class == Some(CKO_PUBLIC_KEY) { row.public_key_types } else { row.key_types };
        let of_type = key_type.is_none_or(|key_type| types.is_empty() || types.contains(&key_type));
        let known = read.withheld_types.contains(&row.value) || canonical_value(&read.attributes, row.value)?.is_some();
        if of_class && of_type && !known {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Answer every attribute; the errors of PKCS#11 v3.2, 5.7.5, in its order: sensitive, invalid, too small.
fn answer_all(template: &Template<'_>, entries: &[Entry<'_>], read: &AttributesRead, secrets: &[&[u8]]) -> Result<()> {
    let (mut sensitive, mut invalid, mut too_small) = (false, false, false);
    for (at, entry) in entries.iter().enumerate() {
        let secret = || {
            let place = read.secret_types.iter().position(|kind| *kind == entry.kind)?;
            secrets.get(place).copied()
        };
        if read.withheld_types.contains(&entry.kind) {
            sensitive = true;
            template.withhold(at);
        } else if let Some(value) = canonical_value(&read.attributes, entry.kind)? {
            too_small |= answer(template, at, entry.kind, value).is_err();
        } else if let Some(value) = secret() {
            too_small |= template.answer(at, value).is_err();
        } else {
            invalid = true;
            template.withhold(at);
        }
    }
    match (sensitive, invalid, too_small) {
        (true, _, _) => Err(Rv(CKR_ATTRIBUTE_SENSITIVE)),
        (_, true, _) => Err(Rv(CKR_ATTRIBUTE_TYPE_INVALID)),
        (_, _, true) => Err(Rv(CKR_BUFFER_TOO_SMALL)),
        _ => Ok(()),
    }
}
