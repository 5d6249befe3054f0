//! The sidebar: services and saved requests as flat lists of rows, so that only what is in view is drawn.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use stubless_core::workspace::{Entry, EntryKind, RequestFile};

/// Folders below this depth are not drawn: a workspace is a tree of folders, and nobody nests so deep.
const MAX_DEPTH: usize = 24;

/// The sidebar's state.
#[derive(Debug, Default)]
pub struct Sidebar {
    /// What is in the filter field.
    pub filter: String,
    /// Messages and enums are listed, too.
    pub types: bool,
    /// Rows whose open state is not the one they start with.
    pub toggled: HashSet<String>,
    /// Grows with every change of `toggled`.
    pub revision: u64,
    /// The saved request or folder that F2 and Delete are about.
    pub selected: Option<PathBuf>,
    /// The entry being renamed and its new name as typed.
    pub renaming: Option<(PathBuf, String)>,
}

impl Sidebar {
    /// Opens what is closed and closes what is open.
    pub fn toggle(&mut self, key: &str) {
        if !self.toggled.remove(key) {
            self.toggled.insert(key.to_owned());
        }
        self.revision += 1;
    }

    /// Lists messages and enums, too, or no longer.
    pub fn show_types(&mut self, types: bool) {
        self.types = types;
        self.revision += 1;
    }
}

/// What a row of the requests is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestRowKind {
    /// A folder and the number of entries in it.
    Folder(usize),
    /// A request, with its method.
    Request(String),
    /// A file that cannot be used, and why.
    Broken(String),
}

/// A row of the requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// 0 for entries of `requests/`.
    pub depth: usize,
    /// Name shown.
    pub label: String,
    /// Path relative to the workspace.
    pub path: PathBuf,
    /// What it is.
    pub kind: RequestRowKind,
    /// Whether the rows below it are shown.
    pub open: bool,
}

fn matches(text: &str, filter: &str) -> bool {
    filter.is_empty() || text.to_lowercase().contains(filter)
}

/// The rows of the saved requests. With a filter, what matches and the folders above it.
pub fn request_rows(entries: &[Entry], filter: &str, toggled: &HashSet<String>) -> Vec<RequestRow> {
    let filter = filter.trim().to_lowercase();
    let mut rows = Vec::new();
    push_entries(entries, &filter, toggled, 0, &mut rows);
    rows
}

fn push_entries(
    entries: &[Entry],
    filter: &str,
    toggled: &HashSet<String>,
    depth: usize,
    rows: &mut Vec<RequestRow>,
) {
    if depth > MAX_DEPTH {
        return;
    }
    for entry in entries {
        let (kind, fits) = match &entry.kind {
            EntryKind::Folder(below) => {
                let key = entry.path.display().to_string();
                let open = !filter.is_empty() || !toggled.contains(&key);
                let at = rows.len();
                rows.push(RequestRow {
                    depth,
                    label: entry.name.clone(),
                    path: entry.path.clone(),
                    kind: RequestRowKind::Folder(below.len()),
                    open,
                });
                if open {
                    // A folder that itself matches shows all it holds.
                    let inner = if matches(&entry.name, filter) {
                        ""
                    } else {
                        filter
                    };
                    push_entries(below, inner, toggled, depth + 1, rows);
                }
                if rows.len() == at + 1 && !matches(&entry.name, filter) {
                    rows.pop();
                }
                continue;
            }
            EntryKind::Request(request) => (
                RequestRowKind::Request(request.method.clone()),
                matches(&entry.name, filter) || matches(&request.method, filter),
            ),
            EntryKind::Broken(reason) => (
                RequestRowKind::Broken(reason.clone()),
                matches(&entry.name, filter),
            ),
        };
        if fits {
            rows.push(RequestRow {
                depth,
                label: entry.name.clone(),
                path: entry.path.clone(),
                kind,
                open: false,
            });
        }
    }
}

/// All folders a request can be put into, `requests` first, with their depth.
pub fn folder_choices(entries: &[Entry]) -> Vec<(PathBuf, String, usize)> {
    let mut found = vec![(PathBuf::from("requests"), "requests".to_owned(), 0)];
    push_folders(entries, 1, &mut found);
    found
}

fn push_folders(entries: &[Entry], depth: usize, found: &mut Vec<(PathBuf, String, usize)>) {
    if depth > MAX_DEPTH {
        return;
    }
    for entry in entries {
        if let EntryKind::Folder(below) = &entry.kind {
            found.push((entry.path.clone(), entry.name.clone(), depth));
            push_folders(below, depth + 1, found);
        }
    }
}

/// The entry at a path.
pub(super) fn find_entry<'a>(entries: &'a [Entry], path: &Path) -> Option<&'a Entry> {
    let mut level = entries;
    for _ in 0..=MAX_DEPTH {
        let entry = level
            .iter()
            .find(|e| path == e.path || path.starts_with(&e.path))?;
        if entry.path == path {
            return Some(entry);
        }
        match &entry.kind {
            EntryKind::Folder(below) => level = below,
            EntryKind::Request(_) | EntryKind::Broken(_) => return None,
        }
    }
    None
}

/// The saved request at a path.
pub(super) fn find_request<'a>(entries: &'a [Entry], path: &Path) -> Option<&'a RequestFile> {
    match &find_entry(entries, path)?.kind {
        EntryKind::Request(request) => Some(request),
        EntryKind::Folder(_) | EntryKind::Broken(_) => None,
    }
}

/// The first saved request, in the order of the tree.
pub(super) fn first_request(entries: &[Entry]) -> Option<PathBuf> {
    let rows = request_rows(entries, "", &HashSet::new());
    rows.into_iter()
        .find(|row| matches!(row.kind, RequestRowKind::Request(_)))
        .map(|row| row.path)
}
