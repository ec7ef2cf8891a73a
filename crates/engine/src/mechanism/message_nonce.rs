//! Nonces of messages that are made here (PKCS#11 v3.2, 6.13.2; SP 800-38D, 8.2).

use super::nonces::NonceRule;
use crate::rv::*;
use vhsm_wire::messages::{CcmParameters, GcmParameters, Mechanism, MessageParameters, mechanism::Parameters};
use vhsm_wire::tables::{CKM_AES_CCM, CKM_AES_GCM};

/// `CKG_` values.
const CKG_GENERATE: u32 = 1;
const CKG_GENERATE_COUNTER: u32 = 2;
const CKG_GENERATE_RANDOM: u32 = 3;
const CKG_GENERATE_COUNTER_XOR: u32 = 4;

/// Fewest bits for which CKG_GENERATE takes random ones: SP 800-38D, 8.2.2.
const RANDOM_BITS: usize = 96;
/// Fewest random bits: with less, two nonces of one key are soon alike.
const RANDOM_BITS_MIN: usize = 64;

/// RFC 5649, section 3: what CKM_AES_KEY_WRAP_KWP encrypts begins so.
const KWP_BEGINNING: [u8; 4] = [0xa6, 0x59, 0x59, 0xa6];

/// What a session counts of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageCounter {
    object: u64,
    next: u64,
}

/// Make the nonce of the next message with the key `object`: the fixed bits of the caller's, and the rest as asked for.
/// Where the rule takes no nonce but ours it takes no counter either, which each Init begins anew.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID`; `CKR_OPERATION_NOT_INITIALIZED` where no message came first;
/// `CKR_TOKEN_RESOURCE_EXCEEDED` once every value has been.
pub fn next_nonce(
    counter: &mut Option<MessageCounter>,
    object: u64,
    sent: &MessageParameters,
    rule: NonceRule,
) -> Result<Vec<u8>, Rv> {
    if sent.first {
        *counter = Some(MessageCounter { object, next: 0 });
    }
    let counter = counter.as_mut().filter(|counter| counter.object == object).ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
    let fixed_bits = sent.fixed_bits as usize;
    let free_bits = (sent.nonce.len() * 8).checked_sub(fixed_bits).ok_or(CKR_MECHANISM_PARAM_INVALID)?;
    let (random, xor) = match sent.generator {
        CKG_GENERATE => (free_bits >= RANDOM_BITS, false),
        CKG_GENERATE_COUNTER => (false, false),
        CKG_GENERATE_RANDOM if free_bits >= RANDOM_BITS_MIN => (true, false),
        CKG_GENERATE_COUNTER_XOR => (false, true),
        _ => return Err(CKR_MECHANISM_PARAM_INVALID),
    };
    if rule == NonceRule::Ours && !(random && free_bits >= RANDOM_BITS) {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    let mut nonce = if xor { sent.nonce.clone() } else { vec![0; sent.nonce.len()] };
    if random {
        super::random(&mut nonce);
    } else {
        if free_bits < 64 && counter.next >> free_bits != 0 {
            return Err(CKR_TOKEN_RESOURCE_EXCEEDED);
        }
        let number = counter.next.to_be_bytes();
        for (byte, counted) in nonce.iter_mut().rev().zip(number.iter().rev()) {
            *byte ^= counted;
        }
        counter.next += 1;
    }
    for (at, byte) in nonce.iter_mut().enumerate() {
        let kept = (0xff00_u16 >> fixed_bits.saturating_sub(at * 8).min(8)) as u8;
        *byte = sent.nonce[at] & kept | *byte & !kept;
    }
    Ok(nonce)
}

/// Make the nonce of a wrapped key: 96 random bits, since no Init begins a count. The same key may wrap by KWP, and what
/// that encrypts of a short secret is one block that the caller chooses, but for its beginning: no counter of ours
/// begins so.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID`.
pub fn wrapping_nonce(sent: &MessageParameters) -> Result<Vec<u8>, Rv> {
    if sent.nonce.len() * 8 != RANDOM_BITS {
        return Err(CKR_MECHANISM_PARAM_INVALID);
    }
    loop {
        let first = MessageParameters { first: true, ..sent.clone() };
        let nonce = next_nonce(&mut None, 0, &first, NonceRule::Ours)?;
        if !nonce.starts_with(&KWP_BEGINNING) {
            return Ok(nonce);
        }
    }
}

/// The mechanism of a message, with the nonce that it gets.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID` for a mechanism whose nonces are not made here.
pub fn with_nonce(mechanism: u64, sent: &MessageParameters, nonce: Vec<u8>) -> Result<Mechanism, Rv> {
    let (aad, data_length) = (sent.aad.clone(), sent.data_length);
    let parameters = match mechanism {
        CKM_AES_GCM => {
            let tag_bits = sent.tag_length.checked_mul(8).ok_or(CKR_MECHANISM_PARAM_INVALID)?;
            Parameters::Gcm(GcmParameters { iv: nonce, aad, tag_bits })
        }
        CKM_AES_CCM => Parameters::Ccm(CcmParameters { data_length, nonce, aad, mac_length: sent.tag_length }),
        _ => return Err(CKR_MECHANISM_PARAM_INVALID),
    };
    Ok(Mechanism { r#type: mechanism, parameters: Some(parameters) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(generator: u32, fixed_bits: u32, first: bool) -> MessageParameters {
        MessageParameters { nonce: vec![0xab; 12], fixed_bits, generator, first, ..Default::default() }
    }

    fn next_nonce(counter: &mut Option<MessageCounter>, object: u64, sent: &MessageParameters) -> Result<Vec<u8>, Rv> {
        super::next_nonce(counter, object, sent, NonceRule::Any)
    }

    #[test]
    fn counters_count_from_nought_and_keep_the_fixed_bits() {
        let mut counter = None;
        assert_eq!(next_nonce(&mut counter, 1, &sent(2, 32, false)), Err(CKR_OPERATION_NOT_INITIALIZED));
        for number in 0..300_u64 {
            let nonce = next_nonce(&mut counter, 1, &sent(2, 32, number == 0)).expect("a nonce");
            assert_eq!(nonce, [&[0xab; 4][..], &number.to_be_bytes()].concat());
        }
        assert_eq!(next_nonce(&mut counter, 2, &sent(2, 32, false)), Err(CKR_OPERATION_NOT_INITIALIZED), "another key");
        for number in 0..300_u64 {
            let nonce = next_nonce(&mut counter, 1, &sent(4, 0, number == 0)).expect("a nonce");
            let expected: Vec<u8> = number.to_be_bytes().iter().map(|byte| byte ^ 0xab).collect();
            assert_eq!(nonce, [&[0xab; 4][..], &expected].concat());
        }
    }

    #[test]
    fn a_counter_ends_before_it_repeats() {
        let mut counter = None;
        for number in 0..8_u8 {
            let nonce = next_nonce(&mut counter, 1, &sent(2, 93, number == 0)).expect("a nonce");
            assert_eq!((nonce[10], nonce[11]), (0xab, 0xa8 | number));
        }
        assert_eq!(next_nonce(&mut counter, 1, &sent(2, 93, false)), Err(CKR_TOKEN_RESOURCE_EXCEEDED));
    }

    #[test]
    fn random_bits_are_enough_or_refused() {
        crate::memory::start(None).expect("secret memory");
        let mut counter = None;
        let mut random = |generator, fixed| next_nonce(&mut counter, 1, &sent(generator, fixed, true));
        for generator in [1, 3] {
            assert_ne!(random(generator, 0).expect("a nonce"), random(generator, 0).expect("a nonce"));
        }
        assert_eq!(random(3, 32).expect("a nonce")[..4], [0xab; 4]);
        for (generator, fixed) in [(3, 33), (2, 97), (0, 0), (5, 0)] {
            assert_eq!(random(generator, fixed), Err(CKR_MECHANISM_PARAM_INVALID), "{generator} {fixed}");
        }
    }

    #[test]
    fn a_wrapped_keys_nonce_is_all_random() {
        crate::memory::start(None).expect("secret memory");
        let of_length = |length| MessageParameters { nonce: vec![0; length], ..sent(1, 0, false) };
        let made = wrapping_nonce(&of_length(12)).expect("a nonce");
        assert_ne!((made.len(), &made), (12, &vec![0; 12]));
        for length in [0, 11, 13, 16] {
            assert_eq!(wrapping_nonce(&of_length(length)), Err(CKR_MECHANISM_PARAM_INVALID), "{length}");
        }
        for (generator, fixed) in [(1, 1), (3, 8), (2, 0), (4, 0)] {
            let parameters = sent(generator, fixed, true);
            assert_eq!(wrapping_nonce(&parameters), Err(CKR_MECHANISM_PARAM_INVALID), "{generator} {fixed}");
        }
    }

    #[test]
    fn a_rule_that_takes_none_but_ours_takes_ninety_six_random_bits() {
        crate::memory::start(None).expect("secret memory");
        for (generator, fixed, taken) in
            [(1, 0, true), (3, 0, true), (1, 1, false), (3, 1, false), (2, 0, false), (4, 0, false)]
        {
            let made = super::next_nonce(&mut None, 1, &sent(generator, fixed, true), NonceRule::Ours);
            assert_eq!(made.is_ok(), taken, "{generator} {fixed}");
        }
    }
}
