//! The `vhsm-engine` program.
fn main() {}
