//! AES-CCM (PKCS#11 v3.2, 6.13; SP 800-38C), done as a whole: the length of the data is a parameter.

use super::aes::AesKey;
use super::aws_lc::Ccm;
use crate::rv::*;
use vhsm_wire::messages::CcmParameters;

/// SP 800-38C, appendix A.1: the longer the nonce, the shorter the data. MACs below 64 bits (appendix B.2), which need
/// an analysis of the application, are not offered.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID`.
pub(super) fn check(parameters: &CcmParameters) -> Result<(), Rv> {
    let nonce_bytes = parameters.nonce.len();
    let fits = (7..=13).contains(&nonce_bytes)
        && parameters.data_length.checked_shr(8 * (15 - nonce_bytes) as u32).unwrap_or(0) == 0
        && (8..=16).contains(&parameters.mac_length)
        && parameters.mac_length % 2 == 0;
    if fits { Ok(()) } else { Err(CKR_MECHANISM_PARAM_INVALID) }
}

impl AesKey {
    fn ccm<'a>(&'a self, parameters: &'a CcmParameters) -> Ccm<'a> {
        let mac_bytes = parameters.mac_length as usize;
        Ccm { key: self.value(), nonce: &parameters.nonce, aad: &parameters.aad, mac_bytes }
    }

    /// Append ciphertext and MAC.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`: not the length that was announced; `CKR_DEVICE_MEMORY`.
    pub(super) fn encrypt_ccm(&self, parameters: &CcmParameters, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        if data.len() as u64 != parameters.data_length {
            return Err(CKR_DATA_LEN_RANGE);
        }
        Ok(self.ccm(parameters).seal(data, out)?)
    }

    /// Append the plaintext, if the MAC holds.
    ///
    /// # Errors
    /// `CKR_ENCRYPTED_DATA_LEN_RANGE`, `CKR_ENCRYPTED_DATA_INVALID`, `CKR_DEVICE_MEMORY`.
    pub(super) fn decrypt_ccm(&self, parameters: &CcmParameters, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        if parameters.data_length.checked_add(parameters.mac_length.into()) != Some(data.len() as u64) {
            return Err(CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
        if self.ccm(parameters).open(data, out)? { Ok(()) } else { Err(CKR_ENCRYPTED_DATA_INVALID) }
    }
}
