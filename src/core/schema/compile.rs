//! `.proto` files to descriptors, by protox.
//!
//! Walks the imports itself, so that each file is read and parsed once, a broken file hides only
//! what needs it, and a file found by two names is one file. protox parses; [`assemble`] builds.
//! Limits: size of a file and of all files, their number, nesting (see [`scan`]).

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use prost_types::FileDescriptorProto;

use super::{
    Fix, Loaded, Problem,
    assemble::assemble,
    bundled,
    candidate::Candidate,
    doctor, editions, read, roots,
    scan::{self, place_at},
};

/// Files compiled at once, imports included.
const MAX_FILES: usize = 20_000;

/// Bytes of source compiled at once.
const MAX_TOTAL_BYTES: usize = 512 * 1024 * 1024;

/// Import roots proposed for one import.
const MAX_PROPOSALS: usize = 3;

/// Compiles files (or every `.proto` below a folder) with import roots; roots are inferred when
/// none are given. Blocking: call it on a worker thread. Never panics and never aborts: size,
/// nesting and number of files are checked before protox sees a file.
pub fn compile(files: &[PathBuf], roots: &[PathBuf]) -> Loaded {
    compile_without(files, roots, &[])
}

/// The same, without some files: whoever imports one of them gets the files that define the same.
pub fn compile_without(files: &[PathBuf], roots: &[PathBuf], exclude: &[PathBuf]) -> Loaded {
    let mut walk = Walk::new(files, roots);
    let exclude = exclude.iter();
    walk.excluded = exclude
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect();
    for file in files {
        walk.add_given(file);
    }
    walk.run();
    walk.replace_excluded();
    walk.report_rings();
    let mut loaded = assemble(walk.files, walk.unusable, walk.problems);
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
                walk.enqueue(path, import, found.own_roots.clone());
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
    files: Vec<Candidate>,
    unusable: HashSet<String>,
    problems: Vec<Problem>,
    total_bytes: usize,
    full: bool,
    /// `.proto` files near the sources; made when an import is found nowhere else.
    nearby: Option<roots::Nearby>,
    layout: roots::Layout,
    /// Files that are left out, by their canonical paths.
    excluded: HashSet<PathBuf>,
    /// Those of them that were read.
    set_aside: Vec<Candidate>,
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
            unusable: HashSet::new(),
            problems: Vec::new(),
            total_bytes: 0,
            full: false,
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
        let file = path.display().to_string();
        self.problems.push(Problem::new(file, reason));
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
            let roots::Inferred { roots, named } = self.layout.infer(&canonical);
            let folder = folder.and_then(|folder| fs::canonicalize(folder).ok());
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

    fn run(&mut self) {
        while let Some(found) = self.queue.pop_front() {
            let excluded = self.excluded.contains(&found.path);
            match self.read(&found) {
                // What it defines tells who stands for it.
                Ok(candidate) if excluded => self.set_aside.push(candidate),
                Ok(candidate) => self.follow_imports(&found, candidate),
                Err(problem) => {
                    self.unusable.insert(found.name);
                    if !excluded {
                        self.problems.push(*problem);
                    }
                }
            }
        }
    }

    fn read(&mut self, found: &Found) -> Result<Candidate, Box<Problem>> {
        let refuse = |reason: String| Box::new(Problem::new(&found.name, reason));
        let bytes = read::regular_file(&found.path, read::MAX_SOURCE_BYTES).map_err(refuse)?;
        self.total_bytes = self.total_bytes.saturating_add(bytes.len());
        if self.total_bytes > MAX_TOTAL_BYTES {
            let limit = MAX_TOTAL_BYTES / 1024 / 1024;
            let reason = format!("all files together have more than {limit} MiB");
            return Err(refuse(reason));
        }
        parse_source(&found.name, &scan::decode_source(&bytes))
    }

    fn follow_imports(&mut self, found: &Found, mut candidate: Candidate) {
        let mut seen = HashSet::new();
        let mut lost = Vec::new();
        for position in 0..candidate.imports.len() {
            let import = candidate.imports[position].clone();
            if bundled::contains(&import) {
                continue;
            }
            let name = match self.resolve(&import, found) {
                Some(path) => Some(self.enqueue(path, import.clone(), found.own_roots.clone())),
                None => bundled::fallback(&import).map(str::to_owned),
            };
            match name {
                Some(name) => {
                    candidate.imports[position].clone_from(&name);
                    if !seen.insert(name) {
                        lost.push(position);
                    }
                }
                None => {
                    candidate
                        .missing
                        .push(self.missing(&import, position, found, &candidate));
                    lost.push(position);
                }
            }
        }
        for position in lost.into_iter().rev() {
            candidate.drop_import(position);
        }
        self.files.push(candidate);
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
            .map(|root| root.join(&below))
            .find(|path| path.is_file());
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
        fs::canonicalize(path).ok()
    }

    fn missing(
        &mut self,
        import: &str,
        position: usize,
        importer: &Found,
        candidate: &Candidate,
    ) -> Problem {
        let path = [3, i32::try_from(position).unwrap_or(i32::MAX)];
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
            .at(candidate.place_of(&path))
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
        let mut stand_ins: HashMap<&str, BTreeSet<String>> = HashMap::new();
        let mut wanted: HashMap<String, &str> = HashMap::new();
        for aside in &self.set_aside {
            stand_ins.insert(&aside.name, BTreeSet::new());
            let symbols = aside.symbols().into_iter();
            wanted.extend(symbols.map(|(symbol, _)| (symbol, aside.name.as_str())));
        }
        if wanted.is_empty() {
            return;
        }
        for file in &self.files {
            for (symbol, _) in file.symbols() {
                if let Some(aside) = wanted.get(&symbol)
                    && let Some(names) = stand_ins.get_mut(aside)
                {
                    names.insert(file.name.clone());
                }
            }
        }
        // Nobody defines what such a file does: whoever imports it has to do without.
        let alone = stand_ins.iter().filter(|(_, names)| names.is_empty());
        self.unusable
            .extend(alone.map(|(name, _)| (*name).to_owned()));
        for file in &mut self.files {
            for position in 0..file.imports.len() {
                if let Some(names) = stand_ins.get(file.imports[position].as_str()) {
                    file.replace_import(position, names);
                }
            }
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
                let Some(&target) = index.get(import.as_str()) else {
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
        let path = [3, i32::try_from(import).unwrap_or(i32::MAX)];
        Problem::new(
            &file.name,
            format!("imports form a ring: {}", ring.join(" → ")),
        )
        .at(file.place_of(&path))
        .hint("The files are used; protoc would refuse them")
    }
}

const EDITIONS_HINT: &str =
    "Editions 2023 and 2024 can be used, and `syntax = \"proto2\"` and \"proto3\"";

/// Parses one source; its options are not interpreted yet.
///
/// # Errors
/// The reason, with its place where the parser tells it.
pub(super) fn parse_source(name: &str, source: &str) -> Result<Candidate, Box<Problem>> {
    let refuse = |place: Option<_>, reason: String, hint| {
        let problem = Problem::new(name, reason).at(place);
        Box::new(Problem { hint, ..problem })
    };
    scan::check_nesting(source).map_err(|refusal| {
        let place = place_at(source, refusal.offset);
        refuse(Some(place), refusal.reason, None)
    })?;
    let Some((edition, offset)) = scan::read_header(source).edition else {
        return parse(name, source)
            .or_else(|error| match editions::mend(source) {
                Some(mended) => parse(name, &mended).map_err(|_| error),
                None => Err(error),
            })
            .map(Candidate::from_proto)
            .map_err(|error| refuse(error.place, error.reason, error.hint));
    };
    let place = Some(place_at(source, offset));
    let Some(rewritten) = editions::rewrite(source, &edition) else {
        let reason = format!("edition `{edition}` is not known here");
        return Err(refuse(place, reason, Some(EDITIONS_HINT.to_owned())));
    };
    let parsed = parse(name, &rewritten.source)
        .map_err(|error| refuse(error.place, error.reason, error.hint))?;
    Candidate::decode(&editions::as_edition(parsed, rewritten.edition))
        .map_err(|reason| refuse(None, reason, None))
}

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
