//! The engine without its laws, which the attacks must defeat: a binary of its own, never packaged.

fn main() -> std::process::ExitCode {
    vhsm_engine::program::run()
}
