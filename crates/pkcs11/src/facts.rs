//! What the engine has confirmed before: uses whose Init needs no trip.
//!
//! Facts only decide where an error appears; the engine checks everything at execution.

use rustc_hash::FxHashSet;
use std::sync::{PoisonError, RwLock};

/// Uses remembered at a time; one more empties the memory.
const USES_MAX: usize = 4_096;

/// When something was learnt: which application at the server, and its facts version then. A fact with another
/// stamp than the present one is void.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    pub application: u64,
    pub version: u64,
}

/// A use of a key, up to the shape of the mechanism's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Confirmed {
    pub key: u64,
    pub operation: i32,
    pub mechanism: u64,
    pub shape: u64,
}

#[derive(Default)]
pub struct Facts(RwLock<(Stamp, FxHashSet<Confirmed>)>);

impl Facts {
    pub fn holds(&self, now: Stamp, used: &Confirmed) -> bool {
        let facts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        facts.0 == now && facts.1.contains(used)
    }

    pub fn learn(&self, now: Stamp, used: Confirmed) {
        let mut facts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if facts.0 != now || facts.1.len() >= USES_MAX {
            facts.1.clear();
            facts.0 = now;
        }
        facts.1.insert(used);
    }
}
