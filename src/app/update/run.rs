//! Commands of the table.

use stubless_core::{
    engine::Command,
    message::Style,
    workspace::{EnvironmentFile, Variable},
};

use super::{
    call, comparison, diff, diff_run, entry, generate, interop, logs, open_palette, save_messages,
    schema, set_theme, stream, stream_view, tab, workspace,
};
use crate::app::{
    AppState, BodyView, Dialog, DiffAction, EnvironmentEditor, Platform, ReplayStep, RequestPane,
    SaveDraft, SourceEditor, Tab, Theme, Towards, UiCommand, WorkspaceEditor,
};

/// Runs a command, if it can be done now.
pub(super) fn run(state: &mut AppState, command: UiCommand) -> Vec<Command> {
    if !command.info().is_enabled(state) {
        return Vec::new();
    }
    let selected = state.sidebar.selected.clone();
    match command {
        UiCommand::OpenPalette => open_palette(state),
        UiCommand::Send => front(state, call::send),
        UiCommand::Cancel => front(state, call::cancel),
        UiCommand::SendMessage => front(state, stream::push),
        UiCommand::SendNext => front(state, stream::push_next),
        UiCommand::SendAll => front(state, stream::push_all),
        UiCommand::Repeat => front(state, stream::toggle_repeat),
        UiCommand::HalfClose => front(state, stream::half_close),
        UiCommand::PreviousMessage => front(state, |state, id| stream::step(state, id, -1)),
        UiCommand::NextMessage => front(state, |state, id| stream::step(state, id, 1)),
        UiCommand::MoveMessageUp => front(state, |state, id| stream::move_shown(state, id, -1)),
        UiCommand::MoveMessageDown => front(state, |state, id| stream::move_shown(state, id, 1)),
        UiCommand::AddMessage => front(state, stream::add_message),
        UiCommand::DuplicateMessage => shown(state, stream::duplicate_message),
        UiCommand::RemoveMessage => shown(state, stream::remove_message),
        UiCommand::NewRequest => tab::open_new(state),
        UiCommand::NewFolder => show(
            state,
            Dialog::NewFolder {
                parent: "requests".into(),
                name: String::new(),
            },
        ),
        UiCommand::Save => front(state, tab::save),
        UiCommand::SaveAs => front(state, |state, id| tab::ask_save_as(state, id, None)),
        UiCommand::CloseTab => front(state, tab::close),
        UiCommand::NextTab => tab::step(state, 1),
        UiCommand::PreviousTab => tab::step(state, -1),
        UiCommand::Rename => selected
            .map(|path| entry::begin_rename(state, path))
            .unwrap_or_default(),
        UiCommand::Delete => selected
            .map(|path| entry::delete(state, path))
            .unwrap_or_default(),
        UiCommand::Duplicate => selected
            .map(|path| entry::duplicate(state, &path))
            .unwrap_or_default(),
        UiCommand::MoveTo => match selected {
            Some(path) => {
                let folder = path.parent().map(Into::into).unwrap_or_default();
                show(state, Dialog::Move { path, folder })
            }
            None => Vec::new(),
        },
        UiCommand::Undo => undo(state),
        UiCommand::FormatBody => front(state, |state, id| {
            if let Some(tab) = state.tab_mut(id) {
                tab.view.request = RequestPane::Message;
                tab.view.body = BodyView::Json;
                if let Some(document) = tab.draft.messages.get_mut(tab.view.message) {
                    document.format();
                }
            }
            Vec::new()
        }),
        UiCommand::GenerateMinimal => made(state, Style::Minimal, false),
        UiCommand::GenerateFull => made(state, Style::Full, false),
        UiCommand::GenerateExample => made(state, Style::Example, false),
        UiCommand::GenerateAnother => made(state, Style::Example, true),
        UiCommand::CreateMissing => front(state, generate::ask_missing_of),
        UiCommand::PasteRequest => {
            let commands = interop::open(state, String::new());
            state.platform.push(Platform::Paste);
            commands
        }
        UiCommand::PasteBytes => {
            state.dialog = Some(Dialog::Bytes(Box::default()));
            Vec::new()
        }
        UiCommand::CopyAs(form) => front(state, |state, tab| {
            interop::copy_as(state, tab, form, false)
        }),
        UiCommand::CopyWithCredentials(form) => {
            front(state, |state, tab| interop::copy_as(state, tab, form, true))
        }
        UiCommand::SaveMessages => front(state, |state, tab| {
            save_messages::ask(state, SaveDraft::new(tab))
        }),
        UiCommand::JumpInStream
        | UiCommand::PlotStream
        | UiCommand::PauseView
        | UiCommand::HoldReading => {
            front(state, |state, tab| stream_view::run(state, tab, command))
        }
        UiCommand::SaveLog => front(state, |state, tab| {
            let path = String::new();
            let replace = false;
            show(state, Dialog::SaveLog { tab, path, replace })
        }),
        UiCommand::OpenLog => {
            let path = String::new();
            show(state, Dialog::OpenLog { path })
        }
        UiCommand::ReplayLog => front(state, |state, tab| {
            logs::replay(state, tab, ReplayStep::Toggle)
        }),
        UiCommand::SendAgain => front(state, |state, tab| logs::send_again(state, tab)),
        UiCommand::MessageMemory => logs::show_memory(state),
        UiCommand::OpenWorkspace => show(
            state,
            Dialog::OpenWorkspace {
                path: String::new(),
            },
        ),
        UiCommand::NewWorkspace => show(
            state,
            Dialog::NewWorkspace {
                path: String::new(),
                name: String::new(),
            },
        ),
        UiCommand::ReloadWorkspace => workspace::reload(state),
        UiCommand::WorkspaceSettings => match state.workspace_file().map(WorkspaceEditor::of) {
            Some(editor) => show(state, Dialog::Workspace(Box::new(editor))),
            None => Vec::new(),
        },
        UiCommand::SchemaSources => {
            match state.workspace_file().map(|f| SourceEditor::of(&f.sources)) {
                Some(editor) => show(state, Dialog::Sources(editor)),
                None => Vec::new(),
            }
        }
        UiCommand::RefreshSchema => schema::refresh(state),
        UiCommand::CompareSchema => comparison::open(state),
        UiCommand::PinResponse => front(state, |state, id| diff::act(state, DiffAction::Pin(id))),
        UiCommand::CompareResponses => diff::act(state, DiffAction::Open),
        UiCommand::CompareEnvironments => front(state, diff_run::ask_environments),
        UiCommand::NextDifference => diff::act(state, DiffAction::Step(Towards::Next)),
        UiCommand::PreviousDifference => diff::act(state, DiffAction::Step(Towards::Previous)),
        UiCommand::CloseComparison => diff::act(state, DiffAction::Close),
        UiCommand::ShowProblems => show(state, Dialog::Problems),
        UiCommand::NewEnvironment => {
            let file = EnvironmentFile::default();
            show(
                state,
                Dialog::Environment(EnvironmentEditor { old: None, file }),
            )
        }
        UiCommand::EditEnvironment => edit_environment(state),
        UiCommand::ToggleTheme => {
            let theme = match Theme::parse(&state.window.theme) {
                Theme::Dark | Theme::System => Theme::Light,
                Theme::Light => Theme::Dark,
            };
            set_theme(state, theme)
        }
        UiCommand::SystemTheme => set_theme(state, Theme::System),
        UiCommand::FocusFilter => ask(state, Platform::FocusFilter),
        UiCommand::FocusTarget => ask(state, Platform::FocusTarget),
        UiCommand::ZoomIn => ask(state, Platform::Zoom(1.1)),
        UiCommand::ZoomOut => ask(state, Platform::Zoom(1.0 / 1.1)),
        UiCommand::ZoomReset => ask(state, Platform::Zoom(0.0)),
        UiCommand::About => show(state, Dialog::About),
    }
}

fn front(
    state: &mut AppState,
    run: impl FnOnce(&mut AppState, crate::app::TabId) -> Vec<Command>,
) -> Vec<Command> {
    match state.active {
        Some(id) => run(state, id),
        None => Vec::new(),
    }
}

/// Does something to the message that is shown.
fn shown(
    state: &mut AppState,
    run: impl FnOnce(&mut AppState, crate::app::TabId, usize) -> Vec<Command>,
) -> Vec<Command> {
    let message = state.active_tab().map_or(0, |tab| tab.view.message);
    front(state, |state, id| run(state, id, message))
}

fn made(state: &mut AppState, style: Style, again: bool) -> Vec<Command> {
    front(state, |state, id| generate::body(state, id, style, again))
}

fn show(state: &mut AppState, dialog: Dialog) -> Vec<Command> {
    state.dialog = Some(dialog);
    Vec::new()
}

fn ask(state: &mut AppState, what: Platform) -> Vec<Command> {
    state.platform.push(what);
    Vec::new()
}

/// What a notice can take back comes first; else the last edit of the message in front.
fn undo(state: &mut AppState) -> Vec<Command> {
    if state.notices.can_undo() {
        return entry::undo(state, None);
    }
    let edit = |tab: &mut Tab| {
        if let Some(document) = tab.draft.messages.get_mut(tab.view.message) {
            document.undo();
        }
    };
    if let Some(tab) = state.active.and_then(|id| state.tab_mut(id)) {
        edit(tab);
    }
    Vec::new()
}

/// Opens the environment that is chosen, else a new one, with a variable that is not defined yet.
pub(super) fn define_variable(state: &mut AppState, name: String) -> Vec<Command> {
    let (mut file, old) = match environment_to_edit(state) {
        Some(file) => (file.clone(), Some(file.name)),
        None => (EnvironmentFile::default(), None),
    };
    if !file.variables.iter().any(|variable| variable.name == name) {
        file.variables.push(Variable {
            name,
            ..Variable::default()
        });
    }
    show(state, Dialog::Environment(EnvironmentEditor { old, file }))
}

fn edit_environment(state: &mut AppState) -> Vec<Command> {
    let Some(file) = environment_to_edit(state) else {
        return Vec::new();
    };
    let old = Some(file.name.clone());
    show(state, Dialog::Environment(EnvironmentEditor { old, file }))
}

/// The environment that is chosen, secrets as typed in this run.
fn environment_to_edit(state: &AppState) -> Option<EnvironmentFile> {
    let mut file = state.environment().cloned()?;
    for variable in file.variables.iter_mut().filter(|v| v.secret) {
        let key = (file.name.clone(), variable.name.clone());
        if let Some(value) = state.secrets.get(&key) {
            variable.value.clone_from(value);
        }
    }
    Some(file)
}
