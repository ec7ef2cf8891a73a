//! aws-lc behind a narrow, safe door: the only file that calls its cryptography.
//!
//! Contexts that hold keys are made by aws-lc in its own heap, which lies in secret memory. Shared contexts are
//! read-only: threads use one key without a lock.

#![allow(unsafe_code, reason = "calls into aws-lc")]

use crate::memory::{OutOfSecretMemory, wipe};
use aws_lc_sys as c;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

/// Longest digest, in bytes.
pub const DIGEST_BYTES_MAX: usize = 64;
/// Length of a GCM tag, in bytes, where nothing else is said.
pub const TAG_BYTES: usize = 16;

/// A hash function of FIPS 180-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1
    Sha1,
    /// SHA-224
    Sha224,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
    /// SHA-512/224
    Sha512_224,
    /// SHA-512/256
    Sha512_256,
}

impl Hash {
    fn method(self) -> *const c::EVP_MD {
        // SAFETY: each returns the address of a static table.
        unsafe {
            match self {
                Self::Sha1 => c::EVP_sha1(),
                Self::Sha224 => c::EVP_sha224(),
                Self::Sha256 => c::EVP_sha256(),
                Self::Sha384 => c::EVP_sha384(),
                Self::Sha512 => c::EVP_sha512(),
                Self::Sha512_224 => c::EVP_sha512_224(),
                Self::Sha512_256 => c::EVP_sha512_256(),
            }
        }
    }

    /// Length of its blocks, in bytes.
    #[must_use]
    pub fn block_bytes(self) -> usize {
        match self {
            Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 128,
        }
    }
}

/// A digest or a MAC; wiped when dropped.
pub struct Output {
    bytes: [u8; DIGEST_BYTES_MAX],
    length: usize,
}

impl Output {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
#[must_use]
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    // SAFETY: both are readable for the common length.
    left.len() == right.len()
        && unsafe { c::CRYPTO_memcmp(left.as_ptr().cast(), right.as_ptr().cast(), left.len()) } == 0
}

/// Fill `out` from the thread's generator (CTR_DRBG, SP 800-90A), which the kernel and the CPU seed.
pub fn random(out: &mut [u8]) {
    // SAFETY: writable for its length. It cannot fail: it aborts.
    unsafe { c::RAND_bytes(out.as_mut_ptr(), out.len()) };
}

/// PBKDF2-HMAC-SHA256 (RFC 8018, 5.2) into `out`; false when there is no memory.
#[must_use]
pub fn pbkdf2(password: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]) -> bool {
    // SAFETY: every pointer comes with its length.
    unsafe {
        c::PKCS5_PBKDF2_HMAC(
            password.as_ptr().cast(),
            password.len(),
            salt.as_ptr(),
            salt.len(),
            rounds,
            Hash::Sha256.method(),
            out.len(),
            out.as_mut_ptr(),
        ) == 1
    }
}

/// HKDF-SHA256 (RFC 5869), extract and expand, into `out`; false when there is no memory.
#[must_use]
pub fn hkdf(secret: &[u8], salt: &[u8], info: &[u8], out: &mut [u8]) -> bool {
    // SAFETY: every pointer comes with its length.
    unsafe {
        c::HKDF(
            out.as_mut_ptr(),
            out.len(),
            Hash::Sha256.method(),
            secret.as_ptr(),
            secret.len(),
            salt.as_ptr(),
            salt.len(),
            info.as_ptr(),
            info.len(),
        ) == 1
    }
}

/// An HMAC key (RFC 2104), its two padded blocks already hashed.
pub struct Hmac(NonNull<c::HMAC_CTX>);

// SAFETY: the context is flat memory, owned alone.
unsafe impl Send for Hmac {}
// SAFETY: `&self` only copies from it.
unsafe impl Sync for Hmac {}

impl Hmac {
    /// What one takes of secret memory, in bytes.
    pub const BYTES: usize = size_of::<c::HMAC_CTX>();

    /// Make the context of a key.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn new(hash: Hash, key: &[u8]) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let made = Self(NonNull::new(unsafe { c::HMAC_CTX_new() }).ok_or(OutOfSecretMemory)?);
        // SAFETY: the context is live; a non-null key pointer even where it is empty means "this key".
        let started =
            unsafe { c::HMAC_Init_ex(made.0.as_ptr(), key.as_ptr().cast(), key.len(), hash.method(), ptr::null_mut()) };
        if started == 1 { Ok(made) } else { Err(OutOfSecretMemory) }
    }

    /// The MAC of `data`.
    #[must_use]
    pub fn mac(&self, data: &[u8]) -> Output {
        let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
        let mut length = 0;
        let mut scratch = MaybeUninit::<c::HMAC_CTX>::uninit();
        // SAFETY: an HMAC context is flat (aws-lc copies it so itself); the copy is keyed like the original, used
        // once, and wiped. Update and Final of an initialised context do not fail.
        unsafe {
            ptr::copy_nonoverlapping(self.0.as_ptr(), scratch.as_mut_ptr(), 1);
            c::HMAC_Update(scratch.as_mut_ptr(), data.as_ptr(), data.len());
            c::HMAC_Final(scratch.as_mut_ptr(), output.bytes.as_mut_ptr(), &raw mut length);
            c::OPENSSL_cleanse(scratch.as_mut_ptr().cast(), size_of::<c::HMAC_CTX>());
        }
        output.length = length as usize;
        output
    }

    /// A copy with a stream of its own.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn duplicate(&self) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let made = Self(NonNull::new(unsafe { c::HMAC_CTX_new() }).ok_or(OutOfSecretMemory)?);
        // SAFETY: both are live and distinct.
        unsafe { c::HMAC_CTX_copy_ex(made.0.as_ptr(), self.0.as_ptr()) };
        Ok(made)
    }

    /// Take a part of the stream.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: a keyed context, borrowed alone.
        unsafe { c::HMAC_Update(self.0.as_ptr(), data.as_ptr(), data.len()) };
    }

    /// End the stream.
    #[must_use]
    pub fn finish(self) -> Output {
        let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
        let mut length = 0;
        // SAFETY: room for the longest digest.
        unsafe { c::HMAC_Final(self.0.as_ptr(), output.bytes.as_mut_ptr(), &raw mut length) };
        output.length = length as usize;
        output
    }
}

impl Drop for Hmac {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::HMAC_CTX_free(self.0.as_ptr()) };
    }
}

/// The digest of `data`.
#[must_use]
pub fn digest(hash: Hash, data: &[u8]) -> Output {
    let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
    let mut length = 0;
    // SAFETY: room for the longest digest.
    unsafe {
        c::EVP_Digest(
            data.as_ptr().cast(),
            data.len(),
            output.bytes.as_mut_ptr(),
            &raw mut length,
            hash.method(),
            ptr::null_mut(),
        );
    }
    output.length = length as usize;
    output
}

/// A digest in parts.
pub struct Digest(NonNull<c::EVP_MD_CTX>);

// SAFETY: the context is owned alone.
unsafe impl Send for Digest {}

impl Digest {
    /// Begin.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`].
    pub fn new(hash: Hash) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let made = Self(NonNull::new(unsafe { c::EVP_MD_CTX_new() }).ok_or(OutOfSecretMemory)?);
        // SAFETY: live.
        let started = unsafe { c::EVP_DigestInit_ex(made.0.as_ptr(), hash.method(), ptr::null_mut()) };
        if started == 1 { Ok(made) } else { Err(OutOfSecretMemory) }
    }

    /// Take a part.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: an initialised context, borrowed alone.
        unsafe { c::EVP_DigestUpdate(self.0.as_ptr(), data.as_ptr().cast(), data.len()) };
    }

    /// End.
    #[must_use]
    pub fn finish(self) -> Output {
        let mut output = Output { bytes: [0; DIGEST_BYTES_MAX], length: 0 };
        let mut length = 0;
        // SAFETY: room for the longest digest.
        unsafe { c::EVP_DigestFinal_ex(self.0.as_ptr(), output.bytes.as_mut_ptr(), &raw mut length) };
        output.length = length as usize;
        output
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        // SAFETY: owned alone.
        unsafe { c::EVP_MD_CTX_free(self.0.as_ptr()) };
    }
}

/// An AES-GCM key (SP 800-38D), scheduled, for tags of one length.
pub struct Gcm {
    context: NonNull<c::EVP_AEAD_CTX>,
    tag_bytes: usize,
}

// SAFETY: the context is owned alone.
unsafe impl Send for Gcm {}
// SAFETY: sealing and opening take the context as const (aead.h: "safe to call concurrently").
unsafe impl Sync for Gcm {}

impl Gcm {
    /// What one takes of secret memory, in bytes.
    pub const BYTES: usize = size_of::<c::EVP_AEAD_CTX>();

    /// Schedule a key of 16, 24 or 32 bytes, for tags of `tag_bytes` (4 to 16).
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for any other length.
    pub fn new(key: &[u8], tag_bytes: usize) -> Result<Self, OutOfSecretMemory> {
        // SAFETY: a new context, owned by `Self` from here on.
        let context = unsafe {
            let aead = match key.len() {
                16 => c::EVP_aead_aes_128_gcm(),
                24 => c::EVP_aead_aes_192_gcm(),
                32 => c::EVP_aead_aes_256_gcm(),
                _ => return Err(OutOfSecretMemory),
            };
            c::EVP_AEAD_CTX_new(aead, key.as_ptr(), key.len(), tag_bytes)
        };
        Ok(Self { context: NonNull::new(context).ok_or(OutOfSecretMemory)?, tag_bytes })
    }

    /// Length of the tags, in bytes.
    #[must_use]
    pub fn tag_bytes(&self) -> usize {
        self.tag_bytes
    }

    /// Append ciphertext and tag to `out`. False for an empty IV or too much data.
    #[must_use]
    pub fn seal(&self, iv: &[u8], aad: &[u8], data: &[u8], out: &mut Vec<u8>) -> bool {
        let room = data.len() + self.tag_bytes;
        out.reserve(room);
        let at = out.len();
        let mut length = 0;
        // SAFETY: `room` bytes are reserved behind the vector's end; as many as were written become part of it.
        unsafe {
            let sealed = c::EVP_AEAD_CTX_seal(
                self.context.as_ptr(),
                out.as_mut_ptr().add(at),
                &raw mut length,
                room,
                iv.as_ptr(),
                iv.len(),
                data.as_ptr(),
                data.len(),
                aad.as_ptr(),
                aad.len(),
            ) == 1;
            out.set_len(at + length);
            sealed
        }
    }

    /// Append the plaintext of ciphertext and tag to `out`; nothing where the tag does not hold: then false.
    #[must_use]
    pub fn open(&self, iv: &[u8], aad: &[u8], data: &[u8], out: &mut Vec<u8>) -> bool {
        out.reserve(data.len());
        let at = out.len();
        // SAFETY: so many bytes are reserved behind the vector's end; as many as were written become part of it.
        unsafe {
            let opened = self.open_raw(iv, aad, data, out.as_mut_ptr().add(at), data.len());
            out.set_len(at + opened.unwrap_or(0));
            opened.is_some()
        }
    }

    /// The same into memory of the caller's choice, which must be as long as the plaintext.
    #[must_use]
    pub fn open_into(&self, iv: &[u8], aad: &[u8], data: &[u8], out: &mut [u8]) -> bool {
        // SAFETY: writable for its length.
        let opened = unsafe { self.open_raw(iv, aad, data, out.as_mut_ptr(), out.len()) };
        opened == Some(out.len())
    }

    /// SAFETY: `out` is writable for `room` bytes and does not overlap `data`.
    unsafe fn open_raw(&self, iv: &[u8], aad: &[u8], data: &[u8], out: *mut u8, room: usize) -> Option<usize> {
        let mut length = 0;
        // SAFETY: the caller's promise; aws-lc zeroes `out` when it refuses.
        let opened = unsafe {
            c::EVP_AEAD_CTX_open(
                self.context.as_ptr(),
                out,
                &raw mut length,
                room,
                iv.as_ptr(),
                iv.len(),
                data.as_ptr(),
                data.len(),
                aad.as_ptr(),
                aad.len(),
            )
        };
        (opened == 1).then_some(length)
    }
}

impl Drop for Gcm {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::EVP_AEAD_CTX_free(self.context.as_ptr()) };
    }
}

/// An AES-GCM encryption in parts.
pub struct GcmEncryption {
    context: NonNull<c::EVP_CIPHER_CTX>,
    tag_bytes: usize,
}

// SAFETY: the context is owned alone.
unsafe impl Send for GcmEncryption {}

impl GcmEncryption {
    /// Begin. The key is 16, 24 or 32 bytes, the IV at least 1.
    ///
    /// # Errors
    /// [`OutOfSecretMemory`], also for lengths beyond a C int.
    pub fn new(key: &[u8], iv: &[u8], aad: &[u8], tag_bytes: usize) -> Result<Self, OutOfSecretMemory> {
        let iv_length = i32::try_from(iv.len()).map_err(|_| OutOfSecretMemory)?;
        let aad_length = i32::try_from(aad.len()).map_err(|_| OutOfSecretMemory)?;
        // SAFETY: a new context, owned by `made` from here on; every pointer comes with its length, the key's
        // being the cipher's.
        unsafe {
            let cipher = match key.len() {
                16 => c::EVP_aes_128_gcm(),
                24 => c::EVP_aes_192_gcm(),
                32 => c::EVP_aes_256_gcm(),
                _ => return Err(OutOfSecretMemory),
            };
            let context = NonNull::new(c::EVP_CIPHER_CTX_new()).ok_or(OutOfSecretMemory)?;
            let made = Self { context, tag_bytes };
            let at = context.as_ptr();
            let mut ignored = 0;
            let started = c::EVP_EncryptInit_ex(at, cipher, ptr::null_mut(), ptr::null(), ptr::null()) == 1
                && c::EVP_CIPHER_CTX_ctrl(at, c::EVP_CTRL_AEAD_SET_IVLEN, iv_length, ptr::null_mut()) == 1
                && c::EVP_EncryptInit_ex(at, ptr::null(), ptr::null_mut(), key.as_ptr(), iv.as_ptr()) == 1
                && (aad.is_empty()
                    || c::EVP_EncryptUpdate(at, ptr::null_mut(), &raw mut ignored, aad.as_ptr(), aad_length) == 1);
            if started { Ok(made) } else { Err(OutOfSecretMemory) }
        }
    }

    /// Encrypt a part; false for one beyond a C int, or beyond GCM's 64 GiB in all.
    #[must_use]
    pub fn update(&mut self, data: &[u8], out: &mut Vec<u8>) -> bool {
        let Ok(length) = i32::try_from(data.len()) else { return false };
        if length == 0 {
            return true;
        }
        out.reserve(data.len());
        let at = out.len();
        let mut written = 0;
        // SAFETY: GCM writes as many bytes as it reads; so many are reserved behind the vector's end.
        unsafe {
            let encrypted = c::EVP_EncryptUpdate(
                self.context.as_ptr(),
                out.as_mut_ptr().add(at),
                &raw mut written,
                data.as_ptr(),
                length,
            ) == 1;
            out.set_len(at + if encrypted { written as usize } else { 0 });
            encrypted
        }
    }

    /// End: append the tag.
    #[must_use]
    pub fn finish(self, out: &mut Vec<u8>) -> bool {
        let mut tag = [0; TAG_BYTES];
        let mut nothing = 0;
        // SAFETY: GCM's final writes no data; the tag has room for its longest.
        let finished = unsafe {
            c::EVP_EncryptFinal_ex(self.context.as_ptr(), tag.as_mut_ptr(), &raw mut nothing) == 1
                && c::EVP_CIPHER_CTX_ctrl(
                    self.context.as_ptr(),
                    c::EVP_CTRL_AEAD_GET_TAG,
                    TAG_BYTES as i32,
                    tag.as_mut_ptr().cast(),
                ) == 1
        };
        if finished {
            out.extend_from_slice(&tag[..self.tag_bytes.min(TAG_BYTES)]);
        }
        finished
    }
}

impl Drop for GcmEncryption {
    fn drop(&mut self) {
        // SAFETY: owned alone; it wipes what it frees.
        unsafe { c::EVP_CIPHER_CTX_free(self.context.as_ptr()) };
    }
}
