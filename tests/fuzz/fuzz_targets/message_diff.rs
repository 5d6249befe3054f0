//! Runs [`stubless_core::fuzz::message_diff`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stubless_core::fuzz::message_diff(data));
