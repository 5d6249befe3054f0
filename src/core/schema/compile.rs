//! `.proto` files to descriptors, by protox.
//!
//! Walks the imports itself, so that each file is read and parsed once, a broken file hides only
//! what needs it, and a file found by two names is one file. [`source`](super::source) parses,
//! `protoc` where there is one takes what that does not, [`assemble`](super::assemble) makes a schema of it.
//! Limits: size of a file and of all files, their number, and what one may hold.

mod imports;
mod reading;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use ring::digest::{Context, SHA256};

use super::{
    Loaded, Problem,
    assemble::assemble_units,
    bundled,
    cache::{self, Cache},
    candidate::Candidate,
    doctor, protoc, read, roots,
    source::hash,
    unit::{Hash, Unit},
};
use reading::{Found, Head, Known, beyond_total, in_parallel, read_file, read_head};

/// Files compiled at once, imports included.
const MAX_FILES: usize = 20_000;

/// Bytes of source compiled at once.
const MAX_TOTAL_BYTES: usize = 512 * 1024 * 1024;

/// What protoc may take for the files of one load that our parser does not take.
const PROTOC_TIME: Duration = Duration::from_secs(4);

/// Files parsed at a time: what they hold while they are parsed is let go before the next ones.
const BATCH: usize = 256;

/// Files of a tree that is worth a cache.
const MIN_CACHED_FILES: usize = 100;

/// Bytes of source parsed at a time, but for one file that is larger.
const BATCH_BYTES: u64 = 32 * 1024 * 1024;

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
    protoc_spent: Duration,
    /// Whether there is one; looked for when it is needed.
    protoc: Option<bool>,
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
            protoc_spent: Duration::ZERO,
            protoc: None,
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
        if worth
            && (self.fresh > 0 || known > 2 * self.entries.len())
            && let Err(error) = cache::save(path, &self.entries)
        {
            tracing::debug!(%error, "the cache of schemas was not written");
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
                let mut locations = None;
                let unit = match unit {
                    Err(problem) if read.unparsed => {
                        let made = self.through_protoc(found);
                        locations = made.as_ref().map(|unit| unit.info.clone());
                        made.ok_or(problem)
                    }
                    unit => unit,
                };
                match unit {
                    // What it defines tells who stands for it.
                    Ok(unit) if excluded => self.set_aside.push(unit),
                    Ok(unit) => {
                        self.follow_imports(found, unit);
                        // Our parser could not read them again.
                        if let (Some(info), Some(unit)) = (locations, self.files.last_mut()) {
                            unit.info = info;
                        }
                    }
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

    /// A file as protoc compiles it, should there be one that takes what our parser does not. A tree of
    /// broken files is not worth the time.
    fn through_protoc(&mut self, found: &Found) -> Option<Unit> {
        let left = PROTOC_TIME.checked_sub(self.protoc_spent)?;
        if !*self.protoc.get_or_insert_with(protoc::is_there) {
            return None;
        }
        let roots: Vec<_> = self
            .roots_for(&found.own_roots)
            .map(Path::to_owned)
            .collect();
        let start = Instant::now();
        let made = protoc::descriptor(&found.path, &found.name, &roots, left);
        self.protoc_spent += start.elapsed();
        let candidate = made
            .and_then(|bytes| Candidate::decode(&bytes))
            .map_err(|reason| tracing::debug!(file = found.name, reason, "not through protoc"));
        let mut unit = Unit::seal(candidate.ok()?);
        let bytes = read::regular_file(&found.path, read::MAX_SOURCE_BYTES).ok()?;
        unit.hash = hash(&bytes);
        unit.path = Some(found.path.clone());
        Some(unit)
    }

    /// The files to read next: as many as may be held at once.
    fn next_batch(&mut self) -> Vec<Found> {
        let mut batch = Vec::new();
        let mut bytes = 0_u64;
        while batch.len() < BATCH
            && bytes < BATCH_BYTES
            && let Some(found) = self.queue.pop_front()
        {
            let size = match &found.known {
                Some(known) => known.bytes as u64,
                None => fs::metadata(&found.path).map_or(0, |metadata| metadata.len()),
            };
            // One that is larger than what is read is refused unread.
            bytes = bytes.saturating_add(size.min(read::MAX_SOURCE_BYTES));
            batch.push(found);
        }
        batch
    }
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

#[cfg(test)]
mod tests;
