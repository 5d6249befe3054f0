//! Calls to real servers as timelines: their bars, their phases, and what is said of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use h2::{Reason, server};
use tokio::sync::Notify;

use super::{
    client::{Transcript, drain, head},
    server::{Call, framed, h2_connection, headers, listen, ok, send_data, serve},
};
use crate::grpc::{
    BarKind, CallFacts, CallHead, Channel, ConnectionTimeline, Endpoint, MessageCount, PhaseKind,
    Pool, StepKind, Timeline, Trace, WaitKind, Waiting, Weight, timeline::tests::check,
};

/// A call that was made, and what is known of it.
pub(super) struct Made {
    channel: Channel,
    reused: bool,
    transcript: Transcript,
    trace: Trace,
    sent: MessageCount,
    total: Duration,
}

impl Made {
    /// Makes a call that sends some messages and reads to the end.
    pub(super) async fn of(
        pool: &Pool,
        endpoint: &Endpoint,
        head: &CallHead,
        messages: &[&[u8]],
    ) -> Self {
        let began = Instant::now();
        let (channel, reused) = pool.channel(endpoint).await.unwrap();
        let (mut sender, mut receiver) = channel.open(head).unwrap();
        let mut sent = MessageCount::default();
        for message in messages {
            sent.count += 1;
            sent.bytes += message.len() as u64;
            // A server may answer before it has read everything.
            let _ = sender.send(Bytes::copy_from_slice(message)).await;
        }
        let _ = sender.half_close();
        let transcript = drain(&mut receiver).await;
        tokio::task::yield_now().await;
        Self {
            trace: receiver.trace(began),
            total: began.elapsed(),
            channel,
            reused,
            transcript,
            sent,
        }
    }

    pub(super) fn timeline(&self) -> Timeline {
        let received = &self.transcript.messages;
        let facts = CallFacts {
            method: "test.Service/Method",
            target: "test",
            connection: Some((self.channel.info(), self.reused)),
            head: self.transcript.head.as_ref(),
            outcome: Some(&self.transcript.outcome),
            sent: self.sent,
            received: MessageCount {
                count: received.len() as u64,
                bytes: received.iter().map(|it| it.len() as u64).sum(),
            },
            total: self.total,
            ..CallFacts::default()
        };
        let timeline = Timeline::new(&self.trace, &facts);
        check(&self.trace, &timeline);
        timeline
    }
}

fn kinds(timeline: &Timeline) -> Vec<BarKind> {
    timeline.bars.iter().map(|bar| bar.kind).collect()
}

fn has_sentence(timeline: &Timeline, part: &str) -> bool {
    let mut sentences = timeline.sentences.iter();
    sentences.any(|sentence| sentence.text.contains(part))
}

#[track_caller]
fn says(timeline: &Timeline, parts: &[&str]) {
    for part in parts {
        let said = has_sentence(timeline, part);
        assert!(said, "`{part}` in {}", timeline.to_text());
    }
}

async fn echo() -> Endpoint {
    serve(|mut call: Call| async move {
        let body = call.read_all().await;
        let mut stream = call.accept();
        send_data(&mut stream, body).await.unwrap();
        stream.send_trailers(ok()).unwrap();
    })
    .await
}

#[tokio::test]
async fn a_unary_call_on_a_new_and_on_an_open_connection() {
    let endpoint = echo().await;
    let pool = Pool::default();
    let first = Made::of(&pool, &endpoint, &head(), &[b"hello"]).await;
    let timeline = first.timeline();
    let steps = kinds(&timeline);
    let step = |kind| {
        steps
            .iter()
            .any(|it| matches!(it, BarKind::Step(of, _) if *of == kind))
    };
    assert!(
        step(StepKind::Connect) && step(StepKind::Settings),
        "{steps:?}"
    );
    assert!(!step(StepKind::Tls));
    let connect = timeline.phases.first().unwrap();
    assert_eq!(connect.kind, PhaseKind::Connect);
    says(
        &timeline,
        &[
            "Opened a connection to 127.0.0.1:",
            "Sent HEADERS on stream 1: POST /test.Service/Method; te: trailers",
            "Sent the message, 5 bytes: 2 frames of DATA, 10 bytes (a prefix of 5 bytes and the message, \
             not compressed)",
            "END_STREAM: the client will send nothing more",
            "Received HEADERS: :status 200; content-type: application/grpc",
            "Received the message, 5 bytes",
            "Received trailers: grpc-status 0 (OK)",
            "The call ended with OK after ",
        ],
    );

    let second = Made::of(&pool, &endpoint, &head(), &[b"again"]).await;
    let timeline = second.timeline();
    assert_eq!(timeline.begin.micros(), 0);
    let connecting = |kind: &BarKind| matches!(kind, BarKind::Step(..) | BarKind::Settings(_));
    assert!(!kinds(&timeline).iter().any(connecting), "{timeline:?}");
    says(
        &timeline,
        &["was open already: it was made ", "; one call had used it"],
    );
    assert!(!has_sentence(&timeline, "Opened a connection"));
    let connects = |phase: &crate::grpc::CallPhase| phase.kind == PhaseKind::Connect;
    assert!(!timeline.phases.iter().any(connects));
    // What was told of the phases is what the bars show.
    let server = timeline
        .bars
        .iter()
        .find(|bar| bar.kind == BarKind::ServerTime);
    let phase = timeline
        .phases
        .iter()
        .find(|it| it.kind == PhaseKind::Server);
    let (server, phase) = (server.unwrap(), phase.unwrap());
    assert_eq!((server.begin, server.end), (phase.begin, phase.end));
}

#[tokio::test]
async fn a_stream_is_told_with_all_its_messages() {
    let endpoint = serve(|mut call: Call| async move {
        call.read_all().await;
        let mut stream = call.accept();
        for _ in 0..1_000 {
            send_data(&mut stream, framed(b"0123456789")).await.unwrap();
        }
        stream.send_trailers(ok()).unwrap();
    })
    .await;
    let made = Made::of(&Pool::default(), &endpoint, &head(), &[b"go"]).await;
    let timeline = made.timeline();
    let data = timeline
        .bars
        .iter()
        .filter(|bar| bar.kind == BarKind::ResponseData);
    assert_eq!(data.map(|bar| bar.bytes).sum::<u64>(), 15_000);
    assert!(timeline.bars.len() < 1_000, "{}", timeline.bars.len());
    let text = timeline.to_text();
    assert!(text.contains("1\u{202f}000 messages"), "{text}");
}

#[tokio::test]
async fn ends_that_are_not_the_ordinary_one_are_told_with_care() {
    let trailers_only = serve(|mut call: Call| async move {
        call.read_all().await;
        let mut response = http::Response::new(());
        let pairs = [
            ("content-type", "application/grpc"),
            ("grpc-status", "5"),
            ("grpc-message", "no such book"),
        ];
        *response.headers_mut() = headers(&pairs);
        call.respond.send_response(response, true).unwrap();
    })
    .await;
    let reset = serve(|mut call: Call| async move {
        call.read_all().await;
        let mut stream = call.accept();
        send_data(&mut stream, framed(b"one")).await.unwrap();
        super::server::written(&mut stream).await;
        stream.send_reset(Reason::ENHANCE_YOUR_CALM);
    })
    .await;
    let web_server = serve(|mut call: Call| async move {
        call.read_all().await;
        let mut response = http::Response::new(());
        *response.status_mut() = http::StatusCode::BAD_GATEWAY;
        *response.headers_mut() = headers(&[("content-type", "text/html")]);
        call.respond.send_response(response, true).unwrap();
    })
    .await;
    let silent = serve(|call: Call| async move {
        let _call = call;
        std::future::pending::<()>().await;
    })
    .await;
    let deadline = || CallHead {
        deadline: Some(crate::grpc::Deadline::after(Duration::from_millis(30))),
        ..head()
    };
    let cases: [(&str, &Endpoint, CallHead, &[&str]); 4] = [
        (
            "trailers-only",
            &trailers_only,
            head(),
            &[
                "Received HEADERS with END_STREAM (trailers-only): grpc-status 5 (NOT_FOUND)",
                "The call ended with NOT_FOUND after",
                "no such book",
            ],
        ),
        (
            "reset",
            &reset,
            head(),
            &[
                "Received the message, 3 bytes",
                "Received RST_STREAM with ENHANCE_YOUR_CALM",
                "The call ended with RESOURCE_EXHAUSTED",
                "the server reset the stream with ENHANCE_YOUR_CALM",
            ],
        ),
        (
            "a web server",
            &web_server,
            head(),
            &[
                "The call ended with UNAVAILABLE",
                "HTTP status 502, text/html",
                "Received HEADERS with END_STREAM: :status 502, text/html; no answer of gRPC",
            ],
        ),
        (
            "a deadline",
            &silent,
            deadline(),
            &[
                "The server has not answered for ",
                "Sent RST_STREAM with CANCEL",
                "The call ended with DEADLINE_EXCEEDED",
            ],
        ),
    ];
    for (name, endpoint, head, parts) in cases {
        let made = Made::of(&Pool::default(), endpoint, &head, &[b"hello"]).await;
        let timeline = made.timeline();
        for part in parts {
            let said = has_sentence(&timeline, part) || {
                // The server's silence has an end: that of the call.
                *part == "The server has not answered for "
                    && has_sentence(&timeline, "Until the first frame of the server passed ")
            };
            assert!(said, "{name}: `{part}` in {}", timeline.to_text());
        }
        let last = timeline.sentences.last().unwrap();
        assert_eq!(last.weight, Weight::Bad, "{name}");
        assert!(!last.lesson.is_empty(), "{name}: the end teaches");
    }
}

#[tokio::test]
async fn a_server_that_goes_away_is_told() {
    let endpoint = listen(|socket| async move {
        let mut connection = server::handshake(socket).await.unwrap();
        while let Some(Ok((_request, mut respond))) = connection.accept().await {
            let mut response = http::Response::new(());
            let pairs = [("content-type", "application/grpc"), ("grpc-status", "0")];
            *response.headers_mut() = headers(&pairs);
            respond.send_response(response, true).unwrap();
            connection.abrupt_shutdown(Reason::NO_ERROR);
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    let _ = sender.half_close();
    let transcript = drain(&mut receiver).await;
    let said = || {
        let trace = receiver.trace(began);
        trace
            .records
            .iter()
            .any(|record| record.frame == crate::grpc::FrameType::GoAway)
    };
    while !said() {
        tokio::task::yield_now().await;
    }
    let trace = receiver.trace(began);
    let facts = CallFacts {
        connection: Some((channel.info(), true)),
        outcome: Some(&transcript.outcome),
        total: began.elapsed(),
        ..CallFacts::default()
    };
    let timeline = Timeline::new(&trace, &facts);
    check(&trace, &timeline);
    says(&timeline, &["The server said GOAWAY: NO_ERROR"]);
    let connection = ConnectionTimeline::new(&receiver.tap().connection(began));
    assert_eq!(connection.events.len(), 1);
}

#[tokio::test]
async fn a_server_that_does_not_read_is_seen_as_a_window_that_is_used_up() {
    let read = Arc::new(Notify::new());
    let reading = read.clone();
    let endpoint = listen(move |socket| {
        let mut builder = server::Builder::new();
        builder.initial_window_size(16);
        let read = reading.clone();
        h2_connection(socket, builder, move |mut call: Call| {
            let read = read.clone();
            async move {
                read.notified().await;
                call.read_all().await;
                call.accept().send_trailers(ok()).unwrap();
            }
        })
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    let sending = tokio::spawn(async move {
        sender.send(Bytes::from_static(&[7; 59])).await.unwrap();
        sender.half_close().unwrap();
    });
    while receiver.waiting() != Waiting::SendWindow {
        tokio::task::yield_now().await;
    }
    let trace = receiver.trace(began);
    let running = CallFacts {
        total: began.elapsed(),
        ..CallFacts::default()
    };
    let timeline = Timeline::new(&trace, &running);
    check(&trace, &timeline);
    let wait = BarKind::Wait(WaitKind::SendStream);
    let open = timeline.bars.iter().find(|bar| bar.kind == wait).unwrap();
    assert!(open.open, "{open:?}");
    says(
        &timeline,
        &["The server's window for this stream was used up, and still is"],
    );
    let lanes = ConnectionTimeline::new(&receiver.tap().connection(began)).lanes;
    assert!(lanes[0].open && lanes[0].waits[0].open, "{lanes:?}");

    read.notify_one();
    drain(&mut receiver).await;
    sending.await.unwrap();
    let trace = receiver.trace(began);
    let waits = &trace.waits.kept;
    assert!(waits.iter().all(|wait| wait.end.is_some()), "{waits:?}");
    // 64 bytes through a window of 16: it is used up at least three times before the end.
    assert!(waits.len() >= 3, "{waits:?}");
    assert!(
        waits.iter().all(|wait| wait.kind == WaitKind::SendStream),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_reader_that_pauses_is_seen_as_our_window_that_is_used_up() {
    const STREAM_WINDOW: usize = 16 << 20;
    let endpoint = serve(|mut call: Call| async move {
        let mut stream = call.accept();
        let message = Bytes::from(vec![7; STREAM_WINDOW + 5]);
        send_data(&mut stream, framed(&message)).await.unwrap();
        stream.send_trailers(ok()).unwrap();
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    sender.half_close().unwrap();
    let waits = |receiver: &crate::grpc::CallReceiver| receiver.trace(began).waits.kept;
    // Nobody asks for the next message.
    while waits(&receiver).is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(waits(&receiver)[0].kind, WaitKind::ReadStream);
    assert_eq!(waits(&receiver)[0].end, None);
    drain(&mut receiver).await;
    assert!(waits(&receiver).iter().all(|wait| wait.end.is_some()));
}

#[tokio::test]
async fn calls_whose_reading_is_held_leave_the_connection_to_the_others() {
    const HELD: usize = 4;
    let calls = Arc::new(AtomicUsize::new(0));
    let endpoint = serve(move |mut call: Call| {
        // The first ones send more than any window lets them, the others little.
        let large = calls.fetch_add(1, Ordering::Relaxed) < HELD;
        async move {
            let mut stream = call.accept();
            let message = Bytes::from(vec![7; if large { 20 << 20 } else { 5 }]);
            if send_data(&mut stream, framed(&message)).await.is_ok() {
                stream.send_trailers(ok()).unwrap();
            }
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let mut held = Vec::new();
    for at in 0..HELD {
        let (mut sender, mut receiver) = channel.open(&head()).unwrap();
        sender.half_close().unwrap();
        // Whether it is said before its window is full or later.
        receiver.set_held(at % 2 == 0);
        let full = |receiver: &crate::grpc::CallReceiver| {
            let waits = receiver.trace(began).waits.kept;
            waits.iter().any(|wait| wait.kind == WaitKind::ReadStream)
        };
        while !full(&receiver) {
            tokio::task::yield_now().await;
        }
        receiver.set_held(true);
        held.push((sender, receiver));
    }
    let other = async {
        let (mut sender, mut receiver) = channel.open(&head()).unwrap();
        sender.half_close().unwrap();
        drain(&mut receiver).await
    };
    let other = tokio::time::timeout(Duration::from_secs(30), other).await;
    assert_eq!(other.expect("it is answered").messages.len(), 1);
    // And the held ones go on where they were.
    for (_sender, mut receiver) in held {
        receiver.set_held(false);
        let read = tokio::time::timeout(Duration::from_secs(60), drain(&mut receiver)).await;
        assert_eq!(read.expect("it goes on").messages[0].len(), 20 << 20);
    }
}

#[tokio::test]
async fn calls_on_one_connection_are_seen_together() {
    let go = Arc::new(Notify::new());
    let going = go.clone();
    let endpoint = serve(move |mut call: Call| {
        let go = going.clone();
        async move {
            let mut stream = call.accept();
            if call.request.uri().path().ends_with("Wait") {
                go.notified().await;
            }
            call.read_all().await;
            send_data(&mut stream, framed(b"done")).await.unwrap();
            stream.send_trailers(ok()).unwrap();
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let named = |path: &str| CallHead {
        path: path.to_owned(),
        ..head()
    };
    let (mut one, mut long) = channel.open(&named("/test.Service/Wait")).unwrap();
    one.send_last(Bytes::from_static(b"a")).await.unwrap();
    let first = quick(&channel, &named("/test.Service/Quick")).await;
    drop(first);
    let view = ConnectionTimeline::new(&long.tap().connection(began));
    assert_eq!(view.most_at_once, 2, "{}", view.to_text());
    let [wait, quick] = &view.lanes[..] else {
        panic!("{:?}", view.lanes);
    };
    assert!(wait.open && wait.own && !quick.own && !quick.open);
    assert_eq!(
        (quick.name().as_str(), quick.ended_with.as_str()),
        ("Service/Quick", "OK")
    );
    assert_eq!(
        quick.sent.frames, 2,
        "remembered after its frames were dropped"
    );
    assert!(wait.begin <= quick.begin && quick.end <= wait.end);

    go.notify_one();
    drain(&mut long).await;
    let trace = long.tap().connection(began);
    let view = ConnectionTimeline::new(&trace);
    assert!(!view.lanes[0].open);
    assert_eq!(view.lanes[0].ended_with, "OK");
    assert!(
        view.to_text().contains("at most 2 at the same time"),
        "{}",
        view.to_text()
    );
    let request = view.lanes[0].request_end;
    assert!(request < view.lanes[0].response.unwrap().1);
}

/// A call from head to end.
async fn quick(channel: &Channel, head: &CallHead) -> Transcript {
    let (mut sender, mut receiver) = channel.open(head).unwrap();
    sender.send_last(Bytes::from_static(b"b")).await.unwrap();
    drain(&mut receiver).await
}

#[tokio::test]
async fn who_waits_for_the_window_of_the_connection_is_told() {
    // SETTINGS that allow much on each stream; of the connection's 65 535 bytes nothing is given back.
    let endpoint = listen(|socket| {
        let mut builder = server::Builder::new();
        builder.initial_window_size(1 << 20);
        h2_connection(socket, builder, |call: Call| async move {
            let _call = call;
            std::future::pending::<()>().await;
        })
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let named = |path: &str| CallHead {
        path: path.to_owned(),
        ..head()
    };
    let (mut large, upload) = channel.open(&named("/test.Service/Upload")).unwrap();
    let sending = tokio::spawn(async move { large.send(Bytes::from(vec![7; 100_000])).await });
    while upload.waiting() != Waiting::ConnectionWindow {
        tokio::task::yield_now().await;
    }
    let (_small, other) = channel.open(&named("/test.Service/Get")).unwrap();
    let opened = || other.tap().connection(began).streams.len() == 2;
    while !opened() {
        tokio::task::yield_now().await;
    }
    let view = ConnectionTimeline::new(&upload.tap().connection(began));
    let wait = view.waits.first().expect("the connection waits");
    assert_eq!(wait.kind, WaitKind::SendConnection);
    assert!(wait.open);
    assert_eq!(view.held(wait), [0, 1]);
    assert_eq!(
        view.lanes[0].sent.bytes.cmp(&65_535),
        std::cmp::Ordering::Greater
    );
    let text = view.to_text();
    assert!(
        text.contains("Service/Upload, Service/Get could send nothing"),
        "{text}"
    );
    let trace = upload.trace(began);
    let has = trace
        .waits
        .kept
        .iter()
        .any(|it| it.kind == WaitKind::SendConnection);
    assert!(has, "the call alone tells it, too");
    sending.abort();
}
