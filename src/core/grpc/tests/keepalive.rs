//! Pings, and what a server can say about them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

use super::{
    client::{drain, head},
    server::{Call, listen, serve},
};
use crate::grpc::{
    Channel, Code, ConnectError, Detail, Endpoint, FrameDirection, FrameType, Keepalive, Origin,
    Pool, ProxyEnvironment,
    dial::ConnectLimits,
    frames::{FrameReader, HEADERS},
    keepalive::LEAST_INTERVAL,
};

fn every(millis: u64, while_idle: bool) -> Option<Keepalive> {
    Some(Keepalive {
        interval: Duration::from_millis(millis),
        timeout: Duration::from_millis(100),
        while_idle,
    })
}

/// Takes the pings as they are, below what clients may do.
async fn connect(endpoint: &Endpoint) -> Channel {
    let environment = ProxyEnvironment::default();
    Channel::connect_with(endpoint, &ConnectLimits::default(), &environment)
        .await
        .unwrap()
}

const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

/// Says SETTINGS, reads what comes, and never answers.
async fn deaf(mut socket: TcpStream) {
    socket.write_all(SETTINGS).await.unwrap();
    let _ = socket.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn no_answer_to_a_ping_ends_the_calls_in_words() {
    let mut endpoint = listen(deaf).await;
    endpoint.keepalive = every(10, false);
    let channel = connect(&endpoint).await;
    let (_sender, mut receiver) = channel.open(&head()).unwrap();
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.status.code, Code::UNAVAILABLE);
    assert_eq!(outcome.origin, Origin::Connection);
    let words = outcome.status.message;
    assert!(
        words.contains("keepalive: no answer to a ping within 100ms"),
        "{words}"
    );
    assert!(!channel.usable());
}

#[tokio::test]
async fn a_server_that_answers_pings_keeps_its_calls() {
    let (release, released) = mpsc::channel::<()>(1);
    let released = Arc::new(tokio::sync::Mutex::new(released));
    let mut endpoint = serve(move |mut call: Call| {
        let released = released.clone();
        async move {
            released.lock().await.recv().await;
            call.accept().send_trailers(super::server::ok()).unwrap();
        }
    })
    .await;
    endpoint.keepalive = every(1, false);
    let channel = connect(&endpoint).await;
    let began = Instant::now();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    sender.half_close().unwrap();
    let pings = |direction| {
        let trace = channel.trace(began);
        let records = trace.records.into_iter();
        records
            .filter(|record| record.frame == FrameType::Ping && record.direction == direction)
            .count()
    };
    while pings(FrameDirection::Received) < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(pings(FrameDirection::Sent) >= 3);
    release.send(()).await.unwrap();
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.status.code, Code::OK);
}

#[tokio::test]
async fn an_idle_connection_is_pinged_only_where_that_was_asked_for() {
    for while_idle in [false, true] {
        let mut endpoint = listen(deaf).await;
        endpoint.keepalive = every(10, while_idle);
        let channel = connect(&endpoint).await;
        let ended = async {
            while channel.usable() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_millis(400), ended).await;
        assert_eq!(ended.is_ok(), while_idle);
    }
}

#[tokio::test]
async fn too_many_pings_doubles_the_interval_of_the_next_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let mut endpoint = listen(move |mut socket: TcpStream| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            socket.write_all(SETTINGS).await.unwrap();
            // Once a call has come, the connection is made for sure.
            let mut frames = FrameReader::of_client();
            let mut call_came = false;
            while !call_came {
                let mut came = Vec::new();
                assert!(socket.read_buf(&mut came).await.unwrap() > 0);
                frames.feed(&came, |head, _| call_came |= head.kind == HEADERS);
            }
            let go_away = b"\0\0\x16\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0btoo_many_pings";
            socket.write_all(go_away).await.unwrap();
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    endpoint.keepalive = every(60_000, true);
    let pool = Pool::default();
    let mut intervals = Vec::new();
    for _ in 0..3 {
        let (channel, reused) = pool.channel(&endpoint).await.unwrap();
        assert!(!reused);
        let _call = channel.open(&head());
        while channel.usable() {
            tokio::task::yield_now().await;
        }
        intervals.push(channel.calmer_keepalive().unwrap().interval.as_secs());
    }
    assert_eq!(intervals, [120, 240, 480]);
    assert_eq!(connections.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn pings_are_never_closer_than_a_client_may() {
    assert_eq!(Pool::default().least_ping_interval, LEAST_INTERVAL);
    // Asked for every millisecond, and allowed every 20: a timer may be late, and never early.
    let least = Duration::from_millis(20);
    let mut endpoint = serve(|_call: Call| async {}).await;
    endpoint.keepalive = every(1, true);
    let mut pool = Pool::with_limits(ConnectLimits::default());
    pool.least_ping_interval = least;
    let began = Instant::now();
    let (channel, _) = pool.channel(&endpoint).await.unwrap();
    let pings = || {
        let records = channel.trace(began).records.into_iter();
        let sent = records.filter(|record| {
            record.frame == FrameType::Ping
                && record.direction == FrameDirection::Sent
                && record.flags == 0
        });
        sent.map(|record| record.at.micros()).collect::<Vec<_>>()
    };
    while pings().len() < 4 {
        tokio::task::yield_now().await;
    }
    for pair in pings().windows(2) {
        let apart = Duration::from_micros(pair[1].abs_diff(pair[0]));
        assert!(apart >= least, "{apart:?}");
    }
}

#[tokio::test]
async fn the_words_of_goaway_are_told_escaped_and_short() {
    let endpoint = listen(|mut socket: TcpStream| async move {
        socket.write_all(SETTINGS).await.unwrap();
        let mut first = [0; 1024];
        // The preface; then the call's head.
        let _ = socket.read(&mut first).await;
        let mut go_away = b"\0\x0f\xa8\x07\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        go_away.extend(b"max_age\x1b[31m");
        go_away.resize(17 + 4_000, b'x');
        socket.write_all(&go_away).await.unwrap();
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let began = Instant::now();
    let outcome = match channel.open(&head()) {
        Ok((_sender, mut receiver)) => drain(&mut receiver).await.outcome,
        Err(outcome) => *outcome,
    };
    assert!(outcome.is_unprocessed(), "{outcome:?}");
    let words = outcome.status.message;
    assert!(words.contains("max_age\\x1b[31m"), "{words}");
    assert!(words.chars().count() < 350, "{words}");
    let trace = channel.trace(began);
    let said = trace
        .records
        .iter()
        .find_map(|record| match &record.detail {
            Detail::GoAway(go_away) => Some(go_away.clone()),
            _ => None,
        });
    assert_eq!(said.unwrap().last_stream, 0);
}

#[tokio::test]
async fn empty_data_frames_without_end_are_told_in_words() {
    let endpoint = serve(|mut call: Call| async move {
        let mut stream = call.accept();
        for _ in 0..200 {
            if stream.send_data(Bytes::new(), false).is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    })
    .await;
    let pool = Pool::default();
    let (channel, _) = pool.channel(&endpoint).await.unwrap();
    let (_sender, mut receiver) = channel.open(&head()).unwrap();
    let outcome = drain(&mut receiver).await.outcome;
    assert!(
        outcome
            .status
            .message
            .contains("100 DATA frames without data"),
        "{outcome:?}"
    );
    assert!(matches!(
        outcome.cause.as_deref(),
        Some(ConnectError::Broken { .. })
    ));
    let (_, reused) = pool.channel(&endpoint).await.unwrap();
    assert!(!reused);
}

#[tokio::test]
async fn a_port_that_speaks_something_else_is_not_waited_for() {
    // A small first number looks like a short frame, for which h2 would wait.
    let endpoint = listen(|mut socket: TcpStream| async move {
        socket.write_all(b"\0\0\x20 binary").await.unwrap();
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let began = Instant::now();
    let error = Channel::connect(&endpoint).await.unwrap_err();
    assert!(
        matches!(&error, ConnectError::NotHttp2 { reason } if reason.contains("binary")),
        "{error:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(5));
}
