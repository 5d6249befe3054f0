//! Splits a gRPC byte stream into length-prefixed messages, and writes the prefix.
//!
//! Pure: no sockets, no async. Feed bytes in any chunking, take messages out; a message that lies
//! whole in one chunk is a slice of it, not a copy.
//! Invariant: never buffers more than `max_bytes` plus the 5-byte prefix; a message over the limit
//! is refused by its prefix, before any of it is kept.
//! Spec: gRPC over HTTP/2, "Length-Prefixed-Message"; `compression.md`.

use std::io;

use bytes::{Buf, Bytes, BytesMut};

use super::{Code, Compression, Origin, Status};

/// Length of the prefix: a flag and a big-endian `u32`.
pub(crate) const PREFIX_BYTES: usize = 5;

/// A prefix may promise 4 GiB: room is made as bytes come, this much at first.
const FIRST_RESERVE_BYTES: usize = 1024 * 1024;

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
            Some(name) => String::from_utf8_lossy(name),
        };
        Compression::of_name(&name).map_or_else(|| Self::Other(name.into_owned()), Self::Known)
    }
}

/// Why the bytes are not the messages of a gRPC stream.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a message of {length} bytes is larger than the limit of {limit}")]
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
    prefix: [u8; PREFIX_BYTES],
    prefix_len: usize,
    partial: Option<Partial>,
    received: Received,
}

/// What came so far, in messages and in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// Messages.
    pub messages: u64,
    /// Those of them that came compressed.
    pub compressed: u64,
    /// Bytes of the messages as they came, without their prefixes.
    pub wire_bytes: u64,
    /// Bytes of the messages after inflating.
    pub bytes: u64,
}

/// A message whose end has not come yet.
#[derive(Debug)]
struct Partial {
    compression: Compression,
    length: usize,
    bytes: BytesMut,
}

impl Splitter {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            encoding: Encoding::Known(Compression::Identity),
            prefix: [0; PREFIX_BYTES],
            prefix_len: 0,
            partial: None,
            received: Received::default(),
        }
    }

    pub(crate) fn received(&self) -> Received {
        self.received
    }

    pub(crate) fn set_encoding(&mut self, encoding: Encoding) {
        self.encoding = encoding;
    }

    /// Whether the stream ended between two messages.
    pub(crate) fn at_boundary(&self) -> bool {
        self.prefix_len == 0 && self.partial.is_none()
    }

    /// Takes a chunk and adds the messages it completes to `messages`. After an error, those
    /// before the bad one are there, and the splitter is not to be used again.
    pub(crate) fn push(
        &mut self,
        mut chunk: Bytes,
        messages: &mut Vec<Bytes>,
    ) -> Result<(), FrameError> {
        loop {
            if let Some(partial) = &mut self.partial {
                let missing = partial.length - partial.bytes.len();
                let part = chunk.split_to(missing.min(chunk.len()));
                partial.bytes.extend_from_slice(&part);
                if partial.bytes.len() < partial.length {
                    return Ok(());
                }
                if let Some(Partial {
                    compression, bytes, ..
                }) = self.partial.take()
                {
                    messages.push(self.finish(compression, bytes.freeze())?);
                }
            }
            if chunk.is_empty() {
                return Ok(());
            }
            let (flag, length) = match *chunk {
                [flag, a, b, c, d, ..] if self.prefix_len == 0 => {
                    chunk.advance(PREFIX_BYTES);
                    (flag, u32::from_be_bytes([a, b, c, d]))
                }
                _ => match self.push_prefix(&mut chunk) {
                    Some(prefix) => prefix,
                    None => return Ok(()),
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
            if chunk.len() >= length {
                let message = chunk.split_to(length);
                messages.push(self.finish(compression, message)?);
            } else {
                self.partial = Some(Partial {
                    compression,
                    length,
                    bytes: BytesMut::with_capacity(length.min(FIRST_RESERVE_BYTES)),
                });
            }
        }
    }

    /// Collects a prefix that is spread over chunks.
    fn push_prefix(&mut self, chunk: &mut Bytes) -> Option<(u8, u32)> {
        while self.prefix_len < PREFIX_BYTES {
            let byte = *chunk.first()?;
            chunk.advance(1);
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

    fn finish(&mut self, compression: Compression, message: Bytes) -> Result<Bytes, FrameError> {
        self.received.messages += 1;
        self.received.wire_bytes += message.len() as u64;
        let message = if compression == Compression::Identity {
            message
        } else {
            self.received.compressed += 1;
            compression
                .inflate(&message, self.max_bytes)
                .map_err(|source| FrameError::Inflate {
                    compression,
                    source,
                })?
                .ok_or(FrameError::InflatedTooLarge {
                    limit: self.max_bytes,
                })?
        };
        self.received.bytes += message.len() as u64;
        Ok(message)
    }
}

/// The prefix of a message; `None` when its length does not fit.
pub(crate) fn prefix(compressed: bool, length: usize) -> Option<[u8; PREFIX_BYTES]> {
    let [a, b, c, d] = u32::try_from(length).ok()?.to_be_bytes();
    Some([compressed.into(), a, b, c, d])
}

#[cfg(test)]
mod tests {
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
        Compression::Gzip.compress(bytes).unwrap().to_vec()
    }

    fn split(splitter: &mut Splitter, chunks: &[&[u8]]) -> Result<Vec<Bytes>, FrameError> {
        let mut messages = Vec::new();
        for chunk in chunks {
            splitter.push(Bytes::copy_from_slice(chunk), &mut messages)?;
        }
        Ok(messages)
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
                let messages = split(&mut splitter, &chunks).unwrap();
                assert_eq!(messages, expected, "split at {first} and {second}");
                assert!(splitter.at_boundary());
            }
        }
        let mut splitter = Splitter::new(100);
        splitter.set_encoding(GZIP);
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(
            split(&mut splitter, &bytes).unwrap(),
            expected,
            "byte by byte"
        );
    }

    #[test]
    fn a_message_inside_one_chunk_is_not_copied() {
        let chunk = Bytes::from(framed(0, b"0123456789"));
        let place = chunk[PREFIX_BYTES..].as_ptr();
        let mut messages = Vec::new();
        Splitter::new(10).push(chunk, &mut messages).unwrap();
        assert_eq!(messages[0].as_ptr(), place);
    }

    #[test]
    fn what_breaks_the_framing_has_its_code() {
        let bomb = gzip(&[0; 1000]);
        let cases: [(&str, Encoding, Vec<u8>, Code); 7] = [
            ("flag 2", IDENTITY, framed(2, b""), Code::INTERNAL),
            ("no encoding", IDENTITY, framed(1, b"x"), Code::INTERNAL),
            (
                "not offered",
                Encoding::Other("br".into()),
                framed(1, b"x"),
                Code::INTERNAL,
            ),
            ("not gzip", GZIP, framed(1, b"x"), Code::INTERNAL),
            ("bomb", GZIP, framed(1, &bomb), Code::RESOURCE_EXHAUSTED),
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
            let mut messages = Vec::new();
            let good = Bytes::from(framed(0, b"good"));
            splitter.push(good, &mut messages).unwrap();
            let error = splitter
                .push(Bytes::from(stream), &mut messages)
                .unwrap_err();
            assert_eq!(error.to_status().code, code, "{name}");
            assert_eq!(messages, [b"good".as_slice()], "{name}");
        }
    }

    #[test]
    fn a_truncated_stream_is_noticed() {
        for cut in 1..framed(0, b"abc").len() {
            let mut splitter = Splitter::new(100);
            split(&mut splitter, &[&framed(0, b"abc")[..cut]]).unwrap();
            assert!(!splitter.at_boundary(), "cut at {cut}");
        }
    }
}
