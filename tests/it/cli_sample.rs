//! Every request of the sample workspace fits the demo server it is written for.

use std::path::Path;

use stubless_core::{
    call::{CallSpec, resolve},
    demo::DESCRIPTOR_SET,
    message::Scope,
    schema::load_descriptor_set,
    workspace::{Entry, EntryKind, RequestFile, Workspace},
};

fn requests<'a>(entries: &'a [Entry], found: &mut Vec<(&'a Path, &'a RequestFile)>) {
    for entry in entries {
        match &entry.kind {
            EntryKind::Folder(entries) => requests(entries, found),
            EntryKind::Request(request) => found.push((&entry.path, request)),
            EntryKind::Broken(reason) => panic!("{}: {reason}", entry.path.display()),
        }
    }
}

#[test]
fn every_sample_request_can_be_sent() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("workspaces/sample");
    let workspace = Workspace::open(&root).unwrap();
    assert_eq!(workspace.problems, []);
    let environment = &workspace.environments[0];
    let variables = environment.variables.iter();
    let scope = Scope {
        variables: variables
            .map(|variable| (variable.name.clone(), variable.value.clone()))
            .collect(),
    };
    let loaded = load_descriptor_set("demo.binpb", DESCRIPTOR_SET);
    assert_eq!(loaded.problems, []);

    let mut found = Vec::new();
    requests(&workspace.entries, &mut found);
    assert!(found.len() > 15);
    for (path, request) in found {
        let spec = CallSpec {
            method: request.method.clone(),
            target: workspace.file.target.clone().unwrap(),
            settings: request.settings.clone(),
            metadata: request.metadata.clone(),
            deadline: None,
            call: stubless_core::workspace::CallSettings::default(),
            messages: request.messages.iter().map(|m| m.0.clone()).collect(),
            keep_open: false,
            scope: scope.clone(),
            schema: loaded.schema.clone(),
            base: root.clone(),
            demo: Some(([127, 0, 0, 1], 1).into()),
        };
        assert!(!request.docs.is_empty(), "{}", path.display());
        if let Err(failure) = resolve(&spec) {
            panic!("{}: {failure:#?}", path.display());
        }
    }
}
