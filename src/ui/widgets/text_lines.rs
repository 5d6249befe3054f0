//! A text with an index of its lines: made once, so that a view of any size draws what is visible.

use std::sync::Arc;

/// Bytes of a line that are shown; longer ones are cut and say so.
pub(super) const SHOWN_LINE_BYTES: usize = 4096;

/// A text that does not change, and where its lines begin. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct TextLines {
    text: Arc<str>,
    starts: Arc<[u32]>,
    longest: usize,
}

impl TextLines {
    /// Indexes a text. Texts over 4 GiB are cut there: their offsets would not fit.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let mut text: Arc<str> = text.into();
        if u32::try_from(text.len()).is_err() {
            let mut end = u32::MAX as usize;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text = text.get(..end).unwrap_or_default().into();
        }
        let mut starts = vec![0_u32];
        let mut longest = 0;
        let mut last = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                longest = longest.max(at - last);
                last = at + 1;
                starts.push(u32::try_from(last).unwrap_or(u32::MAX));
            }
        }
        longest = longest.max(text.len() - last);
        Self {
            text,
            starts: starts.into(),
            longest,
        }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Number of lines, at least 1.
    pub fn len(&self) -> usize {
        self.starts.len().max(1)
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Bytes of the longest line.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Byte at which a line begins; the end of the text for a line that is not there.
    pub fn start(&self, line: usize) -> usize {
        self.starts
            .get(line)
            .map_or(self.text.len(), |start| *start as usize)
    }

    /// A line without its end.
    pub fn line(&self, line: usize) -> &str {
        let from = self.start(line);
        let to = self.start(line + 1);
        let text = self.text.get(from..to).unwrap_or_default();
        let text = text.strip_suffix('\n').unwrap_or(text);
        text.strip_suffix('\r').unwrap_or(text)
    }

    /// The line that holds a byte.
    pub fn line_at(&self, byte: usize) -> usize {
        self.starts
            .partition_point(|start| *start as usize <= byte)
            .saturating_sub(1)
    }

    /// What is drawn of a line, and how many bytes are left out.
    pub fn shown(&self, line: usize) -> (&str, usize) {
        let text = self.line(line);
        if text.len() <= SHOWN_LINE_BYTES {
            return (text, 0);
        }
        let mut end = SHOWN_LINE_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        (text.get(..end).unwrap_or_default(), text.len() - end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_number_and_by_byte() {
        let lines = TextLines::new("ab\r\ncdé\n\nx");
        assert_eq!(lines.len(), 4);
        let all: Vec<&str> = (0..5).map(|n| lines.line(n)).collect();
        assert_eq!(all, ["ab", "cdé", "", "x", ""]);
        assert_eq!(lines.line_at(0), 0);
        assert_eq!(lines.line_at(4), 1);
        assert_eq!(lines.line_at(usize::MAX), 3);
        assert_eq!(lines.longest(), 4);
    }

    #[test]
    fn an_empty_text_has_one_empty_line() {
        for lines in [TextLines::new(""), TextLines::default()] {
            assert_eq!((lines.len(), lines.line(0), lines.line_at(7)), (1, "", 0));
        }
    }

    #[test]
    fn a_long_line_is_cut_on_a_character() {
        let lines = TextLines::new("é".repeat(3000));
        let (shown, rest) = lines.shown(0);
        assert_eq!((shown.len(), rest), (4096, 6000 - 4096));
    }
}
