//! The upper part of a symbol's page: its name, what it is, where it comes from, its options.

use egui::{Align, Frame, Label, Layout, Margin, RichText, Ui};
use stubless_core::schema::{SymbolKind, SymbolPage};

use crate::{
    app::{Action, Tab},
    ui::{
        theme::{Tokens, font, icon, radius, space},
        widgets::{Block, Chip, IconButton, call_badge, elided, line_text, markdown_ui},
    },
};

/// Options shown; the rest on hover.
const MAX_OPTIONS: usize = 4;

/// Draws it; gives the symbol whose link was pressed.
pub(super) fn head_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    page: &SymbolPage,
    deprecation: &[Block],
    out: &mut Vec<Action>,
) -> Option<String> {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        steps_ui(ui, tab);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let copy = IconButton::new(icon::COPY, "Copy the full name").small();
            if ui.add(copy).clicked() {
                out.push(Action::Copy {
                    what: "Name",
                    text: page.symbol.clone(),
                });
            }
            if page.deprecated {
                ui.add(Chip::new("Deprecated", Tokens::of(ui).warn));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| name_ui(ui, page));
        });
    });
    origin_ui(ui, page);
    let pressed = deprecation_ui(ui, deprecation);
    options_ui(ui, page);
    pressed
}

/// Back and forward.
fn steps_ui(ui: &mut Ui, tab: &mut Tab) {
    let docs = &mut tab.view.docs;
    if !docs.has_back() && !docs.has_forward() {
        return;
    }
    let back = IconButton::new(icon::ARROW_LEFT, "Back").small();
    if ui.add_enabled(docs.has_back(), back).clicked() {
        docs.back();
    }
    let forward = IconButton::new(icon::ARROW_RIGHT, "Forward").small();
    if ui.add_enabled(docs.has_forward(), forward).clicked() {
        docs.forward();
    }
    ui.add_space(space::XS);
}

/// The kind and the name; the scope before it gives way first.
fn name_ui(ui: &mut Ui, page: &SymbolPage) {
    let tokens = Tokens::of(ui);
    match page.kind {
        SymbolKind::Method(kind) => {
            call_badge(ui, kind);
        }
        kind => {
            let glyph = match kind {
                SymbolKind::Message => icon::BRACKETS_CURLY,
                SymbolKind::Enum => icon::LIST_BULLETS,
                SymbolKind::Service | SymbolKind::Method(_) => icon::CUBE,
            };
            ui.label(glyph.rich(16.0, tokens.text.weak));
        }
    }
    let scope = match page.scope.is_empty() {
        true => String::new(),
        false => format!("{}.", page.scope),
    };
    let name = page.symbol.get(scope.len()..).unwrap_or(&page.symbol);
    let (rect, response) = ui.allocate_exact_size(
        egui::vec2(ui.available_width(), ui.available_height()),
        egui::Sense::hover(),
    );
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::accesskit::Role::Heading, true, &page.symbol)
    });
    let name = elided(ui, name, font::code(), tokens.text.strong, rect.width());
    let room = rect.width() - name.size().x;
    let mut x = rect.left();
    if room > 32.0 && !scope.is_empty() {
        let scope = elided(ui, scope, font::code(), tokens.text.faint, room);
        x = line_text(ui, x, rect.center().y, scope);
    }
    line_text(ui, x, rect.center().y, name);
    response.on_hover_text(&page.symbol);
}

/// What it is, its file, and the source that the file belongs to.
fn origin_ui(ui: &mut Ui, page: &SymbolPage) {
    let tokens = Tokens::of(ui);
    let mut text = format!("{} in {}", page.kind.word(), page.file);
    if !page.origin.is_empty() {
        text.push_str(" · ");
        text.push_str(&page.origin);
    }
    let text = RichText::new(text)
        .font(font::small())
        .color(tokens.text.faint);
    let label = ui.add(Label::new(text).truncate());
    let path = page.source.as_ref().and_then(|it| it.path.as_ref());
    if let Some(path) = path {
        label.on_hover_text(path.display().to_string());
    }
}

fn deprecation_ui(ui: &mut Ui, reason: &[Block]) -> Option<String> {
    if reason.is_empty() {
        return None;
    }
    let tokens = Tokens::of(ui);
    ui.add_space(space::XS);
    Frame::NONE
        .fill(tokens.warn.soft)
        .corner_radius(f32::from(radius::M))
        .inner_margin(Margin::symmetric(10, 5))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            markdown_ui(ui, reason)
        })
        .inner
}

fn options_ui(ui: &mut Ui, page: &SymbolPage) {
    if page.options.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    ui.add_space(space::XS);
    ui.spacing_mut().item_spacing.y = 2.0;
    for option in page.options.iter().take(MAX_OPTIONS) {
        let text = RichText::new(option)
            .font(font::small_code())
            .color(tokens.text.weak);
        ui.add(Label::new(text).truncate().selectable(true))
            .on_hover_text(option);
    }
    let rest = page.options.get(MAX_OPTIONS..).unwrap_or_default();
    if !rest.is_empty() {
        let text = RichText::new(format!("and {} more options", rest.len()))
            .font(font::small())
            .color(tokens.text.faint);
        ui.label(text).on_hover_text(rest.join("\n"));
    }
}
