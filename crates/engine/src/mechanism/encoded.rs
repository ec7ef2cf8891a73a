//! Keys of a pair whose halves are one string of bytes each, of a parameter set: ML-DSA and ML-KEM (PKCS#11 v3.2, 6.67
//! and 6.68). A private key may also come, and be kept, as the seed that it is made of.

use super::aws_lc::{Failure, equal, random};
use super::material::{Material, named, public_key_info};
use crate::memory::SecretBytes;
use crate::rv::*;
use crate::secrets;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::tables::*;

/// A key, public or private, as its family makes and encodes it.
pub(super) trait Encoded: Sized {
    /// A parameter set.
    type Set;
    /// Length of a seed, in bytes.
    const SEED_BYTES: usize;

    /// The parameter set that a template or an object names.
    ///
    /// # Errors
    /// `CKR_TEMPLATE_INCOMPLETE`, `CKR_PARAMETER_SET_NOT_SUPPORTED`.
    fn set_of(attributes: &Attributes) -> Result<Self::Set, Rv>;

    /// The key of a seed.
    fn of_seed(set: Self::Set, seed: &[u8]) -> Result<Self, Failure>;

    /// A private key from its encoding, which comes from outside.
    fn of_private(set: Self::Set, value: &[u8]) -> Result<Self, Failure>;

    /// A public key from its encoding, which comes from outside.
    fn of_public(set: Self::Set, value: &[u8]) -> Result<Self, Failure>;

    /// The set's CKP_ value, and the content of its OBJECT IDENTIFIER.
    fn names(&self) -> (u64, [u8; 9]);

    /// The encoded public key.
    fn public_value(&self) -> Result<Vec<u8>, Failure>;

    /// The encoded private key.
    fn private_value(&self) -> Result<SecretBytes, Failure>;
}

/// Make a pair of the set that the public key's template names.
pub(super) fn generate<K: Encoded>(asked: &Attributes) -> Result<Material, Rv> {
    let set = K::set_of(asked)?;
    let mut seed = SecretBytes::zeroed(K::SEED_BYTES)?;
    random(&mut seed);
    private(&K::of_seed(set, &seed).map_err(|failure| failure.or(CKR_FUNCTION_FAILED))?, Some(&seed))
}

/// Check a public key to be stored.
pub(super) fn import_public<K: Encoded>(said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let set = K::set_of(said)?;
    let value = named(secrets, CKA_VALUE).ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    public(&K::of_public(set, value).map_err(|failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID))?)
}

/// Check a private key to be stored: from its seed, its value, or both, which then belong together.
pub(super) fn import_private<K: Encoded>(said: &Attributes, secrets: &[(u64, &[u8])]) -> Result<Material, Rv> {
    let set = K::set_of(said)?;
    let wrong = |failure: Failure| failure.or(CKR_ATTRIBUTE_VALUE_INVALID);
    let (seed, value) = (named(secrets, CKA_SEED), named(secrets, CKA_VALUE));
    let key = match (seed, value) {
        (Some(seed), _) => K::of_seed(set, seed),
        (None, Some(value)) => K::of_private(set, value),
        (None, None) => return Err(CKR_TEMPLATE_INCOMPLETE),
    };
    let key = key.map_err(wrong)?;
    let own = key.private_value().map_err(wrong)?;
    match value {
        Some(value) if value.len() != own.len() => Err(CKR_ATTRIBUTE_VALUE_INVALID),
        Some(value) if !equal(value, &own) => Err(CKR_TEMPLATE_INCONSISTENT),
        _ => private(&key, seed),
    }
}

/// The public half alone.
fn public<K: Encoded>(key: &K) -> Result<Material, Rv> {
    let value = key.public_value().map_err(|failure| failure.or(CKR_GENERAL_ERROR))?;
    let (set, algorithm) = key.names();
    let mut private = Attributes::default();
    private.set_number(CKA_PARAMETER_SET, set);
    private.set(CKA_PUBLIC_KEY_INFO, public_key_info(&algorithm, &[], &value));
    let mut public = private.clone();
    public.set(CKA_VALUE, value);
    Ok(Material { public, private, secret: SecretBytes::zeroed(0)? })
}

/// Both halves.
fn private<K: Encoded>(key: &K, seed: Option<&[u8]>) -> Result<Material, Rv> {
    let value = key.private_value().map_err(|failure| failure.or(CKR_GENERAL_ERROR))?;
    let mut entries: Vec<(u64, &[u8])> = vec![(CKA_VALUE, &value)];
    entries.extend(seed.map(|seed| (CKA_SEED, seed)));
    Ok(Material { secret: secrets::encode(&entries)?, ..public(key)? })
}
