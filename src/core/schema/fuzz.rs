//! Fuzz targets of schemas: descriptors, which servers send by reflection and people open as files,
//! sources, and the cache that anyone who may write to its folder could have made.

use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
};

use bytes::Bytes;
use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::{
    Loaded, Schema,
    assemble::{assemble, assemble_up_to},
    bundled, cache,
    candidate::Candidate,
    describe, descriptor_set, load_descriptor_set, proto_files, repair, source,
    survey::Survey,
    unit::Unit,
};

/// Of so many symbols each is looked at; the closures of more would take a fuzzer's time.
const MAX_LOOKED_AT: usize = 100;

/// The answers of a server to a survey, each after its length in two bytes. Every service that was listed
/// is there or told, and what is there can be saved.
pub fn reflection(mut data: &[u8]) {
    let mut survey = Survey::new();
    let mut cut = None;
    loop {
        while survey.next_request().is_some() {}
        if survey.complete() {
            break;
        }
        let Some((length, rest)) = data.split_first_chunk::<2>() else {
            cut = Some("the input ends".to_owned());
            break;
        };
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (answer, rest) = rest.split_at(length);
        data = rest;
        if let Err(reason) = survey.accept(answer) {
            cut = Some(reason);
            break;
        }
    }
    if let Some(reason) = cut {
        survey.interrupted(reason);
    }
    let listed = survey.services().to_vec();
    let loaded = survey.finish(None);
    for service in listed {
        let there = loaded.schema.catalogue().service(&service).is_some();
        let told = loaded.problems.iter().any(|it| it.file == service);
        assert!(there != told, "{service}");
    }
    saves(&loaded.schema);
}

/// A schema that leaves as a set comes back whole.
fn saves(schema: &Schema) {
    let names = schema.file_names();
    let sources = proto_files(schema);
    assert_eq!(sources.len(), names.len());
    // Well-known files are there with those that import them.
    let own = |names: Vec<String>| -> Vec<String> {
        let names = names.into_iter();
        names.filter(|name| !bundled::contains(name)).collect()
    };
    let again = load_descriptor_set("saved", &descriptor_set(schema));
    assert_eq!(
        own(again.schema.file_names()),
        own(names),
        "{:?}",
        again.problems
    );
}

/// A descriptor set: what can be used is used, what cannot is told, and everything in the list can be
/// described. Built on demand it says the same as built whole, and imports can be mended.
pub fn descriptors(data: &[u8]) {
    let loaded = load_descriptor_set("set.bin", data);
    assert!(
        loaded.schema.files().next().is_some() || !loaded.problems.is_empty(),
        "neither used nor told"
    );
    assert_listed_is_there(&loaded);
    let files = FileDescriptorSet::decode(data).map(|set| set.file);
    let files = files.unwrap_or_default().into_iter();
    let mut candidates: Vec<Candidate> = files
        .filter_map(|file| Candidate::decode(&file.encode_to_vec()).ok())
        .collect();
    let units: Vec<Unit> = candidates.iter().cloned().map(Unit::seal).collect();
    both_ways_agree(&units);
    repair::mend_imports(&mut candidates);
    let mended = assemble(candidates, HashSet::new(), Vec::new());
    assert_listed_is_there(&mended);
}

/// A source file: it is parsed or told, and what is parsed can be used like a descriptor.
pub fn source(data: &[u8]) {
    match source::parse_source("a.proto", data) {
        Err(failure) => assert!(!failure.reason.is_empty()),
        Ok(candidate) => both_ways_agree(&[Unit::seal(candidate)]),
    }
}

/// An entry of the cache: it is none, or one that can be looked at; what was kept reads back.
pub fn cached(data: &[u8]) {
    let entry = Bytes::copy_from_slice(data);
    cache::header(&entry);
    if let Some(unit) = cache::decode(&entry, "a.proto", Path::new("a.proto"), [0; 32]) {
        let again = cache::encode(&unit);
        let read = cache::decode(&again, "a.proto", Path::new("a.proto"), [0; 32]);
        let names = |unit: &Unit| {
            let symbols = unit.outline.symbols();
            symbols.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(read.as_ref().map(names), Some(names(&unit)));
        for max_whole_bytes in [0, usize::MAX] {
            let units = vec![unit.clone()];
            let loaded = assemble_up_to(max_whole_bytes, units, HashSet::new(), Vec::new());
            look_at(&loaded.schema);
        }
    }
    let folder = [cache::MAGIC, data].concat();
    cache::entries(folder.into());
}

/// Loads files built on demand and whole: what the whole has, both describe alike.
fn both_ways_agree(units: &[Unit]) {
    let load = |max| assemble_up_to(max, units.to_vec(), HashSet::new(), Vec::new());
    let (lazy, whole) = (load(0), load(usize::MAX));
    look_at(&lazy.schema);
    assert_listed_is_there(&whole);
    let listed: BTreeSet<String> = names(&lazy.schema).into_iter().collect();
    for name in names(&whole.schema).into_iter().take(MAX_LOOKED_AT) {
        assert!(listed.contains(&name), "{name} is not listed");
        if !is_name(&name) {
            continue;
        }
        // In the closure of a file a broken one may be missing, and cost options; never the symbol.
        let described = describe(&lazy.schema, &name);
        assert!(described.is_some(), "{name} is built whole only");
        if whole.problems.is_empty() {
            assert_eq!(described, describe(&whole.schema, &name), "{name}");
        }
    }
}

/// Everything that was built whole and is listed can be described.
fn assert_listed_is_there(loaded: &Loaded) {
    for name in names(&loaded.schema).iter().filter(|name| is_name(name)) {
        assert!(describe(&loaded.schema, name).is_some(), "{name}");
    }
    for problem in &loaded.problems {
        assert!(!problem.reason.is_empty());
    }
    saves(&loaded.schema);
    look_at(&loaded.schema);
}

/// Asks for all there is to be had of what is listed.
fn look_at(schema: &Schema) {
    for name in names(schema).iter().take(MAX_LOOKED_AT) {
        let _ = describe(schema, name);
        let _ = schema.comment_of(name);
        let _ = schema.page_of(name);
        let _ = schema.uses_of(name, 10);
    }
    schema.prepare();
    for file in schema.file_names().iter().take(MAX_LOOKED_AT) {
        let _ = schema.problems_of(file);
        let _ = schema.file_bytes(file);
    }
}

/// The names of a schema's services and types.
fn names(schema: &Schema) -> Vec<String> {
    let catalogue = schema.catalogue();
    let services = catalogue.services.iter().map(|it| it.full_name.clone());
    let types = catalogue.messages.iter().chain(&catalogue.enums);
    services
        .chain(types.map(|it| it.full_name.clone()))
        .collect()
}

/// Names of a hostile file may be anything; those a person can write are found.
fn is_name(name: &str) -> bool {
    name.starts_with(|char: char| char.is_ascii_alphabetic()) && name.trim() == name
}

#[cfg(test)]
mod tests;
