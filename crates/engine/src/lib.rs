//! The engine: keys are stored and used here, and nowhere else.
//!
//! In the order in which a request meets them: `gate` (who calls), `application` (sessions, logins), `operation`
//! and `grant` (what is repeated), `channel` (what a worker decides), `laws` (what is allowed whatever a worker
//! says), `seal` (objects at rest), `mechanism` (cryptography), all on `memory` that nobody else reads, inside
//! `sandbox`.

pub mod application;
pub mod channel;
pub mod counts;
pub mod gate;
pub mod grant;
pub mod housekeeping;
pub mod init;
pub mod laws;
pub mod live;
pub mod mechanism;
pub mod memory;
pub mod object;
pub mod operation;
pub mod program;
pub mod rv;
pub mod sandbox;
pub mod seal;
pub mod secrets;
pub mod serve;
pub mod status;
pub mod supervisor;

/// Whether this is the control of the attacks: an engine that enforces no law. Never packaged.
#[must_use]
pub const fn laws_off() -> bool {
    !laws::ENFORCED
}
