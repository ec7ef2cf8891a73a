//! PKCS#11 v3.2, 5.18: key management.

use crate::ffi::{MechanismIn, Place, Template};
use crate::library;
use crate::object::created;
use crate::rv::{Result, Rv};
use crate::{mechanism, template};
use cryptoki_sys::*;
use vhsm_wire::messages::{GenerateKey, request};
use vhsm_wire::table::Operation;

pub fn generate(
    session: CK_SESSION_HANDLE,
    mechanism: MechanismIn<'_>,
    template: Template<'_>,
    key: Place<CK_OBJECT_HANDLE>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    key.check()?;
    let (kind, parameter) = mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
    let chosen = mechanism::parse(kind, parameter, Operation::Generate)?;
    let encoded = template::encode(&template.entries()?)?;
    let body = GenerateKey { mechanism: Some(chosen.wire), template: Some(encoded.template) };
    let answer = library.ask(Some(&session), request::Request::GenerateKey(body), &encoded.secrets)?;
    key.write(created(answer)?)
}

/// Functions for which the table has no mechanism yet.
pub fn no_such_mechanism(session: CK_SESSION_HANDLE, mechanism: MechanismIn<'_>) -> Result<()> {
    library::session(session)?;
    mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
    Err(Rv(CKR_MECHANISM_INVALID))
}
