//! PKCS#11 v3.2, 5.8 to 5.11: encryption and decryption, with RSA (block.rs), with ciphers that do not authenticate
//! (cipher.rs), and with those that do: `output` is the tag's length.
//!
//! Encryption with CKM_AES_GCM gives back each part at once. Decryption withholds the plaintext until the tag holds, and
//! CCM and ChaCha20-Poly1305 are done as a whole, so parts are gathered up to what one round trip takes.

use crate::block::{self, UNIT_LENGTH, wraps};
use crate::cipher::{self, flows};
use crate::ffi::{Input, Output};
use crate::kind::Kind;
use crate::mechanism::sized_by_key;
use crate::operation::{After, Context, Operation, SEGMENT_LENGTH_MAX, deliver, deliver_all, fits, run};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::table::MechanismRow;

/// Parts of a single call that is too long for one round trip: each with its tag stays below the limit.
const CHUNK_LENGTH: usize = SEGMENT_LENGTH_MAX / 2;

pub fn encrypt(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::Encrypt, |operation, context| {
        operation.must_be_whole()?;
        let mut rest = data.bytes()?;
        if sized_by_key(operation.row) {
            return block::encrypt(operation, context, rest, &output);
        }
        if flows(operation.row) {
            return cipher::finish(operation, context, rest, &output);
        }
        let needed = sealed_length(operation, rest.len());
        if !fits(&output, needed)? {
            return Ok(After::Continues);
        }
        let mut written = 0;
        if needed > SEGMENT_LENGTH_MAX && !streams(operation.row) {
            return Err(Rv(CKR_DATA_LEN_RANGE));
        }
        if needed > SEGMENT_LENGTH_MAX {
            while rest.len() > CHUNK_LENGTH {
                let (chunk, tail) = rest.split_at(CHUNK_LENGTH);
                let answer = operation.step(context, &[chunk], chunk.len())?;
                written += deliver(&answer, &output, written, needed)?;
                rest = tail;
            }
        }
        let answer = operation.finish(context, rest, &[], needed - written)?;
        written += deliver(&answer, &output, written, needed)?;
        output.finish(written);
        Ok(After::Ends)
    })
}

pub fn encrypt_update(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::Encrypt, |operation, context| encrypt_part(operation, context, data.bytes()?, &output))
}

/// Encrypt one part.
pub fn encrypt_part(operation: &mut Operation, context: &Context<'_>, data: &[u8], output: &Output) -> Result<After> {
    if sized_by_key(operation.row) {
        return gather(operation, data, operation.output, CKR_DATA_LEN_RANGE, output);
    }
    if flows(operation.row) {
        return cipher::update(operation, context, data, output);
    }
    if !streams(operation.row) {
        let overhead = if wraps(operation.row) { 2 * UNIT_LENGTH } else { operation.output };
        let length_max = SEGMENT_LENGTH_MAX - overhead;
        return gather(operation, data, length_max, CKR_DATA_LEN_RANGE, output);
    }
    let needed = operation.owed + data.len();
    if !fits(output, needed)? {
        return Ok(After::Continues);
    }
    operation.in_parts = true;
    let mut written = 0;
    for chunk in data.chunks(CHUNK_LENGTH) {
        let answer = operation.step(context, &[chunk], chunk.len())?;
        written += deliver(&answer, output, written, needed)?;
    }
    operation.owed = needed - written;
    output.finish(written);
    Ok(After::Continues)
}

pub fn encrypt_final(session: CK_SESSION_HANDLE, output: Output) -> Result<()> {
    run(session, Kind::Encrypt, |operation, context| {
        if sized_by_key(operation.row) {
            return block::encrypt(operation, context, &[], &output);
        }
        if flows(operation.row) {
            return cipher::finish(operation, context, &[], &output);
        }
        let needed = sealed_length(operation, operation.owed + operation.gathered.len());
        if !fits(&output, needed)? {
            return Ok(After::Continues);
        }
        let answer = operation.finish(context, &[], &[], needed)?;
        deliver_all(&answer, &output, needed)
    })
}

pub fn decrypt(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::Decrypt, |operation, context| {
        operation.must_be_whole()?;
        let data = data.bytes()?;
        if sized_by_key(operation.row) || wraps(operation.row) {
            return block::decrypt(operation, context, data, &output);
        }
        if flows(operation.row) {
            return cipher::finish(operation, context, data, &output);
        }
        let needed = plaintext_length(data.len(), operation.output)?;
        if !fits(&output, needed)? {
            return Ok(After::Continues);
        }
        let answer = operation.finish(context, data, &[], needed)?;
        deliver_all(&answer, &output, needed)
    })
}

pub fn decrypt_update(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::Decrypt, |operation, context| decrypt_part(operation, context, data.bytes()?, &output))
}

/// Decrypt one part.
pub fn decrypt_part(operation: &mut Operation, context: &Context<'_>, data: &[u8], output: &Output) -> Result<After> {
    if flows(operation.row) {
        return cipher::update(operation, context, data, output);
    }
    let length_max = if sized_by_key(operation.row) { operation.output } else { SEGMENT_LENGTH_MAX };
    gather(operation, data, length_max, CKR_ENCRYPTED_DATA_LEN_RANGE, output)
}

pub fn decrypt_final(session: CK_SESSION_HANDLE, output: Output) -> Result<()> {
    run(session, Kind::Decrypt, |operation, context| {
        if sized_by_key(operation.row) || wraps(operation.row) {
            return block::decrypt(operation, context, &[], &output);
        }
        if flows(operation.row) {
            return cipher::finish(operation, context, &[], &output);
        }
        let needed = plaintext_length(operation.gathered.len(), operation.output)?;
        if !fits(&output, needed)? {
            return Ok(After::Continues);
        }
        let answer = operation.finish(context, &[], &[], needed)?;
        deliver_all(&answer, &output, needed)
    })
}

/// Whether an encryption that authenticates gives back each part at once.
pub fn streams(row: &MechanismRow) -> bool {
    row.value == CKM_AES_GCM
}

/// Take a part for which nothing comes back yet.
///
/// # Errors
/// `too_long` beyond `length_max` bytes.
fn gather(
    operation: &mut Operation,
    data: &[u8],
    length_max: usize,
    too_long: CK_RV,
    output: &Output,
) -> Result<After> {
    if !fits(output, 0)? {
        return Ok(After::Continues);
    }
    if operation.held.is_some() {
        return Err(Rv(CKR_OPERATION_ACTIVE));
    }
    if operation.gathered.len() + data.len() > length_max {
        return Err(Rv(too_long));
    }
    operation.in_parts = true;
    operation.gathered.push(data);
    output.finish(0);
    Ok(After::Continues)
}

/// How long a ciphertext is with its tag, or what is wrapped with its padding.
fn sealed_length(operation: &Operation, length: usize) -> usize {
    if wraps(operation.row) {
        return length.next_multiple_of(UNIT_LENGTH) + UNIT_LENGTH;
    }
    length + operation.output
}

/// What is left of a ciphertext without its tag.
fn plaintext_length(length: usize, tag_length: usize) -> Result<usize> {
    if length > SEGMENT_LENGTH_MAX {
        return Err(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
    length.checked_sub(tag_length).ok_or(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE))
}
