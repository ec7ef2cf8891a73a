//! C_DeriveKey: the base keys are those of the request, in its order, and so is the mechanism.

use super::exchange::Serving;
use super::keys::Source;
use super::objects::{keep, uuid};
use crate::laws::{self, Derived};
use crate::object::Object;
use crate::rv::{self, Rv};
use vhsm_wire::messages::{SealedObject, request};

/// Make the keys that the request asks for.
pub(super) fn make(serving: &mut Serving<'_>, source: &Source) -> Result<Vec<SealedObject>, Rv> {
    let Some(request::Request::DeriveKey(asked)) = serving.work.asked() else {
        return Err(rv::CKR_ACTION_PROHIBITED);
    };
    let named = std::iter::once(&asked.base_key).chain(&asked.further_keys);
    if !named.eq(source.keys.iter().map(|(number, _)| number)) && laws::ENFORCED {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    let mechanism = asked.mechanism.clone().ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let mut templates = vec![asked.template.clone().unwrap_or_default()];
    templates.extend_from_slice(&asked.further_templates);
    if templates.len() != source.wanted.len() {
        return Err(rv::CKR_ARGUMENTS_BAD);
    }
    let uuids = (0..templates.len() as u32).map(|index| uuid(serving, index)).collect::<Result<Vec<_>, Rv>>()?;
    let keys: Vec<Derived<'_>> = templates
        .iter()
        .zip(&source.wanted)
        .zip(&uuids)
        .map(|((template, wanted), uuid)| Derived { template, wanted, uuid })
        .collect();
    let bases: Vec<&Object> = source.keys.iter().map(|(_, object)| &**object).collect();
    let made = laws::derived(&keys, &mechanism, &bases)?;
    serving.staged.derived_output = made.besides;
    let made = made.objects.into_iter().zip(uuids);
    made.map(|(object, uuid)| keep(serving, uuid, object)?.object.ok_or(rv::CKR_GENERAL_ERROR)).collect()
}
