//! What `build.rs` generated from `assets/protos/demo/v1`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::wildcard_imports,
    clippy::implicit_clone,
    rustdoc::all,
    reason = "generated code"
)]

tonic::include_proto!("demo.v1");
