//! What keys do to whole lines: indent, comment, move, duplicate, delete.

use std::ops::Range;

use stubless_core::message::Document;

use super::{
    core::{Core, Selection},
    edit::INDENT,
    text,
};

impl Core {
    /// The lines the selection touches. One that ends at the start of a line does not touch that line.
    fn block(&self, document: &Document) -> Range<usize> {
        let range = self.selection.range();
        let first = document.line_of(range.start);
        let last = document.line_of(range.end);
        let touched = last == first || document.line_range(last).start < range.end;
        first..if touched { last + 1 } else { last }
    }

    /// Tab: a step deeper. Without a selection over lines, spaces up to the next step.
    pub(super) fn indent(&mut self, document: &mut Document) {
        let block = self.block(document);
        let selected = self.selection.range();
        if block.len() == 1 && !is_whole(document, &block, &selected) {
            let start = document.line_range(block.start).start;
            let before = document.text().get(start..selected.start);
            let column = before.unwrap_or_default().chars().count();
            self.insert(document, &" ".repeat(INDENT - column % INDENT));
            return;
        }
        self.change_lines(document, block, |line| {
            if line.trim().is_empty() {
                return (0..0, String::new());
            }
            (0..0, " ".repeat(INDENT))
        });
    }

    /// Shift+Tab: a step back.
    pub(super) fn outdent(&mut self, document: &mut Document) {
        let block = self.block(document);
        self.change_lines(document, block, |line| {
            let spaces = line.bytes().take(INDENT).take_while(|b| *b == b' ').count();
            let tab = usize::from(line.starts_with('\t'));
            (0..spaces.max(tab), String::new())
        });
    }

    /// Makes comments of the lines, or takes them back when all of them are.
    pub(super) fn toggle_comment(&mut self, document: &mut Document) {
        let block = self.block(document);
        let lines = || {
            block.clone().filter_map(|line| {
                let line = document.text().get(document.line_range(line))?;
                (!line.trim().is_empty()).then_some(line)
            })
        };
        let all = lines().all(|line| line.trim_start().starts_with("//"));
        let column = lines().map(|line| text::indent(line).len()).min();
        let column = column.unwrap_or(0);
        self.change_lines(document, block.clone(), |line| {
            let start = text::indent(line).len();
            let rest = &line[start..];
            if rest.trim().is_empty() {
                return (0..0, String::new());
            }
            if !all {
                return (column..column, "// ".to_owned());
            }
            let width = if rest.starts_with("// ") { 3 } else { 2 };
            (start..start + width, String::new())
        });
    }

    /// Changes a span in each line of a block as one edit; the selection keeps its characters.
    fn change_lines(
        &mut self,
        document: &mut Document,
        block: Range<usize>,
        change: impl Fn(&str) -> (Range<usize>, String),
    ) {
        let text = document.text();
        let whole = span(document, &block);
        let mut with = String::with_capacity(whole.len() + block.len() * 4);
        let mut selection = self.selection;
        for line in block.clone() {
            let range = document.line_range(line);
            let content = text.get(range.clone()).unwrap_or_default();
            let (cut, put) = change(content);
            let at = whole.start + with.len() + cut.start;
            let end = range.start + cut.end;
            let old = [self.selection.anchor, self.selection.head];
            let new = [&mut selection.anchor, &mut selection.head];
            for (old, new) in old.into_iter().zip(new) {
                if !range.contains(&old) && old != range.end {
                    continue;
                }
                let before = old - range.start;
                *new = if before < cut.start {
                    whole.start + with.len() + before
                } else {
                    at + put.len() + old.saturating_sub(end)
                };
            }
            with.push_str(content.get(..cut.start).unwrap_or_default());
            with.push_str(&put);
            with.push_str(content.get(cut.end..).unwrap_or_default());
            if line + 1 < block.end {
                with.push('\n');
            }
        }
        // A selection may end at the start of the line after the block.
        let moved = |old: usize, new: usize| {
            if old > whole.end {
                old - whole.len() + with.len()
            } else {
                new
            }
        };
        let selection = Selection {
            anchor: moved(self.selection.anchor, selection.anchor),
            head: moved(self.selection.head, selection.head),
        };
        if text.get(whole.clone()) != Some(with.as_str()) {
            self.replace(document, whole, &with, selection);
        }
    }

    /// Moves the lines up or down past their neighbour.
    pub(super) fn move_lines(&mut self, document: &mut Document, up: bool) {
        let block = self.block(document);
        let neighbour = if up {
            block.start.checked_sub(1)
        } else {
            Some(block.end).filter(|line| *line < document.line_count())
        };
        let Some(neighbour) = neighbour else {
            return;
        };
        let lines = span(document, &block);
        let other = document.line_range(neighbour);
        let text = document.text();
        let (Some(moved), Some(passed)) = (text.get(lines.clone()), text.get(other.clone())) else {
            return;
        };
        let (whole, with, start) = if up {
            let with = format!("{moved}\n{passed}");
            (other.start..lines.end, with, other.start)
        } else {
            let with = format!("{passed}\n{moved}");
            (lines.start..other.end, with, lines.start + passed.len() + 1)
        };
        let end = start + moved.len();
        let place = |old: usize| (start + old.saturating_sub(lines.start)).min(end);
        let selection = Selection {
            anchor: place(self.selection.anchor),
            head: place(self.selection.head),
        };
        self.replace(document, whole, &with, selection);
    }

    /// Puts the lines once more before or after them; the cursor stays in the upper or the lower ones.
    pub(super) fn duplicate_lines(&mut self, document: &mut Document, up: bool) {
        let block = self.block(document);
        let lines = span(document, &block);
        let Some(text) = document.text().get(lines.clone()) else {
            return;
        };
        let with = format!("{text}\n");
        let moved = if up { 0 } else { with.len() };
        let selection = Selection {
            anchor: self.selection.anchor + moved,
            head: self.selection.head + moved,
        };
        self.replace(document, lines.start..lines.start, &with, selection);
    }

    /// Takes the lines out.
    pub(super) fn delete_lines(&mut self, document: &mut Document) {
        let block = self.block(document);
        let lines = span(document, &block);
        let len = document.text().len();
        let range = if lines.end < len {
            lines.start..lines.end + 1
        } else {
            lines.start.saturating_sub(1)..len
        };
        let cursor = Selection::at(range.start);
        self.replace(document, range, "", cursor);
    }
}

/// The bytes of some lines, without the last one's end.
fn span(document: &Document, block: &Range<usize>) -> Range<usize> {
    let last = block.end.saturating_sub(1).max(block.start);
    document.line_range(block.start).start..document.line_range(last).end
}

/// Whether a selection takes a whole line.
fn is_whole(document: &Document, block: &Range<usize>, selected: &Range<usize>) -> bool {
    let lines = span(document, block);
    !selected.is_empty() && selected.start <= lines.start && selected.end >= lines.end
}
