//! The request: message, metadata, settings, docs.

use egui::{Align, Frame, Layout, Margin, RichText, ScrollArea, Ui};
use stubless_core::message::Diagnostic;

use super::{
    docs::{self, DocsCache},
    document::Facts,
    response::pane_tabs_ui,
    settings,
    theme::{Tokens, font, icon, size, space},
    widgets::{
        Check, Chip, EmptyPane, IconButton, JsonEditor, PairTable, Segmented, Tab as PaneTab, Tabs,
    },
    words,
};
use crate::app::{Action, BodyView, CallState, RequestPane, Tab};

/// What the request pane keeps between frames.
#[derive(Debug, Default)]
pub(super) struct PaneCache {
    /// The failure whose place was already shown.
    shown_place: Option<(crate::app::TabId, usize)>,
}

/// Draws the pane.
pub(super) fn request_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    facts: &Facts,
    checked: Option<&Result<usize, Vec<Diagnostic>>>,
    docs_cache: &mut DocsCache,
    cache: &mut PaneCache,
    out: &mut Vec<Action>,
) {
    head_ui(ui, tab, facts);
    match tab.view.request {
        RequestPane::Message => {
            padded(ui, |ui| message_pane(ui, tab, facts, checked, cache, out));
        }
        RequestPane::Metadata => padded(ui, |ui| metadata_pane(ui, tab, facts)),
        RequestPane::Settings => padded(ui, |ui| settings_pane(ui, tab, facts, out)),
        RequestPane::Docs => docs::docs_ui(ui, tab, facts, docs_cache, out),
    }
}

fn padded(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    Frame::NONE
        .inner_margin(Margin {
            left: 14,
            right: 14,
            top: 10,
            bottom: 12,
        })
        .show(ui, content);
}

fn head_ui(ui: &mut Ui, tab: &mut Tab, facts: &Facts) {
    let rows = &tab.draft.metadata;
    let metadata = rows
        .iter()
        .filter(|m| m.enabled && !m.key.is_empty())
        .count();
    let prepared = if facts.kind.is_some_and(|k| k.client_streams()) {
        tab.draft.messages.len()
    } else {
        0
    };
    let tabs = [
        PaneTab {
            value: RequestPane::Message,
            text: if prepared > 0 { "Messages" } else { "Message" },
            count: prepared,
        },
        PaneTab {
            value: RequestPane::Metadata,
            text: "Metadata",
            count: metadata + facts.inherited_metadata,
        },
        PaneTab {
            value: RequestPane::Settings,
            text: "Settings",
            count: 0,
        },
        PaneTab {
            value: RequestPane::Docs,
            text: "Docs",
            count: 0,
        },
    ];
    pane_tabs_ui(ui, |ui| {
        let parts = [
            (BodyView::Form, Some(icon::LIST_BULLETS), "Form"),
            (BodyView::Json, Some(icon::BRACKETS_CURLY), "JSON"),
        ];
        let segmented = Segmented::new("Body as", &parts);
        let message = tab.view.request == RequestPane::Message;
        let width = if message {
            segmented.width(ui) + 22.0
        } else {
            14.0
        };
        Tabs::new(&tabs)
            .max_width(ui.available_width() - width)
            .show(ui, &mut tab.view.request);
        if message {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(14.0);
                segmented.show(ui, &mut tab.view.body);
            });
        }
    });
}

fn message_pane(
    ui: &mut Ui,
    tab: &mut Tab,
    facts: &Facts,
    checked: Option<&Result<usize, Vec<Diagnostic>>>,
    cache: &mut PaneCache,
    out: &mut Vec<Action>,
) {
    let streams = facts.kind.is_some_and(|kind| kind.client_streams());
    if streams {
        messages_ui(ui, tab, out);
    } else {
        tab.view.message = 0;
    }
    if tab.draft.method.is_empty() && tab.draft.messages.iter().all(|m| m.is_empty()) {
        EmptyPane::new(
            icon::LIGHTNING_FILL,
            "Choose a method",
            "Pick one in the address bar above or in the services at the left; its form appears here.",
        )
        .show(ui);
        return;
    }
    let diagnostics: &[Diagnostic] = match checked {
        Some(Err(diagnostics)) => diagnostics,
        Some(Ok(_)) | None => &[],
    };
    let go_to = place_of_failure(tab, cache);
    let height = (ui.available_height() - 30.0).max(60.0);
    let Some(document) = tab.draft.messages.get_mut(tab.view.message) else {
        return;
    };
    ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
        ui.set_min_height(height);
        JsonEditor::new(document, "Request message")
            .diagnostics(diagnostics)
            .go_to(go_to)
            .show(ui);
    });
    verdict_ui(ui, facts, checked);
}

/// Where the last rejected call says the mistake is; once for each failure.
fn place_of_failure(tab: &Tab, cache: &mut PaneCache) -> Option<usize> {
    let CallState::Rejected(failure) = &tab.call else {
        cache.shown_place = None;
        return None;
    };
    let (message, _, range) = failure.place.as_ref()?;
    let now = Some((tab.id, range.start));
    if *message != tab.view.message || cache.shown_place == now {
        return None;
    }
    cache.shown_place = now;
    Some(range.start)
}

/// Whether the message fits its type, and how large it is on the wire.
fn verdict_ui(ui: &mut Ui, facts: &Facts, checked: Option<&Result<usize, Vec<Diagnostic>>>) {
    let tokens = Tokens::of(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| match checked {
        Some(Ok(bytes)) => {
            let text = format!("Valid · {}", words::bytes(*bytes as u64));
            ui.add(Chip::new(&text, tokens.good).icon(icon::CHECK_CIRCLE));
        }
        Some(Err(diagnostics)) => {
            let text = words::counted(diagnostics.len(), "problem");
            let tip: Vec<String> = diagnostics
                .iter()
                .take(12)
                .map(|d| match d.path.to_string() {
                    path if path.is_empty() => d.message.clone(),
                    path => format!("{path}: {}", d.message),
                })
                .collect();
            ui.add(Chip::new(&text, tokens.bad).icon(icon::WARNING_CIRCLE))
                .on_hover_text(tip.join("\n"));
            if let Some(first) = tip.first() {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(
                        egui::Label::new(
                            RichText::new(first)
                                .font(font::small())
                                .color(tokens.bad.text),
                        )
                        .truncate(),
                    );
                });
            }
        }
        None if facts.loading => {
            ui.add(Chip::new("Reading schema…", tokens.neutral));
        }
        None => {
            ui.add(Chip::new("No schema", tokens.neutral))
                .on_hover_text("Without a schema the message cannot be checked");
        }
    });
}

/// The prepared messages of a stream, and whether it stays open after them.
fn messages_ui(ui: &mut Ui, tab: &mut Tab, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(size::SMALL_CONTROL);
        let count = tab.draft.messages.len();
        let room = (ui.available_width() - 210.0).max(80.0);
        ScrollArea::horizontal()
            .id_salt("prepared")
            .max_width(room)
            .auto_shrink([true, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                for index in 0..count {
                    let chosen = tab.view.message == index;
                    let tone = if chosen { tokens.accent } else { tokens.neutral };
                    let text = format!("Message {}", index + 1);
                    let chip = ui.add(Chip::new(&text, tone).clickable());
                    if chip.clicked() {
                        tab.view.message = index;
                    }
                    chip.context_menu(|ui| {
                        if super::menu::plain_item(ui, Some(icon::TRASH), "Remove") {
                            out.push(Action::RemoveMessage(tab.id, index));
                        }
                    });
                }
            });
        ui.spacing_mut().item_spacing.x = 2.0;
        if ui
            .add(IconButton::new(icon::PLUS, "Add message").small())
            .clicked()
        {
            out.push(Action::AddMessage(tab.id));
        }
        let remove = IconButton::new(icon::MINUS, "Remove message").small();
        if ui.add_enabled(count > 1, remove).clicked() {
            out.push(Action::RemoveMessage(tab.id, tab.view.message));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let open = Check::new(&mut tab.view.keep_open, "Keep open").with_word();
            ui.add_enabled(!tab.call.is_active(), open).on_hover_text(
                "After the prepared messages the stream stays open: send more by hand, then half-close",
            );
        });
    });
    ui.add_space(space::S);
}

fn metadata_pane(ui: &mut Ui, tab: &mut Tab, facts: &Facts) {
    let tokens = Tokens::of(ui);
    ScrollArea::vertical()
        .id_salt("metadata")
        .auto_shrink(false)
        .show(ui, |ui| {
            PairTable::new("Metadata")
                .hints("key", "value, base64 for -bin keys")
                .show(ui, &mut tab.draft.metadata);
            if facts.inherited_metadata > 0 {
                ui.add_space(space::S);
                let text = format!(
                    "and {} of the workspace, unless this request sets the same key",
                    words::counted(facts.inherited_metadata, "row")
                );
                ui.label(
                    RichText::new(text)
                        .font(font::small())
                        .color(tokens.text.faint),
                );
            }
        });
}

fn settings_pane(ui: &mut Ui, tab: &mut Tab, facts: &Facts, out: &mut Vec<Action>) {
    ScrollArea::vertical()
        .id_salt("settings")
        .auto_shrink(false)
        .show(ui, |ui| {
            super::widgets::section_label(ui, "TARGET");
            ui.add_space(space::XS);
            if settings::target_settings_ui(ui, &mut tab.draft.settings, Some(tab.id), out) {
                out.push(Action::CommitTarget(tab.id));
            }
            let _ = facts;
        });
}
