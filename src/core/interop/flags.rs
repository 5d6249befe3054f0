//! Options of a command line, by a table: as Go's `flag` package has them, and as most others do.

use super::shell::Word;

/// An option of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag {
    /// Its name without dashes, as the code asks for it.
    pub(super) name: &'static str,
    /// A single letter that stands for it.
    pub(super) letter: Option<char>,
    /// Whether a value follows.
    pub(super) value: bool,
}

/// An option with a value.
pub(super) const fn value(name: &'static str) -> Flag {
    Flag {
        name,
        letter: None,
        value: true,
    }
}

/// An option without one.
pub(super) const fn switch(name: &'static str) -> Flag {
    Flag {
        name,
        letter: None,
        value: false,
    }
}

impl Flag {
    /// Gives it a letter.
    pub(super) const fn short(self, letter: char) -> Self {
        Self {
            letter: Some(letter),
            ..self
        }
    }
}

/// How options are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `-name`, `--name`, `-name=value`; a switch takes `=false`.
    Go,
    /// `--name value`, `--name=value`, `-n value`, `-nvalue`, `-vv`.
    Gnu,
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    /// An option that takes a value, which may be missing at the end.
    Value(&'static str, Option<Word>),
    /// A switch, and whether it is on.
    Switch(&'static str, bool),
    /// What is no option.
    Operand(Word),
    /// An option of no table, as written.
    Unknown(String),
}

/// Reads arguments. Options may also stand behind operands; `--` ends them.
pub(super) fn parse(words: &[Word], table: &[Flag], style: Style) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            arguments.extend(words.by_ref().cloned().map(Argument::Operand));
            break;
        }
        let Some(name) = option_name(text, style) else {
            match text.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                Some(letters) if style == Style::Gnu => {
                    short(word, letters, table, &mut words, &mut arguments);
                }
                _ => arguments.push(Argument::Operand(word.clone())),
            }
            continue;
        };
        let (name, inline) = match name.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (name, None),
        };
        let by_letter = |flag: &&Flag| {
            let mut letters = name.chars();
            style == Style::Go && letters.next() == flag.letter && letters.next().is_none()
        };
        let mut flags = table.iter();
        let found = flags.find(|flag| flag.name == name || by_letter(flag));
        arguments.push(match (found, inline) {
            (None, _) => Argument::Unknown(text.to_owned()),
            (Some(flag), Some(inline)) if flag.value => {
                Argument::Value(flag.name, Some(part(word, inline)))
            }
            (Some(flag), None) if flag.value => Argument::Value(flag.name, words.next().cloned()),
            (Some(flag), inline) => {
                let off = matches!(inline, Some("false" | "0" | "f" | "F" | "FALSE" | "False"));
                Argument::Switch(flag.name, !off)
            }
        });
    }
    arguments
}

fn option_name(text: &str, style: Style) -> Option<&str> {
    let long = text.strip_prefix("--");
    let name = match style {
        Style::Go => long.or_else(|| text.strip_prefix('-')),
        Style::Gnu => long,
    };
    name.filter(|name| !name.is_empty())
}

/// `-k`, `-vv`, `-d value`, `-dvalue`.
fn short<'w>(
    word: &Word,
    letters: &str,
    table: &[Flag],
    words: &mut impl Iterator<Item = &'w Word>,
    arguments: &mut Vec<Argument>,
) {
    for (at, letter) in letters.char_indices() {
        let Some(flag) = table.iter().find(|flag| flag.letter == Some(letter)) else {
            arguments.push(Argument::Unknown(format!("-{letter}")));
            return;
        };
        if !flag.value {
            arguments.push(Argument::Switch(flag.name, true));
            continue;
        }
        let rest = &letters[at + letter.len_utf8()..];
        let value = match rest.strip_prefix('=').unwrap_or(rest) {
            "" => words.next().cloned(),
            rest => Some(part(word, rest)),
        };
        return arguments.push(Argument::Value(flag.name, value));
    }
}

/// The value inside a word.
fn part(word: &Word, text: &str) -> Word {
    let inside = |variable: &&String| text.contains(variable.as_str());
    Word {
        text: text.to_owned(),
        variables: word.variables.iter().filter(inside).cloned().collect(),
        open: word.open,
    }
}
