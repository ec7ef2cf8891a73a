//! EdDSA on edwards25519 (PKCS#11 v3.2, 6.3.15; RFC 8032).

use super::aws_lc::ed25519::{Ed25519, KEY_BYTES, SIGNATURE_BYTES, Variant, verify};
use super::domain::Domain;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::tables::{CKA_EC_POINT, CKA_VALUE};

/// An Ed25519 key, ready.
pub(super) enum EdwardsKey {
    Public([u8; KEY_BYTES]),
    Private(Ed25519),
}

impl EdwardsKey {
    /// A stored public key.
    pub(super) fn public(attributes: &Attributes) -> Result<Self, Rv> {
        let point = Domain::Ed25519.point(attributes.value(CKA_EC_POINT).ok_or(CKR_DEVICE_ERROR)?);
        Ok(Self::Public(point.try_into().map_err(|_| CKR_DEVICE_ERROR)?))
    }

    /// A stored private key.
    pub(super) fn private(form: &[u8]) -> Result<Self, Rv> {
        let seed = secrets::find(form, CKA_VALUE).and_then(|seed| seed.try_into().ok()).ok_or(CKR_DEVICE_ERROR)?;
        Ok(Self::Private(Ed25519::from_seed(seed)?))
    }

    pub(super) fn secret_bytes(&self) -> usize {
        match self {
            Self::Public(_) => 0,
            Self::Private(key) => key.secret_bytes(),
        }
    }

    /// Append a signature.
    pub(super) fn sign(&self, variant: Variant<'_>, message: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        match self {
            Self::Private(key) => key.sign(variant, message, out).map_err(|failure| failure.or(CKR_GENERAL_ERROR)),
            Self::Public(_) => Err(CKR_KEY_TYPE_INCONSISTENT),
        }
    }

    /// Check a signature.
    ///
    /// # Errors
    /// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`.
    pub(super) fn verify(&self, variant: Variant<'_>, message: &[u8], signature: &[u8]) -> Result<(), Rv> {
        let Self::Public(public) = self else { return Err(CKR_KEY_TYPE_INCONSISTENT) };
        let signature: &[u8; SIGNATURE_BYTES] = signature.try_into().map_err(|_| CKR_SIGNATURE_LEN_RANGE)?;
        if verify(public, variant, message, signature) { Ok(()) } else { Err(CKR_SIGNATURE_INVALID) }
    }
}
