//! The small pieces JSON with comments is made of: what stands between two values.
//!
//! Pure and total: any text and any offset on a character's border give an answer.

/// A piece of text between values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// Spaces and tabs (and the `\r` of a line's end).
    Space,
    /// One `\n`.
    Newline,
    /// `// …` without its line's end.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// A bracket, a value, or the end of the text.
    Other,
}

impl Piece {
    /// Either kind of comment.
    pub(super) fn is_comment(self) -> bool {
        matches!(self, Self::LineComment | Self::BlockComment)
    }
}

/// The piece at `at` and where it ends. [`Piece::Other`] has no length.
pub(super) fn piece(text: &str, at: usize) -> (Piece, usize) {
    let bytes = text.as_bytes();
    let Some(&first) = bytes.get(at) else {
        return (Piece::Other, at);
    };
    match first {
        b' ' | b'\t' | b'\r' => {
            let mut end = at + 1;
            while matches!(bytes.get(end), Some(b' ' | b'\t' | b'\r')) {
                end += 1;
            }
            (Piece::Space, end)
        }
        b'\n' => (Piece::Newline, at + 1),
        b',' => (Piece::Comma, at + 1),
        b':' => (Piece::Colon, at + 1),
        b'/' if bytes.get(at + 1) == Some(&b'/') => (Piece::LineComment, line_end(text, at)),
        b'/' if bytes.get(at + 1) == Some(&b'*') => match find_comment_end(text, at + 2) {
            Some(end) => (Piece::BlockComment, end),
            None => (Piece::Other, at),
        },
        // A byte order mark counts as space, but only where it means one.
        0xEF if at == 0 && text.starts_with('\u{feff}') => (Piece::Space, 3),
        _ => (Piece::Other, at),
    }
}

/// Where the line of `at` ends, its `\r\n` or `\n` left out.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |len| at + len);
    if text[at..end].ends_with('\r') {
        end - 1
    } else {
        end
    }
}

/// Just past the `*/` that closes a comment whose inside starts at `from`.
fn find_comment_end(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += text.get(at..)?.find('*')? + 1;
        if text.as_bytes().get(at) == Some(&b'/') {
            return Some(at + 1);
        }
    }
}

/// The first offset from `at` on that is neither space, newline nor comment.
pub(super) fn skip_trivia(text: &str, mut at: usize) -> usize {
    loop {
        match piece(text, at) {
            (Piece::Comma | Piece::Colon | Piece::Other, _) => return at,
            (_, end) => at = end,
        }
    }
}

/// The first offset from `at` on that is no space (newlines end it too).
pub(super) fn skip_space(text: &str, at: usize) -> usize {
    match piece(text, at) {
        (Piece::Space, end) => end,
        _ => at,
    }
}

/// Whether a stretch between values holds a comment.
pub(super) fn has_comment(gap: &str) -> bool {
    gap.contains('/')
}

/// Whether only spaces stand between `at` and the start of its line (which is not the first).
pub(super) fn starts_line(text: &str, at: usize) -> bool {
    text[..at].trim_end_matches([' ', '\t']).ends_with('\n')
}

/// The spaces at the start of the line of `at`.
pub(super) fn line_indent(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let line = &text[start..];
    let width = line.len() - line.trim_start_matches([' ', '\t']).len();
    &line[..width]
}

/// The line ending the text uses.
pub(super) fn newline_of(text: &str) -> &'static str {
    match text.find('\n') {
        Some(i) if text[..i].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
