//! The menu of a row, and the menu of what is shown.

use egui::{RichText, Ui};
use stubless_core::message::lazy::{BytesAs, RowKind, RowNote};

use super::{document::MessageView, keys::copy_part, pane::bytes_field};
use crate::{
    app::{Action, MessageOptions, TimeNotes},
    ui::{
        menu::{choice_item, plain_item},
        theme::{Tokens, font, icon},
        widgets::Check,
    },
};

/// The menu of the row under the pointer.
pub(super) fn row_menu(
    ui: &mut Ui,
    view: &mut MessageView,
    options: &mut MessageOptions,
    out: &mut Vec<Action>,
) {
    ui.set_min_width(200.0);
    ui.set_max_width(240.0);
    let (Some(row), Some(rows)) = (view.menu.clone(), view.rows.as_ref()) else {
        ui.close();
        return;
    };
    if plain_item(ui, Some(icon::COPY), "Copy value") {
        copy_part(rows, &row.path, false, out);
    }
    if plain_item(ui, Some(icon::BRACKETS_CURLY), "Copy as JSON") {
        copy_part(rows, &row.path, true, out);
    }
    if plain_item(ui, Some(icon::TREE_STRUCTURE), "Copy path") {
        out.push(Action::Copy {
            what: "Path",
            text: rows.key_path(&row.path),
        });
    }
    if matches!(row.note, Some(RowNote::Image(_))) && plain_item(ui, Some(icon::EYE), "Show image")
    {
        view.show_picture(&row, out);
    }
    if row.kind == RowKind::Closed || row.kind == RowKind::Open {
        ui.separator();
        if plain_item(ui, Some(icon::ARROWS_OUT_LINE_VERTICAL), "Open all in it") {
            view.set_open(&row.path, true, true, out);
        }
        if plain_item(ui, Some(icon::ARROWS_IN_LINE_VERTICAL), "Close all in it") {
            view.set_open(&row.path, false, false, out);
            view.set_open(&row.path, true, false, out);
        }
    }
    let known = row
        .field
        .as_ref()
        .filter(|field| options.bytes.contains_key(field));
    if let Some(field) = bytes_field(&row).or(known) {
        ui.separator();
        let shown = options.bytes.get(field).cloned().unwrap_or_default();
        for (text, as_what) in [
            ("Bytes as base64", BytesAs::Base64),
            ("Bytes as hex", BytesAs::Hex),
            ("Bytes as text", BytesAs::Text),
        ] {
            if choice_item(ui, shown == as_what, text, "") {
                options.bytes.insert(field.clone(), as_what);
            }
        }
        let decoded = matches!(shown, BytesAs::Message(_));
        if choice_item(ui, decoded, "Decode as message…", "") {
            view.decode = Some(field.clone());
        }
    }
}

/// The menu of what is shown.
pub(super) fn options_menu(ui: &mut Ui, options: &mut MessageOptions) {
    ui.set_min_width(260.0);
    ui.set_max_width(290.0);
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.add(Check::new(&mut options.defaults, "Show default values").with_word());
    ui.add(Check::new(&mut options.enum_numbers, "Enums as numbers in JSON").with_word());
    ui.separator();
    let title = RichText::new("Beside a time").font(font::small());
    ui.label(title.color(tokens.text.weak));
    for (times, text, meaning) in [
        (
            TimeNotes::Local,
            "Local time",
            "The clock of this computer, and how long ago",
        ),
        (TimeNotes::Relative, "How long ago", ""),
        (
            TimeNotes::Off,
            "Nothing",
            "Times stand in UTC, as ProtoJSON has them",
        ),
    ] {
        if choice_item(ui, options.times == times, text, meaning) {
            options.times = times;
        }
    }
    if !options.bytes.is_empty() {
        ui.separator();
        let all = "Show all bytes as base64 again";
        if plain_item(ui, Some(icon::ARROW_COUNTER_CLOCKWISE), all) {
            options.bytes.clear();
        }
    }
}
