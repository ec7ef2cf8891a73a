//! Law 3: a Grant only narrows what the object's authenticated attributes allow.

use crate::mechanism;
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{Grant, Operation};
use vhsm_wire::tables::{CKA_ALLOWED_MECHANISMS, MECHANISMS};

const OPERATIONS: [Operation; 7] = [
    Operation::Encrypt,
    Operation::Decrypt,
    Operation::Sign,
    Operation::Verify,
    Operation::DigestKey,
    Operation::SignRecover,
    Operation::VerifyRecover,
];

const WORDS: usize = MECHANISMS.len().div_ceil(u64::BITS as usize);

/// A set of (operation, mechanism) pairs: for each operation, a bit for each row of the mechanism table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllowedUses([[u64; WORDS]; OPERATIONS.len()]);

impl AllowedUses {
    /// Whether this use is allowed.
    #[must_use]
    pub fn permits(&self, operation: Operation, mechanism: u64) -> bool {
        let operation = OPERATIONS.iter().position(|known| *known == operation);
        let row = MECHANISMS.binary_search_by_key(&mechanism, |row| row.value);
        matches!((operation, row), (Some(operation), Ok(row)) if self.0[operation][row / 64] >> (row % 64) & 1 == 1)
    }

    /// Whether nothing is allowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The intersection of the attributes, the mechanism table and the Grant.
#[must_use]
pub fn granted(attributes: &Attributes, grant: &Grant) -> AllowedUses {
    let mut allowed = AllowedUses::default();
    for (at, operation) in OPERATIONS.iter().enumerate() {
        if !grant.operations.contains(&(*operation as i32)) {
            continue;
        }
        for (index, row) in MECHANISMS.iter().enumerate() {
            let named = grant.mechanisms.is_empty() || grant.mechanisms.contains(&row.value);
            let lawful = !super::ENFORCED || mechanism::permitted(*operation, row, attributes).is_ok();
            if named && lawful {
                allowed.0[at][index / 64] |= 1 << (index % 64);
            }
        }
    }
    allowed
}

/// Whether CKA_ALLOWED_MECHANISMS, where it is set, names the mechanism (PKCS#11 v3.2, 4.7).
#[must_use]
pub fn mechanism_allowed(attributes: &Attributes, mechanism: u64) -> bool {
    match attributes.value(CKA_ALLOWED_MECHANISMS) {
        None | Some([]) => true,
        Some(list) => list.chunks(8).any(|entry| entry == mechanism.to_be_bytes()),
    }
}

/// Whether C_DigestKey may take a key of `key_bytes` into a hash with blocks of `block_bytes`.
///
/// HMAC with a key longer than a block uses the key's digest in its place: that digest is as good as the key, so
/// it is not told of a key that may not be read.
///
/// # Errors
/// `CKR_KEY_INDIGESTIBLE`.
pub fn digestible(readable: bool, key_bytes: usize, block_bytes: usize) -> Result<(), Rv> {
    if readable || key_bytes <= block_bytes || !super::ENFORCED { Ok(()) } else { Err(CKR_KEY_INDIGESTIBLE) }
}

/// A key with CKA_ALWAYS_AUTHENTICATE serves one use after each proof of its user's PIN (PKCS#11 v3.2, 4.9).
///
/// # Errors
/// `CKR_USER_NOT_LOGGED_IN`.
pub fn usable_once(always_authenticate: bool, proven: bool) -> Result<(), Rv> {
    if !always_authenticate || proven || !super::ENFORCED { Ok(()) } else { Err(CKR_USER_NOT_LOGGED_IN) }
}
