//! The body of an answer that was not gRPC: what a proxy or a web server said in place of the server.

use std::{borrow::Cow, fmt::Write as _};

use egui::{RichText, Ui};
use stubless_core::grpc::printable;

use super::MessageCache;
use crate::ui::{
    theme::{Tokens, font, space},
    widgets::{TextViewer, section_label},
    words,
};

/// Bytes of a body that is no text that are shown.
const HEX_BYTES: usize = 4096;

/// Lines that are shown without scrolling.
const LINES: usize = 16;

/// Draws it; nothing for an empty body.
pub(super) fn body_ui(
    ui: &mut Ui,
    content_type: Option<&str>,
    body: &[u8],
    cut: bool,
    cache: &mut MessageCache,
) {
    if body.is_empty() {
        return;
    }
    ui.add_space(space::S);
    section_label(ui, "BODY");
    ui.label(
        RichText::new(note(content_type, body.len(), cut))
            .font(font::small())
            .color(Tokens::of(ui).text.weak),
    );
    let lines = cache.lines_of_text(&text_of(body));
    let height = TextViewer::height_of(lines.len().min(LINES));
    TextViewer::new(&lines, "Body of the answer")
        .plain()
        .height(height)
        .id_salt("foreign body")
        .show(ui);
}

/// What the body is, and whether it is all of it.
fn note(content_type: Option<&str>, length: usize, cut: bool) -> String {
    /// What the core keeps of a body.
    const KEPT_BYTES: usize = 64 << 10;
    let kind = printable(content_type.unwrap_or("no content type"), 100);
    let size = words::bytes(u64::try_from(length).unwrap_or(u64::MAX));
    match cut {
        false => format!("{kind}, {size}"),
        true if length >= KEPT_BYTES => format!("{kind}, the first 64 KiB"),
        true => format!("{kind}, the first {size}: its end did not come"),
    }
}

/// The body as text, or as bytes in hexadecimal where it is none. The last character may be cut off.
fn text_of(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) if error.error_len().is_none() => String::from_utf8_lossy(body),
        Err(_) => {
            let mut text = String::new();
            for (row, bytes) in body.chunks(16).take(HEX_BYTES / 16).enumerate() {
                let _ = write!(text, "{:06x} ", row * 16);
                for byte in bytes {
                    let _ = write!(text, " {byte:02x}");
                }
                text.push('\n');
            }
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_body_that_was_cut_is_a_first_part() {
        assert_eq!(note(Some("text/html"), 12, false), "text/html, 12 B");
        let full = 64 << 10;
        assert_eq!(note(None, full, false), "no content type, 66 KB");
        assert_eq!(note(Some("a"), full, true), "a, the first 64 KiB");
        let ended = "a, the first 5 B: its end did not come";
        assert_eq!(note(Some("a"), 5, true), ended);
        assert_eq!(note(Some("a\u{202e}"), 5, false), "a\\u{202e}, 5 B");
    }

    #[test]
    fn a_body_is_shown_as_text_where_it_is_text() {
        assert_eq!(text_of(b"<html>\n"), "<html>\n");
        // Cut in the middle of a character.
        assert_eq!(text_of("né".as_bytes().get(..2).unwrap()), "n\u{fffd}");
        assert_eq!(text_of(b"\x1f\x8b\x08\xff"), "000000  1f 8b 08 ff\n");
    }
}
