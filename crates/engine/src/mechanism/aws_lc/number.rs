//! Big integers, and why the library said no.

use crate::memory::OutOfSecretMemory;
use crate::rv::{CKR_DEVICE_MEMORY, Rv};
use aws_lc_sys as c;
use std::ptr::NonNull;

/// The part of an error that is its reason (err.h, ERR_GET_REASON).
const REASON: u32 = 0xfff;

/// Why a key was not made, or an operation not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The input is not what it should be.
    Refused,
    /// Secret memory is full.
    OutOfSecretMemory,
}

impl Failure {
    /// The answer: `refused`, or `CKR_DEVICE_MEMORY`.
    #[must_use]
    pub fn or(self, refused: Rv) -> Rv {
        match self {
            Self::Refused => refused,
            Self::OutOfSecretMemory => CKR_DEVICE_MEMORY,
        }
    }
}

impl From<OutOfSecretMemory> for Failure {
    fn from(_: OutOfSecretMemory) -> Self {
        Self::OutOfSecretMemory
    }
}

/// What the thread's error queue says of the call that has just failed; the queue is empty afterwards.
pub(super) fn failure() -> Failure {
    let mut failure = Failure::Refused;
    loop {
        // SAFETY: it only takes from the thread's own queue.
        match unsafe { c::ERR_get_error() } {
            0 => return failure,
            error if error & REASON == c::ERR_R_MALLOC_FAILURE as u32 => failure = Failure::OutOfSecretMemory,
            _ => {}
        }
    }
}

/// `Err` of what the queue says, unless the call returned 1.
pub(super) fn succeeded(returned: i32) -> Result<(), Failure> {
    if returned == 1 { Ok(()) } else { Err(failure()) }
}

/// An unsigned big integer, in secret memory.
pub(super) struct Number(NonNull<c::BIGNUM>);

impl Number {
    /// Zero.
    pub(super) fn new() -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new number, owned by `Self` from here on.
        NonNull::new(unsafe { c::BN_new() }).map(Self).ok_or(OutOfSecretMemory)
    }

    /// A number from its big-endian bytes.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: readable for its length; a new number, owned by `Self` from here on.
        let made = unsafe { c::BN_bin2bn(bytes.as_ptr(), bytes.len(), std::ptr::null_mut()) };
        NonNull::new(made).map(Self).ok_or(OutOfSecretMemory)
    }

    pub(super) fn as_ptr(&self) -> *mut c::BIGNUM {
        self.0.as_ptr()
    }

    /// This number minus one.
    pub(super) fn less_one(&self) -> Result<Self, Failure> {
        let less = Self::new()?;
        // SAFETY: both are live; zero is no input here that could go wrong: it becomes negative.
        let done = unsafe {
            i32::from(!c::BN_copy(less.as_ptr(), self.as_ptr()).is_null() && c::BN_sub_word(less.as_ptr(), 1) == 1)
        };
        succeeded(done).map(|()| less)
    }

    /// The remainder of a division. Its time depends on the numbers: for imports only.
    pub(super) fn modulo(&self, divisor: &Self) -> Result<Self, Failure> {
        let (rest, scratch) = (Self::new()?, Scratch::new()?);
        // SAFETY: all live; a divisor of zero is refused.
        succeeded(unsafe { c::BN_nnmod(rest.as_ptr(), self.as_ptr(), divisor.as_ptr(), scratch.0.as_ptr()) })?;
        Ok(rest)
    }

    /// The inverse modulo `modulus`. Its time depends on the numbers: for imports only.
    pub(super) fn inverse(&self, modulus: &Self) -> Result<Self, Failure> {
        let (inverse, scratch) = (Self::new()?, Scratch::new()?);
        // SAFETY: all live; where there is no inverse, null comes back.
        let found = unsafe {
            c::BN_mod_inverse(inverse.as_ptr(), self.as_ptr(), modulus.as_ptr(), scratch.0.as_ptr()).is_null()
        };
        if found { Err(failure()) } else { Ok(inverse) }
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: owned alone; the heap wipes what is freed.
        unsafe { c::BN_free(self.0.as_ptr()) };
    }
}

struct Scratch(NonNull<c::BN_CTX>);

impl Scratch {
    fn new() -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        NonNull::new(unsafe { c::BN_CTX_new() }).map(Self).ok_or(OutOfSecretMemory)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::BN_CTX_free(self.0.as_ptr()) };
    }
}

/// Length in bytes of a number that some key owns.
///
/// SAFETY: `number` is live.
pub(super) unsafe fn length(number: *const c::BIGNUM) -> usize {
    // SAFETY: the caller's promise.
    unsafe { c::BN_num_bytes(number) as usize }
}

/// Write a number that some key owns, big-endian, into the whole of `out`; false where it is too long.
///
/// SAFETY: `number` is live.
pub(super) unsafe fn write(number: *const c::BIGNUM, out: &mut [u8]) -> bool {
    // SAFETY: the caller's promise; writable for its length.
    unsafe { c::BN_bn2bin_padded(out.as_mut_ptr(), out.len(), number) == 1 }
}
