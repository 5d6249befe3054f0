//! What a server's SETTINGS allow and forbid: streams, windows, frames, tables; and SETTINGS that come
//! later, twice, or broken.

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Kind, Scenario, answering, expect},
    wire::{
        ACK, DATA, DEFAULT_FRAME_BYTES, ENABLE_PUSH, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE,
        MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE, SETTINGS, data, frame, good,
        head, message, ok, settings, settings_ack, window_update,
    },
};

const STALL_MILLIS: u64 = 300;

/// Larger than the window of 64 KiB that a server has by default.
const LARGE_BYTES: usize = 200_000;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = streams();
    all.extend(windows());
    all.extend(odd_but_allowed());
    all.extend(broken());
    all
}

/// A server with these SETTINGS that answers everything well.
fn good_with(name: &'static str, pairs: &'static [(u16, u32)]) -> Scenario {
    Scenario::new(name, move |mut peer| async move {
        peer.greet(pairs).await?;
        peer.serve().await
    })
    .again(Again::SameConnection)
}

fn streams() -> Vec<Scenario> {
    vec![
        good_with("no streams allowed", &[(MAX_CONCURRENT_STREAMS, 0)])
            .deadline(STALL_MILLIS)
            .ends(
                Code::DEADLINE_EXCEEDED,
                &["a free stream: the server allows 0 at once"],
            )
            .again(Again::Not),
        Scenario::new("no streams allowed at first", |mut peer| async move {
            peer.greet(&[(MAX_CONCURRENT_STREAMS, 0)]).await?;
            // Our SETTINGS were taken, so the client waits for a stream now.
            peer.until(|frame| frame.kind == SETTINGS && frame.is_ack())
                .await?;
            peer.send(settings(&[(MAX_CONCURRENT_STREAMS, 1)])).await?;
            peer.serve().await
        })
        .again(Again::SameConnection),
    ]
}

fn windows() -> Vec<Scenario> {
    let large = |scenario: Scenario| scenario.messages(vec![vec![7; LARGE_BYTES]]);
    vec![
        good_with("a window of nothing", &[(INITIAL_WINDOW_SIZE, 0)])
            .deadline(STALL_MILLIS)
            .ends(
                Code::DEADLINE_EXCEEDED,
                &["room to send", "flow-control window is used up"],
            )
            .again(Again::Not),
        Scenario::new("a window that opens by SETTINGS", |mut peer| async move {
            peer.greet(&[(INITIAL_WINDOW_SIZE, 0)]).await?;
            peer.head().await?;
            peer.send(settings(&[(INITIAL_WINDOW_SIZE, 65_535)]))
                .await?;
            peer.serve().await
        })
        .again(Again::SameConnection),
        Scenario::new("a window that opens byte by byte", |mut peer| async move {
            peer.greet(&[(INITIAL_WINDOW_SIZE, 0)]).await?;
            loop {
                let stream = peer.head().await?;
                loop {
                    peer.send(window_update(stream, 1)).await?;
                    let piece = peer.until(|frame| frame.kind == DATA).await?;
                    if piece.ends_stream() {
                        break;
                    }
                }
                peer.send(good(stream)).await?;
            }
        })
        .again(Again::SameConnection),
        large(Scenario::new(
            "a window that shrinks below nothing",
            |mut peer| async move {
                peer.greet(&[]).await?;
                let stream = peer.head().await?;
                peer.until(|frame| frame.kind == DATA).await?;
                peer.send(settings(&[(INITIAL_WINDOW_SIZE, 0)])).await?;
                peer.until(|frame| frame.kind == SETTINGS && frame.is_ack())
                    .await?;
                peer.send(window_update(0, 1_000_000)).await?;
                peer.send(window_update(stream, 1_000_000)).await?;
                peer.send(settings(&[(INITIAL_WINDOW_SIZE, 65_535)]))
                    .await?;
                peer.serve().await
            },
        ))
        .again(Again::SameConnection),
        large(Scenario::new(
            "a server that takes no more than its windows",
            |mut peer| async move {
                peer.greet(&[]).await?;
                peer.gone().await
            },
        ))
        .deadline(STALL_MILLIS)
        .ends(Code::DEADLINE_EXCEEDED, &["room to send"])
        .saw(|seen| {
            let sent: usize = seen
                .frames()
                .iter()
                .filter(|frame| frame.kind == DATA)
                .map(|frame| frame.length)
                .sum();
            expect(sent <= 65_535, || {
                format!("{sent} bytes in a window of 65535")
            })
        }),
        large(Scenario::new(
            "a server that reads nothing from its socket",
            |mut peer| async move {
                peer.greet(&[(INITIAL_WINDOW_SIZE, i32::MAX.cast_unsigned())])
                    .await?;
                peer.send(window_update(0, 1 << 30)).await?;
                peer.deaf().await
            },
        ))
        .kind(Kind::ClientStream)
        .messages(vec![vec![7; 1 << 20]; 32])
        .deadline(STALL_MILLIS)
        .ends(Code::DEADLINE_EXCEEDED, &["waited for"]),
        large(good_with(
            "frames of the least size",
            &[(MAX_FRAME_SIZE, 16_384), (INITIAL_WINDOW_SIZE, 1_000_000)],
        ))
        .messages(vec![vec![7; 60_000]])
        .saw(|seen| {
            let frames = seen.frames();
            let longest = frames.iter().map(|frame| frame.length).max();
            expect(longest <= Some(DEFAULT_FRAME_BYTES), || {
                format!("a frame of {longest:?} bytes")
            })
        }),
    ]
}

fn odd_but_allowed() -> Vec<Scenario> {
    vec![
        good_with(
            "no table for heads",
            &[(HEADER_TABLE_SIZE, 0), (MAX_FRAME_SIZE, 0xff_ffff)],
        ),
        good_with(
            "a table for heads of 4 GiB",
            &[(HEADER_TABLE_SIZE, u32::MAX)],
        ),
        good_with(
            "heads of ten bytes asked for",
            &[(MAX_HEADER_LIST_SIZE, 10)],
        ),
        good_with("unknown settings", &[(0x99, 1), (0xffff, 2), (8, 0)]),
        good_with(
            "the same setting again and again",
            &[(INITIAL_WINDOW_SIZE, 0), (INITIAL_WINDOW_SIZE, 70_000)],
        ),
        Scenario::new(
            "SETTINGS that are never acknowledged",
            |mut peer| async move {
                peer.until(|frame| frame.kind == SETTINGS).await?;
                peer.send(settings(&[])).await?;
                peer.serve().await
            },
        )
        .again(Again::SameConnection),
        answering("SETTINGS in the middle of an answer", |stream| {
            [
                head(stream),
                settings(&[(MAX_CONCURRENT_STREAMS, 7)]),
                data(stream, &message(b"")),
                settings(&[(HEADER_TABLE_SIZE, 0)]),
                ok(stream),
            ]
            .concat()
        })
        .answers(1)
        .saw(|seen| {
            let acks = seen.count(|frame| frame.kind == SETTINGS && frame.is_ack());
            expect(acks == 3, || format!("{acks} of 3 acknowledged"))
        }),
    ]
}

fn broken() -> Vec<Scenario> {
    let breaks = |name, frame: Vec<u8>| {
        answering(name, move |_| frame.clone())
            .ends(Code::INTERNAL, &["The connection to", "broke HTTP/2"])
            .again(Again::NewConnection)
    };
    vec![
        breaks("an ACK that nothing was sent for", settings_ack()),
        breaks("SETTINGS on a stream", frame(SETTINGS, 0, 1, &[])),
        breaks(
            "an ACK with a payload",
            frame(SETTINGS, ACK, 0, &[0, 3, 0, 0, 0, 1]),
        ),
        breaks(
            "a switch set to 2 in the middle",
            settings(&[(ENABLE_PUSH, 2)]),
        ),
        breaks(
            "a window above the most in the middle",
            settings(&[(INITIAL_WINDOW_SIZE, u32::MAX)]),
        ),
        breaks(
            "frames above the most allowed",
            settings(&[(MAX_FRAME_SIZE, 1 << 24)]),
        ),
    ]
}
