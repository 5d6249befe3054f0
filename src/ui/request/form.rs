//! The form: a list of rows of which only the visible ones are drawn.
//!
//! Rows near the visible ones are drawn too, so that Tab always finds the next field; a field that
//! gets the keyboard is scrolled into view. Which rows there are and how high they are is kept between
//! frames ([`super::rows`]).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use egui::{Id, Key, Modifiers, Rect, ScrollArea, Ui, UiBuilder, vec2};
use stubless_core::message::{Diagnostic, Document, Path};

use super::{
    bar, collection,
    edit::{self, Edit},
    menu,
    parts::{Metrics, Parts},
    paste,
    row::RowView,
    rows::{FormRows, Heights, ROW},
    special::{self, Around},
    state::BodyState,
};
use crate::ui::theme::icon;
use crate::ui::widgets::EmptyPane;

/// Rows this far outside the view are drawn too, in points.
const OVERSCAN: f32 = 6.0 * ROW;
/// Frames that scrolling to a row may take; a row that is not there then was scrolled away by hand.
const SCROLL_FRAMES: u8 = 90;

/// Draws the rows and applies what the person did. [`BodyState::refresh`] comes before it.
pub(super) fn show(
    ui: &mut Ui,
    document: &mut Document,
    state: &mut BodyState,
    diagnostics: &[Diagnostic],
    around: &Around<'_>,
) {
    let id = ui.make_persistent_id("message-form");
    let mut edits = Vec::from_iter(edit::emptied(document, state));
    bar::show(ui, state);
    edits.extend(menu::pasted(ui, document, state));
    edits.extend(collection::typed_key(ui, state));
    let mut rows = std::mem::take(&mut state.rows);
    rows.problems.refresh(diagnostics);
    if rows.len() == 0 {
        let text = "Clear the filter to see the fields again.";
        let pane = EmptyPane::new(icon::FUNNEL_SIMPLE, "No field matches", text);
        let actions = [(icon::X, "Clear the filter")];
        if pane.actions(&actions).show(ui).is_some() {
            state.view.clear_filter();
        }
    } else {
        let rows = &mut rows;
        edits.extend(rows_ui(ui, id, document, state, rows, diagnostics, around));
    }
    state.rows = rows;
    edits.extend(paste::show(ui, state));
    let changed = !edits.is_empty();
    for made in edits {
        if let Some(path) = edit::apply(document, state, made) {
            state.show(&path);
        }
    }
    if changed {
        ui.ctx().request_repaint();
    }
}

fn rows_ui(
    ui: &mut Ui,
    id: Id,
    document: &Document,
    state: &mut BodyState,
    rows: &mut FormRows,
    diagnostics: &[Diagnostic],
    around: &Around<'_>,
) -> Vec<Edit> {
    let metrics = Metrics::new(ui.available_width(), state);
    measure(ui, document, state, rows, diagnostics, &metrics);
    let reveal = state.reveal.take();
    // A row that is still out of view gets the keyboard when scrolling has brought it there.
    let awaited = reveal.clone().map(|path| (path, SCROLL_FRAMES));
    let awaited = awaited.or_else(|| state.awaited.take());
    let mut drawn = false;
    let mut edits = Vec::new();
    let total = rows.heights.total() as f32;
    let view_top = ui.available_rect_before_wrap().top();
    ScrollArea::vertical()
        .id_salt(id)
        .auto_shrink(false)
        .show_viewport(ui, |ui, viewport| {
            ui.set_min_size(vec2(ui.available_width(), total + 8.0));
            let area = ui.min_rect();
            let first = rows.heights.row_at(f64::from(viewport.top() - OVERSCAN));
            let last = rows.heights.row_at(f64::from(viewport.bottom() + OVERSCAN));
            // From the view's top, not from that of all rows: far down an `f32` tells no points apart.
            let scrolled = f64::from(viewport.top());
            let place_of_row = |heights: &Heights, row: usize| {
                let y = |row| view_top + (heights.top(row) - scrolled) as f32;
                Rect::from_x_y_ranges(area.x_range(), y(row)..=y(row + 1))
            };
            let visible = rows.rows(document, first..last + 1);
            let mut grown = Vec::new();
            let mut places = Vec::with_capacity(visible.len());
            for (index, row) in (first..).zip(visible.iter()) {
                let rect = place_of_row(&rows.heights, index);
                let mut child = ui.new_child(
                    UiBuilder::new()
                        .max_rect(rect)
                        .scope_id(id.with(&row.path).with(&row.label)),
                );
                let focus = awaited.as_ref().is_some_and(|(path, _)| *path == row.path);
                drawn |= focus;
                let reasons: Vec<&Diagnostic> = rows
                    .problems
                    .at(&row.path)
                    .iter()
                    .filter_map(|at| diagnostics.get(*at))
                    .collect();
                let inside = (row.open == Some(false))
                    .then(|| rows.problems.below(&row.path))
                    .flatten();
                let view = RowView {
                    row,
                    reasons: &reasons,
                    inside,
                    focus,
                    metrics: &metrics,
                    rect,
                    around,
                };
                let parts = view.parts(&child, state);
                grown.push((index, parts.extra()));
                edits.extend(view.show(&mut child, &parts, document, state));
                places.push(rect);
            }
            edits.extend(collection::drop_ui(ui, state, &visible, &places));
            let mut changed = false;
            for (index, extra) in grown {
                changed |= rows.heights.set(index, extra);
            }
            if changed {
                ui.ctx().request_repaint();
            }
            if let Some(path) = &reveal
                && let Some(row) = rows.outline().find(document, path)
            {
                let rect = place_of_row(&rows.heights, row);
                // No further than needed: the row under the pointer stays where it can.
                ui.scroll_to_rect(rect, None);
            }
        });
    state.awaited = awaited
        .filter(|(_, frames)| !drawn && *frames > 0)
        .map(|(path, frames)| (path, frames - 1));
    if state.awaited.is_some() {
        ui.ctx().request_repaint();
    }
    edits
}

/// Reckons the heights of all rows, where something they depend on changed. Rows that are drawn correct
/// theirs afterwards.
fn measure(
    ui: &Ui,
    document: &Document,
    state: &BodyState,
    rows: &mut FormRows,
    diagnostics: &[Diagnostic],
    metrics: &Metrics,
) {
    let mut hasher = DefaultHasher::new();
    rows.shape().hash(&mut hasher);
    rows.problems.hash().hash(&mut hasher);
    metrics.hash(&mut hasher);
    let made_from = hasher.finish();
    if rows.heights.are_of(made_from) {
        return;
    }
    let mut extras: Vec<(usize, f32)> = Vec::new();
    let outline = rows.outline();
    for run in outline.runs() {
        let first = run.rows.start;
        let base = metrics.base(&run);
        if base > 0.0 {
            extras.push((first, base));
        }
        if run.in_text
            && run
                .kind
                .is_some_and(|kind| special::may_be_tall(kind, state))
        {
            let tall = outline.rows(document, run.rows.clone());
            let heights = tall.iter().map(|row| special::extra_height(row, state));
            extras.extend((first..).zip(heights));
        }
    }
    for (path, at) in rows.problems.paths() {
        let reasons: Vec<&Diagnostic> = at.iter().filter_map(|at| diagnostics.get(*at)).collect();
        if let Some(row) = outline.find(document, path) {
            let depth = path.0.len().saturating_sub(1);
            extras.push((row, Parts::reason_height(ui, &reasons, metrics, depth)));
        }
    }
    extras.sort_by_key(|(row, _)| *row);
    rows.heights = Heights::new(rows.len(), extras, made_from);
}

/// Undo and redo are the document's, whichever field has the keyboard. Before the rows are found out.
pub(super) fn undo_keys(ui: &Ui, document: &mut Document) {
    let redo = ui.input_mut(|i| {
        i.consume_key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z)
            || i.consume_key(Modifiers::COMMAND, Key::Y)
    });
    if redo {
        document.redo();
    } else if ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Z)) {
        document.undo();
    }
}

/// An id below a row that the keyboard can be given to from elsewhere.
pub(super) fn field_id(scope: Id) -> Id {
    scope.with("value")
}

/// The path above a row's and its place there, of an item of a list.
pub(super) fn place_of(path: &Path) -> Option<(Path, usize)> {
    match edit::split(path)? {
        (list, stubless_core::message::Step::Index(index)) => Some((list, *index)),
        _ => None,
    }
}
