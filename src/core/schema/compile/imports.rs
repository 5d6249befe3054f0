//! The imports of a walk: where they lead, which are missing, and which go in a ring.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap, HashSet},
    path::PathBuf,
};

use super::{Walk, reading::Found};
use crate::schema::{
    Fix, Problem, bundled, roots,
    unit::{Info, Unit, place_of_import},
};

/// Imports that are missing of which one file is told; the rest is counted.
const MAX_MISSING_TOLD: usize = 100;

/// Imports that are nowhere, after which no more is looked for: each costs a look at all folders around.
const MAX_SEARCHES_IN_VAIN: usize = 5_000;

/// Rings of imports that are told, and the files of one that are named.
const MAX_RINGS_TOLD: usize = 100;

const MAX_RING_NAMES: usize = 20;

/// Import roots proposed for one import.
const MAX_PROPOSALS: usize = 3;

/// Bytes of source locations kept; those of further files are read again when they are wanted.
const MAX_INFO_BYTES: usize = 8 * 1024 * 1024;

impl Walk {
    pub(super) fn follow_imports(&mut self, found: &Found, mut unit: Unit) {
        let mut seen = HashSet::new();
        let mut untold = 0;
        let info = OnceCell::new();
        for mut import in std::mem::take(&mut unit.imports) {
            if bundled::contains(&import.name) {
                unit.imports.push(import);
                continue;
            }
            let looked_for = (self.searches_in_vain < MAX_SEARCHES_IN_VAIN)
                .then(|| self.resolve(&import.name, found));
            let name = match looked_for.flatten() {
                Some(path) => {
                    Some(self.enqueue(path, import.name.clone(), found.own_roots.clone(), None))
                }
                None => bundled::fallback(&import.name).map(str::to_owned),
            };
            match name {
                Some(name) => {
                    import.name = name;
                    if seen.insert(import.name.clone()) {
                        unit.imports.push(import);
                    }
                }
                None if unit.missing.len() >= MAX_MISSING_TOLD
                    || self.searches_in_vain >= MAX_SEARCHES_IN_VAIN =>
                {
                    self.searches_in_vain += 1;
                    untold += 1;
                }
                None => {
                    self.searches_in_vain += 1;
                    let info = info.get_or_init(|| unit.info.load(&unit.name));
                    let place = place_of_import(info, import.position);
                    let problem = self.missing(&import.name, found, place);
                    unit.missing.push(problem);
                }
            }
        }
        if untold > 0 {
            let reason = format!("{untold} more imports were not found");
            unit.missing.push(Problem::new(&found.name, reason));
        }
        if let Info::Encoded(bytes) = &unit.info {
            self.info_bytes += bytes.len();
            if self.info_bytes > MAX_INFO_BYTES {
                unit.info = Info::Source {
                    path: found.path.clone(),
                    hash: unit.hash,
                };
            }
        }
        self.files.push(unit);
    }

    fn nearby(&mut self) -> &roots::Nearby {
        self.nearby.get_or_insert_with(|| {
            let places = self.roots.iter().chain(&self.places).cloned();
            roots::Nearby::below(places)
        })
    }

    /// The canonical path of an import.
    pub(super) fn resolve(&mut self, import: &str, importer: &Found) -> Option<PathBuf> {
        let below = roots::relative(import)?;
        let direct = self
            .roots_for(&importer.own_roots)
            .find(|root| self.layout.resolves(root, &below))
            .map(|root| root.join(&below));
        let path = direct.or_else(|| {
            if !self.inferred {
                return None;
            }
            let above = self
                .layout
                .root_above(&roots::folder_of(&importer.path), import);
            let root = match above {
                Some(root) => root,
                None => {
                    let near = self.nearby().roots_for(import, &importer.path);
                    near.into_iter().next()?
                }
            };
            let path = root.join(&below);
            self.roots.push(root);
            Some(path)
        })?;
        self.layout.canonical(path)
    }

    fn missing(
        &mut self,
        import: &str,
        importer: &Found,
        place: Option<(usize, usize)>,
    ) -> Problem {
        let searched: Vec<String> = self
            .roots_for(&importer.own_roots)
            .map(|root| format!("`{}`", root.display()))
            .fold(Vec::new(), |mut list, root| {
                if !list.contains(&root) {
                    list.push(root);
                }
                list
            });
        let searched = match searched.len() {
            0 => "No import root was given".to_owned(),
            1..=4 => format!("Searched {}", searched.join(", ")),
            more => format!(
                "Searched {} and {} more",
                searched[..4].join(", "),
                more - 4
            ),
        };
        let proposals = self.proposals(import, importer);
        let hint = match proposals.first() {
            Some(root) => format!("{searched}. Add `{}` as an import root", root.display()),
            None => format!(
                "{searched}. Add the folder that `{import}` is relative to as an import root"
            ),
        };
        let mut problem = Problem::new(&importer.name, format!("import `{import}` was not found"))
            .at(place)
            .hint(hint);
        problem.fixes = proposals.into_iter().map(Fix::AddRoot).collect();
        problem
    }

    /// Folders that would make an import resolve, the likeliest first.
    fn proposals(&mut self, import: &str, importer: &Found) -> Vec<PathBuf> {
        let folder = roots::folder_of(&importer.path);
        let above = self.layout.root_above(&folder, import);
        let near = self.nearby().roots_for(import, &importer.path);
        let mut proposals = Vec::new();
        for root in above.into_iter().chain(near) {
            if proposals.len() < MAX_PROPOSALS && !proposals.contains(&root) {
                proposals.push(root);
            }
        }
        proposals
    }

    /// Lets imports of files that are left out name the files that define the same.
    pub(super) fn replace_excluded(&mut self) {
        let mut stand_ins: HashMap<String, BTreeSet<String>> = HashMap::new();
        let mut wanted: HashMap<&str, &str> = HashMap::new();
        for aside in &self.set_aside {
            stand_ins.insert(aside.name.clone(), BTreeSet::new());
            let symbols = aside.outline.symbols();
            wanted.extend(symbols.map(|(symbol, _)| (symbol, aside.name.as_str())));
        }
        if wanted.is_empty() {
            return;
        }
        for file in &self.files {
            for (symbol, _) in file.outline.symbols() {
                if let Some(aside) = wanted.get(symbol)
                    && let Some(names) = stand_ins.get_mut(*aside)
                {
                    names.insert(file.name.clone());
                }
            }
        }
        // Nobody defines what such a file does: whoever imports it has to do without.
        let alone: Vec<_> = stand_ins
            .extract_if(|_, names| names.is_empty())
            .map(|(name, _)| name)
            .collect();
        self.unusable.extend(alone);
        for file in &mut self.files {
            file.replace_imports(&stand_ins);
        }
    }

    /// Files that import each other in a ring are used, but protoc would not take them.
    pub(super) fn report_rings(&mut self) {
        let index: HashMap<&str, usize> = self
            .files
            .iter()
            .enumerate()
            .map(|(i, file)| (file.name.as_str(), i))
            .collect();
        let mut seen = vec![false; self.files.len()];
        let mut open = vec![false; self.files.len()];
        let mut problems = Vec::new();
        let mut rings = 0;
        for root in 0..self.files.len() {
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            let mut stack = vec![(root, 0)];
            open[root] = true;
            while let Some((file, next)) = stack.pop() {
                let Some(import) = self.files[file].imports.get(next) else {
                    open[file] = false;
                    continue;
                };
                stack.push((file, next + 1));
                let Some(&target) = index.get(import.name.as_str()) else {
                    continue;
                };
                if open[target] {
                    rings += 1;
                    if rings <= MAX_RINGS_TOLD {
                        problems.push(self.ring_problem(file, next, target, &stack));
                    }
                } else if !std::mem::replace(&mut seen[target], true) {
                    open[target] = true;
                    stack.push((target, 0));
                }
            }
        }
        self.problems.extend(problems);
        if let Some(file) = self.files.first().filter(|_| rings > MAX_RINGS_TOLD) {
            let reason = format!("imports form {} more rings", rings - MAX_RINGS_TOLD);
            self.problems.push(Problem::new(&file.name, reason));
        }
    }

    fn ring_problem(
        &self,
        file: usize,
        import: usize,
        target: usize,
        stack: &[(usize, usize)],
    ) -> Problem {
        let members = || {
            let open = stack.iter().map(|&(i, _)| i);
            open.skip_while(|&i| i != target)
        };
        let mut ring: Vec<&str> = members()
            .take(MAX_RING_NAMES)
            .map(|i| self.files[i].name.as_str())
            .collect();
        if members().nth(MAX_RING_NAMES).is_some() {
            ring.push("…");
        }
        ring.push(&self.files[target].name);
        let file = &self.files[file];
        let reason = format!("imports form a ring: {}", ring.join(" → "));
        let import = file.imports.get(import);
        Problem::new(&file.name, reason)
            .at(import.and_then(|import| file.place_of_import(import.position)))
            .hint("The files are used; protoc would refuse them")
    }
}
