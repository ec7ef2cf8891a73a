//! Keys and objects at rest: the machine seal, what passwords open, sealed rows.

use crate::memory::{OutOfSecretMemory, SecretBytes};
use crate::object::{Object, Uuid};
use crate::rv::Rv;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use thiserror::Error;
use vhsm_wire::messages;

/// The machine seal M.
pub struct Seal(SecretBytes);

/// Why a seal file is not used.
#[derive(Debug, Error)]
pub enum SealError {
    /// Not a seal file, or a damaged one.
    #[error("not a seal file of this version")]
    Foreign,
    /// Reading or writing failed.
    #[error("seal file: {0}")]
    Io(#[from] std::io::Error),
    /// No room.
    #[error(transparent)]
    Memory(#[from] OutOfSecretMemory),
}

impl Seal {
    /// Make a new M.
    pub fn generate() -> Result<Self, SealError> {
        unimplemented!()
    }
    /// Read a seal file to its end and close it.
    pub fn read(_file: OwnedFd) -> Result<Self, SealError> {
        unimplemented!()
    }
    /// Write the seal file's content.
    pub fn write(&self, _file: BorrowedFd<'_>) -> Result<(), SealError> {
        unimplemented!()
    }
}

/// A 256-bit authentication key.
#[derive(Clone)]
pub struct AuthenticationKeySecret(Arc<SecretBytes>);

/// What a token key may be used for (law 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKeyUse {
    /// Objects are opened and sealed: a user's login.
    Objects,
    /// It may be wrapped again, nothing else: a security officer's login.
    WrapOnly,
}

/// A token key TK.
#[derive(Clone)]
pub struct TokenKey {
    key: Arc<SecretBytes>,
    allowed: TokenKeyUse,
}

impl TokenKey {
    /// Make the key of a new token, which may only be wrapped until someone logs in.
    pub fn generate() -> Result<Self, Rv> {
        unimplemented!()
    }
    /// What it may be used for.
    #[must_use]
    pub fn allowed(&self) -> TokenKeyUse {
        self.allowed
    }
}

/// Open an authentication-key row with a PIN; slow. Whatever fails, CKR_PIN_INCORRECT; a row that demands fewer
/// or more rounds than the limits, CKR_DEVICE_ERROR.
pub fn derive_login(
    _seal: &Seal,
    _row: &messages::AuthenticationKey,
    _pin: &[u8],
) -> Result<(AuthenticationKeySecret, Option<TokenKey>), Rv> {
    unimplemented!()
}

/// The same cost for a user that does not exist; always CKR_PIN_INCORRECT.
pub fn derive_absent(_seal: &Seal, _rounds: u32, _pin: &[u8]) -> Rv {
    unimplemented!()
}

/// Seal an authentication key (a new one, or `keep`) under a new PIN, and the token key under it; slow.
pub fn derive_new(
    _seal: &Seal,
    _identity: &messages::AuthenticationKey,
    _pin: &[u8],
    _keep: Option<&AuthenticationKeySecret>,
    _token_key: Option<&TokenKey>,
) -> Result<messages::AuthenticationKey, Rv> {
    unimplemented!()
}

/// A row as it is stored; `number` is 0.
pub fn seal_object(
    _seal: &Seal,
    _token: &Uuid,
    _token_key: Option<&TokenKey>,
    _uuid: Uuid,
    _version: u64,
    _object: &Object,
) -> Result<messages::SealedObject, Rv> {
    unimplemented!()
}

/// Prove and open a row. CKR_USER_NOT_LOGGED_IN: private, and no token key. CKR_DEVICE_ERROR: it does not
/// authenticate.
pub fn open_object(
    _seal: &Seal,
    _token: &Uuid,
    _token_key: Option<&TokenKey>,
    _row: &messages::SealedObject,
) -> Result<Object, Rv> {
    unimplemented!()
}

/// The process's own key for remembered PINs.
pub struct PinMacKey(SecretBytes);

/// A remembered PIN; equality is constant-time.
pub struct PinMac(SecretBytes);

impl PinMacKey {
    /// Make a random one at start.
    pub fn generate() -> Result<Self, Rv> {
        unimplemented!()
    }
    /// Keyed MAC of (user, role, container, PIN).
    pub fn mac(&self, _user_id: u64, _role: i32, _enrolment_id: &[u8], _pin: &[u8]) -> Result<PinMac, Rv> {
        unimplemented!()
    }
}

impl PartialEq for PinMac {
    fn eq(&self, _other: &Self) -> bool {
        unimplemented!()
    }
}
