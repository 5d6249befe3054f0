//! The bar above the form: a filter of its fields and how they are shown. Short forms have none until
//! it is asked for with Ctrl+F.

use egui::{Align, Id, Key, Layout, Modifiers, Ui, vec2};
use stubless_core::message::Path;

use super::state::BodyState;
use crate::ui::{
    theme::icon,
    widgets::{IconButton, TextField},
};

/// Forms of at most this many rows have no bar of their own.
const SHORT: usize = 14;
const HEIGHT: f32 = 34.0;

pub(super) fn show(ui: &mut Ui, state: &mut BodyState) {
    // With the keyboard elsewhere the keys may mean another search.
    let free = state.has_focus() || ui.memory(|memory| memory.focused().is_none());
    if free && ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::F)) {
        state.view.bar = true;
        state.view.focus_filter = true;
    }
    let view = &mut state.view;
    if !view.bar && !view.is_filtered() && state.rows.len() <= SHORT {
        return;
    }
    // Once there, it stays: rows do not jump when one is removed.
    view.bar = true;
    let size = vec2(ui.available_width(), HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.add_space(6.0);
        let close =
            ui.add(IconButton::new(icon::ARROWS_IN_LINE_VERTICAL, "Close all rows").side(26.0));
        let open =
            ui.add(IconButton::new(icon::ARROWS_OUT_LINE_VERTICAL, "Open all rows").side(26.0));
        for (button, all) in [(close, false), (open, true)] {
            if button.clicked() {
                state.open_all(&Path::root(), all);
            }
        }
        let view = &mut state.view;
        let comments = IconButton::new(icon::TEXT_ALIGN_LEFT, "Show comments")
            .side(26.0)
            .selected(view.comments);
        if ui.add(comments).clicked() {
            view.comments = !view.comments;
        }
        let set_only = IconButton::new(icon::FUNNEL_SIMPLE, "Show only what is set")
            .side(26.0)
            .selected(view.set_only);
        if ui.add(set_only).clicked() {
            view.set_only = !view.set_only;
        }
        ui.add_space(4.0);
        let id = Id::unique(("form-filter", ui.scope_id()));
        let field = TextField::search(&mut view.filter, "Filter fields")
            .height(26.0)
            .width((ui.available_width() - 4.0).max(60.0))
            .id(id)
            .show(ui);
        if std::mem::take(&mut view.focus_filter) {
            field.request_focus();
        }
    });
}
