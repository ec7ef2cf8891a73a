//! RSA encryption and decryption (PKCS#11 v3.2, 6.1): one block, whose length is the modulus's; `output` is that.
//!
//! How long a decrypted text is shows only once it is there. A caller that asks learns the upper bound; one whose
//! buffer is smaller gets the text if it fits, else the length, and the text is held, wiped, for the next call.

use crate::ffi::Output;
use crate::operation::{After, Context, Operation, deliver_all, deliver_held, fits};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;

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
        if asks_for_length {
            output.finish(operation.output);
            return Ok(After::Continues);
        }
        run(operation, context, data)?;
    }
    deliver_held(operation, data, output)
}

/// Decrypt what is gathered and `data`, and hold the text.
fn run(operation: &mut Operation, context: &Context<'_>, data: &[u8]) -> Result<()> {
    if operation.gathered.len() + data.len() > operation.output {
        return Err(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
    operation.gathered.push(data);
    let answer = operation.finish(context, &[], &[], operation.output)?;
    let text = answer.segment();
    if text.len() > operation.output {
        return Err(Rv(CKR_DEVICE_ERROR));
    }
    operation.held.get_or_insert_default().push(text);
    Ok(())
}
