//! Completes the problems of compiled sources: the text of their lines, and what a button can do where
//! two files define the same.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{Fix, Problem, bundled, problem::Excerpt, read, scan::decode_source};

/// Bytes of source read again for the lines of problems; what is beyond goes without.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Completes problems; `paths` are those of the files, by the names they are imported by.
pub(super) fn examine(problems: &mut [Problem], paths: &HashMap<&str, &Path>) {
    let mut by_file: HashMap<String, Vec<&mut Problem>> = HashMap::new();
    for problem in problems.iter_mut() {
        if let Some(rival) = problem.rival.take() {
            problem.fixes = choices(&problem.file, &rival, paths);
        }
        if problem.place.is_some() && problem.line.is_none() {
            let file = problem.file.clone();
            by_file.entry(file).or_default().push(problem);
        }
    }
    let mut budget = MAX_BYTES;
    for (file, problems) in by_file {
        let bytes = paths
            .get(file.as_str())
            .and_then(|path| read::regular_file(path, read::MAX_SOURCE_BYTES).ok());
        let Some(bytes) = bytes else { continue };
        let Some(left) = budget.checked_sub(bytes.len()) else {
            return;
        };
        budget = left;
        let source = decode_source(&bytes);
        let lines: Vec<&str> = source.split('\n').collect();
        for problem in problems {
            problem.line = problem.place.and_then(|(line, column)| {
                let line = lines.get(line.checked_sub(1)?)?;
                Some(Excerpt::of(line, column))
            });
        }
    }
}

/// What a button can mend stands before what can only be read.
pub(super) fn in_order(problems: &mut [Problem]) {
    problems.sort_by_key(|problem| problem.fixes.is_empty());
}

/// Of two files one counts: the first, as it is, or the one with the problem.
fn choices(file: &str, first: &str, paths: &HashMap<&str, &Path>) -> Vec<Fix> {
    let prefer = |keep: &str, drop: &str| {
        Some(Fix::Prefer {
            keep: keep.to_owned(),
            drop: paths.get(drop)?.to_path_buf(),
        })
    };
    // A file that is always bundled cannot be left out.
    let has_choice = paths.contains_key(first);
    let swap = has_choice.then(|| prefer(file, first)).flatten();
    prefer(first, file).into_iter().chain(swap).collect()
}

/// The paths by their names, of a walk that knows the names by the paths.
pub(super) fn by_name(names: &HashMap<PathBuf, String>) -> HashMap<&str, &Path> {
    names
        .iter()
        .filter(|(_, name)| !bundled::contains(name))
        .map(|(path, name)| (name.as_str(), path.as_path()))
        .collect()
}
