//! What passwords open: authentication keys and token keys (security.md, 4.1).

use super::KEY_BYTES;
use super::boxed::{derive, open, seal as seal_bytes};
use super::file::Seal;
use crate::mechanism::aws_lc::{Hash, pbkdf2, random};
use crate::memory::SecretBytes;
use crate::rv::*;
use std::sync::Arc;
use vhsm_wire::limits::{LOGIN_PBKDF2_ROUNDS_MAX, LOGIN_PBKDF2_ROUNDS_MIN};
use vhsm_wire::messages::{AuthenticationKey, DerivationParameters, KeyDerivation, Role};

const SALT_BYTES: usize = 16;

/// A 256-bit authentication key.
#[derive(Clone, Debug)]
pub struct AuthenticationKeySecret(Arc<SecretBytes>);

/// What a token key may be used for (law 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKeyUse {
    /// Objects are opened and sealed: a user's login.
    Objects,
    /// It may be wrapped again, nothing else: a security officer's login, or a token that is being made.
    WrapOnly,
}

/// A token key.
#[derive(Clone, Debug)]
pub struct TokenKey {
    key: Arc<SecretBytes>,
    allowed: TokenKeyUse,
}

impl TokenKey {
    /// Make the key of a new token. It may only be wrapped: whoever wants objects logs in.
    ///
    /// # Errors
    /// `CKR_DEVICE_MEMORY`.
    pub fn generate() -> Result<Self, Rv> {
        Ok(Self { key: Arc::new(random_key()?), allowed: TokenKeyUse::WrapOnly })
    }

    /// What it may be used for.
    #[must_use]
    pub fn allowed(&self) -> TokenKeyUse {
        self.allowed
    }

    /// The root of the token's private objects; only a user's login has it.
    pub(super) fn object_root(&self) -> Result<&[u8], Rv> {
        match self.allowed {
            TokenKeyUse::Objects => Ok(&self.key),
            TokenKeyUse::WrapOnly if !crate::laws::ENFORCED => Ok(&self.key),
            TokenKeyUse::WrapOnly => Err(CKR_USER_NOT_LOGGED_IN),
        }
    }

    /// A token key from its bytes; for test vectors.
    #[cfg(test)]
    pub(super) fn from_bytes(key: &[u8], allowed: TokenKeyUse) -> Result<Self, Rv> {
        Ok(Self { key: Arc::new(SecretBytes::copy_of(key)?), allowed })
    }
}

fn random_key() -> Result<SecretBytes, Rv> {
    let mut key = SecretBytes::zeroed(KEY_BYTES)?;
    random(&mut key);
    Ok(key)
}

/// Open an authentication-key row with a PIN, and the token key under it. Slow: that is its purpose.
///
/// # Errors
/// `CKR_PIN_INCORRECT`, whatever does not hold: the PIN, or a row that was changed. `CKR_DEVICE_ERROR`, before any
/// derivation, for a row that is ill-formed or whose rounds lie outside the limits. `CKR_DEVICE_MEMORY`.
pub fn derive_login(
    seal: &Seal,
    row: &AuthenticationKey,
    pin: &[u8],
) -> Result<(AuthenticationKeySecret, Option<TokenKey>), Rv> {
    let parameters = checked(row)?;
    if parameters.salt.len() != SALT_BYTES {
        return Err(CKR_DEVICE_ERROR);
    }
    let kek = key_encryption_key(seal, row, parameters, pin)?;
    let aad = associated(b"vhsm-authentication-key-1", row, parameters);
    let key = open(&kek, &aad, &row.sealed_authentication_key)?.ok_or(CKR_PIN_INCORRECT)?;
    let token_key = if row.sealed_token_key.is_empty() {
        None
    } else {
        let aad = associated(b"vhsm-token-key-1", row, parameters);
        let opened = open(&key, &aad, &row.sealed_token_key)?.ok_or(CKR_PIN_INCORRECT)?;
        let allowed = if row.role == Role::User as i32 { TokenKeyUse::Objects } else { TokenKeyUse::WrapOnly };
        Some(TokenKey { key: Arc::new(opened), allowed })
    };
    Ok((AuthenticationKeySecret(Arc::new(key)), token_key))
}

/// The same cost for a user that does not exist.
pub fn derive_absent(seal: &Seal, rounds: u32, pin: &[u8]) -> Rv {
    let rounds = u64::from(rounds).clamp(LOGIN_PBKDF2_ROUNDS_MIN, LOGIN_PBKDF2_ROUNDS_MAX) as u32;
    let parameters = DerivationParameters { rounds, salt: vec![0; SALT_BYTES], ..DerivationParameters::default() };
    match key_encryption_key(seal, &AuthenticationKey::default(), &parameters, pin) {
        Ok(_) => CKR_PIN_INCORRECT,
        Err(rv) => rv,
    }
}

/// Seal an authentication key (a new one, or `keep`) under a PIN, and `token_key` under it. `identity` has the
/// names, the version and the rounds; salt and sealed fields are made here. Slow.
///
/// # Errors
/// `CKR_DEVICE_ERROR` for an ill-formed identity or rounds outside the limits, `CKR_DEVICE_MEMORY`.
pub fn derive_new(
    seal: &Seal,
    identity: &AuthenticationKey,
    pin: &[u8],
    keep: Option<&AuthenticationKeySecret>,
    token_key: Option<&TokenKey>,
) -> Result<AuthenticationKey, Rv> {
    let mut parameters = checked(identity)?.clone();
    parameters.salt = vec![0; SALT_BYTES];
    random(&mut parameters.salt);
    let kek = key_encryption_key(seal, identity, &parameters, pin)?;
    let fresh;
    let key: &[u8] = match keep {
        Some(kept) => &kept.0,
        None => {
            fresh = random_key()?;
            &fresh
        }
    };
    let mut row = identity.clone();
    let aad = associated(b"vhsm-authentication-key-1", identity, &parameters);
    row.sealed_authentication_key = seal_bytes(&kek, &aad, key)?;
    row.sealed_token_key = match token_key {
        Some(token_key) => {
            let aad = associated(b"vhsm-token-key-1", identity, &parameters);
            seal_bytes(key, &aad, &token_key.key)?
        }
        None => Vec::new(),
    };
    row.derivation = Some(parameters);
    Ok(row)
}

/// A row whose names have their lengths, and whose derivation is one that we run.
fn checked(row: &AuthenticationKey) -> Result<&DerivationParameters, Rv> {
    let parameters = row.derivation.as_ref().ok_or(CKR_DEVICE_ERROR)?;
    let token_bytes = match Role::try_from(row.role) {
        Ok(Role::User | Role::SecurityOfficer) => 16,
        Ok(Role::Administrator) => 0,
        _ => return Err(CKR_DEVICE_ERROR),
    };
    let known = parameters.algorithm == KeyDerivation::Pbkdf2HmacSha256 as i32
        && (parameters.memory_kib, parameters.parallelism) == (0, 0);
    let costly = (LOGIN_PBKDF2_ROUNDS_MIN..=LOGIN_PBKDF2_ROUNDS_MAX).contains(&u64::from(parameters.rounds))
        || !crate::laws::ENFORCED;
    let named = row.token_uuid.len() == token_bytes && row.enrolment_id.len() == 16;
    if known && costly && named { Ok(parameters) } else { Err(CKR_DEVICE_ERROR) }
}

/// PBKDF2, then HKDF with the pepper as salt and the identity as info.
fn key_encryption_key(
    seal: &Seal,
    row: &AuthenticationKey,
    parameters: &DerivationParameters,
    pin: &[u8],
) -> Result<SecretBytes, Rv> {
    let mut stretched = SecretBytes::zeroed(KEY_BYTES)?;
    if !pbkdf2(Hash::Sha256, pin, &parameters.salt, parameters.rounds, &mut stretched) {
        return Err(CKR_DEVICE_MEMORY);
    }
    Ok(derive(&stretched, &seal.pepper()?, &[b"kek1", identity(row).as_slice()].concat())?)
}

/// token (16 bytes, of an administrator none) | user u64 | role u32 | enrolment id (16 bytes), big-endian.
fn identity(row: &AuthenticationKey) -> Vec<u8> {
    [&row.token_uuid[..], &row.user_id.to_be_bytes(), &row.role.to_be_bytes(), &row.enrolment_id].concat()
}

/// label | identity | version u64 | algorithm u32 | rounds u32 | memory u32 | parallelism u32 | salt.
fn associated(label: &[u8], row: &AuthenticationKey, parameters: &DerivationParameters) -> Vec<u8> {
    [
        label,
        &identity(row),
        &row.version.to_be_bytes(),
        &parameters.algorithm.to_be_bytes(),
        &parameters.rounds.to_be_bytes(),
        &parameters.memory_kib.to_be_bytes(),
        &parameters.parallelism.to_be_bytes(),
        &parameters.salt,
    ]
    .concat()
}
