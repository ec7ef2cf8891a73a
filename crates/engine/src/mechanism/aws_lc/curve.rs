//! Weierstrass curves, as aws-lc knows them or from their numbers, and points on them.

use super::number::{Failure, Number, failure, succeeded};
use aws_lc_sys as c;
use std::ffi::CStr;
use std::ptr::{self, NonNull};
use vhsm_wire::table::CurveRow;
use vhsm_wire::tables::*;

/// secp192r1 (SEC 2, 2.2.2): prime, a and b, the base point's coordinates, order.
const P192: [&CStr; 6] = [
    c"fffffffffffffffffffffffffffffffeffffffffffffffff",
    c"fffffffffffffffffffffffffffffffefffffffffffffffc",
    c"64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1",
    c"188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012",
    c"07192b95ffc8da78631011ed6b24cdd573f977a11e794811",
    c"ffffffffffffffffffffffff99def836146bc9b1b4d22831",
];

/// A named curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// secp192r1, which aws-lc does not know by name
    P192,
    /// secp224r1
    P224,
    /// secp256r1
    P256,
    /// secp384r1
    P384,
    /// secp521r1
    P521,
    /// secp256k1
    Secp256k1,
    /// brainpoolP224r1
    BrainpoolP224,
    /// brainpoolP256r1
    BrainpoolP256,
    /// brainpoolP320r1
    BrainpoolP320,
    /// brainpoolP384r1
    BrainpoolP384,
    /// brainpoolP512r1
    BrainpoolP512,
}

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 11] = [
        Self::P192,
        Self::P224,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Secp256k1,
        Self::BrainpoolP224,
        Self::BrainpoolP256,
        Self::BrainpoolP320,
        Self::BrainpoolP384,
        Self::BrainpoolP512,
    ];

    /// Its row of the table.
    #[must_use]
    pub fn row(self) -> &'static CurveRow {
        match self {
            Self::P192 => &CURVE_SECP192R1,
            Self::P224 => &CURVE_SECP224R1,
            Self::P256 => &CURVE_SECP256R1,
            Self::P384 => &CURVE_SECP384R1,
            Self::P521 => &CURVE_SECP521R1,
            Self::Secp256k1 => &CURVE_SECP256K1,
            Self::BrainpoolP224 => &CURVE_BRAINPOOLP224R1,
            Self::BrainpoolP256 => &CURVE_BRAINPOOLP256R1,
            Self::BrainpoolP320 => &CURVE_BRAINPOOLP320R1,
            Self::BrainpoolP384 => &CURVE_BRAINPOOLP384R1,
            Self::BrainpoolP512 => &CURVE_BRAINPOOLP512R1,
        }
    }

    /// aws-lc's number of it.
    pub(super) fn nid(self) -> Option<i32> {
        match self {
            Self::P192 => None,
            Self::P224 => Some(c::NID_secp224r1),
            Self::P256 => Some(c::NID_X9_62_prime256v1),
            Self::P384 => Some(c::NID_secp384r1),
            Self::P521 => Some(c::NID_secp521r1),
            Self::Secp256k1 => Some(c::NID_secp256k1),
            Self::BrainpoolP224 => Some(c::NID_brainpoolP224r1),
            Self::BrainpoolP256 => Some(c::NID_brainpoolP256r1),
            Self::BrainpoolP320 => Some(c::NID_brainpoolP320r1),
            Self::BrainpoolP384 => Some(c::NID_brainpoolP384r1),
            Self::BrainpoolP512 => Some(c::NID_brainpoolP512r1),
        }
    }

    /// Length of its field's elements, and of its scalars, in bytes: the order of each has the field's length.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.row().bits.div_ceil(8) as usize
    }
}

/// A curve that is made from its numbers. aws-lc computes on it as on secp256k1 (ADR 12).
pub(super) struct Group(NonNull<c::EC_GROUP>);

impl Group {
    /// secp192r1.
    pub(super) fn p192() -> Result<Self, Failure> {
        let [prime, a, b, x, y, order] = P192.map(number);
        let (prime, a, b, x, y, order) = (prime?, a?, b?, x?, y?, order?);
        // SAFETY: all live; a new group, which copies the numbers, owned by `Self` from here on.
        let made = unsafe { c::EC_GROUP_new_curve_GFp(prime.as_ptr(), a.as_ptr(), b.as_ptr(), ptr::null_mut()) };
        let made = Self(NonNull::new(made).ok_or_else(failure)?);
        let base = Point::new(made.as_ptr())?;
        // SAFETY: all live; point and numbers are copied. The cofactor is 1.
        unsafe {
            let (group, at) = (made.as_ptr(), base.as_ptr());
            let (x, y, none) = (x.as_ptr(), y.as_ptr(), ptr::null_mut());
            succeeded(c::EC_POINT_set_affine_coordinates_GFp(group, at, x, y, none))?;
            succeeded(c::EC_GROUP_set_generator(group, at, order.as_ptr(), c::BN_value_one()))?;
        }
        Ok(made)
    }

    pub(super) fn as_ptr(&self) -> *mut c::EC_GROUP {
        self.0.as_ptr()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EC_GROUP_free(self.0.as_ptr()) };
    }
}

/// A number from hexadecimal digits.
fn number(digits: &CStr) -> Result<Number, Failure> {
    let made = Number::new()?;
    let mut place = made.as_ptr();
    // SAFETY: a string that ends; a live number, which is set in its place.
    if unsafe { c::BN_hex2bn(&mut place, digits.as_ptr()) } == 0 { Err(failure()) } else { Ok(made) }
}

/// A point, of which nothing is known yet.
pub(super) struct Point(NonNull<c::EC_POINT>);

impl Point {
    pub(super) fn new(group: *const c::EC_GROUP) -> Result<Self, Failure> {
        // SAFETY: a new point of a live group, of which it keeps a copy unless that is static; owned by `Self` from
        // here on.
        NonNull::new(unsafe { c::EC_POINT_new(group) }).map(Self).ok_or(Failure::OutOfSecretMemory)
    }

    pub(super) fn as_ptr(&self) -> *mut c::EC_POINT {
        self.0.as_ptr()
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EC_POINT_free(self.0.as_ptr()) };
    }
}
