//! Law 4 for keys that are encapsulated, and which key encapsulates. Built without the laws, the worker's word is all.

use super::*;
use crate::laws::{Derived, decapsulated, encapsulated, shared};

const ML_KEM: Mechanism = Mechanism { r#type: CKM_ML_KEM, parameters: None };

fn pair(public: &[(u64, &[u8])], private: &[(u64, &[u8])]) -> Halves<Object> {
    started();
    let set = number(1);
    let public = template(&[&[(CKA_PARAMETER_SET, &set[..])], public].concat());
    let nothing = Attributes::default();
    let mechanism = Mechanism { r#type: CKM_ML_KEM_KEY_PAIR_GEN, parameters: None };
    generated_pair([&public, &template(private)], [&nothing, &nothing], &mechanism, [&ID, &[6; 16]]).expect("a pair")
}

fn make_of(template: &Template, wanted: &Attributes) -> Result<Attributes, Rv> {
    let mut carrier = Attributes::default();
    carrier.set_number(CKA_CLASS, CKO_PUBLIC_KEY);
    shared(&Derived { template, wanted, uuid: &ID }, &carrier, &[7; 32]).map(|key| key.attributes)
}

fn make(entries: &[(u64, &[u8])], wanted: &Attributes) -> Result<Attributes, Rv> {
    make_of(&template(entries), wanted)
}

/// Whatever worker and template say: a worker only narrows.
#[test]
fn a_worker_only_narrows_what_is_encapsulated() {
    for own in THREE {
        for wanted in THREE {
            for (kind, silent, protects) in [
                (CKA_PRIVATE, true, true),
                (CKA_SENSITIVE, true, true),
                (CKA_WRAP_WITH_TRUSTED, false, true),
                (CKA_EXTRACTABLE, false, false),
                (CKA_DECRYPT, true, false),
                (CKA_DERIVE, true, false),
            ] {
                let made = make(&said(kind, own), &wish(kind, wanted)).expect("a key").boolean(kind);
                let own = own.unwrap_or(silent);
                let narrowed = match wanted {
                    None => own,
                    Some(wanted) if !ENFORCED => wanted,
                    Some(wanted) if protects => own || wanted,
                    Some(wanted) => own && wanted,
                };
                assert_eq!(made, Some(narrowed), "{kind:#x} {own:?} {wanted:?}");
            }
        }
    }
}

/// Somebody else has the value: no worker and no template says otherwise.
#[test]
fn what_is_shared_has_no_history() {
    let closed: &[(u64, &[u8])] = &[(CKA_SENSITIVE, &[1]), (CKA_EXTRACTABLE, &[0])];
    for kind in [CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL, CKA_TRUSTED] {
        assert_eq!(make(closed, &wish(kind, Some(true))).expect("a key").boolean(kind), Some(false), "{kind:#x}");
    }
    for kind in [CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL] {
        let claimed = make(&[(kind, &[1])], &Attributes::default()).err();
        assert_eq!(claimed, Some(CKR_ATTRIBUTE_READ_ONLY), "{kind:#x}");
    }
    let made = make(&[], &Attributes::default()).expect("a key");
    assert_eq!(made.number(CKA_KEY_GEN_MECHANISM), Some(u64::MAX));
    assert_eq!((made.number(CKA_KEY_TYPE), made.number(CKA_VALUE_LEN)), (Some(CKK_GENERIC_SECRET), Some(32)));
    assert_eq!(made.value(CKA_UNIQUE_ID), Some(&b"05050505-0505-0505-0505-050505050505"[..]));
}

/// A secret key with all of the shared secret, or half of it at least, and no other.
#[test]
fn a_contradictory_encapsulation_gets_its_own_answer() {
    let make = |entries: &[(u64, &[u8])]| make(entries, &Attributes::default()).err();
    assert_eq!(make(&[(CKA_KEY_TYPE, &number(CKK_AES)), (CKA_VALUE_LEN, &number(32))]), None);
    assert_eq!(make(&[(CKA_CLASS, &number(CKO_DATA))]), Some(CKR_TEMPLATE_INCONSISTENT));
    assert_eq!(make(&[(CKA_VALUE_LEN, &number(16))]), None);
    for wrong in [0, 15, 33, u64::MAX] {
        assert_eq!(make(&[(CKA_VALUE_LEN, &number(wrong))]), Some(CKR_TEMPLATE_INCONSISTENT));
    }
    assert_eq!(make(&[(CKA_MODULUS, b"of other keys")]), Some(CKR_TEMPLATE_INCONSISTENT));
    assert_eq!(make(&[(CKA_KEY_TYPE, &number(CKK_DES3))]), Some(CKR_ATTRIBUTE_VALUE_INVALID));
    let valued = with_value(template(&[]));
    assert_eq!(make_of(&valued, &Attributes::default()).err(), Some(CKR_TEMPLATE_INCONSISTENT));
}

/// Usage and CKA_ALLOWED_MECHANISMS of either half forbid it; without the laws, nothing does.
#[test]
fn a_key_encapsulates_as_its_attributes_say() {
    let [public, private] = pair(&[], &[]);
    let (ciphertext, secret) = encapsulated(&ML_KEM, &public).expect("allowed");
    assert_eq!(decapsulated(&ML_KEM, &private, &ciphertext).expect("allowed")[..], secret[..]);
    let other = number(CKM_AES_GCM);
    for (public_says, private_says, expected) in [
        ((CKA_ENCAPSULATE, &[0][..]), (CKA_DECAPSULATE, &[0][..]), CKR_KEY_FUNCTION_NOT_PERMITTED),
        ((CKA_ALLOWED_MECHANISMS, &other), (CKA_ALLOWED_MECHANISMS, &other), CKR_MECHANISM_INVALID),
    ] {
        let [public, private] = pair(&[public_says], &[private_says]);
        let expected = Some(expected).filter(|_| ENFORCED);
        assert_eq!(encapsulated(&ML_KEM, &public).err(), expected);
        assert_eq!(decapsulated(&ML_KEM, &private, &ciphertext).err(), expected);
    }
    let gcm = Mechanism { r#type: CKM_AES_GCM, parameters: None };
    assert_eq!(encapsulated(&gcm, &public).err(), Some(CKR_MECHANISM_INVALID));
    assert_eq!(decapsulated(&ML_KEM, &private, &ciphertext[1..]).err(), Some(CKR_WRAPPED_KEY_LEN_RANGE));
}
