//! Compression of single messages: gzip, deflate and zstd, both ways.
//!
//! Pure, but that long work looks now and then whether somebody still waits for it. Invariant: inflating
//! stops one byte after the limit, however little was sent, and a zstd frame cannot ask for a window
//! much larger than the limit.
//! Spec: `compression.md`. gRPC's `deflate` is zlib (RFC 1950). As in grpc-go and grpc-java, gzip may
//! come in several members, and bytes that belong to none are an error.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::{
    read::{MultiGzDecoder, ZlibDecoder},
    write::{GzEncoder, ZlibEncoder},
};
use tokio_util::sync::CancellationToken;

/// How messages are compressed, by the names of `compression.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    Identity,
    /// RFC 1952.
    Gzip,
    /// gRPC's `deflate` is zlib (RFC 1950).
    Deflate,
    /// RFC 8878.
    Zstd,
}

/// What is offered to servers: everything that can be inflated here.
pub(crate) const ACCEPTED: &str = "identity,gzip,deflate,zstd";

/// After so many bytes of the uncompressed side it is asked whether the work was given up.
const STEP_BYTES: usize = 256 * 1024;

/// zstd's own default level.
const ZSTD_LEVEL: i32 = 3;

/// The smallest and the largest window of a zstd frame that is accepted, as powers of two: RFC 8878
/// asks decoders to support 8 MiB, and zstd itself refuses more than 128 MiB unless told otherwise.
const ZSTD_WINDOW_LOGS: std::ops::RangeInclusive<u32> = 23..=27;

impl Compression {
    /// Every one, in the order they are offered.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Gzip, Self::Deflate, Self::Zstd];

    /// The name in `grpc-encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
        }
    }

    /// By its name; `None` for one that is not known here.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Compresses a message.
    ///
    /// # Errors
    /// The compressor's own, which happens for want of memory only, or that the work was given up.
    pub(crate) fn compress(
        self,
        message: &[u8],
        given_up: &CancellationToken,
    ) -> io::Result<Bytes> {
        let level = flate2::Compression::default();
        let compressed = match self {
            Self::Identity => message.to_vec(),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                write_in_steps(&mut encoder, message, given_up)?;
                encoder.finish()?
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                write_in_steps(&mut encoder, message, given_up)?;
                encoder.finish()?
            }
            Self::Zstd => {
                let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
                write_in_steps(&mut encoder, message, given_up)?;
                encoder.finish()?
            }
        };
        Ok(Bytes::from(compressed))
    }

    /// Inflates a message; `None` when it is larger than `limit`.
    ///
    /// # Errors
    /// The decoder's words for bytes that are not what they are said to be, or that the work was
    /// given up.
    pub(crate) fn inflate(
        self,
        message: &Bytes,
        limit: usize,
        given_up: &CancellationToken,
    ) -> io::Result<Option<Bytes>> {
        let inflated = match self {
            Self::Identity => return Ok((message.len() <= limit).then(|| message.clone())),
            Self::Gzip => read_limited(MultiGzDecoder::new(message.as_ref()), limit, given_up)?,
            Self::Deflate => {
                let mut decoder = ZlibDecoder::new(message.as_ref());
                let inflated = read_limited(&mut decoder, limit, given_up)?;
                if inflated.is_some() && decoder.total_in() != message.len() as u64 {
                    return Err(io::Error::other("bytes follow the compressed message"));
                }
                inflated
            }
            Self::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(message.as_ref())?;
                let log = limit.checked_ilog2().unwrap_or(0) + 1;
                decoder.window_log_max(
                    log.clamp(*ZSTD_WINDOW_LOGS.start(), *ZSTD_WINDOW_LOGS.end()),
                )?;
                read_limited(decoder, limit, given_up)?
            }
        };
        Ok(inflated.map(Bytes::from))
    }
}

fn write_in_steps(
    writer: &mut impl Write,
    message: &[u8],
    given_up: &CancellationToken,
) -> io::Result<()> {
    for step in message.chunks(STEP_BYTES) {
        if given_up.is_cancelled() {
            return Err(nobody_waits());
        }
        writer.write_all(step)?;
    }
    Ok(())
}

/// Reads to the end, or one byte past the limit: a small message may claim to be huge.
fn read_limited(
    mut reader: impl Read,
    limit: usize,
    given_up: &CancellationToken,
) -> io::Result<Option<Vec<u8>>> {
    let mut inflated = Vec::new();
    while !given_up.is_cancelled() {
        let room = limit.saturating_sub(inflated.len()).saturating_add(1);
        let step = room.min(STEP_BYTES) as u64;
        let read = reader.by_ref().take(step).read_to_end(&mut inflated)? as u64;
        if inflated.len() > limit {
            return Ok(None);
        }
        if read < step {
            inflated.shrink_to_fit();
            return Ok(Some(inflated));
        }
    }
    Err(nobody_waits())
}

fn nobody_waits() -> io::Error {
    io::Error::other("the work was given up")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compress(compression: Compression, text: &[u8]) -> Bytes {
        let never = CancellationToken::new();
        compression.compress(text, &never).unwrap()
    }

    fn inflate(
        compression: Compression,
        message: &Bytes,
        limit: usize,
    ) -> io::Result<Option<Bytes>> {
        compression.inflate(message, limit, &CancellationToken::new())
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let texts: [&[u8]; 3] = [b"", b"one", &[7; 100_000]];
        for compression in Compression::ALL {
            for text in texts {
                let compressed = compress(compression, text);
                let back = inflate(compression, &compressed, text.len()).unwrap();
                assert_eq!(back.as_deref(), Some(text), "{compression:?}");
            }
            assert_eq!(Compression::of_name(compression.name()), Some(compression));
        }
        assert_eq!(Compression::of_name("br"), None);
    }

    #[test]
    fn nothing_is_inflated_past_the_limit() {
        for compression in Compression::ALL {
            let bomb = compress(compression, &vec![0; 50_000_000]);
            assert_eq!(
                inflate(compression, &bomb, 1000).unwrap(),
                None,
                "{compression:?}"
            );
        }
    }

    #[test]
    fn what_is_not_compressed_or_cut_off_is_an_error() {
        for compression in [Compression::Gzip, Compression::Deflate, Compression::Zstd] {
            let whole = compress(compression, b"some text that is compressed");
            let mut more = whole.to_vec();
            more.extend_from_slice(b"garbage");
            let bad = [
                ("garbage", Bytes::from_static(b"garbage")),
                ("cut off", whole.slice(..whole.len() - 3)),
                ("followed by garbage", Bytes::from(more)),
            ];
            for (name, bytes) in bad {
                let result = inflate(compression, &bytes, 1000);
                assert!(result.is_err(), "{compression:?} {name}: {result:?}");
            }
        }
    }

    #[test]
    fn gzip_may_come_in_members() {
        let mut both = compress(Compression::Gzip, b"one ").to_vec();
        both.extend_from_slice(&compress(Compression::Gzip, b"two"));
        let text = inflate(Compression::Gzip, &Bytes::from(both), 100).unwrap();
        assert_eq!(text.as_deref(), Some(b"one two".as_slice()));
    }

    #[test]
    fn a_zstd_frame_that_asks_for_a_huge_window_is_refused() {
        // Magic number, a frame without content size, window descriptor for 2 GiB, one empty last block.
        let frame = Bytes::from_static(&[0x28, 0xB5, 0x2F, 0xFD, 0, 0xA8, 1, 0, 0]);
        assert!(inflate(Compression::Zstd, &frame, 1 << 30).is_err());
    }

    #[test]
    fn work_that_nobody_waits_for_stops() {
        let given_up = CancellationToken::new();
        given_up.cancel();
        for compression in [Compression::Gzip, Compression::Deflate, Compression::Zstd] {
            let large = vec![0; 1_000_000];
            assert!(compression.compress(&large, &given_up).is_err());
            let compressed = compress(compression, &large);
            assert!(
                compression
                    .inflate(&compressed, 1 << 30, &given_up)
                    .is_err()
            );
        }
    }
}
