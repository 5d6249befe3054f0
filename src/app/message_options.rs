//! How the messages of a tab's response are shown: chosen in a menu, and for bytes field by field.

use std::collections::BTreeMap;

use stubless_core::message::lazy::{BytesAs, Drawing, FieldRef, RowLayout};

use super::MessageMode;

/// The clock of the note beside a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeNotes {
    /// No note: times stand as they are on the wire, in UTC.
    Off,
    /// How long ago, or ahead.
    Relative,
    /// The clock of this computer, and how long ago.
    #[default]
    Local,
}

/// What of a message is shown, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageOptions {
    /// Fields without presence are shown with their default value when absent.
    pub defaults: bool,
    /// Enum values as numbers.
    pub enum_numbers: bool,
    /// What is noted beside a time.
    pub times: TimeNotes,
    /// Fields of type `bytes` that are not shown as base64.
    pub bytes: BTreeMap<FieldRef, BytesAs>,
}

impl MessageOptions {
    /// The layout of rows in one of the ways to draw them.
    pub fn layout(&self, mode: MessageMode) -> RowLayout {
        RowLayout {
            drawing: match mode {
                MessageMode::Tree => Drawing::Tree,
                MessageMode::Json | MessageMode::Bytes => Drawing::Json,
            },
            defaults: self.defaults,
            enum_numbers: self.enum_numbers,
            bytes: self.bytes.clone(),
        }
    }
}
