//! What is written down of a call's frames.

use std::time::Instant;

use bytes::Bytes;
use h2::Reason;

use super::{
    client::{drain, head},
    server::{Call, framed, listen, ok, send_data, serve, written},
};
use crate::grpc::{
    Channel, Code, Detail, Endpoint, FrameDirection, FrameType, Pool, Record, StepKind, Trace,
};

async fn echo() -> Endpoint {
    serve(|mut call: Call| async move {
        let body = call.read_all().await;
        let mut stream = call.accept();
        send_data(&mut stream, body).await.unwrap();
        stream.send_trailers(ok()).unwrap();
    })
    .await
}

async fn traced(pool: &Pool, endpoint: &Endpoint, message: &[u8]) -> Trace {
    let began = Instant::now();
    let (channel, _) = pool.channel(endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    let message = Bytes::copy_from_slice(message);
    sender.send_last(message).await.unwrap();
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.status.code, Code::OK);
    receiver.trace(began)
}

fn of_call(trace: &Trace) -> Vec<(FrameDirection, FrameType, u64)> {
    let records = trace.records.iter().filter(|record| record.stream != 0);
    records
        .map(|record| (record.direction, record.frame, record.bytes))
        .collect()
}

#[tokio::test]
async fn a_unary_call_is_told_frame_by_frame() {
    use {FrameDirection::*, FrameType::*};
    let endpoint = echo().await;
    let pool = Pool::default();
    let trace = traced(&pool, &endpoint, b"hello").await;

    let frames = of_call(&trace);
    let [request, response, trailers] = [0, 2, 4].map(|at| frames[at].2);
    let expected = [
        (Sent, Headers, request),
        (Sent, Data, 10),
        (Received, Headers, response),
        (Received, Data, 10),
        (Received, Headers, trailers),
    ];
    assert_eq!(frames, expected);
    assert_eq!(trace.stream, 1);
    let uncompressed: Vec<_> = trace
        .records
        .iter()
        .filter_map(|record| match record.detail {
            Detail::HeaderBytes(bytes) => Some(bytes),
            _ => None,
        })
        .collect();
    let [_, head, end] = uncompressed[..] else {
        panic!("{uncompressed:?}")
    };
    let content_type = "content-typeapplication/grpc".len();
    assert_eq!(head as usize, ":status200".len() + content_type);
    assert_eq!(end as usize, "grpc-status0".len());
    assert_eq!(trace.received.header_bytes, u64::from(head + end));
    assert_eq!(
        trace.received.compressed_header_bytes(),
        response + trailers
    );
    assert_eq!(trace.sent.of(Data).bytes, 10);
    assert_eq!(trace.sent.all().frames, 2);
    assert_eq!(trace.omitted, None);

    let steps: Vec<_> = trace.steps.iter().map(|step| step.kind).collect();
    assert!(
        steps.ends_with(&[StepKind::Connect, StepKind::Settings]),
        "{steps:?}"
    );
    assert!(!trace.steps[0].at.is_before(), "the connection is new");
    let settings = |direction| {
        let mut records = trace.records.iter();
        records.find_map(|record| match &record.detail {
            Detail::Settings(pairs) if record.direction == direction => Some(pairs.clone()),
            _ => None,
        })
    };
    let windows = settings(Sent).unwrap();
    assert!(windows.contains(&(4, 16 * 1024 * 1024)), "{windows:?}");
    assert!(settings(Received).is_some());
    assert!(trace.records.is_sorted_by_key(|record| record.at));
}

#[tokio::test]
async fn a_reused_connection_was_made_before_the_call() {
    let endpoint = echo().await;
    let pool = Pool::default();
    traced(&pool, &endpoint, b"one").await;
    let trace = traced(&pool, &endpoint, b"two").await;
    assert!(trace.steps.iter().all(|step| step.at.is_before()));
    let (before, since): (Vec<&Record>, Vec<_>) = trace
        .records
        .iter()
        .partition(|record| record.at.is_before());
    assert!(before.iter().all(|record| record.stream == 0));
    assert!(
        before
            .iter()
            .any(|record| record.frame == FrameType::Settings)
    );
    assert!(
        since
            .iter()
            .all(|record| record.frame != FrameType::Settings)
    );
    assert_eq!(trace.stream, 3);
    assert_eq!(of_call(&trace).len(), 5);
}

#[tokio::test]
async fn a_reset_is_told_with_its_code() {
    let endpoint = serve(|mut call: Call| async move {
        call.respond.send_reset(Reason::REFUSED_STREAM);
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let (_sender, mut receiver) = channel.open(&head()).unwrap();
    drain(&mut receiver).await;
    let trace = receiver.trace(began);
    let last = trace.records.last().unwrap();
    assert_eq!(last.frame, FrameType::RstStream);
    assert_eq!(last.detail, Detail::Reset(Reason::REFUSED_STREAM.into()));
}

#[tokio::test]
async fn a_long_stream_keeps_its_ends_and_counts_the_rest() {
    // More turns of the socket than a log has room for, each with one message.
    const MESSAGES: usize = 6_000;
    let endpoint = serve(|mut call: Call| async move {
        let mut stream = call.accept();
        let body = call.request.body_mut();
        while let Some(Ok(data)) = body.data().await {
            if data.is_empty() {
                continue;
            }
            body.flow_control().release_capacity(data.len()).unwrap();
            send_data(&mut stream, framed(b"x")).await.unwrap();
            written(&mut stream).await;
        }
        stream.send_trailers(ok()).unwrap();
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    for _ in 0..MESSAGES {
        sender.send(Bytes::new()).await.unwrap();
        // Head or message: one turn.
        receiver.next().await;
    }
    sender.half_close().unwrap();
    drain(&mut receiver).await;
    let trace = receiver.trace(began);
    assert_eq!(trace.received.of(FrameType::Data).frames, MESSAGES as u64);
    assert_eq!(
        trace.received.of(FrameType::Data).bytes,
        6 * MESSAGES as u64
    );
    let omitted = trace.omitted.unwrap();
    let of_call = trace.records.iter().filter(|record| record.stream != 0);
    let kept: u64 = of_call.map(|record| u64::from(record.frames)).sum();
    let all = trace.received.all().frames + trace.sent.all().frames;
    assert_eq!(kept + omitted.count.frames, all);
    assert_eq!(trace.records.last().unwrap().frame, FrameType::Headers);
    assert!(omitted.after < trace.records.last().unwrap().at);
}

#[tokio::test]
async fn a_thousand_calls_and_two_hundred_at_once_leave_nothing_behind() {
    let endpoint = echo().await;
    let pool = Pool::default();
    for _ in 0..1_000 {
        traced(&pool, &endpoint, b"x").await;
    }
    let (channel, reused) = pool.channel(&endpoint).await.unwrap();
    assert!(reused);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..200_u32 {
        let channel = channel.clone();
        calls.spawn(async move {
            let (mut sender, mut receiver) = channel.open(&head()).unwrap();
            let message = Bytes::copy_from_slice(&number.to_be_bytes());
            sender.send_last(message.clone()).await.unwrap();
            let transcript = drain(&mut receiver).await;
            assert_eq!(transcript.outcome.status.code, Code::OK);
            assert_eq!(transcript.messages, [message]);
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    assert_eq!(channel.tap().logs(), (0, 0));
    // A call whose answer nobody waits for leaves nothing either.
    let opening = channel.open(&head()).unwrap();
    assert_eq!(channel.tap().logs(), (1, 1));
    drop(opening);
    assert_eq!(channel.tap().logs(), (0, 0));
}

#[tokio::test]
async fn a_server_that_says_goaway_at_any_time_loses_no_call() {
    // Each connection takes a few calls and goes away as nginx does.
    let endpoint = listen(|socket| async move {
        let mut connection = h2::server::handshake(socket).await.unwrap();
        let mut taken = 0;
        while let Some(Ok((request, respond))) = connection.accept().await {
            tokio::spawn(async move {
                let mut call = Call { request, respond };
                call.read_all().await;
                let mut stream = call.accept();
                let _ = stream.send_data(framed(b"x"), false);
                let _ = stream.send_trailers(ok());
            });
            taken += 1;
            if taken == 7 {
                connection.graceful_shutdown();
            }
        }
    })
    .await;
    let pool = Pool::default();
    let mut repeated = 0;
    for number in 0..2_000 {
        let outcome = loop {
            let (channel, _) = pool.channel(&endpoint).await.unwrap();
            let outcome = match channel.open(&head()) {
                Ok((mut sender, mut receiver)) => {
                    let _ = sender.send_last(Bytes::from_static(b"x")).await;
                    drain(&mut receiver).await.outcome
                }
                Err(outcome) => *outcome,
            };
            if !outcome.is_unprocessed() {
                break outcome;
            }
            repeated += 1;
            assert!(repeated < 2_000, "{outcome:?}");
        };
        assert_eq!(outcome.status.code, Code::OK, "call {number}: {outcome:?}");
    }
}
