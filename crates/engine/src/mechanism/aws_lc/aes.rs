//! AES key schedules, and the modes that need no more: ECB, CBC, CTR (SP 800-38A).

use crate::memory::{OutOfSecretMemory, SecretBytes, wipe};
use aws_lc_sys as c;

/// Length of a block, in bytes.
pub const BLOCK_BYTES: usize = 16;
/// A block, an IV or a counter.
pub type Block = [u8; BLOCK_BYTES];

/// An AES key, scheduled to encrypt. aws-lc takes it as const: threads use one without a lock.
pub struct AesEncryption(pub(super) SecretBytes);

/// An AES key, scheduled to decrypt.
pub struct AesDecryption(pub(super) SecretBytes);

/// What a key in CTR mode goes on with; wiped when dropped.
pub struct KeyStream {
    counter: Block,
    block: Block,
    /// Bytes of `block` that are used up; 0 before the first and after the last.
    used: u32,
}

impl KeyStream {
    /// Begin with this counter.
    #[must_use]
    pub fn new(counter: Block) -> Self {
        Self { counter, block: [0; BLOCK_BYTES], used: 0 }
    }

    /// How many bytes can be had without the next counter.
    #[must_use]
    pub fn left_bytes(&self) -> usize {
        (BLOCK_BYTES - self.used as usize) % BLOCK_BYTES
    }
}

impl Drop for KeyStream {
    fn drop(&mut self) {
        wipe(&mut self.block);
    }
}

impl AesEncryption {
    /// What one takes of secret memory, in bytes.
    pub const BYTES: usize = size_of::<c::AES_KEY>();

    /// Schedule a key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for any other length.
    pub fn new(key: &[u8]) -> Result<Self, OutOfSecretMemory> {
        scheduled(key, c::AES_set_encrypt_key).map(Self)
    }

    /// Encrypt whole blocks into as many bytes, each by itself.
    pub fn ecb(&self, data: &[u8], out: &mut [u8]) {
        for (data, out) in blocks(data, out) {
            // SAFETY: one block each; the schedule is a live AES_KEY.
            unsafe { c::AES_encrypt(data.as_ptr(), out.as_mut_ptr(), self.0.as_ptr().cast()) };
        }
    }

    /// Encrypt whole blocks into as many bytes; `chain` is the IV, then the last block.
    pub fn cbc(&self, chain: &mut Block, data: &[u8], out: &mut [u8]) {
        cbc(&self.0, chain, data, out, c::AES_ENCRYPT);
    }

    /// Encrypt or decrypt any number of bytes into as many.
    pub fn ctr(&self, stream: &mut KeyStream, data: &[u8], out: &mut [u8]) {
        assert_eq!(data.len(), out.len());
        // SAFETY: both are as long; the three fields are what this mode keeps, `used` below a block's length.
        unsafe {
            c::AES_ctr128_encrypt(
                data.as_ptr(),
                out.as_mut_ptr(),
                data.len(),
                self.0.as_ptr().cast(),
                stream.counter.as_mut_ptr(),
                stream.block.as_mut_ptr(),
                &raw mut stream.used,
            );
        }
    }
}

impl AesDecryption {
    /// What one takes of secret memory, in bytes.
    pub const BYTES: usize = size_of::<c::AES_KEY>();

    /// Schedule a key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for any other length.
    pub fn new(key: &[u8]) -> Result<Self, OutOfSecretMemory> {
        scheduled(key, c::AES_set_decrypt_key).map(Self)
    }

    /// Decrypt whole blocks into as many bytes, each by itself.
    pub fn ecb(&self, data: &[u8], out: &mut [u8]) {
        for (data, out) in blocks(data, out) {
            // SAFETY: one block each; the schedule is a live AES_KEY.
            unsafe { c::AES_decrypt(data.as_ptr(), out.as_mut_ptr(), self.0.as_ptr().cast()) };
        }
    }

    /// Decrypt whole blocks into as many bytes; `chain` is the IV, then the last block of `data`.
    pub fn cbc(&self, chain: &mut Block, data: &[u8], out: &mut [u8]) {
        cbc(&self.0, chain, data, out, c::AES_DECRYPT);
    }
}

/// A key's schedule, by the function of its direction.
fn scheduled(
    key: &[u8],
    schedule: unsafe extern "C" fn(*const u8, u32, *mut c::AES_KEY) -> i32,
) -> Result<SecretBytes, OutOfSecretMemory> {
    let mut made = SecretBytes::zeroed(size_of::<c::AES_KEY>())?;
    // Any length but a key's is refused by aws-lc; one that has no number of bits is such.
    let bits = u32::try_from(key.len() * 8).unwrap_or(0);
    // SAFETY: `made` has room for an AES_KEY and is more than aligned for it; the key's length is told in bits.
    let done = unsafe { schedule(key.as_ptr(), bits, made.as_mut_ptr().cast()) };
    if done == 0 { Ok(made) } else { Err(OutOfSecretMemory) }
}

fn blocks<'a>(data: &'a [u8], out: &'a mut [u8]) -> impl Iterator<Item = (&'a [u8], &'a mut [u8])> {
    assert_eq!(data.len(), out.len());
    data.chunks_exact(BLOCK_BYTES).zip(out.chunks_exact_mut(BLOCK_BYTES))
}

fn cbc(schedule: &SecretBytes, chain: &mut Block, data: &[u8], out: &mut [u8], direction: i32) {
    assert!(data.len() == out.len() && data.len() % BLOCK_BYTES == 0);
    // SAFETY: both are as long, and whole blocks; the schedule is a live AES_KEY for this direction.
    unsafe {
        c::AES_cbc_encrypt(
            data.as_ptr(),
            out.as_mut_ptr(),
            data.len(),
            schedule.as_ptr().cast(),
            chain.as_mut_ptr(),
            direction,
        );
    }
}
