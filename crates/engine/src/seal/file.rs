//! The machine seal M, kept in a file outside the database's directory.
//!
//! `vhsm-seal 1 file` and a newline, then M (32 bytes), then 8 bytes that tell a damaged file: HKDF(M, "check").
//! Other seals (TPM, KMS, shares) get another word on the first line.

use super::{KEY_BYTES, boxed};
use crate::mechanism::aws_lc::{equal, random};
use crate::memory::{OutOfSecretMemory, SecretBytes};
use std::os::fd::{BorrowedFd, OwnedFd};
use thiserror::Error;

const MAGIC: &[u8] = b"vhsm-seal 1 file\n";
const CHECK_BYTES: usize = 8;
const FILE_BYTES: usize = MAGIC.len() + KEY_BYTES + CHECK_BYTES;

/// Why a seal is not to be had.
#[derive(Debug, Error)]
pub enum SealError {
    /// Not a seal file, a damaged one, or one of another kind.
    #[error("not an undamaged seal file of the kind \"vhsm-seal 1 file\": restore it from your backup")]
    Foreign,
    /// Reading or writing failed.
    #[error("seal file: {0}")]
    System(#[from] rustix::io::Errno),
    /// No room for it.
    #[error(transparent)]
    Memory(#[from] OutOfSecretMemory),
}

/// The machine seal M, in secret memory.
#[derive(Debug)]
pub struct Seal(SecretBytes);

impl Seal {
    /// Make a new M.
    ///
    /// # Errors
    /// [`SealError::Memory`].
    pub fn generate() -> Result<Self, SealError> {
        let mut key = SecretBytes::zeroed(KEY_BYTES)?;
        random(&mut key);
        Ok(Self(key))
    }

    /// M from its bytes; for test vectors.
    #[cfg(test)]
    pub(super) fn from_bytes(key: &[u8]) -> Result<Self, SealError> {
        Ok(Self(SecretBytes::copy_of(key)?))
    }

    /// Read a seal file, and close it.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn read(file: OwnedFd) -> Result<Self, SealError> {
        // One byte more than there should be: a longer file is not ours.
        let mut content = SecretBytes::zeroed(FILE_BYTES + 1)?;
        let mut length = 0;
        while length < content.len() {
            match rustix::io::read(&file, &mut content[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let rest = content[..length].strip_prefix(MAGIC).ok_or(SealError::Foreign)?;
        let (key, check) = rest.split_at_checked(KEY_BYTES).ok_or(SealError::Foreign)?;
        let seal = Self(SecretBytes::copy_of(key)?);
        if equal(&seal.check()?[..CHECK_BYTES], check) { Ok(seal) } else { Err(SealError::Foreign) }
    }

    /// Write the seal file's content.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn write(&self, file: BorrowedFd<'_>) -> Result<(), SealError> {
        let mut content = SecretBytes::zeroed(FILE_BYTES)?;
        content[..MAGIC.len()].copy_from_slice(MAGIC);
        content[MAGIC.len()..][..KEY_BYTES].copy_from_slice(&self.0);
        content[MAGIC.len() + KEY_BYTES..].copy_from_slice(&self.check()?[..CHECK_BYTES]);
        let mut rest: &[u8] = &content;
        while !rest.is_empty() {
            match rustix::io::write(file, rest) {
                Ok(written) => rest = &rest[written..],
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<SecretBytes, OutOfSecretMemory> {
        boxed::derive(&self.0, b"", b"check")
    }

    /// What is mixed into every PIN: without the seal, a stolen database lets nobody guess.
    pub(super) fn pepper(&self) -> Result<SecretBytes, OutOfSecretMemory> {
        boxed::derive(&self.0, b"", b"pepper")
    }

    /// The root of a token's public objects.
    pub(super) fn public_root(&self, token: &[u8; 16]) -> Result<SecretBytes, OutOfSecretMemory> {
        boxed::derive(&self.0, b"", &[b"public", &token[..]].concat())
    }
}
