//! Many calls that are cancelled beside one that goes on: what was on its way to them is no fault of the
//! server, and the connection stays.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use stubless_core::{
    call::{Direction, MessageLog, Record, execute},
    grpc::{Code, Origin, Pool, Transport},
};
use tokio::{runtime::Builder, sync::mpsc, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    client::{call_to, make},
    scenario::Kind,
    server::{Frame, Server, script},
    wire::{CANCEL, HEADERS, PING, RST_STREAM, data, head, message, ok, ping},
};

const LIMIT: Duration = Duration::from_secs(60);

const CANCELLED: usize = 200;

/// Messages of each stream that were on their way when its cancel came.
const ON_THEIR_WAY: u64 = 10;

/// Cancels the call with its first answer.
struct CancelsAtFirst(CancellationToken);

impl Record for CancelsAtFirst {
    fn append(&self, direction: Direction, _at: Duration, _messages: &[Bytes]) -> bool {
        if direction == Direction::Received {
            self.0.cancel();
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

fn is_cancel(frame: &Frame) -> bool {
    frame.kind == RST_STREAM && frame.number_at(0) == Some(CANCEL)
}

#[test]
fn a_call_goes_on_beside_two_hundred_that_are_cancelled() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::start(script(|mut peer| async move {
            peer.greet(&[]).await?;
            let stays = peer.request().await?;
            let one = |stream| data(stream, &message(b"one"));
            peer.send([head(stays), one(stays)].concat()).await?;
            let mut streams = Vec::new();
            while streams.len() < CANCELLED {
                let stream = peer.request().await?;
                peer.send([head(stream), one(stream)].concat()).await?;
                streams.push(stream);
            }
            peer.seen.clone().until(CANCELLED, is_cancel).await;
            // Sent before the cancels were read, as far as the client can know. Over a long way they come
            // one after the other: here each round is read by itself, which a PING tells.
            for round in 0..ON_THEIR_WAY {
                let all: Vec<Vec<u8>> = streams.iter().map(|&stream| one(stream)).collect();
                peer.send([all.concat(), ping(round)].concat()).await?;
                peer.until(|frame| frame.kind == PING && frame.is_ack())
                    .await?;
            }
            peer.send([one(stays), ok(stays)].concat()).await?;
            peer.serve().await
        }))
        .await;
        let pool = Arc::new(Pool::new());
        let call = call_to(server.endpoint(Transport::Plaintext), Kind::ServerStream);
        let (kept, log) = (call.clone(), MessageLog::with_budget(1 << 20));
        let staying = make(&pool, kept, log, CancellationToken::new());
        let crowd = async {
            let first = server.seen.until(1, |frame| frame.kind == HEADERS);
            first.await;
            let mut crowd = JoinSet::new();
            for _ in 0..CANCELLED {
                let (pool, call) = (pool.clone(), call.clone());
                crowd.spawn(async move {
                    let cancel = CancellationToken::new();
                    let log = CancelsAtFirst(cancel.clone());
                    let (_control, controls) = mpsc::channel(1);
                    let calling = execute(&pool, call, log, controls, cancel, |_| {});
                    timeout(LIMIT, calling).await.expect("hangs").outcome.origin
                });
            }
            crowd.join_all().await
        };
        let (stayed, crowd) = tokio::join!(staying, crowd);
        assert!(crowd.iter().all(|origin| *origin == Origin::Cancelled));
        let stayed = stayed.unwrap();
        assert_eq!(stayed.code(), Code::OK, "{}", stayed.words());
        assert_eq!(stayed.log.count(Direction::Received), 2);
        assert_eq!(server.seen.connections(), 1);
    });
}
