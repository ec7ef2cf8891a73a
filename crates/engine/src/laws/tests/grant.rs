//! Law 3, reading, and the control without laws.

use super::*;

/// A value is given only by a key that is extractable and not sensitive, and only if it was asked for.
#[cfg(not(feature = "laws-off"))]
#[test]
fn a_value_is_given_only_where_both_attributes_allow() {
    for sensitive in [0, 1] {
        for extractable in [0, 1] {
            let key =
                generate(&[(CKA_SENSITIVE, &[sensitive]), (CKA_EXTRACTABLE, &[extractable])], &Attributes::default())
                    .expect("a key");
            let sorted = readable(&key, &[CKA_VALUE, CKA_LABEL, CKA_VALUE]);
            let open = (sensitive, extractable) == (0, 1);
            let expected = if open { (vec![CKA_VALUE], vec![]) } else { (vec![], vec![CKA_VALUE]) };
            assert_eq!((sorted.give, sorted.withhold), expected);
            assert_eq!(readable(&key, &[CKA_LABEL]), Readable::default());
        }
    }
}

fn grant(operations: &[Operation], mechanisms: &[u64]) -> Grant {
    let operations = operations.iter().map(|operation| *operation as i32).collect();
    Grant { operations, mechanisms: mechanisms.to_vec(), ..Grant::default() }
}

/// A Grant is never wider than the key's attributes, nor than itself (law 3).
#[cfg(not(feature = "laws-off"))]
#[test]
fn a_grant_only_narrows() {
    use Operation::{Decrypt, DigestKey, Encrypt, Sign, Verify};
    let all = [Encrypt, Decrypt, Sign, Verify, DigestKey];
    let wide = grant(&all, &[]);
    for silent in [CKA_ENCRYPT, CKA_DECRYPT] {
        let key = generate(&[(silent, &[0])], &Attributes::default()).expect("a key");
        let allowed = granted(&key, &wide);
        assert_eq!(allowed.permits(Encrypt, CKM_AES_GCM), silent != CKA_ENCRYPT);
        assert_eq!(allowed.permits(Decrypt, CKM_AES_GCM), silent != CKA_DECRYPT);
        assert!(!allowed.permits(Sign, CKM_SHA256_HMAC), "an AES key");
        assert!(!allowed.permits(Encrypt, 0x7fff_ffff), "unknown");
    }
    let key = generate(&[], &Attributes::default()).expect("a key");
    assert!(!granted(&key, &grant(&[Encrypt], &[])).permits(Decrypt, CKM_AES_GCM));
    assert!(!granted(&key, &grant(&all, &[CKM_SHA256_HMAC])).permits(Encrypt, CKM_AES_GCM));
    assert!(granted(&key, &grant(&[], &[])).is_empty());
    let other = number(CKM_SHA256_HMAC);
    let limited = generate(&[(CKA_ALLOWED_MECHANISMS, &other)], &Attributes::default()).expect("a key");
    assert!(!granted(&limited, &wide).permits(Encrypt, CKM_AES_GCM));
    let class = number(CKO_DATA);
    let data = created(&template(&[(CKA_CLASS, &class)]), &Attributes::default(), &[], &ID).expect("data");
    assert!(granted(&data.attributes, &wide).is_empty(), "not a key");
}

/// A long key that may not be read is not digested: its digest would do as an HMAC key in its place.
#[cfg(not(feature = "laws-off"))]
#[test]
fn a_digest_does_not_stand_in_for_a_key() {
    assert_eq!(digestible(false, 64, 64), Ok(()));
    assert_eq!(digestible(false, 65, 64), Err(CKR_KEY_INDIGESTIBLE));
    assert_eq!(digestible(true, 65, 64), Ok(()));
    let length = number(100);
    let mechanism = Mechanism { r#type: CKM_GENERIC_SECRET_KEY_GEN, parameters: None };
    let key =
        generated(&template(&[(CKA_VALUE_LEN, &length)]), &Attributes::default(), &mechanism, &ID).expect("a key");
    let allowed = granted(&key, &grant(&[Operation::DigestKey], &[]));
    assert!(!allowed.permits(Operation::DigestKey, CKM_SHA256));
    assert!(allowed.permits(Operation::DigestKey, CKM_SHA512));
    let value = mechanism::generate_value(&key).expect("room");
    let ready = mechanism::ReadyKey::new(&key, value).expect("a key");
    let mut stream = mechanism::digest_start(&Mechanism { r#type: CKM_SHA256, parameters: None }).expect("a digest");
    assert_eq!(stream.digest_key(&ready), Err(CKR_KEY_INDIGESTIBLE));
}

/// The positive control: without the laws a hostile worker, or its application, opens a key.
#[cfg(feature = "laws-off")]
#[test]
fn without_laws_a_key_is_lost() {
    let mut wanted = wish(CKA_SENSITIVE, Some(false));
    wanted.set_boolean(CKA_EXTRACTABLE, true);
    let key = import(&[], &wanted).expect("a key");
    assert!(value_readable(&key.attributes));
    assert_eq!(key.attributes.boolean(CKA_EXTRACTABLE), Some(true), "imported as a worker liked it");
    let sensitive = import(&[], &Attributes::default()).expect("a key");
    let opened = changed(&sensitive.attributes, &template(&[(CKA_EXTRACTABLE, &[1]), (CKA_SENSITIVE, &[0])]), false);
    assert_eq!(opened.expect("no law").boolean(CKA_EXTRACTABLE), Some(true));
    let copy = copied(&sensitive, &template(&[]), &wanted, &ID).expect("no law");
    assert_eq!(copy.attributes.boolean(CKA_SENSITIVE), Some(false));
    let unsigned = import(&[(CKA_ENCRYPT, &[0])], &Attributes::default()).expect("a key");
    let allowed = granted(&unsigned.attributes, &grant(&[Operation::Encrypt], &[]));
    assert!(allowed.permits(Operation::Encrypt, CKM_AES_GCM));
    assert_eq!(readable(&sensitive.attributes, &[CKA_VALUE]).give, [CKA_VALUE]);
}
