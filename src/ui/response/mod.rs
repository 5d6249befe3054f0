//! The response: how the call stands or ended, its messages, metadata, and what the wire told.

mod bytes;
mod details;
mod foreign;
mod message;
mod metadata;
mod replay;
mod status;
mod stream;
mod timeline;
mod wire;

use egui::{Align, Frame, Layout, Margin, Ui};
use stubless_core::{
    call::{Direction, Failure},
    grpc::{Origin, Waiting},
};

use super::{
    document::Facts,
    menu,
    theme::{Tokens, icon, size, space},
    widgets::{EmptyPane, FailureCard, IconButton, Tab as PaneTab, Tabs, loading_pane},
};
use crate::app::{Action, AnswerPane, CallState, Exchange, Tab, TabId, TabView, UiCommand};

pub(super) use bytes::{BytesState, explained_ui};
pub use message::MessageAlone;
pub(super) use message::MessageCache;

/// What the response keeps between frames.
#[derive(Debug, Default)]
pub(super) struct ResponseCache {
    pub(super) messages: MessageCache,
    stream: stream::StreamCache,
    timeline: timeline::TimelineCache,
    fraction: Option<f32>,
}

/// Draws the pane.
pub(super) fn response_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    facts: &Facts,
    cache: &mut ResponseCache,
    out: &mut Vec<Action>,
) {
    let Tab { id, call, view, .. } = tab;
    match call {
        CallState::Idle => {
            EmptyPane::new(
                icon::TRAY,
                "No response yet",
                if facts.kind.is_some_and(|k| k.client_streams()) {
                    "Prepare messages, then press Send or Ctrl+Enter to open the call."
                } else {
                    "Press Send or Ctrl+Enter to make the call."
                },
            )
            .show(ui);
        }
        CallState::AwaitingSchema(_, since) => {
            Frame::NONE
                .inner_margin(Margin::symmetric(14, 4))
                .show(ui, |ui| status::schema_row_ui(ui, *since));
            loading_pane(ui, "Reading the schema of the target; the call follows…");
        }
        CallState::Starting(_, about) => {
            loading_pane(ui, &format!("Connecting to {}…", about.target));
        }
        CallState::Rejected(failure) => card_ui(ui, *id, failure, out),
        CallState::Running(_) | CallState::Ended(..) => {
            exchange_ui(ui, *id, (call, facts), view, cache, out);
        }
    }
}

/// An error card alone in the pane.
fn card_ui(ui: &mut Ui, tab: TabId, failure: &Failure, out: &mut Vec<Action>) {
    egui::ScrollArea::vertical()
        .id_salt("failure")
        .auto_shrink(false)
        .show(ui, |ui| {
            Frame::NONE.inner_margin(14).show(ui, |ui| {
                if let Some(fix) = FailureCard::new(failure).show(ui) {
                    out.push(Action::ApplyFix(tab, fix));
                }
            });
        });
}

fn exchange_ui(
    ui: &mut Ui,
    id: TabId,
    (call, facts): (&CallState, &Facts),
    view: &mut TabView,
    cache: &mut ResponseCache,
    out: &mut Vec<Action>,
) {
    let (exchange, end) = match call {
        CallState::Running(exchange) => (exchange, None),
        CallState::Ended(exchange, end) => (exchange, Some(&**end)),
        _ => return,
    };
    head_ui(ui, exchange, end, view);
    Frame::NONE
        .inner_margin(Margin {
            left: 14,
            right: 14,
            top: 4,
            bottom: 12,
        })
        .show(ui, |ui| {
            status::status_row_ui(ui, exchange, end, |ui| {
                tools_ui(ui, (exchange, end.is_some()), view, out);
            });
            ui.add_space(space::XS);
            if end.is_none() {
                status::waiting_note_ui(ui, exchange);
            }
            match view.answer {
                AnswerPane::Response => {
                    response_pane(ui, (id, facts), exchange, end, view, cache, out);
                }
                AnswerPane::Headers => metadata::headers_ui(ui, exchange, end, out),
                AnswerPane::Trailers => metadata::trailers_ui(ui, end, out),
                AnswerPane::Details => details::details_ui(ui, exchange, end),
                AnswerPane::Timeline => {
                    timeline::timeline_ui(ui, exchange, end, &mut cache.timeline);
                }
                AnswerPane::Wire => wire::wire_ui(ui, exchange, end),
            }
        });
}

fn head_ui(
    ui: &mut Ui,
    exchange: &Exchange,
    end: Option<&stubless_core::engine::CallEnd>,
    view: &mut TabView,
) {
    let headers = exchange.head.as_ref().map_or(0, |h| h.metadata.len());
    let trailers = end.map_or(0, |e| e.finished.outcome.trailers.len());
    let tabs = [
        PaneTab {
            value: AnswerPane::Response,
            text: "Response",
            count: 0,
        },
        PaneTab {
            value: AnswerPane::Headers,
            text: "Headers",
            count: headers,
        },
        PaneTab {
            value: AnswerPane::Trailers,
            text: "Trailers",
            count: trailers,
        },
        PaneTab {
            value: AnswerPane::Details,
            text: "Details",
            count: 0,
        },
        PaneTab {
            value: AnswerPane::Timeline,
            text: "Timeline",
            count: 0,
        },
        PaneTab {
            value: AnswerPane::Wire,
            text: "Wire",
            count: 0,
        },
    ];
    pane_tabs_ui(ui, |ui| {
        Tabs::new(&tabs).show(ui, &mut view.answer);
    });
}

/// A row of tabs over a pane, with the line below it.
pub(super) fn pane_tabs_ui(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    let width = ui.available_width();
    let row = ui.allocate_ui_with_layout(
        egui::vec2(width, size::TABS),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_size(egui::vec2(width, size::TABS));
            ui.add_space(14.0);
            content(ui);
        },
    );
    let rect = row.response.rect;
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        egui::Stroke::new(1.0, tokens.line.weak),
    );
}

/// Buttons at the right of the status row.
fn tools_ui(
    ui: &mut Ui,
    (exchange, ended): (&Exchange, bool),
    view: &TabView,
    out: &mut Vec<Action>,
) {
    ui.spacing_mut().item_spacing.x = 2.0;
    if view.answer != AnswerPane::Response {
        return;
    }
    more_menu(ui, exchange, ended, out);
    let info = UiCommand::SaveMessages.info();
    let save = IconButton::new(menu::icon_named(info.icon), info.label).small();
    let some = !exchange.log.is_empty();
    if ui.add_enabled(some, save).clicked() {
        out.push(Action::Run(UiCommand::SaveMessages));
    }
    // In a stream the picked message has a head of its own with this button.
    if let Some(index) = message::shown(exchange, view).filter(|_| !stream::is_stream(exchange)) {
        message::copy_button(ui, exchange, index, out);
    }
}

/// What can be done with the response as a whole: comparing it, and its log.
fn more_menu(ui: &mut Ui, exchange: &Exchange, ended: bool, out: &mut Vec<Action>) {
    let name = "More about this response";
    let button = ui.add(IconButton::new(icon::DOTS_THREE_VERTICAL, name).small());
    let some = !exchange.log.is_empty();
    let sent = exchange.log.count(Direction::Sent) > 0;
    menu::menu(&button, |ui| {
        for (command, enabled) in [
            (UiCommand::PinResponse, ended),
            (UiCommand::CompareResponses, ended),
            (UiCommand::SaveLog, true),
            (UiCommand::OpenLog, true),
            (UiCommand::ReplayLog, ended && some),
            (UiCommand::SendAgain, sent),
            (UiCommand::MessageMemory, true),
        ] {
            if matches!(command, UiCommand::SaveLog | UiCommand::MessageMemory) {
                ui.separator();
            }
            let info = command.info();
            let glyph = menu::icon_named(info.icon);
            ui.add_enabled_ui(enabled, |ui| {
                if menu::plain_item(ui, Some(glyph), info.label) {
                    out.push(Action::Run(command));
                }
            });
        }
    });
}

fn response_pane(
    ui: &mut Ui,
    (id, facts): (TabId, &Facts),
    exchange: &Exchange,
    end: Option<&stubless_core::engine::CallEnd>,
    view: &mut TabView,
    cache: &mut ResponseCache,
    out: &mut Vec<Action>,
) {
    if exchange.log_full {
        let why = exchange.log.why_full();
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        let text = format!(
            "Reading is paused{why}. Nothing was dropped; it goes on once there is room: close other calls, or cancel this one"
        );
        status::note_ui(ui, &text);
        ui.add_space(space::S);
    }
    if exchange.about.keep_open && end.is_none() {
        open_ui(ui, exchange);
    }
    let list = stream::is_stream(exchange);
    replay::file_notes_ui(ui, exchange);
    replay::replay_ui(ui, id, exchange, out);
    let messages = exchange.log.len();
    let failed = end.is_some_and(status::needs_words);
    if failed {
        let alone = exchange.log.count(Direction::Received) == 0 && !list;
        let height = if alone {
            ui.available_height()
        } else {
            (ui.available_height() * 0.45).min(260.0)
        };
        egui::ScrollArea::vertical()
            .id_salt("end")
            .max_height(height)
            .auto_shrink([false, !alone])
            .show(ui, |ui| {
                if let Some(end) = end {
                    status::end_ui(ui, id, end, &mut cache.messages, out);
                }
            });
        if alone {
            return;
        }
        ui.add_space(space::S);
    }
    if list {
        if messages == 0 {
            waiting_ui(ui, exchange, end);
        } else {
            let kept = (
                cache.fraction.get_or_insert(0.55),
                &mut cache.messages,
                &mut cache.stream,
            );
            let about = (id, end.is_none(), facts.method.as_ref());
            stream::stream_ui(ui, about, exchange, view, kept, out);
        }
        return;
    }
    match message::shown(exchange, view) {
        Some(index) => message::message_ui(ui, id, exchange, index, view, &mut cache.messages, out),
        None => waiting_ui(ui, exchange, end),
    }
}

/// In place of messages, where none came.
fn waiting_ui(ui: &mut Ui, exchange: &Exchange, end: Option<&stubless_core::engine::CallEnd>) {
    let Some(end) = end else {
        loading_pane(ui, "Waiting for the server…");
        return;
    };
    if exchange.file.as_ref().is_some_and(|file| file.unfinished) {
        let text = "No message had come until then. How the call ended nobody saw.";
        EmptyPane::new(icon::HOURGLASS, "Under way when saved", text).show(ui);
        return;
    }
    let outcome = &end.finished.outcome;
    if matches!(outcome.origin, Origin::Cancelled) {
        let text = match outcome.waiting {
            Some(Waiting::Head) => "It waited for the server's answer.".to_owned(),
            Some(waiting) => format!("It waited for {waiting}."),
            None => "No message had come until then.".to_owned(),
        };
        EmptyPane::new(icon::PROHIBIT, "You cancelled the call", &text).show(ui);
        return;
    }
    EmptyPane::new(
        icon::TRAY,
        "No message came",
        "The server ended the call without a response message.",
    )
    .show(ui);
}

/// For a stream that the person feeds: what is open.
fn open_ui(ui: &mut Ui, exchange: &Exchange) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let (glyph, words, color) = if exchange.half_closed {
            (
                icon::ARROW_FAT_LINES_RIGHT,
                "Sending side closed; the server may still answer",
                tokens.text.weak,
            )
        } else {
            (
                icon::BROADCAST,
                "Open for more messages",
                tokens.accent.text,
            )
        };
        ui.label(glyph.rich(15.0, color));
        ui.label(egui::RichText::new(words).color(color));
    });
    ui.add_space(space::XS);
}
