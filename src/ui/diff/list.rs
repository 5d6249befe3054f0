//! A list of equal rows, however many, with the keyboard of its own: the arrow and page keys go from row to
//! row. It counts in rows, as the table of a stream does.

use egui::{
    EventFilter, Id, Key, Modifiers, Rect, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

use crate::ui::{
    theme::{radius, size},
    widgets::{RowScroll, SCROLL_BAR_WIDTH, focus_ring},
};

/// What is listed.
pub(super) struct List<'a> {
    /// For screen readers; tells lists apart.
    pub(super) name: &'a str,
    /// Rows.
    pub(super) count: usize,
    /// The row that is chosen.
    pub(super) chosen: Option<usize>,
    /// It is to be brought into view.
    pub(super) reveal: bool,
    /// Takes the keys also while nothing has the keyboard.
    pub(super) first: bool,
}

impl List<'_> {
    /// What has the keyboard when a list has.
    pub(super) fn id(name: &str) -> Id {
        Id::unique(("list of a comparison", name))
    }

    /// Draws it over all there is; gives the row that the keys lead to.
    pub(super) fn show(
        self,
        ui: &mut Ui,
        scroll: &mut RowScroll,
        mut row: impl FnMut(&mut Ui, usize),
    ) -> Option<usize> {
        let outer = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(outer);
        let (body, bar) = outer.split_left_right_at_x(outer.right() - SCROLL_BAR_WIDTH);
        let page = body.height() / size::ROW;
        let (id, count) = (Self::id(self.name), self.count);
        let own = ui.interact(body, id, Sense::FOCUSABLE);
        own.widget_info(|| WidgetInfo::labeled(Role::List, ui.is_enabled(), self.name));
        if own.has_focus() {
            let filter = EventFilter {
                vertical_arrows: true,
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        scroll.clamp(count, page);
        let to = self.keys(ui, id, page, scroll.first());
        let revealed = to.or(self.chosen.filter(|_| self.reveal));
        if let Some(revealed) = revealed {
            scroll.reveal(revealed, count, page);
        }
        scroll.wheel(ui, body, size::ROW, count, page);
        let place = format!("Place among {}", self.name.to_lowercase());
        scroll.bar(ui, bar, &place, (count, page), &[]);
        let mut y = body.top() - scroll.cut(size::ROW);
        for index in scroll.visible(count, page) {
            let at = pos2(body.left(), y.round());
            y += size::ROW;
            let rect = Rect::from_min_size(at, vec2(body.width(), size::ROW));
            let builder = UiBuilder::new().max_rect(rect).id_salt((self.name, index));
            let mut child = ui.new_child(builder);
            child.set_clip_rect(body.intersect(ui.clip_rect()));
            row(&mut child, index);
        }
        focus_ring(ui, &own, outer.shrink(1.0), radius::S);
        to
    }

    /// The row that the keys lead to.
    fn keys(&self, ui: &Ui, id: Id, page: f32, top: usize) -> Option<usize> {
        let last = self.count.checked_sub(1)?;
        if !has_keys(ui, id, self.first) {
            return None;
        }
        let from = self.chosen;
        let page = (page.floor().max(2.0) as usize) - 1;
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let by = |step: fn(usize, usize) -> usize, rows| from.map_or(top, |at| step(at, rows));
        let steps = [
            (Key::ArrowDown, by(usize::saturating_add, 1)),
            (Key::ArrowUp, by(usize::saturating_sub, 1)),
            (Key::PageDown, by(usize::saturating_add, page)),
            (Key::PageUp, by(usize::saturating_sub, page)),
            (Key::Home, 0),
            (Key::End, last),
        ];
        let found = steps.into_iter().find(|(key, _)| pressed(*key));
        found.map(|(_, to)| to.min(last))
    }
}

/// Whether keys are for a list: nothing is open over it, and it has the keyboard; or, with `first`, nothing
/// has.
pub(super) fn has_keys(ui: &Ui, id: Id, first: bool) -> bool {
    let ctx = ui.ctx();
    let (focused, modal) = ctx.memory(|memory| (memory.focused(), memory.top_modal_layer()));
    let ours = focused.map_or(first, |focused| focused == id);
    ours && modal.is_none() && ui.is_enabled() && !egui::Popup::is_any_open(ctx)
}
