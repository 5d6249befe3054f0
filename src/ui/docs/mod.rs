//! The Docs pane: what the schema says about a method and its types, as proto source.

use egui::{Frame, Margin, RichText, ScrollArea, Ui};
use prost_reflect::{FieldDescriptor, Kind};
use stubless_core::schema::{Schema, describe};

use super::{
    document::Facts,
    theme::{Tokens, font, icon, space},
    widgets::{EmptyPane, IconButton, TextLines, TextViewer, loading_pane},
};
use crate::app::{Action, Tab};

/// The text of the symbol that is shown, made when symbol or schema change.
#[derive(Debug, Default)]
pub(super) struct DocsCache {
    made_from: Option<(String, u64)>,
    title: String,
    comment: String,
    source: TextLines,
    links: Vec<String>,
}

impl DocsCache {
    fn refresh(&mut self, schema: &Schema, symbol: &str, book: u64) {
        let now = (symbol.to_owned(), book);
        if self.made_from.as_ref() == Some(&now) {
            return;
        }
        symbol.clone_into(&mut self.title);
        self.comment = schema.comment_of(symbol);
        self.links.clear();
        let mut parts = Vec::new();
        if let Some(method) = schema.catalogue().method(symbol) {
            self.links = vec![method.input.clone(), method.output.clone()];
            self.links.dedup();
            parts.extend(describe(schema, symbol));
            parts.extend(self.links.iter().filter_map(|name| describe(schema, name)));
        } else {
            parts.extend(describe(schema, symbol));
        }
        let types = std::iter::once(symbol.to_owned()).chain(self.links.clone());
        for message in types.filter_map(|name| schema.message(&name)) {
            for name in message.fields().filter_map(|field| named_type(&field)) {
                if name != symbol && !self.links.contains(&name) {
                    self.links.push(name);
                }
            }
        }
        self.source = TextLines::new(
            parts
                .iter()
                .map(|part| part.trim())
                .collect::<Vec<_>>()
                .join("\n\n"),
        );
        self.made_from = Some(now);
    }
}

/// The message or enum that a field, or the values of a map, are of.
fn named_type(field: &FieldDescriptor) -> Option<String> {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => named_type(&entry.map_entry_value_field()),
        Kind::Message(message) => Some(message.full_name().to_owned()),
        Kind::Enum(enumeration) => Some(enumeration.full_name().to_owned()),
        _ => None,
    }
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
        if facts.loading {
            loading_pane(ui, "Reading the schema…");
        } else {
            EmptyPane::new(
                icon::BOOK_OPEN,
                "Nothing to read yet",
                "Choose a method of a schema to see its comment and its types.",
            )
            .show(ui);
        }
        return;
    };
    let shown = tab.view.docs.shown();
    let symbol = shown.map_or_else(|| tab.draft.method.clone(), |it| it.symbol.clone());
    cache.refresh(schema, &symbol, facts.book);
    let tokens = Tokens::of(ui);
    Frame::NONE
        .inner_margin(Margin::symmetric(14, 8))
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                if tab.view.docs.has_back()
                    && ui
                        .add(IconButton::new(icon::ARROW_LEFT, "Back").small())
                        .clicked()
                {
                    tab.view.docs.back();
                }
                ui.label(
                    RichText::new(&cache.title)
                        .font(font::code())
                        .color(tokens.text.strong),
                );
            });
            if !cache.comment.is_empty() {
                ScrollArea::vertical()
                    .id_salt("comment")
                    .max_height(140.0)
                    .show(ui, |ui| {
                        ui.add(
                            egui::Label::new(
                                RichText::new(&cache.comment).color(tokens.text.normal),
                            )
                            .wrap()
                            .selectable(true),
                        );
                    });
            }
            if !cache.links.is_empty() {
                ui.add_space(space::XS);
                ui.horizontal_wrapped(|ui| {
                    ui.label(
                        RichText::new("Types")
                            .font(font::small())
                            .color(tokens.text.faint),
                    );
                    for name in &cache.links {
                        let short = name.rsplit('.').next().unwrap_or(name);
                        let text = RichText::new(short)
                            .font(font::small_code())
                            .color(tokens.accent.text);
                        if ui.link(text).on_hover_text(name).clicked() {
                            out.push(Action::ShowSymbol(tab.id, name.clone()));
                        }
                    }
                });
            }
            ui.add_space(space::S);
            TextViewer::new(&cache.source, "Definition")
                .plain()
                .id_salt(("docs", &cache.title))
                .show(ui);
        });
}
