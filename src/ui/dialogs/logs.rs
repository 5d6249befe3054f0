//! Dialogs of logs: where one is saved, which is opened, and how much all may hold.

use egui::{RichText, Ui};

use super::{
    buttons_ui, cancel_ui,
    small::{existing, field_ui, path_field_ui, replace_ui, typed, words_ui},
};
use crate::{
    app::{Action, AppState, DISK_MIB, MEMORY_MIB, MemoryEditor, Pick, TabId},
    ui::{
        theme::{Tokens, font, space},
        words,
    },
};

/// Where a log is written.
pub(super) fn save_ui(
    ui: &mut Ui,
    tab: TabId,
    path: &mut String,
    replace: &mut bool,
    first: bool,
    out: &mut Vec<Action>,
) {
    words_ui(
        ui,
        "All messages of the call with their times, how it ended, and the types of its method. Messages are \
         written as they are; of the metadata, values that may be secrets are left out.",
    );
    ui.add_space(space::S);
    path_field_ui(
        ui,
        "File",
        path,
        "path of the file, as watch.stublesslog",
        Pick::SaveLog(tab),
        first,
        out,
    );
    replace_ui(ui, replace);
    let ready = !path.trim().is_empty();
    if buttons_ui(ui, ("Save", ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::SaveLog {
            tab,
            path: typed(path),
            existing: existing(*replace),
        });
    }
}

/// Which log is opened.
pub(super) fn open_ui(ui: &mut Ui, path: &mut String, first: bool, out: &mut Vec<Action>) {
    words_ui(
        ui,
        "A log that was saved, here or on another machine. It opens as a tab, without its server and its schema.",
    );
    ui.add_space(space::S);
    path_field_ui(
        ui,
        "File",
        path,
        "path of a .stublesslog file",
        Pick::OpenLog,
        first,
        out,
    );
    let ready = !path.trim().is_empty();
    if buttons_ui(ui, ("Open", ready), |ui| cancel_ui(ui, out)) {
        out.push(Action::OpenLog(typed(path)));
    }
}

/// How much the messages of all calls may take.
pub(super) fn memory_ui(
    ui: &mut Ui,
    state: &AppState,
    editor: &mut MemoryEditor,
    first: bool,
    out: &mut Vec<Action>,
) {
    words_ui(
        ui,
        "Messages of all open tabs are kept in memory; the oldest of what has no room there go to a file in \
         the cache folder, which is gone when the program ends. When both are full, reading pauses until \
         there is room: nothing is dropped.",
    );
    ui.add_space(space::S);
    let (memory, disk) = editor.problems();
    let name = format!(
        "In memory, MiB ({} to {})",
        MEMORY_MIB.start(),
        MEMORY_MIB.end()
    );
    field_ui(ui, &name, &mut editor.memory, "256", first);
    problem_ui(ui, memory.as_deref());
    let name = format!("On disk, MiB ({} keeps all in memory)", DISK_MIB.start());
    field_ui(ui, &name, &mut editor.disk, "10240", false);
    problem_ui(ui, disk.as_deref());
    if let Some(budget) = &state.log_budget {
        let now = format!(
            "Now {} in memory and {} on disk",
            words::bytes(budget.memory_bytes() as u64),
            words::bytes(budget.disk_bytes())
        );
        ui.add_space(space::S);
        words_ui(ui, &now);
    }
    let settings = editor.settings();
    if buttons_ui(ui, ("Apply", settings.is_some()), |ui| cancel_ui(ui, out))
        && let Some(settings) = settings
    {
        out.push(Action::SetLogLimits(settings));
    }
}

fn problem_ui(ui: &mut Ui, problem: Option<&str>) {
    let Some(problem) = problem else { return };
    let tokens = Tokens::of(ui);
    ui.label(
        RichText::new(problem)
            .font(font::small())
            .color(tokens.bad.text),
    );
}
