//! The request: message, metadata, settings, docs.

use std::collections::HashMap;

use egui::{Align, Frame, Layout, Margin, Panel, ScrollArea, Ui, UiBuilder};
use prost_reflect::MethodDescriptor;
use stubless_core::message::DocumentId;

use super::{
    docs::{self, DocsCache},
    document::Facts,
    fit::Fits,
    menu::{menu, plain_item},
    preview::{self, PreviewCache},
    request::{BodyEditor, BodyState, BodyWish, SettingsView, metadata_with_variables_ui},
    response::pane_tabs_ui,
    stream,
    theme::{icon, size, space},
    widgets::{EmptyPane, IconButton, Segmented, Tab as PaneTab, Tabs},
};
use crate::app::{
    Action, BodyView, BytesPlace, CallState, Pick, RequestPane, Tab, TabId, UiCommand,
};

/// Height in points below which the list of messages stands beside the one shown.
const LOW: f32 = 300.0;
/// The list needs this much there.
const LIST_WIDTH: f32 = 240.0;
/// And takes this part of the width.
const LIST_PART: f32 = 0.38;

/// What the request pane keeps between frames.
#[derive(Debug, Default)]
pub(super) struct PaneCache {
    /// What of each message is in view.
    bodies: HashMap<(TabId, DocumentId), BodyState>,
    preview: PreviewCache,
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
    head_ui(ui, tab, facts, out);
    let low = ui.available_height() < LOW;
    if stream::is_live(tab) {
        Panel::bottom("live")
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::NONE)
            .show(ui, |ui| stream::live_ui(ui, tab, low, out));
    }
    match tab.view.request {
        RequestPane::Message => {
            // The list beside the message has actions of its own.
            let mut wished = Vec::new();
            padded(ui, |ui| {
                messages_pane(ui, tab, facts, fits, low, out, |ui, tab| {
                    message_pane(ui, tab, facts, fits, cache, &mut wished);
                });
            });
            out.append(&mut wished);
        }
        RequestPane::Metadata => padded(ui, |ui| metadata_pane(ui, tab, facts, out)),
        RequestPane::Settings => padded(ui, |ui| settings_pane(ui, tab, facts, out)),
        RequestPane::Preview => padded(ui, |ui| {
            preview::preview_ui(ui, tab, facts, &mut cache.preview, out);
        }),
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

fn head_ui(ui: &mut Ui, tab: &mut Tab, facts: &Facts, out: &mut Vec<Action>) {
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
            value: RequestPane::Preview,
            text: "Preview",
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
            segmented.width(ui) + 22.0 + size::SMALL_CONTROL + space::S
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
                ui.add_space(space::S);
                generate_ui(ui, facts.method.is_some(), out);
            });
        }
    });
}

/// Draws a message, of a stream below or beside the list of its messages.
fn messages_pane(
    ui: &mut Ui,
    tab: &mut Tab,
    facts: &Facts,
    fits: &Fits,
    low: bool,
    out: &mut Vec<Action>,
    message: impl FnOnce(&mut Ui, &mut Tab),
) {
    if !facts.kind.is_some_and(|kind| kind.client_streams()) {
        tab.view.message = 0;
        return message(ui, tab);
    }
    if !low || ui.available_width() < 2.0 * LIST_WIDTH {
        stream::messages_ui(ui, tab, fits, false, out);
        return message(ui, tab);
    }
    let (list, rest) = ui
        .available_rect_before_wrap()
        .split_left_right_at_fraction(LIST_PART);
    let mut left = ui.new_child(UiBuilder::new().id_salt("messages").max_rect(list));
    stream::messages_ui(&mut left, tab, fits, true, out);
    let rest = rest.with_min_x(rest.left() + space::M);
    let mut right = ui.new_child(UiBuilder::new().id_salt("message").max_rect(rest));
    message(&mut right, tab);
}

/// The menu of bodies that can be generated.
fn generate_ui(ui: &mut Ui, enabled: bool, out: &mut Vec<Action>) {
    let items = [
        (UiCommand::GenerateExample, "Example"),
        (UiCommand::GenerateAnother, "Another example"),
        (UiCommand::GenerateMinimal, "Minimal"),
        (UiCommand::GenerateFull, "Full"),
    ];
    let button = IconButton::new(icon::MAGIC_WAND, "Generate body")
        .side(size::SMALL_CONTROL)
        .tooltip("Replace the message by a generated one");
    let response = ui.add_enabled(enabled, button);
    menu(&response, |ui| {
        for (command, label) in items {
            if plain_item(ui, None, label) {
                out.push(Action::Run(command));
            }
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
    let checked = fits.is_checked(tab, tab.view.message);
    let Some(document) = tab.draft.messages.get_mut(tab.view.message) else {
        return;
    };
    let shown = (tab.id, document.id());
    let state = cache.bodies.entry(shown).or_default();
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
    let output = facts.method.as_ref().map(MethodDescriptor::output);
    ui.push_id(shown, |ui| {
        BodyEditor::new(document, state)
            .message(message.as_ref())
            .diagnostics(diagnostics)
            .checked(checked)
            .schema_revision(facts.book)
            .schema(facts.schema.as_ref())
            .scope(&facts.scope)
            .output(output.as_ref())
            .show(ui, &mut tab.view.body);
    });
    for wish in state.take_wishes() {
        let place = |path| BytesPlace {
            tab: tab.id,
            message: shown.1,
            path,
        };
        out.extend(match wish {
            BodyWish::Prepare(symbol) => {
                let schema = facts.schema.clone();
                schema.map(|schema| Action::Prepare(schema, symbol))
            }
            BodyWish::BrowseBytes(path) => Some(Action::Browse(Pick::Bytes(place(path)))),
            BodyWish::ReadBytes(path, file) => Some(Action::ReadBytes(place(path), file)),
        });
    }
}

fn metadata_pane(ui: &mut Ui, tab: &mut Tab, facts: &Facts, out: &mut Vec<Action>) {
    ScrollArea::vertical()
        .id_salt("metadata")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.push_id(tab.id, |ui| {
                let rows = &mut tab.draft.metadata;
                let inherited = &facts.inherited_metadata;
                let define = metadata_with_variables_ui(ui, rows, inherited, facts.variables());
                out.extend(define.map(Action::DefineVariable));
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
