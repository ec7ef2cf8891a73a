//! CK_GCM_MESSAGE_PARAMS (PKCS#11 v3.2, 6.13.9): of each message, with an IV and a tag that go in or come out.

use super::memory::Input;
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use std::marker::PhantomData;

/// The parameter of one message.
#[derive(Clone, Copy)]
pub struct GcmMessage<'a> {
    parameters: CK_GCM_MESSAGE_PARAMS,
    caller: PhantomData<&'a [u8]>,
}

impl<'a> GcmMessage<'a> {
    /// Read it.
    ///
    /// # Errors
    /// CKR_MECHANISM_PARAM_INVALID for another size, without a place for IV or tag, and for a length that no IV or
    /// tag has.
    pub fn read(parameter: Input<'a>) -> Result<Self> {
        const IV_LENGTH_MAX: CK_ULONG = 4_096;
        const TAG_BITS: [CK_ULONG; 5] = [96, 104, 112, 120, 128];
        // SAFETY: numbers and raw pointers.
        let parameters: Option<CK_GCM_MESSAGE_PARAMS> = unsafe { parameter.structure() };
        let parameters = parameters.ok_or(Rv(CKR_MECHANISM_PARAM_INVALID))?;
        let iv = !parameters.pIv.is_null() && (1..=IV_LENGTH_MAX).contains(&parameters.ulIvLen);
        let fixed = parameters.ulIvFixedBits <= parameters.ulIvLen.saturating_mul(8);
        if !iv || !fixed || parameters.pTag.is_null() || !TAG_BITS.contains(&parameters.ulTagBits) {
            return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
        }
        Ok(Self { parameters, caller: PhantomData })
    }

    pub fn generator(&self) -> CK_GENERATOR_FUNCTION {
        self.parameters.ivGenerator
    }

    /// Bits at the front of the IV that a generator leaves as they are.
    pub fn fixed_bits(&self) -> u32 {
        self.parameters.ulIvFixedBits as u32
    }

    pub fn tag_length(&self) -> usize {
        self.parameters.ulTagBits as usize / 8
    }

    /// The IV as the caller has it.
    pub fn iv(&self) -> Result<&'a [u8]> {
        // SAFETY: PKCS#11 makes the caller promise that pIv is valid for ulIvLen.
        unsafe { Input::new(self.parameters.pIv, self.parameters.ulIvLen) }.bytes()
    }

    /// The tag as the caller has it.
    pub fn tag(&self) -> Result<&'a [u8]> {
        // SAFETY: PKCS#11 makes the caller promise that pTag is valid for ulTagBits.
        unsafe { Input::new(self.parameters.pTag, self.parameters.ulTagBits / 8) }.bytes()
    }

    /// Give the IV that was made.
    ///
    /// # Errors
    /// CKR_DEVICE_ERROR for one of another length.
    pub fn put_iv(&self, iv: &[u8]) -> Result<()> {
        put(self.parameters.pIv, self.parameters.ulIvLen as usize, iv)
    }

    /// Give the tag.
    ///
    /// # Errors
    /// CKR_DEVICE_ERROR for one of another length.
    pub fn put_tag(&self, tag: &[u8]) -> Result<()> {
        put(self.parameters.pTag, self.tag_length(), tag)
    }
}

fn put(place: *mut u8, length: usize, bytes: &[u8]) -> Result<()> {
    if bytes.len() != length {
        return Err(Rv(CKR_DEVICE_ERROR));
    }
    // SAFETY: not null (`read`), and writable for this length as PKCS#11 makes the caller promise.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, length) };
    Ok(())
}
