//! A call whose connection is not made: how far it came, and that cancel is heard on the way.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::support::{Ended, run, spec_to, start};
use crate::{
    call::*,
    grpc::{
        Code, LOOKUPS, MAX_LOOKUPS, Origin,
        StepEnd::{Done, Failed, TimedOut, Unfinished},
        StepKind::{Connect, Proxy, Resolve, Settings},
        Waiting,
    },
};

/// Turns that other tasks of this thread get: more than any of them needs.
async fn let_others_run() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn greet(target: &str) -> CallSpec {
    spec_to(target, "Greeter/SayHello", &["{}"])
}

/// Serves every connection so; tells the address.
async fn serve<F>(play: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(play(socket));
        }
    });
    address
}

/// A server that reads and says nothing; notifies once something came.
async fn silent() -> (String, Arc<Notify>) {
    let reached = Arc::new(Notify::new());
    let told = reached.clone();
    let address = serve(move |mut socket| {
        let told = told.clone();
        async move {
            let mut first = [0; 1024];
            let _ = socket.read(&mut first).await;
            told.notify_one();
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    (address, reached)
}

async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

fn assert_cancelled(ended: &Ended) {
    assert_eq!(ended.outcome.origin, Origin::Cancelled);
    assert_eq!(ended.outcome.waiting, Some(Waiting::Connection));
    assert!(ended.timings.connected.is_none());
}

#[tokio::test]
async fn the_steps_of_a_connection_that_failed_are_told() {
    let closed = closed_port().await;
    let ended = run(&greet(&closed)).await;
    assert_eq!(ended.steps(), [(Connect, Failed)]);
    let text = ended.trace.as_ref().unwrap().to_text();
    assert!(
        text.contains("Connect") && text.contains("failed after"),
        "{text}"
    );

    let port = closed.rsplit(':').next().unwrap();
    let ended = run(&greet(&format!("localhost:{port}"))).await;
    assert_eq!(ended.steps(), [(Resolve, Done), (Connect, Failed)]);

    let (address, _) = silent().await;
    let mut spec = greet(&address);
    spec.settings.connect_timeout_ms = Some(50);
    let ended = run(&spec).await;
    assert_eq!(ended.steps(), [(Connect, Done), (Settings, TimedOut)]);

    // Nothing was begun.
    spec.settings.authority = Some("a b".to_owned());
    assert!(run(&spec).await.trace.is_none());
}

#[tokio::test]
async fn a_deadline_that_passes_while_connecting_tells_how_far_it_came() {
    let (address, _) = silent().await;
    let mut spec = greet(&address);
    spec.deadline = Some(Duration::from_millis(50));
    let ended = run(&spec).await;
    assert_eq!(ended.outcome.status.code, Code::DEADLINE_EXCEEDED);
    assert_eq!(ended.steps(), [(Connect, Done), (Settings, Unfinished)]);
}

#[tokio::test]
async fn cancel_is_heard_while_a_name_is_looked_up() {
    // Nobody can look anything up meanwhile: the call waits for its turn.
    let all = u32::try_from(MAX_LOOKUPS).unwrap();
    let _taken = LOOKUPS.acquire_many(all).await.unwrap();
    let (running, call) = start(&greet("http://server.invalid:1"));
    let_others_run().await;
    running.cancel.cancel();
    let ended = running.end(&call).await;
    assert_cancelled(&ended);
    assert_eq!(ended.steps(), [(Resolve, Unfinished)]);
}

#[tokio::test]
async fn cancel_is_heard_while_a_proxy_opens_its_tunnel() {
    let (proxy, reached) = silent().await;
    let mut spec = greet("server.invalid:1");
    spec.settings.proxy = Some(format!("http://{proxy}"));
    let (running, call) = start(&spec);
    reached.notified().await;
    running.cancel.cancel();
    let ended = running.end(&call).await;
    assert_cancelled(&ended);
    assert_eq!(ended.steps(), [(Connect, Done), (Proxy, Unfinished)]);
}

#[tokio::test]
async fn cancel_is_heard_in_the_pause_between_attempts() {
    let mut spec = greet(&closed_port().await);
    spec.call.wait_for_ready = Some(true);
    let (running, call) = start(&spec);
    let pauses = |event: &CallEvent| matches!(event, CallEvent::Retrying { pause, .. } if *pause > Duration::ZERO);
    running.until("a pause", |call| call.has(pauses)).await;
    running.cancel.cancel();
    let ended = running.end(&call).await;
    assert_cancelled(&ended);
    assert_eq!(ended.attempts.len(), 1);
    assert_eq!(ended.steps(), [(Connect, Failed)]);
}

/// Answers the first bytes of every connection, and closes.
async fn answering(bytes: &'static [u8]) -> String {
    serve(move |mut socket| async move {
        let mut first = [0; 1024];
        let _ = socket.read(&mut first).await;
        let _ = socket.write_all(bytes).await;
    })
    .await
}

#[tokio::test]
async fn what_stays_as_it_is_until_somebody_changes_it_is_not_waited_for() {
    let credentials = answering(b"HTTP/1.1 407 x\r\n\r\n").await;
    let forbidden = answering(b"HTTP/1.1 403 x\r\n\r\n").await;
    let web = answering(b"HTTP/1.1 404 Not Found\r\n\r\n").await;
    for (name, target, proxy) in [
        ("wrong password", "server.invalid:1", Some(credentials)),
        ("forbidden", "server.invalid:1", Some(forbidden)),
        ("a web server", web.as_str(), None),
    ] {
        let mut spec = greet(target);
        spec.call.wait_for_ready = Some(true);
        spec.settings.proxy = proxy;
        let ended = run(&spec).await;
        assert_eq!(ended.outcome.origin, Origin::Connection, "{name}");
        assert_eq!(ended.attempts, [], "{name}");
    }
}

/// GOAWAY for every stream, in peace.
const GO_AWAY: &[u8] = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// The same after SETTINGS, so that the connection is made and of no use.
const SETTINGS_AND_GO_AWAY: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[tokio::test]
async fn what_may_pass_is_waited_for_with_pauses() {
    let busy = answering(b"HTTP/1.1 503 x\r\n\r\n").await;
    let closing = answering(GO_AWAY).await;
    let useless = answering(SETTINGS_AND_GO_AWAY).await;
    for (name, target, proxy, at_once) in [
        (
            "a proxy whose server is down",
            "server.invalid:1",
            Some(busy),
            0,
        ),
        (
            "a server that goes away while connecting",
            closing.as_str(),
            None,
            0,
        ),
        // Nothing of these calls had left, so that some are made again at once.
        (
            "a server that goes away before a call",
            useless.as_str(),
            None,
            4,
        ),
    ] {
        let mut spec = greet(target);
        spec.call.wait_for_ready = Some(true);
        spec.settings.proxy = proxy;
        let (running, call) = start(&spec);
        let pauses = |event: &CallEvent| matches!(event, CallEvent::Retrying { pause, .. } if *pause > Duration::ZERO);
        running.until(name, |call| call.has(pauses)).await;
        running.cancel.cancel();
        let ended = running.end(&call).await;
        assert_eq!(ended.outcome.origin, Origin::Cancelled, "{name}");
        assert!(
            ended.attempts.len() <= at_once + 1,
            "{name}: {:?}",
            ended.attempts
        );
    }
}

#[tokio::test]
async fn a_call_that_left_and_was_not_looked_at_is_made_once_more() {
    let streams = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = streams.clone();
    let address = serve(move |socket| {
        let seen = seen.clone();
        async move {
            let mut connection = h2::server::handshake(socket).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                respond.send_reset(h2::Reason::REFUSED_STREAM);
            }
        }
    })
    .await;
    let ended = run(&greet(&address)).await;
    assert!(ended.outcome.is_unprocessed(), "{:?}", ended.outcome);
    assert_eq!(ended.attempts.len(), 1);
    assert_eq!(streams.load(std::sync::atomic::Ordering::Relaxed), 2);
}
