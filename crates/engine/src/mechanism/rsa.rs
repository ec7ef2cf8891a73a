//! RSA (PKCS#11 v3.2, 6.1; RFC 8017).

use super::aws_lc::{Hash, Oaep, Padding, Pss, Rsa, RsaParts, equal};
use super::rejection::{PADDING_BYTES_MIN, Rejection};
use crate::memory::SecretBytes;
use crate::rv::*;
use crate::secrets;
use subtle::Choice;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::tables::*;
use zeroize::Zeroizing;

/// A signature scheme.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scheme {
    /// PKCS #1 v1.5.
    Pkcs1,
    /// The block as it is.
    Raw,
    /// PSS.
    Pss(Pss),
}

/// An encryption scheme.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encryption<'a> {
    /// PKCS #1 v1.5.
    Pkcs1,
    /// The block as it is.
    Raw,
    /// OAEP.
    Oaep(Oaep<'a>),
}

/// An RSA key, ready.
pub(super) struct RsaKey {
    key: Rsa,
    /// Of a private key.
    rejection: Option<Rejection>,
}

impl RsaKey {
    /// A stored public key.
    pub(super) fn public(attributes: &Attributes) -> Result<Self, Rv> {
        let (modulus, exponent) = public_values(attributes)?;
        let key = Rsa::public(modulus, exponent).map_err(|failure| failure.or(CKR_DEVICE_ERROR))?;
        Ok(Self { key, rejection: None })
    }

    /// A stored private key.
    pub(super) fn private(attributes: &Attributes, form: &[u8]) -> Result<Self, Rv> {
        let (modulus, public_exponent) = public_values(attributes)?;
        let secret = |kind| secrets::find(form, kind).ok_or(CKR_DEVICE_ERROR);
        let parts = RsaParts {
            modulus,
            public_exponent,
            private_exponent: secret(CKA_PRIVATE_EXPONENT)?,
            primes: [secret(CKA_PRIME_1)?, secret(CKA_PRIME_2)?],
            exponents: [Some(secret(CKA_EXPONENT_1)?), Some(secret(CKA_EXPONENT_2)?)],
            coefficient: Some(secret(CKA_COEFFICIENT)?),
        };
        let key = Rsa::private(&parts).map_err(|failure| failure.or(CKR_DEVICE_ERROR))?;
        let rejection = Rejection::new(parts.private_exponent, key.modulus_bytes())?;
        Ok(Self { key, rejection: Some(rejection) })
    }

    /// Ready for use: 40 times the modulus for a private key (RSA-2048: 10 KiB), 8 times for a public one.
    pub(super) fn secret_bytes(&self) -> usize {
        self.key.modulus_bytes() * if self.rejection.is_some() { 40 } else { 8 }
    }

    /// Append a signature of `input`: the digest under `hash`, or where that is `None` the data.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_DATA_INVALID` (not below the modulus), `CKR_KEY_SIZE_RANGE` (too short a key).
    pub(super) fn sign(&self, scheme: Scheme, hash: Option<Hash>, input: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let modulus_bytes = self.key.modulus_bytes();
        match (scheme, hash) {
            (Scheme::Pkcs1, Some(hash)) => {
                self.key.sign(hash, input, out).map_err(|failure| failure.or(CKR_KEY_SIZE_RANGE))
            }
            (Scheme::Pkcs1, None) if input.len() + PADDING_BYTES_MIN > modulus_bytes => Err(CKR_DATA_LEN_RANGE),
            (Scheme::Pkcs1, None) => {
                self.key.sign_raw(Padding::Pkcs1, input, out).map_err(|failure| failure.or(CKR_GENERAL_ERROR))
            }
            (Scheme::Raw, _) => {
                let block = self.block(input)?;
                self.key.sign_raw(Padding::None, &block, out).map_err(|failure| failure.or(CKR_DATA_INVALID))
            }
            (Scheme::Pss(pss), _) if input.len() != pss.hash.digest_bytes() => Err(CKR_DATA_LEN_RANGE),
            (Scheme::Pss(pss), _) => {
                self.key.sign_pss(pss, input, out).map_err(|failure| failure.or(CKR_KEY_SIZE_RANGE))
            }
        }
    }

    /// Check a signature.
    ///
    /// # Errors
    /// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`, `CKR_DATA_LEN_RANGE`.
    pub(super) fn verify(&self, scheme: Scheme, hash: Option<Hash>, input: &[u8], signature: &[u8]) -> Result<(), Rv> {
        if signature.len() != self.key.modulus_bytes() {
            return Err(CKR_SIGNATURE_LEN_RANGE);
        }
        let recovered = |padding, expected: &[u8]| match self.key.recover(padding, signature) {
            Ok(found) => Ok(equal(&found, expected)),
            Err(failure) => Err(failure.or(CKR_SIGNATURE_INVALID)),
        };
        let holds = match (scheme, hash) {
            (Scheme::Pkcs1, Some(hash)) => self.key.verify(hash, input, signature),
            (Scheme::Pkcs1, None) => recovered(Padding::Pkcs1, input)?,
            (Scheme::Raw, _) => recovered(Padding::None, &self.block(input)?)?,
            (Scheme::Pss(pss), _) if input.len() != pss.hash.digest_bytes() => return Err(CKR_DATA_LEN_RANGE),
            (Scheme::Pss(pss), _) => self.key.verify_pss(pss, input, signature),
        };
        if holds { Ok(()) } else { Err(CKR_SIGNATURE_INVALID) }
    }

    /// Append the data that a signature was made of (PKCS#11 v3.2, 5.16.7): of CKM_RSA_X_509 the whole block.
    ///
    /// # Errors
    /// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`, `CKR_MECHANISM_INVALID` (nothing can be recovered).
    pub(super) fn recover(&self, scheme: Scheme, signature: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let padding = match scheme {
            Scheme::Pkcs1 => Padding::Pkcs1,
            Scheme::Raw => Padding::None,
            Scheme::Pss(_) => return Err(CKR_MECHANISM_INVALID),
        };
        if signature.len() != self.key.modulus_bytes() {
            return Err(CKR_SIGNATURE_LEN_RANGE);
        }
        let data = self.key.recover(padding, signature).map_err(|failure| failure.or(CKR_SIGNATURE_INVALID))?;
        out.extend_from_slice(&data);
        Ok(())
    }

    /// Append the ciphertext.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_DATA_INVALID` (not below the modulus), `CKR_KEY_SIZE_RANGE` (too short a key).
    pub(super) fn encrypt(&self, scheme: Encryption<'_>, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let modulus_bytes = self.key.modulus_bytes();
        let outcome = match scheme {
            Encryption::Pkcs1 if data.len() + PADDING_BYTES_MIN > modulus_bytes => return Err(CKR_DATA_LEN_RANGE),
            Encryption::Pkcs1 => self.key.encrypt(Padding::Pkcs1, data, out),
            Encryption::Raw => self.key.encrypt(Padding::None, &self.block(data)?, out),
            Encryption::Oaep(oaep) => {
                let overhead = oaep_overhead(oaep.hash);
                if overhead > modulus_bytes {
                    return Err(CKR_KEY_SIZE_RANGE);
                }
                if data.len() + overhead > modulus_bytes {
                    return Err(CKR_DATA_LEN_RANGE);
                }
                self.key.oaep(true, oaep, data, out)
            }
        };
        outcome.map_err(|failure| failure.or(CKR_DATA_INVALID))
    }

    /// Append the plaintext. Of PKCS #1 v1.5 there always is one.
    ///
    /// # Errors
    /// `CKR_ENCRYPTED_DATA_LEN_RANGE`; `CKR_ENCRYPTED_DATA_INVALID` for all else; `CKR_KEY_SIZE_RANGE` (too short a
    /// key for the hash).
    pub(super) fn decrypt(&self, scheme: Encryption<'_>, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let modulus_bytes = self.key.modulus_bytes();
        if data.len() != modulus_bytes {
            return Err(CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
        let block = || self.key.decrypt_raw(data).map_err(|failure| failure.or(CKR_ENCRYPTED_DATA_INVALID));
        match scheme {
            Encryption::Pkcs1 => {
                let rejection = self.rejection.as_ref().ok_or(CKR_KEY_TYPE_INCONSISTENT)?;
                out.extend_from_slice(&rejection.unpad(&block()?, data, |_| Choice::from(1), |length| length)?);
                Ok(())
            }
            Encryption::Raw => {
                out.extend_from_slice(&block()?);
                Ok(())
            }
            Encryption::Oaep(oaep) if oaep_overhead(oaep.hash) > modulus_bytes => Err(CKR_KEY_SIZE_RANGE),
            Encryption::Oaep(oaep) => {
                self.key.oaep(false, oaep, data, out).map_err(|failure| failure.or(CKR_ENCRYPTED_DATA_INVALID))
            }
        }
    }

    /// The plaintext of OAEP, in secret memory.
    ///
    /// # Errors
    /// `CKR_WRAPPED_KEY_LEN_RANGE`; `CKR_WRAPPED_KEY_INVALID` for all else; `CKR_UNWRAPPING_KEY_SIZE_RANGE` (too
    /// short a key for the hash).
    pub(super) fn unwrap_oaep(&self, oaep: Oaep<'_>, wrapped: &[u8]) -> Result<SecretBytes, Rv> {
        if oaep_overhead(oaep.hash) > self.key.modulus_bytes() {
            return Err(CKR_UNWRAPPING_KEY_SIZE_RANGE);
        }
        if wrapped.len() != self.key.modulus_bytes() {
            return Err(CKR_WRAPPED_KEY_LEN_RANGE);
        }
        self.key.oaep_secret(oaep, wrapped).map_err(|failure| failure.or(CKR_WRAPPED_KEY_INVALID))
    }

    /// The message of a PKCS #1 v1.5 block, or its substitute, of a length that fits: [`Rejection::unpad`].
    ///
    /// # Errors
    /// `CKR_WRAPPED_KEY_LEN_RANGE`, `CKR_WRAPPED_KEY_INVALID` (not below the modulus).
    pub(super) fn unwrap_pkcs1(
        &self,
        wrapped: &[u8],
        fits: impl Fn(u32) -> Choice,
        choose: impl Fn(u32) -> u32,
    ) -> Result<SecretBytes, Rv> {
        if wrapped.len() != self.key.modulus_bytes() {
            return Err(CKR_WRAPPED_KEY_LEN_RANGE);
        }
        let rejection = self.rejection.as_ref().ok_or(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT)?;
        let block = self.key.decrypt_raw(wrapped).map_err(|failure| failure.or(CKR_WRAPPED_KEY_INVALID))?;
        Ok(rejection.unpad(&block, wrapped, fits, choose)?)
    }

    pub(super) fn modulus_bytes(&self) -> usize {
        self.key.modulus_bytes()
    }

    /// Data as one block, zeros before it (PKCS#11 v3.2, 6.1.12).
    fn block(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Rv> {
        let zeros = self.key.modulus_bytes().checked_sub(data.len()).ok_or(CKR_DATA_LEN_RANGE)?;
        Ok(Zeroizing::new([&vec![0; zeros], data].concat()))
    }
}

/// RFC 8017, 7.1.1: two hashes and two bytes.
fn oaep_overhead(hash: Hash) -> usize {
    2 * hash.digest_bytes() + 2
}

fn public_values(attributes: &Attributes) -> Result<(&[u8], &[u8]), Rv> {
    let value = |kind| attributes.value(kind).ok_or(CKR_DEVICE_ERROR);
    Ok((value(CKA_MODULUS)?, value(CKA_PUBLIC_EXPONENT)?))
}
