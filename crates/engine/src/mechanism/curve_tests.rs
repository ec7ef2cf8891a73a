//! Promises of ECDSA and ECDH that hold on every Weierstrass curve, whichever code of aws-lc computes on it.

use super::aws_lc::{Curve, Ec, Failure};
use crate::memory;

fn on_every_curve(promise: impl Fn(Curve)) {
    memory::start(None).expect("secret memory");
    Curve::ALL.into_iter().for_each(promise);
}

/// A curve's base point: the public key of 1.
fn base(curve: Curve) -> Vec<u8> {
    Ec::private(curve, &[1]).expect("a key").point()
}

/// A point beside the curve, of another curve, or at infinity: with it, ECDH would tell the private key bit by bit.
#[test]
fn what_is_no_point_of_the_curve_is_refused() {
    on_every_curve(|curve| {
        let good = base(curve);
        let (half, last) = (curve.bytes(), good.len() - 1);
        let mut beside = good.clone();
        beside[last] ^= 1;
        let mut swapped = good.clone();
        swapped[1..].rotate_left(half);
        let origin = [&[4][..], &vec![0; 2 * half]].concat();
        let foreign = base(if curve == Curve::P256 { Curve::BrainpoolP256 } else { Curve::P256 });
        for point in [&beside, &swapped, &origin, &foreign, &vec![0], &vec![4], &good[..last].to_vec()] {
            assert_eq!(Ec::public(curve, point).err(), Some(Failure::Refused), "{curve:?} {point:02x?}");
        }
        assert!(Ec::public(curve, &good).is_ok());
    });
}

/// A private key lies between 1 and the order less one.
#[test]
fn a_scalar_is_below_the_order() {
    on_every_curve(|curve| {
        for scalar in [&[][..], &[0], &vec![0; curve.bytes()], &vec![0xff; curve.bytes()], &vec![1; curve.bytes() + 1]]
        {
            assert_eq!(Ec::private(curve, scalar).err(), Some(Failure::Refused), "{curve:?}");
        }
    });
}

/// Both sides of ECDH come to one secret, signatures verify, and a changed one does not.
#[test]
fn keys_of_a_curve_agree_and_sign() {
    on_every_curve(|curve| {
        let (one, other) = (Ec::generate(curve).expect("a key"), Ec::generate(curve).expect("a key"));
        let public = Ec::public(curve, &one.point()).expect("a point");
        let shared = one.agree(&other).expect("a secret");
        assert_eq!(shared[..], other.agree(&public).expect("a secret")[..], "{curve:?}");
        for digest in [&[7; 20][..], &[7; 64]] {
            let mut signature = Vec::new();
            one.sign(digest, &mut signature).expect("a signature");
            let (r, s) = signature.split_at_mut(curve.bytes());
            assert_eq!(public.verify(digest, r, s), Ok(()), "{curve:?}");
            s[3] ^= 1;
            assert_eq!(public.verify(digest, r, s), Err(Failure::Refused), "{curve:?}");
        }
        let again = Ec::private(curve, &one.scalar().expect("a scalar")).expect("a key");
        assert_eq!(again.point(), one.point(), "{curve:?}");
    });
}
