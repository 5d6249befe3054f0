//! Colours of JSON, a line at a time: total, so that half-typed and broken text has colours too.
//!
//! A line is enough because JSON strings end on their line; only a block comment can run on, and its
//! further lines then have the colours of what they look like.

use std::{ops::Range, sync::Arc};

use egui::{
    Color32, FontId, Galley, Ui,
    text::{LayoutJob, TextFormat, TextWrapping},
};

use crate::ui::theme::{Tokens, font, size};

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// A string before a colon.
    Key,
    /// Any other string.
    String,
    /// `{{ … }}` inside a string or standing alone.
    Template,
    /// Starts with a digit or a minus.
    Number,
    /// A bare word: `true`, `false`, `null`, or a mistake.
    Word,
    /// `{`, `}`, `[`, `]`, `,`, `:`
    Punctuation,
    /// `// …`, `# …` is not one.
    Comment,
    /// Space and anything else.
    Plain,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub token: Token,
    /// Its bytes in the line.
    pub range: Range<usize>,
}

/// Cuts a line into pieces that together cover it.
pub fn tokens(line: &str) -> Vec<Span> {
    let bytes = line.as_bytes();
    let mut spans: Vec<Span> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let token = match byte {
            b'"' => {
                at = string_end(bytes, at + 1);
                let key = bytes
                    .get(at..)
                    .unwrap_or_default()
                    .iter()
                    .find(|b| !b.is_ascii_whitespace())
                    == Some(&b':');
                push_string(&mut spans, line, start..at, key);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = bytes.len();
                Token::Comment
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = line
                    .get(at + 2..)
                    .and_then(|rest| rest.find("*/"))
                    .map_or(bytes.len(), |end| at + 2 + end + 2);
                Token::Comment
            }
            b'{' if bytes.get(at + 1) == Some(&b'{') => {
                match line.get(at..).and_then(|rest| rest.find("}}")) {
                    Some(end) => {
                        at += end + 2;
                        Token::Template
                    }
                    None => {
                        at += 1;
                        Token::Punctuation
                    }
                }
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => {
                at += 1;
                Token::Punctuation
            }
            b'-' | b'0'..=b'9' => {
                at = run(bytes, at, |b| {
                    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-')
                });
                Token::Number
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                at = run(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_');
                Token::Word
            }
            _ => {
                at += 1;
                while !line.is_char_boundary(at) {
                    at += 1;
                }
                Token::Plain
            }
        };
        spans.push(Span {
            token,
            range: start..at,
        });
    }
    spans
}

fn run(bytes: &[u8], from: usize, inside: impl Fn(u8) -> bool) -> usize {
    let tail = bytes.get(from + 1..).unwrap_or_default();
    from + 1 + tail.iter().take_while(|b| inside(**b)).count()
}

/// Byte after the closing quote, or the end of the line. `at` is inside the string.
pub(super) fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A string, its `{{ … }}` apart.
pub(super) fn push_string(spans: &mut Vec<Span>, line: &str, range: Range<usize>, key: bool) {
    let token = if key { Token::Key } else { Token::String };
    let mut from = range.start;
    while let Some(open) = line.get(from..range.end).and_then(|s| s.find("{{")) {
        let open = from + open;
        let Some(close) = line.get(open..range.end).and_then(|s| s.find("}}")) else {
            break;
        };
        let close = open + close + 2;
        if open > from {
            spans.push(Span {
                token,
                range: from..open,
            });
        }
        spans.push(Span {
            token: Token::Template,
            range: open..close,
        });
        from = close;
    }
    if from < range.end {
        spans.push(Span {
            token,
            range: from..range.end,
        });
    }
}

/// A value of one line with its `{{ … }}` in their colour.
pub fn value_job(text: &str, font: &FontId, colors: &Tokens) -> LayoutJob {
    let mut spans = Vec::new();
    push_string(&mut spans, text, 0..text.len(), false);
    let mut job = LayoutJob {
        break_on_newline: false,
        keep_trailing_whitespace: true,
        ..LayoutJob::default()
    };
    let format = |color| TextFormat::simple(font.clone(), color);
    for span in spans {
        let color = match span.token {
            Token::Template => colors.syntax.template,
            _ => colors.text.strong,
        };
        job.append(text.get(span.range).unwrap_or_default(), 0.0, format(color));
    }
    if job.sections.is_empty() {
        job.append("", 0.0, format(colors.text.strong));
    }
    job
}

/// The colour of a piece.
pub(super) fn color(token: Token, colors: &Tokens) -> Color32 {
    match token {
        Token::Key => colors.syntax.key,
        Token::String => colors.syntax.string,
        Token::Template => colors.syntax.template,
        Token::Number => colors.syntax.number,
        Token::Word => colors.syntax.keyword,
        Token::Punctuation => colors.syntax.punctuation,
        Token::Comment => colors.syntax.comment,
        Token::Plain => colors.text.normal,
    }
}

/// A line with colours.
pub fn line_job(line: &str, font: &FontId, colors: &Tokens) -> LayoutJob {
    let mut job = LayoutJob {
        break_on_newline: false,
        keep_trailing_whitespace: true,
        ..LayoutJob::default()
    };
    append_line(&mut job, line, font, None, colors);
    job
}

/// Adds a line to a job.
fn append_line(
    job: &mut LayoutJob,
    line: &str,
    font: &FontId,
    line_height: Option<f32>,
    colors: &Tokens,
) {
    for span in tokens(line) {
        let format = TextFormat {
            line_height,
            ..TextFormat::simple(font.clone(), color(span.token, colors))
        };
        job.append(line.get(span.range).unwrap_or_default(), 0.0, format);
    }
}

/// Texts up to this have colours while they are edited in a field of a form.
const MAX_COLOURED_BYTES: usize = 100 * 1024;

/// A whole text with colours, wrapped at a width: for fields of a few lines, which egui lays out anew with
/// every key.
pub(super) fn text_galley(ui: &Ui, text: &str, width: f32) -> Arc<Galley> {
    let tokens = Tokens::of(ui);
    let mut job = LayoutJob {
        keep_trailing_whitespace: true,
        ..LayoutJob::default()
    };
    job.wrap.max_width = width;
    let plain = TextFormat {
        line_height: Some(size::CODE_LINE),
        ..TextFormat::simple(font::code(), tokens.text.normal)
    };
    if text.len() > MAX_COLOURED_BYTES {
        job.append(text, 0.0, plain);
        return ui.fonts_mut(|fonts| fonts.layout_job(job));
    }
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        let height = Some(size::CODE_LINE);
        append_line(&mut job, content, &font::code(), height, tokens);
        if content.len() < line.len() {
            job.append("\n", 0.0, plain.clone());
        }
    }
    if job.sections.is_empty() {
        job.append("", 0.0, plain);
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// One line of JSON in its colours, cut with `…` at a width.
pub fn json_line(ui: &Ui, line: &str, font: &FontId, max_width: f32) -> Arc<Galley> {
    elided_job(ui, line_job(line, font, Tokens::of(ui)), max_width)
}

/// A job as one line, cut with `…` at a width.
pub(super) fn elided_job(ui: &Ui, mut job: LayoutJob, max_width: f32) -> Arc<Galley> {
    job.wrap = TextWrapping {
        max_rows: 1,
        break_anywhere: true,
        ..TextWrapping::wrap_at_width(max_width)
    };
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(line: &str) -> Vec<(Token, &str)> {
        tokens(line)
            .into_iter()
            .filter(|s| s.token != Token::Plain)
            .map(|s| (s.token, &line[s.range]))
            .collect()
    }

    #[test]
    fn a_line_of_json_is_cut_into_its_pieces() {
        use Token::{Comment, Key, Number, Punctuation, String, Template, Word};
        type Case<'a> = (&'a str, &'a str, &'a [(Token, &'a str)]);
        let cases: &[Case<'_>] = &[
            (
                "member",
                r#"  "id": -1.5e3, // why"#,
                &[
                    (Key, "\"id\""),
                    (Punctuation, ":"),
                    (Number, "-1.5e3"),
                    (Punctuation, ","),
                    (Comment, "// why"),
                ],
            ),
            (
                "escaped quote",
                r#""a\"b" true"#,
                &[(String, r#""a\"b""#), (Word, "true")],
            ),
            (
                "template in a string",
                r#""Bearer {{token}}!""#,
                &[
                    (String, "\"Bearer "),
                    (Template, "{{token}}"),
                    (String, "!\""),
                ],
            ),
            ("bare template", "{{ n }}", &[(Template, "{{ n }}")]),
            ("open string", r#""abc"#, &[(String, "\"abc")]),
            ("escape at the end", "\"abc\\", &[(String, "\"abc\\")]),
            (
                "block comment",
                "/* a */ 1",
                &[(Comment, "/* a */"), (Number, "1")],
            ),
            ("open comment", "/* a", &[(Comment, "/* a")]),
        ];
        for (name, line, expected) in cases {
            assert_eq!(named(line), *expected, "{name}");
        }
    }

    #[test]
    fn pieces_cover_any_line() {
        for line in ["ä\"ö", "\\", "🦀{{", "\"\\🦀\"", "{{{}}", "-", "\u{0}"] {
            let mut at = 0;
            for span in tokens(line) {
                assert_eq!(span.range.start, at, "{line:?}");
                assert!(line.is_char_boundary(span.range.end), "{line:?}");
                at = span.range.end;
            }
            assert_eq!(at, line.len(), "{line:?}");
        }
    }
}
