//! CK_MECHANISM, parsed into the wire's message by the generated table.

use crate::ffi::{Input, gcm_parameters};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::messages::{GcmParameters, Mechanism, mechanism};
use vhsm_wire::table::{Operation, Parameters};

/// Longest IV and additional data that fit a request, in bytes.
const IV_LENGTH_MAX: usize = 4_096;
const AAD_LENGTH_MAX: usize = 120_000;
const TAG_BITS_MAX: u64 = 128;

/// A mechanism that an operation may begin with.
pub struct Chosen {
    pub wire: Mechanism,
    /// Length of the MAC, digest or tag, in bytes; 0 for a key generation.
    pub output: usize,
    /// What of the parameters decides whether the engine accepts them.
    pub shape: u64,
}

/// Check a mechanism for an operation, and its parameter.
///
/// # Errors
/// CKR_MECHANISM_INVALID for one that is unknown or cannot do this; CKR_MECHANISM_PARAM_INVALID.
pub fn parse(kind: u64, parameter: Input<'_>, operation: Operation) -> Result<Chosen> {
    let row = vhsm_wire::mechanism(kind)
        .filter(|row| row.operations.contains(&operation))
        .ok_or(Rv(CKR_MECHANISM_INVALID))?;
    let wire = |parameters| Mechanism { r#type: kind, parameters };
    match row.parameters {
        Parameters::None => {
            if !parameter.is_empty() {
                return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
            }
            Ok(Chosen { wire: wire(None), output: row.output as usize, shape: 0 })
        }
        Parameters::MacLength => {
            let bytes = parameter.bytes().map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
            let length = bytes.try_into().map(CK_ULONG::from_ne_bytes).unwrap_or(0);
            if length == 0 || length > row.output {
                return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
            }
            let parameters = Some(mechanism::Parameters::MacLength(length));
            Ok(Chosen { wire: wire(parameters), output: length as usize, shape: length })
        }
        Parameters::Gcm => {
            let gcm = parse_gcm(parameter)?;
            let output = gcm.tag_bits as usize / 8;
            let shape = (gcm.iv.len() as u64) << 32 | u64::from(gcm.tag_bits);
            Ok(Chosen { wire: wire(Some(mechanism::Parameters::Gcm(gcm))), output, shape })
        }
    }
}

/// CK_GCM_PARAMS. `ulIvBits` is not looked at: callers leave it 0 or wrong, and `ulIvLen` says it all.
fn parse_gcm(parameter: Input<'_>) -> Result<GcmParameters> {
    let (iv, aad, tag_bits) = gcm_parameters(parameter)?;
    let bytes = |input: Input<'_>, max| match input.bytes() {
        Ok(bytes) if bytes.len() <= max => Ok(bytes.to_vec()),
        _ => Err(Rv(CKR_MECHANISM_PARAM_INVALID)),
    };
    if tag_bits > TAG_BITS_MAX || tag_bits % 8 != 0 {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    let iv = bytes(iv, IV_LENGTH_MAX)?;
    if iv.is_empty() {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    Ok(GcmParameters { iv, aad: bytes(aad, AAD_LENGTH_MAX)?, tag_bits: tag_bits as u32 })
}
