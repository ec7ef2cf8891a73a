//! PKCS#11 v3.2, 5.20: random numbers.

use crate::ffi::{Input, Output};
use crate::library;
use crate::operation::{SEGMENT_LENGTH_MAX, deliver, fits};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::limits;
use vhsm_wire::messages::{GenerateRandom, SeedRandom, request};

/// Most random bytes of one call: a greater length is a caller's mistake (often -1).
const LENGTH_MAX: CK_ULONG = 1 << 31;

pub fn seed(session: CK_SESSION_HANDLE, seed: Input<'_>) -> Result<()> {
    let (library, session) = library::session(session)?;
    for chunk in seed.bytes()?.chunks(SEGMENT_LENGTH_MAX) {
        library.apply(&session, request::Request::SeedRandom(SeedRandom {}), &[chunk], 0)?;
    }
    Ok(())
}

pub fn generate(session: CK_SESSION_HANDLE, length: CK_ULONG, output: Output) -> Result<()> {
    let (library, session) = library::session(session)?;
    if length == 0 {
        return Ok(());
    }
    if length > LENGTH_MAX || !fits(&output, length as usize)? {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    let length = length as usize;
    let mut written = 0;
    while written < length {
        let part = (length - written).min(limits::OPERATION_RANDOM_LENGTH_MAX as usize);
        let body = request::Request::GenerateRandom(GenerateRandom { length: part as u32 });
        let answer = library.apply(&session, body, &[], part)?;
        if deliver(&answer, &output, written, length)? != part {
            return Err(Rv(CKR_DEVICE_ERROR));
        }
        written += part;
    }
    Ok(())
}
