//! Where characters stand in a line, without laying it out: what the cursor, the wrapping and lines of
//! many MiB are reckoned by.
//!
//! The code font has one width for all of ASCII; other characters are asked for one by one. Places are
//! `f64`: a line of 16 MiB is wider than an `f32` can point into.

use std::ops::Range;

use stubless_core::message::Change;

/// Widths of characters.
#[derive(Clone, Copy)]
pub(super) struct Measure<'a> {
    /// Of every printable ASCII character.
    glyph: f64,
    /// Of a tab and of every other character.
    other: &'a dyn Fn(char) -> f64,
}

impl<'a> Measure<'a> {
    pub(super) fn new(glyph: f64, other: &'a dyn Fn(char) -> f64) -> Self {
        Self { glyph, other }
    }

    /// Width of a column.
    pub(super) fn glyph(&self) -> f64 {
        self.glyph
    }

    fn of(&self, c: char) -> f64 {
        if c.is_ascii() && c != '\t' {
            self.glyph
        } else {
            (self.other)(c)
        }
    }

    /// Width of a piece of a line.
    pub(super) fn width(&self, text: &str) -> f64 {
        if is_plain(text) {
            return text.len() as f64 * self.glyph;
        }
        text.chars().map(|c| self.of(c)).sum()
    }

    /// The place between two characters that is nearest to `x`.
    pub(super) fn nearest(&self, text: &str, x: f64) -> usize {
        if is_plain(text) {
            // Never negative after the clamp, and no longer than the text.
            let column = (x / self.glyph).round().clamp(0.0, text.len() as f64);
            return column as usize;
        }
        let mut left = 0.0;
        for (at, c) in text.char_indices() {
            let width = self.of(c);
            if x < left + width / 2.0 {
                return at;
            }
            left += width;
        }
        text.len()
    }

    /// Where a line is broken so that no row is wider than `room`: the start of each row but the first.
    /// Rows end after a space or a comma where they can; one space may hang over. `hang` is the indent of
    /// rows after the first.
    pub(super) fn breaks(&self, line: &str, room: f64, hang: f64) -> Vec<usize> {
        let mut starts = Vec::new();
        // A byte is at most as wide as a column, except in tabs.
        if line.len() as f64 * self.glyph <= room && is_plain(line) {
            return starts;
        }
        let (mut start, mut x, mut good) = (0, 0.0, None);
        for (at, c) in line.char_indices() {
            let width = self.of(c);
            let edge = if c == ' ' { room + self.glyph } else { room };
            if x + width > edge && at > start {
                let (next, width_from_there) = match good {
                    Some((place, left)) if place > start => (place, x - left),
                    _ => (at, 0.0),
                };
                starts.push(next);
                start = next;
                x = hang + width_from_there;
                good = None;
            }
            x += width;
            if matches!(c, ' ' | ',' | '\t') {
                good = Some((at + c.len_utf8(), x));
            }
        }
        starts
    }
}

/// Whether every character has the width of a column.
fn is_plain(text: &str) -> bool {
    text.is_ascii() && !text.contains('\t')
}

/// Bytes of a part of a long line.
const PART: usize = 4096;

/// A long line in parts whose widths are known, kept up edit by edit.
#[derive(Debug, Clone, Default)]
pub(super) struct LongLine {
    pub(super) start: usize,
    parts: Vec<(usize, f64)>,
}

impl LongLine {
    /// `line` is the bytes of one line in the text.
    pub(super) fn new(text: &str, line: Range<usize>, measure: &Measure<'_>) -> Self {
        Self {
            start: line.start,
            parts: parts(text.get(line).unwrap_or_default(), measure),
        }
    }

    fn len(&self) -> usize {
        self.parts.iter().map(|(len, _)| len).sum()
    }

    /// The end of the line in the text.
    pub(super) fn end(&self) -> usize {
        self.start + self.len()
    }

    /// Width of the whole line.
    pub(super) fn width(&self) -> f64 {
        self.parts.iter().map(|(_, width)| width).sum()
    }

    /// Follows an edit; `text` is the one after it. `false` when the line is to be made anew.
    pub(super) fn follow(&mut self, text: &str, change: Change, measure: &Measure<'_>) -> bool {
        let old_end = change.at + change.removed;
        if old_end < self.start {
            self.start = self.start - change.removed + change.inserted;
            return true;
        }
        if change.at > self.end() {
            return true;
        }
        if change.at < self.start || old_end > self.end() {
            return false;
        }
        let with = text.get(change.at..change.at + change.inserted);
        if with.is_none_or(|with| with.contains('\n')) {
            return false;
        }
        let mut at = self.start;
        let mut first = 0;
        while let Some((len, _)) = self.parts.get(first)
            && at + len < change.at
        {
            at += len;
            first += 1;
        }
        let (mut last, mut end) = (first, at);
        while let Some((len, _)) = self.parts.get(last)
            && (end < old_end || last == first)
        {
            end += len;
            last += 1;
        }
        let Some(anew) = text.get(at..end - change.removed + change.inserted) else {
            return false;
        };
        self.parts.splice(first..last, parts(anew, measure));
        true
    }

    /// Where a place of the text stands.
    pub(super) fn x_of(&self, text: &str, place: usize, measure: &Measure<'_>) -> f64 {
        let (mut at, mut x) = (self.start, 0.0);
        for (len, width) in &self.parts {
            if at + len >= place {
                break;
            }
            at += len;
            x += width;
        }
        x + measure.width(text.get(at..place).unwrap_or_default())
    }

    /// The place nearest to `x`.
    pub(super) fn nearest(&self, text: &str, x: f64, measure: &Measure<'_>) -> usize {
        let (part, left) = self.part_at(x);
        let piece = text.get(part.clone()).unwrap_or_default();
        part.start + measure.nearest(piece, x - left)
    }

    /// The parts that are seen between two places, and where they begin.
    pub(super) fn seen(&self, from: f64, to: f64) -> (Range<usize>, f64) {
        let (first, left) = self.part_at(from);
        let (last, _) = self.part_at(to);
        (first.start..last.end, left)
    }

    /// The part at `x`, and where it begins.
    fn part_at(&self, x: f64) -> (Range<usize>, f64) {
        let (mut at, mut left) = (self.start, 0.0);
        let mut found = (at..at, 0.0);
        for (len, width) in &self.parts {
            found = (at..at + len, left);
            if left + width > x {
                break;
            }
            at += len;
            left += width;
        }
        found
    }
}

fn parts(text: &str, measure: &Measure<'_>) -> Vec<(usize, f64)> {
    let mut parts = Vec::with_capacity(text.len() / PART + 1);
    let mut at = 0;
    while at < text.len() {
        let mut end = text.floor_char_boundary((at + PART).min(text.len()));
        // What is left over goes with the last part, so that edits do not make ever smaller ones.
        if text.len() - end < PART / 2 {
            end = text.len();
        }
        let part = text.get(at..end).unwrap_or_default();
        parts.push((part.len(), measure.width(part)));
        at = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(c: char) -> f64 {
        match c {
            '\t' => 4.0,
            _ => 2.0,
        }
    }

    #[test]
    fn a_line_is_broken_after_spaces_and_commas_or_where_it_must() {
        let measure = Measure::new(1.0, &wide);
        for (name, line, expected) in [
            ("fits", "0123456789", vec![]),
            ("at a space", "01234 678901", vec![6]),
            ("anywhere", "0123456789abcdefghijk", vec![10, 18]),
            ("wide characters", "日本日本日本", vec![15]),
            ("a tab", "\t\t\tab", vec![2]),
            ("empty", "", vec![]),
        ] {
            assert_eq!(measure.breaks(line, 10.0, 2.0), expected, "{name}");
        }
    }

    #[test]
    fn places_and_distances_of_a_long_line_follow_edits() {
        let measure = Measure::new(1.0, &wide);
        let mut text = format!("x\n{}", "abc日\t".repeat(5000));
        let mut line = LongLine::new(&text, 2..text.len(), &measure);
        for (at, removed, with) in [
            (0, 1, "yy"),
            (2_003, 0, "日日"),
            (12_003, 9_002, ""),
            (3, 7, &"q".repeat(30_000)[..]),
        ] {
            let at = text.floor_char_boundary(at);
            let end = text.floor_char_boundary(at + removed);
            text.replace_range(at..end, with);
            let change = Change {
                at,
                removed: end - at,
                inserted: with.len(),
            };
            assert!(line.follow(&text, change, &measure));
            let start = text.find('\n').unwrap() + 1;
            assert_eq!((line.start, line.end()), (start, text.len()));
            assert!((line.width() - measure.width(&text[start..])).abs() < 0.1);
            for place in (start..text.len()).step_by(2500) {
                let place = text.floor_char_boundary(place);
                let x = line.x_of(&text, place, &measure);
                assert!((x - measure.width(&text[start..place])).abs() < 0.1);
                assert_eq!(line.nearest(&text, x, &measure), place);
            }
        }
        let change = Change {
            at: 1,
            removed: 5,
            inserted: 0,
        };
        assert!(!line.follow(&text, change, &measure), "its start is gone");
    }
}
