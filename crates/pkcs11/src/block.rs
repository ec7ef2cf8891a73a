//! RSA encryption and decryption (PKCS#11 v3.2, 6.1): one block, whose length is the modulus's; `output` is that.
//! Decryption with AES key wrap (6.16), of any number of units.
//!
//! How long a decrypted text is shows only once it is there. A caller that asks learns the upper bound; one whose
//! buffer is smaller gets the text if it fits, else the length, and the text is held, wiped, for the next call.

use crate::ffi::Output;
use crate::operation::{After, Context, Operation, SEGMENT_LENGTH_MAX, deliver_all, deliver_held, fits};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::table::{MechanismRow, Parameters};

/// A unit of AES key wrap, and by how much what is wrapped grows at least, in bytes.
pub const UNIT_LENGTH: usize = 8;

/// Whether this is AES key wrap.
pub fn wraps(row: &MechanismRow) -> bool {
    row.parameters == Parameters::KeyWrap
}

/// C_Encrypt, and C_EncryptFinal without data: what is gathered comes first.
pub fn encrypt(operation: &mut Operation, context: &Context<'_>, data: &[u8], output: &Output) -> Result<After> {
    if !fits(output, operation.output)? {
        return Ok(After::Continues);
    }
    if operation.gathered.len() + data.len() > operation.output {
        return Err(Rv(CKR_DATA_LEN_RANGE));
    }
    let answer = operation.finish(context, data, &[], operation.output)?;
    deliver_all(&answer, output, operation.output)
}

/// C_Decrypt, C_VerifyRecover, and C_DecryptFinal without data: what is gathered comes first.
pub fn decrypt(operation: &mut Operation, context: &Context<'_>, data: &[u8], output: &Output) -> Result<After> {
    let asks_for_length = output.capacity()?.is_none();
    if operation.held.is_none() {
        let length = operation.gathered.len() + data.len();
        let (length_max, most) = if wraps(operation.row) {
            (SEGMENT_LENGTH_MAX, length.saturating_sub(UNIT_LENGTH))
        } else {
            (operation.output, operation.output)
        };
        if asks_for_length {
            output.finish(most);
            return Ok(After::Continues);
        }
        if length > length_max {
            return Err(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE));
        }
        run(operation, context, data, most)?;
    }
    deliver_held(operation, data, output)
}

/// Decrypt what is gathered and `data`, and hold the text, which is of at `most` so many bytes.
fn run(operation: &mut Operation, context: &Context<'_>, data: &[u8], most: usize) -> Result<()> {
    operation.gathered.push(data);
    let answer = operation.finish(context, &[], &[], most)?;
    let text = answer.segment();
    if text.len() > most {
        return Err(Rv(CKR_DEVICE_ERROR));
    }
    operation.held.get_or_insert_default().push(text);
    Ok(())
}
