//! The state of the window, without egui: what is open, what was typed, what came back.
//!
//! A view returns [`Action`]s; [`update`] applies one and says what the engine shall do. What the
//! engine did comes back through [`on_event`]. Both are plain functions of the state: no files, no
//! sockets, no clock. What only the platform can do (a file dialog, the clipboard, closing the
//! window) is left in [`AppState::platform`] for the window to take.
//!
//! Invariant: what a person typed is changed by that person's own edits alone. A workspace that is
//! read again, a call that fails, a schema that goes away leave every draft as it was.

mod action;
mod call_state;
mod commands;
mod comparison;
mod dialog;
mod diff;
mod draft;
mod event;
mod health;
mod memory;
mod message_options;
mod notice;
mod pages;
mod palette;
mod progress;
mod replay;
mod save_draft;
mod schema_book;
mod service_rows;
mod sidebar;
mod state;
mod stream;
mod stream_scan;
mod stream_view;
mod unread;
mod update;

pub use action::{Action, AfterUnsaved, BytesPlace, Pick, Platform, Refusal, SettingsFile};
pub use call_state::{
    Asked, AskedHead, CallAbout, CallState, Exchange, Hold, TextMemo, TreeMemo, WaitingFor,
};
pub use commands::{COMMANDS, CommandInfo, Key, Shortcut, UiCommand};
pub use comparison::{Comparison, ComparisonSlot, Differences};
pub use dialog::{
    BytesEditor, Dialog, DriftView, EnvironmentEditor, MissingMethod, MissingRequests, PasteEditor,
    SaveAs, SourceEditor, SourceRow, TargetEditor, WorkspaceEditor,
};
pub use diff::{
    DiffAction, DiffLine, DiffPage, DiffPlace, DiffSlot, Diffs, EnvironmentPair, HeldResponse,
    HeldStage, PairSlot, Towards, fact_name, facts_of, is_cut, key_of_path,
};
pub use draft::{Draft, Mended};
pub use event::on_event;
pub use health::{HealthBook, HealthWatch};
pub use memory::{DISK_MIB, MEMORY_MIB, MemoryEditor};
pub use message_options::{MessageOptions, TimeNotes};
pub use notice::{Notice, NoticeId, Notices, TakeBack};
pub use pages::{PageKey, Pages};
pub use palette::{Found, Palette, PaletteItem, method_choices};
pub use progress::{Jobs, RunningJob};
pub use replay::{LogFile, Pace, Replay, ReplayStep};
pub use save_draft::{FormChoice, SaveDraft, Which};
pub use schema_book::{ReflectKey, SchemaBook, SchemaGroup, SchemaSlot};
pub use service_rows::{ServiceRow, ServiceRowKind, service_rows};
pub use sidebar::{RequestRow, RequestRowKind, Sidebar, folder_choices, request_rows};
pub use state::{
    AnswerPane, AppState, BodyView, DocsPlace, DocsTrail, MessageMode, RequestPane, Tab, TabId,
    TabView, Theme, WorkspaceState,
};
pub use stream::{RemovedMessage, Repeat, RepeatForm, StreamStart};
pub use stream_scan::{CellMemo, Look, StreamScan};
pub use stream_view::{
    COLUMN_WIDTHS, Column, ColumnKind, Columns, FilterForm, FilterKind, GroupForm, Place, PlotUnit,
    Selection, StreamView, find_place, parse_place,
};
pub use unread::{RECEIVE_AT_MOST, Unread};
pub(crate) use update::missing_is_ready;
pub use update::{diff_choices, refused, update};

#[cfg(test)]
mod tests;
