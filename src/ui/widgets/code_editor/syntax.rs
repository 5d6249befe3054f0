//! Colours of a piece of a line, whatever it begins in: a string, a comment, or neither.

use std::ops::Range;

use egui::text::{LayoutJob, TextFormat};

use super::lex::State;
use crate::ui::{
    theme::{Tokens, font},
    widgets::json_syntax::{self, Span, Token},
};

/// Bytes after a piece that are looked at, for the string it ends in: a key has its colon behind it.
const AHEAD: usize = 256;

/// Lays out a piece of a line. `line_end` is where the line ends, `state` the one before the piece.
pub(super) fn piece_job(
    text: &str,
    piece: &Range<usize>,
    line_end: usize,
    state: State,
    tokens: &Tokens,
) -> LayoutJob {
    let mut job = LayoutJob {
        break_on_newline: false,
        keep_trailing_whitespace: true,
        ..LayoutJob::default()
    };
    let ahead = text.floor_char_boundary(line_end.min(piece.end + AHEAD));
    let looked_at = text.get(piece.start..ahead).unwrap_or_default();
    let shown = looked_at.get(..piece.len()).unwrap_or(looked_at);
    for span in spans(looked_at, state) {
        let range = span.range.start..span.range.end.min(shown.len());
        if range.start >= range.end {
            break;
        }
        let part = shown.get(range).unwrap_or_default();
        job.append(part, 0.0, format(span.token, tokens));
    }
    if job.sections.is_empty() {
        job.append("", 0.0, format(Token::Plain, tokens));
    }
    job
}

fn format(token: Token, tokens: &Tokens) -> TextFormat {
    TextFormat::simple(font::code(), json_syntax::color(token, tokens))
}

/// Cuts a text that begins in some state into its pieces.
fn spans(text: &str, state: State) -> Vec<Span> {
    let mut spans = Vec::new();
    let bytes = text.as_bytes();
    let begun = match state {
        State::Code | State::Slash => 0,
        State::Text | State::Escape => {
            // As if the opening quote stood before it: an escape takes the first byte with it.
            let skipped = usize::from(state == State::Escape);
            let end = json_syntax::string_end(bytes, skipped);
            json_syntax::push_string(&mut spans, text, 0..end, false);
            end
        }
        State::LineComment => text.len(),
        State::BlockComment | State::Star => {
            if state == State::Star && text.starts_with('/') {
                1
            } else {
                text.find("*/").map_or(text.len(), |at| at + 2)
            }
        }
    };
    if state.in_comment() && begun > 0 {
        spans.push(Span {
            token: Token::Comment,
            range: 0..begun,
        });
    }
    let rest = text.get(begun..).unwrap_or_default();
    spans.extend(json_syntax::tokens(rest).into_iter().map(|span| Span {
        token: span.token,
        range: span.range.start + begun..span.range.end + begun,
    }));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_goes_on_with_what_it_begins_in() {
        use Token::{Comment, Number, Punctuation, String, Template};
        type Case<'a> = (&'a str, State, &'a [(Token, &'a str)]);
        let cases: &[Case<'_>] = &[
            (
                "in a comment",
                State::BlockComment,
                &[(Comment, "in a comment")],
            ),
            (
                "x */ 1",
                State::BlockComment,
                &[(Comment, "x */"), (Number, "1")],
            ),
            ("/1", State::Star, &[(Comment, "/"), (Number, "1")]),
            (
                "a\", 1",
                State::Text,
                &[(String, "a\""), (Punctuation, ","), (Number, "1")],
            ),
            ("\"a\"", State::Escape, &[(String, "\"a\"")]),
            (
                "{{ x }}\"",
                State::Text,
                &[(Template, "{{ x }}"), (String, "\"")],
            ),
            ("rest", State::LineComment, &[(Comment, "rest")]),
        ];
        for (text, state, expected) in cases {
            let found: Vec<_> = spans(text, *state)
                .into_iter()
                .filter(|span| span.token != Token::Plain)
                .map(|span| (span.token, &text[span.range]))
                .collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn a_key_that_is_cut_off_is_still_one() {
        let text = "\"a long key\": 1";
        let job = piece_job(
            text,
            &(0..5),
            text.len(),
            State::Code,
            &crate::ui::theme::DARK,
        );
        assert_eq!(job.text, "\"a lo");
        let color = job.sections[0].format.color;
        assert_eq!(color, crate::ui::theme::DARK.syntax.key);
    }
}
