//! EdDSA on edwards25519 and edwards448 (PKCS#11 v3.2, 6.3.14; RFC 8032).

use super::aws_lc::ed25519::{Ed25519, KEY_BYTES, SIGNATURE_BYTES, Variant, verify};
use super::curve448::{self, ED448_KEY_BYTES, ED448_SIGNATURE_BYTES, Ed448};
use super::domain::{self, Domain};
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::CKK_EC_EDWARDS;
use vhsm_wire::tables::{CKA_EC_PARAMS, CKA_EC_POINT, CKA_VALUE};

/// A key, ready.
pub(super) enum EdwardsKey {
    Ed25519Public([u8; KEY_BYTES]),
    Ed25519(Ed25519),
    Ed448Public([u8; ED448_KEY_BYTES]),
    Ed448(Ed448),
}

/// Whether the scheme is chosen: the identifiers of RFC 8410 imply one, the names of RFC 8032 do not, and Ed448 has none
/// without parameters (PKCS#11 v3.2, 6.3.14).
pub(super) fn chosen(variant: Variant<'_>, attributes: &Attributes) -> Result<(), Rv> {
    match (variant, attributes.value(CKA_EC_PARAMS)) {
        (Variant::Pure, Some(named)) if domain::names_ed448(named) => Err(CKR_MECHANISM_PARAM_INVALID),
        _ => Ok(()),
    }
}

impl EdwardsKey {
    /// A stored public key.
    pub(super) fn public(attributes: &Attributes) -> Result<Self, Rv> {
        let domain = domain(attributes)?;
        let point = domain.point(attributes.value(CKA_EC_POINT).ok_or(CKR_DEVICE_ERROR)?);
        match domain {
            Domain::Ed448 => point.try_into().map(Self::Ed448Public),
            _ => point.try_into().map(Self::Ed25519Public),
        }
        .map_err(|_| CKR_DEVICE_ERROR)
    }

    /// A stored private key.
    pub(super) fn private(attributes: &Attributes, form: &[u8]) -> Result<Self, Rv> {
        let seed = secrets::find(form, CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
        Ok(match domain(attributes)? {
            Domain::Ed448 => Self::Ed448(Ed448::from_seed(seed.try_into().map_err(|_| CKR_DEVICE_ERROR)?)?),
            _ => Self::Ed25519(Ed25519::from_seed(seed.try_into().map_err(|_| CKR_DEVICE_ERROR)?)?),
        })
    }

    pub(super) fn secret_bytes(&self) -> usize {
        match self {
            Self::Ed25519Public(_) | Self::Ed448Public(_) => 0,
            Self::Ed25519(key) => key.secret_bytes(),
            Self::Ed448(key) => key.secret_bytes(),
        }
    }

    /// Append a signature.
    pub(super) fn sign(&self, variant: Variant<'_>, message: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        match self {
            Self::Ed25519(key) => key.sign(variant, message, out),
            Self::Ed448(key) => key.sign(variant, message, out),
            Self::Ed25519Public(_) | Self::Ed448Public(_) => return Err(CKR_KEY_TYPE_INCONSISTENT),
        }
        .map_err(|failure| failure.or(CKR_GENERAL_ERROR))
    }

    /// Check a signature.
    ///
    /// # Errors
    /// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`.
    pub(super) fn verify(&self, variant: Variant<'_>, message: &[u8], signature: &[u8]) -> Result<(), Rv> {
        let holds = match self {
            Self::Ed25519Public(public) => {
                let signature: &[u8; SIGNATURE_BYTES] = signature.try_into().map_err(|_| CKR_SIGNATURE_LEN_RANGE)?;
                verify(public, variant, message, signature)
            }
            Self::Ed448Public(public) => {
                let signature: &[u8; ED448_SIGNATURE_BYTES] =
                    signature.try_into().map_err(|_| CKR_SIGNATURE_LEN_RANGE)?;
                curve448::verify(public, variant, message, signature)?
            }
            Self::Ed25519(_) | Self::Ed448(_) => return Err(CKR_KEY_TYPE_INCONSISTENT),
        };
        if holds { Ok(()) } else { Err(CKR_SIGNATURE_INVALID) }
    }
}

fn domain(attributes: &Attributes) -> Result<Domain, Rv> {
    let parameters = attributes.value(CKA_EC_PARAMS).ok_or(CKR_DEVICE_ERROR)?;
    Domain::parse(CKK_EC_EDWARDS, parameters).map_err(|_| CKR_DEVICE_ERROR)
}
