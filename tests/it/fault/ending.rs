//! Connections and streams that a server ends: GOAWAY, RST_STREAM, and sockets that close in each phase.

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Scenario, answering, closing},
    server::Frame,
    wire::{
        CANCEL, ENHANCE_YOUR_CALM, GO_AWAY, INTERNAL_ERROR, NO_ERROR, PROTOCOL_ERROR,
        REFUSED_STREAM, RST_STREAM, data, frame, frame_of_length, go_away, good, head, message, ok,
        reset,
    },
};

/// How often a call that left and was not looked at is made again.
const REPEATS: usize = 1;

/// No stream was looked at yet.
const NONE: u32 = 0;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = unprocessed();
    all.extend(going_away());
    all.extend(resets());
    all.extend(closed_in_each_phase());
    all
}

/// The first connection says GOAWAY as soon as a request is there; the next are good.
fn refusing_once(name: &'static str, code: u32, debug: &'static [u8]) -> Scenario {
    Scenario::new(name, move |mut peer| async move {
        if peer.number > 0 {
            return peer.be_good().await;
        }
        peer.greet(&[]).await?;
        peer.head().await?;
        peer.send(go_away(NONE, code, debug)).await
    })
    .attempts(1)
}

/// What the server provably did not look at is made again, and not for ever.
fn unprocessed() -> Vec<Scenario> {
    let sees = |connections| {
        move |seen: &super::server::Seen| {
            super::scenario::expect(seen.connections() == connections, || {
                format!("{} connections", seen.connections())
            })
        }
    };
    vec![
        refusing_once("GOAWAY above every stream", NO_ERROR, b"").saw(sees(2)),
        refusing_once(
            "GOAWAY for too many pings",
            ENHANCE_YOUR_CALM,
            b"too_many_pings",
        )
        .saw(sees(2)),
        Scenario::new("GOAWAY above every stream, always", |mut peer| async move {
            peer.greet(&[]).await?;
            peer.head().await?;
            peer.send(go_away(NONE, NO_ERROR, b"draining")).await
        })
        .attempts(REPEATS)
        .ends(
            Code::UNAVAILABLE,
            &[
                "is closing the connection",
                "draining",
                "making it again is safe",
            ],
        )
        .saw(sees(REPEATS + 1)),
        Scenario::new(
            "GOAWAY right after SETTINGS, always",
            |mut peer| async move {
                peer.greet(&[]).await?;
                peer.send(go_away(NONE, NO_ERROR, b"full")).await?;
                peer.gone().await
            },
        )
        // By chance the call has left or not, and that decides how often.
        .any_attempts()
        .ends(Code::UNAVAILABLE, &["is closing the connection", "full"])
        .saw(|seen: &super::server::Seen| {
            super::scenario::expect((2..=6).contains(&seen.connections()), || {
                format!("{} connections", seen.connections())
            })
        }),
        Scenario::new("a refused stream", |mut peer| async move {
            peer.greet(&[]).await?;
            let stream = peer.head().await?;
            peer.send(reset(stream, REFUSED_STREAM)).await?;
            peer.serve().await
        })
        .attempts(1)
        .saw(sees(1))
        .again(Again::SameConnection),
        Scenario::new(
            "a server that refuses every stream",
            |mut peer| async move {
                peer.greet(&[]).await?;
                loop {
                    let stream = peer.head().await?;
                    peer.send(reset(stream, REFUSED_STREAM)).await?;
                }
            },
        )
        .attempts(REPEATS)
        .ends(
            Code::UNAVAILABLE,
            &["REFUSED_STREAM", "making it again is safe"],
        )
        .saw(sees(1)),
        answering("refused after its head", |stream| {
            [head(stream), reset(stream, REFUSED_STREAM)].concat()
        })
        .ends(Code::UNAVAILABLE, &["REFUSED_STREAM"]),
    ]
}

fn going_away() -> Vec<Scenario> {
    let broken = |name, bytes: Vec<u8>| {
        answering(name, move |_| bytes.clone())
            .ends(Code::INTERNAL, &["broke HTTP/2"])
            .again(Again::NewConnection)
    };
    vec![
        answering("GOAWAY, then the whole answer", |stream| {
            [go_away(stream, NO_ERROR, b"maintenance"), good(stream)].concat()
        })
        .answers(1)
        .again(Again::NewConnection),
        answering("GOAWAY twice, as a server that drains", |stream| {
            [
                go_away(i32::MAX.cast_unsigned(), NO_ERROR, b""),
                head(stream),
                go_away(stream, NO_ERROR, b""),
                data(stream, &message(b"")),
                ok(stream),
            ]
            .concat()
        })
        .answers(1)
        .again(Again::NewConnection),
        closing("GOAWAY, then closed in mid answer", |stream| {
            [
                go_away(stream, NO_ERROR, b"shutting down"),
                head(stream),
                data(stream, &message(b"one")),
            ]
            .concat()
        })
        .ends(
            Code::UNAVAILABLE,
            &["shutting down", "closed the connection", "is not known"],
        ),
        closing("GOAWAY with an error, then closed", |stream| {
            go_away(stream, INTERNAL_ERROR, b"out of file descriptors")
        })
        .ends(
            Code::UNAVAILABLE,
            &["INTERNAL_ERROR", "out of file descriptors"],
        ),
        closing("GOAWAY with a code of its own", |stream| {
            go_away(stream, 4711, b"")
        })
        .ends(Code::UNAVAILABLE, &["GOAWAY (code 4711)"]),
        closing("GOAWAY with a page of control bytes", |stream| {
            let debug: Vec<u8> = (0..12_000_u32)
                .map(|n| u8::try_from(n % 256).unwrap())
                .collect();
            go_away(stream, PROTOCOL_ERROR, &debug)
        })
        .ends(Code::UNAVAILABLE, &["PROTOCOL_ERROR", "…"]),
        broken("GOAWAY on a stream", frame(GO_AWAY, 0, 1, &[0; 8])),
        broken("GOAWAY cut short", frame(GO_AWAY, 0, 0, &[0; 4])),
        broken(
            "GOAWAY that takes back what it said",
            [go_away(1, NO_ERROR, b""), go_away(9, NO_ERROR, b"")].concat(),
        ),
    ]
}

fn resets() -> Vec<Scenario> {
    let by = |name, code, status, words| {
        answering(name, move |stream| reset(stream, code)).ends(status, words)
    };
    let broken = |name, bytes: Vec<u8>| {
        answering(name, move |_| bytes.clone())
            .ends(Code::INTERNAL, &["broke HTTP/2"])
            .again(Again::NewConnection)
    };
    vec![
        by("reset with NO_ERROR", 0, Code::INTERNAL, &["NO_ERROR"]),
        by(
            "reset with PROTOCOL_ERROR",
            1,
            Code::INTERNAL,
            &["PROTOCOL_ERROR"],
        ),
        by(
            "reset with INTERNAL_ERROR",
            2,
            Code::INTERNAL,
            &["INTERNAL_ERROR", "server's log"],
        ),
        by(
            "reset with FLOW_CONTROL_ERROR",
            3,
            Code::INTERNAL,
            &["FLOW_CONTROL_ERROR"],
        ),
        by(
            "reset with STREAM_CLOSED",
            5,
            Code::UNKNOWN,
            &["STREAM_CLOSED"],
        ),
        by(
            "reset with SETTINGS_TIMEOUT",
            4,
            Code::INTERNAL,
            &["reset the stream with SETTINGS_TIMEOUT"],
        ),
        by(
            "reset with FRAME_SIZE_ERROR",
            6,
            Code::INTERNAL,
            &["reset the stream with FRAME_SIZE_ERROR"],
        ),
        by(
            "reset with COMPRESSION_ERROR",
            9,
            Code::INTERNAL,
            &["reset the stream with COMPRESSION_ERROR"],
        ),
        by(
            "reset with CONNECT_ERROR",
            10,
            Code::INTERNAL,
            &["reset the stream with CONNECT_ERROR"],
        ),
        by(
            "reset with CANCEL",
            8,
            Code::CANCELLED,
            &["CANCEL", "gave the call up"],
        ),
        by(
            "reset with ENHANCE_YOUR_CALM",
            11,
            Code::RESOURCE_EXHAUSTED,
            &["ENHANCE_YOUR_CALM", "too busy"],
        ),
        by(
            "reset with INADEQUATE_SECURITY",
            12,
            Code::PERMISSION_DENIED,
            &["INADEQUATE_SECURITY", "stronger TLS"],
        ),
        by(
            "reset with HTTP_1_1_REQUIRED",
            13,
            Code::UNKNOWN,
            &["HTTP_1_1_REQUIRED", "wants HTTP/1.1"],
        ),
        by(
            "reset with a code of its own",
            99,
            Code::UNKNOWN,
            &["code 99"],
        ),
        answering("reset with NO_ERROR after the trailers", |stream| {
            [good(stream), reset(stream, NO_ERROR)].concat()
        })
        .answers(1),
        answering("a reset for a stream that was never opened", |_| {
            reset(101, CANCEL)
        })
        .ends(Code::INTERNAL, &["broke HTTP/2"])
        .again(Again::NewConnection),
        broken("a reset of the connection's stream", reset(0, CANCEL)),
        broken("a reset cut short", frame(RST_STREAM, 0, 1, &[0; 3])),
    ]
}

fn closed_in_each_phase() -> Vec<Scenario> {
    let lost = &["The connection to", "broke", "is not known"][..];
    let aborting = |name, answer: fn(u32) -> Vec<u8>| {
        Scenario::new(name, move |mut peer| async move {
            if peer.number > 0 {
                return peer.be_good().await;
            }
            peer.greet(&[]).await?;
            let stream = peer.request().await?;
            peer.send(answer(stream)).await?;
            peer.abort()
        })
        .ends(Code::UNAVAILABLE, lost)
        .again(Again::NewConnection)
    };
    vec![
        closing("closed after the request", |_| Vec::new()).ends(Code::UNAVAILABLE, lost),
        closing("closed after the head", head).ends(Code::UNAVAILABLE, lost),
        closing("closed after a message", |stream| {
            [head(stream), data(stream, &message(b"one"))].concat()
        })
        .ends(Code::UNAVAILABLE, lost),
        closing("closed inside a message", |stream| {
            [head(stream), data(stream, &message(b"four")[..7])].concat()
        })
        .ends(Code::UNAVAILABLE, lost),
        closing("closed inside a frame", |stream| {
            let begun = frame_of_length(1000, 0, 0, stream, &message(b"four"));
            [head(stream), begun].concat()
        })
        .ends(Code::UNAVAILABLE, &["ended inside a frame"]),
        closing("closed inside a frame's head", |stream| {
            [head(stream), vec![0, 0]].concat()
        })
        .ends(Code::UNAVAILABLE, &["ended inside a frame"]),
        closing("closed between HEADERS and CONTINUATION", |stream| {
            frame(1, 0, stream, &[])
        })
        .ends(Code::UNAVAILABLE, lost),
        aborting("TCP reset after the request", |_| Vec::new()),
        aborting("TCP reset after the head", head),
        Scenario::new(
            "closed before the request has come whole",
            |mut peer| async move {
                if peer.number > 0 {
                    return peer.be_good().await;
                }
                peer.greet(&[]).await?;
                peer.until(|frame: &Frame| frame.kind == 0).await?;
                None
            },
        )
        .messages(vec![vec![7; 200_000]])
        .ends(Code::UNAVAILABLE, lost)
        .again(Again::NewConnection),
        Scenario::new("closed after SETTINGS, always", |mut peer| async move {
            peer.greet(&[]).await
        })
        .any_attempts()
        .ends(Code::UNAVAILABLE, &["the server closed the connection"]),
    ]
}
