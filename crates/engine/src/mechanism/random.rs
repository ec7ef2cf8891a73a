//! Random numbers and the values of new keys (PKCS#11 v3.2, 5.20 and 5.18).

use super::aws_lc::{self, Hash};
use super::xts;
use crate::memory::SecretBytes;
use crate::rv::*;
use parking_lot::Mutex;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use vhsm_wire::attributes::Attributes;
use vhsm_wire::table::{CKK_AES_XTS, CKK_DES2, CKK_DES3};
use vhsm_wire::tables::{CKA_KEY_TYPE, CKA_VALUE_LEN};

/// All seeds so far, as one digest, and how many they were. Every thread has a generator of its own, into which the
/// digest goes with the thread's next [`random`].
static SEEDS: Mutex<[u8; aws_lc::ADDITIONAL_BYTES]> = Mutex::new([0; aws_lc::ADDITIONAL_BYTES]);
static SEED_COUNT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static MIXED_IN: Cell<u64> = const { Cell::new(0) };
}

/// Fill `out` with random bytes.
pub fn random(out: &mut [u8]) {
    let count = SEED_COUNT.load(Ordering::Acquire);
    if MIXED_IN.replace(count) == count {
        aws_lc::random(out);
    } else {
        let seeds = *SEEDS.lock();
        aws_lc::random_with(&seeds, out);
    }
}

/// Mix a seed into the generators of all threads, as additional input beside their own entropy (SP 800-90A, 9.3.1):
/// however it was chosen, it takes nothing from them.
///
/// # Errors
/// `CKR_DEVICE_MEMORY`.
pub fn seed_random(seed: &[u8]) -> Result<(), Rv> {
    let mut seeds = SEEDS.lock();
    let both = [&seeds[..], aws_lc::digest(Hash::Sha256, seed)?.bytes()].concat();
    seeds.copy_from_slice(aws_lc::digest(Hash::Sha256, &both)?.bytes());
    SEED_COUNT.fetch_add(1, Ordering::Release);
    Ok(())
}

/// Make the random value of a key with these attributes, as the laws gave them: CKA_VALUE_LEN bytes.
///
/// # Errors
/// `CKR_DEVICE_MEMORY`; `CKR_GENERAL_ERROR` where the length is missing.
pub fn generate_value(attributes: &Attributes) -> Result<SecretBytes, Rv> {
    let length = attributes.number(CKA_VALUE_LEN).ok_or(CKR_GENERAL_ERROR)?;
    let mut value = SecretBytes::zeroed(usize::try_from(length).map_err(|_| CKR_DEVICE_MEMORY)?)?;
    random(&mut value);
    if matches!(attributes.number(CKA_KEY_TYPE), Some(CKK_DES2 | CKK_DES3)) {
        aws_lc::set_odd_parity(&mut value);
    }
    Ok(value)
}

/// Whether a key of this type may have this value (its length apart): DES keys have odd parity (PKCS#11 v3.2, 6.18.2),
/// the halves of an AES-XTS key differ.
#[must_use]
pub fn well_made(key_type: u64, value: &[u8]) -> bool {
    match key_type {
        CKK_DES2 | CKK_DES3 => value.iter().all(|byte| byte.count_ones() % 2 == 1),
        CKK_AES_XTS => !xts::has_equal_halves(value),
        _ => true,
    }
}
