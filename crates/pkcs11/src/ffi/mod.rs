//! The boundary to C: the only unsafe code of the module.

#![allow(unsafe_code, reason = "the caller's memory, fork handlers and exported symbols")]

mod derivation;
mod exports;
mod fork;
mod interfaces;
mod memory;
mod message;
mod parameters;
mod tls;

pub use derivation::{cbc_data, ecdh_parameters, hkdf_parameters, number, password_parameters, string_data};
pub use fork::{Registered, current, install, let_go_of_inherited};
pub use memory::{Arguments, Entry, Input, List, MechanismIn, Name, Output, Place, Room, Template, processor, wipe};
pub use message::MessageParameter;
pub use parameters::{
    INVALID, ccm_parameters, chacha_poly_parameters, ctr_parameters, eddsa_parameters, gcm_parameters,
};
pub use parameters::{hash_sign_context, oaep_parameters, pss_parameters, rsa_aes_key_wrap_parameters, sign_context};
pub use tls::{
    KeyMaterial, Randoms, Version, counter_format, kdf_parameters, length_format, tls_extended_master, tls_kdf,
    tls_keys, tls_master,
};

/// Whether the process runs with privileges that its environment must not steer (set-user-ID and the like).
pub fn runs_with_raised_privileges() -> bool {
    // SAFETY: getauxval reads the process's own auxiliary vector and has no preconditions.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}
