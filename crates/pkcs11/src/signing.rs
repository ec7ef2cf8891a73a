//! PKCS#11 v3.2, 5.13 and 5.15: signatures and MACs.

use crate::block;
use crate::ffi::{Input, MechanismIn, Output};
use crate::kind::Kind;
use crate::mechanism;
use crate::operation::{self, After, Context, Operation, deliver_all, fits, run};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use std::borrow::Cow;

pub fn sign(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::Sign, |operation, context| {
        operation.must_be_whole()?;
        if !fits(&output, operation.output)? {
            return Ok(After::Continues);
        }
        let answer = operation.whole(context, data.bytes()?, &[])?;
        deliver_all(&answer, &output, operation.output)
    })
}

pub fn sign_update(session: CK_SESSION_HANDLE, data: Input<'_>) -> Result<()> {
    run(session, Kind::Sign, |operation, context| update(operation, context, data))
}

pub fn sign_final(session: CK_SESSION_HANDLE, output: Output) -> Result<()> {
    run(session, Kind::Sign, |operation, context| {
        if !fits(&output, operation.output)? {
            return Ok(After::Continues);
        }
        let answer = operation.finish(context, &[], &[], operation.output)?;
        deliver_all(&answer, &output, operation.output)
    })
}

pub fn verify(session: CK_SESSION_HANDLE, data: Input<'_>, signature: Input<'_>) -> Result<()> {
    run(session, Kind::Verify, |operation, context| {
        operation.must_be_whole()?;
        let data = data.bytes()?;
        let signature = checked(operation, signature)?;
        operation.whole(context, data, &signature)?;
        Ok(After::Ends)
    })
}

pub fn verify_update(session: CK_SESSION_HANDLE, data: Input<'_>) -> Result<()> {
    run(session, Kind::Verify, |operation, context| update(operation, context, data))
}

pub fn verify_final(session: CK_SESSION_HANDLE, signature: Input<'_>) -> Result<()> {
    run(session, Kind::Verify, |operation, context| {
        let signature = checked(operation, signature)?;
        operation.finish(context, &[], &signature, 0)?;
        Ok(After::Ends)
    })
}

/// C_SignRecover (PKCS#11 v3.2, 5.14): the data is in the signature.
pub fn sign_recover(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::SignRecover, |operation, context| {
        if !fits(&output, operation.output)? {
            return Ok(After::Continues);
        }
        let data = data.bytes()?;
        if data.len() > operation.output {
            return Err(Rv(CKR_DATA_LEN_RANGE));
        }
        let answer = operation.finish(context, data, &[], operation.output)?;
        deliver_all(&answer, &output, operation.output)
    })
}

/// C_VerifyRecover: as long as the data turns out to be.
pub fn verify_recover(session: CK_SESSION_HANDLE, signature: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::VerifyRecover, |operation, context| {
        let signature = signature.bytes()?;
        if signature.len() != operation.output {
            return Err(Rv(CKR_SIGNATURE_LEN_RANGE));
        }
        block::decrypt(operation, context, signature, &output)
    })
}

/// C_VerifySignatureInit (PKCS#11 v3.2, 5.16): the signature comes first, and then the data alone.
pub fn verify_signature_init(
    session: CK_SESSION_HANDLE,
    mechanism: MechanismIn<'_>,
    key: CK_OBJECT_HANDLE,
    signature: Input<'_>,
) -> Result<()> {
    let choose = |mechanism, parameter: Input<'_>| mechanism::parse(mechanism, parameter, Kind::VerifySignature.row());
    operation::init_with(session, Kind::VerifySignature, mechanism, key, choose, |operation| {
        operation.signature = checked(operation, signature)?.into_owned();
        Ok(())
    })
}

pub fn verify_signature(session: CK_SESSION_HANDLE, data: Input<'_>) -> Result<()> {
    run(session, Kind::VerifySignature, |operation, context| {
        operation.must_be_whole()?;
        let data = data.bytes()?;
        let signature = std::mem::take(&mut operation.signature);
        operation.whole(context, data, &signature)?;
        Ok(After::Ends)
    })
}

pub fn verify_signature_update(session: CK_SESSION_HANDLE, data: Input<'_>) -> Result<()> {
    run(session, Kind::VerifySignature, |operation, context| update(operation, context, data))
}

pub fn verify_signature_final(session: CK_SESSION_HANDLE) -> Result<()> {
    run(session, Kind::VerifySignature, |operation, context| {
        let signature = std::mem::take(&mut operation.signature);
        operation.finish(context, &[], &signature, 0)?;
        Ok(After::Ends)
    })
}

fn update(operation: &mut Operation, context: &Context<'_>, data: Input<'_>) -> Result<After> {
    operation.in_parts = true;
    operation.feed(context, data.bytes()?)?;
    Ok(After::Continues)
}

/// Longest signature by HSS, in bytes (PKCS#11 v3.2, 6.65.5).
const HSS_SIGNATURE_MAX: usize = 74_988;

/// A signature of the one length that it can have; by HSS, of any. ECDSA takes shorter ones, whose halves are r and s
/// all the same: each gets its leading zeros (PKCS#11 v3.2, 6.3.1).
pub fn checked<'a>(operation: &Operation, signature: Input<'a>) -> Result<Cow<'a, [u8]>> {
    let signature = signature.bytes()?;
    let length = operation.output;
    let hss = operation.row.key_types.contains(&CKK_HSS) && signature.len() <= HSS_SIGNATURE_MAX;
    if signature.len() == length || hss {
        return Ok(Cow::Borrowed(signature));
    }
    let halves = signature.len() < length && !signature.is_empty() && signature.len() % 2 == 0;
    if !halves || !operation.row.key_types.contains(&CKK_EC) {
        return Err(Rv(CKR_SIGNATURE_LEN_RANGE));
    }
    let (r, s) = signature.split_at(signature.len() / 2);
    let zeros = vec![0; length / 2 - r.len()];
    Ok(Cow::Owned([&zeros, r, &zeros, s].concat()))
}
