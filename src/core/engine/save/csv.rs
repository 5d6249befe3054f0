//! Comma-separated values.
//! Spec: RFC 4180; lines end in CR LF.

use std::io::{self, Write};

/// Ends a line.
pub(super) const LINE_END: &[u8] = b"\r\n";

/// Writes a value that is there: a text that is empty stands in quotes, so that it differs from none.
pub(super) fn value(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let quoted = text.is_empty()
        || text.contains([',', '"', '\r', '\n'])
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace);
    if !quoted {
        return out.write_all(text.as_bytes());
    }
    out.write_all(b"\"")?;
    let mut parts = text.split('"');
    out.write_all(parts.next().unwrap_or_default().as_bytes())?;
    for part in parts {
        out.write_all(b"\"\"")?;
        out.write_all(part.as_bytes())?;
    }
    out.write_all(b"\"")
}
