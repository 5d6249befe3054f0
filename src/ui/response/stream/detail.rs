//! The picked message: what it is, what can be done with it, and all of it.

use egui::{Align, Layout, RichText, Ui};
use stubless_core::call::Direction;

use super::{MessageCache, Stream};
use crate::{
    app::{Action, SaveDraft, TabView},
    ui::{
        response::message,
        theme::{Tokens, font, icon, space},
        widgets::IconButton,
        words,
    },
};

/// Draws it over all there is.
pub(super) fn detail_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    view: &mut TabView,
    messages: &mut MessageCache,
    out: &mut Vec<Action>,
) {
    let Some(index) = view.picked else {
        return;
    };
    ui.horizontal(|ui| {
        ui.set_min_height(30.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            tools_ui(ui, stream, index, view, out);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = space::S;
                title_ui(ui, stream, index, view);
            });
        });
    });
    message::message_ui(ui, stream.tab, stream.exchange, index, view, messages, out);
}

fn title_ui(ui: &mut Ui, stream: &Stream<'_>, index: usize, view: &TabView) {
    let tokens = Tokens::of(ui);
    let entry = stream.log().entry_ready(index);
    let direction = match entry.map(|entry| entry.direction) {
        Some(Direction::Sent) => "sent",
        _ => "received",
    };
    let text = format!("Message {} · {direction}", words::count(index + 1));
    let title = RichText::new(text)
        .font(font::strong())
        .color(tokens.text.strong);
    ui.add(egui::Label::new(title).truncate());
    if let Some(entry) = entry {
        let facts = format!(
            "{} · {}",
            words::bytes(u64::from(entry.len)),
            words::since(entry.at)
        );
        let facts = RichText::new(facts)
            .font(font::small())
            .color(tokens.text.weak);
        ui.add(egui::Label::new(facts).truncate());
    }
    if let Some(name) = view
        .stream
        .bookmarks
        .get(&index)
        .filter(|it| !it.is_empty())
    {
        let name = RichText::new(name)
            .font(font::small())
            .color(tokens.accent.text);
        ui.add(egui::Label::new(name).truncate());
    }
}

/// From right to left.
fn tools_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    index: usize,
    view: &mut TabView,
    out: &mut Vec<Action>,
) {
    let close = IconButton::new(icon::X, "Close message")
        .small()
        .tooltip("Close message (Esc)");
    if ui.add(close).clicked() {
        view.stream.detail = false;
    }
    message::copy_button(ui, stream.exchange, index, out);
    let save = IconButton::new(icon::DOWNLOAD_SIMPLE, "Save or copy this message…").small();
    if ui.add(save).clicked() {
        let draft = SaveDraft::new(stream.tab).message(index);
        out.push(Action::AskSave(Box::new(draft)));
    }
    let marked = view.stream.bookmarks.contains_key(&index);
    let word = match marked {
        true => "Remove bookmark",
        false => "Bookmark",
    };
    let tooltip = format!("{word} (B)");
    let mark = IconButton::new(icon::BOOKMARK_SIMPLE, word)
        .small()
        .selected(marked)
        .tooltip(&tooltip);
    if ui.add(mark).clicked() {
        view.stream.toggle_bookmark(index);
    }
}
