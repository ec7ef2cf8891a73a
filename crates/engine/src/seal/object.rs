//! Objects at rest: every row authenticated whole.
//!
//! Key: HKDF-SHA256(root, info = "vhsm-object-1" | uuid | version u64). Root: the token key, or for public objects
//! HKDF(M, "public" | token). Associated data: "vhsm-object-1" | token | uuid | version u64 | canonical attributes.
//! Vectors: `spec/vectors/sealed_objects.json`.

use super::boxed::{derive, open, seal as seal_bytes};
use super::file::Seal;
use super::login::TokenKey;
use crate::memory::SecretBytes;
use crate::object::{Object, Uuid, is_private};
use crate::rv::*;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::SealedObject;

const LABEL: &[u8] = b"vhsm-object-1";

/// A row as it is stored; its `number` is 0, the store's to choose.
///
/// # Errors
/// `CKR_USER_NOT_LOGGED_IN` for a private object without the token key of a user, `CKR_DEVICE_MEMORY`.
pub fn seal_object(
    seal: &Seal,
    token: &Uuid,
    token_key: Option<&TokenKey>,
    uuid: Uuid,
    version: u64,
    object: &Object,
) -> Result<SealedObject, Rv> {
    let key = object_key(seal, token, token_key, &uuid, version, &object.attributes)?;
    let attributes = object.attributes.encode();
    let sealed = seal_bytes(&key, &associated(token, &uuid, version, &attributes), &object.secret)?;
    Ok(SealedObject { number: 0, uuid: uuid.to_vec(), version, attributes, sealed })
}

/// Prove and open a row.
///
/// # Errors
/// `CKR_USER_NOT_LOGGED_IN` for a private object without the token key of a user; `CKR_DEVICE_ERROR` for a row that
/// is ill-formed or does not authenticate: tell the operator; `CKR_DEVICE_MEMORY`.
pub fn open_object(seal: &Seal, token: &Uuid, token_key: Option<&TokenKey>, row: &SealedObject) -> Result<Object, Rv> {
    let uuid: Uuid = row.uuid.as_slice().try_into().map_err(|_| CKR_DEVICE_ERROR)?;
    let attributes = Attributes::parse(&row.attributes).map_err(|_| CKR_DEVICE_ERROR)?;
    let key = object_key(seal, token, token_key, &uuid, row.version, &attributes)?;
    let aad = associated(token, &uuid, row.version, &row.attributes);
    let secret = open(&key, &aad, &row.sealed)?.ok_or(CKR_DEVICE_ERROR)?;
    Ok(Object { attributes, secret })
}

fn object_key(
    seal: &Seal,
    token: &Uuid,
    token_key: Option<&TokenKey>,
    uuid: &Uuid,
    version: u64,
    attributes: &Attributes,
) -> Result<SecretBytes, Rv> {
    let info = [LABEL, uuid, &version.to_be_bytes()].concat();
    if is_private(attributes) {
        let token_key = token_key.ok_or(CKR_USER_NOT_LOGGED_IN)?;
        Ok(derive(token_key.object_root()?, b"", &info)?)
    } else {
        Ok(derive(&seal.public_root(token)?, b"", &info)?)
    }
}

fn associated(token: &Uuid, uuid: &Uuid, version: u64, attributes: &[u8]) -> Vec<u8> {
    [LABEL, token, uuid, &version.to_be_bytes(), attributes].concat()
}
