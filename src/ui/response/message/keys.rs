//! Keys of the rows: go, open and close, copy.

use egui::{Event, EventFilter, Key, Modifiers, Response, Ui};
use stubless_core::{
    engine::MessageTask,
    message::lazy::{MessageRows, Row, RowKind},
};

use super::{
    document::MessageView,
    pane::toggle,
    select::{Place, Selection},
};
use crate::{app::Action, ui::theme::size};

/// Text of a selection that goes to the clipboard at most.
const COPIED_BYTES: usize = 8 << 20;
/// Values up to this are written in the frame that copies them.
const AT_ONCE_BYTES: usize = 64 << 10;

/// Keys of the rows, while they have the keyboard.
pub(super) fn keys(
    ui: &Ui,
    view: &mut MessageView,
    response: &Response,
    shown: &[Row],
    out: &mut Vec<Action>,
) {
    ui.memory_mut(|memory| {
        memory.set_focus_lock_filter(
            response.id,
            EventFilter {
                vertical_arrows: true,
                horizontal_arrows: true,
                ..EventFilter::default()
            },
        );
    });
    let Some(rows) = &view.rows else {
        return;
    };
    let count = rows.len();
    let row = view.cursor.as_deref().map(|path| rows.row_of(path));
    let page = (f64::from(response.rect.height() / size::CODE_LINE)).max(2.0) as u64 - 1;
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let here = row.unwrap_or_else(|| shown.first().map_or(0, |row| rows.row_of(&row.path)));
    let step = |by: i64| here.saturating_add_signed(by).min(count.saturating_sub(1));
    let mut to = None;
    for (key, target) in [
        (Key::ArrowDown, step(1)),
        (Key::ArrowUp, step(-1)),
        (Key::PageDown, step(page.cast_signed())),
        (Key::PageUp, step(-page.cast_signed())),
        (Key::Home, 0),
        (Key::End, count.saturating_sub(1)),
    ] {
        if pressed(key) {
            to = Some(if row.is_none() && key == Key::ArrowDown {
                here
            } else {
                target
            });
        }
    }
    if let Some(to) = to {
        go_to_row(view, to);
    }
    fold_keys(ui, view, out);
    copy_keys(ui, view, count, out);
}

fn go_to_row(view: &mut MessageView, mut row: u64) {
    let Some(rows) = &view.rows else {
        return;
    };
    let now = view.cursor.as_deref().map(|path| rows.row_of(path));
    // Closing brackets are of what they close: the next row of its own is meant.
    if let Some(found) = rows.rows(row..row + 1).first()
        && found.kind == RowKind::End
        && now.is_some_and(|now| now < row)
    {
        while row + 1 < rows.len()
            && rows
                .rows(row..row + 1)
                .first()
                .is_some_and(|it| it.kind == RowKind::End)
        {
            row += 1;
        }
    }
    view.cursor = rows.path_of(row);
    view.go_to.clone_from(&view.cursor);
}

fn fold_keys(ui: &Ui, view: &mut MessageView, out: &mut Vec<Action>) {
    let (Some(path), Some(rows)) = (view.cursor.clone(), &view.rows) else {
        return;
    };
    let at = rows.row_of(&path);
    let Some(row) = rows.rows(at..at + 1).pop() else {
        return;
    };
    let (mut opens, mut closes, mut all) = (false, false, false);
    ui.input_mut(|input| {
        for (modifiers, every) in [(Modifiers::COMMAND, true), (Modifiers::NONE, false)] {
            opens |= input.consume_key(modifiers, Key::ArrowRight);
            closes |= input.consume_key(modifiers, Key::ArrowLeft);
            let turn = input.consume_key(modifiers, Key::Enter);
            opens |= turn && row.kind == RowKind::Closed;
            closes |= turn && row.kind == RowKind::Open;
            if opens || closes {
                all = every;
                return;
            }
        }
    });
    if row.note.is_some() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter)) {
        view.show_picture(&row, out);
    }
    if opens && (row.kind == RowKind::Closed || all && row.opens()) {
        view.set_open(&path, true, all, out);
    } else if closes && row.kind == RowKind::Open {
        toggle(view, &path, false, all, out);
    } else if closes && !path.is_empty() {
        let above = path.get(..path.len() - 1).unwrap_or_default().to_vec();
        view.go_to = Some(above.clone());
        view.cursor = Some(above);
    }
}

fn copy_keys(ui: &Ui, view: &mut MessageView, count: u64, out: &mut Vec<Action>) {
    let (copy, path) = ui.input_mut(|input| {
        let copy = input
            .events
            .iter()
            .any(|event| matches!(event, Event::Copy));
        // Most systems turn Ctrl+C into this event, whatever else is held.
        let path = input.consume_key(Modifiers::COMMAND | Modifiers::SHIFT, Key::C)
            || copy && input.modifiers.shift;
        let all = input.consume_key(Modifiers::COMMAND, Key::A);
        if all {
            view.selection = Selection {
                anchor: Place::default(),
                head: Place {
                    row: count.saturating_sub(1),
                    char: usize::MAX,
                },
            };
        }
        (copy, path)
    });
    let Some(rows) = &view.rows else {
        return;
    };
    if path && let Some(cursor) = &view.cursor {
        out.push(Action::Copy {
            what: "Path",
            text: rows.key_path(cursor),
        });
    } else if copy && !view.selection.is_empty() {
        let (from, to) = view.selection.ordered();
        match rows.text(from.row..to.row + 1, COPIED_BYTES) {
            Some(lines) => ui.ctx().copy_text(view.selection.cut(&lines)),
            None => out.push(Action::Message(Box::new(MessageTask::Copy {
                rows: Box::new(rows.clone()),
                path: Vec::new(),
                json: true,
            }))),
        }
    } else if copy && let Some(cursor) = &view.cursor {
        copy_part(rows, cursor, false, out);
    }
}

/// Copies a value, or a part as JSON: small ones at once, others by the engine.
pub(super) fn copy_part(rows: &MessageRows, path: &[u32], json: bool, out: &mut Vec<Action>) {
    let at = rows.row_of(path);
    let row = rows.rows(at..at + 1).pop();
    let small = row.is_some_and(|row| row.span.len() <= AT_ONCE_BYTES);
    let text = match (small, json) {
        (true, true) => rows.json_text(path),
        (true, false) => rows.value_text(path),
        (false, _) => None,
    };
    out.push(match text {
        Some(text) => Action::Copy {
            what: if json { "JSON" } else { "Value" },
            text,
        },
        None => Action::Message(Box::new(MessageTask::Copy {
            rows: Box::new(rows.clone()),
            path: path.to_vec(),
            json,
        })),
    });
}
