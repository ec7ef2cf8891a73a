//! Session objects: they live in the engine, gone with their session, seen by every session of the application.

use super::name::Name;
use crate::gate::limits::{Held, Shares};
use crate::laws;
use crate::object::{Object, Uuid, is_private};
use crate::rv::{self, Rv};
use std::ops::Bound;
use std::sync::Arc;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{AttributesRead, Template, attribute};

/// A session object.
pub struct SessionObject {
    /// The session that made it.
    pub session: u64,
    /// On which token.
    pub token: Uuid,
    /// What it is.
    pub object: Arc<Object>,
    /// What it takes of the container's share.
    pub room: Room,
}

/// Room of a session object among those of its container; given back when dropped.
#[derive(Debug)]
pub struct Room {
    _left: Held,
    _left_secret: Held,
}

impl Room {
    /// Take room for an object.
    ///
    /// # Errors
    /// `CKR_DEVICE_MEMORY`: the container's session objects have filled its share.
    pub fn take(shares: &Shares, object: &Object) -> Result<Self, Rv> {
        let left = Held::take(&shares.left, object.attributes.encode().len());
        let left_secret = Held::take(&shares.left_secret, object.secret.len());
        match (left, left_secret) {
            (Some(left), Some(left_secret)) => Ok(Self { _left: left, _left_secret: left_secret }),
            _ => Err(rv::CKR_DEVICE_MEMORY),
        }
    }
}

/// Whether an object has every attribute of a find's template. `secret` gives the bytes of a secret by its index.
#[must_use]
pub fn matches<'a>(object: &Object, template: &Template, secret: impl Fn(u32) -> Option<&'a [u8]>) -> bool {
    template.attributes.iter().all(|wanted| match &wanted.content {
        Some(attribute::Content::Value(value)) => object.attributes.value(wanted.r#type) == Some(value),
        Some(attribute::Content::Secret(index)) => {
            secret(*index).is_some_and(|value| readable_secret(object, wanted.r#type) == Some(value))
        }
        None => false,
    })
}

/// The bytes of a secret attribute that may be read.
fn readable_secret(object: &Object, kind: u64) -> Option<&[u8]> {
    laws::readable(&object.attributes, &[kind]).give.contains(&kind).then(|| object.secret_value(kind))?
}

/// What C_GetAttributeValue learns of an object; the secrets named by `secret_types` belong into the segment.
#[must_use]
pub fn attributes_read(object: &Object, types: &[u64]) -> AttributesRead {
    let secret = |kind: u64| vhsm_wire::attribute(kind).is_some_and(|row| row.secret);
    let mut open = Attributes::default();
    for (kind, value) in object.attributes.iter().filter(|(kind, _)| !secret(*kind)) {
        open.set(kind, value);
    }
    let mut asked: Vec<u64> = types.iter().copied().filter(|kind| secret(*kind)).collect();
    asked.sort_unstable();
    asked.dedup();
    asked.retain(|kind| object.secret_value(*kind).is_some());
    let readable = laws::readable(&object.attributes, &asked);
    AttributesRead {
        attributes: open.encode(),
        secret_types: readable.give,
        withheld_types: readable.withhold,
        size: (object.attributes.encode().len() + object.secret.len()) as u64,
    }
}

/// Whether a session with this login sees it.
#[must_use]
pub fn is_visible(object: &Object, user: bool) -> bool {
    user || !is_private(&object.attributes)
}

/// A cursor of C_FindObjects with this bit is the engine's: the token objects are through.
pub const SESSION_CURSOR: u64 = 1 << 63;

/// The session objects that a find still has to give: at most `room` handles, and the cursor for the next.
#[must_use]
pub fn find<'a>(
    application: &super::Application,
    session: u64,
    template: &Template,
    secret: impl Fn(u32) -> Option<&'a [u8]> + Copy,
    cursor: u64,
    room: usize,
) -> (Vec<u64>, u64) {
    let mut state = application.lock();
    let Ok(token) = state.session(session).map(|session| session.token) else { return (Vec::new(), 0) };
    let user = state.role(&token) == vhsm_wire::messages::Role::User;
    let mut found =
        state.objects.range((Bound::Excluded(cursor | SESSION_CURSOR), Bound::Unbounded)).filter(|(_, object)| {
            object.token == token && is_visible(&object.object, user) && matches(&object.object, template, secret)
        });
    let mut handles = Vec::new();
    let mut last = 0;
    while handles.len() < room {
        let Some((number, _)) = found.next() else { return (handles, 0) };
        handles.push(application.object_handle(Name { number: *number, login: 0 }));
        last = *number;
    }
    (handles, if found.next().is_some() { last.max(SESSION_CURSOR) } else { 0 })
}
