//! Runs [`stubless_core::fuzz::message_rules`], which catches what the libraries below it panic at.

#![no_main]

use stubless_core::fuzz::{message_rules, surviving};

libfuzzer_sys::fuzz_target!(|data: &[u8]| surviving(message_rules, data));
