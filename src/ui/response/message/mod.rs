//! One message whole: its JSON, what of its bytes could not be shown, copy and save.

use std::{collections::VecDeque, sync::Arc};

use egui::{RichText, Ui};
use stubless_core::{
    call::Direction,
    engine::{CallId, RenderStyle},
    grpc::printable_lines,
    message::JsonText,
};

use crate::{
    app::{Action, Exchange, MessageMode, TabId, TabView},
    ui::{
        theme::{Tokens, font, icon, space},
        widgets::{IconButton, Segmented, TextLines, TextViewer, loading_pane},
    },
};

/// The ways to draw a message that the switch offers.
const MODES: &[(MessageMode, Option<icon::Icon>, &str)] =
    &[(MessageMode::Json, Some(icon::BRACKETS_CURLY), "JSON")];

/// Texts whose lines were indexed lately; indexing a large one takes milliseconds.
const KEPT: usize = 8;

/// Lines of texts that are on screen.
#[derive(Debug, Default)]
pub(crate) struct MessageCache {
    messages: VecDeque<(CallId, usize, TextLines)>,
    texts: VecDeque<(String, TextLines)>,
}

impl MessageCache {
    fn lines(&mut self, call: CallId, index: usize, text: &Arc<JsonText>) -> TextLines {
        let known = self
            .messages
            .iter()
            .find(|(c, i, lines)| *c == call && *i == index && lines.text() == text.text);
        if let Some((_, _, lines)) = known {
            return lines.clone();
        }
        let lines = TextLines::new(text.text.as_str());
        self.messages.push_front((call, index, lines.clone()));
        self.messages.truncate(KEPT);
        lines
    }

    /// Lines of a short text of a peer, what disturbs written as escapes.
    pub(super) fn lines_of_text(&mut self, text: &str) -> TextLines {
        if let Some((_, lines)) = self.texts.iter().find(|(known, _)| known == text) {
            return lines.clone();
        }
        let lines = TextLines::new(printable_lines(text, usize::MAX));
        self.texts.push_front((text.to_owned(), lines.clone()));
        self.texts.truncate(KEPT * 2);
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
    // A unary call's log holds its request first; a handful of entries at most.
    let log = &exchange.log;
    let entries = log.entries(0..log.len().min(16));
    entries
        .iter()
        .position(|entry| entry.direction == Direction::Received)
}

/// Copies a message, once its text is there.
pub(super) fn copy_button(ui: &mut Ui, exchange: &Exchange, index: usize, out: &mut Vec<Action>) {
    let text = exchange.texts.get(index, RenderStyle::Full);
    let button = IconButton::new(icon::COPY, "Copy message").small();
    if ui.add_enabled(text.is_some(), button).clicked()
        && let Some(text) = text
    {
        out.push(Action::Copy {
            what: "Message",
            text: text.text.clone(),
        });
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
    head_ui(ui, &mut view.message_mode);
    body_ui(view.message_mode, ui, tab, exchange, index, cache, out);
}

/// The switch between the ways to draw a message, while there is more than one.
fn head_ui(ui: &mut Ui, mode: &mut MessageMode) {
    if MODES.len() > 1 {
        ui.horizontal(|ui| Segmented::new("Message as", MODES).show(ui, mode));
        ui.add_space(space::XS);
    }
}

/// Draws the message in one of the ways: each has its arm here.
fn body_ui(
    mode: MessageMode,
    ui: &mut Ui,
    tab: TabId,
    exchange: &Exchange,
    index: usize,
    cache: &mut MessageCache,
    out: &mut Vec<Action>,
) {
    match mode {
        MessageMode::Json | MessageMode::Tree | MessageMode::Bytes => {
            json_ui(ui, tab, exchange, index, cache, out);
        }
    }
}

fn json_ui(
    ui: &mut Ui,
    tab: TabId,
    exchange: &Exchange,
    index: usize,
    cache: &mut MessageCache,
    out: &mut Vec<Action>,
) {
    let Some(text) = exchange.texts.get(index, RenderStyle::Full) else {
        out.push(Action::WantTexts(tab, vec![(index, RenderStyle::Full)]));
        loading_pane(ui, "Reading the message…");
        return;
    };
    problems_ui(ui, text);
    let lines = cache.lines(exchange.id, index, text);
    TextViewer::new(&lines, "Response message")
        .id_salt(("message", exchange.id, index))
        .show(ui);
}

/// Unknown fields, bad UTF-8, bytes that do not decode.
fn problems_ui(ui: &mut Ui, text: &JsonText) {
    if text.problems.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.label(icon::WARNING_FILL.rich(14.0, tokens.warn.text));
        let first = text
            .problems
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        let more = text.problems.len() - 1;
        let words = if more == 0 {
            first.to_owned()
        } else {
            format!("{first}, and {more} more")
        };
        ui.label(
            RichText::new(words)
                .font(font::small())
                .color(tokens.warn.text),
        )
        .on_hover_text(text.problems.join("\n"));
    });
}
