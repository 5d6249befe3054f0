//! Frames and flow control: windows that overflow, frames too large, padding, streams that do not exist,
//! frames nobody knows.

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Kind, Scenario, answering, expect},
    wire::{
        DATA, DEFAULT_FRAME_BYTES, END_HEADERS, GRPC_HEAD, PADDED, PING, PRIORITY, PUSH_PROMISE,
        WINDOW_UPDATE, block, data, frame, frame_of_length, good, head, joined, last_data, message,
        ok, padded_data, ping, spread, window_update,
    },
};

/// The largest frame our SETTINGS allow.
const MOST_BYTES: usize = 256 * 1024;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = windows();
    all.extend(frames());
    all.extend(harmless());
    all
}

/// A fault of the connection, which ends with it.
fn fault(
    name: &'static str,
    answer: impl Fn(u32) -> Vec<u8> + Clone + Send + Sync + 'static,
) -> Scenario {
    answering(name, answer)
        .ends(Code::INTERNAL, &["The connection to", "broke HTTP/2"])
        .again(Again::NewConnection)
}

fn windows() -> Vec<Scenario> {
    vec![
        answering("WINDOW_UPDATE of nothing on a stream", |stream| {
            window_update(stream, 0)
        })
        .ends(Code::INTERNAL, &["broke HTTP/2"])
        .again(Again::NewConnection),
        fault("WINDOW_UPDATE of nothing on the connection", |_| {
            window_update(0, 0)
        }),
        fault("WINDOW_UPDATE above the most on the connection", |_| {
            window_update(0, i32::MAX.cast_unsigned())
        }),
        Scenario::new(
            "WINDOW_UPDATE above the most on a stream",
            |mut peer| async move {
                peer.greet(&[]).await?;
                let stream = peer.head().await?;
                let most = window_update(stream, i32::MAX.cast_unsigned());
                peer.send(most.repeat(2)).await?;
                peer.send(window_update(0, 1 << 20)).await?;
                peer.serve().await
            },
        )
        .messages(vec![vec![1; 200_000]])
        .ends(Code::INTERNAL, &["broke HTTP/2", "flow-control windows"])
        .again(Again::SameConnection),
        fault("WINDOW_UPDATE of three bytes", |stream| {
            frame(WINDOW_UPDATE, 0, stream, &[0; 3])
        }),
        fault("WINDOW_UPDATE on a stream that was never opened", |_| {
            window_update(101, 1)
        }),
        answering(
            "more than the stream's window, taken as it comes",
            |stream| {
                // 24 MiB through a window of 16: the client gives room while it reads.
                let piece = vec![7; 1 << 20];
                let piece = message(&piece);
                let frames = spread(stream, &piece, DEFAULT_FRAME_BYTES);
                [head(stream), frames.repeat(8), ok(stream)].concat()
            },
        )
        .kind(Kind::ServerStream)
        .answers(8)
        .saw(|seen| {
            let given = seen.count(|frame| frame.kind == WINDOW_UPDATE && frame.stream != 0);
            expect(given > 0, || "no room was given".to_owned())
        }),
    ]
}

fn frames() -> Vec<Scenario> {
    vec![
        fault("a frame one byte larger than allowed", |stream| {
            [head(stream), data(stream, &vec![0; MOST_BYTES + 1])].concat()
        })
        .ends(Code::INTERNAL, &["FRAME_SIZE_ERROR", "wrong size"]),
        fault("a frame of 16 MiB begun", |stream| {
            let begun = frame_of_length(0xff_ffff, DATA, 0, stream, &[0; 100]);
            [head(stream), begun].concat()
        }),
        answering("a frame as large as allowed", |stream| {
            let body = message(&vec![0; MOST_BYTES - 5]);
            [head(stream), data(stream, &body), ok(stream)].concat()
        })
        .answers(1),
        fault("DATA on the connection's stream", |_| data(0, b"x")),
        fault("DATA on a stream that was never opened", |_| {
            data(101, b"x")
        }),
        fault("DATA with more padding than payload", |stream| {
            let padded = frame(DATA, PADDED, stream, &[200, 0]);
            [head(stream), padded].concat()
        }),
        fault("PING of seven bytes", |_| frame(PING, 0, 0, &[0; 7])),
        fault("PING on a stream", |stream| frame(PING, 0, stream, &[0; 8])),
        fault("PUSH_PROMISE, though push is off", |stream| {
            let promised = [&2_u32.to_be_bytes()[..], &block(&GRPC_HEAD)].concat();
            frame(PUSH_PROMISE, END_HEADERS, stream, &promised)
        }),
        fault("DATA on a pushed stream", |_| data(2, b"x")),
    ]
}

fn harmless() -> Vec<Scenario> {
    vec![
        answering("DATA after the trailers", |stream| {
            [good(stream), data(stream, b"late")].concat()
        })
        .answers(1),
        answering("trailers twice", |stream| {
            [good(stream), ok(stream)].concat()
        })
        .answers(1),
        answering("frames of kinds nobody knows", |stream| {
            [
                frame(0xbe, 0xff, stream, b"what?"),
                head(stream),
                frame(10, 0, 0, b"altsvc"),
                data(stream, &message(b"")),
                frame(0xff, 0, 0, &[0; 1000]),
                ok(stream),
            ]
            .concat()
        })
        .answers(1),
        answering("PRIORITY for streams that do not exist", |stream| {
            let priority = frame(PRIORITY, 0, 77, &[0, 0, 0, 0, 16]);
            [priority.repeat(50), good(stream)].concat()
        })
        .answers(1),
        answering("an answer to a PING that was never sent", |stream| {
            [frame(PING, 1, 0, &[9; 8]), good(stream)].concat()
        })
        .answers(1),
        answering("a PING in mid answer", |stream| {
            [
                head(stream),
                ping(42),
                data(stream, &message(b"")),
                ok(stream),
            ]
            .concat()
        })
        .answers(1)
        .saw(|seen| {
            let answered = seen.count(|frame| {
                frame.kind == PING && frame.is_ack() && frame.number_at(4) == Some(42)
            });
            expect(answered == 1, || "the PING was not answered".to_owned())
        }),
        answering("padding of 255 bytes on every frame", |stream| {
            let body = message(b"padded");
            let frames = joined(body.chunks(5).map(|part| padded_data(stream, part, 255)));
            [head(stream), frames, ok(stream)].concat()
        })
        .answers(1),
        answering("flags nobody knows", |stream| {
            let body = frame(DATA, 0xf6, stream, &message(b""));
            [head(stream), body, ok(stream)].concat()
        })
        .answers(1),
        answering("the reserved bit of a stream's number", |stream| {
            let reserved = stream | 1 << 31;
            [head(reserved), data(reserved, &message(b"")), ok(reserved)].concat()
        })
        .answers(1),
        answering("a frame after the end of a stream", |stream| {
            [head(stream), last_data(stream, &message(b"")), ok(stream)].concat()
        })
        .ends(Code::UNKNOWN, &["without grpc-status"])
        .answers(1),
    ]
}
