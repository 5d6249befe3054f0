//! Streams whose sending side stays open, as when a person sends by hand: the server may end them at any
//! moment, and what it says is heard without another message.

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Kind, Scenario, expect},
    server::{Peer, Played, Seen},
    wire::{
        CANCEL, NO_ERROR, REFUSED_STREAM, RST_STREAM, data, go_away, good, head, last_data,
        message, reset, trailers,
    },
};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        open("open: OK before the client is done", good)
            .answers(1)
            .saw(|seen| told(seen, NO_ERROR)),
        open("open: a status before the client is done", |stream| {
            let own = [("grpc-status", "9"), ("grpc-message", "not now")];
            [head(stream), trailers(stream, &own)].concat()
        })
        .ends(Code::FAILED_PRECONDITION, &["not now"])
        .saw(|seen| told(seen, NO_ERROR)),
        open("open: an end without a status", |stream| {
            [head(stream), last_data(stream, &message(b""))].concat()
        })
        .ends(Code::UNKNOWN, &["without grpc-status"])
        .saw(|seen| told(seen, CANCEL)),
        open("open: an error page", |stream| {
            let head = super::wire::foreign(stream, 0, "502", &[]);
            [head, last_data(stream, b"<h1>Sorry")].concat()
        })
        .ends(Code::UNAVAILABLE, &["HTTP 502", "<h1>Sorry"]),
        open("open: a message that is too large", |stream| {
            [head(stream), data(stream, &[0, 1, 0, 0, 0])].concat()
        })
        .max_receive(1 << 20)
        .ends(Code::RESOURCE_EXHAUSTED, &["is too large"])
        .saw(|seen| told(seen, CANCEL)),
        open("open: a reset", |stream| reset(stream, CANCEL))
            .ends(Code::CANCELLED, &["gave the call up"]),
        open("open: refused once", |stream| reset(stream, REFUSED_STREAM))
            .attempts(1)
            .answers(1),
        open("open: GOAWAY above the stream", |_| {
            go_away(0, NO_ERROR, b"")
        })
        .attempts(1)
        .answers(1),
        open("open: HTTP/2 broken", |stream| data(stream + 100, b""))
            .ends(Code::INTERNAL, &["broke HTTP/2"])
            .again(Again::NewConnection),
        Scenario::new("open: closed", |mut peer| async move {
            if peer.number > 0 {
                return peer.be_good().await;
            }
            peer.greet(&[]).await?;
            peer.head().await?;
            None
        })
        .kind(Kind::Bidi)
        .keep_open()
        .ends(Code::UNAVAILABLE, &["closed the connection"])
        .again(Again::NewConnection),
        Scenario::new("open: silence until the deadline", |mut peer| async move {
            peer.greet(&[]).await?;
            let stream = peer.head().await?;
            peer.send([head(stream), data(stream, &message(b"one"))].concat())
                .await?;
            answer_each(&mut peer).await
        })
        .kind(Kind::Bidi)
        .keep_open()
        .deadline(1000)
        .ends(Code::DEADLINE_EXCEEDED, &["the next message or the end"])
        .answers(1)
        .again(Again::SameConnection)
        .saw(|seen| told(seen, CANCEL)),
    ]
}

/// A stream of both sides that stays open; its head gets this answer, and every call after it a good one.
fn open(name: &'static str, answer: fn(u32) -> Vec<u8>) -> Scenario {
    Scenario::new(name, move |mut peer| async move {
        peer.greet(&[]).await?;
        if peer.number == 0 {
            let stream = peer.head().await?;
            peer.send(answer(stream)).await?;
        }
        answer_each(&mut peer).await
    })
    .kind(Kind::Bidi)
    .keep_open()
    .again(Again::SameConnection)
}

/// Answers each head well, whether or not the client has more to send.
async fn answer_each(peer: &mut Peer) -> Played {
    loop {
        let stream = peer.head().await?;
        peer.send(good(stream)).await?;
    }
}

/// The stream was closed towards the server, with this code.
fn told(seen: &Seen, code: u32) -> Result<(), String> {
    let resets = seen.count(|frame| frame.kind == RST_STREAM && frame.number_at(0) == Some(code));
    expect(resets > 0, || format!("no reset with code {code}"))
}
