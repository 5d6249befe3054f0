//! Runs [`stubless_core::fuzz::cached`], which catches what the libraries below it panic at.

#![no_main]

use stubless_core::fuzz::{cached, surviving};

libfuzzer_sys::fuzz_target!(|data: &[u8]| surviving(cached, data));
