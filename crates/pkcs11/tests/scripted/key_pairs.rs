//! Key pairs: made in one trip, imported with all their secrets, and read.

use super::module::{self, attribute, call};
use super::server::{PAIR, RSA, RSA_OPEN};
use cryptoki_sys::*;
use std::ptr::null_mut;
use vhsm_wire::messages::attribute::Content;
use vhsm_wire::messages::{Template, request::Request};
use vhsm_wire::tables;

fn rsa_generation() -> CK_MECHANISM {
    CK_MECHANISM { mechanism: CKM_RSA_PKCS_KEY_PAIR_GEN, pParameter: null_mut(), ulParameterLen: 0 }
}

fn types(template: Option<Template>) -> Vec<u64> {
    template.expect("a template").attributes.iter().map(|attribute| attribute.r#type).collect()
}

#[test]
fn a_key_pair_is_one_trip() {
    let (server, module) = module::started();
    let session = module.open();
    let before = server.count();
    let bits = 2_048_u64.to_ne_bytes();
    let mut public = [attribute(CKA_MODULUS_BITS, &bits), attribute(CKA_PUBLIC_EXPONENT, &[1, 0, 1])];
    let mut private = [attribute(CKA_LABEL, b"label"), attribute(CKA_SIGN, &[CK_TRUE]), attribute(CKA_ID, b"id")];
    let (mut mechanism, mut keys) = (rsa_generation(), [0; 2]);
    let rv = call!(module.C_GenerateKeyPair(
        session,
        &raw mut mechanism,
        public.as_mut_ptr(),
        2,
        private.as_mut_ptr(),
        3,
        &raw mut keys[0],
        &raw mut keys[1]
    ));
    assert_eq!((rv, keys, server.count() - before), (CKR_OK, PAIR, 1));
    let Request::GenerateKeyPair(asked) = server.last().0 else { panic!("{:?}", server.last()) };
    assert_eq!(asked.mechanism.expect("a mechanism").r#type, CKM_RSA_PKCS_KEY_PAIR_GEN);
    let bits = asked.public_template.as_ref().and_then(|template| template.attributes[0].content.clone());
    assert_eq!(bits, Some(Content::Value(2_048_u64.to_be_bytes().to_vec())));
    assert_eq!(types(asked.public_template), [CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT]);
    assert_eq!(types(asked.private_template), [CKA_LABEL, CKA_SIGN, CKA_ID]);
}

#[test]
fn a_key_pair_needs_two_places_and_no_secrets() {
    let (server, module) = module::started();
    let session = module.open();
    let before = server.count();
    let (mut mechanism, mut key) = (rsa_generation(), 0);
    let place = &raw mut key;
    let mut generate = |public_key, private_key, private: &mut [CK_ATTRIBUTE]| {
        call!(module.C_GenerateKeyPair(
            session,
            &raw mut mechanism,
            null_mut(),
            0,
            private.as_mut_ptr(),
            private.len() as CK_ULONG,
            public_key,
            private_key
        ))
    };
    assert_eq!(generate(null_mut(), place, &mut []), CKR_ARGUMENTS_BAD);
    assert_eq!(generate(place, null_mut(), &mut []), CKR_ARGUMENTS_BAD);
    let mut secret = [attribute(CKA_PRIVATE_EXPONENT, b"mine")];
    assert_eq!(generate(place, place, &mut secret), CKR_TEMPLATE_INCONSISTENT);
    mechanism.mechanism = CKM_RSA_PKCS;
    let rv = call!(module.C_GenerateKeyPair(session, &raw mut mechanism, null_mut(), 0, null_mut(), 0, place, place));
    assert_eq!((rv, server.count()), (CKR_MECHANISM_INVALID, before));
}

#[test]
fn an_imported_key_brings_each_secret_in_its_place() {
    let (server, module) = module::started();
    let session = module.open();
    let secrets = [
        (CKA_PRIVATE_EXPONENT, &b"private exponent"[..]),
        (CKA_PRIME_1, b"first prime"),
        (CKA_PRIME_2, b"second prime"),
        (CKA_EXPONENT_1, b"1"),
        (CKA_EXPONENT_2, b"22"),
        (CKA_COEFFICIENT, b""),
    ];
    let mut template = vec![attribute(CKA_MODULUS, b"modulus"), attribute(CKA_PUBLIC_EXPONENT, &[1, 0, 1])];
    template.extend(secrets.iter().map(|(kind, value)| attribute(*kind, value)));
    let mut key = 0;
    let rv = call!(module.C_CreateObject(session, template.as_mut_ptr(), template.len() as CK_ULONG, &raw mut key));
    assert_eq!((rv, key), (CKR_OK, RSA));
    let Request::CreateObjects(asked) = server.last().0 else { panic!("{:?}", server.last()) };
    let sent = server.last_secrets();
    assert_eq!(sent.len(), secrets.len());
    for entry in &asked.templates[0].attributes {
        let given = secrets.iter().find(|(kind, _)| *kind == entry.r#type);
        match (given, entry.content.as_ref().expect("content")) {
            (Some((_, value)), Content::Secret(at)) => assert_eq!(sent[*at as usize], *value),
            (None, Content::Value(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_private_key_withholds_its_secrets_each() {
    let (server, module) = module::started();
    let session = module.open();
    let before = server.count();
    let mut room = [[0_u8; 8]; 6];
    let kinds = [CKA_MODULUS, CKA_PRIVATE_EXPONENT, CKA_PUBLIC_EXPONENT, CKA_PRIME_1, CKA_COEFFICIENT, CKA_EC_POINT];
    let buffer = |(kind, room): (CK_ATTRIBUTE_TYPE, &mut [u8; 8])| CK_ATTRIBUTE {
        type_: kind,
        pValue: room.as_mut_ptr().cast(),
        ulValueLen: 8,
    };
    let mut template: Vec<CK_ATTRIBUTE> = kinds.into_iter().zip(&mut room).map(buffer).collect();
    let rv = call!(module.C_GetAttributeValue(session, RSA, template.as_mut_ptr(), 6));
    assert_eq!(rv, CKR_ATTRIBUTE_SENSITIVE);
    let lengths: Vec<CK_ULONG> = template.iter().map(|attribute| attribute.ulValueLen).collect();
    let none = CK_UNAVAILABLE_INFORMATION;
    assert_eq!(lengths, [7, none, 3, none, none, none]);
    assert_eq!((&room[0][..7], &room[2][..3]), (&b"modulus"[..], &[1, 0, 1][..]));
    for (kind, expected) in [
        (CKA_PRIVATE_EXPONENT, CKR_ATTRIBUTE_SENSITIVE),
        (CKA_PRIME_1, CKR_ATTRIBUTE_SENSITIVE),
        (CKA_VALUE, CKR_ATTRIBUTE_TYPE_INVALID),
        (CKA_EC_POINT, CKR_ATTRIBUTE_TYPE_INVALID),
        (CKA_MODULUS, CKR_OK),
    ] {
        let mut one = CK_ATTRIBUTE { type_: kind, pValue: null_mut(), ulValueLen: 0 };
        assert_eq!(call!(module.C_GetAttributeValue(session, RSA, &raw mut one, 1)), expected, "{kind:#x}");
    }
    assert_eq!(server.count() - before, 1, "what is withheld, and what no such key has, is known");
    let mut missing = CK_ATTRIBUTE { type_: CKA_COEFFICIENT, pValue: null_mut(), ulValueLen: 0 };
    let rv = call!(module.C_GetAttributeValue(session, RSA, &raw mut missing, 1));
    assert_eq!((rv, server.count() - before), (CKR_ATTRIBUTE_TYPE_INVALID, 2));
    let mut withheld = CK_ATTRIBUTE { type_: CKA_PRIME_1, ..missing };
    let rv = call!(module.C_GetAttributeValue(session, RSA, &raw mut withheld, 1));
    assert_eq!((rv, server.count() - before), (CKR_ATTRIBUTE_SENSITIVE, 2), "another answer does not unsay it");
}

#[test]
fn several_secrets_are_read_at_once() {
    let (server, module) = module::started();
    let session = module.open();
    let before = server.count();
    // Neither in the order of their types, nor of their values' places.
    let (mut prime, mut exponent) = ([0_u8; 0x24], [0_u8; 0x23]);
    let mut template = [
        CK_ATTRIBUTE { type_: CKA_PRIME_1, pValue: prime.as_mut_ptr().cast(), ulValueLen: 0x24 },
        CK_ATTRIBUTE { type_: CKA_MODULUS, pValue: null_mut(), ulValueLen: 0 },
        CK_ATTRIBUTE { type_: CKA_PRIVATE_EXPONENT, pValue: exponent.as_mut_ptr().cast(), ulValueLen: 0x23 },
    ];
    assert_eq!(call!(module.C_GetAttributeValue(session, RSA_OPEN, template.as_mut_ptr(), 3)), CKR_OK);
    assert_eq!((prime, exponent, template[1].ulValueLen), ([0x24; 0x24], [0x23; 0x23], 7));
    assert_eq!(server.count() - before, 1);
}

#[test]
fn key_sizes_and_flags_are_those_of_the_standard() {
    let (_server, module) = module::started();
    let curves = CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_OID;
    let both = CKF_SIGN | CKF_VERIFY | CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY | CKF_MULTI_MESSAGE;
    let recover = CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER;
    let carry = CKF_WRAP | CKF_UNWRAP;
    for (kind, sizes, flags) in [
        (CKM_RSA_PKCS_KEY_PAIR_GEN, (512, 8_192), CKF_GENERATE_KEY_PAIR),
        (CKM_RSA_PKCS, (512, 8_192), CKF_ENCRYPT | CKF_DECRYPT | both | recover | carry),
        (CKM_RSA_PKCS_OAEP, (512, 8_192), CKF_ENCRYPT | CKF_DECRYPT | carry),
        (CKM_EC_KEY_PAIR_GEN, (192, 521), CKF_GENERATE_KEY_PAIR | curves | CKF_EC_UNCOMPRESS),
        (CKM_ECDSA, (192, 521), both | curves | CKF_EC_UNCOMPRESS),
        (CKM_EDDSA, (255, 448), both | curves),
        (CKM_AES_KEY_GEN, (16, 32), CKF_GENERATE),
        (CKM_GENERIC_SECRET_KEY_GEN, (8, 4_096), CKF_GENERATE),
        (CKM_SHA256_HMAC, (1, 512), both),
    ] {
        let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
        assert_eq!(call!(module.C_GetMechanismInfo(1, kind, &raw mut info)), CKR_OK);
        assert_eq!(((info.ulMinKeySize, info.ulMaxKeySize), info.flags), (sizes, flags), "{kind:#x}");
    }
    for row in tables::MECHANISMS {
        let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
        assert_eq!(call!(module.C_GetMechanismInfo(1, row.value, &raw mut info)), CKR_OK);
        assert_eq!(info.flags & CKF_HW, 0, "{}", row.name);
    }
}
