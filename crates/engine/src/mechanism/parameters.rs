//! What an Init checks, without doing anything.

use super::aws_lc::ed25519::{CONTEXT_BYTES_MAX, Variant};
use super::aws_lc::{Hash, InitialValue, Oaep, Pss};
use super::cipher::{self, Cipher, Ending};
use super::domain::Domain;
use super::material::key_size;
use super::message_nonce::with_nonce;
use super::rsa::{self, Encryption};
use super::sign_context::Scheme;
use super::{ccm, chacha, eddsa, ml_dsa, slh_dsa, xmss};
use crate::laws;
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{self, Operation, mechanism::Parameters as Sent};
use vhsm_wire::table::{self, MechanismRow, Parameters};
use vhsm_wire::tables::*;

/// Longest salt of PSS that any key has room for, in bytes.
const SALT_BYTES_MAX: u64 = 1_024;
/// RFC 5649, section 3: what key wrap with padding begins with.
const KEY_WRAP_PADDED_VALUE: [u8; 4] = [0xa6, 0x59, 0x59, 0xa6];

/// Parameters that fit their mechanism.
pub(super) enum Parsed<'a> {
    /// A digest.
    Digest(Hash),
    /// An HMAC, cut to so many bytes.
    Hmac { hash: Hash, mac_bytes: usize },
    /// AES-GCM.
    Gcm { parameters: &'a messages::GcmParameters, tag_bytes: usize },
    /// AES-CCM.
    Ccm(&'a messages::CcmParameters),
    /// ChaCha20-Poly1305.
    ChachaPoly(&'a messages::ChachaPolyParameters),
    /// A cipher that does not authenticate.
    Cipher(Cipher),
    /// AES-CMAC, cut to so many bytes.
    Cmac { mac_bytes: usize },
    /// AES-GMAC.
    Gmac { iv: &'a [u8] },
    /// A signature of the data, or of their digest where the mechanism has a hash.
    Rsa { hash: Option<Hash>, scheme: rsa::Scheme },
    /// The same by ECDSA.
    Ecdsa { hash: Option<Hash> },
    /// EdDSA.
    Eddsa(Variant<'a>),
    /// ML-DSA, or HashML-DSA of a digest that the mechanism makes of the data or is given.
    MlDsa { hash: Option<Hash>, scheme: Scheme<'a> },
    /// SLH-DSA, or HashSLH-DSA, likewise.
    SlhDsa { hash: Option<Hash>, scheme: Scheme<'a> },
    /// HSS, XMSS or XMSS^MT.
    Stateful,
    /// RSA encryption.
    RsaEncryption(Encryption<'a>),
    /// AES key wrap, with an initial value of the caller's.
    KeyWrap(Option<InitialValue>),
    /// AES key wrap with padding.
    KeyWrapPadded,
    /// OAEP of an AES key made for it, which wraps with padding.
    RsaAes { aes_bytes: usize, oaep: Oaep<'a> },
}

impl Parsed<'_> {
    /// The hash that a signature mechanism takes its data through first.
    pub(super) fn hash(&self) -> Option<Hash> {
        match self {
            Self::Rsa { hash, .. } | Self::Ecdsa { hash } => *hash,
            Self::MlDsa { hash, .. } | Self::SlhDsa { hash, .. } => *hash,
            _ => None,
        }
    }
}

/// The hash of a mechanism's own row: also MD5, which rows have for old programs, and parameters may not name.
fn own_hash(mechanism: u64) -> Option<Hash> {
    if mechanism == CKM_MD5 { Some(Hash::Md5) } else { hash(mechanism) }
}

/// The hash of a digest mechanism's `CKM_` value.
pub(super) fn hash(mechanism: u64) -> Option<Hash> {
    Some(match mechanism {
        CKM_SHA_1 => Hash::Sha1,
        CKM_SHA224 => Hash::Sha224,
        CKM_SHA256 => Hash::Sha256,
        CKM_SHA384 => Hash::Sha384,
        CKM_SHA512 => Hash::Sha512,
        CKM_SHA512_224 => Hash::Sha512_224,
        CKM_SHA512_256 => Hash::Sha512_256,
        CKM_SHA3_224 => Hash::Sha3_224,
        CKM_SHA3_256 => Hash::Sha3_256,
        CKM_SHA3_384 => Hash::Sha3_384,
        CKM_SHA3_512 => Hash::Sha3_512,
        _ => return None,
    })
}

/// The mechanism's row, if it does that operation.
pub(super) fn row(operation: Operation, mechanism: u64) -> Result<&'static MechanismRow, Rv> {
    let wanted = match operation {
        Operation::Encrypt => table::Operation::Encrypt,
        Operation::Decrypt => table::Operation::Decrypt,
        Operation::Sign => table::Operation::Sign,
        Operation::Verify => table::Operation::Verify,
        Operation::Digest | Operation::DigestKey => table::Operation::Digest,
        Operation::SignRecover => table::Operation::SignRecover,
        Operation::VerifyRecover => table::Operation::VerifyRecover,
        Operation::Wrap => table::Operation::Wrap,
        Operation::Unwrap => table::Operation::Unwrap,
        Operation::Derive => table::Operation::Derive,
        Operation::Encapsulate => table::Operation::Encapsulate,
        Operation::Decapsulate => table::Operation::Decapsulate,
        Operation::None => return Err(CKR_MECHANISM_INVALID),
    };
    vhsm_wire::mechanism(mechanism).filter(|row| row.operations.contains(&wanted)).ok_or(CKR_MECHANISM_INVALID)
}

/// Check the operation and the parameters.
pub(super) fn parse(operation: Operation, mechanism: &messages::Mechanism) -> Result<Parsed<'_>, Rv> {
    let row = row(operation, mechanism.r#type)?;
    match (row.parameters, &mechanism.parameters) {
        (Parameters::None, None) => plain(operation, row),
        // PKCS#11 v3.2, 6.20.3: any length up to the hash's; 0 would sign nothing.
        (Parameters::MacLength, Some(Sent::MacLength(length))) if (1..=row.output).contains(length) => {
            mac(row, *length as usize)
        }
        (Parameters::Gcm, Some(Sent::Gcm(parameters))) => gcm(parameters),
        (Parameters::Ccm, Some(Sent::Ccm(parameters))) => ccm::check(parameters).map(|()| Parsed::Ccm(parameters)),
        (Parameters::ChachaPoly, Some(Sent::ChachaPoly(parameters))) => {
            chacha::check(parameters).map(|()| Parsed::ChachaPoly(parameters))
        }
        (Parameters::Iv, Some(Sent::Iv(sent))) => with_iv(row, sent),
        (Parameters::Ctr, Some(Sent::Ctr(sent))) => cipher::ctr(sent).map(Parsed::Cipher),
        (Parameters::Pss, Some(Sent::Pss(parameters))) => pss(row, parameters),
        (Parameters::Oaep, Some(Sent::Oaep(parameters))) => {
            Ok(Parsed::RsaEncryption(Encryption::Oaep(oaep(parameters)?)))
        }
        (Parameters::KeyWrap, None) => key_wrap(row, None),
        (Parameters::KeyWrap, Some(Sent::Iv(value))) => key_wrap(row, Some(value)),
        (Parameters::RsaAesKeyWrap, Some(Sent::RsaAesKeyWrap(parameters))) => rsa_aes(parameters),
        (Parameters::Eddsa, None) => Ok(Parsed::Eddsa(Variant::Pure)),
        (Parameters::Eddsa, Some(Sent::Eddsa(parameters))) => eddsa(parameters),
        (Parameters::SignContext | Parameters::HashSignContext, sent) => sign_context(row, sent.as_ref()),
        (Parameters::DigestBits, Some(Sent::DigestBits(bits))) => truncated(*bits).map(Parsed::Digest),
        _ => Err(CKR_MECHANISM_PARAM_INVALID),
    }
}

/// Mechanisms whose parameter is an IV.
fn with_iv<'a>(row: &MechanismRow, sent: &'a [u8]) -> Result<Parsed<'a>, Rv> {
    let iv = cipher::iv(sent, row.iv_bytes())?;
    let ending = match row.value {
        CKM_AES_GMAC => return Ok(Parsed::Gmac { iv: sent }),
        CKM_AES_XTS => return Ok(Parsed::Cipher(Cipher::Xts { sector: iv })),
        CKM_AES_CBC_PAD | CKM_DES3_CBC_PAD => Ending::Padded,
        CKM_AES_CTS => Ending::Stolen,
        _ => Ending::Whole,
    };
    Ok(Parsed::Cipher(Cipher::Cbc { iv, ending }))
}

/// Mechanisms without parameters, by what their row says.
fn plain(operation: Operation, row: &MechanismRow) -> Result<Parsed<'static>, Rv> {
    let inner = row.hash.map(|inner| own_hash(inner).ok_or(CKR_MECHANISM_INVALID)).transpose()?;
    let enciphers = matches!(operation, Operation::Encrypt | Operation::Decrypt | Operation::Wrap | Operation::Unwrap);
    match (row.key_types, row.value) {
        ([], value) => own_hash(value).map(Parsed::Digest).ok_or(CKR_MECHANISM_INVALID),
        ([table::CKK_RSA], CKM_RSA_PKCS) if enciphers => Ok(Parsed::RsaEncryption(Encryption::Pkcs1)),
        ([table::CKK_RSA], CKM_RSA_X_509) if enciphers => Ok(Parsed::RsaEncryption(Encryption::Raw)),
        ([table::CKK_RSA], CKM_RSA_X_509) => Ok(Parsed::Rsa { hash: None, scheme: rsa::Scheme::Raw }),
        ([table::CKK_RSA], _) => Ok(Parsed::Rsa { hash: inner, scheme: rsa::Scheme::Pkcs1 }),
        ([table::CKK_EC], _) => Ok(Parsed::Ecdsa { hash: inner }),
        ([table::CKK_HSS | table::CKK_XMSS | table::CKK_XMSSMT], _) => Ok(Parsed::Stateful),
        (_, CKM_AES_ECB | CKM_DES3_ECB) => Ok(Parsed::Cipher(Cipher::Ecb)),
        _ => mac(row, row.output as usize),
    }
}

/// SHA-512/t: of all t, FIPS 180-4 (5.3.6) approves these two.
fn truncated(bits: u32) -> Result<Hash, Rv> {
    match bits {
        224 => Ok(Hash::Sha512_224),
        256 => Ok(Hash::Sha512_256),
        _ => Err(CKR_MECHANISM_PARAM_INVALID),
    }
}

/// The hash of a CKG_MGF1_ value (PKCS#11 v3.2, 6.1.7).
fn mgf(value: u64) -> Option<Hash> {
    Some(match value {
        1 => Hash::Sha1,
        2 => Hash::Sha256,
        3 => Hash::Sha384,
        4 => Hash::Sha512,
        5 => Hash::Sha224,
        6 => Hash::Sha3_224,
        7 => Hash::Sha3_256,
        8 => Hash::Sha3_384,
        9 => Hash::Sha3_512,
        _ => return None,
    })
}

/// PKCS#11 v3.2, 6.1.15: the hash of the parameters is the mechanism's own, where it has one.
fn pss(row: &MechanismRow, sent: &messages::PssParameters) -> Result<Parsed<'static>, Rv> {
    let (Some(hash), Some(mgf)) = (hash(sent.hash), mgf(sent.mgf)) else { return Err(CKR_MECHANISM_PARAM_INVALID) };
    if row.hash.is_some_and(|own| own != sent.hash) || sent.salt_length > SALT_BYTES_MAX {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    let pss = Pss { hash, mgf, salt_bytes: sent.salt_length as usize };
    Ok(Parsed::Rsa { hash: row.hash.map(|_| hash), scheme: rsa::Scheme::Pss(pss) })
}

fn oaep(sent: &messages::OaepParameters) -> Result<Oaep<'_>, Rv> {
    let (Some(hash), Some(mgf)) = (hash(sent.hash), mgf(sent.mgf)) else { return Err(CKR_MECHANISM_PARAM_INVALID) };
    Ok(Oaep { hash, mgf, label: &sent.label })
}

/// AES key wrap takes another initial value than its own; with padding, that is spoken for (PKCS#11 v3.2, 6.16.2).
fn key_wrap<'a>(row: &MechanismRow, value: Option<&'a Vec<u8>>) -> Result<Parsed<'a>, Rv> {
    let invalid = CKR_MECHANISM_PARAM_INVALID;
    match (row.value, value) {
        (CKM_AES_KEY_WRAP, value) => {
            let value = value.map(|value| value.as_slice().try_into().map_err(|_| invalid)).transpose()?;
            Ok(Parsed::KeyWrap(value))
        }
        (_, None) => Ok(Parsed::KeyWrapPadded),
        (_, Some(value)) if value[..] == KEY_WRAP_PADDED_VALUE => Ok(Parsed::KeyWrapPadded),
        _ => Err(invalid),
    }
}

fn rsa_aes(sent: &messages::RsaAesKeyWrapParameters) -> Result<Parsed<'_>, Rv> {
    let (Some(inner), 128 | 192 | 256) = (&sent.oaep, sent.aes_key_bits) else {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    };
    Ok(Parsed::RsaAes { aes_bytes: sent.aes_key_bits as usize / 8, oaep: oaep(inner)? })
}

/// Parameters choose Ed25519ctx or Ed448, Ed25519ph or Ed448ph.
fn eddsa(sent: &messages::EddsaParameters) -> Result<Parsed<'_>, Rv> {
    let context = &sent.context[..];
    match (sent.prehash, context.len()) {
        (true, ..=CONTEXT_BYTES_MAX) => Ok(Parsed::Eddsa(Variant::Prehash(context))),
        (false, ..=CONTEXT_BYTES_MAX) => Ok(Parsed::Eddsa(Variant::Context(context))),
        _ => Err(CKR_MECHANISM_PARAM_INVALID),
    }
}

/// Whether parameters suit a key of this size: Ed25519ctx with an empty context is refused (RFC 8032, 8.3); Ed448 has
/// no other form without one.
pub(super) fn suits(parsed: &Parsed<'_>, key_size: u64) -> Result<(), Rv> {
    match parsed {
        Parsed::Eddsa(Variant::Context([])) if key_size == Domain::Ed25519.bits() => Err(CKR_MECHANISM_PARAM_INVALID),
        _ => Ok(()),
    }
}

/// PKCS#11 v3.2, 6.67.1: the hash of the parameters is of data that are hashed already; it alone may not be left out.
fn sign_context<'a>(row: &MechanismRow, sent: Option<&'a Sent>) -> Result<Parsed<'a>, Rv> {
    let sent = match sent {
        Some(Sent::SignContext(parameters)) => Some(parameters),
        None => None,
        Some(_) => return Err(CKR_MECHANISM_PARAM_INVALID),
    };
    let own = match row.value {
        CKM_HASH_ML_DSA_SHAKE128 | CKM_HASH_SLH_DSA_SHAKE128 => Some(Hash::Shake128),
        CKM_HASH_ML_DSA_SHAKE256 | CKM_HASH_SLH_DSA_SHAKE256 => Some(Hash::Shake256),
        _ => row.hash.map(|own| hash(own).ok_or(CKR_MECHANISM_INVALID)).transpose()?,
    };
    let named = sent.map_or(0, |parameters| parameters.hash);
    let given = match (row.parameters, hash(named)) {
        (Parameters::HashSignContext, Some(given)) => Some(given),
        (Parameters::SignContext, None) if named == 0 => None,
        _ => return Err(CKR_MECHANISM_PARAM_INVALID),
    };
    let scheme = Scheme::parse(sent, own.or(given))?;
    if row.key_types.contains(&table::CKK_SLH_DSA) {
        return Ok(Parsed::SlhDsa { hash: own, scheme });
    }
    Ok(Parsed::MlDsa { hash: own, scheme })
}

fn mac(row: &MechanismRow, mac_bytes: usize) -> Result<Parsed<'static>, Rv> {
    match (row.value, row.hash.and_then(own_hash)) {
        (CKM_AES_CMAC | CKM_AES_CMAC_GENERAL, _) => Ok(Parsed::Cmac { mac_bytes }),
        (_, Some(hash)) => Ok(Parsed::Hmac { hash, mac_bytes }),
        (_, None) => Err(CKR_MECHANISM_INVALID),
    }
}

/// SP 800-38D, 5.2.1: an IV of at least 1 bit (here: byte), a tag of 96 to 128 bits; its 32 and 64 bits, for
/// special applications, are not offered.
fn gcm(parameters: &messages::GcmParameters) -> Result<Parsed<'_>, Rv> {
    let tag_bits = parameters.tag_bits;
    if parameters.iv.is_empty() || !(96..=128).contains(&tag_bits) || tag_bits % 8 != 0 {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    Ok(Parsed::Gcm { parameters, tag_bytes: tag_bits as usize / 8 })
}

/// The attribute that must be true for an operation; `None` where PKCS#11 names none.
fn usage_attribute(operation: Operation) -> Option<u64> {
    match operation {
        Operation::Encrypt => Some(CKA_ENCRYPT),
        Operation::Decrypt => Some(CKA_DECRYPT),
        Operation::Sign => Some(CKA_SIGN),
        Operation::Verify => Some(CKA_VERIFY),
        Operation::SignRecover => Some(CKA_SIGN_RECOVER),
        Operation::VerifyRecover => Some(CKA_VERIFY_RECOVER),
        Operation::Wrap => Some(CKA_WRAP),
        Operation::Unwrap => Some(CKA_UNWRAP),
        Operation::Derive => Some(CKA_DERIVE),
        Operation::Encapsulate => Some(CKA_ENCAPSULATE),
        Operation::Decapsulate => Some(CKA_DECAPSULATE),
        Operation::Digest | Operation::DigestKey | Operation::None => None,
    }
}

/// Whether a key of this type and size (in the unit of its type) fits the mechanism.
pub(super) fn fits(row: &MechanismRow, key_type: u64, key_size: u64) -> Result<(), Rv> {
    if !row.key_types.contains(&key_type) {
        return Err(CKR_KEY_TYPE_INCONSISTENT);
    }
    let (least, most) = row.key_size;
    if (least..=most).contains(&key_size) { Ok(()) } else { Err(CKR_KEY_SIZE_RANGE) }
}

/// What an Init checks (PKCS#11 v3.2, 5.8 to 5.15): the mechanism, its parameters, and what [`permitted`] does.
/// Nothing is done with the key.
///
/// # Errors
/// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, and those of [`permitted`].
pub fn check(operation: Operation, mechanism: &messages::Mechanism, attributes: &Attributes) -> Result<(), Rv> {
    match (operation, &mechanism.parameters) {
        // Of messages whose nonces are made here; what each brings is looked at when it comes.
        (Operation::Encrypt, Some(Sent::Message(sent))) => {
            parse(operation, &with_nonce(mechanism.r#type, sent, sent.nonce.clone())?)?;
        }
        _ => {
            let parsed = parse(operation, mechanism)?;
            suits(&parsed, key_size(attributes).unwrap_or(0))?;
            if let Parsed::Eddsa(variant) = &parsed {
                eddsa::chosen(*variant, attributes)?;
            }
        }
    }
    permitted(operation, row(operation, mechanism.r#type)?, attributes)
}

/// Whether a key's attributes allow the use: class, CKA_ALLOWED_MECHANISMS, type and size, usage.
///
/// # Errors
/// `CKR_KEY_HANDLE_INVALID` (no key, or for C_DigestKey no secret one), `CKR_MECHANISM_INVALID`,
/// `CKR_KEY_TYPE_INCONSISTENT`, `CKR_KEY_SIZE_RANGE`, `CKR_KEY_FUNCTION_NOT_PERMITTED`, `CKR_KEY_INDIGESTIBLE`.
pub fn permitted(operation: Operation, row: &MechanismRow, attributes: &Attributes) -> Result<(), Rv> {
    let key_type = attributes.number(CKA_KEY_TYPE).ok_or(CKR_KEY_HANDLE_INVALID)?;
    let class = attributes.number(CKA_CLASS).ok_or(CKR_KEY_HANDLE_INVALID)?;
    self::row(operation, row.value)?;
    if !laws::mechanism_allowed(attributes, row.value) {
        return Err(CKR_MECHANISM_INVALID);
    }
    let size = key_size(attributes).unwrap_or(0);
    // Whatever is kept of it, SHA-512/t has SHA-512's blocks.
    if let Some(hash) = own_hash(if row.value == CKM_SHA512_T { CKM_SHA512 } else { row.value }) {
        if class != table::CKO_SECRET_KEY {
            return Err(CKR_KEY_HANDLE_INVALID);
        }
        return laws::digestible(laws::value_readable(attributes), size as usize, hash.block_bytes());
    }
    fits(row, key_type, size)?;
    match usage_attribute(operation) {
        Some(usage) if class_for(operation, key_type) == class && attributes.boolean(usage) == Some(true) => Ok(()),
        _ => Err(CKR_KEY_FUNCTION_NOT_PERMITTED),
    }
}

/// The class of keys that do this: of a pair, each half its part.
fn class_for(operation: Operation, key_type: u64) -> u64 {
    match operation {
        _ if !table::PAIRED.contains(&key_type) => table::CKO_SECRET_KEY,
        Operation::Sign | Operation::SignRecover | Operation::Decrypt => table::CKO_PRIVATE_KEY,
        Operation::Unwrap | Operation::Derive | Operation::Decapsulate => table::CKO_PRIVATE_KEY,
        _ => table::CKO_PUBLIC_KEY,
    }
}

/// Length of a signature that the mechanism makes with this key, or of its block (RSA encryption), in bytes; 0 where
/// the mechanism's row says it, or the data.
#[must_use]
pub fn output_bytes(mechanism: u64, attributes: &Attributes) -> u32 {
    let (Some(row), Some(bits)) = (vhsm_wire::mechanism(mechanism), key_size(attributes)) else { return 0 };
    match row.key_types {
        [table::CKK_ML_DSA] => ml_dsa::set_of(attributes).map_or(0, |set| set.signature_bytes() as u32),
        [table::CKK_SLH_DSA] => slh_dsa::set_of(attributes).map_or(0, |set| set.signature_bytes() as u32),
        [table::CKK_RSA] => bits.div_ceil(8) as u32,
        [kind @ (table::CKK_XMSS | table::CKK_XMSSMT)] => xmss::signature_bytes(*kind, attributes),
        [table::CKK_EC] => 2 * bits.div_ceil(8) as u32,
        // A point and a number, each with room for one more bit (RFC 8032, 5.1.6 and 5.2.6).
        [table::CKK_EC_EDWARDS] => 2 * (bits as u32 / 8 + 1),
        _ => 0,
    }
}
