//! Fuzz target of descriptors, which servers send by reflection and people open as files.

use super::{describe, load_descriptor_set};

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
}
