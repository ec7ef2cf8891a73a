//! The laws on attributes: pure functions that no worker talks its way around.

use crate::memory::SecretBytes;
use crate::object::{Object, Uuid};
use crate::rv::Rv;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Grant, Mechanism, Operation, Template};

/// Law 4 for C_CreateObject: `value` is the secret that the template's CKA_VALUE names.
pub fn created(
    _template: &Template,
    _wanted: &Attributes,
    _value: Option<SecretBytes>,
    _uuid: &Uuid,
) -> Result<Object, Rv> {
    unimplemented!()
}

/// Law 4 for C_GenerateKey; the value comes from [`crate::mechanism::generate_value`].
pub fn generated(
    _template: &Template,
    _wanted: &Attributes,
    _mechanism: &Mechanism,
    _uuid: &Uuid,
) -> Result<Attributes, Rv> {
    unimplemented!()
}

/// Law 4 for C_CopyObject.
pub fn copied(_source: &Object, _template: &Template, _wanted: &Attributes, _uuid: &Uuid) -> Result<Object, Rv> {
    unimplemented!()
}

/// Law 4 for C_SetAttributeValue: one way only.
pub fn changed(_old: &Attributes, _template: &Template) -> Result<Attributes, Rv> {
    unimplemented!()
}

/// What a Grant comes to (law 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedUses(());

impl AllowedUses {
    /// Whether this use is allowed.
    #[must_use]
    pub fn permits(&self, _operation: Operation, _mechanism: u64) -> bool {
        unimplemented!()
    }
}

/// Law 3: the intersection of the attributes, the table and the Grant.
#[must_use]
pub fn granted(_attributes: &Attributes, _grant: &Grant) -> AllowedUses {
    unimplemented!()
}

/// Which secret attributes an object gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readable {
    /// Asked for, and given.
    pub give: Vec<u64>,
    /// Asked for, and withheld: CKR_ATTRIBUTE_SENSITIVE.
    pub withhold: Vec<u64>,
}

/// Whether the secret attributes among `types` may be read.
#[must_use]
pub fn readable(_attributes: &Attributes, _types: &[u64]) -> Readable {
    unimplemented!()
}
