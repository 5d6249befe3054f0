//! Loads real proto trees by the core's public API, for `tests/peers/schemas`, which runs protoc and buf
//! on the same files.
//!
//! ```text
//! schemas check ROOT              names on stdin, loaded at once: what is there, what is wrong
//! schemas each ROOT               the same, each file by itself
//! schemas compare ROOT SET        names on stdin: our descriptors and comments beside protoc's set
//! schemas open ROOT [CACHE]       the whole folder, until it can be browsed; with a folder for the cache
//! schemas service ROOT FILE       one file with its imports, until its first method is ready
//! schemas methods ROOT COUNT      the whole folder, then methods picked over all of it, each timed
//! ```
//! One finding a line, its parts apart by tabs, for the script to count.

mod compare;
mod difference;
mod settle;

use std::{
    collections::HashSet,
    error::Error,
    io::{self, Read},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use stubless_core::schema::{Loaded, Problem, Schema, Source, compile};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["check", root] => check(Path::new(root), &names()?),
        ["each", root] => {
            for name in names()? {
                check(Path::new(root), std::slice::from_ref(&name));
            }
        }
        ["compare", root, set] => {
            compare::compare(Path::new(root), &names()?, &std::fs::read(set)?)?;
        }
        ["open", root] => {
            open(Path::new(root), None)?;
        }
        ["open", root, cache] => {
            open(Path::new(root), Some(Path::new(cache)))?;
        }
        ["service", root, file] => service(Path::new(root), file)?,
        ["methods", root, count] => methods(Path::new(root), count.parse()?)?,
        _ => return Err("see the head of this program".into()),
    }
    Ok(())
}

/// The names of the files to look at, one a line.
fn names() -> io::Result<Vec<String>> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Loads files by the names others import them by.
fn load(root: &Path, names: &[String]) -> Loaded {
    let files: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
    compile(&files, &[root.to_owned()])
}

/// A finding: what it is, and its parts.
fn tell(kind: &str, parts: &[&str]) {
    let mut line = kind.to_owned();
    for part in parts {
        line.push('\t');
        line.push_str(&part.replace(['\t', '\n', '\r'], " "));
    }
    println!("{line}");
}

/// Tells of each file whether it is there, and of each problem where it is. Files of a large tree are
/// built one by one with what they import, as the program does when they are looked at.
fn check(root: &Path, names: &[String]) {
    let Loaded { schema, problems } = load(root, names);
    let there: HashSet<&str> = schema.files().collect();
    let mut told: Vec<Problem> = Vec::new();
    for name in names {
        if there.contains(name.as_str()) {
            tell("there", &[name]);
        } else if is_bundled(name) {
            tell("bundled", &[name]);
        }
        for problem in schema.problems_of(name) {
            if !problems.contains(&problem) && !told.contains(&problem) {
                told.push(problem);
            }
        }
    }
    for problem in problems.iter().chain(&told) {
        let place = problem
            .place
            .map_or(String::new(), |(line, column)| format!("{line}:{column}"));
        tell("problem", &[&problem.file, &place, &problem.reason]);
    }
}

/// Whether the loader has a file of its own for this name, which then counts. It lists it only where it
/// is imported.
fn is_bundled(name: &str) -> bool {
    let import = || -> io::Result<bool> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("importer.proto");
        std::fs::write(&file, format!("syntax = \"proto3\"; import \"{name}\";"))?;
        let schema = compile(&[file], &[folder.path().to_owned()]).schema;
        Ok(schema.files().any(|file| file == name))
    };
    name.starts_with("google/protobuf/") && import().unwrap_or(false)
}

fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1000.0)
}

/// Loads a folder until its services can be listed.
fn open(root: &Path, cache: Option<&Path>) -> Result<Schema, Box<dyn Error>> {
    let start = Instant::now();
    let source = Source::Protos {
        files: vec![root.to_owned()],
        roots: vec![root.to_owned()],
        exclude: Vec::new(),
    };
    let Loaded { schema, problems } = stubless_core::schema::load(&[source], root, cache);
    let services = schema.catalogue().services.len();
    let time = start.elapsed();
    if services == 0 {
        return Err(format!("no service below {}", root.display()).into());
    }
    tell(
        "open",
        &[
            &millis(time),
            &format!("{services} services, {} problems", problems.len()),
        ],
    );
    Ok(schema)
}

/// Loads a file and what it imports until a call of its first method could be made.
fn service(root: &Path, file: &str) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let Loaded { schema, .. } = load(root, &[file.to_owned()]);
    let path = schema
        .catalogue()
        .services
        .iter()
        .find_map(|service| Some(service.methods.first()?.path.clone()));
    let path = path.ok_or_else(|| format!("no method in {file}"))?;
    schema.method(&path).ok_or("the method is not there")?;
    tell("service", &[&millis(start.elapsed()), &path]);
    Ok(())
}

/// The methods of a large schema as a person comes to them: each of another service, in no order.
fn methods(root: &Path, count: usize) -> Result<(), Box<dyn Error>> {
    let schema = open(root, None)?;
    let services = &schema.catalogue().services;
    let mut at = services.len() / 3;
    for _ in 0..count {
        // A step that shares no divisor with the number of services meets each once.
        at = (at + step(services.len())) % services.len();
        let Some(path) = services[at].methods.first().map(|method| &method.path) else {
            continue;
        };
        let start = Instant::now();
        let method = schema
            .method(path)
            .ok_or_else(|| format!("{path} is not there"))?;
        let fields = method.input().fields().len() + method.output().fields().len();
        tell(
            "method",
            &[&millis(start.elapsed()), path, &format!("{fields} fields")],
        );
    }
    Ok(())
}

/// About 0.618 of a number, and prime to it.
fn step(count: usize) -> usize {
    let divides = |a: usize, b: usize| {
        let (mut a, mut b) = (a, b);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (count * 618 / 1000..)
        .find(|&step| step > 0 && divides(count, step) == 1)
        .unwrap_or(1)
}
