//! Runs [`stubless_core::fuzz::wire_tree`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stubless_core::fuzz::wire_tree(data));
