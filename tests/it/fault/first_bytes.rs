//! What comes before HTTP/2: other protocols, half of something, nothing at all.

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Scenario, beginning},
    wire::{
        ENABLE_PUSH, GO_AWAY, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, SETTINGS, frame,
        frame_of_length, go_away, ping, settings, settings_ack,
    },
};

/// A server that says nothing more is given up after this time.
const SILENCE_MILLIS: u64 = 300;

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = other_protocols();
    all.extend(broken_beginnings());
    all.extend(silences());
    all
}

fn other_protocols() -> Vec<Scenario> {
    let unavailable = |scenario: Scenario, words| scenario.ends(Code::UNAVAILABLE, words);
    vec![
        unavailable(
            beginning("TLS alert on plaintext", b"\x15\x03\x01\x00\x02\x02\x46"),
            &["wants TLS", "Turn TLS on"],
        ),
        unavailable(
            beginning("TLS handshake on plaintext", b"\x16\x03\x03\x00\x7a\x02"),
            &["wants TLS"],
        ),
        unavailable(
            beginning(
                "HTTP/1.1 error page",
                b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n",
            ),
            &["speaks HTTP/1.1", "HTTP 400", "Turn TLS on if"],
        ),
        unavailable(
            beginning("HTML without a status line", b"<!DOCTYPE html><p>no</p>"),
            &["speaks HTTP/1.1"],
        ),
        unavailable(
            beginning("SSH banner", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
            &["does not speak HTTP/2", "SSH-2.0-OpenSSH"],
        ),
        unavailable(
            beginning("SMTP banner", b"220 mail.example ESMTP\r\n"),
            &["does not speak HTTP/2", "220 mail.example"],
        ),
        unavailable(
            beginning("binary junk", &[0xff; 200]),
            &["does not speak HTTP/2", "another program"],
        ),
        unavailable(
            beginning("zeros without end", &[0; 70_000]),
            &["does not speak HTTP/2"],
        ),
        unavailable(
            Scenario::new("HTTP/1.1 byte by byte", |mut peer| async move {
                peer.begun().await;
                for byte in b"HTTP/1.0 505 HTTP Version Not Supported\r\n\r\n" {
                    peer.send([*byte]).await?;
                    tokio::task::yield_now().await;
                }
                peer.gone().await
            }),
            &["speaks HTTP/1.1"],
        ),
    ]
}

fn broken_beginnings() -> Vec<Scenario> {
    /// The first connection begins with a frame made here.
    fn with(name: &'static str, bytes: Vec<u8>) -> Scenario {
        beginning(name, bytes.leak())
    }
    let broke = &["before the first call", "broke HTTP/2", "Nothing was sent"][..];
    let not_http2 = &["does not speak HTTP/2"][..];
    vec![
        with("SETTINGS that is an ACK", settings_ack()).ends(Code::UNAVAILABLE, not_http2),
        with("PING before SETTINGS", ping(1)).ends(Code::UNAVAILABLE, not_http2),
        Scenario::new("GOAWAY before SETTINGS, always", |mut peer| async move {
            peer.begun().await;
            peer.send(go_away(0, 11, b"too many connections")).await?;
            peer.gone().await
        })
        .attempts(4)
        .ends(
            Code::UNAVAILABLE,
            &["is closing the connection", "too many connections"],
        ),
        with(
            "SETTINGS of five bytes",
            frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0]),
        )
        .ends(Code::UNAVAILABLE, broke),
        with(
            "SETTINGS with frames of one byte",
            settings(&[(MAX_FRAME_SIZE, 1)]),
        )
        .ends(Code::UNAVAILABLE, broke),
        with(
            "SETTINGS with a window above the most",
            settings(&[(INITIAL_WINDOW_SIZE, 1 << 31)]),
        )
        .ends(Code::UNAVAILABLE, broke),
        with(
            "SETTINGS with a switch that is neither on nor off",
            settings(&[(ENABLE_PUSH, 2)]),
        )
        .ends(Code::UNAVAILABLE, broke),
        with(
            "a first frame of 16 MiB",
            frame_of_length(0xff_ffff, SETTINGS, 0, 0, &[0; 100]),
        )
        .ends(Code::UNAVAILABLE, broke),
        with(
            "GOAWAY cut short before SETTINGS",
            frame(GO_AWAY, 0, 0, &[0; 4]),
        )
        .ends(Code::UNAVAILABLE, not_http2),
    ]
}

fn silences() -> Vec<Scenario> {
    let closed = &["closed the connection at once", "may want TLS"][..];
    vec![
        Scenario::new("a port that says nothing", |mut peer| async move {
            match peer.number {
                0 => peer.gone().await,
                _ => peer.be_good().await,
            }
        })
        .connect_limit(SILENCE_MILLIS)
        .ends(
            Code::UNAVAILABLE,
            &[
                "waiting for the server to speak HTTP/2 took longer than 300ms",
                "stays silent",
            ],
        )
        .again(Again::NewConnection),
        Scenario::new(
            "a call whose deadline passes first",
            |mut peer| async move { peer.gone().await },
        )
        .deadline_with_connecting(SILENCE_MILLIS)
        .ends(Code::DEADLINE_EXCEEDED, &["waited for a connection"]),
        beginning(
            "half a SETTINGS frame, then nothing",
            b"\0\0\x06\x04\0\0\0\0\0\0\x03",
        )
        .connect_limit(SILENCE_MILLIS)
        .ends(
            Code::UNAVAILABLE,
            &["waiting for the server to speak HTTP/2 took longer than 300ms"],
        ),
        beginning("half a status line, then nothing", b"HTTP")
            .connect_limit(SILENCE_MILLIS)
            .ends(Code::UNAVAILABLE, &["speaks HTTP/1.1"]),
        beginning("four bytes of something, then nothing", b"HELO")
            .connect_limit(SILENCE_MILLIS)
            .ends(Code::UNAVAILABLE, &["does not speak HTTP/2", "HELO"]),
        Scenario::new("closed as soon as it is open", |mut peer| async move {
            match peer.number {
                0 => None,
                _ => peer.be_good().await,
            }
        })
        .ends(Code::UNAVAILABLE, closed)
        .again(Again::NewConnection),
        Scenario::new(
            "closed after the client's first bytes",
            |mut peer| async move {
                peer.begun().await;
                match peer.number {
                    0 => None,
                    _ => peer.be_good().await,
                }
            },
        )
        .ends(Code::UNAVAILABLE, closed)
        .again(Again::NewConnection),
        Scenario::new("TCP reset before SETTINGS", |mut peer| async move {
            peer.begun().await;
            match peer.number {
                0 => peer.abort(),
                _ => peer.be_good().await,
            }
        })
        .ends(Code::UNAVAILABLE, closed)
        .again(Again::NewConnection),
        Scenario::new(
            "half a SETTINGS frame, then closed",
            |mut peer| async move {
                match peer.number {
                    0 => peer.send(b"\0\0\x06\x04\0\0\0\0\0\0\x03").await,
                    _ => peer.be_good().await,
                }
            },
        )
        .ends(
            Code::UNAVAILABLE,
            &["before the first call", "ended inside a frame"],
        )
        .again(Again::NewConnection),
    ]
}
