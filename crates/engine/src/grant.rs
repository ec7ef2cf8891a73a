//! Grants: decisions of a worker that the engine repeats until they are revoked, with the key ready for use.
//!
//! Revocations are numbered. A Grant whose Ask began before the last revocation of its object serves that one
//! reply and is not kept. Lock order: an application's state, then the revocations.

use crate::laws::AllowedUses;
use crate::mechanism::ReadyKey;
use crate::object::Uuid;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::limits;
use vhsm_wire::messages::{Operation, Prepared};

/// Operations that are counted: the values of `Operation` up to OPERATION_WRAP, 0 unused.
pub const OPERATIONS: usize = 10;
/// Revoked objects that are kept in mind; beyond, those that no running Ask is older than are dropped.
const REVOKED_KEPT: usize = 4_096;

/// Uses of one object since the last batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Successful ones, by operation.
    pub done: [u32; OPERATIONS],
    /// Refused ones, by operation.
    pub refused: [u32; OPERATIONS],
}

impl Counts {
    /// Whether there is anything to report.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.done.iter().chain(&self.refused).all(|count| *count == 0)
    }

    /// Add others.
    pub fn add(&mut self, other: &Self) {
        for at in 0..OPERATIONS {
            self.done[at] = self.done[at].saturating_add(other.done[at]);
            self.refused[at] = self.refused[at].saturating_add(other.refused[at]);
        }
    }
}

/// A key and what an application may do with it, without asking again.
pub struct Granted {
    /// Law 3: what attributes, table and Grant agree on.
    pub allowed: AllowedUses,
    /// The key.
    pub key: Arc<ReadyKey>,
    /// Whose.
    pub token: Uuid,
    /// Whether it needs a login; such grants end with it.
    pub private: bool,
    /// Number of that login, as in the handles that this grant serves; else 0.
    pub login: u64,
    /// What Prepare answers.
    pub facts: Prepared,
    /// Its attributes, for what an Init checks.
    pub attributes: Attributes,
    /// How many more uses; `None` without limit.
    pub uses_left: Option<u64>,
    /// Until when; `None` until revoked.
    pub expires: Option<Instant>,
    /// The engine's coarse clock at the last use.
    pub last_used: u32,
    /// Uses since the last batch.
    pub counts: Counts,
}

/// An application's grants.
#[derive(Default)]
pub struct Grants {
    /// By object number, which is the store's or the engine's: nobody can make them collide.
    table: FxHashMap<u64, Granted>,
    departed: HashMap<(Uuid, u64), Counts>,
}

impl Grants {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The grant on an object, if it has not run out.
    pub fn find(&mut self, object: u64) -> Option<&mut Granted> {
        let spent = |granted: &Granted| {
            granted.uses_left == Some(0) || granted.expires.is_some_and(|expires| Instant::now() >= expires)
        };
        if self.table.get(&object).is_some_and(spent) {
            self.remove(object);
        }
        self.table.get_mut(&object)
    }

    /// Keep a grant, in place of the one used longest ago if there are too many.
    pub fn insert(&mut self, object: u64, granted: Granted) {
        if self.table.len() >= limits::OPERATION_GRANTS_PER_APPLICATION_MAX as usize
            && !self.table.contains_key(&object)
        {
            if let Some(oldest) = self.ages().min_by_key(|(last_used, _)| *last_used) {
                self.remove(oldest.1);
            }
        }
        self.remove(object);
        self.table.insert(object, granted);
    }

    /// Drop one grant; true if there was one.
    pub fn remove(&mut self, object: u64) -> bool {
        let Some(granted) = self.table.remove(&object) else { return false };
        self.keep_counts(object, &granted);
        true
    }

    /// Drop all grants of which `ends` is true; true if there were any.
    pub fn remove_if(&mut self, ends: impl Fn(&Granted) -> bool) -> bool {
        let ended: Vec<u64> =
            self.table.iter().filter(|(_, granted)| ends(granted)).map(|(object, _)| *object).collect();
        for object in &ended {
            self.remove(*object);
        }
        !ended.is_empty()
    }

    /// When each was last used.
    pub fn ages(&self) -> impl Iterator<Item = (u32, u64)> {
        self.table.iter().map(|(object, granted)| (granted.last_used, *object))
    }

    /// Take what was counted since the last time.
    pub fn take_counts(&mut self) -> Vec<(Uuid, u64, Counts)> {
        let mut taken: Vec<_> =
            self.departed.drain().map(|((token, object), counts)| (token, object, counts)).collect();
        for (object, granted) in &mut self.table {
            if !granted.counts.is_empty() && is_stored(*object) {
                taken.push((granted.token, *object, std::mem::take(&mut granted.counts)));
            }
        }
        taken
    }

    fn keep_counts(&mut self, object: u64, granted: &Granted) {
        if is_stored(object) && !granted.counts.is_empty() {
            self.departed.entry((granted.token, object)).or_default().add(&granted.counts);
        }
    }

    /// Count a use that ran under a grant which is not kept.
    pub fn count_departed(&mut self, token: Uuid, object: u64, operation: Operation, rv_ok: bool) {
        if is_stored(object) {
            let counts = self.departed.entry((token, object)).or_default();
            let column = if rv_ok { &mut counts.done } else { &mut counts.refused };
            column[operation as usize] = column[operation as usize].saturating_add(1);
        }
    }
}

/// Whether an object's number is the store's; session objects' numbers are the engine's.
#[must_use]
pub fn is_stored(number: u64) -> bool {
    number >> 63 == 0
}

#[derive(Default)]
struct Numbered {
    last: u64,
    everything: u64,
    objects: HashMap<u64, u64>,
    tokens: HashMap<Uuid, u64>,
    users: HashMap<u64, u64>,
    running: BTreeMap<u64, usize>,
}

/// What was revoked, and since which Ask.
#[derive(Default)]
pub struct Revocations(Mutex<Numbered>);

impl Revocations {
    /// An Ask begins: what it decides holds unless it is revoked from now on.
    #[must_use]
    pub fn begin(self: &Arc<Self>) -> Began {
        let mut numbered = self.0.lock();
        let number = numbered.last;
        *numbered.running.entry(number).or_default() += 1;
        Began { revocations: Arc::clone(self), number }
    }

    /// Number the revocation of objects.
    pub fn revoke_objects(&self, objects: &[u64]) {
        let mut numbered = self.0.lock();
        numbered.last += 1;
        let number = numbered.last;
        numbered.objects.extend(objects.iter().map(|object| (*object, number)));
    }

    /// Number the revocation of everything of a token.
    pub fn revoke_token(&self, token: Uuid) {
        let mut numbered = self.0.lock();
        numbered.last += 1;
        let number = numbered.last;
        numbered.tokens.insert(token, number);
    }

    /// Number the end of a user's logins.
    pub fn revoke_user(&self, user_id: u64) {
        let mut numbered = self.0.lock();
        numbered.last += 1;
        let number = numbered.last;
        numbered.users.insert(user_id, number);
    }

    /// Number the revocation of everything.
    pub fn revoke_everything(&self) {
        let mut numbered = self.0.lock();
        numbered.last += 1;
        numbered.everything = numbered.last;
    }
}

/// When an Ask began, in revocations.
pub struct Began {
    revocations: Arc<Revocations>,
    number: u64,
}

impl Began {
    /// Whether nothing has revoked this object since.
    #[must_use]
    pub fn still_holds(&self, object: u64, token: Uuid) -> bool {
        let numbered = self.revocations.0.lock();
        let later = |revoked: Option<&u64>| revoked.is_some_and(|number| *number > self.number);
        numbered.everything <= self.number
            && !later(numbered.objects.get(&object))
            && !later(numbered.tokens.get(&token))
    }

    /// Whether this user's logins have not been ended since.
    #[must_use]
    pub fn still_logs_in(&self, user_id: u64) -> bool {
        self.revocations.0.lock().users.get(&user_id).is_none_or(|number| *number <= self.number)
    }
}

impl Drop for Began {
    fn drop(&mut self) {
        let mut numbered = self.revocations.0.lock();
        if let Some(count) = numbered.running.get_mut(&self.number) {
            *count -= 1;
            if *count == 0 {
                numbered.running.remove(&self.number);
            }
        }
        let kept = numbered.objects.len() + numbered.tokens.len() + numbered.users.len();
        if kept > REVOKED_KEPT || numbered.running.is_empty() {
            let oldest = numbered.running.keys().next().copied().unwrap_or(numbered.last);
            numbered.objects.retain(|_, number| *number > oldest);
            numbered.tokens.retain(|_, number| *number > oldest);
            numbered.users.retain(|_, number| *number > oldest);
        }
    }
}
