//! What nobody writes but who means harm: each file, set and cache is told with its reason or used, and
//! takes no more than the limits allow.

mod cached;

use std::{collections::HashSet, fs};

use tempfile::TempDir;

use super::{
    Loaded,
    assemble::assemble_up_to,
    candidate::Candidate,
    compile, load_descriptor_set,
    unit::Unit,
    wire::{put_bytes, put_varint},
};

/// Tags of descriptors.
mod tag {
    pub(super) const NAME: u32 = 1;
    pub(super) const PACKAGE: u32 = 2;
    pub(super) const DEPENDENCY: u32 = 3;
    pub(super) const MESSAGE: u32 = 4;
    pub(super) const SERVICE: u32 = 6;
    pub(super) const OPTIONS: u32 = 8;
    pub(super) const INFO: u32 = 9;
    pub(super) const PUBLIC_DEPENDENCY: u32 = 10;
    pub(super) const SYNTAX: u32 = 12;
    pub(super) const FIELD: u32 = 2;
    pub(super) const NESTED: u32 = 3;
    pub(super) const METHOD: u32 = 2;
    pub(super) const UNINTERPRETED: u32 = 999;
    pub(super) const AGGREGATE: u32 = 8;
}

fn bytes(tag: u32, inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(tag, inner, &mut out);
    out
}

/// A serialized file with a name and more.
fn file(name: &str, rest: &[&[u8]]) -> Vec<u8> {
    let mut out = bytes(tag::NAME, name.as_bytes());
    out.extend(rest.concat());
    put_bytes(tag::SYNTAX, b"proto3", &mut out);
    out
}

/// A serialized message or service with a name and more.
fn named(kind: u32, name: &str, rest: &[u8]) -> Vec<u8> {
    let name = bytes(tag::NAME, name.as_bytes());
    bytes(kind, &[&name, rest].concat())
}

fn load(files: &[Vec<u8>]) -> Loaded {
    let set: Vec<u8> = files.iter().flat_map(|file| bytes(1, file)).collect();
    load_descriptor_set("set.binpb", &set)
}

fn folder_with(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

#[test]
fn sources_that_are_too_much_are_told() {
    let many = |line: &str, count: usize| line.repeat(count);
    let scope = "N".repeat(30_000);
    let long = "N".repeat(10 * 1024 * 1024);
    let import = "i".repeat(2_000);
    let rows = [
        (
            "two million fields",
            format!("message M {{ {} }}", many("int32 a=1;", 500_000)),
            "a file of more than 2000000 words and signs",
        ),
        (
            "a name of ten megabytes",
            format!("message {long} {{}}"),
            "a name in the file is longer than 65535 bytes",
        ),
        (
            "a long name with many inside",
            format!("message {scope} {{ {} }}", many("message M {}", 5_000)),
            "the full names in the file take more than 64 MiB",
        ),
        (
            "a million imports",
            many("import \"a\";", 1_000_000),
            "a file of more than 2000000 words and signs",
        ),
        (
            "many imports",
            many("import \"a\";", 10_001),
            "the file imports more than 10000 others",
        ),
        (
            "an import of a long name",
            format!("import \"{import}\";"),
            "the name of an import is longer than 512 bytes",
        ),
        (
            "a million mistakes",
            many("mesage = ;", 600_000),
            "expected",
        ),
        (
            "messages 100,000 deep",
            many("message M {", 100_000),
            "nested more than 100 levels deep",
        ),
        (
            "text 100,000 deep",
            format!("option (o) = {{ {} }};", many("a <", 100_000)),
            "nested more than 100 levels deep",
        ),
        (
            "a name of 100,000 parts",
            format!("message M {{ {}b c = 1; }}", many("a.", 100_000)),
            "a name of more than 100 parts",
        ),
    ];
    for (name, text, reason) in rows {
        let folder = folder_with("a.proto", &format!("syntax = \"proto3\"; {text}"));
        let loaded = compile(&[folder.path().join("a.proto")], &[]);
        let [problem] = loaded.problems.as_slice() else {
            panic!("{name}: {} problems", loaded.problems.len());
        };
        assert!(
            problem.reason.contains(reason),
            "{name}: {}",
            problem.reason
        );
        assert!(problem.reason.len() < 1_000, "{name}");
    }
}

#[test]
fn imports_cannot_leave_their_root() {
    for import in [
        "../up.proto",
        "a/../../up.proto",
        "/etc/passwd",
        "./a.proto",
        "a\\\\b.proto",
        "a//b",
    ] {
        let text = format!("syntax = \"proto3\"; import \"{import}\"; message M {{}}");
        let folder = folder_with("a.proto", &text);
        fs::write(folder.path().join("up.proto"), "broken").unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::rename(
            folder.path().join("a.proto"),
            folder.path().join("in/a.proto"),
        )
        .unwrap();
        let loaded = compile(
            &[folder.path().join("in/a.proto")],
            &[folder.path().join("in")],
        );
        let reasons: Vec<_> = loaded
            .problems
            .iter()
            .map(|it| it.reason.as_str())
            .collect();
        assert_eq!(reasons, ["this is not a valid import"], "{import}");
    }
}

#[test]
fn of_many_missing_imports_some_are_told_and_the_rest_counted() {
    let imports: String = (0..9_000)
        .map(|i| format!("import \"x/{i}.proto\";\n"))
        .collect();
    let folder = folder_with(
        "a.proto",
        &format!("syntax = \"proto3\"; {imports} message M {{}}"),
    );
    let loaded = compile(&[folder.path().join("a.proto")], &[]);
    assert_eq!(loaded.problems.len(), 101);
    let last = loaded.problems.iter().filter(|it| it.place.is_none());
    let last: Vec<_> = last.map(|it| it.reason.as_str()).collect();
    assert_eq!(last, ["8900 more imports were not found"]);
    assert!(loaded.schema.message("M").is_some());

    let imports: Vec<u8> = (0..9_000)
        .flat_map(|i| bytes(tag::DEPENDENCY, format!("{i}.proto").as_bytes()))
        .collect();
    let loaded = load(&[file("a.proto", &[&imports, &named(tag::MESSAGE, "M", &[])])]);
    assert_eq!(loaded.problems.len(), 101);
    assert!(loaded.schema.message("M").is_some());
}

#[test]
fn a_chain_of_files_that_all_import_the_first_is_told_in_short() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..2_000 {
        let text = format!(
            "syntax = \"proto3\"; import \"{}.proto\"; import \"0.proto\"; message M{i} {{}}",
            (i + 1) % 2_000
        );
        fs::write(folder.path().join(format!("{i}.proto")), text).unwrap();
    }
    let loaded = compile(&[folder.path().to_owned()], &[folder.path().to_owned()]);
    assert_eq!(loaded.problems.len(), 101);
    let longest = loaded.problems.iter().map(|it| it.reason.len()).max();
    assert!(longest < Some(500), "{longest:?}");
    assert!(loaded.schema.message("M1999").is_some());
}

#[test]
fn sets_that_are_too_much_are_told() {
    let message = named(tag::MESSAGE, "M", &[]);
    let dots = ["a"; 30_000].join(".");
    let method = |i: usize| {
        let types = [bytes(2, b"X"), bytes(3, b"Y")].concat();
        named(tag::METHOD, &format!("R{i}"), &types)
    };
    let methods: Vec<u8> = (0..1_000).flat_map(method).collect();
    let option = |fields: &[u8]| bytes(tag::OPTIONS, &bytes(tag::UNINTERPRETED, fields));
    let deep = option(&bytes(tag::AGGREGATE, "a{".repeat(100_000).as_bytes()));
    let parts = option(&bytes(2, &[]).repeat(1_000));
    let imports: Vec<u8> = bytes(tag::DEPENDENCY, b"a").repeat(10_001);
    let scope = "N".repeat(30_000);
    let wide = named(tag::MESSAGE, &scope, &bytes(tag::NESTED, &[]).repeat(5_000));
    let rows: [(&str, Vec<u8>, &str); 9] = [
        (
            "empty fields",
            file(
                "a",
                &[&bytes(
                    tag::MESSAGE,
                    &bytes(tag::FIELD, &[]).repeat(1_000_000),
                )],
            ),
            "more than 1000000 fields",
        ),
        (
            "a long package",
            file(
                "a",
                &[
                    &bytes(tag::PACKAGE, "p".repeat(70_000).as_bytes()),
                    &message,
                ],
            ),
            "longer than 65535 bytes",
        ),
        (
            "names looked for in many scopes",
            file(
                "a",
                &[
                    &bytes(tag::PACKAGE, dots.as_bytes()),
                    &named(tag::SERVICE, "S", &methods),
                ],
            ),
            "too deep inside others",
        ),
        (
            "long names inside each other",
            file("a", &[&wide]),
            "take more than 64 MiB",
        ),
        (
            "an aggregate 100,000 deep",
            file("a", &[&deep, &message]),
            "nested too deep",
        ),
        (
            "an option of 1,000 parts",
            file("a", &[&parts, &message]),
            "nested too deep",
        ),
        (
            "many imports",
            file("a", &[&imports]),
            "imports more than 10000 others",
        ),
        (
            "a long name",
            file(&"n".repeat(2_000), &[&message]),
            "longer than 512 bytes",
        ),
        (
            "an import of a long name",
            file(
                "a",
                &[&bytes(tag::DEPENDENCY, "n".repeat(2_000).as_bytes())],
            ),
            "longer than 512 bytes",
        ),
    ];
    let good = file("good.proto", &[&named(tag::MESSAGE, "Good", &[])]);
    for (name, bad, reason) in rows {
        let loaded = load(&[bad, good.clone()]);
        let [problem] = loaded.problems.as_slice() else {
            panic!("{name}: {} problems", loaded.problems.len());
        };
        assert!(
            problem.reason.contains(reason),
            "{name}: {}",
            problem.reason
        );
        assert!(loaded.schema.message("Good").is_some(), "{name}");
    }
}

#[test]
fn a_million_places_in_the_source_cost_only_the_comments() {
    let places = bytes(1, &[]).repeat(1_000_001);
    let comment = [bytes(1, &[4, 0]), bytes(3, b" Said.")].concat();
    let said = bytes(1, &comment);
    for (places, expected) in [(said.clone(), "Said."), ([said, places].concat(), "")] {
        let info = bytes(tag::INFO, &places);
        let loaded = load(&[file("a", &[&named(tag::MESSAGE, "M", &[]), &info])]);
        assert_eq!(loaded.problems, []);
        assert_eq!(loaded.schema.comment_of("M"), expected);
    }
}

#[test]
fn sets_of_very_many_files_are_told() {
    let empty = bytes(1, &file("a", &[])).repeat(50_001);
    let loaded = load_descriptor_set("set.binpb", &empty);
    assert!(
        loaded
            .problems
            .iter()
            .any(|it| it.reason == "more than 50000 files")
    );

    let broken = bytes(1, &[0xff]).repeat(3_000);
    let loaded = load_descriptor_set("set.binpb", &broken);
    assert_eq!(loaded.problems.len(), 1_001);
    assert_eq!(
        loaded.problems[1_000].reason,
        "2000 more files of the set are broken"
    );

    let messages = bytes(tag::MESSAGE, &[]).repeat(400_000);
    let files = ["a", "b", "c"].map(|name| file(name, &[&messages]));
    let loaded = load(&files);
    let reasons: Vec<_> = loaded
        .problems
        .iter()
        .map(|it| it.reason.as_str())
        .collect();
    assert!(
        reasons.contains(&"the set defines too much; its files from number 3 on are left out"),
        "{reasons:?}"
    );
}

#[test]
fn public_imports_in_a_ring_end_although_names_are_long() {
    let name = |i: usize| format!("{}{}.proto", "x".repeat(400), i % 300);
    let mut public = Vec::new();
    put_varint(tag::PUBLIC_DEPENDENCY, 0, &mut public);
    let files: Vec<_> = (0..300)
        .map(|i| {
            let import = bytes(tag::DEPENDENCY, name(i + 1).as_bytes());
            let message = named(tag::MESSAGE, &format!("M{i}"), &[]);
            file(&name(i), &[&import, &public, &message])
        })
        .collect();
    let loaded = load(&files);
    // All see all: some go without their imports.
    let limit = "the files import too many others";
    assert!(loaded.problems.iter().all(|it| it.reason == limit));
    assert!(loaded.schema.message("M299").is_some());
}

#[test]
fn a_ring_of_broken_files_is_given_up() {
    let field = [
        bytes(1, b"f"),
        vec![0x18, 1, 0x20, 1, 0x28, 11],
        bytes(6, b".No"),
    ]
    .concat();
    let files: Vec<_> = (0..1_000)
        .map(|i| {
            let next = format!("{}.proto", (i + 1) % 1_000);
            let import = bytes(tag::DEPENDENCY, next.as_bytes());
            let message = named(tag::MESSAGE, &format!("M{i}"), &bytes(tag::FIELD, &field));
            file(&format!("{i}.proto"), &[&import, &message])
        })
        .collect();
    let loaded = load(&files);
    assert_eq!(loaded.problems.len(), 1_000, "each file is told once");
    let told = |reason: &str| loaded.problems.iter().any(|it| it.reason.contains(reason));
    assert!(told("`.No` is not defined") && told("which cannot be used"));
}

#[test]
fn a_file_that_needs_too_much_is_listed_and_not_built() {
    let fields = bytes(tag::FIELD, &[]).repeat(900_000);
    let import = bytes(tag::DEPENDENCY, b"b.proto");
    let files = [
        file("a.proto", &[&import, &named(tag::MESSAGE, "A", &fields)]),
        file("b.proto", &[&named(tag::MESSAGE, "B", &fields)]),
    ];
    let units = files.map(|file| Unit::seal(Candidate::decode(&file).unwrap()));
    let loaded = assemble_up_to(0, units.into(), HashSet::new(), Vec::new());
    assert_eq!(loaded.problems, []);
    assert_eq!(loaded.schema.catalogue().messages.len(), 2);
    assert!(loaded.schema.message("A").is_none());
    let problems = loaded.schema.problems_of("a.proto");
    let reasons: Vec<_> = problems.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["the file and the 1 files it needs define too much to be built"]
    );
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_not_read() {
    use std::os::unix::{fs::symlink, net::UnixListener};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    symlink("/dev/zero", path("zero.proto")).unwrap();
    symlink(folder.path(), path("folder.proto")).unwrap();
    symlink(path("loop.proto"), path("loop.proto")).unwrap();
    let _socket = UnixListener::bind(path("socket.proto")).unwrap();
    let piped = std::process::Command::new("mkfifo")
        .arg(path("pipe.proto"))
        .status();
    assert!(piped.unwrap().success());
    let rows = [
        ("zero.proto", "this is not a regular file"),
        ("pipe.proto", "this is not a regular file"),
        ("socket.proto", "this is not a regular file"),
        ("loop.proto", "there is no such file"),
    ];
    for (name, reason) in rows {
        let loaded = compile(&[path(name)], &[]);
        let reasons: Vec<_> = loaded
            .problems
            .iter()
            .map(|it| it.reason.as_str())
            .collect();
        assert_eq!(reasons, [reason], "{name}");
    }
    let loaded = compile(&[path("folder.proto")], &[]);
    assert_eq!(loaded.problems.len(), 3, "{:?}", loaded.problems);
}
