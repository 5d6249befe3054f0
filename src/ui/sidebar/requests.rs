//! Saved requests: the tree of the workspace, with renaming in place, dragging and a context menu.

use std::path::PathBuf;

use egui::{ScrollArea, Ui};

use super::{
    rows_frame, section_head,
    services::{follow, virtual_rows},
};
use crate::{
    app::{Action, AppState, Dialog, ReflectKey, RequestRow, RequestRowKind, UiCommand},
    ui::{
        menu::{command_button, plain_item},
        theme::{Tokens, icon},
        widgets::{EmptyPane, IconButton, RenameEnd, TreeRow},
    },
};

/// What is dragged: the path of a request or folder.
#[derive(Debug, Clone)]
struct Dragged(PathBuf);

/// Draws the section.
pub(super) fn requests_ui(
    ui: &mut Ui,
    state: &mut AppState,
    rows: &[RequestRow],
    out: &mut Vec<Action>,
) {
    section_head(ui, "REQUESTS", |ui| {
        command_button(ui, state, UiCommand::NewFolder, out);
        let new = IconButton::new(icon::FILE_PLUS, "New saved request").small();
        if ui.add(new).clicked() {
            out.push(Action::CreateRequest {
                folder: new_folder_of(state),
            });
        }
    });
    if rows.is_empty() {
        if state.sidebar.filter.is_empty() {
            EmptyPane::new(
                icon::FLOPPY_DISK,
                "No saved requests",
                "Save a request with Ctrl+S to keep it here.",
            )
            .show(ui);
        } else {
            EmptyPane::new(
                icon::MAGNIFYING_GLASS,
                "Nothing matches",
                "No saved request has this in its name or method.",
            )
            .show(ui);
        }
        return;
    }
    let mut toggled = Vec::new();
    let key = state.current_key();
    ScrollArea::vertical()
        .id_salt("requests")
        .auto_shrink(false)
        .show(ui, |ui| {
            rows_frame().show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let selected = state.sidebar.selected.clone();
                let name = selected.as_ref().map(|path| path.display().to_string());
                follow(ui, "requests", name, || {
                    rows.iter()
                        .position(|row| Some(&row.path) == selected.as_ref())
                });
                virtual_rows(ui, rows.len(), |ui, index| {
                    if let Some(row) = rows.get(index) {
                        row_ui(ui, state, row, key.as_ref(), &mut toggled, out);
                    }
                });
            });
            root_drop(ui, out);
        });
    for key in toggled {
        state.sidebar.toggle(&key);
    }
}

/// New requests go beside what is selected.
fn new_folder_of(state: &AppState) -> PathBuf {
    let root = PathBuf::from("requests");
    let Some(selected) = &state.sidebar.selected else {
        return root;
    };
    if selected.extension().is_none_or(|e| e != "json") {
        return selected.clone();
    }
    selected.parent().map_or(root, Into::into)
}

fn row_ui(
    ui: &mut Ui,
    state: &mut AppState,
    row: &RequestRow,
    target: Option<&ReflectKey>,
    toggled: &mut Vec<String>,
    out: &mut Vec<Action>,
) {
    let tokens = Tokens::of(ui);
    let kind = match &row.kind {
        RequestRowKind::Request(method) => state.schemas.kind_of(method, target),
        RequestRowKind::Folder(_) | RequestRowKind::Broken(_) => None,
    };
    let selected = state.sidebar.selected.as_ref() == Some(&row.path);
    let renaming = state
        .sidebar
        .renaming
        .as_mut()
        .filter(|(path, _)| *path == row.path)
        .map(|(_, name)| name);
    let is_renaming = renaming.is_some();
    let mut tree = TreeRow::new(&row.label)
        .depth(row.depth)
        .selected(selected)
        .rename(renaming)
        .id_salt(("request", &row.path));
    match &row.kind {
        RequestRowKind::Folder(_) => {
            tree = tree.icon(icon::FOLDER, None).open(row.open);
        }
        RequestRowKind::Request(method) => {
            tree = match kind {
                Some(kind) => tree.kind(kind),
                None => tree.icon(icon::FILE_TEXT, None),
            };
            if !method.is_empty() {
                tree = tree.tooltip(method);
            }
        }
        RequestRowKind::Broken(reason) => {
            tree = tree
                .icon(icon::WARNING, Some(tokens.warn.text))
                .right("broken")
                .tooltip(reason);
        }
    }
    let shown = tree.show(ui);
    match shown.rename {
        Some(RenameEnd::Kept) => {
            if let Some((path, name)) = state.sidebar.renaming.clone() {
                out.push(Action::Rename { path, name });
            }
        }
        Some(RenameEnd::Dropped) => out.push(Action::EndRename),
        None => {}
    }
    if is_renaming {
        return;
    }
    if shown.toggled {
        toggled.push(row.path.display().to_string());
    }
    if shown.response.clicked() {
        match &row.kind {
            RequestRowKind::Request(_) => out.push(Action::OpenRequest(row.path.clone())),
            RequestRowKind::Folder(_) => {
                out.push(Action::Select(Some(row.path.clone())));
                toggled.push(row.path.display().to_string());
            }
            RequestRowKind::Broken(_) => {
                out.push(Action::Select(Some(row.path.clone())));
                out.push(Action::Run(UiCommand::ShowProblems));
            }
        }
    }
    if shown.response.double_clicked() && matches!(row.kind, RequestRowKind::Request(_)) {
        out.push(Action::BeginRename(row.path.clone()));
    }
    drag_and_drop(ui, row, &shown.response, out);
    shown.response.context_menu(|ui| entry_menu(ui, row, out));
}

fn entry_menu(ui: &mut Ui, row: &RequestRow, out: &mut Vec<Action>) {
    ui.set_min_width(170.0);
    match &row.kind {
        RequestRowKind::Folder(_) => {
            if plain_item(ui, Some(icon::FILE_PLUS), "New request here") {
                out.push(Action::CreateRequest {
                    folder: row.path.clone(),
                });
            }
            if plain_item(ui, Some(icon::FOLDER_PLUS), "New folder here…") {
                out.push(Action::Show(Box::new(Dialog::NewFolder {
                    parent: row.path.clone(),
                    name: String::new(),
                })));
            }
            ui.separator();
        }
        RequestRowKind::Request(_) => {
            if plain_item(ui, Some(icon::FILE_TEXT), "Open") {
                out.push(Action::OpenRequest(row.path.clone()));
            }
            if plain_item(ui, Some(icon::COPY), "Duplicate") {
                out.push(Action::Duplicate(row.path.clone()));
            }
        }
        RequestRowKind::Broken(_) => {
            if plain_item(ui, Some(icon::WARNING), "Show the reason") {
                out.push(Action::Run(UiCommand::ShowProblems));
            }
            return;
        }
    }
    if plain_item(ui, Some(icon::PENCIL_SIMPLE), "Rename") {
        out.push(Action::BeginRename(row.path.clone()));
    }
    if plain_item(ui, Some(icon::FOLDER), "Move to…") {
        out.push(Action::Show(Box::new(Dialog::Move {
            path: row.path.clone(),
            folder: row.path.parent().map(Into::into).unwrap_or_default(),
        })));
    }
    ui.separator();
    if plain_item(ui, Some(icon::TRASH), "Delete") {
        out.push(Action::Delete(row.path.clone()));
    }
}

/// A row can be dragged; a folder takes what is dropped on it, a request takes it beside itself.
fn drag_and_drop(ui: &Ui, row: &RequestRow, response: &egui::Response, out: &mut Vec<Action>) {
    if !matches!(row.kind, RequestRowKind::Broken(_)) {
        response.dnd_set_drag_payload(Dragged(row.path.clone()));
    }
    let folder = match &row.kind {
        RequestRowKind::Folder(_) => Some(row.path.clone()),
        RequestRowKind::Request(_) | RequestRowKind::Broken(_) => row.path.parent().map(Into::into),
    };
    let Some(folder) = folder else {
        return;
    };
    let fits = response
        .dnd_hover_payload::<Dragged>()
        .is_some_and(|dragged| {
            !folder.starts_with(&dragged.0) && dragged.0.parent() != Some(folder.as_path())
        });
    if fits {
        ui.painter().rect_stroke(
            response.rect,
            f32::from(crate::ui::theme::radius::M),
            egui::Stroke::new(1.5, Tokens::of(ui).line.focus),
            egui::StrokeKind::Inside,
        );
    }
    if let Some(dragged) = response.dnd_release_payload::<Dragged>() {
        out.push(Action::Move {
            path: dragged.0.clone(),
            folder,
        });
    }
}

/// The empty space below the rows is the top folder.
fn root_drop(ui: &mut Ui, out: &mut Vec<Action>) {
    let height = ui.available_height().max(24.0);
    let (_, response) = ui.allocate_exact_size(
        egui::vec2(ui.available_width(), height),
        egui::Sense::hover(),
    );
    if let Some(dragged) = response.dnd_release_payload::<Dragged>() {
        out.push(Action::Move {
            path: dragged.0.clone(),
            folder: PathBuf::from("requests"),
        });
    }
}
