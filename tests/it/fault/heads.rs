//! Heads that break HTTP/2: pseudo-headers, names and values, HPACK, lengths, the order of frames.

use stubless_core::grpc::Code;

use super::{
    scenario::{Again, Scenario, answering},
    wire::{
        CONTINUATION, END_HEADERS, END_STREAM, GRPC_HEAD, HEADERS, PADDED, PRIORITY, WITH_PRIORITY,
        block, data, foreign, frame, head, head_with, headers, last_data, literal, message, ok,
        ping, trailers,
    },
};

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = malformed();
    all.extend(hpack());
    all.extend(lengths());
    all.extend(order());
    all
}

/// A fault of one stream: the connection goes on.
fn stream_fault(name: &'static str, answer: fn(u32) -> Vec<u8>) -> Scenario {
    answering(name, answer).ends(Code::INTERNAL, &["broke HTTP/2", "defect of the server"])
}

/// A fault of the connection, which ends with it.
fn fault(name: &'static str, answer: fn(u32) -> Vec<u8>) -> Scenario {
    answering(name, answer)
        .ends(Code::INTERNAL, &["The connection to", "broke HTTP/2"])
        .again(Again::NewConnection)
}

/// The head of a good answer with these bytes behind it in the block.
fn head_and(stream: u32, more: &[u8]) -> Vec<u8> {
    let block = [&block(&GRPC_HEAD)[..], more].concat();
    frame(HEADERS, END_HEADERS, stream, &block)
}

fn rest(stream: u32) -> Vec<u8> {
    [data(stream, &message(b"")), ok(stream)].concat()
}

fn malformed() -> Vec<Scenario> {
    vec![
        stream_fault("no :status", |stream| {
            let pairs = [("content-type", "application/grpc")];
            [headers(stream, 0, &pairs), rest(stream)].concat()
        }),
        fault("a :status that is no number", |stream| {
            foreign(stream, 0, "abc", &[])
        }),
        fault("a :status of one digit", |stream| {
            foreign(stream, 0, "7", &[])
        }),
        stream_fault("two :status", |stream| {
            let pairs = [(":status", "200"), (":status", "500")];
            [headers(stream, 0, &pairs), rest(stream)].concat()
        }),
        fault("a pseudo-header nobody knows", |stream| {
            foreign(stream, 0, "200", &[(":mood", "bad")])
        }),
        answering("a request's pseudo-header is passed over", |stream| {
            let more = [(":path", "/x"), ("content-type", "application/grpc")];
            [foreign(stream, 0, "200", &more), rest(stream)].concat()
        })
        .answers(1),
        stream_fault("a pseudo-header after the others", |stream| {
            let pairs = [("content-type", "application/grpc"), (":status", "200")];
            [headers(stream, 0, &pairs), rest(stream)].concat()
        }),
        fault("an upper-case name", |stream| {
            head_and(stream, &literal(b"X-Upper", b"1"))
        }),
        fault("an empty name", |stream| {
            head_and(stream, &literal(b"", b"1"))
        }),
        fault("a name with a space", |stream| {
            head_and(stream, &literal(b"x y", b"1"))
        }),
        fault("a line end in a value", |stream| {
            head_and(stream, &literal(b"x-split", b"a\r\nb: c"))
        }),
        fault("a zero byte in a value", |stream| {
            head_and(stream, &literal(b"x-zero", b"a\0b"))
        }),
        stream_fault("a header of HTTP/1.1's connections", |stream| {
            let head = head_with(stream, &[("connection", "close")]);
            [head, rest(stream)].concat()
        }),
        stream_fault("transfer-encoding", |stream| {
            let head = head_with(stream, &[("transfer-encoding", "chunked")]);
            [head, rest(stream)].concat()
        }),
    ]
}

fn hpack() -> Vec<Scenario> {
    vec![
        fault("HPACK: index zero", |stream| head_and(stream, &[0x80])),
        fault("HPACK: an index beyond the table", |stream| {
            head_and(stream, &[0xff, 0xff, 0x01])
        }),
        fault("HPACK: a number without end", |stream| {
            head_and(stream, &[0xff; 40])
        }),
        fault("HPACK: a table larger than allowed", |stream| {
            let size = [0x3f, 0xff, 0xff, 0xff, 0x07];
            let block = [&size[..], &block(&GRPC_HEAD)].concat();
            frame(HEADERS, END_HEADERS, stream, &block)
        }),
        fault("HPACK: a block cut short", |stream| {
            head_and(stream, &[0, 5, b'a', b'b'])
        }),
        fault("HPACK: Huffman that ends in the middle", |stream| {
            head_and(stream, &[0, 0x82, 0xff, 0xff, 0x01, b'x'])
        }),
    ]
}

fn lengths() -> Vec<Scenario> {
    vec![
        stream_fault("a content-length that is too short", |stream| {
            let head = head_with(stream, &[("content-length", "2")]);
            [head, rest(stream)].concat()
        }),
        stream_fault("a content-length that is too long", |stream| {
            let head = head_with(stream, &[("content-length", "500")]);
            [head, rest(stream)].concat()
        }),
        stream_fault("a content-length that is no number", |stream| {
            let head = head_with(stream, &[("content-length", "all")]);
            [head, rest(stream)].concat()
        }),
        stream_fault("two content-lengths", |stream| {
            let head = head_with(stream, &[("content-length", "5"), ("content-length", "6")]);
            [head, rest(stream)].concat()
        }),
        stream_fault("a content-length and no body", |stream| {
            let pairs = [("grpc-status", "0"), ("content-length", "5")];
            headers(stream, END_STREAM, &[&GRPC_HEAD[..], &pairs].concat())
        }),
    ]
}

fn order() -> Vec<Scenario> {
    vec![
        fault("DATA before the head", |stream| {
            [data(stream, &message(b"")), head(stream), ok(stream)].concat()
        }),
        stream_fault("a second head in mid stream", |stream| {
            [
                head(stream),
                data(stream, &message(b"")),
                head(stream),
                ok(stream),
            ]
            .concat()
        }),
        answering(
            "trailers with a pseudo-header, which is passed over",
            |stream| {
                let pairs = [(":status", "200"), ("grpc-status", "0")];
                [
                    head(stream),
                    data(stream, &message(b"")),
                    trailers(stream, &pairs),
                ]
                .concat()
            },
        )
        .answers(1),
        stream_fault("informational trailers", |stream| {
            headers(stream, END_STREAM, &[(":status", "103")])
        }),
        fault("HEADERS on the connection's stream", |_| head(0)),
        fault("HEADERS on a stream of the server's", |_| head(2)),
        fault("HEADERS on a stream that was never opened", |_| head(101)),
        fault("CONTINUATION without HEADERS", |stream| {
            frame(CONTINUATION, END_HEADERS, stream, &block(&GRPC_HEAD))
        }),
        fault("another frame between HEADERS and CONTINUATION", |stream| {
            let begun = frame(HEADERS, 0, stream, &block(&GRPC_HEAD));
            let rest = frame(CONTINUATION, END_HEADERS, stream, &[]);
            [begun, ping(1), rest].concat()
        }),
        fault("CONTINUATION on another stream", |stream| {
            let begun = frame(HEADERS, 0, stream, &block(&GRPC_HEAD));
            [begun, frame(CONTINUATION, END_HEADERS, stream + 2, &[])].concat()
        }),
        fault("HEADERS with more padding than payload", |stream| {
            frame(HEADERS, END_HEADERS | PADDED, stream, &[200, 0, 0])
        }),
        fault("HEADERS whose priority is cut short", |stream| {
            frame(HEADERS, END_HEADERS | WITH_PRIORITY, stream, &[0, 0])
        }),
        stream_fault("HEADERS that depend on themselves", |stream| {
            let dependency = [&stream.to_be_bytes()[..], &[16], &block(&GRPC_HEAD)].concat();
            frame(HEADERS, END_HEADERS | WITH_PRIORITY, stream, &dependency)
        }),
        fault("PRIORITY of four bytes", |stream| {
            frame(PRIORITY, 0, stream, &[0; 4])
        }),
        answering("padding and priority as they may be", |stream| {
            let block = block(&GRPC_HEAD);
            let payload = [&[3, 0, 0, 0, 0, 16][..], &block, &[0; 3]].concat();
            let flags = END_HEADERS | WITH_PRIORITY | PADDED;
            [frame(HEADERS, flags, stream, &payload), rest(stream)].concat()
        })
        .answers(1),
        answering("a last frame without a head", |stream| {
            last_data(stream, b"")
        })
        .ends(Code::INTERNAL, &["broke HTTP/2"])
        .again(Again::NewConnection),
    ]
}
