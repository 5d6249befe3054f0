//! Comments of a schema, kept beside the descriptors.
//!
//! prost-reflect searches every source location of a file once for each option and each error, so
//! files are built without them (measured: half the time and the memory of a large schema) and the
//! comments live here.

use std::collections::HashMap;

use prost_types::SourceCodeInfo;

/// The comments of one file by descriptor path.
#[derive(Debug, Default)]
pub(super) struct Comments(HashMap<Box<[i32]>, Box<str>>);

impl Comments {
    /// Takes the comments from a file's locations.
    pub(super) fn of(info: &SourceCodeInfo) -> Self {
        let locations = info.location.iter();
        let comments = locations.filter_map(|location| {
            let leading = clean(location.leading_comments());
            let text = if leading.is_empty() {
                clean(location.trailing_comments())
            } else {
                leading
            };
            (!text.is_empty()).then(|| (location.path.as_slice().into(), text.into_boxed_str()))
        });
        Self(comments.collect())
    }

    /// The comment at a path, empty where there is none.
    pub(super) fn get(&self, path: &[i32]) -> &str {
        self.0.get(path).map_or("", |text| text)
    }
}

/// Removes what belongs to the way a comment is written: the stars of a block, the common indent,
/// blank lines around it.
fn clean(comment: &str) -> String {
    let lines: Vec<&str> = comment.lines().map(str::trim_end).collect();
    let starred = lines
        .iter()
        .filter(|line| !line.trim_start().is_empty())
        .all(|line| line.trim_start().starts_with('*'));
    let lines: Vec<&str> = if starred {
        let unstar = |line: &&'_ str| -> usize { line.len() - line.trim_start().len() };
        lines
            .iter()
            .map(|line| line.get(unstar(line)..).unwrap_or_default())
            .map(|line| line.trim_start_matches('*'))
            .collect()
    } else {
        // `/** text */` arrives as `* text `.
        let mut lines = lines;
        if let Some(first) = lines.first_mut() {
            *first = first.strip_prefix('*').unwrap_or(first);
        }
        lines
    };
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let text: Vec<&str> = lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or_default().trim_end())
        .collect();
    text.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_lose_their_marks() {
        let rows = [
            ("line comments", " one\n two\n", "one\ntwo"),
            ("an indented example", " one\n   two\n", "one\n  two"),
            ("a block with stars", "*\n * one\n *  two\n ", "one\n two"),
            ("a doc comment on one line", "* one ", "one"),
            ("a list of points", " - one\n - two\n", "- one\n- two"),
            ("blank lines around", "\n\n one\n\n two\n\n", "one\n\ntwo"),
            ("nothing", "  \n", ""),
        ];
        for (name, comment, text) in rows {
            assert_eq!(clean(comment), text, "{name}");
        }
    }
}
