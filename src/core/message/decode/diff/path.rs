//! Patterns of field paths: `meta.request_id`, `items[*].updated_at`, `**.etag`, `labels["env"]`.
//!
//! Names are a field's own or its JSON name. `*` is any one field, `[*]` any item of a list or entry of a
//! map, `[3]` and `["key"]` a certain one, `**` any number of steps. Where a pattern has no brackets, it
//! goes through lists and maps: `items.updated_at` is `items[*].updated_at`.
//! A path is followed step by step: a bit set a pattern says how far it has come, so that a step costs a
//! few instructions however long the path is.

use std::fmt;

/// Steps of one pattern: as many as a bit set has room for.
const MAX_STEPS: usize = 60;

/// One step of a path.
#[derive(Debug, Clone, Copy)]
pub(super) enum PathStep<'p> {
    /// A field, by its JSON name.
    Name(&'p str),
    /// A field whose JSON name is not made of its own: both.
    Renamed(&'p str, &'p str),
    /// An item of a list.
    Index(usize),
    /// An item of both lists, which may stand at another place in each.
    Pair(usize, usize),
    /// An entry of a map, as JSON.
    Key(&'p str),
}

/// A pattern that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// As written, and as JSON has it.
    Name(String, String),
    AnyName,
    Bracket(Option<String>),
    AnyDepth,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no field path: {reason}")]
pub struct PatternError {
    /// The text.
    pub text: String,
    /// Why.
    pub reason: &'static str,
}

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] for an empty step, a bracket without its end, or more than 60 steps.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        let fail = |reason| PatternError {
            text: text.to_owned(),
            reason,
        };
        let mut steps = Vec::new();
        let mut rest = text;
        // After a bracket a dot is due, or another bracket, or the end.
        let mut due = false;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (key, after) =
                    bracket(inside).ok_or_else(|| fail("a bracket is not closed"))?;
                steps.push(Step::Bracket((key != "*").then(|| key.to_owned())));
                rest = after;
                due = true;
                continue;
            }
            if due {
                rest = rest
                    .strip_prefix('.')
                    .ok_or_else(|| fail("after a bracket a dot is due"))?;
            }
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            steps.push(match name {
                "" => return Err(fail("a step has no name")),
                "*" => Step::AnyName,
                "**" => Step::AnyDepth,
                name => Step::Name(name.to_owned(), json_name(name)),
            });
            rest = after;
            due = true;
        }
        if steps.is_empty() {
            return Err(fail("it is empty"));
        }
        if steps.len() > MAX_STEPS {
            return Err(fail("it has more than 60 steps"));
        }
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How far a path without steps has come.
    pub(super) fn start(&self) -> u64 {
        self.closed(1)
    }

    /// Whether a path that has come so far is matched, itself or what it stands below.
    pub(super) fn is_matched(&self, state: u64) -> bool {
        state >> self.steps.len() & 1 == 1
    }

    /// How far it has come after one more step.
    pub(super) fn advance(&self, state: u64, step: PathStep<'_>) -> u64 {
        let mut next = 0;
        for (at, own) in self.steps.iter().enumerate() {
            if state >> at & 1 == 0 {
                continue;
            }
            match (own, step) {
                (Step::AnyDepth, _) => next |= 1 << at,
                (Step::Name(name, json), PathStep::Name(field)) => {
                    if name == field || json == field {
                        next |= 1 << (at + 1);
                    }
                }
                (Step::Name(name, json), PathStep::Renamed(field, own_name)) => {
                    if name == field || json == field || name == own_name {
                        next |= 1 << (at + 1);
                    }
                }
                (Step::AnyName, PathStep::Name(_) | PathStep::Renamed(..)) => next |= 1 << (at + 1),
                // An extension is a field whose JSON name stands in brackets.
                (
                    Step::Bracket(Some(wanted)),
                    PathStep::Name(field) | PathStep::Renamed(field, _),
                ) => {
                    let name = field.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
                    if name == Some(wanted) {
                        next |= 1 << (at + 1);
                    }
                }
                (Step::Bracket(None), PathStep::Name(_) | PathStep::Renamed(..)) => {}
                (Step::Bracket(None), _) => next |= 1 << (at + 1),
                (Step::Bracket(Some(wanted)), PathStep::Index(index)) => {
                    if wanted.parse() == Ok(index) {
                        next |= 1 << (at + 1);
                    }
                }
                (Step::Bracket(Some(wanted)), PathStep::Pair(left, right)) => {
                    if wanted.parse() == Ok(left) || *wanted == format!("{left}→{right}") {
                        next |= 1 << (at + 1);
                    }
                }
                (Step::Bracket(Some(wanted)), PathStep::Key(key)) => {
                    if wanted == key || is_quoted(key, wanted) {
                        next |= 1 << (at + 1);
                    }
                }
                // A pattern that names no item goes through all of them.
                (Step::Name(..) | Step::AnyName, _) => next |= 1 << at,
            }
        }
        self.closed(next)
    }

    /// `**` may also be no step at all.
    fn closed(&self, mut state: u64) -> u64 {
        for (at, step) in self.steps.iter().enumerate() {
            if *step == Step::AnyDepth && state >> at & 1 == 1 {
                state |= 1 << (at + 1);
            }
        }
        state
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What stands before the closing bracket, and what comes after it; a key in quotes may hold brackets.
fn bracket(inside: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in inside.char_indices() {
        match c {
            ']' if !quoted => return Some((inside.get(..at)?, inside.get(at + 1..)?)),
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Whether a key in JSON is a text without its quotes.
fn is_quoted(json: &str, text: &str) -> bool {
    let inner = json.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner == Some(text)
}

/// `request_id` → `requestId`, as protoc makes JSON names.
pub(in super::super) fn json_name(name: &str) -> String {
    let mut made = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            made.push(c.to_ascii_uppercase());
        } else {
            made.push(c);
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &[PathStep<'_>]) -> bool {
        let pattern = PathPattern::parse(pattern).unwrap();
        let mut state = pattern.start();
        let mut matched = pattern.is_matched(state);
        for step in path {
            state = pattern.advance(state, *step);
            matched |= pattern.is_matched(state);
        }
        matched
    }

    #[test]
    fn a_pattern_matches_a_path_and_all_below_it() {
        use PathStep::{Index, Key, Name};
        let item = [Name("items"), Index(3), Name("updatedAt")];
        for (pattern, path, wanted) in [
            ("items[*].updated_at", &item[..], true),
            ("items[*].updatedAt", &item, true),
            ("items.updated_at", &item, true),
            ("items[3].updated_at", &item, true),
            ("items[4].updated_at", &item, false),
            ("items", &item, true),
            ("items[3]", &item, true),
            ("updated_at", &item, false),
            ("**.updated_at", &item, true),
            ("**", &item, true),
            ("items.**.updated_at", &item, true),
            ("*.updated_at", &item, true),
            ("*", &item, true),
            ("items[*].name", &item, false),
            ("items[*].updated_at.seconds", &item, false),
            ("labels[\"a.b]\"]", &[Name("labels"), Key("\"a.b]\"")], true),
            ("labels[env]", &[Name("labels"), Key("\"env\"")], true),
            ("labels[5]", &[Name("labels"), Key("5")], true),
            ("labels[*]", &[Name("labels"), Key("5")], true),
            ("labels[6]", &[Name("labels"), Key("5")], false),
            (
                "a[my.ext].b",
                &[Name("a"), Name("[my.ext]"), Name("b")],
                true,
            ),
            ("a[*].b", &[Name("a"), Name("[my.ext]"), Name("b")], false),
            ("**.etag", &[Name("etag")], true),
            (
                "**.etag",
                &[Name("a"), Name("b"), Index(0), Name("etag"), Name("x")],
                true,
            ),
            (
                "a.**.b.**.c",
                &[Name("a"), Name("b"), Name("x"), Name("b"), Name("c")],
                true,
            ),
            ("a.**.b.**.c", &[Name("a"), Name("c"), Name("b")], false),
        ] {
            assert_eq!(matches(pattern, path), wanted, "{pattern} on {path:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (text, reason) in [
            ("", "empty"),
            ("a..b", "no name"),
            ("a[3", "not closed"),
            ("a[\"x]", "not closed"),
            ("a[3]b", "dot"),
            (&"a.".repeat(61), "steps"),
        ] {
            let error = PathPattern::parse(text.trim_end_matches('.')).map_err(|it| it.to_string());
            let Err(error) = error else { panic!("{text}") };
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
