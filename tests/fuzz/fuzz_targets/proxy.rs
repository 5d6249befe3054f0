//! Runs [`stubless_core::fuzz::proxy`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stubless_core::fuzz::proxy(data));
