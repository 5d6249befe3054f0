//! Runs [`stubless_core::fuzz::message_edit`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stubless_core::fuzz::message_edit(data));
