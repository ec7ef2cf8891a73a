//! AES-CMAC (PKCS#11 v3.2, 6.14; SP 800-38B, RFC 4493), whole and cut.

use super::aes::AesKey;
use super::aws_lc::Output;
use crate::memory::OutOfSecretMemory;

/// The MAC of `data`, not yet cut.
pub(super) fn mac(key: &AesKey, data: &[u8]) -> Result<Output, OutOfSecretMemory> {
    let mut stream = key.cmac()?;
    stream.update(data);
    Ok(stream.finish())
}
