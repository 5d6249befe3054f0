//! Servers that send more than a window holds, to calls that do not read meanwhile: how those calls end,
//! and what they say.
//!
//! A record that stands still holds the calls back until the client has told the server, so that no clock
//! is asked.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use stubless_core::{
    call::{Direction, Record, execute, outcome_failure},
    grpc::{Code, Pool, Transport},
};
use tokio::{
    runtime::{Builder, Handle},
    sync::mpsc,
    task::{JoinSet, block_in_place},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    client::{call_to, make_well},
    scenario::Kind,
    server::{Frame, Server, script},
    wire::{FLOW_CONTROL_ERROR, GO_AWAY, RST_STREAM, data, head, message},
};

const LIMIT: Duration = Duration::from_secs(60);

const PIECE_BYTES: usize = 16_000;

/// Takes what arrives, and holds the call back at its first message until it is released.
#[derive(Clone)]
struct StandsStill {
    released: CancellationToken,
}

impl Record for StandsStill {
    fn append(&self, direction: Direction, _at: Duration, _messages: &[Bytes]) -> bool {
        if direction == Direction::Received {
            block_in_place(|| Handle::current().block_on(self.released.cancelled()));
        }
        true
    }

    fn room_after(&self, _before: &[Bytes]) -> Option<usize> {
        Some(usize::MAX)
    }

    fn has_room(&self, _bytes: usize) -> bool {
        true
    }
}

/// So many calls at once, to a server that sends each this much without waiting for room; released once
/// the client has sent the frame that is looked for. Gives how each ended; the next call is good.
fn overrun(
    calls: usize,
    bytes_each: usize,
    told: fn(&Frame) -> bool,
    connections: usize,
) -> Vec<(Code, String)> {
    let runtime = Builder::new_multi_thread()
        // Each call holds one; the connection needs one, too.
        .worker_threads(calls + 2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::start(script(move |mut peer| async move {
            if peer.number > 0 {
                return peer.be_good().await;
            }
            peer.greet(&[]).await?;
            let mut streams = Vec::new();
            while streams.len() < calls {
                let stream = peer.request().await?;
                peer.send(head(stream)).await?;
                streams.push(stream);
            }
            let body = message(&vec![7; PIECE_BYTES - 5]);
            for _ in 0..bytes_each / PIECE_BYTES {
                for &stream in &streams {
                    peer.send(data(stream, &body)).await?;
                }
            }
            peer.serve().await
        }))
        .await;
        let pool = Arc::new(Pool::new());
        let endpoint = server.endpoint(Transport::Plaintext);
        let log = StandsStill {
            released: CancellationToken::new(),
        };
        let mut running = JoinSet::new();
        for _ in 0..calls {
            let (pool, log, endpoint) = (pool.clone(), log.clone(), endpoint.clone());
            running.spawn(async move {
                let call = call_to(endpoint, Kind::ServerStream);
                let (_control, controls) = mpsc::channel(1);
                let never = CancellationToken::new();
                let finished = execute(&pool, call, log, controls, never, |_| {}).await;
                let outcome = finished.outcome;
                let card = outcome_failure("the server", &outcome).expect("a card");
                (outcome.status.code, format!("{card:?}"))
            });
        }
        let heard = timeout(LIMIT, server.seen.until(1, told)).await;
        log.released.cancel();
        heard.expect("the client takes more than its window");
        let ended = timeout(LIMIT, running.join_all()).await.expect("hangs");
        make_well(&pool, endpoint, "the next call").await.unwrap();
        assert_eq!(server.seen.connections(), connections);
        ended
    })
}

fn with_flow_control_error(frame: &Frame) -> bool {
    let place = match frame.kind {
        RST_STREAM => 0,
        GO_AWAY => 4,
        _ => return false,
    };
    frame.number_at(place) == Some(FLOW_CONTROL_ERROR)
}

fn assert_told(ended: Vec<(Code, String)>) {
    for (code, words) in ended {
        assert_eq!(code, Code::INTERNAL, "{words}");
        let told =
            "broke HTTP/2 (FLOW_CONTROL_ERROR): it does not keep to the flow-control windows";
        assert!(words.contains(told), "{words}");
    }
}

#[test]
fn more_than_a_streams_window_ends_the_call_alone() {
    let reset = |frame: &Frame| frame.kind == RST_STREAM && with_flow_control_error(frame);
    assert_told(overrun(1, 20 << 20, reset, 1));
}

#[test]
fn more_than_the_connections_window_ends_the_connection() {
    let go_away = |frame: &Frame| frame.kind == GO_AWAY && with_flow_control_error(frame);
    // Three streams keep to their windows of 16 MiB each; the connection's of 32 MiB is overrun.
    assert_told(overrun(3, 12 << 20, go_away, 2));
}
