//! Several sources to one schema.

use std::{collections::HashSet, path::Path};

use super::{
    Loaded, Problem, Schema, Source, assemble::assemble_units, bundled, compile_with, doctor,
    load_descriptor_set, read, unit::Unit,
};

/// Loads the sources that are files, in order; [`Source::Reflection`] is the caller's to add with
/// [`merge`]. Relative paths are taken from `base`. Blocking: call it on a worker thread.
/// What is made of large trees is kept in the folder `cache`, if there is one.
pub fn load(sources: &[Source], base: &Path, cache: Option<&Path>) -> Loaded {
    let loaded = sources.iter().zip(0..).filter_map(|(source, number)| {
        let mut loaded = load_one(source, base, cache)?;
        loaded.schema.set_source(number);
        for problem in &mut loaded.problems {
            problem.source = Some(number);
        }
        Some(loaded)
    });
    let mut merged = merge(loaded.collect());
    doctor::in_order(&mut merged.problems);
    merged
}

fn load_one(source: &Source, base: &Path, cache: Option<&Path>) -> Option<Loaded> {
    match source {
        Source::Protos {
            files,
            roots,
            exclude,
        } => {
            let absolute = |paths: &[std::path::PathBuf]| -> Vec<_> {
                paths.iter().map(|path| base.join(path)).collect()
            };
            Some(compile_with(
                &absolute(files),
                &absolute(roots),
                &absolute(exclude),
                cache,
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
        if !loaded.schema.inner.units().is_empty() {
            schemas.push(loaded.schema);
        }
    }
    if schemas.len() < 2 {
        return Loaded {
            schema: schemas.pop().unwrap_or_else(Schema::empty),
            problems,
        };
    }
    let units = schemas.iter().flat_map(|schema| schema.inner.units());
    let units = units.map(|unit| Unit {
        told: true,
        ..Unit::clone(unit)
    });
    let mut units: Vec<_> = units.collect();
    // What only filled an import gives way to another source's own file of that name.
    units.sort_by_key(bundled::is_copy);
    assemble_units(units, HashSet::new(), problems)
}

#[cfg(test)]
mod tests;
