//! The rows of a message on screen: what both drawings share. Scrolling, keys, the row that keys act on.

use std::ops::Range;

use egui::{
    CornerRadius, CursorIcon, Id, Pos2, Rect, Response, Sense, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};
use stubless_core::message::lazy::{Drawing, FieldDoc, FieldRef, Row, RowKind};

use super::{
    document::MessageView,
    json, keys, menu,
    select::{Place, Selection},
    tree,
};
use crate::{
    app::{Action, MessageOptions},
    ui::{
        menu::{context_menu, menu_key},
        theme::{Tokens, icon, radius, size},
        widgets::focus_ring,
    },
};

/// Room above the first row and below the last.
const PAD: f32 = 8.0;

/// Where rows are drawn.
pub(super) struct Canvas {
    pub(super) area: Rect,
    /// Left edge of the text without indent, scrolled.
    pub(super) left: f32,
    /// The first row that is seen, and its top.
    first: u64,
    top: f32,
}

impl Canvas {
    pub(super) fn top_of(&self, row: u64) -> f32 {
        self.top + row.saturating_sub(self.first) as f32 * size::CODE_LINE
    }

    pub(super) fn band(&self, row: u64) -> Rect {
        let top = self.top_of(row);
        Rect::from_min_max(
            pos2(self.area.left(), top),
            pos2(self.area.right(), top + size::CODE_LINE),
        )
    }

    fn row_at(&self, pos: Pos2, rows: u64) -> u64 {
        let down = ((pos.y - self.top) / size::CODE_LINE).floor();
        let last = rows.saturating_sub(1);
        if down < 0.0 {
            return self.first.saturating_sub((-down) as u64);
        }
        self.first.saturating_add(down as u64).min(last)
    }
}

/// Draws the rows in what is left of the pane.
pub(super) fn rows_ui(
    ui: &mut Ui,
    view: &mut MessageView,
    options: &mut MessageOptions,
    id: Id,
    out: &mut Vec<Action>,
) {
    let Some(rows) = view.rows.as_ref() else {
        return;
    };
    let (count, drawing) = (rows.len(), rows.layout().drawing);
    let outer = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(outer);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(outer));
    let ui = &mut ui;
    ui.set_clip_rect(outer.intersect(ui.clip_rect()));
    let head = if drawing == Drawing::Tree {
        tree::HEAD
    } else {
        0.0
    };
    let area = Rect::from_min_max(pos2(outer.left(), outer.top() + head), outer.max);

    let response = ui
        .interact(area, id, Sense::click_and_drag())
        .on_hover_cursor(if drawing == Drawing::Json {
            CursorIcon::Text
        } else {
            CursorIcon::Default
        });
    scroll(ui, view, area, count);
    let canvas = canvas(ui, view, area, count, drawing);
    let spoken = view.spoken();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Document, true, "Response message");
        info.current_text_value = Some(spoken.clone());
        info
    });
    let range = seen(&canvas, count);
    let shown = view.seen(range.clone()).to_vec();
    if response.has_focus() {
        keys::keys(ui, view, &response, &shown, out);
    }
    match drawing {
        Drawing::Json => json::rows_ui(ui, view, &canvas, range, &shown, options),
        Drawing::Tree => tree::rows_ui(ui, view, &canvas, range, &shown, options, outer),
    }
    arrows(ui, view, &canvas, id, &shown, out);
    pointer(ui, view, &canvas, &response, &shown, out);
    hover(ui, view, &canvas, &response, &shown);
    let by_key = menu_by_key(&response, view, &canvas, &shown);
    context_menu(&response, by_key, |ui| {
        menu::row_menu(ui, view, options, out);
    });
    view.scroll.bars(ui, id, area);
    focus_ring(ui, &response, outer, radius::M);
}

fn scroll(ui: &Ui, view: &mut MessageView, area: Rect, count: u64) {
    let line = f64::from(size::CODE_LINE);
    let scroll = &mut view.scroll;
    scroll.view = [f64::from(area.width()), f64::from(area.height())];
    #[allow(clippy::cast_precision_loss, reason = "a row more or less among 2^52")]
    let height = count as f64 * line;
    scroll.content[1] = height + 2.0 * f64::from(PAD);
    if let Some(path) = view.go_to.as_deref()
        && !view.is_laying()
        && let Some(rows) = &view.rows
    {
        #[allow(clippy::cast_precision_loss, reason = "a row more or less among 2^52")]
        let top = rows.row_of(path) as f64 * line + f64::from(PAD);
        let scroll = &mut view.scroll;
        let seen = top >= scroll.offset[1] && top + line <= scroll.offset[1] + scroll.view[1];
        if !seen {
            scroll.offset[1] = top - scroll.view[1] / 3.0;
        }
        view.go_to = None;
    }
    view.scroll.clamp();
    if view.scroll.wheel(ui, area) {
        ui.ctx().request_repaint();
    }
}

fn canvas(ui: &Ui, view: &MessageView, area: Rect, count: u64, drawing: Drawing) -> Canvas {
    let offset = view.scroll.offset.map(f64::round);
    let line = f64::from(size::CODE_LINE);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an offset is within the content"
    )]
    let first = ((offset[1] - f64::from(PAD)) / line).floor().max(0.0) as u64;
    #[allow(clippy::cast_possible_truncation, reason = "less than a row away")]
    let top = (first as f64 * line + f64::from(PAD) - offset[1]) as f32;
    let gutter = match drawing {
        Drawing::Json => json::gutter(ui, count),
        Drawing::Tree => 10.0,
    };
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the width of a few thousand letters"
    )]
    let left = area.left() + gutter - offset[0] as f32;
    Canvas {
        area,
        left,
        first,
        top: area.top() + top,
    }
}

/// The row that has the cursor gets the menu when a key asks for it; gives where.
fn menu_by_key(
    response: &Response,
    view: &mut MessageView,
    canvas: &Canvas,
    shown: &[Row],
) -> Option<Pos2> {
    if !response.has_focus() || !menu_key(&response.ctx) {
        return None;
    }
    let cursor = view.cursor.as_deref();
    let at = shown.iter().position(|row| Some(&*row.path) == cursor);
    let at = at.unwrap_or(0);
    view.menu = Some(shown.get(at)?.clone());
    let below = canvas.top_of(canvas.first + at as u64 + 1);
    Some(pos2(canvas.left.max(canvas.area.left()) + 24.0, below))
}

fn seen(canvas: &Canvas, count: u64) -> Range<u64> {
    let height = canvas.area.bottom() - canvas.top;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rows of one screen"
    )]
    let rows = (height / size::CODE_LINE).ceil().max(0.0) as u64;
    canvas.first..canvas.first.saturating_add(rows).min(count)
}

/// The arrows that open and close: each can be pressed by pointer, keyboard and screen reader.
fn arrows(
    ui: &Ui,
    view: &mut MessageView,
    canvas: &Canvas,
    id: Id,
    shown: &[Row],
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let Some(drawing) = view.rows.as_ref().map(|rows| rows.layout().drawing) else {
        return;
    };
    let mut pressed = None;
    for (row, shown) in (canvas.first..).zip(shown) {
        if !shown.opens() {
            continue;
        }
        let open = shown.kind == RowKind::Open;
        let x = match drawing {
            Drawing::Json => canvas.left - 16.0,
            Drawing::Tree => canvas.left + tree::indent(shown.depth),
        };
        let middle = pos2(x + 7.0, canvas.top_of(row) + size::CODE_LINE / 2.0);
        let rect = Rect::from_center_size(middle, vec2(16.0, size::CODE_LINE));
        let response = ui.interact(rect, id.with(("arrow", &shown.path)), Sense::CLICK);
        let name = match shown.key.trim_matches('"') {
            "" if shown.depth == 0 => "message".to_owned(),
            "" => format!("item {}", shown.path.last().map_or(0, |at| at + 1)),
            name => name.to_owned(),
        };
        let verb = if open { "Fold" } else { "Unfold" };
        response.widget_info(|| {
            WidgetInfo::selected(Role::Button, true, open, format!("{verb} {name}"))
        });
        let color = match response.hovered() {
            true => tokens.text.strong,
            false => tokens.text.faint,
        };
        let glyph = if open {
            icon::CARET_DOWN
        } else {
            icon::CARET_RIGHT
        };
        if drawing == Drawing::Tree || canvas.area.contains(middle) {
            let align = egui::Align2::CENTER_CENTER;
            ui.painter()
                .text(middle, align, glyph.text(), glyph.font(12.0), color);
        }
        if response.clicked() {
            let all = ui.input(|input| input.modifiers.command);
            pressed = Some((shown.path.clone(), !open, all));
        }
        response
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text(format!("{verb}; with Ctrl all that is in it"));
    }
    if let Some((path, open, all)) = pressed {
        toggle(view, &path, open, all, out);
    }
}

/// Opens or closes; with `all` what is in it, too.
pub(super) fn toggle(
    view: &mut MessageView,
    path: &[u32],
    open: bool,
    all: bool,
    out: &mut Vec<Action>,
) {
    if all && !open {
        // All that is in it closes; it stays open itself.
        view.set_open(path, false, false, out);
        view.set_open(path, true, false, out);
        return;
    }
    view.set_open(path, open, all, out);
}

fn pointer(
    ui: &Ui,
    view: &mut MessageView,
    canvas: &Canvas,
    response: &Response,
    shown: &[Row],
    out: &mut Vec<Action>,
) {
    let Some(rows) = &view.rows else {
        return;
    };
    let (count, drawing) = (rows.len(), rows.layout().drawing);
    let Some(pos) = response.interact_pointer_pos() else {
        return;
    };
    let row = canvas.row_at(pos, count);
    let under = usize::try_from(row.saturating_sub(canvas.first)).ok();
    let under = under.and_then(|at| shown.get(at));
    let (pressed, secondary, shift) = ui.input(|input| {
        (
            input.pointer.primary_pressed(),
            input.pointer.secondary_released() || input.pointer.secondary_pressed(),
            input.modifiers.shift,
        )
    });
    if pressed || secondary {
        response.request_focus();
        view.cursor = under.map(|row| row.path.clone());
    }
    if secondary {
        view.menu = under.cloned();
        return;
    }
    if drawing == Drawing::Tree {
        if response.double_clicked()
            && let Some(row) = under.filter(|row| row.opens())
        {
            let (path, open) = (row.path.clone(), row.kind == RowKind::Closed);
            view.set_open(&path, open, false, out);
        }
        return;
    }
    let line = under.map_or_else(String::new, Row::json_line);
    let char = json::char_at(ui, &line, pos.x - canvas.left);
    let place = Place { row, char };
    if response.double_clicked() {
        view.selection = Selection::word(&line, row, char);
    } else if response.triple_clicked() {
        view.selection = Selection {
            anchor: Place { row, char: 0 },
            head: Place {
                row,
                char: line.chars().count(),
            },
        };
    } else if pressed || response.dragged() {
        view.selection.head = place;
        if pressed && !shift {
            view.selection.anchor = place;
        }
        follow_pointer(ui, view, canvas, pos);
    }
}

/// Goes on scrolling while a selection is drawn beyond an edge.
fn follow_pointer(ui: &Ui, view: &mut MessageView, canvas: &Canvas, pos: Pos2) {
    let beyond = (pos.y - canvas.area.bottom()).max(0.0) - (canvas.area.top() - pos.y).max(0.0);
    if beyond != 0.0 {
        view.scroll.offset[1] += f64::from(beyond) / 2.0;
        view.scroll.clamp();
        ui.ctx().request_repaint();
    }
}

/// What the schema says of the field under the pointer.
fn hover(ui: &Ui, view: &MessageView, canvas: &Canvas, response: &Response, shown: &[Row]) {
    let Some(pos) = response.hover_pos() else {
        return;
    };
    let at = (pos.y - canvas.top) / size::CODE_LINE;
    if at < 0.0 || ui.input(|input| input.pointer.any_down()) {
        return;
    }
    let (Some(row), Some(rows)) = (shown.get(at as usize), &view.rows) else {
        return;
    };
    let named = match rows.layout().drawing {
        Drawing::Json => {
            let key = row.depth * 2 + row.key.chars().count();
            !row.key.is_empty() && pos.x - canvas.left < json::width(ui, key)
        }
        Drawing::Tree => pos.x < canvas.area.left() + tree::columns(canvas.area.width()).number,
    };
    let Some(field) = row.field.as_ref().filter(|_| named) else {
        return;
    };
    let Some(doc) = rows.message().describe(field) else {
        return;
    };
    response
        .clone()
        .on_hover_ui_at_pointer(|ui| doc_ui(ui, &doc));
}

fn doc_ui(ui: &mut Ui, doc: &FieldDoc) {
    let tokens = Tokens::of(ui);
    ui.set_max_width(460.0);
    let head = format!("{} · {} · {}", doc.name, doc.type_name, doc.number);
    ui.label(
        egui::RichText::new(head)
            .font(crate::ui::theme::font::small_code())
            .color(tokens.text.strong),
    );
    let mut facts = Vec::new();
    if let Some(oneof) = &doc.oneof {
        facts.push(format!("one of `{oneof}`"));
    }
    if let Some(default) = &doc.default {
        facts.push(format!("default {default}"));
    }
    facts.push(match doc.presence {
        true => "absent and default differ".to_owned(),
        false => "absent means the default".to_owned(),
    });
    if doc.deprecated {
        facts.push("deprecated".to_owned());
    }
    ui.label(
        egui::RichText::new(facts.join(" · "))
            .font(crate::ui::theme::font::small())
            .color(tokens.text.weak),
    );
    if !doc.comment.is_empty() {
        let comment: String = doc.comment.chars().take(1200).collect();
        ui.label(comment);
    }
}

/// Paints the band of a row that keys act on, and that of the match one stands at.
pub(super) fn bands(ui: &Ui, view: &MessageView, canvas: &Canvas, row: u64, shown: &Row) {
    let tokens = Tokens::of(ui);
    let band = canvas.band(row);
    let corner = CornerRadius::same(radius::S);
    if shown.kind != RowKind::End && view.find.current() == Some(shown.path.as_slice()) {
        ui.painter().rect_filled(band, corner, tokens.accent.soft);
    } else if shown.kind != RowKind::End && view.cursor.as_deref() == Some(shown.path.as_slice()) {
        ui.painter().rect_filled(band, corner, tokens.surface.hover);
    }
}

/// The field whose bytes a row shows.
pub(super) fn bytes_field(row: &Row) -> Option<&FieldRef> {
    row.field.as_ref().filter(|_| row.is_bytes)
}
