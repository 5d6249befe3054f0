//! Scrolling in `f64`: a text of a million lines, or a line of 16 MiB, is longer than an `f32` can count
//! in points, which is why this is no `ScrollArea`.

use egui::{CornerRadius, Id, Rect, Sense, Ui, pos2, vec2};

use crate::ui::theme::{Tokens, fade};

/// Width of a bar that can be dragged.
const BAR: f32 = 12.0;

/// Shortest handle.
const HANDLE: f64 = 28.0;

/// What of the content is seen. In points, x then y.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::ui) struct Scroll {
    pub(in crate::ui) offset: [f64; 2],
    /// Size of the content.
    pub(in crate::ui) content: [f64; 2],
    /// Size of the window on it.
    pub(in crate::ui) view: [f64; 2],
}

impl Scroll {
    pub(in crate::ui) fn clamp(&mut self) {
        for axis in 0..2 {
            let most = (self.content[axis] - self.view[axis]).max(0.0);
            self.offset[axis] = self.offset[axis].clamp(0.0, most);
        }
    }

    /// Brings a span into view, with some room around it.
    pub(in crate::ui) fn reveal(&mut self, axis: usize, from: f64, to: f64, room: f64) {
        let view = self.view[axis];
        let room = room.min((view - (to - from)).max(0.0) / 2.0);
        let offset = &mut self.offset[axis];
        if from - room < *offset {
            *offset = from - room;
        } else if to + room > *offset + view {
            *offset = to + room - view;
        }
    }

    /// Takes the wheel where the pointer is over `rect`; what cannot be scrolled further is left to
    /// whatever is around.
    pub(in crate::ui) fn wheel(&mut self, ui: &Ui, rect: Rect) -> bool {
        if !ui.rect_contains_pointer(rect) {
            return false;
        }
        let before = self.offset;
        let delta = ui.input(|input| input.smooth_scroll_delta());
        self.offset[0] -= f64::from(delta.x);
        self.offset[1] -= f64::from(delta.y);
        self.clamp();
        let moved = [0, 1].map(|axis| (self.offset[axis] - before[axis]).abs() > 0.0);
        ui.input_mut(|input| {
            if moved[0] {
                input.smooth_scroll_delta.x = 0.0;
            }
            if moved[1] {
                input.smooth_scroll_delta.y = 0.0;
            }
        });
        moved[0] || moved[1]
    }

    /// The bars at the right and at the bottom of `rect`.
    pub(in crate::ui) fn bars(&mut self, ui: &Ui, id: Id, rect: Rect) {
        for axis in [1, 0] {
            self.bar(ui, id.with(("bar", axis)), rect, axis);
        }
        self.clamp();
    }

    fn bar(&mut self, ui: &Ui, id: Id, rect: Rect, axis: usize) {
        let (content, view) = (self.content[axis], self.view[axis]);
        if content <= view + 0.5 {
            return;
        }
        let track = if axis == 1 {
            Rect::from_min_max(pos2(rect.right() - BAR, rect.top()), rect.max)
        } else {
            let right = rect.right() - BAR;
            Rect::from_min_max(
                pos2(rect.left(), rect.bottom() - BAR),
                pos2(right, rect.bottom()),
            )
        };
        let length = f64::from(track.size()[axis]);
        let handle = (view / content * length).max(HANDLE).min(length);
        let room = (length - handle).max(1.0);
        let scale = (content - view) / room;
        let response = ui.interact(track, id, Sense::CLICK | Sense::DRAG);
        let start = f64::from(track.min[axis]);
        if let Some(pos) = response.interact_pointer_pos() {
            let at = f64::from(pos[axis]) - start;
            let top = self.offset[axis] / scale;
            let pressed = ui.input(|input| input.pointer.primary_pressed());
            if pressed && !(top..top + handle).contains(&at) {
                self.offset[axis] = (at - handle / 2.0) * scale;
            } else if response.dragged() {
                self.offset[axis] += f64::from(response.drag_delta()[axis]) * scale;
            }
            self.clamp();
        }
        let tokens = Tokens::of(ui);
        let hot = ui
            .ctx()
            .animate_bool_responsive(id.with("hot"), response.hovered() || response.dragged());
        let width = egui::lerp(4.0..=8.0, hot);
        let top = (start + self.offset[axis] / scale) as f32;
        let handle = handle as f32;
        let shape = if axis == 1 {
            Rect::from_min_size(pos2(rect.right() - width - 2.0, top), vec2(width, handle))
        } else {
            Rect::from_min_size(pos2(top, rect.bottom() - width - 2.0), vec2(handle, width))
        };
        let color = fade(tokens.text.faint, egui::lerp(0.35..=0.7, hot));
        ui.painter()
            .rect_filled(shape, CornerRadius::same(4), color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_brought_into_view_and_no_farther() {
        let scroll = Scroll {
            offset: [0.0, 100.0],
            content: [100.0, 1e9],
            view: [100.0, 200.0],
        };
        for (name, from, expected) in [
            ("seen", 150.0, 100.0),
            ("above", 50.0, 40.0),
            ("below", 400.0, 230.0),
            ("far", 9e8, 9e8 - 170.0),
        ] {
            let mut scroll = scroll;
            scroll.reveal(1, from, from + 20.0, 10.0);
            scroll.clamp();
            assert!(
                (scroll.offset[1] - expected).abs() < 1e-6,
                "{name}: {scroll:?}"
            );
        }
    }
}
