//! Where bytes of frames stand: a thread's buffers, and what is parked with a connection.

use super::limits::{Counter, Held, PARKED_BYTES_MAX};
use super::listener::Listener;
use crate::memory::{OutOfSecretMemory, SecretBytes, wipe};
use std::sync::Arc;
use vhsm_wire::frame::HEADER_LENGTH;

/// Length of each thread's first buffer.
pub const FIRST_LENGTH: usize = 16_384;
/// Length of each thread's second buffer, and of the longest ordinary buffer that is kept after use. A frame of the
/// use lane up to this length needs no other memory, and is not copied as it grows.
const KEPT_LENGTH_MAX: usize = 262_144;

static PARKED_BYTES: Counter = Counter::new(PARKED_BYTES_MAX);

/// A thread's buffers.
pub struct Scratch {
    pub(super) first: SecretBytes,
    pub(super) filled: usize,
    bulk: Vec<u8>,
    /// The reply under construction.
    pub out: Vec<u8>,
}

impl Scratch {
    /// Take the buffers of one thread.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn new() -> Result<Self, OutOfSecretMemory> {
        Ok(Self { first: SecretBytes::zeroed(FIRST_LENGTH)?, filled: 0, bulk: Vec::new(), out: Vec::new() })
    }

    /// Lend the second buffer. What was never written of it takes no memory: its zeroes are the kernel's.
    pub(super) fn lend(&mut self) -> Vec<u8> {
        let bulk = std::mem::take(&mut self.bulk);
        if bulk.is_empty() { vec![0; KEPT_LENGTH_MAX] } else { bulk }
    }

    /// Take an ordinary buffer back, of which the first `filled` bytes were written. One of another length is not
    /// the second buffer, and goes.
    pub(super) fn take_back(&mut self, mut bytes: Vec<u8>, filled: usize) {
        wipe(&mut bytes[..filled]);
        if bytes.len() == KEPT_LENGTH_MAX {
            self.bulk = bytes;
        }
    }

    /// Wipe what the last request left.
    pub fn wipe(&mut self) {
        wipe(&mut self.first[..self.filled]);
        self.filled = 0;
        wipe(&mut self.out);
        self.out.clear();
        if self.out.capacity() > KEPT_LENGTH_MAX {
            self.out = Vec::new();
        }
    }
}

/// Bytes of a long frame, in the memory that its lane asks for.
pub enum Body {
    /// Control lane, or not known yet.
    Secret(SecretBytes),
    /// Use lane.
    Ordinary(Vec<u8>),
}

impl Body {
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Secret(bytes) => bytes,
            Self::Ordinary(bytes) => bytes,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Secret(bytes) => bytes,
            Self::Ordinary(bytes) => bytes,
        }
    }

    /// Make room for more than `filled` bytes: twice as many, at most `total`.
    pub(super) fn grow(&mut self, filled: usize, total: usize) -> Result<(), OutOfSecretMemory> {
        let length = (filled * 2).clamp(FIRST_LENGTH, total.max(FIRST_LENGTH)).min(total.max(HEADER_LENGTH));
        match self {
            Self::Ordinary(bytes) => {
                let mut longer = vec![0; length];
                longer[..filled].copy_from_slice(&bytes[..filled]);
                wipe(&mut bytes[..filled]);
                *bytes = longer;
            }
            Self::Secret(bytes) => {
                let mut longer = SecretBytes::zeroed(length)?;
                longer[..filled].copy_from_slice(&bytes[..filled]);
                *bytes = longer;
            }
        }
        Ok(())
    }
}

/// Bytes parked with a connection.
pub struct Parked {
    listener: Arc<Listener>,
    amount: usize,
    _secret: Option<Held>,
}

impl Parked {
    pub(super) fn take(listener: &Arc<Listener>, body: &Body) -> Option<Self> {
        let amount = body.bytes().len();
        let secret = match body {
            Body::Secret(_) => Some(Held::take(&listener.shares.passing_secret, amount)?),
            Body::Ordinary(_) => None,
        };
        if !PARKED_BYTES.take(amount) {
            return None;
        }
        if !listener.parked_bytes.take(amount) {
            PARKED_BYTES.give_back(amount);
            return None;
        }
        Some(Self { listener: Arc::clone(listener), amount, _secret: secret })
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        PARKED_BYTES.give_back(self.amount);
        self.listener.parked_bytes.give_back(self.amount);
    }
}
