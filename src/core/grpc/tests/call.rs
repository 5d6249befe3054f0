//! Calls over plaintext: the four kinds, every way to end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use h2::Reason;
use http::{HeaderMap, Response};
use tokio::sync::{Notify, mpsc};

use super::server::{Call, framed, headers, ok, send_frame, serve};
use crate::grpc::{
    CallHead, CallReceiver, Channel, Chunk, Code, Endpoint, Metadata, Origin, Outcome, Pool,
    ResponseHead, SendError, Value,
};

fn head() -> CallHead {
    CallHead {
        path: "/test.Service/Method".into(),
        metadata: Metadata::new(),
        deadline: None,
        max_receive_bytes: 64 * 1024 * 1024,
    }
}

#[derive(Debug)]
struct Transcript {
    head: Option<ResponseHead>,
    messages: Vec<Bytes>,
    outcome: Outcome,
}

/// Receives to the end.
async fn drain(receiver: &mut CallReceiver) -> Transcript {
    let mut head = None;
    let mut messages = Vec::new();
    loop {
        match receiver.next().await {
            Chunk::Head(received) => assert!(head.replace(received).is_none()),
            Chunk::Messages(batch) => {
                assert!(!batch.is_empty());
                messages.extend(batch);
            }
            Chunk::End(outcome) => {
                return Transcript {
                    head,
                    messages,
                    outcome: *outcome,
                };
            }
        }
    }
}

/// Makes a whole call: sends the messages, half-closes, receives to the end.
async fn call(endpoint: &Endpoint, head: CallHead, messages: &[&[u8]]) -> Transcript {
    let channel = Channel::connect(endpoint).await.unwrap();
    let (mut sender, mut receiver) = match channel.open(head).await {
        Ok(halves) => halves,
        Err(outcome) => {
            return Transcript {
                head: None,
                messages: Vec::new(),
                outcome: *outcome,
            };
        }
    };
    for message in messages {
        sender.send(Bytes::copy_from_slice(message)).await.unwrap();
    }
    sender.half_close().unwrap();
    drain(&mut receiver).await
}

/// Serves calls that are answered with one head, one frame and these trailers.
async fn answering(head: HeaderMap, body: Bytes, trailers: Option<HeaderMap>) -> Endpoint {
    serve(move |mut call: Call| {
        let (head, body, trailers) = (head.clone(), body.clone(), trailers.clone());
        async move {
            call.read_all().await;
            let mut stream = call.accept_with(head);
            match trailers {
                Some(trailers) => {
                    stream.send_data(body, false).unwrap();
                    stream.send_trailers(trailers).unwrap();
                }
                None => stream.send_data(body, true).unwrap(),
            }
        }
    })
    .await
}

#[tokio::test]
async fn unary_call_carries_the_head_the_message_and_the_status() {
    let (seen, mut requests) = mpsc::channel(1);
    let endpoint = serve(move |mut call: Call| {
        let seen = seen.clone();
        async move {
            let body = call.read_all().await;
            let uri = call.request.uri().to_string();
            let sent = call.request.headers().clone();
            seen.send((uri, sent, body)).await.unwrap();
            let mut stream = call.accept_with(headers(&[("x-a", "1"), ("x-a", "2")]));
            stream.send_data(framed(b"pong"), false).unwrap();
            let trailers = [
                ("grpc-status", "0"),
                ("x-b-bin", "q6s="),
                ("x-b-bin", "AA,AQ"),
            ];
            stream.send_trailers(headers(&trailers)).unwrap();
        }
    })
    .await;

    let mut head = head();
    head.metadata.push("x-bin", "q6s=").unwrap();
    head.metadata.push("x-k", "1").unwrap();
    head.metadata.push("x-k", "2").unwrap();
    head.deadline = Some(Duration::from_secs(60));
    let transcript = call(&endpoint, head, &[b"ping"]).await;

    let (uri, sent, body) = requests.recv().await.unwrap();
    assert_eq!(
        uri,
        format!("http://{}/test.Service/Method", endpoint.authority())
    );
    assert_eq!(body, framed(b"ping"));
    let sent: Vec<_> = sent
        .iter()
        .map(|(key, value)| (key.as_str(), value.to_str().unwrap()))
        .collect();
    assert_eq!(sent[0], ("grpc-timeout", "60000000u"));
    assert_eq!(sent[1], ("te", "trailers"));
    assert_eq!(sent[2], ("content-type", "application/grpc"));
    assert!(sent[3].1.starts_with("grpc-rust-stubless/"), "{sent:?}");
    assert_eq!(sent[4], ("grpc-accept-encoding", "identity,gzip"));
    assert_eq!(sent[5..], [("x-bin", "q6s"), ("x-k", "1"), ("x-k", "2")]);

    let received = transcript.head.unwrap();
    assert_eq!(received.http_status, 200);
    let doubled: Vec<_> = received.metadata.iter().filter(|e| e.0 == "x-a").collect();
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(doubled, [("x-a", &text("1")), ("x-a", &text("2"))]);
    assert_eq!(transcript.messages, [b"pong".as_slice()]);
    let outcome = transcript.outcome;
    assert_eq!(
        (outcome.status.code, outcome.origin),
        (Code::OK, Origin::Trailers)
    );
    let binary = |bytes: &'static [u8]| Value::Binary(Bytes::from_static(bytes));
    let trailers: Vec<_> = outcome
        .trailers
        .iter()
        .filter(|e| e.0 == "x-b-bin")
        .collect();
    assert_eq!(
        trailers,
        [
            ("x-b-bin", &binary(b"\xab\xab")),
            ("x-b-bin", &binary(b"\0")),
            ("x-b-bin", &binary(b"\x01")),
        ]
    );
}

#[tokio::test]
async fn bidirectional_stream_answers_message_by_message() {
    let endpoint = serve(|mut call: Call| async move {
        let mut stream = call.accept();
        while let Some(data) = call.request.body_mut().data().await {
            let data = data.unwrap();
            let flow = call.request.body_mut().flow_control();
            flow.release_capacity(data.len()).unwrap();
            stream.send_data(data, false).unwrap();
        }
        stream.send_trailers(ok()).unwrap();
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(head()).await.unwrap();
    assert!(matches!(receiver.next().await, Chunk::Head(_)));
    for round in [&b"one"[..], b"", b"three"] {
        sender.send(Bytes::from_static(round)).await.unwrap();
        match receiver.next().await {
            Chunk::Messages(batch) => assert_eq!(batch, [round]),
            other => panic!("{other:?}"),
        }
    }
    sender.send_last(Bytes::from_static(b"last")).await.unwrap();
    let closed = sender.send(Bytes::new()).await;
    assert_eq!(closed, Err(SendError::HalfClosed));
    assert_eq!(sender.half_close(), Err(SendError::HalfClosed));
    let transcript = drain(&mut receiver).await;
    assert_eq!(transcript.messages, [b"last".as_slice()]);
    assert_eq!(transcript.outcome.status.code, Code::OK);
    assert_eq!(sender.send(Bytes::new()).await, Err(SendError::HalfClosed));
    assert!(
        matches!(receiver.next().await, Chunk::End(_)),
        "the end stays the end"
    );
}
