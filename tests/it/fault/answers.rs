//! Answers that are not gRPC, or gRPC with something odd in head or status: proxies, login pages, other
//! codecs, status codes nobody knows.

use stubless_core::grpc::Code;

use super::{
    scenario::{Kind, Scenario, answering},
    wire::{
        CONTINUATION, END_HEADERS, END_STREAM, HEADERS, Pair, data, foreign, frame, good, head,
        head_with, headers, last_data, literal, long_headers, message, ok, trailers,
    },
};

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = proxies();
    all.extend(content_types());
    all.extend(heads());
    all.extend(statuses());
    all.extend(statuses_left_out());
    all
}

/// An answer of something else, with a page.
fn page(name: &'static str, status: &'static str, more: &'static [Pair<'static>]) -> Scenario {
    answering(name, move |stream| {
        let head = foreign(stream, 0, status, more);
        [head, last_data(stream, b"<html><h1>Sorry</h1></html>")].concat()
    })
}

const HTML: &[Pair<'static>] = &[("content-type", "text/html")];

fn proxies() -> Vec<Scenario> {
    vec![
        page("HTML from a gateway without its server", "502", HTML).ends(
            Code::UNAVAILABLE,
            &[
                "HTTP 502",
                "text/html",
                "<h1>Sorry</h1>",
                "A proxy answered",
            ],
        ),
        page("an overloaded proxy", "503", &[])
            .ends(Code::UNAVAILABLE, &["HTTP 503", "no content type"]),
        page("a proxy that waited too long", "504", HTML).ends(Code::UNAVAILABLE, &["HTTP 504"]),
        page("too many requests", "429", HTML).ends(Code::UNAVAILABLE, &["HTTP 429"]),
        answering("a redirect to a login page", |stream| {
            let location = [("location", "https://login.example/")];
            foreign(stream, END_STREAM, "307", &location)
        })
        .ends(Code::UNKNOWN, &["HTTP 307", "https://login.example/"]),
        answering("credentials wanted", |stream| {
            foreign(stream, END_STREAM, "401", &[])
        })
        .ends(Code::UNAUTHENTICATED, &["HTTP 401", "wants credentials"]),
        page("forbidden", "403", HTML).ends(Code::PERMISSION_DENIED, &["HTTP 403"]),
        page("not found", "404", HTML).ends(
            Code::UNIMPLEMENTED,
            &["HTTP 404", "Nothing is served under this path"],
        ),
        page("the codec is not supported", "415", &[]).ends(Code::UNKNOWN, &["HTTP 415"]),
        page("a bad request", "400", HTML).ends(Code::INTERNAL, &["HTTP 400"]),
        page("a head too large for the server", "431", HTML).ends(Code::INTERNAL, &["HTTP 431"]),
        page("a teapot", "418", HTML).ends(Code::UNKNOWN, &["HTTP 418"]),
        answering("a page without end", |stream| {
            let page = vec![b'x'; 16_000];
            let body = data(stream, &page).repeat(10);
            [foreign(stream, 0, "502", HTML), body].concat()
        })
        .ends(Code::UNAVAILABLE, &["HTTP 502", "xxx…"]),
        answering("a page that stops in the middle", |stream| {
            [foreign(stream, 0, "502", HTML), data(stream, b"<h1>Sor")].concat()
        })
        .deadline(1000)
        .ends(Code::UNAVAILABLE, &["HTTP 502", "<h1>Sor"]),
        answering("an error with gRPC trailers behind it", |stream| {
            let own = [("grpc-status", "8"), ("grpc-message", "quota")];
            let more = [("content-type", "application/grpc")];
            [foreign(stream, 0, "429", &more), trailers(stream, &own)].concat()
        })
        .ends(Code::RESOURCE_EXHAUSTED, &["quota"]),
        answering("a gRPC status under an HTTP error", |stream| {
            let own = [("content-type", "application/grpc"), ("grpc-status", "7")];
            foreign(stream, END_STREAM, "403", &own)
        })
        .ends(Code::PERMISSION_DENIED, &[]),
    ]
}

fn content_types() -> Vec<Scenario> {
    let of = |name, content_type: &'static str| {
        answering(name, move |stream| {
            let head = foreign(stream, 0, "200", &[("content-type", content_type)]);
            [head, data(stream, &message(b"")), ok(stream)].concat()
        })
    };
    vec![
        of("gRPC with JSON", "application/grpc+json").ends(
            Code::INTERNAL,
            &["application/grpc+json", "not in protobuf"],
        ),
        of("gRPC with a parameter", "application/grpc; charset=utf-8").answers(1),
        of("gRPC in upper case", "Application/gRPC+Proto").answers(1),
        page(
            "gRPC-Web",
            "200",
            &[("content-type", "application/grpc-web")],
        )
        .ends(Code::UNKNOWN, &["application/grpc-web", "not gRPC"]),
        page(
            "JSON with 200",
            "200",
            &[("content-type", "application/json")],
        )
        .ends(Code::UNKNOWN, &["application/json", "not gRPC"]),
        page("no content type", "200", &[]).ends(Code::UNKNOWN, &["without a content type"]),
        page(
            "almost gRPC",
            "200",
            &[("content-type", "application/grpcx")],
        )
        .ends(Code::UNKNOWN, &["application/grpcx"]),
    ]
}

fn heads() -> Vec<Scenario> {
    vec![
        answering("early hints before the head", |stream| {
            let hints = headers(stream, 0, &[(":status", "103"), ("link", "</a>")]);
            [hints.clone(), hints, good(stream)].concat()
        })
        .answers(1),
        answering("text that is not ASCII in a value", |stream| {
            let mut block = literal(b":status", b"200");
            block.extend(literal(b"content-type", b"application/grpc"));
            block.extend(literal(b"x-name", "Zoë \u{202e}".as_bytes()));
            block.extend(literal(b"x-latin", b"\xe9\xff"));
            let head = long_headers(stream, 0, &block);
            [head, data(stream, &message(b"")), ok(stream)].concat()
        })
        .answers(1),
        answering("binary metadata that is not base64", |stream| {
            let bad = [("x-bin", "%%%"), ("y-bin", "AAA=,====,"), ("-bin", "")];
            let head = head_with(stream, &bad);
            [head, data(stream, &message(b"")), ok(stream)].concat()
        })
        .answers(1),
        answering("a thousand values of one key", |stream| {
            let head = head_with(stream, &vec![("x-again", "value"); 1000]);
            [head, data(stream, &message(b"")), ok(stream)].concat()
        })
        .answers(1),
        answering("a head of 1 MB", |stream| {
            let value = vec![b'a'; 250_000];
            let mut block = literal(b":status", b"200");
            block.extend(literal(b"content-type", b"application/grpc"));
            let first = frame(HEADERS, 0, stream, &block);
            let more = frame(CONTINUATION, 0, stream, &literal(b"x-long", &value)).repeat(4);
            let last = frame(CONTINUATION, END_HEADERS, stream, &[]);
            let body = data(stream, &message(b""));
            [first, more, last, body, ok(stream)].concat()
        })
        .answers(1),
        answering("a head in twenty CONTINUATION frames", |stream| {
            let mut block = literal(b":status", b"200");
            block.extend(literal(b"content-type", b"application/grpc"));
            block.extend(literal(b"x-long", &[b'a'; 320_000]));
            let head = long_headers(stream, 0, &block);
            [head, data(stream, &message(b"")), ok(stream)].concat()
        })
        .answers(1),
    ]
}

/// Trailers alone: a head that ends the call.
fn only(name: &'static str, pairs: &'static [Pair<'static>]) -> Scenario {
    answering(name, move |stream| {
        let all = [&[("content-type", "application/grpc")], pairs].concat();
        foreign(stream, END_STREAM, "200", &all)
    })
    .answers(0)
}

fn statuses() -> Vec<Scenario> {
    let with = |name, pairs: &'static [Pair<'static>]| {
        answering(name, move |stream| {
            [
                head(stream),
                data(stream, &message(b"")),
                trailers(stream, pairs),
            ]
            .concat()
        })
        .answers(1)
    };
    vec![
        only(
            "a status alone",
            &[("grpc-status", "5"), ("grpc-message", "no%20cat")],
        )
        .ends(Code::NOT_FOUND, &["no cat"]),
        with("a status after a message", &[("grpc-status", "9")])
            .ends(Code::FAILED_PRECONDITION, &[]),
        with("a status that is a word", &[("grpc-status", "OK")])
            .ends(Code::UNKNOWN, &["`OK`, which is not a number"]),
        with("a status below zero", &[("grpc-status", "-1")])
            .ends(Code::UNKNOWN, &["`-1`, which is not a number"]),
        with("a status of 33 bits", &[("grpc-status", "4294967296")])
            .ends(Code::UNKNOWN, &["`4294967296`, which is not a number"]),
        with("a status without digits", &[("grpc-status", "")])
            .ends(Code::UNKNOWN, &["``, which is not a number"]),
        with(
            "a status nobody knows",
            &[("grpc-status", "77"), ("grpc-message", "ours")],
        )
        .ends(Code(77), &["ours"]),
        with(
            "the same status twice",
            &[("grpc-status", "0"), ("grpc-status", "0")],
        ),
        with(
            "two statuses that contradict each other",
            &[("grpc-status", "0"), ("grpc-status", "13")],
        )
        .ends(Code::UNKNOWN, &["more than one grpc-status: `0` and `13`"]),
        with(
            "a message with broken escapes",
            &[
                ("grpc-status", "3"),
                ("grpc-message", "100%, %zz, %F0%9F%98%88, %"),
            ],
        )
        .ends(Code::INVALID_ARGUMENT, &["100%, %zz, 😈, %"]),
        with(
            "a message whose bytes are no UTF-8",
            &[("grpc-status", "3"), ("grpc-message", "a%FFb")],
        )
        .ends(Code::INVALID_ARGUMENT, &["a\u{fffd}b"]),
        with(
            "details that are not base64",
            &[("grpc-status", "3"), ("grpc-status-details-bin", "!!!")],
        )
        .ends(Code::INVALID_ARGUMENT, &[]),
        answering("a message of 200 KB", |stream| {
            let long = "long ".repeat(40_000);
            let mut block = literal(b"grpc-status", b"2");
            block.extend(literal(b"grpc-message", long.as_bytes()));
            [head(stream), long_headers(stream, END_STREAM, &block)].concat()
        })
        .ends(Code::UNKNOWN, &["long long"]),
    ]
}

fn statuses_left_out() -> Vec<Scenario> {
    let without = &["without grpc-status", "broke a rule of gRPC"][..];
    vec![
        answering("trailers without a status", |stream| {
            let own = [("x-took", "5ms")];
            [
                head(stream),
                data(stream, &message(b"")),
                trailers(stream, &own),
            ]
            .concat()
        })
        .answers(1)
        .ends(Code::UNKNOWN, without),
        answering("no trailers", |stream| {
            [head(stream), last_data(stream, &message(b""))].concat()
        })
        .answers(1)
        .ends(Code::UNKNOWN, without),
        answering("an empty last frame in place of trailers", |stream| {
            [
                head(stream),
                data(stream, &message(b"")),
                last_data(stream, b""),
            ]
            .concat()
        })
        .answers(1)
        .ends(Code::UNKNOWN, without),
        only("a head that ends the call and says nothing", &[]).ends(Code::UNKNOWN, without),
        answering("a status in the head of an answer with a body", |stream| {
            let head = head_with(stream, &[("grpc-status", "0")]);
            [head, last_data(stream, &message(b""))].concat()
        })
        .answers(1)
        .ends(Code::UNKNOWN, without),
        answering("a stream without trailers", |stream| {
            let body = data(stream, &message(b"")).repeat(3);
            [head(stream), body, last_data(stream, b"")].concat()
        })
        .kind(Kind::ServerStream)
        .answers(3)
        .ends(Code::UNKNOWN, without),
    ]
}
