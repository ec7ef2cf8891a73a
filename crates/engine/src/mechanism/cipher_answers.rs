//! Known answers of ciphers that the self-test computes.
//!
//! AES-CCM: SP 800-38C, example 3. AES-XTS: IEEE 1619, vector 15. ChaCha20-Poly1305: RFC 8439, 2.8.2, its tag. Triple
//! DES: SP 800-67, appendix B, with its misprint. CBC with ciphertext stealing is CBC, which [`super::self_test`] has.

use super::aws_lc::{Aead, Ccm, TripleDes};
use super::self_test::bytes;
use super::stealing;
use super::xts::XtsKey;
use crate::memory::SecretBytes;

const CCM_KEY: &str = "404142434445464748494a4b4c4d4e4f";
const CCM_NONCE: &str = "101112131415161718191a1b";
const CCM_AAD: &str = "000102030405060708090a0b0c0d0e0f10111213";
const CCM_PLAINTEXT: &str = "202122232425262728292a2b2c2d2e2f3031323334353637";
const CCM_SEALED: &str = "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951";
const XTS_KEY: &str = "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0";
const XTS_SECTOR: &str = "9a785634120000000000000000000000";
const XTS_PLAINTEXT: &str = "000102030405060708090a0b0c0d0e0f10";
const XTS_CIPHERTEXT: &str = "6c1625db4671522d3d7599601de7ca09ed";
const CHACHA_KEY: &str = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
const CHACHA_NONCE: &str = "070000004041424344454647";
const CHACHA_AAD: &str = "50515253c0c1c2c3c4c5c6c7";
const CHACHA_PLAINTEXT: &[u8] = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
                                  future, sunscreen would be it.";
const CHACHA_TAG: &str = "1ae10b594f09e26a7e902ecbd0600691";
const DES_KEY: &str = "0123456789abcdef23456789abcdef01456789abcdef0123";
const DES_PLAINTEXT: &[u8] = b"The qufck brown fox jump";
const DES_CIPHERTEXT: &str = "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900";

/// Each family, and whether its answers came out.
pub(super) fn hold() -> [(&'static str, Option<bool>); 4] {
    [
        ("AES-CCM", ccm_holds()),
        ("AES-XTS", xts_holds()),
        ("ChaCha20-Poly1305", chacha20_poly1305_holds()),
        ("Triple DES", triple_des_holds()),
    ]
}

/// Sealing, opening, and refusing what was changed.
fn ccm_holds() -> Option<bool> {
    let (key, nonce, aad) = (bytes(CCM_KEY), bytes(CCM_NONCE), bytes(CCM_AAD));
    let ccm = Ccm { key: &key, nonce: &nonce, aad: &aad, mac_bytes: 8 };
    let (mut sealed, mut opened) = (Vec::new(), Vec::new());
    ccm.seal(&bytes(CCM_PLAINTEXT), &mut sealed).ok()?;
    let known_answer = sealed == bytes(CCM_SEALED);
    let opens = ccm.open(&sealed, &mut opened).ok()? && opened == bytes(CCM_PLAINTEXT);
    sealed[0] ^= 1;
    Some(known_answer && opens && !ccm.open(&sealed, &mut opened).ok()?)
}

/// Encrypting and decrypting a block and a byte.
fn xts_holds() -> Option<bool> {
    let key = XtsKey::new(SecretBytes::copy_of(&bytes(XTS_KEY)).ok()?).ok()?;
    let tweak = key.tweak(&bytes(XTS_SECTOR).try_into().ok()?);
    let (mut encrypted, mut decrypted) = (Vec::new(), Vec::new());
    stealing::xts(&key, tweak, &bytes(XTS_PLAINTEXT), false, &mut encrypted).ok()?;
    stealing::xts(&key, tweak, &encrypted, true, &mut decrypted).ok()?;
    Some(encrypted == bytes(XTS_CIPHERTEXT) && decrypted == bytes(XTS_PLAINTEXT))
}

/// Sealing, opening, and refusing what was changed.
fn chacha20_poly1305_holds() -> Option<bool> {
    let context = Aead::chacha20_poly1305(&bytes(CHACHA_KEY)).ok()?;
    let (nonce, aad) = (bytes(CHACHA_NONCE), bytes(CHACHA_AAD));
    let (mut sealed, mut opened) = (Vec::new(), Vec::new());
    let known_answer =
        context.seal(&nonce, &aad, CHACHA_PLAINTEXT, &mut sealed) && sealed.ends_with(&bytes(CHACHA_TAG));
    let opens = context.open(&nonce, &aad, &sealed, &mut opened) && opened == CHACHA_PLAINTEXT;
    sealed[0] ^= 1;
    Some(known_answer && opens && !context.open(&nonce, &aad, &sealed, &mut opened))
}

/// Encrypting and decrypting three blocks.
fn triple_des_holds() -> Option<bool> {
    let key = TripleDes::new(&bytes(DES_KEY)).ok()?;
    let (mut encrypted, mut decrypted) = ([0; 24], [0; 24]);
    key.ecb(DES_PLAINTEXT, &mut encrypted, false);
    key.ecb(&encrypted, &mut decrypted, true);
    Some(encrypted == *bytes(DES_CIPHERTEXT) && decrypted == *DES_PLAINTEXT)
}
