//! The fuzzer of [`vhsm_fuzz::frame`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vhsm_fuzz::frame(bytes));
