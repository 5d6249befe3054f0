//! The middle of the window: tabs of open requests, the address bar, request and response side by side.

use std::{collections::BTreeSet, sync::Arc};

use egui::{Align, Frame, Layout, Margin, Panel, ScrollArea, Stroke, Ui};
use prost_reflect::MethodDescriptor;
use stubless_core::{
    call::transport_of,
    grpc::Transport,
    message::Scope,
    schema::{CallKind, Schema, SymbolPage},
    workspace::{CallSettings, MetadataRow, TargetSettings},
};

use super::{
    address,
    diff::{self, DiffCache},
    docs::DocsCache,
    fit::{Again, Fits},
    menu::{command_button, copy_menu, plain_item},
    request_pane,
    response::{self, ResponseCache},
    theme::{Tokens, icon, size, space},
    widgets::{Axis, DocumentTab, PushButton, Splitter, Variables},
};
use crate::app::{Action, AppState, RequestPane, SchemaSlot, Tab, TabId, UiCommand};

/// Below this width the response stands under the request.
const SIDE_BY_SIDE: f32 = 820.0;

/// What the middle keeps between frames. Nothing in it is lost when it is thrown away.
#[derive(Debug, Default)]
pub(super) struct DocumentCache {
    side: Option<f32>,
    below: Option<f32>,
    fits: Fits,
    pub(super) docs: DocsCache,
    pub(super) response: ResponseCache,
    pub(super) request: request_pane::PaneCache,
    diff: DiffCache,
}

/// What views of a tab need of the rest of the state.
#[derive(Debug)]
pub(super) struct Facts {
    /// The target it has when it names none of its own.
    pub inherited: String,
    /// How it is reached, all told.
    pub settings: TargetSettings,
    /// The method, once its types are built.
    pub method: Option<MethodDescriptor>,
    /// The schema that has the method.
    pub schema: Option<Schema>,
    /// The schema that has what Docs shows.
    pub docs_schema: Option<Schema>,
    /// The page that Docs shows, if it is there.
    pub page: PageFact,
    /// Grows when schemas change.
    pub book: u64,
    /// The variables of the environment.
    pub scope: Scope,
    /// Which sides stream.
    pub kind: Option<CallKind>,
    /// The schema is being read.
    pub loading: bool,
    /// Names of variables whose values are not shown.
    pub secrets: BTreeSet<String>,
    /// The environment that is chosen.
    pub environment: Option<String>,
    /// The target as written, its own or inherited.
    pub target: String,
    /// All metadata of a call, as written.
    pub metadata: Vec<MetadataRow>,
    /// Metadata that the workspace and folders add.
    pub inherited_metadata: Vec<MetadataRow>,
    /// Plaintext or TLS, as the call would be; `None` while the target does not say it.
    pub transport: Option<Transport>,
    /// The last call to this target ended at its certificate.
    pub certificate_refused: bool,
    /// The settings above it, as far as they hold for this request's target.
    pub inherited_settings: TargetSettings,
    /// How calls are made where the request says nothing.
    pub inherited_call: CallSettings,
}

/// The page that Docs shows.
#[derive(Debug)]
pub(super) enum PageFact {
    /// Docs is not in view.
    Unseen,
    /// It is not there; what was there before the schemas changed.
    Awaited(Option<Arc<SymbolPage>>),
    /// It is there.
    Read(Arc<SymbolPage>),
    /// The schema has no such symbol.
    Unknown,
}

impl PageFact {
    fn of(state: &AppState, tab: &Tab) -> Self {
        if tab.view.request != RequestPane::Docs {
            return Self::Unseen;
        }
        let key = state.page_key(tab);
        match state.pages.answer(&key) {
            Some(Some(page)) => Self::Read(Arc::clone(page)),
            Some(None) => Self::Unknown,
            None => Self::Awaited(state.pages.before(&key).cloned()),
        }
    }
}

impl Facts {
    /// What may stand in expressions.
    pub(super) fn variables(&self) -> Variables<'_> {
        Variables {
            scope: &self.scope,
            secrets: &self.secrets,
            environment: self.environment.as_deref(),
        }
    }

    fn of(state: &AppState, tab: &Tab) -> Self {
        let above = state.above(Some(&tab.draft));
        let key = state.reflect_key(Some(&tab.draft));
        let schema = state
            .schemas
            .schema_of(&tab.draft.method, key.as_ref())
            .cloned();
        let kind = schema
            .as_ref()
            .and_then(|schema| schema.catalogue().method(&tab.draft.method))
            .map(|method| method.kind);
        let built = schema
            .as_ref()
            .filter(|schema| schema.is_ready(&tab.draft.method));
        let method = built.and_then(|schema| schema.method(&tab.draft.method));
        let waits = schema.is_some() && built.is_none();
        let slot = key.as_ref().and_then(|key| state.schemas.target(key));
        let own_target = tab.draft.target.as_ref();
        let other_target = own_target.is_some_and(|own| above.target.as_ref() != Some(own));
        let effective = tab.draft.effective(&above);
        let target = effective.target.unwrap_or_default();
        let scope = state.scope();
        Self {
            transport: transport_of(&target, &effective.settings, &scope),
            certificate_refused: tab.call.certificate_refused(target.trim()),
            inherited: above.target.clone().unwrap_or_default(),
            settings: effective.settings,
            docs_schema: state.docs_schema(tab.id).cloned(),
            page: PageFact::of(state, tab),
            schema,
            method,
            book: state.schemas.revision(),
            kind,
            loading: waits
                || state.schemas.files.is_loading()
                || slot.is_some_and(SchemaSlot::is_loading),
            secrets: state.secret_names(),
            environment: state.environment().map(|it| it.name.clone()),
            target,
            metadata: effective.metadata,
            inherited_metadata: above.metadata,
            inherited_settings: TargetSettings::default().over(&above.settings, other_target),
            inherited_call: above.call,
            scope,
        }
    }
}

/// Draws the middle.
pub(super) fn document_ui(
    ui: &mut Ui,
    state: &mut AppState,
    cache: &mut DocumentCache,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    Panel::top("document tabs")
        .exact_size(size::TABS)
        .resizable(false)
        .show_separator_line(false)
        .frame(Frame::NONE.fill(tokens.surface.window))
        .show(ui, |ui| tabs_ui(ui, state, &cache.fits, out));
    let now = ui.input(|input| input.time);
    match cache.fits.refresh(state, now, out) {
        Some(Again::Now) => ui.ctx().request_repaint(),
        Some(Again::After(pause)) => ui.ctx().request_repaint_after(pause),
        None => {}
    }
    let Some(id) = state.active else {
        diff::page_ui(ui, state, &mut cache.diff, out);
        return;
    };
    let Some(facts) = state.tab(id).map(|tab| Facts::of(state, tab)) else {
        return;
    };
    let bar = Frame::NONE.inner_margin(Margin {
        left: 14,
        right: 14,
        top: 12,
        bottom: 8,
    });
    Panel::top("address")
        .resizable(false)
        .show_separator_line(false)
        .frame(bar)
        .show(ui, |ui| {
            address::address_ui(ui, state, id, &facts, out);
            if let Some(tab) = state.tab(id) {
                banner_ui(ui, tab, out);
            }
        });
    if let Some(tab) = state.tab_mut(id) {
        panes_ui(ui, tab, &facts, cache, out);
        let exchange = tab.call.exchange();
        let repeat = exchange.and_then(|exchange| exchange.repeat.as_ref());
        if repeat.is_some_and(|repeat| repeat.is_stale(&tab.draft)) {
            out.push(Action::RefreshRepeat(id));
        }
    }
    let open: Vec<TabId> = state.tabs.iter().map(|tab| tab.id).collect();
    cache.request.retain(&open);
}

fn panes_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    facts: &Facts,
    cache: &mut DocumentCache,
    out: &mut Vec<Action>,
) {
    if let Some(schema) = &facts.schema
        && !schema.is_ready(&tab.draft.method)
    {
        out.push(Action::Prepare(schema.clone(), tab.draft.method.clone()));
    }
    let wide = ui.available_width() >= SIDE_BY_SIDE;
    let (axis, fraction, least) = if wide {
        let fraction = cache.side.get_or_insert(0.52);
        (Axis::Horizontal, fraction, (340.0, 340.0))
    } else {
        let fraction = cache.below.get_or_insert(0.5);
        (Axis::Vertical, fraction, (170.0, 150.0))
    };
    let shared = std::cell::RefCell::new(tab);
    let (mut above, mut below) = (Vec::new(), Vec::new());
    let (docs, request, answer) = (&mut cache.docs, &mut cache.request, &mut cache.response);
    let fits = &cache.fits;
    Splitter::new(axis, "Request and response")
        .min(least.0, least.1)
        .show(
            ui,
            fraction,
            |ui| {
                let tab = &mut shared.borrow_mut();
                request_pane::request_ui(ui, tab, facts, fits, docs, request, &mut above);
            },
            |ui| {
                let tab = &mut shared.borrow_mut();
                response::response_ui(ui, tab, facts, answer, &mut below);
            },
        );
    out.append(&mut above);
    out.append(&mut below);
}

/// The row of tabs.
fn tabs_ui(ui: &mut Ui, state: &AppState, fits: &Fits, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.painter().hline(
        ui.max_rect().x_range(),
        ui.max_rect().bottom() - 0.5,
        Stroke::new(1.0, tokens.line.weak),
    );
    let room = (ui.available_width() - 48.0).max(100.0);
    let page = usize::from(state.diffs.page.is_some());
    let count = (state.tabs.len() + page).max(1) as f32;
    let width = (room / count).clamp(112.0, 190.0);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ScrollArea::horizontal()
            .id_salt("tabs")
            .max_width(room)
            .auto_shrink([true, false])
            .show(ui, |ui| {
                ui.horizontal_centered(|ui| {
                    for tab in &state.tabs {
                        tab_ui(ui, state, tab, fits, width, out);
                    }
                    diff::tab_ui(ui, state, width, out);
                });
            });
        ui.add_space(space::XS);
        command_button(ui, state, UiCommand::NewRequest, out);
    });
}

fn tab_ui(
    ui: &mut Ui,
    state: &AppState,
    tab: &Tab,
    fits: &Fits,
    width: f32,
    out: &mut Vec<Action>,
) {
    let active = state.active == Some(tab.id);
    let problem = fits.unfit(tab.id);
    ui.push_id(tab.id, |ui| {
        let shown = DocumentTab::new(tab.draft.title())
            .kind(state.kind_of(tab))
            .dirty(tab.draft.is_dirty())
            .active(active)
            .marked(problem.is_some() && !active)
            .width(width)
            .show(ui);
        if shown.closed {
            out.push(Action::CloseTab(tab.id));
        } else if shown.selected {
            out.push(Action::Activate(tab.id));
        }
        let hover = match &tab.draft.path {
            Some(path) => format!("{}\n{}", tab.draft.method, path.display()),
            None => format!("{}\nNot saved yet", tab.draft.method),
        };
        let hover = match problem {
            Some(problem) => format!("{hover}\n{problem}"),
            None => hover,
        };
        if active && shown.selected {
            shown.response.scroll_to_me(None);
        }
        let response = shown.response.on_hover_text(hover.trim());
        response.context_menu(|ui| {
            if plain_item(ui, Some(icon::FLOPPY_DISK), "Save") {
                out.push(Action::Save(tab.id));
            }
            copy_menu(ui, tab.id, !tab.draft.method.is_empty(), out);
            if plain_item(ui, Some(icon::X), "Close") {
                out.push(Action::CloseTab(tab.id));
            }
            if plain_item(ui, Some(icon::X_CIRCLE), "Close others") {
                let others = state.tabs.iter().filter(|t| t.id != tab.id);
                out.extend(others.map(|t| Action::CloseTab(t.id)));
            }
        });
    });
}

/// Something happened to the file outside: what to do about it.
fn banner_ui(ui: &mut Ui, tab: &Tab, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let text = if tab.outside.is_some() {
        "This request's file changed on disk, and something typed here is not saved"
    } else if tab.deleted.is_some() {
        "This request's file was deleted; save it to keep what is here"
    } else {
        return;
    };
    ui.add_space(space::S);
    Frame::NONE
        .fill(tokens.warn.soft)
        .stroke(Stroke::new(1.0, tokens.warn.line))
        .corner_radius(f32::from(super::theme::radius::M))
        .inner_margin(Margin::symmetric(10, 5))
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_min_height(size::CONTROL);
                ui.label(icon::WARNING_FILL.rich(15.0, tokens.warn.text));
                ui.label(egui::RichText::new(text).color(tokens.text.strong));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if tab.deleted.is_some() {
                        if ui.add(PushButton::new("Save again…")).clicked() {
                            out.push(Action::Save(tab.id));
                        }
                        return;
                    }
                    if ui.add(PushButton::new("Keep what is typed")).clicked() {
                        out.push(Action::KeepTyped(tab.id));
                    }
                    if ui.add(PushButton::new("Use the file")).clicked() {
                        out.push(Action::TakeFromDisk(tab.id));
                    }
                });
            });
        });
}
