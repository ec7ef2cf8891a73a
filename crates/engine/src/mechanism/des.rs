//! Triple DES keys (PKCS#11 v3.2, 6.18), for old programs on `compatible` tokens.

use super::aws_lc::TripleDes;
use crate::memory::SecretBytes;
use crate::rv::*;

/// A key of two or three parts, ready.
pub(super) struct DesKey {
    value: SecretBytes,
    schedules: TripleDes,
}

impl DesKey {
    /// # Errors
    /// `CKR_KEY_SIZE_RANGE`, `CKR_DEVICE_MEMORY`.
    pub(super) fn new(value: SecretBytes) -> Result<Self, Rv> {
        if !matches!(value.len(), 16 | 24) {
            return Err(CKR_KEY_SIZE_RANGE);
        }
        let schedules = TripleDes::new(&value)?;
        Ok(Self { value, schedules })
    }

    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    pub(super) fn secret_bytes(&self) -> usize {
        self.value.len() + TripleDes::BYTES
    }

    pub(super) fn schedules(&self) -> &TripleDes {
        &self.schedules
    }
}
