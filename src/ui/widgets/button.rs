//! Buttons: with an icon alone, or with words.

use egui::{
    Align2, Color32, CornerRadius, Rect, Response, Sense, Shadow, Stroke, StrokeKind, Ui, Vec2,
    Widget, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{elided, focus_ring, hover_fade, line_text};
use crate::ui::theme::{Fill, Icon, Tokens, fade, font, icon, mix, radius, size};

/// A square button with an icon. Its name is its tooltip and what a screen reader says.
#[derive(Debug, Clone)]
pub struct IconButton<'a> {
    icon: Icon,
    name: &'a str,
    side: f32,
    color: Option<Color32>,
    selected: Option<bool>,
    tooltip: Option<&'a str>,
    pointer_only: bool,
}

impl<'a> IconButton<'a> {
    /// A button of the usual size.
    pub fn new(icon: Icon, name: &'a str) -> Self {
        Self {
            icon,
            name,
            side: size::CONTROL,
            color: None,
            selected: None,
            tooltip: None,
            pointer_only: false,
        }
    }

    /// No stop for the Tab key: what it does has keys of its own.
    #[must_use]
    pub fn pointer_only(mut self) -> Self {
        self.pointer_only = true;
        self
    }

    /// For use inside rows.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.side = size::SMALL_CONTROL;
        self
    }

    /// Side in points.
    #[must_use]
    pub fn side(mut self, side: f32) -> Self {
        self.side = side;
        self
    }

    /// Colour of the icon in place of the usual one.
    #[must_use]
    pub fn color(mut self, color: Color32) -> Self {
        self.color = Some(color);
        self
    }

    /// A button that stays pressed.
    #[must_use]
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = Some(selected);
        self
    }

    /// Text on hover in place of the name.
    #[must_use]
    pub fn tooltip(mut self, tooltip: &'a str) -> Self {
        self.tooltip = Some(tooltip);
        self
    }
}

impl Widget for IconButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let sense = if self.pointer_only {
            Sense::CLICK
        } else {
            Sense::click()
        };
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(self.side), sense);
        response.widget_info(|| match self.selected {
            Some(on) => WidgetInfo::selected(Role::Button, ui.is_enabled(), on, self.name),
            None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.name),
        });
        if ui.is_rect_visible(rect) {
            let tokens = Tokens::of(ui);
            let t = hover_fade(ui, &response);
            let corner = CornerRadius::same(radius::M);
            let on = self.selected == Some(true);
            if on {
                ui.painter().rect_filled(rect, corner, tokens.accent.soft);
            }
            let strength = if response.is_pointer_button_down_on() {
                1.0
            } else {
                0.8 * t
            };
            ui.painter()
                .rect_filled(rect, corner, fade(tokens.surface.hover, strength));
            let rest = if on {
                tokens.accent.text
            } else {
                self.color.unwrap_or(tokens.text.weak)
            };
            let over = self.color.unwrap_or(tokens.text.strong);
            ui.painter().text(
                rect.center(),
                Align2::CENTER_CENTER,
                self.icon.text(),
                self.icon.font((self.side * 0.6).round().min(18.0)),
                mix(rest, over, t),
            );
            focus_ring(ui, &response, rect, radius::M);
        }
        response.on_hover_text(self.tooltip.unwrap_or(self.name))
    }
}

/// How loud a button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonStyle {
    /// The one action of a pane.
    Primary,
    /// Stops or removes.
    Danger,
    /// Beside the primary one.
    Plain,
    /// In rows and cards.
    Quiet,
}

/// A button with words, and an icon before and a caret after them if wanted.
#[derive(Debug, Clone)]
pub struct PushButton<'a> {
    text: &'a str,
    style: ButtonStyle,
    icon: Option<Icon>,
    caret: bool,
    height: f32,
    min_width: f32,
    tooltip: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> PushButton<'a> {
    /// A plain button.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            style: ButtonStyle::Plain,
            icon: None,
            caret: false,
            height: size::CONTROL,
            min_width: 0.0,
            tooltip: None,
            name: None,
        }
    }

    /// The one action of a pane, as high as the address bar.
    pub fn primary(text: &'a str) -> Self {
        Self {
            style: ButtonStyle::Primary,
            height: size::BAR,
            min_width: 88.0,
            ..Self::new(text)
        }
    }

    /// Another style.
    #[must_use]
    pub fn style(mut self, style: ButtonStyle) -> Self {
        self.style = style;
        self
    }

    /// An icon before the words.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// A caret after the words: a menu opens.
    #[must_use]
    pub fn caret(mut self) -> Self {
        self.caret = true;
        self
    }

    /// Height in points.
    #[must_use]
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// At least this wide, in points.
    #[must_use]
    pub fn min_width(mut self, width: f32) -> Self {
        self.min_width = width;
        self
    }

    /// Text on hover.
    #[must_use]
    pub fn tooltip(mut self, tooltip: &'a str) -> Self {
        self.tooltip = Some(tooltip);
        self
    }

    /// What a screen reader says in place of the words.
    #[must_use]
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    fn fill(&self, tokens: &Tokens) -> Option<Fill> {
        match self.style {
            ButtonStyle::Primary => Some(tokens.accent_fill),
            ButtonStyle::Danger => Some(tokens.danger_fill),
            ButtonStyle::Plain | ButtonStyle::Quiet => None,
        }
    }
}

impl Widget for PushButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let fill = self.fill(tokens);
        let (text_font, pad) = match self.style {
            ButtonStyle::Primary | ButtonStyle::Danger => (font::strong(), 14.0),
            ButtonStyle::Plain => (font::body(), 11.0),
            ButtonStyle::Quiet => (font::body(), 8.0),
        };
        let icon_width = if self.icon.is_some() { 22.0 } else { 0.0 };
        let caret_width = if self.caret { 18.0 } else { 0.0 };
        let extra = icon_width + caret_width + 2.0 * pad;
        let room = (ui.available_width() - extra).max(16.0);
        let color = if fill.is_some() {
            tokens.text.on_fill
        } else {
            tokens.text.normal
        };
        let galley = elided(ui, self.text, text_font, color, room);
        let width = (galley.size().x + extra).max(self.min_width);
        let (rect, response) = ui.allocate_exact_size(vec2(width, self.height), Sense::click());
        let name = self.name.unwrap_or(self.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));

        if ui.is_rect_visible(rect) {
            let t = hover_fade(ui, &response);
            let pressed = response.is_pointer_button_down_on();
            self.paint_body(ui, rect, fill, t, pressed);
            let content = galley.size().x + icon_width + caret_width;
            let mut x = rect.center().x - content / 2.0;
            let icon_at = |icon: Icon, x: f32, side: f32| {
                ui.painter().text(
                    pos2(x, rect.center().y),
                    Align2::CENTER_CENTER,
                    icon.text(),
                    icon.font(side),
                    color,
                );
            };
            if let Some(icon) = self.icon {
                icon_at(icon, x + 8.0, 16.0);
                x += icon_width;
            }
            x = line_text(ui, x, rect.center().y, galley);
            if self.caret {
                icon_at(icon::CARET_DOWN, x + 11.0, 12.0);
            }
            if fill.is_some() && response.has_focus() {
                // On the accent itself a ring of its own colour would not show.
                focus_ring(ui, &response, rect.expand(2.5), radius::L);
            } else {
                focus_ring(ui, &response, rect, radius::M);
            }
        }
        match self.tooltip {
            Some(text) => response.on_hover_text(text),
            None => response,
        }
    }
}

impl PushButton<'_> {
    fn paint_body(&self, ui: &Ui, rect: Rect, fill: Option<Fill>, t: f32, pressed: bool) {
        let tokens = Tokens::of(ui);
        let corner = CornerRadius::same(radius::M);
        if let Some(fill) = fill {
            if self.height >= size::BAR && ui.is_enabled() {
                let glow = Shadow {
                    offset: [0, 2],
                    blur: 8,
                    spread: 0,
                    color: fade(fill.rest, 0.35),
                };
                ui.painter().add(glow.as_shape(rect, corner));
            }
            let color = if pressed {
                fill.pressed
            } else {
                mix(fill.rest, fill.hover, t)
            };
            ui.painter().rect_filled(rect, corner, color);
            return;
        }
        let strength = if pressed { 1.0 } else { t };
        if self.style == ButtonStyle::Quiet {
            ui.painter()
                .rect_filled(rect, corner, fade(tokens.surface.hover, strength));
        } else {
            ui.painter().rect(
                rect,
                corner,
                mix(tokens.surface.raised, tokens.surface.hover, strength),
                Stroke::new(1.0, tokens.line.strong),
                StrokeKind::Inside,
            );
        }
    }
}
