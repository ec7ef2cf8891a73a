//! Cryptography, behind one narrow door: ready keys, streams, digests, random.
//!
//! A file per family. `table` is what `spec/pkcs11/mechanisms.toml` says a mechanism may do; `aws_lc` is the only
//! file that calls the library.

mod aes;
pub mod aws_lc;
mod ccm;
mod chacha;
mod check_value;
mod cipher;
mod cipher_answers;
mod cmac;
mod curve448;
mod der;
mod derivation;
mod des;
mod digest;
mod domain;
mod ecdsa;
mod eddsa;
mod encoded;
mod gcm;
mod hmac;
mod hss;
mod key;
mod known;
mod material;
mod message_nonce;
mod ml_dsa;
mod ml_kem;
mod montgomery;
mod nonces;
mod parameters;
mod pkcs8;
mod random;
mod rejection;
mod rsa;
mod self_test;
mod sign_context;
mod slh_dsa;
mod slh_dsa_sets;
mod stealing;
mod stream;
mod wrapped_data;
mod wrapping;
mod xmss;
mod xts;

pub use check_value::{digested_check_value, enciphered_check_value};
pub use derivation::{Derivation, value_of_password};
pub use digest::{digest_complete, digest_start};
pub use key::ReadyKey;
pub use material::{Material, certified_key_info, generate_pair, import_private, import_public, key_size};
pub use message_nonce::{MessageCounter, next_nonce, with_nonce, wrapping_nonce};
pub use ml_kem::{decapsulate, encapsulate};
pub use nonces::{NonceMemories, NonceMemory, NonceRule, is_bare};
pub use parameters::{check, output_bytes, permitted};
pub use random::{generate_value, random, seed_random, well_made};
pub use self_test::{SelfTestFailed, self_test};
pub use stream::Stream;
pub use wrapping::{Carried, carried_form, material_of, of_unwrapping_key, of_wrapping_key};

#[cfg(test)]
mod curve_tests;
#[cfg(test)]
mod pair_tests;
#[cfg(test)]
mod tests;
