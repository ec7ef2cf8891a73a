//! Ciphers that do not authenticate: AES and Triple DES in ECB and CBC mode, CBC with padding; AES in CTR, CTS and XTS
//! mode (PKCS#11 v3.2, 6.10 to 6.18; SP 800-38A and its addendum, SP 800-38E). They give back each part at once, but
//! for what does not fill a block, what may be padding, and the end that ciphertext stealing exchanges.
//!
//! A wrong padding has one answer, CKR_ENCRYPTED_DATA_INVALID, found without a branch on it.

use super::aws_lc::{BLOCK_BYTES, Block, DES_BLOCK_BYTES, KeyStream};
use super::key::Contexts;
use super::stealing;
use super::xts::Tweak;
use crate::memory::wipe;
use crate::rv::*;
use subtle::{Choice, ConstantTimeEq, ConstantTimeGreater};
use vhsm_wire::messages::CtrParameters;

/// Most that waits inside a cipher, in bytes.
const PENDING_BYTES: usize = 2 * BLOCK_BYTES;

/// A mode with its parameters. Triple DES takes the first half of an IV.
#[derive(Clone, Copy)]
pub(super) enum Cipher {
    Ecb,
    Cbc { iv: Block, ending: Ending },
    Ctr { first: Block, counters: u128 },
    Xts { sector: Block },
}

/// What becomes of an end that does not fill a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// There is none.
    Whole,
    /// RFC 5652, 6.3.
    Padded,
    /// Ciphertext stealing: as many bytes out as in.
    Stolen,
}

/// An IV of so many bytes, in a block.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID` for another length.
pub(super) fn iv(sent: &[u8], iv_bytes: usize) -> Result<Block, Rv> {
    let mut block = Block::default();
    if sent.len() != iv_bytes || iv_bytes > BLOCK_BYTES {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    block[..iv_bytes].copy_from_slice(sent);
    Ok(block)
}

/// CK_AES_CTR_PARAMS: the counter's bits are the last of the block. Counting ends where they would begin again: the
/// same key stream twice would give the texts away.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID`.
pub(super) fn ctr(sent: &CtrParameters) -> Result<Cipher, Rv> {
    let first = iv(&sent.block, BLOCK_BYTES)?;
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
    Cbc { chain: Block, ending: Ending },
    Ctr { stream: KeyStream, counters: u128 },
    Xts { tweak: Tweak },
}

/// A cipher at work; what it holds of the data is wiped when dropped. Each call is given the same key.
pub(super) struct Running {
    mode: Mode,
    decrypts: bool,
    block_bytes: usize,
    pending: [u8; PENDING_BYTES],
    pending_length: usize,
}

impl Running {
    /// # Errors
    /// `CKR_KEY_TYPE_INCONSISTENT`, `CKR_DEVICE_MEMORY`.
    pub(super) fn new(cipher: Cipher, decrypts: bool, key: &Contexts) -> Result<Self, Rv> {
        let mode = match (cipher, key) {
            (Cipher::Ecb, _) => Mode::Ecb,
            (Cipher::Cbc { iv, ending }, _) => Mode::Cbc { chain: iv, ending },
            (Cipher::Ctr { first, counters }, _) => Mode::Ctr { stream: KeyStream::new(first), counters },
            (Cipher::Xts { sector }, Contexts::Xts(key)) => Mode::Xts { tweak: key.tweak(&sector) },
            (Cipher::Xts { .. }, _) => return Err(CKR_KEY_TYPE_INCONSISTENT),
        };
        let block_bytes = if matches!(key, Contexts::TripleDes(_)) { DES_BLOCK_BYTES } else { BLOCK_BYTES };
        Ok(Self { mode, decrypts, block_bytes, pending: [0; PENDING_BYTES], pending_length: 0 })
    }

    /// Take a part and append what it gives.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_ENCRYPTED_DATA_LEN_RANGE`: more than the counter counts.
    pub(super) fn update(&mut self, key: &Contexts, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let wrong_length = self.wrong_length();
        if let Mode::Ctr { stream, counters } = &mut self.mode {
            let fresh = data.len().saturating_sub(stream.left_bytes()).div_ceil(BLOCK_BYTES) as u128;
            *counters = counters.checked_sub(fresh).ok_or(wrong_length)?;
            return self.append(key, data, out);
        }
        let waits = match self.ending() {
            Ending::Padded if self.decrypts => 1,
            Ending::Stolen => self.block_bytes + 1,
            Ending::Whole | Ending::Padded => 0,
        };
        let total = self.pending_length + data.len();
        let ready = total.saturating_sub(waits) / self.block_bytes * self.block_bytes;
        // What waited goes first, filled up to whole blocks.
        let first = self.pending_length.next_multiple_of(self.block_bytes).min(ready);
        let (head, rest) = data.split_at(first.saturating_sub(self.pending_length));
        self.hold(head);
        self.append_pending(key, first, out)?;
        let (whole, tail) = rest.split_at(ready - first);
        self.append(key, whole, out)?;
        self.hold(tail);
        Ok(())
    }

    /// End, and append what is left.
    ///
    /// # Errors
    /// `CKR_DATA_LEN_RANGE`, `CKR_ENCRYPTED_DATA_LEN_RANGE`: not whole blocks, or less than one where the end is stolen;
    /// `CKR_ENCRYPTED_DATA_INVALID`.
    pub(super) fn finish(mut self, key: &Contexts, out: &mut Vec<u8>) -> Result<(), Rv> {
        let (length, block_bytes) = (self.pending_length, self.block_bytes);
        match (self.ending(), self.decrypts) {
            (Ending::Padded, false) => {
                // At most a block, so it fits a byte (RFC 5652, 6.3).
                let padding = block_bytes - length;
                self.hold(&[padding as u8; BLOCK_BYTES][..padding]);
                self.append_pending(key, block_bytes, out)
            }
            (Ending::Padded, true) if length == block_bytes => {
                let mut block = Vec::with_capacity(block_bytes);
                self.append_pending(key, block_bytes, &mut block)?;
                let text = unpadded_length(&block);
                out.extend_from_slice(&block[..text.unwrap_or(0)]);
                wipe(&mut block);
                text.map(drop).ok_or(CKR_ENCRYPTED_DATA_INVALID)
            }
            (Ending::Stolen, _) if length >= block_bytes && length % block_bytes == 0 => {
                self.append_pending(key, length, out)
            }
            (Ending::Stolen, decrypts) if length > block_bytes => {
                let end = &self.pending[..length];
                match (&mut self.mode, key) {
                    (Mode::Cbc { chain, .. }, Contexts::Aes(key)) => stealing::cbc(key, chain, end, decrypts, out),
                    (Mode::Xts { tweak }, Contexts::Xts(key)) => stealing::xts(key, *tweak, end, decrypts, out),
                    _ => Err(CKR_KEY_TYPE_INCONSISTENT),
                }
            }
            (Ending::Whole, _) if length == 0 => Ok(()),
            _ => Err(self.wrong_length()),
        }
    }

    /// All of the data at once: nothing is appended where it fails.
    pub(super) fn complete(mut self, key: &Contexts, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        let before = out.len();
        out.reserve(data.len() + BLOCK_BYTES);
        let done = self.update(key, data, out).and_then(|()| self.finish(key, out));
        if done.is_err() {
            wipe(&mut out[before..]);
            out.truncate(before);
        }
        done
    }

    fn ending(&self) -> Ending {
        match self.mode {
            Mode::Cbc { ending, .. } => ending,
            Mode::Xts { .. } => Ending::Stolen,
            Mode::Ecb | Mode::Ctr { .. } => Ending::Whole,
        }
    }

    fn wrong_length(&self) -> Rv {
        if self.decrypts { CKR_ENCRYPTED_DATA_LEN_RANGE } else { CKR_DATA_LEN_RANGE }
    }

    /// Keep what there is room for.
    fn hold(&mut self, data: &[u8]) {
        let length = self.pending_length + data.len();
        self.pending[self.pending_length..length].copy_from_slice(data);
        self.pending_length = length;
    }

    /// The first so many bytes of what waits: whole blocks.
    fn append_pending(&mut self, key: &Contexts, length: usize, out: &mut Vec<u8>) -> Result<(), Rv> {
        let mut pending = self.pending;
        let done = self.append(key, &pending[..length], out);
        wipe(&mut pending);
        self.pending.copy_within(length..self.pending_length, 0);
        self.pending_length -= length;
        done
    }

    fn append(&mut self, key: &Contexts, data: &[u8], out: &mut Vec<u8>) -> Result<(), Rv> {
        if data.is_empty() {
            return Ok(());
        }
        let at = out.len();
        out.resize(at + data.len(), 0);
        let out = &mut out[at..];
        match (&mut self.mode, key, self.decrypts) {
            (Mode::Ecb, Contexts::Aes(key), false) => key.encrypting()?.ecb(data, out),
            (Mode::Ecb, Contexts::Aes(key), true) => key.decrypting()?.ecb(data, out),
            (Mode::Ecb, Contexts::TripleDes(key), decrypts) => key.schedules().ecb(data, out, decrypts),
            (Mode::Cbc { chain, .. }, Contexts::Aes(key), false) => key.encrypting()?.cbc(chain, data, out),
            (Mode::Cbc { chain, .. }, Contexts::Aes(key), true) => key.decrypting()?.cbc(chain, data, out),
            (Mode::Cbc { chain, .. }, Contexts::TripleDes(key), decrypts) => {
                // The first half is the IV.
                let (chain, _) = chain.split_first_chunk_mut().ok_or(CKR_GENERAL_ERROR)?;
                key.schedules().cbc(chain, data, out, decrypts);
            }
            (Mode::Ctr { stream, .. }, Contexts::Aes(key), _) => key.encrypting()?.ctr(stream, data, out),
            (Mode::Xts { tweak }, Contexts::Xts(key), decrypts) => key.blocks(tweak, data, out, decrypts)?,
            _ => return Err(CKR_KEY_TYPE_INCONSISTENT),
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
/// whatever it holds. A block is no longer than a byte can say.
pub(super) fn unpadded_length(block: &[u8]) -> Option<usize> {
    let padding = *block.last()?;
    let longest = block.len() as u8;
    let mut holds = !padding.ct_eq(&0) & !padding.ct_gt(&longest);
    for (from_end, byte) in (1..=longest).zip(block.iter().rev()) {
        let is_text: Choice = from_end.ct_gt(&padding);
        holds &= is_text | byte.ct_eq(&padding);
    }
    bool::from(holds).then(|| block.len() - usize::from(padding))
}
