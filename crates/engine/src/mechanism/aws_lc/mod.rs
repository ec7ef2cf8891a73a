//! aws-lc behind a narrow, safe door: the only folder that calls its cryptography.
//!
//! Contexts that hold keys are made by aws-lc in its own heap, which lies in secret memory. Shared contexts are
//! read-only: threads use one key without a lock.

#![allow(unsafe_code, reason = "calls into aws-lc")]

mod aead;
mod aes;
mod ccm;
mod cmac;
mod curve;
mod des;
mod digest;
mod ec;
pub mod ed25519;
mod gcm;
mod hmac;
mod kdf;
mod key_wrap;
pub mod ml_dsa;
pub mod ml_kem;
mod number;
mod pkey;
mod rsa;
mod shake;
pub mod x25519;

pub use aead::{Aead, TAG_BYTES};
pub use aes::{AesDecryption, AesEncryption, BLOCK_BYTES, Block, KeyStream};
pub use ccm::Ccm;
pub use cmac::Cmac;
pub use curve::Curve;
pub use des::{DES_BLOCK_BYTES, TripleDes, set_odd_parity};
pub use digest::{Digest, digest};
pub use ec::Ec;
pub use gcm::GcmEncryption;
pub use hmac::Hmac;
pub use kdf::{concatenation_kdf, hkdf_expand, hkdf_extract, pbkdf2, tls_prf, x963_kdf};
pub use key_wrap::InitialValue;
pub use number::Failure;
pub use rsa::{Oaep, Padding, Pss, Rsa, RsaParts};
pub use shake::{Shake, Xof};

use crate::memory::wipe;
use aws_lc_sys as c;

/// Longest digest, in bytes.
pub const DIGEST_BYTES_MAX: usize = 64;

/// A hash function of FIPS 180-4 or FIPS 202, or MD5 for old programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// MD5 (RFC 1321)
    Md5,
    /// SHA-1
    Sha1,
    /// SHA-224
    Sha224,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
    /// SHA-512/224
    Sha512_224,
    /// SHA-512/256
    Sha512_256,
    /// SHA3-224
    Sha3_224,
    /// SHA3-256
    Sha3_256,
    /// SHA3-384
    Sha3_384,
    /// SHA3-512
    Sha3_512,
    /// SHAKE128, of which 32 bytes are taken (FIPS 204, 5.4.1; FIPS 205, 10.2.2). Never within HMAC.
    Shake128,
    /// SHAKE256, likewise, of which 64 are.
    Shake256,
}

impl Hash {
    fn method(self) -> *const c::EVP_MD {
        // SAFETY: each returns the address of a static table.
        unsafe {
            match self {
                Self::Md5 => c::EVP_md5(),
                Self::Sha1 => c::EVP_sha1(),
                Self::Sha224 => c::EVP_sha224(),
                Self::Sha256 => c::EVP_sha256(),
                Self::Sha384 => c::EVP_sha384(),
                Self::Sha512 => c::EVP_sha512(),
                Self::Sha512_224 => c::EVP_sha512_224(),
                Self::Sha512_256 => c::EVP_sha512_256(),
                Self::Sha3_224 => c::EVP_sha3_224(),
                Self::Sha3_256 => c::EVP_sha3_256(),
                Self::Sha3_384 => c::EVP_sha3_384(),
                Self::Sha3_512 => c::EVP_sha3_512(),
                Self::Shake128 => c::EVP_shake128(),
                Self::Shake256 => c::EVP_shake256(),
            }
        }
    }

    /// Length of its digests, in bytes.
    #[must_use]
    pub fn digest_bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha512_256 | Self::Sha3_256 | Self::Shake128 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Shake256 => 64,
        }
    }

    /// Length of its blocks, in bytes.
    #[must_use]
    pub fn block_bytes(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 128,
            // The rate of the sponge (FIPS 202, table 3).
            Self::Shake128 => 168,
            Self::Sha3_224 => 144,
            Self::Sha3_256 | Self::Shake256 => 136,
            Self::Sha3_384 => 104,
            Self::Sha3_512 => 72,
        }
    }
}

/// A digest or a MAC; wiped when dropped.
pub struct Output {
    bytes: [u8; DIGEST_BYTES_MAX],
    length: usize,
}

impl Output {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
#[must_use]
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    // SAFETY: both are readable for the common length.
    left.len() == right.len()
        && unsafe { c::CRYPTO_memcmp(left.as_ptr().cast(), right.as_ptr().cast(), left.len()) } == 0
}

/// Fill `out` from the thread's generator (CTR_DRBG, SP 800-90A), which the kernel and the CPU seed.
pub fn random(out: &mut [u8]) {
    // SAFETY: writable for its length. It cannot fail: it aborts.
    unsafe { c::RAND_bytes(out.as_mut_ptr(), out.len()) };
}

/// Length of what [`random_with`] takes besides, in bytes.
pub const ADDITIONAL_BYTES: usize = c::RAND_PRED_RESISTANCE_LEN as usize;

/// As [`random`], with additional input (SP 800-90A, 9.3.1), which changes what the generator makes from here on.
pub fn random_with(additional: &[u8; ADDITIONAL_BYTES], out: &mut [u8]) {
    // SAFETY: readable and writable for their lengths. It cannot fail: it aborts.
    unsafe { c::RAND_bytes_with_user_prediction_resistance(out.as_mut_ptr(), out.len(), additional.as_ptr()) };
}

/// HKDF-SHA256 (RFC 5869), extract and expand, into `out`; false when there is no memory.
#[must_use]
pub fn hkdf(secret: &[u8], salt: &[u8], info: &[u8], out: &mut [u8]) -> bool {
    // SAFETY: every pointer comes with its length.
    unsafe {
        c::HKDF(
            out.as_mut_ptr(),
            out.len(),
            Hash::Sha256.method(),
            secret.as_ptr(),
            secret.len(),
            salt.as_ptr(),
            salt.len(),
            info.as_ptr(),
            info.len(),
        ) == 1
    }
}
