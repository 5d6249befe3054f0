//! Small marks: the kind of a call, a count, a chip with a meaning.

use egui::{
    Align2, Color32, CornerRadius, Rect, Response, Sense, Stroke, StrokeKind, Ui, Widget,
    WidgetInfo, accesskit::Role, pos2, vec2,
};
use stubless_core::schema::CallKind;

use super::{elided, line_text};
use crate::ui::theme::{Icon, Tokens, Tone, font, radius, space};

/// The colours of a kind of call.
pub fn call_kind_tone(tokens: &Tokens, kind: CallKind) -> Tone {
    match kind {
        CallKind::Unary => tokens.info,
        CallKind::ServerStream => tokens.good,
        CallKind::ClientStream => tokens.orange,
        CallKind::Bidi => tokens.purple,
    }
}

/// Short and long name of a kind of call.
pub fn call_kind_name(kind: CallKind) -> (&'static str, &'static str) {
    match kind {
        CallKind::Unary => ("U", "Unary"),
        CallKind::ServerStream => ("SS", "Server stream"),
        CallKind::ClientStream => ("CS", "Client stream"),
        CallKind::Bidi => ("BD", "Bidirectional"),
    }
}

/// Size of the badge of a kind of call.
pub(super) const CALL_BADGE: egui::Vec2 = vec2(26.0, 18.0);

/// Paints the badge of a kind of call centred in a rectangle.
pub(super) fn paint_call_badge(ui: &Ui, center: egui::Pos2, kind: CallKind) {
    let tone = call_kind_tone(Tokens::of(ui), kind);
    let rect = Rect::from_center_size(center, CALL_BADGE);
    ui.painter()
        .rect_filled(rect, CornerRadius::same(radius::S), tone.soft);
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        call_kind_name(kind).0,
        font::small_strong(),
        tone.text,
    );
}

/// `U`, `SS`, `CS` or `BD`, with the long name on hover.
pub fn call_badge(ui: &mut Ui, kind: CallKind) -> Response {
    let (rect, response) = ui.allocate_exact_size(CALL_BADGE, Sense::hover());
    let name = call_kind_name(kind).1;
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    paint_call_badge(ui, rect.center(), kind);
    response.on_hover_text(name)
}

/// Paints a count with its left edge at `x`, centred on `y`; gives its right edge.
pub(super) fn paint_count(ui: &Ui, x: f32, y: f32, count: &str) -> f32 {
    let tokens = Tokens::of(ui);
    let galley = elided(
        ui,
        count,
        font::small_strong(),
        tokens.neutral.text,
        f32::INFINITY,
    );
    let width = (galley.size().x + 10.0).max(18.0);
    let rect = Rect::from_center_size(pos2(x + width / 2.0, y), vec2(width, 17.0));
    ui.painter()
        .rect_filled(rect, CornerRadius::same(radius::PILL), tokens.neutral.soft);
    line_text(ui, rect.center().x - galley.size().x / 2.0, y, galley);
    rect.right()
}

/// A count in a grey pill.
pub fn count_badge(ui: &mut Ui, count: usize) -> Response {
    let text = count.to_string();
    let galley = elided(
        ui,
        text.as_str(),
        font::small_strong(),
        Color32::PLACEHOLDER,
        f32::INFINITY,
    );
    let width = (galley.size().x + 10.0).max(18.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 18.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    paint_count(ui, rect.left(), rect.center().y, &text);
    response
}

/// A rounded label with a meaning: a status, a note, a setting in force.
#[derive(Debug, Clone)]
pub struct Chip<'a> {
    text: &'a str,
    tone: Tone,
    icon: Option<Icon>,
    clickable: bool,
}

impl<'a> Chip<'a> {
    /// A chip.
    pub fn new(text: &'a str, tone: Tone) -> Self {
        Self {
            text,
            tone,
            icon: None,
            clickable: false,
        }
    }

    /// With an icon before the text.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// It can be pressed.
    #[must_use]
    pub fn clickable(mut self) -> Self {
        self.clickable = true;
        self
    }
}

impl Widget for Chip<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let icon_width = if self.icon.is_some() { 18.0 } else { 0.0 };
        let max = (ui.available_width() - icon_width - 2.0 * space::S).max(24.0);
        let galley = elided(ui, self.text, font::strong(), self.tone.text, max);
        let size = vec2(galley.size().x + icon_width + 2.0 * 9.0, 24.0);
        let (sense, role) = if self.clickable {
            (Sense::click(), Role::Button)
        } else {
            (Sense::hover(), Role::Label)
        };
        let (rect, response) = ui.allocate_exact_size(size, sense);
        response.widget_info(|| WidgetInfo::labeled(role, ui.is_enabled(), self.text));
        let corner = CornerRadius::same(radius::PILL);
        ui.painter().rect(
            rect,
            corner,
            self.tone.soft,
            Stroke::new(1.0, self.tone.line),
            StrokeKind::Inside,
        );
        let mut x = rect.left() + 9.0;
        if let Some(icon) = self.icon {
            ui.painter().text(
                pos2(x + 7.0, rect.center().y),
                Align2::CENTER_CENTER,
                icon.text(),
                icon.font(15.0),
                self.tone.text,
            );
            x += icon_width;
        }
        line_text(ui, x, rect.center().y, galley);
        super::focus_ring(ui, &response, rect, 12);
        response
    }
}
