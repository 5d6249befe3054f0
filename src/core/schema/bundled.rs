//! Files that sources may import without having them: those under `google/protobuf/`, the common ones
//! of googleapis, gRPC's own, and the options that are found in most trees.
//!
//! `google/protobuf/` always wins over a copy in the source: a hostile or half-edited
//! `descriptor.proto` could break the reading of every option. All other files only fill an import that
//! the source lacks. They come as one descriptor set, made from `assets/bundled` by the test
//! below; a file is decoded when it is asked for.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use super::{
    Schema,
    assemble::assemble,
    candidate::Candidate,
    outline::Outline,
    unit::Unit,
    wire::{Fields, Value},
};

/// The files as their descriptors, with the comments. Options are interpreted, types have full names.
static SET: &[u8] = include_bytes!("../../../assets/bundled.binpb");

/// Where the files are that always win.
const WELL_KNOWN: &str = "google/protobuf/";

/// Names that trees give to bundled files which have another one here.
const OTHER_NAMES: [(&str, &str); 5] = [
    ("grpc/status/status.proto", "google/rpc/status.proto"),
    (
        "grpc_channelz/v1/channelz.proto",
        "grpc/channelz/v1/channelz.proto",
    ),
    ("grpc_health/v1/health.proto", "grpc/health/v1/health.proto"),
    (
        "grpc_reflection/v1/reflection.proto",
        "grpc/reflection/v1/reflection.proto",
    ),
    (
        "grpc_reflection/v1alpha/reflection.proto",
        "grpc/reflection/v1alpha/reflection.proto",
    ),
];

/// The one bundled name that is too common to be known by its end alone.
const VALIDATE: &str = "validate/validate.proto";

/// Whether a file of this name is one of `google/protobuf/` that is bundled.
pub(super) fn contains(name: &str) -> bool {
    name.starts_with(WELL_KNOWN) && bytes(name).is_some()
}

/// The bundled name of `google/protobuf/` a path ends with, as in `vendor/google/protobuf/any.proto`.
pub(super) fn name_at_end_of(path: &str) -> Option<&'static str> {
    ends(path)
        .filter(|end| end.starts_with(WELL_KNOWN))
        .find_map(exact)
}

/// The bundled file that fills an import which the source lacks: of the same name, or of the name that
/// the import ends with, as `github.com/gogo/protobuf/gogoproto/gogo.proto` does.
pub(super) fn fallback(import: &str) -> Option<&'static str> {
    exact(import).or_else(|| {
        ends(import)
            .filter(|&end| end != VALIDATE || import.contains("protoc-gen-validate/"))
            .find_map(|end| exact(end).or_else(|| other_name(end)))
    })
}

/// A bundled file, by its own name.
pub(super) fn file(name: &str) -> Option<Candidate> {
    Candidate::decode(bytes(name)?).ok()
}

/// A schema of some bundled files and what they import.
pub(crate) fn schema_of(names: &[&str]) -> Schema {
    let files = names.iter().filter_map(|name| file(name));
    assemble(files.collect(), HashSet::new(), Vec::new()).schema
}

/// Whether a file is, by its name and what it defines, the bundled one.
pub(super) fn is_copy(unit: &Unit) -> bool {
    file(&unit.name).is_some_and(|own| {
        let own = Outline::of(&own.proto);
        own.symbols().eq(unit.outline.symbols())
    })
}

/// The bundled file of `google/protobuf/` that defines a top-level symbol.
pub(super) fn owner(symbol: &str) -> Option<&'static str> {
    static OWNERS: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    if !symbol.starts_with("google.protobuf.") {
        return None;
    }
    OWNERS
        .get_or_init(|| {
            let well_known = index().keys().filter(|name| contains(name));
            well_known
                .filter_map(|name| Some((*name, file(name)?)))
                .flat_map(|(name, file)| {
                    let outline = Outline::of(&file.proto);
                    let symbols = outline.symbols();
                    let symbols = symbols.map(|(symbol, _)| (symbol.to_owned(), name));
                    symbols.collect::<Vec<_>>()
                })
                .collect()
        })
        .get(symbol)
        .copied()
}

/// The serialized descriptor of a bundled file.
fn bytes(name: &str) -> Option<&'static [u8]> {
    index().get(name).copied()
}

/// The same name, as it stands in the set.
fn exact(name: &str) -> Option<&'static str> {
    index().get_key_value(name).map(|(name, _)| *name)
}

fn other_name(name: &str) -> Option<&'static str> {
    let mut names = OTHER_NAMES.into_iter();
    names.find(|(other, _)| *other == name).map(|(_, own)| own)
}

/// A path, and what is behind each of its slashes.
fn ends(path: &str) -> impl Iterator<Item = &str> {
    let behind = path
        .match_indices('/')
        .filter_map(|(at, _)| path.get(at + 1..));
    std::iter::once(path).chain(behind)
}

/// The files of the set by their names. Made once; nothing is decoded for it.
fn index() -> &'static HashMap<&'static str, &'static [u8]> {
    static INDEX: OnceLock<HashMap<&'static str, &'static [u8]>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let payload = |field: super::wire::Field<'static>| match (field.tag, field.value) {
            (1, Value::Bytes(payload)) => Some(payload),
            _ => None,
        };
        Fields::new(SET)
            .filter_map(|file| payload(file.ok()?))
            .filter_map(|file| {
                let name = Fields::new(file).find_map(|field| payload(field.ok()?))?;
                Some((std::str::from_utf8(name).ok()?, file))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests;
