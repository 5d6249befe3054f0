//! Files to one schema: which count, how their names fit together, and what is built at once.
//!
//! Of two files with one name the first counts, and a file that defines what an earlier one defines
//! becomes a problem. A schema of ordinary size is built whole, so that every problem is known at
//! once; a large one is listed, and built file by file when somebody calls.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{
    Loaded, Origin, Problem, Schema,
    build::{build, missing_imports},
    bundled,
    candidate::Candidate,
    library::Library,
    unit::{Import, Unit, place_of_import},
};

/// Bytes of descriptors up to which a schema is built whole: some 0.1 s and 25 MB.
const MAX_WHOLE_BYTES: usize = 1024 * 1024;

/// Imports that are missing of which one file is told; the rest is counted.
const MAX_MISSING_TOLD: usize = 100;

/// Makes a schema of descriptors. `unusable` names files that exist but were refused already;
/// `problems` are those known so far.
pub(super) fn assemble(
    candidates: Vec<Candidate>,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
) -> Loaded {
    let units = candidates.into_iter().map(Unit::seal).collect();
    assemble_units(units, unusable, problems)
}

/// The same, of files that are at rest already.
pub(super) fn assemble_units(
    units: Vec<Unit>,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
) -> Loaded {
    assemble_up_to(MAX_WHOLE_BYTES, units, unusable, problems)
}

/// The same, with the size up to which a schema is built whole.
pub(super) fn assemble_up_to(
    max_whole_bytes: usize,
    units: Vec<Unit>,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
) -> Loaded {
    let mut assembly = Assembly {
        files: Vec::with_capacity(units.len()),
        index: HashMap::new(),
        owners: HashMap::new(),
        aliases: HashMap::new(),
        unusable,
        problems,
    };
    for unit in units {
        assembly.admit(unit);
    }
    assembly.add_bundled();
    for i in 0..assembly.files.len() {
        assembly.drop_missing_imports(i);
    }
    assembly.finish(max_whole_bytes)
}

struct Assembly {
    files: Vec<Unit>,
    index: HashMap<String, usize>,
    /// Which file defines a symbol.
    owners: HashMap<String, usize>,
    /// Imported names that are no file here, and the files that stand for them: a file that only
    /// repeats well-known types has the bundled ones, a missing file another one of the same symbols.
    aliases: HashMap<String, BTreeSet<String>>,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
}

impl Assembly {
    /// Takes a file in, unless something about it alone makes it unusable.
    fn admit(&mut self, unit: Unit) {
        if bundled::contains(&unit.name) {
            return;
        }
        if let Some(&first) = self.index.get(&unit.name) {
            self.compare_namesake(first, &unit);
            return;
        }
        if unit.outline.package == "google.protobuf" {
            let symbols = unit.outline.symbols();
            let stand_ins: BTreeSet<_> = symbols
                .filter_map(|(symbol, _)| bundled::owner(symbol))
                .map(str::to_owned)
                .collect();
            if !stand_ins.is_empty() {
                self.aliases.insert(unit.name, stand_ins);
                return;
            }
        }
        if let Some(problem) = refusal(&unit).or_else(|| self.find_clash(&unit)) {
            self.unusable.insert(unit.name);
            self.problems.push(problem);
            return;
        }
        let index = self.files.len();
        self.index.insert(unit.name.clone(), index);
        let symbols = unit.outline.symbols();
        self.owners
            .extend(symbols.map(|(symbol, _)| (symbol.to_owned(), index)));
        self.files.push(unit);
    }

    fn find_clash(&self, unit: &Unit) -> Option<Problem> {
        unit.outline.symbols().find_map(|(symbol, path)| {
            let first = match self.owners.get(symbol) {
                Some(&owner) => self.files.get(owner)?.name.as_str(),
                None => bundled::owner(symbol)?,
            };
            let reason = format!("`{symbol}` is already defined in `{first}`");
            let problem = Problem::new(&unit.name, reason).at(unit.place_of(path));
            let hint = "Leave one of the two files out, or import it by one name only";
            Some(problem.hint(hint).rival(first))
        })
    }

    /// The first file of a name counts; that is worth a word when the other one holds more.
    fn compare_namesake(&mut self, first: usize, unit: &Unit) {
        let mut symbols = unit.outline.symbols();
        let lost = symbols.find(|(symbol, _)| self.owners.get(*symbol) != Some(&first));
        if let Some((symbol, path)) = lost {
            let reason =
                format!("an earlier source has another file of this name, without `{symbol}`");
            let problem = Problem::new(&unit.name, reason).at(unit.place_of(path));
            let hint = "Put the source with the newer file first";
            self.problems.push(problem.hint(hint));
        }
    }

    /// Adds the bundled files that are imported and not here, and lets imports name what stands for them.
    fn add_bundled(&mut self) {
        let imports = self.files.iter().flat_map(|unit| &unit.imports);
        let mut wanted: Vec<String> = imports
            .filter(|import| !self.index.contains_key(&import.name))
            .map(|import| import.name.clone())
            .collect();
        while let Some(name) = wanted.pop() {
            if self.index.contains_key(&name) {
                continue;
            }
            match self.aliases.get(&name) {
                Some(names) => {
                    let new = names.iter().filter(|name| !self.index.contains_key(*name));
                    wanted.extend(new.cloned());
                }
                None => self.add_stand_in(name, &mut wanted),
            }
        }
        if !self.aliases.is_empty() {
            for unit in &mut self.files {
                unit.replace_imports(&self.aliases);
            }
        }
    }

    /// Finds or adds what stands for an import that is missing, if anything does.
    fn add_stand_in(&mut self, import: String, wanted: &mut Vec<String>) {
        let Some(file) = bundled::fallback(&import).and_then(bundled::file) else {
            return;
        };
        let mut unit = Unit::seal(file);
        unit.origin = Origin::Bundled;
        if !self.index.contains_key(&unit.name) {
            // The same symbols may be here in a file of another name; they cannot be there twice.
            let symbols = unit.outline.symbols();
            let owners: BTreeSet<String> = symbols
                .filter_map(|(symbol, _)| self.files.get(*self.owners.get(symbol)?))
                .map(|owner| owner.name.clone())
                .collect();
            if !owners.is_empty() {
                self.aliases.insert(import, owners);
                return;
            }
        }
        let name = unit.name.clone();
        if !self.index.contains_key(&name) {
            wanted.extend(unit.imports.iter().map(|import| import.name.clone()));
            self.index.insert(name.clone(), self.files.len());
            self.files.push(unit);
        }
        if import != name {
            self.aliases.insert(import, BTreeSet::from([name]));
        }
    }

    fn drop_missing_imports(&mut self, i: usize) {
        let unit = &mut self.files[i];
        let known = |import: &Import| self.index.contains_key(&import.name);
        if unit.imports.iter().all(known) {
            return;
        }
        let (kept, lost): (Vec<_>, Vec<_>) = std::mem::take(&mut unit.imports)
            .into_iter()
            .partition(known);
        unit.imports = kept;
        let info = unit.info.load(&unit.name);
        let untold = lost.len().saturating_sub(MAX_MISSING_TOLD);
        for Import { name, position, .. } in lost.into_iter().take(MAX_MISSING_TOLD) {
            let problem = if self.unusable.contains(&name) {
                let reason = format!("imports `{name}`, which cannot be used");
                Problem::new(&unit.name, reason)
            } else {
                Problem::new(&unit.name, format!("import `{name}` was not found"))
                    .hint("The source must hold every file that is imported")
            };
            let problem = problem.at(place_of_import(&info, position));
            unit.missing.push(problem);
        }
        if untold > 0 {
            let reason = format!("{untold} more imports were not found or cannot be used");
            unit.missing.push(Problem::new(&unit.name, reason));
        }
    }

    fn finish(mut self, max_whole_bytes: usize) -> Loaded {
        let bytes: usize = self.files.iter().map(|unit| unit.body.len()).sum();
        let lazy = bytes > max_whole_bytes;
        if lazy {
            let untold = self.files.iter_mut().filter(|unit| !unit.told);
            for unit in untold {
                self.problems.extend(missing_imports(&unit.missing, true));
                unit.told = true;
            }
        }
        let units: Vec<_> = self.files.into_iter().map(Arc::new).collect();
        if lazy {
            return Loaded {
                schema: Schema::of(Library::new(units, None)),
                problems: self.problems,
            };
        }
        let built = build(&units);
        self.problems.extend(built.problems);
        let accepted = units.into_iter().zip(built.accepted);
        let units = accepted.filter_map(|(unit, accepted)| accepted.then_some(unit));
        Loaded {
            schema: Schema::of(Library::new(units.collect(), Some(built.pool))),
            problems: self.problems,
        }
    }
}

fn refusal(unit: &Unit) -> Option<Problem> {
    let (reason, path) = unit.outline.refusal.as_ref()?;
    Some(Problem::new(&unit.name, reason).at(unit.place_of(path)))
}
