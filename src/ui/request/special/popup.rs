//! What opens below a field: it closes on Escape and on a press outside, and stays within the window.

use egui::{Popup, PopupCloseBehavior, Response, ScrollArea, Ui};

/// Shows a box below a button that opens and closes it. Gives what the content gave while it is open.
pub(super) fn popup<R>(
    button: &Response,
    width: f32,
    content: impl FnOnce(&mut Ui) -> R,
) -> Option<R> {
    let shown = Popup::from_toggle_button_response(button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .width(width)
        .show(|ui| {
            let room = (ui.ctx().content_rect().height() - 40.0).max(120.0);
            ui.set_width(width);
            ScrollArea::vertical()
                .max_height(room)
                .auto_shrink([true, true])
                .show(ui, content)
                .inner
        });
    // Back to where the person came from.
    let escaped = button
        .ctx
        .input(|input| input.key_pressed(egui::Key::Escape));
    if shown.is_some() && escaped {
        button.request_focus();
    }
    shown.map(|shown| shown.inner)
}
