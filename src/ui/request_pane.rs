//! The request: message, metadata, settings, docs.

use std::collections::HashMap;

use egui::{Align, Frame, Layout, Margin, ScrollArea, Ui};
use prost_reflect::MethodDescriptor;

use super::{
    docs::{self, DocsCache},
    document::Facts,
    fit::Fits,
    request::{BodyEditor, BodyState, SettingsView, metadata_ui},
    response::pane_tabs_ui,
    theme::{Tokens, icon, size, space},
    widgets::{Check, Chip, EmptyPane, IconButton, Segmented, Tab as PaneTab, Tabs},
};
use crate::app::{Action, BodyView, CallState, Pick, RequestPane, Tab, TabId};

/// What the request pane keeps between frames.
#[derive(Debug, Default)]
pub(super) struct PaneCache {
    /// What of each message is in view.
    bodies: HashMap<(TabId, usize), BodyState>,
    /// The mistake of a rejected call that was already shown: tab, message, byte.
    shown_place: Option<(TabId, usize, usize)>,
}

impl PaneCache {
    /// Forgets tabs that are closed.
    pub(super) fn retain(&mut self, open: &[TabId]) {
        self.bodies.retain(|(id, _), _| open.contains(id));
    }
}

/// Draws the pane.
pub(super) fn request_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    facts: &Facts,
    fits: &Fits,
    docs_cache: &mut DocsCache,
    cache: &mut PaneCache,
    out: &mut Vec<Action>,
) {
    head_ui(ui, tab, facts);
    match tab.view.request {
        RequestPane::Message => {
            padded(ui, |ui| message_pane(ui, tab, facts, fits, cache, out));
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
            count: metadata + facts.inherited_metadata.len(),
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
    fits: &Fits,
    cache: &mut PaneCache,
    out: &mut Vec<Action>,
) {
    let streams = facts.kind.is_some_and(|kind| kind.client_streams());
    if streams {
        messages_ui(ui, tab, fits, out);
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
    let diagnostics = fits.diagnostics(tab.id, tab.view.message);
    let state = cache.bodies.entry((tab.id, tab.view.message)).or_default();
    if let CallState::Rejected(failure) = &tab.call {
        let place = failure.place.as_ref();
        let now = place.map(|(message, _, range)| (tab.id, *message, range.start));
        if let Some((message, path, range)) = place
            && *message == tab.view.message
            && cache.shown_place != now
        {
            state.reveal(path, range.start);
            cache.shown_place = now;
        }
    } else if cache.shown_place.is_some_and(|(id, _, _)| id == tab.id) {
        cache.shown_place = None;
    }
    if let Some(field) = tab.view.reveal.take() {
        state.reveal_field(field);
    }
    let message = facts.method.as_ref().map(MethodDescriptor::input);
    let Some(document) = tab.draft.messages.get_mut(tab.view.message) else {
        return;
    };
    ui.push_id((tab.id, tab.view.message), |ui| {
        BodyEditor::new(document, state)
            .message(message.as_ref())
            .diagnostics(diagnostics)
            .schema_revision(facts.book)
            .schema(facts.schema.as_ref())
            .scope(&facts.scope)
            .show(ui, &mut tab.view.body);
    });
}

/// The prepared messages of a stream, and whether it stays open after them.
fn messages_ui(ui: &mut Ui, tab: &mut Tab, fits: &Fits, out: &mut Vec<Action>) {
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
                    let unfit = fits.is_unfit(tab.id, index);
                    let tone = match (unfit, chosen) {
                        (true, _) => tokens.bad,
                        (false, true) => tokens.accent,
                        (false, false) => tokens.neutral,
                    };
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
    ScrollArea::vertical()
        .id_salt("metadata")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.push_id(tab.id, |ui| {
                metadata_ui(ui, &mut tab.draft.metadata, &facts.inherited_metadata);
            });
        });
}

fn settings_pane(ui: &mut Ui, tab: &mut Tab, facts: &Facts, out: &mut Vec<Action>) {
    let id = tab.id;
    ScrollArea::vertical()
        .id_salt("settings")
        .auto_shrink(false)
        .content_margin(space::BESIDE_BAR)
        .show(ui, |ui| {
            let shown = ui
                .push_id(id, |ui| {
                    let draft = &mut tab.draft;
                    SettingsView::new(&mut draft.settings, &mut draft.call, &mut draft.unread)
                        .deadline(&mut draft.deadline_ms)
                        .transport(facts.transport)
                        .inherited(&facts.inherited_settings, &facts.inherited_call)
                        .show(ui)
                })
                .inner;
            if let Some(file) = shown.browse {
                out.push(Action::Browse(Pick::Settings(file, Some(id))));
            }
            let before = ui.scope_id().with("settings asked");
            commit_when_done(ui, before, id, shown.changed, out);
        });
}

/// Asks the target again once typing has stopped: when no field has the keyboard any more.
fn commit_when_done(ui: &Ui, key: egui::Id, id: TabId, changed: bool, out: &mut Vec<Action>) {
    let due = changed || ui.data(|data| data.get_temp::<bool>(key)).unwrap_or(false);
    let typing = ui.ctx().text_edit_focused();
    if due && !typing {
        out.push(Action::CommitTarget(id));
    }
    ui.data_mut(|data| data.insert_temp(key, due && typing));
}
