//! Derived keys: no worker makes one weaker than its base keys and its template say.

use super::*;
use crate::laws::{Derived, derived};
use vhsm_wire::messages::mechanism::Parameters;

/// CKM_XOR_BASE_AND_DATA with zeros: what is derived is the base key.
fn zeros() -> Mechanism {
    Mechanism { r#type: CKM_XOR_BASE_AND_DATA, parameters: Some(Parameters::DerivationData(vec![0; 32])) }
}

fn base(more: &[(u64, &[u8])]) -> Object {
    let attributes = generate(more, &Attributes::default()).expect("lawful");
    let secret = mechanism::generate_value(&attributes).expect("lawful");
    Object { attributes, secret }
}

fn derive(template: &Template, wanted: &Attributes, base: &Object) -> Result<Object, Rv> {
    let key = Derived { template, wanted, uuid: &ID };
    derived(&[key], &zeros(), &[base]).map(|mut made| made.objects.remove(0))
}

#[test]
fn what_tells_a_sensitive_key_is_sensitive() {
    started();
    let open: &[(u64, &[u8])] = &[(CKA_SENSITIVE, &[0]), (CKA_EXTRACTABLE, &[1])];
    let made = derive(&template(open), &Attributes::default(), &base(&[])).expect("lawful");
    assert_eq!(
        (made.attributes.boolean(CKA_SENSITIVE), made.attributes.boolean(CKA_EXTRACTABLE)),
        (Some(true), Some(false))
    );
    // The control: of a key that may be read, what is derived may be, too.
    let made = derive(&template(open), &Attributes::default(), &base(open)).expect("lawful");
    assert_eq!(
        (made.attributes.boolean(CKA_SENSITIVE), made.attributes.boolean(CKA_EXTRACTABLE)),
        (Some(false), Some(true))
    );
}

#[test]
fn a_worker_takes_no_protection_from_a_derived_key() {
    started();
    for (kind, weak) in [(CKA_SENSITIVE, false), (CKA_EXTRACTABLE, true), (CKA_PRIVATE, false)] {
        let made = derive(&template(&[]), &wish(kind, Some(weak)), &base(&[])).expect("lawful");
        assert_eq!(made.attributes.boolean(kind), Some(!weak), "{kind:#x}");
    }
}

#[test]
fn a_key_that_does_not_derive_is_refused() {
    started();
    let made = derive(&template(&[]), &Attributes::default(), &base(&[(CKA_DERIVE, &[0])]));
    assert_eq!(made.err(), Some(CKR_KEY_FUNCTION_NOT_PERMITTED));
}
