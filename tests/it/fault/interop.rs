//! The negative HTTP/2 cases of gRPC's interop suite, and its case of padded DATA with the twin that has
//! no padding.
//! Spec: `negative-http2-interop-test-descriptions.md` of grpc/grpc. Its messages have 314159 bytes.

use std::collections::VecDeque;

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Scenario, answering, expect},
    wire::{
        DEFAULT_FRAME_BYTES, HEADERS, MAX_CONCURRENT_STREAMS, NO_ERROR, PING, data, go_away, good,
        head, joined, message, ok, padded_data, ping, reset, spread,
    },
};

const ANSWER_BYTES: usize = 314_159;

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        answering("interop goaway", |stream| {
            [good(stream), go_away(stream, NO_ERROR, b"")].concat()
        })
        .answers(1)
        .again(Again::NewConnection),
        answering("interop rst_after_header", |stream| {
            [head(stream), reset(stream, NO_ERROR)].concat()
        })
        .answers(0)
        .ends(Code::INTERNAL, &["NO_ERROR", "broke the call off"]),
        answering("interop rst_during_data", |stream| {
            let half = &answer()[..ANSWER_BYTES / 2];
            [head(stream), pieces(stream, half), reset(stream, NO_ERROR)].concat()
        })
        .answers(0)
        .ends(Code::INTERNAL, &["NO_ERROR"]),
        answering("interop rst_after_data", |stream| {
            [
                head(stream),
                pieces(stream, &answer()),
                reset(stream, NO_ERROR),
            ]
            .concat()
        })
        .answers(1)
        .ends(Code::INTERNAL, &["NO_ERROR"]),
        Scenario::new("interop ping", |mut peer| async move {
            peer.greet(&[]).await?;
            peer.send(ping(0)).await?;
            loop {
                let stream = peer.request().await?;
                let mut number = 0;
                let mut answer = head(stream);
                for part in pieces_of(stream, &self::answer()) {
                    number += 1;
                    answer.extend([ping(number), part].concat());
                }
                peer.send([answer, ping(99), ok(stream), ping(100)].concat())
                    .await?;
            }
        })
        .answers(1)
        .again(Again::SameConnection)
        .saw(|seen| {
            // One at first, then two calls with a PING before each of 20 frames, and two at the end.
            let sent = 1 + 2 * (20 + 2);
            let answered = seen.count(|frame| frame.kind == PING && frame.is_ack());
            // The last one may still be on its way when the call ends.
            expect(answered + 1 >= sent, || {
                format!("{answered} of {sent} PINGs answered")
            })
        }),
        Scenario::new("interop max_streams", |mut peer| async move {
            peer.greet(&[(MAX_CONCURRENT_STREAMS, 1)]).await?;
            let mut too_early = VecDeque::new();
            loop {
                let stream = match too_early.pop_front() {
                    Some(stream) => stream,
                    None => peer.request().await?,
                };
                // Who ignores the limit sends the next head meanwhile: the client answers a PING
                // after everything it had to send before.
                peer.send(ping(stream.into())).await?;
                loop {
                    let frame = peer.next().await?;
                    if frame.ends_stream() {
                        too_early.push_back(frame.stream);
                    }
                    if frame.kind == PING && frame.is_ack() {
                        break;
                    }
                }
                peer.send(good(stream)).await?;
            }
        })
        .at_once(15)
        .answers(1)
        .again(Again::SameConnection)
        .saw(|seen| {
            // A stream is open until its answer, which is sent after the answer to its PING.
            let mut open = 0_i32;
            let mut most = 0;
            for frame in seen.frames() {
                open += i32::from(frame.kind == HEADERS);
                most = most.max(open);
                open -= i32::from(frame.kind == PING && frame.is_ack());
            }
            let calls = seen.count(|frame| frame.kind == HEADERS);
            expect(most == 1 && calls == 16, || {
                format!("{most} streams at once, {calls} in all")
            })
        }),
        answering("interop data_frame_padding", |stream| {
            let body = answer();
            let frames = joined(body.chunks(5).map(|part| padded_data(stream, part, 255)));
            [head(stream), frames, ok(stream)].concat()
        })
        .answers(1),
        answering("interop data_frame_padding without padding", |stream| {
            [head(stream), spread(stream, &answer(), 5), ok(stream)].concat()
        })
        .answers(1),
    ]
}

fn answer() -> Vec<u8> {
    message(&vec![0; ANSWER_BYTES])
}

fn pieces_of(stream: u32, bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    bytes
        .chunks(DEFAULT_FRAME_BYTES)
        .map(move |part| data(stream, part))
}

fn pieces(stream: u32, bytes: &[u8]) -> Vec<u8> {
    spread(stream, bytes, DEFAULT_FRAME_BYTES)
}
