//! Digests (PKCS#11 v3.2, 5.12 and 6.20 to 6.31).

use super::aws_lc::{self, Hash};
use super::parameters::{Parsed, parse};
use super::stream::Stream;
use crate::rv::*;
use vhsm_wire::messages::{Mechanism, Operation};

/// Append the digest of `data`.
///
/// # Errors
/// `CKR_MECHANISM_INVALID`, `CKR_MECHANISM_PARAM_INVALID`, `CKR_DEVICE_MEMORY`.
pub fn digest_complete(mechanism: &Mechanism, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
    let Parsed::Digest(hash) = parse(Operation::Digest, mechanism)? else { return Err(CKR_MECHANISM_INVALID) };
    out.extend_from_slice(aws_lc::digest(hash, data)?.bytes());
    Ok(())
}

/// Begin a digest in parts.
///
/// # Errors
/// As [`digest_complete`].
pub fn digest_start(mechanism: &Mechanism) -> Result<Stream, Rv> {
    let Parsed::Digest(hash) = parse(Operation::Digest, mechanism)? else { return Err(CKR_MECHANISM_INVALID) };
    Stream::digest(hash)
}

/// Go on with the digest of data under a mechanism's own hash; without one, with the data as they are.
pub(super) fn hashed(hash: Option<Hash>, data: &[u8], then: impl FnOnce(&[u8]) -> Result<(), Rv>) -> Result<(), Rv> {
    match hash {
        Some(hash) => then(aws_lc::digest(hash, data)?.bytes()),
        None => then(data),
    }
}
