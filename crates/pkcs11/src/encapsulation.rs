//! C_EncapsulateKey and C_DecapsulateKey (PKCS#11 v3.2, 5.18.8 and 5.18.9).

use crate::ffi::{Input, MechanismIn, Output, Place, Room, Template};
use crate::library::{self, Library, Session};
use crate::mechanism;
use crate::object::{created, number_of};
use crate::rv::{Result, Rv};
use crate::template::encode_without_value;
use cryptoki_sys::*;
use vhsm_wire::messages::{DecapsulateKey, EncapsulateKey, request};
use vhsm_wire::table::Operation;

/// Length of the longest ciphertext, in bytes: with so much room nothing is asked first.
const CIPHERTEXT_LENGTH_MAX: u64 = 1_568;

pub fn encapsulate(
    session: CK_SESSION_HANDLE,
    mechanism: MechanismIn<'_>,
    public_key: CK_OBJECT_HANDLE,
    template: Template<'_>,
    ciphertext: Output,
    key: Place<CK_OBJECT_HANDLE>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    let (kind, parameter) = mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
    let chosen = mechanism::parse(kind, parameter, Operation::Encapsulate)?;
    if ciphertext.capacity()?.is_none_or(|given| given < CIPHERTEXT_LENGTH_MAX) {
        let length = ciphertext_length(library, &session, public_key)?;
        if ciphertext.room(length)? == Room::Asked {
            return Ok(());
        }
    }
    key.check()?;
    let template = Some(encode_without_value(template)?);
    let body = EncapsulateKey { mechanism: Some(chosen.wire), public_key, template };
    let answer = library.ask(Some(&session), request::Request::EncapsulateKey(body), &[])?;
    let [carries] = answer.secrets()?[..] else { return Err(Rv(CKR_DEVICE_ERROR)) };
    // It fits: what was asked for above has this length, or is the longest.
    ciphertext.room(carries.len())?;
    ciphertext.put(0, carries);
    ciphertext.finish(carries.len());
    let [made] = created(answer)?;
    key.write(made)
}

/// Length of a key's ciphertexts, in bytes (FIPS 203, table 3), by its CKP_ML_KEM_ value.
fn ciphertext_length(library: &Library, session: &Session, public_key: u64) -> Result<usize> {
    match number_of(library, session, public_key, CKA_PARAMETER_SET) {
        Ok(Some(CKP_ML_KEM_512)) => Ok(768),
        Ok(Some(CKP_ML_KEM_768)) => Ok(1_088),
        Ok(Some(CKP_ML_KEM_1024)) => Ok(1_568),
        Ok(_) => Err(Rv(CKR_KEY_TYPE_INCONSISTENT)),
        Err(Rv(CKR_OBJECT_HANDLE_INVALID)) => Err(Rv(CKR_KEY_HANDLE_INVALID)),
        Err(rv) => Err(rv),
    }
}

pub fn decapsulate(
    session: CK_SESSION_HANDLE,
    mechanism: MechanismIn<'_>,
    private_key: CK_OBJECT_HANDLE,
    template: Template<'_>,
    ciphertext: Input<'_>,
    key: Place<CK_OBJECT_HANDLE>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    key.check()?;
    let (kind, parameter) = mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
    let chosen = mechanism::parse(kind, parameter, Operation::Decapsulate)?;
    let template = Some(encode_without_value(template)?);
    let ciphertext = ciphertext.bytes()?;
    if ciphertext.len() as u64 > CIPHERTEXT_LENGTH_MAX {
        return Err(Rv(CKR_WRAPPED_KEY_LEN_RANGE));
    }
    let body = request::Request::DecapsulateKey(DecapsulateKey {
        mechanism: Some(chosen.wire),
        private_key,
        template,
        ciphertext_secret: 0,
    });
    let [made] = created(library.ask(Some(&session), body, &[ciphertext])?)?;
    key.write(made)
}
