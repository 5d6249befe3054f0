//! Cancel is heard in every phase of a call, and a call that waits says for what.
//!
//! The server tells when the phase is reached, so that nothing here waits by the clock. Cancel while a
//! host name is looked up, while a proxy opens its tunnel and between attempts is tested beside
//! `execute`.

use std::{future::pending, sync::Arc, time::Duration};

use bytes::Bytes;
use stubless_core::{
    call::{CallControl, Direction, MessageLog, ResolvedCall, execute},
    grpc::{Code, Origin, Outcome, Pool, StepEnd, StepKind, Transport},
};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    client::call_to,
    scenario::Kind,
    server::{Peer, Played, Script, Server, script},
    wire::{
        DATA, HEADERS, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS, RST_STREAM, SETTINGS, data,
        head, message, window_update,
    },
};

/// A cancel that takes longer was not heard.
const PROMPT: Duration = Duration::from_secs(30);

/// A phase in which a call can be cancelled: the script notifies once it is reached.
struct Phase {
    name: &'static str,
    transport: Transport,
    script: fn(Arc<Notify>) -> Script,
    messages: Vec<Bytes>,
    /// Whether the stream was opened, so that the server has to be told.
    resets: bool,
}

/// Waits for the client's SETTINGS to be followed by an ACK of ours: then the connection is usable.
async fn greeted(peer: &mut Peer, settings: &[(u16, u32)]) -> Played {
    peer.greet(settings).await?;
    peer.until(|frame| frame.kind == SETTINGS && frame.is_ack())
        .await?;
    Some(())
}

fn phases() -> Vec<Phase> {
    let silent = |reached: Arc<Notify>| {
        script(move |mut peer| {
            let reached = reached.clone();
            async move {
                peer.begun().await;
                reached.notify_one();
                peer.gone().await
            }
        })
    };
    let phase = |name, script| Phase {
        name,
        transport: Transport::Plaintext,
        script,
        messages: vec![Bytes::new()],
        resets: true,
    };
    vec![
        Phase {
            transport: Transport::Tls,
            resets: false,
            ..phase("the TLS handshake", silent)
        },
        Phase {
            resets: false,
            ..phase("waiting for SETTINGS", silent)
        },
        Phase {
            resets: false,
            ..phase("no stream is allowed", |reached| {
                script(move |mut peer| {
                    let reached = reached.clone();
                    async move {
                        greeted(&mut peer, &[(MAX_CONCURRENT_STREAMS, 0)]).await?;
                        reached.notify_one();
                        peer.gone().await
                    }
                })
            })
        },
        Phase {
            messages: vec![Bytes::from(vec![0; 1 << 20])],
            ..phase("no room to send", |reached| {
                script(move |mut peer| {
                    let reached = reached.clone();
                    async move {
                        greeted(&mut peer, &[(INITIAL_WINDOW_SIZE, 10)]).await?;
                        peer.until(|frame| frame.kind == DATA).await?;
                        reached.notify_one();
                        peer.gone().await
                    }
                })
            })
        },
        phase("waiting for the head", |reached| {
            script(move |mut peer| {
                let reached = reached.clone();
                async move {
                    peer.greet(&[]).await?;
                    peer.request().await?;
                    reached.notify_one();
                    peer.gone().await
                }
            })
        }),
        phase("waiting for a message", |reached| {
            script(move |mut peer| {
                let reached = reached.clone();
                async move {
                    peer.greet(&[]).await?;
                    let stream = peer.request().await?;
                    peer.send(head(stream)).await?;
                    reached.notify_one();
                    peer.gone().await
                }
            })
        }),
        phase("inside a message", |reached| {
            script(move |mut peer| {
                let reached = reached.clone();
                async move {
                    peer.greet(&[]).await?;
                    let stream = peer.request().await?;
                    let begun = &message(&[7; 1000])[..500];
                    peer.send([head(stream), data(stream, begun)].concat())
                        .await?;
                    reached.notify_one();
                    peer.gone().await
                }
            })
        }),
        phase("waiting for the trailers", |reached| {
            script(move |mut peer| {
                let reached = reached.clone();
                async move {
                    peer.greet(&[]).await?;
                    let stream = peer.request().await?;
                    let all = [head(stream), data(stream, &message(b""))];
                    peer.send(all.concat()).await?;
                    reached.notify_one();
                    peer.gone().await
                }
            })
        }),
        phase("an error page that does not end", |reached| {
            script(move |mut peer| {
                let reached = reached.clone();
                async move {
                    peer.greet(&[]).await?;
                    let stream = peer.request().await?;
                    let head = super::wire::headers(stream, 0, &[(":status", "502")]);
                    peer.send(head).await?;
                    reached.notify_one();
                    peer.gone().await
                }
            })
        }),
        phase("messages without end", |reached| {
            script(move |mut peer| {
                let reached = reached.clone();
                async move {
                    peer.greet(&[]).await?;
                    let stream = peer.request().await?;
                    peer.send(head(stream)).await?;
                    reached.notify_one();
                    let many = data(stream, &message(&[7; 100])).repeat(100);
                    peer.flood(&many, 100_000).await
                }
            })
        }),
    ]
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

async fn outcome(pool: &Pool, call: ResolvedCall, cancel: CancellationToken) -> Outcome {
    let log = MessageLog::with_budget(256 << 20);
    let (_control, controls) = mpsc::channel::<CallControl>(1);
    let calling = execute(pool, call, log, controls, cancel, |_| {});
    timeout(PROMPT, calling).await.expect("hangs").outcome
}

#[test]
fn cancel_is_heard_in_every_phase() {
    run(async {
        for phase in phases() {
            let name = phase.name;
            let reached = Arc::new(Notify::new());
            let server = Server::start((phase.script)(reached.clone())).await;
            let cancel = CancellationToken::new();
            let call = ResolvedCall {
                messages: phase.messages,
                ..call_to(server.endpoint(phase.transport), Kind::ServerStream)
            };
            let pool = Pool::new();
            let cancelling = async {
                timeout(PROMPT, reached.notified()).await.expect(name);
                cancel.cancel();
            };
            let (outcome, ()) = tokio::join!(outcome(&pool, call, cancel.clone()), cancelling);
            assert_eq!(outcome.status.code, Code::CANCELLED, "{name}");
            assert_eq!(outcome.origin, Origin::Cancelled, "{name}");
            if phase.resets {
                let told = server.seen.until(1, |frame| {
                    frame.kind == RST_STREAM && frame.number_at(0) == Some(super::wire::CANCEL)
                });
                timeout(PROMPT, told).await.expect(name);
            } else {
                let opened = server.seen.count(|frame| frame.kind == HEADERS);
                assert_eq!(opened, 0, "{name}");
            }
        }
    });
}

#[test]
fn cancel_is_heard_while_a_socket_is_opened() {
    run(async {
        // A listener whose queue is full: the system answers no further connect.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        for _ in 0..8 {
            waiting.push(tokio::spawn(tokio::net::TcpStream::connect(address)));
            tokio::task::yield_now().await;
        }
        let endpoint = stubless_core::grpc::Endpoint::parse(&address.to_string(), None).unwrap();
        let cancel = CancellationToken::new();
        let call = call_to(endpoint, Kind::Unary);
        let pool = Pool::new();
        let log = MessageLog::with_budget(1 << 20);
        let (_control, controls) = mpsc::channel(1);
        let calling = execute(&pool, call, log, controls, cancel.clone(), |_| {});
        let cancelling = async {
            // Turns for the task that dials.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        };
        let (finished, ()) = tokio::join!(timeout(PROMPT, calling), cancelling);
        let finished = finished.expect("hangs");
        assert_eq!(finished.outcome.origin, Origin::Cancelled);
        let steps: Vec<_> = finished
            .trace
            .iter()
            .flat_map(|trace| trace.steps.iter().map(|step| (step.kind, step.end)))
            .collect();
        assert_eq!(steps, [(StepKind::Connect, StepEnd::Unfinished)]);
        drop(listener);
        for task in waiting {
            task.abort();
        }
    });
}

#[test]
fn cancel_is_heard_while_the_server_reads_nothing() {
    run(async {
        let reached = Arc::new(Notify::new());
        let told = reached.clone();
        let server = Server::start(script(move |mut peer| {
            let reached = told.clone();
            async move {
                greeted(&mut peer, &[(INITIAL_WINDOW_SIZE, 1 << 30)]).await?;
                peer.send(window_update(0, 1 << 30)).await?;
                peer.until(|frame| frame.kind == DATA).await?;
                reached.notify_one();
                peer.deaf().await
            }
        }))
        .await;
        let cancel = CancellationToken::new();
        let call = ResolvedCall {
            messages: vec![Bytes::from(vec![0; 1 << 20]); 64],
            ..call_to(server.endpoint(Transport::Plaintext), Kind::ClientStream)
        };
        let pool = Pool::new();
        let cancelling = async {
            timeout(PROMPT, reached.notified()).await.expect("hangs");
            cancel.cancel();
        };
        let (outcome, ()) = tokio::join!(outcome(&pool, call, cancel.clone()), cancelling);
        assert_eq!(outcome.origin, Origin::Cancelled);
    });
}

#[test]
fn a_call_that_waits_for_the_only_stream_says_so() {
    run(async {
        let taken = Arc::new(Notify::new());
        let told = taken.clone();
        let server = Server::start(script(move |mut peer| {
            let taken = told.clone();
            async move {
                greeted(&mut peer, &[(MAX_CONCURRENT_STREAMS, 1)]).await?;
                peer.request().await?;
                taken.notify_one();
                peer.gone().await
            }
        }))
        .await;
        let pool = Pool::new();
        let endpoint = server.endpoint(Transport::Plaintext);
        let cancel = CancellationToken::new();
        let first = outcome(
            &pool,
            call_to(endpoint.clone(), Kind::Unary),
            cancel.clone(),
        );
        let second = async {
            taken.notified().await;
            let call = ResolvedCall {
                deadline: Some(Duration::from_millis(100)),
                ..call_to(endpoint, Kind::Unary)
            };
            let outcome = outcome(&pool, call, CancellationToken::new()).await;
            cancel.cancel();
            outcome
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first.origin, Origin::Cancelled);
        assert_eq!(second.status.code, Code::DEADLINE_EXCEEDED);
        let words = "a free stream: the server allows 1 at once";
        assert!(second.status.message.contains(words), "{second:?}");
    });
}

#[test]
fn cancel_is_heard_by_a_call_whose_log_is_full() {
    run(async {
        let server = Server::start(script(|mut peer| async move {
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            peer.send(head(stream)).await?;
            let many = data(stream, &message(&[7; 1000])).repeat(100);
            peer.flood(&many, 100).await?;
            peer.gone().await
        }))
        .await;
        let pool = Pool::new();
        let full = Arc::new(Notify::new());
        let cancel = CancellationToken::new();
        let log = MessageLog::with_budget(1 << 20);
        let call = call_to(server.endpoint(Transport::Plaintext), Kind::ServerStream);
        let (_control, controls) = mpsc::channel(1);
        let calling = execute(
            &pool,
            call,
            log.clone(),
            controls,
            cancel.clone(),
            |event| {
                if matches!(event, stubless_core::call::CallEvent::LogFull) {
                    full.notify_one();
                }
            },
        );
        let cancelling = async {
            full.notified().await;
            cancel.cancel();
            pending::<()>().await;
        };
        let finished = tokio::select! {
            finished = timeout(PROMPT, calling) => finished.expect("hangs"),
            () = cancelling => unreachable!("it never ends"),
        };
        assert_eq!(finished.outcome.origin, Origin::Cancelled);
        assert!(log.bytes(Direction::Received) <= 1 << 20);
    });
}
