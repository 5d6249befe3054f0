//! A first look at a source file, before protox sees it.
//!
//! Decodes the bytes, refuses what would overflow the stack of the parsers behind it, and reads the
//! few statements that decide how the file is treated (`edition`, `package`, `import`).
//! Invariant: one pass, no recursion, no allocation that grows faster than the file.

/// Deepest nesting of `{`, `[`, `(` and `<` allowed. protox and prost-reflect recurse once a level
/// and abort the process at some tens of thousands.
const MAX_NESTING: usize = 100;

/// Most parts in one dotted name; option names recurse once a part.
const MAX_NAME_PARTS: usize = 100;

/// Words and signs in one file; what the parser makes of them takes a hundred times their bytes.
const MAX_TOKENS: usize = 2_000_000;

/// What the head of a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// The value of `edition = "…"` and its offset.
    pub(super) edition: Option<(String, usize)>,
    /// The package, empty when none is given.
    pub(super) package: String,
    /// Imported names in order.
    pub(super) imports: Vec<String>,
}

/// Why a file is not handed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) offset: usize,
    pub(super) reason: String,
}

/// Text of a source file: UTF-8 with or without a byte order mark; anything else is read as
/// Latin-1, which protoc accepts in comments.
pub(super) fn decode_source(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Line and column of a byte offset, from 1; columns count characters.
pub(super) fn place_at(source: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let before = source.get(..end).unwrap_or_default();
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |line| line.chars().count())
        + 1;
    (line, column)
}

/// Refuses nesting, dotted names and lengths that the parsers cannot take.
pub(super) fn check_nesting(source: &str) -> Result<(), Refusal> {
    let mut depth = 0_usize;
    let mut dots = 0_usize;
    for (count, token) in Tokens::new(source).enumerate() {
        if count == MAX_TOKENS {
            return Err(Refusal {
                offset: token.start,
                reason: format!("a file of more than {MAX_TOKENS} words and signs"),
            });
        }
        match token.kind {
            TokenKind::Symbol(b'{' | b'[' | b'(' | b'<') => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Err(Refusal {
                        offset: token.start,
                        reason: format!("nested more than {MAX_NESTING} levels deep"),
                    });
                }
                if token.kind != TokenKind::Symbol(b'(') {
                    dots = 0;
                }
            }
            TokenKind::Symbol(b'}' | b']' | b'>') => {
                depth = depth.saturating_sub(1);
                dots = 0;
            }
            // `(a.b).c.(d)` is one option name, so parentheses do not end it.
            TokenKind::Symbol(b')') => depth = depth.saturating_sub(1),
            TokenKind::Symbol(b'.') => {
                dots += 1;
                if dots > MAX_NAME_PARTS {
                    return Err(Refusal {
                        offset: token.start,
                        reason: format!("a name of more than {MAX_NAME_PARTS} parts"),
                    });
                }
            }
            TokenKind::Symbol(_) | TokenKind::Text => dots = 0,
            TokenKind::Word => {}
        }
    }
    Ok(())
}

/// Reads `edition`, `package` and `import` statements at the top level. Tolerant: what is not
/// understood is skipped, for protox to complain about.
pub(super) fn read_header(source: &str) -> Header {
    read_until(source, |_| false)
}

/// The same, of what stands before the first definition: all that most files import.
pub(super) fn read_head(source: &str) -> Header {
    read_until(source, |word| {
        matches!(word, "message" | "enum" | "service" | "extend")
    })
}

fn read_until(source: &str, ends: impl Fn(&str) -> bool) -> Header {
    let mut header = Header::default();
    let mut depth = 0_usize;
    let mut statement: Vec<Token<'_>> = Vec::new();
    for token in Tokens::new(source) {
        match token.kind {
            TokenKind::Symbol(b'{') => {
                if statement.first().is_some_and(|token| ends(token.text)) {
                    break;
                }
                depth += 1;
                statement.clear();
            }
            TokenKind::Symbol(b'}') => {
                depth = depth.saturating_sub(1);
                statement.clear();
            }
            TokenKind::Symbol(b';') if depth == 0 => {
                read_statement(&statement, &mut header);
                statement.clear();
            }
            // No statement of interest is longer than a package name of a hundred parts.
            _ if depth == 0 && statement.len() < 2 * MAX_NAME_PARTS => statement.push(token),
            _ => {}
        }
    }
    header
}

fn read_statement(tokens: &[Token<'_>], header: &mut Header) {
    let Some((first, rest)) = tokens.split_first() else {
        return;
    };
    match first.text {
        "edition" => {
            if let Some(value) = rest.iter().find(|t| t.kind == TokenKind::Text) {
                header.edition = Some((unquote(value.text).to_owned(), first.start));
            }
        }
        "package" => header.package = rest.iter().map(|t| t.text).collect(),
        "import" => {
            if let Some(name) = rest.iter().find(|t| t.kind == TokenKind::Text) {
                header.imports.push(unquote(name.text).to_owned());
            }
        }
        _ => {}
    }
}

fn unquote(text: &str) -> &str {
    let inner = text.get(1..).unwrap_or_default();
    inner.strip_suffix(['"', '\'']).unwrap_or(inner)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Letters, digits, underscores.
    Word,
    /// A quoted string, quotes included.
    Text,
    /// Any other byte that is not white space.
    Symbol(u8),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) text: &'a str,
}

/// Tokens of a proto file without comments and white space.
pub(super) struct Tokens<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_space(&mut self) {
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b'/'), Some(b'/')) => self.skip_past("\n"),
                (Some(b'/'), Some(b'*')) => {
                    self.at += 2;
                    self.skip_past("*/");
                }
                (Some(byte), _) if byte.is_ascii_whitespace() => self.at += 1,
                _ => return,
            }
        }
    }

    fn skip_past(&mut self, mark: &str) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += rest.find(mark).map_or(rest.len(), |i| i + mark.len());
    }

    fn skip_string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                // A string does not cross a line; the parser will say so.
                b'\n' => return,
                _ if byte == quote => return,
                _ => {}
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let start = self.at;
        let first = self.byte(0)?;
        let kind = match first {
            b'"' | b'\'' => {
                self.skip_string(first);
                TokenKind::Text
            }
            b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                while matches!(
                    self.byte(0),
                    Some(b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
                ) {
                    self.at += 1;
                }
                TokenKind::Word
            }
            _ => {
                self.at += 1;
                TokenKind::Symbol(first)
            }
        };
        self.at = self.at.min(self.source.len());
        // A symbol that is no ASCII character is cut in its middle; its text does not matter.
        let text = self.source.get(start..self.at).unwrap_or_default();
        Some(Token { kind, start, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_bytes_become_text() {
        let rows: [(&str, &[u8], &str); 4] = [
            ("plain", b"a", "a"),
            ("byte order mark", b"\xEF\xBB\xBFa", "a"),
            ("utf-8", "é".as_bytes(), "é"),
            ("latin-1", b"caf\xE9", "café"),
        ];
        for (name, bytes, text) in rows {
            assert_eq!(decode_source(bytes), text, "{name}");
        }
    }

    #[test]
    fn places_count_from_one_in_characters() {
        let rows = [
            ("start", "ab", 0, (1, 1)),
            ("same line", "ab", 1, (1, 2)),
            ("next line", "a\nbc", 3, (2, 2)),
            ("after a wide character", "é x", 3, (1, 3)),
            ("inside a wide character", "é", 1, (1, 1)),
            ("past the end", "a", 9, (1, 2)),
        ];
        for (name, source, offset, place) in rows {
            assert_eq!(place_at(source, offset), place, "{name}");
        }
    }

    #[test]
    fn nesting_is_limited_outside_strings_and_comments() {
        let deep = |open: &str| open.repeat(100_000);
        let rows = [
            (
                "messages",
                format!("message A {}", deep("{ message B ")),
                false,
            ),
            ("aggregates", format!("option (a) = {};", deep("{a")), false),
            ("lists", format!("option (a) = {};", deep("[")), false),
            (
                "angle brackets",
                format!("option (a) = {{{}", deep("a <")),
                false,
            ),
            (
                "option names",
                format!("option a{} = 1;", deep(".a")),
                false,
            ),
            (
                "option extensions",
                format!("option (a){} = 1;", deep(".(a)")),
                false,
            ),
            ("a string", format!("option a = \"{}\";", deep("{")), true),
            (
                "an escaped quote",
                format!("option a = \"\\\"{}\";", deep("{")),
                true,
            ),
            ("a line comment", format!("// {}", deep("{")), true),
            ("a block comment", format!("/* {} */", deep("{")), true),
            ("side by side", deep("message A {} "), true),
            (
                "many numbers",
                format!("option a = {};", deep("1.5, ")),
                true,
            ),
            ("unbalanced", deep("}"), true),
        ];
        for (name, source, fits) in rows {
            assert_eq!(check_nesting(&source).is_ok(), fits, "{name}");
        }
    }

    #[test]
    fn headers_are_read_from_any_file() {
        let source = "// package no;\nedition = \"2023\"; package a . b;\nimport public 'x/y.proto';\
                      message M { string import = 1; } import \"z.proto\"; \u{e9} import ;";
        let header = read_header(source);
        assert_eq!(header.edition, Some(("2023".to_owned(), 15)));
        assert_eq!(header.package, "a.b");
        assert_eq!(header.imports, ["x/y.proto", "z.proto"]);
    }
}
