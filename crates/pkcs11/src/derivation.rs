//! C_DeriveKey (PKCS#11 v3.2, 5.18.5), and the parameters of its mechanisms.

use crate::ffi::{Input, MechanismIn, Place, Template, ecdh_parameters};
use crate::mechanism::{INVALID, bytes};
use crate::object::created;
use crate::rv::{Result, Rv};
use crate::{library, template};
use cryptoki_sys::*;
use vhsm_wire::messages::mechanism::Parameters as Wire;
use vhsm_wire::messages::{DeriveKey, EcdhParameters, Mechanism, request};
use vhsm_wire::table::{Operation, Parameters};

/// Longest data of a derivation, in bytes: the mechanism of one request stays well below a frame's message.
const DATA_LENGTH_MAX: usize = 65_536;

pub fn derive(
    session: CK_SESSION_HANDLE,
    mechanism: MechanismIn<'_>,
    base_key: CK_OBJECT_HANDLE,
    template: Template<'_>,
    key: Place<CK_OBJECT_HANDLE>,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    key.check()?;
    let (kind, parameter) = mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
    let parameters = parse(kind, parameter)?;
    let encoded = template::encode(&template.entries()?)?;
    // The value is the mechanism's to make.
    if !encoded.secrets.is_empty() {
        return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
    }
    let body = DeriveKey {
        mechanism: Some(Mechanism { r#type: kind, parameters: Some(parameters) }),
        base_key,
        template: Some(encoded.template),
        further_keys: Vec::new(),
    };
    let [made] = created(library.ask(Some(&session), request::Request::DeriveKey(body), &[])?)?;
    key.write(made)
}

fn parse(kind: u64, parameter: Input<'_>) -> Result<Wire> {
    let row = vhsm_wire::mechanism(kind)
        .filter(|row| row.operations.contains(&Operation::Derive))
        .ok_or(Rv(CKR_MECHANISM_INVALID))?;
    match row.parameters {
        Parameters::Ecdh => parse_ecdh(parameter).map(Wire::Ecdh),
        _ => Err(INVALID),
    }
}

fn parse_ecdh(parameter: Input<'_>) -> Result<EcdhParameters> {
    let (kdf, shared_data, public_data) = ecdh_parameters(parameter)?;
    let (shared_data, public_data) = (bytes(shared_data, DATA_LENGTH_MAX)?, bytes(public_data, DATA_LENGTH_MAX)?);
    Ok(EcdhParameters { kdf, shared_data, public_data })
}
