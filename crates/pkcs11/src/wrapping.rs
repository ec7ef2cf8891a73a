//! PKCS#11 v3.2, 5.18.3, 5.18.4, 5.18.6 and 5.18.7: keys that carry keys.
//!
//! How long a wrapped key is shows only when it is there: a caller that asks has it wrapped, and learns the length
//! alone. Nothing is made or lost by that, and no nonce either.
//!
//! CKM_AES_GCM has three parameters (6.13.3): CK_GCM_WRAP_PARAMS of C_WrapKey, whose IV the caller gives or the server
//! makes; CK_GCM_PARAMS, which others take there too; and of the functions that authenticate CK_GCM_MESSAGE_PARAMS,
//! where the tag has a place of its own.

use crate::ffi::{INVALID, Input, MechanismIn, MessageParameter, Output, Place, Room, Template};
use crate::library;
use crate::mechanism::{self, AAD_LENGTH_MAX};
use crate::object::created;
use crate::rv::{Result, Rv};
use crate::template::encode_without_value;
use cryptoki_sys::*;
use vhsm_wire::limits;
use vhsm_wire::messages::mechanism::Parameters as Wire;
use vhsm_wire::messages::{GcmParameters, Mechanism, MessageParameters, UnwrapKey, WrapKey, request};
use vhsm_wire::table::{Operation, Parameters};

/// A mechanism, and for the functions that authenticate also the data that they do it with.
pub struct Means<'a> {
    pub mechanism: MechanismIn<'a>,
    pub authenticated: Option<Input<'a>>,
}

/// How a key is wrapped or unwrapped.
struct Way<'a> {
    mechanism: Mechanism,
    /// Where nonce and tag are, of a parameter that has places for them.
    places: Option<MessageParameter<'a>>,
    /// In bytes, where the server makes the nonce; else 0.
    nonce_length: usize,
    /// In bytes, where the tag has a place of its own; else 0.
    tag_length: usize,
}

impl<'a> Means<'a> {
    fn choose(&self, operation: Operation) -> Result<Way<'a>> {
        let (kind, parameter) = self.mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
        let row = vhsm_wire::mechanism(kind)
            .filter(|row| row.operations.contains(&operation))
            .ok_or(Rv(CKR_MECHANISM_INVALID))?;
        match (row.parameters, self.authenticated) {
            (Parameters::Gcm, Some(data)) => {
                let places = MessageParameter::read(Parameters::Gcm, parameter)?;
                let aad = data.bytes().ok().filter(|aad| aad.len() <= AAD_LENGTH_MAX).ok_or(Rv(CKR_ARGUMENTS_BAD))?;
                let tag_length = places.tag_length();
                Ok(Way { tag_length, ..Way::of_gcm(kind, places, aad, operation)? })
            }
            (_, Some(_)) => Err(Rv(CKR_MECHANISM_INVALID)),
            (Parameters::Gcm, None) => match MessageParameter::gcm_wrap(parameter) {
                Some(read) => {
                    let (places, aad) = read?;
                    Way::of_gcm(kind, places, &mechanism::bytes(aad, AAD_LENGTH_MAX)?, operation)
                }
                None => Way::plain(kind, parameter, operation),
            },
            _ => Way::plain(kind, parameter, operation),
        }
    }
}

impl<'a> Way<'a> {
    fn plain(kind: u64, parameter: Input<'a>, operation: Operation) -> Result<Self> {
        let mechanism = mechanism::parse(kind, parameter, operation)?.wire;
        Ok(Self { mechanism, places: None, nonce_length: 0, tag_length: 0 })
    }

    fn of_gcm(kind: u64, places: MessageParameter<'a>, aad: &[u8], operation: Operation) -> Result<Self> {
        let (nonce, aad, tag_length) = (places.nonce()?.to_vec(), aad.to_vec(), places.tag_length() as u32);
        // What is unwrapped has its nonce, whatever the parameter says besides.
        let (generator, fixed_bits) = match operation {
            Operation::Wrap => (places.generator, places.fixed_bits()?),
            _ => (CKG_NO_GENERATE, 0),
        };
        let (nonce_length, parameters) = match generator {
            CKG_NO_GENERATE => (0, Wire::Gcm(GcmParameters { iv: nonce, aad, tag_bits: tag_length * 8 })),
            CKG_GENERATE | CKG_GENERATE_RANDOM => {
                let (generator, first, data_length) = (generator as u32, true, 0);
                let made = MessageParameters { nonce, fixed_bits, generator, aad, tag_length, first, data_length };
                (made.nonce.len(), Wire::Message(made))
            }
            // No Init begins a count of them.
            _ => return Err(INVALID),
        };
        let mechanism = Mechanism { r#type: kind, parameters: Some(parameters) };
        Ok(Self { mechanism, places: Some(places), nonce_length, tag_length: 0 })
    }
}

pub fn wrap(
    session: CK_SESSION_HANDLE,
    means: &Means<'_>,
    wrapping_key: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    wrapped: Output,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    let capacity = wrapped.capacity()?;
    let Way { mechanism, places, nonce_length, tag_length } = means.choose(Operation::Wrap)?;
    let room = capacity.map_or(0, |capacity| capacity.saturating_add((nonce_length + tag_length) as CK_ULONG));
    let room = Some(u32::try_from(room).unwrap_or(u32::MAX));
    let body = request::Request::WrapKey(WrapKey { mechanism: Some(mechanism), wrapping_key, key, room });
    let answer = library.ask(Some(&session), body, &[])?;
    let [secret] = answer.secrets()?[..] else { return Err(Rv(CKR_DEVICE_ERROR)) };
    let (nonce, text) = secret.split_at_checked(nonce_length).ok_or(Rv(CKR_DEVICE_ERROR))?;
    let text_length = text.len().checked_sub(tag_length).ok_or(Rv(CKR_DEVICE_ERROR))?;
    let (text, tag) = text.split_at(text_length);
    if wrapped.room(text.len())? == Room::Fits {
        if let Some(places) = places {
            if nonce_length > 0 {
                places.put_nonce(nonce)?;
            }
            if tag_length > 0 {
                places.put_tag(tag)?;
            }
        }
        wrapped.put(0, text);
        wrapped.finish(text.len());
    }
    Ok(())
}

pub fn unwrap(
    session: CK_SESSION_HANDLE,
    means: &Means<'_>,
    unwrapping_key: CK_OBJECT_HANDLE,
    wrapped: Input<'_>,
    template: Template<'_>,
    key: Place<CK_OBJECT_HANDLE>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    key.check()?;
    let Way { mechanism, places, tag_length, .. } = means.choose(Operation::Unwrap)?;
    let wrapped = wrapped.bytes()?;
    if wrapped.is_empty() || (wrapped.len() + tag_length) as u64 > limits::FRAME_SECRET_SEGMENT_LENGTH_MAX {
        return Err(Rv(CKR_WRAPPED_KEY_LEN_RANGE));
    }
    let tag = places.filter(|_| tag_length > 0).map_or(Ok(&[][..]), |places| places.tag())?;
    let template = Some(encode_without_value(template)?);
    let mechanism = Some(mechanism);
    let body = request::Request::UnwrapKey(UnwrapKey { mechanism, unwrapping_key, template, wrapped_secret: 0 });
    let [made] = created(library.ask(Some(&session), body, &[&[wrapped, tag].concat()])?)?;
    key.write(made)
}
