//! The request editor: the body as a form and as JSON, metadata, and how the target is reached.
//!
//! A view here edits what it is handed and nothing else; what it cannot do itself (a file dialog) it
//! returns. The form and the text are two views of one [`Document`](stubless_core::message::Document):
//! the form edits it by path, so layout and comments of the rest stay.

mod bar;
mod body;
mod broken;
mod collection;
mod edit;
mod editors;
mod enums;
mod find;
mod follow;
mod form;
mod keys;
mod menu;
mod metadata;
mod parts;
mod paste;
mod presence;
mod row;
mod rows;
mod settings;
mod special;
mod state;
mod value;

pub use body::{BodyEditor, BodyState, Comments};
pub use metadata::metadata_ui;
pub(in crate::ui) use metadata::metadata_with_variables_ui;
pub use settings::{SettingsOutput, SettingsView};
pub use special::{BodyWish, MAX_FILE_BYTES};
