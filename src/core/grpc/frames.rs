//! Reads the heads of HTTP/2 frames out of a byte stream that goes on to somebody else.
//!
//! Pure: no sockets, no clock. Feed bytes in any chunking; each frame is told once. Nothing is
//! checked here, because h2 reads the same bytes and decides; a stream that is no HTTP/2 gives
//! frames that make no sense, never a panic. Payloads are passed over, except the few bytes of
//! control frames that say something, at most [`KEPT_PAYLOAD_BYTES`] of each.
//! Spec: RFC 9113, sections 3.4 and 4.1.

/// Length of a frame's head.
pub(crate) const FRAME_HEAD_BYTES: usize = 9;

/// Length of what a client says before its first frame.
const PREFACE_BYTES: usize = 24;

/// SETTINGS with 16 pairs, GOAWAY with 504 bytes of debug data: beyond, only the length is told.
pub(crate) const KEPT_PAYLOAD_BYTES: usize = 512;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GO_AWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// On SETTINGS: this answers one of ours.
pub(crate) const FLAG_ACK: u8 = 0x1;
pub(crate) const FLAG_END_STREAM: u8 = 0x1;
/// On HEADERS and CONTINUATION: no CONTINUATION follows.
pub(crate) const FLAG_END_HEADERS: u8 = 0x4;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FrameHead {
    /// Of the payload, in bytes.
    pub(crate) length: u32,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// Zero for the connection.
    pub(crate) stream: u32,
}

impl FrameHead {
    fn parse(bytes: [u8; FRAME_HEAD_BYTES]) -> Self {
        let [a, b, c, kind, flags, s, t, u, v] = bytes;
        Self {
            length: u32::from_be_bytes([0, a, b, c]),
            kind,
            flags,
            stream: u32::from_be_bytes([s, t, u, v]) & 0x7fff_ffff,
        }
    }

    /// How much of the payload says something.
    fn wanted(self) -> usize {
        let most = match self.kind {
            RST_STREAM | WINDOW_UPDATE => 4,
            SETTINGS | GO_AWAY => KEPT_PAYLOAD_BYTES,
            _ => 0,
        };
        usize::try_from(self.length).unwrap_or(usize::MAX).min(most)
    }
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(crate) struct FrameReader {
    head: [u8; FRAME_HEAD_BYTES],
    /// Bytes of `head` that are there.
    filled: usize,
    frame: FrameHead,
    /// Bytes of the payload (or of the preface) still to come.
    left: usize,
    /// Bytes of the payload to keep before the frame is told; zero once it was.
    wanted: usize,
    payload: Vec<u8>,
}

impl FrameReader {
    /// Reads what a server says.
    pub(crate) fn of_server() -> Self {
        Self::default()
    }

    /// Reads what a client says, after its preface.
    pub(crate) fn of_client() -> Self {
        Self {
            left: PREFACE_BYTES,
            ..Self::default()
        }
    }

    /// Tells each frame, with what was kept of its payload. A frame is told as soon as its head is
    /// there, or what is kept of its payload.
    pub(crate) fn feed(&mut self, mut input: &[u8], mut on_frame: impl FnMut(FrameHead, &[u8])) {
        loop {
            if self.left > 0 {
                if self.wanted > 0 {
                    let room = self.wanted.saturating_sub(self.payload.len());
                    self.payload.extend(input.iter().take(room));
                    if self.payload.len() >= self.wanted {
                        self.wanted = 0;
                        on_frame(self.frame, &self.payload);
                    }
                }
                let Some(rest) = input.get(self.left..) else {
                    self.left = self.left.saturating_sub(input.len());
                    return;
                };
                self.left = 0;
                input = rest;
            }
            let head = if self.filled == 0
                && let Some((head, rest)) = input.split_first_chunk()
            {
                input = rest;
                *head
            } else {
                // A head in pieces.
                let room = self.head.get_mut(self.filled..).unwrap_or_default();
                let taken = room.len().min(input.len());
                let (now, rest) = input.split_at(taken);
                for (to, from) in room.iter_mut().zip(now) {
                    *to = *from;
                }
                input = rest;
                self.filled += taken;
                if self.filled < FRAME_HEAD_BYTES {
                    return;
                }
                self.filled = 0;
                self.head
            };
            let frame = FrameHead::parse(head);
            let length = usize::try_from(frame.length).unwrap_or(usize::MAX);
            let wanted = frame.wanted();
            if wanted > 0 {
                self.frame = frame;
                self.left = length;
                self.wanted = wanted;
                self.payload.clear();
            } else {
                on_frame(frame, &[]);
                // The whole frame is here, as small ones are.
                match input.get(length..) {
                    Some(rest) => input = rest,
                    None => {
                        self.left = length.saturating_sub(input.len());
                        return;
                    }
                }
            }
            if input.is_empty() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut bytes = length[1..].to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    type Told = (FrameHead, Vec<u8>);

    fn head(kind: u8, flags: u8, stream: u32, length: u32) -> FrameHead {
        FrameHead {
            length,
            kind,
            flags,
            stream,
        }
    }

    fn sample() -> (Vec<u8>, Vec<Told>) {
        let mut go_away = 5_u32.to_be_bytes().to_vec();
        go_away.extend(11_u32.to_be_bytes());
        go_away.extend([b'x'; 600]);
        let bytes = [
            frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]),
            frame(SETTINGS, FLAG_ACK, 0, &[]),
            frame(HEADERS, 4, 1, b"block"),
            frame(DATA, 0, 1, &[7; 300]),
            frame(DATA, 1, 1, &[]),
            frame(WINDOW_UPDATE, 0, 0x8000_0003, &9_u32.to_be_bytes()),
            frame(6, 0, 0, &[1; 8]),
            frame(GO_AWAY, 0, 0, &go_away),
            frame(0xfa, 0xff, 0, b"grease"),
            frame(RST_STREAM, 0, 1, &8_u32.to_be_bytes()),
        ]
        .concat();
        let told = vec![
            (head(SETTINGS, 0, 0, 6), vec![0, 3, 0, 0, 0, 100]),
            (head(SETTINGS, FLAG_ACK, 0, 0), vec![]),
            (head(HEADERS, 4, 1, 5), vec![]),
            (head(DATA, 0, 1, 300), vec![]),
            (head(DATA, 1, 1, 0), vec![]),
            (head(WINDOW_UPDATE, 0, 3, 4), 9_u32.to_be_bytes().to_vec()),
            (head(6, 0, 0, 8), vec![]),
            (head(GO_AWAY, 0, 0, 608), go_away[..512].to_vec()),
            (head(0xfa, 0xff, 0, 6), vec![]),
            (head(RST_STREAM, 0, 1, 4), 8_u32.to_be_bytes().to_vec()),
        ];
        (bytes, told)
    }

    fn read(mut reader: FrameReader, pieces: &[&[u8]]) -> Vec<Told> {
        let mut told = Vec::new();
        for piece in pieces {
            reader.feed(piece, |head, payload| told.push((head, payload.to_vec())));
        }
        told
    }

    #[test]
    fn frames_are_told_once_at_every_split() {
        let (bytes, expected) = sample();
        assert_eq!(read(FrameReader::of_server(), &[&bytes]), expected);
        for at in 0..=bytes.len() {
            let (one, two) = bytes.split_at(at);
            assert_eq!(
                read(FrameReader::of_server(), &[one, two]),
                expected,
                "{at}"
            );
        }
        let bytewise: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(read(FrameReader::of_server(), &bytewise), expected);
    }

    #[test]
    fn a_clients_preface_is_passed_over() {
        let (bytes, expected) = sample();
        let all = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &bytes].concat();
        for at in 0..30 {
            let (one, two) = all.split_at(at);
            assert_eq!(
                read(FrameReader::of_client(), &[one, two]),
                expected,
                "{at}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_http2_do_no_harm() {
        for bytes in [
            &[0xff; 4000][..],
            b"HTTP/1.1 200 OK\r\n\r\n<html>",
            &[0; 100],
        ] {
            read(FrameReader::of_server(), &[bytes, bytes]);
        }
    }
}
