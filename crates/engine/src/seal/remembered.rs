//! Remembered PINs: a keyed MAC in secret memory, never the PIN.

use super::KEY_BYTES;
use crate::mechanism::aws_lc::{Hash, Hmac, equal, random};
use crate::memory::SecretBytes;
use crate::rv::Rv;

/// The process's own key for remembered PINs.
pub struct PinMacKey(Hmac);

/// A remembered PIN. Equality takes constant time.
pub struct PinMac(SecretBytes);

impl PinMacKey {
    /// Draw the key; once a start.
    ///
    /// # Errors
    /// `CKR_DEVICE_MEMORY`.
    pub fn generate() -> Result<Self, Rv> {
        let mut key = SecretBytes::zeroed(KEY_BYTES)?;
        random(&mut key);
        Ok(Self(Hmac::new(Hash::Sha256, &key)?))
    }

    /// The MAC of user u64 | role u32 | length of the enrolment id u64 | enrolment id | PIN.
    ///
    /// # Errors
    /// `CKR_DEVICE_MEMORY`.
    pub fn mac(&self, user_id: u64, role: i32, enrolment_id: &[u8], pin: &[u8]) -> Result<PinMac, Rv> {
        let mut stream = self.0.duplicate()?;
        stream.update(&user_id.to_be_bytes());
        stream.update(&role.to_be_bytes());
        stream.update(&(enrolment_id.len() as u64).to_be_bytes());
        stream.update(enrolment_id);
        stream.update(pin);
        Ok(PinMac(SecretBytes::copy_of(stream.finish().bytes())?))
    }
}

impl PartialEq for PinMac {
    fn eq(&self, other: &Self) -> bool {
        equal(&self.0, &other.0)
    }
}

impl Eq for PinMac {}
