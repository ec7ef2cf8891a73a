//! Objects that every token has and nobody made (PKCS#11 v3.2, 4.13 and 4.14): which profiles it keeps, and its
//! mechanisms. They are the same for everyone, so they are answered here, without a trip.
//!
//! A search finds them where it names their class, so that programs that list what they made are not told of more.
//! No validation object is there: nothing has been validated.

use crate::ffi::{Entry, Template};
use crate::library::Library;
use crate::rv::{Result, Rv};
use crate::slot_token::policy_of;
use cryptoki_sys::*;
use vhsm_wire::tables;

/// Profiles of OASIS PKCS #11 Profiles v3.1 that hold whatever the token's policy.
const PROFILES: [CK_PROFILE_ID; 2] = [CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER];

/// What the upper half of a handle here is; the lower half says which object. Handles of the server are random
/// numbers of 64 bits.
const PROFILE: u64 = 0xffff_fffe;
const MECHANISM: u64 = 0xffff_fffd;

/// The attributes of one object, in C's form.
pub struct Builtin(Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>);

impl Builtin {
    fn new(class: CK_OBJECT_CLASS, name: &str, own: (CK_ATTRIBUTE_TYPE, u64)) -> Self {
        let flag = |value: CK_BBOOL| vec![value];
        Self(vec![
            (CKA_CLASS, class.to_ne_bytes().to_vec()),
            (CKA_TOKEN, flag(CK_TRUE)),
            (CKA_PRIVATE, flag(CK_FALSE)),
            (CKA_MODIFIABLE, flag(CK_FALSE)),
            (CKA_COPYABLE, flag(CK_FALSE)),
            (CKA_DESTROYABLE, flag(CK_FALSE)),
            (CKA_LABEL, name.as_bytes().to_vec()),
            (CKA_UNIQUE_ID, name.as_bytes().to_vec()),
            (own.0, own.1.to_ne_bytes().to_vec()),
        ])
    }

    fn value(&self, kind: CK_ATTRIBUTE_TYPE) -> Option<&[u8]> {
        self.0.iter().find(|(own, _)| *own == kind).map(|(_, value)| &value[..])
    }

    /// C_GetObjectSize.
    pub fn size(&self) -> u64 {
        self.0.iter().map(|(_, value)| value.len() as u64).sum()
    }

    /// C_GetAttributeValue.
    pub fn answer(&self, template: &Template<'_>, entries: &[Entry<'_>]) -> Result<()> {
        let (mut invalid, mut too_small) = (false, false);
        for (at, entry) in entries.iter().enumerate() {
            match self.value(entry.kind) {
                Some(value) => too_small |= template.answer(at, value).is_err(),
                None => {
                    invalid = true;
                    template.withhold(at);
                }
            }
        }
        match (invalid, too_small) {
            (true, _) => Err(Rv(CKR_ATTRIBUTE_TYPE_INVALID)),
            (_, true) => Err(Rv(CKR_BUFFER_TOO_SMALL)),
            _ => Ok(()),
        }
    }
}

/// The object of a handle, if it is one of these.
pub fn find(library: &Library, slot: CK_SLOT_ID, handle: CK_OBJECT_HANDLE) -> Result<Option<Builtin>> {
    let id = handle & 0xffff_ffff;
    match handle >> 32 {
        PROFILE if PROFILES.contains(&id) => {
            Ok(Some(Builtin::new(CKO_PROFILE, &format!("profile {id}"), (CKA_PROFILE_ID, id))))
        }
        MECHANISM => {
            let policy = policy_of(library, slot)?;
            let row = vhsm_wire::mechanism(id).filter(|row| row.offered(&policy).next().is_some());
            Ok(row.map(|row| Builtin::new(CKO_MECHANISM, row.name, (CKA_MECHANISM_TYPE, id))))
        }
        _ => Ok(None),
    }
}

/// Refuse to change, copy or destroy one of these.
///
/// # Errors
/// CKR_ACTION_PROHIBITED.
pub fn keep(library: &Library, slot: CK_SLOT_ID, handle: CK_OBJECT_HANDLE) -> Result<()> {
    find(library, slot, handle)?.map_or(Ok(()), |_| Err(Rv(CKR_ACTION_PROHIBITED)))
}

/// What a search for objects of these classes finds; `None` where it is for others.
pub fn search(library: &Library, slot: CK_SLOT_ID, entries: &[Entry<'_>]) -> Result<Option<Vec<CK_OBJECT_HANDLE>>> {
    let class = entries.iter().find(|entry| entry.kind == CKA_CLASS).map(|entry| entry.value.bytes()).transpose()?;
    let class = class.and_then(|class| class.try_into().ok()).map(CK_OBJECT_CLASS::from_ne_bytes);
    let all: Vec<CK_OBJECT_HANDLE> = match class {
        Some(CKO_PROFILE) => PROFILES.iter().map(|id| PROFILE << 32 | id).collect(),
        Some(CKO_MECHANISM) => tables::MECHANISMS.iter().map(|row| MECHANISM << 32 | row.value).collect(),
        Some(CKO_VALIDATION) => Vec::new(),
        _ => return Ok(None),
    };
    let mut found = Vec::new();
    for handle in all {
        let Some(object) = find(library, slot, handle)? else { continue };
        let mut matches = true;
        for entry in entries {
            matches &= object.value(entry.kind) == Some(entry.value.bytes()?);
        }
        if matches {
            found.push(handle);
        }
    }
    Ok(Some(found))
}
