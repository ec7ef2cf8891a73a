//! C_DeriveKey (PKCS#11 v3.2, 5.18.5), and the parameters of its mechanisms.

use crate::ffi::{self, Input, MechanismIn, Place, Template};
use crate::mechanism::{INVALID, bytes};
use crate::object::created;
use crate::rv::{Result, Rv};
use crate::{library, template};
use cryptoki_sys::*;
use vhsm_wire::messages::mechanism::Parameters as Wire;
use vhsm_wire::messages::{
    CbcDataParameters, DeriveKey, EcdhParameters, HkdfParameters, Mechanism, Pbkdf2Parameters, request,
};
use vhsm_wire::table::{Operation, Parameters};

/// Longest data of a derivation, in bytes: the mechanism of one request stays well below a frame's message.
const DATA_LENGTH_MAX: usize = 32_768;

/// A derivation's parameters, and the keys that they name.
struct Parsed {
    parameters: Option<Wire>,
    further_keys: Vec<u64>,
}

impl From<Wire> for Parsed {
    fn from(parameters: Wire) -> Self {
        Self { parameters: Some(parameters), further_keys: Vec::new() }
    }
}

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
    let Parsed { parameters, further_keys } = parse(kind, parameter)?;
    let encoded = template::encode(&template.entries()?)?;
    // The value is the mechanism's to make.
    if !encoded.secrets.is_empty() {
        return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
    }
    let mechanism = Some(Mechanism { r#type: kind, parameters });
    let body = DeriveKey { mechanism, base_key, template: Some(encoded.template), further_keys };
    let [made] = created(library.ask(Some(&session), request::Request::DeriveKey(body), &[])?)?;
    key.write(made)
}

fn parse(kind: u64, parameter: Input<'_>) -> Result<Parsed> {
    let row = vhsm_wire::mechanism(kind)
        .filter(|row| row.operations.contains(&Operation::Derive))
        .ok_or(Rv(CKR_MECHANISM_INVALID))?;
    match row.parameters {
        Parameters::None if parameter.is_empty() => Ok(Parsed { parameters: None, further_keys: Vec::new() }),
        Parameters::Ecdh => parse_ecdh(parameter).map(|ecdh| Wire::Ecdh(ecdh).into()),
        Parameters::Hkdf => parse_hkdf(parameter),
        Parameters::Data => Ok(Wire::DerivationData(bytes(ffi::string_data(parameter)?, DATA_LENGTH_MAX)?).into()),
        Parameters::CbcData => {
            let (iv, data) = ffi::cbc_data(parameter)?;
            let data = bytes(data, DATA_LENGTH_MAX)?;
            Ok(Wire::CbcData(CbcDataParameters { iv: iv.to_vec(), data }).into())
        }
        Parameters::FirstBit => Ok(Wire::FirstBit(ffi::number(parameter)?).into()),
        Parameters::FurtherKey => Ok(Parsed { parameters: None, further_keys: vec![ffi::number(parameter)?] }),
        _ => Err(INVALID),
    }
}

fn parse_ecdh(parameter: Input<'_>) -> Result<EcdhParameters> {
    let (kdf, shared_data, public_data) = ffi::ecdh_parameters(parameter)?;
    let (shared_data, public_data) = (bytes(shared_data, DATA_LENGTH_MAX)?, bytes(public_data, DATA_LENGTH_MAX)?);
    Ok(EcdhParameters { kdf, shared_data, public_data })
}

/// CK_HKDF_PARAMS. What the salt's type does not name is not looked at.
fn parse_hkdf(parameter: Input<'_>) -> Result<Parsed> {
    let (hkdf, salt, info) = ffi::hkdf_parameters(parameter)?;
    let extract = hkdf.bExtract != CK_FALSE;
    let salted = |with| extract && hkdf.ulSaltType == with;
    let sent = HkdfParameters {
        extract,
        expand: hkdf.bExpand != CK_FALSE,
        prf: hkdf.prfHashMechanism,
        salt_type: hkdf.ulSaltType,
        salt: if salted(CKF_HKDF_SALT_DATA) { bytes(salt, DATA_LENGTH_MAX)? } else { Vec::new() },
        info: bytes(info, DATA_LENGTH_MAX)?,
    };
    let further_keys = if salted(CKF_HKDF_SALT_KEY) { vec![hkdf.hSaltKey] } else { Vec::new() };
    Ok(Parsed { parameters: Some(Wire::Hkdf(sent)), further_keys })
}

/// The parameters of CKM_PKCS5_PBKD2, and the password, which becomes the secret of this index.
pub fn parse_password(parameter: Input<'_>, password_secret: u32) -> Result<(Wire, &[u8])> {
    let said = ffi::password_parameters(parameter)?;
    let numbers = said.numbers;
    if numbers.saltSource != CKZ_SALT_SPECIFIED || numbers.ulPrfDataLen != 0 {
        return Err(INVALID);
    }
    let password = said.password.bytes().map_err(|_| INVALID)?;
    if password.len() > DATA_LENGTH_MAX {
        return Err(INVALID);
    }
    let sent = Pbkdf2Parameters {
        salt: bytes(said.salt, DATA_LENGTH_MAX)?,
        iterations: numbers.iterations,
        prf: numbers.prf,
        password_secret,
    };
    Ok((Wire::Pbkdf2(sent), password))
}
