//! Two targets: a stranger's bytes as a frame, and as a request. Neither may panic, hang or take memory by a claim.

mod frame;
mod request;

pub use frame::frame;
pub use request::request;

/// Secret memory, as the engine has it.
fn start() {
    vhsm_engine::memory::start(None).expect("secret memory: the limit of locked memory is the engine's own need");
}
