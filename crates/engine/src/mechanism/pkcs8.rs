//! Private keys as they are wrapped: PrivateKeyInfo (PKCS#11 v3.2, 6.7; RFC 5208; RFC 5915; RFC 8410;
//! RFC 9881, 6; RFC 9909, 7; RFC 9935, 6).
//!
//! What is secret is only ever copied from secret memory into secret memory: a structure is a list of pieces until
//! its length is known.

use super::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, element};
use super::domain::Domain;
use super::material::{EC_OID, Material, RSA_OID, import_private};
use super::slh_dsa_sets::SlhDsaSet;
use super::{ml_dsa, ml_kem, slh_dsa};
use crate::memory::{OutOfSecretMemory, SecretBytes};
use crate::object::Object;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

/// RSAPrivateKey's numbers after its version (RFC 8017, A.1.2).
const RSA_NUMBERS: [u64; 8] = [
    CKA_MODULUS,
    CKA_PUBLIC_EXPONENT,
    CKA_PRIVATE_EXPONENT,
    CKA_PRIME_1,
    CKA_PRIME_2,
    CKA_EXPONENT_1,
    CKA_EXPONENT_2,
    CKA_COEFFICIENT,
];

/// [0], primitive: a seed that stands for the whole key (RFC 9881, 6; RFC 9935, 6).
const SEED: u8 = 0x80;

/// A part of a structure.
enum Piece<'a> {
    /// Tags, lengths, names.
    Open(Vec<u8>),
    /// What an object holds.
    Held(&'a [u8]),
}

impl Piece<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Open(bytes) => bytes,
            Self::Held(bytes) => bytes,
        }
    }
}

/// Wrap pieces into one element.
fn enclosed(tag: u8, mut pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let length = pieces.iter().map(|piece| piece.bytes().len()).sum();
    pieces.insert(0, Piece::Open(der::head(tag, length)));
    pieces
}

fn unsigned(number: &[u8]) -> Vec<Piece<'_>> {
    let sign = if number.first().is_none_or(|first| first & 0x80 != 0) { vec![0] } else { Vec::new() };
    enclosed(INTEGER, vec![Piece::Open(sign), Piece::Held(number)])
}

/// The PrivateKeyInfo of a private key.
///
/// # Errors
/// `CKR_KEY_NOT_WRAPPABLE` (a type that has none), `CKR_DEVICE_ERROR` (a key that no law would have let in).
pub fn private_key_info(key: &Object) -> Result<SecretBytes, Rv> {
    let value = |kind| key.attributes.value(kind).or(secrets::find(&key.secret, kind)).ok_or(CKR_DEVICE_ERROR);
    let (algorithm, inner) = match key.attributes.number(CKA_KEY_TYPE) {
        Some(CKK_RSA) => {
            let mut numbers = vec![Piece::Open(der::integer(&[0]))];
            for kind in RSA_NUMBERS {
                numbers.extend(unsigned(value(kind)?));
            }
            (algorithm(RSA_OID, &element(der::NULL, &[])), enclosed(SEQUENCE, numbers))
        }
        Some(CKK_EC) => {
            let mut fields = vec![Piece::Open(der::integer(&[1]))];
            fields.extend(enclosed(OCTET_STRING, vec![Piece::Held(value(CKA_VALUE)?)]));
            (algorithm(EC_OID, value(CKA_EC_PARAMS)?), enclosed(SEQUENCE, fields))
        }
        Some(kind @ (CKK_EC_EDWARDS | CKK_EC_MONTGOMERY)) => {
            let curve = Domain::parse(kind, value(CKA_EC_PARAMS)?).map_err(|_| CKR_DEVICE_ERROR)?;
            (algorithm(curve.oid(), &[]), enclosed(OCTET_STRING, vec![Piece::Held(value(CKA_VALUE)?)]))
        }
        Some(kind @ (CKK_ML_DSA | CKK_ML_KEM)) => {
            let name = set_named(kind, key.attributes.number(CKA_PARAMETER_SET)).ok_or(CKR_DEVICE_ERROR)?;
            // The RFCs want the seed alone, wherever it is known.
            let inner = match secrets::find(&key.secret, CKA_SEED) {
                Some(seed) => enclosed(SEED, vec![Piece::Held(seed)]),
                None => enclosed(OCTET_STRING, vec![Piece::Held(value(CKA_VALUE)?)]),
            };
            (algorithm(&name, &[]), inner)
        }
        // As it is, in no OCTET STRING of its own.
        Some(CKK_SLH_DSA) => {
            let set = slh_dsa::set_of(&key.attributes).map_err(|_| CKR_DEVICE_ERROR)?;
            (algorithm(&slh_dsa::oid_of(set), &[]), vec![Piece::Held(value(CKA_VALUE)?)])
        }
        _ => return Err(CKR_KEY_NOT_WRAPPABLE),
    };
    let mut fields = vec![Piece::Open(der::integer(&[0])), Piece::Open(algorithm)];
    fields.extend(enclosed(OCTET_STRING, inner));
    Ok(joined(&enclosed(SEQUENCE, fields))?)
}

fn joined(pieces: &[Piece<'_>]) -> Result<SecretBytes, OutOfSecretMemory> {
    let mut whole = SecretBytes::zeroed(pieces.iter().map(|piece| piece.bytes().len()).sum())?;
    let mut rest = &mut whole[..];
    for piece in pieces {
        let (place, behind) = rest.split_at_mut(piece.bytes().len());
        place.copy_from_slice(piece.bytes());
        rest = behind;
    }
    Ok(whole)
}

/// The content of the OBJECT IDENTIFIER of a parameter set, by its CKP_ value.
fn set_named(key_type: u64, set: Option<u64>) -> Option<[u8; 9]> {
    let named = if key_type == CKK_ML_DSA { ml_dsa::oid_of } else { ml_kem::oid_of };
    u8::try_from(set?).ok().filter(|set| (1..=3).contains(set)).map(named)
}

fn algorithm(name: &[u8], parameters: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&element(OBJECT_IDENTIFIER, &[name]), parameters])
}

/// The key that a PrivateKeyInfo holds: of this type, its parts belonging together, and it works.
///
/// # Errors
/// `CKR_WRAPPED_KEY_INVALID`, `CKR_DEVICE_MEMORY`.
pub fn read_private_key_info(key_type: u64, info: &[u8]) -> Result<Material, Rv> {
    let (name, parameters, inner) = fields(info).ok_or(CKR_WRAPPED_KEY_INVALID)?;
    let read = match key_type {
        CKK_RSA if name == RSA_OID => rsa(inner),
        CKK_EC if name == EC_OID => ec(parameters, inner),
        CKK_EC_EDWARDS | CKK_EC_MONTGOMERY => on_curve(name, inner),
        CKK_ML_DSA | CKK_ML_KEM if parameters.is_empty() => of_set(key_type, name, inner),
        CKK_SLH_DSA if parameters.is_empty() => slh_dsa(name, inner),
        _ => None,
    };
    let (said, secrets) = read.ok_or(CKR_WRAPPED_KEY_INVALID)?;
    import_private(key_type, &said, &secrets).map_err(|rv| match rv {
        CKR_DEVICE_MEMORY => rv,
        _ => CKR_WRAPPED_KEY_INVALID,
    })
}

/// Name and parameters of the algorithm, and the key. What follows (RFC 5958: attributes, the public key) is let be.
fn fields(info: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (version, rest) = der::next(INTEGER, der::only(SEQUENCE, info)?)?;
    if !matches!(version, [0 | 1]) {
        return None;
    }
    let (algorithm, rest) = der::next(SEQUENCE, rest)?;
    let (name, parameters) = der::next(OBJECT_IDENTIFIER, algorithm)?;
    let (key, _) = der::next(OCTET_STRING, rest)?;
    Some((name, parameters, key))
}

/// What stands in the clear, and the secrets.
type Read<'a> = (Attributes, Vec<(u64, &'a [u8])>);

fn rsa(key: &[u8]) -> Option<Read<'_>> {
    let (version, mut rest) = der::next(INTEGER, der::only(SEQUENCE, key)?)?;
    if version != [0] {
        return None;
    }
    let (mut said, mut secrets) = (Attributes::default(), Vec::new());
    for kind in RSA_NUMBERS {
        let (number, behind) = der::next(INTEGER, rest)?;
        // Of a positive number that is as short as can be, one zero may stand before a bit that would be its sign.
        let number = match number {
            [0, number @ ..] => number,
            number => number,
        };
        match kind {
            CKA_MODULUS | CKA_PUBLIC_EXPONENT => said.set(kind, number),
            _ => secrets.push((kind, number)),
        }
        rest = behind;
    }
    rest.is_empty().then_some((said, secrets))
}

fn ec<'a>(parameters: &[u8], key: &'a [u8]) -> Option<Read<'a>> {
    let (version, rest) = der::next(INTEGER, der::only(SEQUENCE, key)?)?;
    let (scalar, _) = der::next(OCTET_STRING, rest)?;
    let mut said = Attributes::default();
    said.set(CKA_EC_PARAMS, parameters);
    (version == [1]).then_some((said, vec![(CKA_VALUE, scalar)]))
}

/// Whether `curve` names one of this type is seen when the key is checked.
fn on_curve<'a>(curve: &[u8], key: &'a [u8]) -> Option<Read<'a>> {
    let mut said = Attributes::default();
    said.set(CKA_EC_PARAMS, element(OBJECT_IDENTIFIER, &[curve]));
    Some((said, vec![(CKA_VALUE, der::only(OCTET_STRING, key)?)]))
}

/// The seed, the expanded key, or both.
fn of_set<'a>(key_type: u64, name: &[u8], key: &'a [u8]) -> Option<Read<'a>> {
    let set = (1..=3).find(|set| set_named(key_type, Some(*set)).is_some_and(|named| named == name))?;
    let mut said = Attributes::default();
    said.set_number(CKA_PARAMETER_SET, set);
    let secrets = match der::read(key)? {
        (SEED, seed, _, []) => vec![(CKA_SEED, seed)],
        (OCTET_STRING, value, _, []) => vec![(CKA_VALUE, value)],
        (SEQUENCE, both, _, []) => {
            let (seed, rest) = der::next(OCTET_STRING, both)?;
            vec![(CKA_SEED, seed), (CKA_VALUE, der::only(OCTET_STRING, rest)?)]
        }
        _ => return None,
    };
    Some((said, secrets))
}

/// Whether the halves belong together is seen when the key is checked.
fn slh_dsa<'a>(name: &[u8], key: &'a [u8]) -> Option<Read<'a>> {
    let set = SlhDsaSet::ALL.iter().find(|set| slh_dsa::oid_of(**set) == name)?;
    let mut said = Attributes::default();
    said.set_number(CKA_PARAMETER_SET, *set as u64);
    Some((said, vec![(CKA_VALUE, key)]))
}
