//! Known answers, computed before the first key is opened.
//!
//! HMAC: RFC 2202 (MD5, SHA-1) and RFC 4231 (SHA-2), test case 2. Digests: FIPS 180-4 examples ("abc"). AES-GCM: test
//! case 16 of McGrew and Viega's submission. PBKDF2: RFC 7914, section 11. HKDF: RFC 5869, A.1. SHA-512/224,
//! SHA-512/256 and SHA-3 as HMAC, and SHAKE: the same input, answers from Python's hashlib. AES-CBC and AES-CTR: SP
//! 800-38A, F.2.5 and F.5.5, two blocks. AES-CMAC: RFC 4493, example 3. Key wrap: RFC 3394 and RFC 5649. Further
//! ciphers: [`super::cipher_answers`]. Pairs: [`super::known`].

mod modern;

use super::aws_lc::ed25519::{self, Ed25519, Variant};
use super::aws_lc::{Aead, AesDecryption, AesEncryption, Block, Cmac, GcmEncryption, KeyStream, TAG_BYTES};
use super::aws_lc::{Curve, Ec, Hash, Hmac, Rsa, RsaParts, digest, hkdf, pbkdf2};
use super::{cipher_answers, known};
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

const HASHES: [HashAnswers; 12] = [
    HashAnswers {
        name: "MD5",
        hash: Hash::Md5,
        digest: "900150983cd24fb0d6963f7d28e17f72",
        hmac: "750c783e6ab0b503eaa86e310a5db738",
    },
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
    HashAnswers {
        name: "SHA3-224",
        hash: Hash::Sha3_224,
        digest: "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
        hmac: "7fdb8dd88bd2f60d1b798634ad386811c2cfc85bfaf5d52bbace5e66",
    },
    HashAnswers {
        name: "SHA3-256",
        hash: Hash::Sha3_256,
        digest: "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        hmac: "c7d4072e788877ae3596bbb0da73b887c9171f93095b294ae857fbe2645e1ba5",
    },
    HashAnswers {
        name: "SHA3-384",
        hash: Hash::Sha3_384,
        digest: "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
        hmac: "f1101f8cbf9766fd6764d2ed61903f21ca9b18f57cf3e1a23ca13508a93243ce48c045dc007f26a21b3f5e0e9df4c20a",
    },
    HashAnswers {
        name: "SHA3-512",
        hash: Hash::Sha3_512,
        digest: "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e\
                 10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        hmac: "5a4bfeab6166427c7a3647b747292b8384537cdb89afb3bf5665e4c5e709350b\
                 287baec921fd7ca0ee7a0c31d022a95e1fc92ba9d77df883960275beb4e62024",
    },
];

/// The same of what HMAC is not made of.
const SHAKES: [(&str, Hash, &str); 2] = [
    ("SHAKE128", Hash::Shake128, "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8"),
    (
        "SHAKE256",
        Hash::Shake256,
        "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739\
         d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4",
    ),
];

const GCM_KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const GCM_IV: &str = "cafebabefacedbaddecaf888";
const GCM_AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const GCM_PLAINTEXT: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b5\
                             25b16aedf5aa0de657ba637b39";
const GCM_SEALED: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10568288\
                          38c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b";
const AES_KEY: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
const AES_PLAINTEXT: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
const CBC_IV: &str = "000102030405060708090a0b0c0d0e0f";
const CBC_CIPHERTEXT: &str = "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d";
const CTR_COUNTER: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
const CTR_CIPHERTEXT: &str = "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5";
const CMAC_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const CMAC_DATA: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411";
const CMAC_ANSWER: &str = "dfa66747de9ae63030ca32611497c827";
const PBKDF2_ANSWER: &str = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc";
const HKDF_ANSWER: &str = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";

/// Compute the known answers of every algorithm.
///
/// # Errors
/// [`SelfTestFailed`] names the first that is wrong.
pub fn self_test() -> Result<(), SelfTestFailed> {
    for answers in &HASHES {
        let failed = SelfTestFailed(answers.name);
        if digest(answers.hash, b"abc").map_err(|_| failed)?.bytes() != bytes(answers.digest) {
            return Err(failed);
        }
        let key = Hmac::new(answers.hash, b"Jefe").map_err(|_| failed)?;
        if key.mac(b"what do ya want for nothing?").bytes() != bytes(answers.hmac) {
            return Err(failed);
        }
    }
    for (name, hash, expected) in SHAKES {
        if digest(hash, b"abc").map_err(|_| SelfTestFailed(name))?.bytes() != bytes(expected) {
            return Err(SelfTestFailed(name));
        }
    }
    if !gcm_holds() {
        return Err(SelfTestFailed("AES-GCM"));
    }
    if cbc_and_ctr_hold() != Some(true) {
        return Err(SelfTestFailed("AES-CBC or AES-CTR"));
    }
    if cmac_holds() != Some(true) {
        return Err(SelfTestFailed("AES-CMAC"));
    }
    if key_wrap_holds() != Some(true) {
        return Err(SelfTestFailed("AES key wrap"));
    }
    let mut derived = [0; 32];
    if !pbkdf2(Hash::Sha256, b"passwd", b"salt", 1, &mut derived) || derived != *bytes(PBKDF2_ANSWER) {
        return Err(SelfTestFailed("PBKDF2"));
    }
    let mut expanded = [0; 42];
    let (salt, info) = (bytes("000102030405060708090a0b0c"), bytes("f0f1f2f3f4f5f6f7f8f9"));
    if !hkdf(&[0x0b; 22], &salt, &info, &mut expanded) || expanded != *bytes(HKDF_ANSWER) {
        return Err(SelfTestFailed("HKDF"));
    }
    let pairs = [
        ("RSA", rsa_holds()),
        ("ECDSA", ecdsa_holds()),
        ("Ed25519", ed25519_holds()),
        ("ML-DSA", modern::ml_dsa_holds()),
        ("ML-KEM", modern::ml_kem_holds()),
        ("SLH-DSA", modern::slh_dsa_holds()),
        ("Ed448", modern::ed448_holds()),
        ("X25519", modern::x25519_holds()),
        ("X448", modern::x448_holds()),
    ];
    for (name, holds) in cipher_answers::hold().into_iter().chain(pairs) {
        if holds != Some(true) {
            return Err(SelfTestFailed(name));
        }
    }
    Ok(())
}

/// Signing as OpenSSL does, verifying, refusing what was changed.
fn rsa_holds() -> Option<bool> {
    let [n, d, p, q, dp, dq, inverse] = [
        known::RSA_MODULUS,
        known::RSA_PRIVATE_EXPONENT,
        known::RSA_PRIME_1,
        known::RSA_PRIME_2,
        known::RSA_EXPONENT_1,
        known::RSA_EXPONENT_2,
        known::RSA_COEFFICIENT,
    ]
    .map(bytes);
    let parts = RsaParts {
        modulus: &n,
        public_exponent: &[1, 0, 1],
        private_exponent: &d,
        primes: [&p, &q],
        exponents: [Some(&dp), Some(&dq)],
        coefficient: Some(&inverse),
    };
    let (key, public) = (Rsa::private(&parts).ok()?, Rsa::public(&n, parts.public_exponent).ok()?);
    let hashed = digest(Hash::Sha256, known::MESSAGE).ok()?;
    let mut signature = Vec::new();
    key.sign(Hash::Sha256, hashed.bytes(), &mut signature).ok()?;
    let known_answer = signature == bytes(known::RSA_SIGNATURE);
    let verified = public.verify(Hash::Sha256, hashed.bytes(), &signature);
    signature[100] ^= 1;
    Some(known_answer && verified && !public.verify(Hash::Sha256, hashed.bytes(), &signature))
}

/// Verifying a published signature, signing, refusing what was changed.
fn ecdsa_holds() -> Option<bool> {
    let key = Ec::private(Curve::P256, &bytes(known::P256_SCALAR)).ok()?;
    let public = Ec::public(Curve::P256, &bytes(known::P256_POINT)).ok()?;
    let hashed = digest(Hash::Sha256, b"sample").ok()?;
    let verify = |signature: &[u8]| {
        let (r, s) = signature.split_at(signature.len() / 2);
        public.verify(hashed.bytes(), r, s).is_ok()
    };
    let published = verify(&bytes(known::P256_SIGNATURE));
    let mut signature = Vec::new();
    key.sign(hashed.bytes(), &mut signature).ok()?;
    let verified = verify(&signature);
    signature[40] ^= 1;
    Some(key.point() == public.point() && published && verified && !verify(&signature))
}

/// Signing as published, which verifies what it signs; refusing what was changed.
fn ed25519_holds() -> Option<bool> {
    let seed: [u8; 32] = bytes(known::ED25519_SEED).try_into().ok()?;
    let key = Ed25519::from_seed(&seed).ok()?;
    let public: [u8; 32] = bytes(known::ED25519_PUBLIC).try_into().ok()?;
    let mut signature = Vec::new();
    key.sign(Variant::Pure, b"", &mut signature).ok()?;
    let known_answer = signature == bytes(known::ED25519_SIGNATURE) && key.public() == public;
    signature[3] ^= 1;
    let changed: [u8; 64] = signature.try_into().ok()?;
    Some(known_answer && !ed25519::verify(&public, Variant::Pure, b"", &changed))
}

/// Sealing, sealing in parts, opening, and refusing what was changed.
fn gcm_holds() -> bool {
    let (key, iv, aad, plaintext, mut sealed) =
        (bytes(GCM_KEY), bytes(GCM_IV), bytes(GCM_AAD), bytes(GCM_PLAINTEXT), bytes(GCM_SEALED));
    let (Ok(ready), Ok(mut parts)) = (Aead::gcm(&key, TAG_BYTES), GcmEncryption::new(&key, &iv, &aad, TAG_BYTES))
    else {
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

/// Encrypting and decrypting.
fn cbc_and_ctr_hold() -> Option<bool> {
    let (key, plaintext) = (bytes(AES_KEY), bytes(AES_PLAINTEXT));
    let (encryption, decryption) = (AesEncryption::new(&key).ok()?, AesDecryption::new(&key).ok()?);
    let (mut encrypted, mut decrypted) = ([0; 32], [0; 32]);
    let mut iv: Block = bytes(CBC_IV).try_into().ok()?;
    encryption.cbc(&mut iv.clone(), &plaintext, &mut encrypted);
    decryption.cbc(&mut iv, &encrypted, &mut decrypted);
    let cbc_holds = encrypted == *bytes(CBC_CIPHERTEXT) && decrypted == *plaintext;
    let mut stream = KeyStream::new(bytes(CTR_COUNTER).try_into().ok()?);
    encryption.ctr(&mut stream, &plaintext, &mut encrypted);
    Some(cbc_holds && encrypted == *bytes(CTR_CIPHERTEXT))
}

/// A context, and its copy.
fn cmac_holds() -> Option<bool> {
    let mut whole = Cmac::new(&bytes(CMAC_KEY)).ok()?;
    let (data, answer) = (bytes(CMAC_DATA), bytes(CMAC_ANSWER));
    let mut parts = whole.duplicate().ok()?;
    let (first, second) = data.split_at(17);
    whole.update(&data);
    parts.update(first);
    parts.update(second);
    Some(whole.finish().bytes() == answer && parts.finish().bytes() == answer)
}

/// RFC 3394, 4.1, and RFC 5649, section 6, the first: there and back.
fn key_wrap_holds() -> Option<bool> {
    let (key, data) = (bytes("000102030405060708090a0b0c0d0e0f"), bytes("00112233445566778899aabbccddeeff"));
    let wrapped = AesEncryption::new(&key).ok()?.wrap(None, &data)?;
    let whole = wrapped == bytes("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5")
        && AesDecryption::new(&key).ok()?.unwrap(None, &wrapped).ok()??[..] == data;
    let key = bytes("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
    let data = bytes("c37b7e6492584340bed12207808941155068f738");
    let wrapped = AesEncryption::new(&key).ok()?.wrap_padded(&data)?;
    let padded = wrapped == bytes("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")
        && AesDecryption::new(&key).ok()?.unwrap_padded(&wrapped).ok()??[..] == data;
    Some(whole && padded)
}

/// Bytes from hexadecimal digits; the known answers have nothing else.
pub(super) fn bytes(digits: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or(0) as u8;
    digits.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | pair.get(1).map_or(0, |low| digit(*low))).collect()
}
