//! The header of the table: titles, widths that can be dragged, the menu of columns.

use egui::{
    CornerRadius, CursorIcon, Popup, PopupCloseBehavior, Rect, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{Stream, columns::Placed};
use crate::{
    app::{COLUMN_WIDTHS, ColumnKind, TabView},
    ui::{
        theme::{Tokens, font, icon, mix, radius, space},
        widgets::{Check, IconButton, elided, hover_fade, line_text, section_label},
    },
};

/// Half the width of what takes the pointer between two columns.
const GRAB: f32 = 4.0;

/// Points an arrow key moves an edge by.
const STEP: f32 = 8.0;

/// Draws it into its place.
pub(super) fn header_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    placed: &[Placed<'_>],
    rect: Rect,
    offset: f32,
    view: &mut TabView,
) {
    let tokens = Tokens::of(ui);
    let corner = CornerRadius {
        nw: radius::L,
        ne: radius::L,
        ..CornerRadius::ZERO
    };
    ui.painter()
        .rect_filled(rect, corner, tokens.surface.raised);
    let line = Stroke::new(1.0, tokens.line.weak);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, line);
    let button = Rect::from_min_max(pos2(rect.right() - 26.0, rect.top()), rect.max);
    let titles = Rect::from_min_max(rect.min, pos2(button.left(), rect.bottom()));
    let scope = UiBuilder::new().max_rect(titles).id_salt("titles");
    let mut child = ui.new_child(scope);
    child.set_clip_rect(titles.intersect(ui.clip_rect()));
    let mut resized = None;
    for column in placed {
        let cell = Rect::from_min_size(
            pos2(rect.left() + column.x - offset, rect.top()),
            vec2(column.width, rect.height()),
        );
        title_ui(&child, column.kind, cell, view);
        // The preview is as wide as the others leave it: its right edge is moved by them.
        if *column.kind != ColumnKind::Preview
            && let Some(by) = edge_ui(&child, column.kind, cell)
        {
            resized = Some((column.kind.clone(), column.width + by));
        }
    }
    if let Some((kind, width)) = resized {
        let width = width.clamp(0.0, f32::from(*COLUMN_WIDTHS.end()));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "held to the widths of a column"
        )]
        view.stream.columns.resize(&kind, width.round() as u16);
    }
    let scope = UiBuilder::new()
        .max_rect(button.shrink2(vec2(1.0, 2.0)))
        .id_salt("columns");
    let mut child = ui.new_child(scope);
    let button = IconButton::new(icon::COLUMNS, "Columns").small();
    let response = child.add(button);
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| columns_ui(ui, stream, view));
}

fn title_ui(ui: &Ui, kind: &ColumnKind, cell: Rect, view: &mut TabView) {
    let tokens = Tokens::of(ui);
    let id = ui.scope_id().with(("title", kind));
    let response = ui.interact(cell, id, Sense::CLICK);
    let name = format!("Column {}", kind.title());
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, ui.is_enabled(), &name));
    let to_right = matches!(
        kind,
        ColumnKind::Number | ColumnKind::Time | ColumnKind::Gap | ColumnKind::Size
    );
    if *kind == ColumnKind::Direction {
        let galley = elided(ui, "↑↓", font::small(), tokens.text.faint, cell.width());
        let x = cell.center().x - galley.size().x / 2.0;
        line_text(ui, x, cell.center().y, galley);
    } else {
        let family = match kind {
            ColumnKind::Field(_) => font::small_code(),
            _ => font::small(),
        };
        let room = (cell.width() - 14.0).max(8.0);
        let galley = elided(ui, kind.title(), family, tokens.text.weak, room);
        let x = match to_right {
            true => cell.right() - 7.0 - galley.size().x,
            false => cell.left() + 7.0,
        };
        line_text(ui, x, cell.center().y, galley);
    }
    response.context_menu(|ui| {
        if let ColumnKind::Field(path) = kind {
            if crate::ui::menu::plain_item(ui, Some(icon::TRASH), "Remove column") {
                view.stream.columns.remove(path);
            }
        } else if crate::ui::menu::plain_item(ui, Some(icon::EYE_SLASH), "Hide column") {
            view.stream.columns.show(kind, false);
        }
    });
    let about = match kind {
        ColumnKind::Field(path) => format!("{path}\nThe value of this field"),
        _ => kind.about().to_owned(),
    };
    response.on_hover_text(about);
}

/// The right edge of a column; gives by how much it was moved.
fn edge_ui(ui: &Ui, kind: &ColumnKind, cell: Rect) -> Option<f32> {
    let tokens = Tokens::of(ui);
    let strip = Rect::from_center_size(
        pos2(cell.right(), cell.center().y),
        vec2(2.0 * GRAB, cell.height()),
    );
    let id = ui.scope_id().with(("edge", kind));
    let response = ui
        .interact(strip, id, Sense::DRAG | Sense::FOCUSABLE)
        .on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
    let name = format!("Width of column {}", kind.title());
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, ui.is_enabled(), &name));
    let t = hover_fade(ui, &response).max(f32::from(response.dragged()));
    let color = mix(tokens.line.weak, tokens.line.focus, t);
    let y = cell.y_range().shrink(7.0);
    ui.painter()
        .vline(cell.right().round() - 0.5, y, Stroke::new(1.0, color));
    let mut by = response.drag_delta().x;
    if response.has_focus() {
        let filter = egui::EventFilter {
            horizontal_arrows: true,
            ..egui::EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        by += STEP * f32::from(pressed(egui::Key::ArrowRight));
        by -= STEP * f32::from(pressed(egui::Key::ArrowLeft));
    }
    (by != 0.0).then_some(by)
}

/// The menu: which columns are shown, and one more from a field.
fn columns_ui(ui: &mut Ui, stream: &Stream<'_>, view: &mut TabView) {
    ui.set_width(240.0);
    ui.spacing_mut().item_spacing.y = 2.0;
    section_label(ui, "Columns");
    let set = view.stream.columns.clone();
    for column in set.all() {
        match &column.kind {
            ColumnKind::Field(path) => {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    let room = ui.available_width() - 26.0;
                    ui.scope(|ui| {
                        ui.set_max_width(room);
                        check_ui(ui, &column.kind, column.shown, path, view);
                    });
                    let name = format!("Remove column {path}");
                    let button = IconButton::new(icon::X, &name).small();
                    let rest = ui.available_rect_before_wrap();
                    let place = Rect::from_center_size(
                        pos2(rest.right() - 12.0, rest.center().y),
                        vec2(24.0, 24.0),
                    );
                    if ui.place(place, button).clicked() {
                        view.stream.columns.remove(path);
                    }
                });
            }
            kind => check_ui(ui, kind, column.shown, kind.title(), view),
        }
    }
    ui.add_space(space::S);
    section_label(ui, "Column of a field");
    add_ui(ui, stream, view);
}

fn check_ui(ui: &mut Ui, kind: &ColumnKind, shown: bool, title: &str, view: &mut TabView) {
    let mut on = shown;
    let title = match kind {
        ColumnKind::Number => "Number",
        _ => title,
    };
    let check = ui.add(Check::new(&mut on, title).with_word());
    if check.changed() {
        view.stream.columns.show(kind, on);
    }
    check.on_hover_text(kind.about());
}

fn add_ui(ui: &mut Ui, stream: &Stream<'_>, view: &mut TabView) {
    let id = egui::Id::unique(("new column", stream.exchange.id));
    let mut path: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        let width = ui.available_width() - 32.0;
        let place = ("Field path of a new column", width, false);
        let field = super::filter::path_ui(ui, stream, &mut path, place, id);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let add = ui.add_enabled(
            !path.trim().is_empty(),
            IconButton::new(icon::PLUS, "Add column").small(),
        );
        if entered || add.clicked() {
            view.stream.columns.add(&path);
            path.clear();
            field.request_focus();
        }
    });
    ui.data_mut(|data| data.insert_temp(id, path));
}
