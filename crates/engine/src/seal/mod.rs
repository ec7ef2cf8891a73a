//! Keys and objects at rest.
//!
//! The hierarchy: the machine seal M → pepper; a PIN —PBKDF2→ with pepper and enrolment id → key-encryption key →
//! opens the authentication key (success *is* authentication) → opens the token key → opens private objects.
//! Public objects lie under a key of M. Everything is AES-256-GCM with associated data that names it whole, so a
//! row that was changed, moved or mixed with another does not open.

mod boxed;
mod file;
mod login;
mod object;
mod remembered;

pub use file::{Seal, SealError};
pub use login::{AuthenticationKeySecret, TokenKey, TokenKeyUse, derive_absent, derive_login, derive_new};
pub use object::{open_object, seal_object};
pub use remembered::{PinMac, PinMacKey};

/// Length of every key here, in bytes.
const KEY_BYTES: usize = 32;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
