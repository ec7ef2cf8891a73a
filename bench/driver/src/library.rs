//! The same operations by aws-lc itself, in this process: what is left of a latency when nobody is asked.
//!
//! Each of the SAFETY lines leans on the same two facts: every object is made here and never freed, which a
//! benchmark that ends with its process may leave so; every pointer comes with its length.
#![allow(unsafe_code)]

use std::ptr;

use aws_lc_sys as c;

use crate::measure::{Figures, Plan};
use crate::operation::Operation;

/// Bits of the RSA key of every target.
pub const RSA_BITS: u32 = 2_048;
const OUT_LENGTH: usize = 8_192;
const KEY: [u8; 32] = [7; 32];
const IV: [u8; 16] = [9; 16];

/// One thread's state: a context for each round to work with.
enum State {
    Sign { key: *mut c::EVP_PKEY, hash: *const c::EVP_MD, prehashed: bool, verify: bool },
    Cipher { context: *mut c::EVP_CIPHER_CTX },
}

/// Measure one operation of the library; `verify` says that each signature is verified, too.
///
/// # Errors
/// When the library has no such operation, or fails.
pub fn measure(operation: Operation, size: u32, verify: bool, plan: &Plan) -> Result<Figures, String> {
    let prepare = |_| {
        Ok((
            prepare(operation, verify).ok_or("not an operation of the library")?,
            vec![0x61; size as usize],
            vec![0; OUT_LENGTH + size as usize],
        ))
    };
    plan.run(prepare, |(state, data, out)| if run(state, data, out) { Ok(()) } else { Err("aws-lc failed".to_owned()) })
}

fn prepare(operation: Operation, verify: bool) -> Option<State> {
    // SAFETY: see the top of the file; the tables of hashes and ciphers are static.
    unsafe {
        let sign = |key: Option<_>, hash, prehashed| Some(State::Sign { key: key?, hash, prehashed, verify });
        match operation {
            Operation::Ecdsa => sign(make_key(c::EVP_PKEY_EC), ptr::null(), true),
            Operation::Ed25519 => sign(make_key(c::EVP_PKEY_ED25519), ptr::null(), false),
            Operation::Rsa => sign(make_key(c::EVP_PKEY_RSA), c::EVP_sha256(), false),
            Operation::MlDsa => sign(make_key(c::EVP_PKEY_PQDSA), ptr::null(), false),
            Operation::Cbc => cipher(c::EVP_aes_256_cbc()),
            Operation::Ctr => cipher(c::EVP_aes_256_ctr()),
            Operation::Gcm => cipher(c::EVP_aes_256_gcm()),
            _ => None,
        }
    }
}

fn make_key(kind: i32) -> Option<*mut c::EVP_PKEY> {
    // SAFETY: see the top of the file.
    unsafe {
        let context = c::EVP_PKEY_CTX_new_id(kind, ptr::null_mut());
        let mut key = ptr::null_mut();
        let made = match kind {
            // A PQDSA context takes its parameters before it is begun, the others after.
            c::EVP_PKEY_PQDSA => {
                c::EVP_PKEY_CTX_pqdsa_set_params(context, c::NID_MLDSA65) == 1 && c::EVP_PKEY_keygen_init(context) == 1
            }
            c::EVP_PKEY_EC => {
                c::EVP_PKEY_keygen_init(context) == 1
                    && c::EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, c::NID_X9_62_prime256v1) == 1
            }
            c::EVP_PKEY_RSA => {
                c::EVP_PKEY_keygen_init(context) == 1
                    && c::EVP_PKEY_CTX_set_rsa_keygen_bits(context, RSA_BITS as i32) == 1
            }
            _ => c::EVP_PKEY_keygen_init(context) == 1,
        };
        (made && c::EVP_PKEY_keygen(context, &raw mut key) == 1).then_some(key)
    }
}

fn cipher(kind: *const c::EVP_CIPHER) -> Option<State> {
    // SAFETY: see the top of the file; key and IV are at least as long as any of the ciphers asks.
    unsafe {
        let context = c::EVP_CIPHER_CTX_new();
        let begun = c::EVP_EncryptInit_ex(context, kind, ptr::null_mut(), KEY.as_ptr(), IV.as_ptr());
        (begun == 1).then_some(State::Cipher { context })
    }
}

/// One round; the key's schedule is ready, as the engine's is.
fn run(state: &State, data: &[u8], out: &mut [u8]) -> bool {
    // SAFETY: see the top of the file; `out` is longer than `data` by more than any signature, block or tag.
    unsafe {
        match *state {
            State::Sign { key, prehashed: true, verify: false, .. } => {
                let context = c::EVP_PKEY_CTX_new(key, ptr::null_mut());
                let mut length = out.len();
                let signed = c::EVP_PKEY_sign_init(context) == 1
                    && c::EVP_PKEY_sign(context, out.as_mut_ptr(), &raw mut length, data.as_ptr(), data.len()) == 1;
                c::EVP_PKEY_CTX_free(context);
                signed
            }
            State::Sign { prehashed: true, .. } => false,
            State::Sign { key, hash, verify, .. } => {
                let context = c::EVP_MD_CTX_new();
                let mut length = out.len();
                let (from, bytes, none) = (data.as_ptr(), data.len(), ptr::null_mut());
                let signed = c::EVP_DigestSignInit(context, none, hash, ptr::null_mut(), key) == 1
                    && c::EVP_DigestSign(context, out.as_mut_ptr(), &raw mut length, from, bytes) == 1;
                c::EVP_MD_CTX_free(context);
                signed && (!verify || verified(key, hash, data, &out[..length]))
            }
            State::Cipher { context } => {
                let (mut first, mut last) = (0, 0);
                c::EVP_EncryptInit_ex(context, ptr::null(), ptr::null_mut(), ptr::null(), IV.as_ptr()) == 1
                    && c::EVP_EncryptUpdate(context, out.as_mut_ptr(), &raw mut first, data.as_ptr(), data.len() as i32)
                        == 1
                    && c::EVP_EncryptFinal_ex(context, out.as_mut_ptr().add(first as usize), &raw mut last) == 1
            }
        }
    }
}

fn verified(key: *mut c::EVP_PKEY, hash: *const c::EVP_MD, data: &[u8], signature: &[u8]) -> bool {
    // SAFETY: see the top of the file.
    unsafe {
        let context = c::EVP_MD_CTX_new();
        let (from, length) = (signature.as_ptr(), signature.len());
        let holds = c::EVP_DigestVerifyInit(context, ptr::null_mut(), hash, ptr::null_mut(), key) == 1
            && c::EVP_DigestVerify(context, from, length, data.as_ptr(), data.len()) == 1;
        c::EVP_MD_CTX_free(context);
        holds
    }
}
