//! The fuzzer of [`vhsm_fuzz::calls`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vhsm_fuzz::calls(bytes));
