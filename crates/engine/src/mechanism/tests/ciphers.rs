//! Promises of AES in CCM, CTS and XTS mode, ChaCha20-Poly1305 and Triple DES.

use super::*;
use vhsm_wire::messages::{CcmParameters, ChachaPolyParameters};

pub(super) fn ccm(data_length: u64) -> Mechanism {
    let parameters = CcmParameters { data_length, nonce: vec![9; 12], aad: b"associated".to_vec(), mac_length: 16 };
    Mechanism { r#type: CKM_AES_CCM, parameters: Some(Parameters::Ccm(parameters)) }
}

pub(super) fn chacha_poly() -> Mechanism {
    let parameters = ChachaPolyParameters { nonce: vec![9; 12], aad: b"associated".to_vec() };
    Mechanism { r#type: CKM_CHACHA20_POLY1305, parameters: Some(Parameters::ChachaPoly(parameters)) }
}

pub(super) fn digest_bits(bits: u32) -> Mechanism {
    Mechanism { r#type: CKM_SHA512_T, parameters: Some(Parameters::DigestBits(bits)) }
}

/// However a message is cut, a cipher gives what it gives at once, and what went in comes out again.
#[test]
fn parts_make_the_whole() {
    let message: Vec<u8> = (0..100).collect();
    let value: Vec<u8> = (1..=32).collect();
    let ciphers = [
        (key(CKK_AES, &value), aes::iv(CKM_AES_CTS, &[9; 16]), 100),
        (key(CKK_AES_XTS, &value), aes::iv(CKM_AES_XTS, &[9; 16]), 100),
        (key(CKK_DES3, &value[..24]), aes::iv(CKM_DES3_CBC_PAD, &[9; 8]), 100),
        (key(CKK_DES2, &value[..16]), aes::iv(CKM_DES3_CBC, &[9; 8]), 96),
        (key(CKK_CHACHA20, &value), chacha_poly(), 100),
        (key(CKK_AES, &value), ccm(100), 100),
    ];
    for (key, mechanism, length) in ciphers {
        let encrypted = complete(&key, Operation::Encrypt, &mechanism, &message[..length]).expect("a ciphertext");
        for (operation, given, wanted) in [
            (Operation::Encrypt, &message[..length], &encrypted[..]),
            (Operation::Decrypt, &encrypted, &message[..length]),
        ] {
            for step in [1, 8, 17, 40] {
                let mut stream = key.start(operation, &mechanism).expect("a stream");
                let mut out = Vec::new();
                given.chunks(step).for_each(|part| stream.update(part, &mut out).expect("a part"));
                stream.finish(&[], None, &mut out).expect("the end");
                assert_eq!(out, wanted, "{} {operation:?} by {step}", mechanism.r#type);
            }
        }
    }
}

/// An XTS key has two halves that differ, however it came in.
#[test]
fn equal_halves_make_no_key() {
    started();
    let value = SecretBytes::copy_of(&[7; 32]).expect("room");
    let refused = ReadyKey::new(&attributes(CKK_AES_XTS, 32), value).err();
    assert_eq!(refused, Some(CKR_KEY_FUNCTION_NOT_PERMITTED));
}
