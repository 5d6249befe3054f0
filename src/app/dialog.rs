//! Dialogs and what is being typed in them. A view edits the fields in place; nothing happens until
//! the dialog's action is returned.

use std::path::{Path, PathBuf};

use stubless_core::{
    engine::{Explained, PasteId},
    interop::Candidate,
    schema::{CallKind, SaveForm},
    workspace::{
        CallSettings, EnvironmentFile, MetadataRow, SourceSpec, TargetSettings, WorkspaceFile,
    },
};

use super::{AfterUnsaved, EnvironmentPair, MemoryEditor, SaveDraft, SchemaGroup, TabId, Unread};

/// The dialog that is open.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// Something is unsaved; what to do before going on?
    Unsaved {
        /// The tabs.
        tabs: Vec<TabId>,
        /// What follows.
        then: AfterUnsaved,
    },
    /// A call in a production environment.
    ConfirmSend {
        /// The tab.
        tab: TabId,
        /// The environment's name.
        environment: String,
        /// Where it goes.
        target: String,
        /// What is called.
        method: String,
    },
    /// The environments that a request is made in, to compare its responses.
    DiffEnvironments(EnvironmentPair),
    /// The same calls, some of them in production.
    ConfirmDiff {
        /// What was chosen.
        pair: EnvironmentPair,
        /// Names of those that are production.
        production: Vec<String>,
    },
    /// Name and folder of a request that is saved for the first time.
    SaveAs(SaveAs),
    /// A new folder.
    NewFolder {
        /// Where.
        parent: PathBuf,
        /// Its name.
        name: String,
    },
    /// Which requests are made for a service.
    Missing(MissingRequests),
    /// Where a request or folder is moved.
    Move {
        /// Which.
        path: PathBuf,
        /// Where to.
        folder: PathBuf,
    },
    /// Path of a workspace to open.
    OpenWorkspace {
        /// As typed.
        path: String,
    },
    /// A new workspace.
    NewWorkspace {
        /// Its folder, as typed.
        path: String,
        /// Its name.
        name: String,
    },
    /// Where the log of a call is saved.
    SaveLog {
        /// The tab.
        tab: TabId,
        /// As typed.
        path: String,
        /// What is there already is overwritten.
        replace: bool,
    },
    /// Path of a log to open.
    OpenLog {
        /// As typed.
        path: String,
    },
    /// How much the messages of all calls may take.
    MessageMemory(MemoryEditor),
    /// Which messages are saved or copied, how, and where.
    SaveMessages(Box<SaveDraft>),
    /// Where a schema is saved.
    SaveSchema {
        /// Which.
        group: SchemaGroup,
        /// As what.
        form: SaveForm,
        /// As typed.
        path: String,
        /// What is there already is overwritten.
        replace: bool,
    },
    /// The schema sources.
    Sources(SourceEditor),
    /// An environment.
    Environment(EnvironmentEditor),
    /// The workspace's name, target and metadata.
    Workspace(Box<WorkspaceEditor>),
    /// What was not read of the schema or the workspace.
    Problems,
    /// What the files and the server say differently.
    Drift(DriftView),
    /// A pasted text and what it is taken for.
    Paste(Box<PasteEditor>),
    /// Pasted bytes and the fields that they are.
    Bytes(Box<BytesEditor>),
    /// Shortcuts and what the program is.
    About,
}

/// Methods of a service that no request is saved for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRequests {
    /// Where the service was found.
    pub group: SchemaGroup,
    /// `pkg.Service`
    pub service: String,
    /// The folder's name: that of the service.
    pub folder_name: String,
    /// The folder, where there is one of this name.
    pub folder: Option<PathBuf>,
    /// How many methods the service has.
    pub all: usize,
    /// Those that have no request.
    pub methods: Vec<MissingMethod>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingMethod {
    /// `pkg.Service/Method`
    pub path: String,
    /// Name alone.
    pub name: String,
    /// Which sides stream.
    pub kind: CallKind,
    /// Whether a request is made for it.
    pub chosen: bool,
}

/// Bytes that were pasted to be explained.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BytesEditor {
    /// Hex or base64, as pasted or typed.
    pub text: String,
    /// Full name of the type; empty for none.
    pub message: String,
    /// What the text is, or why it is nothing; `None` while there is no text or no answer.
    pub read: Option<Result<Explained, String>>,
}

/// A pasted text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PasteEditor {
    /// The tab it may be put into.
    pub tab: Option<TabId>,
    /// As pasted or typed.
    pub text: String,
    /// The question whose answer is awaited.
    pub asked: Option<PasteId>,
    /// The text changed since it was asked.
    pub stale: bool,
    /// What it may be, the likeliest first, with what each would give.
    pub readings: Vec<(Candidate, String)>,
    /// The one that is shown.
    pub chosen: usize,
}

impl PasteEditor {
    /// The reading that is shown.
    pub fn shown(&self) -> Option<&(Candidate, String)> {
        self.readings.get(self.chosen)
    }
}

/// What of the differences is in view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DriftView {
    /// Part of the name of a method or field.
    pub filter: String,
    /// Leaves out what breaks nobody.
    pub breaking: bool,
}

/// A request that is saved for the first time, or once more as another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveAs {
    /// The tab.
    pub tab: TabId,
    /// Name of the request.
    pub name: String,
    /// Folder, `requests` or below.
    pub folder: PathBuf,
    /// What follows when it is saved.
    pub then: Option<AfterUnsaved>,
}

/// One schema source being edited; paths as typed, one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceRow {
    /// `.proto` files or folders, and import roots.
    Protos {
        /// Files or folders, one a line.
        files: String,
        /// Import roots, one a line; empty: inferred.
        roots: String,
        /// Files that are left out, one a line.
        exclude: String,
    },
    /// A descriptor set.
    DescriptorSet(String),
    /// The server is asked.
    Reflection,
}

/// The schema sources being edited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceEditor {
    /// In order.
    pub rows: Vec<SourceRow>,
    /// The import roots found for files (whole paths); `None` while they are looked for.
    pub found: Vec<(Vec<PathBuf>, Option<Vec<PathBuf>>)>,
}

impl SourceRow {
    /// Files or folders, one a line, whose roots are inferred.
    pub fn protos(files: String) -> Self {
        Self::Protos {
            files,
            roots: String::new(),
            exclude: String::new(),
        }
    }

    /// The files of a row without roots, as whole paths: their roots can be looked for.
    pub fn without_roots(&self, workspace: &Path) -> Option<Vec<PathBuf>> {
        let Self::Protos { files, roots, .. } = self else {
            return None;
        };
        let files: Vec<_> = paths_in(files).iter().map(|f| workspace.join(f)).collect();
        (roots.trim().is_empty() && !files.is_empty()).then_some(files)
    }
}

/// Paths, one a line.
fn paths_in(lines: &str) -> Vec<PathBuf> {
    let lines = lines.lines().map(str::trim);
    lines.filter(|l| !l.is_empty()).map(PathBuf::from).collect()
}

impl SourceEditor {
    /// Begins with what is saved.
    pub fn of(sources: &[SourceSpec]) -> Self {
        let join = |paths: &[PathBuf]| {
            let lines: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
            lines.join("\n")
        };
        let rows = sources
            .iter()
            .map(|source| match source {
                SourceSpec::Protos {
                    files,
                    roots,
                    exclude,
                } => SourceRow::Protos {
                    files: join(files),
                    roots: join(roots),
                    exclude: join(exclude),
                },
                SourceSpec::DescriptorSet(path) => {
                    SourceRow::DescriptorSet(path.display().to_string())
                }
                SourceSpec::Reflection => SourceRow::Reflection,
            })
            .collect();
        Self {
            rows,
            found: Vec::new(),
        }
    }

    /// The first row's files whose roots nobody gave and nobody looked for.
    pub fn unasked(&self, workspace: &Path) -> Option<Vec<PathBuf>> {
        let mut rows = self.rows.iter();
        rows.find_map(|row| {
            let files = row.without_roots(workspace)?;
            let asked = self.found.iter().any(|(known, _)| *known == files);
            (!asked).then_some(files)
        })
    }

    /// Waits for the roots of files.
    pub fn ask(&mut self, files: Vec<PathBuf>) {
        self.found.push((files, None));
    }

    /// Takes the roots of files.
    pub fn answer(&mut self, files: &[PathBuf], roots: Vec<PathBuf>) {
        if let Some((_, answer)) = self.found.iter_mut().find(|(known, _)| known == files) {
            *answer = Some(roots);
        }
    }

    /// What would be saved; rows without a path are left out.
    pub fn to_sources(&self) -> Vec<SourceSpec> {
        self.rows
            .iter()
            .filter_map(|row| match row {
                SourceRow::Protos {
                    files,
                    roots,
                    exclude,
                } => {
                    let files = paths_in(files);
                    (!files.is_empty()).then(|| SourceSpec::Protos {
                        files,
                        roots: paths_in(roots),
                        exclude: paths_in(exclude),
                    })
                }
                SourceRow::DescriptorSet(path) => {
                    let path = path.trim();
                    (!path.is_empty()).then(|| SourceSpec::DescriptorSet(path.into()))
                }
                SourceRow::Reflection => Some(SourceSpec::Reflection),
            })
            .collect()
    }

    /// Whether targets are asked.
    pub fn reflects(&self) -> bool {
        self.rows.contains(&SourceRow::Reflection)
    }
}

/// An environment being edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentEditor {
    /// Its name on disk; `None` for a new one.
    pub old: Option<String>,
    /// As typed.
    pub file: EnvironmentFile,
}

/// Where calls go by default: shared by the workspace and a single request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetEditor {
    /// Target as typed.
    pub target: String,
    /// How it is reached.
    pub settings: TargetSettings,
}

/// The workspace's own settings being edited.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkspaceEditor {
    /// Its name.
    pub name: String,
    /// Default target.
    pub target: TargetEditor,
    /// How calls are made.
    pub call: CallSettings,
    /// Settings as typed that cannot be read.
    pub unread: Unread,
    /// Metadata every call carries.
    pub metadata: Vec<MetadataRow>,
}

impl WorkspaceEditor {
    /// Begins with what is saved.
    pub fn of(file: &WorkspaceFile) -> Self {
        Self {
            name: file.name.clone(),
            target: TargetEditor {
                target: file.target.clone().unwrap_or_default(),
                settings: file.settings.clone(),
            },
            call: file.call.clone(),
            unread: Unread::default(),
            metadata: file.metadata.clone(),
        }
    }

    /// What would be saved; everything else of the file stays.
    pub fn apply(&self, file: &WorkspaceFile) -> WorkspaceFile {
        let target = self.target.target.trim();
        let mut metadata = self.metadata.clone();
        metadata.retain(|row| !(row.key.is_empty() && row.value.is_empty()));
        WorkspaceFile {
            name: self.name.trim().to_owned(),
            target: (!target.is_empty()).then(|| target.to_owned()),
            settings: self.target.settings.clone(),
            call: self.call.clone(),
            metadata,
            ..file.clone()
        }
    }
}
