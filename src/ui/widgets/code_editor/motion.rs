//! Where the cursor goes.

use stubless_core::message::Document;

use super::{
    core::{Core, Selection},
    layout::{TextLayout, row_end},
    measure::Measure,
    text,
};

/// A way of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Motion {
    Left,
    Right,
    WordLeft,
    WordRight,
    /// To the first character of the row that is no space; from there, to its start.
    RowStart,
    /// To the end of the row; from there, of the line.
    RowEnd,
    /// To the start of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// Rows up.
    Up(usize),
    /// Rows down.
    Down(usize),
    TextStart,
    TextEnd,
}

impl Motion {
    fn is_forward(self) -> bool {
        matches!(
            self,
            Self::Right
                | Self::WordRight
                | Self::RowEnd
                | Self::LineEnd
                | Self::Down(_)
                | Self::TextEnd
        )
    }
}

/// Moves the cursor; `extend` keeps where the selection began. The layout is up to date.
pub(super) fn go(
    core: &mut Core,
    layout: &mut TextLayout,
    document: &Document,
    measure: &Measure<'_>,
    motion: Motion,
    extend: bool,
) {
    let selection = core.selection;
    if !extend && !selection.is_empty() {
        let end = match motion {
            Motion::Left => Some(selection.range().start),
            Motion::Right => Some(selection.range().end),
            _ => None,
        };
        if let Some(place) = end {
            core.select(document, Selection::at(place));
            return;
        }
    }
    let goal = match motion {
        Motion::Up(_) | Motion::Down(_) => {
            let goal = core.goal;
            Some(goal.unwrap_or_else(|| layout.x_of(document, selection.head, measure)))
        }
        _ => None,
    };
    let head = target(
        layout,
        document,
        measure,
        selection.head,
        motion,
        goal.unwrap_or(0.0),
    );
    let head = shown(layout, document, head, motion.is_forward());
    let anchor = if extend { selection.anchor } else { head };
    core.select(document, Selection { anchor, head });
    core.goal = goal;
}

/// Where a motion leads from a place. `goal` is where it wants to be, for rows up and down.
pub(super) fn target(
    layout: &mut TextLayout,
    document: &Document,
    measure: &Measure<'_>,
    head: usize,
    motion: Motion,
    goal: f64,
) -> usize {
    let text = document.text();
    let index = layout.rows.row_of(document, head);
    match motion {
        Motion::Left => text::previous(text, head),
        Motion::Right => text::next(text, head),
        Motion::WordLeft => text::previous_word(text, head),
        Motion::WordRight => text::next_word(text, head),
        Motion::LineStart => document.line_range(document.line_of(head)).start,
        Motion::LineEnd => line_end(document, head),
        Motion::TextStart => 0,
        Motion::TextEnd => text.len(),
        Motion::RowStart => {
            let row = layout.rows.row(document, index);
            let inside = text.get(row.range.clone()).unwrap_or_default();
            let indent = if row.first {
                text::indent(inside).len()
            } else {
                0
            };
            let first = row.range.start + indent;
            if head == first {
                row.range.start
            } else {
                first
            }
        }
        Motion::RowEnd => {
            let row = layout.rows.row(document, index);
            let end = row_end(document, &row);
            if head >= end {
                line_end(document, head)
            } else {
                end
            }
        }
        Motion::Up(rows) | Motion::Down(rows) => {
            let last = layout.rows.count() - 1;
            let (to, beyond) = if matches!(motion, Motion::Up(_)) {
                (index.saturating_sub(rows), index == 0)
            } else {
                (index.saturating_add(rows).min(last), index == last)
            };
            if beyond {
                return if index == to && matches!(motion, Motion::Up(_)) {
                    0
                } else {
                    text.len()
                };
            }
            let row = layout.rows.row(document, to);
            layout.place_at(document, &row, goal, measure)
        }
    }
}

fn line_end(document: &Document, place: usize) -> usize {
    let range = document.line_range(document.line_of(place));
    let line = document.text().get(range.clone()).unwrap_or_default();
    range.start + text::without_cr(line).len()
}

/// A place that is folded away leads past the fold, or back to the line it is folded into.
fn shown(layout: &TextLayout, document: &Document, place: usize, forward: bool) -> usize {
    let Some(hidden) = layout.rows.hider(document.line_of(place)) else {
        return place;
    };
    if forward && hidden.end < document.line_count() {
        document.line_range(hidden.end).start
    } else {
        let head = document.line_range(hidden.first.saturating_sub(1));
        line_end(document, head.end)
    }
}
