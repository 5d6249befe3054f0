//! A choice from a long list: a button that opens a list with a filter, all by keyboard if wanted.

use egui::{
    Align, Align2, CornerRadius, Id, Key, Modifiers, Popup, PopupCloseBehavior, Response,
    ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use stubless_core::schema::CallKind;

use super::{TextField, badge, elided, focus_ring, hover_fade, line_text};
use crate::ui::theme::{Tokens, fade, font, icon, mix, radius, size, space};

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickerItem {
    /// What is chosen and filtered.
    pub text: String,
    /// A quieter word at the right; filtered too.
    pub detail: String,
    /// Badge of a method.
    pub kind: Option<CallKind>,
    /// Shown on hover.
    pub note: String,
    /// Shown faintly: better not chosen.
    pub quiet: bool,
}

impl PickerItem {
    /// An entry with a word at the right.
    pub fn new(text: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            detail: detail.into(),
            kind: None,
            note: String::new(),
            quiet: false,
        }
    }

    /// A sentence on hover.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Shown faintly: better not chosen.
    #[must_use]
    pub fn quiet(mut self, quiet: bool) -> Self {
        self.quiet = quiet;
        self
    }
}

/// A picker. The list is asked for only while it is open.
#[derive(Debug, Clone)]
pub struct Picker<'a> {
    name: &'a str,
    current: &'a str,
    width: Option<f32>,
    list_width: f32,
    height: f32,
    error: bool,
    unset: bool,
    focus: bool,
    id_salt: Option<Id>,
}

#[derive(Debug, Clone, Default)]
struct Open {
    filter: String,
    row: usize,
}

const ROW: f32 = 28.0;

impl<'a> Picker<'a> {
    /// A picker that shows what is chosen; `name` says what for.
    pub fn new(name: &'a str, current: &'a str) -> Self {
        Self {
            name,
            current,
            width: None,
            list_width: 280.0,
            height: size::CONTROL,
            error: false,
            unset: false,
            focus: false,
            id_salt: None,
        }
    }

    /// Width of the button in points; else all there is.
    #[must_use]
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Least width of the list in points.
    #[must_use]
    pub fn list_width(mut self, width: f32) -> Self {
        self.list_width = width;
        self
    }

    /// Height of the button in points.
    #[must_use]
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// What is chosen does not fit.
    #[must_use]
    pub fn error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    /// What is shown stands there because nothing was chosen.
    #[must_use]
    pub fn unset(mut self, unset: bool) -> Self {
        self.unset = unset;
        self
    }

    /// Takes the keyboard in this frame.
    #[must_use]
    pub fn focus(mut self, focus: bool) -> Self {
        self.focus = focus;
        self
    }

    /// Tells pickers of one name apart.
    #[must_use]
    pub fn id_salt(mut self, salt: impl std::hash::Hash + std::fmt::Debug) -> Self {
        self.id_salt = Some(Id::unique(salt));
        self
    }

    /// Draws it; gives the index of the entry that was chosen.
    pub fn show(self, ui: &mut Ui, items: impl FnOnce() -> Vec<PickerItem>) -> Option<usize> {
        let response = self.button(ui);
        self.popup(ui, &response, items)
    }

    /// As [`Self::show`], of a list that is found by the filter, the best first; gives the filter, too.
    pub fn show_ranked(
        self,
        ui: &mut Ui,
        items: impl FnOnce(&str) -> Vec<PickerItem>,
    ) -> Option<(String, usize)> {
        let response = self.button(ui);
        self.popup_ranked(ui, &response, items)
    }

    /// The button alone; [`Self::popup`] or [`Self::popup_ranked`] opens and closes the list below it.
    pub fn button(&self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let width = self.width.unwrap_or_else(|| ui.available_width());
        let (_, rect) = ui.allocate_space(vec2(width.max(40.0), self.height));
        let id = ui.make_persistent_id(("picker", self.name, self.id_salt));
        let response = ui.interact(rect, id, Sense::click());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), self.name);
            info.current_text_value = Some(self.current.to_owned());
            info
        });
        let t = hover_fade(ui, &response);
        let line = if self.error {
            tokens.bad.text
        } else {
            tokens.line.strong
        };
        ui.painter().rect(
            rect,
            CornerRadius::same(radius::M),
            mix(tokens.surface.raised, tokens.surface.hover, t),
            Stroke::new(1.0, line),
            StrokeKind::Inside,
        );
        let galley = elided(
            ui,
            self.current,
            font::body(),
            if self.unset {
                tokens.text.faint
            } else {
                tokens.text.strong
            },
            rect.width() - 34.0,
        );
        line_text(ui, rect.left() + 10.0, rect.center().y, galley);
        ui.painter().text(
            pos2(rect.right() - 14.0, rect.center().y),
            Align2::CENTER_CENTER,
            icon::CARET_DOWN.text(),
            icon::CARET_DOWN.font(12.0),
            tokens.text.weak,
        );
        focus_ring(ui, &response, rect, radius::M);
        if self.focus {
            response.request_focus();
        }
        response
    }

    /// The list alone, below a button of one's own that opens and closes it.
    pub fn popup(
        &self,
        ui: &Ui,
        button: &Response,
        items: impl FnOnce() -> Vec<PickerItem>,
    ) -> Option<usize> {
        let list = |filter: &str| {
            let items = items();
            let order = ranked(filter, &items);
            (items, order)
        };
        Some(self.popup_of(ui, button, list)?.1)
    }

    /// As [`Self::popup`], of a list that is found by the filter, the best first; gives the filter, too.
    pub fn popup_ranked(
        &self,
        ui: &Ui,
        button: &Response,
        items: impl FnOnce(&str) -> Vec<PickerItem>,
    ) -> Option<(String, usize)> {
        self.popup_of(ui, button, |filter| {
            let items = items(filter);
            let order = (0..items.len()).collect();
            (items, order)
        })
    }

    fn popup_of(
        &self,
        ui: &Ui,
        button: &Response,
        list: impl FnOnce(&str) -> (Vec<PickerItem>, Vec<usize>),
    ) -> Option<(String, usize)> {
        let state_id = button.id.with("picker-list");
        let shown = Popup::from_toggle_button_response(button)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .width(self.list_width.max(button.rect.width()))
            .show(|ui| list_ui(ui, self, state_id, list));
        let Some(shown) = shown else {
            ui.data_mut(|data| data.remove::<Open>(state_id));
            return None;
        };
        if shown.inner.is_some() {
            button.request_focus();
        }
        shown.inner
    }
}

/// Gives the filter and the index of the entry that was chosen.
fn list_ui(
    ui: &mut Ui,
    picker: &Picker<'_>,
    state_id: Id,
    list: impl FnOnce(&str) -> (Vec<PickerItem>, Vec<usize>),
) -> Option<(String, usize)> {
    let known: Option<Open> = ui.data(|data| data.get_temp(state_id));
    let first = known.is_none();
    let mut open = known.unwrap_or_default();
    let up = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::ArrowUp));
    let down = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::ArrowDown));
    let enter = ui.input(|i| i.key_pressed(Key::Enter));

    let field_id = state_id.with("filter");
    let filter_name = format!("Filter: {}", picker.name);
    let field = TextField::search(&mut open.filter, &filter_name)
        .hint("Filter")
        .id(field_id)
        .show(ui);
    if first {
        field.request_focus();
    }
    let (items, order) = list(&open.filter);
    if first {
        // The highlight begins at what is chosen now.
        let current = items.iter().position(|item| item.text == picker.current);
        open.row = current.unwrap_or(0);
    }
    if field.changed() {
        open.row = 0;
    }
    if down {
        open.row = open.row.saturating_add(1);
    }
    if up {
        open.row = open.row.saturating_sub(1);
    }
    open.row = open.row.min(order.len().saturating_sub(1));

    ui.add_space(space::XS);
    let mut chosen = None;
    if order.is_empty() {
        ui.weak("Nothing matches");
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .max_height(ROW * 10.0)
        .auto_shrink([false, true])
        .show_rows(ui, ROW, order.len(), |ui, rows| {
            for row in rows {
                let Some(index) = order.get(row).copied() else {
                    continue;
                };
                let Some(item) = items.get(index) else {
                    continue;
                };
                let response = item_ui(ui, item, row == open.row);
                if row == open.row && (up || down || first) {
                    response.scroll_to_me(Some(Align::Center));
                }
                if response.clicked() {
                    chosen = Some(index);
                }
            }
        });
    if enter && !first {
        chosen = order.get(open.row).copied();
    }
    if chosen.is_some() {
        ui.close();
    }
    let filter = open.filter.clone();
    ui.data_mut(|data| data.insert_temp(state_id, open));
    chosen.map(|index| (filter, index))
}

fn item_ui(ui: &mut Ui, item: &PickerItem, current: bool) -> Response {
    let tokens = Tokens::of(ui);
    // Not focusable: the filter keeps the keyboard and moves the highlight.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, current, &item.text));
    let t = hover_fade(ui, &response);
    let corner = CornerRadius::same(radius::S);
    if current {
        ui.painter()
            .rect_filled(rect, corner, tokens.surface.selected);
    } else {
        ui.painter()
            .rect_filled(rect, corner, fade(tokens.surface.hover, t));
    }
    let mut x = rect.left() + space::S;
    if let Some(kind) = item.kind {
        badge::paint_call_badge(ui, pos2(x + 13.0, rect.center().y), kind);
        x += 34.0;
    }
    let room = rect.right() - space::S - x;
    let detail = elided(
        ui,
        item.detail.as_str(),
        font::small(),
        tokens.text.faint,
        room * 0.5,
    );
    let detail_x = rect.right() - space::S - detail.size().x;
    let text = elided(
        ui,
        item.text.as_str(),
        font::body(),
        if item.quiet {
            tokens.text.faint
        } else {
            tokens.text.normal
        },
        detail_x - x - space::S,
    );
    line_text(ui, x, rect.center().y, text);
    line_text(ui, detail_x, rect.center().y, detail);
    if item.note.is_empty() {
        response
    } else {
        response.on_hover_text(&item.note)
    }
}

/// Indices of the entries that match, the best first; all in their order without a filter.
pub fn ranked(filter: &str, items: &[PickerItem]) -> Vec<usize> {
    if filter.trim().is_empty() {
        return (0..items.len()).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(filter, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
    // What has it in its name stands before what has it in its detail alone.
    let mut found: Vec<(Option<u32>, u32, usize)> = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| {
            let whole = score(&format!("{} {}", item.text, item.detail))?;
            Some((score(&item.text), whole, index))
        })
        .collect();
    found.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2)));
    found.into_iter().map(|(_, _, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first_and_no_filter_keeps_the_order() {
        let items: Vec<PickerItem> = ["GetBook", "ListBooks", "Delete"]
            .map(|text| PickerItem::new(text, "Library"))
            .into();
        assert_eq!(ranked(" ", &items), [0, 1, 2]);
        assert_eq!(ranked("listb", &items), [1]);
        assert_eq!(ranked("book", &items).len(), 2);
        assert!(ranked("zzz", &items).is_empty());
    }
}
