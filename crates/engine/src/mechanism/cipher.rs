//! AES in the modes that do not authenticate (PKCS#11 v3.2, 6.13 and 6.14; SP 800-38A): ECB, CBC, CBC with
//! padding, CTR. They give back each part at once, but for what does not fill a block and for what may be padding.
//!
//! A wrong padding has one answer, CKR_ENCRYPTED_DATA_INVALID, found without a branch on it.

use super::aes::AesKey;
use super::aws_lc::{BLOCK_BYTES, Block, KeyStream};
use crate::memory::wipe;
use crate::rv::*;
use subtle::{Choice, ConstantTimeEq, ConstantTimeGreater};
use vhsm_wire::messages::CtrParameters;

/// A mode with its parameters.
#[derive(Clone, Copy)]
pub(super) enum Cipher {
    Ecb,
    Cbc { iv: Block },
    CbcPad { iv: Block },
    Ctr { first: Block, counters: u128 },
}

/// CBC's one parameter.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID` for anything but a block.
pub(super) fn iv(sent: &[u8]) -> Result<Block, Rv> {
    sent.try_into().map_err(|_| CKR_MECHANISM_PARAM_INVALID)
}

/// CK_AES_CTR_PARAMS: the counter's bits are the last of the block. Counting ends where they would begin again: the
/// same key stream twice would give the texts away.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID`.
pub(super) fn ctr(sent: &CtrParameters) -> Result<Cipher, Rv> {
    let first = iv(&sent.block)?;
    if !(1..=u128::BITS).contains(&sent.counter_bits) {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    let greatest = u128::MAX >> (u128::BITS - sent.counter_bits);
    // 2^128 of them do not fit, and are not counted to.
    let counters = (greatest - (u128::from_be_bytes(first) & greatest)).saturating_add(1);
    Ok(Cipher::Ctr { first, counters })
}

enum Mode {
    Ecb,
    Cbc { chain: Block, padded: bool },
    Ctr { stream: KeyStream, counters: u128 },
}

/// A cipher at work; what it holds of the data is wiped when dropped.
pub(super) struct Running {
    mode: Mode,
    decrypts: bool,
    pending: Block,
    pending_length: usize,
}

impl Running {
    pub(super) fn new(cipher: Cipher, decrypts: bool) -> Self {
        let mode = match cipher {
            Cipher::Ecb => Mode::Ecb,
            Cipher::Cbc { iv } => Mode::Cbc { chain: iv, padded: false },
            Cipher::CbcPad { iv } => Mode::Cbc { chain: iv, padded: true },
            Cipher::Ctr { first, counters } => Mode::Ctr { stream: KeyStream::new(first), counters },
        };
        Self { mode, decrypts, pending: [0; BLOCK_BYTES], pending_length: 0 }
    }

    /// Take a part and append what it gives.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_ENCRYPTED_DATA_LEN_RANGE`: more than the counter counts.
    pub(super) fn update(&mut self, key: &AesKey, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let wrong_length = self.wrong_length();
        if let Mode::Ctr { stream, counters } = &mut self.mode {
            let fresh = data.len().saturating_sub(stream.left_bytes()).div_ceil(BLOCK_BYTES) as u128;
            *counters = counters.checked_sub(fresh).ok_or(wrong_length)?;
            return self.append(key, data, out);
        }
        let held_back = usize::from(self.padded() && self.decrypts);
        let total = self.pending_length + data.len();
        let ready = total.saturating_sub(held_back) / BLOCK_BYTES * BLOCK_BYTES;
        if ready == 0 {
            self.hold(data);
            return Ok(());
        }
        let (head, rest) = data.split_at(if self.pending_length == 0 { 0 } else { BLOCK_BYTES - self.pending_length });
        let filled = self.pending_length + head.len();
        if filled > 0 {
            self.hold(head);
            self.append_pending(key, out)?;
        }
        let (whole, tail) = rest.split_at(ready - filled);
        self.append(key, whole, out)?;
        self.hold(tail);
        Ok(())
    }

    /// End, and append what is left.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_ENCRYPTED_DATA_LEN_RANGE`: not whole blocks; `CKR_ENCRYPTED_DATA_INVALID`.
    pub(super) fn finish(mut self, key: &AesKey, out: &mut Vec<u8>) -> Result<(), Rv> {
        match (self.padded(), self.decrypts, self.pending_length) {
            (true, false, length) => {
                // At most a block, so it fits a byte (RFC 5652, 6.3).
                let padding = BLOCK_BYTES - length;
                self.hold(&[padding as u8; BLOCK_BYTES][..padding]);
                self.append_pending(key, out)
            }
            (true, true, BLOCK_BYTES) => {
                let ciphertext = self.pending;
                let mut block = [0; BLOCK_BYTES];
                self.apply(key, &ciphertext, &mut block)?;
                let text = unpadded_length(&block);
                out.extend_from_slice(&block[..text.unwrap_or(0)]);
                wipe(&mut block);
                text.map(drop).ok_or(CKR_ENCRYPTED_DATA_INVALID)
            }
            (false, _, 0) => Ok(()),
            _ => Err(self.wrong_length()),
        }
    }

    /// All of the data at once: nothing is appended where it fails.
    pub(super) fn complete(mut self, key: &AesKey, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let before = out.len();
        out.reserve(data.len() + BLOCK_BYTES);
        let done = self.update(key, data, out).and_then(|()| self.finish(key, out));
        if done.is_err() {
            wipe(&mut out[before..]);
            out.truncate(before);
        }
        done
    }

    fn padded(&self) -> bool {
        matches!(self.mode, Mode::Cbc { padded: true, .. })
    }

    fn wrong_length(&self) -> Rv {
        if self.decrypts { CKR_ENCRYPTED_DATA_LEN_RANGE } else { CKR_DATA_LEN_RANGE }
    }

    /// Keep what there is room for: less than a block, or one that may be padding.
    fn hold(&mut self, data: &[u8]) {
        let length = self.pending_length + data.len();
        self.pending[self.pending_length..length].copy_from_slice(data);
        self.pending_length = length;
    }

    fn append_pending(&mut self, key: &AesKey, out: &mut Vec<u8>) -> Result<(), Rv> {
        let block = self.pending;
        self.pending_length = 0;
        self.append(key, &block, out)
    }

    fn append(&mut self, key: &AesKey, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let at = out.len();
        out.resize(at + data.len(), 0);
        self.apply(key, data, &mut out[at..])
    }

    /// Whole blocks, but in CTR mode, into as many bytes.
    fn apply(&mut self, key: &AesKey, data: &[u8], out: &mut [u8]) -> Result<(), Rv> {
        match (&mut self.mode, self.decrypts) {
            (Mode::Ecb, false) => key.encrypting()?.ecb(data, out),
            (Mode::Ecb, true) => key.decrypting()?.ecb(data, out),
            (Mode::Cbc { chain, .. }, false) => key.encrypting()?.cbc(chain, data, out),
            (Mode::Cbc { chain, .. }, true) => key.decrypting()?.cbc(chain, data, out),
            (Mode::Ctr { stream, .. }, _) => key.encrypting()?.ctr(stream, data, out),
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        wipe(&mut self.pending);
    }
}

/// How much of the last block is text (RFC 5652, 6.3); `None` if its padding is wrong. All of it is looked at,
/// whatever it holds.
pub(super) fn unpadded_length(block: &Block) -> Option<usize> {
    let padding = block[BLOCK_BYTES - 1];
    let longest = BLOCK_BYTES as u8;
    let mut holds = !padding.ct_eq(&0) & !padding.ct_gt(&longest);
    for (from_end, byte) in (1..=longest).zip(block.iter().rev()) {
        let is_text: Choice = from_end.ct_gt(&padding);
        holds &= is_text | byte.ct_eq(&padding);
    }
    bool::from(holds).then(|| BLOCK_BYTES - usize::from(padding))
}
