//! ECDSA (PKCS#11 v3.2, 6.3.12; FIPS 186-5, 6): signatures are r and s, each as long as the order.

use super::aws_lc::{Curve, Ec};
use super::domain::Domain;
use crate::memory::SecretBytes;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::CKK_EC;
use vhsm_wire::tables::*;

/// A ready key takes less of secret memory (measured: 432, on every curve that aws-lc knows), in bytes.
const READY_BYTES: usize = 512;
/// So does one on P-192, whose numbers the key and its point hold once each (measured: 1,888).
const READY_P192_BYTES: usize = 2_048;

/// An EC key, ready.
pub(super) struct EcKey(Ec);

impl EcKey {
    /// A stored public key.
    pub(super) fn public(attributes: &Attributes) -> Result<Self, Rv> {
        let (domain, curve) = curve(attributes)?;
        let point = domain.point(attributes.value(CKA_EC_POINT).ok_or(CKR_DEVICE_ERROR)?);
        Ok(Self(Ec::public(curve, point).map_err(|failure| failure.or(CKR_DEVICE_ERROR))?))
    }

    /// A stored private key.
    pub(super) fn private(attributes: &Attributes, form: &[u8]) -> Result<Self, Rv> {
        let scalar = secrets::find(form, CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
        let made = Ec::private(curve(attributes)?.1, scalar);
        Ok(Self(made.map_err(|failure| failure.or(CKR_DEVICE_ERROR))?))
    }

    pub(super) fn secret_bytes(&self) -> usize {
        if self.0.curve() == Curve::P192 { READY_P192_BYTES } else { READY_BYTES }
    }

    /// Append a signature of a digest of any length but zero.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`.
    pub(super) fn sign(&self, digest: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        if digest.is_empty() {
            return Err(CKR_DATA_LEN_RANGE);
        }
        self.0.sign(digest, out).map_err(|failure| failure.or(CKR_GENERAL_ERROR))
    }

    /// The shared secret of this private key and another's point, raw or as an OCTET STRING.
    ///
    /// # Errors
    /// `CKR_PUBLIC_KEY_INVALID`.
    pub(super) fn agree(&self, attributes: &Attributes, point: &[u8]) -> Result<SecretBytes, Rv> {
        let (domain, curve) = curve(attributes)?;
        let other = Ec::public(curve, domain.point(point)).map_err(|failure| failure.or(CKR_PUBLIC_KEY_INVALID))?;
        self.0.agree(&other).map_err(|failure| failure.or(CKR_PUBLIC_KEY_INVALID))
    }

    /// Check a signature; one with shorter halves is taken (PKCS#11 v3.2, 6.3.1).
    ///
    /// # Errors
    /// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`.
    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<(), Rv> {
        let half = signature.len() / 2;
        if half == 0 || signature.len() % 2 != 0 || half > self.0.curve().bytes() {
            return Err(CKR_SIGNATURE_LEN_RANGE);
        }
        let (r, s) = signature.split_at(half);
        self.0.verify(digest, r, s).map_err(|failure| failure.or(CKR_SIGNATURE_INVALID))
    }
}

fn curve(attributes: &Attributes) -> Result<(Domain, Curve), Rv> {
    match Domain::parse(CKK_EC, attributes.value(CKA_EC_PARAMS).ok_or(CKR_DEVICE_ERROR)?)? {
        domain @ Domain::Weierstrass(curve) => Ok((domain, curve)),
        _ => Err(CKR_DEVICE_ERROR),
    }
}
