//! How a peer begins: its first bytes, and a proxy's answer.

use tokio::io::AsyncReadExt;

use super::io::{Peer, run};
use crate::{
    fuzz::Input,
    grpc::{
        Proxy, ProxyKind, ProxyProblem,
        printable::disturbs,
        proxy::{MAX_HEAD_BYTES, tunnel},
        sniff::{Beginning, Layer, Sniffed},
        tap::Tap,
    },
};

/// What a sniffed socket makes of a peer's first bytes.
#[derive(Debug, PartialEq)]
struct Began {
    beginning: Beginning,
    refused: bool,
}

fn began(bytes: &[u8], seed: u8, layer: Layer) -> (Began, String) {
    let plain = matches!(layer, Layer::Http2(_));
    let (mut socket, sniffer) = Sniffed::new(Peer::saying(bytes, seed), layer);
    let mut passed = Vec::new();
    let refused = run(socket.read_to_end(&mut passed)).is_err();
    assert!(bytes.starts_with(&passed));
    assert!(refused || passed.len() == bytes.len());
    assert!(plain || !refused, "under TLS it is rustls that decides");
    let beginning = sniffer.beginning();
    assert!(!refused || !matches!(beginning, Beginning::Http2 | Beginning::Nothing));
    (Began { beginning, refused }, sniffer.excerpt())
}

/// The first bytes of a peer: what it speaks does not depend on how its bytes are cut, nothing is
/// changed on the way, and the excerpt can be shown.
pub fn first_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let seed = input.byte();
    let bytes = input.rest();
    let layers: [fn() -> Layer; 2] = [|| Layer::Tls, || Layer::Http2(Tap::new())];
    for layer in layers {
        let (cut, excerpt) = began(bytes, seed, layer());
        let (bytewise, _) = began(bytes, 0, layer());
        assert_eq!(cut, bytewise);
        assert!(excerpt.is_ascii() && !excerpt.contains(char::is_control));
    }
}

/// A proxy's answer: a tunnel begins right after it, a refusal can be shown, and no more is read than
/// an answer may have.
pub fn proxy_answer(data: &[u8]) {
    /// Method, password's answer, reply with the longest domain.
    const MOST_OF_SOCKS: usize = 2 + 2 + 4 + 1 + 255 + 2;
    let mut input = Input::new(data);
    let flags = input.byte();
    let seed = input.byte();
    let bytes = input.rest();
    let proxy = Proxy {
        kind: match flags & 1 {
            0 => ProxyKind::Http,
            _ => ProxyKind::Socks5,
        },
        host: "proxy.example".to_owned(),
        port: 3128,
        credentials: (flags & 2 != 0).then(|| ("me".to_owned(), "hunter2".to_owned())),
    };
    let opened = |seed| {
        run(async {
            let peer = Box::new(Peer::saying(bytes, seed));
            let mut io = tunnel(peer, &proxy, "api.example", 443).await?;
            let mut rest = Vec::new();
            match io.read_to_end(&mut rest).await {
                Ok(_) => Ok(rest),
                Err(error) => Err(ProxyProblem::Unreachable(error.to_string())),
            }
        })
    };
    let answer = opened(seed);
    assert_eq!(answer, opened(0));
    match answer {
        Ok(rest) => {
            assert!(bytes.ends_with(&rest));
            let (head, _) = bytes.split_at(bytes.len() - rest.len());
            if proxy.kind == ProxyKind::Socks5 {
                assert!(head.starts_with(&[5]) && head.len() <= MOST_OF_SOCKS);
                return;
            }
            assert!(head.starts_with(b"HTTP/") && head.len() <= MAX_HEAD_BYTES);
            let status = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            let status = status.get(..3).unwrap_or_default();
            assert!(matches!(status, [b'2', b'0'..=b'9', b'0'..=b'9']));
            let ends = |bytes: &[u8]| bytes.ends_with(b"\r\n\r\n") || bytes.ends_with(b"\n\n");
            assert!(ends(head) && (0..head.len()).all(|end| !ends(&head[..end])));
        }
        Err(problem) => {
            let words = problem.to_string();
            assert!(
                !words.contains(disturbs) && words.len() < 4_000,
                "{words:?}"
            );
        }
    }
}
