//! A worker's calls that use one key to make others (PKCS#11 v3.2, 5.18): unwrap (wrapping.rs), derive,
//! encapsulate, decapsulate.

use super::derive;
use super::encapsulation;
use super::exchange::Serving;
use super::objects::{load, parse};
use super::wrapping;
use crate::laws;
use crate::object::Object;
use crate::rv::{self, Rv};
use std::sync::Arc;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{MakeFromKey, SealedObject, request};
use vhsm_wire::tables::CKA_ALWAYS_AUTHENTICATE;

/// What a new key is made from.
pub(super) struct Source {
    /// Objects and their numbers: the key, then the further ones.
    pub(super) keys: Vec<(u64, Arc<Object>)>,
    pub(super) wanted: Vec<Attributes>,
}

/// C_UnwrapKey, C_DeriveKey, C_EncapsulateKey and C_DecapsulateKey.
pub fn make(serving: &mut Serving<'_>, message: MakeFromKey) -> Result<Vec<SealedObject>, Rv> {
    let rows = std::iter::once(message.key).chain(message.further_keys.into_iter().map(Some));
    let number = |row: &Option<SealedObject>| row.as_ref().map_or(0, |row| row.number);
    let source = Source {
        keys: rows.map(|row| Ok((number(&row), load(serving, row)?))).collect::<Result<_, Rv>>()?,
        wanted: message.attributes.iter().map(|attributes| parse(attributes)).collect::<Result<_, Rv>>()?,
    };
    // These functions have no Init after which the PIN could be proven for one use.
    let asks = |key: &Object| key.attributes.boolean(CKA_ALWAYS_AUTHENTICATE) == Some(true);
    laws::usable_once(source.keys.iter().any(|(_, key)| asks(key)), false)?;
    match serving.work.asked() {
        Some(request::Request::UnwrapKey(_)) => wrapping::unwrap(serving, &source),
        Some(request::Request::DeriveKey(_)) => derive::make(serving, &source),
        Some(request::Request::EncapsulateKey(_)) => encapsulation::encapsulate(serving, &source),
        Some(request::Request::DecapsulateKey(_)) => encapsulation::decapsulate(serving, &source),
        _ => Err(rv::CKR_ACTION_PROHIBITED),
    }
}
