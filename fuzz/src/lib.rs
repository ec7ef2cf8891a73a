//! Three targets: a stranger's bytes as a frame, as a request, and as a program's calls of the module. None may panic,
//! hang or take memory by a claim.

#[allow(unsafe_code, reason = "calls the module as C programs do; never shipped")]
mod calls;
mod frame;
mod request;

pub use calls::calls;
pub use frame::frame;
pub use request::request;

/// Secret memory, as the engine has it.
fn start() {
    vhsm_engine::memory::start(None).expect("secret memory: the limit of locked memory is the engine's own need");
}
