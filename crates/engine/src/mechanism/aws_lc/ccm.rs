//! AES-CCM (SP 800-38C): the length comes first, so a message is done as a whole.

use crate::memory::OutOfSecretMemory;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// What a message is encrypted with. The key has 16, 24 or 32 bytes, the nonce 7 to 13, the MAC 4 to 16, an even number.
#[derive(Clone, Copy)]
pub struct Ccm<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The nonce.
    pub nonce: &'a [u8],
    /// The additional data.
    pub aad: &'a [u8],
    /// Length of the MAC, in bytes.
    pub mac_bytes: usize,
}

struct Context(NonNull<c::EVP_CIPHER_CTX>);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::EVP_CIPHER_CTX_free(self.0.as_ptr()) };
    }
}

impl Ccm<'_> {
    /// Append ciphertext and MAC to `out`.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for lengths that CCM does not have.
    pub fn seal(&self, data: &[u8], out: &mut Vec<u8>) -> Result<(), OutOfSecretMemory> {
        let context = self.start(data.len(), None)?;
        if !self.crypt(&context, data, out) {
            return Err(OutOfSecretMemory);
        }
        let mut mac = [0; 16];
        let length = self.mac_bytes as i32;
        // SAFETY: a context that has encrypted; the longest MAC has 16 bytes, and another length than was set is refused.
        let told = unsafe {
            c::EVP_CIPHER_CTX_ctrl(context.0.as_ptr(), c::EVP_CTRL_AEAD_GET_TAG, length, mac.as_mut_ptr().cast())
        };
        if told != 1 {
            return Err(OutOfSecretMemory);
        }
        out.extend_from_slice(&mac[..self.mac_bytes]);
        Ok(())
    }

    /// Append the plaintext of ciphertext and MAC to `out`; nothing where the MAC does not hold: then false.
    ///
    /// # Errors
    /// As [`Ccm::seal`], and where `sealed` is shorter than the MAC.
    pub fn open(&self, sealed: &[u8], out: &mut Vec<u8>) -> Result<bool, OutOfSecretMemory> {
        let length = sealed.len().checked_sub(self.mac_bytes).ok_or(OutOfSecretMemory)?;
        let (ciphertext, mac) = sealed.split_at(length);
        let context = self.start(length, Some(mac))?;
        Ok(self.crypt(&context, ciphertext, out))
    }

    /// A keyed context that has been told everything but the data. With a MAC, it decrypts.
    fn start(&self, data_bytes: usize, mac: Option<&[u8]>) -> Result<Context, OutOfSecretMemory> {
        let length = |bytes: usize| i32::try_from(bytes).map_err(|_| OutOfSecretMemory);
        let (data_length, aad_length) = (length(data_bytes)?, length(self.aad.len())?);
        let (nonce_length, mac_length) = (length(self.nonce.len())?, length(self.mac_bytes)?);
        let mac_at = mac.map_or(ptr::null_mut(), |mac| mac.as_ptr().cast_mut().cast());
        let encrypts = i32::from(mac.is_none());
        // SAFETY: a new context, owned by `made` from here on. Every pointer comes with its length, the key's being
        // the cipher's and the nonce's being set before it is read; the MAC is only read. Null in and out tell the
        // length of the data, null out alone the additional data.
        unsafe {
            let cipher = match self.key.len() {
                16 => c::EVP_aes_128_ccm(),
                24 => c::EVP_aes_192_ccm(),
                32 => c::EVP_aes_256_ccm(),
                _ => return Err(OutOfSecretMemory),
            };
            let made = Context(NonNull::new(c::EVP_CIPHER_CTX_new()).ok_or(OutOfSecretMemory)?);
            let at = made.0.as_ptr();
            let (key, nonce, mut ignored) = (self.key.as_ptr(), self.nonce.as_ptr(), 0);
            let started = c::EVP_CipherInit_ex(at, cipher, ptr::null_mut(), ptr::null(), ptr::null(), encrypts) == 1
                && c::EVP_CIPHER_CTX_ctrl(at, c::EVP_CTRL_AEAD_SET_IVLEN, nonce_length, ptr::null_mut()) == 1
                && c::EVP_CIPHER_CTX_ctrl(at, c::EVP_CTRL_AEAD_SET_TAG, mac_length, mac_at) == 1
                && c::EVP_CipherInit_ex(at, ptr::null(), ptr::null_mut(), key, nonce, encrypts) == 1
                && c::EVP_CipherUpdate(at, ptr::null_mut(), &raw mut ignored, ptr::null(), data_length) == 1
                && (aad_length == 0
                    || c::EVP_CipherUpdate(at, ptr::null_mut(), &raw mut ignored, self.aad.as_ptr(), aad_length) == 1);
            if started { Ok(made) } else { Err(OutOfSecretMemory) }
        }
    }

    /// All of the data, of the length that was told.
    fn crypt(&self, context: &Context, data: &[u8], out: &mut Vec<u8>) -> bool {
        // A null pointer would mean something else.
        out.reserve(data.len().max(1));
        let at = out.len();
        let mut written = 0;
        // SAFETY: CCM writes as many bytes as it reads, and so many are reserved behind the vector's end; the length
        // was a C int. A decryption whose MAC does not hold wipes what it wrote.
        unsafe {
            let into = out.as_mut_ptr().add(at);
            let done =
                c::EVP_CipherUpdate(context.0.as_ptr(), into, &raw mut written, data.as_ptr(), data.len() as i32) == 1;
            out.set_len(at + if done { data.len() } else { 0 });
            done
        }
    }
}
