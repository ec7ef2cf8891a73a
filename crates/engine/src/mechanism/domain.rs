//! Curves by their CKA_EC_PARAMS, and points by their CKA_EC_POINT (PKCS#11 v3.2, 6.3.3).

use super::aws_lc::{Curve, ed25519, x25519};
use super::{curve448, der};
use crate::rv::*;
use vhsm_wire::table::CurveRow;
use vhsm_wire::tables::*;

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

/// Whether CKA_EC_PARAMS is the name of Ed448's curve, not its OBJECT IDENTIFIER.
pub(super) fn names_ed448(parameters: &[u8]) -> bool {
    der::only(der::PRINTABLE_STRING, parameters) == Some(CURVE_EDWARDS448.name.as_bytes())
}

impl Domain {
    /// The curve that CKA_EC_PARAMS names: its OBJECT IDENTIFIER, or for those of RFC 8410 also their names.
    ///
    /// # Errors
    /// `CKR_CURVE_NOT_SUPPORTED`, `CKR_DOMAIN_PARAMS_INVALID` (no name of a curve).
    pub(super) fn parse(key_type: u64, parameters: &[u8]) -> Result<Self, Rv> {
        let named = der::only(der::OBJECT_IDENTIFIER, parameters);
        let printed = der::only(der::PRINTABLE_STRING, parameters);
        let names = |row: &CurveRow| {
            row.key_type == key_type && (named == Some(row.oid) || row.printed && printed == Some(row.name.as_bytes()))
        };
        let found = Self::all().find(|domain| names(domain.row()));
        let otherwise = if named.or(printed).is_some() { CKR_CURVE_NOT_SUPPORTED } else { CKR_DOMAIN_PARAMS_INVALID };
        found.ok_or(otherwise)
    }

    fn all() -> impl Iterator<Item = Self> {
        Curve::ALL.into_iter().map(Self::Weierstrass).chain(MODERN)
    }

    fn row(self) -> &'static CurveRow {
        match self {
            Self::Weierstrass(curve) => curve.row(),
            Self::Ed25519 => &CURVE_EDWARDS25519,
            Self::Ed448 => &CURVE_EDWARDS448,
            Self::X25519 => &CURVE_CURVE25519,
            Self::X448 => &CURVE_CURVE448,
        }
    }

    /// The content of its OBJECT IDENTIFIER.
    pub(super) fn oid(self) -> &'static [u8] {
        self.row().oid
    }

    /// Size of its keys, in bits, as the mechanism table counts them.
    pub(super) fn bits(self) -> u64 {
        self.row().bits
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
