//! The background runtime: a [`Command`] goes in, [`Event`]s come out. One thread drives all sockets;
//! files, compiling and text are done on worker threads. Nothing here waits for the window.
//!
//! ```text
//! window ── Command (bounded, 256) ──▶ runtime ─┬─ calls   one task a call; log ◀─ messages
//!    ▲                                          ├─ schemas compile, reflect; watch files
//!    │                                          ├─ texts   wire bytes → JSON, newest wish first
//!    └── Event ◀── outbox ◀─────────────────────┴─ files   workspace edits, in order
//! ```
//! Every task is owned: dropping the [`Engine`] cancels calls, lets edits finish, and waits at most
//! two seconds.

mod answer;
mod apart;
mod by_hand;
mod calls;
mod checks;
mod diffs;
mod files;
mod health;
mod interop;
mod job;
mod logs;
mod messages;
mod outbox;
mod repeat;
mod runtime;
mod save;
mod scans;
mod schemas;
#[cfg(test)]
mod tests;
mod texts;
mod trees;
mod watch;

pub use answer::Answer;
pub use diffs::{DiffPair, DiffResult, DiffSide, DiffSpec};
pub use health::{HealthChange, HealthCheck, HealthId, HealthSpec, HealthState, Serving};
pub use job::{Job, JobId, Work};
pub use logs::{OpenedLog, SentTexts};
pub use messages::{MessageTask, OpenedMessage};
pub use repeat::{Prepared, REPEAT_EVERY, RepeatEnd, RepeatId, RepeatProgress, RepeatSpec};
pub use runtime::{Engine, EngineFull};
pub use save::{
    CopiedMessages, CsvColumn, MAX_COPIED, MessageForm, SaveSpec, SaveWhat, Written, save_messages,
};
pub use scans::{CellRow, CellsRead, ScanId, ScanRefusal};
pub use trees::Explained;

use std::{path::PathBuf, sync::Arc};

use crate::{
    call::{
        CallEvent, CallSpec, Failure, Finished, LogBudget, LogFacts, LogSaved, MessageLog,
        StreamStats,
        scan::{Filter, GroupSpec, Grouping, Scan, TextFound, TextSearch},
    },
    grpc::ConnectInfo,
    interop::{Candidate, Copied, CopyForm, Outgoing},
    message::{
        BodyCheck, BodyReport, JsonText, MessageDiff, Scope,
        wire_tree::{LevelKey, WireTree},
    },
    schema::{
        Existing, Loaded, Problem, SaveForm, Saved, Schema, Source, SymbolPage, drift::Drift,
    },
    workspace::{
        AppDirs, CompareSettings, EnvironmentFile, LogSettings, MetadataRow, Recent, RequestFile,
        TargetSettings, Undo, WindowState, Workspace, WorkspaceFile,
    },
};

/// A call, unique in this run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// A request for a schema, unique in this run; answers to superseded ones are dropped by the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub u64);

/// A comparison, unique in this run; answers to superseded ones are dropped by the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CompareId(pub u64);

/// A comparison of two responses, unique in this run; answers to superseded ones are dropped by the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DiffId(pub u64);

/// A request for a symbol's page, unique in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageId(pub u64);

/// A pasted text, unique in this run; answers to superseded ones are dropped by the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PasteId(pub u64);

/// A check of a body, unique in this run; answers to superseded ones are dropped by the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckId(pub u64);

/// Marks the answer to a file operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// How a message of a log is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RenderStyle {
    /// One line, cut at a few hundred bytes.
    Preview,
    /// Pretty, whole.
    Full,
}

/// The target of a reflection.
#[derive(Debug, Clone)]
pub struct ReflectSpec {
    /// Target as written.
    pub target: String,
    /// How it is reached.
    pub settings: TargetSettings,
    /// The call's own metadata, sent unless the settings have some for reflection.
    pub metadata: Vec<MetadataRow>,
    /// Variables.
    pub scope: Scope,
    /// What relative paths start from.
    pub base: PathBuf,
    /// The workspace's files, for imports that the server does not send.
    pub filling: Option<Schema>,
}

/// What the workspace's schema is compared with.
#[derive(Debug, Clone)]
pub enum Compared {
    /// What a server says of itself now.
    Asked(Box<ReflectSpec>),
    /// What it said before.
    Known(Schema),
}

/// A change to the workspace on disk. Done in the order sent.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    missing_docs,
    reason = "the fields are the arguments of the functions of `Workspace`"
)]
pub enum WorkspaceEdit {
    /// Save a request over its file; `base` is what was last read or saved.
    SaveRequest {
        path: PathBuf,
        base: Box<RequestFile>,
        new: Box<RequestFile>,
    },
    /// Make a request in a folder.
    CreateRequest {
        folder: PathBuf,
        request: Box<RequestFile>,
    },
    /// Make requests in a folder, or in a new one below it: all of them, or none.
    CreateRequests {
        folder: PathBuf,
        new_folder: Option<String>,
        requests: Vec<RequestFile>,
    },
    /// Make a folder.
    CreateFolder { parent: PathBuf, name: String },
    /// Rename.
    Rename { path: PathBuf, name: String },
    /// Move into a folder.
    Move { path: PathBuf, folder: PathBuf },
    /// Delete, so that it can be taken back.
    Delete { path: PathBuf },
    /// Take a deletion back.
    Restore { undo: Undo },
    /// Save `workspace.json`.
    SaveFile { file: Box<WorkspaceFile> },
    /// Save an environment.
    SaveEnvironment { environment: EnvironmentFile },
    /// Delete an environment.
    DeleteEnvironment { name: String },
    /// Read the folder again.
    Reload,
}

/// What the engine is asked to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// From the Send button. Answered by `Call…` events until `CallFinished` or `CallFailed`.
    StartCall(CallId, Box<CallSpec>),
    /// Sends more messages, in order. A mistake in one is answered by `PushFailed`, and then none is sent.
    Push(CallId, Vec<Prepared>),
    /// What is sent by hand from here on may break rules of its schema; until then such a message is
    /// refused, with [`Fix::SendAnyway`](crate::call::Fix::SendAnyway).
    WaiveRules(CallId),
    /// Sends messages again and again, in place of a repetition that runs. Answered by `RepeatStarted`, and
    /// by `RepeatEnded` in any case.
    Repeat(CallId, RepeatSpec),
    /// What a repetition sends from its next turn on.
    ReplaceRepeated(CallId, RepeatId, Vec<Prepared>),
    /// Ends a repetition; the stream stays open.
    StopRepeat(CallId, RepeatId),
    /// Closes the sending side.
    HalfClose(CallId),
    /// Stops reading, so that flow control holds the server, or goes on with it. Answered by
    /// [`CallEvent::Held`].
    HoldReading(CallId, bool),
    /// Counts what a log has and its statistics do not, for a view that looks at them; it is woken then.
    CountMessages(MessageLog, StreamStats),
    /// Cancels, in any phase.
    Cancel(CallId),
    /// Forgets a call that ended: its log is freed once the window lets go of it.
    Forget(CallId),
    /// Asks for the text of messages. Answered by `Rendered`.
    Render {
        /// The call.
        call: CallId,
        /// Indices into its log.
        wanted: Vec<(usize, RenderStyle)>,
    },
    /// Looks through a call's log for messages that pass a filter, while it grows. Answered by `ScanStarted`
    /// or `ScanRefused`; an id that is used again stops what it stood for.
    Scan(ScanId, CallId, Box<Filter>),
    /// Groups a call's messages by a field, while the log grows. Answered by `GroupStarted` or `ScanRefused`.
    Group(ScanId, CallId, Box<GroupSpec>),
    /// Ends a scan, a grouping or a search; what was found stays. Dropping the handle does the same.
    StopScan(ScanId),
    /// The next or the previous message with a text. Answered by `TextFound` or `ScanRefused`, unless it is
    /// stopped.
    FindText(ScanId, CallId, Box<TextSearch>),
    /// Asks for the columns of rows. Answered by `CellsRead`, in parts. Where neither type has a path its
    /// column is empty: [`FieldPath::parse`](crate::message::FieldPath::parse) says so beforehand.
    ReadCells {
        /// The call.
        call: CallId,
        /// Paths of fields, a column each.
        columns: Arc<[String]>,
        /// Indices into its log.
        wanted: Vec<usize>,
    },
    /// Opens a message as a tree of its fields. Answered by `BytesOpened`.
    OpenBytes {
        /// The call.
        call: CallId,
        /// Index into its log.
        index: usize,
    },
    /// Reads levels of such a tree; who looks at it sees them.
    ReadLevels(WireTree, Vec<LevelKey>),
    /// Opens pasted bytes as a tree of their fields. Answered by `BytesExplained`.
    ExplainBytes {
        /// Hex or base64.
        text: String,
        /// The type's full name; empty for none.
        message: String,
        /// Where it is found.
        schema: Option<Schema>,
    },
    /// Looks closely at one message.
    Message(Box<MessageTask>),
    /// Writes messages to a file the person chose. Answered by `MessagesSaved` or a `Notice`, unless the job
    /// is cancelled: then the file stays as it was.
    SaveMessages {
        /// The call.
        call: CallId,
        /// Which messages, and how.
        spec: Box<SaveSpec>,
        /// The file.
        path: PathBuf,
        /// What becomes of a file that is there.
        existing: Existing,
        /// How far it is.
        job: Job,
    },
    /// Writes messages as text of up to 16 MiB. Answered by `MessagesCopied` or a `Notice`, unless the job is
    /// cancelled.
    CopyMessages {
        /// The call.
        call: CallId,
        /// Which messages, and how.
        spec: Box<SaveSpec>,
        /// How far it is.
        job: Job,
    },
    /// Saves the log of a call. Answered by `LogSaved` or a `Notice`.
    SaveLog {
        /// The call.
        call: CallId,
        /// What is known of it; when it began is added.
        facts: Box<LogFacts>,
        /// The file.
        path: PathBuf,
        /// What becomes of a file that is there.
        existing: Existing,
        /// Tells how many bytes are written.
        job: Job,
    },
    /// Opens a log that was saved; from then on it is known as the call of this id. Answered by `LogOpened` or
    /// `LogNotOpened`.
    OpenLog {
        /// A new id.
        call: CallId,
        /// The file.
        path: PathBuf,
        /// Tells how many bytes are read.
        job: Job,
    },
    /// Asks for the texts of the messages that a call sent. Answered by `SentTaken`.
    TakeSent(CallId),
    /// Changes what all logs may hold, and keeps that for the next run.
    SetLogLimits(LogSettings),
    /// Saves a schema where the person chose. Answered by `SchemaSaved` or a `Notice`.
    SaveSchema {
        /// The schema.
        schema: Schema,
        /// As what.
        form: SaveForm,
        /// The file, or the folder of `.proto` files.
        path: PathBuf,
        /// What happens to files that hold something else.
        existing: Existing,
    },
    /// Loads and merges file sources. Answered by `SchemaLoaded`. From then on their files are watched, in
    /// place of those before: `SchemaFilesChanged` follows each change.
    LoadSchema(SchemaId, Vec<Source>),
    /// Builds what a symbol of a schema needs, before the window looks it up. Answered by `SymbolPrepared`.
    PrepareSymbol(Schema, String),
    /// Compares a schema with a server's. Answered by `Compared` or `CompareFailed`.
    Compare(CompareId, Schema, Compared),
    /// Compares two responses, in place of the comparison before. Answered by `DiffDone`, unless it is stopped.
    Diff(DiffId, Box<DiffSpec>),
    /// Makes the rows of a pair of messages of two responses. Answered by `DiffRows`.
    DiffPair {
        /// The comparison.
        id: DiffId,
        /// The calls at the left and right.
        calls: (CallId, CallId),
        /// The messages.
        pair: DiffPair,
        /// What counts as a difference.
        settings: Box<CompareSettings>,
    },
    /// There are no file sources any more: nothing is watched.
    UnloadSchema,
    /// Begins to watch a target's health, in place of a watch of the same id. Answered by
    /// `HealthChanged`, again and again until it is stopped.
    WatchHealth(HealthId, Box<HealthSpec>),
    /// Looks now: tries again at once, or is answered by `HealthChecked`.
    CheckHealth(HealthId),
    /// Ends a watch; its stream is reset.
    StopHealth(HealthId),
    /// Looks which import roots files and folders (whole paths) have where none are given. Answered by
    /// `RootsFound`.
    FindRoots(Vec<PathBuf>),
    /// Asks a server. Answered by `SchemaLoaded` or `SchemaFailed`.
    Reflect(SchemaId, Box<ReflectSpec>),
    /// Writes the page of a symbol. Answered by `PageRead`.
    ReadPage {
        /// The question.
        id: PageId,
        /// The schema that has the symbol.
        schema: Schema,
        /// Its full name.
        symbol: String,
    },
    /// Reads a pasted text in every way that makes sense. Answered by `PasteRead`.
    ReadPaste {
        /// The question.
        id: PasteId,
        /// The text.
        text: String,
        /// The method that messages are for; empty when none is chosen.
        method: String,
        /// Where types are found.
        schema: Option<Schema>,
    },
    /// Writes a request in another form. Answered by `CopyWritten`.
    CopyAs {
        /// The request.
        outgoing: Box<Outgoing>,
        /// As what.
        form: CopyForm,
        /// Secrets stand in a command in clear.
        credentials: bool,
    },
    /// Checks a body, in place of the one that is being checked. Answered by `Checked`.
    Check(CheckId, Box<BodyCheck>),
    /// The body that is being checked was changed: its check is of no use.
    StopCheck,
    /// Opens a workspace; without a path the one used last, or the sample.
    OpenWorkspace(Option<PathBuf>),
    /// Makes one.
    CreateWorkspace {
        /// Its folder.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// Changes the open workspace. Answered by `WorkspaceChanged` or `EditFailed`.
    Edit(Ticket, WorkspaceEdit),
    /// Remembers tabs and environment of a workspace.
    Remember(Recent),
    /// Keeps the window's state.
    RememberWindow(WindowState),
}

/// What happened. Sent by the engine, taken by the window once a frame.
#[derive(Debug, Clone)]
pub enum Event {
    /// The embedded server listens.
    DemoStarted(std::net::SocketAddr),
    /// A symbol can be looked up now; what is wrong with its file or the files that it needs.
    SymbolPrepared(Schema, String, Vec<Problem>),
    /// The call was resolved and is under way; the log fills from now on.
    CallStarted(CallId, MessageLog),
    /// The call was not sent: a mistake in what the person wrote.
    CallFailed(CallId, Box<Failure>),
    /// A change in its life.
    CallChanged(CallId, CallEvent),
    /// It ended.
    CallFinished(CallId, Box<CallEnd>),
    /// Messages pushed by hand were not sent; the stream goes on.
    PushFailed(CallId, Box<Failure>),
    /// A repetition begins; what is shared tells how far it is.
    RepeatStarted(CallId, RepeatId, RepeatProgress),
    /// It is over; the stream goes on unless the call has ended.
    RepeatEnded(CallId, RepeatId, RepeatEnd),
    /// Texts that were asked for.
    Rendered {
        /// The call.
        call: CallId,
        /// Index, style and text.
        texts: Vec<(usize, RenderStyle, Arc<JsonText>)>,
    },
    /// A filter is at work; dropping the last clone of the handle ends it.
    ScanStarted(ScanId, CallId, Scan),
    /// A grouping is at work; dropping the last clone of the handle ends it.
    GroupStarted(ScanId, CallId, Grouping),
    /// A scan, grouping or search was not begun.
    ScanRefused(ScanId, Box<ScanRefusal>),
    /// Where a text was found; `None` when no message has it.
    TextFound(ScanId, Option<TextFound>),
    /// Columns that were asked for.
    CellsRead(Box<CellsRead>),
    /// A message as a tree of its fields, its outermost level read.
    BytesOpened {
        /// The call.
        call: CallId,
        /// Index into its log.
        index: usize,
        /// The tree; `None` where the call or the bytes are gone.
        tree: Option<WireTree>,
    },
    /// A part of a message is written out, for the clipboard.
    PartCopied {
        /// What it is, for a notice.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// Pasted bytes as a tree of their fields, or why there is none.
    BytesExplained {
        /// The text.
        text: String,
        /// The type that was asked for.
        message: String,
        /// The tree.
        read: Result<Explained, String>,
    },
    /// Messages were written to a file.
    MessagesSaved {
        /// The file.
        path: PathBuf,
        /// How many, and what the form could not hold.
        written: Written,
    },
    /// The log of a call was saved.
    LogSaved {
        /// The file.
        path: PathBuf,
        /// How many messages are in it.
        saved: LogSaved,
        /// Keys of metadata whose values were left out: they may be secrets.
        hidden: Vec<String>,
    },
    /// A log was opened.
    LogOpened(CallId, Box<OpenedLog>),
    /// It was not, and why; `None` when the person stopped it.
    LogNotOpened(CallId, Option<Box<Failure>>),
    /// What a call had sent.
    SentTaken(CallId, SentTexts),
    /// What all logs share: told once, when the engine begins.
    LogBudget(LogBudget),
    /// Messages as text, for the clipboard.
    MessagesCopied(Box<CopiedMessages>),
    /// A schema was saved.
    SchemaSaved {
        /// The file or folder.
        path: PathBuf,
        /// What was written.
        saved: Saved,
    },
    /// Something asked for could not be done; shown as a notice.
    Notice(Box<Failure>),
    /// A schema is there.
    SchemaLoaded(SchemaId, Box<Loaded>, Option<ConnectInfo>),
    /// It could not be had.
    SchemaFailed(SchemaId, Box<Failure>),
    /// A comparison is done: what differs, and the server's schema.
    Compared(CompareId, Box<Drift>, Schema),
    /// The server could not be asked.
    CompareFailed(CompareId, Box<Failure>),
    /// How a target's health stands from now on.
    HealthChanged(HealthId, HealthChange),
    /// What a target said when it was asked now.
    HealthChecked(HealthId, HealthCheck),
    /// Two responses were compared, or why not.
    DiffDone(DiffId, Result<Box<DiffResult>, Box<Failure>>),
    /// The rows of a pair of messages.
    DiffRows(DiffId, DiffPair, Result<Arc<MessageDiff>, Box<Failure>>),
    /// A file of the sources loaded last was changed, added or removed, and the burst of changes is over.
    SchemaFilesChanged,
    /// The import roots that files and folders have where none are given.
    RootsFound {
        /// As they were asked for.
        files: Vec<PathBuf>,
        /// In the order they are tried.
        roots: Vec<PathBuf>,
    },
    /// The page of a symbol; `None` if the schema has no such symbol.
    PageRead(PageId, Option<Arc<SymbolPage>>),
    /// What a pasted text may be, the likeliest first.
    PasteRead(PasteId, Vec<Candidate>),
    /// A request in another form, for the clipboard.
    CopyWritten(CopyForm, Result<Box<Copied>, Box<Failure>>),
    /// A body was checked; `None` when that was stopped. A defect of ours is told as what does not fit.
    Checked(CheckId, Option<Box<BodyReport>>),
    /// A workspace is open.
    WorkspaceOpened(Box<Workspace>, Recent),
    /// It could not be opened; the one before stays open.
    WorkspaceFailed(Box<Failure>),
    /// An edit was done; the workspace as it is now.
    WorkspaceChanged {
        /// The edit.
        ticket: Ticket,
        /// The folder read again.
        workspace: Box<Workspace>,
        /// New path, where the edit gave one.
        path: Option<PathBuf>,
        /// What takes a deletion back.
        undo: Option<Undo>,
    },
    /// An edit was not done; nothing changed.
    EditFailed(Ticket, Box<Failure>),
    /// Recent workspaces, newest first.
    Recents(Vec<Recent>),
}

/// How a call ended, with what the window shows of it.
#[derive(Debug, Clone)]
pub struct CallEnd {
    /// Status, trailers, timings.
    pub finished: Finished,
    /// A card, where the end needs explaining.
    pub failure: Option<Failure>,
    /// Rich status details.
    pub details: Vec<crate::call::StatusDetail>,
}

/// Where the engine's files are and what wakes the window.
#[derive(Clone)]
pub struct EngineOptions {
    /// Data and cache folders.
    pub dirs: AppDirs,
    /// Start the embedded server.
    pub demo: bool,
    /// Bytes of messages and index that the logs of all calls may hold in memory.
    pub log_memory_bytes: usize,
    /// Whether what has no room there goes to a file in the cache folder, up to 10 GiB or a tenth of what
    /// is free; else reading stops.
    pub log_spills: bool,
    /// Bytes that they may hold on disk where they spill; `None` is 10 GiB or a tenth of what is free there,
    /// whichever is less.
    pub log_disk_bytes: Option<u64>,
    /// Called from any thread when an event or new messages are there; must be cheap.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineOptions")
            .field("dirs", &self.dirs)
            .field("demo", &self.demo)
            .finish_non_exhaustive()
    }
}

/// The words for a panic of ours: what was being done, and that it is not the person's fault.
fn defect(what: &str) -> Failure {
    Failure {
        summary: format!("{what} failed by a defect of Stubless"),
        reason: "It stopped in the middle; everything else goes on".to_owned(),
        hint: "Please report it, with what you did".to_owned(),
        ..Failure::default()
    }
}
