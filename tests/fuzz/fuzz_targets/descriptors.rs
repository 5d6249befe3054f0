//! Runs [`stubless_core::fuzz::descriptors`], which catches what prost-reflect panics at.

#![no_main]

use stubless_core::fuzz::{descriptors, surviving};

libfuzzer_sys::fuzz_target!(|data: &[u8]| surviving(descriptors, data));
