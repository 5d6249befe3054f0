//! Too much of something: each ends the call or is harmless, and what the client takes before it ends a
//! connection is counted in the bytes that the server could write.

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Kind, Scenario, expect},
    server::{Peer, Played},
    wire::{
        CONTINUATION, END_HEADERS, GRPC_HEAD, HEADERS, INITIAL_WINDOW_SIZE, PRIORITY, block, data,
        frame, good, head, headers, literal, message, ping, reset, settings, window_update,
    },
};

/// What lies in the buffers of two sockets, at most, and is neither read nor refused.
const SOCKET_BYTES: usize = 12 << 20;

/// What a server that floods would write if nobody stopped it.
const FLOOD_BYTES: usize = 256 << 20;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = harmless();
    all.extend(stopped());
    all.extend(heads());
    all
}

/// The first call is preceded by these bytes, then answered well.
fn before_answer(name: &'static str, bytes: Vec<u8>) -> Scenario {
    Scenario::new(name, move |mut peer| {
        let bytes = bytes.clone();
        async move {
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            peer.send(&bytes).await?;
            peer.send(good(stream)).await?;
            peer.serve().await
        }
    })
    .answers(1)
    .again(Again::SameConnection)
}

fn harmless() -> Vec<Scenario> {
    vec![
        before_answer("5,000 PINGs", ping(7).repeat(5_000)),
        before_answer(
            "5,000 SETTINGS",
            settings(&[(INITIAL_WINDOW_SIZE, 65_535)]).repeat(5_000),
        ),
        before_answer(
            "5,000 PRIORITY frames",
            frame(PRIORITY, 0, 99, &[0, 0, 0, 0, 1]).repeat(5_000),
        ),
        before_answer(
            "5,000 frames nobody knows",
            frame(0xee, 0, 0, &[0; 20]).repeat(5_000),
        ),
        before_answer("5,000 WINDOW_UPDATEs", window_update(0, 1).repeat(5_000)),
        Scenario::new(
            "5,000 resets of a stream that has ended",
            |mut peer| async move {
                peer.greet(&[]).await?;
                let stream = peer.request().await?;
                peer.send(good(stream)).await?;
                peer.send(reset(stream, 8).repeat(5_000)).await?;
                peer.serve().await
            },
        )
        .answers(1)
        .again(Again::SameConnection),
        Scenario::new("5,000 early hints", |mut peer| async move {
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            let hints = headers(stream, 0, &[(":status", "103")]);
            peer.send(hints.repeat(5_000)).await?;
            peer.send(good(stream)).await?;
            peer.serve().await
        })
        .answers(1)
        .again(Again::SameConnection),
    ]
}

/// A connection whose first request is followed by the same bytes for ever; the next are good.
fn flooding(name: &'static str, before: fn(u32) -> Vec<u8>, piece: fn(u32) -> Vec<u8>) -> Scenario {
    Scenario::new(name, move |mut peer| async move {
        if peer.number > 0 {
            return peer.be_good().await;
        }
        peer.greet(&[]).await?;
        let stream = peer.request().await?;
        peer.send(before(stream)).await?;
        without_end(&mut peer, &piece(stream)).await
    })
    .again(Again::NewConnection)
}

/// As [`flooding`], and nothing is read meanwhile: answers to the flood have nowhere to go.
fn unheard(name: &'static str, piece: fn(u32) -> Vec<u8>) -> Scenario {
    Scenario::new(name, move |mut peer| async move {
        peer.greet(&[]).await?;
        let stream = peer.request().await?;
        peer.stop_reading();
        without_end(&mut peer, &piece(stream)).await
    })
    .deadline(500)
    .ends(Code::DEADLINE_EXCEEDED, &["nothing has come yet"])
}

async fn without_end(peer: &mut Peer, piece: &[u8]) -> Played {
    let many = piece.repeat((64 << 10) / piece.len() + 1);
    peer.flood(&many, FLOOD_BYTES / many.len()).await
}

fn nothing(_: u32) -> Vec<u8> {
    Vec::new()
}

fn stopped() -> Vec<Scenario> {
    /// The client has read no more than this beyond what lies in the sockets.
    fn after(scenario: Scenario, most_bytes: usize) -> Scenario {
        scenario.saw(move |seen| {
            let written = seen.written_bytes();
            expect(written <= most_bytes + SOCKET_BYTES, || {
                format!("{written} bytes were taken, more than {most_bytes}")
            })
        })
    }
    vec![
        after(
            flooding("empty DATA frames without end", head, |stream| {
                data(stream, &[])
            })
            .ends(Code::INTERNAL, &["more than 100 DATA frames without data"]),
            1 << 20,
        ),
        after(
            flooding(
                "CONTINUATION frames without end",
                |stream| frame(HEADERS, 0, stream, &block(&GRPC_HEAD)),
                |stream| frame(CONTINUATION, 0, stream, &[]),
            )
            .ends(Code::INTERNAL, &["too many CONTINUATION frames"]),
            1 << 20,
        ),
        after(
            flooding(
                "metadata without end in large frames",
                |stream| frame(HEADERS, 0, stream, &block(&GRPC_HEAD)),
                |stream| {
                    frame(
                        CONTINUATION,
                        0,
                        stream,
                        &literal(b"x-more", &[b'm'; 200_000]),
                    )
                },
            )
            .ends(Code::INTERNAL, &["too many CONTINUATION frames"]),
            16 << 20,
        ),
        after(
            flooding("messages without end to a unary call", head, |stream| {
                data(stream, &message(&[7; 1000]))
            })
            .ends(Code::UNIMPLEMENTED, &["more than one message"])
            .again(Again::Not),
            32 << 20,
        ),
        after(
            flooding(
                "a message without end",
                |stream| [head(stream), data(stream, &[0, 0x3f, 0xff, 0xff, 0xff])].concat(),
                |stream| data(stream, &[7; 16_000]),
            )
            .kind(Kind::ServerStream)
            .max_receive(1 << 20)
            .ends(Code::RESOURCE_EXHAUSTED, &["is too large"])
            .again(Again::Not),
            32 << 20,
        ),
        after(
            flooding(
                "an error page without end",
                |stream| headers(stream, 0, &[(":status", "502")]),
                |stream| data(stream, &[b'x'; 16_000]),
            )
            .ends(Code::UNAVAILABLE, &["HTTP 502", "xxx"])
            .again(Again::Not),
            32 << 20,
        ),
        after(
            unheard("PINGs of a server that reads no answer", |_| ping(1)),
            16 << 20,
        ),
        after(
            unheard("SETTINGS of a server that reads no answer", |_| {
                settings(&[(INITIAL_WINDOW_SIZE, 65_535)])
            }),
            16 << 20,
        ),
        flooding("early hints without end", nothing, |stream| {
            headers(stream, 0, &[(":status", "103")])
        })
        .deadline(2_000)
        .ends(Code::DEADLINE_EXCEEDED, &["nothing has come yet"])
        .again(Again::Not),
    ]
}

fn heads() -> Vec<Scenario> {
    vec![
        Scenario::new("a head of 6 MB", |mut peer| async move {
            if peer.number > 0 {
                return peer.be_good().await;
            }
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            let value = literal(b"x-long", &vec![b'l'; 200_000]);
            let begun = frame(HEADERS, 0, stream, &block(&GRPC_HEAD));
            let middle = frame(CONTINUATION, 0, stream, &value).repeat(15);
            let last = frame(CONTINUATION, END_HEADERS, stream, &value.repeat(1));
            peer.send([begun, middle.repeat(2), last].concat()).await?;
            peer.serve().await
        })
        .ends(Code::INTERNAL, &["too many CONTINUATION frames"])
        .again(Again::NewConnection),
        Scenario::new("a head that inflates to 100 MB", |mut peer| async move {
            if peer.number > 0 {
                return peer.be_good().await;
            }
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            // One entry of 4000 bytes into the table, then 25,000 references to it.
            let mut bomb = vec![0x40];
            bomb.extend(&literal(b"x-bomb", &[b'b'; 3_900])[1..]);
            bomb.extend([0xbe].repeat(25_000));
            let all = [&block(&GRPC_HEAD)[..], &bomb].concat();
            peer.send(frame(HEADERS, END_HEADERS, stream, &all)).await?;
            peer.serve().await
        })
        .ends(
            Code::INTERNAL,
            &["far more metadata than the limit of 4 MiB"],
        )
        .again(Again::NewConnection),
    ]
}
