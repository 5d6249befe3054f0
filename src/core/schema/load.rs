//! Several sources to one schema.

use std::{collections::HashSet, path::Path};

use super::{
    Loaded, Problem, Schema, Source, assemble::assemble, bundled, candidate::Candidate,
    comments::Comments, compile_without, doctor, load_descriptor_set, read,
};

/// Loads the sources that are files, in order; [`Source::Reflection`] is the caller's to add with
/// [`merge`]. Relative paths are taken from `base`. Blocking: call it on a worker thread.
pub fn load(sources: &[Source], base: &Path) -> Loaded {
    let loaded = sources.iter().enumerate().filter_map(|(index, source)| {
        let mut loaded = load_one(source, base)?;
        for problem in &mut loaded.problems {
            problem.source = Some(index);
        }
        Some(loaded)
    });
    let mut merged = merge(loaded.collect());
    doctor::in_order(&mut merged.problems);
    merged
}

fn load_one(source: &Source, base: &Path) -> Option<Loaded> {
    match source {
        Source::Protos {
            files,
            roots,
            exclude,
        } => {
            let absolute = |paths: &[std::path::PathBuf]| -> Vec<_> {
                paths.iter().map(|path| base.join(path)).collect()
            };
            Some(compile_without(
                &absolute(files),
                &absolute(roots),
                &absolute(exclude),
            ))
        }
        Source::DescriptorSet(path) => Some(load_set_file(path, base)),
        Source::Reflection => None,
    }
}

fn load_set_file(path: &Path, base: &Path) -> Loaded {
    let name = path.display().to_string();
    match read::regular_file(&base.join(path), read::MAX_SET_BYTES) {
        Ok(bytes) => load_descriptor_set(&name, &bytes),
        Err(reason) => Loaded {
            schema: Schema::empty(),
            problems: vec![
                Problem::new(name, reason)
                    .hint("Choose a file that `protoc -o` or `buf build -o` wrote"),
            ],
        },
    }
}

/// Puts schemas together; the first file of a name counts, and a file that defines what an earlier
/// one defines becomes a problem. Blocking for large schemas.
pub fn merge(list: Vec<Loaded>) -> Loaded {
    let mut problems = Vec::new();
    let mut schemas = Vec::new();
    for loaded in list {
        problems.extend(loaded.problems);
        if loaded.schema.pool().files().len() > 0 {
            schemas.push(loaded.schema);
        }
    }
    if schemas.len() < 2 {
        return Loaded {
            schema: schemas.pop().unwrap_or_else(Schema::empty),
            problems,
        };
    }
    let mut comments = Comments::default();
    let mut candidates = Vec::new();
    for schema in &schemas {
        comments.merge(&schema.inner.comments);
        for file in schema.pool().files() {
            match Candidate::decode(&file.encode_to_vec()) {
                Ok(candidate) => candidates.push(candidate),
                Err(reason) => problems.push(Problem::new(file.name(), reason)),
            }
        }
    }
    // What only filled an import gives way to another source's own file of that name.
    candidates.sort_by_key(bundled::is_copy);
    let merged = assemble(candidates, HashSet::new(), problems);
    Loaded {
        schema: Schema::new(merged.schema.pool().clone(), comments),
        problems: merged.problems,
    }
}

#[cfg(test)]
mod tests;
