//! The twelve parameter sets of SLH-DSA (FIPS 205, table 2): the only place that calls the crate fips205.
//!
//! The crate is constant in time and takes no heap; it wipes its secrets but for copies that the compiler makes (ADR 9).
//! Whatever touches a secret runs on a deepest stack, which is secret memory and is wiped after; a signature alone is
//! deeper than a thread's own stack, so that verifying takes a deep one.

use super::aws_lc::{Failure, random};
use crate::memory::{SecretBytes, on_deep_stack, on_deepest_stack};
use fips205::traits::{KeyGen, SerDes, Signer, Verifier};
use fips205::{CryptoRng, RngCore, RngError};

/// What is signed.
#[derive(Clone, Copy)]
pub(super) struct Signed<'a> {
    /// The message, or its digest.
    pub(super) input: &'a [u8],
    pub(super) context: &'a [u8],
    /// HashSLH-DSA: the OBJECT IDENTIFIER of the hash, in DER.
    pub(super) hash: Option<&'a [u8]>,
}

// Never inlined: the arms of one match would have their signatures side by side on the stack.

#[inline(never)]
fn generate<G: KeyGen>(private: &mut [u8]) -> Result<(), Failure>
where
    G::PrivateKey: SerDes<ByteArray: AsRef<[u8]>>,
{
    let (_, key) = G::try_keygen_with_rng(&mut Random).map_err(|_| Failure::Refused)?;
    private.copy_from_slice(key.into_bytes().as_ref());
    Ok(())
}

/// A public key from the parts of a private one, of N bytes each.
#[inline(never)]
fn public_of<G: KeyGen, const N: usize>(private: &[u8], public: &mut [u8]) -> Result<(), Failure>
where
    G::PublicKey: SerDes<ByteArray: AsRef<[u8]>>,
{
    let part = |at: usize| private[at * N..].first_chunk::<N>().ok_or(Failure::Refused);
    let (key, _) = G::keygen_from_seed(part(0)?, part(1)?, part(2)?);
    public.copy_from_slice(key.into_bytes().as_ref());
    Ok(())
}

#[inline(never)]
fn sign<K>(private: &[u8], signed: Signed<'_>, hedged: bool, signature: &mut [u8]) -> Result<(), Failure>
where
    K: SerDes<ByteArray: for<'a> TryFrom<&'a [u8]>> + Signer<Signature: AsRef<[u8]>>,
{
    let bytes = K::ByteArray::try_from(private).map_err(|_| Failure::Refused)?;
    let key = K::try_from_bytes(bytes).map_err(|_| Failure::Refused)?;
    let made = match signed.hash {
        None => key.try_sign_with_rng(&mut Random, signed.input, signed.context, hedged),
        Some(hash) => key.try_hash_sign_with_rng(&mut Random, signed.input, signed.context, hash, hedged),
    };
    signature.copy_from_slice(made.map_err(|_| Failure::Refused)?.as_ref());
    Ok(())
}

#[inline(never)]
fn verify<K>(public: &[u8], signed: Signed<'_>, signature: &[u8]) -> Result<bool, Failure>
where
    K: SerDes<ByteArray: for<'a> TryFrom<&'a [u8]>> + Verifier,
    for<'a> &'a K::Signature: TryFrom<&'a [u8]>,
{
    let bytes = K::ByteArray::try_from(public).map_err(|_| Failure::Refused)?;
    let key = K::try_from_bytes(bytes).map_err(|_| Failure::Refused)?;
    let signature = signature.try_into().map_err(|_| Failure::Refused)?;
    Ok(match signed.hash {
        None => key.verify(signed.input, signature, signed.context),
        Some(hash) => key.hash_verify(signed.input, signature, signed.context, hash),
    })
}

macro_rules! sets {
    ($($set:ident = $number:literal: $module:ident;)*) => {
        /// A parameter set, by its CKP_ value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum SlhDsaSet {
            $($set = $number,)*
        }

        impl SlhDsaSet {
            /// All of them.
            pub(super) const ALL: &[Self] = &[$(Self::$set,)*];

            /// Length of a public key, in bytes.
            pub(super) fn public_bytes(self) -> usize {
                match self {
                    $(Self::$set => fips205::$module::PK_LEN,)*
                }
            }

            /// Length of a signature, in bytes.
            pub(super) fn signature_bytes(self) -> usize {
                match self {
                    $(Self::$set => fips205::$module::SIG_LEN,)*
                }
            }

            fn generate_here(self, private: &mut [u8]) -> Result<(), Failure> {
                match self {
                    $(Self::$set => generate::<fips205::$module::KG>(private),)*
                }
            }

            fn public_of_here(self, private: &[u8], public: &mut [u8]) -> Result<(), Failure> {
                match self {
                    $(Self::$set => public_of::<fips205::$module::KG, { fips205::$module::N }>(private, public),)*
                }
            }

            fn sign_here(
                self,
                private: &[u8],
                signed: Signed<'_>,
                hedged: bool,
                signature: &mut [u8],
            ) -> Result<(), Failure> {
                match self {
                    $(Self::$set => sign::<fips205::$module::PrivateKey>(private, signed, hedged, signature),)*
                }
            }

            fn verify_here(self, public: &[u8], signed: Signed<'_>, signature: &[u8]) -> Result<bool, Failure> {
                match self {
                    $(Self::$set => verify::<fips205::$module::PublicKey>(public, signed, signature),)*
                }
            }
        }
    };
}

sets! {
    Sha2_128s = 1: slh_dsa_sha2_128s;
    Shake128s = 2: slh_dsa_shake_128s;
    Sha2_128f = 3: slh_dsa_sha2_128f;
    Shake128f = 4: slh_dsa_shake_128f;
    Sha2_192s = 5: slh_dsa_sha2_192s;
    Shake192s = 6: slh_dsa_shake_192s;
    Sha2_192f = 7: slh_dsa_sha2_192f;
    Shake192f = 8: slh_dsa_shake_192f;
    Sha2_256s = 9: slh_dsa_sha2_256s;
    Shake256s = 10: slh_dsa_shake_256s;
    Sha2_256f = 11: slh_dsa_sha2_256f;
    Shake256f = 12: slh_dsa_shake_256f;
}

impl SlhDsaSet {
    /// Length of a private key, in bytes.
    pub(super) fn private_bytes(self) -> usize {
        2 * self.public_bytes()
    }

    /// Make a private key.
    ///
    /// # Errors
    /// [`Failure`].
    pub(super) fn generate(self) -> Result<SecretBytes, Failure> {
        let mut private = SecretBytes::zeroed(self.private_bytes())?;
        on_deepest_stack(|| self.generate_here(&mut private))??;
        Ok(private)
    }

    /// Whether the end of a private key, which is its public key, is that of its beginning.
    ///
    /// # Errors
    /// [`Failure`]: not of its length, or no stack.
    pub(super) fn holds_together(self, private: &[u8]) -> Result<bool, Failure> {
        if private.len() != self.private_bytes() {
            return Err(Failure::Refused);
        }
        let mut public = vec![0; self.public_bytes()];
        on_deepest_stack(|| self.public_of_here(private, &mut public))??;
        Ok(public == private[self.public_bytes()..])
    }

    /// Append a signature; it is verified before, since a fault would give parts of the key away.
    ///
    /// # Errors
    /// [`Failure`].
    pub(super) fn sign(
        self,
        private: &[u8],
        signed: Signed<'_>,
        hedged: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let mut signature = vec![0; self.signature_bytes()];
        on_deepest_stack(|| self.sign_here(private, signed, hedged, &mut signature))??;
        let public = private.get(self.public_bytes()..).ok_or(Failure::Refused)?;
        if !self.verify(public, signed, &signature)? {
            return Err(Failure::Refused);
        }
        out.extend_from_slice(&signature);
        Ok(())
    }

    /// Whether a signature holds.
    ///
    /// # Errors
    /// [`Failure`]: key or signature are not of their lengths, or no stack.
    pub(super) fn verify(self, public: &[u8], signed: Signed<'_>, signature: &[u8]) -> Result<bool, Failure> {
        on_deep_stack(|| self.verify_here(public, signed, signature))?
    }
}

/// aws-lc's generator.
struct Random;

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        random(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        random(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        random(out);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), RngError> {
        random(out);
        Ok(())
    }
}

impl CryptoRng for Random {}
