//! Known answers, computed before the first key is opened.
//!
//! HMAC: RFC 2202 (SHA-1) and RFC 4231 (SHA-2), test case 2. Digests: FIPS 180-4 examples ("abc"). AES-GCM: test
//! case 16 of McGrew and Viega's submission. PBKDF2: RFC 7914, section 11. HKDF: RFC 5869, A.1. SHA-512/224 and
//! SHA-512/256 as HMAC: the same input, answers from Python's hashlib.

use super::aws_lc::{Gcm, GcmEncryption, Hash, Hmac, TAG_BYTES, digest, hkdf, pbkdf2};
use thiserror::Error;

/// A known answer came out wrong: nothing may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the self-test of {0} gave a wrong answer: this build or this machine cannot be trusted")]
pub struct SelfTestFailed(pub &'static str);

struct HashAnswers {
    name: &'static str,
    hash: Hash,
    /// Of "abc".
    digest: &'static str,
    /// Of "what do ya want for nothing?" under "Jefe".
    hmac: &'static str,
}

const HASHES: [HashAnswers; 7] = [
    HashAnswers {
        name: "SHA-1",
        hash: Hash::Sha1,
        digest: "a9993e364706816aba3e25717850c26c9cd0d89d",
        hmac: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    },
    HashAnswers {
        name: "SHA-224",
        hash: Hash::Sha224,
        digest: "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        hmac: "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
    },
    HashAnswers {
        name: "SHA-256",
        hash: Hash::Sha256,
        digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        hmac: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    },
    HashAnswers {
        name: "SHA-384",
        hash: Hash::Sha384,
        digest: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        hmac: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    },
    HashAnswers {
        name: "SHA-512",
        hash: Hash::Sha512,
        digest: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        hmac: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    },
    HashAnswers {
        name: "SHA-512/224",
        hash: Hash::Sha512_224,
        digest: "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
        hmac: "4a530b31a79ebcce36916546317c45f247d83241dfb818fd37254bde",
    },
    HashAnswers {
        name: "SHA-512/256",
        hash: Hash::Sha512_256,
        digest: "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
        hmac: "6df7b24630d5ccb2ee335407081a87188c221489768fa2020513b2d593359456",
    },
];

const GCM_KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const GCM_IV: &str = "cafebabefacedbaddecaf888";
const GCM_AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const GCM_PLAINTEXT: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b5\
                             25b16aedf5aa0de657ba637b39";
const GCM_SEALED: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10568288\
                          38c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b";
const PBKDF2_ANSWER: &str = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc";
const HKDF_ANSWER: &str = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";

/// Compute the known answers of every algorithm.
///
/// # Errors
/// [`SelfTestFailed`] names the first that is wrong.
pub fn self_test() -> Result<(), SelfTestFailed> {
    for answers in &HASHES {
        let failed = SelfTestFailed(answers.name);
        if digest(answers.hash, b"abc").bytes() != bytes(answers.digest) {
            return Err(failed);
        }
        let key = Hmac::new(answers.hash, b"Jefe").map_err(|_| failed)?;
        if key.mac(b"what do ya want for nothing?").bytes() != bytes(answers.hmac) {
            return Err(failed);
        }
    }
    if !gcm_holds() {
        return Err(SelfTestFailed("AES-GCM"));
    }
    let mut derived = [0; 32];
    if !pbkdf2(b"passwd", b"salt", 1, &mut derived) || derived != *bytes(PBKDF2_ANSWER) {
        return Err(SelfTestFailed("PBKDF2"));
    }
    let mut expanded = [0; 42];
    let (salt, info) = (bytes("000102030405060708090a0b0c"), bytes("f0f1f2f3f4f5f6f7f8f9"));
    if !hkdf(&[0x0b; 22], &salt, &info, &mut expanded) || expanded != *bytes(HKDF_ANSWER) {
        return Err(SelfTestFailed("HKDF"));
    }
    Ok(())
}

/// Sealing, sealing in parts, opening, and refusing what was changed.
fn gcm_holds() -> bool {
    let (key, iv, aad, plaintext, mut sealed) =
        (bytes(GCM_KEY), bytes(GCM_IV), bytes(GCM_AAD), bytes(GCM_PLAINTEXT), bytes(GCM_SEALED));
    let (Ok(ready), Ok(mut parts)) = (Gcm::new(&key, TAG_BYTES), GcmEncryption::new(&key, &iv, &aad, TAG_BYTES)) else {
        return false;
    };
    let (mut whole, mut streamed, mut opened) = (Vec::new(), Vec::new(), Vec::new());
    let sealed_holds = ready.seal(&iv, &aad, &plaintext, &mut whole) && whole == sealed;
    let (first, second) = plaintext.split_at(17);
    let streamed_holds = parts.update(first, &mut streamed)
        && parts.update(second, &mut streamed)
        && parts.finish(&mut streamed)
        && streamed == sealed;
    let opened_holds = ready.open(&iv, &aad, &sealed, &mut opened) && opened == plaintext;
    sealed[0] ^= 1;
    let refused = !ready.open(&iv, &aad, &sealed, &mut opened);
    sealed_holds && streamed_holds && opened_holds && refused
}

/// Bytes from hexadecimal digits; the constants above have nothing else.
fn bytes(digits: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or(0) as u8;
    digits.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | pair.get(1).map_or(0, |low| digit(*low))).collect()
}
