//! Curves by their CKA_EC_PARAMS, and points by their CKA_EC_POINT (PKCS#11 v3.2, 6.3.3).

use super::aws_lc::{Curve, ed25519, x25519};
use super::{curve448, der};
use crate::rv::*;
use vhsm_wire::table::{CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY};

/// Where keys of CKK_EC, CKK_EC_EDWARDS and CKK_EC_MONTGOMERY live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Domain {
    Weierstrass(Curve),
    Ed25519,
    Ed448,
    X25519,
    X448,
}

/// Those that are no Weierstrass curves.
const MODERN: [Domain; 4] = [Domain::Ed25519, Domain::Ed448, Domain::X25519, Domain::X448];

/// The content of a curve's OBJECT IDENTIFIER (SEC 2, appendix A.2; RFC 5480, 2.1.1.1).
pub(super) fn oid(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P224 => &[0x2b, 0x81, 0x04, 0x00, 0x21],
        Curve::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        Curve::P384 => &[0x2b, 0x81, 0x04, 0x00, 0x22],
        Curve::P521 => &[0x2b, 0x81, 0x04, 0x00, 0x23],
        Curve::Secp256k1 => &[0x2b, 0x81, 0x04, 0x00, 0x0a],
    }
}

impl Domain {
    /// The curve that CKA_EC_PARAMS names: its OBJECT IDENTIFIER, or for those of RFC 8410 also their names.
    ///
    /// # Errors
    /// `CKR_CURVE_NOT_SUPPORTED`, `CKR_DOMAIN_PARAMS_INVALID` (no name of a curve).
    pub(super) fn parse(key_type: u64, parameters: &[u8]) -> Result<Self, Rv> {
        let named = der::only(der::OBJECT_IDENTIFIER, parameters);
        let printed = der::only(der::PRINTABLE_STRING, parameters);
        let found = match key_type {
            CKK_EC => {
                named.and_then(|named| Curve::ALL.into_iter().find(|curve| oid(*curve) == named)).map(Self::Weierstrass)
            }
            _ => MODERN.into_iter().find(|domain| {
                domain.key_type() == key_type && (named == Some(domain.oid()) || printed == Some(domain.name()))
            }),
        };
        let otherwise = if named.or(printed).is_some() { CKR_CURVE_NOT_SUPPORTED } else { CKR_DOMAIN_PARAMS_INVALID };
        found.ok_or(otherwise)
    }

    fn key_type(self) -> u64 {
        match self {
            Self::Weierstrass(_) => CKK_EC,
            Self::Ed25519 | Self::Ed448 => CKK_EC_EDWARDS,
            Self::X25519 | Self::X448 => CKK_EC_MONTGOMERY,
        }
    }

    /// The content of its OBJECT IDENTIFIER; that of RFC 8410, section 3, is 1.3.101.110 to .113.
    pub(super) fn oid(self) -> &'static [u8] {
        match self {
            Self::Weierstrass(curve) => oid(curve),
            Self::X25519 => &[0x2b, 0x65, 0x6e],
            Self::X448 => &[0x2b, 0x65, 0x6f],
            Self::Ed25519 => &[0x2b, 0x65, 0x70],
            Self::Ed448 => &[0x2b, 0x65, 0x71],
        }
    }

    /// What older clients write instead (PKCS#11 v3.0, 2.3.10).
    fn name(self) -> &'static [u8] {
        match self {
            Self::Weierstrass(_) => b"",
            Self::Ed25519 => b"edwards25519",
            Self::Ed448 => b"edwards448",
            Self::X25519 => b"curve25519",
            Self::X448 => b"curve448",
        }
    }

    /// Size of its keys, in bits, as the mechanism table counts them.
    pub(super) fn bits(self) -> u64 {
        match self {
            Self::Weierstrass(curve) => curve.bits() as u64,
            Self::Ed25519 | Self::X25519 => 255,
            Self::Ed448 | Self::X448 => 448,
        }
    }

    /// Length of a public key's encoding, in bytes; also of a private key, but on Weierstrass curves.
    pub(super) fn point_bytes(self) -> usize {
        match self {
            Self::Weierstrass(curve) => 1 + 2 * curve.bytes(),
            Self::Ed25519 => ed25519::KEY_BYTES,
            Self::Ed448 => curve448::ED448_KEY_BYTES,
            Self::X25519 => x25519::KEY_BYTES,
            Self::X448 => curve448::X448_KEY_BYTES,
        }
    }

    /// The encoded point within CKA_EC_POINT: the content of its OCTET STRING, or all of it.
    pub(super) fn point(self, attribute: &[u8]) -> &[u8] {
        if attribute.len() == self.point_bytes() {
            return attribute;
        }
        der::only(der::OCTET_STRING, attribute).unwrap_or(attribute)
    }
}
