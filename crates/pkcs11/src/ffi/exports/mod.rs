//! The exported functions: each wraps the caller's pointers, calls its chapter, and turns what comes back into a
//! `CK_RV`. No panic crosses C. A file for each chapter of the standard.

#![allow(non_snake_case, reason = "PKCS#11 v3.2 names")]
#![allow(clippy::too_many_arguments, clippy::missing_safety_doc, reason = "PKCS#11 v3.2 signatures and promises")]

use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Run an inner function. A panic is a bug of ours: the caller learns CKR_GENERAL_ERROR.
fn guard(inner: impl FnOnce() -> Result<()>) -> CK_RV {
    match catch_unwind(AssertUnwindSafe(inner)) {
        Ok(Ok(())) => CKR_OK,
        Ok(Err(Rv(rv))) => rv,
        Err(_) => CKR_GENERAL_ERROR,
    }
}

macro_rules! exports {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $body:block)*) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $type),*) -> CK_RV {
            #[allow(unused_unsafe, reason = "functions without pointers")]
            // SAFETY: the caller promises what PKCS#11 v3.2 asks of this function's pointers: see memory.rs.
            $crate::ffi::exports::guard(|| unsafe { $body })
        }
    )* };
}

/// Functions that Cryptoki has given up.
macro_rules! refused {
    ($($name:ident($($type:ty),*) => $rv:ident;)*) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($(_: $type),*) -> CK_RV {
            $crate::ffi::exports::guard(|| $crate::general::refuse($rv))
        }
    )* };
}

// Behind the macros, which they use.
mod asynchronous;
mod digest;
mod dual;
mod encapsulation;
mod encryption;
mod general;
mod key;
mod message;
mod object;
mod parallel;
mod random;
mod session;
mod signing;
mod slot_token;

pub use asynchronous::*;
pub use digest::*;
pub use dual::*;
pub use encapsulation::*;
pub use encryption::*;
pub use general::*;
pub use key::*;
pub use message::*;
pub use object::*;
pub use parallel::*;
pub use random::*;
pub use session::*;
pub use signing::*;
pub use slot_token::*;
