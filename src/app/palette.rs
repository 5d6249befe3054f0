//! The palette: every command, method, request, environment and workspace by a few letters.

use std::path::PathBuf;

use stubless_core::{
    schema::{CallKind, Catalogue, Query, Schema, Searched, Symbol, SymbolKind, SymbolSearch},
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
    /// A service, message or enum of a schema.
    Symbol(String, SchemaGroup, SymbolKind),
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
    /// The search among the files' symbols, and among the target's.
    symbols: [SymbolSearch; 2],
}

impl Palette {
    /// Searches for what is typed now.
    pub(super) fn search(&mut self, state: &AppState) {
        let query = Query::new(&self.query);
        self.results = if query.is_empty() {
            everything(state)
        } else {
            self.ranked(state, &query)
        };
        self.searched = Some(self.query.clone());
        self.selected = 0;
    }

    fn ranked(&mut self, state: &AppState, query: &Query) -> Vec<Found> {
        let others = choices(state).into_iter().chain(workspaces(state));
        let mut ranked: Vec<_> = others
            .filter_map(|found| {
                let scope = match &found.item {
                    // Its keys are no name.
                    PaletteItem::Command(_) => "",
                    _ => &found.detail,
                };
                Some((query.score(scope, &found.label)?, found))
            })
            .collect();
        let [files, target] = schemas(state);
        for (search, (group, schema)) in self.symbols.iter_mut().zip([files, target]) {
            let Some(schema) = schema else {
                continue;
            };
            search.run(schema, query, Searched::All);
            let best = search.best(MAX_RESULTS).into_iter();
            let symbols = best.filter_map(|(id, score)| Some((score, schema.symbol(id)?)));
            let symbols = symbols.filter(|(_, symbol)| !in_files(group, files.1, *symbol));
            ranked.extend(symbols.map(|(score, symbol)| (score, found(group, symbol))));
        }
        ranked.sort_by_key(|(score, _)| *score);
        ranked.truncate(MAX_RESULTS);
        let ranked = ranked.into_iter().map(|(_, found)| Found {
            hits: query.marks(&found.label),
            ..found
        });
        ranked.collect()
    }
}

/// The schemas at hand: the workspace's files', and that of the target.
fn schemas(state: &AppState) -> [(SchemaGroup, Option<&Schema>); 2] {
    let target = state.current_slot().and_then(|slot| slot.schema());
    [
        (SchemaGroup::Files, state.schemas.files.schema()),
        (SchemaGroup::Target, target),
    ]
}

/// Whether the files have what the target has, too.
fn in_files(group: SchemaGroup, files: Option<&Schema>, symbol: Symbol<'_>) -> bool {
    group == SchemaGroup::Target && files.is_some_and(|it| it.find(symbol.path()).is_some())
}

fn found(group: SchemaGroup, symbol: Symbol<'_>) -> Found {
    let path = symbol.path().to_owned();
    Found {
        item: match symbol.kind() {
            SymbolKind::Method(kind) => PaletteItem::Method(path, group, kind),
            kind => PaletteItem::Symbol(path, group, kind),
        },
        label: symbol.label().to_owned(),
        detail: symbol.scope().to_owned(),
        hits: Vec::new(),
    }
}

/// What an empty query shows: everything but types, as much as there is room for.
fn everything(state: &AppState) -> Vec<Found> {
    let mut all = choices(state);
    let others = workspaces(state);
    let room = MAX_RESULTS.saturating_sub(all.len() + others.len());
    all.extend(methods(state).take(room));
    all.extend(others);
    all.truncate(MAX_RESULTS);
    all
}

/// Commands, requests and environments.
fn choices(state: &AppState) -> Vec<Found> {
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
    all
}

/// Workspaces opened before.
fn workspaces(state: &AppState) -> Vec<Found> {
    let here = state.open_workspace().map(|w| w.root.as_path());
    let others = state.recents.iter();
    let others = others.filter(|recent| Some(recent.path.as_path()) != here);
    others
        .map(|recent| Found {
            item: PaletteItem::Workspace(recent.path.clone()),
            label: format!("Open workspace {}", last_part(&recent.path)),
            detail: recent.path.display().to_string(),
            hits: Vec::new(),
        })
        .collect()
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

/// Methods that can be called now, at most `limit`: those that fit a filter, the best first; all in their
/// order without one.
pub fn method_choices(state: &AppState, filter: &str, limit: usize) -> Vec<Found> {
    let query = Query::new(filter);
    if query.is_empty() {
        return methods(state).take(limit).collect();
    }
    let schemas = schemas(state);
    let files = schemas[0].1;
    let mut ranked = Vec::new();
    for (group, schema) in schemas {
        let Some(schema) = schema else {
            continue;
        };
        let mut search = SymbolSearch::default();
        search.run(schema, &query, Searched::Calls);
        // Services stand between them.
        let best = search.best(2 * limit).into_iter();
        let symbols = best.filter_map(|(id, score)| Some((score, schema.symbol(id)?)));
        let methods = symbols.filter(|(_, symbol)| {
            matches!(symbol, Symbol::Method(..)) && !in_files(group, files, *symbol)
        });
        ranked.extend(methods.map(|(score, symbol)| (score, found(group, symbol))));
    }
    ranked.sort_by_key(|(score, _)| *score);
    ranked.truncate(limit);
    ranked.into_iter().map(|(_, found)| found).collect()
}

fn methods(state: &AppState) -> impl Iterator<Item = Found> + '_ {
    let schemas = schemas(state);
    let files = schemas[0].1;
    let schemas = schemas.into_iter();
    schemas.flat_map(move |(group, schema)| {
        let services = schema.map(Schema::catalogue).into_iter();
        let services = services.flat_map(|it: &Catalogue| &it.services);
        let methods = services.flat_map(|service| {
            let methods = service.methods.iter();
            methods.map(move |method| Symbol::Method(service, method))
        });
        let methods = methods.filter(move |method| !in_files(group, files, *method));
        methods.map(move |method| found(group, method))
    })
}
