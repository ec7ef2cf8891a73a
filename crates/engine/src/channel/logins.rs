//! A worker's calls about logins: turns, remembered PINs, derivations.

use super::exchange::Serving;
use super::writer::WriteTurn;
use crate::application::login::{Identity, Proven, Recalled, Turn};
use crate::gate::listener::EnrolmentId;
use crate::memory;
use crate::object::Uuid;
use crate::rv::{self, Rv};
use crate::seal::{self, AuthenticationKeySecret, PinMac, TokenKey};
use std::time::Duration;
use vhsm_wire::limits;
use vhsm_wire::messages::{
    AuthenticationKey, BeginLogin, DeriveLogin, DeriveNew, ListenerKind, LoginBegun, Role, TokenKeySource, request,
};

/// Longest time that a PIN may be remembered after the last logout.
const LINGER_MAX_S: u32 = 3_600;
/// Derivations for new passwords in one Ask: a row for each container that a user may have.
const NEW_KEYS_MAX: u32 = 64;

/// Turns that an Ask holds, given back at its end whatever happens.
#[derive(Default)]
pub struct Turns {
    /// Of identities.
    pub logins: Vec<Turn>,
    /// Of the writer.
    pub write: Option<WriteTurn>,
}

/// What the Ask's derivations have opened.
#[derive(Default)]
pub struct Derived {
    once: bool,
    compared: Option<Identity>,
    new_keys: u32,
    authentication_key: Option<AuthenticationKeySecret>,
    token_key: Option<(Uuid, TokenKey)>,
    opened: Option<Identity>,
}

/// A login to be made once the Answer says OK.
pub enum Pending {
    /// The PIN is one that is remembered.
    Remembered(Identity, Option<TokenKey>),
    /// It was derived.
    Proven(Proven),
}

/// Take the identity's turn, and look whether the PIN is remembered.
pub fn begin(serving: &mut Serving<'_>, message: &BeginLogin) -> Result<LoginBegun, Rv> {
    let listener = serving.work.listener.as_ref().ok_or(rv::CKR_ACTION_PROHIBITED)?;
    let identity = Identity { user_id: message.user_id, role: message.role, enrolment_id: listener.enrolment_id };
    require_derivation(serving)?;
    if !serving.turns.logins.iter().any(|turn| turn.identity == identity) {
        let turn = serving.engine.logins.turn(identity, serving.deadline).ok_or(rv::CKR_DEVICE_ERROR)?;
        serving.turns.logins.push(turn);
    }
    let Some(request::Request::Login(login)) = serving.work.asked() else {
        return Ok(LoginBegun { remembered: false });
    };
    if login.role != message.role {
        // Never said of a login: the row is corrupt, or the worker lies.
        return Err(rv::CKR_DEVICE_ERROR);
    }
    let mac = pin_mac(serving, &identity, message.secret)?;
    // Law 5 again: a comparison costs nothing, so it is a guess that counts like a derivation, once an Ask.
    if serving.staged.derived.compared.is_some() && !crate::laws_off() {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    serving.engine.logins.may_derive(&identity)?;
    match serving.engine.logins.recall(&identity, &mac, serving.work.token()) {
        Recalled::Nothing => Ok(LoginBegun { remembered: false }),
        Recalled::Another => {
            serving.engine.logins.failed(identity);
            serving.staged.derived.compared = Some(identity);
            Ok(LoginBegun { remembered: false })
        }
        Recalled::Same(token_key) => {
            serving.staged.login = Some(Pending::Remembered(identity, token_key));
            Ok(LoginBegun { remembered: true })
        }
    }
}

/// Law 5: once an Ask, above the least cost, within the failure limit.
pub fn derive(serving: &mut Serving<'_>, message: &DeriveLogin) -> Result<(), Rv> {
    require_derivation(serving)?;
    if serving.staged.derived.once && !crate::laws_off() {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    serving.staged.derived.once = true;
    let row = message.key.clone().unwrap_or_default();
    let pin = serving.work.secret(message.secret).ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let outcome = if message.absent {
        let rounds = row.derivation.as_ref().map_or(0, |derivation| derivation.rounds);
        let rounds = u64::from(rounds).clamp(limits::LOGIN_PBKDF2_ROUNDS_MIN, limits::LOGIN_PBKDF2_ROUNDS_MAX);
        Err(seal::derive_absent(&serving.engine.seal, rounds as u32, pin))
    } else {
        let identity = identity_of(serving, &row)?;
        serving.engine.logins.may_derive(&identity)?;
        let opened = seal::derive_login(&serving.engine.seal, &row, pin);
        // One try is one failure, where the comparison has counted it already.
        if opened.is_err() && serving.staged.derived.compared != Some(identity) {
            serving.engine.logins.failed(identity);
        }
        opened.map(|(authentication_key, token_key)| (identity, authentication_key, token_key))
    };
    memory::wipe_stack();
    let (identity, authentication_key, token_key) = outcome?;
    let token: Option<Uuid> = row.token_uuid.as_slice().try_into().ok();
    if message.log_in {
        let mac = pin_mac(serving, &identity, message.secret)?;
        let linger = Duration::from_secs(message.linger_s.min(LINGER_MAX_S).into());
        let proven = Proven { identity, mac, token, token_key: token_key.clone(), linger };
        serving.staged.login = Some(Pending::Proven(proven));
    }
    serving.staged.derived.authentication_key = Some(authentication_key);
    serving.staged.derived.token_key = token.zip(token_key);
    serving.staged.derived.opened = Some(identity);
    Ok(())
}

/// Seal an authentication key under a new password.
pub fn derive_new(serving: &mut Serving<'_>, message: &DeriveNew) -> Result<AuthenticationKey, Rv> {
    let identity = message.key.clone().ok_or(rv::CKR_ARGUMENTS_BAD)?;
    if !may_make(serving, &identity, message.keep_authentication_key) && !crate::laws_off() {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    serving.staged.derived.new_keys += 1;
    if serving.staged.derived.new_keys > NEW_KEYS_MAX {
        return Err(rv::CKR_ACTION_PROHIBITED);
    }
    let token_key = token_key_for(serving, &identity, message)?;
    let keep = match message.keep_authentication_key {
        true => Some(serving.staged.derived.authentication_key.clone().ok_or(rv::CKR_ACTION_PROHIBITED)?),
        false => None,
    };
    let pin = serving.work.secret(message.secret).ok_or(rv::CKR_ARGUMENTS_BAD)?;
    let made = seal::derive_new(&serving.engine.seal, &identity, pin, keep.as_ref(), token_key.as_ref());
    memory::wipe_stack();
    made
}

/// Laws 1 and 6: what an application's Ask has opened is sealed anew for the same user, role and container only. An
/// administrator's makes the rows of a new token; with the proof of one password, that user's rows and the officer's
/// in any container, but no user's row of what an officer has opened. An officer gives a user a PIN where logged in
/// (C_InitPIN), and has no more than an officer's rows of a token that was made anew (C_InitToken).
fn may_make(serving: &Serving<'_>, row: &AuthenticationKey, keep: bool) -> bool {
    use request::Request as R;
    let opened = serving.staged.derived.opened;
    let same_user = opened.is_some_and(|opened| (opened.user_id, opened.role) == (row.user_id, row.role));
    let same_row = same_user && opened.is_some_and(|opened| opened.enrolment_id[..] == row.enrolment_id);
    match serving.work.asked() {
        Some(R::Login(_) | R::SetPin(_)) => same_row,
        Some(R::UserModify(_)) => same_user || opened.is_some() && is_officer(row.role) && !keep,
        Some(R::InitToken(_)) => same_user && is_officer(row.role) && !keep,
        Some(R::InitPin(_)) => Role::try_from(row.role) == Ok(Role::User) && !keep && officer_key(serving).is_some(),
        Some(R::UserAdd(_)) => !keep,
        _ => false,
    }
}

fn token_key_for(
    serving: &mut Serving<'_>,
    identity: &AuthenticationKey,
    message: &DeriveNew,
) -> Result<Option<TokenKey>, Rv> {
    let source = TokenKeySource::try_from(message.token_key).map_err(|_| rv::CKR_ARGUMENTS_BAD)?;
    if source == TokenKeySource::TokenKeyNone {
        return Ok(None);
    }
    let token: Uuid = identity.token_uuid.as_slice().try_into().map_err(|_| rv::CKR_ARGUMENTS_BAD)?;
    if source == TokenKeySource::TokenKeyFresh {
        if !matches!(serving.work.asked(), Some(request::Request::UserAdd(_) | request::Request::InitToken(_))) {
            return Err(rv::CKR_ACTION_PROHIBITED);
        }
        serving.staged.derived.token_key = Some((token, TokenKey::generate()?));
    }
    if source == TokenKeySource::TokenKeyOfLogin {
        serving.staged.derived.token_key = serving.work.token().zip(officer_key(serving));
    }
    match &serving.staged.derived.token_key {
        Some((of, key)) if *of == token || crate::laws_off() => Ok(Some(key.clone())),
        _ => Err(rv::CKR_ACTION_PROHIBITED),
    }
}

fn is_officer(role: i32) -> bool {
    Role::try_from(role) == Ok(Role::SecurityOfficer)
}

/// The token key that the security officer of this Ask's session is logged in with, for C_InitPIN alone.
fn officer_key(serving: &Serving<'_>) -> Option<TokenKey> {
    let asked = matches!(serving.work.asked(), Some(request::Request::InitPin(_)));
    let state = serving.work.application.as_ref().filter(|_| asked)?.lock();
    let login = state.tokens.get(&serving.work.token()?)?.login.as_ref()?;
    login.token_key.clone().filter(|_| login.role == Role::SecurityOfficer)
}

/// Only these requests prove a PIN.
fn require_derivation(serving: &Serving<'_>) -> Result<(), Rv> {
    use request::Request as R;
    let carries = matches!(serving.work.asked(), Some(R::Login(_) | R::SetPin(_) | R::InitToken(_) | R::UserModify(_)));
    if carries { Ok(()) } else { Err(rv::CKR_ACTION_PROHIBITED) }
}

/// Law 1: the row must be one of this container, this token and this role; an administrator who modifies a user
/// proves that user's password in any container.
fn identity_of(serving: &Serving<'_>, row: &AuthenticationKey) -> Result<Identity, Rv> {
    let listener = serving.work.listener.as_ref().ok_or(rv::CKR_ACTION_PROHIBITED)?;
    let enrolment_id: EnrolmentId = row.enrolment_id.as_slice().try_into().map_err(|_| rv::CKR_ARGUMENTS_BAD)?;
    let bound = match serving.work.asked() {
        Some(request::Request::Login(login)) => row.role == login.role && enrolment_id == listener.enrolment_id,
        Some(request::Request::SetPin(_)) => enrolment_id == listener.enrolment_id,
        Some(request::Request::InitToken(_)) => is_officer(row.role) && enrolment_id == listener.enrolment_id,
        _ => listener.kind == ListenerKind::ListenerAdmin,
    };
    let token = serving.work.token();
    let same_token = token.is_none_or(|token| row.token_uuid == token);
    let administrator = Role::try_from(row.role) == Ok(Role::Administrator);
    let has_token = administrator == row.token_uuid.is_empty();
    if bound && same_token && has_token || crate::laws_off() {
        Ok(Identity { user_id: row.user_id, role: row.role, enrolment_id })
    } else {
        // A login is never refused so by PKCS#11: the row is corrupt, or the worker's lie.
        Err(rv::CKR_DEVICE_ERROR)
    }
}

fn pin_mac(serving: &Serving<'_>, identity: &Identity, secret: u32) -> Result<PinMac, Rv> {
    let pin = serving.work.secret(secret).ok_or(rv::CKR_ARGUMENTS_BAD)?;
    serving.engine.logins.mac(identity, pin)
}
