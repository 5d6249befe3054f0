//! Runs [`stubless_core::fuzz::certificate`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stubless_core::fuzz::certificate(data));
