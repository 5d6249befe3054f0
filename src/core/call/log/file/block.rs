//! Blocks of a log file: written in pieces, read back checked.

use std::io::{self, Read, Write};

use flate2::Crc;

use super::BLOCK_BYTES;

/// Kind, length, CRC-32 of the payload, and one of these nine bytes.
pub(super) const HEAD_BYTES: usize = 13;

pub(super) const DESCRIPTORS: u8 = b'D';
pub(super) const MESSAGES: u8 = b'M';
pub(super) const END: u8 = b'E';

/// What stands before a payload.
pub(super) fn head(kind: u8, len: u32, payload_crc: u32) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[0] = kind;
    head[1..5].copy_from_slice(&len.to_le_bytes());
    head[5..9].copy_from_slice(&payload_crc.to_le_bytes());
    let own = crc_of(&head[..9]);
    head[9..].copy_from_slice(&own.to_le_bytes());
    head
}

/// The CRC-32 of some bytes.
pub(super) fn crc_of(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Cuts what is put into it into blocks of one kind.
pub(super) struct BlockWriter<W> {
    out: W,
    kind: u8,
    piece: Vec<u8>,
}

impl<W: Write> BlockWriter<W> {
    pub(super) fn new(out: W, kind: u8) -> Self {
        Self {
            out,
            kind,
            piece: Vec::with_capacity(BLOCK_BYTES),
        }
    }

    pub(super) fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = BLOCK_BYTES - self.piece.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == BLOCK_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        write_block(&mut self.out, self.kind, &self.piece)?;
        self.piece.clear();
        Ok(())
    }

    /// Writes what is left and gives the writer back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        if !self.piece.is_empty() {
            self.flush()?;
        }
        Ok(self.out)
    }
}

/// Writes one block; its payload is at most [`BLOCK_BYTES`] long.
pub(super) fn write_block(out: &mut impl Write, kind: u8, payload: &[u8]) -> io::Result<()> {
    let len = u32::try_from(payload.len()).map_err(io::Error::other)?;
    out.write_all(&head(kind, len, crc_of(payload)))?;
    out.write_all(payload)
}

/// What a look for the next block found.
pub(super) enum Found {
    /// A whole one.
    Block(u8),
    /// The file ends here, or inside a block: what of its payload there is, unchecked.
    Cut(Option<u8>),
    /// What stands here is no block that was written.
    Damaged,
}

/// Reads the next block into `payload`.
pub(super) fn read_block(from: &mut impl Read, payload: &mut Vec<u8>) -> io::Result<Found> {
    payload.clear();
    let mut read = [0; HEAD_BYTES];
    if fill(from, &mut read)? < HEAD_BYTES {
        return Ok(Found::Cut(None));
    }
    let word = |at: usize| {
        let bytes = read.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_le_bytes(bytes.unwrap_or_default())
    };
    let (kind, len, payload_crc) = (read[0], word(1), word(5));
    let wanted = usize::try_from(len).unwrap_or(usize::MAX);
    // A length that was changed would make messages of what is none.
    if read != head(kind, len, payload_crc) || wanted > BLOCK_BYTES {
        return Ok(Found::Damaged);
    }
    payload.resize(wanted, 0);
    let read = fill(from, payload)?;
    payload.truncate(read);
    if read < wanted {
        return Ok(Found::Cut(Some(kind)));
    }
    let good = crc_of(payload) == payload_crc;
    Ok(if good {
        Found::Block(kind)
    } else {
        Found::Damaged
    })
}

/// Reads until the buffer is full or there is no more; gives how much it was.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A file whose facts are good, and whose one block of messages (`M`), or of another kind, holds these bytes.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn framed_for_fuzzing(kind: u8, payload: &[u8]) -> Vec<u8> {
    let line = br#"{"method":"a.B/C","kind":"bidi"}"#;
    let mut file = format!("stubless-log 1 {:08x} {:08x}\n", line.len(), crc_of(line)).into_bytes();
    file.extend_from_slice(line);
    file.push(b'\n');
    for piece in payload.chunks(BLOCK_BYTES.min(1 + payload.len() / 3)) {
        let written = write_block(&mut file, kind, piece);
        debug_assert!(written.is_ok());
    }
    file
}
