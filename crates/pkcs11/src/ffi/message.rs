//! The parameters of messages (PKCS#11 v3.2, 6.13.7 and 6.61.3): with a nonce and a tag that go in or come out.
//! C_WrapKeyAuthenticated has the same, and C_WrapKey one whose tag stands behind the wrapped key.

use super::memory::Input;
use super::parameters::{INVALID, chacha_nonce_length};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::ptr;
use vhsm_wire::table::Parameters;

/// Of ChaCha20-Poly1305, whose structure does not say it, in bytes (RFC 8439, 2.8).
const POLY1305_TAG_LENGTH: CK_ULONG = 16;

/// In bytes.
const GCM_NONCE_LENGTHS: RangeInclusive<CK_ULONG> = 1..=4_096;
const GCM_TAG_LENGTHS: RangeInclusive<CK_ULONG> = 12..=16;

/// The parameter of one message.
#[derive(Clone, Copy)]
pub struct MessageParameter<'a> {
    nonce: *mut CK_BYTE,
    nonce_length: CK_ULONG,
    fixed_bits: CK_ULONG,
    pub generator: CK_GENERATOR_FUNCTION,
    tag: *mut CK_BYTE,
    tag_length: CK_ULONG,
    /// What CKM_AES_CCM is told of the data's length, in bytes.
    pub data_length: u64,
    caller: PhantomData<&'a [u8]>,
}

impl<'a> MessageParameter<'a> {
    /// Read the one that a mechanism with these parameters has.
    ///
    /// # Errors
    /// CKR_MECHANISM_PARAM_INVALID for another size, without a place for nonce or tag, and for a length that no nonce
    /// or tag has.
    pub fn read(parameters: Parameters, parameter: Input<'a>) -> Result<Self> {
        let (nonce_lengths, tag_lengths) = match parameters {
            Parameters::Gcm => (GCM_NONCE_LENGTHS, GCM_TAG_LENGTHS),
            Parameters::Ccm => (7..=13, 4..=16),
            _ => (12..=12, 16..=16),
        };
        let read = Self::structure(parameters, parameter).ok_or(INVALID)?;
        if read.tag.is_null() { Err(INVALID) } else { read.within(&nonce_lengths, &tag_lengths) }
    }

    fn within(self, nonce_lengths: &RangeInclusive<CK_ULONG>, tag_lengths: &RangeInclusive<CK_ULONG>) -> Result<Self> {
        let nonce = !self.nonce.is_null() && nonce_lengths.contains(&self.nonce_length);
        if nonce && tag_lengths.contains(&self.tag_length) { Ok(self) } else { Err(INVALID) }
    }

    /// Read CK_GCM_WRAP_PARAMS, which has no place for a tag, and its additional data; `None` for another size.
    ///
    /// # Errors
    /// As of [`read`](Self::read).
    pub fn gcm_wrap(parameter: Input<'a>) -> Option<Result<(Self, Input<'a>)>> {
        // SAFETY: numbers and raw pointers.
        let gcm: CK_GCM_WRAP_PARAMS = unsafe { parameter.structure() }?;
        // SAFETY: PKCS#11 makes the caller promise that pAAD is null or valid for ulAADLen.
        let aad = unsafe { Input::new(gcm.pAAD, gcm.ulAADLen) };
        if gcm.ulTagBits % 8 != 0 {
            return Some(Err(INVALID));
        }
        let read = Self {
            nonce: gcm.pIv,
            nonce_length: gcm.ulIvLen,
            fixed_bits: gcm.ulIvFixedBits,
            generator: gcm.ivGenerator,
            tag: ptr::null_mut(),
            tag_length: gcm.ulTagBits / 8,
            data_length: 0,
            caller: PhantomData,
        };
        Some(read.within(&GCM_NONCE_LENGTHS, &GCM_TAG_LENGTHS).map(|read| (read, aad)))
    }

    /// Read its structure, whatever it says; `None` for another size.
    pub fn structure(parameters: Parameters, parameter: Input<'a>) -> Option<Self> {
        match parameters {
            Parameters::Gcm => Self::gcm(parameter),
            Parameters::Ccm => Self::ccm(parameter),
            Parameters::ChachaPoly => Self::chacha_poly(parameter),
            _ => None,
        }
    }

    /// CK_GCM_MESSAGE_PARAMS.
    fn gcm(parameter: Input<'a>) -> Option<Self> {
        // SAFETY: numbers and raw pointers.
        let gcm: CK_GCM_MESSAGE_PARAMS = unsafe { parameter.structure() }?;
        (gcm.ulTagBits % 8 == 0).then_some(Self {
            nonce: gcm.pIv,
            nonce_length: gcm.ulIvLen,
            fixed_bits: gcm.ulIvFixedBits,
            generator: gcm.ivGenerator,
            tag: gcm.pTag,
            tag_length: gcm.ulTagBits / 8,
            data_length: 0,
            caller: PhantomData,
        })
    }

    /// CK_CCM_MESSAGE_PARAMS.
    fn ccm(parameter: Input<'a>) -> Option<Self> {
        // SAFETY: numbers and raw pointers.
        let ccm: CK_CCM_MESSAGE_PARAMS = unsafe { parameter.structure() }?;
        Some(Self {
            nonce: ccm.pNonce,
            nonce_length: ccm.ulNonceLen,
            fixed_bits: ccm.ulNonceFixedBits,
            generator: ccm.nonceGenerator,
            tag: ccm.pMAC,
            tag_length: ccm.ulMACLen,
            data_length: ccm.ulDataLen,
            caller: PhantomData,
        })
    }

    /// CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS, which asks for no generator.
    fn chacha_poly(parameter: Input<'a>) -> Option<Self> {
        // SAFETY: a number and raw pointers.
        let sent: CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS = unsafe { parameter.structure() }?;
        Some(Self {
            nonce: sent.pNonce,
            nonce_length: chacha_nonce_length(sent.ulNonceLen),
            fixed_bits: 0,
            generator: CKG_NO_GENERATE,
            tag: sent.pTag,
            tag_length: POLY1305_TAG_LENGTH,
            data_length: 0,
            caller: PhantomData,
        })
    }

    /// Bits at the front of the nonce that a generator leaves as they are; they mean nothing where one decrypts.
    ///
    /// # Errors
    /// CKR_MECHANISM_PARAM_INVALID for more than there are.
    pub fn fixed_bits(&self) -> Result<u32> {
        let bits = u32::try_from(self.fixed_bits).map_err(|_| INVALID)?;
        if u64::from(bits) <= self.nonce_length * 8 { Ok(bits) } else { Err(INVALID) }
    }

    pub fn tag_length(&self) -> usize {
        self.tag_length as usize
    }

    /// The nonce as the caller has it.
    pub fn nonce(&self) -> Result<&'a [u8]> {
        // SAFETY: PKCS#11 makes the caller promise that the nonce's pointer is valid for the length beside it.
        unsafe { Input::new(self.nonce, self.nonce_length) }.bytes()
    }

    /// The tag as the caller has it.
    pub fn tag(&self) -> Result<&'a [u8]> {
        // SAFETY: PKCS#11 makes the caller promise that the tag's pointer is valid for its length.
        unsafe { Input::new(self.tag, self.tag_length) }.bytes()
    }

    /// Give the nonce that was made.
    ///
    /// # Errors
    /// CKR_DEVICE_ERROR for one of another length.
    pub fn put_nonce(&self, nonce: &[u8]) -> Result<()> {
        put(self.nonce, self.nonce_length as usize, nonce)
    }

    /// Give the tag.
    ///
    /// # Errors
    /// CKR_DEVICE_ERROR for one of another length.
    pub fn put_tag(&self, tag: &[u8]) -> Result<()> {
        put(self.tag, self.tag_length(), tag)
    }
}

fn put(place: *mut u8, length: usize, bytes: &[u8]) -> Result<()> {
    if bytes.len() != length {
        return Err(Rv(CKR_DEVICE_ERROR));
    }
    // SAFETY: not null (`read`), and writable for this length as PKCS#11 makes the caller promise.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, length) };
    Ok(())
}
