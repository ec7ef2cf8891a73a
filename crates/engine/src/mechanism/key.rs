//! Keys whose contexts are made: shared by threads, used without a lock.

use super::aes::AesKey;
use super::aws_lc::{Hash, TAG_BYTES};
use super::chacha::ChachaKey;
use super::cipher::Running;
use super::cmac;
use super::des::DesKey;
use super::digest::hashed;
use super::ecdsa::EcKey;
use super::eddsa::EdwardsKey;
use super::hmac::{self, HmacKey};
use super::hss;
use super::material::key_size;
use super::ml_dsa::MlDsaKey;
use super::nonces::NonceMemory;
use super::parameters::{Parsed, fits, parse, row, suits};
use super::rsa::RsaKey;
use super::slh_dsa::SlhDsaKey;
use super::stream::Stream;
use super::wrapped_data;
use super::xmss::XmssKey;
use super::xts::XtsKey;
use crate::laws;
use crate::memory::SecretBytes;
use crate::rv::*;
use std::sync::Arc;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Mechanism, Operation};
use vhsm_wire::table::*;
use vhsm_wire::tables::{CKA_CLASS, CKA_KEY_TYPE, CKA_VALUE};

pub(super) enum Contexts {
    Aes(AesKey),
    Xts(XtsKey),
    Chacha(ChachaKey),
    TripleDes(DesKey),
    /// Generic secrets and the HMAC key types.
    Hmac(HmacKey),
    Rsa(RsaKey),
    Ec(EcKey),
    Edwards(EdwardsKey),
    MlDsa(MlDsaKey),
    SlhDsa(SlhDsaKey),
    /// A public key, as it is written.
    Hss(Vec<u8>),
    Xmss(XmssKey),
}

/// A key that is ready for use. It decides nothing: usage and grants are the laws'.
pub struct ReadyKey {
    pub(super) contexts: Contexts,
    key_type: u64,
    /// In the unit of the mechanism table.
    size: u64,
    readable: bool,
    pub(super) nonces: Arc<NonceMemory>,
}

impl ReadyKey {
    /// Make the contexts of an opened key. `secret` is what its object seals.
    ///
    /// # Errors
    /// `CKR_KEY_HANDLE_INVALID` (no key), `CKR_KEY_SIZE_RANGE`, `CKR_DEVICE_MEMORY`; `CKR_DEVICE_ERROR` for a key
    /// of a pair that no law would have let in.
    pub fn new(attributes: &Attributes, secret: SecretBytes) -> Result<Self, Rv> {
        let key_type = attributes.number(CKA_KEY_TYPE).ok_or(CKR_KEY_HANDLE_INVALID)?;
        let size = match attributes.number(CKA_CLASS) {
            Some(CKO_SECRET_KEY) => secret.len() as u64,
            _ => key_size(attributes).ok_or(CKR_KEY_HANDLE_INVALID)?,
        };
        let contexts = match (attributes.number(CKA_CLASS), key_type) {
            (Some(CKO_SECRET_KEY), CKK_AES) if !matches!(secret.len(), 16 | 24 | 32) => return Err(CKR_KEY_SIZE_RANGE),
            (Some(CKO_SECRET_KEY), CKK_AES) => Contexts::Aes(AesKey::new(secret)?),
            (Some(CKO_SECRET_KEY), CKK_AES_XTS) => Contexts::Xts(XtsKey::new(secret)?),
            (Some(CKO_SECRET_KEY), CKK_CHACHA20) => Contexts::Chacha(ChachaKey::new(secret)?),
            (Some(CKO_SECRET_KEY), CKK_DES2 | CKK_DES3) => Contexts::TripleDes(DesKey::new(secret)?),
            (Some(CKO_SECRET_KEY), _) => Contexts::Hmac(HmacKey::new(secret)),
            (Some(CKO_PUBLIC_KEY), CKK_RSA) => Contexts::Rsa(RsaKey::public(attributes)?),
            (Some(CKO_PUBLIC_KEY), CKK_EC) => Contexts::Ec(EcKey::public(attributes)?),
            (Some(CKO_PUBLIC_KEY), CKK_EC_EDWARDS) => Contexts::Edwards(EdwardsKey::public(attributes)?),
            (Some(CKO_PUBLIC_KEY), CKK_ML_DSA) => Contexts::MlDsa(MlDsaKey::public(attributes)?),
            (Some(CKO_PUBLIC_KEY), CKK_SLH_DSA) => Contexts::SlhDsa(SlhDsaKey::public(attributes)?),
            (Some(CKO_PUBLIC_KEY), CKK_HSS) => {
                Contexts::Hss(attributes.value(CKA_VALUE).ok_or(CKR_DEVICE_ERROR)?.to_vec())
            }
            (Some(CKO_PUBLIC_KEY), CKK_XMSS | CKK_XMSSMT) => Contexts::Xmss(XmssKey::public(key_type, attributes)?),
            (Some(CKO_PRIVATE_KEY), CKK_RSA) => Contexts::Rsa(RsaKey::private(attributes, &secret)?),
            (Some(CKO_PRIVATE_KEY), CKK_EC) => Contexts::Ec(EcKey::private(attributes, &secret)?),
            (Some(CKO_PRIVATE_KEY), CKK_EC_EDWARDS) => Contexts::Edwards(EdwardsKey::private(attributes, &secret)?),
            (Some(CKO_PRIVATE_KEY), CKK_ML_DSA) => Contexts::MlDsa(MlDsaKey::private(attributes, &secret)?),
            (Some(CKO_PRIVATE_KEY), CKK_SLH_DSA) => Contexts::SlhDsa(SlhDsaKey::private(attributes, &secret)?),
            _ => return Err(CKR_KEY_HANDLE_INVALID),
        };
        let (readable, nonces) = (laws::value_readable(attributes), Arc::default());
        Ok(Self { contexts, key_type, size, readable, nonces })
    }

    /// With what is remembered of its nonces.
    #[must_use]
    pub fn remembering(self, nonces: Arc<NonceMemory>) -> Self {
        Self { nonces, ..self }
    }

    /// Most secret memory that the key comes to take, in bytes, for the cache's budget.
    #[must_use]
    pub fn secret_bytes(&self) -> usize {
        match &self.contexts {
            Contexts::Aes(key) => key.secret_bytes(),
            Contexts::Xts(key) => key.secret_bytes(),
            Contexts::Chacha(key) => key.secret_bytes(),
            Contexts::TripleDes(key) => key.secret_bytes(),
            Contexts::Hmac(key) => key.secret_bytes(),
            Contexts::Rsa(key) => key.secret_bytes(),
            Contexts::Ec(key) => key.secret_bytes(),
            Contexts::Edwards(key) => key.secret_bytes(),
            Contexts::MlDsa(key) => key.secret_bytes(),
            Contexts::SlhDsa(key) => key.secret_bytes(),
            Contexts::Hss(_) | Contexts::Xmss(_) => 0,
        }
    }

    /// The value of a secret key.
    ///
    /// # Errors
    /// `CKR_KEY_HANDLE_INVALID` for any other.
    pub(super) fn value(&self) -> Result<&[u8], Rv> {
        match &self.contexts {
            Contexts::Aes(key) => Ok(key.value()),
            Contexts::Xts(key) => Ok(key.value()),
            Contexts::Chacha(key) => Ok(key.value()),
            Contexts::TripleDes(key) => Ok(key.value()),
            Contexts::Hmac(key) => Ok(key.value()),
            _ => Err(CKR_KEY_HANDLE_INVALID),
        }
    }

    pub(super) fn check_digestible(&self, hash: Hash) -> Result<(), Rv> {
        laws::digestible(self.readable, self.value()?.len(), hash.block_bytes())
    }

    /// A whole operation: append the output to `out`, or (Verify) check `signature`.
    ///
    /// # Errors
    /// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, `CKR_KEY_TYPE_INCONSISTENT`, `CKR_KEY_SIZE_RANGE`,
    /// `CKR_SIGNATURE_LEN_RANGE`, `CKR_SIGNATURE_INVALID`, `CKR_ENCRYPTED_DATA_LEN_RANGE`,
    /// `CKR_ENCRYPTED_DATA_INVALID`, `CKR_DATA_LEN_RANGE`, `CKR_DATA_INVALID`, `CKR_DEVICE_MEMORY`.
    pub fn complete(
        &self,
        operation: Operation,
        mechanism: &Mechanism,
        data: &[u8],
        signature: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<(), Rv> {
        let parsed = self.parse(operation, mechanism)?;
        match (operation, parsed.hash()) {
            (Operation::Sign, hash) => hashed(hash, data, |input| self.sign(&parsed, input, out)),
            (Operation::Verify, hash) => hashed(hash, data, |input| self.verify(&parsed, input, signature)),
            (Operation::SignRecover, _) => self.sign(&parsed, data, out),
            (Operation::VerifyRecover, _) => self.recover(&parsed, data, out),
            (Operation::Encrypt, _) => self.encrypt(&parsed, data, out),
            (Operation::Decrypt, _) => self.decrypt(&parsed, data, out),
            _ => Err(CKR_MECHANISM_INVALID),
        }
    }

    /// Append a signature of `input`: of the digest, where the mechanism signs one that it made.
    pub(super) fn sign(&self, parsed: &Parsed<'_>, input: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        match (parsed, &self.contexts) {
            (Parsed::Hmac { hash, mac_bytes }, Contexts::Hmac(key)) => {
                out.extend_from_slice(&key.mac(*hash, input)?.bytes()[..*mac_bytes]);
                Ok(())
            }
            (Parsed::Cmac { mac_bytes }, Contexts::Aes(key)) => {
                out.extend_from_slice(&cmac::mac(key, input)?.bytes()[..*mac_bytes]);
                Ok(())
            }
            (Parsed::Gmac { iv }, Contexts::Aes(key)) => {
                out.extend_from_slice(key.gmac_of(iv, input)?.bytes());
                Ok(())
            }
            (Parsed::Rsa { hash, scheme }, Contexts::Rsa(key)) => key.sign(*scheme, *hash, input, out),
            (Parsed::Ecdsa { .. }, Contexts::Ec(key)) => key.sign(input, out),
            (Parsed::Eddsa(variant), Contexts::Edwards(key)) => key.sign(*variant, input, out),
            (Parsed::MlDsa { scheme, .. }, Contexts::MlDsa(key)) => key.sign(*scheme, input, out),
            (Parsed::SlhDsa { scheme, .. }, Contexts::SlhDsa(key)) => key.sign(*scheme, input, out),
            _ => Err(CKR_KEY_TYPE_INCONSISTENT),
        }
    }

    /// Check a signature of `input`, as [`ReadyKey::sign`] takes it.
    pub(super) fn verify(&self, parsed: &Parsed<'_>, input: &[u8], signature: Option<&[u8]>) -> Result<(), Rv> {
        let signature = signature.ok_or(CKR_SIGNATURE_LEN_RANGE)?;
        match (parsed, &self.contexts) {
            (Parsed::Hmac { hash, mac_bytes }, Contexts::Hmac(key)) => {
                hmac::verify(&key.mac(*hash, input)?, *mac_bytes, signature)
            }
            (Parsed::Cmac { mac_bytes }, Contexts::Aes(key)) => {
                hmac::verify(&cmac::mac(key, input)?, *mac_bytes, signature)
            }
            (Parsed::Gmac { iv }, Contexts::Aes(key)) => hmac::verify(&key.gmac_of(iv, input)?, TAG_BYTES, signature),
            (Parsed::Rsa { hash, scheme }, Contexts::Rsa(key)) => key.verify(*scheme, *hash, input, signature),
            (Parsed::Ecdsa { .. }, Contexts::Ec(key)) => key.verify(input, signature),
            (Parsed::Eddsa(variant), Contexts::Edwards(key)) => key.verify(*variant, input, signature),
            (Parsed::MlDsa { scheme, .. }, Contexts::MlDsa(key)) => key.verify(*scheme, input, signature),
            (Parsed::SlhDsa { scheme, .. }, Contexts::SlhDsa(key)) => key.verify(*scheme, input, signature),
            (Parsed::Stateful, Contexts::Hss(key)) => hss::verify(key, input, signature),
            (Parsed::Stateful, Contexts::Xmss(key)) => key.verify(input, signature),
            _ => Err(CKR_KEY_TYPE_INCONSISTENT),
        }
    }

    /// Append the data of a signature that holds it.
    fn recover(&self, parsed: &Parsed<'_>, signature: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        match (parsed, &self.contexts) {
            (Parsed::Rsa { scheme, .. }, Contexts::Rsa(key)) => key.recover(*scheme, signature, out),
            _ => Err(CKR_KEY_TYPE_INCONSISTENT),
        }
    }

    fn encrypt(&self, parsed: &Parsed<'_>, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        match (parsed, &self.contexts) {
            (Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(key)) => {
                key.encrypt(parameters, *tag_bytes, data, out)
            }
            (Parsed::Ccm(parameters), Contexts::Aes(key)) => key.encrypt_ccm(parameters, data, out),
            (Parsed::ChachaPoly(parameters), Contexts::Chacha(key)) => key.encrypt(parameters, data, out),
            (Parsed::Cipher(cipher), key) => Running::new(*cipher, false, key)?.complete(key, data, out),
            (Parsed::KeyWrap(value), Contexts::Aes(key)) => wrapped_data::wrap(key, value.as_ref(), false, data, out),
            (Parsed::KeyWrapPadded, Contexts::Aes(key)) => wrapped_data::wrap(key, None, true, data, out),
            (Parsed::RsaEncryption(scheme), Contexts::Rsa(key)) => key.encrypt(*scheme, data, out),
            _ => Err(CKR_KEY_TYPE_INCONSISTENT),
        }
    }

    fn decrypt(&self, parsed: &Parsed<'_>, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        match (parsed, &self.contexts) {
            (Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(key)) => {
                key.decrypt(parameters, *tag_bytes, data, out)
            }
            (Parsed::Ccm(parameters), Contexts::Aes(key)) => key.decrypt_ccm(parameters, data, out),
            (Parsed::ChachaPoly(parameters), Contexts::Chacha(key)) => key.decrypt(parameters, data, out),
            (Parsed::Cipher(cipher), key) => Running::new(*cipher, true, key)?.complete(key, data, out),
            (Parsed::KeyWrap(value), Contexts::Aes(key)) => wrapped_data::unwrap(key, value.as_ref(), false, data, out),
            (Parsed::KeyWrapPadded, Contexts::Aes(key)) => wrapped_data::unwrap(key, None, true, data, out),
            (Parsed::RsaEncryption(scheme), Contexts::Rsa(key)) => key.decrypt(*scheme, data, out),
            _ => Err(CKR_KEY_TYPE_INCONSISTENT),
        }
    }

    /// Begin an operation in parts.
    ///
    /// # Errors
    /// Those of [`ReadyKey::complete`] that concern mechanism and key.
    pub fn start(self: &Arc<Self>, operation: Operation, mechanism: &Mechanism) -> Result<Stream, Rv> {
        let parsed = self.parse(operation, mechanism)?;
        Stream::keyed(self, operation, mechanism, &parsed)
    }

    pub(super) fn parse<'a>(&self, operation: Operation, mechanism: &'a Mechanism) -> Result<Parsed<'a>, Rv> {
        let parsed = parse(operation, mechanism)?;
        fits(row(operation, mechanism.r#type)?, self.key_type, self.size)?;
        suits(&parsed, self.size)?;
        Ok(parsed)
    }
}
