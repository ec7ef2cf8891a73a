//! PKCS#11 v3.2, 5.14 and 5.16: message-based signatures; message.rs says what a message is.

use crate::ffi::{Input, Output};
use crate::kind::Kind;
use crate::message::run_message;
use crate::operation::{Context, Operation, Operations, deliver_all, fits};
use crate::rv::{Result, Rv};
use crate::signing::checked;
use cryptoki_sys::*;

/// Run one call of a message to sign or verify. No mechanism of signatures has parameters for each message.
fn run_signature(
    session: CK_SESSION_HANDLE,
    kind: Kind,
    parameter: Input<'_>,
    begins: bool,
    call: impl FnOnce(&mut Operation, &Context<'_>) -> Result<()>,
) -> Result<()> {
    run_message(session, kind, |operation, context| {
        operation.expect_message(!begins)?;
        if !parameter.is_empty() {
            return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
        }
        call(operation, context)
    })
}

fn begin_signature(operation: &mut Operation) -> Result<()> {
    let mechanism = operation.messages()?.mechanism.clone();
    operation.begin_message(mechanism, 0)
}

impl Operations {
    /// Announce the next message to the engine, as C_MessageSignInit has announced the first: a key with
    /// CKA_ALWAYS_AUTHENTICATE asks for a login for each. C_MessageSignInit prepares for "one or more signature
    /// operations" (5.14.1), and a login lasts "until the cryptographic operation has [...] been completed" (4.9).
    ///
    /// # Errors
    /// CKR_OPERATION_NOT_INITIALIZED where no message can be signed, or one is under way; what the engine answers.
    pub fn prepare_message(&mut self, context: &Context<'_>) -> Result<()> {
        let operation = self.find(Kind::MessageSign)?;
        let mechanism = operation.messages()?.mechanism.clone();
        operation.prepare(context, mechanism)
    }
}

/// C_SignMessage.
pub fn sign(session: CK_SESSION_HANDLE, parameter: Input<'_>, data: Input<'_>, output: Output) -> Result<()> {
    run_signature(session, Kind::MessageSign, parameter, true, |operation, context| {
        let data = data.bytes()?;
        if !fits(&output, operation.output)? {
            return Ok(());
        }
        begin_signature(operation)?;
        let answer = operation.whole(context, data, &[])?;
        deliver_all(&answer, &output, operation.output)?;
        operation.messages()?.begun = false;
        Ok(())
    })
}

/// C_SignMessageBegin and C_VerifyMessageBegin.
pub fn signature_begin(session: CK_SESSION_HANDLE, kind: Kind, parameter: Input<'_>) -> Result<()> {
    run_signature(session, kind, parameter, true, |operation, _| begin_signature(operation))
}

/// C_SignMessageNext: the part for which a signature is asked for, or its length, is the last.
pub fn sign_next(session: CK_SESSION_HANDLE, parameter: Input<'_>, data: Input<'_>, output: Output) -> Result<()> {
    run_signature(session, Kind::MessageSign, parameter, false, |operation, context| {
        let data = data.bytes()?;
        if !output.is_wanted() {
            return operation.feed(context, data);
        }
        if !fits(&output, operation.output)? {
            return Ok(());
        }
        operation.feed(context, data)?;
        let answer = operation.finish(context, &[], &[], operation.output)?;
        deliver_all(&answer, &output, operation.output)?;
        operation.messages()?.begun = false;
        Ok(())
    })
}

/// C_VerifyMessage.
pub fn verify(session: CK_SESSION_HANDLE, parameter: Input<'_>, data: Input<'_>, signature: Input<'_>) -> Result<()> {
    run_signature(session, Kind::MessageVerify, parameter, true, |operation, context| {
        let (data, signature) = (data.bytes()?, checked(operation, signature)?);
        begin_signature(operation)?;
        operation.whole(context, data, &signature)?;
        operation.messages()?.begun = false;
        Ok(())
    })
}

/// C_VerifyMessageNext: the part that comes with a signature is the last.
pub fn verify_next(
    session: CK_SESSION_HANDLE,
    parameter: Input<'_>,
    data: Input<'_>,
    signature: Input<'_>,
) -> Result<()> {
    run_signature(session, Kind::MessageVerify, parameter, false, |operation, context| {
        let data = data.bytes()?;
        // A null pointer alone says so (PKCS#11 v3.2, C_VerifyMessageNext), whatever stands beside it.
        if signature.is_null() {
            return operation.feed(context, data);
        }
        let signature = checked(operation, signature)?;
        operation.feed(context, data)?;
        operation.finish(context, &[], &signature, 0)?;
        operation.messages()?.begun = false;
        Ok(())
    })
}
