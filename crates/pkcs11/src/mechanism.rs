//! CK_MECHANISM, parsed into the wire's message by the generated table.

pub use crate::ffi::INVALID;
use crate::ffi::{Input, ccm_parameters, chacha_poly_parameters, ctr_parameters, eddsa_parameters, gcm_parameters};
use crate::ffi::{hash_sign_context, oaep_parameters, pss_parameters, rsa_aes_key_wrap_parameters, sign_context};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::messages::SignContextParameters;
use vhsm_wire::messages::mechanism::Parameters as Wire;
use vhsm_wire::messages::{
    CcmParameters, ChachaPolyParameters, CtrParameters, EddsaParameters, GcmParameters, Mechanism, OaepParameters,
    PssParameters, RsaAesKeyWrapParameters,
};
use vhsm_wire::table::{self, MechanismRow, Operation, Parameters};

/// Longest IV, label and additional data that fit a request, in bytes.
const IV_LENGTH_MAX: usize = 4_096;
const LABEL_LENGTH_MAX: usize = 4_096;
pub const AAD_LENGTH_MAX: usize = 120_000;
const TAG_BITS_MAX: u64 = 128;
/// The initial value of AES key wrap.
const KEY_WRAP_VALUE_LENGTH: usize = 8;
/// RFC 5649, section 3: with padding there is one.
const KEY_WRAP_PADDED_VALUE: [u8; 4] = [0xa6, 0x59, 0x59, 0xa6];
const MAC_LENGTH_MAX: u64 = 16;
const COUNTER_BITS_MAX: u64 = 128;
/// Longest salt that the longest RSA key has room for, in bytes.
const SALT_LENGTH_MAX: u64 = 1_024;
/// Longest context of a signature, in bytes (RFC 8032, section 5.1; FIPS 204, section 5.2).
const CONTEXT_LENGTH_MAX: usize = 255;

/// A mechanism that an operation may begin with.
pub struct Chosen {
    pub row: &'static MechanismRow,
    pub wire: Mechanism,
    /// Length of the MAC, digest or tag, in bytes; 0 for a key generation, and where the key says it.
    pub output: usize,
    /// What of the parameters decides whether the engine accepts them.
    pub shape: u64,
}

impl Chosen {
    /// A mechanism whose parameters are the wire's already; `None` for one that is unknown or cannot do this.
    pub fn of(wire: Mechanism, operation: Operation) -> Option<Self> {
        let row = vhsm_wire::mechanism(wire.r#type).filter(|row| row.operations.contains(&operation))?;
        let output = match &wire.parameters {
            Some(Wire::MacLength(length)) => *length as usize,
            Some(Wire::Gcm(gcm)) => gcm.tag_bits as usize / 8,
            Some(Wire::Ccm(ccm)) => ccm.mac_length as usize,
            Some(Wire::Message(message)) => message.tag_length as usize,
            Some(Wire::DigestBits(bits)) => *bits as usize / 8,
            _ => row.output as usize,
        };
        let shape = wire.parameters.as_ref().map_or(0, shape);
        Some(Self { row, wire, output, shape })
    }
}

/// Check a mechanism for an operation, and its parameter.
///
/// # Errors
/// CKR_MECHANISM_INVALID for one that is unknown or cannot do this; CKR_MECHANISM_PARAM_INVALID.
pub fn parse(kind: u64, parameter: Input<'_>, operation: Operation) -> Result<Chosen> {
    let row = vhsm_wire::mechanism(kind)
        .filter(|row| row.operations.contains(&operation))
        .ok_or(Rv(CKR_MECHANISM_INVALID))?;
    let parameters = match row.parameters {
        Parameters::None if parameter.is_empty() => None,
        // PowerDNS 4.7 leaves the two fields of its CKM_SHA_1 unset. What they point at is not read.
        Parameters::None if operation == Operation::Digest => None,
        Parameters::None => return Err(INVALID),
        Parameters::MacLength => Some(Wire::MacLength(parse_mac_length(parameter, row.output)?)),
        // The other forms that wrapping takes are read in wrapping.rs.
        Parameters::Gcm => Some(Wire::Gcm(parse_gcm(gcm_parameters(parameter)?)?)),
        Parameters::KeyWrap if parameter.is_empty() => None,
        Parameters::KeyWrap => Some(Wire::Iv(parse_key_wrap(kind, parameter)?)),
        Parameters::RsaAesKeyWrap => Some(Wire::RsaAesKeyWrap(parse_rsa_aes_key_wrap(parameter)?)),
        Parameters::Ccm => Some(Wire::Ccm(parse_ccm(parameter)?)),
        Parameters::ChachaPoly => Some(Wire::ChachaPoly(parse_chacha_poly(parameter)?)),
        Parameters::Iv => Some(Wire::Iv(parse_iv(parameter, row.iv_bytes())?)),
        Parameters::Ctr => Some(Wire::Ctr(parse_ctr(parameter)?)),
        Parameters::Pss => Some(Wire::Pss(parse_pss(parameter)?)),
        Parameters::Oaep => Some(Wire::Oaep(parse_oaep(parameter)?)),
        // Without it, the scheme is pure Ed25519 (PKCS#11 v3.2, 6.3.14).
        Parameters::Eddsa if parameter.is_empty() => None,
        Parameters::Eddsa => Some(Wire::Eddsa(parse_eddsa(parameter)?)),
        // Read in derivation.rs.
        Parameters::Ecdh
        | Parameters::Hkdf
        | Parameters::Data
        | Parameters::CbcData
        | Parameters::FurtherKey
        | Parameters::FirstBit
        | Parameters::Pbkdf2
        | Parameters::CounterKdf
        | Parameters::FeedbackKdf
        | Parameters::DoublePipelineKdf
        | Parameters::TlsMaster
        | Parameters::TlsExtendedMaster
        | Parameters::TlsKeys
        | Parameters::TlsKdf => return Err(INVALID),
        // Without it, the context is empty (PKCS#11 v3.2, 6.67.5).
        Parameters::SignContext if parameter.is_empty() => None,
        Parameters::SignContext => Some(Wire::SignContext(parse_sign_context(parameter)?)),
        Parameters::HashSignContext => Some(Wire::SignContext(parse_hash_sign_context(parameter)?)),
        Parameters::DigestBits => Some(Wire::DigestBits(parse_digest_bits(parameter)?)),
    };
    Chosen::of(Mechanism { r#type: kind, parameters }, operation).ok_or(Rv(CKR_MECHANISM_INVALID))
}

/// Whether the key says how long a signature or a block is, not the mechanism. Of HSS, a public key does not know.
pub fn sized_by_key(row: &MechanismRow) -> bool {
    row.key_types.iter().any(|key_type| table::PAIRED.contains(key_type) && *key_type != table::CKK_HSS)
}

/// The numbers packed here are bounded where they are parsed.
fn shape(parameters: &Wire) -> u64 {
    match parameters {
        Wire::MacLength(length) => *length,
        Wire::Gcm(gcm) => (gcm.iv.len() as u64) << 32 | u64::from(gcm.tag_bits),
        // Of an Init for messages: like none that brings its nonce.
        Wire::Message(_) => u64::MAX,
        Wire::DigestBits(bits) => u64::from(*bits),
        Wire::Ccm(ccm) => (ccm.nonce.len() as u64) << 32 | u64::from(ccm.mac_length),
        Wire::ChachaPoly(chacha_poly) => chacha_poly.nonce.len() as u64,
        Wire::Iv(_) => 0,
        Wire::Ctr(ctr) => u64::from(ctr.counter_bits),
        Wire::Pss(pss) => pss.hash << 32 | pss.mgf << 16 | pss.salt_length,
        Wire::Oaep(oaep) => oaep.hash << 32 | oaep.mgf,
        Wire::SignContext(context) => 1 | context.hedge << 1 | context.hash << 8,
        // Wrapping asks for no grant, so nothing is remembered of its parameters.
        Wire::RsaAesKeyWrap(_) => 0,
        Wire::Eddsa(eddsa) => 1 | u64::from(eddsa.prehash) << 1 | u64::from(eddsa.context.is_empty()) << 2,
        // Never an operation's.
        Wire::Ecdh(_)
        | Wire::Hkdf(_)
        | Wire::CbcData(_)
        | Wire::DerivationData(_)
        | Wire::FirstBit(_)
        | Wire::Pbkdf2(_)
        | Wire::Kdf(_)
        | Wire::Tls(_) => 0,
    }
}

fn parse_mac_length(parameter: Input<'_>, length_max: u64) -> Result<u64> {
    let length = parse_number(parameter)?;
    if length == 0 || length > length_max { Err(INVALID) } else { Ok(length) }
}

/// SHA-512/t of the values for t that FIPS 180-4 approves (5.3.6); the standard leaves the others to the token.
fn parse_digest_bits(parameter: Input<'_>) -> Result<u32> {
    match parse_number(parameter)? {
        224 => Ok(224),
        256 => Ok(256),
        _ => Err(INVALID),
    }
}

/// CK_MAC_GENERAL_PARAMS.
fn parse_number(parameter: Input<'_>) -> Result<u64> {
    let bytes = parameter.bytes().map_err(|_| INVALID)?;
    bytes.try_into().map(CK_ULONG::from_ne_bytes).map_err(|_| INVALID)
}

/// CK_GCM_PARAMS. `ulIvBits` is not looked at: callers leave it 0 or wrong, and `ulIvLen` says it all.
fn parse_gcm((iv, aad, tag_bits): (Input<'_>, Input<'_>, u64)) -> Result<GcmParameters> {
    if tag_bits > TAG_BITS_MAX || tag_bits % 8 != 0 {
        return Err(INVALID);
    }
    let iv = bytes(iv, IV_LENGTH_MAX)?;
    if iv.is_empty() {
        return Err(INVALID);
    }
    Ok(GcmParameters { iv, aad: bytes(aad, AAD_LENGTH_MAX)?, tag_bits: tag_bits as u32 })
}

/// CK_CCM_PARAMS. `ulDataLen` is the length of the data without the MAC, also where one decrypts; that it fits the
/// nonce is the engine's to say (SP 800-38C, appendix A.1).
fn parse_ccm(parameter: Input<'_>) -> Result<CcmParameters> {
    let (ccm, nonce, aad) = ccm_parameters(parameter)?;
    if ccm.ulMACLen > MAC_LENGTH_MAX {
        return Err(INVALID);
    }
    let (nonce, aad) = (bytes(nonce, IV_LENGTH_MAX)?, bytes(aad, AAD_LENGTH_MAX)?);
    Ok(CcmParameters { data_length: ccm.ulDataLen, nonce, aad, mac_length: ccm.ulMACLen as u32 })
}

fn parse_chacha_poly(parameter: Input<'_>) -> Result<ChachaPolyParameters> {
    let (nonce, aad) = chacha_poly_parameters(parameter)?;
    Ok(ChachaPolyParameters { nonce: bytes(nonce, IV_LENGTH_MAX)?, aad: bytes(aad, AAD_LENGTH_MAX)? })
}

fn parse_iv(parameter: Input<'_>, length: usize) -> Result<Vec<u8>> {
    let iv = bytes(parameter, length)?;
    if iv.len() == length { Ok(iv) } else { Err(INVALID) }
}

/// With padding the initial value is spoken for (PKCS#11 v3.2, 6.16.2).
fn parse_key_wrap(kind: u64, parameter: Input<'_>) -> Result<Vec<u8>> {
    let value = bytes(parameter, KEY_WRAP_VALUE_LENGTH)?;
    let fits = match kind {
        CKM_AES_KEY_WRAP => value.len() == KEY_WRAP_VALUE_LENGTH,
        _ => value == KEY_WRAP_PADDED_VALUE,
    };
    if fits { Ok(value) } else { Err(INVALID) }
}

fn parse_ctr(parameter: Input<'_>) -> Result<CtrParameters> {
    let ctr = ctr_parameters(parameter)?;
    if !(1..=COUNTER_BITS_MAX).contains(&ctr.ulCounterBits) {
        return Err(INVALID);
    }
    Ok(CtrParameters { counter_bits: ctr.ulCounterBits as u32, block: ctr.cb.to_vec() })
}

fn parse_pss(parameter: Input<'_>) -> Result<PssParameters> {
    let pss = pss_parameters(parameter)?;
    if pss.sLen > SALT_LENGTH_MAX {
        return Err(INVALID);
    }
    let (hash, mgf) = hash_and_mgf(pss.hashAlg, pss.mgf)?;
    Ok(PssParameters { hash, mgf, salt_length: pss.sLen })
}

/// CK_RSA_PKCS_OAEP_PARAMS. A source of 0 means no label (PKCS#11 v3.2, 6.1.7).
fn parse_oaep(parameter: Input<'_>) -> Result<OaepParameters> {
    let (oaep, label) = oaep_parameters(parameter)?;
    let label = match oaep.source {
        0 if label.is_empty() => Vec::new(),
        CKZ_DATA_SPECIFIED => bytes(label, LABEL_LENGTH_MAX)?,
        _ => return Err(INVALID),
    };
    let (hash, mgf) = hash_and_mgf(oaep.hashAlg, oaep.mgf)?;
    Ok(OaepParameters { hash, mgf, label })
}

fn parse_rsa_aes_key_wrap(parameter: Input<'_>) -> Result<RsaAesKeyWrapParameters> {
    let (aes_key_bits, oaep) = rsa_aes_key_wrap_parameters(parameter)?;
    let aes_key_bits = u32::try_from(aes_key_bits).map_err(|_| INVALID)?;
    Ok(RsaAesKeyWrapParameters { aes_key_bits, oaep: Some(parse_oaep(oaep)?) })
}

fn parse_eddsa(parameter: Input<'_>) -> Result<EddsaParameters> {
    let (prehash, context) = eddsa_parameters(parameter)?;
    Ok(EddsaParameters { prehash, context: bytes(context, CONTEXT_LENGTH_MAX)? })
}

fn parse_sign_context(parameter: Input<'_>) -> Result<SignContextParameters> {
    let (hedge, context) = sign_context(parameter)?;
    signed_with(hedge, context, 0)
}

fn parse_hash_sign_context(parameter: Input<'_>) -> Result<SignContextParameters> {
    let (hedge, context, hash) = hash_sign_context(parameter)?;
    signed_with(hedge, context, hash)
}

/// A hedge is a CKH_ value (PKCS#11 v3.2, 6.67.1).
fn signed_with(hedge: u64, context: Input<'_>, hash: u64) -> Result<SignContextParameters> {
    if hedge > CKH_DETERMINISTIC_REQUIRED || hash > u64::from(u32::MAX) {
        return Err(INVALID);
    }
    Ok(SignContextParameters { hedge, context: bytes(context, CONTEXT_LENGTH_MAX)?, hash })
}

/// Which values mean something is the engine's to say; `shape` wants small ones.
fn hash_and_mgf(hash: u64, mgf: u64) -> Result<(u64, u64)> {
    if hash > u64::from(u32::MAX) || mgf > u64::from(u16::MAX) { Err(INVALID) } else { Ok((hash, mgf)) }
}

/// A parameter's bytes, up to a length.
pub fn bytes(input: Input<'_>, length_max: usize) -> Result<Vec<u8>> {
    match input.bytes() {
        Ok(bytes) if bytes.len() <= length_max => Ok(bytes.to_vec()),
        _ => Err(INVALID),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iv_has_one_length() {
        let bytes = [7; 17];
        assert_eq!(parse_iv(bytes[..16].into(), 16), Ok(vec![7; 16]));
        for length in [0, 15, 17] {
            assert_eq!(parse_iv(bytes[..length].into(), 16), Err(INVALID), "{length}");
        }
    }

    #[test]
    fn a_counter_has_1_to_128_bits() {
        let parameter = |bits: u64| [&bits.to_ne_bytes()[..], &[7; 16]].concat();
        for bits in [1, 32, 128] {
            let expected = CtrParameters { counter_bits: bits as u32, block: vec![7; 16] };
            assert_eq!(parse_ctr(parameter(bits)[..].into()), Ok(expected));
        }
        for bits in [0, 129, 1 << 32 | 1] {
            assert_eq!(parse_ctr(parameter(bits)[..].into()), Err(INVALID), "{bits}");
        }
        assert_eq!(parse_ctr(parameter(32)[..23].into()), Err(INVALID));
    }
}
