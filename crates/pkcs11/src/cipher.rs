//! Ciphers that do not authenticate, AES and Triple DES in ECB and CBC mode, AES in CTR, CTS and XTS mode (PKCS#11 v3.2,
//! 6.10 to 6.18): each part gives back what it can at once.
//!
//! How long an output is shows beforehand, but where a padding is taken away. A caller that asks learns the upper
//! bound; one whose buffer is smaller gets the text if it fits, else the length, and the text is held, wiped, for
//! the next call.

use crate::ffi::Output;
use crate::gather::Gathered;
use crate::kind::Kind;
use crate::operation::{After, Context, Operation, SEGMENT_LENGTH_MAX, deliver, deliver_held, fits};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::table::MechanismRow;

/// More than comes out beyond what goes in: two blocks that were held back before.
const HELD_LENGTH_MAX: usize = 32;
/// Data of one round trip: with what was held back before, the answer stays below the limit.
const CHUNK_LENGTH: usize = SEGMENT_LENGTH_MAX / 2;

/// How the length of the output follows from that of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flow {
    block_length: usize,
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// As many bytes, at once.
    Bytes,
    /// Whole blocks.
    Blocks,
    /// Whole blocks and a padding at the end.
    Padded,
    /// The same backwards: the last block waits for the end, since it may be the padding's.
    Unpadded,
    /// As many bytes in the end, which is more than a block, and waits.
    Stolen,
}

/// Whether a mechanism gives back each part at once.
pub fn flows(row: &MechanismRow) -> bool {
    ending(row, Kind::Encrypt).is_some()
}

fn ending(row: &MechanismRow, kind: Kind) -> Option<Ending> {
    Some(match (row.value, kind) {
        (CKM_AES_CTR, _) => Ending::Bytes,
        (CKM_AES_ECB | CKM_AES_CBC | CKM_DES3_ECB | CKM_DES3_CBC, _) => Ending::Blocks,
        (CKM_AES_CBC_PAD | CKM_DES3_CBC_PAD, Kind::Decrypt) => Ending::Unpadded,
        (CKM_AES_CBC_PAD | CKM_DES3_CBC_PAD, _) => Ending::Padded,
        (CKM_AES_CTS | CKM_AES_XTS, _) => Ending::Stolen,
        _ => return None,
    })
}

impl Flow {
    fn of(operation: &Operation) -> Result<Self> {
        let ending = ending(operation.row, operation.kind).ok_or(Rv(CKR_GENERAL_ERROR))?;
        Ok(Self { block_length: operation.row.block_bytes(), ending })
    }

    /// How much has come out when `length` bytes went in.
    fn by_now(self, length: usize) -> usize {
        let waits = match self.ending {
            Ending::Bytes => return length,
            Ending::Blocks | Ending::Padded => 0,
            Ending::Unpadded => 1,
            Ending::Stolen => self.block_length + 1,
        };
        length.saturating_sub(waits) / self.block_length * self.block_length
    }

    /// At most how much comes out in the end, when `length` bytes are still inside; `None` for a wrong length.
    fn at_end(self, length: usize) -> Option<usize> {
        match self.ending {
            Ending::Padded => Some(self.block_length),
            Ending::Unpadded if length == self.block_length => Some(self.block_length),
            Ending::Bytes | Ending::Blocks if length == 0 => Some(0),
            Ending::Stolen if length >= self.block_length => Some(length),
            Ending::Bytes | Ending::Blocks | Ending::Unpadded | Ending::Stolen => None,
        }
    }
}

/// C_EncryptUpdate and C_DecryptUpdate.
pub fn update(operation: &mut Operation, context: &Context<'_>, data: &[u8], output: &Output) -> Result<After> {
    if operation.held.is_some() {
        return Err(Rv(CKR_OPERATION_ACTIVE));
    }
    let total = operation.owed + data.len();
    let needed = Flow::of(operation)?.by_now(total);
    if !fits(output, needed)? {
        return Ok(After::Continues);
    }
    operation.in_parts = true;
    let mut written = 0;
    for chunk in data.chunks(CHUNK_LENGTH) {
        let answer = operation.step(context, &[chunk], chunk.len() + HELD_LENGTH_MAX)?;
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
    let flow = Flow::of(operation)?;
    let total = operation.owed + data.len();
    let by_now = flow.by_now(total);
    let at_end = flow.at_end(total - by_now).ok_or_else(|| wrong_length(operation.kind))?;
    let most = by_now + at_end;
    if flow.ending == Ending::Unpadded {
        let fits_surely = output.capacity()?.is_some_and(|given| given >= most as CK_ULONG);
        if operation.held.is_some() || !fits_surely {
            return finish_unpadded(operation, context, data, most, output);
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
    let least = if flow.ending == Ending::Unpadded { by_now } else { most };
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
    most: usize,
    output: &Output,
) -> Result<After> {
    let before_last = most - operation.row.block_bytes();
    if operation.held.is_none() {
        let given = output.capacity()?;
        // Where not even the rest fits there is no need to look.
        if given.is_none_or(|given| given < before_last as CK_ULONG) && !fits(output, most)? {
            return Ok(After::Continues);
        }
        let mut text = Gathered::default();
        send(operation, context, data, |part| {
            if part.len() > most - text.len() {
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
    }
    deliver_held(operation, data, output)
}

/// Send the last of the data, in as many round trips as it takes, and take each answer.
fn send(
    operation: &mut Operation,
    context: &Context<'_>,
    data: &[u8],
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut rest = data;
    if data.len() + HELD_LENGTH_MAX > SEGMENT_LENGTH_MAX {
        while rest.len() > CHUNK_LENGTH {
            let (chunk, tail) = rest.split_at(CHUNK_LENGTH);
            each(operation.step(context, &[chunk], chunk.len() + HELD_LENGTH_MAX)?.segment())?;
            rest = tail;
        }
    }
    each(operation.finish(context, rest, &[], rest.len() + HELD_LENGTH_MAX)?.segment())
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
            (Ending::Bytes, [0, 1, 15, 16, 17, 32], [Some(0); 6]),
            (Ending::Blocks, [0, 0, 0, 16, 16, 32], [Some(0), None, None, Some(0), None, Some(0)]),
            (Ending::Padded, [0, 0, 0, 16, 16, 32], [Some(16); 6]),
            (Ending::Unpadded, [0, 0, 0, 0, 16, 16], [None, None, None, Some(16), None, Some(16)]),
            (Ending::Stolen, [0, 0, 0, 0, 0, 0], [None, None, None, Some(16), Some(17), Some(32)]),
        ] {
            let flow = Flow { block_length: 16, ending: flow };
            assert_eq!(lengths.map(|length| flow.by_now(length)), by_now, "{flow:?}");
            assert_eq!(lengths.map(|length| flow.at_end(length - flow.by_now(length))), at_end, "{flow:?}");
        }
    }
}
