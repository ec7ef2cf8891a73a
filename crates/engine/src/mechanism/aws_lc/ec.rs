//! Keys on Weierstrass curves, for ECDSA and ECDH. Nonces are random, hedged with key and digest: aws-lc's way.

use super::curve::{Curve, Group, Point};
use super::number::{Failure, Number, failure, succeeded, write};
use crate::memory::SecretBytes;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

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
        let Some(nid) = curve.nid() else {
            let group = Group::p192()?;
            // SAFETY: a new key, owned by `Self` from here on.
            let key = NonNull::new(unsafe { c::EC_KEY_new() }).ok_or(Failure::OutOfSecretMemory)?;
            let made = Self { key, curve };
            // SAFETY: both live; the key gets a copy of the group.
            succeeded(unsafe { c::EC_KEY_set_group(made.key.as_ptr(), group.as_ptr()) })?;
            return Ok(made);
        };
        // SAFETY: a new key, owned by `Self` from here on.
        let made = unsafe { c::EC_KEY_new_by_curve_name(nid) };
        Ok(Self { key: NonNull::new(made).ok_or_else(failure)?, curve })
    }

    /// A public key from its encoded point (SEC 1, 2.3.3), compressed or not.
    ///
    /// # Errors
    /// [`Failure`]: no point of the curve, or the point at infinity.
    pub fn public(curve: Curve, point: &[u8]) -> Result<Self, Failure> {
        let made = Self::new(curve)?;
        let place = Point::new(made.group())?;
        // SAFETY: all live; readable for its length; the point is copied.
        unsafe {
            let (from, length) = (point.as_ptr(), point.len());
            succeeded(c::EC_POINT_oct2point(made.group(), place.as_ptr(), from, length, ptr::null_mut()))?;
            succeeded(c::EC_KEY_set_public_key(made.key.as_ptr(), place.as_ptr()))?;
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
        let place = Point::new(made.group())?;
        // SAFETY: all live; scalar and point are copied. The range is checked before anything is computed.
        unsafe {
            succeeded(c::EC_KEY_set_private_key(made.key.as_ptr(), number.as_ptr()))?;
            let (at, scalar) = (place.as_ptr(), number.as_ptr());
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
        // SAFETY: live; the group is static, or the key's own and dies with it.
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
