//! Files to one pool of descriptors.
//!
//! The only place that hands descriptors to prost-reflect, and the one that knows its limits:
//! it panics on some broken files, recurses without end on files that import each
//! other publicly, and copies the whole pool when a descriptor is alive while files are added.
//! So: public imports are flattened into plain ones, everything goes in as one batch behind
//! `catch_unwind`, and only if that fails one file at a time to find the culprits.

use std::{
    collections::{BTreeSet, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DescriptorError, DescriptorPool};
use prost_types::{FileDescriptorProto, SourceCodeInfo};

use super::{
    Problem,
    burden::Burden,
    candidate::Candidate,
    resolve::{Symbol, resolve},
    unit::{Import, Unit, append, place_of_import},
};

/// Steps spent on flattening public imports over all files; hostile sets could ask for billions.
const MAX_FLATTEN_STEPS: usize = 200_000;

/// Imports of imports over all files: prost-reflect looks at each. All of googleapis has 0.3 million.
const MAX_SECOND_IMPORTS: usize = 20_000_000;

/// Failures that cost a rebuild of the pool, after which the rest of the files is given up.
const MAX_REBUILDS: usize = 40;

/// Bytes given to prost-reflect in vain, after which the same is done: of a ring of files, each failure
/// costs a look at all of them.
const MAX_FAILED_BYTES: usize = 4 * 1024 * 1024;

/// Symbols compared to find who defines a name that is undefined; those found later have no hint.
const MAX_HINT_STEPS: usize = 20_000_000;

/// What became of some files.
pub(super) struct Built {
    /// Those that were accepted.
    pub(super) pool: DescriptorPool,
    /// For each file whether it was.
    pub(super) accepted: Vec<bool>,
    /// What is wrong with the others, and which imports the accepted ones have to do without.
    pub(super) problems: Vec<Problem>,
}

/// Builds what can be built of files that hold each other's imports. CPU work.
pub(super) fn build(units: &[Arc<Unit>]) -> Built {
    let index = units.iter().enumerate();
    let index: HashMap<&str, usize> = index.map(|(i, unit)| (unit.name.as_str(), i)).collect();
    let part = |unit: &Arc<Unit>| {
        let target = |import: &Import| {
            let file = index.get(import.name.as_str()).copied()?;
            Some(Target {
                file,
                public: import.public,
                position: import.position,
            })
        };
        Part {
            imports: unit.imports.iter().filter_map(target).collect(),
            missing: unit.missing.clone(),
            body: unit.body.clone(),
            forgiven: false,
            // What was read from a cache was not looked at before.
            refusal: Burden::of(&unit.body).check().err(),
            unit: Arc::clone(unit),
        }
    };
    let mut builder = Builder {
        parts: units.iter().map(part).collect(),
        flatten_steps: 0,
        hint_steps: 0,
    };
    builder.limit_imports();
    builder.resolve_names();
    builder.build()
}

/// A file being built.
struct Part {
    unit: Arc<Unit>,
    imports: Vec<Target>,
    missing: Vec<Problem>,
    /// Why it is not to be handed on.
    refusal: Option<String>,
    /// The unit's own, with full names, and without its custom options once that was forgiven.
    body: Bytes,
    forgiven: bool,
}

#[derive(Clone, Copy)]
struct Target {
    file: usize,
    public: bool,
    position: usize,
}

enum AddError {
    Descriptor(Box<DescriptorError>),
    Panic,
    /// Not tried: [`MAX_REBUILDS`] was reached.
    GivenUp,
}

/// How far a file has come.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Waiting,
    Accepted,
    Failed,
}

struct Builder {
    parts: Vec<Part>,
    flatten_steps: usize,
    hint_steps: usize,
}

impl Builder {
    /// Takes the imports from files that would keep prost-reflect busy for minutes.
    fn limit_imports(&mut self) {
        let visible: Vec<_> = (0..self.parts.len())
            .map(|i| self.visible_from(i))
            .collect();
        let mut spent = 0_usize;
        for (part, imports) in self.parts.iter_mut().zip(&visible) {
            let cost: usize = imports.iter().map(|&i| visible[i].len()).sum();
            spent = spent.saturating_add(cost);
            if spent > MAX_SECOND_IMPORTS && cost > 0 {
                part.imports.clear();
                let reason = "the files import too many others";
                part.missing.push(Problem::new(&part.unit.name, reason));
            }
        }
    }

    /// Makes the names of types in files that come from sources full.
    fn resolve_names(&mut self) {
        if !self.parts.iter().any(|part| part.unit.path.is_some()) {
            return;
        }
        self.flatten_steps = 0;
        let units: Vec<_> = self.parts.iter().map(|it| Arc::clone(&it.unit)).collect();
        let scopes = Scopes::of(&units);
        for i in 0..self.parts.len() {
            if self.parts[i].unit.path.is_none() {
                continue;
            }
            let visible = self.visible_from(i);
            let lookup = |name: &str| scopes.find(name, &visible);
            // Bytes that are no descriptor are told about when they are built.
            if let Ok(Some(body)) = resolve(&self.parts[i].body, &lookup) {
                self.parts[i].body = body.into();
            }
        }
    }

    fn build(mut self) -> Built {
        let all: Vec<usize> = (0..self.parts.len()).collect();
        let mut pool = DescriptorPool::new();
        self.flatten_steps = 0;
        let set = self.encode(&all, &|_| true);
        let mut problems = Vec::new();
        let safe = self.parts.iter().all(|part| part.refusal.is_none());
        let accepted = if safe && add(&mut pool, &set).is_ok() {
            vec![true; self.parts.len()]
        } else {
            drop(set);
            let states;
            (pool, states) = self.build_one_by_one(&mut problems);
            states.iter().map(|&s| s == State::Accepted).collect()
        };
        for (part, &accepted) in self.parts.iter().zip(&accepted) {
            // What a unit came with may have been told, what was found here was not.
            let told = if part.unit.told {
                part.unit.missing.len()
            } else {
                0
            };
            let missing = part.missing.get(told..).unwrap_or_default();
            problems.extend(missing_imports(missing, accepted));
        }
        Built {
            pool,
            accepted,
            problems,
        }
    }

    /// Adds files in the order of their imports and lists those that cannot be built.
    fn build_one_by_one(&mut self, problems: &mut Vec<Problem>) -> (DescriptorPool, Vec<State>) {
        let mut states = vec![State::Waiting; self.parts.len()];
        let mut pool = DescriptorPool::new();
        let mut rebuilds = 0;
        let mut failed_bytes = 0_usize;
        self.flatten_steps = 0;
        for (part, state) in self.parts.iter_mut().zip(&mut states) {
            if let Some(reason) = part.refusal.take() {
                *state = State::Failed;
                problems.push(Problem::new(&part.unit.name, reason));
            }
        }
        for first in self.import_order() {
            // A file that imports itself through others needs those in the same batch.
            while states[first] == State::Waiting {
                self.drop_failed_imports(first, &states);
                if rebuilds >= MAX_REBUILDS || failed_bytes > MAX_FAILED_BYTES {
                    states[first] = State::Failed;
                    problems.extend(self.report(first, &AddError::GivenUp));
                    continue;
                }
                let batch = self.waiting_closure(first, &states);
                let usable = |i| states[i] == State::Accepted || batch.binary_search(&i).is_ok();
                let set = self.encode(&batch, &usable);
                let error = match add(&mut pool, &set) {
                    Ok(()) => {
                        for &i in &batch {
                            states[i] = State::Accepted;
                        }
                        continue;
                    }
                    Err(error) => error,
                };
                failed_bytes += set.len();
                // After a panic the pool may be half changed; and when prost-reflect takes a failed
                // file back it leaves the file's extensions behind. Start again from what is good.
                let spoilt = match error {
                    AddError::Panic => true,
                    AddError::Descriptor(_) => {
                        let mut batch = batch.iter();
                        batch.any(|&i| self.parts[i].unit.outline.has_extensions())
                    }
                    AddError::GivenUp => false,
                };
                if spoilt {
                    rebuilds += 1;
                    pool = self.build_again(&mut states);
                }
                let culprit = self.culprit(&error, first, &batch);
                if !self.forgive(culprit) {
                    states[culprit] = State::Failed;
                    problems.extend(self.report(culprit, &error));
                }
            }
        }
        (pool, states)
    }

    /// A fresh pool of what was accepted so far; of nothing, should that fail now.
    fn build_again(&mut self, states: &mut [State]) -> DescriptorPool {
        let mut pool = DescriptorPool::new();
        let good = |i: usize| states[i] == State::Accepted;
        let files: Vec<usize> = (0..self.parts.len()).filter(|&i| good(i)).collect();
        let set = self.encode(&files, &good);
        if add(&mut pool, &set).is_err() {
            pool = DescriptorPool::new();
            states.fill(State::Failed);
        }
        pool
    }

    fn culprit(&self, error: &AddError, first: usize, batch: &[usize]) -> usize {
        let AddError::Descriptor(error) = error else {
            return first;
        };
        let named = error.file();
        let mut batch = batch.iter().copied();
        batch
            .find(|&i| named == Some(self.parts[i].unit.name.as_str()))
            .unwrap_or(first)
    }

    /// Gives a file with a missing import another chance, without its custom options.
    fn forgive(&mut self, culprit: usize) -> bool {
        let part = &mut self.parts[culprit];
        if part.missing.is_empty() || std::mem::replace(&mut part.forgiven, true) {
            return false;
        }
        let without = without_custom_options(&part.body);
        let forgiven = without.is_some();
        part.body = without.unwrap_or_default();
        forgiven
    }

    fn report(&mut self, culprit: usize, error: &AddError) -> Option<Problem> {
        let part = &self.parts[culprit];
        if !part.missing.is_empty() {
            return None;
        }
        let unit = Arc::clone(&part.unit);
        Some(match error {
            AddError::Descriptor(error) => {
                let text = error.to_string();
                let mut problem = Problem::new(&unit.name, text.replace('\'', "`"))
                    .at(error.path().and_then(|path| unit.place_of(path)));
                problem.hint = self.find_undefined(&text, &unit.name);
                problem
            }
            AddError::GivenUp => {
                Problem::new(&unit.name, "too many files before this one are broken")
                    .hint("Remove the broken files from the sources")
            }
            AddError::Panic => {
                let reason = "the descriptor is broken in a way that cannot be read";
                Problem::new(&unit.name, reason)
            }
        })
    }

    /// For "name 'x' is not defined": which file has it, if any does.
    fn find_undefined(&mut self, error: &str, file: &str) -> Option<String> {
        let name = error
            .strip_prefix("name '")?
            .strip_suffix("' is not defined")?;
        let name = name.trim_start_matches('.');
        if self.hint_steps > MAX_HINT_STEPS {
            return None;
        }
        let symbols = self
            .parts
            .iter()
            .map(|it| it.unit.outline.symbols().count());
        self.hint_steps += symbols.sum::<usize>();
        let has = |part: &&Part| {
            part.unit.outline.symbols().any(|(symbol, _)| {
                let rest = symbol.strip_suffix(name);
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
        };
        let owner = &self.parts.iter().find(has)?.unit.name;
        (owner != file)
            .then(|| format!("`{name}` is defined in `{owner}`: import that file in `{file}`"))
    }

    fn drop_failed_imports(&mut self, i: usize, states: &[State]) {
        let failed = |target: &Target| states[target.file] == State::Failed;
        let imports = std::mem::take(&mut self.parts[i].imports);
        let (lost, kept): (Vec<_>, Vec<_>) = imports.into_iter().partition(failed);
        self.parts[i].imports = kept;
        let unit = Arc::clone(&self.parts[i].unit);
        let info = match lost.is_empty() {
            true => SourceCodeInfo::default(),
            false => unit.info.load(&unit.name),
        };
        for target in lost {
            let name = &self.parts[target.file].unit.name;
            let reason = format!("imports `{name}`, which cannot be used");
            let part = &mut self.parts[i];
            let place = place_of_import(&info, target.position);
            part.missing
                .push(Problem::new(&part.unit.name, reason).at(place));
        }
    }

    /// Files in the order of their imports; where imports form a ring, in any order.
    fn import_order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.parts.len());
        let mut seen = vec![false; self.parts.len()];
        for root in 0..self.parts.len() {
            // Depth first with a stack of its own: chains of imports may be long.
            let mut stack = vec![(root, 0)];
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            while let Some((file, next)) = stack.pop() {
                match self.parts[file].imports.get(next) {
                    None => order.push(file),
                    Some(target) => {
                        stack.push((file, next + 1));
                        if !std::mem::replace(&mut seen[target.file], true) {
                            stack.push((target.file, 0));
                        }
                    }
                }
            }
        }
        order
    }

    /// A file and everything it needs that was not tried yet.
    fn waiting_closure(&self, first: usize, states: &[State]) -> Vec<usize> {
        let mut closure = BTreeSet::from([first]);
        let mut stack = vec![first];
        while let Some(file) = stack.pop() {
            for target in &self.parts[file].imports {
                if states[target.file] == State::Waiting && closure.insert(target.file) {
                    stack.push(target.file);
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
            let imports = visible.iter().filter(|&&i| usable(i));
            let imports = imports.map(|&i| self.parts[i].unit.name.as_str());
            let part = &self.parts[file];
            append(&part.body, imports, &mut set);
        }
        set
    }

    /// The files whose symbols a file may use.
    fn visible_from(&mut self, file: usize) -> Vec<usize> {
        let direct = self.parts[file].imports.iter().map(|target| target.file);
        let mut visible: BTreeSet<usize> = direct.collect();
        let mut stack: Vec<usize> = visible.iter().copied().collect();
        while let Some(next) = stack.pop() {
            let public = self.parts[next].imports.iter().filter(|it| it.public);
            for target in public {
                self.flatten_steps += 1;
                if self.flatten_steps > MAX_FLATTEN_STEPS {
                    stack.clear();
                    break;
                }
                if visible.insert(target.file) {
                    stack.push(target.file);
                }
            }
        }
        visible.remove(&file);
        visible.into_iter().collect()
    }
}

/// What full names stand for, and in which files.
struct Scopes<'a> {
    symbols: HashMap<&'a str, (usize, Symbol)>,
    packages: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Scopes<'a> {
    fn of(units: &'a [Arc<Unit>]) -> Self {
        let mut scopes = Self {
            symbols: HashMap::new(),
            packages: HashMap::new(),
        };
        for (i, unit) in units.iter().enumerate() {
            let outline = &unit.outline;
            let messages = outline.messages.iter();
            let messages = messages.map(|it| (it.full_name.as_str(), Symbol::Message));
            let enums = outline.enums.iter();
            let enums = enums.map(|it| (it.full_name.as_str(), Symbol::Enum));
            let services = outline.services.iter();
            let services = services.map(|it| (it.full_name.as_str(), Symbol::Service));
            for (name, symbol) in messages.chain(enums).chain(services) {
                scopes.symbols.entry(name).or_insert((i, symbol));
            }
            let mut package = outline.package.as_str();
            while !package.is_empty() {
                scopes.packages.entry(package).or_default().push(i);
                package = package.rsplit_once('.').map_or("", |(outer, _)| outer);
            }
        }
        scopes
    }

    /// What a name stands for in some files, which are sorted.
    fn find(&self, name: &str, files: &[usize]) -> Option<Symbol> {
        let seen = |file: &usize| files.binary_search(file).is_ok();
        let defined = self.symbols.get(name).filter(|(file, _)| seen(file));
        if let Some((_, symbol)) = defined {
            return Some(*symbol);
        }
        let declared = self.packages.get(name)?.iter().any(seen);
        declared.then_some(Symbol::Package)
    }
}

/// A descriptor without its custom options, if it has any: their definitions may be in an import that is
/// missing.
fn without_custom_options(body: &Bytes) -> Option<Bytes> {
    let proto = FileDescriptorProto::decode(body.clone()).ok()?;
    let mut candidate = Candidate::from_proto(proto);
    candidate
        .drop_custom_options()
        .then(|| candidate.body.into())
}

/// Problems of imports that were not found, told for a file that is used or is not.
pub(super) fn missing_imports(
    missing: &[Problem],
    accepted: bool,
) -> impl Iterator<Item = Problem> + '_ {
    const WITHOUT: &str = "The file is used without it";
    missing.iter().cloned().map(move |mut problem| {
        if accepted {
            problem.hint = Some(match problem.hint {
                Some(hint) => format!("{hint}. {WITHOUT}"),
                None => WITHOUT.to_owned(),
            });
        }
        problem
    })
}

/// Adds a serialized set. Adding nothing is fine.
fn add(pool: &mut DescriptorPool, set: &[u8]) -> Result<(), AddError> {
    catch_unwind(AssertUnwindSafe(|| pool.decode_file_descriptor_set(set)))
        .map_err(|_| AddError::Panic)?
        .map_err(|error| AddError::Descriptor(Box::new(error)))
}
