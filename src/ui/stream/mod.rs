//! Streams fed by hand: the list of prepared messages, and the box that sends them while a call runs.

mod live;
mod title;

use egui::{
    Align2, CornerRadius, CursorIcon, Frame, Id, Rect, Response, ScrollArea, Sense, Stroke, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{
    fit::Fits,
    menu::plain_item,
    theme::{Tokens, fade, font, icon, radius, space},
    widgets::{
        IconButton, PREPARED_ROW_HEIGHT, PreparedRow, elided, focus_ring, hover_fade, line_text,
    },
};
use crate::app::{Action, Tab, TabId};

pub(super) use live::{is_live, live_ui};

/// The part of the pane's height that the list may take.
const PART: f32 = 0.34;
/// Rows that are shown even in a low pane.
const ROWS_AT_LEAST: f32 = 2.0;
/// The last line of the list, which adds a message.
const ADD_HEIGHT: f32 = 26.0;
/// This close to the list's edge a dragged row scrolls it.
const SCROLL_ZONE: f32 = 14.0;
/// And this fast, in points a frame.
const SCROLL_STEP: f32 = 5.0;

/// A row that is being dragged, kept between frames.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Dragged {
    from: usize,
    /// Before which row it would be dropped.
    before: usize,
}

/// Draws the list over the whole width. It grows up to a third of the height there is, `beside` the
/// message up to all of it, then scrolls.
pub(super) fn messages_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    fits: &Fits,
    beside: bool,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let height = if beside {
        (ui.available_height() - ADD_HEIGHT - 2.0).max(PREPARED_ROW_HEIGHT)
    } else {
        let rows = (ui.available_height() * PART / PREPARED_ROW_HEIGHT).floor();
        rows.max(ROWS_AT_LEAST) * PREPARED_ROW_HEIGHT
    };
    Frame::NONE
        .fill(tokens.surface.well)
        .stroke(Stroke::new(1.0, tokens.line.weak))
        .corner_radius(f32::from(radius::L))
        .inner_margin(1)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            rows_ui(ui, tab, fits, height, out);
            if add_row(ui).clicked() {
                out.push(Action::AddMessage(tab.id));
            }
        });
    ui.add_space(space::S);
}

fn rows_ui(ui: &mut Ui, tab: &mut Tab, fits: &Fits, height: f32, out: &mut Vec<Action>) {
    let list = Id::unique(("prepared", tab.id));
    let count = tab.draft.messages.len();
    let mut dragged: Option<Dragged> = ui.data(|data| data.get_temp(list)).flatten();
    let area = ScrollArea::vertical()
        .id_salt(list)
        .max_height(height)
        .min_scrolled_height(height.min(count as f32 * PREPARED_ROW_HEIGHT))
        .auto_shrink([false, true]);
    area.show_rows(ui, PREPARED_ROW_HEIGHT, count, |ui, range| {
        let top = ui.cursor().top() - range.start as f32 * PREPARED_ROW_HEIGHT;
        reveal_shown(ui, list, tab.view.message, top);
        for index in range {
            let row = row_ui(ui, tab, fits, (index, dragged.is_some()), out);
            if row.drag_started() {
                dragged = Some(Dragged {
                    from: index,
                    before: index,
                });
            }
        }
        if let Some(it) = &mut dragged {
            drag_ui(ui, it, top, count);
        }
    });
    let released = ui.input(|input| !input.pointer.any_down());
    if let Some(Dragged { from, before }) = dragged.filter(|_| released) {
        // Taken out first, what stood behind it moves up.
        let to = if before > from { before - 1 } else { before };
        if to != from {
            let tab = tab.id;
            out.push(Action::MoveMessage { tab, from, to });
        }
        dragged = None;
    }
    ui.data_mut(|data| data.insert_temp(list, dragged));
}

/// Scrolls to the message in the editor when that is another than a frame ago.
fn reveal_shown(ui: &Ui, list: Id, shown: usize, top: f32) {
    let id = list.with("revealed");
    let before: Option<usize> = ui.data(|data| data.get_temp(id));
    if before == Some(shown) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, shown));
    let top = top + shown as f32 * PREPARED_ROW_HEIGHT;
    let rect = Rect::from_x_y_ranges(ui.max_rect().x_range(), top..=top + PREPARED_ROW_HEIGHT);
    ui.scroll_to_rect(rect, None);
}

/// Where a dragged row would land; scrolls at the edges.
fn drag_ui(ui: &Ui, dragged: &mut Dragged, top: f32, count: usize) {
    let Some(pointer) = ui.input(|input| input.pointer.latest_pos()) else {
        return;
    };
    ui.set_cursor_icon(CursorIcon::Grabbing);
    let slot = ((pointer.y - top) / PREPARED_ROW_HEIGHT).round();
    dragged.before = slot.clamp(0.0, count as f32) as usize;
    let view = ui.clip_rect();
    if pointer.y < view.top() + SCROLL_ZONE {
        ui.scroll_with_delta(vec2(0.0, SCROLL_STEP));
        ui.request_repaint();
    } else if pointer.y > view.bottom() - SCROLL_ZONE {
        ui.scroll_with_delta(vec2(0.0, -SCROLL_STEP));
        ui.request_repaint();
    }
    let tokens = Tokens::of(ui);
    let y = top + dragged.before as f32 * PREPARED_ROW_HEIGHT;
    let y = y.clamp(view.top() + 1.0, view.bottom() - 1.0);
    let line = Stroke::new(2.0, tokens.line.focus);
    ui.painter().hline(ui.max_rect().x_range(), y, line);
}

fn row_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    fits: &Fits,
    (index, dragging): (usize, bool),
    out: &mut Vec<Action>,
) -> Response {
    let Some(document) = tab.draft.messages.get(index) else {
        return ui.response();
    };
    let (id, several) = (tab.id, tab.draft.messages.len() > 1);
    let title = title::title(document.text());
    let live = tab.call.takes_messages();
    let selected = tab.view.message == index;
    let repeat = tab.call.exchange().and_then(|it| it.repeat.as_ref());
    let repeating = repeat
        .filter(|repeat| repeat.is_running())
        .is_some_and(|repeat| repeat.only.is_none_or(|only| only == document.id()));
    let row_rect = Rect::from_min_size(
        ui.cursor().min,
        vec2(ui.available_width(), PREPARED_ROW_HEIGHT),
    );
    // Over the row that is pointed at, as long as nothing is dragged.
    let buttons = ui.rect_contains_pointer(row_rect) && !dragging;
    let unfit = fits.is_unfit(id, index);
    let row = PreparedRow::new(index + 1, &title.name, &title.preview)
        .selected(selected)
        .unfit(unfit)
        .next(live && several && tab.next_message() == index)
        .repeating(repeating)
        .buttons(buttons);
    let response = ui.push_id(document.id(), |ui| ui.add(row)).inner;
    if response.clicked() {
        tab.view.message = index;
    }
    if buttons {
        row_buttons(ui, row_rect, id, index, several, out);
    }
    response.context_menu(|ui| row_menu(ui, tab, index, live, out));
    response
}

/// What can be done to the row under the pointer.
fn row_buttons(
    ui: &mut Ui,
    row: Rect,
    id: TabId,
    index: usize,
    several: bool,
    out: &mut Vec<Action>,
) {
    let number = index + 1;
    let mut x = row.right() - 8.0;
    let mut button = |glyph, name: &str| {
        let center = pos2(x - 12.0, row.center().y);
        x -= 26.0;
        let place = Rect::from_center_size(center, vec2(24.0, 24.0));
        ui.place(place, IconButton::new(glyph, name).small())
            .clicked()
    };
    if several && button(icon::TRASH, &format!("Remove message {number}")) {
        out.push(Action::RemoveMessage(id, index));
    }
    if button(icon::COPY, &format!("Duplicate message {number}")) {
        out.push(Action::DuplicateMessage(id, index));
    }
}

fn row_menu(ui: &mut Ui, tab: &mut Tab, index: usize, live: bool, out: &mut Vec<Action>) {
    let (id, count) = (tab.id, tab.draft.messages.len());
    if live && plain_item(ui, Some(icon::PLAY_FILL), "Send this one next") {
        tab.view.next = index;
    }
    if plain_item(ui, Some(icon::COPY), "Duplicate") {
        out.push(Action::DuplicateMessage(id, index));
    }
    let mut to = |to: usize| {
        out.push(Action::MoveMessage {
            tab: id,
            from: index,
            to,
        });
    };
    if index > 0 && plain_item(ui, Some(icon::ARROW_UP), "Move up") {
        to(index - 1);
    }
    if index + 1 < count && plain_item(ui, Some(icon::ARROW_DOWN), "Move down") {
        to(index + 1);
    }
    if count > 1 {
        ui.separator();
        if plain_item(ui, Some(icon::TRASH), "Remove") {
            out.push(Action::RemoveMessage(id, index));
        }
    }
}

/// The last line of the list.
fn add_row(ui: &mut Ui) -> Response {
    let tokens = Tokens::of(ui);
    let size = vec2(ui.available_width(), ADD_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), "Add message"));
    let t = hover_fade(ui, &response);
    let corner = CornerRadius {
        sw: radius::L,
        se: radius::L,
        ..CornerRadius::ZERO
    };
    ui.painter()
        .rect_filled(rect, corner, fade(tokens.surface.raised, t));
    let y = rect.center().y;
    ui.painter().text(
        pos2(rect.left() + 13.0, y),
        Align2::CENTER_CENTER,
        icon::PLUS.text(),
        icon::PLUS.font(13.0),
        tokens.text.weak,
    );
    let words = elided(
        ui,
        "Add message",
        font::small(),
        tokens.text.weak,
        rect.width(),
    );
    line_text(ui, rect.left() + 24.0, y, words);
    focus_ring(ui, &response, rect.shrink(1.0), radius::S);
    response
}
