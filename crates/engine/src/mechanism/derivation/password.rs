//! CKM_PKCS5_PBKD2 (PKCS#11 v3.2, 6.37.4; RFC 8018, 5.2).

use super::super::aws_lc::pbkdf2;
use super::super::parameters::hash;
use crate::memory::SecretBytes;
use crate::rv::*;
use vhsm_wire::limits::LOGIN_PBKDF2_ROUNDS_MAX;
use vhsm_wire::messages::Pbkdf2Parameters;

/// The value of a key from a password. Each digest's length of it takes all iterations: together they are no more than a
/// login may take.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID`, `CKR_DEVICE_MEMORY`.
pub fn value_of_password(sent: &Pbkdf2Parameters, password: &[u8], value_bytes: usize) -> Result<SecretBytes, Rv> {
    let hash = function(sent.prf).and_then(hash).ok_or(CKR_MECHANISM_PARAM_INVALID)?;
    let rounds = u32::try_from(sent.iterations).map_err(|_| CKR_MECHANISM_PARAM_INVALID)?;
    let blocks = value_bytes.div_ceil(hash.digest_bytes()) as u64;
    if !(1..=LOGIN_PBKDF2_ROUNDS_MAX / blocks.max(1)).contains(&sent.iterations) {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    let mut value = SecretBytes::zeroed(value_bytes)?;
    if pbkdf2(hash, password, &sent.salt, rounds, &mut value) { Ok(value) } else { Err(CKR_DEVICE_MEMORY) }
}

/// The hash of a CKP_ value.
fn function(prf: u64) -> Option<u64> {
    use cryptoki_sys::*;
    Some(match prf {
        CKP_PKCS5_PBKD2_HMAC_SHA1 => CKM_SHA_1,
        CKP_PKCS5_PBKD2_HMAC_SHA224 => CKM_SHA224,
        CKP_PKCS5_PBKD2_HMAC_SHA256 => CKM_SHA256,
        CKP_PKCS5_PBKD2_HMAC_SHA384 => CKM_SHA384,
        CKP_PKCS5_PBKD2_HMAC_SHA512 => CKM_SHA512,
        CKP_PKCS5_PBKD2_HMAC_SHA512_224 => CKM_SHA512_224,
        CKP_PKCS5_PBKD2_HMAC_SHA512_256 => CKM_SHA512_256,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_takes_fewer_iterations() {
        crate::memory::start(None).expect("secret memory");
        let sent = |iterations| Pbkdf2Parameters {
            prf: cryptoki_sys::CKP_PKCS5_PBKD2_HMAC_SHA256,
            salt: b"salt".to_vec(),
            iterations,
            ..Default::default()
        };
        let refused = |iterations, value_bytes| value_of_password(&sent(iterations), b"password", value_bytes).err();
        assert_eq!(refused(2, 512), None);
        for (iterations, value_bytes) in [
            (LOGIN_PBKDF2_ROUNDS_MAX + 1, 32),
            (LOGIN_PBKDF2_ROUNDS_MAX / 2 + 1, 33),
            (LOGIN_PBKDF2_ROUNDS_MAX / 16 + 1, 512),
            (0, 32),
        ] {
            assert_eq!(
                refused(iterations, value_bytes),
                Some(CKR_MECHANISM_PARAM_INVALID),
                "{iterations} {value_bytes}"
            );
        }
    }
}
