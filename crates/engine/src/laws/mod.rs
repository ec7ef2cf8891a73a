//! The laws on attributes: pure functions that no worker talks its way around.
//!
//! Law 3: a Grant only narrows what the object's authenticated attributes allow ([`granted`]). Law 4: what
//! protects an object is computed here, from the application's own template ([`created`], [`generated`],
//! [`generated_pair`], [`derived`], [`copied`], [`incoming`]), and moves one way only ([`changed`]); the worker's wishes
//! fill what the template leaves open and may only narrow. Secret values leave only where the attributes let them
//! ([`readable`], [`wrappable`]).
//!
//! Built with the feature `laws-off` every law here is skipped: the positive control of the attacks.

mod change;
mod check_value;
mod create;
mod derive;
mod encapsulate;
mod grant;
mod key_template;
mod pair;
mod read;
mod template;
mod wrap;

pub use change::{changed, copied};
pub use check_value::with_check_value;
pub use create::{created, generated};
pub use derive::{Derivatives, Derived, derived};
pub use encapsulate::{Encapsulated, decapsulated, encapsulated, shared};
pub use grant::{AllowedUses, digestible, granted, mechanism_allowed, usable_once};
pub use pair::{Halves, generated_pair};
pub use read::{Readable, readable, value_readable};
pub use wrap::{Incoming, incoming, wrappable};

/// Whether the laws hold in this build.
pub const ENFORCED: bool = !cfg!(feature = "laws-off");

#[cfg(test)]
mod tests;
