//! Proto source for the eye: which parts of a text are comments, strings and keywords, and which name a
//! type that the schema knows. Needs no valid source: what it cannot make out stays plain.

use std::ops::Range;

/// What a part of a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProtoToken {
    /// With its marks.
    Comment,
    /// With its quotes.
    String,
    /// A word of the language, or the name of a scalar type.
    Keyword,
    /// A number.
    Number,
    /// The name of a message or an enum, with its full name.
    Type(String),
}

/// A part of a text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtoSpan {
    /// Where.
    pub range: Range<usize>,
    /// What.
    pub token: ProtoToken,
}

/// A proto text with what is known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProtoText {
    /// The text.
    pub text: String,
    /// In order, without overlap.
    pub spans: Vec<ProtoSpan>,
}

/// Words of the language.
const KEYWORDS: [&str; 45] = [
    "bool",
    "bytes",
    "double",
    "edition",
    "enum",
    "export",
    "extend",
    "extensions",
    "false",
    "fixed32",
    "fixed64",
    "float",
    "group",
    "import",
    "int32",
    "int64",
    "local",
    "map",
    "max",
    "message",
    "oneof",
    "option",
    "optional",
    "package",
    "public",
    "repeated",
    "required",
    "reserved",
    "returns",
    "rpc",
    "service",
    "sfixed32",
    "sfixed64",
    "sint32",
    "sint64",
    "stream",
    "string",
    "syntax",
    "to",
    "true",
    "uint32",
    "uint64",
    "weak",
    "inf",
    "nan",
];

impl ProtoText {
    /// Reads a text that stands in `scope` (a package, for a file). `resolve` gives the full name of a type
    /// from its name and the scope that it stands in.
    pub(super) fn new(
        text: String,
        scope: &str,
        resolve: &dyn Fn(&str, &str) -> Option<String>,
    ) -> Self {
        let mut reader = Reader {
            text: &text,
            at: 0,
            scope: scope.to_owned(),
            outer: Vec::new(),
            declared: None,
            before: "",
            spans: Vec::new(),
            resolve,
        };
        while reader.step() {}
        let spans = reader.spans;
        Self { text, spans }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Of the block that is being read.
    scope: String,
    /// Lengths of the scopes around it.
    outer: Vec<usize>,
    /// The name of the block that begins next.
    declared: Option<&'a str>,
    /// The word before.
    before: &'a str,
    spans: Vec<ProtoSpan>,
    resolve: &'a dyn Fn(&str, &str) -> Option<String>,
}

impl<'a> Reader<'a> {
    /// Reads one part; `false` at the end.
    fn step(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return false;
        };
        let length = match first {
            '/' if rest.starts_with("//") => self.span(rest.find('\n'), rest, ProtoToken::Comment),
            '/' if rest.starts_with("/*") => {
                let end = rest.get(2..).and_then(|rest| rest.find("*/"));
                self.span(end.map(|end| end + 4), rest, ProtoToken::Comment)
            }
            '"' | '\'' => self.span(string_end(rest, first), rest, ProtoToken::String),
            '{' => {
                self.open();
                1
            }
            '}' => {
                if let Some(length) = self.outer.pop() {
                    self.scope.truncate(length);
                }
                1
            }
            ';' => {
                self.declared = None;
                self.before = "";
                1
            }
            '0'..='9' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
                self.span(end, rest, ProtoToken::Number)
            }
            letter if is_name(letter) => self.word(rest),
            other => other.len_utf8(),
        };
        self.at += length;
        true
    }

    /// Notes a part that ends at a byte, or with the text.
    fn span(&mut self, end: Option<usize>, rest: &str, token: ProtoToken) -> usize {
        let length = end.unwrap_or(rest.len());
        self.spans.push(ProtoSpan {
            range: self.at..self.at + length,
            token,
        });
        length
    }

    fn open(&mut self) {
        self.outer.push(self.scope.len());
        if let Some(name) = self.declared.take() {
            if !self.scope.is_empty() {
                self.scope.push('.');
            }
            self.scope.push_str(name);
        }
        self.before = "";
    }

    fn word(&mut self, rest: &'a str) -> usize {
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let after = rest.get(end..).unwrap_or_default().trim_start();
        let before = std::mem::replace(&mut self.before, word);
        match before {
            "message" | "enum" | "service" | "group" => self.declared = Some(word),
            "rpc" | "package" | "oneof" | "option" => {}
            // What has a value is a field, an option or the value of an enum.
            _ if after.starts_with('=') => {}
            _ if KEYWORDS.contains(&word) => {
                self.span(Some(end), rest, ProtoToken::Keyword);
            }
            _ => {
                if let Some(full) = (self.resolve)(word, &self.scope) {
                    self.span(Some(end), rest, ProtoToken::Type(full));
                }
            }
        }
        end
    }
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '.'
}

/// The byte after a string; one that is not closed ends with its line.
fn string_end(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            '\n' => return Some(at),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Knows `a.Book`, `a.Shelf`, `a.Shelf.Book` and `google.protobuf.Any`.
    fn resolve(name: &str, scope: &str) -> Option<String> {
        let known = ["a.Book", "a.Shelf", "a.Shelf.Book", "google.protobuf.Any"];
        let mut scope = scope;
        loop {
            let full = match scope {
                "" => name.trim_start_matches('.').to_owned(),
                scope => format!("{scope}.{name}"),
            };
            if known.contains(&full.as_str()) {
                return Some(full);
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    fn marks(text: &str) -> Vec<String> {
        let text = ProtoText::new(text.to_owned(), "a", &resolve);
        let mark = |span: &ProtoSpan| {
            let part = &text.text[span.range.clone()];
            match &span.token {
                ProtoToken::Type(full) => format!("{part} = {full}"),
                token => format!("{part} {token:?}"),
            }
        };
        text.spans.iter().map(mark).collect()
    }

    #[test]
    fn types_are_found_in_the_scope_they_stand_in() {
        let text = "message Shelf {\n  message Book {}\n  Book one = 1; // a Book\n}\n\
                    message Other { repeated Book two = 2; .a.Book three = 3;\n\
                    map<string, Shelf.Book> four = 4 [default = \"Book\"]; }\n\
                    rpc Book(Book) returns (stream google.protobuf.Any);";
        let types: Vec<_> = marks(text);
        let types: Vec<_> = types.iter().filter(|mark| mark.contains(" = ")).collect();
        let expected = [
            "Book = a.Shelf.Book",
            "Book = a.Book",
            ".a.Book = a.Book",
            "Shelf.Book = a.Shelf.Book",
            "Book = a.Book",
            "google.protobuf.Any = google.protobuf.Any",
        ];
        assert_eq!(types, expected);
    }

    #[test]
    fn parts_are_told_apart_and_nothing_breaks_the_reader() {
        for (text, expected) in [
            (
                "/* a\nb */ string x = 12;",
                &["/* a\nb */ Comment", "string Keyword", "12 Number"][..],
            ),
            ("// é", &["// é Comment"]),
            ("\"a\\\"b\" 'c", &["\"a\\\"b\" String", "'c String"]),
            ("\"open\nBook", &["\"open String", "Book = a.Book"]),
            ("/* open", &["/* open Comment"]),
            ("}}}} {{{", &[]),
            ("Book = 1", &["1 Number"]),
            ("é ü Book", &["Book = a.Book"]),
        ] {
            assert_eq!(marks(text), expected, "{text}");
        }
    }
}
