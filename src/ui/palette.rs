//! The palette: one field over everything, Enter does the first.

use egui::{Align, FontId, Key, Modal, Modifiers, RichText, ScrollArea, Ui, text::LayoutJob, vec2};

use stubless_core::schema::SymbolKind;

use super::{
    menu::icon_named,
    theme::{Tokens, font, icon, radius, space},
    widgets::{TextField, call_badge, hover_fade},
};
use crate::app::{Action, AppState, Found, Palette, PaletteItem};

const ROW: f32 = 32.0;
const ROWS: f32 = 11.0;

/// Draws the palette, if it is open.
pub(super) fn palette_ui(ui: &Ui, state: &mut AppState, out: &mut Vec<Action>) {
    let Some(palette) = &mut state.palette else {
        return;
    };
    let id = egui::Id::unique("palette");
    let top = ui.ctx().content_rect().height() * 0.14;
    let area = Modal::default_area(id).anchor(egui::Align2::CENTER_TOP, vec2(0.0, top));
    let tokens = Tokens::of(ui);
    let response = Modal::new(id)
        .area(area)
        .backdrop_color(tokens.scrim)
        .show(ui.ctx(), |ui| {
            ui.set_width(600.0);
            contents_ui(ui, palette, out);
        });
    if response.should_close() {
        out.push(Action::ClosePalette);
    }
}

fn contents_ui(ui: &mut Ui, palette: &mut Palette, out: &mut Vec<Action>) {
    let down = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::ArrowDown));
    let up = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::ArrowUp));
    let enter = ui.input(|i| i.key_pressed(Key::Enter));
    let field = TextField::search(
        &mut palette.query,
        "Search methods, types, requests, commands",
    )
    .id(egui::Id::unique("palette query"))
    .show(ui);
    if !field.has_focus() {
        field.request_focus();
    }
    if palette.searched.as_deref() != Some(palette.query.as_str()) {
        out.push(Action::Search);
    }
    let last = palette.results.len().saturating_sub(1);
    if down {
        palette.selected = (palette.selected + 1).min(last);
    }
    if up {
        palette.selected = palette.selected.saturating_sub(1);
    }
    ui.add_space(space::S);
    if palette.results.is_empty() {
        let color = Tokens::of(ui).text.faint;
        ui.label(RichText::new("Nothing matches").color(color));
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let selected = palette.selected;
    let mut chosen = None;
    // Said outright: the room a popup has is what it took for the results before.
    let height = ROW * ROWS.min(palette.results.len() as f32);
    ScrollArea::vertical()
        .max_height(height)
        .min_scrolled_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, ROW, palette.results.len(), |ui, rows| {
            for index in rows {
                let Some(found) = palette.results.get(index) else {
                    continue;
                };
                let response = row_ui(ui, found, index == selected);
                if index == selected && (up || down) {
                    response.scroll_to_me(Some(Align::Center));
                }
                if response.clicked() {
                    chosen = Some(index);
                }
            }
        });
    if enter {
        chosen = Some(selected);
    }
    if let Some(found) = chosen.and_then(|index| palette.results.get(index)) {
        out.push(Action::Choose(found.item.clone()));
    }
}

fn row_ui(ui: &mut Ui, found: &Found, selected: bool) -> egui::Response {
    let tokens = Tokens::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), ROW), egui::Sense::CLICK);
    response.widget_info(|| {
        egui::WidgetInfo::selected(
            egui::accesskit::Role::ListBoxOption,
            true,
            selected,
            &found.label,
        )
    });
    let t = hover_fade(ui, &response);
    let fill = if selected {
        tokens.surface.selected
    } else {
        super::theme::fade(tokens.surface.hover, t)
    };
    ui.painter().rect_filled(rect, f32::from(radius::S), fill);
    let mut child = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(space::S, 0.0)))
            .layout(egui::Layout::left_to_right(Align::Center)),
    );
    let glyph = match &found.item {
        PaletteItem::Command(command) => Some(icon_named(command.info().icon)),
        PaletteItem::Method(_, _, kind) => {
            child.allocate_ui(vec2(30.0, ROW), |ui| {
                ui.set_min_width(30.0);
                call_badge(ui, *kind);
            });
            None
        }
        PaletteItem::Symbol(_, _, SymbolKind::Enum) => Some(icon::LIST_BULLETS),
        PaletteItem::Symbol(_, _, SymbolKind::Message) => Some(icon::BRACKETS_CURLY),
        PaletteItem::Symbol(..) => Some(icon::CUBE),
        PaletteItem::Request(_) => Some(icon::FILE_TEXT),
        PaletteItem::Environment(_) => Some(icon::STACK),
        PaletteItem::Workspace(_) => Some(icon::FOLDER),
    };
    if let Some(glyph) = glyph {
        child.allocate_ui(vec2(30.0, ROW), |ui| {
            ui.set_min_width(30.0);
            ui.label(glyph.rich(15.0, tokens.text.weak));
        });
    }
    child.add(egui::Label::new(label(tokens, found)).truncate());
    child.with_layout(egui::Layout::right_to_left(Align::Center), |ui| {
        let detail = RichText::new(&found.detail)
            .font(font::small())
            .color(tokens.text.faint);
        ui.add(egui::Label::new(detail).truncate());
    });
    response
}

/// The name, what was typed of it marked.
fn label(tokens: &Tokens, found: &Found) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut hits = found.hits.iter().peekable();
    let plain: FontId = font::body();
    for (index, letter) in found.label.chars().enumerate() {
        let hit = hits.next_if(|hit| **hit as usize == index).is_some();
        let (font_id, color) = if hit {
            (font::strong(), tokens.accent.text)
        } else {
            (plain.clone(), tokens.text.strong)
        };
        let mut buffer = [0; 4];
        job.append(
            letter.encode_utf8(&mut buffer),
            0.0,
            egui::TextFormat::simple(font_id, color),
        );
    }
    job
}
