//! Writes JSON text: layout, escapes and numbers; knows nothing of protobuf.
//!
//! Invariant: the buffer is UTF-8 after every call. Past `limit` bytes it goes on growing by at
//! most one value; the walker asks [`Output::full`] before each.

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// For each byte 0 (as it is), `u` (`\u00XX`) or the letter after the backslash.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 0x20 {
        table[i] = b'u';
        i += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// How many bytes at the beginning stand in a string as they are. Looks at sixteen at once, which compilers
/// make one step of.
fn plain_len(bytes: &[u8]) -> usize {
    const STEP: usize = 16;
    let mut at = 0;
    for chunk in bytes.chunks_exact(STEP) {
        let marked = chunk.iter().fold(false, |marked, byte| {
            marked | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\')
        });
        if marked {
            break;
        }
        at += STEP;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let marked = rest
        .iter()
        .position(|byte| ESCAPES[usize::from(*byte)] != 0);
    marked.map_or(bytes.len(), |marked| at + marked)
}

/// The text so far.
pub(super) struct Output {
    buffer: Vec<u8>,
    pretty: bool,
    indent: usize,
    /// `usize::MAX` for none.
    limit: usize,
    cut: bool,
}

impl Output {
    pub(super) fn new(pretty: bool, max_bytes: usize, capacity: usize) -> Self {
        Self {
            buffer: Vec::with_capacity(capacity),
            pretty,
            indent: 0,
            limit: if max_bytes == 0 {
                usize::MAX
            } else {
                max_bytes
            },
            cut: false,
        }
    }

    /// Where the text stands, to come back to.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.buffer.len(), self.indent)
    }

    /// Takes back what was written since; for texts without a limit.
    pub(super) fn reset(&mut self, (len, indent): (usize, usize)) {
        self.buffer.truncate(len);
        self.indent = indent;
    }

    /// One line without a limit, behind what a buffer holds.
    pub(super) fn over(buffer: Vec<u8>) -> Self {
        Self {
            buffer,
            pretty: false,
            indent: 0,
            limit: usize::MAX,
            cut: false,
        }
    }

    /// What was written, which is UTF-8.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// The text, and whether it was cut. A cut falls between characters.
    pub(super) fn finish(mut self) -> (String, bool) {
        if self.buffer.len() > self.limit {
            self.cut = true;
            let mut end = self.limit;
            while end > 0 && self.buffer[end] & 0xc0 == 0x80 {
                end -= 1;
            }
            self.buffer.truncate(end);
        }
        let text = String::from_utf8(self.buffer)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        (text, self.cut)
    }

    /// Whether nothing more is wanted; ask only when there is more, for it then counts as cut.
    #[inline]
    pub(super) fn full(&mut self) -> bool {
        let full = self.buffer.len() >= self.limit;
        self.cut |= full;
        full
    }

    /// Says that what follows was left out.
    pub(super) fn set_cut(&mut self) {
        self.cut = true;
    }

    /// How many bytes of a value are still worth writing.
    fn room(&self) -> usize {
        self.limit
            .saturating_sub(self.buffer.len())
            .saturating_add(4)
    }

    pub(super) fn open(&mut self, bracket: u8) {
        self.buffer.push(bracket);
        self.indent += 1;
    }

    pub(super) fn close(&mut self, bracket: u8, empty: bool) {
        self.indent = self.indent.saturating_sub(1);
        if !empty {
            self.line();
        }
        self.buffer.push(bracket);
    }

    /// Begins the next member or item.
    #[inline]
    pub(super) fn item(&mut self, first: &mut bool) {
        if !*first {
            self.buffer.push(b',');
        }
        *first = false;
        self.line();
    }

    fn line(&mut self) {
        if self.pretty {
            self.buffer.push(b'\n');
            self.buffer
                .resize(self.buffer.len() + 2 * self.indent, b' ');
        }
    }

    /// A key that is already quoted and ends in a colon.
    #[inline]
    pub(super) fn key(&mut self, quoted: &str) {
        self.raw(quoted);
        if self.pretty {
            self.buffer.push(b' ');
        }
    }

    /// The colon after a key written as a value.
    pub(super) fn colon(&mut self) {
        self.key(":");
    }

    /// Text that is JSON already.
    #[inline]
    pub(super) fn raw(&mut self, json: &str) {
        self.buffer.extend_from_slice(json.as_bytes());
    }

    pub(super) fn unsigned(&mut self, mut value: u64) {
        if value < 10 {
            self.buffer.push(b'0' + value as u8);
            return;
        }
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        while value >= 10 {
            let pair = (value % 100) as u8;
            value /= 100;
            at -= 2;
            digits[at] = b'0' + pair / 10;
            digits[at + 1] = b'0' + pair % 10;
        }
        if value > 0 {
            at -= 1;
            digits[at] = b'0' + value as u8;
        }
        self.buffer.extend_from_slice(&digits[at..]);
    }

    pub(super) fn signed(&mut self, value: i64) {
        if value < 0 {
            self.buffer.push(b'-');
        }
        self.unsigned(value.unsigned_abs());
    }

    pub(super) fn quoted_unsigned(&mut self, value: u64) {
        self.buffer.push(b'"');
        self.unsigned(value);
        self.buffer.push(b'"');
    }

    pub(super) fn quoted_signed(&mut self, value: i64) {
        self.buffer.push(b'"');
        self.signed(value);
        self.buffer.push(b'"');
    }

    /// The shortest digits that read back as the same value of its width.
    pub(super) fn float(&mut self, value: f32) {
        if value.is_finite() {
            // Writing to memory does not fail.
            let _ = serde_json::to_writer(&mut self.buffer, &value);
        } else {
            self.not_finite(f64::from(value));
        }
    }

    /// As [`Output::float`], in 64 bits.
    pub(super) fn double(&mut self, value: f64) {
        if value.is_finite() {
            let _ = serde_json::to_writer(&mut self.buffer, &value);
        } else {
            self.not_finite(value);
        }
    }

    fn not_finite(&mut self, value: f64) {
        self.raw(if value.is_nan() {
            "\"NaN\""
        } else if value > 0.0 {
            "\"Infinity\""
        } else {
            "\"-Infinity\""
        });
    }

    /// A string; `false` when the bytes are not UTF-8 and were shown with replacement characters.
    pub(super) fn string(&mut self, bytes: &[u8]) -> bool {
        let room = self.room();
        let shown = bytes.get(..room).unwrap_or(bytes);
        let clipped = shown.len() < bytes.len();
        self.cut |= clipped;
        self.buffer.push(b'"');
        let valid = match std::str::from_utf8(shown) {
            Ok(text) => {
                self.escaped(text);
                true
            }
            // A character cut in half by the limit is no fault of the sender.
            Err(error) if clipped && error.error_len().is_none() => {
                self.escaped(&String::from_utf8_lossy(&shown[..error.valid_up_to()]));
                true
            }
            Err(_) => {
                self.escaped(&String::from_utf8_lossy(shown));
                false
            }
        };
        self.buffer.push(b'"');
        valid
    }

    /// The inside of a string.
    pub(super) fn escaped(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        loop {
            let (plain, from) = rest.split_at(plain_len(rest));
            self.buffer.extend_from_slice(plain);
            let Some((&byte, after)) = from.split_first() else {
                return;
            };
            let escape = ESCAPES[usize::from(byte)];
            self.buffer.extend_from_slice(&[b'\\', escape]);
            if escape == b'u' {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                self.buffer.extend_from_slice(&[b'0', b'0', high, low]);
            }
            rest = after;
        }
    }

    /// Bytes as padded standard base64.
    pub(super) fn base64(&mut self, bytes: &[u8]) {
        let room = self.room();
        let shown = bytes.get(..room).unwrap_or(bytes);
        self.cut |= shown.len() < bytes.len();
        self.buffer.push(b'"');
        let start = self.buffer.len();
        self.buffer
            .resize(start + shown.len().div_ceil(3) * 4, b'=');
        let written = BASE64_STANDARD.encode_slice(shown, &mut self.buffer[start..]);
        self.buffer.truncate(start + written.unwrap_or(0));
        self.buffer.push(b'"');
    }
}
