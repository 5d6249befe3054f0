//! Sockets of this machine whose listener is slow to accept. On Linux alone: others refuse at once where
//! the queue is full.

use std::{path::PathBuf, time::Duration};

use tokio::net::{UnixListener, UnixSocket, UnixStream};

use super::server::{Call, h2_connection, ok};
use crate::grpc::{
    Address, Channel, ConnectError, ConnectLimits, Endpoint, Phase, ProxyEnvironment, Transport,
};

/// Nothing here takes this long.
const LIMIT: Duration = Duration::from_secs(30);

/// A listener with as many connections waiting as it takes, and these.
async fn full(path: PathBuf) -> (UnixListener, Vec<UnixStream>) {
    let socket = UnixSocket::new_stream().unwrap();
    socket.bind(&path).unwrap();
    let listener = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = UnixStream::connect(&path).await {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue is never full");
    }
    (listener, waiting)
}

/// A socket in a folder, and one in the abstract namespace.
async fn full_sockets(
    folder: &tempfile::TempDir,
) -> Vec<(Endpoint, UnixListener, Vec<UnixStream>)> {
    let path = folder.path().join("full.sock");
    let (listener, waiting) = full(path.clone()).await;
    let name = format!("stubless-full-{}", folder.path().display());
    let (abstract_listener, also_waiting) = full(format!("\0{name}").into()).await;
    let all = [
        (Address::Unix(path), listener, waiting),
        (Address::UnixAbstract(name), abstract_listener, also_waiting),
    ];
    all.into_iter()
        .map(|(address, listener, waiting)| {
            let endpoint = Endpoint::new(address, Transport::Plaintext);
            (endpoint, listener, waiting)
        })
        .collect()
}

async fn connect(endpoint: &Endpoint, limit: Duration) -> Result<Channel, ConnectError> {
    let environment = ProxyEnvironment::default();
    Channel::connect_with(endpoint, &ConnectLimits::all(limit), &environment).await
}

#[tokio::test]
async fn a_full_queue_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    for (endpoint, listener, waiting) in full_sockets(&folder).await {
        let connecting = connect(&endpoint, LIMIT);
        tokio::pin!(connecting);
        // The first try finds the queue full.
        tokio::select! {
            biased;
            ended = &mut connecting => panic!("{endpoint:?}: {ended:?}"),
            () = tokio::task::yield_now() => {}
        }
        tokio::spawn(async move {
            let _kept = waiting;
            while let Ok((socket, _)) = listener.accept().await {
                let builder = h2::server::Builder::new();
                tokio::spawn(h2_connection(
                    socket,
                    builder,
                    |mut call: Call| async move {
                        call.accept().send_trailers(ok()).unwrap();
                    },
                ));
            }
        });
        connecting.await.unwrap();
    }
}

#[test]
fn a_queue_that_stays_full_is_told_as_silence_and_holds_no_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        for (endpoint, _listener, _waiting) in full_sockets(&folder).await {
            let error = connect(&endpoint, Duration::from_millis(20)).await;
            assert!(
                matches!(
                    error,
                    Err(ConnectError::TimedOut {
                        phase: Phase::Connect,
                        ..
                    })
                ),
                "{endpoint:?}: {error:?}"
            );
            let other_work = tokio::task::spawn_blocking(|| ());
            tokio::time::timeout(LIMIT, other_work)
                .await
                .expect("the only thread is blocked")
                .unwrap();
        }
    });
    runtime.shutdown_background();
}
