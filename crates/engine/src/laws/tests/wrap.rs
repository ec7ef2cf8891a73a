//! Which key wraps which, and law 4 for what is unwrapped.

use super::*;

const KWP: u64 = CKM_AES_KEY_WRAP_KWP;

fn aes(more: &[(u64, &[u8])]) -> Attributes {
    import(more, &Attributes::default()).expect("a key").attributes
}

fn private_rsa(extractable: bool) -> Attributes {
    let mut key = Attributes::default();
    key.set_number(CKA_CLASS, CKO_PRIVATE_KEY);
    key.set_number(CKA_KEY_TYPE, CKK_RSA);
    key.set_boolean(CKA_EXTRACTABLE, extractable);
    key.set_boolean(CKA_WRAP_WITH_TRUSTED, false);
    key
}

/// Usage, type, CKA_ALLOWED_MECHANISMS, CKA_EXTRACTABLE, CKA_WRAP_WITH_TRUSTED: each of them by itself forbids it.
#[test]
fn every_attribute_forbids_by_itself() {
    let open = aes(&[(CKA_EXTRACTABLE, &[1])]);
    let asks = aes(&[(CKA_EXTRACTABLE, &[1]), (CKA_WRAP_WITH_TRUSTED, &[1])]);
    let (carrier, mut trusted) = (aes(&[]), aes(&[]));
    trusted.set_boolean(CKA_TRUSTED, true);
    let gcm = number(CKM_AES_GCM);
    let mut data = Attributes::default();
    data.set_number(CKA_CLASS, CKO_DATA);
    let mut public = private_rsa(true);
    public.set_number(CKA_CLASS, CKO_PUBLIC_KEY);
    for (wrapping, key, expected) in [
        (&carrier, &open, Ok(())),
        (&trusted, &open, Ok(())),
        (&trusted, &asks, Ok(())),
        (&carrier, &private_rsa(true), Ok(())),
        (&carrier, &private_rsa(false), Err(CKR_KEY_UNEXTRACTABLE)),
        (&carrier, &asks, Err(CKR_KEY_NOT_WRAPPABLE)),
        (&carrier, &carrier, Err(CKR_KEY_UNEXTRACTABLE)),
        (&carrier, &data, Err(CKR_KEY_HANDLE_INVALID)),
        (&carrier, &public, Err(CKR_KEY_NOT_WRAPPABLE)),
        (&aes(&[(CKA_WRAP, &[0])]), &open, Err(CKR_KEY_FUNCTION_NOT_PERMITTED)),
        (&aes(&[(CKA_ALLOWED_MECHANISMS, &gcm)]), &open, Err(CKR_MECHANISM_INVALID)),
        (&private_rsa(true), &open, Err(CKR_WRAPPING_KEY_TYPE_INCONSISTENT)),
        (&data, &open, Err(CKR_WRAPPING_KEY_HANDLE_INVALID)),
    ] {
        assert_eq!(wrappable(wrapping, key, KWP), expected, "{wrapping:?} {key:?}");
    }
    assert_eq!(wrappable(&carrier, &open, CKM_SHA256), Err(CKR_MECHANISM_INVALID));
}

fn unwrap(more: &[(u64, &[u8])], wanted: &Attributes) -> Result<Object, Rv> {
    let (class, kind) = (number(CKO_SECRET_KEY), number(CKK_AES));
    let asked = template(&[&[(CKA_CLASS, &class[..]), (CKA_KEY_TYPE, &kind[..])], more].concat());
    let row = vhsm_wire::mechanism(KWP).expect("a row");
    started();
    incoming(&aes(&[]), row, &asked, wanted)?.object(memory::SecretBytes::copy_of(&[1; 32])?, &ID)
}

/// An unwrapped key was outside: its history says so, and a worker only narrows.
#[test]
fn an_unwrapped_key_is_as_an_imported_one() {
    for own in THREE {
        for wanted in THREE {
            for kind in [CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_WRAP, CKA_DECRYPT, CKA_PRIVATE] {
                let imported = import(&said(kind, own), &wish(kind, wanted)).expect("a key");
                let unwrapped = unwrap(&said(kind, own), &wish(kind, wanted)).expect("a key");
                assert_eq!(unwrapped.attributes, imported.attributes, "{kind:#x}");
            }
        }
    }
    let key = unwrap(&[(CKA_SENSITIVE, &[1]), (CKA_EXTRACTABLE, &[0])], &Attributes::default()).expect("a key");
    for kind in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_TRUSTED] {
        assert_eq!(key.attributes.boolean(kind), Some(false), "{kind:#x}");
    }
}

/// A template of another class, without one, with a value of its own, or for a key that does not unwrap.
#[test]
fn a_contradictory_unwrapping_gets_its_own_answer() {
    let row = vhsm_wire::mechanism(KWP).expect("a row");
    started();
    let nothing = Attributes::default();
    let ask = |unwrapping: &Attributes, asked: &Template| incoming(unwrapping, row, asked, &nothing).err();
    let (data, key, kind, rsa) = (number(CKO_DATA), number(CKO_SECRET_KEY), number(CKK_AES), number(CKK_RSA));
    let good = template(&[(CKA_CLASS, &key), (CKA_KEY_TYPE, &kind)]);
    assert_eq!(ask(&aes(&[]), &good), None);
    assert_eq!(ask(&aes(&[(CKA_UNWRAP, &[0])]), &good), Some(CKR_KEY_FUNCTION_NOT_PERMITTED));
    assert_eq!(ask(&private_rsa(true), &good), Some(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT));
    assert_eq!(ask(&aes(&[]), &template(&[])), Some(CKR_TEMPLATE_INCOMPLETE));
    for (class, key_type) in [(data, kind), (key, rsa), (number(CKO_PRIVATE_KEY), kind)] {
        let asked = template(&[(CKA_CLASS, &class), (CKA_KEY_TYPE, &key_type)]);
        assert_eq!(ask(&aes(&[]), &asked), Some(CKR_TEMPLATE_INCONSISTENT));
    }
    assert_eq!(ask(&aes(&[]), &with_value(good)), Some(CKR_TEMPLATE_INCONSISTENT));
    let trusted = template(&[(CKA_CLASS, &key), (CKA_KEY_TYPE, &kind), (CKA_TRUSTED, &[1])]);
    assert_eq!(ask(&aes(&[]), &trusted), Some(CKR_ATTRIBUTE_READ_ONLY));
    let foreign = template(&[(CKA_CLASS, &key), (CKA_KEY_TYPE, &kind), (CKA_MODULUS, b"of other keys")]);
    assert_eq!(ask(&aes(&[]), &foreign), Some(CKR_TEMPLATE_INCONSISTENT), "before anything is decrypted");
    let longer = unwrap(&[(CKA_VALUE_LEN, &number(16))], &Attributes::default());
    assert_eq!(longer.err(), Some(CKR_WRAPPED_KEY_INVALID));
}

/// CKA_TRUSTED is the security officer's to raise and to lower, and nobody else's.
#[test]
fn only_the_security_officer_trusts() {
    let key = aes(&[]);
    let raise = template(&[(CKA_TRUSTED, &[1])]);
    assert_eq!(changed(&key, &raise, false).err(), Some(CKR_ATTRIBUTE_READ_ONLY));
    let trusted = changed(&key, &raise, true).expect("the officer's word");
    assert_eq!(trusted.boolean(CKA_TRUSTED), Some(true));
    let lower = template(&[(CKA_TRUSTED, &[0])]);
    assert_eq!(changed(&trusted, &lower, false).err(), Some(CKR_ATTRIBUTE_READ_ONLY));
    assert_eq!(changed(&trusted, &lower, true).expect("the officer's word").boolean(CKA_TRUSTED), Some(false));
}
