//! Fuzz targets of descriptors, which servers send by reflection and people open as files.

use super::{
    Schema, bundled, describe, descriptor_set, load_descriptor_set, proto_files, survey::Survey,
};

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
/// described.
pub fn descriptors(data: &[u8]) {
    let loaded = load_descriptor_set("set.bin", data);
    let catalogue = loaded.schema.catalogue();
    let services = catalogue.services.iter().map(|it| &it.full_name);
    let messages = catalogue.messages.iter().map(|it| &it.full_name);
    let names: Vec<_> = services
        .chain(messages)
        .chain(catalogue.enums.iter().map(|it| &it.full_name))
        .collect();
    assert!(
        !names.is_empty() || !loaded.problems.is_empty() || loaded.schema.files().next().is_some()
    );
    // Names of a hostile file may be anything; those a person can write are found.
    let is_name = |name: &str| name.starts_with(|char: char| char.is_ascii_alphabetic());
    for name in names
        .into_iter()
        .filter(|name| is_name(name) && name.trim() == *name)
    {
        assert!(describe(&loaded.schema, name).is_some(), "{name}");
    }
    for problem in &loaded.problems {
        assert!(!problem.reason.is_empty());
    }
    saves(&loaded.schema);
}
