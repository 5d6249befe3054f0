//! The request editor: the body as a form and as JSON, metadata, and how the target is reached.
//!
//! A view here edits what it is handed and nothing else; what it cannot do itself (a file dialog) it
//! returns. The form and the text are two views of one [`Document`](stubless_core::message::Document):
//! the form edits it by path, so layout and comments of the rest stay.

mod body;
mod edit;
mod editors;
mod find;
mod form;
mod metadata;
mod settings;
mod special;
mod value;

pub use body::{BodyEditor, BodyState, Comments};
pub use metadata::metadata_ui;
pub use settings::{SettingsOutput, SettingsView};
pub use special::{BodyWish, MAX_FILE_BYTES};
