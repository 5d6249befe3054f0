//! Dialogs of a question or two.

use std::path::{Path, PathBuf};

use egui::{Grid, RichText, ScrollArea, Ui};
use stubless_core::schema::{Existing, SaveForm};

use super::{buttons_ui, cancel_ui};
use crate::{
    app::{
        Action, AfterUnsaved, AppState, COMMANDS, Pick, SaveAs, SchemaGroup, TabId, folder_choices,
    },
    ui::{
        settings::label,
        theme::{Tokens, font, icon, size, space},
        topbar::folder_name,
        widgets::{ButtonStyle, Check, IconButton, PushButton, TextField, TreeRow},
    },
};

pub(super) fn words_ui(ui: &mut Ui, text: &str) {
    let color = Tokens::of(ui).text.normal;
    ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
}

pub(super) fn field_ui(ui: &mut Ui, name: &str, text: &mut String, hint: &str, focus: bool) {
    label(ui, name);
    let field = TextField::new(text, name).hint(hint).show(ui);
    if focus {
        field.request_focus();
    }
    ui.add_space(space::S);
}

/// A path that can be typed or browsed for.
pub(super) fn path_field_ui(
    ui: &mut Ui,
    name: &str,
    path: &mut String,
    hint: &str,
    pick: Pick,
    focus: bool,
    out: &mut Vec<Action>,
) {
    label(ui, name);
    ui.horizontal(|ui| {
        let width = ui.available_width() - 40.0;
        let field = TextField::new(path, name)
            .hint(hint)
            .code()
            .width(width)
            .show(ui);
        if focus {
            field.request_focus();
        }
        let browse = format!("Browse: {name}");
        if ui
            .add(IconButton::new(icon::FOLDER_OPEN, &browse))
            .clicked()
        {
            out.push(Action::Browse(pick));
        }
    });
    ui.add_space(space::S);
}

/// Something is unsaved.
pub(super) fn unsaved_ui(
    ui: &mut Ui,
    state: &AppState,
    tabs: &[TabId],
    then: &AfterUnsaved,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let what = match then {
        AfterUnsaved::CloseTab(_) => "Closing this tab loses what was typed since it was saved.",
        AfterUnsaved::CloseWindow => "Closing the window loses what was typed since it was saved.",
        AfterUnsaved::OpenWorkspace(_) | AfterUnsaved::CreateWorkspace(..) => {
            "Opening another workspace loses what was typed since it was saved."
        }
    };
    let saving = match then {
        AfterUnsaved::CloseWindow => state.jobs.saving().count(),
        _ => 0,
    };
    if !tabs.is_empty() {
        words_ui(ui, what);
        ui.add_space(space::S);
    }
    for id in tabs {
        if let Some(tab) = state.tab(*id) {
            ui.horizontal(|ui| {
                ui.label(icon::FILE_TEXT.rich(15.0, tokens.text.weak));
                ui.label(RichText::new(tab.draft.title()).color(tokens.text.strong));
                if tab.draft.path.is_none() {
                    ui.label(
                        RichText::new("not saved yet")
                            .font(font::small())
                            .color(tokens.text.faint),
                    );
                }
            });
        }
    }
    if saving > 0 {
        saving_ui(ui, state);
    }
    if tabs.is_empty() {
        return close_ui(ui, saving, out);
    }
    let save = if tabs.len() > 1 { "Save all" } else { "Save" };
    let pressed = buttons_ui(ui, (save, true), |ui| {
        let discard = PushButton::new("Don't save").style(ButtonStyle::Danger);
        if ui.add(discard).clicked() {
            out.push(Action::DiscardAndGoOn);
        }
        cancel_ui(ui, out);
    });
    if pressed {
        out.push(Action::SaveAndGoOn);
    }
}

/// Files that are being written.
fn saving_ui(ui: &mut Ui, state: &AppState) {
    let tokens = Tokens::of(ui);
    words_ui(
        ui,
        "Closing the window ends what is under way. Its file is not written:",
    );
    ui.add_space(space::S);
    for running in state.jobs.saving() {
        ui.horizontal(|ui| {
            ui.label(icon::DOWNLOAD_SIMPLE.rich(15.0, tokens.text.weak));
            ui.label(RichText::new(&running.title).color(tokens.text.strong));
        });
    }
}

/// Nothing is unsaved but the files that are being written, if they still are.
fn close_ui(ui: &mut Ui, saving: usize, out: &mut Vec<Action>) {
    if saving == 0 {
        words_ui(ui, "All files are written.");
    }
    let pressed = buttons_ui(ui, ("Keep open", true), |ui| {
        let close = PushButton::new("Close the window").style(ButtonStyle::Danger);
        if ui.add(close).clicked() {
            out.push(Action::DiscardAndGoOn);
        }
    });
    if pressed {
        out.push(Action::CloseDialog);
    }
}

/// A call in a production environment.
pub(super) fn confirm_send_ui(
    ui: &mut Ui,
    tab: TabId,
    environment: &str,
    target: &str,
    method: &str,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.label(icon::WARNING_FILL.rich(18.0, tokens.warn.text));
        ui.label(format!("{environment} is a production environment."));
    });
    ui.add_space(space::S);
    Grid::new("confirm")
        .num_columns(2)
        .spacing([space::M, space::XS])
        .show(ui, |ui| {
            for (name, value) in [("Method", method), ("Target", target)] {
                label(ui, name);
                ui.label(
                    RichText::new(value)
                        .font(font::code())
                        .color(tokens.text.strong),
                );
                ui.end_row();
            }
        });
    let pressed = buttons_ui(ui, ("Make the call", true), |ui| cancel_ui(ui, out));
    if pressed {
        out.push(Action::SendConfirmed(tab));
    }
}

fn folders_ui(ui: &mut Ui, state: &AppState, chosen: &mut PathBuf, without: Option<&Path>) {
    label(ui, "Folder");
    let folders = state
        .open_workspace()
        .map(|w| folder_choices(&w.entries))
        .unwrap_or_default();
    ScrollArea::vertical()
        .max_height(size::ROW * 7.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (path, name, depth) in &folders {
                if without.is_some_and(|moved| path.starts_with(moved)) {
                    continue;
                }
                let row = TreeRow::new(name)
                    .depth(*depth)
                    .icon(icon::FOLDER, None)
                    .selected(chosen == path)
                    .id_salt(("folder", path));
                if row.show(ui).response.clicked() {
                    chosen.clone_from(path);
                }
            }
        });
}

/// Name and folder of a request.
pub(super) fn save_as_ui(
    ui: &mut Ui,
    state: &AppState,
    editor: &mut SaveAs,
    first: bool,
    out: &mut Vec<Action>,
) {
    field_ui(ui, "Request name", &mut editor.name, "", first);
    folders_ui(ui, state, &mut editor.folder, None);
    let ready = !editor.name.trim().is_empty();
    if buttons_ui(ui, ("Save", ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::SaveAs {
            tab: editor.tab,
            name: editor.name.clone(),
            folder: editor.folder.clone(),
        });
    }
}

/// A folder's name.
pub(super) fn new_folder_ui(
    ui: &mut Ui,
    state: &AppState,
    parent: &mut PathBuf,
    name: &mut String,
    first: bool,
    out: &mut Vec<Action>,
) {
    field_ui(ui, "Folder name", name, "", first);
    folders_ui(ui, state, parent, None);
    let ready = !name.trim().is_empty();
    if buttons_ui(ui, ("Make folder", ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::CreateFolder {
            parent: parent.clone(),
            name: name.clone(),
        });
    }
}

/// Where an entry goes.
pub(super) fn move_ui(
    ui: &mut Ui,
    state: &AppState,
    path: &Path,
    folder: &mut PathBuf,
    out: &mut Vec<Action>,
) {
    folders_ui(ui, state, folder, Some(path));
    let ready = path.parent() != Some(folder.as_path());
    if buttons_ui(ui, ("Move", ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::Move {
            path: path.to_owned(),
            folder: folder.clone(),
        });
    }
}

/// A workspace's folder.
pub(super) fn open_workspace_ui(
    ui: &mut Ui,
    state: &AppState,
    path: &mut String,
    first: bool,
    out: &mut Vec<Action>,
) {
    path_field_ui(
        ui,
        "Folder",
        path,
        "a folder with workspace.json in it",
        Pick::OpenWorkspace,
        first,
        out,
    );
    let here = state.open_workspace().map(|w| w.root.as_path());
    let recents: Vec<_> = state
        .recents
        .iter()
        .filter(|r| Some(r.path.as_path()) != here)
        .collect();
    if !recents.is_empty() {
        label(ui, "Recent");
        ScrollArea::vertical()
            .max_height(size::ROW * 6.0)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for recent in recents {
                    let name = folder_name(&recent.path);
                    let whole = recent.path.display().to_string();
                    let row = TreeRow::new(&name)
                        .icon(icon::CLOCK_COUNTER_CLOCKWISE, None)
                        .tooltip(&whole)
                        .id_salt(("recent", &recent.path));
                    if row.show(ui).response.clicked() {
                        out.push(Action::OpenWorkspace(recent.path.clone()));
                    }
                }
            });
    }
    let ready = !path.trim().is_empty();
    if buttons_ui(ui, ("Open", ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::OpenWorkspace(typed(path)));
    }
}

/// A new workspace.
pub(super) fn new_workspace_ui(
    ui: &mut Ui,
    path: &mut String,
    name: &mut String,
    first: bool,
    out: &mut Vec<Action>,
) {
    field_ui(ui, "Workspace name", name, "", first);
    path_field_ui(
        ui,
        "Folder",
        path,
        "an empty folder, or one to be made",
        Pick::NewWorkspace,
        false,
        out,
    );
    words_ui(
        ui,
        "Requests and environments become plain files in this folder, made to be kept in git.",
    );
    let ready = !path.trim().is_empty() && !name.trim().is_empty();
    if buttons_ui(ui, ("Make workspace", ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::CreateWorkspace {
            path: typed(path),
            name: name.trim().to_owned(),
        });
    }
}

/// A typed path; `~` is the home folder.
pub(super) fn typed(path: &str) -> PathBuf {
    let path = path.trim();
    if let Some(rest) = path.strip_prefix("~/")
        && let Some(dirs) = directories::UserDirs::new()
    {
        return dirs.home_dir().join(rest);
    }
    PathBuf::from(path)
}

/// Whether a file that is there is overwritten: of a typed path nobody has asked.
pub(super) fn replace_ui(ui: &mut Ui, replace: &mut bool) {
    ui.add_space(space::S);
    ui.add(Check::new(replace, "Overwrite what is there").with_word());
}

/// The choice as the engine has it.
pub(super) fn existing(replace: bool) -> Existing {
    if replace {
        Existing::Replace
    } else {
        Existing::Keep
    }
}

/// Where a schema is written.
pub(super) fn save_schema_ui(
    ui: &mut Ui,
    (group, form): (SchemaGroup, SaveForm),
    path: &mut String,
    replace: &mut bool,
    first: bool,
    out: &mut Vec<Action>,
) {
    let (text, name, hint) = match form {
        SaveForm::DescriptorSet => (
            "One file with every file of the schema. Files of editions are in it as proto2 or proto3 with what those lack, which protoc may refuse.",
            "File",
            "path of the file",
        ),
        SaveForm::ProtoFiles => (
            "Source files by the names they are imported by. Files that hold something else stay.",
            "Folder",
            "path of the folder",
        ),
    };
    words_ui(ui, text);
    ui.add_space(space::S);
    path_field_ui(
        ui,
        name,
        path,
        hint,
        Pick::SaveSchema(group, form),
        first,
        out,
    );
    replace_ui(ui, replace);
    let ready = !path.trim().is_empty();
    if buttons_ui(ui, ("Save", ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::SaveSchema {
            group,
            form,
            path: typed(path),
            existing: existing(*replace),
        });
    }
}

/// What the program is, and its shortcuts.
pub(super) fn about_ui(ui: &mut Ui, out: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    words_ui(
        ui,
        concat!(
            "Version ",
            env!("CARGO_PKG_VERSION"),
            ". A native desktop explorer for gRPC. Nothing is sent anywhere you did not ask for.",
        ),
    );
    ui.add_space(space::M);
    ScrollArea::vertical()
        .max_height(360.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            Grid::new("shortcuts")
                .num_columns(2)
                .spacing([space::L, space::XS])
                .show(ui, |ui| {
                    for info in COMMANDS {
                        let Some(shortcut) = info.shortcut else {
                            continue;
                        };
                        ui.label(
                            RichText::new(shortcut.to_string())
                                .font(font::small_code())
                                .color(tokens.text.strong),
                        );
                        ui.label(RichText::new(info.label).color(tokens.text.normal));
                        ui.end_row();
                    }
                });
        });
    if buttons_ui(ui, ("Close", true), |_| {}) {
        out.push(Action::CloseDialog);
    }
}
