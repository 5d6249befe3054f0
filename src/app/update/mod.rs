//! What an action does to the state. Pure: no files, no sockets; what has to be done outside is
//! returned as commands for the engine or left in [`AppState::platform`].

mod call;
mod comparison;
mod dialog;
mod diff;
mod diff_run;
mod entry;
mod generate;
mod health;
mod interop;
mod logs;
mod manifest;
mod run;
mod save_messages;
mod schema;
mod stream;
mod stream_view;
mod tab;
mod workspace;

use std::path::PathBuf;

use stubless_core::{
    call::Failure,
    engine::{CallId, Command, RepeatEnd},
    workspace::{RequestFile, WindowState},
};

pub(super) use call::{resume_after_failure, resume_waiting};
pub(super) use comparison::{again as compare_again, compared, failed as compare_failed};
pub(super) use dialog::roots_found;
pub use diff::choices as diff_choices;
pub(super) use diff::{
    done as diff_done, go_on as diff_goes_on, heard as diff_heard, keep_held,
    rows_made as diff_rows,
};
pub(crate) use generate::missing_is_ready;
pub(super) use interop::{copied, paste_read};
pub(super) use logs::{
    not_opened as log_not_opened, opened as log_opened, saved as log_saved, sent_taken,
};
pub(super) use save_messages::{messages_copied, messages_saved};
pub(super) use schema::{
    files_changed, fill_gaps, load_files, prepared, reached, reflect_if_needed,
};
pub(super) use tab::{open_request, remember};
pub(super) use workspace::{adopt, go_on, reread};

use super::{
    Action, AppState, CallState, HeldStage, Palette, PaletteItem, Platform, Refusal, Repeat,
    SchemaGroup, TabId, Theme,
};

/// A file operation whose answer is awaited.
#[derive(Debug, Clone)]
pub(super) enum Pending {
    /// A draft is saved over its file.
    Save {
        /// The tab.
        tab: TabId,
        /// What is being saved.
        saved: Box<RequestFile>,
    },
    /// A draft is saved as a new file.
    Create {
        /// The tab it belongs to; a new one when `None`.
        tab: Option<TabId>,
        /// What is being saved.
        saved: Box<RequestFile>,
        /// Its name is typed next.
        rename: bool,
    },
    /// Requests are made for the methods of a service.
    CreateMissing {
        /// The name of the folder they are made in.
        folder: String,
        /// How many.
        count: usize,
    },
    /// A folder is made.
    CreateFolder,
    /// A request or folder changes its place.
    Relocate {
        /// Where it was.
        from: PathBuf,
    },
    /// A request or folder is deleted.
    Delete {
        /// Where it was.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// A deletion is taken back.
    Restore {
        /// Where it is again.
        path: PathBuf,
    },
    /// An environment is saved, and chosen if none was or it was renamed.
    Environment {
        /// Its name.
        name: String,
        /// Its name before.
        old: Option<String>,
    },
    /// An environment is deleted; `None` when it only lives on under another name.
    DeleteEnvironment(Option<String>),
    /// `workspace.json` is saved.
    File,
    /// The folder is read again.
    Reload,
}

/// Applies an action; gives what the engine shall do, in order.
pub fn update(state: &mut AppState, action: Action) -> Vec<Command> {
    // Of the others a dialog may hold much, and be open behind a busy stream.
    let dialog = match action {
        Action::SaveAs { .. }
        | Action::CreateFolder { .. }
        | Action::SaveEnvironment { .. }
        | Action::SetSources(..)
        | Action::SaveWorkspaceFile(..)
        | Action::CreateMissing(..) => state.dialog.clone(),
        _ => None,
    };
    let commands = apply(state, action);
    // Until it is on disk, what was typed is kept beside the edit that saves it.
    if state.dialog.is_none()
        && let Some(dialog) = dialog
    {
        let edits = commands.iter().filter_map(|command| match command {
            Command::Edit(ticket, _) => Some((*ticket, dialog.clone())),
            _ => None,
        });
        state.committing.extend(edits);
    }
    let mut commands = commands;
    keep_held(state, &mut commands);
    commands
}

fn apply(state: &mut AppState, action: Action) -> Vec<Command> {
    match action {
        Action::Run(command) => run::run(state, command),
        Action::OpenRequest(path) => tab::open_request(state, &path),
        Action::OpenMethod { method, group } => tab::open_method(state, &method, group),
        Action::Activate(id) => tab::activate(state, id),
        Action::CloseTab(id) => tab::close(state, id),
        Action::WatchHealth(service) => health::watch(state, service),
        Action::StopHealth(id) => health::stop(state, id),
        Action::CheckHealth(id) => health::check(state, id),
        Action::SetMethod(id, method) => tab::set_method(state, id, &method),
        Action::CommitTarget(id) => schema::commit_target(state, id),
        Action::Send(id) => call::send(state, id),
        Action::SendConfirmed(id) => {
            state.dialog = None;
            call::start(state, id)
        }
        Action::Cancel(id) => call::cancel(state, id),
        Action::Push(id) => stream::push(state, id),
        Action::PushNext(id) => stream::push_next(state, id),
        Action::PushAll(id) => stream::push_all(state, id),
        Action::ToggleRepeat(id) => stream::toggle_repeat(state, id),
        Action::RefreshRepeat(id) => stream::refresh_repeat(state, id),
        Action::PushAnyway(id) => stream::push_anyway(state, id),
        Action::LeavePushFailure(id, show) => stream::leave_push_failure(state, id, show),
        Action::HalfClose(id) => stream::half_close(state, id),
        Action::AddMessage(id) => stream::add_message(state, id),
        Action::DuplicateMessage(id, index) => stream::duplicate_message(state, id, index),
        Action::MoveMessage { tab, from, to } => stream::move_message(state, tab, from, to),
        Action::RemoveMessage(id, index) => stream::remove_message(state, id, index),
        Action::ApplyFix(id, fix) => call::apply_fix(state, id, fix),
        Action::WantTexts(id, wanted) => call::want_texts(state, id, wanted),
        Action::HoldReading(id, hold) => stream_view::hold(state, id, hold),
        Action::CountMessages(id) => stream_view::count(state, id),
        Action::Filter(id) => stream_view::filter(state, id),
        Action::StopFilter(id) => stream_view::stop_filter(state, id),
        Action::Group(id) => stream_view::group(state, id),
        Action::WantCells(id, wanted) => stream_view::want_cells(state, id, wanted),
        Action::SendAgain(id, index) => stream_view::send_again(state, id, index),
        Action::JumpTo(id, place) => stream_view::jump(state, id, place),
        Action::WantBytes(id, index) => call::want_bytes(state, id, index),
        Action::ExplainBytes => interop::explain(state),
        Action::WantLevels(tree, levels) => call::want_levels(tree, &levels),
        Action::Message(task) => vec![Command::Message(task)],
        Action::SaveLog {
            tab,
            path,
            existing,
        } => logs::save(state, tab, path, existing),
        Action::OpenLog(path) => logs::open(state, path),
        Action::Replay(id, step) => logs::replay(state, id, step),
        Action::SetLogLimits(settings) => logs::set_limits(state, settings),
        Action::AskSave(draft) => save_messages::ask(state, *draft),
        Action::CheckSave => save_messages::check(state),
        Action::SaveMessages {
            tab,
            spec,
            path,
            existing,
        } => save_messages::save(state, tab, *spec, (path, existing)),
        Action::CopyMessages { tab, spec } => save_messages::copy(state, tab, *spec),
        Action::SaveSchema {
            group,
            form,
            path,
            existing,
        } => schema::save(state, group, form, path, existing),
        Action::Save(id) => tab::save(state, id),
        Action::SaveAs { tab, name, folder } => tab::save_as(state, tab, &name, folder),
        Action::TakeFromDisk(id) => tab::take_from_disk(state, id),
        Action::KeepTyped(id) => tab::keep_typed(state, id),
        Action::SaveAndGoOn => workspace::save_and_go_on(state),
        Action::DiscardAndGoOn => workspace::discard_and_go_on(state),
        Action::OpenWorkspace(path) => workspace::open(state, path),
        Action::CreateWorkspace { path, name } => workspace::create(state, path, name),
        Action::CreateFolder { parent, name } => entry::create_folder(state, parent, &name),
        Action::AskMissing { service, group } => generate::ask_missing(state, &service, group),
        Action::CreateMissing(missing) => generate::create_missing(state, &missing),
        Action::CreateRequest { folder } => entry::create_request(state, folder),
        Action::BeginRename(path) => entry::begin_rename(state, path),
        Action::EndRename => {
            state.sidebar.renaming = None;
            Vec::new()
        }
        Action::Rename { path, name } => entry::rename(state, path, &name),
        Action::Move { path, folder } => entry::move_to(state, path, folder),
        Action::Duplicate(path) => entry::duplicate(state, &path),
        Action::Delete(path) => entry::delete(state, path),
        Action::Undo(id) => entry::undo(state, Some(id)),
        Action::Dismiss(id) => {
            state.notices.dismiss(id);
            stream::forget_removed(state, id);
            Vec::new()
        }
        Action::CancelJob(id) => {
            state.jobs.cancel(id);
            Vec::new()
        }
        Action::SelectEnvironment(name) => manifest::select_environment(state, name),
        Action::SaveEnvironment { old, environment } => {
            manifest::save_environment(state, old, environment)
        }
        Action::DefineVariable(name) => run::define_variable(state, name),
        Action::DeleteEnvironment(name) => manifest::delete_environment(state, name),
        Action::SetSources(sources) => manifest::set_sources(state, sources),
        Action::AddSources(sources) => manifest::add_sources(state, sources),
        Action::MendSource(source, fix) => manifest::mend_source(state, source, fix),
        Action::FindRoots(files) => dialog::find_roots(state, files),
        Action::SaveWorkspaceFile(file) => {
            state.dialog = None;
            manifest::save_file(state, *file)
        }
        Action::Diff(action) => diff::act(state, action),
        Action::Show(dialog) => {
            state.dialog = Some(*dialog);
            Vec::new()
        }
        Action::CloseDialog => {
            state.dialog = None;
            Vec::new()
        }
        Action::Select(path) => {
            state.sidebar.selected = path;
            Vec::new()
        }
        Action::ShowChange { method, change } => {
            comparison::show(state, &method, change.as_deref())
        }
        Action::Prepare(schema, symbol) => schema::prepare(state, schema, symbol),
        Action::Check(id, check) => vec![Command::Check(id, check)],
        Action::StopCheck => vec![Command::StopCheck],
        Action::ShowSymbol(id, symbol) => tab::show_symbol(state, id, symbol),
        Action::WantPage(id) => tab::want_page(state, id),
        Action::BrowseSymbol { symbol, group } => tab::browse(state, symbol, group),
        Action::Search => search(state),
        Action::ClosePalette => {
            state.palette = None;
            Vec::new()
        }
        Action::Choose(item) => choose(state, item),
        Action::Browse(pick) => {
            state.platform.push(Platform::Browse(pick));
            Vec::new()
        }
        Action::Picked(pick, paths) => dialog::picked(state, &pick, &paths),
        Action::NoPlatformDialog => {
            state.notices.failure(Box::new(Failure {
                summary: "This system offers no file dialog".to_owned(),
                hint: "Type the path into the field beside the button".to_owned(),
                ..Failure::default()
            }));
            Vec::new()
        }
        Action::SetTheme(theme) => set_theme(state, theme),
        Action::CloseWindow => workspace::close_window(state),
        Action::KeepWindow(window) => keep_window(state, window),
        Action::Copy { what, text } => {
            state.platform.push(Platform::Copy(text));
            state.notices.info(format!("{what} copied"));
            Vec::new()
        }
        Action::OfferPaste(text) => {
            interop::offer(state, text);
            Vec::new()
        }
        Action::TakeOffer(id) => match state.notices.take_offer(id) {
            Some(text) => interop::open(state, text),
            None => Vec::new(),
        },
        Action::Paste(text) => interop::open(state, text),
        Action::ReadPaste => interop::read(state),
        Action::UsePaste { anew } => interop::take(state, anew),
        Action::CopyAs {
            tab,
            form,
            credentials,
        } => interop::copy_as(state, tab, form, credentials),
        Action::DroppedUnknown(paths) => {
            dialog::dropped_unknown(state, &paths);
            Vec::new()
        }
        Action::ReadBytes(place, file) => {
            state.platform.push(Platform::ReadBytes(place, file));
            Vec::new()
        }
        Action::BytesRead(place, read) => {
            dialog::bytes_read(state, &place, read);
            Vec::new()
        }
    }
}

/// The engine had no room for a command: what waits for its answer waits no longer, and says so.
pub fn refused(state: &mut AppState, refusal: Refusal) {
    let failure = || {
        Box::new(Failure {
            summary: "Stubless is busy and did not take this".to_owned(),
            reason: "too many commands wait for the background thread".to_owned(),
            hint: "Try again in a moment".to_owned(),
            ..Failure::default()
        })
    };
    match refusal {
        Refusal::Start(id) => {
            if let Some(tab) = state.tab_of_call(id) {
                tab.call = CallState::Rejected(failure());
            }
            if let Some(held) = state.diffs.response_mut(id) {
                held.stage = HeldStage::Failed(failure());
            }
        }
        // Asked for again in the next frame that still shows them.
        Refusal::Render(id, wanted) => {
            if let Some(held) = state.diffs.response_mut(id) {
                held.texts.forget_asked(&wanted);
            }
            let exchange = state
                .tab_of_call(id)
                .and_then(|tab| tab.call.exchange_mut());
            if let Some(exchange) = exchange {
                exchange.texts.forget_asked(&wanted);
            }
        }
        Refusal::Hold(id) => {
            let tab = state.tab_of_call(id);
            if let Some(exchange) = tab.and_then(|tab| tab.call.exchange_mut()) {
                exchange.hold.asked = exchange.hold.holds;
            }
            state.notices.failure(failure());
        }
        Refusal::Cells(..) | Refusal::Scan(..) => stream_view::refused(state, &refusal),
        // Asked for again in the next frame that still shows them.
        Refusal::Count(stats) => stats.give_up(),
        Refusal::Bytes(id, index) => {
            let exchange = state
                .tab_of_call(id)
                .and_then(|tab| tab.call.exchange_mut());
            if let Some(exchange) = exchange {
                exchange.trees.forget_asked(index);
            }
        }
        Refusal::Levels(tree, levels) => tree.forget_asked(&levels),
        // Whoever looks at the answer sees that there is none.
        Refusal::Message(task) => {
            task.give_up();
            state.notices.failure(failure());
        }
        Refusal::Repeat(id) => {
            let repeat = call_repeat(state, id);
            if let Some(repeat) = repeat {
                repeat.end = Some(RepeatEnd::Failed(failure()));
            }
        }
        // Told again in the next frame.
        Refusal::Repeated(id) => {
            if let Some(repeat) = call_repeat(state, id) {
                repeat.forget_told();
            }
        }
        Refusal::Schema(id) => {
            state.schemas.failed(id, failure());
        }
        // Asked for again in the next frame that needs it.
        Refusal::Prepare(symbol) => state.schemas.not_prepared(&symbol),
        Refusal::Compare(id) => comparison::failed(state, id, failure()),
        Refusal::Diff(id) => {
            diff::done(state, id, Err(failure()));
        }
        Refusal::DiffPair(id, pair) => diff::rows_made(state, id, pair, Err(failure())),
        // Asked for again in the next frame that still shows it.
        Refusal::Page(id) => state.pages.forget(id),
        Refusal::Job(id) => {
            state.jobs.forget(id);
            state.notices.failure(failure());
        }
        // Asked for again in the next frame that needs it.
        Refusal::Check(id) => state.checked = Some((id, None)),
        Refusal::Health(id) => {
            state.health.end(id);
            state.notices.failure(failure());
        }
        Refusal::Look(id) => {
            state.health.not_looked(id);
            state.notices.failure(failure());
        }
        Refusal::Edit(ticket) => {
            state.pending.remove(&ticket);
            state.after_saves = None;
            state.notices.failure(failure());
        }
        Refusal::Other => {
            state.notices.failure(failure());
        }
    }
}

fn call_repeat(state: &mut AppState, id: CallId) -> Option<&mut Repeat> {
    let exchange = state.tab_of_call(id)?.call.exchange_mut()?;
    exchange.repeat.as_mut()
}

fn search(state: &mut AppState) -> Vec<Command> {
    if let Some(mut palette) = state.palette.take() {
        palette.search(state);
        state.palette = Some(palette);
    }
    Vec::new()
}

/// Opens the palette with everything in it.
pub(super) fn open_palette(state: &mut AppState) -> Vec<Command> {
    state.dialog = None;
    state.palette = Some(Palette::default());
    search(state)
}

fn choose(state: &mut AppState, item: PaletteItem) -> Vec<Command> {
    state.palette = None;
    match item {
        PaletteItem::Command(command) => run::run(state, command),
        PaletteItem::Method(method, group, _) => {
            let commands = tab::open_method(state, &method, group);
            let schema = match group {
                SchemaGroup::Files => state.schemas.files.schema(),
                SchemaGroup::Target => state.current_slot().and_then(|slot| slot.schema()),
            };
            if let Some(schema) = schema.cloned() {
                state.sidebar.reveal(group, &schema, &method);
            }
            commands
        }
        PaletteItem::Symbol(symbol, group, _) => tab::browse(state, symbol, group),
        PaletteItem::Request(path) => tab::open_request(state, &path),
        PaletteItem::Environment(name) => manifest::select_environment(state, Some(name)),
        PaletteItem::Workspace(path) => workspace::open(state, path),
    }
}

fn set_theme(state: &mut AppState, theme: Theme) -> Vec<Command> {
    theme.as_str().clone_into(&mut state.window.theme);
    vec![Command::RememberWindow(state.window.clone())]
}

fn keep_window(state: &mut AppState, window: WindowState) -> Vec<Command> {
    if state.window == window {
        return Vec::new();
    }
    state.window = window;
    vec![Command::RememberWindow(state.window.clone())]
}
