//! The Docs pane: the page of a symbol. What it says of itself, its definition, its file, who uses it.
//!
//! Pages are written by the engine; the pane asks for the one it shows and draws the one before until it
//! comes. Every name of a type in it leads to that type's page.

mod head;
mod uses;

use std::sync::Arc;

use egui::{Frame, Margin, RichText, ScrollArea, Ui};
use stubless_core::schema::{ProtoText, ProtoToken, Schema, SymbolPage};

use super::{
    document::{Facts, PageFact},
    theme::{Tokens, font, icon, space},
    widgets::{
        Block, EmptyPane, Segmented, TextLines, TextViewer, loading_pane, markdown_ui,
        parse_markdown,
    },
};
use crate::app::{Action, Tab};

/// Names of types listed above a definition.
const MAX_LISTED: usize = 24;

/// A pane lower than this scrolls as a whole, in points.
const LOW: f32 = 380.0;

/// Height of the lower part in such a pane.
const LOW_PART: f32 = 280.0;

/// What the lower part shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum View {
    /// The symbol alone, as the schema has it.
    #[default]
    Definition,
    /// Its file.
    Source,
    /// Who uses it.
    Uses,
}

/// What is drawn of the page that is shown, made when the page changes.
#[derive(Debug, Default)]
pub(super) struct DocsCache {
    page: Option<Arc<SymbolPage>>,
    comment: Vec<Block>,
    deprecation: Vec<Block>,
    definition: TextLines,
    source: TextLines,
    /// Types that the definition names, without the symbol itself.
    types: Vec<String>,
    view: View,
    /// The symbol's line is to be scrolled to.
    reveal: bool,
}

impl DocsCache {
    fn refresh(&mut self, page: &Arc<SymbolPage>, schema: &Schema) {
        if self
            .page
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, page))
        {
            return;
        }
        let resolve = |name: &str| resolve(schema, &page.symbol, name);
        self.comment = parse_markdown(&page.comment, &resolve);
        let reason = page.deprecation().unwrap_or_default();
        self.deprecation = parse_markdown(reason, &resolve);
        self.definition = TextLines::new(page.definition.text.as_str());
        self.types = types_in(&page.definition, &page.symbol);
        let source = page.source.as_ref();
        self.source = TextLines::new(source.map_or("", |source| source.text.text.as_str()));
        self.reveal = true;
        self.page = Some(Arc::clone(page));
    }
}

/// The full name of what a comment of `symbol` calls `name`: from inside the symbol, or from any scope
/// around it.
fn resolve(schema: &Schema, symbol: &str, name: &str) -> Option<String> {
    let scopes = std::iter::successors(Some(symbol), |scope| {
        let outer = scope.rsplit_once(['.', '/']).map_or("", |(outer, _)| outer);
        (!scope.is_empty()).then_some(outer)
    });
    let mut names = scopes.map(|scope| match scope {
        "" => name.to_owned(),
        scope => format!("{scope}.{name}"),
    });
    names.find_map(|full| Some(schema.find(&full)?.path().to_owned()))
}

fn types_in(text: &ProtoText, symbol: &str) -> Vec<String> {
    let mut types: Vec<String> = Vec::new();
    for span in &text.spans {
        if let ProtoToken::Type(full) = &span.token
            && full != symbol
            && !types.contains(full)
        {
            types.push(full.clone());
        }
    }
    types
}

/// Draws the pane.
pub(super) fn docs_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    facts: &Facts,
    cache: &mut DocsCache,
    out: &mut Vec<Action>,
) {
    let Some(schema) = &facts.docs_schema else {
        nothing_ui(ui, tab, facts);
        return;
    };
    let page = match &facts.page {
        PageFact::Read(page) => page,
        PageFact::Unseen | PageFact::Awaited(None) => {
            out.push(Action::WantPage(tab.id));
            loading_pane(ui, "Reading the schema…");
            return;
        }
        PageFact::Awaited(Some(before)) => {
            out.push(Action::WantPage(tab.id));
            before
        }
        PageFact::Unknown => {
            nothing_ui(ui, tab, facts);
            return;
        }
    };
    cache.refresh(page, schema);
    let mut link = None;
    let margin = Margin::symmetric(14, 8);
    if ui.available_height() >= LOW {
        Frame::NONE.inner_margin(margin).show(ui, |ui| {
            link = page_ui(ui, tab, page, schema, cache, None, out);
        });
    } else {
        // Too low for a part of it to scroll: the whole does.
        ScrollArea::vertical()
            .id_salt(("page", &page.symbol))
            .auto_shrink(false)
            .show(ui, |ui| {
                Frame::NONE.inner_margin(margin).show(ui, |ui| {
                    link = page_ui(ui, tab, page, schema, cache, Some(LOW_PART), out);
                });
            });
    }
    if let Some(symbol) = link {
        out.push(Action::ShowSymbol(tab.id, symbol));
    }
}

/// Draws a page; its lower part takes `height`, or all there is. Gives the symbol whose link was pressed.
fn page_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    page: &SymbolPage,
    schema: &Schema,
    cache: &mut DocsCache,
    height: Option<f32>,
    out: &mut Vec<Action>,
) -> Option<String> {
    let mut link = head::head_ui(ui, tab, page, &cache.deprecation, out);
    if !cache.comment.is_empty() {
        let most = match height {
            Some(_) => f32::INFINITY,
            None => (ui.available_height() * 0.38).max(72.0),
        };
        ui.add_space(space::XS);
        ScrollArea::vertical()
            .id_salt(("comment", &page.symbol))
            .max_height(most)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                let found = markdown_ui(ui, &cache.comment);
                link = link.take().or(found);
            });
    }
    ui.add_space(space::S);
    let view = choose_view(ui, cache, page);
    ui.add_space(space::XS);
    let found = match view {
        View::Definition => definition_ui(ui, cache, page, height),
        View::Source => source_ui(ui, cache, page, height),
        View::Uses => uses::uses_ui(ui, schema, page, height),
    };
    link.or(found)
}

/// There is no page, and why.
fn nothing_ui(ui: &mut Ui, tab: &mut Tab, facts: &Facts) {
    let shown = tab.view.docs.shown();
    if facts.loading {
        loading_pane(ui, "Reading the schema…");
        return;
    }
    let Some(shown) = shown else {
        EmptyPane::new(
            icon::BOOK_OPEN,
            "Nothing to read yet",
            "Choose a method of a schema to see its comment and its types.",
        )
        .show(ui);
        return;
    };
    let text = format!("No schema at hand has {}.", shown.symbol);
    let actions = [(icon::ARROW_LEFT, "Back")];
    let pane = EmptyPane::new(icon::BOOK_OPEN, "Not in the schema", &text).actions(&actions);
    if pane.show(ui).is_some() {
        tab.view.docs.back();
    }
}

/// The choice of what stands below; gives what this page has of it.
fn choose_view(ui: &mut Ui, cache: &mut DocsCache, page: &SymbolPage) -> View {
    let uses = page.uses.as_ref().map(|uses| match uses.total {
        0 => "Unused".to_owned(),
        total => format!("Used by {}", super::words::count(total)),
    });
    let mut parts = vec![(View::Definition, None, "Definition")];
    if let Some(source) = &page.source {
        // Without a source there is what the descriptors say.
        let name = match source.path {
            Some(_) => "Source",
            None => "Whole file",
        };
        parts.push((View::Source, None, name));
    }
    if let Some(uses) = &uses {
        parts.push((View::Uses, None, uses));
    }
    let has = |view| parts.iter().any(|(part, ..)| *part == view);
    // What was chosen stays chosen for the pages that have it.
    let mut view = match has(cache.view) {
        true => cache.view,
        false => View::Definition,
    };
    let before = view;
    Segmented::new("Shown of the symbol", &parts).show(ui, &mut view);
    if view != before {
        cache.view = view;
        cache.reveal = true;
    }
    view
}

fn definition_ui(
    ui: &mut Ui,
    cache: &DocsCache,
    page: &SymbolPage,
    height: Option<f32>,
) -> Option<String> {
    let mut pressed = None;
    if cache.definition.is_empty() {
        EmptyPane::new(
            icon::WARNING,
            "It cannot be built",
            "Its file, or one that it imports, has problems.",
        )
        .show(ui);
        return None;
    }
    if !cache.types.is_empty() {
        let tokens = Tokens::of(ui);
        let faint = |text: String| {
            RichText::new(text)
                .font(font::small())
                .color(tokens.text.faint)
        };
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(faint("Types".to_owned()));
            for name in cache.types.iter().take(MAX_LISTED) {
                let short = name.rsplit('.').next().unwrap_or(name);
                let text = RichText::new(short)
                    .font(font::small_code())
                    .color(tokens.accent.text);
                if ui.link(text).on_hover_text(name).clicked() {
                    pressed = Some(name.clone());
                }
            }
            let more = cache.types.len().saturating_sub(MAX_LISTED);
            if more > 0 {
                ui.label(faint(format!("and {more} more")));
            }
        });
    }
    let viewer = TextViewer::new(&cache.definition, "Definition")
        .proto(&page.definition.spans)
        .height(height.unwrap_or_else(|| ui.available_height()))
        .id_salt(("definition", &page.symbol));
    viewer.show_linked(ui).or(pressed)
}

fn source_ui(
    ui: &mut Ui,
    cache: &mut DocsCache,
    page: &SymbolPage,
    height: Option<f32>,
) -> Option<String> {
    let source = page.source.as_ref()?;
    let line = source.line.map(|line| line.saturating_sub(1));
    let reveal = std::mem::take(&mut cache.reveal);
    TextViewer::new(&cache.source, "Source")
        .proto(&source.text.spans)
        .line(line, reveal)
        .height(height.unwrap_or_else(|| ui.available_height()))
        .id_salt(("source", &page.file))
        .show_linked(ui)
}
