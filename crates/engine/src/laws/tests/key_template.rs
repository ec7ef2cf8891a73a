//! Templates that a key holds for others: what it wraps, and what is made with it.

use super::*;
use crate::laws::{Derived, derived};

fn canonical(entries: &[(u64, &[u8])]) -> Vec<u8> {
    let mut attributes = Attributes::default();
    for (kind, value) in entries {
        attributes.set(*kind, *value);
    }
    attributes.encode()
}

fn key(more: &[(u64, &[u8])]) -> Result<Attributes, Rv> {
    import(more, &Attributes::default()).map(|key| key.attributes)
}

/// What holds one has just the application's: a worker neither adds nor takes, and nobody changes it.
#[test]
fn it_is_the_applications_alone() {
    let (own, other) = (canonical(&[(CKA_LABEL, b"own")]), canonical(&[(CKA_LABEL, b"other")]));
    for kind in [CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE] {
        let mut wanted = Attributes::default();
        wanted.set(kind, other.clone());
        let made = import(&[(kind, &own)], &wanted).expect("a key").attributes;
        assert_eq!(made.value(kind), Some(&own[..]), "{kind:#x}");
        assert_eq!(import(&[], &wanted).expect("a key").attributes.value(kind), None, "{kind:#x}");
        for attributes in [&made, &key(&[]).expect("a key")] {
            let set = changed(attributes, &template(&[(kind, &other)]), false);
            assert_eq!(set.err(), Some(CKR_ATTRIBUTE_READ_ONLY), "{kind:#x}");
        }
    }
}

/// No template in a template, no secret, nothing unknown or ill-formed; what the engine sets is only compared.
#[test]
fn one_level_and_no_secret() {
    let (nested, computed) = (canonical(&[]), canonical(&[(CKA_LOCAL, &[1])]));
    for kind in [CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE] {
        assert!(key(&[(kind, &nested)]).is_ok(), "an empty one is one: {kind:#x}");
        for bad in [
            vec![],
            vec![1, 2, 3],
            canonical(&[(kind, &nested)]),
            canonical(&[(CKA_VALUE, b"secret")]),
            canonical(&[(CKA_SENSITIVE, &[2])]),
            canonical(&[(0x7fff_0000, b"unknown")]),
        ] {
            assert_eq!(key(&[(kind, &bad)]).err(), Some(CKR_ATTRIBUTE_VALUE_INVALID), "{kind:#x} {bad:x?}");
        }
        let settled = key(&[(kind, &computed)]).err();
        assert_eq!(settled, Some(CKR_ATTRIBUTE_VALUE_INVALID).filter(|_| kind != CKA_WRAP_TEMPLATE), "{kind:#x}");
    }
}

/// Every attribute that CKA_WRAP_TEMPLATE names must be there and the same.
#[test]
fn only_keys_that_match_are_wrapped() {
    let carried = key(&[(CKA_EXTRACTABLE, &[1]), (CKA_LABEL, b"payment")]).expect("a key");
    for (demanded, expected) in [
        (vec![], Ok(())),
        (vec![(CKA_LABEL, &b"payment"[..])], Ok(())),
        (vec![(CKA_LABEL, &b"payment"[..]), (CKA_LOCAL, &[0])], Ok(())),
        (vec![(CKA_LABEL, &b"paymen"[..])], Err(CKR_KEY_HANDLE_INVALID)),
        (vec![(CKA_LABEL, &b"payment"[..]), (CKA_LOCAL, &[1])], Err(CKR_KEY_HANDLE_INVALID)),
        (vec![(CKA_MODULUS, &b"of other keys"[..])], Err(CKR_KEY_HANDLE_INVALID)),
    ] {
        let carrier = key(&[(CKA_WRAP_TEMPLATE, &canonical(&demanded))]).expect("a key");
        assert_eq!(wrappable(&carrier, &carried, CKM_AES_KEY_WRAP_KWP), expected, "{demanded:?}");
    }
}

/// What CKA_UNWRAP_TEMPLATE names is put on the key, whatever the worker wants; the caller may only say the same.
#[test]
fn an_unwrapped_key_is_as_the_carrier_says() {
    let (class, kind) = (number(CKO_SECRET_KEY), number(CKK_AES));
    let held = canonical(&[(CKA_CLASS, &class), (CKA_KEY_TYPE, &kind), (CKA_SIGN, &[0]), (CKA_LABEL, b"in")]);
    let carrier = key(&[(CKA_UNWRAP_TEMPLATE, &held)]).expect("a key");
    let row = vhsm_wire::mechanism(CKM_AES_KEY_WRAP_KWP).expect("a row");
    let unwrap = |said: &[(u64, &[u8])], wanted: &Attributes| {
        incoming(&carrier, row, &template(said), wanted)?.object(memory::SecretBytes::copy_of(&[1; 32])?, &ID)
    };
    for said in [vec![], vec![(CKA_LABEL, &b"in"[..]), (CKA_SIGN, &[0])]] {
        let made = unwrap(&said, &wish(CKA_SIGN, Some(true))).expect("a key").attributes;
        assert_eq!((made.boolean(CKA_SIGN), made.value(CKA_LABEL)), (Some(false), Some(&b"in"[..])));
        assert_eq!(made.value(CKA_UNWRAP_TEMPLATE), None);
    }
    for other in [(CKA_SIGN, &[1][..]), (CKA_LABEL, b"out"), (CKA_KEY_TYPE, &number(CKK_GENERIC_SECRET))] {
        assert_eq!(unwrap(&[other], &Attributes::default()).err(), Some(CKR_TEMPLATE_INCONSISTENT), "{other:?}");
    }
}

/// The same of CKA_DERIVE_TEMPLATE: of the base key, and of a further key that goes into the derivation.
#[test]
fn a_derived_key_is_as_its_base_keys_say() {
    let base = |more: &[(u64, &[u8])]| {
        let attributes = generate(more, &Attributes::default()).expect("a key");
        Object { secret: mechanism::generate_value(&attributes).expect("a value"), attributes }
    };
    started();
    let held = canonical(&[(CKA_ENCRYPT, &[0]), (CKA_LABEL, b"made")]);
    let other = canonical(&[(CKA_LABEL, b"otherwise")]);
    let (silent, says, differs) =
        (base(&[]), base(&[(CKA_DERIVE_TEMPLATE, &held)]), base(&[(CKA_DERIVE_TEMPLATE, &other)]));
    let mechanism = Mechanism { r#type: CKM_CONCATENATE_BASE_AND_KEY, parameters: None };
    let derive = |bases: [&Object; 2], said: &[(u64, &[u8])]| {
        let (template, wanted) = (template(said), wish(CKA_ENCRYPT, Some(true)));
        derived(&[Derived { template: &template, wanted: &wanted, uuid: &ID }], &mechanism, &bases)
            .map(|mut made| made.objects.remove(0).attributes)
    };
    for bases in [[&says, &silent], [&silent, &says]] {
        let made = derive(bases, &[]).expect("a key");
        assert_eq!((made.boolean(CKA_ENCRYPT), made.value(CKA_LABEL)), (Some(false), Some(&b"made"[..])));
        assert!(derive(bases, &[(CKA_LABEL, b"made")]).is_ok());
        assert_eq!(derive(bases, &[(CKA_LABEL, b"mine")]).err(), Some(CKR_TEMPLATE_INCONSISTENT));
    }
    assert_eq!(derive([&says, &differs], &[]).err(), Some(CKR_TEMPLATE_INCONSISTENT));
    assert_eq!(derive([&silent, &silent], &[]).expect("a key").boolean(CKA_ENCRYPT), Some(true));
}

/// The same of what C_EncapsulateKey and C_DecapsulateKey make; the first has a code of its own for what conflicts.
#[test]
fn a_shared_key_is_as_the_key_that_carries_it_says() {
    let held = canonical(&[(CKA_SIGN, &[0]), (CKA_LABEL, b"made")]);
    for (class, kind, conflict) in [
        (CKO_PUBLIC_KEY, CKA_ENCAPSULATE_TEMPLATE, CKR_KEY_HANDLE_INVALID),
        (CKO_PRIVATE_KEY, CKA_DECAPSULATE_TEMPLATE, CKR_TEMPLATE_INCONSISTENT),
    ] {
        let mut by = Attributes::default();
        by.set_number(CKA_CLASS, class);
        let share = |by: &Attributes, said: &[(u64, &[u8])]| {
            let (template, wanted) = (template(said), wish(CKA_SIGN, Some(true)));
            shared(&Derived { template: &template, wanted: &wanted, uuid: &ID }, by, &[7; 32]).map(|key| key.attributes)
        };
        assert_eq!(share(&by, &[]).expect("a key").boolean(CKA_SIGN), Some(true), "the control");
        by.set(kind, held.clone());
        let made = share(&by, &[]).expect("a key");
        assert_eq!((made.boolean(CKA_SIGN), made.value(CKA_LABEL)), (Some(false), Some(&b"made"[..])));
        assert!(share(&by, &[(CKA_LABEL, b"made")]).is_ok());
        assert_eq!(share(&by, &[(CKA_LABEL, b"mine")]).err(), Some(conflict));
    }
}
