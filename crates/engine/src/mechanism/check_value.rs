//! CKA_CHECK_VALUE: three bytes by which people compare keys (PKCS#11 v3.2, 4.6.3, 4.10, 6.8.2).

use super::aws_lc::{AesEncryption, BLOCK_BYTES, DES_BLOCK_BYTES, Hash, TripleDes, digest};
use crate::memory::{OutOfSecretMemory, wipe};
use vhsm_wire::table::{CKK_AES, CKK_DES2, CKK_DES3};

/// Length of a check value, in bytes.
const CHECK_BYTES: usize = 3;

/// The beginning of an encrypted block of zeros; `None` for keys of other types than a block cipher's.
///
/// # Errors
/// [`OutOfSecretMemory`].
pub fn enciphered_check_value(key_type: u64, key: &[u8]) -> Result<Option<Vec<u8>>, OutOfSecretMemory> {
    let mut block = [0; BLOCK_BYTES];
    match key_type {
        CKK_AES => AesEncryption::new(key)?.ecb(&[0; BLOCK_BYTES], &mut block),
        CKK_DES2 | CKK_DES3 => {
            TripleDes::new(key)?.ecb(&[0; DES_BLOCK_BYTES], &mut block[..DES_BLOCK_BYTES], false);
        }
        _ => return Ok(None),
    }
    let value = block[..CHECK_BYTES].to_vec();
    // All of it would be the key that GCM hashes with.
    wipe(&mut block);
    Ok(Some(value))
}

/// The beginning of the SHA-1 digest of a value.
///
/// # Errors
/// [`OutOfSecretMemory`].
pub fn digested_check_value(value: &[u8]) -> Result<Vec<u8>, OutOfSecretMemory> {
    Ok(digest(Hash::Sha1, value)?.bytes()[..CHECK_BYTES].to_vec())
}
