//! ML-DSA and HashML-DSA (PKCS#11 v3.2, 6.67; FIPS 204).
//!
//! Whatever is signed comes down to μ, 64 bytes of SHAKE256 of the public key's digest tr, the context string and the
//! message, or its digest (FIPS 204, algorithm 7, step 6): so a message may come in parts, of any length.

use super::aws_lc::ml_dsa::{MlDsa, MlDsaSet, REPRESENTATIVE_BYTES, SEED_BYTES};
use super::aws_lc::{Failure, Shake, Xof};
use super::der;
use super::encoded::Encoded;
use super::sign_context::{Scheme, oid};
use crate::memory::SecretBytes;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::tables::*;

/// Enough for what aws-lc takes for a ready key besides its encodings, in bytes.
const OVERHEAD_BYTES: usize = 1_024;

/// The parameter set that a template or an object names by its CKP_ML_DSA_ value.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_PARAMETER_SET_NOT_SUPPORTED`.
pub(super) fn set_of(attributes: &Attributes) -> Result<MlDsaSet, Rv> {
    match attributes.number(CKA_PARAMETER_SET).ok_or(CKR_TEMPLATE_INCOMPLETE)? {
        1 => Ok(MlDsaSet::MlDsa44),
        2 => Ok(MlDsaSet::MlDsa65),
        3 => Ok(MlDsaSet::MlDsa87),
        _ => Err(CKR_PARAMETER_SET_NOT_SUPPORTED),
    }
}

/// An ML-DSA key, ready.
pub(super) struct MlDsaKey {
    key: MlDsa,
    /// SHAKE256 of the public key.
    tr: [u8; REPRESENTATIVE_BYTES],
}

impl MlDsaKey {
    fn of(key: MlDsa) -> Result<Self, Failure> {
        let mut shake = Shake::new(Xof::Shake256)?;
        shake.update(&key.public_value()?);
        let mut tr = [0; REPRESENTATIVE_BYTES];
        shake.finish(&mut tr);
        Ok(Self { key, tr })
    }

    /// A stored public key.
    pub(super) fn public(attributes: &Attributes) -> Result<Self, Rv> {
        let value = attributes.value(CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
        let made = MlDsa::public(set_of(attributes)?, value).and_then(Self::of);
        made.map_err(|failure| failure.or(CKR_DEVICE_ERROR))
    }

    /// A stored private key.
    pub(super) fn private(attributes: &Attributes, form: &[u8]) -> Result<Self, Rv> {
        let value = secrets::find(form, CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?;
        let made = MlDsa::private(set_of(attributes)?, value).and_then(Self::of);
        made.map_err(|failure| failure.or(CKR_DEVICE_ERROR))
    }

    pub(super) fn secret_bytes(&self) -> usize {
        self.key.set().private_bytes() + self.key.set().public_bytes() + OVERHEAD_BYTES
    }

    /// Append a signature of a message, or of its digest.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE` (no digest of the hash).
    pub(super) fn sign(&self, scheme: Scheme<'_>, input: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let mut mu = self.representative(scheme)?;
        mu.update(input);
        self.sign_representative(mu, out)
    }

    /// Check a signature.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`.
    pub(super) fn verify(&self, scheme: Scheme<'_>, input: &[u8], signature: &[u8]) -> Result<(), Rv> {
        let mut mu = self.representative(scheme)?;
        mu.update(input);
        self.verify_representative(mu, signature)
    }

    /// Begin with what comes before message or digest.
    pub(super) fn representative(&self, scheme: Scheme<'_>) -> Result<Representative, Rv> {
        let mut shake = Shake::new(Xof::Shake256)?;
        shake.update(&self.tr);
        shake.update(&[u8::from(scheme.hash.is_some()), scheme.context.len() as u8]);
        shake.update(scheme.context);
        if let Some(oid) = scheme.hash.and_then(oid) {
            shake.update(&der::element(der::OBJECT_IDENTIFIER, &[oid]));
        }
        let missing = scheme.hash.map(|hash| hash.digest_bytes() as i64);
        Ok(Representative { shake, missing, deterministic: scheme.deterministic })
    }

    pub(super) fn sign_representative(&self, mu: Representative, out: &mut Vec<u8>) -> Result<(), Rv> {
        let deterministic = mu.deterministic;
        let mu = mu.finish()?;
        let made = if deterministic { self.key.sign_deterministically(&mu, out) } else { self.key.sign(&mu, out) };
        made.map_err(|failure| failure.or(CKR_GENERAL_ERROR))
    }

    pub(super) fn verify_representative(&self, mu: Representative, signature: &[u8]) -> Result<(), Rv> {
        if signature.len() != self.key.set().signature_bytes() {
            return Err(CKR_SIGNATURE_LEN_RANGE);
        }
        self.key.verify(&mu.finish()?, signature).map_err(|failure| failure.or(CKR_SIGNATURE_INVALID))
    }
}

/// μ in the making.
pub(super) struct Representative {
    shake: Shake,
    /// Bytes that a digest still lacks; `None` of a message.
    missing: Option<i64>,
    /// Of what is signed.
    deterministic: bool,
}

impl Representative {
    /// Take a part of the message, or of its digest.
    pub(super) fn update(&mut self, data: &[u8]) {
        self.shake.update(data);
        self.missing = self.missing.map(|missing| missing.saturating_sub_unsigned(data.len() as u64));
    }

    fn finish(self) -> Result<[u8; REPRESENTATIVE_BYTES], Rv> {
        if self.missing.is_some_and(|missing| missing != 0) {
            return Err(CKR_DATA_LEN_RANGE);
        }
        let mut mu = [0; REPRESENTATIVE_BYTES];
        self.shake.finish(&mut mu);
        Ok(mu)
    }
}

impl Encoded for MlDsa {
    type Set = MlDsaSet;
    const SEED_BYTES: usize = SEED_BYTES;

    fn set_of(attributes: &Attributes) -> Result<MlDsaSet, Rv> {
        set_of(attributes)
    }

    fn of_seed(set: MlDsaSet, seed: &[u8]) -> Result<Self, Failure> {
        if seed.len() == SEED_BYTES { Self::private(set, seed) } else { Err(Failure::Refused) }
    }

    fn of_private(set: MlDsaSet, value: &[u8]) -> Result<Self, Failure> {
        if value.len() == set.private_bytes() { Self::private(set, value) } else { Err(Failure::Refused) }
    }

    fn of_public(set: MlDsaSet, value: &[u8]) -> Result<Self, Failure> {
        Self::public(set, value)
    }

    fn names(&self) -> (u64, [u8; 9]) {
        let number = self.set() as u8;
        (number.into(), oid_of(number))
    }

    fn public_value(&self) -> Result<Vec<u8>, Failure> {
        self.public_value()
    }

    fn private_value(&self) -> Result<SecretBytes, Failure> {
        self.private_value()
    }
}

/// The content of the OBJECT IDENTIFIER of CKP_ML_DSA_44 to _87: id-ml-dsa-44 to -87, 2.16.840.1.101.3.4.3.17 to .19
/// (RFC 9881, 2).
pub(super) fn oid_of(set: u8) -> [u8; 9] {
    [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 16 + set]
}
