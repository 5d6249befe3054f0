//! Runs [`stubless_core::fuzz::reflection`], which catches what prost-reflect panics at.

#![no_main]

use stubless_core::fuzz::{reflection, surviving};

libfuzzer_sys::fuzz_target!(|data: &[u8]| surviving(reflection, data));
