//! Requests: decoded, and their templates put through the laws together with whatever a worker may wish.

use prost::Message;
use vhsm_engine::laws;
use vhsm_engine::mechanism;
use vhsm_engine::memory::SecretBytes;
use vhsm_engine::object::Object;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Operation, Request, Template, attribute, request};
use vhsm_wire::tables::*;

const UUID: [u8; 16] = [7; 16];
/// A length that every kind of key may have.
const VALUE_LENGTH: usize = 32;

/// A request and a worker's wish: length of the request (u16, big-endian) | request | canonical attributes.
///
/// # Panics
/// When the code under test does, or a law lets an object be less protected than its template asks.
pub fn request(bytes: &[u8]) {
    crate::start();
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return };
    let (message, wish) = rest.split_at(rest.len().min(usize::from(u16::from_be_bytes(*length))));
    let wanted = Attributes::parse(wish);
    if let Ok(parsed) = &wanted {
        assert_eq!(parsed.encode(), wish, "there is one canonical form");
    }
    let wanted = wanted.unwrap_or_default();
    let Ok(request) = Request::decode(message) else { return };
    match request.request {
        Some(request::Request::CreateObjects(asked)) => {
            for template in &asked.templates {
                create(template, &wanted);
            }
        }
        Some(request::Request::GenerateKey(asked)) => {
            let template = asked.template.unwrap_or_default();
            let mechanism = asked.mechanism.unwrap_or_default();
            if let Ok(made) = laws::generated(&template, &wanted, &mechanism, &UUID) {
                protects(&template, &made);
            }
        }
        Some(request::Request::CopyObject(asked)) => copy(&asked.template.unwrap_or_default(), &wanted),
        Some(request::Request::SetAttributes(asked)) => {
            for officer in [false, true] {
                if let Ok(new) = laws::changed(&wanted, &asked.template.clone().unwrap_or_default(), officer) {
                    no_less_protected(&wanted, &new);
                }
            }
        }
        Some(request::Request::ReadAttributes(asked)) => {
            let readable = laws::readable(&wanted, &asked.types);
            assert!(readable.give.is_empty() || laws::value_readable(&wanted), "only a readable value is given");
        }
        Some(request::Request::Prepare(asked)) => {
            if let (Ok(operation), Some(mechanism)) = (Operation::try_from(asked.operation), &asked.mechanism) {
                let _ = mechanism::check(operation, mechanism, &wanted);
            }
        }
        _ => {}
    }
}

fn create(template: &Template, wanted: &Attributes) {
    let value = SecretBytes::zeroed(VALUE_LENGTH).expect("one value fits");
    let named = template.attributes.iter().filter(|each| matches!(each.content, Some(attribute::Content::Secret(_))));
    let secrets: Vec<(u64, &[u8])> = named.map(|each| (each.r#type, &value[..])).collect();
    if let Ok(made) = laws::created(template, wanted, &secrets, &UUID) {
        protects(template, &made.attributes);
        assert_ne!(made.attributes.boolean(CKA_ALWAYS_SENSITIVE), Some(true), "it was outside");
        assert_ne!(made.attributes.boolean(CKA_NEVER_EXTRACTABLE), Some(true), "it was outside");
    }
}

fn copy(template: &Template, source: &Attributes) {
    let secret = SecretBytes::zeroed(VALUE_LENGTH).expect("one value fits");
    let source = Object { attributes: source.clone(), secret };
    if let Ok(made) = laws::copied(&source, template, &Attributes::default(), &UUID) {
        no_less_protected(&source.attributes, &made.attributes);
        assert!(
            source.attributes.boolean(CKA_PRIVATE) != Some(true) || made.attributes.boolean(CKA_PRIVATE) == Some(true)
        );
    }
}

/// What the template asks for is so, whatever the worker wished; a row can hold it.
fn protects(template: &Template, made: &Attributes) {
    for asked in &template.attributes {
        let Some(attribute::Content::Value(value)) = &asked.content else { continue };
        let protects = match asked.r#type {
            CKA_PRIVATE | CKA_SENSITIVE | CKA_WRAP_WITH_TRUSTED => value == &[1],
            CKA_EXTRACTABLE | CKA_ENCRYPT | CKA_DECRYPT | CKA_SIGN | CKA_VERIFY | CKA_WRAP | CKA_UNWRAP
            | CKA_DERIVE => value == &[0],
            _ => false,
        };
        assert!(!protects || made.value(asked.r#type) == Some(value), "{:#x}", asked.r#type);
    }
    assert_eq!(Attributes::parse(&made.encode()).as_ref(), Ok(made));
}

/// What moves one way moved that way.
fn no_less_protected(old: &Attributes, new: &Attributes) {
    for up in [CKA_SENSITIVE, CKA_WRAP_WITH_TRUSTED] {
        assert!(old.boolean(up) != Some(true) || new.boolean(up) == Some(true), "{up:#x}");
    }
    for down in [CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
        assert!(old.boolean(down) != Some(false) || new.boolean(down) == Some(false), "{down:#x}");
    }
}
