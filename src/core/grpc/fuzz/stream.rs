//! What comes in pieces: messages, compressed ones, and the frames of HTTP/2.

use std::time::Instant;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::{
    fuzz::{Input, pieces},
    grpc::{
        CallFacts, Compression, FrameDirection, FrameType, Messages, Timeline, Trace,
        frame::{Encoding, PREFIX_BYTES, Splitter},
        frame_log::CALL_RECORDS,
        frames::{FRAME_HEAD_BYTES, FrameHead, FrameReader, KEPT_PAYLOAD_BYTES},
        inflate::{self, Inflated},
        printable::disturbs,
        tap::{CONNECTION_RECORDS, Tap},
    },
};

/// What a splitter makes of a stream.
#[derive(Debug, PartialEq)]
struct Split {
    messages: Vec<Bytes>,
    error: Option<String>,
    /// Whether the stream may end here; of no meaning after an error.
    whole: bool,
}

fn split(encoding: &Encoding, limit: usize, chunks: &[&[u8]]) -> Split {
    let mut splitter = Splitter::new(limit);
    splitter.set_encoding(encoding.clone());
    let mut messages = Vec::new();
    let mut error = None;
    'chunks: for chunk in chunks {
        splitter.feed(Bytes::copy_from_slice(chunk));
        loop {
            // Now one by one, now some together: it makes no difference.
            let mut plain = Messages::new();
            splitter.take_plain(&mut plain, messages.len() % 3);
            messages.extend(plain);
            let next = splitter.next_message().and_then(|framed| {
                let inflated = framed.map(|framed| inflate::inflate(framed, limit));
                inflated.transpose()
            });
            match next {
                Ok(Some(Inflated::Now(message))) => messages.push(message),
                // Limits are small here.
                Ok(Some(Inflated::Later(_))) => panic!("a small message was not inflated at once"),
                Ok(None) => break,
                Err(found) => {
                    error = Some(found.to_string());
                    break 'chunks;
                }
            }
        }
        assert!(splitter.buffered() <= limit + PREFIX_BYTES);
    }
    Split {
        messages,
        whole: error.is_some() || splitter.at_boundary(),
        error,
    }
}

fn inflated(
    compression: Compression,
    message: &Bytes,
    limit: usize,
) -> std::io::Result<Option<Bytes>> {
    compression.inflate(message, limit, &CancellationToken::new())
}

/// The messages of a stream as the specification says it in a sentence.
fn split_simply(encoding: &Encoding, limit: usize, mut stream: &[u8]) -> (Vec<Bytes>, bool, bool) {
    let mut messages = Vec::new();
    while let [flag, a, b, c, d, rest @ ..] = stream {
        let compression = match (flag, encoding) {
            (0, _) => Compression::Identity,
            (1, Encoding::Known(known)) if *known != Compression::Identity => *known,
            _ => return (messages, true, true),
        };
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        if length > limit {
            return (messages, true, true);
        }
        let Some((message, rest)) = rest.split_at_checked(length) else {
            return (messages, false, false);
        };
        match inflated(compression, &Bytes::copy_from_slice(message), limit) {
            Ok(Some(message)) => messages.push(message),
            Ok(None) | Err(_) => return (messages, true, true),
        }
        stream = rest;
    }
    (messages, false, stream.is_empty())
}

/// Message framing: any chunking gives the same messages and the same error, nothing above the limit
/// is given or kept, and the answer is that of a simple reader.
pub fn framing(data: &[u8]) {
    let mut input = Input::new(data);
    let encoding = match input.byte() % 5 {
        4 => Encoding::Other("br".to_owned()),
        known => Encoding::Known(Compression::ALL[usize::from(known)]),
    };
    let limit = usize::from(input.byte()) * 8;
    let seed = input.byte();
    let stream = input.rest();
    let at_once = split(&encoding, limit, &[stream]);
    assert!(at_once.messages.iter().all(|one| one.len() <= limit));
    assert_eq!(split(&encoding, limit, &pieces(stream, seed)), at_once);
    assert_eq!(split(&encoding, limit, &pieces(stream, 0)), at_once);
    let (messages, failed, whole) = split_simply(&encoding, limit, stream);
    assert_eq!(at_once.messages, messages);
    assert_eq!((at_once.error.is_some(), at_once.whole), (failed, whole));
}

/// Decompression: never past the limit, the same with more room, and what we compress comes back.
pub fn inflate(data: &[u8]) {
    let mut input = Input::new(data);
    let compression = Compression::ALL[usize::from(input.byte() % 4)];
    let limit = usize::from(input.u16());
    let bytes = Bytes::copy_from_slice(input.rest());

    let more_room = inflated(compression, &bytes, limit + 4096);
    match inflated(compression, &bytes, limit) {
        Ok(Some(inflated)) => {
            assert!(inflated.len() <= limit);
            assert!(matches!(more_room, Ok(Some(again)) if again == inflated));
        }
        Ok(None) => assert!(!matches!(more_room, Ok(Some(again)) if again.len() <= limit)),
        Err(_) => assert!(!matches!(more_room, Ok(Some(_)))),
    }

    let Ok(compressed) = compression.compress(&bytes, &CancellationToken::new()) else {
        panic!("{compression:?} did not compress");
    };
    let back = inflated(compression, &compressed, bytes.len());
    assert!(matches!(back, Ok(Some(back)) if back == bytes));
    if let Some(less) = bytes.len().checked_sub(1) {
        assert!(matches!(inflated(compression, &compressed, less), Ok(None)));
    }
}

type Told = Vec<(FrameHead, Vec<u8>)>;

fn told(mut reader: FrameReader, chunks: &[&[u8]]) -> Told {
    let mut told = Vec::new();
    for chunk in chunks {
        reader.feed(chunk, |head, payload| {
            assert!(payload.len() <= KEPT_PAYLOAD_BYTES && payload.len() <= head.length as usize);
            told.push((head, payload.to_vec()));
        });
    }
    told
}

/// Frames as RFC 9113, section 4.1 lays them out; the payload of the last may be missing.
fn lengths_simply(mut bytes: &[u8]) -> Vec<u32> {
    let mut lengths = Vec::new();
    while let [a, b, c, ..] = bytes
        && bytes.len() >= FRAME_HEAD_BYTES
    {
        let length = u32::from_be_bytes([0, *a, *b, *c]);
        lengths.push(length);
        let next = FRAME_HEAD_BYTES + length as usize;
        bytes = bytes.get(next..).unwrap_or_default();
    }
    lengths
}

/// Frames of a connection, read beside h2, and their log: any chunking tells the same frames, totals
/// are exact whatever was left out, logs stay within their room, and every frame is one line of text.
pub fn frames(data: &[u8]) {
    let mut input = Input::new(data);
    let seed = input.byte();
    let sent_bytes = usize::from(input.byte()) * 2;
    let rest = input.rest();
    let (sent, received) = rest.split_at(sent_bytes.min(rest.len()));

    let once = told(FrameReader::of_server(), &[received]);
    let in_pieces = told(FrameReader::of_server(), &pieces(received, seed));
    assert_eq!(in_pieces, once);
    assert_eq!(told(FrameReader::of_server(), &pieces(received, 0)), once);
    // A frame of which something is kept is told when that is there, so the last may be missing.
    let lengths: Vec<_> = once.iter().map(|(head, _)| head.length).collect();
    let simply = lengths_simply(received);
    assert!(simply.starts_with(&lengths) && simply.len() - lengths.len() <= 1);
    let client = |seed| told(FrameReader::of_client(), &pieces(sent, seed));
    assert_eq!(client(seed), client(0));

    let (one, other) = (
        noted(&[sent], &[received]),
        noted_in_turn(sent, received, seed),
    );
    for (one, other) in one.iter().zip(&other) {
        assert_eq!((one.sent, one.received), (other.sent, other.received));
        check(one);
        check(other);
    }
}

/// The streams that have a log from the beginning.
const STREAMS: [u32; 2] = [1, 3];

fn noted(sent: &[&[u8]], received: &[&[u8]]) -> [Trace; 2] {
    // A call begins before its frames: what was earlier is not in its timeline.
    let (began, tap) = (Instant::now(), Tap::new());
    let calls = STREAMS.map(|stream| tap.call(stream, ""));
    for bytes in sent {
        tap.note(FrameDirection::Sent, bytes);
    }
    for bytes in received {
        tap.note(FrameDirection::Received, bytes);
    }
    calls.map(|call| call.trace(began))
}

fn noted_in_turn(sent: &[u8], received: &[u8], seed: u8) -> [Trace; 2] {
    // A call begins before its frames: what was earlier is not in its timeline.
    let (began, tap) = (Instant::now(), Tap::new());
    let calls = STREAMS.map(|stream| tap.call(stream, ""));
    let mut sent = pieces(sent, seed).into_iter();
    let mut received = pieces(received, seed).into_iter();
    loop {
        let (one, other) = (sent.next(), received.next());
        if one.or(other).is_none() {
            return calls.map(|call| call.trace(began));
        }
        tap.note(FrameDirection::Sent, one.unwrap_or_default());
        tap.note(FrameDirection::Received, other.unwrap_or_default());
    }
}

fn check(trace: &Trace) {
    assert!(trace.records.len() <= 2 * (CALL_RECORDS + CONNECTION_RECORDS));
    let own = || trace.records.iter().filter(|it| it.stream == trace.stream);
    let left_out = trace.omitted.map(|it| it.count).unwrap_or_default();
    let frames = own().map(|it| u64::from(it.frames)).sum::<u64>() + left_out.frames;
    let bytes = own().map(|it| it.bytes).sum::<u64>() + left_out.bytes;
    let (sent, received) = (trace.sent.all(), trace.received.all());
    assert_eq!(frames, sent.frames + received.frames);
    assert_eq!(bytes, sent.bytes + received.bytes);
    let kinds = (0..=u8::MAX).map(FrameType::from_wire);
    let known = kinds.filter(|kind| !matches!(kind, FrameType::Other(11..)));
    let by_kind: u64 = known.map(|kind| trace.received.of(kind).frames).sum();
    assert_eq!(by_kind, received.frames);

    let lines = trace.lines();
    for line in &lines {
        assert!(!line.name.contains(disturbs) && !line.note.contains(disturbs));
    }
    assert_eq!(trace.to_text().lines().count(), lines.len() + 1);

    let timeline = Timeline::new(trace, &CallFacts::default());
    let told = timeline.bars.iter().filter(|bar| bar.own);
    let told: u64 = told.map(|bar| bar.bytes).sum();
    assert_eq!(told, sent.bytes + received.bytes);
    let bars = timeline.bars.iter();
    assert!(
        bars.clone()
            .all(|bar| timeline.begin <= bar.begin && bar.end <= timeline.end)
    );
    let sentences = timeline.sentences.iter();
    assert!(sentences.clone().all(|it| !it.text.contains(disturbs)));
}
