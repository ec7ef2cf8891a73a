//! Where a thread runs: on its client's processor, if the two keep waking each other across processors.
//!
//! A client waits while its request is served, so one processor serves both best; between processors every message
//! costs an interrupt, which in a virtual machine is more than the whole request. The kernel brings most pairs
//! together by itself, and tears some apart for good when all processors are busy. The client says where it runs (a
//! hint in the frame's header); after enough requests from elsewhere the thread goes there, once. The kernel stays
//! free to move it again, and each move must wait four times as long as the one before: where the two disagree, the
//! kernel wins.

use super::kernel;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Requests from another processor before the first move.
const PATIENCE: u32 = 16;

/// What one thread knows of the connection it stays with.
pub struct Nearness {
    apart: u32,
    patience: u32,
}

impl Default for Nearness {
    fn default() -> Self {
        Self { apart: 0, patience: PATIENCE }
    }
}

impl Nearness {
    /// Note where a request came from: the header's `processor`.
    pub fn note(&mut self, processor: u16) {
        let Some(processor) = usize::from(processor).checked_sub(1) else { return };
        if kernel::processor().is_none_or(|here| here == processor) {
            self.apart = 0;
            return;
        }
        self.apart += 1;
        if self.apart >= self.patience {
            self.apart = 0;
            self.patience = self.patience.saturating_mul(4);
            go_to(processor);
        }
    }
}

/// Move the calling thread, if it may run there, and leave it as free as it was.
fn go_to(processor: usize) {
    let Ok(free) = sched_getaffinity(None) else { return };
    if processor >= CpuSet::MAX_CPU || !free.is_set(processor) {
        return;
    }
    let mut there = CpuSet::new();
    there.set(processor);
    // A kernel that refuses the move leaves the thread where it is, which is no error; the second call cannot fail
    // where the first has not.
    if sched_setaffinity(None, &there).is_ok() {
        let _ = sched_setaffinity(None, &free);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere() -> u16 {
        kernel::processor().map_or(1, |here| here as u16 + 2)
    }

    #[test]
    fn a_thread_moves_after_enough_requests_and_then_later_and_later() {
        let mut nearness = Nearness::default();
        for moves in 0..3 {
            let patience = PATIENCE << (2 * moves);
            assert_eq!(nearness.patience, patience);
            (0..patience).for_each(|_| nearness.note(elsewhere()));
        }
    }

    #[test]
    fn a_request_from_here_or_from_nowhere_moves_nothing() {
        let mut nearness = Nearness::default();
        (0..100 * PATIENCE).for_each(|_| nearness.note(0));
        assert_eq!((nearness.apart, nearness.patience), (0, PATIENCE));
    }

    #[test]
    fn a_thread_is_as_free_after_a_move_as_before_and_goes_nowhere_it_may_not() {
        let free = || sched_getaffinity(None).expect("one's own mask can be read");
        let before = free();
        (0..CpuSet::MAX_CPU + 2).for_each(go_to);
        assert!((0..CpuSet::MAX_CPU).all(|processor| free().is_set(processor) == before.is_set(processor)));
    }
}
