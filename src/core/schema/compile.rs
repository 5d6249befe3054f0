//! `.proto` files to descriptors, by protox.
//!
//! Walks the imports itself, so that each file is read and parsed once, a broken file hides only
//! what needs it, and a file found by two names is one file. protox parses; [`assemble`] builds.
//! Limits: size of a file and of all files, their number, nesting (see [`scan`]).

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    fs,
    num::NonZero,
    panic::catch_unwind,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use bytes::Bytes;
use prost_types::{FileDescriptorProto, SourceCodeInfo};
use ring::digest::{Context, SHA256, digest};

use super::{
    Fix, Loaded, Problem,
    assemble::assemble_units,
    bundled,
    burden::{self, Burden},
    cache::{self, Cache},
    candidate::Candidate,
    doctor, editions, read, roots,
    scan::{self, place_at},
    unit::{Hash, Info, Unit, place_of_import},
};

/// Files compiled at once, imports included.
const MAX_FILES: usize = 20_000;

/// Bytes of source compiled at once.
const MAX_TOTAL_BYTES: usize = 512 * 1024 * 1024;

/// Imports that are missing of which one file is told; the rest is counted.
const MAX_MISSING_TOLD: usize = 100;

/// Imports that are nowhere, after which no more is looked for: each costs a look at all folders around.
const MAX_SEARCHES_IN_VAIN: usize = 5_000;

/// Rings of imports that are told, and the files of one that are named.
const MAX_RINGS_TOLD: usize = 100;
const MAX_RING_NAMES: usize = 20;

/// Import roots proposed for one import.
const MAX_PROPOSALS: usize = 3;

/// Files parsed at a time: what they hold while they are parsed is let go before the next ones.
const BATCH: usize = 256;

/// Files of a tree that is worth a cache.
const MIN_CACHED_FILES: usize = 100;

/// Bytes of source parsed at a time, but for one file that is larger.
const BATCH_BYTES: u64 = 32 * 1024 * 1024;

/// Files from this size on are parsed one at a time: what a parser makes of one may take a hundred times
/// its bytes.
const LARGE_BYTES: usize = 1024 * 1024;

/// More threads than this wait for memory.
const MAX_THREADS: usize = 8;

/// Parsers descend with what they parse; the check of nesting allows for it.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of source locations kept; those of further files are read again when they are wanted.
const MAX_INFO_BYTES: usize = 8 * 1024 * 1024;

/// Compiles files (or every `.proto` below a folder) with import roots; roots are inferred when
/// none are given. Blocking: call it on a worker thread. Never panics and never aborts: size,
/// nesting and number of files are checked before protox sees a file.
pub fn compile(files: &[PathBuf], roots: &[PathBuf]) -> Loaded {
    compile_with(files, roots, &[], None)
}

/// The same, without some files: whoever imports one of them gets the files that define the same. What
/// is made of a large tree is kept in the folder `cache`, by the contents of its files.
pub fn compile_with(
    files: &[PathBuf],
    roots: &[PathBuf],
    exclude: &[PathBuf],
    cache: Option<&Path>,
) -> Loaded {
    let mut walk = Walk::new(files, roots);
    let exclude = exclude.iter();
    walk.excluded = exclude
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect();
    let kept = cache.map(|folder| folder.join(cache_name(files, roots)));
    if let Some(path) = &kept {
        walk.cache = Some(Cache::open(path));
    }
    for file in files {
        walk.add_given(file);
    }
    walk.run();
    walk.replace_excluded();
    walk.report_rings();
    if let Some(path) = kept {
        walk.save_cache(&path);
    }
    let mut loaded = assemble_units(walk.files, walk.unusable, walk.problems);
    doctor::examine(&mut loaded.problems, &doctor::by_name(&walk.names));
    doctor::in_order(&mut loaded.problems);
    loaded
}

/// The import roots that [`compile`] finds for files or folders when none are given, in the order it
/// tries them. Reads the heads of all files: call it on a worker thread.
pub fn find_roots(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut walk = Walk::new(files, &[]);
    for file in files {
        walk.add_given(file);
    }
    while let Some(found) = walk.queue.pop_front() {
        for import in roots::imports_of(&found.path) {
            if let Some(path) = walk.resolve(&import, &found) {
                walk.enqueue(path, import, found.own_roots.clone(), None);
            }
        }
    }
    walk.roots
}

/// A file that was found and waits to be read.
struct Found {
    path: PathBuf,
    name: String,
    /// Roots to try first for its imports; empty when roots were given.
    own_roots: Vec<PathBuf>,
    /// What the cache has of it, if it was looked up already.
    known: Option<Known>,
}

/// A file whose contents the cache knows.
struct Known {
    hash: Hash,
    entry: Bytes,
    /// Its size.
    bytes: usize,
}

/// What a file says before it says anything else.
#[derive(Default)]
struct Head {
    header: scan::Header,
    /// The file's size.
    bytes: usize,
    known: Option<Known>,
}

struct Walk {
    /// Canonical where they exist.
    roots: Vec<PathBuf>,
    inferred: bool,
    /// Files and folders given, for proposals.
    places: Vec<PathBuf>,
    /// The name of each file found, by its canonical path.
    names: HashMap<PathBuf, String>,
    taken: HashSet<String>,
    queue: VecDeque<Found>,
    files: Vec<Unit>,
    /// What is known of files by their contents; `None` when nothing is to be kept.
    cache: Option<Cache>,
    /// What goes into the cache: the entries of the files met.
    entries: Vec<(Hash, Bytes)>,
    /// How many of those are new.
    fresh: usize,
    /// Bytes of source locations held so far.
    info_bytes: usize,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
    total_bytes: usize,
    full: bool,
    searches_in_vain: usize,
    /// `.proto` files near the sources; made when an import is found nowhere else.
    nearby: Option<roots::Nearby>,
    layout: roots::Layout,
    /// Files that are left out, by their canonical paths.
    excluded: HashSet<PathBuf>,
    /// Those of them that were read.
    set_aside: Vec<Unit>,
}

impl Walk {
    fn new(files: &[PathBuf], roots: &[PathBuf]) -> Self {
        let mut walk = Self {
            roots: Vec::new(),
            inferred: roots.is_empty(),
            places: files.to_vec(),
            names: HashMap::new(),
            taken: HashSet::new(),
            queue: VecDeque::new(),
            files: Vec::new(),
            cache: None,
            entries: Vec::new(),
            fresh: 0,
            info_bytes: 0,
            unusable: HashSet::new(),
            problems: Vec::new(),
            total_bytes: 0,
            full: false,
            searches_in_vain: 0,
            nearby: None,
            layout: roots::Layout::default(),
            excluded: HashSet::new(),
            set_aside: Vec::new(),
        };
        for root in roots {
            match fs::canonicalize(root) {
                Ok(path) if path.is_dir() => walk.roots.push(path),
                _ => walk.problems.push(
                    Problem::new(
                        root.display().to_string(),
                        "this import root is not a folder",
                    )
                    .hint("Choose a folder that imports are relative to"),
                ),
            }
        }
        walk
    }

    fn add_given(&mut self, given: &Path) {
        // As protoc does, a name that is not there may be meant from a root.
        let path = if given.exists() {
            given.to_owned()
        } else {
            self.roots
                .iter()
                .map(|root| root.join(given))
                .find(|path| path.exists())
                .unwrap_or_else(|| given.to_owned())
        };
        if !path.is_dir() {
            self.add_file(&path);
            return;
        }
        let (files, complete) = roots::proto_files_below(&path);
        self.layout.know(&files);
        if !complete {
            self.problem(&path, "the folder holds too many files; some were left out");
        } else if files.is_empty() {
            self.problem(&path, "there is no `.proto` file in this folder");
        }
        let folder = fs::canonicalize(&path).ok();
        let heads: Vec<Option<Head>> = if self.inferred {
            let cache = self.cache.as_ref();
            let read = AtomicUsize::new(0);
            in_parallel(&files, |file| {
                // What is beyond will not be compiled either.
                let full = read.load(Ordering::Relaxed) > MAX_TOTAL_BYTES;
                let head = if full {
                    Head::default()
                } else {
                    read_head(file, cache)
                };
                read.fetch_add(head.bytes, Ordering::Relaxed);
                Some(head)
            })
        } else {
            files.iter().map(|_| None).collect()
        };
        for (file, head) in files.into_iter().zip(heads) {
            self.add_canonical(file, folder.as_deref(), head);
        }
    }

    fn problem(&mut self, path: &Path, reason: &str) {
        let file = path.display().to_string();
        self.problems.push(Problem::new(file, reason));
    }

    /// Queues a given file under the name others import it by.
    fn add_file(&mut self, path: &Path) {
        match fs::canonicalize(path) {
            Ok(canonical) => self.add_canonical(canonical, None, None),
            Err(_) => self.problem(path, "there is no such file"),
        }
    }

    /// The same, with the folder it was found in and its head, if that was read.
    fn add_canonical(&mut self, canonical: PathBuf, folder: Option<&Path>, head: Option<Head>) {
        if self.names.contains_key(&canonical) {
            return;
        }
        let mut known = None;
        let own_roots: Vec<PathBuf> = if self.inferred {
            let head = head.unwrap_or_else(|| read_head(&canonical, self.cache.as_ref()));
            known = head.known;
            let roots::Inferred { roots, named } = self.layout.infer(&canonical, &head.header);
            let folder = folder.map(Path::to_owned);
            let beside = [roots::folder_of(&canonical)];
            let nothing = roots.is_empty() || (!named && roots == beside);
            match folder {
                // Nothing was learned from the file: it is named from the folder that was chosen.
                Some(folder) if nothing => vec![folder],
                Some(folder) => roots.into_iter().chain([folder]).collect(),
                None if roots.is_empty() => beside.to_vec(),
                None => roots,
            }
        } else {
            Vec::new()
        };
        let mut name = self
            .roots_for(&own_roots)
            .find_map(|root| roots::name_below(root, &canonical));
        if name.is_none() {
            // Outside every root: files beside it may still be imported.
            let folder = roots::folder_of(&canonical);
            name = roots::name_below(&folder, &canonical);
            self.roots.push(folder);
        }
        let Some(name) = name else {
            self.problem(&canonical, "the file's name is not valid Unicode");
            return;
        };
        for root in &own_roots {
            if !self.roots.contains(root) {
                self.roots.push(root.clone());
            }
        }
        self.enqueue(canonical, name, own_roots, known);
    }

    /// The roots to try: a file's own first, unless roots were given.
    fn roots_for<'a>(&'a self, own: &'a [PathBuf]) -> impl Iterator<Item = &'a Path> {
        own.iter().chain(&self.roots).map(PathBuf::as_path)
    }

    /// Queues a file once; returns the name it goes by.
    fn enqueue(
        &mut self,
        path: PathBuf,
        name: String,
        own_roots: Vec<PathBuf>,
        known: Option<Known>,
    ) -> String {
        if let Some(known) = self.names.get(&path) {
            return known.clone();
        }
        if let Some(bundled) = bundled::name_at_end_of(&name) {
            self.names.insert(path, bundled.to_owned());
            return bundled.to_owned();
        }
        let name = self.free_name(&path, name);
        self.taken.insert(name.clone());
        self.names.insert(path.clone(), name.clone());
        if self.names.len() > MAX_FILES {
            if !std::mem::replace(&mut self.full, true) {
                self.problem(&path, &format!("more than {MAX_FILES} files"));
            }
            self.unusable.insert(name.clone());
            return name;
        }
        self.queue.push_back(Found {
            path,
            name: name.clone(),
            own_roots,
            known,
        });
        name
    }

    /// Two files may have one name, seen from different roots; the later one gets folders before it.
    fn free_name(&self, path: &Path, name: String) -> String {
        if !self.taken.contains(&name) {
            return name;
        }
        path.ancestors()
            .filter_map(|root| roots::name_below(root, path))
            .find(|longer| longer.len() > name.len() && !self.taken.contains(longer))
            .unwrap_or(name)
    }

    /// Keeps what was made, where that is worth it and not there yet. A cache that cannot be written is
    /// one that is not there.
    fn save_cache(&self, path: &Path) {
        let known = self.cache.as_ref().map_or(0, Cache::len);
        let worth = self.entries.len() >= MIN_CACHED_FILES;
        if worth && (self.fresh > 0 || known > 2 * self.entries.len()) {
            let entries = self.entries.iter().map(|(hash, entry)| (hash, entry));
            if let Err(error) = cache::save(path, entries) {
                tracing::debug!(%error, "the cache of schemas was not written");
            }
        }
    }

    /// Reads what is queued, and what that imports, until nothing new is named.
    fn run(&mut self) {
        while !self.queue.is_empty() {
            let batch = self.next_batch();
            let cache = self.cache.as_ref();
            let full = self.total_bytes > MAX_TOTAL_BYTES;
            let read = in_parallel(&batch, |found| match full {
                true => beyond_total(found),
                false => read_file(found, cache),
            });
            for (found, read) in batch.iter().zip(read) {
                self.total_bytes = self.total_bytes.saturating_add(read.bytes);
                let unit = read.unit;
                if let Some(entry) = read.entry {
                    self.fresh += usize::from(entry.fresh);
                    self.entries.push((entry.hash, entry.bytes));
                }
                let excluded = self.excluded.contains(&found.path);
                match unit {
                    // What it defines tells who stands for it.
                    Ok(unit) if excluded => self.set_aside.push(unit),
                    Ok(unit) => self.follow_imports(found, unit),
                    Err(problem) => {
                        self.unusable.insert(found.name.clone());
                        if !excluded {
                            self.problems.push(*problem);
                        }
                    }
                }
            }
        }
    }

    /// The files to read next: as many as may be held at once.
    fn next_batch(&mut self) -> Vec<Found> {
        let mut batch = Vec::new();
        let mut bytes = 0_u64;
        while batch.len() < BATCH
            && bytes < BATCH_BYTES
            && let Some(found) = self.queue.pop_front()
        {
            let size = fs::metadata(&found.path).map_or(0, |metadata| metadata.len());
            // One that is larger than what is read is refused unread.
            bytes = bytes.saturating_add(size.min(read::MAX_SOURCE_BYTES));
            batch.push(found);
        }
        batch
    }

    fn follow_imports(&mut self, found: &Found, mut unit: Unit) {
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
    fn resolve(&mut self, import: &str, importer: &Found) -> Option<PathBuf> {
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
    fn replace_excluded(&mut self) {
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
    fn report_rings(&mut self) {
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

/// What became of one file.
struct ReadFile {
    /// Its size.
    bytes: usize,
    unit: Result<Unit, Box<Problem>>,
    /// What the cache is to hold of it.
    entry: Option<CacheEntry>,
}

struct CacheEntry {
    hash: Hash,
    bytes: Bytes,
    fresh: bool,
}

/// The name of the cache of some files, whatever is in them.
pub(super) fn cache_name(files: &[PathBuf], roots: &[PathBuf]) -> String {
    let mut digest = Context::new(&SHA256);
    for list in [files, roots] {
        for path in list {
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            digest.update(path.as_os_str().as_encoded_bytes());
            digest.update(&[0]);
        }
        digest.update(&[1]);
    }
    let digest = digest.finish();
    let hex = digest
        .as_ref()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"));
    format!("{}.protos", hex.collect::<String>())
}

/// Does something with each of a list, on every core there is.
fn in_parallel<T: Sync, U: Send>(list: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(MAX_THREADS).min(list.len().div_ceil(4));
    if threads < 2 {
        return list.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = list.get(at)
        {
            done.push((at, work(item)));
        }
        done
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let builder = || thread::Builder::new().stack_size(STACK_BYTES);
        let others: Vec<_> = (1..threads)
            .filter_map(|_| builder().spawn_scoped(scope, share).ok())
            .collect();
        let mut done = share();
        for other in others {
            // A panic is caught where it may happen, in the parser.
            done.extend(other.join().unwrap_or_default());
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The head of a file, as far as it can be read; from the cache, where that knows its contents.
fn read_head(path: &Path, cache: Option<&Cache>) -> Head {
    let Ok(bytes) = read::regular_file(path, read::MAX_SOURCE_BYTES) else {
        return Head::default();
    };
    if let Some(cache) = cache.filter(|cache| cache.len() > 0) {
        let hash = hash(&bytes);
        if let Some(entry) = cache.get(&hash) {
            return Head {
                header: cache::header(entry),
                bytes: bytes.len(),
                known: Some(Known {
                    hash,
                    entry: entry.clone(),
                    bytes: bytes.len(),
                }),
            };
        }
    }
    Head {
        header: scan::read_head(&scan::decode_source(&bytes)),
        bytes: bytes.len(),
        known: None,
    }
}

fn read_file(found: &Found, cache: Option<&Cache>) -> ReadFile {
    if let Some(known) = &found.known
        && let Some(read) = from_cache(found, known.hash, &known.entry, known.bytes)
    {
        return read;
    }
    let bytes = match read::regular_file(&found.path, read::MAX_SOURCE_BYTES) {
        Ok(bytes) => bytes,
        Err(reason) => {
            return ReadFile {
                bytes: 0,
                unit: Err(Box::new(refuse(found, None, reason, None))),
                entry: None,
            };
        }
    };
    let hash = hash(&bytes);
    if let Some(entry) = cache.and_then(|cache| cache.get(&hash))
        && let Some(read) = from_cache(found, hash, entry, bytes.len())
    {
        return read;
    }
    let unit = parse_source(&found.name, &bytes).map(|candidate| {
        let mut unit = Unit::seal(candidate);
        unit.hash = hash;
        unit.path = Some(found.path.clone());
        unit
    });
    let entry = unit.as_ref().ok().filter(|_| cache.is_some());
    ReadFile {
        bytes: bytes.len(),
        entry: entry.map(|unit| CacheEntry {
            hash,
            bytes: cache::encode(unit),
            fresh: true,
        }),
        unit: unit.map_err(|error| Box::new(refuse(found, error.place, error.reason, error.hint))),
    }
}

/// A file that is not read since those before it were too much.
fn beyond_total(found: &Found) -> ReadFile {
    let limit = MAX_TOTAL_BYTES / 1024 / 1024;
    let reason = format!("all files together have more than {limit} MiB");
    ReadFile {
        bytes: 0,
        unit: Err(Box::new(refuse(found, None, reason, None))),
        entry: None,
    }
}

/// What the cache has of a file, if that goes by the same name still.
fn from_cache(found: &Found, hash: Hash, entry: &Bytes, bytes: usize) -> Option<ReadFile> {
    let unit = cache::decode(entry, &found.name, &found.path, hash)?;
    Some(ReadFile {
        bytes,
        unit: Ok(unit),
        entry: Some(CacheEntry {
            hash,
            bytes: entry.clone(),
            fresh: false,
        }),
    })
}

fn hash(bytes: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// A file's contents, unless they are no longer those that were compiled.
pub(super) fn unchanged(path: &Path, expected: &Hash) -> Option<Vec<u8>> {
    let bytes = read::regular_file(path, read::MAX_SOURCE_BYTES).ok()?;
    (hash(&bytes) == *expected).then_some(bytes)
}

/// The source locations of a file, unless its contents are no longer those that were compiled.
pub(super) fn locations(path: &Path, name: &str, expected: &Hash) -> Option<SourceCodeInfo> {
    let bytes = unchanged(path, expected)?;
    Some(parse_source(name, &bytes).ok()?.info)
}

fn refuse(
    found: &Found,
    place: Option<(usize, usize)>,
    reason: String,
    hint: Option<String>,
) -> Problem {
    let problem = Problem::new(&found.name, reason).at(place);
    Problem { hint, ..problem }
}

/// Parses a source of any syntax or edition; checks nesting before protox sees it. Its options are not
/// interpreted yet.
///
/// # Errors
/// The reason, with its place where the parser tells it.
pub(super) fn parse_source(name: &str, bytes: &[u8]) -> Result<Candidate, ParseFailure> {
    let source = scan::decode_source(bytes);
    let failure = |place, reason| ParseFailure {
        place,
        reason,
        hint: None,
    };
    scan::check_nesting(&source).map_err(|refusal| {
        let place = place_at(&source, refusal.offset);
        failure(Some(place), refusal.reason)
    })?;
    let header = scan::read_header(&source);
    check_imports(&header).map_err(|reason| failure(None, reason))?;
    let _alone =
        (source.len() >= LARGE_BYTES).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    let Some((edition, offset)) = header.edition else {
        let parsed = parse(name, &source).or_else(|error| match editions::mend(&source) {
            Some(mended) => parse(name, &mended).map_err(|_| error),
            None => Err(error),
        })?;
        let candidate = Candidate::from_proto(parsed);
        Burden::of(&candidate.body)
            .check()
            .map_err(|reason| failure(None, reason))?;
        return Ok(candidate);
    };
    let Some(rewritten) = editions::rewrite(&source, &edition) else {
        return Err(ParseFailure {
            place: Some(place_at(&source, offset)),
            reason: format!("edition `{edition}` is not known here"),
            hint: Some(EDITIONS_HINT.to_owned()),
        });
    };
    let parsed = parse(name, &rewritten.source)?;
    Candidate::decode(&editions::as_edition(parsed, rewritten.edition))
        .map_err(|reason| failure(None, reason))
}

/// Held while a large file is parsed.
static LARGE: Mutex<()> = Mutex::new(());

/// Refuses imports that are too many or too long to be looked for.
fn check_imports(header: &scan::Header) -> Result<(), String> {
    if header.imports.len() > burden::MAX_IMPORTS {
        return Err(format!(
            "the file imports more than {} others",
            burden::MAX_IMPORTS
        ));
    }
    if header
        .imports
        .iter()
        .any(|name| name.len() > burden::MAX_FILE_NAME)
    {
        return Err(format!(
            "the name of an import is longer than {} bytes",
            burden::MAX_FILE_NAME
        ));
    }
    Ok(())
}

const EDITIONS_HINT: &str =
    "Editions 2023 and 2024 can be used, and `syntax = \"proto2\"` and \"proto3\"";

#[cfg(any(test, feature = "fuzzing"))]
impl ParseFailure {
    /// Why.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }
}

/// A file that protox refused.
#[derive(Debug)]
pub(super) struct ParseFailure {
    place: Option<(usize, usize)>,
    reason: String,
    hint: Option<String>,
}

fn parse(name: &str, source: &str) -> Result<FileDescriptorProto, ParseFailure> {
    let parsed = catch_unwind(|| protox::file::File::from_source(name, source));
    let error = match parsed {
        Ok(Ok(file)) => return Ok(file.into()),
        Ok(Err(error)) => error,
        Err(_) => {
            return Err(ParseFailure {
                place: None,
                reason: "the file cannot be parsed (a defect of the parser)".to_owned(),
                hint: None,
            });
        }
    };
    let place = place_in_debug_text(&format!("{error:?}"), name);
    let reason = error.to_string();
    // protox's own words for a bad import are those for a bad group.
    let at_string = place.is_some_and(|place| text_at(source, place).starts_with(['"', '\'']));
    if reason == "invalid group name" && at_string {
        return Err(ParseFailure {
            place,
            reason: "this is not a valid import".to_owned(),
            hint: Some(
                "An import is relative to an import root: no `.`, `..`, `\\` or `//`".to_owned(),
            ),
        });
    }
    let at_end = reason.ends_with("reached end of file");
    Err(ParseFailure {
        place: place.or_else(|| at_end.then(|| place_at(source, source.len()))),
        reason: reason.replace('\'', "`"),
        hint: None,
    })
}

/// protox tells the place of a syntax error only in its debug text, `name:line:column: …`.
fn place_in_debug_text(text: &str, name: &str) -> Option<(usize, usize)> {
    let rest = text.strip_prefix(name)?.strip_prefix(':')?;
    let mut parts = rest.split(':');
    let line = parts.next()?.parse().ok()?;
    let column = parts.next()?.parse().ok()?;
    Some((line, column))
}

fn text_at(source: &str, (line, column): (usize, usize)) -> &str {
    let line = source.lines().nth(line.saturating_sub(1)).unwrap_or("");
    line.char_indices()
        .nth(column.saturating_sub(1))
        .and_then(|(offset, _)| line.get(offset..))
        .unwrap_or("")
}

#[cfg(test)]
mod tests;
