//! From a server's answers to a schema: imports the server does not send are filled, and what still
//! cannot be used is told with its reason.
//!
//! An import is looked for, in this order, among the server's files, under the name the server gave the
//! file when it was asked for it, and among the files of the workspace. The bundled files under
//! `google/protobuf/` need no asking.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{Question, Survey};
use crate::schema::{
    Loaded, Problem, Schema, assemble::assemble, bundled, candidate::Candidate, repair,
    unit::place_in,
};

/// Missing imports that are told one by one.
const MAX_TOLD: usize = 1_000;

/// A filled import that a file of the server's makes impossible: the symbol both define.
type Clashes = HashMap<String, String>;

impl Survey {
    /// Builds the schema; imports that the server does not send are taken from `filling`. CPU work: call
    /// it on a worker thread.
    pub(in crate::schema) fn finish(mut self, filling: Option<&Schema>) -> Loaded {
        // A file that was asked for and came by another name is found by its types.
        repair::mend_imports(&mut self.files);
        self.follow_other_names();
        let clashes = filling.map(|schema| self.fill(schema)).unwrap_or_default();
        self.tell_missing_imports(&clashes);
        let graph = Graph::of(&self.files);
        let files = std::mem::take(&mut self.files);
        let problems = std::mem::take(&mut self.problems);
        let mut loaded = assemble(files, HashSet::new(), problems);
        for service in &self.services {
            if loaded.schema.catalogue().service(service).is_none() {
                let problem = self.unresolved(service, &graph, &loaded.problems);
                loaded.problems.push(problem);
            }
        }
        loaded
    }

    /// Imports by the names that the server gave the files when it was asked for them.
    fn follow_other_names(&mut self) {
        let first_files = &self.first_files;
        for file in &mut self.files {
            let mut position = 0;
            while let Some(import) = file.imports.get(position) {
                let known = self.names.contains(import);
                let question = Question::FileByFilename(import.clone());
                match first_files.get(&question).filter(|_| !known) {
                    Some(other) if *other == file.name || file.imports.contains(other) => {
                        file.drop_import(position);
                    }
                    Some(other) => {
                        file.imports[position].clone_from(other);
                        position += 1;
                    }
                    None => position += 1,
                }
            }
        }
    }

    /// Adds the files of a schema that are imported and not there, and what those import.
    fn fill(&mut self, schema: &Schema) -> Clashes {
        let mut clashes = Clashes::new();
        let mut symbols: HashMap<String, String> = HashMap::new();
        for file in &self.files {
            for symbol in file.symbols() {
                symbols.entry(symbol).or_insert_with(|| file.name.clone());
            }
        }
        let mut wanted: VecDeque<String> = self
            .files
            .iter()
            .flat_map(missing_in(&self.names))
            .collect();
        let mut looked_at = HashSet::new();
        while let Some(name) = wanted.pop_front() {
            if self.names.contains(&name) || !looked_at.insert(name.clone()) {
                continue;
            }
            let bytes = schema.file_bytes(&name);
            let Some(Ok(file)) = bytes.map(|bytes| Candidate::decode(&bytes)) else {
                continue;
            };
            let own = file.symbols();
            if let Some((twice, owner)) = own
                .iter()
                .find_map(|symbol| Some((symbol, symbols.get(symbol)?)))
            {
                clashes.insert(name, format!("`{twice}`, as `{owner}` of the server does"));
                continue;
            }
            symbols.extend(own.into_iter().map(|symbol| (symbol, name.clone())));
            let reason = "the server does not send this file, which its files import: the one of \
                          this name among the workspace's files is used";
            self.problems.push(Problem::new(&name, reason));
            self.names.insert(name);
            wanted.extend(missing_in(&self.names)(&file));
            self.files.push(file);
        }
        clashes
    }

    /// Takes imports that are nowhere out of the files, with what the server said of them.
    fn tell_missing_imports(&mut self, clashes: &Clashes) {
        let mut told = 0;
        let defined = repair::defined_types(&self.files);
        for file in &mut self.files {
            let missing: Vec<usize> = (0..file.imports.len())
                .filter(|&i| is_missing(&file.imports[i], &self.names))
                // The builder fills it.
                .filter(|&i| bundled::fallback(&file.imports[i]).is_none())
                .collect();
            for &position in missing.iter().rev() {
                let import = file.imports[position].clone();
                file.drop_import(position);
                let sought = self.sought.get(&import).map_or(&[][..], Vec::as_slice);
                if !sought.is_empty() && sought.iter().all(|name| defined.contains(name)) {
                    // It is there, by another name.
                    continue;
                }
                told += 1;
                if told > MAX_TOLD && !file.missing.is_empty() {
                    continue;
                }
                let path = [3, i32::try_from(position).unwrap_or(i32::MAX)];
                let place = place_in(&file.info, &path);
                let question = Question::FileByFilename(import.clone());
                let said = match (self.refusals.get(&question), clashes.get(&import)) {
                    (_, Some(clash)) => {
                        format!(", and the file of this name among the workspace's defines {clash}")
                    }
                    (Some(text), None) => format!(": the server says {text}"),
                    (None, None) => String::new(),
                };
                let reason = format!("import `{import}` was not found{said}");
                let hint = format!(
                    "Add `{import}` to the workspace's files: it is then used in its place"
                );
                let problem = Problem::new(&file.name, reason).at(place).hint(hint);
                file.missing.push(problem);
            }
        }
    }

    /// Why a service that the server lists is not there.
    fn unresolved(&self, service: &str, graph: &Graph, problems: &[Problem]) -> Problem {
        let question = Question::FileContainingSymbol(service.to_owned());
        let listed = "the server lists this service";
        let reason = if let Some(text) = self.refusals.get(&question) {
            format!("{listed} but does not describe it: {text}")
        } else if let Some(&file) = graph.services.get(service) {
            match graph.culprit(file, problems) {
                Some(problem) if problem.file == graph.files[file].name => format!(
                    "{listed}, but its file `{}` cannot be used: {}",
                    problem.file, problem.reason
                ),
                Some(problem) => format!(
                    "{listed}, but its files cannot be used, for `{}`: {}",
                    problem.file, problem.reason
                ),
                None => format!("{listed}, but its files cannot be used"),
            }
        } else if let Some(first) = self.first_files.get(&question) {
            format!("{listed}, but the file it sends for it, `{first}`, does not define it")
        } else if self.to_ask.contains(&question) || self.open.contains(&question) {
            format!("{listed}, but the answers ended before it was described")
        } else {
            format!("{listed}, but the file it sends for it cannot be read")
        };
        Problem::new(service, reason).hint("Add the service's `.proto` files to the sources")
    }
}

fn is_missing(import: &str, names: &HashSet<String>) -> bool {
    !names.contains(import) && !bundled::contains(import)
}

/// The imports of a file that are not among the names.
fn missing_in(names: &HashSet<String>) -> impl Fn(&Candidate) -> Vec<String> {
    |file| {
        let imports = file.imports.iter();
        imports
            .filter(|import| is_missing(import, names))
            .cloned()
            .collect()
    }
}

/// Which file imports which, and where services are defined; kept beside the files that the builder takes.
struct Graph {
    files: Vec<GraphFile>,
    index: HashMap<String, usize>,
    services: HashMap<String, usize>,
}

struct GraphFile {
    name: String,
    imports: Vec<String>,
}

impl Graph {
    fn of(files: &[Candidate]) -> Self {
        let mut graph = Self {
            files: Vec::with_capacity(files.len()),
            index: HashMap::new(),
            services: HashMap::new(),
        };
        for (i, file) in files.iter().enumerate() {
            graph.index.insert(file.name.clone(), i);
            for service in &file.proto.service {
                let name = match file.proto.package() {
                    "" => service.name().to_owned(),
                    package => format!("{package}.{}", service.name()),
                };
                graph.services.entry(name).or_insert(i);
            }
            graph.files.push(GraphFile {
                name: file.name.clone(),
                imports: file.imports.clone(),
            });
        }
        graph
    }

    /// The first problem on the way from a file along its imports, the nearest first.
    fn culprit<'a>(&self, file: usize, problems: &'a [Problem]) -> Option<&'a Problem> {
        let mut of_file: HashMap<&str, &Problem> = HashMap::new();
        for problem in problems {
            of_file.entry(&problem.file).or_insert(problem);
        }
        let mut seen = HashSet::from([file]);
        let mut queue = VecDeque::from([file]);
        while let Some(next) = queue.pop_front() {
            let next = self.files.get(next)?;
            if let Some(problem) = of_file.get(next.name.as_str()) {
                return Some(problem);
            }
            let imports = next.imports.iter().filter_map(|name| self.index.get(name));
            queue.extend(imports.filter(|&&import| seen.insert(import)));
        }
        None
    }
}
