//! Compiles `bench.proto`: Rust code for tonic, a descriptor set for reflection and for our client.

use std::{env, error::Error, fs, path::PathBuf};

use tonic_build::manual::{Builder, Method, Service};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../../benches/peers");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!(
        "cargo::rerun-if-changed={}",
        root.join("bench.proto").display()
    );
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_file("bench.proto")?;
    fs::write(
        out.join("bench.binpb"),
        compiler.encode_file_descriptor_set(),
    )?;
    tonic_prost_build::configure().compile_fds(compiler.file_descriptor_set())?;
    interop(&out)
}

/// The service of the interop cases, over the messages of `src/interop.rs`.
fn interop(out: &std::path::Path) -> Result<(), Box<dyn Error>> {
    let method = |name: &str, route: &str, input: &str, output: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(format!("crate::interop::{input}"))
            .output_type(format!("crate::interop::{output}"))
            .codec_path("tonic_prost::ProstCodec")
    };
    let (output_request, output_response) =
        ("StreamingOutputCallRequest", "StreamingOutputCallResponse");
    let service = Service::builder()
        .name("TestService")
        .package("grpc.testing")
        .method(method("empty_call", "EmptyCall", "Empty", "Empty").build())
        // Generated as a stream, which is the same on the wire: tonic sends trailing metadata after a
        // stream alone.
        .method(
            method("unary_call", "UnaryCall", "SimpleRequest", "SimpleResponse")
                .server_streaming()
                .build(),
        )
        .method(
            method(
                "streaming_output_call",
                "StreamingOutputCall",
                output_request,
                output_response,
            )
            .server_streaming()
            .build(),
        )
        .method(
            method(
                "streaming_input_call",
                "StreamingInputCall",
                "StreamingInputCallRequest",
                "StreamingInputCallResponse",
            )
            .client_streaming()
            .build(),
        )
        .method(
            method(
                "full_duplex_call",
                "FullDuplexCall",
                output_request,
                output_response,
            )
            .client_streaming()
            .server_streaming()
            .build(),
        )
        .build();
    Builder::new().out_dir(out).compile(&[service]);
    Ok(())
}
