//! PKCS#11 v3.2, 5.18: key management.

use crate::ffi::{MechanismIn, Place, Template};
use crate::library;
use crate::object::created;
use crate::rv::{Result, Rv};
use crate::{derivation, mechanism, template};
use cryptoki_sys::*;
use vhsm_wire::messages::{GenerateKey, GenerateKeyPair, Mechanism, request};
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
    let mut encoded = template::encode(&template.entries()?)?;
    let wire = if kind == CKM_PKCS5_PBKD2 {
        let (parameters, password) = derivation::parse_password(parameter, encoded.secrets.len() as u32)?;
        encoded.secrets.push(password);
        Mechanism { r#type: kind, parameters: Some(parameters) }
    } else {
        mechanism::parse(kind, parameter, Operation::Generate)?.wire
    };
    let body = GenerateKey { mechanism: Some(wire), template: Some(encoded.template) };
    let answer = library.ask(Some(&session), request::Request::GenerateKey(body), &encoded.secrets)?;
    let [made] = created(answer)?;
    key.write(made)
}

/// C_GenerateKeyPair; templates and places are the public key's, then the private one's.
pub fn generate_pair(
    session: CK_SESSION_HANDLE,
    mechanism: MechanismIn<'_>,
    [public, private]: [Template<'_>; 2],
    [public_key, private_key]: [Place<CK_OBJECT_HANDLE>; 2],
) -> Result<()> {
    let (library, session) = library::session(session)?;
    public_key.check()?;
    private_key.check()?;
    let (kind, parameter) = mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
    let chosen = mechanism::parse(kind, parameter, Operation::GenerateKeyPair)?;
    let (public, private) = (template::encode_without_value(public)?, template::encode_without_value(private)?);
    let body = request::Request::GenerateKeyPair(GenerateKeyPair {
        mechanism: Some(chosen.wire),
        public_template: Some(public),
        private_template: Some(private),
    });
    let [public, private] = created(library.ask(Some(&session), body, &[])?)?;
    public_key.write(public)?;
    private_key.write(private)
}
