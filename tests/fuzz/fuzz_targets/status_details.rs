//! Runs [`stubless_core::fuzz::status_details`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stubless_core::fuzz::status_details(data));
