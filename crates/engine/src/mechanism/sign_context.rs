//! CK_SIGN_ADDITIONAL_CONTEXT and CK_HASH_SIGN_ADDITIONAL_CONTEXT, of ML-DSA and SLH-DSA (PKCS#11 v3.2, 6.67.1).

use super::aws_lc::Hash;
use crate::rv::*;
use vhsm_wire::messages;

/// Longest context string, in bytes (FIPS 204, 5.2; FIPS 205, 9.2).
const CONTEXT_BYTES_MAX: usize = 255;
/// CKH_DETERMINISTIC_REQUIRED; below it are those that hedging satisfies.
const DETERMINISTIC_REQUIRED: u64 = 2;

/// Parameters of a signature.
#[derive(Clone, Copy)]
pub(super) struct Scheme<'a> {
    /// HashML-DSA, HashSLH-DSA: what made the digest that is signed.
    pub(super) hash: Option<Hash>,
    pub(super) context: &'a [u8],
    /// Nothing random goes in; else the signature is hedged.
    pub(super) deterministic: bool,
}

impl<'a> Scheme<'a> {
    /// Check the parameters, which may be left out; `hash` is the mechanism's own.
    pub(super) fn parse(sent: Option<&'a messages::SignContextParameters>, hash: Option<Hash>) -> Result<Self, Rv> {
        if hash.is_some_and(|hash| oid(hash).is_none()) {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        let Some(sent) = sent else { return Ok(Self { hash, context: &[], deterministic: false }) };
        if sent.context.len() > CONTEXT_BYTES_MAX {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        }
        Ok(Self { hash, context: &sent.context, deterministic: sent.hedge >= DETERMINISTIC_REQUIRED })
    }
}

/// The content of a hash function's OBJECT IDENTIFIER (NIST's registry, hashAlgs); `None` for one that is not allowed
/// here.
pub(super) fn oid(hash: Hash) -> Option<&'static [u8]> {
    Some(match hash {
        Hash::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        Hash::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        Hash::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
        Hash::Sha224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04],
        Hash::Sha512_224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x05],
        Hash::Sha512_256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x06],
        Hash::Sha3_224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x07],
        Hash::Sha3_256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x08],
        Hash::Sha3_384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x09],
        Hash::Sha3_512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x0a],
        Hash::Shake128 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x0b],
        Hash::Shake256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x0c],
        Hash::Md5 | Hash::Sha1 => return None,
    })
}
