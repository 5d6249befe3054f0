//! One frame of an editor: what was typed and pressed, then the picture of what that gave.

use egui::{
    CornerRadius, CursorIcon, EventFilter, IMEPurpose, Id, Key, Rect, Response, Sense, Stroke,
    StrokeKind, Ui, ViewportCommand, WidgetInfo, accesskit::Role, output::IMEOutput, pos2,
    text_edit::TextEditState, text_selection::visuals::paint_text_cursor, vec2,
};

use super::{
    access, bracket, card,
    core::{Selection, Stamp},
    find_bar,
    input::Work,
    keys::Command,
    paint::{self, Picture},
    popup,
    seen::{self, CARETS, PAD, Painted, View},
};
use crate::ui::{
    theme::{Tokens, icon, radius, size},
    widgets::keep_escape_from,
};

/// Rows above and below the cursor that stay in view.
const ROOM_ROWS: f64 = 1.5;

/// Right of the text: the bar that scrolls it.
const BAR_ROOM: f32 = 14.0;

/// What a frame is drawn with.
pub(super) struct Frame<'a> {
    pub(super) id: Id,
    pub(super) outer: Rect,
    pub(super) name: &'a str,
    pub(super) go_to: Option<usize>,
}

impl Frame<'_> {
    pub(super) fn show(&self, work: &mut Work<'_, '_>, ui: &mut Ui) {
        let focused = ui.memory(|memory| memory.has_focus(self.id));
        self.paint_well(ui, focused);
        let inside = self.outer.shrink(1.0);
        let bar = work.state.find.height().min(inside.height());
        let (bar, area) = inside.split_top_bottom_at_y(inside.top() + bar);
        let mut view = self.view(work, area);
        let response = ui.interact(area, self.id, Sense::click_and_drag());

        let centred = self.go_to(work, ui);
        self.typed(work, ui);
        work.pointer(ui, &response, &view);
        self.menu(work, ui, &response);
        if bar.height() > 0.0 {
            find_bar::show(work, ui, bar, self.id);
        }
        work.update();
        work.tell_selection(ui);
        popup::refresh(work);
        measure_content(work);
        if centred || work.reveal {
            reveal(work, centred);
        }
        let state = &mut *work.state;
        state.update_position(work.document, work.measure);
        state.scroll.clamp();
        if state.scroll.wheel(ui, area) {
            state.popup.close();
            state.card.close();
        }
        view.offset = state.scroll.offset.map(f64::round);

        let rows = seen::rows(ui, work.document, work.state, &view, work.measure);
        let focused = ui.memory(|memory| memory.has_focus(self.id));
        self.picture(work, ui, &view, &rows, focused);
        self.carets(work, ui, &view, &rows);
        work.state.scroll.bars(ui, self.id, area);
        let assist = work.assist;
        card::show(work, ui, &response, &view, assist.as_ref());
        self.tell(work, ui, &response, &view, &rows);
        keep_escape(work, ui, focused);
    }

    fn paint_well(&self, ui: &Ui, focused: bool) {
        let tokens = Tokens::of(ui);
        let line = if focused {
            tokens.line.focus
        } else {
            tokens.line.weak
        };
        ui.painter().rect(
            self.outer,
            CornerRadius::same(radius::L),
            tokens.surface.well,
            Stroke::new(1.0, line),
            StrokeKind::Inside,
        );
    }

    /// Where the text is, and how wide its rows are.
    fn view(&self, work: &mut Work<'_, '_>, area: Rect) -> View {
        work.state.core.follow(work.document);
        let digits = work.document.line_count().checked_ilog10().unwrap_or(0) + 1;
        let glyph = work.measure.glyph() as f32;
        let gutter = glyph * digits.max(2) as f32 + CARETS + 14.0;
        let width = (area.width() - gutter - BAR_ROOM).max(glyph * 8.0);
        work.state.layout.width = Some(f64::from(width));
        work.state.scroll.view = [f64::from(width), f64::from(area.height())];
        work.page = ((area.height() / size::CODE_LINE) as usize).max(2) - 1;
        work.update();
        View {
            rect: area,
            gutter,
            offset: work.state.scroll.offset.map(f64::round),
        }
    }

    fn go_to(&self, work: &mut Work<'_, '_>, ui: &Ui) -> bool {
        let Some(place) = self.go_to else {
            return false;
        };
        let place = place.min(work.document.text().len());
        let core = &mut work.state.core;
        core.select(work.document, Selection::at(place));
        core.folds.reveal(work.document, place);
        work.state.popup.close();
        ui.memory_mut(|memory| memory.request_focus(self.id));
        work.update();
        true
    }

    /// Handles the keyboard.
    fn typed(&self, work: &mut Work<'_, '_>, ui: &Ui) {
        // Screen readers set the value without the keyboard.
        if let Some(value) = access::wanted_value(ui, self.id, work.document) {
            work.document.set_text(&value);
            work.update();
        }
        if !ui.memory(|memory| memory.has_focus(self.id)) {
            work.state.popup.close();
            work.state.composed.clear();
            return;
        }
        // `Context::text_edit_focused` asks for this: keys that edit text are no shortcuts then.
        if TextEditState::load(ui.ctx(), self.id).is_none() {
            TextEditState::default().store(ui.ctx(), self.id);
        }
        let filter = EventFilter {
            tab: true,
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: work.state.popup.is_open() || work.state.find.is_open,
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(self.id, filter));
        if !work.state.popup.is_open()
            && work.state.find.is_open
            && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape))
        {
            work.state.find.close();
        }
        work.events(ui, self.id, &filter);
    }

    /// The menu of the right button.
    fn menu(&self, work: &mut Work<'_, '_>, ui: &Ui, response: &Response) {
        let mut chosen = None;
        let selected = !work.state.core.selection.is_empty();
        let (undo, redo) = (work.document.can_undo(), work.document.can_redo());
        let folded = !work.state.core.folds.is_empty();
        response.context_menu(|ui| {
            ui.set_min_width(170.0);
            for (word, command, enabled) in
                [("Undo", Command::Undo, undo), ("Redo", Command::Redo, redo)]
            {
                if ui.add_enabled(enabled, egui::Button::new(word)).clicked() {
                    chosen = Some(command);
                }
            }
            ui.separator();
            for (word, event, enabled) in [
                ("Cut", ViewportCommand::RequestCut, selected),
                ("Copy", ViewportCommand::RequestCopy, selected),
                ("Paste", ViewportCommand::RequestPaste, true),
            ] {
                if ui.add_enabled(enabled, egui::Button::new(word)).clicked() {
                    ui.memory_mut(|memory| memory.request_focus(self.id));
                    ui.ctx().send_viewport_cmd(event);
                    ui.close();
                }
            }
            ui.separator();
            for (word, command, enabled) in [
                ("Select all", Command::SelectAll, true),
                ("Find", Command::Find, true),
                ("Replace", Command::Replace, true),
                ("Fold", Command::Fold, true),
                ("Unfold all", Command::UnfoldAll, folded),
            ] {
                if ui.add_enabled(enabled, egui::Button::new(word)).clicked() {
                    chosen = Some(command);
                }
            }
        });
        if let Some(command) = chosen {
            ui.memory_mut(|memory| memory.request_focus(self.id));
            work.run(command);
            work.reveal = command != Command::SelectAll;
        }
    }

    fn picture(
        &self,
        work: &mut Work<'_, '_>,
        ui: &Ui,
        view: &View,
        rows: &[Painted],
        focused: bool,
    ) {
        let head = work.state.core.selection.head;
        let asked = (Stamp::of(work.document), head);
        if work.state.pair_of != Some(asked) {
            work.state.pair_of = Some(asked);
            let text = work.document.text();
            work.state.pair = bracket::pair_at(text, &work.state.core.lexed, head);
        }
        let measure = work.measure;
        let mut picture = Picture {
            document: work.document,
            state: work.state,
            diagnostics: &work.diagnostics,
            view: *view,
            focused,
        };
        picture.paint(ui, rows, measure);
        if !focused {
            return;
        }
        let cursor = picture.cursor(measure);
        let text = view.rect.with_min_x(view.text_left() - 2.0);
        let painter = ui.painter().with_clip_rect(text.intersect(ui.clip_rect()));
        let since = ui.input(|input| input.time) - work.state.active_at;
        if ui.input(|input| input.focused) {
            paint_text_cursor(ui, &painter, cursor, since);
        }
        let to_screen = ui
            .ctx()
            .layer_transform_to_global(ui.layer_id())
            .unwrap_or_default();
        ui.output_mut(|output| {
            output.ime = Some(IMEOutput {
                purpose: IMEPurpose::Normal,
                rect: to_screen * view.rect,
                cursor_rect: to_screen * cursor,
                should_interrupt_composition: false,
            });
        });
        if work.state.popup.is_open() {
            popup::show(work, ui, self.id, cursor, cursor.left() - 34.0);
        }
    }

    /// The carets that fold: shown beside the pointer, and where something is folded.
    fn carets(&self, work: &mut Work<'_, '_>, ui: &Ui, view: &View, rows: &[Painted]) {
        let tokens = Tokens::of(ui);
        let gutter = view.rect.with_max_x(view.text_left());
        let near = ui.rect_contains_pointer(gutter);
        let mut pressed = None;
        for row in rows {
            let fold = work.state.core.folds.of_line(work.document, row.row.line);
            let fold = fold.filter(|_| row.row.first);
            let Some(open) = fold.map(|pair| pair.open).or(row.open) else {
                continue;
            };
            let rect = Rect::from_min_size(
                pos2(view.text_left() - CARETS, row.top),
                vec2(CARETS - 4.0, size::CODE_LINE),
            );
            let rect = rect.intersect(view.rect);
            if !rect.is_positive() {
                continue;
            }
            // By the bracket, so that it stays the same widget while other lines come and go.
            let response = ui.interact(rect, self.id.with(("fold", open)), Sense::CLICK);
            let folded = fold.is_some();
            response.widget_info(|| {
                let verb = if folded { "Unfold" } else { "Fold" };
                let name = format!("{verb} line {}", row.row.line + 1);
                WidgetInfo::labeled(Role::Button, true, name)
            });
            if near || folded {
                let glyph = if folded {
                    icon::CARET_RIGHT
                } else {
                    icon::CARET_DOWN
                };
                let color = if response.hovered() {
                    tokens.text.strong
                } else {
                    tokens.text.faint
                };
                paint::caret(ui, rect, glyph, color);
            }
            if response.clicked() {
                pressed = Some((open, folded));
            }
        }
        for (rect, open) in work.state.chips.clone() {
            let chip = ui.interact(rect, self.id.with(("chip", open)), Sense::CLICK);
            chip.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Show what is folded"));
            if chip.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                pressed = Some((open, true));
            }
        }
        match pressed {
            Some((open, true)) => {
                work.state.core.folds.unfold(open);
            }
            Some((open, false)) => work.fold(open),
            None => return,
        }
        ui.memory_mut(|memory| memory.request_focus(self.id));
        ui.ctx().request_repaint();
    }

    fn tell(
        &self,
        work: &mut Work<'_, '_>,
        ui: &Ui,
        response: &Response,
        view: &View,
        rows: &[Painted],
    ) {
        work.state.seen.clear();
        let pieces = rows.iter().map(|row| row.piece.range.clone());
        work.state.seen.extend(pieces);
        let selection = work.state.core.selection;
        access::tell(
            ui,
            response,
            self.name,
            work.document,
            selection,
            view,
            rows,
        );
    }
}

/// How large the picture of the whole text is.
fn measure_content(work: &mut Work<'_, '_>) {
    let state = &mut *work.state;
    let rows = state.layout.rows.count() as f64;
    let scroll = &mut state.scroll;
    scroll.content[1] = rows * f64::from(size::CODE_LINE) + 2.0 * f64::from(PAD);
    if state.layout.rows.is_wrapped() {
        scroll.content[0] = 0.0;
        return;
    }
    // The widest of the rows that are seen, and room for where the cursor is.
    let first = (scroll.offset[1] / f64::from(size::CODE_LINE)) as usize;
    let last = first + work.page + 2;
    let mut widest = scroll.offset[0] + scroll.view[0];
    for index in first..last.min(state.layout.rows.count()) {
        let row = state.layout.rows.row(work.document, index);
        let width = state.layout.width_of(work.document, &row, work.measure);
        widest = widest.max(width + 4.0 * work.measure.glyph());
    }
    state.scroll.content[0] = widest;
}

/// Scrolls to the cursor.
fn reveal(work: &mut Work<'_, '_>, centred: bool) {
    let state = &mut *work.state;
    let head = state.core.selection.head;
    let line = f64::from(size::CODE_LINE);
    let row = state.layout.rows.row_of(work.document, head);
    let top = f64::from(PAD) + row as f64 * line;
    let scroll = &mut state.scroll;
    let seen = top >= scroll.offset[1] && top + line <= scroll.offset[1] + scroll.view[1];
    if centred && !seen {
        scroll.offset[1] = top - scroll.view[1] / 3.0;
    } else {
        scroll.reveal(1, top, top + line, ROOM_ROWS * line);
    }
    if state.layout.rows.is_wrapped() {
        scroll.offset[0] = 0.0;
        return;
    }
    let x = state.layout.x_of(work.document, head, work.measure);
    let glyph = work.measure.glyph();
    let scroll = &mut state.scroll;
    scroll.content[0] = scroll.content[0].max(x + 4.0 * glyph);
    scroll.reveal(0, x, x + glyph, 4.0 * glyph);
}

/// Notes whether Escape closes something of this editor.
fn keep_escape(work: &Work<'_, '_>, ui: &Ui, focused: bool) {
    let open = work.state.popup.is_open() || work.state.find.is_open;
    if (focused && open) || work.state.find.takes_escape() {
        keep_escape_from(ui.ctx());
    }
}
