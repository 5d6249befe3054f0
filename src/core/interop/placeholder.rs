//! Secrets that are left out of what is copied: a mark in the text while it is made, a variable of the
//! shell once it is written.
//!
//! A mark is one letter of a private plane of Unicode that none of the texts has, so that templates,
//! the encoder and JSON carry it through unchanged.

use std::collections::BTreeSet;

/// The private planes, 15 and 16.
const FIRST: u32 = 0xF_0000;
const LAST: u32 = 0x10_FFFD;

/// What is left out, in the order it was met.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Placeholders {
    /// Marks that are none: the texts have them already.
    taken: BTreeSet<char>,
    held: Vec<(char, String)>,
}

impl Placeholders {
    /// Avoids every letter of a text.
    pub(super) fn avoid(&mut self, text: &str) {
        let private = |c: &char| (FIRST..=LAST).contains(&u32::from(*c));
        self.taken.extend(text.chars().filter(private));
    }

    /// The mark of a name; the shell's variable is called after it. `None` when there are no more.
    pub(super) fn mark(&mut self, name: &str) -> Option<char> {
        let variable = self.free_name(&shell_name(name));
        let used = |mark: &char| {
            self.taken.contains(mark) || self.held.iter().any(|(held, _)| held == mark)
        };
        let mark = (FIRST..=LAST)
            .filter_map(char::from_u32)
            .find(|c| !used(c))?;
        self.held.push((mark, variable));
        Some(mark)
    }

    fn free_name(&self, wanted: &str) -> String {
        let taken = |name: &str| self.held.iter().any(|(_, held)| held == name);
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    /// The shell's variable of a mark.
    pub(super) fn variable(&self, mark: char) -> Option<&str> {
        if u32::from(mark) < FIRST {
            return None;
        }
        let mut held = self.held.iter();
        held.find(|(held, _)| *held == mark)
            .map(|(_, name)| name.as_str())
    }

    /// Whether a text holds a mark.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        text.chars().any(|c| self.variable(c).is_some())
    }
}

/// `x-api-key` → `X_API_KEY`
fn shell_name(name: &str) -> String {
    let letters = name.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        _ => '_',
    });
    let name: String = letters.collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() {
        format!("_{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_in_no_text_and_has_a_name_of_its_own() {
        let mut held = Placeholders::default();
        held.avoid("a\u{F0000}b");
        let marks: Vec<_> = ["x-token", "X_TOKEN", "1st"]
            .iter()
            .filter_map(|name| held.mark(name))
            .collect();
        assert_eq!(marks, ['\u{F0001}', '\u{F0002}', '\u{F0003}']);
        let names: Vec<_> = marks.iter().filter_map(|m| held.variable(*m)).collect();
        assert_eq!(names, ["X_TOKEN", "X_TOKEN_2", "_1ST"]);
        assert_eq!(held.variable('\u{F0000}'), None);
        assert!(held.stand_in("Bearer \u{F0002}") && !held.stand_in("Bearer \u{F0000}"));
    }
}
