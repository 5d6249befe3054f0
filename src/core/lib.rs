//! The headless core of Stubless: everything a call needs, and nothing that draws or prints.
//!
//! Layers, from the bottom; a lower one never imports an upper one (`tests/it/tidy.rs` checks):
//!
//! ```text
//! grpc, workspace  <  schema  <  message, demo  <  call, interop  <  engine
//! ```

pub mod call;
pub mod demo;
pub mod engine;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod grpc;
pub mod interop;
pub mod message;
pub mod schema;
pub mod workspace;
