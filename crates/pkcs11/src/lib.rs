//! The PKCS#11 module that applications load: argument checks, operation state, a pool of connections.
//!
//! Rules kept here:
//! - `ffi/` holds all of the unsafe code: it reads and writes the caller's memory, watches for forks, and exports
//!   the C functions. Everything else is safe Rust that gets checked slices and returns `Result<_, Rv>`.
//! - A file a chapter of PKCS#11 v3.2: general, slot_token, session, object, encryption, digest, signing, key, random;
//!   block is encryption's part with RSA and cipher the one that does not authenticate, wrapping, derivation, tls and
//!   encapsulation are key's parts, message and message_signing the message-based functions, dual two operations
//!   at once, builtin the objects that every token has.
//! - Secrets (PINs, values of imported keys) are sent from the caller's own memory and never copied; what comes
//!   back is wiped before the call returns. Data that waits for the rest of its operation lies in wiped memory.
//! - No lock of the whole library is held during I/O; no background thread; no thread-local destructor; nothing at
//!   exit. So the module may be unloaded, and a forked child starts afresh with C_Initialize.

// Handles are 64 bits wide here and at the server.
const _: () = assert!(size_of::<cryptoki_sys::CK_ULONG>() == 8, "the module is for 64-bit Linux");

mod block;
mod builtin;
mod cipher;
mod config;
mod connection;
mod derivation;
mod digest;
mod dual;
mod encapsulation;
mod encryption;
mod facts;
mod ffi;
mod gather;
mod general;
mod key;
mod kind;
mod library;
mod mechanism;
mod message;
mod message_signing;
mod object;
mod operation;
mod operation_state;
mod pool;
mod random;
mod rv;
mod search;
mod session;
mod signing;
mod slot_token;
mod template;
mod tls;
mod wrapping;
