//! What a view asks for. Plain data: a view returns it, [`update`](super::update) applies it.

use std::path::PathBuf;

use stubless_core::{
    call::{Fix, StreamStats},
    engine::{
        CallId, CheckId, CompareId, DiffId, DiffPair, HealthId, JobId, MessageTask, PageId,
        RenderStyle, SaveSpec, ScanId, SchemaId, Ticket,
    },
    interop::CopyForm,
    message::{
        BodyCheck, DocumentId, Path,
        wire_tree::{LevelKey, WireTree},
    },
    schema::{Existing, Fix as SourceFix, SaveForm, Schema, drift::Change},
    workspace::{
        EnvironmentFile, LogSettings, SourceSpec, TargetSettings, WindowState, WorkspaceFile,
    },
};

use super::{
    Dialog, DiffAction, MissingRequests, NoticeId, PaletteItem, Place, ReplayStep, SaveDraft,
    SchemaGroup, TabId, Theme, UiCommand,
};

/// What the person did. Each variant says what follows.
#[derive(Debug, Clone)]
pub enum Action {
    /// A command of the table, from a button, a menu, the palette or a shortcut.
    Run(UiCommand),
    /// Opens a saved request in a tab, or brings its tab to the front.
    OpenRequest(PathBuf),
    /// Opens a method as an unsaved draft with a generated body.
    OpenMethod {
        /// `pkg.Service/Method`
        method: String,
        /// Where it was found.
        group: SchemaGroup,
    },
    /// Brings a tab to the front.
    Activate(TabId),
    /// Closes a tab; asks when something is unsaved.
    CloseTab(TabId),
    /// Watches the health of the target at hand: of a service, or of the whole server when empty.
    WatchHealth(String),
    /// Ends a health watch.
    StopHealth(HealthId),
    /// Looks at a target's health now.
    CheckHealth(HealthId),
    /// Chooses the method of a draft; a body that was never touched is generated anew.
    SetMethod(TabId, String),
    /// The person is done typing a target or its settings: its schema is asked for if it is not known.
    CommitTarget(TabId),
    /// Makes the call; asks first in a production environment.
    Send(TabId),
    /// Makes the call without asking: the person was asked.
    SendConfirmed(TabId),
    /// Cancels the call, in any phase.
    Cancel(TabId),
    /// Sends the message that is shown, on the open stream.
    Push(TabId),
    /// Sends the prepared message at the marker and moves the marker on.
    PushNext(TabId),
    /// Sends all prepared messages in order.
    PushAll(TabId),
    /// Begins to send again and again what the form of the repetition says, or ends that.
    ToggleRepeat(TabId),
    /// Messages of a repetition were edited: from now on it sends them as they stand.
    RefreshRepeat(TabId),
    /// Puts the words about a message that was not sent away; `true` shows that message.
    LeavePushFailure(TabId, bool),
    /// Sends by hand what was refused for the rules it breaks; this call does not ask again.
    PushAnyway(TabId),
    /// Closes the sending side.
    HalfClose(TabId),
    /// Adds a prepared message after the one shown.
    AddMessage(TabId),
    /// Adds a copy of a prepared message after it.
    DuplicateMessage(TabId, usize),
    /// Moves a prepared message.
    MoveMessage {
        /// The tab.
        tab: TabId,
        /// Where it stands.
        from: usize,
        /// Where it stands afterwards.
        to: usize,
    },
    /// Removes a prepared message; the last one stays. A notice takes it back.
    RemoveMessage(TabId, usize),
    /// Applies the button of an error card to a tab.
    ApplyFix(TabId, Fix),
    /// Texts that came into view.
    WantTexts(TabId, Vec<(usize, RenderStyle)>),
    /// Stops reading a stream, so that flow control holds the server, or goes on with it.
    HoldReading(TabId, bool),
    /// The statistics of a stream are looked at and are behind its log: they are counted.
    CountMessages(TabId),
    /// The filter bar of a stream changed: what it asks for is looked for.
    Filter(TabId),
    /// The filter stops where it is; what it found stays.
    StopFilter(TabId),
    /// The groups of a stream were opened, closed or set up otherwise.
    Group(TabId),
    /// Cells of columns that came into view.
    WantCells(TabId, Vec<usize>),
    /// Sends a message of the log that was sent before once more.
    SendAgain(TabId, usize),
    /// Shows a place of a stream.
    JumpTo(TabId, Place),
    /// A message is wanted as a tree of its fields.
    WantBytes(TabId, usize),
    /// The text or type in the dialog of pasted bytes changed.
    ExplainBytes,
    /// Levels of such a tree that came into view.
    WantLevels(WireTree, Vec<LevelKey>),
    /// Looks closely at one message.
    Message(Box<MessageTask>),
    /// Opens the dialog in which messages are saved or copied.
    AskSave(Box<SaveDraft>),
    /// Looks at what was typed in that dialog.
    CheckSave,
    /// Writes messages to a file.
    SaveMessages {
        /// The tab.
        tab: TabId,
        /// Which, and how.
        spec: Box<SaveSpec>,
        /// The file.
        path: PathBuf,
        /// What becomes of one that is there.
        existing: Existing,
    },
    /// Saves the log of a tab's call.
    SaveLog {
        /// The tab.
        tab: TabId,
        /// The file.
        path: PathBuf,
        /// What becomes of one that is there.
        existing: Existing,
    },
    /// Opens a log that was saved, as a tab.
    OpenLog(PathBuf),
    /// Lets the messages of a tab's log happen again, for the eye.
    Replay(TabId, ReplayStep),
    /// Changes what the messages of all calls may take.
    SetLogLimits(LogSettings),
    /// Writes messages as text for the clipboard.
    CopyMessages {
        /// The tab.
        tab: TabId,
        /// Which, and how.
        spec: Box<SaveSpec>,
    },
    /// Saves a schema.
    SaveSchema {
        /// Which.
        group: SchemaGroup,
        /// As what.
        form: SaveForm,
        /// The file, or the folder of `.proto` files.
        path: PathBuf,
        /// What happens to files that hold something else.
        existing: Existing,
    },
    /// Saves a draft; an unsaved one asks for a name and a folder.
    Save(TabId),
    /// Saves a draft as a new file.
    SaveAs {
        /// The tab.
        tab: TabId,
        /// Name of the request.
        name: String,
        /// Folder, `requests` or below.
        folder: PathBuf,
    },
    /// Takes what the file holds now, in place of what was typed.
    TakeFromDisk(TabId),
    /// Keeps what was typed; the next save replaces what the file holds now.
    KeepTyped(TabId),
    /// Answers the question about unsaved changes: save them, then go on.
    SaveAndGoOn,
    /// Answers it: go on without saving.
    DiscardAndGoOn,
    /// Opens a workspace; asks when something is unsaved.
    OpenWorkspace(PathBuf),
    /// Makes a workspace and opens it.
    CreateWorkspace {
        /// Its folder.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// Makes a folder.
    CreateFolder {
        /// Where.
        parent: PathBuf,
        /// Its name.
        name: String,
    },
    /// Makes a request in a folder and opens it.
    CreateRequest {
        /// Where.
        folder: PathBuf,
    },
    /// Shows which methods of a service have no saved request.
    AskMissing {
        /// `pkg.Service`
        service: String,
        /// Where it was found.
        group: SchemaGroup,
    },
    /// Makes those that are chosen.
    CreateMissing(Box<MissingRequests>),
    /// Begins typing a new name in the tree.
    BeginRename(PathBuf),
    /// Renames a request or folder.
    Rename {
        /// Which.
        path: PathBuf,
        /// New name.
        name: String,
    },
    /// Moves a request or folder.
    Move {
        /// Which.
        path: PathBuf,
        /// Where to.
        folder: PathBuf,
    },
    /// Copies a request in its folder.
    Duplicate(PathBuf),
    /// Deletes a request or folder; a notice takes it back.
    Delete(PathBuf),
    /// The inline rename was left without a new name.
    EndRename,
    /// Takes a deletion back.
    Undo(NoticeId),
    /// Stops work that takes a while.
    CancelJob(JobId),
    /// Forgets a notice.
    Dismiss(NoticeId),
    /// Chooses the environment.
    SelectEnvironment(Option<String>),
    /// Saves an environment; `old` is its name before, of one that was renamed.
    SaveEnvironment {
        /// Name before.
        old: Option<String>,
        /// The environment.
        environment: EnvironmentFile,
    },
    /// Opens the environment, or a new one, with a variable of this name to fill in.
    DefineVariable(String),
    /// Deletes an environment.
    DeleteEnvironment(String),
    /// Replaces the schema sources.
    SetSources(Vec<SourceSpec>),
    /// Adds schema sources (files dropped on the window).
    AddSources(Vec<SourceSpec>),
    /// Mends a problem by a change of the source it came from: the one at an index, of those that are files.
    MendSource(usize, SourceFix),
    /// Asks which import roots files and folders (whole paths) have where none are given.
    FindRoots(Vec<PathBuf>),
    /// Saves `workspace.json`.
    SaveWorkspaceFile(Box<WorkspaceFile>),
    /// Something about the comparison of responses.
    Diff(DiffAction),
    /// Opens a dialog in place of the one that is open.
    Show(Box<Dialog>),
    /// Closes the dialog.
    CloseDialog,
    /// Selects a row of the sidebar.
    Select(Option<PathBuf>),
    /// A symbol of a schema is wanted that is not built yet.
    Prepare(Schema, String),
    /// A large body was changed, and typing pauses: it is to be checked.
    Check(CheckId, Box<BodyCheck>),
    /// A body that is being checked was changed.
    StopCheck,
    /// Opens the method of a difference, and shows its field: in the form where it has it, else in Docs.
    ShowChange {
        /// `pkg.Service/Method`
        method: String,
        /// The difference; `None` for the method alone.
        change: Option<Box<Change>>,
    },
    /// Shows a symbol in the Docs pane.
    ShowSymbol(TabId, String),
    /// Docs of a tab came into view, and its page is not there.
    WantPage(TabId),
    /// Shows a symbol in the Docs pane of the tab in front; without one, of a new request.
    BrowseSymbol {
        /// Full name.
        symbol: String,
        /// Where it was found.
        group: SchemaGroup,
    },
    /// The palette's query changed.
    Search,
    /// The palette is closed without a choice.
    ClosePalette,
    /// An entry of the palette was chosen.
    Choose(PaletteItem),
    /// Asks the platform for a path.
    Browse(Pick),
    /// The platform's answer; `None` when the person chose nothing.
    Picked(Pick, Vec<PathBuf>),
    /// A platform dialog is not to be had here; the path must be typed.
    NoPlatformDialog,
    /// Chooses a theme.
    SetTheme(Theme),
    /// The window was asked to close; asks when something is unsaved.
    CloseWindow,
    /// The window's size, place or zoom as they are now.
    KeepWindow(WindowState),
    /// Puts a text on the clipboard.
    Copy {
        /// What it is, for the notice: `Response`.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// A text that looks like a command was pasted into a field that has no use for it.
    OfferPaste(String),
    /// Takes an offer: opens the dialog for the pasted text.
    TakeOffer(NoticeId),
    /// Opens the dialog for a pasted text.
    Paste(String),
    /// The text in that dialog changed: it is read again.
    ReadPaste,
    /// Makes what the dialog shows a new request, or puts it into the tab the dialog was opened from.
    UsePaste {
        /// As a new request.
        anew: bool,
    },
    /// Copies a request in another form.
    CopyAs {
        /// The tab.
        tab: TabId,
        /// As what.
        form: CopyForm,
        /// Secrets stand in a command in clear.
        credentials: bool,
    },
    /// Files were dropped that are of no use here.
    DroppedUnknown(Vec<PathBuf>),
    /// The content of a file is wanted in a field of bytes.
    ReadBytes(BytesPlace, PathBuf),
    /// The platform's answer: base64, or why there is none.
    BytesRead(BytesPlace, Result<String, String>),
}

/// A field of bytes in a message of a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BytesPlace {
    /// The tab.
    pub tab: TabId,
    /// Which of its prepared messages.
    pub message: DocumentId,
    /// The field.
    pub path: Path,
}

/// A file that settings name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsFile {
    /// Further roots.
    CaCert,
    /// The client's certificate chain.
    ClientCert,
    /// The client's key.
    ClientKey,
    /// Both in one file.
    ClientP12,
    /// Where TLS secrets are appended.
    KeyLog,
}

impl SettingsFile {
    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::CaCert => "CA file",
            Self::ClientCert => "Client certificate",
            Self::ClientKey => "Client key",
            Self::ClientP12 => "PKCS#12 file",
            Self::KeyLog => "Key log",
        }
    }

    /// Its place in the settings.
    pub fn of(self, settings: &mut TargetSettings) -> &mut Option<PathBuf> {
        match self {
            Self::CaCert => &mut settings.ca_cert,
            Self::ClientCert => &mut settings.client_cert,
            Self::ClientKey => &mut settings.client_key,
            Self::ClientP12 => &mut settings.client_p12,
            Self::KeyLog => &mut settings.key_log,
        }
    }

    /// Puts a chosen file into the settings. The client has one certificate: files of the other form
    /// make place for it.
    pub fn choose(self, settings: &mut TargetSettings, path: PathBuf) {
        match self {
            Self::ClientCert | Self::ClientKey => {
                settings.client_p12 = None;
                settings.client_p12_password = None;
            }
            Self::ClientP12 => {
                settings.client_cert = None;
                settings.client_key = None;
            }
            Self::CaCert | Self::KeyLog => {}
        }
        *self.of(settings) = Some(path);
    }
}

/// What a chosen path is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// The folder of a workspace to open.
    OpenWorkspace,
    /// The folder of a new workspace.
    NewWorkspace,
    /// `.proto` files of a source.
    ProtoFiles,
    /// A folder of `.proto` files.
    ProtoFolder,
    /// An import root of the source in this row.
    ImportRoot(usize),
    /// A descriptor set.
    DescriptorSet,
    /// A file of a draft's settings, or of the workspace's.
    Settings(SettingsFile, Option<TabId>),
    /// Where the log of a tab's call is saved.
    SaveLog(TabId),
    /// A log to open.
    OpenLog,
    /// Where messages are saved, with a name to begin with: those of the dialog that is open.
    SaveMessages(String),
    /// Where a schema is saved.
    SaveSchema(SchemaGroup, SaveForm),
    /// A file whose content goes into a field of bytes.
    Bytes(BytesPlace),
}

/// What only the platform can do; the window takes these after every update.
#[derive(Debug, Clone, PartialEq)]
pub enum Platform {
    /// Show a file dialog.
    Browse(Pick),
    /// Read a file into a field of bytes.
    ReadBytes(BytesPlace, PathBuf),
    /// Put a text on the clipboard.
    Copy(String),
    /// Give what is on the clipboard to the field that has the keyboard.
    Paste,
    /// Close the window: nothing is unsaved any more.
    Close,
    /// Put the keyboard into the filter of the sidebar.
    FocusFilter,
    /// Put the keyboard into the target.
    FocusTarget,
    /// Change the zoom by this factor; 0 resets it.
    Zoom(f32),
}

/// What happens after the question about unsaved changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterUnsaved {
    /// The tab is closed.
    CloseTab(TabId),
    /// The window is closed.
    CloseWindow,
    /// Another workspace is opened.
    OpenWorkspace(PathBuf),
    /// A workspace is made.
    CreateWorkspace(PathBuf, String),
}

/// What a command was about that the engine had no room for.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// A call was not started.
    Start(CallId),
    /// Texts were not asked for.
    Render(CallId, Vec<(usize, RenderStyle)>),
    /// Reading was not held, or not let go on.
    Hold(CallId),
    /// Cells were not asked for.
    Cells(CallId, Vec<usize>),
    /// A filter or groups were not begun.
    Scan(CallId, ScanId),
    /// Messages were not counted.
    Count(StreamStats),
    /// A message was not opened as a tree of its fields.
    Bytes(CallId, usize),
    /// Levels of such a tree were not read.
    Levels(WireTree, Vec<LevelKey>),
    /// A repetition was not begun.
    Repeat(CallId),
    /// A repetition was not told of an edit.
    Repeated(CallId),
    /// A schema was not asked for.
    Schema(SchemaId),
    /// What a symbol needs was not built.
    Prepare(String),
    /// Schemas were not compared.
    Compare(CompareId),
    /// Responses were not compared.
    Diff(DiffId),
    /// A pair of messages was not compared.
    DiffPair(DiffId, DiffPair),
    /// A page was not asked for.
    Page(PageId),
    /// A health watch was not begun.
    Health(HealthId),
    /// A target's health was not looked at.
    Look(HealthId),
    /// Work that would take a while was not begun.
    Job(JobId),
    /// Nothing was done with one message.
    Message(Box<MessageTask>),
    /// A body was not checked.
    Check(CheckId),
    /// A change of the workspace was not made.
    Edit(Ticket),
    /// Something that the person can press again.
    Other,
}
