//! Tabs of a pane, tabs of documents, and a choice between two or three views.

use std::sync::Arc;

use egui::{
    Align2, CornerRadius, Galley, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use stubless_core::schema::CallKind;

use super::{IconButton, badge, elided, focus_ring, hover_fade, line_text};
use crate::ui::theme::{Icon, Tokens, fade, font, icon, mix, radius, size, space};

/// One tab of a pane.
#[derive(Debug, Clone)]
pub struct Tab<'a, T> {
    /// What it stands for.
    pub value: T,
    /// Its word.
    pub text: &'a str,
    /// A count beside it; 0 is not shown.
    pub count: usize,
}

/// Underlined tabs in a row. Where they do not fit, gaps shrink first and then words.
#[derive(Debug)]
pub struct Tabs<'a, T> {
    tabs: &'a [Tab<'a, T>],
    max_width: Option<f32>,
}

impl<'a, T: Copy + PartialEq> Tabs<'a, T> {
    /// Tabs from left to right.
    pub fn new(tabs: &'a [Tab<'a, T>]) -> Self {
        Self {
            tabs,
            max_width: None,
        }
    }

    /// Leaves the rest of the row to others.
    #[must_use]
    pub fn max_width(mut self, width: f32) -> Self {
        self.max_width = Some(width);
        self
    }

    /// Draws them; the response tells by `changed` that another was chosen.
    pub fn show(self, ui: &mut Ui, current: &mut T) -> Response {
        let tokens = Tokens::of(ui);
        let max = self.max_width.unwrap_or_else(|| ui.available_width());
        let labels: Vec<(Arc<Galley>, f32)> = self
            .tabs
            .iter()
            .map(|tab| {
                let color = if tab.value == *current {
                    tokens.text.strong
                } else {
                    tokens.text.weak
                };
                let galley = elided(ui, tab.text, font::strong(), color, 160.0);
                let digits = tab.count.checked_ilog10().map_or(0.0, |n| n as f32);
                let count = if tab.count > 0 {
                    24.0 + 6.5 * digits
                } else {
                    0.0
                };
                let width = galley.size().x + count;
                (galley, width)
            })
            .collect();
        let content: f32 = labels.iter().map(|(_, width)| width).sum();
        let gaps = labels.len().saturating_sub(1).max(1) as f32;
        let gap = ((max - content) / gaps).clamp(8.0, 20.0);
        let total = (content + gap * gaps).min(max);
        let (row, mut all) = ui.allocate_exact_size(vec2(total, size::TABS), Sense::hover());

        let mut x = row.left();
        for (tab, (galley, width)) in self.tabs.iter().zip(labels) {
            let rect = Rect::from_min_size(pos2(x, row.top()), vec2(width, row.height()));
            let response = ui.interact(rect, all.id.with(tab.text), Sense::click());
            let selected = tab.value == *current;
            response.widget_info(|| {
                WidgetInfo::selected(Role::Tab, ui.is_enabled(), selected, tab.text)
            });
            if response.clicked() && !selected {
                *current = tab.value;
                all.mark_changed();
            }
            let t = hover_fade(ui, &response);
            let y = row.center().y;
            if !selected && t > 0.0 {
                let line = Stroke::new(2.0, fade(tokens.line.strong, t));
                ui.painter().hline(rect.x_range(), row.bottom() - 1.0, line);
            }
            let color = mix(tokens.text.weak, tokens.text.strong, t);
            let end = x + galley.size().x;
            if selected {
                line_text(ui, x, y, galley);
                let line = Stroke::new(2.0, tokens.accent.text);
                ui.painter().hline(rect.x_range(), row.bottom() - 1.0, line);
            } else {
                let pos = pos2(x, (y - galley.size().y / 2.0).round());
                ui.painter()
                    .galley_with_override_text_color(pos, galley, color);
            }
            if tab.count > 0 {
                badge::paint_count(ui, end + 6.0, y, &tab.count.to_string());
            }
            focus_ring(ui, &response, rect.shrink2(vec2(-4.0, 7.0)), radius::S);
            x += width + gap;
        }
        all
    }
}

/// What the person did to a document's tab.
#[derive(Debug)]
pub struct DocumentTabOutput {
    /// The tab as a whole; drag and context menu hang here.
    pub response: Response,
    /// It was chosen.
    pub selected: bool,
    /// It is to be closed: by its button or the middle mouse button.
    pub closed: bool,
}

/// A tab of an open request.
#[derive(Debug, Clone)]
pub struct DocumentTab<'a> {
    title: &'a str,
    kind: Option<CallKind>,
    dirty: bool,
    active: bool,
    marked: bool,
    width: f32,
}

impl<'a> DocumentTab<'a> {
    /// A tab with a title.
    pub fn new(title: &'a str) -> Self {
        Self {
            title,
            kind: None,
            dirty: false,
            active: false,
            marked: false,
            width: 176.0,
        }
    }

    /// The badge before the title.
    #[must_use]
    pub fn kind(mut self, kind: Option<CallKind>) -> Self {
        self.kind = kind;
        self
    }

    /// Has changes that are not saved.
    #[must_use]
    pub fn dirty(mut self, dirty: bool) -> Self {
        self.dirty = dirty;
        self
    }

    /// Is in front.
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = active;
        self
    }

    /// Something in it does not fit its schema.
    #[must_use]
    pub fn marked(mut self, marked: bool) -> Self {
        self.marked = marked;
        self
    }

    /// Width in points.
    #[must_use]
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> DocumentTabOutput {
        let tokens = Tokens::of(ui);
        let (rect, response) =
            ui.allocate_exact_size(vec2(self.width, size::TABS), Sense::click_and_drag());
        let name = match (self.dirty, self.marked) {
            (false, false) => self.title.to_owned(),
            (true, false) => format!("{} (unsaved)", self.title),
            (false, true) => format!("{} (does not fit)", self.title),
            (true, true) => format!("{} (unsaved, does not fit)", self.title),
        };
        response
            .widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), self.active, &name));
        let t = hover_fade(ui, &response);
        let square = CornerRadius::ZERO;
        if self.active {
            ui.painter().rect_filled(rect, square, tokens.surface.pane);
            let line = Stroke::new(2.0, tokens.accent_fill.rest);
            ui.painter().hline(rect.x_range(), rect.top() + 1.0, line);
        } else {
            let over = fade(tokens.surface.raised, t);
            ui.painter().rect_filled(rect, square, over);
        }
        let line = Stroke::new(1.0, tokens.line.weak);
        ui.painter()
            .vline(rect.right().round() - 0.5, rect.y_range(), line);

        let mut x = rect.left() + space::M;
        if let Some(kind) = self.kind {
            badge::paint_call_badge(ui, pos2(x + 13.0, rect.center().y), kind);
            x += 34.0;
        }
        let color = if self.active {
            tokens.text.strong
        } else {
            mix(tokens.text.weak, tokens.text.strong, t)
        };
        if self.marked {
            let glyph = icon::WARNING_CIRCLE;
            ui.painter().text(
                pos2(x + 7.0, rect.center().y),
                Align2::CENTER_CENTER,
                glyph.text(),
                glyph.font(14.0),
                tokens.bad.text,
            );
            x += 19.0;
        }
        let room = rect.right() - 32.0 - x;
        let galley = elided(ui, self.title, font::strong(), color, room);
        let cut = galley.elided;
        line_text(ui, x, rect.center().y, galley);
        focus_ring(ui, &response, rect.shrink(3.0), radius::S);

        let place =
            Rect::from_center_size(pos2(rect.right() - 18.0, rect.center().y), vec2(22.0, 22.0));
        let near = response.hovered() || response.has_focus() || ui.rect_contains_pointer(place);
        let mut closed = response.middle_clicked();
        if near || (self.active && !self.dirty) {
            let name = format!("Close {}", self.title);
            closed |= ui
                .place(place, IconButton::new(icon::X, &name).side(22.0))
                .clicked();
        } else if self.dirty {
            ui.painter()
                .circle_filled(place.center(), 4.0, tokens.accent.text);
        }
        let selected = response.clicked();
        let response = if cut {
            response.on_hover_text(self.title)
        } else {
            response
        };
        DocumentTabOutput {
            selected: selected && !closed,
            closed,
            response,
        }
    }
}

/// A choice between a few views, side by side in one box.
#[derive(Debug)]
pub struct Segmented<'a, T> {
    name: &'a str,
    parts: &'a [(T, Option<Icon>, &'a str)],
}

impl<'a, T: Copy + PartialEq> Segmented<'a, T> {
    /// `name` says what is chosen.
    pub fn new(name: &'a str, parts: &'a [(T, Option<Icon>, &'a str)]) -> Self {
        Self { name, parts }
    }

    /// Width it takes in a `Ui`.
    pub fn width(&self, ui: &Ui) -> f32 {
        let part = |(_, icon, text): &(T, Option<Icon>, &str)| {
            let color = Tokens::of(ui).text.normal;
            let galley = elided(ui, *text, font::body(), color, f32::INFINITY);
            galley.size().x + 20.0 + if icon.is_some() { 19.0 } else { 0.0 }
        };
        self.parts.iter().map(part).sum::<f32>() + 4.0
    }

    /// Draws it; the response tells by `changed` that another was chosen.
    pub fn show(self, ui: &mut Ui, current: &mut T) -> Response {
        let tokens = Tokens::of(ui);
        let width = self.width(ui);
        let (rect, mut all) = ui.allocate_exact_size(vec2(width, 28.0), Sense::hover());
        all.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, ui.is_enabled(), self.name));
        ui.painter().rect(
            rect,
            CornerRadius::same(radius::M),
            tokens.surface.side,
            Stroke::new(1.0, tokens.line.weak),
            StrokeKind::Inside,
        );
        let mut x = rect.left() + 2.0;
        for (value, icon, text) in self.parts {
            let selected = *value == *current;
            let rest = if selected {
                tokens.text.strong
            } else {
                tokens.text.weak
            };
            let galley = elided(ui, *text, font::body(), rest, f32::INFINITY);
            let icon_width = if icon.is_some() { 19.0 } else { 0.0 };
            let part = Rect::from_min_size(
                pos2(x, rect.top() + 2.0),
                vec2(galley.size().x + 20.0 + icon_width, rect.height() - 4.0),
            );
            let response = ui.interact(part, all.id.with(text), Sense::click());
            response.widget_info(|| {
                WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), selected, text)
            });
            if response.clicked() && !selected {
                *current = *value;
                all.mark_changed();
            }
            let t = hover_fade(ui, &response);
            let corner = CornerRadius::same(radius::S);
            if selected {
                ui.painter().rect(
                    part,
                    corner,
                    tokens.surface.hover,
                    Stroke::new(1.0, tokens.line.strong),
                    StrokeKind::Inside,
                );
            } else {
                ui.painter()
                    .rect_filled(part, corner, fade(tokens.surface.raised, t));
            }
            let mut text_x = x + 10.0;
            if let Some(icon) = icon {
                ui.painter().text(
                    pos2(text_x + 7.0, part.center().y),
                    Align2::CENTER_CENTER,
                    icon.text(),
                    icon.font(15.0),
                    rest,
                );
                text_x += icon_width;
            }
            line_text(ui, text_x, part.center().y, galley);
            focus_ring(ui, &response, part, radius::S);
            x = part.right();
        }
        all
    }
}
