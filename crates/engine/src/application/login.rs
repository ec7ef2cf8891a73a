//! Logins: who may try now, which PINs are remembered, and how often a derivation may fail.
//!
//! One try at a time for each (user, container); after a success the engine remembers a keyed MAC of the PIN
//! while an application of that identity is logged in, and `linger_s` after.

use crate::gate::listener::EnrolmentId;
use crate::object::Uuid;
use crate::rv::{self, Rv};
use crate::seal::{PinMac, PinMacKey, TokenKey};
use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vhsm_wire::limits;
use vhsm_wire::messages::Role;

/// Identities whose failures are counted at one time; more than that many failing at once are all refused.
const FAILING_IDENTITIES_MAX: usize = 65_536;
/// Window of the failure limit.
const FAILURE_WINDOW: Duration = Duration::from_secs(60);

/// Who logs in from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The user's number in the store.
    pub user_id: u64,
    /// `Role` value.
    pub role: i32,
    /// The container.
    pub enrolment_id: EnrolmentId,
}

/// An application's login to a token.
pub struct Login {
    /// In which role.
    pub role: Role,
    /// Who.
    pub user_id: u64,
    /// The name given to C_LoginUser; empty for the owner.
    pub user_name: String,
    /// Opens the token's private objects, for a user.
    pub token_key: Option<TokenKey>,
    /// Keeps the PIN remembered.
    pub presence: Presence,
}

struct Remembered {
    mac: PinMac,
    token: Option<Uuid>,
    token_key: Option<TokenKey>,
    linger: Duration,
    present: usize,
    until: Option<Instant>,
}

#[derive(Default)]
struct Failures(HashMap<Identity, (Instant, u64)>);

/// Everything about logins that outlives one of them.
pub struct Logins {
    mac_key: PinMacKey,
    remembered: Mutex<HashMap<Identity, Remembered>>,
    failures: Mutex<Failures>,
    turns: Mutex<HashSet<Identity>>,
    turn_ended: Condvar,
}

/// What a comparison with a remembered PIN says.
pub enum Recalled {
    /// None is remembered.
    Nothing,
    /// Another one is.
    Another,
    /// It is this one; the token's key.
    Same(Option<TokenKey>),
}

/// What a successful derivation hands over to be remembered.
pub struct Proven {
    /// Who.
    pub identity: Identity,
    /// Keyed MAC of the PIN.
    pub mac: PinMac,
    /// The token, none for an administrator.
    pub token: Option<Uuid>,
    /// Its key.
    pub token_key: Option<TokenKey>,
    /// How long after the last logout.
    pub linger: Duration,
}

impl Logins {
    /// Nobody is remembered.
    ///
    /// # Errors
    /// `CKR_DEVICE_MEMORY`.
    pub fn new() -> Result<Arc<Self>, Rv> {
        Ok(Arc::new(Self {
            mac_key: PinMacKey::generate()?,
            remembered: Mutex::default(),
            failures: Mutex::default(),
            turns: Mutex::default(),
            turn_ended: Condvar::new(),
        }))
    }

    /// Keyed MAC of a PIN, to compare or to remember.
    ///
    /// # Errors
    /// `CKR_DEVICE_MEMORY`.
    pub fn mac(&self, identity: &Identity, pin: &[u8]) -> Result<PinMac, Rv> {
        self.mac_key.mac(identity.user_id, identity.role, &identity.enrolment_id, pin)
    }

    /// Wait for the turn of an identity, until `deadline`.
    #[must_use]
    pub fn turn(self: &Arc<Self>, identity: Identity, deadline: Instant) -> Option<Turn> {
        let mut turns = self.turns.lock();
        while turns.contains(&identity) {
            if self.turn_ended.wait_until(&mut turns, deadline).timed_out() {
                return None;
            }
        }
        turns.insert(identity);
        Some(Turn { logins: Arc::clone(self), identity })
    }

    /// Compare a PIN with the one that is remembered for that identity and token.
    #[must_use]
    pub fn recall(&self, identity: &Identity, mac: &PinMac, token: Option<Uuid>) -> Recalled {
        let remembered = self.remembered.lock();
        let Some(entry) = remembered.get(identity) else { return Recalled::Nothing };
        let fresh = entry.present > 0 || entry.until.is_some_and(|until| Instant::now() < until);
        match fresh && entry.token == token {
            true if entry.mac == *mac => Recalled::Same(entry.token_key.clone()),
            true => Recalled::Another,
            false => Recalled::Nothing,
        }
    }

    /// Remember a PIN that was just proven, and count one more application.
    #[must_use]
    pub fn remember(self: &Arc<Self>, proven: Proven) -> Presence {
        let Proven { identity, mac, token, token_key, linger } = proven;
        let mut remembered = self.remembered.lock();
        let present = remembered.get(&identity).map_or(0, |entry| entry.present) + 1;
        remembered.insert(identity, Remembered { mac, token, token_key, linger, present, until: None });
        Presence { logins: Arc::clone(self), identity }
    }

    /// Count one more application of a remembered identity.
    #[must_use]
    pub fn enter(self: &Arc<Self>, identity: Identity) -> Presence {
        if let Some(entry) = self.remembered.lock().get_mut(&identity) {
            entry.present += 1;
        }
        Presence { logins: Arc::clone(self), identity }
    }

    /// Forget a user's PINs: changed, locked or removed.
    pub fn forget(&self, user_id: u64) {
        self.remembered.lock().retain(|identity, _| identity.user_id != user_id);
    }

    /// Drop what has lingered long enough.
    pub fn sweep(&self, now: Instant) {
        self.remembered.lock().retain(|_, entry| entry.present > 0 || entry.until.is_some_and(|until| now < until));
        self.failures.lock().0.retain(|_, (since, _)| now.duration_since(*since) < FAILURE_WINDOW);
    }

    /// Law 5: refuse a derivation for an identity that has failed too often within a minute.
    ///
    /// # Errors
    /// `CKR_PIN_LOCKED`.
    pub fn may_derive(&self, identity: &Identity) -> Result<(), Rv> {
        let now = Instant::now();
        let failures = self.failures.lock();
        let recent = match failures.0.get(identity) {
            Some((since, count)) if now.duration_since(*since) < FAILURE_WINDOW => *count,
            Some(_) => 0,
            None if failures.0.len() >= FAILING_IDENTITIES_MAX => limits::LOGIN_DERIVATION_FAILURES_PER_MINUTE_MAX,
            None => 0,
        };
        let exhausted = recent >= limits::LOGIN_DERIVATION_FAILURES_PER_MINUTE_MAX && !crate::laws_off();
        if exhausted { Err(rv::CKR_PIN_LOCKED) } else { Ok(()) }
    }

    /// Count a derivation that failed.
    pub fn failed(&self, identity: Identity) {
        let now = Instant::now();
        let mut failures = self.failures.lock();
        let entry = failures.0.entry(identity).or_insert((now, 0));
        if now.duration_since(entry.0) >= FAILURE_WINDOW {
            *entry = (now, 0);
        }
        entry.1 += 1;
    }
}

/// The turn of an identity; over when dropped.
pub struct Turn {
    logins: Arc<Logins>,
    /// Whose.
    pub identity: Identity,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.logins.turns.lock().remove(&self.identity);
        self.logins.turn_ended.notify_all();
    }
}

/// An application that is logged in; the PIN lingers once the last of an identity is dropped.
pub struct Presence {
    logins: Arc<Logins>,
    identity: Identity,
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut remembered = self.logins.remembered.lock();
        if let Some(entry) = remembered.get_mut(&self.identity) {
            entry.present = entry.present.saturating_sub(1);
            if entry.present == 0 {
                if entry.linger.is_zero() {
                    remembered.remove(&self.identity);
                } else {
                    entry.until = Some(Instant::now() + entry.linger);
                }
            }
        }
    }
}
