//! What the command line shows of answers that only a broken server or a proxy gives.

use std::process::{Command, Stdio};

use stubless_core::demo::DESCRIPTOR_SET;
use tokio::runtime::Builder;

use super::{
    server::{Server, script},
    wire::{data, foreign, head, last_data, literal, long_headers, message, trailers},
};

/// Calls a server that gives this answer to everything; what the program wrote to standard error.
fn said(answer: fn(u32) -> Vec<u8>, more: &[&str]) -> String {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(Server::start(script(move |mut peer| async move {
        peer.greet(&[]).await?;
        loop {
            let stream = peer.request().await?;
            peer.send(answer(stream)).await?;
        }
    })));
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("demo.binpb");
    std::fs::write(&set, DESCRIPTOR_SET).unwrap();
    let target = server.address.to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_stubless"))
        .args(["call", &target, "demo.v1.Greeter/SayHello"])
        .arg("--descriptor-set")
        .arg(set)
        .args(more)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[track_caller]
fn assert_says(said: &str, words: &[&str]) {
    for words in words {
        assert!(said.contains(words), "`{words}` is missing: {said}");
    }
}

#[test]
fn a_foreign_body_is_shown_whole_where_more_is_asked_for() {
    let page = |stream| {
        let page = format!(
            "<html>\r\n{}\u{1b}[31m</html>\n",
            "<p>Sorry</p>\n".repeat(100)
        );
        let more = [("content-type", "text/html"), ("x-proxy", "gate")];
        let head = foreign(stream, 0, "502", &more);
        [head, last_data(stream, page.as_bytes())].concat()
    };
    let short = said(page, &[]);
    assert_says(
        &short,
        &[
            "HTTP 502",
            "<p>Sorry</p>",
            "-v shows the headers and the body (1321 bytes)",
        ],
    );
    assert!(!short.contains("</html>"), "{short}");
    let long = said(page, &["-v"]);
    assert_says(
        &long,
        &[
            "x-proxy: gate",
            "* HTTP 502, body: 1321 bytes\n<html>\n<p>Sorry</p>\n",
            "\\u{1b}[31m</html>\n",
        ],
    );
    assert!(!long.contains('\u{1b}'), "{long}");
    let endless = said(
        |stream| {
            let piece = data(stream, &[b'x'; 16_000]).repeat(8);
            [foreign(stream, 0, "503", &[]), piece].concat()
        },
        &["-v"],
    );
    let cut = "* HTTP 503, body: the first 65536 bytes; there was more, or no end\nxxx";
    assert_says(&endless, &[cut]);
}

#[test]
fn details_that_cannot_be_read_are_shown_as_they_came() {
    let said = said(
        |stream| {
            let own = [("grpc-status", "3"), ("grpc-status-details-bin", "!!!")];
            [
                head(stream),
                data(stream, &message(b"")),
                trailers(stream, &own),
            ]
            .concat()
        },
        &[],
    );
    assert_says(
        &said,
        &["INVALID_ARGUMENT (3)", "\"value\": \"!!!\"", "not base64"],
    );
}

#[test]
fn a_peers_text_moves_no_cursor_and_fills_no_screen() {
    let said = said(
        |stream| {
            let long = "%1b[31m%E2%80%AEevil".repeat(10_000);
            let mut block = literal(b"grpc-status", b"2");
            block.extend(literal(b"grpc-message", long.as_bytes()));
            [head(stream), long_headers(stream, 1, &block)].concat()
        },
        &[],
    );
    assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said}");
    assert_says(&said, &["\\u{1b}[31m\\u{202e}evil", "-v shows all"]);
    assert!(said.len() < 50_000, "{} bytes", said.len());
}
