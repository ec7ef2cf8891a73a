//! Keys on the curves of SEC 2, for ECDSA and ECDH. Nonces are random, hedged with key and digest: aws-lc's way.

use super::number::{Failure, Number, failure, succeeded, write};
use crate::memory::SecretBytes;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// A named curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
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
}

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 5] = [Self::P224, Self::P256, Self::P384, Self::P521, Self::Secp256k1];

    fn nid(self) -> i32 {
        match self {
            Self::P224 => c::NID_secp224r1,
            Self::P256 => c::NID_X9_62_prime256v1,
            Self::P384 => c::NID_secp384r1,
            Self::P521 => c::NID_secp521r1,
            Self::Secp256k1 => c::NID_secp256k1,
        }
    }

    /// Size of its field, and of its order, in bits.
    #[must_use]
    pub fn bits(self) -> usize {
        match self {
            Self::P224 => 224,
            Self::P256 | Self::Secp256k1 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    /// The same in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.bits().div_ceil(8)
    }
}

/// A key on a curve, public or private; a private one knows its public point.
pub struct Ec {
    key: NonNull<c::EC_KEY>,
    curve: Curve,
}

// SAFETY: owned alone.
unsafe impl Send for Ec {}
// SAFETY: signing and verifying take the key as const.
unsafe impl Sync for Ec {}

impl Ec {
    fn new(curve: Curve) -> Result<Self, Failure> {
        // SAFETY: a new key, owned by `Self` from here on.
        let made = unsafe { c::EC_KEY_new_by_curve_name(curve.nid()) };
        Ok(Self { key: NonNull::new(made).ok_or_else(failure)?, curve })
    }

    /// A public key from its encoded point (SEC 1, 2.3.3), compressed or not.
    ///
    /// # Errors
    /// [`Failure`]: no point of the curve, or the point at infinity.
    pub fn public(curve: Curve, point: &[u8]) -> Result<Self, Failure> {
        let made = Self::new(curve)?;
        let place = Point::new(&made)?;
        // SAFETY: all live; readable for its length; the point is copied.
        unsafe {
            let (from, length) = (point.as_ptr(), point.len());
            succeeded(c::EC_POINT_oct2point(made.group(), place.0.as_ptr(), from, length, ptr::null_mut()))?;
            succeeded(c::EC_KEY_set_public_key(made.key.as_ptr(), place.0.as_ptr()))?;
        }
        Ok(made)
    }

    /// A private key from its scalar, big-endian.
    ///
    /// # Errors
    /// [`Failure`]: zero, or not below the order.
    pub fn private(curve: Curve, scalar: &[u8]) -> Result<Self, Failure> {
        let made = Self::new(curve)?;
        let number = Number::of(scalar)?;
        let place = Point::new(&made)?;
        // SAFETY: all live; scalar and point are copied. The range is checked before anything is computed.
        unsafe {
            succeeded(c::EC_KEY_set_private_key(made.key.as_ptr(), number.as_ptr()))?;
            let (at, scalar) = (place.0.as_ptr(), number.as_ptr());
            succeeded(c::EC_POINT_mul(made.group(), at, scalar, ptr::null(), ptr::null(), ptr::null_mut()))?;
            succeeded(c::EC_KEY_set_public_key(made.key.as_ptr(), at))?;
        }
        Ok(made)
    }

    /// A new private key.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn generate(curve: Curve) -> Result<Self, Failure> {
        let made = Self::new(curve)?;
        // SAFETY: live and owned alone.
        succeeded(unsafe { c::EC_KEY_generate_key(made.key.as_ptr()) })?;
        Ok(made)
    }

    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.curve
    }

    fn group(&self) -> *const c::EC_GROUP {
        // SAFETY: live; the group is static.
        unsafe { c::EC_KEY_get0_group(self.key.as_ptr()) }
    }

    /// The private key's scalar, as long as the order.
    ///
    /// # Errors
    /// [`Failure`]; `Refused` for a public key.
    pub fn scalar(&self) -> Result<SecretBytes, Failure> {
        let mut scalar = SecretBytes::zeroed(self.curve.bytes())?;
        // SAFETY: live; null for a public key.
        let written = unsafe {
            let number = c::EC_KEY_get0_private_key(self.key.as_ptr());
            !number.is_null() && write(number, &mut scalar)
        };
        if written { Ok(scalar) } else { Err(Failure::Refused) }
    }

    /// The public point, uncompressed (SEC 1, 2.3.3).
    #[must_use]
    pub fn point(&self) -> Vec<u8> {
        let mut point = vec![0; 1 + 2 * self.curve.bytes()];
        // SAFETY: live, and every key has its point; room for the uncompressed form.
        unsafe {
            let public = c::EC_KEY_get0_public_key(self.key.as_ptr());
            let form = c::point_conversion_form_t::POINT_CONVERSION_UNCOMPRESSED;
            c::EC_POINT_point2oct(self.group(), public, form, point.as_mut_ptr(), point.len(), ptr::null_mut());
        }
        point
    }

    /// The x-coordinate of this private key's product with another's point (SP 800-56A, 5.7.1.2), as long as the field.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn agree(&self, other: &Self) -> Result<SecretBytes, Failure> {
        let mut shared = SecretBytes::zeroed(self.curve.bytes())?;
        // SAFETY: all live, both on this curve, which aws-lc checks; room for the coordinate.
        let written = unsafe {
            let point = c::EC_KEY_get0_public_key(other.key.as_ptr());
            c::ECDH_compute_key(shared.as_mut_ptr().cast(), shared.len(), point, self.key.as_ptr(), None)
        };
        if usize::try_from(written) == Ok(shared.len()) { Ok(shared) } else { Err(failure()) }
    }

    /// Append r and s of a signature, each as long as the order. A digest longer than the order is cut.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn sign(&self, digest: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let (at, part) = (out.len(), self.curve.bytes());
        // SAFETY: readable for its length; the signature is owned by `made` from here on.
        let made = Signature(
            NonNull::new(unsafe { c::ECDSA_do_sign(digest.as_ptr(), digest.len(), self.key.as_ptr()) })
                .ok_or_else(failure)?,
        );
        out.resize(at + 2 * part, 0);
        let (r, s) = out[at..].split_at_mut(part);
        // SAFETY: live numbers of the signature, below the order.
        let written =
            unsafe { write(c::ECDSA_SIG_get0_r(made.0.as_ptr()), r) && write(c::ECDSA_SIG_get0_s(made.0.as_ptr()), s) };
        if written { Ok(()) } else { Err(Failure::Refused) }
    }

    /// Whether r and s, of one length, sign the digest.
    ///
    /// # Errors
    /// [`Failure`]; `Refused` where they do not.
    pub fn verify(&self, digest: &[u8], r: &[u8], s: &[u8]) -> Result<(), Failure> {
        let (r, s) = (Number::of(r)?, Number::of(s)?);
        // SAFETY: `set0` takes both numbers over where it succeeds: then `Number` forgets them.
        unsafe {
            let made = Signature(NonNull::new(c::ECDSA_SIG_new()).ok_or(Failure::OutOfSecretMemory)?);
            succeeded(c::ECDSA_SIG_set0(made.0.as_ptr(), r.as_ptr(), s.as_ptr()))?;
            std::mem::forget((r, s));
            let (from, length) = (digest.as_ptr(), digest.len());
            succeeded(c::ECDSA_do_verify(from, length, made.0.as_ptr(), self.key.as_ptr()))
        }
    }
}

impl Drop for Ec {
    fn drop(&mut self) {
        // SAFETY: owned alone; the heap wipes what is freed.
        unsafe { c::EC_KEY_free(self.key.as_ptr()) };
    }
}

struct Signature(NonNull<c::ECDSA_SIG>);

impl Drop for Signature {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::ECDSA_SIG_free(self.0.as_ptr()) };
    }
}

struct Point(NonNull<c::EC_POINT>);

impl Point {
    fn new(key: &Ec) -> Result<Self, Failure> {
        // SAFETY: a new point of a static group, owned by `Self` from here on.
        NonNull::new(unsafe { c::EC_POINT_new(key.group()) }).map(Self).ok_or(Failure::OutOfSecretMemory)
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EC_POINT_free(self.0.as_ptr()) };
    }
}
