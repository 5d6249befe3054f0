//! Everything the window knows.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use stubless_core::{
    call::{Failure, LogBudget},
    engine::{CallId, CheckId, Ticket},
    message::{BodyReport, Scope, expand},
    schema::CallKind,
    workspace::{
        EnvironmentFile, Inherited, Recent, RequestFile, SourceSpec, WindowState, Workspace,
        WorkspaceFile,
    },
};

use super::{
    CallState, Comparison, Dialog, Diffs, Draft, HealthBook, Jobs, MessageOptions, Notices, Pages,
    Palette, Platform, ReflectKey, RemovedMessage, RepeatForm, SchemaBook, SchemaGroup, SchemaSlot,
    Sidebar, StreamStart, StreamView, update::Pending,
};

/// A tab, unique in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TabId(pub u64);

/// Panes of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are the titles on screen")]
pub enum RequestPane {
    #[default]
    Message,
    Metadata,
    Settings,
    Preview,
    Docs,
}

/// The two views of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BodyView {
    /// One row a field.
    #[default]
    Form,
    /// The text.
    Json,
}

/// How one message of a response is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MessageMode {
    /// ProtoJSON, which folds.
    #[default]
    Json,
    /// A row a field: name, type, number, value.
    Tree,
    /// The wire bytes.
    Bytes,
}

/// Panes of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are the titles on screen")]
pub enum AnswerPane {
    #[default]
    Response,
    Headers,
    Trailers,
    Details,
    Timeline,
    Wire,
}

/// What of a tab is in view. Views may write to it: nothing depends on it but the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TabView {
    /// Pane of the request.
    pub request: RequestPane,
    /// View of the body.
    pub body: BodyView,
    /// The prepared message that is shown.
    pub message: usize,
    /// Pane of the response.
    pub answer: AnswerPane,
    /// The message of the log that is shown whole.
    pub picked: Option<usize>,
    /// How it is drawn.
    pub message_mode: MessageMode,
    /// What of it is shown.
    pub message_options: MessageOptions,
    /// The list stays at its end while messages arrive.
    pub follow: bool,
    /// The table of a stream's messages.
    pub stream: StreamView,
    /// What Send does to a stream that the client feeds.
    pub start: StreamStart,
    /// The prepared message that is sent next, where they are stepped through.
    pub next: usize,
    /// What is typed for a repetition.
    pub repeat: RepeatForm,
    /// The next call is made whatever rules of its schema it breaks.
    pub unchecked: bool,
    /// The symbols shown in Docs.
    pub docs: DocsTrail,
    /// What examples are drawn with.
    pub seed: u64,
    /// The body is generated once the method's types are built.
    pub awaits_body: bool,
    /// A field to show in the form of the message in the next frame, by names with points between them.
    pub reveal: Option<String>,
}

/// A symbol shown in Docs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocsPlace {
    /// Full name.
    pub symbol: String,
    /// The schema it was found in; `None` for that of the request's method.
    pub group: Option<SchemaGroup>,
}

/// Where a person went in Docs, to go back and forward. It begins at the request's own method, which is
/// no place of its own: another method may be chosen meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocsTrail {
    places: Vec<DocsPlace>,
    /// Steps from the method to what is shown.
    at: usize,
}

/// Steps kept for going back.
const DOCS_STEPS: usize = 200;

impl DocsTrail {
    /// What is shown; the method's own page when `None`.
    pub fn shown(&self) -> Option<&DocsPlace> {
        self.places.get(self.at.checked_sub(1)?)
    }

    /// Shows a symbol; what was ahead is forgotten.
    pub fn go_to(&mut self, place: DocsPlace) {
        if self.shown() == Some(&place) {
            return;
        }
        self.places.truncate(self.at);
        if self.places.len() >= DOCS_STEPS {
            self.places.remove(0);
        }
        self.places.push(place);
        self.at = self.places.len();
    }

    /// Goes back by one.
    pub fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// Goes forward by one.
    pub fn forward(&mut self) {
        self.at = (self.at + 1).min(self.places.len());
    }

    /// Whether there is something to go back to.
    pub fn has_back(&self) -> bool {
        self.at > 0
    }

    /// Whether there is something ahead.
    pub fn has_forward(&self) -> bool {
        self.at < self.places.len()
    }
}

impl Default for TabView {
    fn default() -> Self {
        Self {
            request: RequestPane::default(),
            body: BodyView::default(),
            message: 0,
            answer: AnswerPane::default(),
            picked: None,
            message_mode: MessageMode::default(),
            message_options: MessageOptions::default(),
            unchecked: false,
            follow: true,
            stream: StreamView::default(),
            start: StreamStart::default(),
            next: 0,
            repeat: RepeatForm::default(),
            docs: DocsTrail::default(),
            seed: 0,
            awaits_body: false,
            reveal: None,
        }
    }
}

/// A request that is open: what is typed, what came back, what is in view.
#[derive(Debug)]
pub struct Tab {
    /// Which one.
    pub id: TabId,
    /// What is typed.
    pub draft: Draft,
    /// Its call.
    pub call: CallState,
    /// What is in view.
    pub view: TabView,
    /// The file changed on disk while something typed is unsaved: what it holds now.
    pub outside: Option<Box<RequestFile>>,
    /// Where it was saved before it was deleted; taking the deletion back ties it to its file again.
    pub deleted: Option<PathBuf>,
    /// Messages that were removed and can be put back.
    pub removed: Vec<RemovedMessage>,
}

impl Tab {
    /// The prepared message that stepping through them sends next.
    pub fn next_message(&self) -> usize {
        let there = self.view.next < self.draft.messages.len();
        if there { self.view.next } else { 0 }
    }

    /// A tab that was only looked at: the next method opened from the tree may take its place.
    pub fn is_passing(&self) -> bool {
        self.draft.path.is_none()
            && self.deleted.is_none()
            && !self.draft.is_dirty()
            && matches!(self.call, CallState::Idle)
    }
}

/// The workspace, as last read.
#[derive(Debug, Default)]
pub enum WorkspaceState {
    /// The engine reads it.
    #[default]
    Opening,
    /// It could not be opened, and none was open before.
    Failed(Box<Failure>),
    /// It is there.
    Open(Box<Workspace>),
}

/// The colours of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Theme {
    #[default]
    System,
    Dark,
    Light,
}

impl Theme {
    /// As kept in [`WindowState::theme`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// From [`WindowState::theme`]; anything unknown is the system's.
    pub fn parse(name: &str) -> Self {
        match name {
            "dark" => Self::Dark,
            "light" => Self::Light,
            _ => Self::System,
        }
    }
}

/// Everything the window knows.
#[derive(Debug, Default)]
pub struct AppState {
    /// The workspace.
    pub workspace: WorkspaceState,
    /// Open requests, from left to right.
    pub tabs: Vec<Tab>,
    /// The one in front.
    pub active: Option<TabId>,
    /// Name of the chosen environment.
    pub environment: Option<String>,
    /// Values of secret variables typed in this run, by environment and name; never on disk.
    pub secrets: HashMap<(String, String), String>,
    /// Schemas.
    pub schemas: SchemaBook,
    /// What the workspace's files and a server say differently, once that was asked for.
    pub comparison: Option<Comparison>,
    /// Watches of servers' health.
    pub health: HealthBook,
    /// Responses that are kept to be compared, and the page that does.
    pub diffs: Diffs,
    /// Pages of symbols.
    pub pages: Pages,
    /// The check of a body that was answered last; `None` when it was stopped.
    pub checked: Option<(CheckId, Option<Box<BodyReport>>)>,
    /// What the messages of all calls share, once the engine told.
    pub log_budget: Option<LogBudget>,
    /// Work of the engine that takes a while.
    pub jobs: Jobs,
    /// News.
    pub notices: Notices,
    /// Workspaces opened before, newest first.
    pub recents: Vec<Recent>,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// The palette, when it is open.
    pub palette: Option<Palette>,
    /// The sidebar.
    pub sidebar: Sidebar,
    /// The window.
    pub window: WindowState,
    /// Where the embedded server listens.
    pub demo: Option<SocketAddr>,
    /// What the platform shall do; the window takes it after every update.
    pub platform: Vec<Platform>,
    pub(super) pending: BTreeMap<Ticket, Pending>,
    /// Dialogs whose edits are on their way to the disk: one that fails is opened again.
    pub(super) committing: BTreeMap<Ticket, Dialog>,
    pub(super) after_saves: Option<super::AfterUnsaved>,
    pub(super) next_id: u64,
    pub(super) workspace_revision: u64,
}

impl AppState {
    /// A window that waits for its workspace.
    pub fn new(window: WindowState) -> Self {
        Self {
            window,
            ..Self::default()
        }
    }

    /// The open workspace.
    pub fn open_workspace(&self) -> Option<&Workspace> {
        match &self.workspace {
            WorkspaceState::Open(workspace) => Some(workspace),
            WorkspaceState::Opening | WorkspaceState::Failed(_) => None,
        }
    }

    /// Its `workspace.json`.
    pub fn workspace_file(&self) -> Option<&WorkspaceFile> {
        self.open_workspace().map(|w| &w.file)
    }

    /// Grows whenever the workspace is read again.
    pub fn workspace_revision(&self) -> u64 {
        self.workspace_revision
    }

    /// A tab.
    pub fn tab(&self, id: TabId) -> Option<&Tab> {
        self.tabs.iter().find(|tab| tab.id == id)
    }

    /// A tab, to change.
    pub fn tab_mut(&mut self, id: TabId) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.id == id)
    }

    /// The tab in front.
    pub fn active_tab(&self) -> Option<&Tab> {
        self.active.and_then(|id| self.tab(id))
    }

    /// The tab of a call.
    pub(super) fn tab_of_call(&mut self, id: CallId) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.call.id() == Some(id))
    }

    /// The tab a saved request is open in.
    pub fn tab_of_path(&self, path: &Path) -> Option<&Tab> {
        self.tabs
            .iter()
            .find(|tab| tab.draft.path.as_deref() == Some(path))
    }

    /// The chosen environment.
    pub fn environment(&self) -> Option<&EnvironmentFile> {
        let name = self.environment.as_deref()?;
        self.open_workspace()?
            .environments
            .iter()
            .find(|e| e.name == name)
    }

    /// The variables calls may use now: the environment's, secrets as typed in this run.
    pub fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        let Some(environment) = self.environment() else {
            return scope;
        };
        for variable in &environment.variables {
            let typed = (environment.name.clone(), variable.name.clone());
            let value = match self.secrets.get(&typed) {
                Some(secret) if variable.secret => secret.clone(),
                _ => variable.value.clone(),
            };
            scope.variables.insert(variable.name.clone(), value);
        }
        scope
    }

    /// Names of variables whose values are not shown.
    pub fn secret_names(&self) -> BTreeSet<String> {
        let variables = self.environment().map(|it| it.variables.as_slice());
        let secret = variables.unwrap_or_default().iter().filter(|it| it.secret);
        secret.map(|it| it.name.clone()).collect()
    }

    /// Whether targets are asked for their schema.
    pub fn reflects(&self) -> bool {
        self.workspace_file()
            .is_some_and(|file| file.sources.contains(&SourceSpec::Reflection))
    }

    /// What a draft (or a request that is not there yet) inherits from the workspace and its folders.
    pub fn above(&self, draft: Option<&Draft>) -> Inherited {
        let place = draft.map_or(Path::new("requests/unsaved.json"), Draft::place);
        self.open_workspace()
            .map(|workspace| workspace.inherited(place))
            .unwrap_or_default()
    }

    /// What identifies the schema of a draft's target; `None` without a target.
    pub fn reflect_key(&self, draft: Option<&Draft>) -> Option<ReflectKey> {
        let above = self.above(draft);
        let Inherited {
            target, settings, ..
        } = match draft {
            Some(draft) => draft.effective(&above),
            None => above,
        };
        let target = target.unwrap_or_default();
        if target.trim().is_empty() {
            return None;
        }
        // A variable that is not defined is the call's mistake to report; here the text will do.
        let target = if target.contains("{{") {
            expand(&target, &self.scope()).unwrap_or(target)
        } else {
            target
        };
        Some(ReflectKey {
            target: target.trim().to_owned(),
            settings,
        })
    }

    /// The key of the target at hand: the front tab's, else the workspace's.
    pub fn current_key(&self) -> Option<ReflectKey> {
        self.reflect_key(self.active_tab().map(|tab| &tab.draft))
    }

    /// The schema slot of the target at hand.
    pub fn current_slot(&self) -> Option<&SchemaSlot> {
        self.schemas.target(&self.current_key()?)
    }

    /// Which sides of a tab's method stream, when a schema knows it.
    pub fn kind_of(&self, tab: &Tab) -> Option<CallKind> {
        let key = self.reflect_key(Some(&tab.draft));
        self.schemas.kind_of(&tab.draft.method, key.as_ref())
    }

    /// Number of calls under way.
    pub fn calls_running(&self) -> usize {
        self.tabs.iter().filter(|t| t.call.is_active()).count()
    }

    pub(super) fn fresh(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
