//! Bytes of which no schema speaks, on one line: field numbers, and what their values look like.
//!
//! The notation is that of protoscope, <https://github.com/protocolbuffers/protoscope>: `1: 150 2: {"text"}
//! 3: {1: 1} 4: {`00ff`}`. What a value is, is guessed as in a [`WireTree`](super::WireTree). Total on any bytes.

use std::fmt::Write as _;

use super::{
    kind::{self, Guess},
    record,
};

/// Deepest nesting that is written; what lies deeper is written as bytes.
const DEPTH: usize = 16;
/// Writes about `most` bytes of text (0 for no limit), of a single value no more than half of them; gives it,
/// and whether it was cut.
pub fn raw_line(bytes: &[u8], most: usize) -> (String, bool) {
    let most = if most == 0 { usize::MAX } else { most };
    let mut line = Line {
        out: String::new(),
        most,
        full: false,
        cut: false,
    };
    line.records(bytes, 0);
    (line.out, line.cut)
}

struct Line {
    out: String,
    most: usize,
    /// Nothing more is written.
    full: bool,
    /// Something was left out.
    cut: bool,
}

impl Line {
    fn records(&mut self, bytes: &[u8], depth: usize) {
        let mut at = 0;
        while at < bytes.len() {
            if self.out.len() >= self.most {
                self.rest(true);
                self.full = true;
                return;
            }
            if at > 0 {
                self.out.push(' ');
            }
            let Ok(record) = record::read(bytes, at, bytes.len(), None) else {
                return self.hex(bytes.get(at..).unwrap_or_default());
            };
            at = record.range().end;
            let payload = bytes.get(record.payload.clone()).unwrap_or_default();
            // Writing to a string does not fail.
            let _ = write!(self.out, "{}: ", record.number);
            match record.wire {
                0 => _ = write!(self.out, "{}", record.bits),
                1 => _ = write!(self.out, "0x{:016x}i64", record.bits),
                5 => _ = write!(self.out, "0x{:08x}i32", record.bits),
                3 => self.nested("!{", payload, depth),
                _ => self.delimited(payload, depth),
            }
            if self.full {
                return;
            }
        }
    }

    fn delimited(&mut self, payload: &[u8], depth: usize) {
        match kind::guess(payload) {
            Guess::Message if depth < DEPTH => self.nested("{", payload, depth),
            Guess::Text => {
                self.out.push('{');
                self.text(payload);
                self.out.push('}');
            }
            Guess::Empty | Guess::Bytes | Guess::Message => {
                self.out.push('{');
                self.hex(payload);
                self.out.push('}');
            }
        }
    }

    fn nested(&mut self, open: &str, payload: &[u8], depth: usize) {
        self.out.push_str(open);
        if depth < DEPTH {
            self.records(payload, depth + 1);
        } else {
            self.hex(payload);
        }
        self.out.push('}');
    }

    fn text(&mut self, payload: &[u8]) {
        let shown = payload.get(..self.most / 2).unwrap_or(payload);
        let text = String::from_utf8_lossy(shown);
        let _ = write!(self.out, "{text:?}");
        self.rest(shown.len() < payload.len());
    }

    fn hex(&mut self, payload: &[u8]) {
        if payload.is_empty() {
            return;
        }
        let shown = payload.get(..self.most / 2).unwrap_or(payload);
        self.out.push('`');
        for byte in shown {
            let _ = write!(self.out, "{byte:02x}");
        }
        self.out.push('`');
        self.rest(shown.len() < payload.len());
    }

    fn rest(&mut self, more: bool) {
        if more {
            self.out.push('…');
            self.cut = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_by_number_and_look() {
        for (bytes, want) in [
            (&b""[..], ""),
            (b"\x08\x96\x01", "1: 150"),
            (b"\x12\x07testing", "2: {\"testing\"}"),
            (b"\x1a\x02\x08\x01\x08\x02", "3: {1: 1} 1: 2"),
            (b"\x22\x02\xff\x00", "4: {`ff00`}"),
            (b"\x2d\x01\x00\x00\x00", "5: 0x00000001i32"),
            (b"\x2a\x00", "5: {}"),
            (b"\x0b\x10\x05\x0c", "1: !{2: 5}"),
            (b"\x08\x01\xff", "1: 1 `ff`"),
        ] {
            assert_eq!(raw_line(bytes, 0), (want.to_owned(), false), "{bytes:x?}");
        }
    }

    #[test]
    fn any_bytes_give_a_line_that_is_cut_near_its_limit() {
        let many = b"\x08\x01".repeat(1000);
        let (line, cut) = raw_line(&many, 40);
        assert!(cut && line.len() < 60, "{line}");
        // A long value leaves room for what follows.
        let long = [b"\x0a\xc8\x01".as_slice(), &[b'x'; 200], b"\x10\x05"].concat();
        let (line, cut) = raw_line(&long, 80);
        assert!(cut && line.ends_with("x\"…} 2: 5"), "{line}");
        assert_eq!(raw_line(&long, 0).0.len(), 200 + "1: {\"\"} 2: 5".len());
        let mut deep = Vec::new();
        for _ in 0..60 {
            let len = u8::try_from(deep.len()).unwrap_or(0);
            deep.splice(0..0, [0x0a, len]);
        }
        raw_line(&deep, 0);
    }
}
