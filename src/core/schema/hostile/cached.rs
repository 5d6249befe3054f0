//! Caches that someone made up, folders that cannot be written to, files that change while they are used.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use ring::digest::{SHA256, digest};

use super::*;
use crate::schema::{Schema, cache, compile::cache_name, compile_with, describe};

/// Looks at everything that a schema lists, as a person would.
fn look_at_everything(schema: &Schema) {
    let catalogue = schema.catalogue();
    let types = catalogue.messages.iter().chain(&catalogue.enums);
    let types = types.map(|it| it.full_name.as_str());
    let services = catalogue.services.iter().map(|it| it.full_name.as_str());
    for name in types.chain(services) {
        let _ = describe(schema, name);
        let _ = schema.comment_of(name);
        let _ = schema.page_of(name);
        let _ = schema.uses_of(name, 10);
    }
    for file in schema.file_names() {
        let _ = schema.problems_of(&file);
    }
}

/// Writes a cache of one file that is right but for what it says of the file.
fn cache_with(folder: &Path, file: &Path, entry: Vec<u8>) {
    let mut hash = [0; 32];
    let text = fs::read(file).unwrap();
    hash.copy_from_slice(digest(&SHA256, &text).as_ref());
    let path = folder.join(cache_name(&[file.to_owned()], &[]));
    cache::save(&path, &[(hash, Bytes::from(entry))]).unwrap();
}

#[test]
fn a_cache_that_someone_made_up_is_survived() {
    let source = folder_with("a.proto", "syntax = \"proto3\"; message Real {}");
    let proto = fs::canonicalize(source.path()).unwrap().join("a.proto");
    let listed = |body: &[u8]| {
        let path = [0x1a, 2, 4, 0];
        let message = [bytes(1, b"M"), path.to_vec()].concat();
        let head = [bytes(1, b"a.proto"), bytes(6, &message)].concat();
        [head, bytes(11, body)].concat()
    };
    let mut nested = Vec::new();
    for _ in 0..2_000 {
        nested = bytes(tag::NESTED, &nested);
    }
    let option = bytes(
        tag::UNINTERPRETED,
        &bytes(tag::AGGREGATE, "a{".repeat(100_000).as_bytes()),
    );
    let wild = [
        bytes(1, b"a.proto"),
        bytes(3, b"a.proto"),
        bytes(3, b"../../etc/passwd"),
        vec![0x22, 5, 0xff, 0xff, 0xff, 0xff, 0x0f],
        // A message of a path that is none, one without any, and a method of nothing.
        bytes(
            6,
            &[bytes(1, b"M"), bytes(3, &[0xff; 9]), vec![0x18, 1]].concat(),
        ),
        bytes(6, &[]),
        bytes(5, &bytes(3, &[])),
        bytes(8, &[bytes(1, b"x"), vec![0x1a, 1, 4]].concat()),
        bytes(9, b".a...b."),
    ]
    .concat();
    let unlisted = file("a.proto", &[&named(tag::MESSAGE, "Other", &[])]);
    let mut padded = unlisted.clone();
    padded.extend(bytes(1_000, &vec![0; 2 * 1024 * 1024]));
    let rows: [(&str, Vec<u8>); 9] = [
        ("nothing", Vec::new()),
        ("another name", bytes(1, b"b.proto")),
        ("no message", vec![0xff; 100]),
        ("a body that is no descriptor", listed(&[0xff; 100])),
        (
            "a body nested too deep",
            listed(&bytes(tag::MESSAGE, &nested)),
        ),
        (
            "a deep option",
            listed(&file("a.proto", &[&bytes(tag::OPTIONS, &option)])),
        ),
        ("a body of something else", listed(&unlisted)),
        ("the same, built on demand", listed(&padded)),
        ("wild paths", wild),
    ];
    for (name, entry) in rows {
        let kept = tempfile::tempdir().unwrap();
        cache_with(kept.path(), &proto, entry);
        let loaded = compile_with(std::slice::from_ref(&proto), &[], &[], Some(kept.path()));
        look_at_everything(&loaded.schema);
        let known = loaded.schema.files().next().is_some() || !loaded.problems.is_empty();
        assert!(known, "{name}");
    }
    let kept = tempfile::tempdir().unwrap();
    let many = [bytes(1, b"a.proto"), bytes(6, &[]).repeat(1_000_000)].concat();
    cache_with(kept.path(), &proto, many);
    let loaded = compile_with(&[proto], &[], &[], Some(kept.path()));
    assert!(
        loaded.schema.message("Real").is_some(),
        "what no file makes is not read"
    );
}

#[test]
fn a_cache_that_cannot_be_written_does_not_matter() {
    let tree = tempfile::tempdir().unwrap();
    for i in 0..100 {
        let text = format!("syntax = \"proto3\"; message M{i} {{}}");
        fs::write(tree.path().join(format!("{i}.proto")), text).unwrap();
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let not_a_folder = elsewhere.path().join("file");
    fs::write(&not_a_folder, "").unwrap();
    let below: PathBuf = not_a_folder.join("below");
    for cache in [not_a_folder, below] {
        let loaded = compile_with(&[tree.path().to_owned()], &[], &[], Some(&cache));
        assert_eq!(loaded.problems, []);
        assert!(loaded.schema.message("M99").is_some());
    }
}

#[test]
fn a_file_that_changed_since_has_no_comments() {
    let tree = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(tree.path().join("0.proto"), text).unwrap();
    for i in 1..100 {
        fs::write(
            tree.path().join(format!("{i}.proto")),
            "syntax = \"proto3\";",
        )
        .unwrap();
    }
    let text = "syntax = \"proto3\";\n// Said.\nmessage M {}";
    write(text);
    let kept = tempfile::tempdir().unwrap();
    let compile = || compile_with(&[tree.path().to_owned()], &[], &[], Some(kept.path()));
    compile();
    // From the cache: what is not in it is read from the source when it is wanted.
    assert_eq!(compile().schema.comment_of("M"), "Said.");
    for text in [
        "syntax = \"proto3\";\n// Other.\nmessage M {}",
        "broken",
        "",
    ] {
        write("syntax = \"proto3\";\n// Said.\nmessage M {}");
        let loaded = compile();
        write(text);
        assert_eq!(loaded.schema.comment_of("M"), "", "{text}");
        assert!(loaded.schema.message("M").is_some());
    }
    write(text);
    let loaded = compile();
    fs::remove_file(tree.path().join("0.proto")).unwrap();
    assert_eq!(loaded.schema.comment_of("M"), "");
}
