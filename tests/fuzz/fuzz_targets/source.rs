//! Runs [`stubless_core::fuzz::source`], which catches what the libraries below it panic at.

#![no_main]

use stubless_core::fuzz::{source, surviving};

libfuzzer_sys::fuzz_target!(|data: &[u8]| surviving(source, data));
