//! The laws, tried from every side. Built with `laws-off`, the last of these tests shows that they are lost.

use super::*;
use crate::mechanism;
use crate::memory::{self, SecretBytes};
use crate::object::{Object, Uuid};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::attribute::Content;
use vhsm_wire::messages::{Attribute, Grant, Mechanism, Operation, Template};
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

const ID: Uuid = [5; 16];
const ONE_WAY_UP: [u64; 2] = [CKA_SENSITIVE, CKA_WRAP_WITH_TRUSTED];
const USAGE: [u64; 7] = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];

fn template(entries: &[(u64, &[u8])]) -> Template {
    let attributes = entries
        .iter()
        .map(|(kind, value)| Attribute { r#type: *kind, content: Some(Content::Value(value.to_vec())) })
        .collect();
    Template { attributes }
}

fn with_value(mut template: Template) -> Template {
    template.attributes.push(Attribute { r#type: CKA_VALUE, content: Some(Content::Secret(0)) });
    template
}

fn number(value: u64) -> [u8; 8] {
    value.to_be_bytes()
}

fn secret(bytes: &[u8]) -> Option<SecretBytes> {
    memory::start(None).expect("secret memory");
    Some(SecretBytes::copy_of(bytes).expect("room"))
}

fn aes_template(more: &[(u64, &[u8])]) -> Template {
    let (class, kind) = (number(CKO_SECRET_KEY), number(CKK_AES));
    with_value(template(&[&[(CKA_CLASS, &class[..]), (CKA_KEY_TYPE, &kind[..])], more].concat()))
}

fn import(more: &[(u64, &[u8])], wanted: &Attributes) -> Result<Object, Rv> {
    created(&aes_template(more), wanted, secret(&[1; 32]), &ID)
}

fn generate(more: &[(u64, &[u8])], wanted: &Attributes) -> Result<Attributes, Rv> {
    let length = number(32);
    let mechanism = Mechanism { r#type: CKM_AES_KEY_GEN, parameters: None };
    generated(&template(&[&[(CKA_VALUE_LEN, &length[..])], more].concat()), wanted, &mechanism, &ID)
}

fn wish(kind: u64, value: Option<bool>) -> Attributes {
    let mut wanted = Attributes::default();
    if let Some(value) = value {
        wanted.set_boolean(kind, value);
    }
    wanted
}

/// A template's own entry, where it has one.
fn said(kind: u64, value: Option<bool>) -> Vec<(u64, &'static [u8])> {
    value.map(|value| (kind, if value { &[1][..] } else { &[0][..] })).into_iter().collect()
}

const THREE: [Option<bool>; 3] = [None, Some(false), Some(true)];

/// A silent template makes a private, sensitive key that is not extractable and never was.
#[test]
fn defaults_protect() {
    let key = generate(&[], &Attributes::default()).expect("a key");
    for (kind, expected) in [
        (CKA_PRIVATE, true),
        (CKA_SENSITIVE, true),
        (CKA_EXTRACTABLE, false),
        (CKA_TOKEN, false),
        (CKA_MODIFIABLE, true),
        (CKA_LOCAL, true),
        (CKA_ALWAYS_SENSITIVE, true),
        (CKA_NEVER_EXTRACTABLE, true),
        (CKA_TRUSTED, false),
        (CKA_WRAP_WITH_TRUSTED, false),
    ] {
        assert_eq!(key.boolean(kind), Some(expected), "{kind:#x}");
    }
    assert_eq!(key.number(CKA_KEY_GEN_MECHANISM), Some(CKM_AES_KEY_GEN));
    assert_eq!(key.number(CKA_VALUE_LEN), Some(32));
    assert_eq!(key.value(CKA_UNIQUE_ID), Some(&b"05050505-0505-0505-0505-050505050505"[..]));
    assert_eq!((key.value(CKA_LABEL), key.value(CKA_ID)), (Some(&b""[..]), Some(&b""[..])));
    assert_eq!(mechanism::generate_value(&key).expect("room").len(), 32);
    let imported = import(&[], &Attributes::default()).expect("a key").attributes;
    for kind in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
        assert_eq!(imported.boolean(kind), Some(false), "an imported key was outside: {kind:#x}");
    }
    assert_eq!(imported.number(CKA_KEY_GEN_MECHANISM), Some(u64::MAX));
}

/// Every class attribute that PKCS#11 gives a default for is stored, so that a find is plain equality.
#[test]
fn every_attribute_of_the_class_is_stored() {
    let key = import(&[], &Attributes::default()).expect("a key").attributes;
    let left_out = [CKA_VALUE, CKA_CHECK_VALUE, CKA_ALLOWED_MECHANISMS];
    for row in ATTRIBUTES.iter().filter(|row| row.classes.contains(&CKO_SECRET_KEY)) {
        assert_eq!(key.value(row.value).is_some(), !left_out.contains(&row.value), "{}", row.name);
    }
}

/// Whatever worker and template say: a worker only narrows (law 4), for imports and generated keys alike.
#[cfg(not(feature = "laws-off"))]
#[test]
fn a_worker_only_narrows() {
    for own in THREE {
        for wanted in THREE {
            for kind in ONE_WAY_UP.into_iter().chain([CKA_PRIVATE]) {
                let silent = kind != CKA_WRAP_WITH_TRUSTED;
                let expected = own.unwrap_or(silent) || wanted == Some(true);
                let imported = import(&said(kind, own), &wish(kind, wanted)).expect("a key").attributes;
                let made = generate(&said(kind, own), &wish(kind, wanted)).expect("a key");
                assert_eq!((imported.boolean(kind), made.boolean(kind)), (Some(expected), Some(expected)));
                let history = made.boolean(CKA_ALWAYS_SENSITIVE);
                assert_eq!(history, made.boolean(CKA_SENSITIVE), "always sensitive, since it was born so");
            }
            for kind in USAGE.into_iter().chain([CKA_EXTRACTABLE, CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE]) {
                let silent = kind != CKA_EXTRACTABLE;
                let expected = own.unwrap_or(silent) && wanted != Some(false);
                let imported = import(&said(kind, own), &wish(kind, wanted)).expect("a key").attributes;
                let made = generate(&said(kind, own), &wish(kind, wanted)).expect("a key");
                assert_eq!((imported.boolean(kind), made.boolean(kind)), (Some(expected), Some(expected)));
                let history = made.boolean(CKA_NEVER_EXTRACTABLE).expect("stored");
                assert_ne!(Some(history), made.boolean(CKA_EXTRACTABLE), "never extractable, since it was born so");
            }
        }
    }
}

/// What a worker wishes for the engine's own attributes, or for others than the class has, is not heard.
#[test]
fn a_worker_writes_no_history() {
    let mut wanted = Attributes::default();
    for kind in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_TRUSTED, CKA_TOKEN] {
        wanted.set_boolean(kind, true);
    }
    wanted.set_number(CKA_CLASS, CKO_DATA);
    wanted.set_number(CKA_KEY_TYPE, CKK_GENERIC_SECRET);
    wanted.set_number(CKA_VALUE_LEN, 1);
    wanted.set(CKA_VALUE, b"known");
    wanted.set(CKA_UNIQUE_ID, b"another");
    let key = import(&[], &wanted).expect("a key");
    assert_eq!(key.attributes, import(&[], &Attributes::default()).expect("a key").attributes);
    assert_eq!(&*key.secret, &[1; 32]);
}

/// A worker fills what describes, where the template is silent, and nothing that the template says.
#[test]
fn a_worker_fills_what_the_template_leaves_open() {
    let mut wanted = Attributes::default();
    wanted.set(CKA_LABEL, b"the worker's");
    wanted.set(CKA_ID, b"filled");
    let key = generate(&[(CKA_LABEL, b"the application's")], &wanted).expect("a key");
    assert_eq!(key.value(CKA_LABEL), Some(&b"the application's"[..]));
    assert_eq!(key.value(CKA_ID), Some(&b"filled"[..]));
}

/// CKA_ALLOWED_MECHANISMS only gets shorter, and never empty, which would mean all.
#[test]
fn lists_of_mechanisms_only_narrow() {
    let both = [number(CKM_AES_GCM), number(CKM_SHA256_HMAC)].concat();
    let mut wanted = Attributes::default();
    wanted.set(CKA_ALLOWED_MECHANISMS, number(CKM_AES_GCM));
    let key = generate(&[(CKA_ALLOWED_MECHANISMS, &both)], &wanted).expect("a key");
    assert_eq!(key.value(CKA_ALLOWED_MECHANISMS), Some(&number(CKM_AES_GCM)[..]));
    let other = number(CKM_SHA_1_HMAC);
    assert_eq!(generate(&[(CKA_ALLOWED_MECHANISMS, &other)], &wanted).err(), Some(CKR_TEMPLATE_INCONSISTENT));
    assert_eq!(generate(&[], &wanted).expect("a key").value(CKA_ALLOWED_MECHANISMS), Some(&number(CKM_AES_GCM)[..]));
}

/// Each contradictory template gets the CKR_ that PKCS#11 gives it.
#[test]
fn a_contradictory_template_gets_its_own_answer() {
    let nothing = Attributes::default();
    let (data, key, aes) = (number(CKO_DATA), number(CKO_SECRET_KEY), number(CKK_AES));
    let create = |entries: &[(u64, &[u8])], value: Option<&[u8]>| {
        let plain = template(entries);
        let sent = if value.is_some() { with_value(plain) } else { plain };
        created(&sent, &nothing, value.and_then(secret), &ID).map(|_| ())
    };
    let aes_key: [(u64, &[u8]); 2] = [(CKA_CLASS, &key), (CKA_KEY_TYPE, &aes)];
    let and = |more: (u64, &'static [u8])| [&aes_key[..], &[more]].concat();
    let v = Some(&[7_u8; 16][..]);
    for (entries, value, expected) in [
        (aes_key.to_vec(), v, Ok(())),
        (vec![], v, Err(CKR_TEMPLATE_INCOMPLETE)),
        (vec![(CKA_CLASS, &key[..])], v, Err(CKR_TEMPLATE_INCOMPLETE)),
        (aes_key.to_vec(), None, Err(CKR_TEMPLATE_INCOMPLETE)),
        (aes_key.to_vec(), Some(&[7; 17][..]), Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (aes_key.to_vec(), Some(&[][..]), Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (vec![(CKA_CLASS, &key[..]), (CKA_KEY_TYPE, &[0; 8])], v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (vec![(CKA_CLASS, &[9; 8][..])], v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (vec![(CKA_CLASS, &key[..4])], v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (vec![(CKA_CLASS, &data[..]), (CKA_KEY_TYPE, &aes)], v, Err(CKR_TEMPLATE_INCONSISTENT)),
        (and((CKA_VALUE_LEN, &[0, 0, 0, 0, 0, 0, 0, 16])), v, Ok(())),
        (and((CKA_VALUE_LEN, &[0, 0, 0, 0, 0, 0, 0, 32])), v, Err(CKR_TEMPLATE_INCONSISTENT)),
        (and((CKA_CLASS, &[0, 0, 0, 0, 0, 0, 0, 4])), v, Err(CKR_TEMPLATE_INCONSISTENT)),
        (and((CKA_APPLICATION, b"of data objects")), v, Err(CKR_TEMPLATE_INCONSISTENT)),
        (and((0x7fff_0000, b"unknown")), v, Err(CKR_ATTRIBUTE_TYPE_INVALID)),
        (and((CKA_SENSITIVE, &[2])), v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (and((CKA_SENSITIVE, &[])), v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (and((CKA_LABEL, &[0xff, 0xfe])), v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (and((CKA_START_DATE, b"2026112")), v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (and((CKA_START_DATE, b"20261122")), v, Ok(())),
        (and((CKA_ALLOWED_MECHANISMS, &[0; 9])), v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
        (and((CKA_LOCAL, &[1])), v, Err(CKR_ATTRIBUTE_READ_ONLY)),
        (and((CKA_ALWAYS_SENSITIVE, &[1])), v, Err(CKR_ATTRIBUTE_READ_ONLY)),
        (and((CKA_UNIQUE_ID, b"mine")), v, Err(CKR_ATTRIBUTE_READ_ONLY)),
        (and((CKA_TRUSTED, &[1])), v, Err(CKR_ATTRIBUTE_READ_ONLY)),
        (and((CKA_TRUSTED, &[0])), v, Ok(())),
        (and((CKA_VALUE, b"in the clear")), v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
    ] {
        assert_eq!(create(&entries, value), expected, "{entries:?} {value:?}");
    }
    let twice = with_value(aes_template(&[]));
    assert_eq!(created(&twice, &nothing, secret(&[7; 16]), &ID).err(), Some(CKR_TEMPLATE_INCONSISTENT));
    let many = vec![(CKA_LABEL, &b""[..]); 65];
    assert_eq!(create(&many, None), Err(CKR_TEMPLATE_INCONSISTENT));
    let long = vec![b'a'; 65_536];
    assert_eq!(create(&[&aes_key[..], &[(CKA_LABEL, &long)]].concat(), v), Err(CKR_TEMPLATE_INCONSISTENT));
}

/// The same for C_GenerateKey.
#[test]
fn a_contradictory_generation_gets_its_own_answer() {
    let nothing = Attributes::default();
    let make = |mechanism, entries: &[(u64, &[u8])]| {
        generated(&template(entries), &nothing, &Mechanism { r#type: mechanism, parameters: None }, &ID).map(|_| ())
    };
    let length = |bytes| number(bytes);
    assert_eq!(make(CKM_AES_KEY_GEN, &[(CKA_VALUE_LEN, &length(24))]), Ok(()));
    assert_eq!(make(CKM_AES_KEY_GEN, &[]), Err(CKR_TEMPLATE_INCOMPLETE));
    for wrong in [0, 15, 33, u64::MAX] {
        assert_eq!(make(CKM_AES_KEY_GEN, &[(CKA_VALUE_LEN, &length(wrong))]), Err(CKR_ATTRIBUTE_VALUE_INVALID));
    }
    assert_eq!(make(CKM_GENERIC_SECRET_KEY_GEN, &[(CKA_VALUE_LEN, &length(513))]), Err(CKR_ATTRIBUTE_VALUE_INVALID));
    let (data, generic) = (number(CKO_DATA), number(CKK_GENERIC_SECRET));
    let with = |kind, value: &[u8]| make(CKM_AES_KEY_GEN, &[(CKA_VALUE_LEN, &length(16)), (kind, value)]);
    assert_eq!(with(CKA_CLASS, &data), Err(CKR_TEMPLATE_INCONSISTENT));
    assert_eq!(with(CKA_KEY_TYPE, &generic), Err(CKR_TEMPLATE_INCONSISTENT));
    assert_eq!(with(CKA_KEY_TYPE, &number(CKK_AES)), Ok(()));
    assert_eq!(make(CKM_AES_GCM, &[(CKA_VALUE_LEN, &length(16))]), Err(CKR_MECHANISM_INVALID));
    let valued = with_value(template(&[(CKA_VALUE_LEN, &length(16))]));
    let mechanism = Mechanism { r#type: CKM_AES_KEY_GEN, parameters: None };
    assert_eq!(generated(&valued, &nothing, &mechanism, &ID).err(), Some(CKR_TEMPLATE_INCONSISTENT));
}

/// A private data object's value is sealed, a public one's stands among its attributes.
#[test]
fn a_data_objects_value_lies_where_its_privacy_says() {
    let class = number(CKO_DATA);
    let make = |private: &[u8]| {
        let sent = with_value(template(&[(CKA_CLASS, &class), (CKA_PRIVATE, private)]));
        created(&sent, &Attributes::default(), secret(b"data"), &ID).expect("an object")
    };
    let (private, public) = (make(&[1]), make(&[0]));
    assert_eq!((&*private.secret, private.attributes.value(CKA_VALUE)), (&b"data"[..], None));
    assert_eq!((&*public.secret, public.attributes.value(CKA_VALUE)), (&b""[..], Some(&b"data"[..])));
    assert_eq!((private.value(), public.value()), (&b"data"[..], &b"data"[..]));
    assert!(crate::object::without_secrets(&public.attributes).value(CKA_VALUE).is_none());
    let hidden = copied(&public, &template(&[(CKA_PRIVATE, &[1])]), &Attributes::default(), &[6; 16]).expect("a copy");
    assert_eq!((&*hidden.secret, hidden.attributes.value(CKA_VALUE)), (&b"data"[..], None));
}

/// C_SetAttributeValue moves what protects one way only, and history never rises again.
#[cfg(not(feature = "laws-off"))]
#[test]
fn changes_move_one_way() {
    let open = generate(&[(CKA_SENSITIVE, &[0]), (CKA_EXTRACTABLE, &[1])], &Attributes::default()).expect("a key");
    for (kind, tighter) in [(CKA_SENSITIVE, 1), (CKA_WRAP_WITH_TRUSTED, 1), (CKA_EXTRACTABLE, 0), (CKA_COPYABLE, 0)] {
        let tight = changed(&open, &template(&[(kind, &[tighter])])).expect("tighter");
        assert_eq!(tight.value(kind), Some(&[tighter][..]));
        assert_eq!(changed(&tight, &template(&[(kind, &[tighter])])).as_ref(), Ok(&tight), "already so");
        assert_eq!(changed(&tight, &template(&[(kind, &[1 - tighter])])), Err(CKR_ATTRIBUTE_READ_ONLY));
        for history in [CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
            assert_eq!(tight.boolean(history), Some(false), "it was open once");
        }
    }
    for kind in [CKA_TOKEN, CKA_PRIVATE, CKA_MODIFIABLE, CKA_DESTROYABLE] {
        assert_eq!(changed(&open, &template(&[(kind, &[0])])), Err(CKR_ATTRIBUTE_READ_ONLY), "{kind:#x}");
    }
    for (kind, value) in [(CKA_CLASS, number(0)), (CKA_KEY_TYPE, number(0)), (CKA_VALUE_LEN, number(16))] {
        assert_eq!(changed(&open, &template(&[(kind, &value)])), Err(CKR_ATTRIBUTE_READ_ONLY));
    }
    assert_eq!(changed(&open, &with_value(template(&[]))), Err(CKR_ATTRIBUTE_READ_ONLY));
    assert_eq!(changed(&open, &template(&[(CKA_LOCAL, &[0])])), Err(CKR_ATTRIBUTE_READ_ONLY));
    assert_eq!(changed(&open, &template(&[(CKA_APPLICATION, b"x")])), Err(CKR_ATTRIBUTE_TYPE_INVALID));
    let relabelled = changed(&open, &template(&[(CKA_LABEL, b"new"), (CKA_SIGN, &[0])])).expect("modifiable");
    assert_eq!((relabelled.value(CKA_LABEL), relabelled.boolean(CKA_SIGN)), (Some(&b"new"[..]), Some(false)));
    let fixed = generate(&[(CKA_MODIFIABLE, &[0])], &Attributes::default()).expect("a key");
    assert_eq!(changed(&fixed, &template(&[(CKA_LABEL, b"new")])), Err(CKR_ACTION_PROHIBITED));
}

/// A copy is as protected as its source or more, whatever template and worker say.
#[cfg(not(feature = "laws-off"))]
#[test]
fn a_copy_is_no_way_out() {
    let nothing = Attributes::default();
    let source = import(&[(CKA_SIGN, &[0])], &nothing).expect("a key");
    let copy = |entries: &[(u64, &[u8])], wanted: &Attributes| copied(&source, &template(entries), wanted, &[6; 16]);
    for (kind, value) in [(CKA_SENSITIVE, 0), (CKA_EXTRACTABLE, 1), (CKA_TRUSTED, 1), (CKA_LOCAL, 1)] {
        assert_eq!(copy(&[(kind, &[value])], &nothing).err(), Some(CKR_ATTRIBUTE_READ_ONLY), "{kind:#x}");
        let wished = copy(&[], &wish(kind, Some(value == 1))).expect("a copy");
        assert_eq!(wished.attributes.value(kind), source.attributes.value(kind), "{kind:#x}");
    }
    assert_eq!(copy(&[(CKA_PRIVATE, &[0])], &nothing).err(), Some(CKR_TEMPLATE_INCONSISTENT));
    let same = copy(&[(CKA_TOKEN, &[1]), (CKA_LABEL, b"copy"), (CKA_SENSITIVE, &[1])], &nothing).expect("a copy");
    assert_eq!(same.attributes.boolean(CKA_TOKEN), Some(true));
    assert_ne!(same.attributes.value(CKA_UNIQUE_ID), source.attributes.value(CKA_UNIQUE_ID));
    assert_eq!(&*same.secret, &*source.secret);
    assert_eq!(copy(&[], &wish(CKA_SIGN, Some(true))).expect("a copy").attributes.boolean(CKA_SIGN), Some(false));

    let fixed = import(&[(CKA_MODIFIABLE, &[0]), (CKA_SIGN, &[0])], &nothing).expect("a key");
    for more in [CKA_MODIFIABLE, CKA_SIGN] {
        let outcome = copied(&fixed, &template(&[(more, &[1])]), &nothing, &[6; 16]);
        assert_eq!(outcome.err(), Some(CKR_ATTRIBUTE_READ_ONLY));
    }
    let single = import(&[(CKA_COPYABLE, &[0])], &nothing).expect("a key");
    assert_eq!(copied(&single, &template(&[]), &nothing, &[6; 16]).err(), Some(CKR_ACTION_PROHIBITED));
}

/// No sequence of changes and copies, with any wishes, opens a sensitive or unextractable key.
#[cfg(not(feature = "laws-off"))]
#[test]
fn no_sequence_opens_a_key() {
    let nothing = Attributes::default();
    for (sensitive, extractable) in [(1, 0), (1, 1), (0, 0)] {
        let start =
            import(&[(CKA_SENSITIVE, &[sensitive]), (CKA_EXTRACTABLE, &[extractable])], &nothing).expect("a key");
        let mut reached = vec![start];
        for _ in 0..3 {
            let mut next = Vec::new();
            for object in &reached {
                for (kind, value) in
                    [(CKA_SENSITIVE, 0), (CKA_SENSITIVE, 1), (CKA_EXTRACTABLE, 0), (CKA_EXTRACTABLE, 1)]
                {
                    let sent = template(&[(kind, &[value])]);
                    let wanted = wish(kind, Some(value == 1));
                    next.extend(copied(object, &sent, &wanted, &ID));
                    next.extend(copied(object, &template(&[]), &wanted, &ID));
                    if let Ok(attributes) = changed(&object.attributes, &sent) {
                        let secret = SecretBytes::copy_of(&object.secret).expect("room");
                        next.push(Object { attributes, secret });
                    }
                }
            }
            next.dedup_by(|a, b| a.attributes == b.attributes);
            for object in &next {
                assert!(!value_readable(&object.attributes));
                assert_eq!(readable(&object.attributes, &[CKA_VALUE]).withhold, [CKA_VALUE]);
            }
            reached = next;
        }
        assert!(!reached.is_empty());
    }
}

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
    let data = created(&template(&[(CKA_CLASS, &class)]), &Attributes::default(), None, &ID).expect("data");
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
    let opened = changed(&sensitive.attributes, &template(&[(CKA_EXTRACTABLE, &[1]), (CKA_SENSITIVE, &[0])]));
    assert_eq!(opened.expect("no law").boolean(CKA_EXTRACTABLE), Some(true));
    let copy = copied(&sensitive, &template(&[]), &wanted, &ID).expect("no law");
    assert_eq!(copy.attributes.boolean(CKA_SENSITIVE), Some(false));
    let unsigned = import(&[(CKA_ENCRYPT, &[0])], &Attributes::default()).expect("a key");
    let allowed = granted(&unsigned.attributes, &grant(&[Operation::Encrypt], &[]));
    assert!(allowed.permits(Operation::Encrypt, CKM_AES_GCM));
    assert_eq!(readable(&sensitive.attributes, &[CKA_VALUE]).give, [CKA_VALUE]);
}
