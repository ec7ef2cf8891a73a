//! Derivations whose whole output is made at once, and cut at its trailing end: encrypted data (PKCS#11 v3.2, "Key
//! derivation by data encryption"), digests of a key (6.20.5), and the miscellaneous simple ones.

use super::super::aws_lc::{AesEncryption, BLOCK_BYTES, Block, digest};
use super::super::parameters::hash;
use crate::laws;
use crate::memory::SecretBytes;
use crate::object::Object;
use crate::rv::*;
use vhsm_wire::tables::*;

/// An output, and what is answered where it is too short.
pub(super) struct Whole {
    pub(super) output: SecretBytes,
    /// Whether all of the base key is in it, from its first bit to its last.
    pub(super) holds_base: bool,
    too_short: Rv,
}

impl Whole {
    fn of(output: SecretBytes) -> Self {
        Self { output, holds_base: true, too_short: CKR_TEMPLATE_INCONSISTENT }
    }

    /// CKM_AES_ECB_ENCRYPT_DATA, and with an IV CKM_AES_CBC_ENCRYPT_DATA.
    pub(super) fn encrypted(base: &[u8], iv: Option<&[u8]>, data: &[u8]) -> Result<Self, Rv> {
        if data.is_empty() || data.len() % BLOCK_BYTES != 0 {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        let key = AesEncryption::new(base)?;
        let mut output = SecretBytes::zeroed(data.len())?;
        match iv {
            None => key.ecb(data, &mut output),
            Some(iv) => {
                let mut chain: Block = iv.try_into().map_err(|_| CKR_MECHANISM_PARAM_INVALID)?;
                key.cbc(&mut chain, data, &mut output);
                crate::memory::wipe(&mut chain);
            }
        }
        Ok(Self { output, holds_base: false, too_short: CKR_DATA_LEN_RANGE })
    }

    /// CKM_…_KEY_DERIVATION.
    pub(super) fn digested(base: &Object, inner: u64) -> Result<Self, Rv> {
        let hash = hash(inner).ok_or(CKR_MECHANISM_INVALID)?;
        let readable = laws::value_readable(&base.attributes);
        laws::digestible(readable, base.secret.len(), hash.block_bytes()).map_err(|_| CKR_KEY_SIZE_RANGE)?;
        let output = SecretBytes::copy_of(digest(hash, &base.secret)?.bytes())?;
        Ok(Self { holds_base: false, ..Self::of(output) })
    }

    /// CKM_CONCATENATE_…: one after the other.
    pub(super) fn joined(first: &[u8], second: &[u8]) -> Result<Self, Rv> {
        let mut output = SecretBytes::zeroed(first.len() + second.len())?;
        output[..first.len()].copy_from_slice(first);
        output[first.len()..].copy_from_slice(second);
        Ok(Self::of(output))
    }

    /// CKM_XOR_BASE_AND_DATA: as long as the shorter of the two.
    pub(super) fn exclusive_or(base: &[u8], data: &[u8]) -> Result<Self, Rv> {
        let mut output = SecretBytes::zeroed(base.len().min(data.len()))?;
        output.iter_mut().zip(base.iter().zip(data)).for_each(|(out, (left, right))| *out = left ^ right);
        Ok(Self { holds_base: base.len() <= data.len(), ..Self::of(output) })
    }

    /// CKM_EXTRACT_KEY_FROM_KEY: the base key turned, so that it begins with this bit; the first is the highest of
    /// the first byte.
    pub(super) fn turned(base: &[u8], first_bit: u64) -> Result<Self, Rv> {
        let bits = base.len() as u64 * 8;
        if first_bit >= bits {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        let (from, shift) = ((first_bit / 8) as usize, (first_bit % 8) as u32);
        let at = |index: usize| u16::from(base[index % base.len()]);
        let mut output = SecretBytes::zeroed(base.len())?;
        for (index, out) in output.iter_mut().enumerate() {
            let two = at(from + index) << 8 | at(from + index + 1);
            *out = (two << shift >> 8) as u8;
        }
        Ok(Self { holds_base: first_bit == 0, ..Self::of(output) })
    }

    pub(super) fn value(&self, value_bytes: usize) -> Result<SecretBytes, Rv> {
        Ok(SecretBytes::copy_of(self.output.get(..value_bytes).ok_or(self.too_short)?)?)
    }
}

/// Whether the standard makes what is derived as protected as each base key: their values can be told from it.
pub(super) fn protects(mechanism: u64) -> bool {
    matches!(
        mechanism,
        CKM_CONCATENATE_BASE_AND_KEY
            | CKM_CONCATENATE_BASE_AND_DATA
            | CKM_CONCATENATE_DATA_AND_BASE
            | CKM_XOR_BASE_AND_DATA
            | CKM_EXTRACT_KEY_FROM_KEY
    )
}
