//! What a call may hold is bounded, whatever a server sends: counted in the bytes that the server could
//! write while nobody read, and in the log.

use std::{sync::Arc, time::Duration};

use stubless_core::{
    call::{CallEvent, Direction, Finished, MessageLog, execute},
    grpc::{Code, Pool, Transport},
};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    client::call_to,
    scenario::Kind,
    server::{Peer, Server, script},
    wire::{
        DATA, FLOW_CONTROL_ERROR, RST_STREAM, SETTINGS, WINDOW_UPDATE, data, good, head, message,
    },
};

const LIMIT: Duration = Duration::from_secs(60);

/// The window of one stream (`STREAM_WINDOW_BYTES` of the client).
const STREAM_WINDOW: usize = 16 << 20;

/// Small enough that a server fills it at once.
const LOG_BYTES: usize = 1 << 20;

const PIECE_BYTES: usize = 16_000;

/// Sends messages as long as the client's windows allow it, as an honest server does, and counts what
/// they cost.
async fn within_windows(peer: &mut Peer, stream: u32) -> usize {
    let piece = data(stream, &message(&vec![7; PIECE_BYTES - 5]));
    let mut sent = 0;
    while sent + PIECE_BYTES <= STREAM_WINDOW {
        if peer.send(&piece).await.is_none() {
            break;
        }
        sent += PIECE_BYTES;
    }
    sent
}

/// A call whose log is soon full, until `enough` fires.
async fn unread(server: &Server, enough: &Notify) -> (Finished, MessageLog, bool) {
    let log = MessageLog::with_budget(LOG_BYTES);
    let cancel = CancellationToken::new();
    let mut full = false;
    let call = call_to(server.endpoint(Transport::Plaintext), Kind::ServerStream);
    let (_control, controls) = mpsc::channel(1);
    let pool = Pool::new();
    let finished = {
        let calling = execute(
            &pool,
            call,
            log.clone(),
            controls,
            cancel.clone(),
            |event| {
                full |= matches!(event, CallEvent::LogFull);
            },
        );
        let cancelling = async {
            enough.notified().await;
            cancel.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            finished = timeout(LIMIT, calling) => finished.expect("hangs"),
            () = cancelling => unreachable!("it never ends"),
        }
    };
    (finished, log, full)
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

#[test]
fn a_full_log_stops_the_server_at_its_window() {
    run(async {
        let used = Arc::new(Notify::new());
        let told = used.clone();
        let server = Server::start(script(move |mut peer| {
            let used = told.clone();
            async move {
                peer.greet(&[]).await?;
                let stream = peer.request().await?;
                peer.send(head(stream)).await?;
                within_windows(&mut peer, stream).await;
                used.notify_one();
                peer.gone().await
            }
        }))
        .await;
        let (finished, log, full) = unread(&server, &used).await;
        assert_eq!(finished.outcome.status.code, Code::CANCELLED);
        assert!(full, "the log never was full");
        assert!(log.bytes(Direction::Received) <= LOG_BYTES as u64);
        // Room is given only for what was taken into the log, and for at most two batches that were
        // on their way to it.
        let given: usize = server
            .seen
            .frames()
            .iter()
            .filter(|frame| frame.kind == WINDOW_UPDATE && frame.stream != 0)
            .filter_map(|frame| frame.number_at(0))
            .map(|bytes| bytes as usize)
            .sum();
        assert!(given <= 4 * LOG_BYTES, "room for {given} bytes was given");
    });
}

#[test]
fn a_stream_that_ignores_its_window_is_cut_off() {
    run(async {
        let server = Server::start(script(|mut peer| async move {
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            peer.send(head(stream)).await?;
            let many = data(stream, &message(&vec![7; PIECE_BYTES - 5])).repeat(8);
            peer.flood(&many, 4096).await
        }))
        .await;
        let cut_off = Notify::new();
        let watching = async {
            let reset = server.seen.until(1, |frame| {
                frame.kind == RST_STREAM && frame.number_at(0) == Some(FLOW_CONTROL_ERROR)
            });
            reset.await;
            cut_off.notify_one();
            server.seen.written_bytes()
        };
        let ((finished, log, full), written) = tokio::join!(unread(&server, &cut_off), watching);
        assert_eq!(finished.outcome.status.code, Code::CANCELLED);
        assert!(full && log.bytes(Direction::Received) <= LOG_BYTES as u64);
        assert!(written < 3 * STREAM_WINDOW, "{written} bytes were taken");
    });
}

/// The codes of two unary calls, one after the other, with one pool.
async fn two_calls(server: &Server) -> [Code; 2] {
    let pool = Pool::new();
    let endpoint = server.endpoint(Transport::Plaintext);
    let mut codes = [Code::OK; 2];
    for code in &mut codes {
        let call = call_to(endpoint.clone(), Kind::Unary);
        let log = MessageLog::with_budget(LOG_BYTES);
        let (_control, controls) = mpsc::channel(1);
        let token = CancellationToken::new();
        let calling = execute(&pool, call, log, controls, token, |_| {});
        let finished = timeout(LIMIT, calling).await.expect("hangs");
        *code = finished.outcome.status.code;
    }
    codes
}

#[test]
fn a_call_beside_a_flood_is_heard() {
    run(async {
        // The server goes on with a stream that the client has given up, whatever the client says.
        let server = Server::start(script(|mut peer| async move {
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            let two = message(b"").repeat(2);
            peer.send(head(stream)).await?;
            let piece = data(stream, &two).repeat(64);
            for _ in 0..1_000_000 {
                peer.send(&piece).await?;
                if let Some(other) = peer.request_now() {
                    peer.send(good(other)).await?;
                    return peer.gone().await;
                }
            }
            None
        }))
        .await;
        assert_eq!(two_calls(&server).await, [Code::UNIMPLEMENTED, Code::OK]);
        assert_eq!(server.seen.connections(), 1);
    });
}

#[test]
fn answers_nobody_asked_for_take_no_room() {
    run(async {
        // DATA for a stream that was reset: what still comes is dropped, and its room given back, or
        // other calls of the connection would starve.
        let server = Server::start(script(|mut peer| async move {
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            let two = message(b"").repeat(2);
            peer.send([head(stream), data(stream, &two)].concat())
                .await?;
            peer.until(|frame| frame.kind != SETTINGS && frame.kind != DATA)
                .await?;
            let late = data(stream, &vec![7; PIECE_BYTES]);
            peer.flood(&late, 2 * STREAM_WINDOW / PIECE_BYTES).await?;
            peer.serve().await
        }))
        .await;
        assert_eq!(two_calls(&server).await, [Code::UNIMPLEMENTED, Code::OK]);
        assert_eq!(server.seen.connections(), 1);
        let given: usize = server
            .seen
            .frames()
            .iter()
            .filter(|frame| frame.kind == WINDOW_UPDATE && frame.stream == 0)
            .filter_map(|frame| frame.number_at(0))
            .map(|bytes| bytes as usize)
            .sum();
        assert!(given >= STREAM_WINDOW, "only {given} bytes were given back");
    });
}
