//! What the caller controls: deadline, cancel, pausing, and the life of connections.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use h2::{Reason, server};
use tokio::{
    io::AsyncReadExt,
    sync::{Notify, mpsc},
};

use super::{
    client::{call, drain, head},
    server::{Call, framed, h2_connection, headers, listen, ok, send_data, serve, written},
};
use crate::grpc::{
    CallHead, Channel, Chunk, Code, ConnectError, Deadline, Endpoint, Origin, Pool, SendError,
    Waiting,
};

fn head_with_deadline(deadline: Duration) -> CallHead {
    CallHead {
        deadline: Some(Deadline::after(deadline)),
        ..head()
    }
}

/// Reports the reset of every call it is given, and answers nothing.
async fn never_answering() -> (Endpoint, mpsc::Receiver<Reason>) {
    let (resets, seen) = mpsc::channel(8);
    let endpoint = serve(move |mut call: Call| {
        let resets = resets.clone();
        async move {
            let reason = poll_fn(|cx| call.respond.poll_reset(cx)).await.unwrap();
            resets.send(reason).await.unwrap();
        }
    })
    .await;
    (endpoint, seen)
}

#[tokio::test]
async fn a_deadline_ends_a_silent_call_and_resets_it() {
    let (endpoint, mut resets) = never_answering().await;
    let deadline = Duration::from_millis(20);
    let outcome = call(&endpoint, head_with_deadline(deadline), &[b"x"])
        .await
        .outcome;
    assert_eq!(outcome.status.code, Code::DEADLINE_EXCEEDED);
    assert_eq!(outcome.origin, Origin::Deadline);
    assert_eq!(resets.recv().await, Some(Reason::CANCEL));
}

#[tokio::test]
async fn a_deadline_ends_a_send_that_waits_for_room() {
    let (endpoint, mut resets) = never_answering().await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let head = head_with_deadline(Duration::from_millis(20));
    let (mut sender, mut receiver) = channel.open(&head).unwrap();
    let larger_than_the_window = Bytes::from(vec![0; 1024 * 1024]);
    let sent = sender.send(larger_than_the_window).await;
    assert_eq!(sent, Err(SendError::Ended));
    assert_eq!(sender.half_close(), Err(SendError::Ended));
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.origin, Origin::Deadline);
    assert_eq!(resets.recv().await, Some(Reason::CANCEL));
}

#[tokio::test]
async fn a_deadline_covers_the_wait_for_a_stream() {
    let endpoint = listen(|socket| {
        let mut builder = server::Builder::new();
        builder.max_concurrent_streams(0);
        h2_connection(socket, builder, |_: Call| async {})
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let head = head_with_deadline(Duration::from_millis(20));
    let (mut sender, mut receiver) = channel.open(&head).unwrap();
    sender
        .send_last(Bytes::from_static(b"small"))
        .await
        .unwrap();
    let slot = Waiting::StreamSlot { limit: 0 };
    assert_eq!(receiver.waiting(), slot);
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.origin, Origin::Deadline);
    assert_eq!(outcome.waiting, Some(slot));
}

#[tokio::test]
async fn a_small_first_message_that_finds_no_window_is_told_at_the_deadline() {
    let endpoint = listen(|socket| {
        let mut builder = server::Builder::new();
        builder.initial_window_size(0);
        h2_connection(socket, builder, |call: Call| async move {
            let _call = call;
            std::future::pending::<()>().await;
        })
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let head = head_with_deadline(Duration::from_millis(50));
    let (mut sender, mut receiver) = channel.open(&head).unwrap();
    sender
        .send_last(Bytes::from_static(b"small"))
        .await
        .unwrap();
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.origin, Origin::Deadline);
    assert_eq!(outcome.waiting, Some(Waiting::SendWindow));
}

/// SETTINGS with the first window of every stream, WINDOW_UPDATE of the connection, and no more is read
/// than is needed to answer our SETTINGS.
async fn reading_little(stream_window: u32, connection_increment: u32) -> Endpoint {
    listen(move |mut socket| async move {
        use tokio::io::AsyncWriteExt as _;
        let mut frames = b"\0\0\x06\x04\0\0\0\0\0\0\x04".to_vec();
        frames.extend(stream_window.to_be_bytes());
        if connection_increment > 0 {
            frames.extend(b"\0\0\x04\x08\0\0\0\0\0");
            frames.extend(connection_increment.to_be_bytes());
        }
        socket.write_all(&frames).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await
}

#[tokio::test]
async fn what_keeps_a_call_from_sending_is_told_apart() {
    const MOST: u32 = (1 << 31) - 1;
    for (stream_window, connection_increment, waiting) in [
        (1000, MOST - 65_535, Waiting::SendWindow),
        (MOST, 0, Waiting::ConnectionWindow),
        // More than the buffers of the sockets take.
        (MOST, MOST - 65_535, Waiting::Network),
    ] {
        let endpoint = reading_little(stream_window, connection_increment).await;
        let channel = Channel::connect(&endpoint).await.unwrap();
        let head = head_with_deadline(Duration::from_millis(300));
        let (mut sender, mut receiver) = channel.open(&head).unwrap();
        let large = Bytes::from(vec![0; 64 << 20]);
        let (_, transcript) = tokio::join!(sender.send_last(large), drain(&mut receiver));
        let outcome = transcript.outcome;
        assert_eq!(outcome.origin, Origin::Deadline, "{waiting}");
        assert_eq!(outcome.waiting, Some(waiting), "{}", outcome.status.message);
    }
}

#[tokio::test]
async fn a_small_call_leaves_in_one_write() {
    let (seen, mut writes) = mpsc::channel(1);
    let endpoint = listen(move |mut socket| {
        let seen = seen.clone();
        async move {
            use tokio::io::AsyncWriteExt as _;
            let mut buffer = vec![0; 4096];
            // SETTINGS, then whatever comes until theirs was acknowledged.
            socket.write_all(b"\0\0\0\x04\0\0\0\0\0").await.unwrap();
            while let Ok(count @ 1..) = socket.read(&mut buffer).await {
                let frames = buffer.get(..count).unwrap().to_vec();
                if frames.ends_with(b"small") {
                    seen.send(frames).await.unwrap();
                }
            }
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, _receiver) = channel.open(&head()).unwrap();
    sender
        .send_last(Bytes::from_static(b"small"))
        .await
        .unwrap();
    let write = writes.recv().await.unwrap();
    // Length, HEADERS, END_HEADERS, stream 1; the message's frame is behind it.
    assert_eq!(write.get(3..9).unwrap(), b"\x01\x04\0\0\0\x01");
}

#[tokio::test]
async fn cancel_in_mid_stream_resets_and_reports_cancelled() {
    let (resets, mut seen) = mpsc::channel(1);
    let endpoint = serve(move |mut call: Call| {
        let resets = resets.clone();
        async move {
            let mut stream = call.accept();
            stream.send_data(framed(b"one"), false).unwrap();
            let reason = poll_fn(|cx| stream.poll_reset(cx)).await.unwrap();
            resets.send(reason).await.unwrap();
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    assert!(matches!(receiver.next().await, Chunk::Head(_)));
    assert!(matches!(receiver.next().await, Chunk::Messages(_)));
    receiver.cancel();
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.status.code, Code::CANCELLED);
    assert_eq!(outcome.origin, Origin::Cancelled);
    assert_eq!(sender.send(Bytes::new()).await, Err(SendError::Ended));
    assert_eq!(seen.recv().await, Some(Reason::CANCEL));
}

#[tokio::test]
async fn a_dropped_receiver_resets_the_call_and_wakes_the_sender() {
    let (endpoint, mut resets) = never_answering().await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, receiver) = channel.open(&head()).unwrap();
    let sending = tokio::spawn(async move { sender.send(Bytes::from(vec![0; 1024 * 1024])).await });
    drop(receiver);
    assert_eq!(sending.await.unwrap(), Err(SendError::Ended));
    assert_eq!(resets.recv().await, Some(Reason::CANCEL));
}

#[tokio::test]
async fn trailers_that_come_early_end_the_sender_too() {
    let (resets, mut seen) = mpsc::channel(1);
    let endpoint = serve(move |mut call: Call| {
        let resets = resets.clone();
        async move {
            call.accept().send_trailers(ok()).unwrap();
            let error = loop {
                match call.request.body_mut().data().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break error.reason(),
                    None => break None,
                }
            };
            resets.send(error).await.unwrap();
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.status.code, Code::OK);
    assert_eq!(sender.send(Bytes::new()).await, Err(SendError::Ended));
    assert_eq!(seen.recv().await, Some(Some(Reason::NO_ERROR)));
}

const BARRIER: &str = "/test.Service/Barrier";

/// Sends `count` messages, one a DATA frame, and says so when they have left for the socket.
/// Answers a call of [`BARRIER`] at once.
async fn small_messages(count: u32) -> (Endpoint, Arc<Notify>) {
    let sent = Arc::new(Notify::new());
    let notify = sent.clone();
    let endpoint = serve(move |mut call: Call| {
        let notify = notify.clone();
        async move {
            let mut stream = call.accept();
            if call.request.uri().path() == BARRIER {
                stream.send_trailers(ok()).unwrap();
                return;
            }
            for number in 0..count {
                let message = framed(&number.to_be_bytes());
                send_data(&mut stream, message).await.unwrap();
            }
            written(&mut stream).await;
            stream.send_trailers(ok()).unwrap();
            notify.notify_one();
        }
    })
    .await;
    (endpoint, sent)
}

/// Waits until the client has everything the server wrote: the answer to a later call follows it
/// on the connection.
async fn arrived(channel: &Channel, written: &Notify) {
    written.notified().await;
    let barrier = CallHead {
        path: BARRIER.into(),
        ..head()
    };
    let (mut sender, mut receiver) = channel.open(&barrier).unwrap();
    sender.half_close().unwrap();
    assert_eq!(drain(&mut receiver).await.outcome.status.code, Code::OK);
}

#[tokio::test]
async fn a_paused_reader_loses_none_of_70_000_small_messages() {
    let (endpoint, sent) = small_messages(70_000).await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    sender.half_close().unwrap();
    assert!(matches!(receiver.next().await, Chunk::Head(_)));
    // Nothing is read until all is here.
    arrived(&channel, &sent).await;
    let transcript = drain(&mut receiver).await;
    assert_eq!(transcript.outcome.status.code, Code::OK);
    assert_eq!(transcript.messages.len(), 70_000);
    for (number, message) in (0_u32..).zip(&transcript.messages) {
        assert_eq!(message[..], number.to_be_bytes());
    }
}

#[tokio::test]
async fn a_dropped_next_loses_nothing() {
    let (endpoint, _) = small_messages(2_000).await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    sender.half_close().unwrap();
    let mut count = 0;
    let outcome = loop {
        tokio::select! {
            biased;
            chunk = receiver.next() => match chunk {
                Chunk::Head(_) => {}
                Chunk::Messages(batch) => count += batch.len(),
                Chunk::End(outcome) => break outcome,
            },
            () = tokio::task::yield_now() => {}
        }
    };
    assert_eq!(outcome.status.code, Code::OK);
    assert_eq!(count, 2_000);
}

#[tokio::test]
async fn messages_that_arrived_in_time_outlive_the_deadline() {
    let (endpoint, sent) = small_messages(1_000).await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let head = head_with_deadline(Duration::from_millis(100));
    let deadline = head.deadline.unwrap();
    let (mut sender, mut receiver) = channel.open(&head).unwrap();
    sender.half_close().unwrap();
    arrived(&channel, &sent).await;
    tokio::time::sleep_until(deadline.at().into()).await;
    let transcript = drain(&mut receiver).await;
    assert_eq!(transcript.messages.len(), 1_000);
    assert_eq!(transcript.outcome.status.code, Code::OK);
}

#[tokio::test]
async fn a_server_that_cancels_at_the_deadline_is_told_as_the_deadline() {
    for by in ["trailers", "trailers alone", "a reset", "another reset"] {
        let told = Arc::new(Notify::new());
        let notify = told.clone();
        let endpoint = serve(move |mut call: Call| {
            let notify = notify.clone();
            async move {
                if call.request.uri().path() == BARRIER {
                    return call.accept().send_trailers(ok()).unwrap();
                }
                let cancelled = headers(&[("grpc-status", "1"), ("x-took", "long")]);
                match by {
                    "trailers" => call.accept().send_trailers(cancelled).unwrap(),
                    "a reset" => call.respond.send_reset(Reason::CANCEL),
                    "another reset" => call.respond.send_reset(Reason::INTERNAL_ERROR),
                    _ => {
                        let mut response = http::Response::new(());
                        *response.headers_mut() = cancelled;
                        call.respond.send_response(response, true).unwrap();
                    }
                }
                notify.notify_one();
            }
        })
        .await;
        let channel = Channel::connect(&endpoint).await.unwrap();
        let head = head_with_deadline(Duration::from_millis(300));
        let deadline = head.deadline.unwrap();
        let (mut sender, mut receiver) = channel.open(&head).unwrap();
        sender.half_close().unwrap();
        arrived(&channel, &told).await;
        tokio::time::sleep_until(deadline.at().into()).await;

        let outcome = drain(&mut receiver).await.outcome;
        assert_eq!(outcome.status.code, Code::DEADLINE_EXCEEDED, "{by}");
        assert_eq!(outcome.origin, Origin::Deadline, "{by}");
        assert!(outcome.status.message.contains("300ms"), "{by}");
        let kept = outcome.trailers.get("x-took").is_some();
        assert_eq!(kept, !by.ends_with("reset"), "{by}");
    }
}

#[tokio::test]
async fn a_pool_shares_dials_and_replaces_a_connection_that_goes_away() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let endpoint = listen(move |socket| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            let mut connection = server::handshake(socket).await.unwrap();
            while let Some(Ok((request, respond))) = connection.accept().await {
                let mut call = Call { request, respond };
                call.accept().send_trailers(ok()).unwrap();
                // As nginx does after so many requests.
                connection.graceful_shutdown();
            }
        }
    })
    .await;
    let pool = Pool::new();
    let (first, second) = tokio::join!(pool.channel(&endpoint), pool.channel(&endpoint));
    assert!(
        !first.as_ref().unwrap().1 && !second.unwrap().1,
        "new to both"
    );
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    let (channel, _) = first.unwrap();
    assert!(pool.channel(&endpoint).await.unwrap().1, "now it is open");

    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    sender.half_close().unwrap();
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.status.code, Code::OK);
    while channel.usable() {
        tokio::task::yield_now().await;
    }
    let refused = channel.open(&head()).unwrap_err();
    assert_eq!(refused.status.code, Code::UNAVAILABLE);
    assert!(refused.is_unprocessed(), "{refused:?}");

    let (channel, reused) = pool.channel(&endpoint).await.unwrap();
    assert!(!reused);
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    sender.half_close().unwrap();
    assert_eq!(drain(&mut receiver).await.outcome.status.code, Code::OK);
    assert_eq!(connections.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_dial_nobody_waits_for_is_given_up() {
    let (closed, mut seen) = mpsc::channel(1);
    let endpoint = listen(move |mut socket| {
        let closed = closed.clone();
        async move {
            closed.send("open").await.unwrap();
            let mut preface = Vec::new();
            let _ = socket.read_to_end(&mut preface).await;
            closed.send("closed").await.unwrap();
        }
    })
    .await;
    let pool = Pool::new();
    tokio::select! {
        result = pool.channel(&endpoint) => panic!("{result:?}"),
        event = seen.recv() => assert_eq!(event, Some("open")),
    }
    assert_eq!(seen.recv().await, Some("closed"));
}

#[tokio::test]
async fn a_connection_that_breaks_in_mid_stream_is_unavailable() {
    let endpoint = listen(|socket| async move {
        let mut connection = server::handshake(socket).await.unwrap();
        let (request, respond) = connection.accept().await.unwrap().unwrap();
        let mut call = Call { request, respond };
        let mut stream = call.accept();
        stream.send_data(framed(b"one"), false).unwrap();
        // Drives the connection until the client has the message, then drops the socket.
        tokio::select! {
            _ = connection.accept() => {}
            _ = call.read_all() => {}
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(&head()).unwrap();
    assert!(matches!(receiver.next().await, Chunk::Head(_)));
    assert!(matches!(receiver.next().await, Chunk::Messages(_)));
    sender.half_close().unwrap();
    let outcome = drain(&mut receiver).await.outcome;
    assert_eq!(outcome.status.code, Code::UNAVAILABLE);
    assert_eq!(outcome.origin, Origin::Connection);
    assert!(matches!(
        outcome.cause.as_deref(),
        Some(ConnectError::Broken { .. })
    ));
    assert!(!outcome.is_unprocessed());
    while channel.usable() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_nobody_needs_is_closed() {
    let (closed, mut seen) = mpsc::channel(1);
    let endpoint = listen(move |socket| {
        let closed = closed.clone();
        async move {
            let mut connection = server::handshake(socket).await.unwrap();
            assert!(connection.accept().await.is_none());
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let channel = Channel::connect(&endpoint).await.unwrap();
    drop(channel);
    assert_eq!(seen.recv().await, Some(()));
}
