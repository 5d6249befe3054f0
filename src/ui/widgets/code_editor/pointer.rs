//! The mouse: clicks, drags, the gutter.

use std::ops::Range;

use egui::{CursorIcon, Event, OutputCommand, Pos2, Response, Ui, vec2};
use stubless_core::message::Document;

use super::{
    CodeEditorState,
    core::Selection,
    input::Work,
    measure::Measure,
    seen::{CARETS, View},
};
use crate::ui::theme::size;

/// A press that comes sooner after another, near it, counts on.
const NEXT_CLICK_SECS: f64 = 0.35;

/// How fast a drag beyond the edge scrolls: rows a second for each point beyond it.
const ROWS_A_SECOND: f64 = 1.2;

/// Selections up to this are the system's primary selection.
const TOLD_BYTES: usize = 1024 * 1024;

/// By what a drag selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Grain {
    #[default]
    Char,
    Word,
    Line,
}

/// The last press of the button, and what a drag from it keeps selected.
#[derive(Debug, Clone, Default)]
pub(super) struct Press {
    at: f64,
    pos: Pos2,
    clicks: u32,
    grain: Grain,
    kept: Range<usize>,
    /// It was in the text or the numbers, so a drag selects.
    selects: bool,
}

/// The place of the text at a place of the screen.
pub(super) fn place_at(
    document: &Document,
    state: &mut CodeEditorState,
    view: &View,
    measure: &Measure<'_>,
    pos: Pos2,
) -> usize {
    let index = view.row_at(pos.y);
    if index >= state.layout.rows.count() {
        return document.text().len();
    }
    let row = state.layout.rows.row(document, index);
    let x = view.text_x(pos.x);
    state.layout.place_at(document, &row, x, measure)
}

impl Work<'_, '_> {
    /// Handles presses and drags; gives whether there was one.
    pub(super) fn pointer(&mut self, ui: &Ui, response: &Response, view: &View) {
        self.update();
        self.middle_click(ui, response, view);
        if let Some(pos) = response.hover_pos() {
            let icon = if pos.x < view.text_left() - 4.0 {
                CursorIcon::Default
            } else {
                CursorIcon::Text
            };
            ui.ctx().set_cursor_icon(icon);
        }
        let Some(pos) = response.interact_pointer_pos() else {
            return;
        };
        // Pressed and let go within one frame counts, too. What lies over the text, bars and carets, is
        // hovered instead of it.
        let pressed = response.hovered() && ui.input(|i| i.pointer.primary_pressed());
        if pressed {
            self.press(ui, pos, view);
            response.request_focus();
            self.state.popup.close();
            self.state.composed.clear();
        } else if response.dragged() && self.state.press.selects {
            self.drag(ui, pos, view);
        } else if response.secondary_clicked() {
            // A menu is about what is selected, or else about this place.
            let place = self.place(view, pos);
            if !self.state.core.selection.range().contains(&place) {
                self.state.core.select(self.document, Selection::at(place));
            }
            response.request_focus();
        }
        self.state.active_at = ui.input(|input| input.time);
    }

    fn place(&mut self, view: &View, pos: Pos2) -> usize {
        place_at(self.document, self.state, view, self.measure, pos)
    }

    fn press(&mut self, ui: &Ui, pos: Pos2, view: &View) {
        let now = ui.input(|input| input.time);
        // Of the event: what is held down now may have been let go within the same frame.
        let shift = ui.input(|input| {
            input.events.iter().any(|event| {
                matches!(event, Event::PointerButton { pressed: true, modifiers, .. } if modifiers.shift)
            })
        });
        let last = &self.state.press;
        let again = now - last.at < NEXT_CLICK_SECS && last.pos.distance(pos) < 6.0;
        let clicks = if again { last.clicks + 1 } else { 1 };
        let in_numbers = pos.x < view.text_left() - CARETS;
        let grain = match clicks {
            _ if in_numbers => Grain::Line,
            1 => Grain::Char,
            2 => Grain::Word,
            _ => Grain::Line,
        };
        let place = self.place(view, pos);
        let unit = self.unit(grain, place);
        let anchor = self.state.core.selection.anchor;
        self.state.press = Press {
            at: now,
            pos,
            clicks,
            grain,
            kept: if shift { anchor..anchor } else { unit.clone() },
            selects: true,
        };
        self.extend_to(place, unit);
    }

    fn drag(&mut self, ui: &Ui, pos: Pos2, view: &View) {
        let place = self.place(view, pos);
        let unit = self.unit(self.state.press.grain, place);
        self.extend_to(place, unit);
        let beyond = if pos.y < view.rect.top() {
            pos.y - view.rect.top()
        } else {
            (pos.y - view.rect.bottom()).max(0.0)
        };
        let aside = if pos.x > view.rect.right() - 8.0 {
            pos.x - view.rect.right() + 8.0
        } else {
            (pos.x - view.text_left()).min(0.0)
        };
        let beyond = vec2(aside, beyond);
        if beyond != egui::Vec2::ZERO {
            let dt = f64::from(ui.input(|input| input.stable_dt).min(0.1));
            let speed = ROWS_A_SECOND * f64::from(size::CODE_LINE) * dt;
            self.state.scroll.offset[0] += f64::from(beyond.x) * speed;
            self.state.scroll.offset[1] += f64::from(beyond.y) * speed;
            self.state.scroll.clamp();
            ui.ctx().request_repaint();
        }
    }

    /// Selects from what the press keeps to a place.
    fn extend_to(&mut self, place: usize, unit: Range<usize>) {
        let kept = self.state.press.kept.clone();
        let selection = if place < kept.start {
            Selection {
                anchor: kept.end,
                head: unit.start,
            }
        } else {
            Selection {
                anchor: kept.start,
                head: unit.end.max(kept.end),
            }
        };
        self.state.core.select(self.document, selection);
    }

    fn unit(&self, grain: Grain, place: usize) -> Range<usize> {
        match grain {
            Grain::Char => place..place,
            Grain::Word => self.state.core.word(self.document, place),
            Grain::Line => {
                let line = self.document.line_of(place);
                let range = self.document.line_range(line);
                range.start..(range.end + 1).min(self.document.text().len())
            }
        }
    }

    /// Tells the system what is selected once it is: for the primary selection of X11 and Wayland.
    pub(super) fn tell_selection(&mut self, ui: &Ui) {
        let range = self.state.core.selection.range();
        let settled = !ui.input(|input| input.pointer.any_down());
        if !settled || range == self.state.told || range.len() > TOLD_BYTES {
            return;
        }
        self.state.told = range.clone();
        let text = self.document.text().get(range).unwrap_or_default();
        if !text.is_empty() {
            let told = OutputCommand::TextSelectionSettled(text.to_owned());
            ui.ctx().send_cmd(told);
        }
    }

    /// What X11 and Wayland call the primary selection goes in where the wheel is pressed.
    fn middle_click(&mut self, ui: &Ui, response: &Response, view: &View) {
        let pasted = ui.input(|input| {
            input.events.iter().find_map(|event| match event {
                Event::MiddleClickPaste { pos, text } => Some((*pos, text.clone())),
                _ => None,
            })
        });
        let Some((pos, text)) = pasted.filter(|_| response.contains_pointer()) else {
            return;
        };
        let place = self.place(view, pos);
        self.state.core.select(self.document, Selection::at(place));
        self.state.core.insert(self.document, &text);
        response.request_focus();
        self.update();
    }
}
