//! Runs [`stubless_core::fuzz::first_bytes`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stubless_core::fuzz::first_bytes(data));
