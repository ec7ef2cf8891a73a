//! PKCS#11 v3.2, 5.20 Random numbers.

use super::super::memory::{Input, Output};
use crate::random;
use cryptoki_sys::*;

exports! {
    fn C_SeedRandom(session: CK_SESSION_HANDLE, seed: *mut CK_BYTE, len: CK_ULONG) {
        random::seed(session, Input::new(seed, len))
    }
    fn C_GenerateRandom(session: CK_SESSION_HANDLE, out: *mut CK_BYTE, len: CK_ULONG) {
        // The length is an argument here, not a place: a place of our own makes it an output like the others.
        let mut room = len;
        random::generate(session, len, Output::new(out, &raw mut room))
    }
}
