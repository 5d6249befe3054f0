//! Finds a text in the text. A search looks at a bounded stretch at a time, so that a frame never waits
//! for 16 MiB.

use std::ops::Range;

/// Matches that are counted; beyond, the count says `10000+`.
pub(super) const MAX_COUNTED: usize = 10_000;

/// Bytes that are counted in one frame.
const COUNTED_A_FRAME: usize = 1024 * 1024;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Query {
    pub(super) text: String,
    /// Large and small letters differ.
    pub(super) case: bool,
    /// Only where no letter, digit or underscore stands beside it.
    pub(super) word: bool,
}

impl Query {
    /// The end of a match that begins at a place.
    fn match_at(&self, text: &str, at: usize) -> Option<usize> {
        let rest = text.get(at..)?;
        let end = if self.case {
            rest.starts_with(self.text.as_str())
                .then_some(at + self.text.len())?
        } else if self.text.is_ascii() {
            let there = rest.as_bytes().get(..self.text.len())?;
            there
                .eq_ignore_ascii_case(self.text.as_bytes())
                .then_some(at + self.text.len())?
        } else {
            at + folded_prefix(rest, &self.text)?
        };
        let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
        if self.word {
            let before = text.get(..at)?.chars().next_back();
            let after = text.get(end..)?.chars().next();
            if before.is_some_and(part_of_word) || after.is_some_and(part_of_word) {
                return None;
            }
        }
        Some(end)
    }

    /// The bytes a match can begin with; `None` for any.
    fn first_bytes(&self) -> Option<[u8; 2]> {
        let first = *self.text.as_bytes().first()?;
        if self.case {
            return Some([first; 2]);
        }
        // A capital may be longer or shorter than its small letter: İ, ẞ, K (the sign of kelvin).
        let plain = self.text.is_ascii() || self.text.chars().next()?.is_ascii_digit();
        plain.then_some([first.to_ascii_lowercase(), first.to_ascii_uppercase()])
    }

    /// The first match that begins in a range.
    pub(super) fn first(&self, text: &str, within: Range<usize>) -> Option<Range<usize>> {
        if self.text.is_empty() {
            return None;
        }
        let first = self.first_bytes();
        let bytes = text.as_bytes().get(..within.end.min(text.len()))?;
        let mut at = within.start;
        loop {
            let rest = bytes.get(at..)?;
            at += match first {
                Some([a, b]) => rest.iter().position(|byte| *byte == a || *byte == b)?,
                None => rest.iter().position(|byte| (*byte as i8) >= -0x40)?,
            };
            if let Some(end) = self.match_at(text, at) {
                return Some(at..end);
            }
            at += 1;
        }
    }

    /// The last match that begins in a range.
    pub(super) fn last(&self, text: &str, within: Range<usize>) -> Option<Range<usize>> {
        if self.text.is_empty() {
            return None;
        }
        let first = self.first_bytes();
        let mut end = within.end.min(text.len());
        loop {
            let part = text.as_bytes().get(within.start..end)?;
            let found = match first {
                Some([a, b]) => part.iter().rposition(|byte| *byte == a || *byte == b)?,
                None => part.iter().rposition(|byte| (*byte as i8) >= -0x40)?,
            };
            end = within.start + found;
            if let Some(match_end) = self.match_at(text, end) {
                return Some(end..match_end);
            }
        }
    }

    /// The next match from a place on, from the start again after the end.
    pub(super) fn next(&self, text: &str, from: usize) -> Option<Range<usize>> {
        self.first(text, from..text.len())
            .or_else(|| self.first(text, 0..from))
    }

    /// The match before a place, from the end again before the start.
    pub(super) fn previous(&self, text: &str, before: usize) -> Option<Range<usize>> {
        self.last(text, 0..before)
            .or_else(|| self.last(text, before..text.len()))
    }

    /// The span from the first to the last match with every match replaced, and their number.
    pub(super) fn replace_all(
        &self,
        text: &str,
        with: &str,
    ) -> Option<(Range<usize>, String, usize)> {
        let first = self.first(text, 0..text.len())?;
        let (start, mut end, mut count) = (first.start, first.start, 0);
        let mut new = String::new();
        let mut next = Some(first);
        while let Some(found) = next {
            new.push_str(text.get(end..found.start).unwrap_or_default());
            new.push_str(with);
            end = found.end;
            count += 1;
            next = self.first(text, end..text.len());
        }
        Some((start..end, new, count))
    }
}

/// Bytes of a text that are equal to `wanted` when both are in small letters.
fn folded_prefix(text: &str, wanted: &str) -> Option<usize> {
    let mut wanted = wanted.chars().flat_map(char::to_lowercase);
    let mut next = wanted.next();
    for (at, c) in text.char_indices() {
        if next.is_none() {
            return Some(at);
        }
        for small in c.to_lowercase() {
            if next != Some(small) {
                return None;
            }
            next = wanted.next();
        }
    }
    next.is_none().then_some(text.len())
}

/// The matches of a text, counted bit by bit.
#[derive(Debug, Clone, Default)]
pub(super) struct Count {
    of: Option<(Query, u64, usize)>,
    starts: Vec<usize>,
    scanned: usize,
    /// All matches, or as many as are counted, are known.
    pub(super) done: bool,
}

impl Count {
    /// Counts on; from the start when the text or the query is another.
    pub(super) fn advance(&mut self, query: &Query, text: &str, revision: u64) {
        let same = self
            .of
            .as_ref()
            .is_some_and(|(q, r, len)| q == query && (*r, *len) == (revision, text.len()));
        if !same {
            *self = Self {
                of: Some((query.clone(), revision, text.len())),
                done: query.text.is_empty(),
                ..Self::default()
            };
        }
        let end = text.len().min(self.scanned.saturating_add(COUNTED_A_FRAME));
        while !self.done {
            match query.first(text, self.scanned..end) {
                Some(found) => {
                    self.starts.push(found.start);
                    self.scanned = found.end;
                    self.done = self.starts.len() >= MAX_COUNTED;
                }
                None => {
                    self.scanned = self.scanned.max(end);
                    self.done = self.scanned >= text.len();
                    return;
                }
            }
        }
    }

    /// `3 of 120`, or what is known of it.
    pub(super) fn words(&self, current: usize) -> String {
        let total = self.starts.len();
        let more = if !self.done || total >= MAX_COUNTED {
            "+"
        } else {
            ""
        };
        match self.starts.binary_search(&current) {
            _ if total == 0 && self.done => "No matches".to_owned(),
            Ok(index) => format!("{} of {total}{more}", index + 1),
            Err(_) => format!("{total}{more} matches"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str, case: bool, word: bool) -> Query {
        Query {
            text: text.to_owned(),
            case,
            word,
        }
    }

    fn all(query: &Query, text: &str) -> Vec<usize> {
        let mut from = 0;
        let mut found = Vec::new();
        while let Some(next) = query.first(text, from..text.len()) {
            found.push(next.start);
            from = next.end;
        }
        found
    }

    #[test]
    fn matches_by_case_and_by_word() {
        let text = "id ID idx Ärger ärger (id)";
        for (name, query, expected) in [
            ("any case", query("id", false, false), vec![0, 3, 6, 25]),
            ("this case", query("ID", true, false), vec![3]),
            ("whole words", query("id", false, true), vec![0, 3, 25]),
            (
                "accents of any case",
                query("ÄRG", false, false),
                vec![10, 17],
            ),
            ("accents of this case", query("ä", true, false), vec![17]),
            ("nothing", query("zz", false, false), vec![]),
            ("empty", query("", false, false), vec![]),
        ] {
            assert_eq!(all(&query, text), expected, "{name}");
        }
    }

    #[test]
    fn next_and_previous_go_round() {
        let text = "a.a.b";
        let query = query("a", true, false);
        assert_eq!(query.next(text, 1), Some(2..3));
        assert_eq!(query.next(text, 3), Some(0..1));
        assert_eq!(query.previous(text, 2), Some(0..1));
        assert_eq!(query.previous(text, 0), Some(2..3));
    }

    #[test]
    fn replacing_all_is_one_span() {
        let (span, with, count) = query("a", false, false).replace_all("xaXAy", "bb").unwrap();
        assert_eq!((span, with.as_str(), count), (1..4, "bbXbb", 2));
        assert!(query("q", false, false).replace_all("xaXAy", "").is_none());
    }

    #[test]
    fn a_count_is_honest_about_what_it_has_not_seen() {
        let text = "x".repeat(COUNTED_A_FRAME) + "yy";
        let mut count = Count::default();
        let wanted = query("y", true, false);
        count.advance(&wanted, &text, 1);
        assert_eq!(count.words(0), "0+ matches");
        count.advance(&wanted, &text, 1);
        assert_eq!(count.words(COUNTED_A_FRAME + 1), "2 of 2");
        count.advance(&query("x", true, false), &text, 1);
        assert_eq!(count.words(2), "3 of 10000+");
        count.advance(&query("z", true, false), "abc", 2);
        assert_eq!(count.words(0), "No matches");
    }
}
