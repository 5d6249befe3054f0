//! Runs [`stubless_core::fuzz::log_file`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stubless_core::fuzz::log_file(data));
