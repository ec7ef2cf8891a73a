//! The engine: keys are stored and used here, and nowhere else.
//!
//! In the order in which a request meets them: `gate` (who calls), `application` (sessions, logins), `grant`
//! and `laws` (what is allowed whatever a worker says), `seal` (objects at rest), `mechanism` (cryptography),
//! all on `memory` that nobody else reads, inside `sandbox`.

pub mod laws;
pub mod mechanism;
pub mod memory;
pub mod object;
pub mod rv;
pub mod sandbox;
pub mod seal;
