//! Promises of AES in the modes that do not authenticate, and of CMAC.
//!
//! Known answers: SP 800-38A, appendix F.1, F.2 and F.5 (all three keys); RFC 4493, section 4; for CMAC with the
//! longer keys SP 800-38B, appendix D (the examples of the first edition).

use super::super::self_test::bytes;
use super::*;
use vhsm_wire::messages::CtrParameters;

const PLAINTEXT: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
                         30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
const IV: &str = "000102030405060708090a0b0c0d0e0f";
const COUNTER: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
const KEYS: [&str; 3] = [
    "2b7e151628aed2a6abf7158809cf4f3c",
    "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
];
const ECB: [&str; 3] = [
    "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf\
     43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4",
    "bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eef\
     ef7afd2270e2e60adce0ba2face6444e9a4b41ba738d6c72fb16691603c18e0e",
    "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870\
     b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7",
];
const CBC: [&str; 3] = [
    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2\
     73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
    "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a\
     571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd",
    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d\
     39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
];
const CTR: [&str; 3] = [
    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff\
     5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
    "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94\
     1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050",
    "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5\
     2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
];
/// Of the first 0, 16, 40 and 64 bytes.
const CMAC: [[&str; 4]; 3] = [
    [
        "bb1d6929e95937287fa37d129b756746",
        "070a16b46b4d4144f79bdd9dd04a287c",
        "dfa66747de9ae63030ca32611497c827",
        "51f0bebf7e3b9d92fc49741779363cfe",
    ],
    [
        "d17ddf46adaacde531cac483de7a9367",
        "9e99a7bf31e710900662f65e617c5184",
        "8a1de5be2eb31aad089a82e6ee908b0e",
        "a1d5df0eed790f794d77589659f39a11",
    ],
    [
        "028962f61b7bf89efc6b551f4667d983",
        "28a7023f452e8f82bd4bf28d8c37c35c",
        "aaf3d8f1de5640c232f5b169b9c911e6",
        "e1992190549f6ed5696a2c056c315410",
    ],
];

pub(super) fn iv(kind: u64, iv: &[u8]) -> Mechanism {
    Mechanism { r#type: kind, parameters: Some(Parameters::Iv(iv.to_vec())) }
}

pub(super) fn ctr(block: [u8; 16], counter_bits: u32) -> Mechanism {
    let parameters = CtrParameters { counter_bits, block: block.to_vec() };
    Mechanism { r#type: CKM_AES_CTR, parameters: Some(Parameters::Ctr(parameters)) }
}

fn block(digits: &str) -> [u8; 16] {
    bytes(digits).try_into().expect("a block")
}

/// Feed the data in parts of `step` bytes.
fn in_parts(
    key: &Arc<ReadyKey>,
    operation: Operation,
    mechanism: &Mechanism,
    data: &[u8],
    step: usize,
) -> Result<Vec<u8>, Rv> {
    let mut out = Vec::new();
    let mut stream = key.start(operation, mechanism)?;
    for part in data.chunks(step) {
        stream.update(part, &mut out)?;
    }
    stream.finish(&[], None, &mut out)?;
    Ok(out)
}

/// The published ciphertexts come out, whole and in parts, and decrypt again.
#[test]
fn the_published_ciphertexts_come_out() {
    let plaintext = bytes(PLAINTEXT);
    let modes = [
        (plain(CKM_AES_ECB), ECB),
        (iv(CKM_AES_CBC, &block(IV)), CBC),
        (ctr(block(COUNTER), 128), CTR),
        (ctr(block(COUNTER), 32), CTR),
    ];
    for (mechanism, answers) in &modes {
        for (value, answer) in KEYS.iter().zip(answers) {
            let (key, ciphertext) = (key(CKK_AES, &bytes(value)), bytes(answer));
            assert_eq!(complete(&key, Operation::Encrypt, mechanism, &plaintext), Ok(ciphertext.clone()));
            assert_eq!(complete(&key, Operation::Decrypt, mechanism, &ciphertext), Ok(plaintext.clone()));
            for step in [1, 15, 16, 17, 40] {
                let encrypted = in_parts(&key, Operation::Encrypt, mechanism, &plaintext, step);
                assert_eq!(encrypted, Ok(ciphertext.clone()), "{step}");
                let decrypted = in_parts(&key, Operation::Decrypt, mechanism, &ciphertext, step);
                assert_eq!(decrypted, Ok(plaintext.clone()), "{step}");
            }
        }
    }
}

/// The published MACs come out, whole and in parts, and verify; a changed one does not.
#[test]
fn the_published_macs_come_out() {
    let plaintext = bytes(PLAINTEXT);
    for (value, answers) in KEYS.iter().zip(CMAC) {
        let key = key(CKK_AES, &bytes(value));
        for (length, answer) in [0, 16, 40, 64].into_iter().zip(answers) {
            let (data, mac, mechanism) = (&plaintext[..length], bytes(answer), plain(CKM_AES_CMAC));
            assert_eq!(complete(&key, Operation::Sign, &mechanism, data), Ok(mac.clone()));
            assert_eq!(in_parts(&key, Operation::Sign, &mechanism, data, 7), Ok(mac.clone()));
            let cut = general(CKM_AES_CMAC_GENERAL, 5);
            assert_eq!(complete(&key, Operation::Sign, &cut, data), Ok(mac[..5].to_vec()));
            let verify = |mac: &[u8]| key.complete(Operation::Verify, &mechanism, data, Some(mac), &mut Vec::new());
            assert_eq!(verify(&mac), Ok(()));
            assert_eq!(verify(&mac[1..]), Err(CKR_SIGNATURE_LEN_RANGE));
            assert_eq!(verify(&[0; 16]), Err(CKR_SIGNATURE_INVALID));
        }
    }
}

/// A padding of 1 to 16 bytes comes and goes, whole and in parts; nothing of the last block is given back early.
#[test]
fn paddings_come_and_go() {
    let (key, mechanism) = (key(CKK_AES, &[7; 32]), iv(CKM_AES_CBC_PAD, &[9; 16]));
    for length in 0..50 {
        let text = vec![3; length];
        let ciphertext = complete(&key, Operation::Encrypt, &mechanism, &text).expect("ciphertext");
        assert_eq!(ciphertext.len(), (length / 16 + 1) * 16);
        assert_eq!(complete(&key, Operation::Decrypt, &mechanism, &ciphertext), Ok(text.clone()));
        for step in [1, 16, 23] {
            assert_eq!(in_parts(&key, Operation::Encrypt, &mechanism, &text, step), Ok(ciphertext.clone()));
            assert_eq!(in_parts(&key, Operation::Decrypt, &mechanism, &ciphertext, step), Ok(text.clone()));
        }
        let (mut stream, mut out) = (key.start(Operation::Decrypt, &mechanism).expect("a stream"), Vec::new());
        stream.update(&ciphertext, &mut out).expect("a part");
        assert_eq!(out.len(), ciphertext.len() - 16);
    }
}

/// Every wrong padding has one answer and gives nothing away; every wrong length has another.
#[test]
fn wrong_paddings_have_one_answer() {
    let key = key(CKK_AES, &[7; 16]);
    let (raw, padded) = (iv(CKM_AES_CBC, &[9; 16]), iv(CKM_AES_CBC_PAD, &[9; 16]));
    for padding in 0..=255u8 {
        for wrong in 0..16 {
            let mut text = [padding; 32];
            text[16 + wrong] ^= 1;
            let ciphertext = complete(&key, Operation::Encrypt, &raw, &text).expect("ciphertext");
            let length = usize::from(text[31]);
            let holds = (1..=16).contains(&length) && text[32 - length..].iter().all(|byte| *byte == text[31]);
            let expected = if holds { Ok(text[..32 - length].to_vec()) } else { Err(CKR_ENCRYPTED_DATA_INVALID) };
            assert_eq!(complete(&key, Operation::Decrypt, &padded, &ciphertext), expected, "{text:?}");
            let mut out = Vec::new();
            let outcome = key.complete(Operation::Decrypt, &padded, &ciphertext, None, &mut out);
            assert_eq!((outcome.is_ok(), out.is_empty()), (holds, !holds));
        }
    }
    for length in [0, 1, 15, 17] {
        let refused = Err(CKR_ENCRYPTED_DATA_LEN_RANGE);
        assert_eq!(complete(&key, Operation::Decrypt, &padded, &[0; 17][..length]), refused);
        if length > 0 {
            assert_eq!(complete(&key, Operation::Decrypt, &raw, &[0; 17][..length]), refused);
            let refused = Err(CKR_DATA_LEN_RANGE);
            assert_eq!(complete(&key, Operation::Encrypt, &raw, &[0; 17][..length]), refused);
        }
    }
}

/// A counter counts to its end and no further, whole and in parts.
#[test]
fn a_counter_does_not_begin_again() {
    let key = key(CKK_AES, &[7; 16]);
    for bits in [1, 2, 8, 32, 64, 127, 128] {
        let mechanism = ctr((u128::MAX - 1).to_be_bytes(), bits);
        let data = [0; 33];
        for length in [0, 1, 31, 32] {
            let out = complete(&key, Operation::Encrypt, &mechanism, &data[..length]).expect("ciphertext");
            assert_eq!(out.len(), length);
            assert_eq!(in_parts(&key, Operation::Decrypt, &mechanism, &out, 3), Ok(vec![0; length]));
        }
        assert_eq!(complete(&key, Operation::Encrypt, &mechanism, &data), Err(CKR_DATA_LEN_RANGE));
        assert_eq!(in_parts(&key, Operation::Encrypt, &mechanism, &data, 5), Err(CKR_DATA_LEN_RANGE));
        assert_eq!(complete(&key, Operation::Decrypt, &mechanism, &data), Err(CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
    let all = complete(&key, Operation::Encrypt, &ctr([0; 16], 128), &[0; 64]).expect("ciphertext");
    assert_eq!(all.len(), 64);
}

/// Parameters of another shape are refused.
#[test]
fn parameters_have_one_shape() {
    let key = key(CKK_AES, &[7; 16]);
    let short = Mechanism { r#type: CKM_AES_CBC, parameters: Some(Parameters::Iv(vec![0; 15])) };
    let long = Mechanism { r#type: CKM_AES_CBC_PAD, parameters: Some(Parameters::Iv(vec![0; 17])) };
    let swapped = Mechanism { parameters: ctr([0; 16], 32).parameters, ..plain(CKM_AES_CBC) };
    let with_iv = iv(CKM_AES_ECB, &[0; 16]);
    for mechanism in [short, long, swapped, with_iv, plain(CKM_AES_CTR), ctr([0; 16], 0), ctr([0; 16], 129)] {
        assert_eq!(complete(&key, Operation::Encrypt, &mechanism, &[0; 16]), Err(CKR_MECHANISM_PARAM_INVALID));
    }
}
