//! What the engine has confirmed before: uses whose Init needs no trip.
//!
//! Facts only decide where an error appears; the engine checks everything at execution.

use rustc_hash::FxHashMap;
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

/// Each confirmed use, with the length of its output in bytes: of the MAC, tag or signature, or of the key's block.
#[derive(Default)]
pub struct Facts(RwLock<(Stamp, FxHashMap<Confirmed, usize>)>);

impl Facts {
    /// The output's length, if such a use is confirmed.
    pub fn output_of(&self, now: Stamp, used: &Confirmed) -> Option<usize> {
        let facts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if facts.0 == now { facts.1.get(used).copied() } else { None }
    }

    pub fn learn(&self, now: Stamp, used: Confirmed, output: usize) {
        let mut facts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if facts.0 != now || facts.1.len() >= USES_MAX {
            facts.1.clear();
            facts.0 = now;
        }
        facts.1.insert(used, output);
    }
}
