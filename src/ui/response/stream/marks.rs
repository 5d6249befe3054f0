//! The bookmarks of a stream, and the field that jumps to a place in it.

use egui::{Id, Key, Popup, PopupCloseBehavior, RichText, ScrollArea, Ui};

use super::{Stream, keys};
use crate::{
    app::{Action, TabView, parse_place},
    ui::{
        theme::{Tokens, font, icon, size, space},
        widgets::{IconButton, TextField, keep_escape_from, section_label},
        words,
    },
};

/// The button with the list of bookmarks.
pub(super) fn bookmarks_button(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    out: &mut Vec<Action>,
) {
    let some = !view.stream.bookmarks.is_empty();
    let button = IconButton::new(icon::BOOKMARK_SIMPLE, "Bookmarks")
        .small()
        .selected(some)
        .tooltip("Bookmarks: B sets one at the picked message, [ and ] go from one to the next");
    let response = ui.add(button);
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| list_ui(ui, stream, view, out));
}

fn list_ui(ui: &mut Ui, stream: &Stream<'_>, view: &mut TabView, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.set_width(320.0);
    section_label(ui, "Bookmarks");
    if view.stream.bookmarks.is_empty() {
        let text = "None yet: pick a message and press B";
        ui.label(RichText::new(text).color(tokens.text.weak));
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let before = IconButton::new(icon::CARET_UP, "Bookmark before")
            .small()
            .tooltip("Bookmark before ([)");
        if ui.add(before).clicked() {
            out.extend(keys::go_to_bookmark(stream, view, false));
        }
        let next = IconButton::new(icon::CARET_DOWN, "Next bookmark")
            .small()
            .tooltip("Next bookmark (])");
        if ui.add(next).clicked() {
            out.extend(keys::go_to_bookmark(stream, view, true));
        }
    });
    let marks: Vec<usize> = view.stream.bookmarks.keys().copied().collect();
    ScrollArea::vertical().max_height(280.0).show_rows(
        ui,
        size::CONTROL,
        marks.len(),
        |ui, rows| {
            for index in marks.get(rows).unwrap_or_default() {
                mark_ui(ui, stream, *index, view, out);
            }
        },
    );
}

fn mark_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    index: usize,
    view: &mut TabView,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let number = format!("#{}", index + 1);
        let at = stream.log().entry_ready(index).map(|entry| entry.at);
        let at = at.map_or_else(String::new, words::since);
        let go = format!("Go to bookmark {number}");
        let button = IconButton::new(icon::ARROW_RIGHT, &go).small();
        if ui.add(button).clicked() {
            out.push(keys::go_to(stream, index));
        }
        let facts = RichText::new(format!("{number}  {at}"))
            .font(font::small_code())
            .color(tokens.text.weak);
        ui.label(facts);
        let mut removed = false;
        if let Some(name) = view.stream.bookmarks.get_mut(&index) {
            let label = format!("Name of bookmark {number}");
            let width = (ui.available_width() - 32.0).max(60.0);
            TextField::new(name, &label)
                .hint("name")
                .width(width)
                .id(Id::unique(("bookmark", stream.exchange.id, index)))
                .show(ui);
            let remove = format!("Remove bookmark {number}");
            removed = ui.add(IconButton::new(icon::X, &remove).small()).clicked();
        }
        if removed {
            view.stream.bookmarks.remove(&index);
        }
    });
}

/// The button that opens the field, or the field.
pub(super) fn jump_ui(ui: &mut Ui, stream: &Stream<'_>, view: &mut TabView, out: &mut Vec<Action>) {
    let id = keys::jump_id(stream);
    let open = view.stream.jump.is_some();
    let before = ui.data_mut(|data| {
        let before: Option<bool> = data.get_temp(id);
        data.insert_temp(id, open);
        before == Some(true)
    });
    let Some(text) = &mut view.stream.jump else {
        let button = IconButton::new(icon::CROSSHAIR_SIMPLE, "Jump to…")
            .small()
            .tooltip("Jump to a message or a time (Ctrl+G)");
        if ui.add(button).clicked() {
            view.stream.jump = Some(String::new());
        }
        return;
    };
    let place = parse_place(text);
    let wrong = !text.trim().is_empty() && place.is_err();
    let field = TextField::new(text, "Jump to message or time")
        .hint("#1204, 12.5s, 00:01:30")
        .icon(icon::CROSSHAIR_SIMPLE)
        .error(wrong)
        .width(190.0)
        .height(size::SMALL_CONTROL + 2.0)
        .id(id)
        .show(ui);
    // However it was opened, it has the keyboard.
    if !before {
        field.request_focus();
        return;
    }
    if field.has_focus() {
        keep_escape_from(ui.ctx());
    }
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    let left = field.lost_focus();
    match place {
        Ok(place) if left && enter => {
            out.push(Action::JumpTo(stream.tab, place));
            view.stream.jump = None;
        }
        _ if left && enter => field.request_focus(),
        _ if left => view.stream.jump = None,
        Err(why) if wrong => {
            field.on_hover_text(why);
        }
        _ => {}
    }
}
