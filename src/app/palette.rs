//! The palette: every command, method, request, environment and workspace by a few letters.

use std::path::PathBuf;

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use stubless_core::{
    schema::{CallKind, Catalogue},
    workspace::{Entry, EntryKind},
};

use super::{AppState, COMMANDS, SchemaGroup, UiCommand};

/// No more results than this are kept: nobody scrolls further.
const MAX_RESULTS: usize = 100;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaletteItem {
    /// A command.
    Command(UiCommand),
    /// A method of a schema.
    Method(String, SchemaGroup, CallKind),
    /// A saved request.
    Request(PathBuf),
    /// An environment.
    Environment(String),
    /// A workspace opened before.
    Workspace(PathBuf),
}

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What is chosen by it.
    pub item: PaletteItem,
    /// Its name.
    pub label: String,
    /// What stands behind it, weaker: package, folder, path.
    pub detail: String,
    /// Positions of the characters of `label` that were typed.
    pub hits: Vec<u32>,
}

/// The palette while it is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Palette {
    /// As typed.
    pub query: String,
    /// What `results` were made for; `None` before the first search.
    pub searched: Option<String>,
    /// The result Enter would choose.
    pub selected: usize,
    /// Best first.
    pub results: Vec<Found>,
}

impl Palette {
    /// Searches for what is typed now.
    pub(super) fn search(&mut self, candidates: Vec<Found>) {
        self.results = rank(&self.query, candidates, MAX_RESULTS);
        self.searched = Some(self.query.clone());
        self.selected = 0;
    }
}

/// Everything that can be chosen now, in the order an empty query shows it.
pub(super) fn candidates(state: &AppState) -> Vec<Found> {
    let mut all: Vec<Found> = COMMANDS
        .iter()
        .filter(|c| c.in_palette && c.is_enabled(state))
        .map(|c| Found {
            item: PaletteItem::Command(c.id),
            label: c.label.to_owned(),
            detail: c.shortcut.map(|s| s.to_string()).unwrap_or_default(),
            hits: Vec::new(),
        })
        .collect();
    if let Some(workspace) = state.open_workspace() {
        push_requests(&workspace.entries, 0, &mut all);
        all.extend(workspace.environments.iter().map(|e| Found {
            item: PaletteItem::Environment(e.name.clone()),
            label: format!("Use environment {}", e.name),
            detail: "Environment".to_owned(),
            hits: Vec::new(),
        }));
    }
    all.extend(method_choices(state));
    let here = state.open_workspace().map(|w| w.root.as_path());
    all.extend(
        state
            .recents
            .iter()
            .filter(|r| Some(r.path.as_path()) != here)
            .map(|r| Found {
                item: PaletteItem::Workspace(r.path.clone()),
                label: format!("Open workspace {}", last_part(&r.path)),
                detail: r.path.display().to_string(),
                hits: Vec::new(),
            }),
    );
    all
}

fn last_part(path: &std::path::Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn push_requests(entries: &[Entry], depth: usize, all: &mut Vec<Found>) {
    if depth > 24 {
        return;
    }
    for entry in entries {
        match &entry.kind {
            EntryKind::Folder(below) => push_requests(below, depth + 1, all),
            EntryKind::Request(request) => all.push(Found {
                item: PaletteItem::Request(entry.path.clone()),
                label: entry.name.clone(),
                detail: request.method.clone(),
                hits: Vec::new(),
            }),
            EntryKind::Broken(_) => {}
        }
    }
}

/// All methods that can be called now: the files', then those only the target at hand has.
pub fn method_choices(state: &AppState) -> Vec<Found> {
    let files = state.schemas.files.schema().map(|s| s.catalogue());
    let target = state
        .current_slot()
        .and_then(|slot| slot.schema())
        .map(|s| s.catalogue());
    let mut all = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (group, catalogue) in [(SchemaGroup::Files, files), (SchemaGroup::Target, target)] {
        all.extend(
            catalogue
                .into_iter()
                .flat_map(|c: &Catalogue| &c.services)
                .flat_map(|s| s.methods.iter().map(move |m| (s, m)))
                .filter(|(_, m)| seen.insert(m.path.as_str()))
                .map(|(service, method)| Found {
                    item: PaletteItem::Method(method.path.clone(), group, method.kind),
                    label: format!("{}/{}", service.name, method.name),
                    detail: service.package.clone(),
                    hits: Vec::new(),
                }),
        );
    }
    all
}

fn rank(query: &str, candidates: Vec<Found>, limit: usize) -> Vec<Found> {
    if query.trim().is_empty() {
        return candidates.into_iter().take(limit).collect();
    }
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut ranked: Vec<(u32, Found)> = candidates
        .into_iter()
        .filter_map(|found| {
            let label = Utf32Str::new(&found.label, &mut buffer);
            if let Some(score) = pattern.score(label, &mut matcher) {
                // A hit in the name is worth more than one behind it.
                return Some((score.saturating_add(40), found));
            }
            let whole = format!("{} {}", found.detail, found.label);
            let whole = Utf32Str::new(&whole, &mut buffer);
            Some((pattern.score(whole, &mut matcher)?, found))
        })
        .collect();
    ranked.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    ranked.truncate(limit);
    ranked
        .into_iter()
        .map(|(_, mut found)| {
            let label = Utf32Str::new(&found.label, &mut buffer);
            if pattern
                .indices(label, &mut matcher, &mut found.hits)
                .is_none()
            {
                found.hits.clear();
            }
            found.hits.sort_unstable();
            found.hits.dedup();
            found
        })
        .collect()
}
