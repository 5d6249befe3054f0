//! A socket that remembers how the peer began, so that a failed start can be explained, and that
//! shows the frames of HTTP/2 to the [`Tap`].
//!
//! Keeps the first [`KEPT_BYTES`] received and the first I/O error (a TLS alert arrives as one). A
//! peer whose first bytes cannot be HTTP/2 is read no further. After the server's SETTINGS only the
//! tap looks on.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    frames::{FLAG_ACK, FRAME_HEAD_BYTES, SETTINGS},
    tap::Tap,
    trace::FrameDirection,
};

/// Enough for a TLS alert, the head of a SETTINGS frame, or a web server's error page up to its title.
const KEPT_BYTES: usize = 1024;

/// How much of what was kept is shown.
const EXCERPT_BYTES: usize = 64;

/// What servers say in plain HTTP on a port for TLS: nginx, Go, Apache, Tomcat; in lower case. Where
/// these are missing nothing is known: nginx answers the preface with a bare 400 on either port.
const HTTPS_WORDS: [&str; 4] = [
    "to https port",
    "to an https server",
    "to an ssl-enabled server port",
    "requires tls",
];

/// Reads in a row before what is to be sent has its turn. h2 sends only when it finds nothing to read, and
/// a task that has used up its turn with tokio (128 operations) can do neither: a server that is always
/// ahead would keep our resets, window updates and other calls from ever leaving. Under TLS a read here
/// may be several below.
const READS_IN_A_ROW: u8 = 32;

/// What was seen so far.
#[derive(Debug, Default)]
struct Seen {
    first: Vec<u8>,
    failure: Option<io::Error>,
}

/// Reads what a [`Sniffed`] socket saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sniffer(Arc<Mutex<Seen>>);

/// How the peer began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    Nothing,
    Tls,
    Http1,
    Http2,
    Other,
}

impl Sniffer {
    fn with<T>(&self, read: impl FnOnce(&mut Seen) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the first bytes look like.
    pub(crate) fn beginning(&self) -> Beginning {
        self.with(|seen| classify(&seen.first))
    }

    /// The first bytes, for people: what is not printable is escaped.
    pub(crate) fn excerpt(&self) -> String {
        self.with(|seen| {
            let first = seen.first.get(..EXCERPT_BYTES).unwrap_or(&seen.first);
            first.escape_ascii().to_string()
        })
    }

    /// The status of an answer in HTTP/1.x, as far as it was read.
    pub(crate) fn http_status(&self) -> Option<u16> {
        self.with(|seen| {
            let line = seen.first.strip_prefix(b"HTTP/1.")?;
            let digits = line.get(2..5)?;
            let digits = std::str::from_utf8(digits).ok()?;
            digits.parse().ok().filter(|status| *status >= 100)
        })
    }

    /// Whether an answer in HTTP/1.x says that this is a port for TLS.
    pub(crate) fn says_https(&self) -> bool {
        self.with(|seen| {
            let text = String::from_utf8_lossy(&seen.first).to_ascii_lowercase();
            HTTPS_WORDS.iter().any(|words| text.contains(words))
        })
    }

    /// Takes the first error the socket gave.
    pub(crate) fn take_failure(&self) -> Option<io::Error> {
        self.with(|seen| seen.failure.take())
    }
}

fn classify(first: &[u8]) -> Beginning {
    match first {
        [] => Beginning::Nothing,
        // A TLS alert or handshake record.
        [0x15 | 0x16, 3, ..] => Beginning::Tls,
        _ if first.starts_with(b"HTTP/1.") || b"HTTP/1.".starts_with(first) => Beginning::Http1,
        // A web server that cannot read the preface may answer without a status line, as HTTP/0.9.
        _ if is_html(first) => Beginning::Http1,
        [_, _, _, SETTINGS, flags, 0, 0, 0, 0, ..] if flags & FLAG_ACK == 0 => Beginning::Http2,
        _ => Beginning::Other,
    }
}

/// Told from no more than the head of a frame: what comes later may never be read.
fn is_html(first: &[u8]) -> bool {
    [&b"<!doctype"[..], b"<html"].iter().any(|start| {
        first
            .get(..start.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    })
}

/// Whether what began so can no longer become HTTP/2.
fn is_hopeless(first: &[u8]) -> bool {
    let enough = match classify(first) {
        Beginning::Nothing | Beginning::Http2 => return false,
        // The head of a TLS record.
        Beginning::Tls => 5,
        Beginning::Http1 => b"HTTP/1.".len(),
        Beginning::Other => FRAME_HEAD_BYTES,
    };
    first.len() >= enough
}

/// The socket.
#[derive(Debug)]
pub(crate) struct Sniffed<IO> {
    io: IO,
    sniffer: Sniffer,
    layer: Layer,
    watching: bool,
    reads_in_a_row: u8,
}

/// What is spoken directly over a [`Sniffed`] socket.
#[derive(Debug, Clone)]
pub(crate) enum Layer {
    Tls,
    Http2(Arc<Tap>),
}

impl<IO> Sniffed<IO> {
    pub(crate) fn new(io: IO, layer: Layer) -> (Self, Sniffer) {
        let sniffer = Sniffer::default();
        let sniffed = Self {
            io,
            sniffer: sniffer.clone(),
            layer,
            watching: true,
            reads_in_a_row: 0,
        };
        (sniffed, sniffer)
    }
}

impl<IO: AsyncRead + Unpin> Sniffed<IO> {
    /// Returns a copy of the error for the caller, and keeps the error itself.
    fn keep(&self, error: io::Error) -> io::Error {
        let copy = io::Error::new(error.kind(), error.to_string());
        self.sniffer.with(|seen| {
            seen.failure.get_or_insert(error);
        });
        copy
    }

    /// A peer that refuses us sends an alert and closes. Our next write may fail before the alert
    /// was read, and then it is the alert that says why. Under TLS itself rustls reads it.
    fn keep_write_error(&mut self, error: io::Error, cx: &mut Context<'_>) -> io::Error {
        let mut scratch = [0; 1024];
        for _ in 0..16 {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
                Poll::Ready(Err(reason)) => return self.keep(reason),
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    if self.note(buffer.filled()).is_err() {
                        break;
                    }
                }
                _ => break,
            }
        }
        self.keep(error)
    }

    /// Looks at what came; an error when it is not worth reading on.
    fn note(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Layer::Http2(tap) = &self.layer {
            tap.note(FrameDirection::Received, bytes);
        }
        if !self.watching {
            return Ok(());
        }
        let (full, hopeless) = self.sniffer.with(|seen| {
            let room = KEPT_BYTES.saturating_sub(seen.first.len());
            seen.first.extend(bytes.iter().take(room));
            (seen.first.len() >= KEPT_BYTES, is_hopeless(&seen.first))
        });
        match &self.layer {
            Layer::Tls => self.watching = !full,
            Layer::Http2(_) if hopeless => return Err(io::ErrorKind::InvalidData.into()),
            Layer::Http2(tap) => self.watching = !tap.settings_seen(),
        }
        Ok(())
    }

    fn wrote(&self, bytes: &[u8]) {
        if let Layer::Http2(tap) = &self.layer {
            tap.note(FrameDirection::Sent, bytes);
        }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Sniffed<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reads_in_a_row >= READS_IN_A_ROW {
            self.reads_in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let Poll::Ready(result) = Pin::new(&mut self.io).poll_read(cx, buffer) else {
            self.reads_in_a_row = 0;
            return Poll::Pending;
        };
        if matches!(self.layer, Layer::Http2(_)) {
            self.reads_in_a_row += 1;
        }
        match result {
            Ok(()) => {
                let noted = buffer
                    .filled()
                    .get(before..)
                    .map_or(Ok(()), |new| self.note(new));
                if noted.is_err() {
                    // A read that failed has read nothing: tokio relies on it.
                    buffer.set_filled(before);
                }
                Poll::Ready(noted)
            }
            Err(error) if self.watching => Poll::Ready(Err(self.keep(error))),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Sniffed<IO> {
    fn written<T>(
        &mut self,
        result: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Err(error)) if self.watching && matches!(self.layer, Layer::Http2(_)) => {
                Poll::Ready(Err(self.keep_write_error(error, cx)))
            }
            other => other,
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Sniffed<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = result {
            self.wrote(bytes.get(..count).unwrap_or(bytes));
        }
        self.written(result, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_flush(cx);
        self.written(result, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        if let Poll::Ready(Ok(mut count)) = result {
            for slice in slices {
                let bytes = slice.get(..count).unwrap_or(slice);
                self.wrote(bytes);
                count -= bytes.len();
            }
        }
        self.written(result, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_the_protocol() {
        let cases: [(&[u8], Beginning); 12] = [
            (b"", Beginning::Nothing),
            (b"HTTP/1.1 400 Bad Request\r\n", Beginning::Http1),
            (b"HTT", Beginning::Http1),
            (b"<!DOCTYPE HTML>\n<html>", Beginning::Http1),
            (b"<!Doctype", Beginning::Http1),
            (b"<htm", Beginning::Other),
            (b"\x15\x03\x01\0\x02\x02\x46", Beginning::Tls),
            (b"\x16\x03\x03", Beginning::Tls),
            (b"\0\0\x06\x04\0\0\0\0\0", Beginning::Http2),
            (b"\0\0\0\x04\x01\0\0\0\0", Beginning::Other),
            (b"\0\0\x08\x07\0\0\0\0\0", Beginning::Other),
            (b"SSH-2.0", Beginning::Other),
        ];
        for (first, expected) in cases {
            assert_eq!(classify(first), expected, "{}", first.escape_ascii());
        }
    }

    #[test]
    fn an_answer_in_http_is_read_for_its_status_and_for_what_it_wants() {
        let nginx = "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n\r\n<html>\r\n\
                     <head><title>400 The plain HTTP request was sent to HTTPS port</title></head>";
        let go =
            "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
        let apache = "HTTP/1.1 400 Bad Request\r\n\r\n<p>Reason: You're speaking plain HTTP to an \
                      SSL-enabled server port.<br />";
        for (text, status, https) in [
            (nginx, Some(400), true),
            (go, Some(400), true),
            (apache, Some(400), true),
            (
                "HTTP/1.1 301 Moved\r\nLocation: https://api.example/\r\n\r\n",
                Some(301),
                false,
            ),
            ("HTTP/1.1 20", None, false),
            ("HTTP/1.", None, false),
            ("HTTP/1.1 +40 x", None, false),
            ("<html>", None, false),
        ] {
            let sniffer = Sniffer::default();
            sniffer.with(|seen| seen.first.extend(text.bytes()));
            let read = (sniffer.http_status(), sniffer.says_https());
            assert_eq!(read, (status, https), "{text}");
        }
    }

    #[test]
    fn hope_ends_with_the_first_bytes_that_cannot_be_http2() {
        let cases: [(&[u8], bool); 10] = [
            (b"", false),
            (b"HTTP/1", false),
            (b"HTTP/1.", true),
            (b"SSH-2.0-", false),
            (b"SSH-2.0-O", true),
            (b"<!Doctyp", false),
            (b"<!Doctype", true),
            (b"\x15\x03\x01\0\x02", true),
            (b"\0\0\x06\x04\0\0\0\0\0", false),
            (b"\0\0\x06\x04\0\0\0\0\x01", true),
        ];
        for (first, expected) in cases {
            assert_eq!(is_hopeless(first), expected, "{}", first.escape_ascii());
        }
    }
}
