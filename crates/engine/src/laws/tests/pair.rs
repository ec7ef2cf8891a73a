//! Law 4 for public keys, private keys and certificates.

use super::*;

/// The curve P-256: fast to make keys on.
const CURVE: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

fn generate_pair(entries: Halves<&[(u64, &[u8])]>, wanted: Halves<&Attributes>) -> Result<Halves<Attributes>, Rv> {
    started();
    let public = template(&[&[(CKA_EC_PARAMS, CURVE)], entries[0]].concat());
    let mechanism = Mechanism { r#type: CKM_EC_KEY_PAIR_GEN, parameters: None };
    let made = generated_pair([&public, &template(entries[1])], wanted, &mechanism, [&ID, &[6; 16]])?;
    Ok(made.map(|object| object.attributes))
}

fn import_private(more: &[(u64, &[u8])], wanted: &Attributes) -> Result<Object, Rv> {
    started();
    let (class, kind) = (number(CKO_PRIVATE_KEY), number(CKK_EC));
    let said: [(u64, &[u8]); 3] = [(CKA_CLASS, &class), (CKA_KEY_TYPE, &kind), (CKA_EC_PARAMS, CURVE)];
    created(&with_value(template(&[&said, more].concat())), wanted, &[(CKA_VALUE, &[1; 32])], &ID)
}

/// Silent templates make a public key that anyone may see, and a private key that protects itself.
#[test]
fn defaults_protect_the_private_half() {
    let nothing = Attributes::default();
    let [public, private] = generate_pair([&[], &[]], [&nothing, &nothing]).expect("a pair");
    assert_eq!(public.boolean(CKA_PRIVATE), Some(false));
    for (kind, expected) in [
        (CKA_PRIVATE, true),
        (CKA_SENSITIVE, true),
        (CKA_EXTRACTABLE, false),
        (CKA_ALWAYS_SENSITIVE, true),
        (CKA_NEVER_EXTRACTABLE, true),
        (CKA_ALWAYS_AUTHENTICATE, false),
        (CKA_WRAP_WITH_TRUSTED, false),
    ] {
        assert_eq!(private.boolean(kind), Some(expected), "{kind:#x}");
        assert!(kind == CKA_PRIVATE || public.value(kind).is_none(), "{kind:#x} is no attribute of a public key");
    }
    for half in [&public, &private] {
        assert_eq!(half.boolean(CKA_LOCAL), Some(true));
        assert_eq!(half.number(CKA_KEY_GEN_MECHANISM), Some(CKM_EC_KEY_PAIR_GEN));
        assert_eq!(half.value(CKA_EC_PARAMS), Some(CURVE));
        assert_eq!(half.value(CKA_PUBLIC_KEY_INFO), public.value(CKA_PUBLIC_KEY_INFO));
        assert!(half.value(CKA_MODULUS).is_none() && half.value(CKA_VALUE).is_none());
    }
    assert_eq!(private.value(CKA_UNIQUE_ID), Some(&b"06060606-0606-0606-0606-060606060606"[..]));
}

/// Every attribute that the class has for keys of the type is stored, and no other.
#[test]
fn every_attribute_of_class_and_type_is_stored() {
    let nothing = Attributes::default();
    let halves = generate_pair([&[], &[]], [&nothing, &nothing]).expect("a pair");
    for (half, class) in halves.iter().zip([CKO_PUBLIC_KEY, CKO_PRIVATE_KEY]) {
        for row in ATTRIBUTES {
            let of_type = row.key_types.is_empty() || row.key_types.contains(&CKK_EC);
            let stored = row.classes.contains(&class) && of_type && !row.secret && !OPTIONAL.contains(&row.value);
            assert_eq!(half.value(row.value).is_some(), stored, "{} of {class}", row.name);
        }
    }
}

/// Whatever worker and template say: a worker only narrows (law 4), for imported and generated private keys.
#[cfg(not(feature = "laws-off"))]
#[test]
fn a_worker_only_narrows_a_private_key() {
    let nothing = Attributes::default();
    for own in THREE {
        for wanted in THREE {
            let both = |kind| {
                let (said, wish) = (said(kind, own), wish(kind, wanted));
                let [_, made] = generate_pair([&[], &said], [&nothing, &wish]).expect("a pair");
                let imported = import_private(&said, &wish).expect("a key").attributes;
                assert_eq!(made.boolean(kind), imported.boolean(kind), "{kind:#x}");
                made
            };
            for kind in [CKA_PRIVATE, CKA_SENSITIVE, CKA_WRAP_WITH_TRUSTED, CKA_ALWAYS_AUTHENTICATE] {
                let silent = matches!(kind, CKA_PRIVATE | CKA_SENSITIVE);
                let expected = own.unwrap_or(silent) || wanted == Some(true);
                let made = both(kind);
                assert_eq!(made.boolean(kind), Some(expected), "{kind:#x}");
                assert_eq!(made.boolean(CKA_ALWAYS_SENSITIVE), made.boolean(CKA_SENSITIVE));
            }
            for kind in [CKA_DECRYPT, CKA_SIGN, CKA_UNWRAP, CKA_DERIVE, CKA_EXTRACTABLE, CKA_COPYABLE] {
                let expected = own.unwrap_or(kind != CKA_EXTRACTABLE) && wanted != Some(false);
                let made = both(kind);
                assert_eq!(made.boolean(kind), Some(expected), "{kind:#x}");
                assert_ne!(made.boolean(CKA_NEVER_EXTRACTABLE), made.boolean(CKA_EXTRACTABLE));
            }
        }
    }
}

/// A worker's numbers are not heard: neither another curve nor another point.
#[test]
fn a_worker_puts_no_key_of_its_own_in_place() {
    let mut wanted = Attributes::default();
    for kind in [CKA_EC_PARAMS, CKA_EC_POINT, CKA_PUBLIC_KEY_INFO, CKA_VALUE, CKA_MODULUS] {
        wanted.set(kind, b"the worker's");
    }
    let [public, private] = generate_pair([&[], &[]], [&wanted, &wanted]).expect("a pair");
    for half in [public, private, import_private(&[], &wanted).expect("a key").attributes] {
        assert!(half.iter().all(|(_, value)| value != b"the worker's"));
    }
}

/// Each contradictory template gets the CKR_ that PKCS#11 gives it.
#[test]
fn a_contradictory_pair_gets_its_own_answer() {
    let nothing = Attributes::default();
    let make = |public: &[(u64, &[u8])], private: &[(u64, &[u8])]| {
        generate_pair([public, private], [&nothing, &nothing]).map(|_| ())
    };
    let (rsa, secret_key, private_key) = (number(CKK_RSA), number(CKO_SECRET_KEY), number(CKO_PRIVATE_KEY));
    assert_eq!(make(&[], &[(CKA_CLASS, &private_key), (CKA_EC_PARAMS, CURVE)]), Ok(()));
    for (public, private) in [
        (vec![(CKA_KEY_TYPE, &rsa[..])], vec![]),
        (vec![], vec![(CKA_CLASS, &secret_key[..])]),
        (vec![(CKA_EC_POINT, &b"a point"[..])], vec![]),
        (vec![(CKA_SENSITIVE, &[1][..])], vec![]),
        (vec![], vec![(CKA_ENCRYPT, &[1][..])]),
        (vec![], vec![(CKA_EC_PARAMS, &b"another"[..])]),
        (vec![], vec![(CKA_ALWAYS_AUTHENTICATE, &[1][..]), (CKA_PRIVATE, &[0][..])]),
        (vec![(CKA_MODULUS_BITS, &rsa[..])], vec![]),
    ] {
        assert_eq!(make(&public, &private), Err(CKR_TEMPLATE_INCONSISTENT), "{public:?} {private:?}");
    }
    for engines in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
        assert_eq!(make(&[], &[(engines, &[1])]), Err(CKR_ATTRIBUTE_READ_ONLY));
    }
    let mechanism = Mechanism { r#type: CKM_EC_KEY_PAIR_GEN, parameters: None };
    let (public, valued) = (template(&[(CKA_EC_PARAMS, CURVE)]), with_value(template(&[])));
    let refused = generated_pair([&public, &valued], [&nothing, &nothing], &mechanism, [&ID, &ID]);
    assert_eq!(refused.err(), Some(CKR_TEMPLATE_INCONSISTENT));
}

/// An imported private key was outside; its copy keeps all its secrets, and is no less protected.
#[cfg(not(feature = "laws-off"))]
#[test]
fn a_private_key_keeps_its_secrets_in_a_copy() {
    let key = import_private(&[], &Attributes::default()).expect("a key");
    for kind in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
        assert_eq!(key.attributes.boolean(kind), Some(false), "{kind:#x}");
    }
    let copy = copied(&key, &template(&[(CKA_LABEL, b"copy")]), &Attributes::default(), &[7; 16]).expect("a copy");
    assert_eq!((&*copy.secret, copy.secret_value(CKA_VALUE)), (&*key.secret, Some(&[1; 32][..])));
    let both = [CKA_VALUE, CKA_PRIME_1];
    assert_eq!(readable(&key.attributes, &both).withhold, [CKA_VALUE], "an EC key has no primes");
    let open = import_private(&[(CKA_SENSITIVE, &[0]), (CKA_EXTRACTABLE, &[1])], &Attributes::default());
    assert_eq!(readable(&open.expect("a key").attributes, &both).give, [CKA_VALUE]);
}

/// The value of a certificate stands among its attributes, and its key is told apart where it is one.
#[test]
fn a_certificate_is_stored_in_the_clear() {
    started();
    let (class, kind) = (number(CKO_CERTIFICATE), number(0));
    let create = |kind: Option<&[u8]>, value: Option<&[u8]>| {
        let mut said: Vec<(u64, &[u8])> = vec![(CKA_CLASS, &class), (CKA_SUBJECT, b"subject")];
        said.extend(kind.map(|kind| (CKA_CERTIFICATE_TYPE, kind)));
        let sent = if value.is_some() { with_value(template(&said)) } else { template(&said) };
        let secrets: Vec<(u64, &[u8])> = value.map(|value| (CKA_VALUE, value)).into_iter().collect();
        created(&sent, &Attributes::default(), &secrets, &ID)
    };
    // Serial number, signature algorithm, issuer, validity, subject, then the key; the signature is left out.
    let certificate = b"\x30\x12\x30\x10\x02\x01\x05\x30\x00\x30\x00\x30\x00\x30\x00\x30\x03key";
    let made = create(Some(&kind), Some(certificate)).expect("a certificate");
    assert_eq!(made.attributes.value(CKA_VALUE), Some(&certificate[..]));
    assert_eq!(made.attributes.value(CKA_PUBLIC_KEY_INFO), Some(&b"\x30\x03key"[..]));
    assert_eq!((made.secret.len(), made.attributes.boolean(CKA_TRUSTED)), (0, Some(false)));
    assert_eq!(readable(&made.attributes, &[CKA_VALUE]).give, [CKA_VALUE]);
    let other = create(Some(&kind), Some(b"no certificate")).expect("stored all the same");
    assert_eq!(other.attributes.value(CKA_PUBLIC_KEY_INFO), Some(&b""[..]));
    let said = template(&[
        (CKA_CLASS, &class),
        (CKA_SUBJECT, b"subject"),
        (CKA_CERTIFICATE_TYPE, &kind),
        (CKA_PUBLIC_KEY_INFO, b"what the application says"),
    ]);
    let told = created(&with_value(said), &Attributes::default(), &[(CKA_VALUE, certificate)], &ID).expect("stored");
    assert_eq!(told.attributes.value(CKA_PUBLIC_KEY_INFO), Some(&b"what the application says"[..]));
    assert_eq!(create(None, Some(certificate)).err(), Some(CKR_TEMPLATE_INCOMPLETE));
    assert_eq!(create(Some(&kind), None).err(), Some(CKR_TEMPLATE_INCOMPLETE));
    assert_eq!(create(Some(&number(1)), Some(certificate)).err(), Some(CKR_ATTRIBUTE_VALUE_INVALID));
}

/// Each half does its own part, whatever the Grant says.
#[cfg(not(feature = "laws-off"))]
#[test]
fn each_half_of_a_pair_does_its_part() {
    let nothing = Attributes::default();
    let [public, private] = generate_pair([&[], &[]], [&nothing, &nothing]).expect("a pair");
    let grant = Grant { object: 1, operations: (1..=6).collect(), ..Grant::default() };
    let (public, private) = (granted(&public, &grant), granted(&private, &grant));
    assert!(private.permits(Operation::Sign, CKM_ECDSA) && !private.permits(Operation::Verify, CKM_ECDSA));
    assert!(public.permits(Operation::Verify, CKM_ECDSA) && !public.permits(Operation::Sign, CKM_ECDSA));
    for mechanism in [CKM_RSA_PKCS, CKM_AES_GCM, CKM_SHA256, CKM_SHA256_HMAC, CKM_EDDSA] {
        for operation in [Operation::Sign, Operation::Verify, Operation::Decrypt, Operation::DigestKey] {
            assert!(!private.permits(operation, mechanism) && !public.permits(operation, mechanism));
        }
    }
}
