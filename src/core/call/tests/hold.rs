//! Reading held by hand: flow control stops the server on a real socket, and nothing is lost by it.

use std::{cell::Cell, future::poll_fn, net::SocketAddr, time::Duration};

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::SendStream;
use http::{HeaderMap, Response};
use tokio::{net::TcpListener, sync::watch};

use super::support::{Running, spec_to, start, start_switched};
use crate::{
    call::*,
    grpc::{Code, Origin, Waiting},
};

/// What the client lets a server send on a stream that is not read.
const WINDOW_BYTES: usize = 16 << 20;

const MESSAGE_BYTES: usize = 64 << 10;

/// Twice and a half of the window.
const MESSAGES: usize = 640;

/// What the server has sent, and whether it waits for room.
#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    bytes: usize,
    waits: bool,
}

/// A server that sends numbered messages as fast as flow control lets it.
async fn server() -> (SocketAddr, watch::Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, sent) = watch::channel(Sent::default());
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(socket).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let mut response = Response::new(());
            let kind = "application/grpc".parse().unwrap();
            response.headers_mut().insert("content-type", kind);
            let body = respond.send_response(response, false).unwrap();
            tokio::spawn(send(body, told.clone()));
        }
    });
    (address, sent)
}

async fn send(mut body: SendStream<Bytes>, told: watch::Sender<Sent>) {
    for number in 0..MESSAGES {
        let mut frame = BytesMut::zeroed(MESSAGE_BYTES);
        frame[1..5].copy_from_slice(&u32::try_from(MESSAGE_BYTES - 5).unwrap().to_be_bytes());
        // A field of the demo's tick that counts, and one that nobody knows.
        let mut head = BytesMut::new();
        head.put_u8(0x08);
        prost::encode_length_delimiter(number + 1, &mut head).unwrap();
        head.put_slice(&[0xfa, 0x7f]);
        let padding = MESSAGE_BYTES - 5 - head.len() - 3;
        prost::encode_length_delimiter(padding, &mut head).unwrap();
        let end = 5 + head.len();
        frame[5..end].copy_from_slice(&head);
        let mut rest = frame.freeze();
        while !rest.is_empty() {
            body.reserve_capacity(rest.len());
            while body.capacity() == 0 {
                let room = poll_fn(|cx| {
                    let room = body.poll_capacity(cx);
                    if room.is_pending() {
                        told.send_modify(|sent| sent.waits = true);
                    }
                    room
                });
                let Some(Ok(_)) = room.await else { return };
            }
            let part = rest.split_to(body.capacity().min(rest.len()));
            told.send_modify(|sent| {
                sent.bytes += part.len();
                sent.waits = false;
            });
            if body.send_data(part, false).is_err() {
                return;
            }
        }
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    body.send_trailers(trailers).unwrap();
}

async fn until_full(sent: &mut watch::Receiver<Sent>, most: usize) -> usize {
    let full = |sent: &Sent| sent.waits && sent.bytes >= WINDOW_BYTES && sent.bytes <= most;
    let limit = Duration::from_secs(30);
    let waited = tokio::time::timeout(limit, sent.wait_for(full)).await;
    waited.expect("the window is full").unwrap().bytes
}

fn is_held(call: &Running) -> bool {
    call.has(|event| matches!(event, CallEvent::Held(true)))
}

#[tokio::test]
async fn a_held_call_stops_the_server_when_the_window_is_full_and_loses_nothing() {
    let (address, mut sent) = server().await;
    let spec = spec_to(&address.to_string(), "Ticker/Watch", &["{}"]);
    let hold = watch::Sender::new(true);
    let (running, call) = start_switched(&spec, &hold);
    let bytes = until_full(&mut sent, MESSAGES * MESSAGE_BYTES).await;
    assert_eq!(bytes, WINDOW_BYTES, "the window, and not a byte more");
    assert_eq!(running.log.count(Direction::Received), 0);
    assert!(is_held(&running));

    // Some are read, then it is held again: the server gets no further than a window beyond them.
    hold.send_replace(false);
    running.received(10).await;
    hold.send_replace(true);
    running
        .until("that it is held again", |call| {
            let holds = Cell::new(0);
            call.has(|event| {
                let held = matches!(event, CallEvent::Held(true));
                holds.set(holds.get() + i32::from(held));
                false
            });
            holds.get() == 2
        })
        .await;
    let read = running.log.count(Direction::Received);
    assert!(read < MESSAGES, "all of it came before it could be held");
    let kept = running.log.bytes(Direction::Received);
    let most = usize::try_from(kept).unwrap() + 5 * read + MESSAGE_BYTES + WINDOW_BYTES;
    if most < MESSAGES * MESSAGE_BYTES {
        until_full(&mut sent, most).await;
        assert_eq!(running.log.count(Direction::Received), read);
    }

    hold.send_replace(false);
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::OK, "{:?}", ended.outcome);
    assert_eq!(ended.log.count(Direction::Received), MESSAGES);
    for number in [1, 2, MESSAGES / 2, MESSAGES] {
        let want = format!("\"sequence\":\"{number}\"");
        assert!(ended.json(number).contains(&want), "{number} in its place");
    }
    let held = ended.events.iter().filter_map(|event| match event {
        CallEvent::Held(held) => Some(*held),
        _ => None,
    });
    assert_eq!(held.collect::<Vec<_>>(), [true, false, true, false]);
}

#[tokio::test]
async fn a_held_call_is_cancelled_and_its_deadline_is_heard() {
    let (address, mut sent) = server().await;
    let spec = spec_to(&address.to_string(), "Ticker/Watch", &["{}"]);
    let hold = watch::Sender::new(true);
    let (running, call) = start_switched(&spec, &hold);
    until_full(&mut sent, WINDOW_BYTES).await;
    running.cancel.cancel();
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.origin, Origin::Cancelled);
    assert_eq!(ended.outcome.waiting, Some(Waiting::Hold));

    let (address, _sent) = server().await;
    let mut spec = spec_to(&address.to_string(), "Ticker/Watch", &["{}"]);
    spec.deadline = Some(Duration::from_millis(200));
    let (running, call) = start_switched(&spec, &hold);
    let ended = running.end(&call).await;
    assert_eq!(ended.outcome.status.code, Code::DEADLINE_EXCEEDED);
    assert_eq!(ended.outcome.waiting, Some(Waiting::Hold));
    assert!(ended.trace.is_some(), "its frames are told");
}

#[tokio::test]
async fn without_a_hand_on_it_nothing_is_held() {
    let (address, _sent) = server().await;
    let (running, call) = start(&spec_to(&address.to_string(), "Ticker/Watch", &["{}"]));
    let ended = running.end(&call).await;
    assert_eq!(ended.log.count(Direction::Received), MESSAGES);
    assert!(
        !ended
            .events
            .iter()
            .any(|event| matches!(event, CallEvent::Held(_)))
    );
}
