//! What keys of a pair are made of: generated, or imported and checked.

use super::aws_lc::ed25519::Ed25519;
use super::aws_lc::ml_dsa::MlDsa;
use super::aws_lc::ml_kem::MlKem;
use super::aws_lc::x25519;
use super::aws_lc::{Ec, Failure, Hash, Padding, Rsa, RsaParts, random};
use super::curve448::{self, Ed448};
use super::der::{self, element};
use super::domain::Domain;
use super::{encoded, hss, ml_dsa, ml_kem, slh_dsa, xmss};
use crate::memory::SecretBytes;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

/// F4: what CKA_PUBLIC_EXPONENT is where a template is silent (PKCS#11 v3.2, 6.1.4).
const PUBLIC_EXPONENT: &[u8] = &[1, 0, 1];
/// aws-lc makes keys in steps of so many bits.
const RSA_BITS_STEP: u64 = 128;
/// RFC 8017, appendix A.1: rsaEncryption.
pub(super) const RSA_OID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// RFC 5480, 2.1.1: id-ecPublicKey.
pub(super) const EC_OID: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// What the laws do not decide: the numbers of a key.
pub struct Material {
    /// The attributes that a public key has of it.
    pub public: Attributes,
    /// Those that a private key has, its secrets left out.
    pub private: Attributes,
    /// The secrets in their canonical form; empty for a public key.
    pub secret: SecretBytes,
}

/// Make a pair of this type. `asked` is what the public key's template says.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_KEY_SIZE_RANGE`, `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_CURVE_NOT_SUPPORTED`,
/// `CKR_DOMAIN_PARAMS_INVALID`, `CKR_DEVICE_MEMORY`.
pub fn generate_pair(row: &MechanismRow, key_type: u64, asked: &Attributes) -> Result<Material, Rv> {
    let failed = |failure: Failure| failure.or(CKR_FUNCTION_FAILED);
    if key_type == CKK_RSA {
        let bits = asked.number(CKA_MODULUS_BITS).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
        if !(row.key_size.0..=row.key_size.1).contains(&bits) || bits % RSA_BITS_STEP != 0 {
            return Err(CKR_KEY_SIZE_RANGE);
        }
        let exponent = asked.value(CKA_PUBLIC_EXPONENT).unwrap_or(PUBLIC_EXPONENT);
        check_exponent(exponent)?;
        return of_rsa(&Rsa::generate(bits as u32, exponent).map_err(failed)?, true);
    }
    if key_type == CKK_ML_DSA {
        return encoded::generate::<MlDsa>(asked);
    }
    if key_type == CKK_ML_KEM {
        return encoded::generate::<MlKem>(asked);
    }
    if key_type == CKK_SLH_DSA {
        return slh_dsa::generate(asked);
    }
    let parameters = asked.value(CKA_EC_PARAMS).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    match Domain::parse(key_type, parameters)? {
        Domain::Weierstrass(curve) => of_ec(&Ec::generate(curve).map_err(failed)?, parameters, true),
        domain => {
            let mut value = SecretBytes::zeroed(domain.point_bytes())?;
            random(&mut value);
            of_value(domain, &value, parameters)
        }
    }
}

/// Check a public key to be stored.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_ATTRIBUTE_VALUE_INVALID`, and those of curves.
pub fn import_public(key_type: u64, said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    if key_type == CKK_ML_DSA {
        return encoded::import_public::<MlDsa>(said, secrets);
    }
    if key_type == CKK_ML_KEM {
        return encoded::import_public::<MlKem>(said, secrets);
    }
    if key_type == CKK_SLH_DSA {
        return slh_dsa::import_public(said, secrets);
    }
    if key_type == CKK_HSS {
        return hss::import_public(secrets);
    }
    if matches!(key_type, CKK_XMSS | CKK_XMSSMT) {
        return xmss::import_public(key_type, said, secrets);
    }
    let wrong = |failure: Failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID);
    if key_type == CKK_RSA {
        let (modulus, exponent) = (said_value(said, CKA_MODULUS)?, said_value(said, CKA_PUBLIC_EXPONENT)?);
        check_modulus(modulus)?;
        check_exponent(exponent)?;
        return of_rsa(&Rsa::public(modulus, exponent).map_err(wrong)?, false);
    }
    let (parameters, point) = (said_value(said, CKA_EC_PARAMS)?, said_value(said, CKA_EC_POINT)?);
    match Domain::parse(key_type, parameters)? {
        domain @ Domain::Weierstrass(curve) => {
            of_ec(&Ec::public(curve, domain.point(point)).map_err(wrong)?, parameters, false)
        }
        domain => {
            let point = domain.point(point);
            if point.len() != domain.point_bytes() || domain == Domain::Ed448 && !curve448::is_ed448_point(point) {
                return Err(CKR_ATTRIBUTE_VALUE_INVALID);
            }
            Ok(of_point(domain, point, parameters, SecretBytes::zeroed(0)?))
        }
    }
}

/// Check a private key to be stored: its parts belong together, and it works.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE` (of RSA both primes are needed, of the others the value),
/// `CKR_ATTRIBUTE_VALUE_INVALID`, and those of curves.
pub fn import_private(key_type: u64, said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let wrong = |failure: Failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID);
    if key_type == CKK_ML_DSA {
        return encoded::import_private::<MlDsa>(said, secrets);
    }
    if key_type == CKK_ML_KEM {
        return encoded::import_private::<MlKem>(said, secrets);
    }
    if key_type == CKK_SLH_DSA {
        return slh_dsa::import_private(said, secrets);
    }
    // Its counter would have to be one that no restored database rolls back (ADR 9).
    if matches!(key_type, CKK_HSS | CKK_XMSS | CKK_XMSSMT) {
        return Err(CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let given = |kind| named(secrets, kind);
    let needed = |kind| given(kind).ok_or(CKR_TEMPLATE_INCOMPLETE);
    if key_type == CKK_RSA {
        let parts = RsaParts {
            modulus: said_value(said, CKA_MODULUS)?,
            public_exponent: said_value(said, CKA_PUBLIC_EXPONENT)?,
            private_exponent: needed(CKA_PRIVATE_EXPONENT)?,
            primes: [needed(CKA_PRIME_1)?, needed(CKA_PRIME_2)?],
            exponents: [given(CKA_EXPONENT_1), given(CKA_EXPONENT_2)],
            coefficient: given(CKA_COEFFICIENT),
        };
        check_modulus(parts.modulus)?;
        check_exponent(parts.public_exponent)?;
        // No part is longer than the modulus; what is computed of longer ones would take its time.
        if secrets.iter().any(|(_, part)| bits(part) > bits(parts.modulus)) {
            return Err(CKR_ATTRIBUTE_VALUE_INVALID);
        }
        let key = Rsa::private(&parts).map_err(wrong)?;
        try_out(&key)?;
        return of_rsa(&key, true);
    }
    let (parameters, value) = (said_value(said, CKA_EC_PARAMS)?, needed(CKA_VALUE)?);
    match Domain::parse(key_type, parameters)? {
        Domain::Weierstrass(curve) => of_ec(&Ec::private(curve, value).map_err(wrong)?, parameters, true),
        domain => of_value(domain, value, parameters),
    }
}

/// Where p or q is not prime the private operation does not undo the public one, and aws-lc notices.
fn try_out(key: &Rsa) -> Result<(), Rv> {
    let mut digest = [0; 32];
    random(&mut digest);
    let mut signature = Vec::new();
    key.sign(Hash::Sha256, &digest, &mut signature).map_err(|failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID))?;
    let found = key.recover(Padding::Pkcs1, &signature);
    found.map(|_| ()).map_err(|failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID))
}

fn said_value(said: &Attributes, kind: u64) -> Result<&[u8], Rv> {
    said.value(kind).ok_or(CKR_TEMPLATE_INCOMPLETE)
}

/// One of the secrets that a template names.
pub(super) fn named<'a>(secrets: &[(u64, &'a [u8])], kind: u64) -> Option<&'a [u8]> {
    secrets.iter().find(|(named, _)| *named == kind).map(|(_, value)| *value)
}

/// Sizes of the mechanism table.
fn check_modulus(modulus: &[u8]) -> Result<(), Rv> {
    let bits = bits(modulus);
    let fits = MECHANISMS
        .iter()
        .any(|row| row.key_types.contains(&CKK_RSA) && (row.key_size.0..=row.key_size.1).contains(&bits));
    if fits { Ok(()) } else { Err(CKR_ATTRIBUTE_VALUE_INVALID) }
}

/// Odd, more than 1, and at most 33 bits: what aws-lc takes.
fn check_exponent(exponent: &[u8]) -> Result<(), Rv> {
    let odd = exponent.last().is_some_and(|last| last % 2 == 1);
    if odd && (2..=33).contains(&bits(exponent)) { Ok(()) } else { Err(CKR_ATTRIBUTE_VALUE_INVALID) }
}

/// Length of a big-endian number, in bits.
pub(super) fn bits(number: &[u8]) -> u64 {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number[zeros..].first().map_or(0, |first| (number.len() - zeros) as u64 * 8 - u64::from(first.leading_zeros()))
}

fn of_rsa(key: &Rsa, private: bool) -> Result<Material, Rv> {
    let [modulus, exponent] = key.public_values();
    let inner = element(der::SEQUENCE, &[&der::integer(&modulus), &der::integer(&exponent)]);
    let info = public_key_info(RSA_OID, &element(der::NULL, &[]), &inner);
    let mut shared = Attributes::default();
    shared.set(CKA_MODULUS, &modulus[..]);
    shared.set(CKA_PUBLIC_EXPONENT, exponent);
    shared.set(CKA_PUBLIC_KEY_INFO, info);
    let mut public = shared.clone();
    public.set_number(CKA_MODULUS_BITS, bits(&modulus));
    let secret = if private {
        let values = key.secret_values().map_err(|failure| failure.or(CKR_GENERAL_ERROR))?;
        let kinds = [CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT];
        let entries: Vec<(u64, &[u8])> = kinds.into_iter().zip(values.iter().map(|value| &**value)).collect();
        secrets::encode(&entries)?
    } else {
        SecretBytes::zeroed(0)?
    };
    Ok(Material { public, private: shared, secret })
}

fn of_ec(key: &Ec, parameters: &[u8], private: bool) -> Result<Material, Rv> {
    let (curve, point) = (key.curve(), key.point());
    let info = public_key_info(EC_OID, &element(der::OBJECT_IDENTIFIER, &[curve.row().oid]), &point);
    let secret = if private {
        let scalar = key.scalar().map_err(|failure| failure.or(CKR_GENERAL_ERROR))?;
        secrets::encode(&[(CKA_VALUE, &scalar)])?
    } else {
        SecretBytes::zeroed(0)?
    };
    Ok(on_curve(parameters, &point, info, secret))
}

/// A private key that is one string of bytes, as its point is.
fn of_value(domain: Domain, value: &[u8], parameters: &[u8]) -> Result<Material, Rv> {
    fn sized<const LENGTH: usize>(value: &[u8]) -> Result<&[u8; LENGTH], Rv> {
        value.try_into().map_err(|_| CKR_ATTRIBUTE_VALUE_INVALID)
    }
    let point = match domain {
        Domain::Ed25519 => Ed25519::from_seed(sized(value)?)?.public().to_vec(),
        Domain::Ed448 => Ed448::from_seed(sized(value)?)?.public().to_vec(),
        Domain::X25519 => x25519::public_of(sized(value)?).to_vec(),
        Domain::X448 => curve448::x448_public_of(sized(value)?)?.to_vec(),
        Domain::Weierstrass(_) => return Err(CKR_GENERAL_ERROR),
    };
    Ok(of_point(domain, &point, parameters, secrets::encode(&[(CKA_VALUE, value)])?))
}

fn of_point(domain: Domain, point: &[u8], parameters: &[u8], secret: SecretBytes) -> Material {
    on_curve(parameters, point, public_key_info(domain.oid(), &[], point), secret)
}

fn on_curve(parameters: &[u8], point: &[u8], info: Vec<u8>, secret: SecretBytes) -> Material {
    let mut private = Attributes::default();
    private.set(CKA_EC_PARAMS, parameters);
    private.set(CKA_PUBLIC_KEY_INFO, info);
    let mut public = private.clone();
    public.set(CKA_EC_POINT, element(der::OCTET_STRING, &[point]));
    Material { public, private, secret }
}

/// A SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
pub(super) fn public_key_info(algorithm: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
    let algorithm = element(der::SEQUENCE, &[&element(der::OBJECT_IDENTIFIER, &[algorithm]), parameters]);
    element(der::SEQUENCE, &[&algorithm, &element(der::BIT_STRING, &[&[0], key])])
}

/// The SubjectPublicKeyInfo within a certificate; empty where there is none.
#[must_use]
pub fn certified_key_info(certificate: &[u8]) -> &[u8] {
    der::public_key_info(certificate).unwrap_or_default()
}

/// Size of a key in the unit of the mechanism table: bits of an RSA or EC key, bytes of a secret key and of the public
/// key of all others.
#[must_use]
pub fn key_size(attributes: &Attributes) -> Option<u64> {
    match attributes.number(CKA_KEY_TYPE)? {
        CKK_RSA => Some(bits(attributes.value(CKA_MODULUS)?)),
        kind @ (CKK_EC | CKK_EC_EDWARDS | CKK_EC_MONTGOMERY) => {
            Some(Domain::parse(kind, attributes.value(CKA_EC_PARAMS)?).ok()?.bits())
        }
        CKK_ML_DSA => Some(ml_dsa::set_of(attributes).ok()?.public_bytes() as u64),
        CKK_ML_KEM => Some(ml_kem::set_of(attributes).ok()?.public_bytes() as u64),
        CKK_SLH_DSA => Some(slh_dsa::set_of(attributes).ok()?.public_bytes() as u64),
        // PKCS#11 v3.2, 6.65.5 and 6.66.8: their mechanisms count no sizes.
        CKK_HSS | CKK_XMSS | CKK_XMSSMT => Some(0),
        _ => attributes.number(CKA_VALUE_LEN),
    }
}
