//! Law 4 for what is new.

use super::*;

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
    let mut left_out = vec![CKA_VALUE];
    left_out.extend(OPTIONAL);
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
        let secrets: Vec<(u64, &[u8])> = value.map(|value| (CKA_VALUE, value)).into_iter().collect();
        started();
        created(&sent, &nothing, &secrets, &ID).map(|_| ())
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
        (and((CKA_TRUSTED, &[1])), v, if ENFORCED { Err(CKR_ATTRIBUTE_READ_ONLY) } else { Ok(()) }),
        (and((CKA_TRUSTED, &[0])), v, Ok(())),
        (and((CKA_VALUE, b"in the clear")), v, Err(CKR_ATTRIBUTE_VALUE_INVALID)),
    ] {
        assert_eq!(create(&entries, value), expected, "{entries:?} {value:?}");
    }
    let twice = with_value(aes_template(&[]));
    assert_eq!(created(&twice, &nothing, &[(CKA_VALUE, &[7; 16][..]); 2], &ID).err(), Some(CKR_TEMPLATE_INCONSISTENT));
    let many = vec![(CKA_LABEL, &b""[..]); 65];
    assert_eq!(create(&many, None), Err(CKR_TEMPLATE_INCONSISTENT));
    let long = vec![b'a'; vhsm_wire::limits::OBJECT_ATTRIBUTES_LENGTH_MAX as usize];
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
        started();
        created(&sent, &Attributes::default(), &[(CKA_VALUE, b"data")], &ID).expect("an object")
    };
    let (private, public) = (make(&[1]), make(&[0]));
    assert_eq!((&*private.secret, private.attributes.value(CKA_VALUE)), (&b"data"[..], None));
    assert_eq!((&*public.secret, public.attributes.value(CKA_VALUE)), (&b""[..], Some(&b"data"[..])));
    let read = |object: &Object| object.secret_value(CKA_VALUE).map(<[u8]>::to_vec);
    assert_eq!((read(&private), read(&public)), (Some(b"data".to_vec()), Some(b"data".to_vec())));
    assert!(crate::object::without_secrets(&public.attributes).value(CKA_VALUE).is_none());
    let hidden = copied(&public, &template(&[(CKA_PRIVATE, &[1])]), &Attributes::default(), &[6; 16]).expect("a copy");
    assert_eq!((&*hidden.secret, hidden.attributes.value(CKA_VALUE)), (&b"data"[..], None));
}
