//! The keys of the table: they act while it has the keyboard, or nothing has.

use egui::{Id, Key, Modifiers, Ui};

use super::{Rows, Stream, TableState, table};
use crate::{
    app::{Action, Place, TabView},
    ui::widgets::{keep_escape_for_view, take_escape},
};

/// What has the keyboard when the table has.
pub(super) fn table_id(stream: &Stream<'_>) -> Id {
    Id::unique(("messages of", stream.exchange.id))
}

/// The field that jumps.
pub(super) fn jump_id(stream: &Stream<'_>) -> Id {
    Id::unique(("jump in", stream.exchange.id))
}

/// Takes the keys.
pub(super) fn keys(
    ui: &Ui,
    stream: &Stream<'_>,
    rows: &Rows<'_>,
    view: &mut TabView,
    state: &mut TableState,
    out: &mut Vec<Action>,
) {
    let ctx = ui.ctx();
    let modal = ctx.memory(|memory| memory.top_modal_layer().is_some());
    if modal || !ui.is_enabled() {
        return;
    }
    if take_escape(ctx, table_id(stream)) {
        escape(view);
        return;
    }
    let focused = ctx.memory(|memory| memory.focused());
    let ours = focused.is_none_or(|id| id == table_id(stream));
    if !ours || ctx.text_edit_focused() || egui::Popup::is_any_open(ctx) {
        return;
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
        view.stream.selection = rows.select(0..rows.len());
        return;
    }
    let slash = Modifiers::NONE;
    if ui.input_mut(|input| input.consume_key(slash, Key::Slash)) {
        // The slash itself is no part of the filter.
        ui.input_mut(|input| {
            input
                .events
                .retain(|it| !matches!(it, egui::Event::Text(_)));
        });
        ctx.memory_mut(|memory| memory.request_focus(super::filter::field_id(stream)));
        return;
    }
    if let Some(to) = moved(ui, rows, view, state) {
        if ui.input(|input| input.modifiers.shift) {
            select_to(rows, view, to);
        } else {
            view.stream.selection.clear();
            view.stream.anchor = Some(to);
        }
        view.picked = Some(to);
        view.follow = false;
        ctx.memory_mut(|memory| memory.request_focus(table_id(stream)));
    }
    single(ui, stream, view, out);
}

/// Escape is the table's while there is something for it to close.
pub(super) fn keep_escape(ui: &Ui, stream: &Stream<'_>, view: &TabView) {
    let detail = view.stream.detail && view.picked.is_some();
    if ui.is_enabled() && (detail || !view.stream.selection.is_empty()) {
        keep_escape_for_view(ui.ctx(), table_id(stream));
    }
}

/// Keys that do something with the picked message.
fn single(ui: &Ui, stream: &Stream<'_>, view: &mut TabView, out: &mut Vec<Action>) {
    let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
    if let Some(picked) = view.picked {
        if pressed(Key::Enter) {
            view.stream.detail = true;
        }
        if pressed(Key::B) {
            view.stream.toggle_bookmark(picked);
        }
    }
    for (key, forward) in [(Key::CloseBracket, true), (Key::OpenBracket, false)] {
        if pressed(key) {
            out.extend(go_to_bookmark(stream, view, forward));
        }
    }
}

/// Goes to the next bookmark, or the one before.
pub(super) fn go_to_bookmark(stream: &Stream<'_>, view: &TabView, forward: bool) -> Option<Action> {
    let index = view.stream.bookmark_from(view.picked, forward)?;
    Some(go_to(stream, index))
}

/// Goes to a message, also where the view does not show it at present.
pub(super) fn go_to(stream: &Stream<'_>, index: usize) -> Action {
    Action::JumpTo(stream.tab, Place::Number(index + 1))
}

/// Closes the message, then lets go of what is selected; after that it is the call's.
fn escape(view: &mut TabView) {
    if view.stream.detail && view.picked.is_some() {
        view.stream.detail = false;
    } else {
        view.stream.selection.clear();
    }
}

/// The message the arrow and page keys lead to.
fn moved(ui: &Ui, rows: &Rows<'_>, view: &TabView, state: &TableState) -> Option<usize> {
    let last = rows.len().checked_sub(1)?;
    let from = view.picked.and_then(|picked| rows.nearest(picked));
    let page = (ui.available_height() / table::ROW).floor().max(2.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rows on a screen"
    )]
    let page = page as usize - 1;
    let row = ui.input(|input| {
        let pressed = |key| input.key_pressed(key);
        // Without a pick, it begins with what is in view.
        let first = state.scroll.first().min(last);
        Some(if pressed(Key::ArrowDown) {
            from.map_or(first, |row| row.saturating_add(1))
        } else if pressed(Key::ArrowUp) {
            from.map_or(first, |row| row.saturating_sub(1))
        } else if pressed(Key::PageDown) {
            from.unwrap_or(first).saturating_add(page)
        } else if pressed(Key::PageUp) {
            from.unwrap_or(first).saturating_sub(page)
        } else if pressed(Key::Home) {
            0
        } else if pressed(Key::End) {
            last
        } else {
            return None;
        })
    });
    rows.message(row?.min(last))
}

/// Selects from the anchor to a message.
pub(super) fn select_to(rows: &Rows<'_>, view: &mut TabView, to: usize) {
    let from = view.stream.anchor.or(view.picked).unwrap_or(to);
    view.stream.anchor = Some(from);
    let ends = (rows.nearest(from), rows.nearest(to));
    let (Some(from), Some(to)) = ends else { return };
    let range = from.min(to)..from.max(to) + 1;
    view.stream.selection = rows.select(range);
}
