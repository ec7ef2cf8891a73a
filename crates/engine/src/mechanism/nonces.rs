//! Nonces of authenticated encryption. The same one twice with one key tells the difference of two texts, and with GCM
//! and GMAC it gives the authentication key away (SP 800-38D, 8; RFC 8439, 4).

use super::aws_lc::{Hash, digest};
use super::key::ReadyKey;
use crate::memory::OutOfSecretMemory;
use crate::rv::*;
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vhsm_wire::messages::{Mechanism, Operation, mechanism::Parameters};
use vhsm_wire::tables::CKM_AES_GMAC;

/// Nonces that are remembered of a key, the last ones; some 60 bytes each.
const REMEMBERED_PER_KEY: usize = 1_024;
/// Keys whose nonces are remembered; beyond, those that no application has ready are forgotten.
const KEYS: usize = 1_024;
/// Random nonces of one key: with more, the odds that two are alike pass 2^-32 (SP 800-38D, 8.3).
const MADE_MAX: u64 = 1 << 32;
/// Enough of a nonce to know it again: itself and its length, or the beginning of its digest.
const KNOWN_BYTES: usize = 16;

/// Whose nonces a token's policy takes, for encryption unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceRule {
    /// `compatible`: any.
    Any,
    /// `standard`: the caller's, but none that is remembered for the key.
    Fresh,
    /// `strict`: only those that are made here.
    Ours,
}

impl NonceRule {
    /// The rule of a policy, by its name.
    #[must_use]
    pub fn of(policy: &str) -> Self {
        match policy {
            "compatible" => Self::Any,
            "strict" => Self::Ours,
            _ => Self::Fresh,
        }
    }

    /// The rule for wrapping: two keys under one nonce tell each other, whatever is remembered, so that outside
    /// `compatible` tokens it is made here.
    #[must_use]
    pub fn of_wrapping(self) -> Self {
        if self == Self::Any { Self::Any } else { Self::Ours }
    }

    /// What an Init checks: whether the caller may give a nonce at all.
    ///
    /// # Errors
    /// `CKR_MECHANISM_PARAM_INVALID`.
    pub fn check(self, operation: Operation, mechanism: &Mechanism) -> Result<(), Rv> {
        let refused = self == Self::Ours && nonce(operation, mechanism).is_some();
        if refused { Err(CKR_MECHANISM_PARAM_INVALID) } else { Ok(()) }
    }
}

/// The nonce, where the operation must not use one twice.
fn nonce(operation: Operation, mechanism: &Mechanism) -> Option<&[u8]> {
    match (operation, &mechanism.parameters) {
        (Operation::Encrypt | Operation::Wrap, Some(Parameters::Gcm(sent))) => Some(&sent.iv),
        (Operation::Encrypt, Some(Parameters::Ccm(sent))) => Some(&sent.nonce),
        (Operation::Encrypt, Some(Parameters::ChachaPoly(sent))) => Some(&sent.nonce),
        (Operation::Sign, Some(Parameters::Iv(sent))) if mechanism.r#type == CKM_AES_GMAC => Some(sent),
        _ => None,
    }
}

#[derive(Default)]
struct Remembered {
    known: FxHashSet<[u8; KNOWN_BYTES]>,
    order: VecDeque<[u8; KNOWN_BYTES]>,
}

/// The nonces that a key was last used with, by any application.
#[derive(Default)]
pub struct NonceMemory {
    remembered: Mutex<Remembered>,
    /// How many were made here, at least.
    made: AtomicU64,
}

impl NonceMemory {
    /// Remember a nonce in place of the oldest; false if it is remembered already.
    fn note(&self, nonce: &[u8]) -> Result<bool, OutOfSecretMemory> {
        let mut known = [0; KNOWN_BYTES];
        if nonce.len() < KNOWN_BYTES {
            known[..nonce.len()].copy_from_slice(nonce);
            known[KNOWN_BYTES - 1] = nonce.len() as u8;
        } else {
            known.copy_from_slice(&digest(Hash::Sha256, nonce)?.bytes()[..KNOWN_BYTES]);
        }
        let mut remembered = self.remembered.lock();
        if !remembered.known.insert(known) {
            return Ok(false);
        }
        remembered.order.push_back(known);
        if remembered.order.len() > REMEMBERED_PER_KEY {
            if let Some(oldest) = remembered.order.pop_front() {
                remembered.known.remove(&oldest);
            }
        }
        Ok(true)
    }

    /// So many were made before, as the store has counted: in an earlier life of the engine, or of this one.
    pub fn made_before(&self, count: u64) {
        self.made.fetch_max(count, Ordering::Relaxed);
    }

    /// Count one that is made here; false if the key has had all that it may have.
    fn make(&self) -> bool {
        let more = |made| (made < MADE_MAX).then_some(made + 1);
        self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// What is remembered, by the key's object number.
#[derive(Default)]
pub struct NonceMemories(Mutex<FxHashMap<u64, Arc<NonceMemory>>>);

impl NonceMemories {
    /// The memory of a key; one of its own where so many keys are at work that there is no place left.
    #[must_use]
    pub fn of(&self, object: u64) -> Arc<NonceMemory> {
        let mut memories = self.0.lock();
        if let Some(memory) = memories.get(&object) {
            return Arc::clone(memory);
        }
        if memories.len() >= KEYS {
            memories.retain(|_, memory| Arc::strong_count(memory) > 1);
        }
        let memory = Arc::<NonceMemory>::default();
        if memories.len() < KEYS {
            memories.insert(object, Arc::clone(&memory));
        }
        memory
    }
}

/// Whether it is GCM without additional data.
#[must_use]
pub fn is_bare(mechanism: &Mechanism) -> bool {
    matches!(&mechanism.parameters, Some(Parameters::Gcm(sent)) if sent.aad.is_empty())
}

impl ReadyKey {
    /// Take the nonce, if there is one, for this operation alone: the caller's, or one that was made here.
    ///
    /// # Errors
    /// `CKR_MECHANISM_PARAM_INVALID` for one that the rule refuses, `CKR_KEY_EXHAUSTED` where too many were made here,
    /// `CKR_DEVICE_MEMORY`.
    pub fn take_nonce(
        &self,
        operation: Operation,
        mechanism: &Mechanism,
        rule: NonceRule,
        made_here: bool,
    ) -> Result<(), Rv> {
        if !made_here {
            rule.check(operation, mechanism)?;
        } else if !self.nonces.make() {
            return Err(CKR_KEY_EXHAUSTED);
        }
        let fresh = match (rule, nonce(operation, mechanism)) {
            (NonceRule::Fresh, Some(nonce)) => self.nonces.note(nonce)?,
            _ => true,
        };
        if fresh { Ok(()) } else { Err(CKR_MECHANISM_PARAM_INVALID) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vhsm_wire::messages::GcmParameters;
    use vhsm_wire::tables::CKM_AES_GCM;

    #[test]
    fn a_callers_nonce_wraps_on_compatible_tokens_alone() {
        let parameters = Parameters::Gcm(GcmParameters { iv: vec![0; 12], aad: Vec::new(), tag_bits: 128 });
        let mechanism = Mechanism { r#type: CKM_AES_GCM, parameters: Some(parameters) };
        for (policy, taken) in [("compatible", true), ("standard", false), ("strict", false)] {
            let rule = NonceRule::of(policy).of_wrapping();
            assert_eq!(rule.check(Operation::Wrap, &mechanism).is_ok(), taken, "{policy}");
            assert_eq!(rule.check(Operation::Unwrap, &mechanism), Ok(()), "{policy}");
        }
    }

    #[test]
    fn so_many_nonces_are_remembered_and_no_more() {
        let memory = NonceMemory::default();
        let note = |number: usize| memory.note(&number.to_be_bytes()).expect("room");
        assert!((0..REMEMBERED_PER_KEY).all(note));
        assert!(!note(0), "the oldest is remembered");
        assert!(note(REMEMBERED_PER_KEY));
        assert!(note(0), "the oldest was forgotten");
        assert!(!note(REMEMBERED_PER_KEY));
    }

    #[test]
    fn a_key_has_so_many_nonces_made_here_and_no_more() {
        let memories = NonceMemories::default();
        let memory = memories.of(1);
        assert!(memory.make());
        memory.made_before(MADE_MAX - 2);
        memory.made_before(7);
        assert!(memory.make() && memories.of(1).make(), "the last two");
        assert!(!memory.make() && !memory.make());
        assert!(memories.of(2).make(), "of another key");
    }

    #[test]
    fn nonces_of_other_lengths_are_others() {
        crate::memory::start(None).expect("secret memory");
        let memory = NonceMemory::default();
        for length in [1, 11, 12, 15, 16, 17, 300] {
            assert_eq!(memory.note(&vec![0; length]), Ok(true), "{length}");
            assert_eq!(memory.note(&vec![0; length]), Ok(false), "{length}");
        }
    }

    #[test]
    fn keys_that_nobody_uses_are_forgotten_first() {
        let memories = NonceMemories::default();
        let used = memories.of(0);
        assert_eq!(used.note(b"nonce"), Ok(true));
        (1..=2 * KEYS as u64).for_each(|object| drop(memories.of(object)));
        assert_eq!(memories.of(0).note(b"nonce"), Ok(false));
        assert!(memories.0.lock().len() <= KEYS);
    }
}
