//! Dialogs: one at a time, over the window. Escape closes them without a change; so does the scrim, but
//! for those in which something is typed: a slip of the hand must not throw it away.

mod bytes;
mod diff;
mod drift;
mod environment;
mod logs;
mod missing;
mod paste;
mod problems;
mod save_messages;
mod small;
mod sources;
mod workspace;

use egui::{Align, Frame, Key, Layout, Margin, Modal, RichText, Stroke, Ui};
use stubless_core::schema::SaveForm;

use super::{
    theme::{Tokens, font, icon, radius, size, space},
    widgets::{IconButton, PushButton},
};
use crate::app::{Action, AppState, Dialog};

/// What dialogs keep between frames.
#[derive(Debug, Default)]
pub(super) struct DialogCache {
    /// The dialog was open in the frame before: its first field already has the keyboard.
    opened: bool,
    drift: drift::DriftCache,
    bytes: bytes::BytesDialog,
}

/// Draws the dialog that is open.
pub(super) fn dialog_ui(
    ui: &Ui,
    state: &mut AppState,
    cache: &mut DialogCache,
    out: &mut Vec<Action>,
) {
    // Taken out so that its fields can be edited while the rest of the state is read.
    let Some(mut dialog) = state.dialog.take() else {
        cache.opened = false;
        cache.bytes = bytes::BytesDialog::default();
        return;
    };
    let first = !std::mem::replace(&mut cache.opened, true);
    let tokens = Tokens::of(ui);
    let frame = Frame::NONE
        .fill(tokens.surface.popup)
        .stroke(Stroke::new(1.0, tokens.line.strong))
        .corner_radius(f32::from(radius::L))
        .shadow(ui.visuals().window_shadow)
        .inner_margin(Margin::same(18));
    let response = Modal::new(egui::Id::unique("dialog"))
        .frame(frame)
        .backdrop_color(tokens.scrim)
        .show(ui.ctx(), |ui| {
            let room = ui.ctx().content_rect().width() - 80.0;
            ui.set_width(width(&dialog).min(room));
            title_ui(ui, &title(&dialog), out);
            contents_ui(ui, state, &mut dialog, cache, first, out);
        });
    let slipped = response.backdrop_response.clicked() && is_typed(&dialog);
    state.dialog = Some(dialog);
    if response.should_close() && !slipped {
        out.push(Action::CloseDialog);
    }
}

/// Whether a person types in it.
fn is_typed(dialog: &Dialog) -> bool {
    match dialog {
        Dialog::SaveAs(_)
        | Dialog::NewFolder { .. }
        | Dialog::OpenWorkspace { .. }
        | Dialog::NewWorkspace { .. }
        | Dialog::SaveLog { .. }
        | Dialog::OpenLog { .. }
        | Dialog::MessageMemory(_)
        | Dialog::SaveMessages(_)
        | Dialog::SaveSchema { .. }
        | Dialog::Missing(_)
        | Dialog::Sources(_)
        | Dialog::Environment(_)
        | Dialog::Bytes(_)
        | Dialog::Paste(_)
        | Dialog::Workspace(_) => true,
        Dialog::Unsaved { .. }
        | Dialog::ConfirmSend { .. }
        | Dialog::DiffEnvironments(_)
        | Dialog::ConfirmDiff { .. }
        | Dialog::Move { .. }
        | Dialog::Problems
        | Dialog::Drift(_)
        | Dialog::About => false,
    }
}

fn width(dialog: &Dialog) -> f32 {
    match dialog {
        Dialog::Drift(_) => 940.0,
        Dialog::Sources(_) | Dialog::Problems => 780.0,
        Dialog::Bytes(_) => 980.0,
        Dialog::Paste(_) => 860.0,
        Dialog::Environment(_) | Dialog::Workspace(_) => 640.0,
        Dialog::About | Dialog::SaveMessages(_) => 560.0,
        _ => 460.0,
    }
}

fn title(dialog: &Dialog) -> String {
    match dialog {
        Dialog::Unsaved { tabs, .. } if tabs.is_empty() => "Close the window?".to_owned(),
        Dialog::Unsaved { .. } => "Save changes?".to_owned(),
        Dialog::ConfirmSend { environment, .. } => format!("Call in {environment}?"),
        Dialog::DiffEnvironments(_) => "Compare in two environments".to_owned(),
        Dialog::ConfirmDiff { production, .. } => format!("Call in {}?", production.join(" and ")),
        Dialog::SaveAs(_) => "Save request".to_owned(),
        Dialog::NewFolder { .. } => "New folder".to_owned(),
        Dialog::Missing(_) => "Create missing requests".to_owned(),
        Dialog::Move { .. } => "Move to".to_owned(),
        Dialog::OpenWorkspace { .. } => "Open workspace".to_owned(),
        Dialog::NewWorkspace { .. } => "New workspace".to_owned(),
        Dialog::SaveLog { .. } => "Save log".to_owned(),
        Dialog::OpenLog { .. } => "Open log".to_owned(),
        Dialog::MessageMemory(_) => "Message memory".to_owned(),
        Dialog::SaveMessages(_) => "Save messages".to_owned(),
        Dialog::SaveSchema { form, .. } => match form {
            SaveForm::DescriptorSet => "Save as descriptor set".to_owned(),
            SaveForm::ProtoFiles => "Save as .proto files".to_owned(),
        },
        Dialog::Sources(_) => "Schema sources".to_owned(),
        Dialog::Environment(editor) => match &editor.old {
            Some(name) => format!("Environment {name}"),
            None => "New environment".to_owned(),
        },
        Dialog::Workspace(_) => "Workspace settings".to_owned(),
        Dialog::Problems => "Problems".to_owned(),
        Dialog::Drift(_) => "Files and server".to_owned(),
        Dialog::Bytes(_) => "Bytes explained".to_owned(),
        Dialog::Paste(_) => "Paste as request".to_owned(),
        Dialog::About => "Stubless".to_owned(),
    }
}

fn title_ui(ui: &mut Ui, title: &str, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.label(
            RichText::new(title)
                .font(font::title())
                .color(tokens.text.strong),
        );
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .add(IconButton::new(icon::X, "Close dialog").small())
                .clicked()
            {
                out.push(Action::CloseDialog);
            }
        });
    });
    ui.add_space(space::S);
}

fn contents_ui(
    ui: &mut Ui,
    state: &AppState,
    dialog: &mut Dialog,
    cache: &mut DialogCache,
    first: bool,
    out: &mut Vec<Action>,
) {
    match dialog {
        Dialog::Unsaved { tabs, then } => small::unsaved_ui(ui, state, tabs, then, out),
        Dialog::ConfirmSend {
            tab,
            target,
            method,
            environment,
        } => small::confirm_send_ui(ui, *tab, environment, target, method, out),
        Dialog::DiffEnvironments(pair) => diff::environments_ui(ui, state, pair, out),
        Dialog::ConfirmDiff { pair, production } => {
            diff::confirm_ui(ui, state, pair, production, out);
        }
        Dialog::SaveAs(editor) => small::save_as_ui(ui, state, editor, first, out),
        Dialog::NewFolder { parent, name } => {
            small::new_folder_ui(ui, state, parent, name, first, out);
        }
        Dialog::Missing(missing) => missing::missing_ui(ui, state, missing, out),
        Dialog::Move { path, folder } => small::move_ui(ui, state, path, folder, out),
        Dialog::OpenWorkspace { path } => small::open_workspace_ui(ui, state, path, first, out),
        Dialog::NewWorkspace { path, name } => {
            small::new_workspace_ui(ui, path, name, first, out);
        }
        Dialog::SaveMessages(draft) => {
            save_messages::save_messages_ui(ui, state, draft, first, out);
        }
        Dialog::SaveLog { tab, path, replace } => {
            logs::save_ui(ui, *tab, path, replace, first, out);
        }
        Dialog::OpenLog { path } => logs::open_ui(ui, path, first, out),
        Dialog::MessageMemory(editor) => logs::memory_ui(ui, state, editor, first, out),
        Dialog::SaveSchema {
            group,
            form,
            path,
            replace,
        } => small::save_schema_ui(ui, (*group, *form), path, replace, first, out),
        Dialog::Sources(editor) => sources::sources_ui(ui, state, editor, out),
        Dialog::Environment(editor) => environment::environment_ui(ui, state, editor, first, out),
        Dialog::Workspace(editor) => workspace::workspace_ui(ui, state, editor, first, out),
        Dialog::Problems => problems::problems_ui(ui, state, out),
        Dialog::Drift(view) => drift::drift_ui(ui, state, view, &mut cache.drift, out),
        Dialog::Bytes(editor) => bytes::bytes_ui(ui, editor, &mut cache.bytes, first, out),
        Dialog::Paste(editor) => paste::paste_ui(ui, state, editor, first, out),
        Dialog::About => small::about_ui(ui, out),
    }
}

/// The row of buttons at the lower edge, right to left: the first is what Enter does.
fn buttons_ui(ui: &mut Ui, primary: (&str, bool), more: impl FnOnce(&mut Ui)) -> bool {
    ui.add_space(space::M);
    let (name, enabled) = primary;
    let mut pressed = false;
    // As high as a button: a row of all the height that is left would keep the dialog from shrinking
    // when one with less in it takes its place.
    let row = egui::vec2(ui.available_width(), size::CONTROL);
    let layout = Layout::right_to_left(Align::Center);
    ui.allocate_ui_with_layout(row, layout, |ui| {
        let button = PushButton::primary(name)
            .min_width(84.0)
            .height(size::CONTROL);
        pressed = ui.add_enabled(enabled, button).clicked();
        more(ui);
    });
    let enter = ui.input(|i| i.key_pressed(Key::Enter) && i.modifiers.is_none());
    // Enter on another button presses that one.
    let elsewhere = ui.memory(|m| m.focused()).is_some() && !ui.ctx().text_edit_focused();
    pressed || (enabled && enter && !elsewhere)
}

/// A button that closes the dialog.
fn cancel_ui(ui: &mut Ui, out: &mut Vec<Action>) {
    if ui.add(PushButton::new("Cancel")).clicked() {
        out.push(Action::CloseDialog);
    }
}
