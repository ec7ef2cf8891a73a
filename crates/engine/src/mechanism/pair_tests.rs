//! Promises of RSA, ECDSA and EdDSA.

use super::known;
use super::self_test::bytes;
use super::*;
use crate::laws;
use crate::memory::{self, SecretBytes};
use crate::object::Object;
use crate::rv::*;
use std::sync::Arc;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::SignContextParameters;
use vhsm_wire::messages::attribute::Content;
use vhsm_wire::messages::mechanism::Parameters;
use vhsm_wire::messages::{Attribute, EddsaParameters, Mechanism, OaepParameters, Operation, PssParameters, Template};
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

const P192: &str = "06082a8648ce3d030101";
const P256: &str = "06082a8648ce3d030107";
const CURVES: [(&str, u32); 11] = [
    (P192, 24),
    ("06052b81040021", 28),
    (P256, 32),
    ("06052b81040022", 48),
    ("06052b81040023", 66),
    ("06052b8104000a", 32),
    ("06092b2403030208010105", 28),
    ("06092b2403030208010107", 32),
    ("06092b2403030208010109", 40),
    ("06092b240303020801010b", 48),
    ("06092b240303020801010d", 64),
];
/// Identifiers and names of edwards25519 and edwards448, and lengths of signatures.
const EDWARDS: [(&str, u32); 4] =
    [("06032b6570", 64), ("130c656477617264733235353139", 64), ("06032b6571", 114), ("130a65647761726473343438", 114)];

/// Ciphertexts under the known key whose padding is bad, and the messages that OpenSSL 4.0 answers: a wrong block
/// type, seven bytes of padding, no end of the padding.
const REJECTED: [(&str, &str); 3] = [
    (
        "47fb9595b09cf663956fae5dc83a837a7228444203c8682437abe6bb58227d60e055185602086f8584367bfe2e82230e637282ffbc6e36dcf7553ec503800b7211a6bc083656030bf136c22821996df5d0e6d17f2867fea1d844a5f812681112dbd28fd388d494db2b5b7e0a51204d78947f14e665b8132265b8c90c1cb1f0f7a76eed5e470d7c0e492f5e1e318810dab8af69c092243c38e444d280a43ef98cc78db06c6ca301682af868a433db52ccf7ef0ac2410189a2a101b188fd8d13c1a469e439be75277c129151366cc5d3328f577757889232e3ee8cb509c5e5092fe99fbf0ebe6f200a8133d843af18eac2120a2685c5ef11da166220e57b8af2c2",
        "a730158556476bc04e8db09f6d606021e258281b34bd6ded47d3c8de0a8f5ddd8052104f4c2cf178ded13ba9a263f7de9dee46de1596ee814a611835c26d8b055176b154df4d15620c05c226b7d8ca2b9efe5cce0febee52e0831979aebb45433966b922e0bb0bbe822b860ed51f9b188e340a7d81076f1afe99c5b98972edc1d018f53d2b792f2c16f2d5c8a8c1cfd6cf7e3c55c08c099f99b6d1cd441335ac5be93aea6fd8b6b352bb0e711032daa98f04ea790e933d1771c648caef46e180a1294464e5b9e037556b4df0b46634edfd8d070df1e9e067c1e4fd60d8fa288c93bdf8c2b6497e3da3aba96aa850ccf6997b",
    ),
    (
        "3088d74004c628bd7daa002e8034ce0c868652443bd39f195a57aa0dd086c86f4da63dea4eec8ab256e05ddfd1acfbd408f8e893afabeada8a070240515c7b03ceeb79e0bf61f02d457ca1a28c610d712cbf7a984000d94db6a9b3870c5c06ef341fde481a3f185b71ab6a09fd16b6f975db542adb2d6986882109f2561aad1f537b94c5394be3311e049f1c42df67c822e78aa19b0b918c4b6c8161affbcf37ce6e4198bc4ebd5f7b6c7ba6b2b9843852c58c5ade0c02f4611264946e31175ec8f04bcb4f3694ebb4550e6170b6a4f5bf1db1e78e7a3fbc695b65b81a47e88f1126439d8177ceee358d881162d2991a863374affa25d862e0ce03857c51a6f2",
        "780efe2a0ba6530689e6f328088052aa77a667fad2a1926e20ec55502b78d3bf65d5726cfadb1c4d98aee57ad58743dbdbc2b4b9f614c29334b8035881e9419e426bbc1f71647e6e0b3d856e4d350f021c3e5105081cb4199e2bf8645cd4aa66ea9aa63e3106be521b596fe5dbd9ffd3a636bf147908a01f36d370ee25b921ca54875dfb783fc9958379b300572494bcc2a22d9c17dec1332854631c44bc30956f228ec675c579a0eeb25eedb5b8027976fcc9f669320c6bb2a8e5ce7fb79069815356c24ba52f3ef714d3effc1159d926811be9d3c7b3",
    ),
    (
        "76ff9add82dcb324effa666f03ebcac4b401d03ee8be064e369a5714d41925e5ab9cf5659df351e4ffb4854b471fa5a89512b636041c791b8dda4c7e0c350938075c455dfe5f50741bc4a7ff23e9c6e45357efb1ca2fb6edba8eff4c25bf00226a28de5b07b1d43c488a8f1c4c85118f65dccb21b4dda002756627c7104387ba8f3cee9df543422eb8c42a09996238e3ee0b2106afbf6c14f046465ada6b452c607991710876250cbbbcb5eadaa5b45b4d8b334f6c70425717d286737d4d358f580a279c64a81ff6e67f0c8efb586458301b6626ec775ffd8c252a1b61bd920f97fe4bbc54301bbdd31b55da1e4eef6cae55cc0cde7692a75dd5e57a383d908f",
        "c649d36164ddeeb485774e1039eeec99240f76a000c7133071bd8895e50823399b64a8edfd8087de7420bdf1dfb66c4438d70f57d7c295fd7123af18d34ff46de4e23e0a648c770da1f8ced13d14921b1a16517f86f46905a7adefce24a248bd089f2c284217e2c7b1cb3d04e688bb0a84dbd7017bca11d2cf1b00c2f2d5bb8ea4777da03c4ad1574de9361320b8c214726f9a81693a30c02ad11634f220c74dc4509ce9c47b9138f5a3ed16863bdabba7",
    ),
];

type Pair = [Arc<ReadyKey>; 2];

fn template(entries: &[(u64, &[u8])]) -> Template {
    let value =
        |(kind, value): &(u64, &[u8])| Attribute { r#type: *kind, content: Some(Content::Value(value.to_vec())) };
    Template { attributes: entries.iter().map(value).collect() }
}

fn with_secrets(mut template: Template, secrets: &[(u64, &[u8])]) -> Template {
    template.attributes.extend(
        secrets
            .iter()
            .zip(0..)
            .map(|((kind, _), index)| Attribute { r#type: *kind, content: Some(Content::Secret(index)) }),
    );
    template
}

fn mechanism(kind: u64, parameters: Option<Parameters>) -> Mechanism {
    Mechanism { r#type: kind, parameters }
}

fn ready(object: &Object) -> Arc<ReadyKey> {
    let secret = SecretBytes::copy_of(&object.secret).expect("room");
    Arc::new(ReadyKey::new(&object.attributes, secret).expect("a key"))
}

fn generate(kind: u64, asked: &[(u64, &[u8])]) -> Result<[Object; 2], Rv> {
    memory::start(None).expect("secret memory");
    let nothing = Attributes::default();
    let templates = [&template(asked), &template(&[])];
    laws::generated_pair(templates, [&nothing, &nothing], &mechanism(kind, None), [&[1; 16], &[2; 16]])
}

fn pair(kind: u64, asked: &[(u64, &[u8])]) -> Pair {
    generate(kind, asked).expect("a pair").each_ref().map(ready)
}

fn import(class: u64, kind: u64, said: &[(u64, &[u8])], secrets: &[(u64, &[u8])]) -> Result<Object, Rv> {
    memory::start(None).expect("secret memory");
    let (class, kind) = (class.to_be_bytes(), kind.to_be_bytes());
    let said = template(&[&[(CKA_CLASS, &class[..]), (CKA_KEY_TYPE, &kind[..])], said].concat());
    laws::created(&with_secrets(said, secrets), &Attributes::default(), secrets, &[3; 16])
}

fn known_rsa() -> Pair {
    let (modulus, secrets) = (bytes(known::RSA_MODULUS), rsa_secrets());
    let said: [(u64, &[u8]); 2] = [(CKA_MODULUS, &modulus), (CKA_PUBLIC_EXPONENT, &[1, 0, 1])];
    let secrets: Vec<(u64, &[u8])> = secrets.iter().map(|(kind, value)| (*kind, &value[..])).collect();
    [
        ready(&import(CKO_PUBLIC_KEY, CKK_RSA, &said, &[]).expect("a public key")),
        ready(&import(CKO_PRIVATE_KEY, CKK_RSA, &said, &secrets).expect("a private key")),
    ]
}

fn rsa_secrets() -> [(u64, Vec<u8>); 6] {
    [
        (CKA_PRIVATE_EXPONENT, bytes(known::RSA_PRIVATE_EXPONENT)),
        (CKA_PRIME_1, bytes(known::RSA_PRIME_1)),
        (CKA_PRIME_2, bytes(known::RSA_PRIME_2)),
        (CKA_EXPONENT_1, bytes(known::RSA_EXPONENT_1)),
        (CKA_EXPONENT_2, bytes(known::RSA_EXPONENT_2)),
        (CKA_COEFFICIENT, bytes(known::RSA_COEFFICIENT)),
    ]
}

fn done(key: &ReadyKey, operation: Operation, mechanism: &Mechanism, data: &[u8]) -> Result<Vec<u8>, Rv> {
    let mut out = Vec::new();
    key.complete(operation, mechanism, data, None, &mut out).map(|()| out)
}

fn verify(key: &ReadyKey, mechanism: &Mechanism, data: &[u8], signature: &[u8]) -> Result<(), Rv> {
    key.complete(Operation::Verify, mechanism, data, Some(signature), &mut Vec::new())
}

/// Signs whole and in parts, verifies both ways, and refuses what was changed or has another length.
fn check_signing([public, private]: &Pair, mechanism: &Mechanism, data: &[u8]) {
    let name = vhsm_wire::mechanism(mechanism.r#type).expect("a row").name;
    let whole = done(private, Operation::Sign, mechanism, data).expect(name);
    let (first, second) = data.split_at(data.len() / 2);
    let mut stream = private.start(Operation::Sign, mechanism).expect(name);
    let mut parts = Vec::new();
    stream.update(first, &mut parts).expect(name);
    assert!(parts.is_empty());
    stream.finish(second, None, &mut parts).expect(name);
    for signature in [&whole, &parts] {
        assert_eq!(verify(public, mechanism, data, signature), Ok(()), "{name}");
        let mut stream = public.start(Operation::Verify, mechanism).expect(name);
        stream.update(first, &mut Vec::new()).expect(name);
        assert_eq!(stream.finish(second, Some(signature), &mut Vec::new()), Ok(()), "{name}");
    }
    let mut changed = data.to_vec();
    changed[0] ^= 1;
    assert_eq!(verify(public, mechanism, &changed, &whole), Err(CKR_SIGNATURE_INVALID), "{name}");
    let mut forged = whole.clone();
    forged[whole.len() - 1] ^= 1;
    assert_eq!(verify(public, mechanism, data, &forged), Err(CKR_SIGNATURE_INVALID), "{name}");
    assert_eq!(verify(public, mechanism, data, &whole[1..]), Err(CKR_SIGNATURE_LEN_RANGE), "{name}");
}

fn pss(row: &MechanismRow) -> Mechanism {
    let parameters = PssParameters { hash: row.hash.unwrap_or(CKM_SHA256), mgf: 2, salt_length: 20 };
    mechanism(row.value, Some(Parameters::Pss(parameters)))
}

fn oaep(hash: u64, label: &[u8]) -> Mechanism {
    let parameters = OaepParameters { hash, mgf: 1, label: label.to_vec() };
    mechanism(CKM_RSA_PKCS_OAEP, Some(Parameters::Oaep(parameters)))
}

/// Every signature mechanism of the table signs and verifies, on keys of each of its types.
#[test]
fn every_signature_mechanism_of_a_pair_works() {
    let rsa = known_rsa();
    let ec = CURVES.map(|(curve, _)| pair(CKM_EC_KEY_PAIR_GEN, &[(CKA_EC_PARAMS, &bytes(curve))]));
    let edwards = EDWARDS.map(|(curve, _)| pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, &[(CKA_EC_PARAMS, &bytes(curve))]));
    let ml_dsa = [1_u64, 2, 3].map(|set| pair(CKM_ML_DSA_KEY_PAIR_GEN, &[(CKA_PARAMETER_SET, &set.to_be_bytes())]));
    // The quickest set of SLH-DSA; tests/behaviour/test_slh_dsa.py has the others.
    let slh_dsa = [3_u64].map(|set| pair(CKM_SLH_DSA_KEY_PAIR_GEN, &[(CKA_PARAMETER_SET, &set.to_be_bytes())]));
    for row in MECHANISMS.iter().filter(|row| row.operations.contains(&vhsm_wire::table::Operation::Sign)) {
        match (row.key_types, row.parameters) {
            ([CKK_RSA], vhsm_wire::table::Parameters::Pss) => check_signing(&rsa, &pss(row), &[7; 32]),
            ([CKK_RSA], _) => check_signing(&rsa, &mechanism(row.value, None), &[7; 32]),
            ([CKK_EC], _) => {
                ec.iter().for_each(|pair| check_signing(pair, &mechanism(row.value, None), &[7; 20]));
            }
            ([CKK_EC_EDWARDS], _) => {
                for (prehash, context) in [(true, &b""[..]), (true, b"context"), (false, b"context")] {
                    let parameters = EddsaParameters { prehash, context: context.to_vec() };
                    let with = mechanism(row.value, Some(Parameters::Eddsa(parameters)));
                    edwards.iter().for_each(|pair| check_signing(pair, &with, b"message"));
                }
                edwards.iter().for_each(|pair| check_signing(pair, &mechanism(row.value, None), b"message"));
            }
            ([key_type @ (CKK_ML_DSA | CKK_SLH_DSA)], parameters) => {
                let pairs = if *key_type == CKK_ML_DSA { &ml_dsa[..] } else { &slh_dsa };
                let given = parameters == vhsm_wire::table::Parameters::HashSignContext;
                let hash = if given { CKM_SHA256 } else { 0 };
                let parameters = SignContextParameters { hedge: 1, context: b"context".to_vec(), hash };
                let with = mechanism(row.value, Some(Parameters::SignContext(parameters)));
                pairs.iter().for_each(|pair| check_signing(pair, &with, &[7; 32]));
            }
            _ => {}
        }
    }
}

/// What is published comes out, and what OpenSSL signed.
#[test]
fn known_answers_come_out_of_ready_keys() {
    let sha256 = mechanism(CKM_SHA256_RSA_PKCS, None);
    let signature = done(&known_rsa()[1], Operation::Sign, &sha256, known::MESSAGE).expect("a signature");
    assert_eq!(signature, bytes(known::RSA_SIGNATURE));
    let (curve, point) = (bytes(P256), bytes(known::P256_POINT));
    let said: [(u64, &[u8]); 2] = [(CKA_EC_PARAMS, &curve), (CKA_EC_POINT, &point)];
    let public = import(CKO_PUBLIC_KEY, CKK_EC, &said, &[]).expect("a public key");
    assert_eq!(public.attributes.value(CKA_EC_POINT), Some(&[&[4, 65], &point[..]].concat()[..]), "stored as DER");
    let ecdsa = mechanism(CKM_ECDSA_SHA256, None);
    assert_eq!(verify(&ready(&public), &ecdsa, b"sample", &bytes(known::P256_SIGNATURE)), Ok(()));
    let scalar = bytes(known::P256_SCALAR);
    let private = import(CKO_PRIVATE_KEY, CKK_EC, &said[..1], &[(CKA_VALUE, &scalar)]).expect("a private key");
    assert_eq!(private.secret_value(CKA_VALUE), Some(&scalar[..]));
    let info = private.attributes.value(CKA_PUBLIC_KEY_INFO).expect("stored");
    assert_eq!(info[..26], bytes("3059301306072a8648ce3d020106082a8648ce3d030107034200"));
    assert_eq!((&info[26..], public.attributes.value(CKA_PUBLIC_KEY_INFO)), (&point[..], Some(info)));
}

/// Encryption comes back, and the wrong label, hash or key type does not.
#[test]
fn rsa_encryption_comes_back() {
    let [public, private] = known_rsa();
    let raw = mechanism(CKM_RSA_X_509, None);
    for with in [mechanism(CKM_RSA_PKCS, None), oaep(CKM_SHA256, b""), oaep(CKM_SHA512, b"label")] {
        let sealed = done(&public, Operation::Encrypt, &with, b"secret").expect("ciphertext");
        assert_eq!(done(&private, Operation::Decrypt, &with, &sealed).expect("plaintext"), b"secret");
        assert_eq!(done(&private, Operation::Decrypt, &with, &sealed[1..]), Err(CKR_ENCRYPTED_DATA_LEN_RANGE));
        assert_eq!(done(&private, Operation::Decrypt, &with, &[0xff; 256]), Err(CKR_ENCRYPTED_DATA_INVALID));
        assert_eq!(done(&public, Operation::Encrypt, &with, &[1; 250]), Err(CKR_DATA_LEN_RANGE));
    }
    let sealed = done(&public, Operation::Encrypt, &oaep(CKM_SHA256, b"one"), b"secret").expect("ciphertext");
    for other in [oaep(CKM_SHA256, b"another"), oaep(CKM_SHA384, b"one")] {
        assert_eq!(done(&private, Operation::Decrypt, &other, &sealed), Err(CKR_ENCRYPTED_DATA_INVALID));
    }
    let sealed = done(&public, Operation::Encrypt, &raw, b"block").expect("ciphertext");
    let block = done(&private, Operation::Decrypt, &raw, &sealed).expect("a block");
    assert_eq!((block.len(), &block[251..]), (256, &b"block"[..]));
}

/// A bad padding is never told: its message is OpenSSL's substitute, the same every time.
#[test]
fn bad_padding_becomes_a_message() {
    let [public, private] = known_rsa();
    let with = mechanism(CKM_RSA_PKCS, None);
    for (ciphertext, message) in REJECTED {
        for _ in 0..2 {
            let answered = done(&private, Operation::Decrypt, &with, &bytes(ciphertext)).expect("a message");
            assert_eq!(answered, bytes(message));
        }
    }
    for length in [0, 1, 244, 245] {
        let data = vec![0; length];
        let sealed = done(&public, Operation::Encrypt, &with, &data).expect("ciphertext");
        assert_eq!(done(&private, Operation::Decrypt, &with, &sealed), Ok(data));
    }
}

/// What is unwrapped always has a length that keys of its type have: whether there was one shows nowhere.
#[test]
fn bad_padding_becomes_a_key_of_its_type() {
    let [public, private] = known_rsa();
    let with = mechanism(CKM_RSA_PKCS, None);
    let sealed = |length| done(&public, Operation::Encrypt, &with, &vec![9; length]).expect("ciphertext");
    for (key_type, lengths) in [
        (CKK_AES, &[16, 24, 32][..]),
        (CKK_AES_XTS, &[32, 64]),
        (CKK_CHACHA20, &[32]),
        (CKK_DES2, &[16]),
        (CKK_DES3, &[24]),
    ] {
        let unwrap = |wrapped: &[u8]| {
            private.unwrap(&with, wrapped, Carried::Secret { key_type, value_bytes: None }).expect("a key")
        };
        let others = [sealed(0), sealed(17), sealed(245)];
        for wrapped in REJECTED.map(|(ciphertext, _)| bytes(ciphertext)).iter().chain(&others) {
            assert!(lengths.contains(&unwrap(wrapped).len()), "{key_type}");
        }
        for length in lengths {
            assert_eq!(unwrap(&sealed(*length))[..], vec![9; *length], "{key_type}");
        }
    }
}

/// Generated keys have the size that was asked for, their numbers, and what the module must know of them.
#[test]
fn generated_pairs_are_what_was_asked_for() {
    let bits = |bits: u64| bits.to_be_bytes();
    let [public, private] = generate(CKM_RSA_PKCS_KEY_PAIR_GEN, &[(CKA_MODULUS_BITS, &bits(1024))]).expect("a pair");
    assert_eq!(public.attributes.value(CKA_PUBLIC_EXPONENT), Some(&[1, 0, 1][..]));
    assert_eq!(public.attributes.value(CKA_MODULUS), private.attributes.value(CKA_MODULUS), "readable on both");
    assert_eq!((key_size(&public.attributes), key_size(&private.attributes)), (Some(1024), Some(1024)));
    assert_eq!(output_bytes(CKM_RSA_PKCS, &private.attributes), 128);
    assert!(public.secret.is_empty() && private.secret_value(CKA_PRIME_1).is_some_and(|prime| prime.len() == 64));
    let sign = mechanism(CKM_SHA256_RSA_PKCS, None);
    check_signing(&[ready(&public), ready(&private)], &sign, b"data");
    for (curve, half) in CURVES {
        let [_, private] = generate(CKM_EC_KEY_PAIR_GEN, &[(CKA_EC_PARAMS, &bytes(curve))]).expect("a pair");
        assert_eq!(output_bytes(CKM_ECDSA, &private.attributes), 2 * half);
        assert_eq!(private.secret_value(CKA_VALUE).map(<[u8]>::len), Some(half as usize));
    }
    for (curve, signature_bytes) in EDWARDS {
        let [_, private] = generate(CKM_EC_EDWARDS_KEY_PAIR_GEN, &[(CKA_EC_PARAMS, &bytes(curve))]).expect("a pair");
        assert_eq!(output_bytes(CKM_EDDSA, &private.attributes), signature_bytes);
        let empty = mechanism(CKM_EDDSA, Some(Parameters::Eddsa(EddsaParameters::default())));
        let signed = done(&ready(&private), Operation::Sign, &empty, b"message");
        // RFC 8032, 8.3: Ed25519ctx wants a context; Ed448 has it always, perhaps empty.
        assert_eq!(signed.is_ok(), signature_bytes == 114, "{signed:?}");
        assert_eq!(check(Operation::Sign, &empty, &private.attributes), signed.map(|_| ()));
    }
    for (kind, asked, expected) in [
        (CKM_RSA_PKCS_KEY_PAIR_GEN, vec![], CKR_TEMPLATE_INCOMPLETE),
        (CKM_RSA_PKCS_KEY_PAIR_GEN, vec![(CKA_MODULUS_BITS, &bits(384)[..])], CKR_KEY_SIZE_RANGE),
        (CKM_RSA_PKCS_KEY_PAIR_GEN, vec![(CKA_MODULUS_BITS, &bits(1025)[..])], CKR_KEY_SIZE_RANGE),
        (CKM_EC_KEY_PAIR_GEN, vec![], CKR_TEMPLATE_INCOMPLETE),
        (CKM_EC_KEY_PAIR_GEN, vec![(CKA_EC_PARAMS, &bytes(EDWARDS[0].0)[..])], CKR_CURVE_NOT_SUPPORTED),
        (CKM_EC_KEY_PAIR_GEN, vec![(CKA_EC_PARAMS, b"P-256")], CKR_DOMAIN_PARAMS_INVALID),
        (CKM_AES_KEY_GEN, vec![], CKR_MECHANISM_INVALID),
    ] {
        assert_eq!(generate(kind, &asked).err(), Some(expected));
    }
}

/// No bad key gets in.
#[test]
fn a_private_key_that_does_not_hold_together_is_refused() {
    let (modulus, secrets) = (bytes(known::RSA_MODULUS), rsa_secrets());
    let said: [(u64, &[u8]); 2] = [(CKA_MODULUS, &modulus), (CKA_PUBLIC_EXPONENT, &[1, 0, 1])];
    let import_rsa = |secrets: &[(u64, Vec<u8>)]| {
        let secrets: Vec<(u64, &[u8])> = secrets.iter().map(|(kind, value)| (*kind, &value[..])).collect();
        import(CKO_PRIVATE_KEY, CKK_RSA, &said, &secrets)
    };
    let whole = import_rsa(&secrets).expect("a key");
    assert_eq!(import_rsa(&secrets[..3]).expect("a key").secret[..], whole.secret[..], "the CRT's parts are found");
    assert_eq!(import_rsa(&secrets[..1]).err(), Some(CKR_TEMPLATE_INCOMPLETE));
    for at in 0..secrets.len() {
        let mut wrong = secrets.clone();
        wrong[at].1[20] ^= 4;
        assert_eq!(import_rsa(&wrong).err(), Some(CKR_ATTRIBUTE_VALUE_INVALID), "{:#x}", wrong[at].0);
    }
    for at in 0..secrets.len() {
        let mut wrong = secrets[..secrets.len().min(at.max(2) + 1)].to_vec();
        wrong[at].1 = vec![0xff; 20_000];
        assert_eq!(import_rsa(&wrong).err(), Some(CKR_ATTRIBUTE_VALUE_INVALID), "{:#x} too long", wrong[at].0);
    }
    let curve = bytes(P256);
    let order = bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    for scalar in [&[0; 32][..], &order, &[0xff; 33], b""] {
        let refused = import(CKO_PRIVATE_KEY, CKK_EC, &[(CKA_EC_PARAMS, &curve)], &[(CKA_VALUE, scalar)]);
        assert_eq!(refused.err(), Some(CKR_ATTRIBUTE_VALUE_INVALID));
    }
    let point: Vec<u8> = bytes(known::P256_POINT).iter().map(|byte| byte ^ 1).collect();
    let refused = import(CKO_PUBLIC_KEY, CKK_EC, &[(CKA_EC_PARAMS, &curve), (CKA_EC_POINT, &point)], &[]);
    assert_eq!(refused.err(), Some(CKR_ATTRIBUTE_VALUE_INVALID));
}
