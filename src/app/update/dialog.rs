//! Paths that the platform's dialogs gave, and files that were dropped.

use std::path::{Path, PathBuf};

use stubless_core::{
    call::Failure,
    engine::Command,
    schema::{Existing, SaveForm},
};

use super::workspace;
use crate::app::{AppState, BytesPlace, Dialog, Pick, Platform, SourceEditor, SourceRow};

/// Puts chosen paths where they are due: into the dialog that is open, or into a draft.
pub(super) fn picked(state: &mut AppState, pick: &Pick, paths: &[PathBuf]) -> Vec<Command> {
    let Some(first) = paths.first().cloned() else {
        return Vec::new();
    };
    let text = first.display().to_string();
    match pick {
        Pick::OpenWorkspace => return workspace::open(state, first),
        Pick::NewWorkspace => {
            if let Some(Dialog::NewWorkspace { path, .. }) = &mut state.dialog {
                *path = text;
            }
        }
        Pick::SaveLog(tab) => return super::logs::picked(state, *tab, first),
        Pick::OpenLog => return super::logs::open(state, first),
        Pick::SaveMessages(_) => return super::save_messages::picked(state, first),
        Pick::SaveSchema(group, form) => {
            let existing = match form {
                // The platform's dialog asked.
                SaveForm::DescriptorSet => Existing::Replace,
                SaveForm::ProtoFiles => Existing::Keep,
            };
            return super::schema::save(state, *group, *form, first, existing);
        }
        Pick::Bytes(place) => state
            .platform
            .push(Platform::ReadBytes(place.clone(), first)),
        Pick::ProtoFiles | Pick::ProtoFolder => {
            let files = lines(paths);
            with_sources(state, |editor| {
                editor.rows.push(SourceRow::protos(files));
            });
        }
        Pick::DescriptorSet => with_sources(state, |editor| {
            editor
                .rows
                .extend(paths.iter().map(|p| SourceRow::DescriptorSet(show(p))));
        }),
        Pick::ImportRoot(row) => with_sources(state, |editor| {
            if let Some(SourceRow::Protos { roots, .. }) = editor.rows.get_mut(*row) {
                if !roots.is_empty() && !roots.ends_with('\n') {
                    roots.push('\n');
                }
                roots.push_str(&text);
            }
        }),
        Pick::Settings(file, tab) => {
            let settings = match (tab, &mut state.dialog) {
                (Some(id), _) => {
                    let tab = state.tabs.iter_mut().find(|tab| tab.id == *id);
                    tab.map(|tab| &mut tab.draft.settings)
                }
                (None, Some(Dialog::Workspace(editor))) => Some(&mut editor.target.settings),
                (None, _) => None,
            };
            if let Some(settings) = settings {
                file.choose(settings, first);
            }
            if let Some(id) = tab {
                return super::schema::commit_target(state, *id);
            }
        }
    }
    Vec::new()
}

/// The content of a file came for a field of bytes; a tab that was closed wants it no more.
pub(super) fn bytes_read(state: &mut AppState, place: &BytesPlace, read: Result<String, String>) {
    let tab = state.tab_mut(place.tab);
    let Some(tab) = tab else {
        return;
    };
    let mut messages = tab.draft.messages.iter_mut();
    let Some(document) = messages.find(|document| document.id() == place.message) else {
        return;
    };
    let done = read.and_then(|base64| {
        // Base64 has nothing to escape.
        let set = document.set(&place.path, &format!("\"{base64}\""));
        set.then_some(()).ok_or_else(|| {
            format!(
                "There is no place for the file at `{}` any more",
                place.path
            )
        })
    });
    if let Err(summary) = done {
        state.notices.failure(Box::new(Failure {
            summary,
            ..Failure::default()
        }));
    }
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

fn lines(paths: &[PathBuf]) -> String {
    let lines: Vec<_> = paths.iter().map(|p| show(p)).collect();
    lines.join("\n")
}

/// Asks for the import roots of a row whose person gave none.
pub(super) fn find_roots(state: &mut AppState, files: Vec<PathBuf>) -> Vec<Command> {
    if let Some(Dialog::Sources(editor)) = &mut state.dialog {
        editor.ask(files.clone());
    }
    vec![Command::FindRoots(files)]
}

/// The answer.
pub(crate) fn roots_found(state: &mut AppState, files: &[PathBuf], roots: Vec<PathBuf>) {
    if let Some(Dialog::Sources(editor)) = &mut state.dialog {
        editor.answer(files, roots);
    }
}

/// Edits the dialog of sources, opened with what is saved when it is not open.
fn with_sources(state: &mut AppState, edit: impl FnOnce(&mut SourceEditor)) {
    if !matches!(state.dialog, Some(Dialog::Sources(_))) {
        let Some(file) = state.workspace_file() else {
            return;
        };
        state.dialog = Some(Dialog::Sources(SourceEditor::of(&file.sources)));
    }
    if let Some(Dialog::Sources(editor)) = &mut state.dialog {
        edit(editor);
    }
}

/// Says what can be dropped.
pub(super) fn dropped_unknown(state: &mut AppState, paths: &[PathBuf]) {
    let names: Vec<_> = paths.iter().map(|p| format!("`{}`", show(p))).collect();
    state.notices.failure(Box::new(Failure {
        summary: format!("{} cannot be used here", names.join(", ")),
        hint: "Drop a workspace folder, a folder of proto files, .proto files or a descriptor set \
               (.binpb, .pb, .protoset, .desc)"
            .to_owned(),
        ..Failure::default()
    }));
}
