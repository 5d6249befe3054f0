//! Words as a shell must be given them. What the shell hands to the program is the word, byte for byte.

use super::{
    Shell,
    powershell::{DOUBLE, SINGLE},
};
use crate::interop::placeholder::Placeholders;

/// A line longer than this is continued on the next.
const LINE: usize = 100;

/// Writes words for one shell. Marks become variables of the shell.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Writer<'a> {
    pub(in super::super) shell: Shell,
    pub(in super::super) placeholders: &'a Placeholders,
}

/// A part of a word.
enum Piece<'t> {
    Text(&'t str),
    Variable(&'t str),
}

impl Writer<'_> {
    /// One word.
    pub(in super::super) fn word(&self, text: &str) -> String {
        match self.shell {
            Shell::Bash => self.bash(text),
            Shell::PowerShell => self.powershell(text),
            Shell::Cmd => self.cmd(text),
        }
    }

    /// A command line of groups of words that stay together, on several lines where it is long.
    pub(in super::super) fn line(&self, groups: &[Vec<String>]) -> String {
        let groups: Vec<String> = groups
            .iter()
            .map(|words| {
                let words: Vec<_> = words.iter().map(|word| self.word(word)).collect();
                words.join(" ")
            })
            .collect();
        let length: usize = groups.iter().map(|group| group.len() + 1).sum();
        if length <= LINE {
            return groups.join(" ");
        }
        let next = match self.shell {
            Shell::Bash => " \\\n  ",
            Shell::PowerShell => " `\n  ",
            Shell::Cmd => " ^\n  ",
        };
        groups.join(next)
    }

    fn pieces<'t>(&'t self, text: &'t str) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        let mut from = 0;
        for (at, letter) in text.char_indices() {
            let Some(name) = self.placeholders.variable(letter) else {
                continue;
            };
            if from < at {
                pieces.push(Piece::Text(&text[from..at]));
            }
            pieces.push(Piece::Variable(name));
            from = at + letter.len_utf8();
        }
        if from < text.len() || pieces.is_empty() {
            pieces.push(Piece::Text(&text[from..]));
        }
        pieces
    }

    fn bash(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 2);
        for piece in self.pieces(text) {
            match piece {
                Piece::Variable(name) => {
                    out.push_str("\"$");
                    out.push_str(name);
                    out.push('"');
                }
                Piece::Text(text) if is_plain(text, "_@%+=:,./-") => out.push_str(text),
                Piece::Text(text) => {
                    out.push('\'');
                    out.push_str(&text.replace('\'', "'\\''"));
                    out.push('\'');
                }
            }
        }
        out
    }

    fn powershell(&self, text: &str) -> String {
        if !self.placeholders.stand_in(text) {
            // A bare `-a.b` or `-a:b` would be taken apart by older versions.
            if is_plain(text, "_/-\\") || is_plain(text, "_/-\\.:") && !text.starts_with('-') {
                return text.to_owned();
            }
            let mut out = String::from("'");
            for letter in text.chars() {
                out.push(letter);
                if SINGLE.contains(&letter) {
                    out.push(letter);
                }
            }
            out.push('\'');
            return out;
        }
        let mut out = String::from("\"");
        for piece in self.pieces(text) {
            match piece {
                Piece::Variable(name) => {
                    out.push_str("${env:");
                    out.push_str(name);
                    out.push('}');
                }
                Piece::Text(text) => {
                    for letter in text.chars() {
                        if DOUBLE.contains(&letter) || matches!(letter, '`' | '$') {
                            out.push('`');
                        }
                        out.push(letter);
                    }
                }
            }
        }
        out.push('"');
        out
    }

    /// First for the program's runtime, then for the prompt.
    fn cmd(&self, text: &str) -> String {
        if is_plain(text, "_@+:./-\\") {
            return text.to_owned();
        }
        let quoted = runtime_quoted(text);
        // Every quote turns the prompt's own quoting on or off, also one behind a backslash. Where
        // nothing stands that the prompt would take, that does not matter, as long as it is off after.
        let held = |c: char| {
            matches!(
                c,
                '&' | '|' | '<' | '>' | '^' | '(' | ')' | '%' | '!' | '\n' | '\r'
            ) || self.placeholders.variable(c).is_some()
        };
        let even = quoted.matches('"').count().is_multiple_of(2);
        if even && !quoted.contains(held) {
            return quoted;
        }
        let mut out = String::with_capacity(quoted.len() * 2);
        for letter in quoted.chars() {
            match letter {
                '\n' => out.push_str("^\n\n"),
                '"' | '&' | '|' | '<' | '>' | '^' | '(' | ')' | '%' | '!' => {
                    out.push('^');
                    out.push(letter);
                }
                letter => match self.placeholders.variable(letter) {
                    Some(name) => {
                        out.push('%');
                        out.push_str(name);
                        out.push('%');
                    }
                    None => out.push(letter),
                },
            }
        }
        out
    }
}

/// In quotes as Microsoft's C runtime and Go read them.
fn runtime_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut backslashes = 0;
    for letter in text.chars() {
        match letter {
            '\\' => backslashes += 1,
            '"' => {
                // Those before it are doubled, and it gets one of its own.
                out.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        out.push(letter);
    }
    out.extend(std::iter::repeat_n('\\', backslashes));
    out.push('"');
    out
}

fn is_plain(text: &str, also: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    !text.is_empty() && text.chars().all(plain)
}
