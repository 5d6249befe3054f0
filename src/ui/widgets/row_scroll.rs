//! Where a list of equal rows stands, however many there are: the row at its top, and a bar to move it.
//!
//! egui's own scroll areas count in `f32` points, which are two apart from 16 million on: a list of a
//! million rows jumps. Here the place is a row with a fraction in `f64`, and only distances on the screen
//! are points, so that a billion rows scroll as smoothly as ten.

use egui::{
    CornerRadius, CursorIcon, Event, MouseWheelUnit, Rect, Sense, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

use super::{focus_ring, hover_fade};
use crate::ui::theme::{Tokens, mix, radius};

/// Width of the bar with the room around it, in points.
pub const SCROLL_BAR_WIDTH: f32 = 12.0;

/// Rows a notch of the wheel moves.
const WHEEL_ROWS: f32 = 3.0;

/// Least length of the handle in points, so that it can be taken.
const LEAST_HANDLE: f32 = 28.0;

/// The place of a list. Kept by the caller between frames.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RowScroll {
    /// Row at the top, with the part of it that is above.
    top: f64,
    /// The wheel that moved last counts in notches.
    notches: bool,
}

impl RowScroll {
    /// The first row in view.
    pub fn first(&self) -> usize {
        rows(self.top)
    }

    /// How much of the first row is above the view, in points.
    #[allow(clippy::cast_possible_truncation, reason = "less than a row")]
    pub fn cut(&self, row_height: f32) -> f32 {
        (self.top.fract() * f64::from(row_height)) as f32
    }

    /// The rows of `count` that a view of so many rows (with a fraction) touches.
    pub fn visible(&self, count: usize, page: f32) -> std::ops::Range<usize> {
        let end = rows((self.top + f64::from(page)).ceil());
        self.first().min(count)..end.min(count)
    }

    /// Holds the place within the list.
    pub fn clamp(&mut self, count: usize, page: f32) {
        self.top = self.top.min(last_top(count, page)).max(0.0);
    }

    /// Whether the end of the list is in view.
    pub fn is_at_end(&self, count: usize, page: f32) -> bool {
        self.top >= last_top(count, page) - 0.01
    }

    /// Goes to the end.
    pub fn to_end(&mut self, count: usize, page: f32) {
        self.top = last_top(count, page);
    }

    /// Moves by so many rows, within the list.
    pub fn by_rows(&mut self, rows: f64, count: usize, page: f32) {
        self.top += rows;
        self.clamp(count, page);
    }

    /// Moves as little as brings a row into view whole; one far away comes into the middle.
    pub fn reveal(&mut self, row: usize, count: usize, page: f32) {
        let (row, page_rows) = (exact(row), f64::from(page));
        let far = row < self.top - page_rows || row > self.top + 2.0 * page_rows;
        if far {
            self.top = row - (page_rows - 1.0).max(0.0) / 2.0;
        } else if row < self.top {
            self.top = row;
        } else if row + 1.0 > self.top + page_rows {
            self.top = row + 1.0 - page_rows;
        }
        self.clamp(count, page);
    }

    /// Takes the wheel over `area`: a notch is three rows, a touchpad moves by points. Gives by how many
    /// rows it wants to move, before the ends of the list are looked at; negative is up.
    pub fn wheel(&mut self, ui: &Ui, area: Rect, row_height: f32, count: usize, page: f32) -> f64 {
        if !ui.is_enabled() || !ui.rect_contains_pointer(area) {
            return 0.0;
        }
        let step = ui.options(|options| options.input_options.line_scroll_speed);
        let points = ui.input_mut(|input| {
            for event in &input.raw.events {
                if let Event::MouseWheel { unit, .. } = event {
                    self.notches = *unit == MouseWheelUnit::Line;
                }
            }
            // Nothing around it is to move, too.
            std::mem::take(&mut input.smooth_scroll_delta.y)
        });
        let rows = match self.notches {
            true => points / step.max(1.0) * WHEEL_ROWS,
            false => points / row_height.max(1.0),
        };
        let rows = f64::from(-rows);
        if rows != 0.0 {
            self.by_rows(rows, count, page);
        }
        rows
    }

    /// Draws the bar and lets it be dragged; `marks` are rows that are marked on it. Gives whether it was
    /// moved by hand.
    pub fn bar(
        &mut self,
        ui: &Ui,
        rect: Rect,
        name: &str,
        (count, page): (usize, f32),
        marks: &[usize],
    ) -> bool {
        let tokens = Tokens::of(ui);
        let id = ui.make_persistent_id(("row scroll", name));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, ui.is_enabled(), name));
        let most = last_top(count, page);
        let track = rect.shrink2(vec2(3.0, 2.0));
        let whole = exact(count).max(1.0);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a part of the bar's length"
        )]
        let at = |row: f64, room: f32| (row / whole * f64::from(room)) as f32;
        for mark in marks {
            let y = track.top() + at(exact(*mark), track.height()).min(track.height() - 2.0);
            let tick = Rect::from_min_size(pos2(track.left(), y), vec2(track.width(), 2.0));
            ui.painter()
                .rect_filled(tick, CornerRadius::ZERO, tokens.accent.text);
        }
        if most <= 0.0 {
            return false;
        }
        // In a view lower than the handle there is nothing to take.
        if track.height() <= LEAST_HANDLE {
            return false;
        }
        let length = at(f64::from(page), track.height()).clamp(LEAST_HANDLE, track.height());
        let room = (track.height() - length).max(1.0);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a part of the bar's length"
        )]
        let top = track.top() + (self.top / most * f64::from(room)) as f32;
        let handle = Rect::from_min_size(pos2(track.left(), top), vec2(track.width(), length));
        let moved = self.drag(ui, &response, handle, (track, room), (count, page));
        let t = hover_fade(ui, &response).max(f32::from(response.dragged()));
        let color = mix(tokens.line.strong, tokens.text.faint, t);
        ui.painter()
            .rect_filled(handle, CornerRadius::same(radius::S), color);
        focus_ring(ui, &response, rect, radius::S);
        moved
    }

    /// A drag of the handle moves it with the pointer; a press beside it brings its middle there.
    fn drag(
        &mut self,
        ui: &Ui,
        response: &egui::Response,
        handle: Rect,
        (track, room): (Rect, f32),
        (count, page): (usize, f32),
    ) -> bool {
        let id = response.id.with("grip");
        let Some(pointer) = response.interact_pointer_pos() else {
            ui.data_mut(|data| data.remove::<f32>(id));
            return false;
        };
        if !response.is_pointer_button_down_on() {
            return false;
        }
        if response.dragged() {
            ui.set_cursor_icon(CursorIcon::Grabbing);
        }
        let held: Option<f32> = ui.data(|data| data.get_temp(id));
        let grip = held.unwrap_or_else(|| {
            let inside = handle.y_range().contains(pointer.y);
            let grip = match inside {
                true => pointer.y - handle.top(),
                false => handle.height() / 2.0,
            };
            ui.data_mut(|data| data.insert_temp(id, grip));
            grip
        });
        let part = ((pointer.y - grip - track.top()) / room).clamp(0.0, 1.0);
        let before = self.top;
        self.top = f64::from(part) * last_top(count, page);
        self.clamp(count, page);
        (self.top - before).abs() > f64::EPSILON
    }
}

/// The place at which the last row ends with the view.
fn last_top(count: usize, page: f32) -> f64 {
    (exact(count) - f64::from(page.max(0.0))).max(0.0)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "rows are exact up to 2^53, more than any log has"
)]
fn exact(rows: usize) -> f64 {
    rows as f64
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "floored, never negative, and far below 2^53"
)]
fn rows(place: f64) -> usize {
    place.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: f32 = 20.5;

    #[test]
    fn the_last_of_a_billion_rows_ends_with_the_view() {
        let count = 1_000_000_000;
        let mut scroll = RowScroll::default();
        scroll.to_end(count, PAGE);
        assert_eq!(scroll.visible(count, PAGE), count - 21..count);
        assert!((scroll.cut(26.0) - 13.0).abs() < 1e-3);
        scroll.by_rows(-0.25, count, PAGE);
        assert!((scroll.cut(26.0) - 6.5).abs() < 1e-3, "a quarter of a row");
        assert!(!scroll.is_at_end(count, PAGE));
        scroll.by_rows(1e12, count, PAGE);
        assert!(scroll.is_at_end(count, PAGE));
    }

    #[test]
    fn a_row_is_revealed_with_as_little_as_possible() {
        let mut scroll = RowScroll::default();
        for (case, row, first) in [
            ("in view", 5, 0),
            ("just below", 21, 1),
            ("back up", 0, 0),
            ("far away comes to the middle", 5_000, 4_990),
            ("the last", 9_999, 9_979),
        ] {
            scroll.reveal(row, 10_000, PAGE);
            assert_eq!(scroll.first(), first, "{case}");
            let seen = scroll.visible(10_000, PAGE);
            assert!(seen.contains(&row), "{case}: {seen:?}");
        }
    }

    #[test]
    fn a_list_that_fits_does_not_move() {
        let mut scroll = RowScroll::default();
        scroll.by_rows(7.0, 5, PAGE);
        assert_eq!(scroll.visible(5, PAGE), 0..5);
        scroll.to_end(5, PAGE);
        assert_eq!(scroll.first(), 0);
        assert_eq!(scroll.visible(0, PAGE), 0..0);
    }
}
