//! The four kinds of calls.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    client::{call, drain, head},
    server::{Call, framed, headers, ok, send_data, serve},
};
use crate::grpc::{Channel, Chunk, Code, Deadline, Origin, SendError, Value};

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
    head.deadline = Some(Deadline::after(std::time::Duration::from_secs(60)));
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
    let (key, left) = sent[0];
    let micros = left.strip_suffix('u').unwrap().parse::<u32>().unwrap();
    assert_eq!(key, "grpc-timeout");
    assert!((30_000_000..=60_000_000).contains(&micros), "{left}");
    assert_eq!(sent[1], ("te", "trailers"));
    assert_eq!(sent[2], ("content-type", "application/grpc"));
    assert!(sent[3].1.starts_with("grpc-rust-stubless/"), "{sent:?}");
    assert_eq!(
        sent[4],
        ("grpc-accept-encoding", "identity,gzip,deflate,zstd")
    );
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
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    assert!(matches!(receiver.next().await, Chunk::Head(_)));
    for round in [&b"one"[..], b"", b"three"] {
        sender.send(Bytes::from_static(round)).await.unwrap();
        match receiver.next().await {
            Chunk::Messages(batch) => assert_eq!(batch.single().unwrap(), round),
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

#[tokio::test]
async fn client_stream_and_server_stream_carry_many_messages() {
    let endpoint = serve(|mut call: Call| async move {
        let all = call.read_all().await;
        let mut stream = call.accept();
        stream.send_data(all, false).unwrap();
        stream.send_trailers(ok()).unwrap();
    })
    .await;
    let messages: Vec<Vec<u8>> = (0..200_u8).map(|n| vec![n; usize::from(n)]).collect();
    let sent: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let transcript = call(&endpoint, head(), &sent).await;
    assert_eq!(transcript.messages, sent);
    assert_eq!(transcript.outcome.status.code, Code::OK);
}

#[tokio::test]
async fn an_empty_request_is_half_closed() {
    let endpoint = serve(|mut call: Call| async move {
        assert_eq!(call.read_all().await, Bytes::new());
        call.accept().send_trailers(ok()).unwrap();
    })
    .await;
    let transcript = call(&endpoint, head(), &[]).await;
    assert!(transcript.messages.is_empty());
    assert_eq!(transcript.outcome.status.code, Code::OK);
}

#[tokio::test]
async fn messages_larger_than_the_windows_pass_both_ways() {
    let endpoint = serve(|mut call: Call| async move {
        let mut stream = call.accept();
        let mut body = call.request.into_body();
        while let Some(data) = body.data().await {
            let data = data.unwrap();
            body.flow_control().release_capacity(data.len()).unwrap();
            send_data(&mut stream, data).await.unwrap();
        }
        stream.send_trailers(ok()).unwrap();
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    let message = Bytes::from(vec![7; 40 * 1024 * 1024]);
    let (sent, transcript) = tokio::join!(sender.send_last(message.clone()), drain(&mut receiver));
    sent.unwrap();
    assert_eq!(transcript.outcome.status.code, Code::OK);
    assert!(
        transcript.messages == [message],
        "the message came back changed"
    );
}
