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

/// The length of the data is the caller's word: with the shortest nonce any is well formed.
#[test]
fn a_length_beyond_all_data_is_refused() {
    let key = key(CKK_AES, &[1; 16]);
    let claiming = |data_length| {
        let parameters = CcmParameters { data_length, nonce: vec![9; 7], aad: Vec::new(), mac_length: 16 };
        Mechanism { r#type: CKM_AES_CCM, parameters: Some(Parameters::Ccm(parameters)) }
    };
    let sealed = complete(&key, Operation::Encrypt, &claiming(4), b"data").expect("a ciphertext");
    assert_eq!(complete(&key, Operation::Decrypt, &claiming(4), &sealed).as_deref(), Ok(&b"data"[..]));
    for length in [3, 5, u64::MAX - 16, u64::MAX - 15, u64::MAX] {
        let wrong = claiming(length);
        assert_eq!(complete(&key, Operation::Encrypt, &wrong, b"data"), Err(CKR_DATA_LEN_RANGE), "{length}");
        assert_eq!(complete(&key, Operation::Decrypt, &wrong, &sealed), Err(CKR_ENCRYPTED_DATA_LEN_RANGE), "{length}");
        let mut stream = key.start(Operation::Decrypt, &wrong).expect("a stream");
        stream.update(&sealed, &mut Vec::new()).expect("a part");
        let ended = stream.finish(&[], None, &mut Vec::new());
        assert_eq!(ended, Err(CKR_ENCRYPTED_DATA_LEN_RANGE), "{length}, in parts");
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
