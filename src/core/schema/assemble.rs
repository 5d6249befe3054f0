//! Files to one pool of descriptors.
//!
//! The only place that hands descriptors to prost-reflect, and the one that knows its limits:
//! it panics on some broken files, recurses without end on files that import each
//! other publicly, and copies the whole pool when a descriptor is alive while files are added.
//! So: files are checked first, public imports are flattened into plain ones, everything goes in as
//! one batch behind `catch_unwind`, and only if that fails one file at a time to find the culprits.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use prost_reflect::{DescriptorError, DescriptorPool};
use prost_types::{
    DescriptorProto,
    field_descriptor_proto::{Label, Type},
};

use super::{Loaded, Problem, Schema, bundled, candidate::Candidate, comments::Comments};

/// Steps spent on flattening public imports over all files; hostile sets could ask for billions.
const MAX_FLATTEN_STEPS: usize = 200_000;

/// Imports of imports over all files: prost-reflect looks at each. All of googleapis has 0.3 million.
const MAX_SECOND_IMPORTS: usize = 20_000_000;

/// Failures that cost a rebuild of the pool, after which the rest of the files is given up.
const MAX_REBUILDS: usize = 40;

/// Builds what can be built. Of two files with one name, the first counts; a file that defines what
/// an earlier one defines becomes a problem. `unusable` names files that exist but were refused
/// already; `problems` are those known so far.
pub(super) fn assemble(
    candidates: Vec<Candidate>,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
) -> Loaded {
    let mut assembly = Assembly {
        files: Vec::with_capacity(candidates.len()),
        index: HashMap::new(),
        owners: HashMap::new(),
        aliases: HashMap::new(),
        unusable,
        problems,
        flatten_steps: 0,
    };
    for candidate in candidates {
        assembly.admit(candidate);
    }
    assembly.add_bundled();
    for i in 0..assembly.files.len() {
        assembly.drop_missing_imports(i);
    }
    assembly.limit_imports();
    assembly.build()
}

struct Assembly {
    files: Vec<Candidate>,
    index: HashMap<String, usize>,
    /// Which file defines a symbol.
    owners: HashMap<String, usize>,
    /// Imported names that are no file here, and the files that stand for them: a file that only
    /// repeats well-known types has the bundled ones, a missing file another one of the same symbols.
    aliases: HashMap<String, BTreeSet<String>>,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
    flatten_steps: usize,
}

enum AddError {
    Descriptor(Box<DescriptorError>),
    Panic,
    /// Not tried: [`MAX_REBUILDS`] was reached.
    GivenUp,
}

impl Assembly {
    /// Takes a file in, unless something about it alone makes it unusable.
    fn admit(&mut self, mut candidate: Candidate) {
        if bundled::contains(&candidate.name) {
            return;
        }
        if let Some(&first) = self.index.get(&candidate.name) {
            self.compare_namesake(first, &candidate);
            return;
        }
        candidate.drop_language_features();
        let symbols = candidate.symbols();
        if candidate.proto.package() == "google.protobuf" {
            let stand_ins: BTreeSet<_> = symbols
                .iter()
                .filter_map(|(symbol, _)| bundled::owner(symbol))
                .map(str::to_owned)
                .collect();
            if !stand_ins.is_empty() {
                self.aliases.insert(candidate.name, stand_ins);
                return;
            }
        }
        if let Some(problem) = self
            .check(&candidate)
            .or_else(|| self.find_clash(&candidate, &symbols))
        {
            self.unusable.insert(candidate.name);
            self.problems.push(problem);
            return;
        }
        let index = self.files.len();
        self.index.insert(candidate.name.clone(), index);
        self.owners
            .extend(symbols.into_iter().map(|(symbol, _)| (symbol, index)));
        self.files.push(candidate);
    }

    fn check(&self, candidate: &Candidate) -> Option<Problem> {
        let broken_map = candidate.proto.message_type.iter().find_map(broken_map);
        let reason = match candidate.proto.syntax() {
            _ if candidate.name.is_empty() => "a file without a name".to_owned(),
            _ if broken_map.is_some() => {
                let name = broken_map.unwrap_or_default();
                format!("the map type `{name}` lacks a proper key or value")
            }
            "" | "proto2" | "proto3" => return None,
            // Lowered, where it is one that is known.
            "editions" => "the file is of an edition that is not known here, as 2023 and 2024 of \
                           protobuf editions are"
                .to_owned(),
            syntax => format!("syntax `{syntax}` is not known"),
        };
        Some(Problem::new(&candidate.name, reason).at(candidate.place_of(&[12])))
    }

    fn find_clash(&self, candidate: &Candidate, symbols: &[(String, [i32; 2])]) -> Option<Problem> {
        symbols.iter().find_map(|(symbol, path)| {
            let first = match self.owners.get(symbol) {
                Some(&owner) => self.files.get(owner)?.name.as_str(),
                None => bundled::owner(symbol)?,
            };
            let reason = format!("`{symbol}` is already defined in `{first}`");
            let hint = "Leave one of the two files out, or import it by one name only";
            Some(
                Problem::new(&candidate.name, reason)
                    .at(candidate.place_of(path))
                    .hint(hint)
                    .rival(first),
            )
        })
    }

    /// The first file of a name counts; that is worth a word when the other one holds more.
    fn compare_namesake(&mut self, first: usize, candidate: &Candidate) {
        let lost = candidate
            .symbols()
            .into_iter()
            .find(|(symbol, _)| self.owners.get(symbol) != Some(&first));
        if let Some((symbol, path)) = lost {
            let reason =
                format!("an earlier source has another file of this name, without `{symbol}`");
            self.problems.push(
                Problem::new(&candidate.name, reason)
                    .at(candidate.place_of(&path))
                    .hint("Put the source with the newer file first"),
            );
        }
    }

    /// Adds the bundled files that are imported and not here, and lets imports name what stands for them.
    fn add_bundled(&mut self) {
        let mut wanted: Vec<String> = self
            .files
            .iter()
            .flat_map(|file| file.imports.iter().cloned())
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
        for file in &mut self.files {
            for position in 0..file.imports.len() {
                if let Some(names) = self.aliases.get(&file.imports[position]) {
                    file.replace_import(position, names);
                }
            }
        }
    }

    /// Finds or adds what stands for an import that is missing, if anything does.
    fn add_stand_in(&mut self, import: String, wanted: &mut Vec<String>) {
        let Some(file) = bundled::fallback(&import).and_then(bundled::file) else {
            return;
        };
        if !self.index.contains_key(&file.name) {
            // The same symbols may be here in a file of another name; they cannot be there twice.
            let owners: BTreeSet<String> = file
                .symbols()
                .iter()
                .filter_map(|(symbol, _)| self.files.get(*self.owners.get(symbol)?))
                .map(|owner| owner.name.clone())
                .collect();
            if !owners.is_empty() {
                self.aliases.insert(import, owners);
                return;
            }
        }
        let name = file.name.clone();
        if !self.index.contains_key(&name) {
            wanted.extend(file.imports.iter().cloned());
            self.index.insert(name.clone(), self.files.len());
            self.files.push(file);
        }
        if import != name {
            self.aliases.insert(import, BTreeSet::from([name]));
        }
    }

    fn drop_missing_imports(&mut self, i: usize) {
        let Some(file) = self.files.get_mut(i) else {
            return;
        };
        let mut missing = Vec::new();
        for (position, import) in file.imports.iter().enumerate() {
            if self.index.contains_key(import) {
                continue;
            }
            let path = [3, i32::try_from(position).unwrap_or(i32::MAX)];
            let problem = if self.unusable.contains(import) {
                let reason = format!("imports `{import}`, which cannot be used");
                Problem::new(&file.name, reason)
            } else {
                Problem::new(&file.name, format!("import `{import}` was not found"))
                    .hint("The source must hold every file that is imported")
            };
            let problem = problem.at(file.place_of(&path));
            missing.push((position, problem));
        }
        for (position, problem) in missing.into_iter().rev() {
            file.drop_import(position);
            file.missing.push(problem);
        }
    }

    /// Takes the imports from files that would keep prost-reflect busy for minutes.
    fn limit_imports(&mut self) {
        let visible: Vec<BTreeSet<usize>> = (0..self.files.len())
            .map(|i| self.visible_from(i))
            .collect();
        let mut spent = 0_usize;
        for (file, imports) in self.files.iter_mut().zip(&visible) {
            let cost: usize = imports.iter().map(|&i| visible[i].len()).sum();
            spent = spent.saturating_add(cost);
            if spent > MAX_SECOND_IMPORTS && cost > 0 {
                file.imports.clear();
                file.public_imports.clear();
                let reason = "the files import too many others";
                file.missing.push(Problem::new(&file.name, reason));
            }
        }
    }

    fn build(mut self) -> Loaded {
        let all: Vec<usize> = (0..self.files.len()).collect();
        let mut pool = DescriptorPool::new();
        self.flatten_steps = 0;
        let set = self.encode(&all, &|_| true);
        let accepted = if add(&mut pool, &set).is_ok() {
            vec![true; self.files.len()]
        } else {
            drop(set);
            let accepted;
            (pool, accepted) = self.build_one_by_one();
            accepted
        };
        let mut comments = Comments::default();
        for (file, accepted) in self.files.iter().zip(&accepted) {
            if *accepted {
                comments.add(&file.name, &file.info);
            }
            for problem in &file.missing {
                let mut problem = problem.clone();
                if *accepted {
                    const WITHOUT: &str = "The file is used without it";
                    problem.hint = Some(match problem.hint {
                        Some(hint) => format!("{hint}. {WITHOUT}"),
                        None => WITHOUT.to_owned(),
                    });
                }
                self.problems.push(problem);
            }
        }
        Loaded {
            schema: Schema::new(pool, comments),
            problems: self.problems,
        }
    }

    /// Adds files in the order of their imports and lists those that cannot be built.
    fn build_one_by_one(&mut self) -> (DescriptorPool, Vec<bool>) {
        let order = self.import_order();
        let mut accepted = vec![false; self.files.len()];
        let mut failed = vec![false; self.files.len()];
        let mut pool = DescriptorPool::new();
        let mut rebuilds = 0;
        self.flatten_steps = 0;
        for first in order {
            // A file that imports itself through others needs those in the same batch.
            while !accepted[first] && !failed[first] {
                self.drop_missing_imports(first);
                let batch = self.unbuilt_closure(first, &accepted, &failed);
                let set = self.encode(&batch, &|i| accepted[i] || batch.contains(&i));
                let error = if rebuilds >= MAX_REBUILDS {
                    AddError::GivenUp
                } else {
                    match add(&mut pool, &set) {
                        Ok(()) => {
                            for &i in &batch {
                                accepted[i] = true;
                            }
                            continue;
                        }
                        Err(error) => error,
                    }
                };
                // After a panic the pool may be half changed; and when prost-reflect takes a failed
                // file back it leaves the file's extensions behind. Start again from what is good.
                let spoilt = match error {
                    AddError::Panic => true,
                    AddError::Descriptor(_) => {
                        batch.iter().any(|&i| self.files[i].has_extensions())
                    }
                    AddError::GivenUp => false,
                };
                if spoilt {
                    rebuilds += 1;
                    let good: Vec<usize> = (0..self.files.len()).filter(|&i| accepted[i]).collect();
                    pool = DescriptorPool::new();
                    let set = self.encode(&good, &|i| accepted[i]);
                    if add(&mut pool, &set).is_err() {
                        pool = DescriptorPool::new();
                        accepted.fill(false);
                        failed.fill(true);
                    }
                }
                let culprit = match &error {
                    AddError::Descriptor(error) => error
                        .file()
                        .and_then(|name| self.index.get(name).copied())
                        .filter(|culprit| batch.contains(culprit))
                        .unwrap_or(first),
                    AddError::Panic | AddError::GivenUp => first,
                };
                if !self.forgive(culprit) {
                    failed[culprit] = true;
                    self.report(culprit, &error);
                    // Files that import it now find it among the unusable ones.
                    let name = self.files[culprit].name.clone();
                    self.index.remove(&name);
                    self.unusable.insert(name);
                }
            }
        }
        (pool, accepted)
    }

    /// Gives a file with a missing import another chance, without its custom options.
    fn forgive(&mut self, culprit: usize) -> bool {
        let file = &mut self.files[culprit];
        !file.missing.is_empty() && file.drop_custom_options()
    }

    fn report(&mut self, culprit: usize, error: &AddError) {
        let file = &self.files[culprit];
        if !file.missing.is_empty() {
            return;
        }
        let name = &file.name;
        let problem = match error {
            AddError::Descriptor(error) => {
                let text = error.to_string();
                let mut problem = Problem::new(name, text.replace('\'', "`"))
                    .at(error.path().and_then(|path| file.place_of(path)));
                problem.hint = self.find_undefined(&text, name);
                problem
            }
            AddError::GivenUp => Problem::new(name, "too many files before this one are broken")
                .hint("Remove the broken files from the sources"),
            AddError::Panic => Problem::new(
                name,
                "the descriptor is broken in a way that cannot be read",
            ),
        };
        self.problems.push(problem);
    }

    /// For "name 'x' is not defined": which file has it, if any does.
    fn find_undefined(&self, error: &str, file: &str) -> Option<String> {
        let name = error
            .strip_prefix("name '")?
            .strip_suffix("' is not defined")?;
        let name = name.trim_start_matches('.');
        let owners = self.owners.iter().filter_map(|(symbol, &owner)| {
            let rest = symbol.strip_suffix(name)?;
            (rest.is_empty() || rest.ends_with('.')).then_some(owner)
        });
        // Of several, the same one every time: the first file.
        let owner = &self.files.get(owners.min()?)?.name;
        (owner != file)
            .then(|| format!("`{name}` is defined in `{owner}`: import that file in `{file}`"))
    }

    /// Files in the order of their imports; where imports form a ring, in any order.
    fn import_order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.files.len());
        let mut seen = vec![false; self.files.len()];
        for root in 0..self.files.len() {
            // Depth first with a stack of its own: chains of imports may be long.
            let mut stack = vec![(root, 0)];
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            while let Some((file, next)) = stack.pop() {
                match self.files[file].imports.get(next) {
                    None => order.push(file),
                    Some(import) => {
                        stack.push((file, next + 1));
                        if let Some(&index) = self.index.get(import)
                            && !std::mem::replace(&mut seen[index], true)
                        {
                            stack.push((index, 0));
                        }
                    }
                }
            }
        }
        order
    }

    /// A file and everything it needs that is neither built nor failed.
    fn unbuilt_closure(&self, first: usize, accepted: &[bool], failed: &[bool]) -> Vec<usize> {
        let mut closure = BTreeSet::from([first]);
        let mut stack = vec![first];
        while let Some(file) = stack.pop() {
            for import in &self.files[file].imports {
                if let Some(&index) = self.index.get(import)
                    && !accepted[index]
                    && !failed[index]
                    && closure.insert(index)
                {
                    stack.push(index);
                }
            }
        }
        closure.into_iter().collect()
    }

    /// A serialized set of some files. Their imports are those files `usable` accepts, with public
    /// imports flattened: prost-reflect follows only one step of them, and rings for ever.
    fn encode(&mut self, files: &[usize], usable: &dyn Fn(usize) -> bool) -> Vec<u8> {
        let mut set = Vec::new();
        for &file in files {
            let visible = self.visible_from(file);
            let imports = visible
                .iter()
                .filter(|&&i| usable(i))
                .map(|&i| self.files[i].name.as_str());
            self.files[file].append_to(imports, &mut set);
        }
        set
    }

    /// The files whose symbols a file may use.
    fn visible_from(&mut self, file: usize) -> BTreeSet<usize> {
        let direct = |name: &String| self.index.get(name).copied();
        let mut visible: BTreeSet<usize> =
            self.files[file].imports.iter().filter_map(direct).collect();
        let mut stack: Vec<usize> = visible.iter().copied().collect();
        while let Some(next) = stack.pop() {
            let next = &self.files[next];
            for import in &next.public_imports {
                self.flatten_steps += 1;
                if self.flatten_steps > MAX_FLATTEN_STEPS {
                    return visible;
                }
                if let Some(index) = next.imports.get(*import).and_then(direct)
                    && visible.insert(index)
                {
                    stack.push(index);
                }
            }
        }
        visible.remove(&file);
        visible
    }
}

/// A type marked as the entry of a map that is none: prost-reflect takes it and panics on use.
/// Recurses once a nesting level, at most 100 (the limit of the decoder).
fn broken_map(message: &DescriptorProto) -> Option<&str> {
    let is_entry = message.options.as_ref().is_some_and(|o| o.map_entry());
    let numbers: Vec<i32> = message.field.iter().map(|field| field.number()).collect();
    let single = message
        .field
        .iter()
        .all(|field| field.label() == Label::Optional);
    let proper_key = message.field.iter().find(|field| field.number() == 1);
    let proper_key = proper_key.is_some_and(|key| {
        !matches!(
            key.r#type(),
            Type::Float | Type::Double | Type::Bytes | Type::Message | Type::Group | Type::Enum
        )
    });
    let fits = numbers.len() == 2 && numbers.contains(&2) && single && proper_key;
    if is_entry && !fits {
        return Some(message.name());
    }
    message.nested_type.iter().find_map(broken_map)
}

/// Adds a serialized set. Adding nothing is fine.
fn add(pool: &mut DescriptorPool, set: &[u8]) -> Result<(), AddError> {
    catch_unwind(AssertUnwindSafe(|| pool.decode_file_descriptor_set(set)))
        .map_err(|_| AddError::Panic)?
        .map_err(|error| AddError::Descriptor(Box::new(error)))
}
