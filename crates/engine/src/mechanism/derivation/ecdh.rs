//! ECDH (PKCS#11 v3.2, 6.3.17 and 6.3.18; SP 800-56A, 5.7.1.2). Every curve here has the cofactor 1, so that both
//! mechanisms do the same.

use super::super::aws_lc::{Hash, concatenation_kdf, x963_kdf};
use super::super::ecdsa::EcKey;
use super::super::montgomery;
use super::super::parameters::hash;
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::*;
use vhsm_wire::messages::EcdhParameters;
use vhsm_wire::table::CKK_EC_MONTGOMERY;
use vhsm_wire::tables::CKA_KEY_TYPE;

/// The key derivation function of CK_ECDH1_DERIVE_PARAMS.
enum Kdf {
    /// CKD_NULL: the shared secret itself.
    Null,
    /// CKD_…_KDF: ANSI X9.63.
    X963(Hash),
    /// CKD_…_KDF_SP800: SP 800-56C, 4.1.
    Concatenation(Hash),
}

/// A shared secret, and what is made of it.
pub(super) struct Ecdh<'a> {
    shared: SecretBytes,
    kdf: Kdf,
    shared_data: &'a [u8],
}

impl<'a> Ecdh<'a> {
    pub(super) fn new(base: &Object, sent: &'a EcdhParameters) -> Result<Self, Rv> {
        let kdf = kdf(sent.kdf).ok_or(CKR_MECHANISM_PARAM_INVALID)?;
        if matches!(kdf, Kdf::Null) && !sent.shared_data.is_empty() || sent.public_data.is_empty() {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        let shared = match base.attributes.number(CKA_KEY_TYPE) {
            Some(CKK_EC_MONTGOMERY) => montgomery::agree(base, &sent.public_data)?,
            _ => EcKey::private(&base.attributes, &base.secret)?.agree(&base.attributes, &sent.public_data)?,
        };
        Ok(Self { shared, kdf, shared_data: &sent.shared_data })
    }

    pub(super) fn natural_bytes(&self) -> Option<u64> {
        matches!(self.kdf, Kdf::Null).then_some(self.shared.len() as u64)
    }

    /// A shared secret that is too long loses leading bytes (6.3.17).
    pub(super) fn value(&self, value_bytes: usize) -> Result<SecretBytes, Rv> {
        let mut value = SecretBytes::zeroed(value_bytes)?;
        let made = match self.kdf {
            Kdf::Null => {
                let cut = self.shared.len().checked_sub(value_bytes).ok_or(CKR_TEMPLATE_INCONSISTENT)?;
                value.copy_from_slice(&self.shared[cut..]);
                true
            }
            Kdf::X963(hash) => {
                x963_kdf(hash, &self.shared, self.shared_data, &mut value)?;
                true
            }
            Kdf::Concatenation(hash) => concatenation_kdf(hash, &self.shared, self.shared_data, &mut value),
        };
        if made { Ok(value) } else { Err(CKR_DEVICE_MEMORY) }
    }
}

/// The function of a CKD_ value.
fn kdf(value: u64) -> Option<Kdf> {
    use cryptoki_sys::*;
    let x963 = |mechanism| hash(mechanism).map(Kdf::X963);
    let concatenation = |mechanism| hash(mechanism).map(Kdf::Concatenation);
    match value {
        CKD_NULL => Some(Kdf::Null),
        CKD_SHA1_KDF => x963(CKM_SHA_1),
        CKD_SHA224_KDF => x963(CKM_SHA224),
        CKD_SHA256_KDF => x963(CKM_SHA256),
        CKD_SHA384_KDF => x963(CKM_SHA384),
        CKD_SHA512_KDF => x963(CKM_SHA512),
        CKD_SHA3_224_KDF => x963(CKM_SHA3_224),
        CKD_SHA3_256_KDF => x963(CKM_SHA3_256),
        CKD_SHA3_384_KDF => x963(CKM_SHA3_384),
        CKD_SHA3_512_KDF => x963(CKM_SHA3_512),
        CKD_SHA1_KDF_SP800 => concatenation(CKM_SHA_1),
        CKD_SHA224_KDF_SP800 => concatenation(CKM_SHA224),
        CKD_SHA256_KDF_SP800 => concatenation(CKM_SHA256),
        CKD_SHA384_KDF_SP800 => concatenation(CKM_SHA384),
        CKD_SHA512_KDF_SP800 => concatenation(CKM_SHA512),
        CKD_SHA3_224_KDF_SP800 => concatenation(CKM_SHA3_224),
        CKD_SHA3_256_KDF_SP800 => concatenation(CKM_SHA3_256),
        CKD_SHA3_384_KDF_SP800 => concatenation(CKM_SHA3_384),
        CKD_SHA3_512_KDF_SP800 => concatenation(CKM_SHA3_512),
        _ => None,
    }
}
