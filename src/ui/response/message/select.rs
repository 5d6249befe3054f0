//! A stretch of text over rows, selected with the pointer.

/// A place in the text: a row and a character of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Place {
    pub(super) row: u64,
    pub(super) char: usize,
}

/// Where a selection began and where it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Selection {
    pub(super) anchor: Place,
    pub(super) head: Place,
}

impl Selection {
    pub(super) fn is_empty(&self) -> bool {
        self.anchor == self.head
    }

    /// From the first place to the last.
    pub(super) fn ordered(&self) -> (Place, Place) {
        (self.anchor.min(self.head), self.anchor.max(self.head))
    }

    /// The characters of a row's line that are selected; the end of a line that goes on is `usize::MAX`.
    pub(super) fn of_row(&self, row: u64) -> Option<(usize, usize)> {
        let (from, to) = self.ordered();
        if self.is_empty() || row < from.row || row > to.row {
            return None;
        }
        let start = if row == from.row { from.char } else { 0 };
        let end = if row == to.row { to.char } else { usize::MAX };
        Some((start, end))
    }

    /// Of the lines from the first row to the last, what is selected.
    pub(super) fn cut(&self, lines: &str) -> String {
        let (from, to) = self.ordered();
        let last = to.row - from.row;
        let mut text = String::new();
        for (number, line) in (0..).zip(lines.split('\n')) {
            let start = if number == 0 { from.char } else { 0 };
            let chars = line.chars().skip(start);
            if number > 0 {
                text.push('\n');
            }
            match number == last {
                true => text.extend(chars.take(to.char.saturating_sub(start))),
                false => text.extend(chars),
            }
        }
        text
    }

    /// The word, number or run of signs around a character of a line.
    pub(super) fn word(line: &str, row: u64, char: usize) -> Self {
        let inside = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let chars: Vec<char> = line.chars().collect();
        let (before, after) = chars.split_at(char.min(chars.len()));
        let back = before.iter().rev().take_while(|c| inside(c)).count();
        let on = after.iter().take_while(|c| inside(c)).count();
        let at = before.len();
        Self {
            anchor: Place {
                row,
                char: at - back,
            },
            head: Place { row, char: at + on },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(anchor: (u64, usize), head: (u64, usize)) -> Selection {
        let place = |(row, char)| Place { row, char };
        Selection {
            anchor: place(anchor),
            head: place(head),
        }
    }

    #[test]
    fn a_selection_cuts_its_part_out_of_the_lines() {
        let lines = "  \"é\": 1,\n  \"b\": 2\n}";
        for (name, anchor, head, text) in [
            ("in a line", (4, 2), (4, 5), "\"é\""),
            ("backwards", (4, 5), (4, 2), "\"é\""),
            ("over lines", (4, 7), (6, 1), "1,\n  \"b\": 2\n}"),
            ("to the start of a line", (4, 8), (5, 0), ",\n"),
            ("beyond the end", (4, 90), (5, 90), "\n  \"b\": 2"),
        ] {
            let selection = selection(anchor, head);
            let (first, last) = selection.ordered();
            let rows = (last.row - first.row) as usize + 1;
            let part: Vec<&str> = lines.split('\n').take(rows).collect();
            assert_eq!(selection.cut(&part.join("\n")), text, "{name}");
        }
    }

    #[test]
    fn a_row_knows_its_part() {
        let selection = selection((2, 3), (4, 1));
        let rows: Vec<_> = (1..6).map(|row| selection.of_row(row)).collect();
        let all = usize::MAX;
        assert_eq!(
            rows,
            [None, Some((3, all)), Some((0, all)), Some((0, 1)), None]
        );
        assert_eq!(Selection::word("  \"a-b\": 1", 7, 4).ordered().1.char, 6);
    }
}
