//! The secrets of a private key, one after the other in secret memory.
//!
//! The canonical form of attributes (`vhsm_wire::attributes`), but never in ordinary memory: it is written into, and
//! read from, [`SecretBytes`]. Its lengths are no secret.

use crate::memory::{OutOfSecretMemory, SecretBytes};
use vhsm_wire::attributes::VERSION;

const HEAD_BYTES: usize = 12;

/// Write the canonical form of secrets that are sorted by type.
///
/// # Errors
/// [`OutOfSecretMemory`].
pub fn encode(secrets: &[(u64, &[u8])]) -> Result<SecretBytes, OutOfSecretMemory> {
    let length = 1 + secrets.iter().map(|(_, value)| HEAD_BYTES + value.len()).sum::<usize>();
    let mut form = SecretBytes::zeroed(length)?;
    form[0] = VERSION;
    let mut rest = &mut form[1..];
    for (kind, value) in secrets {
        let (entry, behind) = rest.split_at_mut(HEAD_BYTES + value.len());
        entry[..8].copy_from_slice(&kind.to_be_bytes());
        entry[8..HEAD_BYTES].copy_from_slice(&(value.len() as u32).to_be_bytes());
        entry[HEAD_BYTES..].copy_from_slice(value);
        rest = behind;
    }
    Ok(form)
}

/// One secret of a canonical form; `None` where it is absent, or the form is none.
#[must_use]
pub fn find(form: &[u8], kind: u64) -> Option<&[u8]> {
    let (_, mut rest) = form.split_first().filter(|(version, _)| **version == VERSION)?;
    loop {
        let (head, tail) = rest.split_first_chunk::<8>()?;
        let (length, tail) = tail.split_first_chunk::<4>()?;
        let (value, behind) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        if u64::from_be_bytes(*head) == kind {
            return Some(value);
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vhsm_wire::attributes::Attributes;

    #[test]
    fn secrets_have_the_canonical_form_of_attributes() {
        crate::memory::start(None).expect("secret memory");
        let form = encode(&[(0x123, b"exponent"), (0x124, b""), (0x128, b"coefficient")]).expect("room");
        let mut attributes = Attributes::default();
        attributes.set(0x123, b"exponent");
        attributes.set(0x124, b"");
        attributes.set(0x128, b"coefficient");
        assert_eq!(&*form, attributes.encode());
        assert_eq!(find(&form, 0x128), Some(&b"coefficient"[..]));
        assert_eq!((find(&form, 0x124), find(&form, 0x125)), (Some(&b""[..]), None));
        assert_eq!((find(&form[..20], 0x123), find(b"", 0x123), find(&[2], 0x123)), (None, None, None));
    }
}
