//! Cryptography, behind one narrow door: ready keys, streams, digests, random.
//!
//! A file per family. `table` is what `spec/pkcs11/mechanisms.toml` says a mechanism may do; `aws_lc` is the only
//! file that calls the library.

pub mod aws_lc;
mod digest;
mod gcm;
mod hmac;
mod key;
mod parameters;
mod random;
mod self_test;
mod stream;

pub use digest::{digest_complete, digest_start};
pub use key::ReadyKey;
pub use parameters::{check, permitted};
pub use random::{generate_value, random, seed_random};
pub use self_test::{SelfTestFailed, self_test};
pub use stream::Stream;

#[cfg(test)]
mod tests;
