//! Bounds on whatever a client can pile up: a counter with a maximum, and a place in it that is given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use vhsm_wire::limits;

/// Connections of all containers.
pub const CONNECTIONS_MAX: usize = limits::SESSION_CONNECTIONS_TOTAL_MAX as usize;
/// Connections of one container: it leaves a third for all others.
pub const CONNECTIONS_PER_CONTAINER_MAX: usize = CONNECTIONS_MAX / 3 * 2;
/// Connections that have not said Hello yet.
pub const BEFORE_HELLO_MAX: usize = limits::SESSION_CONNECTIONS_BEFORE_HELLO_MAX as usize;
/// The same of one container.
pub const BEFORE_HELLO_PER_CONTAINER_MAX: usize = BEFORE_HELLO_MAX / 4;
/// Bytes of frames that arrive, and of replies that leave, so slowly that no thread waits for them.
pub const PARKED_BYTES_MAX: usize = 64 << 20;
/// The same of one container.
pub const PARKED_BYTES_PER_CONTAINER_MAX: usize = PARKED_BYTES_MAX / 4;

/// Bytes of ordinary memory that the applications of one container may leave with the engine: attributes of session
/// objects, ciphertexts of decryptions in parts.
pub const LEFT_BYTES_PER_CONTAINER_MAX: usize = 64 << 20;
/// Part of secret memory that they may leave there: values of session objects, states of operations in parts.
const LEFT_SECRET_PART: usize = 8;
/// Part of secret memory that one container's frames may fill while they arrive slowly or wait for a worker.
const PASSING_SECRET_PART: usize = 16;

/// How many there are of something, with a maximum.
#[derive(Debug)]
pub struct Counter {
    now: AtomicUsize,
    max: usize,
}

impl Counter {
    /// Start at 0.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { now: AtomicUsize::new(0), max }
    }

    /// How many now.
    #[must_use]
    pub fn now(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }

    /// Count `amount` more, or refuse.
    #[must_use]
    pub fn take(&self, amount: usize) -> bool {
        self.now
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
                now.checked_add(amount).filter(|sum| *sum <= self.max)
            })
            .is_ok()
    }

    /// Count `amount` fewer.
    pub fn give_back(&self, amount: usize) {
        self.now.fetch_sub(amount, Ordering::Relaxed);
    }
}

/// What the applications of one container may take of memory that all containers share.
#[derive(Debug)]
pub struct Shares {
    /// Ordinary memory that outlives a request.
    pub left: Arc<Counter>,
    /// Secret memory that outlives a request.
    pub left_secret: Arc<Counter>,
    /// Secret memory of requests on their way.
    pub passing_secret: Arc<Counter>,
}

impl Shares {
    /// The shares of one container, in an arena of so many bytes.
    #[must_use]
    pub fn of(secret_bytes: usize) -> Self {
        Self {
            left: Arc::new(Counter::new(LEFT_BYTES_PER_CONTAINER_MAX)),
            left_secret: Arc::new(Counter::new(secret_bytes / LEFT_SECRET_PART)),
            passing_secret: Arc::new(Counter::new(secret_bytes / PASSING_SECRET_PART)),
        }
    }
}

/// An amount of a counter, given back when dropped.
#[derive(Debug)]
pub struct Held {
    counter: Arc<Counter>,
    amount: usize,
}

impl Held {
    /// Take an amount; `None` when so much is not left.
    #[must_use]
    pub fn take(counter: &Arc<Counter>, amount: usize) -> Option<Self> {
        counter.take(amount).then(|| Self { counter: Arc::clone(counter), amount })
    }

    /// Take more, or refuse.
    #[must_use]
    pub fn add(&mut self, amount: usize) -> bool {
        let taken = self.counter.take(amount);
        if taken {
            self.amount += amount;
        }
        taken
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.counter.give_back(self.amount);
    }
}

/// A place in a counter, given back when dropped.
#[derive(Debug)]
pub struct Place(Arc<Counter>);

impl Place {
    /// Take a place; `None` when there is none left.
    #[must_use]
    pub fn take(counter: &Arc<Counter>) -> Option<Self> {
        counter.take(1).then(|| Self(Arc::clone(counter)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back(1);
    }
}
