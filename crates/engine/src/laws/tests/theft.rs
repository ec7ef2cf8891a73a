//! Derivations that would give a key away which may not be read, each tried in both builds: with the laws it is refused,
//! without them the key comes out.

use super::*;
use crate::laws::{Derivatives, Derived, derived};
use crate::mechanism::aws_lc::{AesDecryption, AesEncryption, Hash, Hmac};
use vhsm_wire::messages::mechanism::Parameters;
use vhsm_wire::messages::{KdfNumber, KdfParameters, KdfPart, TlsParameters, kdf_part::Part};

/// A template that would let its key be read.
const OPEN: [(u64, &[u8]); 2] = [(CKA_SENSITIVE, &[0]), (CKA_EXTRACTABLE, &[1])];

/// A generic secret of so many bytes that was made here and is never told.
fn hidden(value_bytes: u64) -> Object {
    started();
    let length = number(value_bytes);
    let mechanism = Mechanism { r#type: CKM_GENERIC_SECRET_KEY_GEN, parameters: None };
    let made = generated(&template(&[(CKA_VALUE_LEN, &length)]), &Attributes::default(), &mechanism, &ID);
    let attributes = made.expect("a key");
    Object { secret: mechanism::generate_value(&attributes).expect("a value"), attributes }
}

/// A key with a value that the thief knows.
fn known(key_type: u64, value: &[u8]) -> Object {
    started();
    let (class, kind) = (number(CKO_SECRET_KEY), number(key_type));
    let said = with_value(template(&[&[(CKA_CLASS, &class[..]), (CKA_KEY_TYPE, &kind[..])], &OPEN[..]].concat()));
    created(&said, &Attributes::default(), &[(CKA_VALUE, value)], &ID).expect("a key")
}

fn derive(
    mechanism: u64,
    parameters: Option<Parameters>,
    bases: &[&Object],
    value_bytes: Option<u64>,
) -> Result<Derivatives, Rv> {
    let length = value_bytes.map(number);
    let length = length.as_ref().map(|length| (CKA_VALUE_LEN, &length[..]));
    let template = template(&OPEN.into_iter().chain(length).collect::<Vec<_>>());
    let mechanism = Mechanism { r#type: mechanism, parameters };
    derived(&[Derived { template: &template, wanted: &Attributes::default(), uuid: &ID }], &mechanism, bases)
}

/// With the laws it is refused; without, `control` shows what the thief has.
fn check(outcome: Result<Derivatives, Rv>, refused: Rv, control: impl FnOnce(Derivatives)) {
    if ENFORCED {
        assert_eq!(outcome.err(), Some(refused));
    } else {
        control(outcome.expect("nothing refuses it"));
    }
}

fn mac(key: &[u8]) -> Vec<u8> {
    Hmac::new(Hash::Sha256, key).expect("room").mac(b"data").bytes().to_vec()
}

/// CMAC under a known key over one block, the key: AES goes backwards, too.
#[test]
fn no_mac_that_can_be_computed_back_goes_over_a_key() {
    let (value, victim) = ([7; 16], hidden(16));
    let thiefs = known(CKK_AES, &value);
    let fields = |prf| {
        let parts = [Part::IterationVariable(KdfNumber::default()), Part::FurtherKey(true)];
        let parts = parts.map(|part| KdfPart { part: Some(part) }).to_vec();
        Some(Parameters::Kdf(KdfParameters { prf, parts, iv: Vec::new() }))
    };
    let outcome = derive(CKM_SP800_108_FEEDBACK_KDF, fields(CKM_AES_CMAC), &[&thiefs, &victim], Some(16));
    check(outcome, CKR_MECHANISM_PARAM_INVALID, |made| {
        let (mut subkey, mut block) = ([0; 16], [0; 16]);
        AesEncryption::new(&value).expect("room").ecb(&[0; 16], &mut subkey);
        let doubled = u128::from_be_bytes(subkey);
        let doubled = doubled << 1 ^ if doubled >> 127 == 1 { 0x87 } else { 0 };
        AesDecryption::new(&value).expect("room").ecb(&made.objects[0].secret, &mut block);
        assert_eq!((u128::from_be_bytes(block) ^ doubled).to_be_bytes(), victim.secret[..]);
    });
    let thiefs = known(CKK_GENERIC_SECRET, &value);
    assert!(derive(CKM_SP800_108_FEEDBACK_KDF, fields(CKM_SHA256_HMAC), &[&thiefs, &victim], Some(16)).is_ok());
}

/// A byte of a key, as a key that signs, is guessed in 256 tries, and then the next.
#[test]
fn no_part_of_a_key_becomes_a_key() {
    let victim = hidden(32);
    let data = |bytes: usize| Some(Parameters::DerivationData(vec![0; bytes]));
    let byte = |at: u64| Some(Parameters::FirstBit(8 * at));
    for (kind, parameters, length, at) in [
        (CKM_EXTRACT_KEY_FROM_KEY, byte(0), Some(1), 0),
        (CKM_EXTRACT_KEY_FROM_KEY, byte(31), Some(1), 31),
        (CKM_CONCATENATE_BASE_AND_DATA, data(8), Some(1), 0),
        (CKM_XOR_BASE_AND_DATA, data(32), Some(1), 0),
        (CKM_XOR_BASE_AND_DATA, data(1), None, 0),
    ] {
        check(derive(kind, parameters, &[&victim], length), CKR_TEMPLATE_INCONSISTENT, |made| {
            let guessed = (0..=u8::MAX).find(|guess| mac(&[*guess]) == mac(&made.objects[0].secret));
            assert_eq!(guessed, Some(victim.secret[at]), "{kind:#x}");
        });
    }
    let turned = derive(CKM_EXTRACT_KEY_FROM_KEY, byte(1), &[&victim], Some(32));
    check(turned, CKR_TEMPLATE_INCONSISTENT, |made| assert_eq!(made.objects[0].secret[31], victim.secret[0]));
    for (kind, parameters, length, expected_bytes) in [
        (CKM_EXTRACT_KEY_FROM_KEY, byte(0), Some(32), 32),
        (CKM_CONCATENATE_BASE_AND_DATA, data(8), None, 40),
        (CKM_CONCATENATE_DATA_AND_BASE, data(8), Some(40), 40),
        (CKM_XOR_BASE_AND_DATA, data(40), None, 32),
    ] {
        let whole = derive(kind, parameters, &[&victim], length).expect("all of it").objects.remove(0);
        assert_eq!((whole.secret.len(), whole.attributes.boolean(CKA_SENSITIVE)), (expected_bytes, Some(ENFORCED)));
    }
    let readable = known(CKK_GENERIC_SECRET, &[7; 32]);
    assert!(derive(CKM_EXTRACT_KEY_FROM_KEY, byte(31), &[&readable], Some(1)).is_ok());
}

/// HMAC takes the digest of a key that is longer than its hash's block in the key's place.
#[test]
fn no_digest_stands_for_a_key() {
    let (short, long) = (hidden(64), hidden(65));
    let digest = |base| derive(CKM_SHA256_KEY_DERIVATION, None, &[base], None);
    check(digest(&long), CKR_KEY_SIZE_RANGE, |made| assert_eq!(mac(&made.objects[0].secret), mac(&long.secret)));
    assert!(digest(&short).is_ok());
    assert!(digest(&known(CKK_GENERIC_SECRET, &[7; 65])).is_ok());
}

/// The version within a premaster secret comes from the other side: a key that was made here has none.
#[test]
fn no_key_that_was_made_here_says_how_it_begins() {
    let victim = hidden(48);
    let parameters = || {
        let (client_random, server_random) = (vec![1; 32], vec![2; 32]);
        Some(Parameters::Tls(TlsParameters { prf: CKM_SHA256, client_random, server_random, ..Default::default() }))
    };
    let master = |base| derive(CKM_TLS12_MASTER_KEY_DERIVE, parameters(), &[base], None);
    check(master(&victim), CKR_KEY_FUNCTION_NOT_PERMITTED, |made| assert_eq!(made.besides, victim.secret[..2]));
    let mut premaster = known(CKK_GENERIC_SECRET, &[3; 48]);
    premaster.attributes.set_boolean(CKA_SENSITIVE, true);
    assert_eq!(master(&premaster).expect("a master secret").besides, [3, 3]);
}
