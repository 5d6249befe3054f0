//! Several calls on one connection that breaks, goes away, or refuses some of them: each ends by itself,
//! and what was not looked at is made again elsewhere.

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Scenario, expect},
    server::{Peer, Played, Seen},
    wire::{
        HEADERS, MAX_CONCURRENT_STREAMS, NO_ERROR, PING, REFUSED_STREAM, data, frame, go_away,
        good, head, message, ok, reset,
    },
};

const CALLS: usize = 10;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = not_looked_at();
    all.extend(broken());
    all
}

fn not_looked_at() -> Vec<Scenario> {
    vec![
        first(
            "GOAWAY in the middle of ten calls",
            |mut peer, streams| async move {
                let (looked_at, last) = (&streams[..3], streams[2]);
                let answers: Vec<u8> = looked_at.iter().flat_map(|&stream| good(stream)).collect();
                peer.send([go_away(last, NO_ERROR, b""), answers].concat())
                    .await?;
                peer.gone().await
            },
        )
        .any_attempts()
        .answers(1)
        .again(Again::SameConnection)
        .saw(|seen| heads(seen, CALLS + 7)),
        first(
            "every second stream refused",
            |mut peer, streams| async move {
                for (number, &stream) in streams.iter().enumerate() {
                    let answer = match number % 2 {
                        0 => good(stream),
                        _ => reset(stream, REFUSED_STREAM),
                    };
                    peer.send(answer).await?;
                }
                peer.serve().await
            },
        )
        .any_attempts()
        .answers(1)
        .again(Again::SameConnection)
        .saw(|seen| heads(seen, CALLS + 5)),
        first(
            "answers in turns of a byte, last call first",
            |mut peer, streams| async move {
                for &stream in streams.iter().rev() {
                    peer.send(head(stream)).await?;
                }
                for part in message(b"").chunks(1) {
                    for &stream in &streams {
                        peer.send(data(stream, part)).await?;
                    }
                }
                for &stream in streams.iter().rev() {
                    peer.send(ok(stream)).await?;
                }
                peer.serve().await
            },
        )
        .answers(1)
        .again(Again::SameConnection)
        .saw(|seen| heads(seen, CALLS)),
    ]
}

fn broken() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "closed with a call that waits for a stream",
            |mut peer| async move {
                if peer.number > 0 {
                    return peer.be_good().await;
                }
                peer.greet(&[(MAX_CONCURRENT_STREAMS, 1)]).await?;
                peer.request().await?;
                None
            },
        )
        .at_once(2)
        .one_of(Code::UNAVAILABLE)
        .any_attempts()
        .again(Again::SameConnection),
        first("closed with ten calls on it", |peer, _| async move {
            drop(peer);
            None
        })
        .ends(Code::UNAVAILABLE, &["the server closed the connection"])
        .again(Again::NewConnection),
        first(
            "HTTP/2 broken with ten calls on it",
            |mut peer, _| async move {
                peer.send(frame(PING, 0, 0, &[0; 3])).await?;
                peer.gone().await
            },
        )
        .ends(Code::INTERNAL, &["broke HTTP/2"])
        .again(Again::NewConnection),
        first(
            "one stream broken among ten",
            |mut peer, streams| async move {
                let broken = streams[4];
                peer.send([head(broken), head(broken)].concat()).await?;
                for &stream in streams.iter().filter(|&&stream| stream != broken) {
                    peer.send(good(stream)).await?;
                }
                peer.serve().await
            },
        )
        .one_of(Code::INTERNAL)
        .again(Again::SameConnection)
        .saw(|seen| heads(seen, CALLS)),
    ]
}

/// Ten calls at once; the first connection is played once all have come whole, the next are good.
fn first<F, R>(name: &'static str, play: F) -> Scenario
where
    F: Fn(Peer, Vec<u32>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Played> + Send + 'static,
{
    Scenario::new(name, move |mut peer| {
        let play = play.clone();
        async move {
            if peer.number > 0 {
                return peer.be_good().await;
            }
            peer.greet(&[]).await?;
            let mut streams = Vec::new();
            while streams.len() < CALLS {
                streams.push(peer.request().await?);
            }
            play(peer, streams).await
        }
    })
    .at_once(CALLS)
}

/// Every attempt sent a head, and so did the next call to the same server.
fn heads(seen: &Seen, attempts: usize) -> Result<(), String> {
    let sent = seen.count(|frame| frame.kind == HEADERS);
    expect(sent == attempts + 1, || {
        format!("{sent} heads in place of {}", attempts + 1)
    })
}
