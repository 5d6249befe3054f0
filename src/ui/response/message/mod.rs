//! One message whole: as JSON that folds or as a tree, of any size; search, copy, what is shown.

mod alone;
mod document;
mod find;
mod json;
mod keys;
mod menu;
mod note;
mod pane;
mod picture;
mod select;
mod tree;

use std::collections::VecDeque;

use egui::{Align, Id, Layout, Popup, PopupCloseBehavior, RichText, Ui};
use stubless_core::{
    call::{Direction, LogEntry},
    engine::{CallId, MessageTask},
    grpc::printable_lines,
    message::lazy::BytesAs,
};

pub use self::alone::MessageAlone;
pub(super) use self::find::pressed as find_pressed;
use self::{
    document::{MessageView, Stage},
    find::Wish,
};
use super::bytes::{BytesCache, bytes_ui};
use crate::{
    app::{Action, Exchange, MessageMode, MessageOptions, TabId, TabView},
    ui::{
        theme::{Tokens, font, icon, space},
        widgets::{
            EmptyPane, IconButton, Picker, PickerItem, PushButton, Segmented, TextLines,
            loading_pane,
        },
    },
};

/// The ways to draw a message that the switch offers.
const MODES: &[(MessageMode, Option<icon::Icon>, &str)] = &[
    (MessageMode::Json, Some(icon::BRACKETS_CURLY), "JSON"),
    (MessageMode::Tree, Some(icon::TREE_STRUCTURE), "Tree"),
    (MessageMode::Bytes, Some(icon::BINARY), "Bytes"),
];

/// Messages, and texts of peers, that stay ready when another is shown.
const KEPT: usize = 4;

/// Types that are listed to decode bytes as; who looks for another types more of its name.
const LISTED: usize = 50;

/// Messages that are or were on screen.
#[derive(Debug, Default)]
pub(crate) struct MessageCache {
    bytes: BytesCache,
    messages: VecDeque<(CallId, usize, Box<MessageView>)>,
    texts: VecDeque<(String, TextLines)>,
}

impl MessageCache {
    fn view(&mut self, call: CallId, index: usize) -> &mut MessageView {
        let known = self
            .messages
            .iter()
            .position(|(c, i, _)| *c == call && *i == index);
        let found = known.and_then(|at| self.messages.remove(at));
        let found = found.unwrap_or_else(|| (call, index, Box::default()));
        self.messages.push_front(found);
        self.messages.truncate(KEPT);
        &mut self.messages[0].2
    }

    /// Lines of a short text of a peer, what disturbs written as escapes.
    pub(super) fn lines_of_text(&mut self, text: &str) -> TextLines {
        if let Some((_, lines)) = self.texts.iter().find(|(known, _)| known == text) {
            return lines.clone();
        }
        let lines = TextLines::new(printable_lines(text, usize::MAX));
        self.texts.push_front((text.to_owned(), lines.clone()));
        self.texts.truncate(KEPT * 4);
        lines
    }
}

/// The message that is shown whole: the one picked, else the only answer of a call that has one.
pub(super) fn shown(exchange: &Exchange, view: &TabView) -> Option<usize> {
    if view.picked.is_some() {
        return view.picked;
    }
    if exchange.about.kind.server_streams() || exchange.about.kind.client_streams() {
        return None;
    }
    let log = &exchange.log;
    if log.count(Direction::Received) == 0 {
        return None;
    }
    // A unary call's log holds its request first; a handful of entries at most.
    let entries = log.entries_ready(0..log.len().min(16));
    let received = |entry: &Option<LogEntry>| {
        entry.is_some_and(|entry| entry.direction == Direction::Received)
    };
    let unread = entries.iter().position(Option::is_none);
    let found = entries.iter().position(received);
    // What the disk has not given yet comes after what was sent.
    found.or(unread.map(|first| first.max(log.count(Direction::Sent))))
}

/// Copies a message, all of it.
pub(super) fn copy_button(ui: &mut Ui, exchange: &Exchange, index: usize, out: &mut Vec<Action>) {
    let button = IconButton::new(icon::COPY, "Copy message").small();
    if ui.add(button).clicked() {
        let task = MessageTask::CopyAll(exchange.id, index);
        out.push(Action::Message(Box::new(task)));
    }
}

/// Draws a message over all there is.
pub(super) fn message_ui(
    ui: &mut Ui,
    tab: TabId,
    exchange: &Exchange,
    index: usize,
    view: &mut TabView,
    cache: &mut MessageCache,
    out: &mut Vec<Action>,
) {
    let id = ui.make_persistent_id(("message", exchange.id, index));
    let message = cache.view(exchange.id, index);
    head_ui(ui, message, view, out);
    if view.message_mode == MessageMode::Bytes {
        bytes_ui(ui, tab, exchange, index, &mut cache.bytes, out);
        return;
    }
    let message = cache.view(exchange.id, index);
    body_ui(view, ui, exchange, index, message, id, out);
}

/// The switch between the ways to draw a message, and what can be done with it.
fn head_ui(ui: &mut Ui, message: &mut MessageView, view: &mut TabView, out: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        Segmented::new("Message as", MODES).show(ui, &mut view.message_mode);
        if message.is_laying() {
            ui.add(egui::Spinner::new().size(14.0));
            let words = RichText::new("Opening…").font(font::small());
            ui.label(words.color(Tokens::of(ui).text.weak));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            if view.message_mode != MessageMode::Bytes {
                tools_ui(ui, message, &mut view.message_options, out);
            }
        });
    });
    ui.add_space(space::XS);
}

fn tools_ui(
    ui: &mut Ui,
    message: &mut MessageView,
    options: &mut MessageOptions,
    out: &mut Vec<Action>,
) {
    let button = IconButton::new(icon::SLIDERS_HORIZONTAL, "What is shown").small();
    let button = ui.add(button);
    Popup::menu(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| menu::options_menu(ui, options));
    let search = IconButton::new(icon::MAGNIFYING_GLASS, "Search in message (Ctrl+F)").small();
    if ui.add(search.selected(message.find.is_open)).clicked() {
        if message.find.is_open {
            message.find.is_open = false;
        } else {
            message.find.open();
        }
    }
    let close = IconButton::new(icon::ARROWS_IN_LINE_VERTICAL, "Close all levels").small();
    if ui.add(close).clicked() {
        message.set_open(&[], true, false, out);
    }
    let open = IconButton::new(icon::ARROWS_OUT_LINE_VERTICAL, "Open all levels").small();
    if ui.add(open).clicked() {
        message.set_open(&[], true, true, out);
    }
}

/// Draws the message in one of the ways: each has its arm here.
fn body_ui(
    view: &mut TabView,
    ui: &mut Ui,
    exchange: &Exchange,
    index: usize,
    message: &mut MessageView,
    id: Id,
    out: &mut Vec<Action>,
) {
    rows_ui(view, ui, exchange, index, message, id, out);
}

/// Draws the message as rows.
fn rows_ui(
    view: &mut TabView,
    ui: &mut Ui,
    exchange: &Exchange,
    index: usize,
    message: &mut MessageView,
    id: Id,
    out: &mut Vec<Action>,
) {
    let layout = view.message_options.layout(view.message_mode);
    match message.advance(exchange.id, index, &layout, out) {
        Stage::Reading => {
            loading_pane(ui, "Reading the message…");
            return;
        }
        Stage::Gone => {
            gone_ui(ui, message);
            return;
        }
        Stage::Shown => {}
    }
    problems_ui(ui, &message.problems);
    find_ui(ui, message, id, out);
    decode_ui(ui, message, &mut view.message_options);
    picture::picture_ui(ui, &mut message.picture);
    pane::rows_ui(ui, message, &mut view.message_options, id, out);
}

fn gone_ui(ui: &mut Ui, message: &mut MessageView) {
    EmptyPane::new(
        icon::WARNING,
        "The message could not be read",
        "Its call was closed, or the disk that it went to no longer gives it.",
    )
    .show(ui);
    ui.vertical_centered(|ui| {
        if ui.add(PushButton::new("Try again")).clicked() {
            message.again();
        }
    });
}

fn find_ui(ui: &mut Ui, message: &mut MessageView, id: Id, out: &mut Vec<Action>) {
    if find::pressed(ui) {
        message.find.open();
    }
    if !message.find.is_open {
        return;
    }
    let Some(rows) = message.rows.as_ref() else {
        return;
    };
    match find::bar_ui(ui, &mut message.find, rows, id, out) {
        Some(Wish::Show(path)) => message.show(&path, out),
        Some(Wish::Leave) => ui.memory_mut(|memory| memory.request_focus(id)),
        None => {}
    }
}

/// Asks for the type that bytes are decoded as; it is kept for their field.
fn decode_ui(ui: &mut Ui, message: &mut MessageView, options: &mut MessageOptions) {
    let (Some(field), Some(rows)) = (message.decode.clone(), message.rows.as_ref()) else {
        return;
    };
    let lazy = rows.message().clone();
    let current = match options.bytes.get(&field) {
        Some(BytesAs::Message(name)) => name.clone(),
        _ => String::new(),
    };
    let name = lazy
        .describe(&field)
        .map_or_else(String::new, |doc| doc.name);
    let short = name.rsplit('.').next().unwrap_or_default().to_owned();
    ui.horizontal(|ui| {
        let words = RichText::new(format!("Decode `{short}` as"));
        ui.label(words.color(Tokens::of(ui).text.weak))
            .on_hover_text(name);
        let shown = current.rsplit('.').next().unwrap_or_default();
        let unset = shown.is_empty();
        let picker = Picker::new(
            "Type of the bytes",
            if unset { "Choose a type…" } else { shown },
        )
        .width(240.0)
        .list_width(360.0)
        .unset(unset);
        let button = picker.button(ui);
        let mut names = Vec::new();
        let chosen = picker.popup_ranked(ui, &button, |filter| {
            names = lazy.types_like(filter, LISTED);
            let item = |name: &String| {
                let (scope, label) = name.rsplit_once('.').unwrap_or(("", name));
                PickerItem::new(label, scope)
            };
            names.iter().map(item).collect()
        });
        if let Some((_, chosen)) = chosen
            && let Some(name) = names.into_iter().nth(chosen)
        {
            options.bytes.insert(field, BytesAs::Message(name));
            message.decode = None;
        }
        if ui
            .add(IconButton::new(icon::X, "Do not decode").small())
            .clicked()
        {
            message.decode = None;
        }
    });
    ui.add_space(space::XS);
}

/// Unknown fields, bad UTF-8, bytes that do not decode.
fn problems_ui(ui: &mut Ui, problems: &[String]) {
    let Some(first) = problems.first() else {
        return;
    };
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.label(icon::WARNING_FILL.rich(14.0, tokens.warn.text));
        let words = match problems.len() - 1 {
            0 => first.clone(),
            more => format!("{first}, and {more} more"),
        };
        let words = RichText::new(words).font(font::small());
        ui.add(egui::Label::new(words.color(tokens.warn.text)).truncate())
            .on_hover_text(problems.join("\n"));
    });
}
