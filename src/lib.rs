//! Stubless: a native desktop explorer for gRPC. This package is what the person touches; the
//! headless core is `stubless_core`.
//!
//! ```text
//! stubless_core  ‖ crate border ‖  app  <  ui, cli  <  main
//! ```
//!
//! `app` holds the state of the window without egui, `ui` draws it and returns actions, `cli` is the
//! same core for terminals. `ui` and `cli` never import each other (`tests/it/tidy.rs` checks).

#[cfg(feature = "gui")]
pub mod app;
pub mod cli;
#[cfg(feature = "gui")]
pub mod ui;
