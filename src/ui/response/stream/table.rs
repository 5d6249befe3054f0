//! The table: header, rows in view, the bar beside them.

use egui::{
    CornerRadius, Event, EventFilter, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::engine::RenderStyle;

use super::{Rows, Stream, TableState, cells, columns, header, keys, menu};
use crate::{
    app::{Action, TabView},
    ui::{
        theme::{Tokens, radius, size},
        widgets::SCROLL_BAR_WIDTH,
    },
};

/// Height of a row in points.
pub(super) const ROW: f32 = size::ROW;

/// Height of the header.
const HEADER: f32 = 28.0;

/// Height of the bar that moves the table sideways, where it is wider than its room.
const ACROSS: f32 = 10.0;

/// The parts of the table's room.
struct Parts {
    header: Rect,
    body: Rect,
    bar: Rect,
    across: Option<Rect>,
    /// Points that are left of the view.
    offset: f32,
}

/// Draws the table over all the space there is.
pub(super) fn table_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    rows: &Rows<'_>,
    view: &mut TabView,
    state: &mut TableState,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let mut outer = ui.available_rect_before_wrap();
    outer.max.y = outer.max.y.max(outer.min.y);
    ui.painter().rect(
        outer,
        CornerRadius::same(radius::L),
        tokens.surface.side,
        Stroke::new(1.0, tokens.line.weak),
        StrokeKind::Inside,
    );
    // A pane of which tools took all: a header and a row are the least.
    if outer.height() < HEADER + ROW {
        ui.advance_cursor_after_rect(outer);
        return;
    }
    let set = view.stream.columns.clone();
    let inner = outer.shrink(1.0);
    let placed = columns::placed(&set, inner.width() - SCROLL_BAR_WIDTH);
    let parts = split(inner, columns::whole(&placed), state);
    header::header_ui(ui, stream, &placed, parts.header, parts.offset, view);

    let page = (parts.body.height() / ROW).max(1.0);
    let count = shown(ui, stream, rows, (view, state), page, out);
    let moved = scrolled(ui, rows, (view, state), &parts, (count, page));
    if let Some(across) = parts.across {
        let width = columns::whole(&placed);
        across_ui(ui, across, width, parts.body.width(), &mut state.across);
    }
    if let Some(up) = moved {
        // Looking back at something: new messages must not move it away. At the end it goes on.
        let at_end = state.scroll.is_at_end(count, page);
        view.follow = !up && at_end && stream.running;
    }
    let scope = UiBuilder::new().max_rect(parts.body);
    let mut body = ui.new_child(scope);
    body.set_clip_rect(parts.body.intersect(ui.clip_rect()));
    let focused = focus_ui(&body, stream, parts.body);
    rows_ui(
        &mut body,
        stream,
        rows,
        (view, state),
        (&placed, &parts),
        (count, page),
        out,
    );
    if focused {
        let line = Stroke::new(1.0, tokens.line.focus);
        let corner = CornerRadius::same(radius::L);
        ui.painter()
            .rect_stroke(outer, corner, line, StrokeKind::Inside);
    }
    ui.advance_cursor_after_rect(outer);
}

fn split(inner: Rect, whole: f32, state: &mut TableState) -> Parts {
    let (header, rest) = inner.split_top_bottom_at_y(inner.top() + HEADER);
    let (rest, bar) = rest.split_left_right_at_x(rest.right() - SCROLL_BAR_WIDTH);
    let most = (whole - rest.width()).max(0.0);
    state.across = state.across.clamp(0.0, most);
    let (body, across) = if most > 0.5 {
        let at = (rest.bottom() - ACROSS).max(rest.top());
        let (body, across) = rest.split_top_bottom_at_y(at);
        (body, Some(across))
    } else {
        (rest, None)
    };
    Parts {
        header,
        body,
        bar,
        across,
        offset: state.across.round(),
    }
}

/// The table can have the keyboard; gives whether it has.
fn focus_ui(ui: &Ui, stream: &Stream<'_>, body: Rect) -> bool {
    let id = keys::table_id(stream);
    let response = ui.interact(body, id, Sense::FOCUSABLE);
    response.widget_info(|| WidgetInfo::labeled(Role::List, ui.is_enabled(), "Messages"));
    if response.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            escape: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    }
    response.has_focus()
}

/// How many rows are shown: of a stream that is followed, those up to a moment ago.
fn shown(
    ui: &Ui,
    stream: &Stream<'_>,
    rows: &Rows<'_>,
    (view, state): (&TabView, &mut TableState),
    page: f32,
    out: &mut Vec<Action>,
) -> usize {
    let len = rows.len();
    let now = ui.input(|input| input.time);
    if !view.follow || view.stream.paused_at.is_some() {
        state.pacing.jump(len, now);
        return len;
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rows on a screen"
    )]
    let page = page.ceil() as usize;
    let texts = &stream.exchange.texts;
    let missing = |end: usize| {
        let last = rows.messages(end.saturating_sub(page)..end).into_iter();
        last.filter(|index| texts.get(*index, RenderStyle::Preview).is_none())
    };
    let count = state
        .pacing
        .step(len, now, |end| missing(end).next().is_none());
    if let Some(end) = state.pacing.wanted() {
        let wanted = missing(end).filter(|index| texts.wants(*index, RenderStyle::Preview));
        let wanted: Vec<_> = wanted.map(|it| (it, RenderStyle::Preview)).collect();
        if !wanted.is_empty() {
            out.push(Action::WantTexts(stream.tab, wanted));
        }
    }
    if count < len {
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_millis(20));
    }
    count
}

/// Moves the table by wheel and bar, and to where it is wanted; gives whether a person moved it, and
/// whether that was up.
fn scrolled(
    ui: &Ui,
    rows: &Rows<'_>,
    (view, state): (&mut TabView, &mut TableState),
    parts: &Parts,
    (count, page): (usize, f32),
) -> Option<bool> {
    let scroll = &mut state.scroll;
    scroll.clamp(count, page);
    let picked_anew = view.picked != state.picked;
    state.picked = view.picked;
    let target = view
        .stream
        .reveal
        .take()
        .or(view.picked.filter(|_| picked_anew));
    if let Some(row) = target.and_then(|index| rows.nearest(index)) {
        scroll.reveal(row, count, page);
    } else if view.follow {
        scroll.to_end(count, page);
    }
    let wheel = scroll.wheel(ui, parts.body, ROW, count, page);
    if parts.across.is_some() && ui.rect_contains_pointer(parts.body) {
        let points = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.x));
        state.across -= points;
    }
    let marks: Vec<usize> = view
        .stream
        .bookmarks
        .keys()
        .filter_map(|index| rows.row_of(*index))
        .collect();
    let before = *scroll;
    let dragged = scroll.bar(ui, parts.bar, "Place in the stream", (count, page), &marks);
    if dragged {
        return Some(scroll.first() < before.first());
    }
    (wheel != 0.0).then_some(wheel < 0.0)
}

/// The bar below a table that is wider than its room.
fn across_ui(ui: &Ui, rect: Rect, whole: f32, room: f32, offset: &mut f32) {
    let tokens = Tokens::of(ui);
    let track = rect.shrink2(vec2(4.0, 3.0));
    let length = (room / whole * track.width()).max(24.0);
    let spare = (track.width() - length).max(1.0);
    let most = (whole - room).max(1.0);
    let response = ui.interact(rect, ui.scope_id().with("across"), Sense::drag());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::ScrollBar, ui.is_enabled(), "Sideways in the table")
    });
    *offset = (*offset + response.drag_delta().x * most / spare).clamp(0.0, most);
    let left = track.left() + *offset / most * spare;
    let handle = Rect::from_min_size(pos2(left, track.top()), vec2(length, track.height()));
    let color = match response.hovered() || response.dragged() {
        true => tokens.text.faint,
        false => tokens.line.strong,
    };
    ui.painter()
        .rect_filled(handle, CornerRadius::same(radius::S), color);
}

/// Draws the rows in view, and asks for the texts they lack.
fn rows_ui(
    ui: &mut Ui,
    stream: &Stream<'_>,
    rows: &Rows<'_>,
    (view, state): (&mut TabView, &mut TableState),
    (placed, parts): (&[columns::Placed<'_>], &Parts),
    (count, page): (usize, f32),
    out: &mut Vec<Action>,
) {
    let visible = state.scroll.visible(count, page);
    let top = parts.body.top() - state.scroll.cut(ROW);
    // One more above: the gap of the first row is the time since it.
    let from = visible.start.saturating_sub(1);
    let messages = rows.messages(from..visible.end);
    let entries = stream.log().entries_ready(messages.iter().copied());
    let mut wanted = Vec::new();
    let columns = &view.stream.columns;
    if columns.fields().next().is_some() {
        let memo = &stream.exchange.scan.cells;
        let missing = messages.iter().copied();
        let missing: Vec<usize> = missing
            .filter(|index| memo.wants(columns.fields(), *index))
            .collect();
        if !missing.is_empty() {
            out.push(Action::WantCells(stream.tab, missing));
        }
    }
    let mut y = top - if from < visible.start { ROW } else { 0.0 };
    let mut before = None;
    for (row, (index, entry)) in (from..).zip(messages.iter().zip(&entries)) {
        let rect = Rect::from_min_size(
            pos2(parts.body.left(), y.round()),
            vec2(parts.body.width(), ROW),
        );
        y += ROW;
        let gap_from = std::mem::replace(&mut before, entry.map(|entry| entry.at));
        if row < visible.start {
            continue;
        }
        let cells = cells::Row {
            index: *index,
            entry: *entry,
            lost: entry.is_none() && stream.log().is_lost(*index),
            gap: entry.and_then(|entry| Some(entry.at.saturating_sub(gap_from?))),
            text: stream.exchange.texts.get(*index, RenderStyle::Preview),
            cells: &stream.exchange.scan.cells,
        };
        let texts = &stream.exchange.texts;
        if entry.is_some() && texts.wants(*index, RenderStyle::Preview) {
            wanted.push((*index, RenderStyle::Preview));
        }
        let response = cells.show(ui, rect, placed, parts.offset, view);
        clicked(ui, stream, rows, (*index, &response), view);
        menu::row_menu_ui(&response, stream, *index, (view, state), placed, out);
    }
    if !wanted.is_empty() {
        out.push(Action::WantTexts(stream.tab, wanted));
    }
}

/// A press picks a message and opens it; with Shift or Ctrl it selects.
fn clicked(
    ui: &Ui,
    stream: &Stream<'_>,
    rows: &Rows<'_>,
    (index, response): (usize, &egui::Response),
    view: &mut TabView,
) {
    if response.secondary_clicked() && !view.stream.selection.contains(index) {
        view.stream.selection.clear();
    }
    if !response.clicked() {
        return;
    }
    let modifiers = ui.input(|input| {
        let of_press = input.raw.events.iter().rev().find_map(|event| match event {
            Event::PointerButton { modifiers, .. } => Some(*modifiers),
            _ => None,
        });
        of_press.unwrap_or(input.modifiers)
    });
    // Reading one message: the table stays where it is.
    view.follow = false;
    ui.memory_mut(|memory| memory.request_focus(keys::table_id(stream)));
    if modifiers.shift {
        keys::select_to(rows, view, index);
        return;
    }
    if modifiers.command {
        if view.stream.selection.is_empty()
            && let Some(picked) = view.picked
        {
            view.stream.selection.toggle(picked);
        }
        if view.picked != Some(index) || !view.stream.selection.is_empty() {
            view.stream.selection.toggle(index);
        }
        view.stream.anchor = Some(index);
        return;
    }
    let again = view.picked == Some(index) && view.stream.detail;
    view.stream.selection.clear();
    view.stream.anchor = Some(index);
    view.stream.detail = !again;
    view.picked = (!again).then_some(index);
}
