//! Settings whose text cannot be read: kept as typed, so that nothing else is sent or saved for them.

use std::collections::BTreeMap;

use stubless_core::call::Failure;

/// The name of the field for the largest message to accept, which an error card may set.
pub const RECEIVE_AT_MOST: &str = "Receive at most";

/// What stands in fields that hold a value only once their text is one, by the fields' names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread(BTreeMap<&'static str, Typed>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Typed {
    text: String,
    reason: &'static str,
}

impl Unread {
    /// Whether every field could be read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands in a field that could not be read.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(|typed| typed.text.as_str())
    }

    /// Why not.
    pub fn reason(&self, field: &str) -> Option<&'static str> {
        self.0.get(field).map(|typed| typed.reason)
    }

    /// Keeps what was typed.
    pub fn keep(&mut self, field: &'static str, text: String, reason: &'static str) {
        self.0.insert(field, Typed { text, reason });
    }

    /// The field holds a value again.
    pub fn remove(&mut self, field: &str) {
        self.0.remove(field);
    }

    /// Every field has a value again.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The names of the fields, in backticks.
    pub fn names(&self) -> String {
        let names: Vec<String> = self.0.keys().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    }

    /// Why a request with these is not sent; `None` when there are none.
    pub fn refusal(&self) -> Option<Failure> {
        let (field, typed) = self.0.first_key_value()?;
        Some(Failure {
            summary: format!("`{field}` cannot be used: `{}`", typed.text.trim()),
            reason: typed.reason.to_owned(),
            hint: "Correct it in Settings, or empty the field".to_owned(),
            ..Failure::default()
        })
    }
}
