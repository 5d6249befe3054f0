//! Compiles the demo server's protos: Rust code for the server, and a `FileDescriptorSet` with the
//! comments, for reflection. No `protoc` is needed.

use std::{env, error::Error, fs, path::PathBuf};

/// What the demo server offers, below `assets/protos`.
const FILES: [&str; 6] = [
    "demo/v1/atlas.proto",
    "demo/v1/greeter.proto",
    "demo/v1/kitchen.proto",
    "demo/v1/legacy.proto",
    "demo/v1/ticker.proto",
    "demo/v1/trouble.proto",
];

/// Methods whose server code is generated as if they streamed, see [`main`].
const UNARY_WITH_TRAILERS: [(&str, &str); 1] = [("Trouble", "EchoMetadata")];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../assets/protos");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", root.join("demo").display());

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(FILES)?;
    fs::write(
        out.join("demo_descriptor_set.binpb"),
        compiler.encode_file_descriptor_set(),
    )?;

    // tonic cannot send trailing metadata after a unary response, only after a stream's. On the
    // wire the two are the same, so the code of such a method is generated as a stream; what
    // clients see (the descriptor set above) says unary.
    let mut set = compiler.file_descriptor_set();
    for service in set.file.iter_mut().flat_map(|file| &mut file.service) {
        let service_name = service.name().to_owned();
        for method in &mut service.method {
            if UNARY_WITH_TRAILERS.contains(&(service_name.as_str(), method.name())) {
                method.server_streaming = Some(true);
            }
        }
    }
    tonic_prost_build::configure()
        .build_client(false)
        .build_server(true)
        .btree_map(".")
        .bytes(".demo.v1.Tick.payload")
        .compile_fds(set)?;
    Ok(())
}
