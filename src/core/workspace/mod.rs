//! Workspaces: folders of plain files in the person's git.
//!
//! One request a file, pretty JSON with comments, stable order, trailing newline, unknown keys and
//! comments kept, atomic replace. Saving what was not changed changes no byte. A file that cannot be
//! read is listed with its reason and never overwritten. Nothing here knows a protobuf schema.

mod environment;
mod folder;
mod recent;
mod request;
mod sample;

pub use environment::{EnvironmentFile, Variable};
pub use folder::{Entry, EntryKind, FileProblem, Undo, Workspace, WorkspaceError, WorkspaceFile};
pub use recent::{AppDirs, Recent, WindowState};
pub use request::{MessageText, MetadataRow, RequestFile, SourceSpec, TargetSettings};
pub use sample::install_sample;
