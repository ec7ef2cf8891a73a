//! PKCS#11 v3.2, 5.7.7 to 5.7.9: finding objects. C_FindObjectsInit is one trip; C_FindObjects answers from what it
//! brought, and asks for more by cursor.

use crate::builtin;
use crate::ffi::{List, Place, Template};
use crate::gather::Gathered;
use crate::library::{self, Library, Session};
use crate::rv::{Result, Rv};
use crate::template;
use cryptoki_sys::*;
use vhsm_wire::messages::{self, FindObjects, Found, reply, request};

/// A search that C_FindObjectsInit began.
pub struct Search {
    found: Vec<u64>,
    next: usize,
    /// 0 when the server has no more.
    cursor: u64,
    template: messages::Template,
    /// Values of secret attributes that were looked for, end to end, and their lengths: kept only while a cursor is.
    secrets: Gathered,
    secret_lengths: Vec<usize>,
}

pub fn init(session: CK_SESSION_HANDLE, template: Template<'_>) -> Result<()> {
    let (library, session) = library::session(session)?;
    let entries = template.entries()?;
    let mut operations = session.operations();
    if operations.search.is_some() {
        return Err(Rv(CKR_OPERATION_ACTIVE));
    }
    operations.attributes.forget();
    let builtin = builtin::search(library, session.slot, &entries)?;
    let encoded = match template::encode_sought(&entries) {
        _ if builtin.is_some() => None,
        // No object has an attribute that we do not know.
        Err(Rv(CKR_ATTRIBUTE_TYPE_INVALID)) => None,
        encoded => Some(encoded?),
    };
    let mut search = Search {
        found: builtin.unwrap_or_default(),
        next: 0,
        cursor: 0,
        template: messages::Template::default(),
        secrets: Gathered::default(),
        secret_lengths: Vec::new(),
    };
    if let Some(encoded) = encoded {
        let found = find(library, &session, encoded.template.clone(), 0, &encoded.secrets)?;
        search.found = found.objects;
        search.cursor = found.cursor;
        if search.cursor != 0 {
            search.template = encoded.template;
            for secret in encoded.secrets {
                search.secrets.push(secret);
                search.secret_lengths.push(secret.len());
            }
        }
    }
    operations.search = Some(Box::new(search));
    Ok(())
}

pub fn next(
    session: CK_SESSION_HANDLE,
    max: CK_ULONG,
    objects: List<CK_OBJECT_HANDLE>,
    count: Place<CK_ULONG>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    let mut operations = session.operations();
    let search = operations.search.as_deref_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
    count.check()?;
    if objects.asks_for_count() {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    if search.next == search.found.len() && search.cursor != 0 {
        let mut rest = search.secrets.bytes();
        let mut secrets = Vec::with_capacity(search.secret_lengths.len());
        for length in &search.secret_lengths {
            let (secret, tail) = rest.split_at(*length);
            secrets.push(secret);
            rest = tail;
        }
        let found = find(library, &session, search.template.clone(), search.cursor, &secrets)?;
        search.found = found.objects;
        search.next = 0;
        search.cursor = found.cursor;
    }
    let end = search.found.len().min(search.next.saturating_add(usize::try_from(max).unwrap_or(usize::MAX)));
    let part = &search.found[search.next..end];
    objects.fill(part)?;
    count.write(part.len() as CK_ULONG)?;
    search.next = end;
    Ok(())
}

pub fn end(session: CK_SESSION_HANDLE) -> Result<()> {
    let (_, session) = library::session(session)?;
    let search = session.operations().search.take();
    search.map(drop).ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))
}

fn find(
    library: &Library,
    session: &Session,
    template: messages::Template,
    cursor: u64,
    secrets: &[&[u8]],
) -> Result<Found> {
    let body = request::Request::FindObjects(FindObjects { template: Some(template), cursor });
    match library.ask(Some(session), body, secrets)?.body() {
        Some(reply::Reply::Found(found)) => Ok(found),
        _ => Err(Rv(CKR_DEVICE_ERROR)),
    }
}
