//! AES key wrap of data (PKCS#11 v3.2, 6.16): C_Encrypt and C_Decrypt, as a whole.

use super::aes::AesKey;
use super::aws_lc::InitialValue;
use crate::memory::wipe;
use crate::rv::*;

/// Key wrap counts in units of so many bytes.
const UNIT_BYTES: usize = 8;

/// Append whole units, wrapped; or any number of bytes where `padded`.
pub(super) fn wrap(
    key: &AesKey,
    value: Option<&InitialValue>,
    padded: bool,
    data: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Rv> {
    let key = key.encrypting()?;
    let wrapped = if padded { key.wrap_padded(data) } else { key.wrap(value, data) };
    out.extend(wrapped.ok_or(CKR_DATA_LEN_RANGE)?);
    Ok(())
}

/// Append what was wrapped.
pub(super) fn unwrap(
    key: &AesKey,
    value: Option<&InitialValue>,
    padded: bool,
    data: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Rv> {
    let least = if padded { 2 * UNIT_BYTES } else { 3 * UNIT_BYTES };
    if data.len() < least || data.len() % UNIT_BYTES != 0 {
        return Err(CKR_ENCRYPTED_DATA_LEN_RANGE);
    }
    let (key, start) = (key.decrypting()?, out.len());
    let length = if padded {
        out.resize(start + data.len(), 0);
        key.unwrap_padded_into(data, &mut out[start..])
    } else {
        out.resize(start + data.len() - UNIT_BYTES, 0);
        key.unwrap_into(value, data, &mut out[start..]).then_some(data.len() - UNIT_BYTES)
    };
    match length {
        Some(length) => {
            wipe(&mut out[start + length..]);
            out.truncate(start + length);
            Ok(())
        }
        None => {
            out.truncate(start);
            Err(CKR_ENCRYPTED_DATA_INVALID)
        }
    }
}
