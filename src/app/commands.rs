//! The one table of commands: buttons, menus, the palette and shortcuts are all made from it.

use std::fmt;

use stubless_core::{
    call::Direction,
    interop::{CopyForm, Shell},
};

use super::{AppState, CallState, Tab, WorkspaceState};

/// Everything a person can do from the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the labels in the table say it")]
pub enum UiCommand {
    OpenPalette,
    Send,
    Cancel,
    SendMessage,
    SendNext,
    SendAll,
    Repeat,
    HalfClose,
    PreviousMessage,
    NextMessage,
    MoveMessageUp,
    MoveMessageDown,
    AddMessage,
    DuplicateMessage,
    RemoveMessage,
    NewRequest,
    NewFolder,
    Save,
    SaveAs,
    CloseTab,
    NextTab,
    PreviousTab,
    Rename,
    Delete,
    Duplicate,
    MoveTo,
    Undo,
    FormatBody,
    GenerateMinimal,
    GenerateFull,
    GenerateExample,
    GenerateAnother,
    CreateMissing,
    PasteRequest,
    /// Explains pasted bytes.
    PasteBytes,
    CopyAs(CopyForm),
    CopyWithCredentials(CopyForm),
    SaveMessages,
    JumpInStream,
    PlotStream,
    PauseView,
    HoldReading,
    SaveLog,
    OpenLog,
    ReplayLog,
    SendAgain,
    MessageMemory,
    OpenWorkspace,
    NewWorkspace,
    ReloadWorkspace,
    WorkspaceSettings,
    SchemaSources,
    RefreshSchema,
    ShowProblems,
    CompareSchema,
    PinResponse,
    CompareResponses,
    CompareEnvironments,
    NextDifference,
    PreviousDifference,
    CloseComparison,
    NewEnvironment,
    EditEnvironment,
    ToggleTheme,
    SystemTheme,
    FocusFilter,
    FocusTarget,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    About,
}

/// A key of a shortcut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the keys'")]
pub enum Key {
    Letter(char),
    Enter,
    Escape,
    Tab,
    Delete,
    PageUp,
    PageDown,
    F2,
    F5,
    F7,
    Plus,
    Minus,
    Zero,
}

/// A key with what is held down. `ctrl` is the command key on a Mac.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shortcut {
    /// Ctrl, or Command.
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
    /// Alt, or Option.
    pub alt: bool,
    /// The key.
    pub key: Key,
    /// Works while a text field has the keyboard.
    pub in_text: bool,
}

impl fmt::Display for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            let name = if cfg!(target_os = "macos") {
                "⌘"
            } else {
                "Ctrl+"
            };
            f.write_str(name)?;
        }
        if self.alt {
            let name = if cfg!(target_os = "macos") {
                "⌥"
            } else {
                "Alt+"
            };
            f.write_str(name)?;
        }
        if self.shift {
            f.write_str("Shift+")?;
        }
        match self.key {
            Key::Letter(letter) => write!(f, "{}", letter.to_ascii_uppercase()),
            Key::Enter => f.write_str("Enter"),
            Key::Escape => f.write_str("Esc"),
            Key::Tab => f.write_str("Tab"),
            Key::Delete => f.write_str("Del"),
            Key::PageUp => f.write_str("PgUp"),
            Key::PageDown => f.write_str("PgDn"),
            Key::F2 => f.write_str("F2"),
            Key::F5 => f.write_str("F5"),
            Key::F7 => f.write_str("F7"),
            Key::Plus => f.write_str("+"),
            Key::Minus => f.write_str("−"),
            Key::Zero => f.write_str("0"),
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct CommandInfo {
    /// Which.
    pub id: UiCommand,
    /// As on screen; `…` when a dialog follows.
    pub label: &'static str,
    /// Name of its icon in the theme.
    pub icon: &'static str,
    /// Its shortcut.
    pub shortcut: Option<Shortcut>,
    /// Whether the palette lists it.
    pub in_palette: bool,
    enabled: fn(&AppState) -> bool,
}

impl CommandInfo {
    /// Whether it can be done now.
    pub fn is_enabled(&self, state: &AppState) -> bool {
        (self.enabled)(state)
    }
}

impl UiCommand {
    /// Its line in the table.
    pub fn info(self) -> &'static CommandInfo {
        // Every command has a line (tested); the first one only satisfies the compiler.
        COMMANDS
            .iter()
            .find(|info| info.id == self)
            .unwrap_or(&COMMANDS[0])
    }
}

const fn ctrl(letter: char) -> Option<Shortcut> {
    Some(Shortcut {
        ctrl: true,
        shift: false,
        alt: false,
        key: Key::Letter(letter),
        in_text: true,
    })
}

const fn ctrl_shift(letter: char) -> Option<Shortcut> {
    Some(Shortcut {
        ctrl: true,
        shift: true,
        alt: false,
        key: Key::Letter(letter),
        in_text: true,
    })
}

const fn key(ctrl: bool, shift: bool, key: Key, in_text: bool) -> Option<Shortcut> {
    Some(Shortcut {
        ctrl,
        shift,
        alt: false,
        key,
        in_text,
    })
}

const fn alt(key: Key) -> Option<Shortcut> {
    Some(Shortcut {
        ctrl: false,
        shift: false,
        alt: true,
        key,
        in_text: true,
    })
}

fn always(_: &AppState) -> bool {
    true
}

fn has_tab(state: &AppState) -> bool {
    state.active.is_some()
}

fn has_workspace(state: &AppState) -> bool {
    matches!(state.workspace, WorkspaceState::Open(_))
}

fn front(state: &AppState, test: fn(&Tab) -> bool) -> bool {
    state.active_tab().is_some_and(test)
}

fn can_send(state: &AppState) -> bool {
    front(state, |t| !t.call.is_active() && !t.draft.method.is_empty())
}

fn has_method(state: &AppState) -> bool {
    front(state, |t| !t.draft.method.is_empty())
}

fn can_cancel(state: &AppState) -> bool {
    front(state, |t| t.call.is_active())
}

fn can_push(state: &AppState) -> bool {
    front(state, |t| t.call.takes_messages())
}

fn can_repeat(state: &AppState) -> bool {
    let well_typed = |tab: &Tab| tab.view.repeat.every().is_ok() && tab.view.repeat.count().is_ok();
    front(state, |tab| tab.call.repeats()) || (can_push(state) && front(state, well_typed))
}

/// The front request has a list of messages.
fn streams(state: &AppState) -> bool {
    let kind = state.active_tab().and_then(|tab| state.kind_of(tab));
    kind.is_some_and(|kind| kind.client_streams())
}

fn streams_several(state: &AppState) -> bool {
    front(state, |tab| tab.draft.messages.len() > 1) && streams(state)
}

fn has_stream(state: &AppState) -> bool {
    let exchange = state.active_tab().and_then(|tab| tab.call.exchange());
    exchange.is_some_and(|it| it.about.kind.server_streams() || it.about.kind.client_streams())
}

/// There is a table of messages to go through.
fn shows_stream(state: &AppState) -> bool {
    let some = |tab: &Tab| tab.call.exchange().is_some_and(|it| !it.log.is_empty());
    has_stream(state) && front(state, some)
}

/// The view can be paused while messages may come, and go on at any time.
fn pauses_view(state: &AppState) -> bool {
    let paused = |tab: &Tab| tab.view.stream.paused_at.is_some();
    reads_stream(state) || (has_stream(state) && front(state, paused))
}

fn reads_stream(state: &AppState) -> bool {
    has_stream(state) && state.active_tab().is_some_and(|tab| tab.call.is_active())
}

fn has_messages(state: &AppState) -> bool {
    front(state, |t| t.call.exchange().is_some())
}

/// What was sent and what came is whole: it can happen again.
fn has_ended(state: &AppState) -> bool {
    let ended =
        |tab: &Tab| matches!(&tab.call, CallState::Ended(exchange, _) if !exchange.log.is_empty());
    front(state, ended)
}

fn has_sent(state: &AppState) -> bool {
    let sent = |tab: &Tab| {
        let exchange = tab.call.exchange();
        exchange.is_some_and(|it| it.log.count(Direction::Sent) > 0)
    };
    front(state, sent)
}

fn has_selection(state: &AppState) -> bool {
    state.sidebar.selected.is_some()
}

fn can_undo(state: &AppState) -> bool {
    state.notices.can_undo() || has_tab(state)
}

fn several_tabs(state: &AppState) -> bool {
    state.tabs.len() > 1
}

fn can_compare(state: &AppState) -> bool {
    state.schemas.files.schema().is_some() && state.current_key().is_some()
}

/// The call in front is over: its response can be compared.
fn has_response(state: &AppState) -> bool {
    front(state, |tab| matches!(tab.call, CallState::Ended(..)))
}

fn can_compare_responses(state: &AppState) -> bool {
    has_response(state) || state.diffs.page.is_some() || !state.diffs.held.is_empty()
}

fn can_compare_environments(state: &AppState) -> bool {
    let environments = state.open_workspace().map(|it| it.environments.len());
    has_method(state) && environments.is_some_and(|count| count > 0)
}

/// The comparison of responses is in front.
fn compares(state: &AppState) -> bool {
    state.active.is_none() && state.diffs.page.is_some()
}

/// The types of the method in front are built: a body can be made of them.
fn can_generate(state: &AppState) -> bool {
    state.active_tab().is_some_and(|tab| {
        let key = state.reflect_key(Some(&tab.draft));
        let schema = state.schemas.schema_of(&tab.draft.method, key.as_ref());
        schema.is_some_and(|schema| schema.is_ready(&tab.draft.method))
    })
}

fn can_create_missing(state: &AppState) -> bool {
    has_workspace(state)
        && state.active_tab().is_some_and(|tab| {
            let key = state.reflect_key(Some(&tab.draft));
            let schema = state.schemas.schema_of(&tab.draft.method, key.as_ref());
            schema.is_some()
        })
}

fn has_environment(state: &AppState) -> bool {
    state.environment().is_some()
}

const fn line(
    id: UiCommand,
    label: &'static str,
    icon: &'static str,
    shortcut: Option<Shortcut>,
    enabled: fn(&AppState) -> bool,
) -> CommandInfo {
    CommandInfo {
        id,
        label,
        icon,
        shortcut,
        in_palette: true,
        enabled,
    }
}

/// The table, in the order the palette shows it. Shortcuts are tried in this order too: a push on an
/// open stream and a first send share Ctrl+Enter, and only one of them is enabled at a time.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo {
        in_palette: false,
        ..line(
            UiCommand::OpenPalette,
            "Search methods, requests, commands…",
            "magnifying-glass",
            ctrl('k'),
            always,
        )
    },
    line(
        UiCommand::SendMessage,
        "Send message",
        "paper-plane-right",
        key(true, false, Key::Enter, true),
        can_push,
    ),
    line(
        UiCommand::Send,
        "Send",
        "paper-plane-right",
        key(true, false, Key::Enter, true),
        can_send,
    ),
    line(
        UiCommand::Cancel,
        "Cancel call",
        "x-circle",
        key(false, false, Key::Escape, true),
        can_cancel,
    ),
    line(
        UiCommand::HalfClose,
        "Half-close",
        "flag-checkered",
        key(true, true, Key::Enter, true),
        can_push,
    ),
    line(
        UiCommand::SendNext,
        "Send next message",
        "skip-forward",
        alt(Key::Enter),
        can_push,
    ),
    line(
        UiCommand::SendAll,
        "Send all messages",
        "list-bullets",
        None,
        can_push,
    ),
    line(
        UiCommand::Repeat,
        "Repeat message, or stop repeating",
        "repeat",
        ctrl('r'),
        can_repeat,
    ),
    line(
        UiCommand::PreviousMessage,
        "Previous message",
        "caret-up",
        key(true, false, Key::PageUp, true),
        streams_several,
    ),
    line(
        UiCommand::NextMessage,
        "Next message",
        "caret-down",
        key(true, false, Key::PageDown, true),
        streams_several,
    ),
    line(
        UiCommand::MoveMessageUp,
        "Move message up",
        "arrow-up",
        key(true, true, Key::PageUp, true),
        streams_several,
    ),
    line(
        UiCommand::MoveMessageDown,
        "Move message down",
        "arrow-down",
        key(true, true, Key::PageDown, true),
        streams_several,
    ),
    line(UiCommand::AddMessage, "Add message", "plus", None, streams),
    line(
        UiCommand::DuplicateMessage,
        "Duplicate message",
        "copy",
        None,
        streams,
    ),
    line(
        UiCommand::RemoveMessage,
        "Remove message",
        "trash",
        None,
        streams_several,
    ),
    line(
        UiCommand::NewRequest,
        "New request",
        "plus",
        ctrl('n'),
        always,
    ),
    line(
        UiCommand::Save,
        "Save request",
        "floppy-disk",
        ctrl('s'),
        has_tab,
    ),
    line(
        UiCommand::SaveAs,
        "Save request as…",
        "floppy-disk",
        ctrl_shift('s'),
        has_tab,
    ),
    line(UiCommand::CloseTab, "Close tab", "x", ctrl('w'), has_tab),
    line(
        UiCommand::NextTab,
        "Next tab",
        "caret-right",
        key(true, false, Key::Tab, true),
        several_tabs,
    ),
    line(
        UiCommand::PreviousTab,
        "Previous tab",
        "caret-left",
        key(true, true, Key::Tab, true),
        several_tabs,
    ),
    line(
        UiCommand::FormatBody,
        "Lay out JSON",
        "text-indent",
        ctrl_shift('f'),
        has_tab,
    ),
    line(
        UiCommand::GenerateExample,
        "Generate example body",
        "magic-wand",
        None,
        can_generate,
    ),
    line(
        UiCommand::GenerateAnother,
        "Generate another example",
        "magic-wand",
        None,
        can_generate,
    ),
    line(
        UiCommand::GenerateMinimal,
        "Generate minimal body",
        "magic-wand",
        None,
        can_generate,
    ),
    line(
        UiCommand::GenerateFull,
        "Generate full body",
        "magic-wand",
        None,
        can_generate,
    ),
    line(
        UiCommand::CreateMissing,
        "Create missing requests…",
        "folder-plus",
        None,
        can_create_missing,
    ),
    line(
        UiCommand::PasteRequest,
        "Paste as request…",
        "clipboard-text",
        ctrl_shift('v'),
        always,
    ),
    line(
        UiCommand::PasteBytes,
        "Paste bytes to explain…",
        "binary",
        None,
        always,
    ),
    line(
        UiCommand::CopyAs(CopyForm::Grpcurl(Shell::Bash)),
        "Copy as grpcurl (bash)",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::Grpcurl(Shell::PowerShell)),
        "Copy as grpcurl (PowerShell)",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::Grpcurl(Shell::Cmd)),
        "Copy as grpcurl (cmd)",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::Stubless),
        "Copy as stubless call",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::JsonPretty),
        "Copy as JSON",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::JsonLine),
        "Copy as JSON on one line",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::TextFormat),
        "Copy as protobuf text format",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::Base64),
        "Copy as base64",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::Hex),
        "Copy as hex",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyAs(CopyForm::FramedHex),
        "Copy as hex with gRPC framing",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyWithCredentials(CopyForm::Grpcurl(Shell::Bash)),
        "Copy with credentials as grpcurl (bash)",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyWithCredentials(CopyForm::Grpcurl(Shell::PowerShell)),
        "Copy with credentials as grpcurl (PowerShell)",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyWithCredentials(CopyForm::Grpcurl(Shell::Cmd)),
        "Copy with credentials as grpcurl (cmd)",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::CopyWithCredentials(CopyForm::Stubless),
        "Copy with credentials as stubless call",
        "copy",
        None,
        has_method,
    ),
    line(
        UiCommand::SaveMessages,
        "Save or copy messages…",
        "download-simple",
        None,
        has_messages,
    ),
    line(
        UiCommand::JumpInStream,
        "Jump to message or time…",
        "crosshair",
        ctrl('g'),
        shows_stream,
    ),
    line(
        UiCommand::PlotStream,
        "Show or hide plots of the stream",
        "chart-line",
        None,
        has_stream,
    ),
    line(
        UiCommand::PauseView,
        "Pause or resume the view of the stream",
        "pause",
        None,
        pauses_view,
    ),
    line(
        UiCommand::HoldReading,
        "Pause or resume reading the stream",
        "hand-palm",
        None,
        reads_stream,
    ),
    line(
        UiCommand::SaveLog,
        "Save log, to open it again…",
        "floppy-disk",
        None,
        has_messages,
    ),
    line(
        UiCommand::OpenLog,
        "Open log…",
        "folder-open",
        None,
        has_workspace,
    ),
    line(
        UiCommand::ReplayLog,
        "Replay log, or leave the replay",
        "clock-counter-clockwise",
        None,
        has_ended,
    ),
    line(
        UiCommand::SendAgain,
        "Send what was sent again, as a new request",
        "repeat",
        None,
        has_sent,
    ),
    line(
        UiCommand::MessageMemory,
        "Message memory…",
        "database",
        None,
        always,
    ),
    line(
        UiCommand::RefreshSchema,
        "Refresh schema",
        "arrows-clockwise",
        key(false, false, Key::F5, true),
        has_workspace,
    ),
    line(
        UiCommand::SchemaSources,
        "Schema sources…",
        "file-code",
        None,
        has_workspace,
    ),
    line(
        UiCommand::ShowProblems,
        "Show problems…",
        "warning",
        None,
        has_workspace,
    ),
    line(
        UiCommand::CompareSchema,
        "Compare files with the server…",
        "arrows-left-right",
        None,
        can_compare,
    ),
    line(
        UiCommand::PinResponse,
        "Pin response for a comparison",
        "push-pin",
        None,
        has_response,
    ),
    line(
        UiCommand::CompareResponses,
        "Compare responses",
        "arrows-left-right",
        None,
        can_compare_responses,
    ),
    line(
        UiCommand::CompareEnvironments,
        "Compare in two environments…",
        "arrows-left-right",
        None,
        can_compare_environments,
    ),
    line(
        UiCommand::NextDifference,
        "Next difference",
        "arrow-down",
        key(false, false, Key::F7, true),
        compares,
    ),
    line(
        UiCommand::PreviousDifference,
        "Previous difference",
        "arrow-up",
        key(false, true, Key::F7, true),
        compares,
    ),
    line(
        UiCommand::CloseComparison,
        "Close comparison",
        "x",
        ctrl('w'),
        compares,
    ),
    line(
        UiCommand::NewEnvironment,
        "New environment…",
        "stack",
        None,
        has_workspace,
    ),
    line(
        UiCommand::EditEnvironment,
        "Edit environment…",
        "pencil-simple",
        ctrl('e'),
        has_environment,
    ),
    line(
        UiCommand::NewFolder,
        "New folder…",
        "folder-plus",
        None,
        has_workspace,
    ),
    line(
        UiCommand::Rename,
        "Rename",
        "pencil-simple",
        key(false, false, Key::F2, true),
        has_selection,
    ),
    line(
        UiCommand::Duplicate,
        "Duplicate request",
        "copy",
        ctrl('d'),
        has_selection,
    ),
    line(UiCommand::MoveTo, "Move to…", "folder", None, has_selection),
    line(
        UiCommand::Delete,
        "Delete",
        "trash",
        key(false, false, Key::Delete, false),
        has_selection,
    ),
    line(
        UiCommand::Undo,
        "Undo",
        "arrow-counter-clockwise",
        key(true, false, Key::Letter('z'), false),
        can_undo,
    ),
    line(
        UiCommand::OpenWorkspace,
        "Open workspace…",
        "folder-open",
        ctrl('o'),
        always,
    ),
    line(
        UiCommand::NewWorkspace,
        "New workspace…",
        "folder-plus",
        ctrl_shift('n'),
        always,
    ),
    line(
        UiCommand::WorkspaceSettings,
        "Workspace settings…",
        "gear-six",
        None,
        has_workspace,
    ),
    line(
        UiCommand::ReloadWorkspace,
        "Reload workspace",
        "arrows-clockwise",
        None,
        has_workspace,
    ),
    line(
        UiCommand::FocusFilter,
        "Filter services and requests",
        "funnel-simple",
        ctrl('p'),
        always,
    ),
    line(
        UiCommand::FocusTarget,
        "Go to target",
        "globe",
        ctrl('l'),
        has_tab,
    ),
    line(
        UiCommand::ToggleTheme,
        "Switch between dark and light",
        "moon",
        None,
        always,
    ),
    line(
        UiCommand::SystemTheme,
        "Use the system's theme",
        "moon",
        None,
        always,
    ),
    line(
        UiCommand::ZoomIn,
        "Zoom in",
        "plus",
        key(true, false, Key::Plus, true),
        always,
    ),
    line(
        UiCommand::ZoomOut,
        "Zoom out",
        "minus",
        key(true, false, Key::Minus, true),
        always,
    ),
    line(
        UiCommand::ZoomReset,
        "Reset zoom",
        "magnifying-glass",
        key(true, false, Key::Zero, true),
        always,
    ),
    line(
        UiCommand::About,
        "About Stubless and its shortcuts…",
        "info",
        None,
        always,
    ),
];
