//! The `vhsm-engine` program.

fn main() -> std::process::ExitCode {
    vhsm_engine::program::run()
}
