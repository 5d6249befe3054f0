//! The schemas a command looks symbols up in: files first, then what the server says.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use stubless_core::{
    schema::{Loaded, MAX_SET_BYTES, Schema, compile_with, load_descriptor_set, merge},
    workspace::AppDirs,
};

use super::{Exit, Stop, args::SchemaArgs, report, session::Session};

/// Letters that may be wrong in a name for it still to be recognised.
const MAX_SLIPS: usize = 2;
const MAX_SUGGESTIONS: usize = 3;

/// Schemas in the order they are asked.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    list: Vec<Schema>,
    /// Files that were named or found and cannot be used at all.
    left_out: usize,
}

impl Schemas {
    /// Reads the files that were named. What cannot be used is reported; the rest is usable.
    pub(super) fn from_files(args: &SchemaArgs) -> Result<Self, Stop> {
        let mut schemas = Self::default();
        if !args.proto.is_empty() {
            for path in args.proto.iter().chain(&args.roots) {
                check_readable(path)?;
            }
            let cache = AppDirs::of_system().map(|dirs| dirs.schemas());
            let loaded = compile_with(&args.proto, &args.roots, &[], cache.as_deref());
            schemas.take("the proto files", loaded)?;
        }
        for path in &args.descriptor_set {
            let bytes = read_set(path, MAX_SET_BYTES).map_err(|error| cannot_read(path, &error))?;
            let name = path.display().to_string();
            schemas.take(&name, load_descriptor_set(&name, &bytes))?;
        }
        match schemas.left_out {
            0 => {}
            1 => report::line("1 file is left out: it cannot be used"),
            count => report::line(&format!("{count} files are left out: they cannot be used")),
        }
        Ok(schemas)
    }

    /// Reports what could not be used; stops only where that is all there is.
    fn take(&mut self, name: &str, loaded: Loaded) -> Result<(), Stop> {
        report::problems(&loaded.problems);
        let catalogue = loaded.schema.catalogue();
        let empty = catalogue.services.is_empty()
            && catalogue.messages.is_empty()
            && catalogue.enums.is_empty();
        if empty && !loaded.problems.is_empty() {
            return Err(Stop::new(
                Exit::Invalid,
                format!("Nothing in {name} can be used"),
            ));
        }
        let there: BTreeSet<&str> = loaded.schema.files().collect();
        let told = loaded.problems.iter().map(|problem| problem.file.as_str());
        let lost: BTreeSet<&str> = told.filter(|file| !there.contains(file)).collect();
        self.left_out += lost.len();
        self.list.push(loaded.schema);
        Ok(())
    }

    /// How many files cannot be used at all.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// Asks the server too; files fill what it does not send.
    pub(super) async fn add_reflection(&mut self, session: &Session) -> Result<(), Stop> {
        let filling = (!self.list.is_empty()).then(|| self.merged().schema);
        self.list.push(session.reflect(filling).await?);
        Ok(())
    }

    /// All in one; what is in two of them counts once.
    pub(super) fn merged(&self) -> Loaded {
        let schemas = self.list.iter().cloned();
        let loaded = schemas.map(|schema| Loaded {
            schema,
            problems: Vec::new(),
        });
        merge(loaded.collect())
    }

    /// The first schema that has what is looked for, and what it gave.
    pub(super) fn find<T>(&self, look: impl Fn(&Schema) -> Option<T>) -> Option<(&Schema, T)> {
        self.list
            .iter()
            .find_map(|schema| Some((schema, look(schema)?)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Schema> {
        self.list.iter()
    }

    /// A name that was not found, with those that come closest.
    pub(super) fn not_found(&self, what: &str, name: &str) -> Stop {
        for schema in self.iter() {
            let file = schema.file_of(name.trim_start_matches('/'));
            let problems = file.map(|file| schema.problems_of(file));
            if let Some(problems) = problems.filter(|list| !list.is_empty()) {
                report::problems(&problems);
                return Stop::new(Exit::Invalid, format!("The {what} `{name}` cannot be used"));
            }
        }
        let stop = Stop::new(Exit::Invalid, format!("There is no {what} `{name}`"));
        let mut near = BTreeSet::new();
        for service in self.iter().flat_map(|schema| &schema.catalogue().services) {
            let methods = service.methods.iter().map(|method| method.path.as_str());
            let candidates = methods.chain([service.full_name.as_str()]);
            near.extend(candidates.filter(|candidate| is_near(name, candidate)));
        }
        if near.remove(name) {
            return stop.hint(format!("`stubless describe` shows the method `{name}`"));
        }
        if near.is_empty() {
            return stop.hint("`stubless list` shows what there is");
        }
        let near: Vec<_> = near.into_iter().take(MAX_SUGGESTIONS).collect();
        stop.hint(format!("did you mean {}?", near.join(" or ")))
    }
}

/// Whether somebody who wrote `name` may have meant `candidate`: the same last part in another
/// place, or a slip of the fingers.
fn is_near(name: &str, candidate: &str) -> bool {
    last_part(name).eq_ignore_ascii_case(last_part(candidate))
        || distance(name, &candidate.replace('/', ".")) <= MAX_SLIPS
        || distance(name, candidate) <= MAX_SLIPS
}

/// Number of letters to change, add or leave out (Levenshtein); stops counting beyond [`MAX_SLIPS`].
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > MAX_SLIPS {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, left) in a.chars().enumerate() {
        let mut previous = row + 1;
        let mut line = vec![previous];
        for (pair, right) in above.windows(2).zip(&b) {
            let &[diagonal, up] = pair else { continue };
            let replaced = diagonal + usize::from(left != *right);
            previous = replaced.min(up + 1).min(previous + 1);
            line.push(previous);
        }
        above = line;
    }
    above.last().copied().unwrap_or(usize::MAX)
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '.']).next().unwrap_or(name)
}

/// A path that is not there is a slip of the person's, told apart from a file that does not compile.
fn check_readable(path: &Path) -> Result<(), Stop> {
    std::fs::metadata(path)
        .map(|_| ())
        .map_err(|error| cannot_read(path, &error))
}

/// Reads a descriptor set, of a pipe too; of a device that never ends no more than a set may have.
fn read_set(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        let limit = max_bytes / 1024 / 1024;
        return Err(io::Error::other(format!("it is larger than {limit} MiB")));
    }
    Ok(bytes)
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Stop {
    Stop::new(Exit::Invalid, format!("Cannot read `{}`", path.display())).reason(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_as_far_as_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set.binpb");
        let mebibyte = 1024 * 1024;
        for (bytes, fits) in [(0, true), (mebibyte, true), (mebibyte + 1, false)] {
            std::fs::write(&set, vec![0; bytes]).unwrap();
            let read = read_set(&set, mebibyte as u64);
            match read {
                Ok(read) => assert!(fits && read.len() == bytes, "{bytes}"),
                Err(error) => {
                    assert!(!fits, "{bytes}");
                    assert_eq!(error.to_string(), "it is larger than 1 MiB");
                }
            }
        }
        #[cfg(unix)]
        assert!(read_set(Path::new("/dev/zero"), 1).is_err());
    }

    #[test]
    fn names_that_are_near_are_recognised() {
        let cases = [
            ("the same name elsewhere", "a.B/Get", "c.D/Get", true),
            (
                "a letter left out",
                "demo.v1.Greter/SayHelo",
                "demo.v1.Greeter/SayHello",
                true,
            ),
            ("another case", "a.B/get", "x.B/Get", true),
            ("a point for the slash", "a.B.Gt", "a.B/Get", true),
            ("something else", "a.B/Get", "a.B/List", false),
            ("nothing", "", "a.B", false),
        ];
        for (case, name, candidate, expected) in cases {
            assert_eq!(is_near(name, candidate), expected, "{case}");
        }
    }
}
