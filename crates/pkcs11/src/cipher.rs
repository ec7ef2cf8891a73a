//! AES in ECB, CBC and CTR mode (PKCS#11 v3.2, 6.13 and 6.14): each part gives back what it can at once.
//!
//! How long an output is shows beforehand, but where a padding is taken away. A caller that asks learns the upper
//! bound; one whose buffer is smaller gets the text if it fits, else the length, and the text is held, wiped, for
//! the next call.

use crate::ffi::Output;
use crate::gather::Gathered;
use crate::kind::Kind;
use crate::operation::{After, Context, Operation, SEGMENT_LENGTH_MAX, deliver, fits};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::table::MechanismRow;

const BLOCK_LENGTH: usize = 16;
/// Data of one round trip: with a block that was held back before, the answer stays below the limit.
const CHUNK_LENGTH: usize = SEGMENT_LENGTH_MAX / 2;

/// How the length of the output follows from that of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// As many bytes, at once.
    Bytes,
    /// Whole blocks.
    Blocks,
    /// Whole blocks and a padding at the end.
    Padded,
    /// The same backwards: the last block waits for the end, since it may be the padding's.
    Unpadded,
}

/// Whether a mechanism gives back each part at once.
pub fn flows(row: &MechanismRow) -> bool {
    matches!(row.value, CKM_AES_ECB | CKM_AES_CBC | CKM_AES_CBC_PAD | CKM_AES_CTR)
}

impl Flow {
    fn of(operation: &Operation) -> Self {
        match (operation.row.value, operation.kind) {
            (CKM_AES_CTR, _) => Self::Bytes,
            (CKM_AES_CBC_PAD, Kind::Decrypt) => Self::Unpadded,
            (CKM_AES_CBC_PAD, _) => Self::Padded,
            _ => Self::Blocks,
        }
    }

    /// How much has come out when `length` bytes went in.
    fn by_now(self, length: usize) -> usize {
        match self {
            Self::Bytes => length,
            Self::Blocks | Self::Padded => length - length % BLOCK_LENGTH,
            Self::Unpadded => length.saturating_sub(1) / BLOCK_LENGTH * BLOCK_LENGTH,
        }
    }

    /// At most how much comes out in the end, when `length` bytes are still inside; `None` for a wrong length.
    fn at_end(self, length: usize) -> Option<usize> {
        match self {
            Self::Padded => Some(BLOCK_LENGTH),
            Self::Unpadded if length == BLOCK_LENGTH => Some(BLOCK_LENGTH),
            Self::Bytes | Self::Blocks if length == 0 => Some(0),
            Self::Bytes | Self::Blocks | Self::Unpadded => None,
        }
    }
}

/// C_EncryptUpdate and C_DecryptUpdate.
pub fn update(operation: &mut Operation, context: &Context<'_>, data: &[u8], output: &Output) -> Result<After> {
    if operation.held.is_some() {
        return Err(Rv(CKR_OPERATION_ACTIVE));
    }
    let total = operation.owed + data.len();
    let needed = Flow::of(operation).by_now(total);
    if !fits(output, needed)? {
        return Ok(After::Continues);
    }
    operation.in_parts = true;
    let mut written = 0;
    for chunk in data.chunks(CHUNK_LENGTH) {
        let answer = operation.step(context, &[chunk], chunk.len() + BLOCK_LENGTH)?;
        written += deliver(&answer, output, written, needed)?;
    }
    if written != needed {
        return Err(Rv(CKR_DEVICE_ERROR));
    }
    operation.owed = total - needed;
    output.finish(needed);
    Ok(After::Continues)
}

/// C_Encrypt, C_Decrypt, and with no data C_EncryptFinal and C_DecryptFinal.
pub fn finish(operation: &mut Operation, context: &Context<'_>, data: &[u8], output: &Output) -> Result<After> {
    let flow = Flow::of(operation);
    let total = operation.owed + data.len();
    let by_now = flow.by_now(total);
    let at_end = flow.at_end(total - by_now).ok_or_else(|| wrong_length(operation.kind))?;
    let most = by_now + at_end;
    if flow == Flow::Unpadded {
        let fits_surely = output.capacity()?.is_some_and(|given| given >= most as CK_ULONG);
        if operation.held.is_some() || !fits_surely {
            return finish_unpadded(operation, context, data, by_now, output);
        }
    }
    if !fits(output, most)? {
        return Ok(After::Continues);
    }
    let mut written = 0;
    send(operation, context, data, |text| {
        if text.len() > most - written {
            return Err(Rv(CKR_DEVICE_ERROR));
        }
        output.put(written, text);
        written += text.len();
        Ok(())
    })?;
    let least = if flow == Flow::Unpadded { by_now } else { most };
    if written < least {
        return Err(Rv(CKR_DEVICE_ERROR));
    }
    output.finish(written);
    Ok(After::Ends)
}

/// The end of a decryption that takes a padding away, where the text may not fit, or is held.
fn finish_unpadded(
    operation: &mut Operation,
    context: &Context<'_>,
    data: &[u8],
    before_last: usize,
    output: &Output,
) -> Result<After> {
    let given = output.capacity()?;
    if operation.held.is_none() {
        // Where not even the rest fits there is no need to look.
        if given.is_none_or(|given| given < before_last as CK_ULONG) && !fits(output, before_last + BLOCK_LENGTH)? {
            return Ok(After::Continues);
        }
        let mut text = Gathered::default();
        send(operation, context, data, |part| {
            if part.len() > before_last + BLOCK_LENGTH - text.len() {
                return Err(Rv(CKR_DEVICE_ERROR));
            }
            text.push(part);
            Ok(())
        })?;
        if text.len() < before_last {
            return Err(Rv(CKR_DEVICE_ERROR));
        }
        operation.gathered.push(data);
        operation.held = Some(text);
    } else if given.is_some() && data != operation.gathered.bytes() {
        // What is held is another ciphertext's.
        return Err(Rv(CKR_ENCRYPTED_DATA_INVALID));
    }
    let text = operation.held.as_ref().ok_or(Rv(CKR_GENERAL_ERROR))?;
    if !fits(output, text.len())? {
        return Ok(After::Continues);
    }
    output.put(0, text.bytes());
    output.finish(text.len());
    Ok(After::Ends)
}

/// Send the last of the data, in as many round trips as it takes, and take each answer.
fn send(
    operation: &mut Operation,
    context: &Context<'_>,
    data: &[u8],
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut rest = data;
    if data.len() + BLOCK_LENGTH > SEGMENT_LENGTH_MAX {
        while rest.len() > CHUNK_LENGTH {
            let (chunk, tail) = rest.split_at(CHUNK_LENGTH);
            each(operation.step(context, &[chunk], chunk.len() + BLOCK_LENGTH)?.segment())?;
            rest = tail;
        }
    }
    each(operation.finish(context, rest, &[], rest.len() + BLOCK_LENGTH)?.segment())
}

fn wrong_length(kind: Kind) -> Rv {
    Rv(if kind == Kind::Decrypt { CKR_ENCRYPTED_DATA_LEN_RANGE } else { CKR_DATA_LEN_RANGE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_tells_what_comes_out() {
        let lengths = [0, 1, 15, 16, 17, 32];
        for (flow, by_now, at_end) in [
            (Flow::Bytes, [0, 1, 15, 16, 17, 32], [Some(0); 6]),
            (Flow::Blocks, [0, 0, 0, 16, 16, 32], [Some(0), None, None, Some(0), None, Some(0)]),
            (Flow::Padded, [0, 0, 0, 16, 16, 32], [Some(16); 6]),
            (Flow::Unpadded, [0, 0, 0, 0, 16, 16], [None, None, None, Some(16), None, Some(16)]),
        ] {
            assert_eq!(lengths.map(|length| flow.by_now(length)), by_now, "{flow:?}");
            assert_eq!(lengths.map(|length| flow.at_end(length - flow.by_now(length))), at_end, "{flow:?}");
        }
    }
}
