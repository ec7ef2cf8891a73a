//! The fuzzer of [`vhsm_fuzz::request`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vhsm_fuzz::request(bytes));
