//! A worker's calls that use one key to carry or to make others (PKCS#11 v3.2, 5.18): wrap, unwrap, derive,
//! encapsulate, decapsulate.

use super::exchange::Serving;
use super::objects::{load, parse};
use crate::object::Object;
use crate::rv::{self, Rv};
use std::sync::Arc;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{MakeFromKey, SealedObject, WrapObject, request};

/// C_WrapKey: the wrapped key goes into the reply's segment.
pub fn wrap(serving: &mut Serving<'_>, message: WrapObject) -> Result<(), Rv> {
    let Some(request::Request::WrapKey(_)) = serving.work.asked() else { return Err(rv::CKR_ACTION_PROHIBITED) };
    let (_wrapping_key, _key) = (load(serving, message.wrapping_key)?, load(serving, message.key)?);
    Err(rv::CKR_FUNCTION_NOT_SUPPORTED)
}

/// What a new key is made from.
struct Source {
    _key: Arc<Object>,
    _further_keys: Vec<Arc<Object>>,
    _wanted: Vec<Attributes>,
}

/// C_UnwrapKey, C_DeriveKey, C_EncapsulateKey and C_DecapsulateKey.
pub fn make(serving: &mut Serving<'_>, message: MakeFromKey) -> Result<Vec<SealedObject>, Rv> {
    let _source = Source {
        _key: load(serving, message.key)?,
        _further_keys: message
            .further_keys
            .into_iter()
            .map(|row| load(serving, Some(row)))
            .collect::<Result<_, Rv>>()?,
        _wanted: message.attributes.iter().map(|attributes| parse(attributes)).collect::<Result<_, Rv>>()?,
    };
    match serving.work.asked() {
        Some(request::Request::UnwrapKey(_)) => Err(rv::CKR_FUNCTION_NOT_SUPPORTED),
        Some(request::Request::DeriveKey(_)) => Err(rv::CKR_FUNCTION_NOT_SUPPORTED),
        Some(request::Request::EncapsulateKey(_)) => Err(rv::CKR_FUNCTION_NOT_SUPPORTED),
        Some(request::Request::DecapsulateKey(_)) => Err(rv::CKR_FUNCTION_NOT_SUPPORTED),
        _ => Err(rv::CKR_ACTION_PROHIBITED),
    }
}
