//! Edits that belong together: many items at once, several edits as one undo step.

use super::{Document, edit::value_of, string::quote};
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
    /// length appends. Each must be one JSON value; comments around it are left out. One look at the
    /// text, however many they are. Nothing is put in when one of them is no value, or nested too deep.
    pub fn insert_all(&mut self, path: &Path, index: usize, items: &[String]) -> bool {
        let depth = path.0.len() + 1;
        let values: Option<Vec<&str>> = items.iter().map(|item| value_of(item, depth)).collect();
        values.is_some_and(|values| self.insert_joined(path, index, None, &values))
    }

    /// As [`insert_all`](Self::insert_all), at the end of the object at `path`. None of the keys may be
    /// there.
    pub fn insert_members(&mut self, path: &Path, members: &[(String, String)]) -> bool {
        let Some((first, _)) = members.first() else {
            return false;
        };
        let depth = path.0.len() + 1;
        let text = |(i, (key, json)): (usize, &(String, String))| {
            // A comment after the value would swallow what is joined behind it.
            let value = value_of(json, depth)?;
            Some(match i {
                0 => value.to_owned(),
                _ => format!("{}: {value}", quote(key)),
            })
        };
        let texts: Option<Vec<String>> = members.iter().enumerate().map(text).collect();
        let Some(texts) = texts else { return false };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.insert_joined(path, usize::MAX, Some(first), &texts)
    }

    fn insert_joined(
        &mut self,
        path: &Path,
        index: usize,
        key: Option<&str>,
        values: &[&str],
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

#[cfg(test)]
mod tests {
    use super::*;

    fn items(count: usize) -> Vec<String> {
        (1..=count).map(|n| n.to_string()).collect()
    }

    #[test]
    fn many_items_follow_the_layout_and_are_one_step() {
        let list = Path::root().key("a");
        for (text, index, want) in [
            ("{}", 0, "{\n  \"a\": [1, 2]\n}"),
            ("{\"a\": [7]}", 1, "{\"a\": [7, 1, 2]}"),
            ("{\"a\": [7]}", 0, "{\"a\": [1, 2, 7]}"),
            (
                "{\n  \"a\": [\n    7 // kept\n  ]\n}",
                1,
                "{\n  \"a\": [\n    7, // kept\n    1,\n    2\n  ]\n}",
            ),
        ] {
            let mut document = Document::new(text);
            assert!(document.insert_all(&list, index, &items(2)), "{text}");
            assert_eq!(document.text(), want);
            assert!(document.undo());
            assert_eq!(document.text(), text, "one step");
        }
        let mut document = Document::new("{\"a\": {}}");
        assert!(!document.insert_all(&list, 0, &items(2)), "no list");
        assert!(
            !document.insert_all(&Path::root().key("b"), 0, &[]),
            "nothing"
        );
        assert_eq!(document.text(), "{\"a\": {}}");
    }

    #[test]
    fn many_members_follow_the_layout() {
        let members = [("x", "1"), ("y \"z\"", "{\n  \"k\": 2\n}")];
        let members = members.map(|(key, json)| (key.to_owned(), json.to_owned()));
        let mut document = Document::new("{\n  \"m\": {\n    \"w\": 0\n  }\n}");
        assert!(document.insert_members(&Path::root().key("m"), &members));
        let want = "{\n  \"m\": {\n    \"w\": 0,\n    \"x\": 1,\n    \"y \\\"z\\\"\": {\n      \"k\": 2\n    }\n  }\n}";
        assert_eq!(document.text(), want);
        assert!(document.syntax_error().is_none());
    }

    #[test]
    fn comments_around_values_are_left_out_and_what_is_no_value_is_refused() {
        let list = Path::root().key("a");
        let text = |json: &str| json.to_owned();
        let mut document = Document::new("{\"a\": [0]}");
        let items = [text("1 // one"), text("/* two */ {\"b\": 2} // two")];
        assert!(document.insert_all(&list, 1, &items));
        assert_eq!(document.text(), "{\"a\": [0, 1, {\"b\": 2}]}");

        let mut document = Document::new("{\"m\": {\"w\": 0}}");
        let members = [("x", "1 // one"), ("y", "\"2\" // two")];
        let members = members.map(|(key, json)| (text(key), text(json)));
        assert!(document.insert_members(&Path::root().key("m"), &members));
        assert_eq!(
            document.text(),
            "{\"m\": {\"w\": 0, \"x\": 1, \"y\": \"2\"}}"
        );
        let before = document.text().to_owned();
        let deep = "[".repeat(200) + &"]".repeat(200);
        for bad in ["1, 2", "", "// none", "[1", &deep] {
            assert!(!document.insert_all(&list, 0, &[text("1"), text(bad)]));
            let pairs = [(text("p"), text("1")), (text("q"), text(bad))];
            assert!(!document.insert_members(&Path::root().key("m"), &pairs));
            assert_eq!(document.text(), before, "{bad}");
        }
    }

    #[test]
    fn edits_of_a_group_are_undone_and_made_again_together() {
        let mut document = Document::new("{\"a\": 1, \"b\": 2}");
        document.grouped(|document| {
            document.remove(&Path::root().key("a"));
            document.grouped(|inner| inner.set(&Path::root().key("b"), "3"));
            document.set(&Path::root().key("c"), "4");
        });
        let after = document.text().to_owned();
        assert!(document.undo() && document.text() == "{\"a\": 1, \"b\": 2}");
        assert!(!document.can_undo());
        assert!(document.redo() && document.text() == after);
        document.set(&Path::root().key("b"), "5");
        assert!(
            document.undo() && document.text() == after,
            "what follows is a step of its own"
        );
    }
}
