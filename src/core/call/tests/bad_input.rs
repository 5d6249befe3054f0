//! Mistakes and peers that are no gRPC servers: each ends in one card that says what to try.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::support::{demo, run, spec, spec_to};
use crate::{
    call::*,
    grpc::{Code, Transport},
    message::Scope,
    workspace::{MetadataRow, TargetSettings},
};

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[tokio::test]
async fn nothing_listens() {
    let (listener, address) = listener().await;
    drop(listener);
    let ended = run(&spec_to(&address, "Greeter/SayHello", &["{}"])).await;
    assert_eq!(ended.outcome.status.code, Code::UNAVAILABLE);
    let card = ended.card(&address);
    assert_eq!(card.summary, format!("Cannot connect to `{address}`"));
    assert_eq!(card.reason, format!("Nothing listens on {address}"));
    assert_eq!(card.fixes, [Fix::Retry]);
}

#[tokio::test]
async fn a_host_that_does_not_exist() {
    let ended = run(&spec_to(
        "http://no-such-host.invalid:1",
        "Greeter/SayHello",
        &["{}"],
    ))
    .await;
    let card = ended.card("x");
    assert!(card.summary.contains("`no-such-host.invalid`"), "{card:?}");
}

#[tokio::test]
async fn a_web_server() {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 16];
        socket.read_exact(&mut request).await.unwrap();
        socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
    });
    let card = run(&spec_to(&address, "Greeter/SayHello", &["{}"]))
        .await
        .card("web");
    assert_eq!(card.summary, "`web` speaks HTTP/1.1, and gRPC needs HTTP/2");
}

#[tokio::test]
async fn a_port_that_hangs_up_and_one_that_stays_silent() {
    let (hangs_up, address) = listener().await;
    tokio::spawn(async move {
        let (mut socket, _) = hangs_up.accept().await.unwrap();
        let mut request = [0; 16];
        socket.read_exact(&mut request).await.unwrap();
    });
    let card = run(&spec_to(&address, "Greeter/SayHello", &["{}"]))
        .await
        .card("x");
    assert!(card.summary.contains("closed the connection"), "{card:?}");

    let (_silent, address) = listener().await;
    let mut spec = spec_to(&address, "Greeter/SayHello", &["{}"]);
    spec.deadline = Some(Duration::from_millis(100));
    let ended = run(&spec).await;
    assert_eq!(ended.outcome.status.code, Code::DEADLINE_EXCEEDED);
    assert!(ended.timings.connected.is_none());
}

#[tokio::test]
async fn a_call_that_does_not_fit_is_not_sent_and_says_where() {
    let demo = demo().await;
    let refused = |spec: &CallSpec| *resolve(spec).unwrap_err();

    let card = refused(&spec(&demo, "Greeter/SayHello", &["{\"name\": 7}"]));
    assert_eq!(card.summary, "The message does not fit");
    let (message, path, range) = card.place.unwrap();
    assert_eq!(
        (message, path.to_string().as_str(), range),
        (0, "name", 9..10)
    );

    let card = refused(&spec(&demo, "Atlas/RecordTrip", &["{}", "{\"at\": "]));
    assert_eq!(card.summary, "Message 2 does not fit");
    assert_eq!(card.place.unwrap().0, 1);

    for messages in [&[][..], &["{}", "{}"]] {
        for method in ["Greeter/SayHello", "Ticker/Watch"] {
            let card = refused(&spec(&demo, method, messages));
            assert!(card.summary.contains("exactly one message"), "{card:?}");
        }
    }
    let card = refused(&spec(
        &demo,
        "Greeter/SayHello",
        &["{\"name\": \"{{ nobody }}\"}"],
    ));
    assert!(card.reason.contains("nobody"), "{card:?}");

    let mut unknown = spec(&demo, "Greeter/SayHello", &["{}"]);
    unknown.method = "demo.v1.Greeter/Nope".to_owned();
    assert_eq!(refused(&unknown).fixes, [Fix::AddProtos]);

    let mut metadata = spec(&demo, "Greeter/SayHello", &["{}"]);
    for (key, value) in [
        ("bad key", "x"),
        ("x-bin", "%"),
        ("grpc-timeout", "1S"),
        ("a", "{{ b }}"),
    ] {
        metadata.metadata = vec![MetadataRow {
            key: key.to_owned(),
            value: value.to_owned(),
            enabled: true,
        }];
        let card = refused(&metadata);
        assert!(
            card.summary.starts_with(&format!("Metadata `{key}`")),
            "{card:?}"
        );
    }
}

#[test]
fn targets_are_read_or_explained() {
    let settings = TargetSettings::default();
    let mut scope = Scope::default();
    scope.variables.insert("host".into(), "example.com".into());
    let read = |target: &str, settings: &TargetSettings| {
        resolve_endpoint(target, settings, &scope, "/ws".as_ref(), None)
    };
    for target in [
        "",
        "  ",
        "host",
        "host:0",
        "host:99999",
        "ftp://x:1",
        ":1",
        "{{ nope }}:1",
        "demo:",
        "bücher.example:1",
        "https://me:hunter2@host",
        "dns://me:hunter2@ns/host",
    ] {
        let card = read(target, &settings).unwrap_err();
        assert!(
            !card.summary.is_empty() && !card.hint.is_empty(),
            "{target}: {card:?}"
        );
        assert!(!format!("{card:?}").contains("hunter2"), "{card:?}");
        let first = card.reason.chars().next();
        assert!(first.is_none_or(|c| !c.is_lowercase()), "{card:?}");
    }
    let endpoint = read("{{ host }}:443", &settings).unwrap();
    assert_eq!(endpoint.authority(), "example.com:443");
    assert_eq!(endpoint.transport, Transport::Tls);
    let with_files = TargetSettings {
        ca_cert: Some("ca.pem".into()),
        client_cert: Some("/abs/me.pem".into()),
        authority: Some("{{ host }}".into()),
        ..TargetSettings::default()
    };
    let endpoint = read("example.com:1", &with_files).unwrap();
    assert_eq!(endpoint.tls.ca_cert.as_deref(), Some("/ws/ca.pem".as_ref()));
    assert_eq!(
        endpoint.tls.client_cert.as_deref(),
        Some("/abs/me.pem".as_ref())
    );
    assert_eq!(endpoint.authority(), "example.com");
}
