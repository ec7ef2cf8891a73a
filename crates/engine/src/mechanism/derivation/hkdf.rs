//! HKDF (PKCS#11 v3.2, 6.62; RFC 5869).

use super::super::aws_lc::{Hash, hkdf_expand, hkdf_extract};
use super::super::parameters::hash;
use crate::memory::SecretBytes;
use crate::rv::*;
use cryptoki_sys::{CKF_HKDF_SALT_DATA, CKF_HKDF_SALT_KEY, CKF_HKDF_SALT_NULL};
use vhsm_wire::messages::HkdfParameters;

/// A derivation by HKDF, its parameters checked.
pub(super) struct Hkdf<'a> {
    hash: Hash,
    base: &'a [u8],
    /// Extract first, with this salt.
    salt: Option<&'a [u8]>,
    /// Expand then, with this information.
    information: Option<&'a [u8]>,
}

impl<'a> Hkdf<'a> {
    /// `further`: the salt, where it is a key.
    pub(super) fn new(base: &'a [u8], further: &[&'a [u8]], sent: &'a HkdfParameters) -> Result<Self, Rv> {
        let hash = hash(sent.prf).ok_or(CKR_MECHANISM_PARAM_INVALID)?;
        let salt = match (sent.extract, sent.salt_type, further) {
            (false, _, []) => None,
            // RFC 5869, 2.2: without a salt it is a digest's length of zeros, which HMAC makes of nothing.
            (true, CKF_HKDF_SALT_NULL, []) => Some(&[][..]),
            (true, CKF_HKDF_SALT_DATA, []) => Some(&sent.salt[..]),
            (true, CKF_HKDF_SALT_KEY, [salt]) => Some(*salt),
            _ => return Err(CKR_MECHANISM_PARAM_INVALID),
        };
        let information = sent.expand.then_some(&sent.info[..]);
        if salt.is_none() && information.is_none() {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        Ok(Self { hash, base, salt, information })
    }

    /// A digest's: what extraction makes, and what expansion begins with.
    pub(super) fn natural_bytes(&self) -> u64 {
        self.hash.digest_bytes() as u64
    }

    pub(super) fn value(&self, value_bytes: usize) -> Result<SecretBytes, Rv> {
        let mut extracted = SecretBytes::zeroed(self.hash.digest_bytes())?;
        let key = match self.salt {
            Some(salt) if hkdf_extract(self.hash, self.base, salt, &mut extracted) => &extracted[..],
            Some(_) => return Err(CKR_DEVICE_MEMORY),
            None => self.base,
        };
        let Some(information) = self.information else {
            return Ok(SecretBytes::copy_of(key.get(..value_bytes).ok_or(CKR_TEMPLATE_INCONSISTENT)?)?);
        };
        let mut value = SecretBytes::zeroed(value_bytes)?;
        let expanded = hkdf_expand(self.hash, key, information, &mut value);
        if expanded { Ok(value) } else { Err(CKR_TEMPLATE_INCONSISTENT) }
    }
}
