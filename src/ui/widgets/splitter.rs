//! Two panes with a line between them that can be dragged, or moved with the arrow keys.

use egui::{
    CursorIcon, Id, Key, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

use super::hover_fade;
use crate::ui::theme::{Tokens, mix};

/// Which way the panes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Side by side.
    Horizontal,
    /// One above the other.
    Vertical,
}

/// A splitter over all the space there is.
#[derive(Debug, Clone)]
pub struct Splitter<'a> {
    axis: Axis,
    name: &'a str,
    min: (f32, f32),
}

/// Half the width of the strip that takes the pointer.
const GRAB: f32 = 4.0;

impl<'a> Splitter<'a> {
    /// `name` is for screen readers and tells splitters apart.
    pub fn new(axis: Axis, name: &'a str) -> Self {
        Self {
            axis,
            name,
            min: (120.0, 120.0),
        }
    }

    /// Least sizes of the first and second pane, in points.
    #[must_use]
    pub fn min(mut self, first: f32, second: f32) -> Self {
        self.min = (first, second);
        self
    }

    /// Draws both panes; `fraction` is the first one's part, 0 to 1. Gives whether it was moved.
    pub fn show(
        self,
        ui: &mut Ui,
        fraction: &mut f32,
        first: impl FnOnce(&mut Ui),
        second: impl FnOnce(&mut Ui),
    ) -> bool {
        let area = ui.available_rect_before_wrap();
        let whole = match self.axis {
            Axis::Horizontal => area.width(),
            Axis::Vertical => area.height(),
        };
        let most = (whole - self.min.1).max(self.min.0);
        let at = (whole * fraction.clamp(0.0, 1.0))
            .clamp(self.min.0.min(whole), most.min(whole))
            .round();
        let (a, b) = match self.axis {
            Axis::Horizontal => area.split_left_right_at_x(area.left() + at),
            Axis::Vertical => area.split_top_bottom_at_y(area.top() + at),
        };
        for (index, (rect, draw)) in [
            (a, Box::new(first) as Box<dyn FnOnce(&mut Ui) + '_>),
            (b, Box::new(second)),
        ]
        .into_iter()
        .enumerate()
        {
            let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(index));
            child.set_clip_rect(rect.intersect(ui.clip_rect()));
            draw(&mut child);
        }
        let id = ui.make_persistent_id(("splitter", self.name));
        let moved = self.handle(ui, area, at, id);
        ui.advance_cursor_after_rect(area);
        let Some(moved) = moved else {
            return false;
        };
        *fraction = ((at + moved) / whole.max(1.0)).clamp(0.0, 1.0);
        true
    }

    fn handle(&self, ui: &Ui, area: Rect, at: f32, id: Id) -> Option<f32> {
        let tokens = Tokens::of(ui);
        let (strip, cursor) = match self.axis {
            Axis::Horizontal => (
                Rect::from_center_size(
                    pos2(area.left() + at, area.center().y),
                    vec2(2.0 * GRAB, area.height()),
                ),
                CursorIcon::ResizeHorizontal,
            ),
            Axis::Vertical => (
                Rect::from_center_size(
                    pos2(area.center().x, area.top() + at),
                    vec2(area.width(), 2.0 * GRAB),
                ),
                CursorIcon::ResizeVertical,
            ),
        };
        let response = ui
            .interact(strip, id, Sense::DRAG | Sense::FOCUSABLE)
            .on_hover_and_drag_cursor(cursor);
        response.widget_info(|| WidgetInfo::labeled(Role::Splitter, ui.is_enabled(), self.name));
        let t = hover_fade(ui, &response).max(f32::from(response.dragged()));
        let stroke = Stroke::new(1.0 + t, mix(tokens.line.weak, tokens.line.focus, t));
        let delta = response.drag_delta();
        let (along, back, forth) = match self.axis {
            Axis::Horizontal => {
                ui.painter()
                    .vline(strip.center().x.round() + 0.5, area.y_range(), stroke);
                (delta.x, Key::ArrowLeft, Key::ArrowRight)
            }
            Axis::Vertical => {
                ui.painter()
                    .hline(area.x_range(), strip.center().y.round() + 0.5, stroke);
                (delta.y, Key::ArrowUp, Key::ArrowDown)
            }
        };
        let mut moved = along;
        if response.has_focus() {
            ui.memory_mut(|memory| {
                memory.set_focus_lock_filter(
                    id,
                    egui::EventFilter {
                        horizontal_arrows: self.axis == Axis::Horizontal,
                        vertical_arrows: self.axis == Axis::Vertical,
                        ..egui::EventFilter::default()
                    },
                );
            });
            if ui.input(|i| i.key_pressed(back)) {
                moved -= 16.0;
            }
            if ui.input(|i| i.key_pressed(forth)) {
                moved += 16.0;
            }
        }
        (moved != 0.0).then_some(moved)
    }
}
