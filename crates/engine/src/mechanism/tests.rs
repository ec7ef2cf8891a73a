//! Promises of the mechanisms.

mod aes;
mod ciphers;

use super::*;
use crate::memory::{self, SecretBytes, usage};
use crate::rv::*;
use std::sync::Arc;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::mechanism::Parameters;
use vhsm_wire::messages::{GcmParameters, Mechanism, Operation};
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

fn started() {
    memory::start(None).expect("secret memory");
}

fn attributes(key_type: u64, key_bytes: usize) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.set_number(CKA_CLASS, CKO_SECRET_KEY);
    attributes.set_number(CKA_KEY_TYPE, key_type);
    attributes.set_number(CKA_VALUE_LEN, key_bytes as u64);
    for usage in [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY] {
        attributes.set_boolean(usage, true);
    }
    attributes
}

fn key(key_type: u64, value: &[u8]) -> Arc<ReadyKey> {
    started();
    let value = SecretBytes::copy_of(value).expect("room");
    Arc::new(ReadyKey::new(&attributes(key_type, value.len()), value).expect("a key"))
}

fn plain(kind: u64) -> Mechanism {
    Mechanism { r#type: kind, parameters: None }
}

fn general(kind: u64, length: u64) -> Mechanism {
    Mechanism { r#type: kind, parameters: Some(Parameters::MacLength(length)) }
}

fn gcm(iv: &[u8], tag_bits: u32) -> Mechanism {
    let parameters = GcmParameters { iv: iv.to_vec(), aad: b"associated".to_vec(), tag_bits };
    Mechanism { r#type: CKM_AES_GCM, parameters: Some(Parameters::Gcm(parameters)) }
}

fn complete(key: &ReadyKey, operation: Operation, mechanism: &Mechanism, data: &[u8]) -> Result<Vec<u8>, Rv> {
    let mut out = b"before".to_vec();
    key.complete(operation, mechanism, data, None, &mut out)?;
    Ok(out.strip_prefix(b"before").expect("output is appended").to_vec())
}

/// The known answers come out right on this machine.
#[test]
fn the_self_test_passes() {
    started();
    self_test().expect("known answers");
}

/// Every mechanism of the table that works on data is carried out: no row without code.
#[test]
fn every_row_of_the_table_works() {
    use vhsm_wire::table::Parameters as Known;
    started();
    let paired = |row: &&MechanismRow| row.key_types.iter().any(|kind| PAIRED.contains(kind));
    let works = |row: &&MechanismRow| {
        use vhsm_wire::table::Operation as Done;
        let on_data = matches!(row.operations[0], Done::Digest | Done::Sign | Done::Encrypt | Done::Generate);
        on_data && row.parameters != Known::Pbkdf2
    };
    for row in MECHANISMS.iter().filter(|row| !paired(row) && works(row)) {
        let mechanism = match row.parameters {
            Known::None | Known::KeyWrap => plain(row.value),
            Known::MacLength => general(row.value, 10),
            Known::Gcm => gcm(b"twelve bytes", 128),
            Known::Iv => aes::iv(row.value, &[9; 16][..row.iv_bytes()]),
            Known::Ccm => ciphers::ccm(32),
            Known::ChachaPoly => ciphers::chacha_poly(),
            Known::DigestBits => ciphers::digest_bits(256),
            Known::Ctr => aes::ctr([9; 16], 32),
            other => panic!("{other:?} in {}", row.name),
        };
        let mut out = Vec::new();
        match row.operations[0] {
            vhsm_wire::table::Operation::Digest => {
                digest_complete(&mechanism, b"data", &mut out).expect(row.name);
                assert!([0, out.len() as u64].contains(&row.output), "{}", row.name);
            }
            vhsm_wire::table::Operation::Sign => {
                for key_type in row.key_types {
                    out = complete(&key(*key_type, b"sixteen bytes is"), Operation::Sign, &mechanism, b"data")
                        .expect(row.name);
                }
                let cut = matches!(mechanism.parameters, Some(Parameters::MacLength(_)));
                let expected = if cut { 10 } else { row.output };
                assert_eq!(out.len() as u64, expected, "{}", row.name);
            }
            vhsm_wire::table::Operation::Encrypt => {
                for key_type in row.key_types {
                    let value: Vec<u8> = (1..=row.key_size.0 as u8).collect();
                    complete(&key(*key_type, &value), Operation::Encrypt, &mechanism, &[1; 32]).expect(row.name);
                }
            }
            vhsm_wire::table::Operation::Generate => {
                let key_bytes = row.key_size.0 as usize;
                let value = generate_value(&attributes(row.key_types[0], key_bytes)).expect(row.name);
                assert_eq!((value.len(), well_made(row.key_types[0], &value)), (key_bytes, true), "{}", row.name);
            }
            other => panic!("{other:?} comes first in {}", row.name),
        }
    }
}

/// A MAC verifies as a whole and in parts, cut or not; a changed one does not, nor one of another length.
#[test]
fn macs_verify_and_forgeries_do_not() {
    let key = key(CKK_GENERIC_SECRET, b"Jefe");
    for mechanism in [plain(CKM_SHA256_HMAC), general(CKM_SHA256_HMAC_GENERAL, 5), plain(CKM_SHA512_HMAC)] {
        let data = b"what do ya want for nothing?";
        let mut mac = complete(&key, Operation::Sign, &mechanism, data).expect("a MAC");
        let verify = |mac: &[u8]| key.complete(Operation::Verify, &mechanism, data, Some(mac), &mut Vec::new());
        let verify_parts = |mac: &[u8]| {
            let mut stream = key.start(Operation::Verify, &mechanism)?;
            stream.update(&data[..9], &mut Vec::new())?;
            stream.finish(&data[9..], Some(mac), &mut Vec::new())
        };
        let mut parts = key.start(Operation::Sign, &mechanism).expect("a stream");
        let mut streamed = Vec::new();
        parts.update(&data[..3], &mut streamed).expect("a part");
        parts.finish(&data[3..], None, &mut streamed).expect("the end");
        assert_eq!(streamed, mac);
        assert_eq!((verify(&mac), verify_parts(&mac)), (Ok(()), Ok(())));
        assert_eq!(verify(&mac[1..]), Err(CKR_SIGNATURE_LEN_RANGE));
        assert_eq!(verify(&[]), Err(CKR_SIGNATURE_LEN_RANGE));
        mac[0] ^= 1;
        assert_eq!((verify(&mac), verify_parts(&mac)), (Err(CKR_SIGNATURE_INVALID), Err(CKR_SIGNATURE_INVALID)));
    }
}

/// AES-GCM round-trips with IVs of any length and tags of 96 to 128 bits, whole and in parts alike.
#[test]
fn gcm_takes_any_iv_and_five_tags() {
    for key_bytes in [16, 24, 32] {
        let key = key(CKK_AES, &vec![0x42; key_bytes]);
        for iv in [&b"x"[..], b"twelve bytes", &[9; 16], &[1; 300]] {
            for tag_bits in [96, 104, 112, 120, 128] {
                let mechanism = gcm(iv, tag_bits);
                let data = vec![0x33; 100];
                let sealed = complete(&key, Operation::Encrypt, &mechanism, &data).expect("ciphertext");
                assert_eq!(sealed.len(), data.len() + tag_bits as usize / 8);
                let mut streamed = Vec::new();
                let mut stream = key.start(Operation::Encrypt, &mechanism).expect("a stream");
                stream.update(&data[..1], &mut streamed).expect("a part");
                stream.update(&data[1..33], &mut streamed).expect("a part");
                stream.finish(&data[33..], None, &mut streamed).expect("the end");
                assert_eq!(streamed, sealed);
                assert_eq!(complete(&key, Operation::Decrypt, &mechanism, &sealed), Ok(data));
            }
        }
    }
}

/// A decryption releases nothing before its tag holds, and nothing at all if it does not.
#[test]
fn nothing_is_released_before_the_tag_holds() {
    let key = key(CKK_AES, &[1; 32]);
    let mechanism = gcm(b"twelve bytes", 128);
    let mut sealed = complete(&key, Operation::Encrypt, &mechanism, &[5; 64]).expect("ciphertext");
    let in_parts = |sealed: &[u8]| {
        let mut out = Vec::new();
        let mut stream = key.start(Operation::Decrypt, &mechanism).expect("a stream");
        stream.update(&sealed[..70], &mut out).expect("a part");
        assert!(out.is_empty());
        let outcome = stream.finish(&sealed[70..], None, &mut out);
        (outcome, out)
    };
    assert_eq!(in_parts(&sealed), (Ok(()), vec![5; 64]));
    sealed[3] ^= 1;
    assert_eq!(in_parts(&sealed), (Err(CKR_ENCRYPTED_DATA_INVALID), vec![]));
    let mut out = Vec::new();
    assert_eq!(key.complete(Operation::Decrypt, &mechanism, &sealed, None, &mut out), Err(CKR_ENCRYPTED_DATA_INVALID));
    assert!(out.is_empty());
    assert_eq!(complete(&key, Operation::Decrypt, &mechanism, &sealed[..15]), Err(CKR_ENCRYPTED_DATA_LEN_RANGE));
}

/// What a decryption in parts gathers is bounded.
#[test]
fn a_decryption_in_parts_has_a_limit() {
    let key = key(CKK_AES, &[1; 32]);
    let mut stream = key.start(Operation::Decrypt, &gcm(b"twelve bytes", 128)).expect("a stream");
    let part = vec![0; gcm::WITHHELD_BYTES_MAX];
    stream.update(&part, &mut Vec::new()).expect("up to the limit");
    assert_eq!(stream.update(&[0], &mut Vec::new()), Err(CKR_ENCRYPTED_DATA_LEN_RANGE));
}

/// Each wrong Init gets the CKR_ that PKCS#11 gives it.
#[test]
fn a_wrong_init_gets_its_own_answer() {
    started();
    let aes = attributes(CKK_AES, 16);
    let generic = attributes(CKK_GENERIC_SECRET, 16);
    let with = |parameters: Option<Parameters>| Mechanism { r#type: CKM_AES_GCM, parameters };
    let mut silent = generic.clone();
    silent.set_boolean(CKA_SIGN, false);
    let mut listed = generic.clone();
    listed.set(CKA_ALLOWED_MECHANISMS, CKM_SHA_1_HMAC.to_be_bytes());
    let mut data = Attributes::default();
    data.set_number(CKA_CLASS, CKO_DATA);
    let sign = plain(CKM_SHA256_HMAC);
    for (operation, mechanism, key, expected) in [
        (Operation::Sign, sign.clone(), &generic, Ok(())),
        (Operation::Sign, plain(0x7fff_ffff), &generic, Err(CKR_MECHANISM_INVALID)),
        (Operation::Encrypt, sign.clone(), &generic, Err(CKR_MECHANISM_INVALID)),
        (Operation::Sign, general(CKM_SHA256_HMAC, 8), &generic, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Sign, general(CKM_SHA256_HMAC_GENERAL, 33), &generic, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Sign, general(CKM_SHA256_HMAC_GENERAL, 0), &generic, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Sign, plain(CKM_SHA256_HMAC_GENERAL), &generic, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Encrypt, with(None), &aes, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Encrypt, gcm(b"", 128), &aes, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Encrypt, gcm(b"iv", 88), &aes, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Encrypt, gcm(b"iv", 97), &aes, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Encrypt, gcm(b"iv", 136), &aes, Err(CKR_MECHANISM_PARAM_INVALID)),
        (Operation::Encrypt, gcm(b"iv", 96), &aes, Ok(())),
        (Operation::Encrypt, gcm(b"iv", 96), &generic, Err(CKR_KEY_TYPE_INCONSISTENT)),
        (Operation::Sign, sign.clone(), &aes, Err(CKR_KEY_TYPE_INCONSISTENT)),
        (Operation::Sign, sign.clone(), &attributes(CKK_GENERIC_SECRET, 513), Err(CKR_KEY_SIZE_RANGE)),
        (Operation::Sign, sign.clone(), &silent, Err(CKR_KEY_FUNCTION_NOT_PERMITTED)),
        (Operation::Sign, sign.clone(), &listed, Err(CKR_MECHANISM_INVALID)),
        (Operation::Sign, plain(CKM_SHA_1_HMAC), &listed, Ok(())),
        (Operation::Sign, sign.clone(), &data, Err(CKR_KEY_HANDLE_INVALID)),
    ] {
        assert_eq!(check(operation, &mechanism, key), expected, "{operation:?} {mechanism:?}");
    }
    let short = SecretBytes::copy_of(&[0; 15]).expect("room");
    assert_eq!(ReadyKey::new(&aes, short).err(), Some(CKR_KEY_SIZE_RANGE));
}

/// A digest in parts, with a key among them, is the digest of the whole.
#[test]
fn a_key_is_digested_as_a_part() {
    let readable = key(CKK_GENERIC_SECRET, b"key value");
    let mut stream = digest_start(&plain(CKM_SHA256)).expect("a digest");
    stream.update(b"before ", &mut Vec::new()).expect("a part");
    stream.digest_key(&readable).expect("a key");
    let (mut parts, mut whole) = (Vec::new(), Vec::new());
    stream.finish(b" after", None, &mut parts).expect("the end");
    digest_complete(&plain(CKM_SHA256), b"before key value after", &mut whole).expect("a digest");
    assert_eq!(parts, whole);
    let mut mac = readable.start(Operation::Sign, &plain(CKM_SHA_1_HMAC)).expect("a stream");
    assert_eq!(mac.digest_key(&readable), Err(CKR_OPERATION_NOT_INITIALIZED));
}

/// One key, used by many threads at once with two hashes, gives each its right answer and leaks no room.
#[test]
fn threads_share_a_key() {
    let key = key(CKK_GENERIC_SECRET, b"shared");
    let expected = [CKM_SHA256_HMAC, CKM_SHA_1_HMAC]
        .map(|kind| complete(&key, Operation::Sign, &plain(kind), b"data").expect("a MAC"));
    let barrier = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for at in 0..8 {
            let (key, expected, barrier) = (&key, &expected, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let kind = [CKM_SHA256_HMAC, CKM_SHA_1_HMAC][at % 2];
                for _ in 0..1000 {
                    assert_eq!(complete(key, Operation::Sign, &plain(kind), b"data"), Ok(expected[at % 2].clone()));
                }
            });
        }
    });
    assert!(usage().used < usage().total);
}

/// Random bytes differ from call to call.
#[test]
fn random_bytes_differ() {
    started();
    let (mut first, mut second) = ([0; 32], [0; 32]);
    random(&mut first);
    random(&mut second);
    assert_ne!(first, second);
    assert_ne!(first, [0; 32]);
}

/// A seed changes what a generator makes next, and never fixes it.
#[test]
fn a_seed_is_mixed_in() {
    started();
    let draws: Vec<[u8; 32]> = (0..4)
        .map(|_| {
            seed_random(b"the same seed").expect("memory");
            let mut drawn = [0; 32];
            random(&mut drawn);
            drawn
        })
        .collect();
    for (at, draw) in draws.iter().enumerate() {
        assert!(!draws[..at].contains(draw));
    }
}
