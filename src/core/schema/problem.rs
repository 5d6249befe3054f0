//! What of a source cannot be used: where, why, and what to do about it.

use std::path::PathBuf;

use crate::grpc::disturbs;

/// Characters of a line that are shown.
const MAX_CHARS: usize = 160;

/// Of a longer line, characters shown before the place.
const CHARS_BEFORE: usize = 60;

/// Something in a source that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// The file, as named by the importer or the server.
    pub file: String,
    /// Line and column, from 1, where known.
    pub place: Option<(usize, usize)>,
    /// The text at the place, of a source file that was compiled.
    pub line: Option<Excerpt>,
    /// What is wrong.
    pub reason: String,
    /// What to try.
    pub hint: Option<String>,
    /// What a button can do about it.
    pub fixes: Vec<Fix>,
    /// The source it came from, by its index in the list that was loaded; `None` of a server, and of what
    /// two sources did together.
    pub source: Option<usize>,
    /// The other file, where two define the same symbol.
    pub(super) rival: Option<String>,
}

/// A change of a source of `.proto` files that mends a problem.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fix {
    /// The import is there, seen from this folder: add it to the roots.
    AddRoot(PathBuf),
    /// Two files define the same symbol: leave one of them out.
    Prefer {
        /// The file that counts, by the name it is imported by.
        keep: String,
        /// The file that is left out.
        drop: PathBuf,
    },
}

/// A line of a source, for reading: long ones cut around the place, without characters that would change
/// the text around them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Excerpt {
    /// The text, at most 162 characters.
    pub text: String,
    /// How many characters of it stand before the place.
    pub before: usize,
}

impl Problem {
    /// A problem of a file as a whole.
    pub fn new(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            reason: reason.into(),
            ..Self::default()
        }
    }

    /// Says where it is: line and column, from 1.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<(usize, usize)>>) -> Self {
        self.place = place.into();
        self
    }

    /// Says what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the file that defines the same.
    #[must_use]
    pub(super) fn rival(mut self, file: &str) -> Self {
        self.rival = Some(file.to_owned());
        self
    }

    /// `file:line:column`, as far as it is known.
    pub fn location(&self) -> String {
        match self.place {
            Some((line, column)) => format!("{}:{line}:{column}", self.file),
            None => self.file.clone(),
        }
    }
}

/// The location, the reason, the line with a mark below it, and the hint; for a terminal or an issue.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.location(), self.reason)?;
        if let (Some(line), Some((number, _))) = (&self.line, self.place) {
            let number = number.to_string();
            let (text, below) = (&line.text, " ".repeat(line.before));
            let beside = " ".repeat(number.len());
            write!(f, "\n  {number} | {text}\n  {beside} | {below}^")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl Excerpt {
    /// What is shown of a line, with a place in it: a column from 1.
    pub fn of(line: &str, column: usize) -> Self {
        let line = line.trim_end();
        let at = column.saturating_sub(1);
        let indent = line.chars().take_while(|char| char.is_whitespace()).count();
        // What is cut off in front never reaches the place.
        let skipped = if at >= MAX_CHARS {
            at - CHARS_BEFORE
        } else {
            indent.min(at)
        };
        let cut_before = skipped > indent;
        let mut chars = line.chars().skip(skipped);
        let mut text = String::with_capacity(MAX_CHARS + 2);
        if cut_before {
            text.push('…');
        }
        // One character for each, so that the column stays what it is.
        text.extend(chars.by_ref().take(MAX_CHARS).map(|char| match char {
            '\t' => ' ',
            '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(char)).unwrap_or(' '),
            '\x7f' => '␡',
            char if disturbs(char) => '\u{fffd}',
            char => char,
        }));
        if chars.next().is_some() {
            text.push('…');
        }
        let shown = text.chars().count();
        Self {
            text,
            before: (at - skipped + usize::from(cut_before)).min(shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_around_their_place() {
        let long = "x".repeat(400);
        let rows = [
            ("short", "int a = 1;", 5, "int a = 1;", 4),
            ("indent is left out", "\t  int a;  ", 4, "int a;", 0),
            ("a place in the indent", "    int a;", 2, "   int a;", 0),
            ("past the end", "a", 9, "a", 1),
            ("empty", "", 1, "", 0),
            ("no column", "ab", 0, "ab", 0),
            (
                "control characters",
                "a\x1b[2J\tb\x7f\u{202e}",
                6,
                "a␛[2J b␡\u{fffd}",
                5,
            ),
            ("wide characters", "é漢x", 3, "é漢x", 2),
        ];
        for (name, line, column, text, before) in rows {
            let expected = Excerpt {
                text: text.to_owned(),
                before,
            };
            assert_eq!(Excerpt::of(line, column), expected, "{name}");
        }
        let end = Excerpt::of(&long, 10);
        assert_eq!(end.text.chars().count(), MAX_CHARS + 1);
        assert_eq!((end.before, end.text.ends_with('…')), (9, true));
        let middle = Excerpt::of(&format!("{long}HERE{long}"), 401);
        let at: String = middle.text.chars().skip(middle.before).take(4).collect();
        assert_eq!(at, "HERE");
        assert!(middle.text.starts_with('…') && middle.text.ends_with('…'));
        assert_eq!(middle.text.chars().count(), MAX_CHARS + 2);
    }

    #[test]
    fn a_problem_reads_as_a_compilers() {
        let mut problem = Problem::new("a/b.proto", "`X` is not defined")
            .at((12, 7))
            .hint("Import it");
        problem.line = Some(Excerpt::of("  X x = 1;", 3));
        assert_eq!(
            problem.to_string(),
            "a/b.proto:12:7: `X` is not defined\n  12 | X x = 1;\n     | ^\n  hint: Import it"
        );
        let bare = Problem::new("a.proto", "the file is empty");
        assert_eq!(bare.to_string(), "a.proto: the file is empty");
    }
}
