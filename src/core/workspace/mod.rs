//! Workspaces: folders of plain files in the person's git.
//!
//! One request a file, pretty JSON with comments, stable order, trailing newline, unknown keys and
//! comments kept, atomic replace. Saving what was not changed changes no byte. A file that cannot be
//! read is listed with its reason and never overwritten. Nothing here knows a protobuf schema.
//!
//! ```text
//! folder (read whole) ── change, order (every edit) ── recent, sample
//!        └── request, environment, manifest, message    one file each kind of content
//!                  └── json (read), edit (change in place), name, disk (atomic replace)
//! ```

mod batch;
mod change;
mod compare;
mod disk;
mod edit;
mod environment;
mod folder;
mod inherit;
mod json;
mod manifest;
mod message;
mod name;
mod order;
mod recent;
mod redact;
mod request;
#[cfg(test)]
mod round_trip;
mod sample;
#[cfg(test)]
mod tests;

pub use compare::CompareSettings;
pub use environment::{EnvironmentFile, Variable};
pub use folder::{Entry, EntryKind, FileProblem, Inherited, Undo, Workspace, WorkspaceError};
pub use manifest::{FolderFile, WorkspaceFile};
pub use recent::{AppDirs, LogSettings, Recent, WindowState};
pub use request::{
    CallSettings, MessageText, MetadataRow, RequestFile, SourceSpec, TargetSettings,
};
pub use sample::install_sample;
