//! `.proto` files to descriptors, by protox.
//!
//! Walks the imports itself, so that each file is read and parsed once, a broken file hides only
//! what needs it, and a file found by two names is one file. protox parses; [`assemble`] builds.
//! Limits: size of a file and of all files, their number, nesting (see [`scan`]).

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs,
    num::NonZero,
    panic::catch_unwind,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use prost_types::{FileDescriptorProto, SourceCodeInfo};
use ring::digest::{SHA256, digest};

use super::{
    Loaded, Problem,
    assemble::assemble_units,
    bundled,
    candidate::Candidate,
    editions, read, roots,
    scan::{self, place_at},
    unit::{Hash, Import, Info, Unit},
};

/// Files compiled at once, imports included.
const MAX_FILES: usize = 20_000;

/// Bytes of source compiled at once.
const MAX_TOTAL_BYTES: usize = 512 * 1024 * 1024;

/// Files parsed at a time: what they hold while they are parsed is let go before the next ones.
const BATCH: usize = 256;

/// More threads than this wait for memory.
const MAX_THREADS: usize = 8;

/// Bytes of source locations kept; those of further files are read again when they are wanted.
const MAX_INFO_BYTES: usize = 8 * 1024 * 1024;

/// Compiles files (or every `.proto` below a folder) with import roots; roots are inferred when
/// none are given. Blocking: call it on a worker thread. Never panics and never aborts: size,
/// nesting and number of files are checked before protox sees a file.
pub fn compile(files: &[PathBuf], roots: &[PathBuf]) -> Loaded {
    let mut walk = Walk::new(files, roots);
    for file in files {
        walk.add_given(file);
    }
    walk.run();
    walk.report_rings();
    assemble_units(walk.files, walk.unusable, walk.problems)
}

/// A file that was found and waits to be read.
struct Found {
    path: PathBuf,
    name: String,
    /// Roots to try first for its imports; empty when roots were given.
    own_roots: Vec<PathBuf>,
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
    /// Bytes of source locations held so far.
    info_bytes: usize,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
    total_bytes: usize,
    full: bool,
    /// `.proto` files near the sources; made when a proposal needs it.
    nearby: Option<Vec<PathBuf>>,
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
            info_bytes: 0,
            unusable: HashSet::new(),
            problems: Vec::new(),
            total_bytes: 0,
            full: false,
            nearby: None,
        };
        for root in roots {
            match fs::canonicalize(root) {
                Ok(path) if path.is_dir() => walk.roots.push(path),
                _ => walk.problems.push(Problem {
                    file: root.display().to_string(),
                    place: None,
                    reason: "this import root is not a folder".to_owned(),
                    hint: Some("Choose a folder that imports are relative to".to_owned()),
                }),
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
            self.add_file(&path, None);
            return;
        }
        let (files, complete) = roots::proto_files_below(&path);
        if !complete {
            self.problem(&path, "the folder holds too many files; some were left out");
        } else if files.is_empty() {
            self.problem(&path, "there is no `.proto` file in this folder");
        }
        for file in files {
            self.add_file(&file, Some(&path));
        }
    }

    fn problem(&mut self, path: &Path, reason: &str) {
        self.problems.push(Problem {
            file: path.display().to_string(),
            place: None,
            reason: reason.to_owned(),
            hint: None,
        });
    }

    /// Queues a given file under the name others import it by.
    fn add_file(&mut self, path: &Path, folder: Option<&Path>) {
        let Ok(canonical) = fs::canonicalize(path) else {
            self.problem(path, "there is no such file");
            return;
        };
        if self.names.contains_key(&canonical) {
            return;
        }
        let own_roots: Vec<PathBuf> = if self.inferred {
            let roots = roots::infer_roots(&canonical);
            let folder = folder.and_then(|folder| fs::canonicalize(folder).ok());
            let beside = roots::folder_of(&canonical);
            match folder {
                // Nothing was learned from the file: it is named from the folder that was chosen.
                Some(folder) if roots == [beside] => vec![folder],
                Some(folder) => roots.into_iter().chain([folder]).collect(),
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
            self.problem(path, "the file's name is not valid Unicode");
            return;
        };
        for root in &own_roots {
            if !self.roots.contains(root) {
                self.roots.push(root.clone());
            }
        }
        self.enqueue(canonical, name, own_roots);
    }

    /// The roots to try: a file's own first, unless roots were given.
    fn roots_for<'a>(&'a self, own: &'a [PathBuf]) -> impl Iterator<Item = &'a Path> {
        own.iter().chain(&self.roots).map(PathBuf::as_path)
    }

    /// Queues a file once; returns the name it goes by.
    fn enqueue(&mut self, path: PathBuf, name: String, own_roots: Vec<PathBuf>) -> String {
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

    /// Reads what is queued, and what that imports, until nothing new is named.
    fn run(&mut self) {
        while !self.queue.is_empty() {
            let count = self.queue.len().min(BATCH);
            let batch: Vec<Found> = self.queue.drain(..count).collect();
            for (found, read) in batch.iter().zip(read_all(&batch)) {
                self.total_bytes = self.total_bytes.saturating_add(read.bytes);
                let unit = if self.total_bytes > MAX_TOTAL_BYTES {
                    let limit = MAX_TOTAL_BYTES / 1024 / 1024;
                    let reason = format!("all files together have more than {limit} MiB");
                    Err(Box::new(refuse(found, None, reason, None)))
                } else {
                    read.unit
                };
                match unit {
                    Ok(unit) => self.follow_imports(found, unit),
                    Err(problem) => {
                        self.unusable.insert(found.name.clone());
                        self.problems.push(*problem);
                    }
                }
            }
        }
    }

    fn follow_imports(&mut self, found: &Found, mut unit: Unit) {
        let mut seen = HashSet::new();
        for mut import in std::mem::take(&mut unit.imports) {
            if bundled::contains(&import.name) {
                unit.imports.push(import);
                continue;
            }
            match self.resolve(&import.name, found) {
                Some(path) => {
                    import.name = self.enqueue(path, import.name, found.own_roots.clone());
                    if seen.insert(import.name.clone()) {
                        unit.imports.push(import);
                    }
                }
                None => {
                    let problem = self.missing(&import, found, &unit);
                    unit.missing.push(problem);
                }
            }
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

    /// The canonical path of an import.
    fn resolve(&mut self, import: &str, importer: &Found) -> Option<PathBuf> {
        let below = roots::relative(import)?;
        let direct = self
            .roots_for(&importer.own_roots)
            .map(|root| root.join(&below))
            .find(|path| path.is_file());
        let path = direct.or_else(|| {
            if !self.inferred {
                return None;
            }
            let root = roots::root_above(&roots::folder_of(&importer.path), import)?;
            let path = root.join(&below);
            self.roots.push(root);
            Some(path)
        })?;
        fs::canonicalize(path).ok()
    }

    fn missing(&mut self, import: &Import, importer: &Found, unit: &Unit) -> Problem {
        let place = unit.place_of_import(import.position);
        let import = import.name.as_str();
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
        let above = roots::root_above(&roots::folder_of(&importer.path), import);
        let proposal = above.or_else(|| {
            let nearby = self.nearby.get_or_insert_with(|| {
                let mut places: Vec<PathBuf> = self.roots.clone();
                places.extend(self.places.iter().map(|place| {
                    if place.is_dir() {
                        place.clone()
                    } else {
                        roots::folder_of(place)
                    }
                }));
                places
                    .iter()
                    .flat_map(|place| roots::proto_files_below(place).0)
                    .filter_map(|file| fs::canonicalize(file).ok())
                    .collect()
            });
            roots::propose_root(import, nearby.iter().map(PathBuf::as_path))
        });
        let hint = match proposal {
            Some(root) => format!("{searched}. Add `{}` as an import root", root.display()),
            None => format!(
                "{searched}. Add the folder that `{import}` is relative to as an import root"
            ),
        };
        Problem {
            file: importer.name.clone(),
            place,
            reason: format!("import `{import}` was not found"),
            hint: Some(hint),
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
                    problems.push(self.ring_problem(file, next, target, &stack));
                } else if !std::mem::replace(&mut seen[target], true) {
                    open[target] = true;
                    stack.push((target, 0));
                }
            }
        }
        self.problems.extend(problems);
    }

    fn ring_problem(
        &self,
        file: usize,
        import: usize,
        target: usize,
        stack: &[(usize, usize)],
    ) -> Problem {
        let ring: Vec<&str> = stack
            .iter()
            .map(|&(i, _)| i)
            .skip_while(|&i| i != target)
            .chain([target])
            .map(|i| self.files[i].name.as_str())
            .collect();
        let file = &self.files[file];
        Problem {
            file: file.name.clone(),
            place: file
                .imports
                .get(import)
                .and_then(|import| file.place_of_import(import.position)),
            reason: format!("imports form a ring: {}", ring.join(" → ")),
            hint: Some("The files are used; protoc would refuse them".to_owned()),
        }
    }
}

/// What became of one file.
struct ReadFile {
    /// Its size.
    bytes: usize,
    unit: Result<Unit, Box<Problem>>,
}

/// Reads and parses files, on every core there is.
fn read_all(batch: &[Found]) -> Vec<ReadFile> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(MAX_THREADS).min(batch.len().div_ceil(4));
    if threads < 2 {
        return batch.iter().map(read_file).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(found) = batch.get(at)
        {
            done.push((at, read_file(found)));
        }
        done
    };
    let mut read: Vec<_> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut read = work();
        for other in others {
            // A panic is caught where it may happen, in the parser.
            read.extend(other.join().unwrap_or_default());
        }
        read
    });
    read.sort_unstable_by_key(|(at, _)| *at);
    read.into_iter().map(|(_, file)| file).collect()
}

fn read_file(found: &Found) -> ReadFile {
    let bytes = match read::regular_file(&found.path, read::MAX_SOURCE_BYTES) {
        Ok(bytes) => bytes,
        Err(reason) => {
            return ReadFile {
                bytes: 0,
                unit: Err(Box::new(refuse(found, None, reason, None))),
            };
        }
    };
    let unit = parse_source(&found.name, &bytes).map(|candidate| {
        let mut unit = Unit::seal(candidate);
        unit.hash = hash(&bytes);
        unit.path = Some(found.path.clone());
        unit
    });
    ReadFile {
        bytes: bytes.len(),
        unit: unit.map_err(|error| Box::new(refuse(found, error.place, error.reason, error.hint))),
    }
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
    Problem {
        file: found.name.clone(),
        place,
        reason,
        hint,
    }
}

/// Parses a source of any syntax or edition; checks nesting before protox sees it.
fn parse_source(name: &str, bytes: &[u8]) -> Result<Candidate, ParseFailure> {
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
    let Some((edition, offset)) = scan::read_header(&source).edition else {
        return parse(name, &source)
            .or_else(|error| match editions::mend(&source) {
                Some(mended) => parse(name, &mended).map_err(|_| error),
                None => Err(error),
            })
            .map(Candidate::from_proto);
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

const EDITIONS_HINT: &str =
    "Editions 2023 and 2024 can be used, and `syntax = \"proto2\"` and \"proto3\"";

/// A file that protox refused.
struct ParseFailure {
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
