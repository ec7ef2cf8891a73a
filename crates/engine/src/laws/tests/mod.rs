//! The laws, tried from every side. Built with `laws-off`, the last of these tests shows that they are lost.

#[cfg(not(feature = "laws-off"))]
mod change;
mod create;
#[cfg(not(feature = "laws-off"))]
mod derive;
mod encapsulate;
mod grant;
#[cfg(not(feature = "laws-off"))]
mod key_template;
mod pair;
mod theft;
#[cfg(not(feature = "laws-off"))]
mod wrap;

use super::*;
use crate::mechanism;
use crate::memory;
use crate::object::{Object, Uuid};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::attribute::Content;
use vhsm_wire::messages::{Attribute, Grant, Mechanism, Operation, Template};
use vhsm_wire::table::*;
use vhsm_wire::tables::*;

const ID: Uuid = [5; 16];
#[cfg(not(feature = "laws-off"))]
const ONE_WAY_UP: [u64; 2] = [CKA_SENSITIVE, CKA_WRAP_WITH_TRUSTED];
#[cfg(not(feature = "laws-off"))]
const USAGE: [u64; 7] = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];

/// What no object has unless its template says it.
const OPTIONAL: [u64; 6] = [
    CKA_ALLOWED_MECHANISMS,
    CKA_WRAP_TEMPLATE,
    CKA_UNWRAP_TEMPLATE,
    CKA_DERIVE_TEMPLATE,
    CKA_ENCAPSULATE_TEMPLATE,
    CKA_DECAPSULATE_TEMPLATE,
];

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

fn started() {
    memory::start(None).expect("secret memory");
}

fn aes_template(more: &[(u64, &[u8])]) -> Template {
    let (class, kind) = (number(CKO_SECRET_KEY), number(CKK_AES));
    with_value(template(&[&[(CKA_CLASS, &class[..]), (CKA_KEY_TYPE, &kind[..])], more].concat()))
}

fn import(more: &[(u64, &[u8])], wanted: &Attributes) -> Result<Object, Rv> {
    started();
    created(&aes_template(more), wanted, &[(CKA_VALUE, &[1; 32])], &ID)
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
