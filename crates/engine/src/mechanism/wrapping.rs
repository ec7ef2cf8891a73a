//! Keys that carry keys (PKCS#11 v3.2, 5.18.3 and 5.18.4): secret keys travel as their value, private keys as their
//! PrivateKeyInfo.
//!
//! Whatever is wrong with a wrapped key has one answer, CKR_WRAPPED_KEY_INVALID, but for its length; PKCS #1 v1.5
//! always gives some key.

use super::aws_lc::{BLOCK_BYTES, Oaep, random};
use super::cipher::{Cipher, Ending, unpadded_length};
use super::key::{Contexts, ReadyKey};
use super::parameters::Parsed;
use super::pkcs8::{private_key_info, read_private_key_info};
use super::rsa::{Encryption, RsaKey};
use super::{Material, aes::AesKey};
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::*;
use std::slice;
use subtle::{Choice, ConstantTimeEq, ConstantTimeGreater};
use vhsm_wire::messages::{Mechanism, Operation};
use vhsm_wire::table::{CKK_AES, CKK_AES_XTS, CKK_CHACHA20, CKK_DES2, CKK_DES3, CKO_PRIVATE_KEY, CKO_SECRET_KEY};
use vhsm_wire::tables::CKA_CLASS;

/// Longest generic secret, in bytes: what the mechanism table says of them.
const SECRET_BYTES_MAX: u32 = 512;

/// What kind of key is unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A secret key of this type, and of this many bytes where the template says so.
    Secret {
        /// `CKK_` value.
        key_type: u64,
        /// CKA_VALUE_LEN.
        value_bytes: Option<u64>,
    },
    /// A private key.
    Private,
}

/// What of a key is wrapped.
///
/// # Errors
/// `CKR_KEY_NOT_WRAPPABLE`, `CKR_DEVICE_MEMORY`.
pub fn carried_form(key: &Object) -> Result<SecretBytes, Rv> {
    match key.attributes.number(CKA_CLASS) {
        Some(CKO_SECRET_KEY) => Ok(SecretBytes::copy_of(&key.secret)?),
        Some(CKO_PRIVATE_KEY) => private_key_info(key),
        _ => Err(CKR_KEY_NOT_WRAPPABLE),
    }
}

/// The private key of this type that was carried.
///
/// # Errors
/// `CKR_WRAPPED_KEY_INVALID`, `CKR_DEVICE_MEMORY`.
pub fn material_of(key_type: u64, carried: &[u8]) -> Result<Material, Rv> {
    read_private_key_info(key_type, carried)
}

impl ReadyKey {
    /// Wrap what [`carried_form`] gave. `private` says whether of a private key.
    ///
    /// # Errors
    /// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, `CKR_KEY_SIZE_RANGE` (does not fit),
    /// `CKR_KEY_NOT_WRAPPABLE` (not by this mechanism), `CKR_WRAPPING_KEY_TYPE_INCONSISTENT`,
    /// `CKR_WRAPPING_KEY_SIZE_RANGE`, `CKR_DEVICE_MEMORY`.
    pub fn wrap(&self, mechanism: &Mechanism, form: &[u8], private: bool) -> Result<Vec<u8>, Rv> {
        let parsed = self.parse(Operation::Wrap, mechanism).map_err(of_wrapping_key)?;
        if private && !carries_private_keys(&parsed) {
            return Err(CKR_KEY_NOT_WRAPPABLE);
        }
        let mut out = Vec::new();
        match (&parsed, &self.contexts) {
            (Parsed::KeyWrap(value), Contexts::Aes(key)) => {
                return key.encrypting()?.wrap(value.as_ref(), form).ok_or(CKR_KEY_SIZE_RANGE);
            }
            (Parsed::KeyWrapPadded, Contexts::Aes(key)) => {
                return key.encrypting()?.wrap_padded(form).ok_or(CKR_KEY_SIZE_RANGE);
            }
            (Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(key)) => {
                key.encrypt(parameters, *tag_bytes, form, &mut out)?;
            }
            (Parsed::Cipher(cipher), Contexts::Aes(key)) => return wrap_in_blocks(key, *cipher, form),
            (Parsed::RsaEncryption(scheme), Contexts::Rsa(key)) => wrap_with_rsa(key, *scheme, form, &mut out)?,
            (Parsed::RsaAes { aes_bytes, oaep }, Contexts::Rsa(key)) => {
                let mut once = SecretBytes::zeroed(*aes_bytes)?;
                random(&mut once);
                wrap_with_rsa(key, Encryption::Oaep(*oaep), &once, &mut out)?;
                let inner = AesKey::new(once)?;
                out.extend(inner.encrypting()?.wrap_padded(form).ok_or(CKR_KEY_SIZE_RANGE)?);
            }
            _ => return Err(CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
        }
        Ok(out)
    }

    /// What was wrapped.
    ///
    /// # Errors
    /// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, `CKR_WRAPPED_KEY_INVALID`,
    /// `CKR_WRAPPED_KEY_LEN_RANGE`, `CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT`, `CKR_UNWRAPPING_KEY_SIZE_RANGE`,
    /// `CKR_TEMPLATE_INCONSISTENT` (no such key by this mechanism), `CKR_DEVICE_MEMORY`.
    pub fn unwrap(&self, mechanism: &Mechanism, wrapped: &[u8], carried: Carried) -> Result<SecretBytes, Rv> {
        let parsed = self.parse(Operation::Unwrap, mechanism).map_err(of_unwrapping_key)?;
        if carried == Carried::Private && !carries_private_keys(&parsed) {
            return Err(CKR_TEMPLATE_INCONSISTENT);
        }
        match (&parsed, &self.contexts) {
            (Parsed::KeyWrap(value), Contexts::Aes(key)) => {
                key.decrypting()?.unwrap(value.as_ref(), wrapped)?.ok_or(CKR_WRAPPED_KEY_INVALID)
            }
            (Parsed::KeyWrapPadded, Contexts::Aes(key)) => {
                key.decrypting()?.unwrap_padded(wrapped)?.ok_or(CKR_WRAPPED_KEY_INVALID)
            }
            (Parsed::Gcm { parameters, tag_bytes }, Contexts::Aes(key)) => {
                let length = wrapped.len().checked_sub(*tag_bytes).ok_or(CKR_WRAPPED_KEY_LEN_RANGE)?;
                let mut out = SecretBytes::zeroed(length)?;
                let opened = key.gcm_of(*tag_bytes)?.open_into(&parameters.iv, &parameters.aad, wrapped, &mut out);
                if opened { Ok(out) } else { Err(CKR_WRAPPED_KEY_INVALID) }
            }
            (Parsed::Cipher(cipher), Contexts::Aes(key)) => unwrap_in_blocks(key, *cipher, wrapped, carried),
            (Parsed::RsaEncryption(Encryption::Oaep(oaep)), Contexts::Rsa(key)) => key.unwrap_oaep(*oaep, wrapped),
            (Parsed::RsaEncryption(Encryption::Pkcs1), Contexts::Rsa(key)) => unwrap_pkcs1(key, wrapped, carried),
            (Parsed::RsaAes { aes_bytes, oaep }, Contexts::Rsa(key)) => unwrap_twice(key, *aes_bytes, *oaep, wrapped),
            _ => Err(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT),
        }
    }
}

/// Private keys are structures whose length must come back exactly, and whose form tells whether a padding was right.
fn carries_private_keys(parsed: &Parsed<'_>) -> bool {
    !matches!(
        parsed,
        Parsed::KeyWrap(_)
            | Parsed::Cipher(Cipher::Ecb | Cipher::Cbc { ending: Ending::Whole, .. })
            | Parsed::RsaEncryption(Encryption::Pkcs1 | Encryption::Raw)
    )
}

fn wrap_with_rsa(key: &RsaKey, scheme: Encryption<'_>, form: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
    key.encrypt(scheme, form, out).map_err(|rv| match rv {
        CKR_DATA_LEN_RANGE | CKR_DATA_INVALID => CKR_KEY_SIZE_RANGE,
        CKR_KEY_SIZE_RANGE => CKR_WRAPPING_KEY_SIZE_RANGE,
        other => other,
    })
}

fn unwrap_twice(key: &RsaKey, aes_bytes: usize, oaep: Oaep<'_>, wrapped: &[u8]) -> Result<SecretBytes, Rv> {
    let (first, second) = wrapped.split_at_checked(key.modulus_bytes()).ok_or(CKR_WRAPPED_KEY_LEN_RANGE)?;
    let once = key.unwrap_oaep(oaep, first)?;
    if once.len() != aes_bytes {
        return Err(CKR_WRAPPED_KEY_INVALID);
    }
    AesKey::new(once)?.decrypting()?.unwrap_padded(second)?.ok_or(CKR_WRAPPED_KEY_INVALID)
}

/// PKCS#11 v3.2, 6.10.4 to 6.10.6: zeros fill the last block, or a padding does.
fn wrap_in_blocks(key: &AesKey, cipher: Cipher, form: &[u8]) -> Result<Vec<u8>, Rv> {
    let (length, filler) = match cipher {
        Cipher::Cbc { ending: Ending::Padded, .. } => {
            let length = (form.len() + 1).next_multiple_of(BLOCK_BYTES);
            (length, (length - form.len()) as u8)
        }
        _ => (form.len().next_multiple_of(BLOCK_BYTES), 0),
    };
    let mut padded = SecretBytes::zeroed(length)?;
    padded[..form.len()].copy_from_slice(form);
    padded[form.len()..].fill(filler);
    let mut out = vec![0; length];
    match cipher {
        Cipher::Ecb => key.encrypting()?.ecb(&padded, &mut out),
        Cipher::Cbc { mut iv, .. } => key.encrypting()?.cbc(&mut iv, &padded, &mut out),
        Cipher::Ctr { .. } | Cipher::Xts { .. } => return Err(CKR_MECHANISM_INVALID),
    }
    Ok(out)
}

fn unwrap_in_blocks(key: &AesKey, cipher: Cipher, wrapped: &[u8], carried: Carried) -> Result<SecretBytes, Rv> {
    if wrapped.is_empty() || wrapped.len() % BLOCK_BYTES != 0 {
        return Err(CKR_WRAPPED_KEY_LEN_RANGE);
    }
    let mut padded = SecretBytes::zeroed(wrapped.len())?;
    match cipher {
        Cipher::Ecb => key.decrypting()?.ecb(wrapped, &mut padded),
        Cipher::Cbc { mut iv, .. } => key.decrypting()?.cbc(&mut iv, wrapped, &mut padded),
        Cipher::Ctr { .. } | Cipher::Xts { .. } => return Err(CKR_MECHANISM_INVALID),
    }
    let length = match (cipher, carried, padded.last_chunk::<BLOCK_BYTES>()) {
        (Cipher::Cbc { ending: Ending::Padded, .. }, _, Some(last)) => {
            let text = unpadded_length(last).ok_or(CKR_WRAPPED_KEY_INVALID)?;
            padded.len() - BLOCK_BYTES + text
        }
        // The template says where the zeros begin.
        (_, Carried::Secret { value_bytes: Some(bytes), .. }, _) => {
            usize::try_from(bytes).unwrap_or(usize::MAX).min(padded.len())
        }
        _ => padded.len(),
    };
    Ok(SecretBytes::copy_of(&padded[..length])?)
}

/// Some key in any case, of a length that keys of the type have: whether the padding was right shows nowhere.
fn unwrap_pkcs1(key: &RsaKey, wrapped: &[u8], carried: Carried) -> Result<SecretBytes, Rv> {
    let Carried::Secret { key_type, value_bytes } = carried else { return Err(CKR_TEMPLATE_INCONSISTENT) };
    let exact = value_bytes.map(|bytes| u32::try_from(bytes).unwrap_or(u32::MAX));
    if exact.is_some_and(|exact| exact as usize > key.modulus_bytes()) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    let lengths = match (&exact, key_type) {
        (Some(exact), _) => slice::from_ref(exact),
        (None, CKK_AES) => &[16, 24, 32],
        (None, CKK_AES_XTS) => &[32, 64],
        (None, CKK_CHACHA20) => &[32],
        (None, CKK_DES2) => &[16],
        (None, CKK_DES3) => &[24],
        (None, _) => &[],
    };
    let any = |length: u32| !length.ct_eq(&0) & !length.ct_gt(&SECRET_BYTES_MAX);
    let fits = |length: u32| match lengths {
        [] => any(length),
        some => some.iter().fold(Choice::from(0), |fits, one| fits | length.ct_eq(one)),
    };
    // The number is below the longest message's length.
    let choose = |number: u32| match lengths {
        [] => 1 + number % SECRET_BYTES_MAX,
        some => some[number as usize % some.len()],
    };
    key.unwrap_pkcs1(wrapped, fits, choose)
}

/// What concerns any key, said of the one that wraps.
#[must_use]
pub fn of_wrapping_key(rv: Rv) -> Rv {
    match rv {
        CKR_KEY_TYPE_INCONSISTENT => CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
        CKR_KEY_SIZE_RANGE => CKR_WRAPPING_KEY_SIZE_RANGE,
        CKR_KEY_HANDLE_INVALID => CKR_WRAPPING_KEY_HANDLE_INVALID,
        other => other,
    }
}

/// What concerns any key, said of the one that unwraps.
#[must_use]
pub fn of_unwrapping_key(rv: Rv) -> Rv {
    match rv {
        CKR_KEY_TYPE_INCONSISTENT => CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
        CKR_KEY_SIZE_RANGE => CKR_UNWRAPPING_KEY_SIZE_RANGE,
        CKR_KEY_HANDLE_INVALID => CKR_UNWRAPPING_KEY_HANDLE_INVALID,
        other => other,
    }
}
