//! The library's own holder of a key, and one operation with it.

use super::number::{Failure, failure, succeeded};
use crate::memory::SecretBytes;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// A key of any algorithm.
pub(super) struct Pkey(NonNull<c::EVP_PKEY>);

impl Pkey {
    /// Take over what a constructor gave.
    ///
    /// SAFETY: `made` is null, or a key that nobody else owns.
    pub(super) unsafe fn owned(made: *mut c::EVP_PKEY) -> Result<Self, Failure> {
        NonNull::new(made).map(Self).ok_or_else(failure)
    }

    pub(super) fn as_ptr(&self) -> *mut c::EVP_PKEY {
        self.0.as_ptr()
    }

    /// The encoded public key, which has so many bytes.
    pub(super) fn public_value(&self, value_bytes: usize) -> Result<Vec<u8>, Failure> {
        let mut value = vec![0; value_bytes];
        let mut length = value.len();
        // SAFETY: live; writable for the length given.
        let read = unsafe { c::EVP_PKEY_get_raw_public_key(self.as_ptr(), value.as_mut_ptr(), &raw mut length) };
        succeeded(read).map(|()| value)
    }

    /// The encoded private key, which has so many bytes; `Refused` of a public one.
    pub(super) fn private_value(&self, value_bytes: usize) -> Result<SecretBytes, Failure> {
        let mut value = SecretBytes::zeroed(value_bytes)?;
        let mut length = value.len();
        // SAFETY: live; writable for the length given.
        let read = unsafe { c::EVP_PKEY_get_raw_private_key(self.as_ptr(), value.as_mut_ptr(), &raw mut length) };
        succeeded(read).map(|()| value)
    }
}

impl Drop for Pkey {
    fn drop(&mut self) {
        // SAFETY: owned alone; the heap wipes what is freed.
        unsafe { c::EVP_PKEY_free(self.as_ptr()) };
    }
}

/// One operation.
pub(super) struct Context(NonNull<c::EVP_PKEY_CTX>);

impl Context {
    /// With a key.
    pub(super) fn of(key: &Pkey) -> Result<Self, Failure> {
        // SAFETY: live; the context counts its reference to the key, and is owned by `Self` from here on.
        NonNull::new(unsafe { c::EVP_PKEY_CTX_new(key.as_ptr(), ptr::null_mut()) }).map(Self).ok_or_else(failure)
    }

    /// Without one, of an algorithm's `EVP_PKEY_` number.
    pub(super) fn of_algorithm(number: i32) -> Result<Self, Failure> {
        // SAFETY: a new context, owned by `Self` from here on.
        NonNull::new(unsafe { c::EVP_PKEY_CTX_new_id(number, ptr::null_mut()) }).map(Self).ok_or_else(failure)
    }

    pub(super) fn as_ptr(&self) -> *mut c::EVP_PKEY_CTX {
        self.0.as_ptr()
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EVP_PKEY_CTX_free(self.as_ptr()) };
    }
}
