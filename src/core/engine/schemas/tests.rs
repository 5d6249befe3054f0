//! What a server is asked with, on a real socket.

use std::{path::PathBuf, sync::Arc};

use tokio::net::TcpListener;

use super::*;
use crate::{
    grpc::Pool,
    message::Scope,
    workspace::{MetadataRow, TargetSettings},
};

fn row(key: &str, enabled: bool) -> MetadataRow {
    MetadataRow {
        key: key.to_owned(),
        value: "{{ who }}".to_owned(),
        enabled,
    }
}

/// Asks a server that refuses everybody; gives the headers of the call that begin with `x-`.
async fn asked_with(settings: TargetSettings) -> Vec<(String, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(socket).await.unwrap();
        let (request, mut respond) = connection.accept().await.unwrap().unwrap();
        let refusal = http::Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "16");
        respond
            .send_response(refusal.body(()).unwrap(), true)
            .unwrap();
        let headers = request.headers().clone();
        tokio::spawn(async move { while connection.accept().await.is_some() {} });
        headers
    });
    let mut scope = Scope::default();
    scope.variables.insert("who".to_owned(), "me".to_owned());
    let spec = ReflectSpec {
        target,
        settings,
        metadata: vec![row("x-call", true)],
        scope,
        base: PathBuf::new(),
        filling: None,
    };
    let asker = Asker {
        pool: Arc::new(Pool::default()),
        reflector: Arc::default(),
    };
    let failure = answer(&spec, &asker, None).await.unwrap_err();
    assert!(failure.reason.contains("UNAUTHENTICATED"), "{failure:?}");
    assert!(failure.hint.contains("--reflect-header"), "{failure:?}");
    let headers = server.await.unwrap();
    let ours = headers
        .iter()
        .filter(|(key, _)| key.as_str().starts_with("x-"));
    ours.map(|(key, value)| (key.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn a_server_is_asked_with_the_calls_metadata_unless_it_has_its_own() {
    let me = |key: &str| (key.to_owned(), "me".to_owned());
    let rows = [
        ("as the call", None, vec![me("x-call")]),
        (
            "with its own",
            Some(vec![row("x-asked", true), row("x-off", false)]),
            vec![me("x-asked")],
        ),
        ("with none", Some(vec![row("x-off", false)]), vec![]),
    ];
    for (name, reflection_metadata, expected) in rows {
        let settings = TargetSettings {
            reflection_metadata,
            ..TargetSettings::default()
        };
        assert_eq!(asked_with(settings).await, expected, "{name}");
    }
}
