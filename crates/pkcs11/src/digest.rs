//! PKCS#11 v3.2, 5.12: message digesting.

use crate::ffi::{Input, Output};
use crate::kind::Kind;
use crate::operation::{After, deliver_all, fits, run};
use crate::rv::Result;
use cryptoki_sys::*;
use vhsm_wire::messages::{DigestKey, request};

pub fn digest(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::Digest, |operation, context| {
        operation.must_be_whole()?;
        if !fits(&output, operation.output)? {
            return Ok(After::Continues);
        }
        let answer = operation.whole(context, data.bytes()?, &[])?;
        deliver_all(&answer, &output, operation.output)
    })
}

pub fn update(session: CK_SESSION_HANDLE, data: Input<'_>) -> Result<()> {
    run(session, Kind::Digest, |operation, context| {
        operation.in_parts = true;
        operation.feed(context, data.bytes()?)?;
        Ok(After::Continues)
    })
}

/// The engine must have all that comes before the key, so what is gathered goes out first.
pub fn digest_key(session: CK_SESSION_HANDLE, key: CK_OBJECT_HANDLE) -> Result<()> {
    run(session, Kind::Digest, |operation, context| {
        operation.in_parts = true;
        operation.flush(context)?;
        context.library.ask(Some(context.session), request::Request::DigestKey(DigestKey { key }), &[])?;
        Ok(After::Continues)
    })
}

pub fn finish(session: CK_SESSION_HANDLE, output: Output) -> Result<()> {
    run(session, Kind::Digest, |operation, context| {
        if !fits(&output, operation.output)? {
            return Ok(After::Continues);
        }
        let answer = operation.finish(context, &[], &[], operation.output)?;
        deliver_all(&answer, &output, operation.output)
    })
}
