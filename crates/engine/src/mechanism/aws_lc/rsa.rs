//! RSA keys (RFC 8017). Private operations are blinded, use the CRT and are checked with the public exponent before
//! the result leaves: aws-lc does all three.

use super::Hash;
use super::number::{Failure, Number, failure, length, succeeded, write};
use super::pkey::{Context, Pkey};
use crate::memory::SecretBytes;
use aws_lc_sys as c;
use std::ptr::{self, NonNull};

/// Padding that the library adds to, or takes off, one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// The block as it is: as long as the modulus.
    None,
    /// PKCS #1 v1.5: type 1 for signatures, type 2 for encryption.
    Pkcs1,
}

impl Padding {
    fn number(self) -> i32 {
        match self {
            Self::None => c::RSA_NO_PADDING,
            Self::Pkcs1 => c::RSA_PKCS1_PADDING,
        }
    }
}

/// Parameters of OAEP.
#[derive(Clone, Copy, Debug)]
pub struct Oaep<'a> {
    /// The hash of the label.
    pub hash: Hash,
    /// The hash of MGF1.
    pub mgf: Hash,
    /// The label.
    pub label: &'a [u8],
}

/// Parameters of PSS.
#[derive(Clone, Copy, Debug)]
pub struct Pss {
    /// The hash of the message.
    pub hash: Hash,
    /// The hash of MGF1.
    pub mgf: Hash,
    /// Length of the salt, in bytes.
    pub salt_bytes: usize,
}

/// What makes a private key. The parts of the CRT may be left out.
pub struct RsaParts<'a> {
    /// The modulus.
    pub modulus: &'a [u8],
    /// The public exponent.
    pub public_exponent: &'a [u8],
    /// The private exponent.
    pub private_exponent: &'a [u8],
    /// Both primes.
    pub primes: [&'a [u8]; 2],
    /// The private exponent modulo each prime less one.
    pub exponents: [Option<&'a [u8]>; 2],
    /// The second prime's inverse modulo the first.
    pub coefficient: Option<&'a [u8]>,
}

/// An RSA key, public or private.
pub struct Rsa(NonNull<c::RSA>);

// SAFETY: owned alone.
unsafe impl Send for Rsa {}
// SAFETY: rsa.h: signing, verifying, encrypting and decrypting "may be used concurrently"; it locks what it caches.
unsafe impl Sync for Rsa {}

impl Rsa {
    /// A public key.
    ///
    /// # Errors
    /// [`Failure`]: also for an even modulus or exponent, and exponents beyond 33 bits.
    pub fn public(modulus: &[u8], exponent: &[u8]) -> Result<Self, Failure> {
        let (n, e) = (Number::of(modulus)?, Number::of(exponent)?);
        // SAFETY: both are copied; a new key, owned by `Self` from here on.
        let made = unsafe { c::RSA_new_public_key(n.as_ptr(), e.as_ptr()) };
        NonNull::new(made).map(Self).ok_or_else(failure)
    }

    /// A private key whose parts belong together: n = pq, and ed = 1 modulo p - 1 and q - 1. Whether p and q are
    /// prime is not looked at: the caller tries the key.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn private(parts: &RsaParts<'_>) -> Result<Self, Failure> {
        let (n, e) = (Number::of(parts.modulus)?, Number::of(parts.public_exponent)?);
        let d = Number::of(parts.private_exponent)?;
        let [p, q] = [Number::of(parts.primes[0])?, Number::of(parts.primes[1])?];
        let exponent = |given: Option<&[u8]>, prime: &Number| match given {
            Some(given) => Ok(Number::of(given)?),
            None => d.modulo(&prime.less_one()?),
        };
        let (dp, dq) = (exponent(parts.exponents[0], &p)?, exponent(parts.exponents[1], &q)?);
        let inverse = match parts.coefficient {
            Some(given) => Number::of(given)?,
            None => q.inverse(&p)?,
        };
        // SAFETY: all are copied; a new key that was checked, owned by `Self` from here on.
        let made = unsafe {
            c::RSA_new_private_key(
                n.as_ptr(),
                e.as_ptr(),
                d.as_ptr(),
                p.as_ptr(),
                q.as_ptr(),
                dp.as_ptr(),
                dq.as_ptr(),
                inverse.as_ptr(),
            )
        };
        NonNull::new(made).map(Self).ok_or_else(failure)
    }

    /// A new private key; `bits` is a multiple of 128.
    ///
    /// # Errors
    /// [`Failure`]: an exponent that is even, 1, or beyond 33 bits.
    pub fn generate(bits: u32, exponent: &[u8]) -> Result<Self, Failure> {
        let e = Number::of(exponent)?;
        let bits = i32::try_from(bits).map_err(|_| Failure::Refused)?;
        // SAFETY: a new key, owned by `made` from here on; the exponent is copied.
        unsafe {
            let made = Self(NonNull::new(c::RSA_new()).ok_or(Failure::OutOfSecretMemory)?);
            succeeded(c::RSA_generate_key_ex(made.0.as_ptr(), bits, e.as_ptr(), ptr::null_mut()))?;
            Ok(made)
        }
    }

    /// Length of the modulus, in bytes.
    #[must_use]
    pub fn modulus_bytes(&self) -> usize {
        // SAFETY: live.
        unsafe { c::RSA_size(self.0.as_ptr()) as usize }
    }

    /// Modulus and public exponent, big-endian without leading zeros.
    #[must_use]
    pub fn public_values(&self) -> [Vec<u8>; 2] {
        // SAFETY: live, and every key has both.
        unsafe {
            [c::RSA_get0_n(self.0.as_ptr()), c::RSA_get0_e(self.0.as_ptr())].map(|number| {
                let mut bytes = vec![0; length(number)];
                write(number, &mut bytes);
                bytes
            })
        }
    }

    /// Of a private key: private exponent, both primes, both exponents, coefficient; without leading zeros.
    ///
    /// # Errors
    /// [`Failure`]; `Refused` for a public key.
    pub fn secret_values(&self) -> Result<[SecretBytes; 6], Failure> {
        let key = self.0.as_ptr();
        // SAFETY: live; numbers that the key does not have are null.
        let value = |number: *const c::BIGNUM| unsafe {
            if number.is_null() {
                return Err(Failure::Refused);
            }
            let mut bytes = SecretBytes::zeroed(length(number))?;
            if write(number, &mut bytes) { Ok(bytes) } else { Err(Failure::Refused) }
        };
        // SAFETY: live; each returns what the key owns.
        let [d, p, q, dp, dq, inverse] = unsafe {
            [
                c::RSA_get0_d(key),
                c::RSA_get0_p(key),
                c::RSA_get0_q(key),
                c::RSA_get0_dmp1(key),
                c::RSA_get0_dmq1(key),
                c::RSA_get0_iqmp(key),
            ]
        };
        Ok([value(d)?, value(p)?, value(q)?, value(dp)?, value(dq)?, value(inverse)?])
    }

    /// Append the private operation on padded `data`.
    ///
    /// # Errors
    /// [`Failure`]: data too long for the padding, or not below the modulus.
    pub fn sign_raw(&self, padding: Padding, data: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        // SAFETY: `into` has room for the modulus.
        self.append(out, |into, room, written| unsafe {
            let (data, length) = (data.as_ptr(), data.len());
            c::RSA_sign_raw(self.0.as_ptr(), written, into, room, data, length, padding.number())
        })
    }

    /// Append a PKCS #1 v1.5 signature of a digest.
    ///
    /// # Errors
    /// [`Failure`]: a key too short for the hash.
    pub fn sign(&self, hash: Hash, digest: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        // SAFETY: `into` has room for the modulus.
        self.append(out, |into, _, written| unsafe {
            let mut length = 0;
            let (from, nid) = (digest.as_ptr(), c::EVP_MD_type(hash.method()));
            let signed = c::RSA_sign(nid, from, digest.len(), into, &raw mut length, self.0.as_ptr());
            *written = length as usize;
            signed
        })
    }

    /// Append a PSS signature of a digest.
    ///
    /// # Errors
    /// [`Failure`]: a key too short for hash and salt.
    pub fn sign_pss(&self, pss: Pss, digest: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let salt = i32::try_from(pss.salt_bytes).map_err(|_| Failure::Refused)?;
        // SAFETY: `into` has room for the modulus.
        self.append(out, |into, room, written| unsafe {
            let (from, hash, mgf) = (digest.as_ptr(), pss.hash.method(), pss.mgf.method());
            c::RSA_sign_pss_mgf1(self.0.as_ptr(), written, into, room, from, digest.len(), hash, mgf, salt)
        })
    }

    /// What a signature was made over, without its padding.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn recover(&self, padding: Padding, signature: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut out = Vec::new();
        // SAFETY: `into` has room for the modulus.
        self.append(&mut out, |into, room, written| unsafe {
            let (from, length) = (signature.as_ptr(), signature.len());
            c::RSA_verify_raw(self.0.as_ptr(), written, into, room, from, length, padding.number())
        })?;
        Ok(out)
    }

    /// Whether a PKCS #1 v1.5 signature of a digest holds.
    #[must_use]
    pub fn verify(&self, hash: Hash, digest: &[u8], signature: &[u8]) -> bool {
        // SAFETY: every pointer comes with its length.
        let holds = unsafe {
            let nid = c::EVP_MD_type(hash.method());
            let (digest, length) = (digest.as_ptr(), digest.len());
            c::RSA_verify(nid, digest, length, signature.as_ptr(), signature.len(), self.0.as_ptr())
        };
        succeeded(holds).is_ok()
    }

    /// Whether a PSS signature of a digest holds.
    #[must_use]
    pub fn verify_pss(&self, pss: Pss, digest: &[u8], signature: &[u8]) -> bool {
        let Ok(salt) = i32::try_from(pss.salt_bytes) else { return false };
        // SAFETY: every pointer comes with its length.
        let holds = unsafe {
            let (key, from, hash, mgf) = (self.0.as_ptr(), digest.as_ptr(), pss.hash.method(), pss.mgf.method());
            c::RSA_verify_pss_mgf1(key, from, digest.len(), hash, mgf, salt, signature.as_ptr(), signature.len())
        };
        succeeded(holds).is_ok()
    }

    /// Append padded `data`, encrypted.
    ///
    /// # Errors
    /// [`Failure`]: data too long for the padding, or not below the modulus.
    pub fn encrypt(&self, padding: Padding, data: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        // SAFETY: `into` has room for the modulus.
        self.append(out, |into, room, written| unsafe {
            let (data, length) = (data.as_ptr(), data.len());
            c::RSA_encrypt(self.0.as_ptr(), written, into, room, data, length, padding.number())
        })
    }

    /// The block that a ciphertext of the modulus' length holds, its padding not looked at.
    ///
    /// # Errors
    /// [`Failure`]: not below the modulus.
    pub fn decrypt_raw(&self, data: &[u8]) -> Result<SecretBytes, Failure> {
        let mut block = SecretBytes::zeroed(self.modulus_bytes())?;
        let mut written = 0;
        // SAFETY: as long as the modulus.
        succeeded(unsafe {
            let (into, room) = (block.as_mut_ptr(), block.len());
            let (from, length) = (data.as_ptr(), data.len());
            c::RSA_decrypt(self.0.as_ptr(), &raw mut written, into, room, from, length, c::RSA_NO_PADDING)
        })?;
        Ok(block)
    }

    /// What a ciphertext of OAEP holds, in secret memory.
    ///
    /// # Errors
    /// As [`Rsa::oaep`].
    pub fn oaep_secret(&self, oaep: Oaep<'_>, data: &[u8]) -> Result<SecretBytes, Failure> {
        let context = oaep_context(self, false, oaep)?;
        let mut block = SecretBytes::zeroed(self.modulus_bytes())?;
        let mut written = block.len();
        // SAFETY: as long as the modulus, which is told.
        succeeded(unsafe {
            c::EVP_PKEY_decrypt(context.as_ptr(), block.as_mut_ptr(), &raw mut written, data.as_ptr(), data.len())
        })?;
        Ok(SecretBytes::copy_of(block.get(..written).ok_or(Failure::Refused)?)?)
    }

    /// Append `data`, encrypted or decrypted with OAEP.
    ///
    /// # Errors
    /// [`Failure`]; one for whatever is wrong with a ciphertext.
    pub fn oaep(&self, encrypt: bool, oaep: Oaep<'_>, data: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        let context = oaep_context(self, encrypt, oaep)?;
        // SAFETY: `into` has room for the modulus.
        self.append(out, |into, room, written| unsafe {
            *written = room;
            let (from, length) = (data.as_ptr(), data.len());
            if encrypt {
                c::EVP_PKEY_encrypt(context.as_ptr(), into, written, from, length)
            } else {
                c::EVP_PKEY_decrypt(context.as_ptr(), into, written, from, length)
            }
        })
    }

    /// Let `call` write up to the modulus' length behind the end of `out`; nothing stays where it fails.
    fn append(&self, out: &mut Vec<u8>, call: impl FnOnce(*mut u8, usize, &mut usize) -> i32) -> Result<(), Failure> {
        let (at, room) = (out.len(), self.modulus_bytes());
        out.resize(at + room, 0);
        let mut written = 0;
        let done = succeeded(call(out[at..].as_mut_ptr(), room, &mut written));
        out.truncate(at + if done.is_ok() { written.min(room) } else { 0 });
        done
    }
}

impl Drop for Rsa {
    fn drop(&mut self) {
        // SAFETY: owned alone; the heap wipes what is freed.
        unsafe { c::RSA_free(self.0.as_ptr()) };
    }
}

/// One OAEP operation.
fn oaep_context(key: &Rsa, encrypt: bool, oaep: Oaep<'_>) -> Result<Context, Failure> {
    // SAFETY: live; the holder counts its reference to the key. The label is copied into the library's heap and becomes
    // the context's, or is freed where it does not.
    unsafe {
        let holder = Pkey::owned(c::EVP_PKEY_new())?;
        succeeded(c::EVP_PKEY_set1_RSA(holder.as_ptr(), key.0.as_ptr()))?;
        let made = Context::of(&holder)?;
        let at = made.as_ptr();
        succeeded(if encrypt { c::EVP_PKEY_encrypt_init(at) } else { c::EVP_PKEY_decrypt_init(at) })?;
        succeeded(c::EVP_PKEY_CTX_set_rsa_padding(at, c::RSA_PKCS1_OAEP_PADDING))?;
        succeeded(c::EVP_PKEY_CTX_set_rsa_oaep_md(at, oaep.hash.method()))?;
        succeeded(c::EVP_PKEY_CTX_set_rsa_mgf1_md(at, oaep.mgf.method()))?;
        if !oaep.label.is_empty() {
            let label = c::OPENSSL_memdup(oaep.label.as_ptr().cast(), oaep.label.len());
            if label.is_null() {
                return Err(Failure::OutOfSecretMemory);
            }
            let given = succeeded(c::EVP_PKEY_CTX_set0_rsa_oaep_label(at, label.cast(), oaep.label.len()));
            given.inspect_err(|_| c::OPENSSL_free(label))?;
        }
        Ok(made)
    }
}
