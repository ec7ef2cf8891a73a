//! The turn of the one writer: `BeginWrite` takes it, `EndWrite` or the Ask's end gives it back.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::Instant;

/// Who may write now.
#[derive(Default)]
pub struct Writer {
    taken: Mutex<bool>,
    ended: Condvar,
}

/// The turn; over when dropped.
pub struct WriteTurn(Arc<Writer>);

impl Writer {
    /// Wait for the turn, until `deadline`.
    #[must_use]
    pub fn turn(self: &Arc<Self>, deadline: Instant) -> Option<WriteTurn> {
        let mut taken = self.taken.lock();
        while *taken {
            if self.ended.wait_until(&mut taken, deadline).timed_out() {
                return None;
            }
        }
        *taken = true;
        Some(WriteTurn(Arc::clone(self)))
    }
}

impl Drop for WriteTurn {
    fn drop(&mut self) {
        *self.0.taken.lock() = false;
        self.0.ended.notify_one();
    }
}
