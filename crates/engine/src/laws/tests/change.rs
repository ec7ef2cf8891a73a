//! Law 4 for what is there already.

use super::*;
use crate::memory::SecretBytes;

/// C_SetAttributeValue moves what protects one way only, and history never rises again.
#[test]
fn changes_move_one_way() {
    let open = generate(&[(CKA_SENSITIVE, &[0]), (CKA_EXTRACTABLE, &[1])], &Attributes::default()).expect("a key");
    for (kind, tighter) in [(CKA_SENSITIVE, 1), (CKA_WRAP_WITH_TRUSTED, 1), (CKA_EXTRACTABLE, 0), (CKA_COPYABLE, 0)] {
        let tight = changed(&open, &template(&[(kind, &[tighter])]), false).expect("tighter");
        assert_eq!(tight.value(kind), Some(&[tighter][..]));
        assert_eq!(changed(&tight, &template(&[(kind, &[tighter])]), false).as_ref(), Ok(&tight), "already so");
        assert_eq!(changed(&tight, &template(&[(kind, &[1 - tighter])]), false), Err(CKR_ATTRIBUTE_READ_ONLY));
        for history in [CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
            assert_eq!(tight.boolean(history), Some(false), "it was open once");
        }
    }
    for kind in [CKA_TOKEN, CKA_PRIVATE, CKA_MODIFIABLE, CKA_DESTROYABLE] {
        assert_eq!(changed(&open, &template(&[(kind, &[0])]), false), Err(CKR_ATTRIBUTE_READ_ONLY), "{kind:#x}");
    }
    for (kind, value) in [(CKA_CLASS, number(0)), (CKA_KEY_TYPE, number(0)), (CKA_VALUE_LEN, number(16))] {
        assert_eq!(changed(&open, &template(&[(kind, &value)]), false), Err(CKR_ATTRIBUTE_READ_ONLY));
    }
    assert_eq!(changed(&open, &with_value(template(&[])), false), Err(CKR_ATTRIBUTE_READ_ONLY));
    assert_eq!(changed(&open, &template(&[(CKA_LOCAL, &[0])]), false), Err(CKR_ATTRIBUTE_READ_ONLY));
    assert_eq!(changed(&open, &template(&[(CKA_APPLICATION, b"x")]), false), Err(CKR_ATTRIBUTE_TYPE_INVALID));
    let relabelled = changed(&open, &template(&[(CKA_LABEL, b"new"), (CKA_SIGN, &[0])]), false).expect("modifiable");
    assert_eq!((relabelled.value(CKA_LABEL), relabelled.boolean(CKA_SIGN)), (Some(&b"new"[..]), Some(false)));
    let fixed = generate(&[(CKA_MODIFIABLE, &[0])], &Attributes::default()).expect("a key");
    assert_eq!(changed(&fixed, &template(&[(CKA_LABEL, b"new")]), false), Err(CKR_ACTION_PROHIBITED));
}

/// A copy is as protected as its source or more, whatever template and worker say.
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
                    if let Ok(attributes) = changed(&object.attributes, &sent, false) {
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
