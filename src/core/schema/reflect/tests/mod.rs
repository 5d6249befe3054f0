//! Reflection over real sockets: v1, v1alpha, both, none, and servers that answer badly.

mod hostile;
mod lost;
mod scripted;

use std::net::SocketAddr;

use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::wrappers::ReceiverStream;
use tonic_reflection::server::Builder;

use super::*;
use crate::{grpc::Transport, schema::compile};

const CLOCK: &str = "syntax = \"proto3\"; package clock.v1;\n\
    import \"google/protobuf/timestamp.proto\"; import \"zone.proto\";\n\
    // Tells the time.\nservice Clock { rpc Now(Zone) returns (google.protobuf.Timestamp); }";
const ZONE: &str = "syntax = \"proto3\"; package clock.v1; message Zone { string name = 1; }";

/// A serialized set of the files, each with its imports.
fn descriptor_set() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clock.proto"), CLOCK).unwrap();
    std::fs::write(folder.path().join("zone.proto"), ZONE).unwrap();
    let loaded = compile(&[folder.path().to_owned()], &[]);
    assert_eq!(loaded.problems, []);
    loaded.schema.whole_pool().encode_to_vec()
}

/// A server on loopback that offers reflection in the versions given. Ends with the test's runtime.
async fn serve(v1: bool, v1alpha: bool, set: Vec<u8>, services: &[&str]) -> SocketAddr {
    let builder = || {
        let builder = Builder::configure().register_encoded_file_descriptor_set(&set);
        services
            .iter()
            .fold(builder, |builder, &name| builder.with_service_name(name))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (accepted, incoming) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            if accepted
                .send(Ok::<_, std::io::Error>(socket))
                .await
                .is_err()
            {
                break;
            }
        }
    });
    let (_, health) = tonic_health::server::health_reporter();
    let router = tonic::transport::Server::builder()
        .add_service(health)
        .add_optional_service(v1.then(|| builder().build_v1().unwrap()))
        .add_optional_service(v1alpha.then(|| builder().build_v1alpha().unwrap()));
    tokio::spawn(router.serve_with_incoming(ReceiverStream::new(incoming)));
    address
}

fn inquiry(address: SocketAddr) -> Inquiry {
    Inquiry {
        endpoint: Endpoint::parse(&address.to_string(), Some(Transport::Plaintext)).unwrap(),
        metadata: Metadata::new(),
        filling: None,
    }
}

async fn ask(address: SocketAddr) -> Result<Loaded, ReflectError> {
    let pool = Pool::default();
    let reflected = Reflector::default().ask(&pool, &inquiry(address)).await?;
    Ok(reflected.loaded)
}

#[tokio::test]
async fn both_versions_are_understood() {
    let rows = [
        ("both", true, true, "grpc.reflection.v1.ServerReflection"),
        ("v1", true, false, "grpc.reflection.v1.ServerReflection"),
        (
            "v1alpha",
            false,
            true,
            "grpc.reflection.v1alpha.ServerReflection",
        ),
    ];
    for (name, v1, v1alpha, reflection) in rows {
        let address = serve(v1, v1alpha, descriptor_set(), &[]).await;
        let loaded = ask(address).await.unwrap();
        assert_eq!(loaded.problems, [], "{name}");
        let services: Vec<_> = loaded
            .schema
            .catalogue()
            .services
            .iter()
            .map(|s| s.full_name.as_str())
            .collect();
        assert_eq!(services, ["clock.v1.Clock", reflection], "{name}");
        let method = loaded.schema.method("clock.v1.Clock/Now").unwrap();
        assert_eq!(method.input().full_name(), "clock.v1.Zone", "{name}");
    }
}

#[tokio::test]
async fn a_server_without_reflection_is_told() {
    let address = serve(false, false, descriptor_set(), &[]).await;
    let error = ask(address).await.unwrap_err();
    let told = matches!(error, ReflectError::NotOffered { http_status: None });
    assert!(told, "{error:?}");
}

#[tokio::test]
async fn a_web_server_that_knows_no_reflection_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(socket).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let response = http::Response::builder().status(404).body(()).unwrap();
            respond.send_response(response, true).unwrap();
        }
    });
    let error = ask(address).await.unwrap_err();
    let told = matches!(
        error,
        ReflectError::NotOffered {
            http_status: Some(404)
        }
    );
    assert!(told, "{error:?}");
}

#[tokio::test]
async fn a_service_the_server_cannot_describe_is_a_problem() {
    // tonic ends the call where it should answer "not found".
    let services = ["clock.v1.Ghost", "clock.v1.Clock"];
    let address = serve(true, false, descriptor_set(), &services).await;
    let loaded = ask(address).await.unwrap();
    assert!(loaded.schema.method("clock.v1.Clock/Now").is_some());
    assert_eq!(loaded.problems.len(), 1, "{:?}", loaded.problems);
    assert_eq!(loaded.problems[0].file, "clock.v1.Ghost");
}

#[tokio::test]
async fn a_file_the_server_does_not_have_is_a_problem() {
    let mut set = prost_types::FileDescriptorSet::decode(&*descriptor_set()).unwrap();
    set.file.retain(|file| file.name() != "zone.proto");
    let address = serve(true, false, set.encode_to_vec(), &[]).await;
    let loaded = ask(address).await.unwrap();
    let files: Vec<_> = loaded.problems.iter().map(|p| p.file.as_str()).collect();
    assert_eq!(
        files,
        ["clock.proto", "clock.v1.Clock"],
        "{:?}",
        loaded.problems
    );
}
