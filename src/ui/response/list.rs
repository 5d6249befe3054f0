//! The messages of a stream: a list of which only what is in view is drawn, and the picked one whole.

use egui::{
    Align, Frame, Id, Key, Layout, Margin, Rect, RichText, ScrollArea, Stroke, Ui, UiBuilder, vec2,
};
use stubless_core::{
    call::{Direction, LogEntry},
    engine::RenderStyle,
};

use super::MessageCache;
use crate::{
    app::{Action, Exchange, TabId, TabView},
    ui::{
        theme::{Tokens, font, icon, radius, space},
        widgets::{Axis, IconButton, MESSAGE_ROW_HEIGHT, MessageRow, Splitter},
        words,
    },
};

/// Rows of one page: beyond this, offsets in points lose whole points to rounding.
const PAGE: usize = 400_000;

/// Messages the page keys leap over.
const LEAP: usize = 10;

/// Height in points below which a list and a message are not put one above the other.
const LOW: f32 = 300.0;

/// Whether a call's messages are shown as a list.
pub(super) fn is_list(exchange: &Exchange) -> bool {
    exchange.about.kind.server_streams() || exchange.about.kind.client_streams()
}

/// Draws the list, and below it the message that is picked.
pub(super) fn list_ui(
    ui: &mut Ui,
    tab: TabId,
    exchange: &Exchange,
    view: &mut TabView,
    cache: (&mut f32, &mut MessageCache),
    out: &mut Vec<Action>,
) {
    let (fraction, messages) = cache;
    let count = exchange.shown_len(std::time::Instant::now());
    if view.picked.is_some_and(|picked| picked >= count) {
        view.picked = None;
    }
    if view.picked.is_none() {
        rows_ui(ui, tab, exchange, view, count, out);
        return;
    }
    // Low and wide, as below the request in a small window: the message stands beside the list.
    let (axis, min) = if ui.available_height() < LOW {
        (Axis::Horizontal, (260.0, 260.0))
    } else {
        (Axis::Vertical, (96.0, 110.0))
    };
    let shared = std::cell::RefCell::new((view, out));
    Splitter::new(axis, "List and message")
        .min(min.0, min.1)
        .show(
            ui,
            fraction,
            |ui| {
                let (view, out) = &mut *shared.borrow_mut();
                rows_ui(ui, tab, exchange, view, count, out);
            },
            |ui| {
                let (view, out) = &mut *shared.borrow_mut();
                let beside = if axis == Axis::Horizontal {
                    space::M
                } else {
                    0.0
                };
                let margin = Margin {
                    left: beside as i8,
                    ..Margin::ZERO
                };
                Frame::NONE.inner_margin(margin).show(ui, |ui| {
                    picked_ui(ui, tab, exchange, view, messages, out);
                });
            },
        );
}

fn rows_ui(
    ui: &mut Ui,
    tab: TabId,
    exchange: &Exchange,
    view: &mut TabView,
    count: usize,
    out: &mut Vec<Action>,
) {
    let pages = count.div_ceil(PAGE).max(1);
    let page_id = ui.scope_id().with(("page", exchange.id));
    let mut page: usize = ui
        .data(|data| data.get_temp(page_id))
        .unwrap_or(0)
        .min(pages - 1);
    if view.follow {
        page = pages - 1;
    }
    if pages > 1 {
        page = pages_ui(ui, page, pages, count, view);
        ui.data_mut(|data| data.insert_temp(page_id, page));
    }
    let first = page * PAGE;
    let shown = (count - first).min(PAGE);
    let tokens = Tokens::of(ui);
    Frame::NONE
        .fill(tokens.surface.side)
        .stroke(Stroke::new(1.0, tokens.line.weak))
        .corner_radius(f32::from(radius::L))
        .inner_margin(1)
        .show(ui, |ui| {
            keys(ui, exchange, view);
            // The same scope with and without the message below: the list stays where it was.
            let scope = UiBuilder::new().scope_id(Id::unique(("messages", exchange.id, page)));
            ui.scope_builder(scope, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let mut area = ScrollArea::vertical()
                    .auto_shrink(false)
                    .stick_to_bottom(view.follow);
                if follow_begins(ui, exchange, view) {
                    area = area.vertical_scroll_offset(shown as f32 * MESSAGE_ROW_HEIGHT);
                }
                // The list takes the scrolling for itself, so it is looked at before.
                let back = ui.input(|input| input.smooth_scroll_delta().y > 0.0);
                let shown = area.show_rows(ui, MESSAGE_ROW_HEIGHT, shown, |ui, rows| {
                    let range = first + rows.start..first + rows.end;
                    reveal_picked(ui, exchange, view, first + rows.start);
                    let entries = exchange.log.entries_ready(range.clone());
                    let mut wanted = Vec::new();
                    for (index, entry) in range.zip(entries) {
                        // Read from disk meanwhile: its place stays.
                        let Some(entry) = entry else {
                            ui.allocate_space(vec2(ui.available_width(), MESSAGE_ROW_HEIGHT));
                            continue;
                        };
                        row_ui(ui, exchange, view, index, entry, &mut wanted);
                    }
                    if !wanted.is_empty() {
                        out.push(Action::WantTexts(tab, wanted));
                    }
                });
                // Scrolling back is looking at something: new messages must not move it away.
                if back && ui.rect_contains_pointer(shown.inner_rect) {
                    view.follow = false;
                }
            });
        });
}

/// Whether following was switched on since the last frame: the list goes to its end, wherever it was.
fn follow_begins(ui: &Ui, exchange: &Exchange, view: &TabView) -> bool {
    let id = Id::unique(("followed", exchange.id));
    let before = ui.data(|data| data.get_temp(id)).unwrap_or(view.follow);
    ui.data_mut(|data| data.insert_temp(id, view.follow));
    view.follow && !before
}

/// Scrolls to the picked row when another was picked: the list is shorter with the message below it.
fn reveal_picked(ui: &Ui, exchange: &Exchange, view: &TabView, first_drawn: usize) {
    let id = Id::unique(("revealed", exchange.id));
    let before: Option<Option<usize>> = ui.data(|data| data.get_temp(id));
    if before == Some(view.picked) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, view.picked));
    let Some(picked) = view.picked else {
        return;
    };
    let rows = picked as f32 - first_drawn as f32;
    let top = ui.cursor().top() + rows * MESSAGE_ROW_HEIGHT;
    let rect = Rect::from_x_y_ranges(ui.max_rect().x_range(), top..=top + MESSAGE_ROW_HEIGHT);
    ui.scroll_to_rect(rect, None);
}

fn pages_ui(ui: &mut Ui, page: usize, pages: usize, count: usize, view: &mut TabView) -> usize {
    let tokens = Tokens::of(ui);
    let mut page = page;
    ui.horizontal(|ui| {
        let last = ((page + 1) * PAGE).min(count);
        let text = format!(
            "Messages {} to {} of {}",
            words::count(page * PAGE + 1),
            words::count(last),
            words::count(count)
        );
        ui.label(
            RichText::new(text)
                .font(font::small())
                .color(tokens.text.weak),
        );
        let earlier = IconButton::new(icon::CARET_LEFT, "Earlier messages").small();
        if ui.add_enabled(page > 0, earlier).clicked() {
            page -= 1;
            view.follow = false;
        }
        let later = IconButton::new(icon::CARET_RIGHT, "Later messages").small();
        if ui.add_enabled(page + 1 < pages, later).clicked() {
            page += 1;
        }
    });
    page
}

fn row_ui(
    ui: &mut Ui,
    exchange: &Exchange,
    view: &mut TabView,
    index: usize,
    entry: LogEntry,
    wanted: &mut Vec<(usize, RenderStyle)>,
) {
    let text = exchange.texts.get(index, RenderStyle::Preview);
    if text.is_none() {
        wanted.push((index, RenderStyle::Preview));
    }
    let size = words::bytes(u64::from(entry.len));
    let time = words::since(entry.at);
    let picked = view.picked == Some(index);
    let row = MessageRow::new(entry.direction, index + 1)
        .preview(text.map_or("", |text| text.text.as_str()))
        .facts(&size, &time)
        .selected(picked);
    let response = ui.push_id(index, |ui| ui.add(row)).inner;
    if response.clicked() {
        view.picked = (!picked).then_some(index);
        // Reading one message: the list stays where it is.
        view.follow = false;
    }
}

/// Arrow keys pick the message above or below, the page keys one further off, Home and End the first
/// and the last, while no field has the keyboard.
fn keys(ui: &Ui, exchange: &Exchange, view: &mut TabView) {
    let Some(picked) = view.picked else {
        return;
    };
    if ui.ctx().text_edit_focused() {
        return;
    }
    let last = exchange.log.len().saturating_sub(1);
    ui.input(|input| {
        let to = if input.key_pressed(Key::ArrowDown) {
            picked.saturating_add(1)
        } else if input.key_pressed(Key::ArrowUp) {
            picked.saturating_sub(1)
        } else if input.key_pressed(Key::PageDown) {
            picked.saturating_add(LEAP)
        } else if input.key_pressed(Key::PageUp) {
            picked.saturating_sub(LEAP)
        } else if input.key_pressed(Key::Home) {
            0
        } else if input.key_pressed(Key::End) {
            last
        } else {
            picked
        };
        view.picked = Some(to.min(last));
    });
}

fn picked_ui(
    ui: &mut Ui,
    tab: TabId,
    exchange: &Exchange,
    view: &mut TabView,
    messages: &mut MessageCache,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let Some(index) = view.picked else {
        return;
    };
    ui.horizontal(|ui| {
        ui.set_min_height(30.0);
        let entry = exchange.log.entries_ready(index..index + 1);
        let entry = entry.first().copied().flatten();
        let direction = match entry.map(|e| e.direction) {
            Some(Direction::Sent) => "sent",
            _ => "received",
        };
        let text = format!("Message {} · {direction}", words::count(index + 1));
        ui.label(
            RichText::new(text)
                .font(font::strong())
                .color(tokens.text.strong),
        );
        if let Some(entry) = entry {
            let facts = format!(
                "{} · {}",
                words::bytes(u64::from(entry.len)),
                words::since(entry.at)
            );
            ui.label(
                RichText::new(facts)
                    .font(font::small())
                    .color(tokens.text.weak),
            );
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            if ui
                .add(IconButton::new(icon::X, "Close message").small())
                .clicked()
            {
                view.picked = None;
            }
            super::message::copy_button(ui, exchange, index, out);
            let save = IconButton::new(icon::DOWNLOAD_SIMPLE, "Save this message…").small();
            if ui.add(save).clicked() {
                out.push(Action::Show(Box::new(crate::app::Dialog::SaveMessages {
                    tab,
                    only: Some(index),
                    path: String::new(),
                })));
            }
        });
    });
    super::message::message_ui(ui, tab, exchange, index, view, messages, out);
}
