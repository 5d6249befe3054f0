//! Notices at the lower edge of the window: what was done or went wrong, with a way back.

use egui::{
    Align, Align2, Area, CornerRadius, Frame, Id, Layout, Margin, Order, Stroke, Ui,
    accesskit::Role, vec2,
};

use super::{ButtonStyle, IconButton, PushButton, prose};
use crate::ui::theme::{Icon, Tokens, Tone, icon, radius, space};

/// A notice. How long it stays is the business of who keeps the list.
#[derive(Debug, Clone)]
pub struct Toast {
    /// Tells notices apart.
    pub id: u64,
    /// What it says.
    pub text: String,
    /// Its colours.
    pub tone: Tone,
    /// Its icon.
    pub icon: Icon,
    /// A button: `Undo`, `Show`.
    pub action: Option<String>,
}

/// What the person did to a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastEvent {
    /// Pressed its button.
    Action(u64),
    /// Sent it away.
    Dismissed(u64),
}

/// Draws notices above each other in the lower right corner, the newest lowest.
pub fn toasts_ui(ui: &Ui, toasts: &[Toast]) -> Option<ToastEvent> {
    if toasts.is_empty() {
        return None;
    }
    let mut event = None;
    Area::new(Id::unique("toasts"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -44.0))
        .show(ui.ctx(), |ui| {
            ui.set_max_width(420.0);
            ui.spacing_mut().item_spacing.y = space::S;
            for toast in toasts {
                ui.push_id(toast.id, |ui| {
                    if let Some(happened) = toast_ui(ui, toast) {
                        event = Some(happened);
                    }
                });
            }
        });
    event
}

fn toast_ui(ui: &mut Ui, toast: &Toast) -> Option<ToastEvent> {
    let tokens = Tokens::of(ui);
    let mut event = None;
    let frame = Frame::NONE
        .fill(tokens.surface.popup)
        .stroke(Stroke::new(1.0, tokens.line.strong))
        .corner_radius(CornerRadius::same(radius::L))
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(Margin::symmetric(12, 8));
    let shown = frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(toast.icon.rich(17.0, toast.tone.text));
            let reserved = 40.0 + toast.action.as_ref().map_or(0.0, |_| 80.0);
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - reserved).max(80.0));
                prose(ui, &toast.text);
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui
                    .add(IconButton::new(icon::X, "Dismiss notice").small())
                    .clicked()
                {
                    event = Some(ToastEvent::Dismissed(toast.id));
                }
                if let Some(action) = &toast.action {
                    let button = PushButton::new(action)
                        .style(ButtonStyle::Quiet)
                        .height(24.0);
                    if ui.add(button).clicked() {
                        event = Some(ToastEvent::Action(toast.id));
                    }
                }
            });
        });
    });
    ui.ctx().accesskit_node_builder(shown.response.id, |node| {
        node.set_role(Role::Alert);
        node.set_label(toast.text.as_str());
    });
    event
}
