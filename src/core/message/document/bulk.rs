//! Edits that belong together: many items at once, several edits as one undo step.

use super::{Document, string::quote};
use crate::message::Path;

impl Document {
    /// Makes several edits; they are undone and made again together.
    pub fn grouped<T>(&mut self, edits: impl FnOnce(&mut Self) -> T) -> T {
        let first = self.history.begin_group();
        let made = edits(self);
        if first {
            self.history.end_group();
        }
        made
    }

    /// Puts items before `index` of the array at `path`, which may be absent; an index equal to its
    /// length appends. Each must be one JSON value. One look at the text, however many they are.
    pub fn insert_all(&mut self, path: &Path, index: usize, items: &[String]) -> bool {
        let values = items.iter().map(String::as_str);
        self.insert_joined(path, index, None, values.collect())
    }

    /// As [`insert_all`](Self::insert_all), at the end of the object at `path`. None of the keys may be
    /// there.
    pub fn insert_members(&mut self, path: &Path, members: &[(String, String)]) -> bool {
        let Some((first, _)) = members.first() else {
            return false;
        };
        let texts: Vec<String> = members
            .iter()
            .enumerate()
            .map(|(i, (key, json))| match i {
                0 => json.clone(),
                _ => format!("{}: {json}", quote(key)),
            })
            .collect();
        let texts = texts.iter().map(String::as_str);
        self.insert_joined(path, usize::MAX, Some(first), texts.collect())
    }

    fn insert_joined(
        &mut self,
        path: &Path,
        index: usize,
        key: Option<&str>,
        values: Vec<&str>,
    ) -> bool {
        if values.is_empty() || self.syntax_error().is_some() {
            return false;
        }
        self.grouped(|document| {
            if document
                .value(path)
                .is_none_or(|value| value.kind() == super::NodeKind::Null)
            {
                let empty = if key.is_some() { "{}" } else { "[]" };
                if !document.set(path, empty) {
                    return false;
                }
            }
            let Some(id) = document.find(path) else {
                return false;
            };
            let Some(len) = document.index().get(id).map(|entry| entry.len as usize) else {
                return false;
            };
            let wanted = if key.is_some() {
                super::NodeKind::Object
            } else {
                super::NodeKind::Array
            };
            if document.index().get(id).map(|entry| entry.kind) != Some(wanted) {
                return false;
            }
            let position = if key.is_some() { len } else { index };
            if position > len {
                return false;
            }
            let lines = document.prefers_lines(id)
                && (len > 0 || key.is_some() || values.iter().any(|v| v.starts_with(['{', '['])));
            let joined = values.join(if lines { ",\n" } else { ", " });
            document.insert_element(id, position, key, &joined)
        })
    }
}
