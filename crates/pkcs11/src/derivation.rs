//! C_DeriveKey (PKCS#11 v3.2, 5.18.5), and the parameters of its mechanisms.

use crate::ffi::{self, Input, MechanismIn, Place, Template};
use crate::mechanism::{INVALID, bytes};
use crate::rv::{Result, Rv};
use crate::template::encode_without_value;
use crate::{library, tls};
use cryptoki_sys::*;
use vhsm_wire::limits::OBJECT_FURTHER_KEYS_MAX;
use vhsm_wire::messages::mechanism::Parameters as Wire;
use vhsm_wire::messages::{
    CbcDataParameters, DeriveKey, EcdhParameters, HkdfParameters, KdfLength, KdfNumber, KdfParameters, KdfPart,
    Mechanism, Pbkdf2Parameters, kdf_part::Part, reply, request,
};
use vhsm_wire::table::{Operation, Parameters};

/// Longest data of a derivation, in bytes: the mechanism of one request stays well below a frame's message.
pub const DATA_LENGTH_MAX: usize = 32_768;

/// A derivation's parameters, and what they name.
pub struct Parsed<'a> {
    parameters: Option<Wire>,
    further_keys: Vec<u64>,
    /// Templates and places of keys that are made besides.
    further: Vec<(Template<'a>, Place<CK_OBJECT_HANDLE>)>,
    besides: Besides,
}

/// What the caller gets through the parameters.
pub enum Besides {
    /// Nothing.
    Nothing,
    /// The version of TLS.
    Version(Place<CK_VERSION>),
    /// Keys and IVs of TLS; then the call itself gives no handle.
    Keys(tls::Keys),
}

impl From<Wire> for Parsed<'_> {
    fn from(parameters: Wire) -> Self {
        Self { parameters: Some(parameters), ..Self::plain() }
    }
}

impl Parsed<'_> {
    /// Parameters through which the caller gets something, too.
    pub fn with(parameters: Wire, besides: Besides) -> Self {
        Self { besides, ..parameters.into() }
    }

    fn plain() -> Self {
        Self { parameters: None, further_keys: Vec::new(), further: Vec::new(), besides: Besides::Nothing }
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
    let (kind, parameter) = mechanism.read().ok_or(Rv(CKR_ARGUMENTS_BAD))?;
    let Parsed { parameters, further_keys, further, besides } = parse(kind, parameter)?;
    let template = encode_without_value(template)?;
    let mut templates = match &besides {
        Besides::Keys(keys) => keys.templates(&template)?,
        Besides::Nothing | Besides::Version(_) => {
            key.check()?;
            vec![template]
        }
    };
    for (template, place) in &further {
        place.check()?;
        templates.push(encode_without_value(*template)?);
    }
    let count = templates.len();
    let further_templates = templates.split_off(1);
    let body = request::Request::DeriveKey(DeriveKey {
        mechanism: Some(Mechanism { r#type: kind, parameters }),
        base_key,
        template: templates.pop(),
        further_keys,
        further_templates,
    });
    let mut answer = library.ask(Some(&session), body, &[])?;
    let made = match answer.body() {
        Some(reply::Reply::ObjectsCreated(made)) if made.objects.len() == count => made,
        _ => return Err(Rv(CKR_DEVICE_ERROR)),
    };
    match &besides {
        Besides::Keys(keys) => return keys.write(&made.objects, &made.derived_output),
        Besides::Version(place) => match made.derived_output[..] {
            [major, minor] => place.write(CK_VERSION { major, minor })?,
            _ => return Err(Rv(CKR_DEVICE_ERROR)),
        },
        Besides::Nothing => {}
    }
    key.write(made.objects[0])?;
    further.iter().zip(&made.objects[1..]).try_for_each(|((_, place), made)| place.write(*made))
}

fn parse(kind: u64, parameter: Input<'_>) -> Result<Parsed<'_>> {
    let row = vhsm_wire::mechanism(kind)
        .filter(|row| row.operations.contains(&Operation::Derive))
        .ok_or(Rv(CKR_MECHANISM_INVALID))?;
    match row.parameters {
        Parameters::None if parameter.is_empty() => Ok(Parsed::plain()),
        Parameters::Ecdh => parse_ecdh(parameter).map(|ecdh| Wire::Ecdh(ecdh).into()),
        Parameters::Hkdf => parse_hkdf(parameter),
        Parameters::Data => Ok(Wire::DerivationData(bytes(ffi::string_data(parameter)?, DATA_LENGTH_MAX)?).into()),
        Parameters::CbcData => {
            let (iv, data) = ffi::cbc_data(parameter)?;
            let data = bytes(data, DATA_LENGTH_MAX)?;
            Ok(Wire::CbcData(CbcDataParameters { iv: iv.to_vec(), data }).into())
        }
        Parameters::FirstBit => Ok(Wire::FirstBit(ffi::number(parameter)?).into()),
        Parameters::FurtherKey => Ok(Parsed { further_keys: vec![ffi::number(parameter)?], ..Parsed::plain() }),
        Parameters::CounterKdf => parse_kdf(parameter, true, false),
        Parameters::FeedbackKdf => parse_kdf(parameter, false, true),
        Parameters::DoublePipelineKdf => parse_kdf(parameter, false, false),
        Parameters::TlsMaster => tls::parse_master(parameter, kind == CKM_TLS12_MASTER_KEY_DERIVE),
        Parameters::TlsExtendedMaster => {
            tls::parse_extended_master(parameter, kind == CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE)
        }
        Parameters::TlsKeys => tls::parse_keys(parameter, kind == CKM_TLS12_KEY_AND_MAC_DERIVE),
        Parameters::TlsKdf => tls::parse_kdf(parameter),
        _ => Err(INVALID),
    }
}

/// The parameters of SP 800-108. The iteration variable is a counter in counter mode only, and has a format then.
fn parse_kdf(parameter: Input<'_>, counts: bool, feedback: bool) -> Result<Parsed<'_>> {
    let said = ffi::kdf_parameters(parameter, feedback, OBJECT_FURTHER_KEYS_MAX)?;
    let mut further_keys = Vec::new();
    let mut parts = Vec::with_capacity(said.fields.len());
    let mut length = 0;
    for (kind, content) in said.fields {
        let part = match kind {
            CK_SP800_108_ITERATION_VARIABLE if counts => Part::IterationVariable(counter(content)?),
            CK_SP800_108_ITERATION_VARIABLE if content.is_empty() => Part::IterationVariable(KdfNumber::default()),
            CK_SP800_108_COUNTER => Part::Counter(counter(content)?),
            CK_SP800_108_DKM_LENGTH => {
                let (method, little_endian, width) = ffi::length_format(content)?;
                Part::DerivedLength(KdfLength { number: Some(format(little_endian, width)?), method })
            }
            CK_SP800_108_BYTE_ARRAY => {
                let data = bytes(content, DATA_LENGTH_MAX)?;
                length += data.len();
                Part::Data(data)
            }
            CK_SP800_108_KEY_HANDLE => {
                further_keys.push(ffi::number(content)?);
                Part::FurtherKey(true)
            }
            _ => return Err(INVALID),
        };
        parts.push(KdfPart { part: Some(part) });
    }
    if length > DATA_LENGTH_MAX || further_keys.len() as u64 > OBJECT_FURTHER_KEYS_MAX {
        return Err(INVALID);
    }
    let sent = KdfParameters { prf: said.prf, parts, iv: bytes(said.iv, DATA_LENGTH_MAX)? };
    Ok(Parsed { further_keys, further: said.keys, ..Wire::Kdf(sent).into() })
}

fn counter(content: Input<'_>) -> Result<KdfNumber> {
    let (little_endian, width) = ffi::counter_format(content)?;
    format(little_endian, width)
}

fn format(little_endian: bool, width_bits: u64) -> Result<KdfNumber> {
    Ok(KdfNumber { little_endian, width_bits: u32::try_from(width_bits).map_err(|_| INVALID)? })
}

fn parse_ecdh(parameter: Input<'_>) -> Result<EcdhParameters> {
    let (kdf, shared_data, public_data) = ffi::ecdh_parameters(parameter)?;
    let (shared_data, public_data) = (bytes(shared_data, DATA_LENGTH_MAX)?, bytes(public_data, DATA_LENGTH_MAX)?);
    Ok(EcdhParameters { kdf, shared_data, public_data })
}

/// CK_HKDF_PARAMS. What the salt's type does not name is not looked at.
fn parse_hkdf(parameter: Input<'_>) -> Result<Parsed<'_>> {
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
    Ok(Parsed { further_keys, ..Wire::Hkdf(sent).into() })
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
