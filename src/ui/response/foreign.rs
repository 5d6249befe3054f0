//! The body of an answer that was not gRPC: what a proxy or a web server said in place of the server.

use std::{borrow::Cow, fmt::Write as _};

use egui::{RichText, Ui};

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

/// Draws it, and says when that is not all of it; nothing for an empty body.
pub(super) fn body_ui(
    ui: &mut Ui,
    content_type: Option<&str>,
    body: &[u8],
    whole: bool,
    cache: &mut MessageCache,
) {
    if body.is_empty() {
        return;
    }
    ui.add_space(space::S);
    section_label(ui, "BODY");
    let size = words::bytes(u64::try_from(body.len()).unwrap_or(u64::MAX));
    let kind = content_type.unwrap_or("no content type");
    let caption = if whole {
        format!("{kind}, {size}")
    } else {
        format!("{kind}, the first {size}; the rest was not kept")
    };
    ui.label(
        RichText::new(caption)
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
    fn a_body_is_shown_as_text_where_it_is_text() {
        assert_eq!(text_of(b"<html>\n"), "<html>\n");
        // Cut in the middle of a character.
        assert_eq!(text_of("né".as_bytes().get(..2).unwrap()), "n\u{fffd}");
        assert_eq!(text_of(b"\x1f\x8b\x08\xff"), "000000  1f 8b 08 ff\n");
    }
}
