//! A row of a tree: indent, caret, icon or badge, name, a word at the right, buttons on hover,
//! and a field in place of the name while it is renamed.

use egui::{
    Align2, Color32, CornerRadius, Id, Key, Rect, Response, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, accesskit::Role, pos2, vec2,
};
use stubless_core::schema::CallKind;

use super::{IconButton, TextField, badge, elided, focus_ring, hover_fade, line_text};
use crate::ui::theme::{Icon, Tokens, fade, font, icon, mix, radius, size};

/// How a rename ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenameEnd {
    /// With Enter or by leaving the field.
    Kept,
    /// With Escape.
    Dropped,
}

/// What the person did to a row.
#[derive(Debug)]
pub struct TreeRowOutput {
    /// The row: click, double click, drag and context menu hang here.
    pub response: Response,
    /// The caret was pressed (or an arrow key that opens or closes).
    pub toggled: bool,
    /// Index of the button that was pressed.
    pub action: Option<usize>,
    /// The rename ended.
    pub rename: Option<RenameEnd>,
}

/// A row. Give it an `id_salt` when names repeat.
pub struct TreeRow<'a> {
    name: &'a str,
    depth: usize,
    open: Option<bool>,
    icon: Option<(Icon, Option<Color32>)>,
    kind: Option<CallKind>,
    right: Option<&'a str>,
    selected: bool,
    strong: bool,
    faint: bool,
    struck: bool,
    actions: &'a [(Icon, &'a str)],
    rename: Option<&'a mut String>,
    tooltip: Option<&'a str>,
    tooltip_from: Option<&'a dyn Fn() -> String>,
    id_salt: Option<Id>,
}

const INDENT: f32 = 14.0;

impl<'a> TreeRow<'a> {
    /// A row with a name.
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            depth: 0,
            open: None,
            icon: None,
            kind: None,
            right: None,
            selected: false,
            strong: false,
            faint: false,
            struck: false,
            actions: &[],
            rename: None,
            tooltip: None,
            tooltip_from: None,
            id_salt: None,
        }
    }

    /// Levels below the root.
    #[must_use]
    pub fn depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Has rows below it, shown or not.
    #[must_use]
    pub fn open(mut self, open: bool) -> Self {
        self.open = Some(open);
        self
    }

    /// An icon before the name, in the usual colour or its own.
    #[must_use]
    pub fn icon(mut self, icon: Icon, color: Option<Color32>) -> Self {
        self.icon = Some((icon, color));
        self
    }

    /// The badge of a method's kind.
    #[must_use]
    pub fn kind(mut self, kind: CallKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// A word or a count at the right.
    #[must_use]
    pub fn right(mut self, text: &'a str) -> Self {
        self.right = Some(text);
        self
    }

    /// Is selected.
    #[must_use]
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// Name in semi-bold.
    #[must_use]
    pub fn strong(mut self) -> Self {
        self.strong = true;
        self
    }

    /// Name in the faint colour: deprecated, broken.
    #[must_use]
    pub fn faint(mut self, faint: bool) -> Self {
        self.faint = faint;
        self
    }

    /// Name struck through: deprecated.
    #[must_use]
    pub fn struck(mut self, struck: bool) -> Self {
        self.struck = struck;
        self
    }

    /// Buttons shown while the pointer or the keyboard is on the row.
    #[must_use]
    pub fn actions(mut self, actions: &'a [(Icon, &'a str)]) -> Self {
        self.actions = actions;
        self
    }

    /// A field in place of the name.
    #[must_use]
    pub fn rename(mut self, text: Option<&'a mut String>) -> Self {
        self.rename = text;
        self
    }

    /// Text on hover, made when it is shown; without any the name is.
    #[must_use]
    pub fn tooltip_from(mut self, text: &'a dyn Fn() -> String) -> Self {
        self.tooltip_from = Some(text);
        self
    }

    /// Text on hover.
    #[must_use]
    pub fn tooltip(mut self, text: &'a str) -> Self {
        self.tooltip = Some(text);
        self
    }

    /// Tells rows of one name apart.
    #[must_use]
    pub fn id_salt(mut self, salt: impl std::hash::Hash + std::fmt::Debug) -> Self {
        self.id_salt = Some(Id::unique(salt));
        self
    }

    /// Draws it over the whole width.
    pub fn show(mut self, ui: &mut Ui) -> TreeRowOutput {
        let tokens = Tokens::of(ui);
        let width = ui.available_width();
        let (_, rect) = ui.allocate_space(vec2(width, size::ROW));
        let id = ui.make_persistent_id(("tree-row", self.name, self.id_salt));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response.widget_info(|| {
            WidgetInfo::selected(Role::TreeItem, ui.is_enabled(), self.selected, self.name)
        });
        let mut output = TreeRowOutput {
            toggled: self.open.is_some_and(|open| arrow_key(ui, &response, open)),
            action: None,
            rename: None,
            response,
        };
        if !ui.is_rect_visible(rect) && self.rename.is_none() {
            return output;
        }
        let over = output.response.contains_pointer() || output.response.has_focus();
        self.paint_back(ui, rect, &output.response);
        let mut x = rect.left() + 6.0 + INDENT * self.depth as f32;
        x = self.caret(ui, rect, x, &mut output);
        x = self.mark(ui, rect, x);

        let mut right = rect.right() - 8.0;
        if over && !self.actions.is_empty() && self.rename.is_none() {
            right = self.buttons(ui, rect, right, &mut output);
        } else if let Some(text) = self.right {
            let room = (right - x).max(0.0) * 0.6;
            let galley = elided(ui, text, font::small(), tokens.text.faint, room);
            right -= galley.size().x;
            line_text(ui, right, rect.center().y, galley);
            right -= 6.0;
        }
        if let Some(text) = self.rename.take() {
            let place = Rect::from_min_max(
                pos2(x - 4.0, rect.top() + 1.0),
                pos2(rect.right() - 4.0, rect.bottom() - 1.0),
            );
            output.rename = rename_field(ui, place, text, id.with("rename"));
        } else {
            let color = if self.selected {
                tokens.text.strong
            } else if self.faint {
                tokens.text.faint
            } else {
                tokens.text.normal
            };
            let font = if self.strong {
                font::strong()
            } else {
                font::body()
            };
            let galley = elided(ui, self.name, font, color, right - x);
            let cut = galley.elided;
            let end = line_text(ui, x, rect.center().y, galley);
            if self.struck {
                let y = rect.center().y.round() + 0.5;
                ui.painter().hline(x..=end, y, Stroke::new(1.0, color));
            }
            if let Some(text) = self.tooltip {
                output.response = output.response.on_hover_text(text);
            } else if let Some(text) = self.tooltip_from {
                output.response = output.response.on_hover_ui(|ui| {
                    let text = text();
                    ui.label(if text.is_empty() { self.name } else { &text });
                });
            } else if cut {
                output.response = output.response.on_hover_text(self.name);
            }
        }
        output
    }

    fn paint_back(&self, ui: &Ui, rect: Rect, response: &Response) {
        let tokens = Tokens::of(ui);
        let corner = CornerRadius::same(radius::M);
        let t = hover_fade(ui, response);
        if self.selected {
            ui.painter()
                .rect_filled(rect, corner, tokens.surface.selected);
        } else {
            ui.painter()
                .rect_filled(rect, corner, fade(tokens.surface.raised, t));
        }
        for level in 1..self.depth {
            let x = rect.left() + 6.0 + INDENT * level as f32 - INDENT / 2.0 + 7.0;
            let line = Stroke::new(1.0, tokens.line.weak);
            ui.painter().vline(x.round() + 0.5, rect.y_range(), line);
        }
        focus_ring(ui, response, rect, radius::M);
    }

    fn caret(&self, ui: &mut Ui, rect: Rect, x: f32, output: &mut TreeRowOutput) -> f32 {
        let Some(open) = self.open else {
            return x + 18.0;
        };
        let tokens = Tokens::of(ui);
        let place = Rect::from_center_size(pos2(x + 8.0, rect.center().y), vec2(18.0, 22.0));
        // Not focusable: the arrow keys of the row do the same.
        let response = ui.interact(place, output.response.id.with("caret"), Sense::CLICK);
        let name = format!("{} {}", if open { "Close" } else { "Open" }, self.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
        let glyph = if open {
            icon::CARET_DOWN
        } else {
            icon::CARET_RIGHT
        };
        let t = hover_fade(ui, &response);
        ui.painter().text(
            place.center(),
            Align2::CENTER_CENTER,
            glyph.text(),
            glyph.font(12.0),
            mix(tokens.text.faint, tokens.text.strong, t),
        );
        output.toggled |= response.clicked();
        x + 18.0
    }

    fn mark(&self, ui: &Ui, rect: Rect, x: f32) -> f32 {
        if let Some(kind) = self.kind {
            badge::paint_call_badge(ui, pos2(x + 13.0, rect.center().y), kind);
            return x + 34.0;
        }
        let Some((icon, color)) = self.icon else {
            return x;
        };
        ui.painter().text(
            pos2(x + 8.0, rect.center().y),
            Align2::CENTER_CENTER,
            icon.text(),
            icon.font(16.0),
            color.unwrap_or(Tokens::of(ui).text.weak),
        );
        x + 22.0
    }

    fn buttons(&self, ui: &mut Ui, rect: Rect, right: f32, output: &mut TreeRowOutput) -> f32 {
        let mut right = right + 4.0;
        for (index, (icon, name)) in self.actions.iter().enumerate().rev() {
            let place =
                Rect::from_center_size(pos2(right - 11.0, rect.center().y), vec2(22.0, 22.0));
            let full = format!("{name}: {}", self.name);
            let mut child = ui.new_child(
                UiBuilder::new()
                    .max_rect(place)
                    .id_salt((output.response.id, index)),
            );
            let button = IconButton::new(*icon, &full).side(22.0).tooltip(name);
            if child.add(button).clicked() {
                output.action = Some(index);
            }
            right -= 24.0;
        }
        right - 4.0
    }
}

/// Right opens and left closes the row that has the keyboard.
fn arrow_key(ui: &Ui, response: &Response, open: bool) -> bool {
    let key = if open {
        Key::ArrowLeft
    } else {
        Key::ArrowRight
    };
    response.has_focus() && ui.input(|i| i.key_pressed(key))
}

fn rename_field(ui: &mut Ui, place: Rect, text: &mut String, id: Id) -> Option<RenameEnd> {
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(id));
    let first = !child.data(|data| data.get_temp::<bool>(id).unwrap_or(false));
    let response = TextField::new(text, "New name")
        .height(place.height())
        .id(id)
        .show(&mut child);
    if first {
        response.request_focus();
        child.data_mut(|data| data.insert_temp(id, true));
        return None;
    }
    if !response.lost_focus() {
        return None;
    }
    child.data_mut(|data| data.remove::<bool>(id));
    if child.input(|i| i.key_pressed(Key::Escape)) {
        Some(RenameEnd::Dropped)
    } else {
        Some(RenameEnd::Kept)
    }
}
