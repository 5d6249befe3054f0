//! Messages in a stream: prefixes, lengths, compression, and how many there are.

use std::io::Write;

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder},
};
use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Kind, Scenario, answering},
    wire::{
        data, flagged, good, head, head_with, message, ok, reset, spread, trailers, window_update,
    },
};

/// What the calls here accept at most.
const LIMIT_BYTES: usize = 1 << 20;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = prefixes();
    all.extend(compression());
    all.extend(numbers());
    all
}

/// A good head, this body in one DATA frame, and OK.
fn body(name: &'static str, bytes: Vec<u8>) -> Scenario {
    encoded(name, &[], bytes)
}

/// As [`body`], with more in the head.
fn encoded(
    name: &'static str,
    more: &'static [(&'static str, &'static str)],
    bytes: Vec<u8>,
) -> Scenario {
    answering(name, move |stream| {
        [head_with(stream, more), data(stream, &bytes), ok(stream)].concat()
    })
}

fn prefixes() -> Vec<Scenario> {
    let inside = &["ended inside a message", "broke a rule of gRPC"][..];
    vec![
        body("a prefix with the flag 2", flagged(2, b"x"))
            .ends(Code::INTERNAL, &["flag 2"])
            .answers(0),
        body("a prefix of 4 GiB", [&[0][..], &[0xff; 4]].concat())
            .max_receive(LIMIT_BYTES)
            .ends(
                Code::RESOURCE_EXHAUSTED,
                &["4294967295 bytes", "1048576", "is too large"],
            )
            .answers(0),
        body("a message one byte over the limit", message(&[0; 101]))
            .max_receive(100)
            .ends(Code::RESOURCE_EXHAUSTED, &["101 bytes", "limit of 100"])
            .answers(0),
        body("a message just under the limit", message(&[0; 100]))
            .max_receive(100)
            .answers(1),
        body("a message cut short", message(b"abc")[..6].to_vec())
            .ends(Code::INTERNAL, inside)
            .answers(0),
        body("a prefix cut short", vec![0, 0, 0]).ends(Code::INTERNAL, inside),
        body(
            "bytes after the last message",
            [message(b""), vec![0]].concat(),
        )
        .ends(Code::INTERNAL, inside)
        .answers(1),
        answering("a message cut short, and a status of its own", |stream| {
            let own = [("grpc-status", "15"), ("grpc-message", "lost")];
            let part = data(stream, &message(b"abc")[..6]);
            [head(stream), part, trailers(stream, &own)].concat()
        })
        .ends(Code::DATA_LOSS, &["lost"]),
        answering("a message of one byte a frame", |stream| {
            let pieces = spread(stream, &message(b"slowly"), 1);
            [head(stream), pieces, ok(stream)].concat()
        })
        .answers(1),
        answering("a message too large that never comes", |stream| {
            // Only its prefix: the call ends without waiting for the rest.
            [head(stream), data(stream, &[0, 0x7f, 0, 0, 0])].concat()
        })
        .max_receive(LIMIT_BYTES)
        .ends(Code::RESOURCE_EXHAUSTED, &["too large"]),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Deflate without the head that gRPC asks for (RFC 1950).
fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn compression() -> Vec<Scenario> {
    const GZIP: &[(&str, &str)] = &[("grpc-encoding", "gzip")];
    let packed = gzip(b"packed");
    let mut wrong_sum = packed.clone();
    let sum_at = wrong_sum.len() - 8;
    wrong_sum[sum_at] ^= 0xff;
    let bomb = gzip(&vec![0; 16 << 20]);
    let bomb_of_bombs = gzip(&bomb);
    vec![
        encoded("a gzip message", GZIP, flagged(1, &packed)).answers(1),
        encoded("plain and gzip in turn", GZIP, {
            [message(b"1"), flagged(1, &packed), message(b"3")].concat()
        })
        .kind(Kind::ServerStream)
        .answers(3),
        body("compressed, and nobody said how", flagged(1, &packed))
            .ends(Code::INTERNAL, &["named no grpc-encoding"])
            .answers(0),
        encoded(
            "an encoding that was not offered",
            &[("grpc-encoding", "br")],
            flagged(1, &packed),
        )
        .ends(Code::INTERNAL, &["`br`", "was not offered"]),
        encoded(
            "compressed with identity",
            &[("grpc-encoding", "identity")],
            flagged(1, b"x"),
        )
        .ends(Code::INTERNAL, &["named no grpc-encoding"]),
        encoded(
            "gzip cut short",
            GZIP,
            flagged(1, &packed[..packed.len() - 9]),
        )
        .ends(Code::INTERNAL, &["does not inflate with gzip"]),
        encoded("gzip that is none", GZIP, flagged(1, b"no gzip"))
            .ends(Code::INTERNAL, &["does not inflate with gzip"]),
        encoded("gzip with a wrong checksum", GZIP, flagged(1, &wrong_sum))
            .ends(Code::INTERNAL, &["does not inflate with gzip"]),
        encoded("nothing, compressed", GZIP, flagged(1, b""))
            .ends(Code::INTERNAL, &["does not inflate with gzip"]),
        encoded(
            "deflate without its head",
            &[("grpc-encoding", "deflate")],
            flagged(1, &raw_deflate(b"packed")),
        )
        .ends(Code::INTERNAL, &["does not inflate with deflate"]),
        encoded(
            "zstd that is none",
            &[("grpc-encoding", "zstd")],
            flagged(1, b"no zstd"),
        )
        .ends(Code::INTERNAL, &["does not inflate with zstd"]),
        encoded("a gzip bomb of 16 MiB", GZIP, flagged(1, &bomb))
            .max_receive(LIMIT_BYTES)
            .ends(
                Code::RESOURCE_EXHAUSTED,
                &["inflates to more than the limit of 1048576"],
            )
            .answers(0),
        encoded("a bomb inside a bomb", GZIP, flagged(1, &bomb_of_bombs))
            .max_receive(LIMIT_BYTES)
            .answers(1),
    ]
}

fn numbers() -> Vec<Scenario> {
    vec![
        body("two answers to a unary call", message(b"").repeat(2))
            .ends(Code::UNIMPLEMENTED, &["more than one message"])
            .answers(2),
        body(
            "a thousand answers to a unary call",
            message(b"").repeat(1000),
        )
        .ends(Code::UNIMPLEMENTED, &["more than one message"]),
        answering("no answer to a unary call", |stream| {
            [head(stream), ok(stream)].concat()
        })
        .ends(Code::UNIMPLEMENTED, &["without the message it owes"]),
        answering("OK alone to a unary call", |stream| {
            let pairs = [
                (":status", "200"),
                ("content-type", "application/grpc"),
                ("grpc-status", "0"),
            ];
            trailers(stream, &pairs)
        })
        .ends(Code::UNIMPLEMENTED, &["without the message it owes"]),
        answering("an answer and a status that is not OK", |stream| {
            let own = [("grpc-status", "10"), ("grpc-message", "late")];
            [
                head(stream),
                data(stream, &message(b"")),
                trailers(stream, &own),
            ]
            .concat()
        })
        .ends(Code::ABORTED, &["late"])
        .answers(1),
        answering("a stream of nothing", |stream| {
            [head(stream), ok(stream)].concat()
        })
        .kind(Kind::ServerStream)
        .answers(0),
        body(
            "three thousand messages in one frame",
            message(b"").repeat(3_000),
        )
        .kind(Kind::ServerStream)
        .answers(3_000),
        Scenario::new(
            "an answer before the request has ended",
            |mut peer| async move {
                peer.greet(&[]).await?;
                let stream = peer.head().await?;
                // What this call took of the connection's window is not given back.
                peer.send(window_update(0, 1 << 20)).await?;
                peer.send(good(stream)).await?;
                peer.serve().await
            },
        )
        .kind(Kind::ClientStream)
        .messages(vec![vec![1; 400_000]; 3])
        .answers(1)
        .again(Again::SameConnection),
        Scenario::new(
            "early trailers, and a reset behind them",
            |mut peer| async move {
                peer.greet(&[]).await?;
                let stream = peer.head().await?;
                let own = [("grpc-status", "8"), ("grpc-message", "enough")];
                let early = [head(stream), trailers(stream, &own), reset(stream, 0)];
                // What this call took of the connection's window is not given back.
                peer.send(window_update(0, 1 << 20)).await?;
                peer.send(early.concat()).await?;
                peer.serve().await
            },
        )
        .kind(Kind::Bidi)
        .messages(vec![vec![1; 400_000]; 3])
        .ends(Code::RESOURCE_EXHAUSTED, &["enough"])
        .again(Again::SameConnection),
    ]
}
