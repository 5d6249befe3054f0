//! A call over TLS in time.

use super::*;
use crate::grpc::{
    BarKind, Pool, StepEnd, StepKind,
    tests::{client::head, timeline::Made},
};

#[tokio::test]
async fn the_handshake_and_a_name_that_is_looked_up_are_steps_of_a_call() {
    let files = Files::new();
    let (root, leaf) = signed(&["localhost"]);
    let mut endpoint = Tls::new(&leaf).serve().await;
    let port = endpoint.authority().rsplit(':').next().unwrap().to_owned();
    let named = Endpoint::parse(&format!("localhost:{port}"), Some(Transport::Tls)).unwrap();
    endpoint.address = named.address;
    endpoint.tls.ca_cert = files.put("ca.pem", &root.certificate);
    let made = Made::of(&Pool::default(), &endpoint, &head(), &[]).await;
    let timeline = made.timeline();
    let steps: Vec<_> = timeline
        .bars
        .iter()
        .filter_map(|bar| match bar.kind {
            BarKind::Step(kind, StepEnd::Done) => Some(kind),
            _ => None,
        })
        .collect();
    let expected = [
        StepKind::Resolve,
        StepKind::Connect,
        StepKind::Tls,
        StepKind::Settings,
    ];
    assert_eq!(steps, expected);
    let text = timeline.to_text();
    for part in [
        "Looked the name up: ",
        "127.0.0.1",
        "TLS handshake in ",
        ": TLSv1.3",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
