//! Known answers of ML-DSA, ML-KEM and X25519.
//!
//! ML-DSA-65 and ML-KEM-768: SHA-256 of the public key of the seed 00 01 02 …, as OpenSSL 3.5 makes it. X25519: RFC
//! 7748, 6.1.

use super::super::aws_lc::ml_dsa::{self, MlDsa, MlDsaSet};
use super::super::aws_lc::ml_kem::{self, MlKem, MlKemSet};
use super::super::aws_lc::{Hash, digest, x25519};
use super::bytes;

const ML_DSA_PUBLIC: &str = "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9";
const ML_KEM_PUBLIC: &str = "0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9";
const X25519_PRIVATE: &str = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
const X25519_PUBLIC: &str = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
const X25519_SHARED: &str = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

fn seed(length: usize) -> Vec<u8> {
    (0..length as u8).collect()
}

/// A key from its seed, signing, verifying, refusing what was changed.
pub(super) fn ml_dsa_holds() -> Option<bool> {
    let key = MlDsa::private(MlDsaSet::MlDsa65, &seed(ml_dsa::SEED_BYTES)).ok()?;
    let value = key.public_value().ok()?;
    let public = MlDsa::public(MlDsaSet::MlDsa65, &value).ok()?;
    let mu = [7; ml_dsa::REPRESENTATIVE_BYTES];
    let mut signature = Vec::new();
    key.sign(&mu, &mut signature).ok()?;
    let verified = public.verify(&mu, &signature).is_ok();
    signature[100] ^= 1;
    let known_answer = digest(Hash::Sha256, &value).bytes() == bytes(ML_DSA_PUBLIC);
    Some(known_answer && verified && public.verify(&mu, &signature).is_err())
}

/// A key from its seed; what is decapsulated is what was encapsulated, and of a changed ciphertext something else.
pub(super) fn ml_kem_holds() -> Option<bool> {
    let key = MlKem::of_seed(MlKemSet::MlKem768, &seed(ml_kem::SEED_BYTES)).ok()?;
    let value = key.public_value().ok()?;
    let (mut ciphertext, shared) = MlKem::public(MlKemSet::MlKem768, &value).ok()?.encapsulate().ok()?;
    let same = *key.decapsulate(&ciphertext).ok()? == *shared;
    ciphertext[100] ^= 1;
    let rejected = *key.decapsulate(&ciphertext).ok()? != *shared;
    Some(digest(Hash::Sha256, &value).bytes() == bytes(ML_KEM_PUBLIC) && same && rejected)
}

/// A shared secret.
pub(super) fn x25519_holds() -> Option<bool> {
    let [private, public] = [X25519_PRIVATE, X25519_PUBLIC].map(|digits| bytes(digits).try_into().ok());
    Some(*x25519::agree(&private?, &public?).ok()? == *bytes(X25519_SHARED))
}
