//! Words for a schema that could not be saved.

use super::{Failure, card, chain};
use crate::schema::SaveError;

/// Files named in one card.
const MAX_NAMED: usize = 3;

/// A schema that was not saved.
pub fn save_failure(error: &SaveError) -> Failure {
    match error {
        SaveError::Exists(paths) => {
            let mut named: Vec<_> = paths.iter().take(MAX_NAMED).collect();
            named.sort();
            let mut names: Vec<_> = named
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect();
            if paths.len() > MAX_NAMED {
                names.push(format!("{} more", paths.len() - MAX_NAMED));
            }
            let verb = if paths.len() == 1 {
                "exists and holds"
            } else {
                "exist and hold"
            };
            card(
                "The schema was not saved",
                format!(
                    "{} {verb} something else; nothing was written",
                    names.join(", ")
                ),
                "Choose an empty folder or another name",
                &[],
            )
        }
        SaveError::Link(path) => card(
            "The schema was not saved",
            format!(
                "`{}` is a symbolic link, which may lead anywhere",
                path.display()
            ),
            "Choose a folder without links in it",
            &[],
        ),
        SaveError::Io { path, source } => card(
            format!("Cannot write `{}`", path.display()),
            chain(source),
            "Choose another place",
            &[],
        ),
    }
}
