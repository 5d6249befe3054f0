//! Splits a gRPC byte stream into length-prefixed messages, and writes the prefix.
//!
//! Pure: no sockets, no async. Feed bytes in any chunking, take messages out one by one, so that the
//! caller decides how much is inflated at once; a message that lies whole in one chunk is a slice of
//! it, not a copy.
//! Invariant: never buffers more than one message of `max_bytes`, its prefix, and the last chunk; a
//! message over the limit is refused by its prefix, before any of it is kept.
//! Spec: gRPC over HTTP/2, "Length-Prefixed-Message"; `compression.md`.

use std::io;

use bytes::{Buf, Bytes};

use super::{Code, Compression, Messages, Origin, Status, printable::printable};

/// Length of the prefix: a flag and a big-endian `u32`.
pub(crate) const PREFIX_BYTES: usize = 5;

/// A prefix may promise 4 GiB: room is made as bytes come, this much at first.
const FIRST_RESERVE_BYTES: usize = 1024 * 1024;

/// How much of a name that a server made up is shown.
const NAME_CHARS: usize = 40;

/// How the server said it compresses messages (`grpc-encoding`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Encoding {
    Known(Compression),
    /// One we did not offer.
    Other(String),
}

impl Encoding {
    pub(crate) fn from_header(value: Option<&[u8]>) -> Self {
        let name = match value {
            None | Some(b"") => return Self::Known(Compression::Identity),
            Some(name) => printable(&String::from_utf8_lossy(name), NAME_CHARS),
        };
        Compression::of_name(&name).map_or(Self::Other(name), Self::Known)
    }
}

/// Why the bytes are not the messages of a gRPC stream.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a message of {length} bytes is larger than the limit of {limit} bytes")]
    TooLarge { length: usize, limit: usize },
    #[error("a message inflates to more than the limit of {limit} bytes")]
    InflatedTooLarge { limit: usize },
    #[error("a message starts with the flag {0}, which must be 0 or 1")]
    Flag(u8),
    #[error("a message is marked as compressed, but the server named no grpc-encoding")]
    NoEncoding,
    #[error("messages are compressed with `{}`, which was not offered", super::printable(.0, 100))]
    UnknownEncoding(String),
    #[error("a message does not inflate with {}: {source}", compression.name())]
    Inflate {
        compression: Compression,
        #[source]
        source: io::Error,
    },
}

impl FrameError {
    pub(crate) fn to_status(&self) -> Status {
        let code = match self {
            Self::TooLarge { .. } | Self::InflatedTooLarge { .. } => Code::RESOURCE_EXHAUSTED,
            _ => Code::INTERNAL,
        };
        Status::new(code, self.to_string())
    }

    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::TooLarge { length, .. } => Origin::TooLarge {
                length: u64::try_from(*length).ok(),
            },
            Self::InflatedTooLarge { .. } => Origin::TooLarge { length: None },
            _ => Origin::Protocol,
        }
    }
}

/// The splitter: state between two chunks.
#[derive(Debug)]
pub(crate) struct Splitter {
    max_bytes: usize,
    encoding: Encoding,
    /// What was fed and not yet looked at.
    chunk: Bytes,
    prefix: [u8; PREFIX_BYTES],
    prefix_len: usize,
    partial: Option<Partial>,
}

/// A message as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Framed {
    pub(crate) compression: Compression,
    pub(crate) bytes: Bytes,
}

/// A message whose end has not come yet.
#[derive(Debug)]
struct Partial {
    compression: Compression,
    length: usize,
    bytes: Vec<u8>,
}

impl Partial {
    /// Takes what belongs to the message. Room is at most doubled and ends at the message's length, so
    /// that a large message takes no more memory than it has bytes.
    fn fill(&mut self, chunk: &mut Bytes) {
        let missing = self.length - self.bytes.len();
        let part = chunk.split_to(missing.min(chunk.len()));
        let needed = self.bytes.len() + part.len();
        if needed > self.bytes.capacity() {
            let room = self.bytes.capacity() * 2;
            let room = room.max(FIRST_RESERVE_BYTES).max(needed).min(self.length);
            self.bytes.reserve_exact(room - self.bytes.len());
        }
        self.bytes.extend_from_slice(&part);
    }
}

impl Splitter {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            encoding: Encoding::Known(Compression::Identity),
            chunk: Bytes::new(),
            prefix: [0; PREFIX_BYTES],
            prefix_len: 0,
            partial: None,
        }
    }

    pub(crate) fn set_encoding(&mut self, encoding: Encoding) {
        self.encoding = encoding;
    }

    /// Whether the stream ended between two messages.
    pub(crate) fn at_boundary(&self) -> bool {
        self.prefix_len == 0 && self.partial.is_none() && self.chunk.is_empty()
    }

    /// Room that is held for what has not come whole.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn buffered(&self) -> usize {
        let partial = self.partial.as_ref();
        self.prefix_len + partial.map_or(0, |partial| partial.bytes.capacity())
    }

    /// Takes the next chunk. Of the one before nothing may be left:
    /// [`next_message`](Self::next_message) has said `None`.
    pub(crate) fn feed(&mut self, chunk: Bytes) {
        debug_assert!(
            self.chunk.is_empty(),
            "what is left of a chunk would be lost"
        );
        self.chunk = chunk;
    }

    /// Adds the whole messages at the beginning of the chunk that are not compressed to a batch, at most so
    /// many. Gives how many bytes they have; what is not as simple is left to
    /// [`next_message`](Self::next_message).
    pub(crate) fn take_plain(&mut self, batch: &mut Messages, most: usize) -> usize {
        if self.partial.is_some() || self.prefix_len > 0 {
            return 0;
        }
        let (mut at, mut bytes, mut count) = (0_usize, 0, 0);
        while let Some(&[0, a, b, c, d]) = self.chunk.get(at..at + PREFIX_BYTES) {
            let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
            let start = at + PREFIX_BYTES;
            let end = start.saturating_add(length);
            let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else {
                break;
            };
            if count >= most || length > self.max_bytes || end > self.chunk.len() {
                break;
            }
            if count == 0 {
                batch.add_buffer(self.chunk.clone());
            }
            batch.add(from, to);
            (at, bytes, count) = (end, bytes + length, count + 1);
        }
        self.chunk.advance(at);
        bytes
    }

    /// The next whole message; `None` when more bytes are needed. After an error the splitter is not
    /// to be used again.
    pub(crate) fn next_message(&mut self) -> Result<Option<Framed>, FrameError> {
        loop {
            if let Some(mut partial) = self.partial.take() {
                partial.fill(&mut self.chunk);
                if partial.bytes.len() < partial.length {
                    self.partial = Some(partial);
                    return Ok(None);
                }
                return Ok(Some(Framed {
                    compression: partial.compression,
                    bytes: partial.bytes.into(),
                }));
            }
            let (flag, length) = match *self.chunk {
                [] => return Ok(None),
                [flag, a, b, c, d, ..] if self.prefix_len == 0 => {
                    self.chunk.advance(PREFIX_BYTES);
                    (flag, u32::from_be_bytes([a, b, c, d]))
                }
                _ => match self.push_prefix() {
                    Some(prefix) => prefix,
                    None => return Ok(None),
                },
            };
            let compression = self.check_flag(flag)?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length > self.max_bytes {
                return Err(FrameError::TooLarge {
                    length,
                    limit: self.max_bytes,
                });
            }
            if self.chunk.len() >= length {
                return Ok(Some(Framed {
                    compression,
                    bytes: self.chunk.split_to(length),
                }));
            }
            self.partial = Some(Partial {
                compression,
                length,
                bytes: Vec::new(),
            });
        }
    }

    /// Collects a prefix that is spread over chunks.
    fn push_prefix(&mut self) -> Option<(u8, u32)> {
        while self.prefix_len < PREFIX_BYTES {
            let byte = *self.chunk.first()?;
            self.chunk.advance(1);
            if let Some(slot) = self.prefix.get_mut(self.prefix_len) {
                *slot = byte;
            }
            self.prefix_len += 1;
        }
        self.prefix_len = 0;
        let [flag, a, b, c, d] = self.prefix;
        Some((flag, u32::from_be_bytes([a, b, c, d])))
    }

    /// How a message with this flag is compressed.
    fn check_flag(&self, flag: u8) -> Result<Compression, FrameError> {
        match (flag, &self.encoding) {
            (0, _) => Ok(Compression::Identity),
            (1, Encoding::Known(Compression::Identity)) => Err(FrameError::NoEncoding),
            (1, Encoding::Known(compression)) => Ok(*compression),
            (1, Encoding::Other(name)) => Err(FrameError::UnknownEncoding(name.clone())),
            (other, _) => Err(FrameError::Flag(other)),
        }
    }
}

/// The prefix of a message; `None` when its length does not fit.
pub(crate) fn prefix(compressed: bool, length: usize) -> Option<[u8; PREFIX_BYTES]> {
    let [a, b, c, d] = u32::try_from(length).ok()?.to_be_bytes();
    Some([compressed.into(), a, b, c, d])
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    const GZIP: Encoding = Encoding::Known(Compression::Gzip);
    const IDENTITY: Encoding = Encoding::Known(Compression::Identity);

    fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
        let mut bytes = prefix(false, message.len()).unwrap().to_vec();
        bytes[0] = flag;
        bytes.extend_from_slice(message);
        bytes
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let never = CancellationToken::new();
        Compression::Gzip.compress(bytes, &never).unwrap().to_vec()
    }

    /// The messages in these chunks, inflated; those before an error, and the error.
    fn split(splitter: &mut Splitter, chunks: &[&[u8]]) -> (Vec<Bytes>, Option<FrameError>) {
        let mut messages = Vec::new();
        for chunk in chunks {
            splitter.feed(Bytes::copy_from_slice(chunk));
            loop {
                match splitter.next_message() {
                    Ok(Some(framed)) => messages.push(inflated(&framed)),
                    Ok(None) => break,
                    Err(error) => return (messages, Some(error)),
                }
            }
        }
        (messages, None)
    }

    fn inflated(framed: &Framed) -> Bytes {
        let never = CancellationToken::new();
        let inflated = framed.compression.inflate(&framed.bytes, 100, &never);
        inflated.unwrap().unwrap()
    }

    #[test]
    fn messages_come_out_whole_at_every_split_point() {
        let mut stream = Vec::new();
        let texts: [&[u8]; 5] = [b"one", b"", b"three33", b"", b"5"];
        for text in texts {
            stream.extend(framed(0, text));
        }
        stream.extend(framed(1, &gzip(b"six")));
        let expected: Vec<Bytes> = texts
            .iter()
            .chain([&b"six".as_slice()])
            .map(|text| Bytes::copy_from_slice(text))
            .collect();
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let mut splitter = Splitter::new(100);
                splitter.set_encoding(GZIP);
                let chunks = [&stream[..first], &stream[first..second], &stream[second..]];
                let (messages, error) = split(&mut splitter, &chunks);
                assert!(error.is_none(), "split at {first} and {second}");
                assert_eq!(messages, expected, "split at {first} and {second}");
                assert!(splitter.at_boundary());
            }
        }
        let mut splitter = Splitter::new(100);
        splitter.set_encoding(GZIP);
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        let (messages, _) = split(&mut splitter, &bytes);
        assert_eq!(messages, expected, "byte by byte");
    }

    #[test]
    fn plain_messages_are_taken_together_and_others_are_left() {
        let stream = [
            framed(0, b"one"),
            framed(0, b""),
            framed(0, b"three"),
            framed(1, b"four"),
            framed(0, b"five"),
        ]
        .concat();
        let all = [&b"one"[..], b"", b"three"];
        for (name, chunk, most, want) in [
            ("as far as they are plain", &stream[..], 9, 3),
            ("at most so many", &stream, 2, 2),
            ("whole ones", &stream[..PREFIX_BYTES * 3 + 7], 9, 2),
            ("none in a beginning", &stream[..4], 9, 0),
        ] {
            let mut splitter = Splitter::new(100);
            splitter.set_encoding(GZIP);
            splitter.feed(Bytes::copy_from_slice(chunk));
            let mut batch = Messages::new();
            let bytes = splitter.take_plain(&mut batch, most);
            assert!(batch.iter().eq(all[..want].iter().copied()), "{name}");
            assert_eq!(bytes, all[..want].concat().len(), "{name}");
        }
        // One that is too large, or whose beginning came before, is next_message's.
        let mut splitter = Splitter::new(4);
        splitter.feed(Bytes::from(framed(0, b"three")));
        assert_eq!(splitter.take_plain(&mut Messages::new(), 9), 0);
        assert!(splitter.next_message().is_err());
        let mut splitter = Splitter::new(100);
        splitter.feed(Bytes::copy_from_slice(&stream[..6]));
        assert!(splitter.next_message().unwrap().is_none());
        splitter.feed(Bytes::copy_from_slice(&stream[6..]));
        let mut batch = Messages::new();
        assert_eq!(splitter.take_plain(&mut batch, 9), 0);
        assert_eq!(splitter.next_message().unwrap().unwrap().bytes, all[0]);
        assert_eq!(splitter.take_plain(&mut batch, 9), 5);
    }

    #[test]
    fn a_message_inside_one_chunk_is_not_copied() {
        let chunk = Bytes::from(framed(0, b"0123456789"));
        let place = chunk[PREFIX_BYTES..].as_ptr();
        let mut splitter = Splitter::new(10);
        splitter.feed(chunk);
        let message = splitter.next_message().unwrap().unwrap();
        assert_eq!(message.bytes.as_ptr(), place);
    }

    #[test]
    fn a_large_message_takes_no_more_memory_than_it_has_bytes() {
        for length in [FIRST_RESERVE_BYTES - 1, 3 * FIRST_RESERVE_BYTES + 1] {
            let mut partial = Partial {
                compression: Compression::Identity,
                length,
                bytes: Vec::new(),
            };
            while partial.bytes.len() < length {
                partial.fill(&mut Bytes::from_static(&[0; 10_000]));
                assert!(partial.bytes.capacity() <= length);
            }
        }
    }

    #[test]
    fn what_breaks_the_framing_has_its_code() {
        let cases: [(&str, Encoding, Vec<u8>, Code); 5] = [
            ("flag 2", IDENTITY, framed(2, b""), Code::INTERNAL),
            ("no encoding", IDENTITY, framed(1, b"x"), Code::INTERNAL),
            (
                "not offered",
                Encoding::Other("br".into()),
                framed(1, b"x"),
                Code::INTERNAL,
            ),
            (
                "too large",
                IDENTITY,
                framed(0, &[0; 101]),
                Code::RESOURCE_EXHAUSTED,
            ),
            (
                "huge by its prefix alone",
                IDENTITY,
                vec![0, 255, 255, 255, 255],
                Code::RESOURCE_EXHAUSTED,
            ),
        ];
        for (name, encoding, stream, code) in cases {
            let mut splitter = Splitter::new(100);
            splitter.set_encoding(encoding);
            let (messages, error) = split(&mut splitter, &[&framed(0, b"good"), &stream]);
            assert_eq!(error.unwrap().to_status().code, code, "{name}");
            assert_eq!(messages, [b"good".as_slice()], "{name}");
        }
    }

    #[test]
    fn a_truncated_stream_is_noticed() {
        for cut in 1..framed(0, b"abc").len() {
            let mut splitter = Splitter::new(100);
            split(&mut splitter, &[&framed(0, b"abc")[..cut]]);
            assert!(!splitter.at_boundary(), "cut at {cut}");
        }
    }
}
