//! The workspace's own settings: name, default target, metadata every call carries.

use egui::{ScrollArea, Ui};

use stubless_core::call::transport_of;

use super::{buttons_ui, cancel_ui};
use crate::{
    app::{Action, AppState, Pick, TargetEditor, WorkspaceEditor},
    ui::{
        request::SettingsView,
        settings::label,
        theme::space,
        widgets::{PairTable, TextField},
    },
};

/// Draws the dialog.
pub(super) fn workspace_ui(
    ui: &mut Ui,
    state: &AppState,
    editor: &mut WorkspaceEditor,
    first: bool,
    out: &mut Vec<Action>,
) {
    let height = (ui.ctx().content_rect().height() - 220.0).clamp(240.0, 560.0);
    ScrollArea::vertical()
        .max_height(height)
        .auto_shrink([false, true])
        .content_margin(space::BESIDE_BAR)
        .show(ui, |ui| {
            label(ui, "Name");
            let name = TextField::new(&mut editor.name, "Workspace name").show(ui);
            if first {
                name.request_focus();
            }
            ui.add_space(space::S);
            label(ui, "Default target");
            TextField::new(&mut editor.target.target, "Default target")
                .hint("host:port; requests without a target of their own go here")
                .code()
                .show(ui);
            ui.add_space(space::S);
            let TargetEditor { target, settings } = &editor.target;
            let transport = transport_of(target, settings, &state.scope());
            let shown = SettingsView::new(
                &mut editor.target.settings,
                &mut editor.call,
                &mut editor.unread,
            )
            .transport(transport)
            .show(ui);
            if let Some(file) = shown.browse {
                out.push(Action::Browse(Pick::Settings(file, None)));
            }
            ui.add_space(space::M);
            label(ui, "Metadata every call carries");
            PairTable::new("Workspace metadata").show(ui, &mut editor.metadata);
        });
    let pressed = buttons_ui(ui, ("Save settings", editor.unread.is_empty()), |ui| {
        cancel_ui(ui, out);
    });
    if pressed && let Some(file) = state.workspace_file() {
        out.push(Action::SaveWorkspaceFile(Box::new(editor.apply(file))));
    }
}
