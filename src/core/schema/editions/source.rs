//! Sources of editions for a parser that knows proto3: each token that is new is rewritten in its place.
//!
//! ```text
//! edition = "2023";              syntax = "proto3";     the edition is told beside
//! export message, local enum     message, enum          who may see a type changes no wire format
//! import option "a.proto";       import "a.proto";
//! reserved old, older;           reserved "old", "older";
//! [default = 5]                  [DEFAULT = 5]          proto3 has no defaults; taken up by `lower`
//! [default = -inf]               [DEFAULT = "-inf"]
//! extensions 5 [a = b];          extensions 5 to 5 [a = b];   protox takes options of ranges alone
//! ```
//! `option features.…` stays: the parser hands options on as they stand, and `lower` reads them.
//! Lines stay lines; columns move only behind a token that became longer. Pure, one pass.

use std::ops::Range;

use super::super::scan::{Token, TokenKind, Tokens};

/// The option that a default is written as.
pub(super) const DEFAULT: &str = "DEFAULT";

/// A source as the parser takes it, and the number of its edition.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Rewritten {
    pub(in super::super) source: String,
    pub(in super::super) edition: i32,
}

/// Rewrites a source that names an edition; `None` where it is one that is not known.
pub(in super::super) fn rewrite(source: &str, edition: &str) -> Option<Rewritten> {
    let edition = match edition {
        "2023" => 1000,
        "2024" => 1001,
        "2026" => 1002,
        _ => return None,
    };
    let tokens: Vec<Token<'_>> = Tokens::new(source).collect();
    let mut edits = edits(&tokens);
    edits.extend(single_ranges(&tokens));
    Some(Rewritten {
        source: apply(source, edits),
        edition,
    })
}

/// Rewrites what the parser does not take of a source of any syntax; `None` where there is nothing.
pub(in super::super) fn mend(source: &str) -> Option<String> {
    let tokens: Vec<Token<'_>> = Tokens::new(source).collect();
    let edits = single_ranges(&tokens);
    (!edits.is_empty()).then(|| apply(source, edits))
}

fn apply(source: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut rewritten = String::with_capacity(source.len() + 16);
    let mut copied = 0;
    for (range, text) in edits {
        rewritten.push_str(source.get(copied..range.start).unwrap_or_default());
        rewritten.push_str(&text);
        copied = range.end;
    }
    rewritten.push_str(source.get(copied..).unwrap_or_default());
    rewritten
}

/// `extensions 5 [` is a range of one number.
fn single_ranges(tokens: &[Token<'_>]) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    let mut begins = true;
    let mut extensions = false;
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        extensions |= begins && token.text == "extensions";
        if extensions && is_symbol(tokens.get(index + 1), b'[') {
            let number = token.text;
            let alone = before.is_some_and(|before| before.text != "to");
            if alone && number.starts_with(|char: char| char.is_ascii_digit()) {
                let end = token.start + number.len();
                edits.push((end..end, format!(" to {number}")));
            }
            // What follows are options.
            extensions = false;
        }
        begins = matches!(token.kind, TokenKind::Symbol(b';' | b'{' | b'}'));
        extensions &= !begins;
    }
    edits
}

/// What is written in place of which bytes, in order.
fn edits(tokens: &[Token<'_>]) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    let mut begins = true;
    let mut reserved = false;
    for (index, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(index + ahead);
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let range = token.start..token.start + token.text.len();
        let blank = || " ".repeat(token.text.len());
        if token.kind == TokenKind::Word {
            match token.text {
                "edition" if begins && is_symbol(next(1), b'=') => {
                    if let Some(value) = next(2) {
                        let whole = range.start..value.start + value.text.len();
                        edits.push((whole, "syntax = \"proto3\"".to_owned()));
                    }
                }
                "export" | "local" if begins && is_definition(next(1), next(2)) => {
                    edits.push((range, blank()));
                }
                "option" if before.is_some_and(|before| before.text == "import") => {
                    edits.push((range, blank()));
                }
                "reserved" if begins => reserved = true,
                "default"
                    if is_symbol(next(1), b'=')
                        && (is_symbol(before, b'[') || is_symbol(before, b',')) =>
                {
                    edits.push((range, DEFAULT.to_owned()));
                    if is_symbol(next(2), b'-')
                        && let (Some(minus), Some(word)) = (next(2), next(3))
                        && matches!(word.text, "inf" | "nan")
                    {
                        let value = minus.start..word.start + word.text.len();
                        edits.push((value, format!("\"-{}\"", word.text)));
                    }
                }
                "to" | "max" => {}
                name if reserved && !name.starts_with(|char: char| char.is_ascii_digit()) => {
                    edits.push((range, format!("\"{name}\"")));
                }
                _ => {}
            }
        }
        begins = matches!(token.kind, TokenKind::Symbol(b';' | b'{' | b'}'));
        reserved &= !begins;
    }
    edits
}

fn is_symbol(token: Option<&Token<'_>>, symbol: u8) -> bool {
    token.is_some_and(|token| token.kind == TokenKind::Symbol(symbol))
}

/// Whether a message or an enum begins here, and no field of a type called `export`.
fn is_definition(keyword: Option<&Token<'_>>, name: Option<&Token<'_>>) -> bool {
    keyword.is_some_and(|keyword| matches!(keyword.text, "message" | "enum"))
        && name.is_some_and(|name| name.kind == TokenKind::Word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_rewritten_in_its_place() {
        let rows = [
            ("edition = \"2023\";\n", "syntax = \"proto3\";\n"),
            (
                "// edition\nedition='2023' ;",
                "// edition\nsyntax = \"proto3\" ;",
            ),
            ("export message A {}", "       message A {}"),
            (
                "message A { local enum B {} }",
                "message A {       enum B {} }",
            ),
            (
                "message A { export message = 1; }",
                "message A { export message = 1; }",
            ),
            ("import option \"a\";", "import        \"a\";"),
            ("import \"a\"; option b = 1;", "import \"a\"; option b = 1;"),
            (
                "message A { reserved old, 2 to 4, max; }",
                "message A { reserved \"old\", 2 to 4, max; }",
            ),
            ("int32 a = 1 [default = 5];", "int32 a = 1 [DEFAULT = 5];"),
            (
                "int32 a = 1 [(x) = {default: 1}, default = 5];",
                "int32 a = 1 [(x) = {default: 1}, DEFAULT = 5];",
            ),
            ("int32 default = 1;", "int32 default = 1;"),
            (
                "double a = 1 [default = -inf];",
                "double a = 1 [DEFAULT = \"-inf\"];",
            ),
            (
                "message A { extensions 5 [x = y]; }",
                "message A { extensions 5 to 5 [x = y]; }",
            ),
            (
                "message A { extensions 4, 5 to 6 [x = {a: 7 [1]}]; }",
                "message A { extensions 4, 5 to 6 [x = {a: 7 [1]}]; }",
            ),
            (
                "option s = \"edition = 1; reserved a\";",
                "option s = \"edition = 1; reserved a\";",
            ),
        ];
        for (source, expected) in rows {
            let rewritten = rewrite(source, "2023").unwrap();
            assert_eq!(rewritten.source, expected, "{source}");
            assert_eq!(rewritten.edition, 1000);
        }
        assert_eq!(mend("message A { extensions 5 to 6 [x = y]; }"), None);
        assert!(mend("message A { extensions 5 [x = y]; }").is_some());
        assert_eq!(rewrite("", "2024").unwrap().edition, 1001);
        assert_eq!(rewrite("", "2026").unwrap().edition, 1002);
        assert_eq!(rewrite("", "1999"), None);
    }
}
