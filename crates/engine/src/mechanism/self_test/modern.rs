//! Known answers of ML-DSA, ML-KEM, SLH-DSA, Ed448, X25519 and X448.
//!
//! ML-DSA-65 and ML-KEM-768: SHA-256 of the public key of the seed 00 01 02 …, as OpenSSL 3.5 makes it; ML-DSA-65's
//! deterministic signature: Wycheproof, mldsa_65_sign_seed, case 1. SLH-DSA-SHA2-128f and -SHAKE-128f: the root of the seeds 00 01 02 …, by a second program written from FIPS 205. Ed448: RFC 8032,
//! 7.4 ("Blank"). X25519, X448: RFC 7748, 6.1 and 6.2.

use super::super::aws_lc::ed25519::Variant;
use super::super::aws_lc::ml_dsa::{self, MlDsa, MlDsaSet};
use super::super::aws_lc::ml_kem::{self, MlKem, MlKemSet};
use super::super::aws_lc::{Hash, digest, x25519};
use super::super::curve448::{self, Ed448};
use super::super::slh_dsa_sets::{Signed, SlhDsaSet};
use super::bytes;

const ML_DSA_PUBLIC: &str = "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9";
const ML_DSA_DETERMINISTIC_SEED: [u8; ml_dsa::SEED_BYTES] = [0x2a; ml_dsa::SEED_BYTES];
const ML_DSA_DETERMINISTIC_MU: &str = "\
    de30bd32395e1998bcdae79ad419cec6ea9e9a903fdc552c6e9801208174d80a\
    9d2f3902a144e62f89d6e505cc9c69fb01de013fc1d0204ee4dcf5fcc25f1378";
/// SHA-256 of it.
const ML_DSA_DETERMINISTIC_SIGNATURE: &str = "39fbbb0d97a52c79844213b325af823a7f16a174e00a5b3daeb3e6e6d1c89681";
const ML_KEM_PUBLIC: &str = "0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9";
const SLH_DSA_ROOTS: [(SlhDsaSet, &str); 2] = [
    (SlhDsaSet::Sha2_128f, "3b56e816847f000386aeec2e2bb9e1b5"),
    (SlhDsaSet::Shake128f, "a90e4715b9a925c332801767fd786371"),
];
const X25519_PRIVATE: &str = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
const X25519_PUBLIC: &str = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
const X25519_SHARED: &str = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
const ED448_SEED: &str = "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b";
const ED448_PUBLIC: &str = "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180";
const ED448_SIGNATURE: &str = "\
    533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd398\
    0ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600";
const X448_PRIVATE: &str =
    "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b";
const X448_PUBLIC: &str =
    "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609";
const X448_SHARED: &str =
    "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d";

fn seed(length: usize) -> Vec<u8> {
    (0..length as u8).collect()
}

/// A key from its seed, signing in both ways, verifying, refusing what was changed.
pub(super) fn ml_dsa_holds() -> Option<bool> {
    let key = MlDsa::private(MlDsaSet::MlDsa65, &seed(ml_dsa::SEED_BYTES)).ok()?;
    let value = key.public_value().ok()?;
    let public = MlDsa::public(MlDsaSet::MlDsa65, &value).ok()?;
    let mu = [7; ml_dsa::REPRESENTATIVE_BYTES];
    let mut signature = Vec::new();
    key.sign(&mu, &mut signature).ok()?;
    let verified = public.verify(&mu, &signature).is_ok();
    signature[100] ^= 1;
    let known_answer = digest(Hash::Sha256, &value).ok()?.bytes() == bytes(ML_DSA_PUBLIC);
    let refused = public.verify(&mu, &signature).is_err();
    signature.clear();
    let mu = bytes(ML_DSA_DETERMINISTIC_MU).try_into().ok()?;
    let key = MlDsa::private(MlDsaSet::MlDsa65, &ML_DSA_DETERMINISTIC_SEED).ok()?;
    key.sign_deterministically(&mu, &mut signature).ok()?;
    let deterministic = digest(Hash::Sha256, &signature).ok()?.bytes() == bytes(ML_DSA_DETERMINISTIC_SIGNATURE);
    Some(known_answer && verified && refused && deterministic)
}

/// A key from its seed; what is decapsulated is what was encapsulated, and of a changed ciphertext something else.
pub(super) fn ml_kem_holds() -> Option<bool> {
    let key = MlKem::of_seed(MlKemSet::MlKem768, &seed(ml_kem::SEED_BYTES)).ok()?;
    let value = key.public_value().ok()?;
    let (mut ciphertext, shared) = MlKem::public(MlKemSet::MlKem768, &value).ok()?.encapsulate().ok()?;
    let same = *key.decapsulate(&ciphertext).ok()? == *shared;
    ciphertext[100] ^= 1;
    let rejected = *key.decapsulate(&ciphertext).ok()? != *shared;
    Some(digest(Hash::Sha256, &value).ok()?.bytes() == bytes(ML_KEM_PUBLIC) && same && rejected)
}

/// Keys from their seeds, by both families of hashes; signing, which verifies; refusing what was changed.
pub(super) fn slh_dsa_holds() -> Option<bool> {
    let signed = Signed { input: b"message", context: b"", hash: None };
    let mut hold = true;
    for (set, root) in SLH_DSA_ROOTS {
        let mut private = seed(set.private_bytes() - bytes(root).len());
        private.extend(bytes(root));
        hold &= set.holds_together(&private).ok()?;
        // SHA-2 alone: SHAKE would take a tenth of a second.
        if set == SlhDsaSet::Sha2_128f {
            let mut signature = Vec::new();
            set.sign(&private, signed, false, &mut signature).ok()?;
            signature[100] ^= 1;
            hold &= !set.verify(&private[set.public_bytes()..], signed, &signature).ok()?;
        }
    }
    Some(hold)
}

/// A shared secret.
pub(super) fn x25519_holds() -> Option<bool> {
    let [private, public] = [X25519_PRIVATE, X25519_PUBLIC].map(|digits| bytes(digits).try_into().ok());
    Some(*x25519::agree(&private?, &public?).ok()? == *bytes(X25519_SHARED))
}

/// Signing as published, which verifies what it signs; refusing what was changed.
pub(super) fn ed448_holds() -> Option<bool> {
    let key = Ed448::from_seed(bytes(ED448_SEED).as_slice().try_into().ok()?).ok()?;
    let mut signature = Vec::new();
    key.sign(Variant::Pure, b"", &mut signature).ok()?;
    let known_answer = signature == bytes(ED448_SIGNATURE) && key.public() == bytes(ED448_PUBLIC);
    signature[3] ^= 1;
    let changed = signature.as_slice().try_into().ok()?;
    Some(known_answer && !curve448::verify(key.public(), Variant::Pure, b"", changed).ok()?)
}

/// A shared secret.
pub(super) fn x448_holds() -> Option<bool> {
    let [private, public] = [X448_PRIVATE, X448_PUBLIC].map(|digits| bytes(digits).try_into().ok());
    Some(*curve448::x448_agree(&private?, &public?).ok()? == *bytes(X448_SHARED))
}
