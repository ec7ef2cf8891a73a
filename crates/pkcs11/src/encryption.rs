//! PKCS#11 v3.2, 5.8 to 5.11: encryption and decryption, so far with CKM_AES_GCM: `output` is the tag's length.
//!
//! Encryption gives back each part at once. Decryption withholds the plaintext until the tag holds, so its parts are
//! gathered up to what one round trip takes.

use crate::ffi::{Input, Output};
use crate::operation::{After, Kind, SEGMENT_LENGTH_MAX, deliver, deliver_all, fits, run};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;

/// Parts of a single call that is too long for one round trip: each with its tag stays below the limit.
const CHUNK_LENGTH: usize = SEGMENT_LENGTH_MAX / 2;

pub fn encrypt(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::Encrypt, |operation, context| {
        operation.must_be_whole()?;
        let mut rest = data.bytes()?;
        let needed = rest.len() + operation.output;
        if !fits(&output, needed)? {
            return Ok(After::Continues);
        }
        let mut written = 0;
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
    run(session, Kind::Encrypt, |operation, context| {
        let data = data.bytes()?;
        let needed = operation.owed + data.len();
        if !fits(&output, needed)? {
            return Ok(After::Continues);
        }
        operation.in_parts = true;
        let mut written = 0;
        for chunk in data.chunks(CHUNK_LENGTH) {
            let answer = operation.step(context, &[chunk], chunk.len())?;
            written += deliver(&answer, &output, written, needed)?;
        }
        operation.owed = needed - written;
        output.finish(written);
        Ok(After::Continues)
    })
}

pub fn encrypt_final(session: CK_SESSION_HANDLE, output: Output) -> Result<()> {
    run(session, Kind::Encrypt, |operation, context| {
        let needed = operation.owed + operation.output;
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
        let needed = plaintext_length(data.len(), operation.output)?;
        if !fits(&output, needed)? {
            return Ok(After::Continues);
        }
        let answer = operation.finish(context, data, &[], needed)?;
        deliver_all(&answer, &output, needed)
    })
}

pub fn decrypt_update(session: CK_SESSION_HANDLE, data: Input<'_>, output: Output) -> Result<()> {
    run(session, Kind::Decrypt, |operation, _| {
        let data = data.bytes()?;
        if !fits(&output, 0)? {
            return Ok(After::Continues);
        }
        if operation.gathered.len() + data.len() > SEGMENT_LENGTH_MAX {
            return Err(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE));
        }
        operation.in_parts = true;
        operation.gathered.push(data);
        output.finish(0);
        Ok(After::Continues)
    })
}

pub fn decrypt_final(session: CK_SESSION_HANDLE, output: Output) -> Result<()> {
    run(session, Kind::Decrypt, |operation, context| {
        let needed = plaintext_length(operation.gathered.len(), operation.output)?;
        if !fits(&output, needed)? {
            return Ok(After::Continues);
        }
        let answer = operation.finish(context, &[], &[], needed)?;
        deliver_all(&answer, &output, needed)
    })
}

/// What is left of a ciphertext without its tag.
fn plaintext_length(length: usize, tag_length: usize) -> Result<usize> {
    if length > SEGMENT_LENGTH_MAX {
        return Err(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
    length.checked_sub(tag_length).ok_or(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE))
}
