//! HTTP/2 frames written by hand, right or wrong as a script wants them.
//!
//! Pure. Nothing is checked and nothing is remembered: heads are HPACK literals without indexing and
//! without Huffman, so that every byte is the script's own.
//! Spec: RFC 9113 sections 4 and 6, RFC 7541 section 6.2.2; gRPC over HTTP/2.

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const PRIORITY: u8 = 2;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PUSH_PROMISE: u8 = 5;
pub(super) const PING: u8 = 6;
pub(super) const GO_AWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

/// END_STREAM of DATA and HEADERS, ACK of SETTINGS and PING.
pub(super) const END_STREAM: u8 = 1;
pub(super) const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
pub(super) const PADDED: u8 = 8;
pub(super) const WITH_PRIORITY: u8 = 0x20;

pub(super) const HEADER_TABLE_SIZE: u16 = 1;
pub(super) const ENABLE_PUSH: u16 = 2;
pub(super) const MAX_CONCURRENT_STREAMS: u16 = 3;
pub(super) const INITIAL_WINDOW_SIZE: u16 = 4;
pub(super) const MAX_FRAME_SIZE: u16 = 5;
pub(super) const MAX_HEADER_LIST_SIZE: u16 = 6;

/// Error codes, RFC 9113 section 7.
pub(super) const NO_ERROR: u32 = 0;
pub(super) const PROTOCOL_ERROR: u32 = 1;
pub(super) const INTERNAL_ERROR: u32 = 2;
pub(super) const FLOW_CONTROL_ERROR: u32 = 3;
pub(super) const REFUSED_STREAM: u32 = 7;
pub(super) const CANCEL: u32 = 8;
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

/// The largest frame that may be sent to a client that said nothing else.
pub(super) const DEFAULT_FRAME_BYTES: usize = 16 * 1024;

pub(super) type Pair<'a> = (&'a str, &'a str);

/// One frame, its length as it is.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    frame_of_length(length, kind, flags, stream, payload)
}

/// One frame whose head says another length than its payload has.
pub(super) fn frame_of_length(
    length: u32,
    kind: u8,
    flags: u8,
    stream: u32,
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = length.to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

pub(super) fn settings(pairs: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = pairs
        .iter()
        .flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect();
    frame(SETTINGS, 0, 0, &payload)
}

pub(super) fn settings_ack() -> Vec<u8> {
    frame(SETTINGS, ACK, 0, &[])
}

pub(super) fn ping(data: u64) -> Vec<u8> {
    frame(PING, 0, 0, &data.to_be_bytes())
}

pub(super) fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

pub(super) fn go_away(last_stream: u32, code: u32, debug: &[u8]) -> Vec<u8> {
    let head = [last_stream.to_be_bytes(), code.to_be_bytes()].concat();
    frame(GO_AWAY, 0, 0, &[&head, debug].concat())
}

pub(super) fn window_update(stream: u32, increment: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &increment.to_be_bytes())
}

pub(super) fn data(stream: u32, bytes: &[u8]) -> Vec<u8> {
    frame(DATA, 0, stream, bytes)
}

pub(super) fn last_data(stream: u32, bytes: &[u8]) -> Vec<u8> {
    frame(DATA, END_STREAM, stream, bytes)
}

/// DATA with this much padding.
pub(super) fn padded_data(stream: u32, bytes: &[u8], padding: u8) -> Vec<u8> {
    let zeros = vec![0; padding.into()];
    frame(
        DATA,
        PADDED,
        stream,
        &[&[padding][..], bytes, &zeros].concat(),
    )
}

/// A head block of literals.
pub(super) fn block(pairs: &[Pair<'_>]) -> Vec<u8> {
    pairs
        .iter()
        .flat_map(|(name, value)| literal(name.as_bytes(), value.as_bytes()))
        .collect()
}

/// One literal, of bytes that need be no text.
pub(super) fn literal(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    for text in [name, value] {
        bytes.extend(length_of(text.len()));
        bytes.extend(text);
    }
    bytes
}

/// A length with a prefix of 7 bits, without Huffman (RFC 7541 section 5.1).
fn length_of(length: usize) -> Vec<u8> {
    const FULL: usize = 127;
    if length < FULL {
        return vec![u8::try_from(length).unwrap()];
    }
    let mut bytes = vec![127];
    let mut rest = length - FULL;
    while rest >= 128 {
        bytes.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes
}

/// HEADERS of these pairs, in one frame.
pub(super) fn headers(stream: u32, flags: u8, pairs: &[Pair<'_>]) -> Vec<u8> {
    frame(HEADERS, flags | END_HEADERS, stream, &block(pairs))
}

/// A block over HEADERS and as many CONTINUATION frames as it needs.
pub(super) fn long_headers(stream: u32, flags: u8, block: &[u8]) -> Vec<u8> {
    let pieces: Vec<&[u8]> = block.chunks(DEFAULT_FRAME_BYTES).collect();
    let mut bytes = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        let end = if number + 1 == pieces.len() {
            END_HEADERS
        } else {
            0
        };
        bytes.extend(match number {
            0 => frame(HEADERS, flags | end, stream, piece),
            _ => frame(CONTINUATION, end, stream, piece),
        });
    }
    bytes
}

pub(super) const GRPC_HEAD: [Pair<'static>; 2] =
    [(":status", "200"), ("content-type", "application/grpc")];

/// DATA frames of at most so many bytes, over which these are spread.
pub(super) fn spread(stream: u32, bytes: &[u8], frame_bytes: usize) -> Vec<u8> {
    joined(bytes.chunks(frame_bytes).map(|part| data(stream, part)))
}

/// Frames one after the other. (A `flat_map` goes byte by byte, which takes seconds without
/// optimisation.)
pub(super) fn joined(frames: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut all = Vec::new();
    for frame in frames {
        all.extend_from_slice(&frame);
    }
    all
}

/// The head of a good answer.
pub(super) fn head(stream: u32) -> Vec<u8> {
    headers(stream, 0, &GRPC_HEAD)
}

/// The head of a good answer with more in it.
pub(super) fn head_with(stream: u32, more: &[Pair<'_>]) -> Vec<u8> {
    headers(stream, 0, &[&GRPC_HEAD, more].concat())
}

/// The head of an answer of something else, and nothing after it unless `flags` are 0.
pub(super) fn foreign(stream: u32, flags: u8, status: &str, more: &[Pair<'_>]) -> Vec<u8> {
    headers(stream, flags, &[&[(":status", status)], more].concat())
}

/// One length-prefixed message.
pub(super) fn message(bytes: &[u8]) -> Vec<u8> {
    flagged(0, bytes)
}

/// One message with this flag in its prefix.
pub(super) fn flagged(flag: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&[flag][..], &length.to_be_bytes(), bytes].concat()
}

pub(super) fn trailers(stream: u32, pairs: &[Pair<'_>]) -> Vec<u8> {
    headers(stream, END_STREAM, pairs)
}

/// Trailers of a call that went well.
pub(super) fn ok(stream: u32) -> Vec<u8> {
    trailers(stream, &[("grpc-status", "0")])
}

/// A whole good answer: head, one empty message, OK.
pub(super) fn good(stream: u32) -> Vec<u8> {
    [head(stream), data(stream, &message(&[])), ok(stream)].concat()
}
