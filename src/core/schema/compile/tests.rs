//! Broken, hostile and ordinary files, compiled from folders of their own.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::schema::Fix;

/// A folder with files in it.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        put(folder.path(), name, text.as_bytes());
    }
    folder
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Compiles named files of a folder, with the folder as the only root.
fn compile_in(folder: &TempDir, files: &[&str]) -> Loaded {
    let files: Vec<PathBuf> = files.iter().map(|f| folder.path().join(f)).collect();
    compile(&files, &[folder.path().to_owned()])
}

fn messages(loaded: &Loaded) -> Vec<&str> {
    let catalogue = loaded.schema.catalogue();
    catalogue
        .messages
        .iter()
        .map(|m| m.full_name.as_str())
        .filter(|name| !name.starts_with("google.protobuf."))
        .collect()
}

const GREETER: &str = "syntax = \"proto3\";\npackage demo;\nimport \"common/name.proto\";\n\
    // Says hello.\nservice Greeter {\n  // Once.\n  rpc Hello(Request) returns (Request);\n}\n\
    message Request { common.Name name = 1; }\n";
const NAME: &str = "syntax = \"proto3\";\npackage common;\nmessage Name { string text = 1; }\n";

#[test]
fn files_compile_with_their_imports_and_comments() {
    let folder = tree(&[("demo.proto", GREETER), ("common/name.proto", NAME)]);
    let loaded = compile_in(&folder, &["demo.proto"]);
    assert_eq!(loaded.problems, []);
    assert_eq!(messages(&loaded), ["common.Name", "demo.Request"]);
    let service = &loaded.schema.catalogue().services[0];
    assert_eq!(loaded.schema.comment_of(&service.full_name), "Says hello.");
    assert_eq!(loaded.schema.comment_of(&service.methods[0].path), "Once.");
}

#[test]
fn each_problem_names_its_file_its_place_and_its_reason() {
    struct Row {
        name: &'static str,
        source: &'static str,
        place: Option<(usize, usize)>,
        reason: &'static str,
        /// Whether the file's message can be used all the same.
        usable: bool,
    }
    let rows = [
        Row {
            name: "missing import",
            source: "syntax = \"proto3\";\nimport \"no/where.proto\";\nmessage M {}",
            place: Some((2, 1)),
            reason: "import `no/where.proto` was not found",
            usable: true,
        },
        Row {
            name: "missing import whose type is used",
            source: "syntax = \"proto3\";\nimport \"no/where.proto\";\nmessage M { Where w = 1; }",
            place: Some((2, 1)),
            reason: "import `no/where.proto` was not found",
            usable: false,
        },
        Row {
            name: "missing import whose option is used",
            source: "syntax = \"proto3\";\nimport \"no/where.proto\";\n\
                     message M { int32 a = 1 [(rule) = 2, deprecated = true]; }",
            place: Some((2, 1)),
            reason: "import `no/where.proto` was not found",
            usable: true,
        },
        Row {
            name: "broken syntax",
            source: "syntax = \"proto3\";\nmessage M {\n  string = 1;\n}",
            place: Some((3, 10)),
            reason: "expected an identifier, but found `=`",
            usable: false,
        },
        Row {
            name: "cut short",
            source: "syntax = \"proto3\";\nmessage M {\n  string a = 1;\n",
            place: Some((4, 1)),
            reason: "reached end of file",
            usable: false,
        },
        Row {
            name: "unknown type",
            source: "syntax = \"proto3\";\nmessage M {\n  Nothing a = 1;\n}",
            place: Some((3, 3)),
            reason: "name `Nothing` is not defined",
            usable: false,
        },
        Row {
            name: "a symbol twice in one file",
            source: "syntax = \"proto3\";\nmessage M {}\nmessage M {}",
            place: Some((3, 9)),
            reason: "name `M` is defined twice",
            usable: false,
        },
        Row {
            name: "an import above the root",
            source: "syntax = \"proto3\";\nimport \"../up.proto\";\nmessage M {}",
            place: Some((2, 8)),
            reason: "this is not a valid import",
            usable: false,
        },
        Row {
            name: "an import named twice",
            source: "syntax = \"proto3\";\nimport \"common/name.proto\";\n\
                     import \"common/name.proto\";\nmessage M { common.Name n = 1; }",
            place: None,
            reason: "",
            usable: true,
        },
        Row {
            name: "an edition",
            source: "// new\nedition = \"2023\";\nmessage M {}",
            place: None,
            reason: "",
            usable: true,
        },
        Row {
            name: "an edition that is not known",
            source: "// new\nedition = \"2099\";\nmessage M {}",
            place: Some((2, 1)),
            reason: "edition `2099`",
            usable: false,
        },
        Row {
            name: "an unknown syntax",
            source: "syntax = \"proto4\";\nmessage M {}",
            place: Some((1, 10)),
            reason: "unknown syntax `proto4`",
            usable: false,
        },
        Row {
            name: "an empty file",
            source: "",
            place: None,
            reason: "",
            usable: false,
        },
    ];
    for row in rows {
        let folder = tree(&[
            ("good.proto", "syntax = \"proto3\"; message Good {}"),
            ("common/name.proto", NAME),
            ("bad.proto", row.source),
        ]);
        let loaded = compile_in(&folder, &["bad.proto", "good.proto"]);
        let found = messages(&loaded);
        assert!(found.contains(&"Good"), "{}: {found:?}", row.name);
        assert_eq!(found.contains(&"M"), row.usable, "{}", row.name);
        if row.reason.is_empty() {
            assert_eq!(loaded.problems, [], "{}", row.name);
            continue;
        }
        let [problem] = loaded.problems.as_slice() else {
            panic!("{}: {:?}", row.name, loaded.problems);
        };
        assert_eq!(problem.file, "bad.proto", "{}", row.name);
        assert_eq!(problem.place, row.place, "{}: {problem:?}", row.name);
        assert!(
            problem.reason.contains(row.reason),
            "{}: {problem:?}",
            row.name
        );
    }
}

#[test]
fn a_broken_import_is_told_from_a_missing_one() {
    let folder = tree(&[
        (
            "user.proto",
            "syntax = \"proto3\"; import \"broken.proto\"; message User { Broken b = 1; }",
        ),
        ("broken.proto", "syntax = \"proto3\"; message Broken {"),
    ]);
    let loaded = compile_in(&folder, &["user.proto"]);
    let reasons: Vec<_> = loaded
        .problems
        .iter()
        .map(|p| (&*p.file, &*p.reason))
        .collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert_eq!(reasons[0].0, "broken.proto");
    assert_eq!(
        reasons[1],
        ("user.proto", "imports `broken.proto`, which cannot be used")
    );
}

#[test]
fn a_missing_import_proposes_the_root_to_add() {
    let folder = tree(&[
        (
            "api/svc.proto",
            "syntax = \"proto3\"; import \"common/name.proto\"; message M {}",
        ),
        ("api/deps/common/name.proto", NAME),
    ]);
    let api = folder.path().join("api");
    let loaded = compile(&[api.join("svc.proto")], std::slice::from_ref(&api));
    let hint = loaded.problems[0].hint.clone().unwrap();
    let proposed = fs::canonicalize(api.join("deps")).unwrap();
    assert!(
        hint.contains(&format!("Add `{}`", proposed.display())),
        "{hint}"
    );
    assert!(hint.contains(&format!(
        "Searched `{}`",
        fs::canonicalize(&api).unwrap().display()
    )));
}

#[test]
fn a_problem_shows_its_line_and_what_a_button_can_do() {
    let folder = tree(&[
        (
            "api/svc.proto",
            "syntax = \"proto3\";\r\n\timport \"common/name.proto\";\r\nmessage M {}",
        ),
        ("api/deps/common/name.proto", NAME),
        ("api/more/deps/common/name.proto", NAME),
        (
            "api/bad.proto",
            "syntax = \"proto3\";\nmessage X { strin\x1bg = 1 }",
        ),
    ]);
    let api = fs::canonicalize(folder.path().join("api")).unwrap();
    let files = [api.join("svc.proto"), api.join("bad.proto")];
    let loaded = compile(&files, std::slice::from_ref(&api));
    let find = |file: &str| loaded.problems.iter().find(|p| p.file == file).unwrap();
    let missing = find("svc.proto");
    let line = missing.line.as_ref().unwrap();
    assert_eq!(
        (&*line.text, line.before),
        ("import \"common/name.proto\";", 0)
    );
    let roots = [api.join("deps"), api.join("more/deps")];
    assert_eq!(missing.fixes, roots.map(Fix::AddRoot), "the nearest first");
    let broken = find("bad.proto");
    let line = broken.line.as_ref().unwrap();
    assert_eq!(line.text, "message X { strin␛g = 1 }");
    assert_eq!(broken.fixes, []);
    // The button does what it says.
    let again = compile(&files[..1], &[api.clone(), api.join("deps")]);
    assert_eq!(again.problems, []);
}

#[test]
fn of_two_files_that_define_the_same_either_can_be_left_out() {
    let user =
        "syntax = \"proto3\"; import \"one.proto\"; import \"two.proto\"; message U { D d = 1; }";
    let one = "syntax = \"proto3\"; message D { string one = 1; }";
    let two = "syntax = \"proto3\"; message D { string two = 1; }";
    let folder = tree(&[("one.proto", one), ("two.proto", two), ("user.proto", user)]);
    let root = fs::canonicalize(folder.path()).unwrap();
    let given = [root.clone()];
    let loaded = compile(&given, &[]);
    let clash = loaded
        .problems
        .iter()
        .find(|p| p.file == "two.proto")
        .unwrap();
    let prefer = |keep: &str, drop: &str| Fix::Prefer {
        keep: keep.to_owned(),
        drop: root.join(drop),
    };
    assert_eq!(
        clash.fixes,
        [
            prefer("one.proto", "two.proto"),
            prefer("two.proto", "one.proto")
        ]
    );
    for (left_out, field) in [("two.proto", "one"), ("one.proto", "two")] {
        let loaded = compile_with(&given, &[], &[root.join(left_out)], None);
        assert_eq!(loaded.problems, [], "without {left_out}");
        let d = loaded.schema.message("D").unwrap();
        assert_eq!(d.get_field(1).unwrap().name(), field);
        assert!(loaded.schema.message("U").is_some());
    }
    // Where nothing stands for it, whoever needs it is told.
    let loaded = compile_with(
        &[root.join("user.proto")],
        &[],
        &[root.join("one.proto"), root.join("two.proto")],
        None,
    );
    assert!(
        loaded
            .problems
            .iter()
            .any(|p| p.reason == "imports `one.proto`, which cannot be used")
    );
}

#[test]
fn a_file_of_a_thousand_mistakes_and_a_folder_of_them_end() {
    use std::fmt::Write as _;
    let mut undefined = "syntax = \"proto3\";\n".to_owned();
    let mut garbage = undefined.clone();
    for i in 0..20_000 {
        writeln!(undefined, "message M{i} {{ Nowhere{i} f = 1; }}").unwrap();
        writeln!(garbage, "mesage M{i} {{ string = ; }}").unwrap();
    }
    let folder = tree(&[("undefined.proto", &undefined), ("garbage.proto", &garbage)]);
    for i in 0..300 {
        let text = format!("syntax = \"proto3\"; message B{i} {{ Nowhere f = 1; }}");
        put(folder.path(), &format!("bad{i}.proto"), text.as_bytes());
    }
    let loaded = compile(&[folder.path().to_owned()], &[]);
    let of = |file: &str| loaded.problems.iter().filter(|p| p.file == file).count();
    assert_eq!((of("undefined.proto"), of("garbage.proto")), (1, 1));
    assert_eq!(loaded.problems.len(), 302, "each file is told once");
}

#[test]
fn the_file_that_defines_a_name_but_is_not_imported_is_proposed() {
    let folder = tree(&[
        (
            "a.proto",
            "syntax = \"proto3\"; message A { common.Name n = 1; }",
        ),
        ("common/name.proto", NAME),
    ]);
    let loaded = compile_in(&folder, &["a.proto", "common/name.proto"]);
    let hint = loaded.problems[0].hint.clone().unwrap();
    assert_eq!(
        hint,
        "`common.Name` is defined in `common/name.proto`: import that file in `a.proto`"
    );
}

#[test]
fn roots_are_inferred_from_packages_and_imports() {
    let svc = "syntax = \"proto3\"; package acme.v1; import \"common/name.proto\";\
               import \"acme/v1/types.proto\"; message M { common.Name n = 1; T t = 2; }";
    let types = "syntax = \"proto3\"; package acme.v1; message T {}";
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
    let rows: [Row<'_>; 8] = [
        (
            "the folder above the package",
            &[
                ("p/acme/v1/svc.proto", svc),
                ("p/acme/v1/types.proto", types),
                ("p/common/name.proto", NAME),
            ],
            "p/acme/v1/svc.proto",
            "acme/v1/svc.proto",
        ),
        (
            "a folder named below",
            &[
                ("p/acme/v1/svc.proto", svc),
                ("p/acme/v1/types.proto", types),
                ("p/common/name.proto", NAME),
            ],
            "p",
            "acme/v1/svc.proto",
        ),
        (
            "imports from a usual folder above",
            &[
                ("p/acme/v1/svc.proto", svc),
                ("p/acme/v1/types.proto", types),
                ("third_party/common/name.proto", NAME),
            ],
            "p/acme/v1",
            "acme/v1/svc.proto",
        ),
        (
            "imports alone",
            &[
                ("x/y/svc.proto", svc),
                ("x/acme/v1/types.proto", types),
                ("x/common/name.proto", NAME),
            ],
            "x/y/svc.proto",
            "y/svc.proto",
        ),
        (
            "modules of buf's, one of them the other's import",
            &[
                (
                    "r/buf.yaml",
                    "version: v2\nmodules:\n- path: b\n- path: a/x\n",
                ),
                ("r/a/x/svc.proto", svc),
                ("r/b/acme/v1/types.proto", types),
                ("r/b/common/name.proto", NAME),
            ],
            "r/a",
            "svc.proto",
        ),
        (
            "a workspace of buf's",
            &[
                ("r/buf.work.yaml", "directories: [b, a]"),
                ("r/a/buf.yaml", "version: v1"),
                ("r/a/y/svc.proto", svc),
                ("r/b/acme/v1/types.proto", types),
                ("r/b/common/name.proto", NAME),
            ],
            "r/a/y/svc.proto",
            "y/svc.proto",
        ),
        (
            "imports from a folder that nothing tells of",
            &[
                ("r/acme/v1/svc.proto", svc),
                ("r/acme/v1/types.proto", types),
                ("r/deps/old/common/name.proto", NAME),
            ],
            "r",
            "acme/v1/svc.proto",
        ),
        (
            "nothing to go by",
            &[(
                "x/y/svc.proto",
                "syntax = \"proto3\"; package acme.v1; message M {}",
            )],
            "x/y/svc.proto",
            "svc.proto",
        ),
    ];
    for (name, files, given, file_name) in rows {
        let folder = tree(files);
        let loaded = compile(&[folder.path().join(given)], &[]);
        assert_eq!(loaded.problems, [], "{name}");
        assert!(loaded.schema.message("acme.v1.M").is_some(), "{name}");
        assert!(
            loaded
                .schema
                .whole_pool()
                .get_file_by_name(file_name)
                .is_some(),
            "{name}"
        );
    }
}

#[test]
fn inferred_roots_come_nearest_first() {
    let folder = tree(&[
        (
            "r/a/b/f.proto",
            "syntax = \"proto3\"; package a.b; import \"b/g.proto\";",
        ),
        ("r/a/b/g.proto", "syntax = \"proto3\";"),
    ]);
    let root = fs::canonicalize(folder.path().join("r")).unwrap();
    let roots = roots::infer_roots(&root.join("a/b/f.proto"));
    assert_eq!(roots, [root.join("a"), root.clone()]);
}

#[test]
fn the_roots_found_are_those_that_files_are_compiled_with() {
    let folder = tree(&[
        ("r/buf.yaml", "version: v2\nmodules: [{path: unread}]\n"),
        (
            "r/api/a.proto",
            "syntax = \"proto3\"; import \"x/b.proto\"; message A { B b = 1; }",
        ),
        (
            "r/deps/x/b.proto",
            "syntax = \"proto3\"; import \"google/type/money.proto\"; import \"c.proto\"; message B { C c = 1; }",
        ),
        ("r/deps/x/c.proto", "syntax = \"proto3\"; message C {}"),
    ]);
    let root = fs::canonicalize(folder.path().join("r")).unwrap();
    let given = [root.clone()];
    let roots = find_roots(&given);
    assert_eq!(
        roots,
        [root.clone(), root.join("deps/x"), root.join("deps")]
    );
    let inferred = compile(&given, &[]);
    assert_eq!(inferred.problems, []);
    let explicit = compile(&given, &roots);
    assert_eq!(explicit.problems, []);
    assert_eq!(messages(&inferred), messages(&explicit));
}

#[test]
fn of_two_copies_nearby_the_importers_own_is_used() {
    let import = "syntax = \"proto3\"; import \"x/b.proto\"; message M { B b = 1; }";
    let copy = |field: &str| format!("syntax = \"proto3\"; message B {{ string {field} = 1; }}");
    let folder = tree(&[
        ("r/one/in/x/b.proto", &copy("one")),
        ("r/two/a.proto", import),
        ("r/two/in/x/b.proto", &copy("two")),
    ]);
    let loaded = compile(&[folder.path().join("r/two/a.proto")], &[]);
    assert_eq!(loaded.problems, []);
    let b = loaded.schema.message("B").unwrap();
    assert_eq!(b.get_field(1).unwrap().name(), "two");
}

#[test]
fn one_file_found_by_two_names_is_one_file() {
    let folder = tree(&[
        (
            "p/a.proto",
            "syntax = \"proto3\"; import \"p/b.proto\"; message A { B b = 1; }",
        ),
        (
            "p/b.proto",
            "syntax = \"proto3\"; import \"c.proto\"; message B { C c = 1; }",
        ),
        ("p/c.proto", "syntax = \"proto3\"; message C {}"),
    ]);
    let loaded = compile(&[folder.path().join("p")], &[]);
    assert_eq!(loaded.problems, []);
    assert_eq!(messages(&loaded), ["A", "B", "C"]);
}

#[test]
fn two_files_with_one_name_are_both_used() {
    let file = |name: &str| {
        format!(
            "syntax = \"proto3\"; package {name}; import \"dep.proto\"; message M {{ D d = 1; }}"
        )
    };
    let dep = |name: &str| format!("syntax = \"proto3\"; package {name}; message D {{}}");
    let folder = tree(&[
        ("one/main.proto", &file("one")),
        ("one/dep.proto", &dep("one")),
        ("two/main.proto", &file("two")),
        ("two/dep.proto", &dep("two")),
    ]);
    let files = [
        folder.path().join("one/main.proto"),
        folder.path().join("two/main.proto"),
    ];
    let loaded = compile(&files, &[]);
    assert_eq!(loaded.problems, []);
    assert_eq!(messages(&loaded), ["one.D", "one.M", "two.D", "two.M"]);
}

#[test]
fn a_symbol_defined_again_is_a_problem_of_the_second_file() {
    let folder = tree(&[
        (
            "a.proto",
            "syntax = \"proto3\"; message M { int32 first = 1; }",
        ),
        (
            "b.proto",
            "syntax = \"proto3\"; enum E { M = 0; } message Other {}",
        ),
        ("c.proto", "syntax = \"proto3\"; message Fine {}"),
    ]);
    let loaded = compile_in(&folder, &["a.proto", "b.proto", "c.proto"]);
    assert_eq!(messages(&loaded), ["Fine", "M"]);
    assert_eq!(loaded.problems.len(), 1);
    assert_eq!(loaded.problems[0].file, "b.proto");
    assert_eq!(
        loaded.problems[0].reason,
        "`M` is already defined in `a.proto`"
    );
}

#[test]
fn files_in_a_ring_are_used_and_told() {
    let folder = tree(&[
        (
            "a.proto",
            "syntax = \"proto3\"; import public \"b.proto\"; message A { B b = 1; }",
        ),
        (
            "b.proto",
            "syntax = \"proto3\"; import public \"a.proto\"; message B { A a = 1; }",
        ),
        (
            "self.proto",
            "syntax = \"proto3\"; import public \"self.proto\"; message S {}",
        ),
    ]);
    let loaded = compile_in(&folder, &["a.proto", "self.proto"]);
    assert_eq!(messages(&loaded), ["A", "B", "S"]);
    let reasons: Vec<_> = loaded.problems.iter().map(|p| p.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "imports form a ring: a.proto → b.proto → a.proto",
            "imports form a ring: self.proto → self.proto",
        ]
    );
}

#[test]
fn a_ring_with_a_broken_file_costs_only_that_file() {
    let folder = tree(&[
        (
            "a.proto",
            "syntax = \"proto3\"; import \"b.proto\"; message A {}",
        ),
        (
            "b.proto",
            "syntax = \"proto3\"; import \"a.proto\"; message B { Nothing n = 1; }",
        ),
    ]);
    let loaded = compile_in(&folder, &["a.proto"]);
    assert_eq!(messages(&loaded), ["A"]);
}

#[test]
fn public_imports_reach_through_a_chain() {
    let folder = tree(&[
        (
            "a.proto",
            "syntax = \"proto3\"; import \"b.proto\"; message A { D d = 1; }",
        ),
        ("b.proto", "syntax = \"proto3\"; import public \"c.proto\";"),
        ("c.proto", "syntax = \"proto3\"; import public \"d.proto\";"),
        ("d.proto", "syntax = \"proto3\"; message D {}"),
    ]);
    let loaded = compile_in(&folder, &["a.proto"]);
    assert_eq!(loaded.problems, []);
    assert_eq!(messages(&loaded), ["A", "D"]);
}

#[test]
fn long_chains_of_imports_do_not_overflow() {
    for (kind, length) in [("", 1000), ("public ", 100)] {
        let folder = tempfile::tempdir().unwrap();
        for i in 0..length {
            let next = i + 1;
            let text =
                format!("syntax = \"proto3\"; import {kind}\"f{next}.proto\"; message M{i} {{}}");
            put(folder.path(), &format!("f{i}.proto"), text.as_bytes());
        }
        put(
            folder.path(),
            &format!("f{length}.proto"),
            b"syntax = \"proto3\"; message Last {}",
        );
        let loaded = compile_in(&folder, &["f0.proto"]);
        assert_eq!(loaded.problems, [], "{kind}");
        assert!(loaded.schema.message("Last").is_some(), "{kind}");
    }
}

#[test]
fn deep_nesting_is_refused_before_it_can_overflow() {
    let deep = |open: &str| open.repeat(100_000);
    let levels = 90;
    let deepest = format!(
        "syntax = \"proto2\"; import \"opt.proto\"; option (o) = {{ {} }}; message Fits {{}}",
        "o <".repeat(levels) + &">".repeat(levels)
    );
    let rows = [
        ("messages", format!("message A {}", deep("{ message B "))),
        ("an aggregate", format!("option (o) = {{ {}", deep("o {"))),
        ("an option name", format!("option {} = 1;", deep("a."))),
    ];
    for (name, source) in rows {
        let folder = tree(&[("deep.proto", &source)]);
        let loaded = compile_in(&folder, &["deep.proto"]);
        assert_eq!(loaded.problems.len(), 1, "{name}");
        assert_eq!(loaded.problems[0].place.map(|p| p.0), Some(1), "{name}");
    }
    // What is just allowed must not overflow either.
    let folder = tree(&[
        ("deep.proto", &deepest),
        (
            "opt.proto",
            "syntax = \"proto2\"; import \"google/protobuf/descriptor.proto\";\
             message O { optional O o = 1; }\
             extend google.protobuf.FileOptions { optional O o = 50000; }",
        ),
    ]);
    let loaded = compile_in(&folder, &["deep.proto"]);
    assert_eq!(loaded.problems, []);
    assert!(loaded.schema.message("Fits").is_some());
}

#[test]
fn bytes_that_protoc_takes_are_taken() {
    let rows: [(&str, &[u8]); 3] = [
        (
            "byte order mark",
            b"\xEF\xBB\xBFsyntax = \"proto3\"; message M {}",
        ),
        (
            "Latin-1 comment",
            b"// caf\xE9\nsyntax = \"proto3\"; message M {}",
        ),
        (
            "line ends of DOS",
            b"syntax = \"proto3\";\r\nmessage M {\r\n}\r\n",
        ),
    ];
    for (name, bytes) in rows {
        let folder = tree(&[]);
        put(folder.path(), "f.proto", bytes);
        let loaded = compile_in(&folder, &["f.proto"]);
        assert_eq!(loaded.problems, [], "{name}");
        assert_eq!(messages(&loaded), ["M"], "{name}");
    }
}

#[test]
fn vendored_copies_of_the_well_known_files_do_not_matter() {
    let newer = "syntax = \"proto2\"; package google.protobuf; message FileOptions {\
                 extensions 536000000 [declaration = { number: 1 }]; }";
    let folder = tree(&[
        ("google/protobuf/descriptor.proto", newer),
        ("inner/google/protobuf/any.proto", "broken"),
        (
            "a.proto",
            "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";\
             import \"google/protobuf/any.proto\"; message M { google.protobuf.Any any = 1; }",
        ),
    ]);
    let loaded = compile(&[folder.path().to_owned()], &[]);
    assert_eq!(loaded.problems, []);
    assert_eq!(messages(&loaded), ["M"]);
}

#[test]
fn bundled_files_fill_only_what_is_missing() {
    const USER: &str = "syntax = \"proto3\"; import \"google/type/money.proto\";\
                        message M { google.type.Money price = 1; }";
    const OWN: &str =
        "syntax = \"proto3\"; package google.type; message Money { string text = 1; }";
    struct Row {
        name: &'static str,
        files: &'static [(&'static str, &'static str)],
        /// The first field of the message imported.
        field: &'static str,
        problems: usize,
    }
    let rows = [
        Row {
            name: "nowhere else",
            files: &[("m.proto", USER)],
            field: "currency_code",
            problems: 0,
        },
        Row {
            name: "the source has its own",
            files: &[("m.proto", USER), ("google/type/money.proto", OWN)],
            field: "text",
            problems: 0,
        },
        Row {
            name: "its own is broken",
            files: &[("m.proto", USER), ("google/type/money.proto", "broken")],
            field: "currency_code",
            problems: 1,
        },
        Row {
            name: "the same symbols in a file of another name",
            files: &[("m.proto", USER), ("money.proto", OWN)],
            field: "text",
            problems: 0,
        },
    ];
    for row in rows {
        let folder = tree(row.files);
        for (how, roots) in [
            ("given", vec![folder.path().to_owned()]),
            ("inferred", vec![]),
        ] {
            let loaded = compile(&[folder.path().to_owned()], &roots);
            let name = format!("{}, roots {how}", row.name);
            assert_eq!(loaded.problems.len(), row.problems, "{name}");
            let message = loaded.schema.message("M").unwrap();
            let price = message.get_field_by_name("price").unwrap().kind();
            let money = price.as_message().unwrap().clone();
            assert_eq!(money.get_field(1).unwrap().name(), row.field, "{name}");
        }
    }
}

#[test]
fn every_bundled_file_can_be_imported_and_used() {
    let folder = tree(&[(
        "all.proto",
        "syntax = \"proto3\"; package all;\
         import \"google/api/annotations.proto\"; import \"buf/validate/validate.proto\";\
         import \"validate/validate.proto\"; import \"github.com/gogo/protobuf/gogoproto/gogo.proto\";\
         import \"protoc-gen-openapiv2/options/annotations.proto\";\
         import \"google/protobuf/go_features.proto\"; import \"google/protobuf/cpp_options.proto\";\
         import \"grpc/status/status.proto\"; import \"google/rpc/status.proto\";\
         import \"google/longrunning/operations.proto\";\
         message M { string id = 1 [(buf.validate.field).string.uuid = true,\
           (validate.rules).string.min_len = 1, (gogoproto.customname) = \"ID\"];\
           google.rpc.Status status = 2; }\
         service S { rpc Get(M) returns (google.longrunning.Operation) {\
           option (google.api.http) = { get: \"/v1/{id}\" }; } }",
    )]);
    let loaded = compile_in(&folder, &["all.proto"]);
    assert_eq!(loaded.problems, []);
    let text = crate::schema::describe(&loaded.schema, "all.S").unwrap();
    assert!(text.contains("get: \"/v1/{id}\""), "{text}");
    let operation = loaded.schema.message("google.longrunning.Operation");
    let operation = operation.unwrap();
    let comment = loaded
        .schema
        .comment("google/longrunning/operations.proto", operation.path());
    assert!(comment.contains("long-running operation"), "{comment}");
}

#[test]
fn what_is_no_source_file_is_told() {
    let folder = tree(&[("empty/readme.txt", "")]);
    let path = folder.path();
    let rows = [
        (
            "no such file",
            path.join("nothing.proto"),
            "there is no such file",
        ),
        (
            "no protos in it",
            path.join("empty"),
            "there is no `.proto` file in this folder",
        ),
    ];
    for (name, file, reason) in rows {
        let loaded = compile(&[file], &[]);
        assert_eq!(loaded.problems[0].reason, reason, "{name}");
    }
    let loaded = compile(&[], &[path.join("no-root")]);
    assert_eq!(
        loaded.problems[0].reason,
        "this import root is not a folder"
    );
}

#[test]
#[cfg(unix)]
fn links_are_followed_but_devices_and_rings_are_not() {
    use std::os::unix::fs::symlink;
    let folder = tree(&[("real/a.proto", "syntax = \"proto3\"; message A {}")]);
    let path = folder.path();
    symlink("/dev/zero", path.join("zero.proto")).unwrap();
    symlink(path, path.join("real/ring")).unwrap();
    symlink(path.join("real"), path.join("link")).unwrap();
    let loaded = compile(&[path.to_owned()], &[]);
    assert_eq!(messages(&loaded), ["A"]);
    assert_eq!(loaded.problems.len(), 1);
    assert_eq!(loaded.problems[0].reason, "this is not a regular file");
}

#[test]
fn a_file_that_is_too_large_is_refused_unread() {
    let folder = tree(&[]);
    let file = fs::File::create(folder.path().join("big.proto")).unwrap();
    file.set_len(read::MAX_SOURCE_BYTES + 1).unwrap();
    let loaded = compile_in(&folder, &["big.proto"]);
    assert_eq!(loaded.problems[0].reason, "the file is larger than 16 MiB");
}

#[test]
fn a_file_may_be_named_from_a_root() {
    let folder = tree(&[("p/common/name.proto", NAME)]);
    let loaded = compile(
        &[PathBuf::from("common/name.proto")],
        &[folder.path().join("p")],
    );
    assert_eq!(loaded.problems, []);
    assert_eq!(messages(&loaded), ["common.Name"]);
}

/// A tree that is worth a cache.
fn large_tree() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..MIN_CACHED_FILES {
        let text = format!(
            "syntax = \"proto3\";\npackage p{i};\nimport \"common/name.proto\";\n// Number {i}.\nmessage M {{ common.Name name = 1; }}\n\
             service S {{ rpc R(M) returns (common.Name) {{ option deprecated = true; }} }}\n"
        );
        fs::write(folder.path().join(format!("f{i}.proto")), text).unwrap();
    }
    fs::create_dir(folder.path().join("common")).unwrap();
    fs::write(folder.path().join("common/name.proto"), NAME).unwrap();
    folder
}

#[test]
fn what_a_cache_holds_is_what_the_files_give() {
    let tree = large_tree();
    let kept = tempfile::tempdir().unwrap();
    let compile = || compile_with(&[tree.path().to_owned()], &[], &[], Some(kept.path()));
    let entry = |loaded: &Loaded, symbol: &str| {
        assert_eq!(loaded.problems, []);
        crate::schema::describe(&loaded.schema, symbol)
    };
    let first = compile();
    let caches = fs::read_dir(kept.path()).unwrap().count();
    assert_eq!(caches, 1);
    let again = compile();
    assert_eq!(again.schema.catalogue(), first.schema.catalogue());
    for symbol in ["p7.S", "p7.M", "common.Name"] {
        assert!(entry(&first, symbol).is_some());
        assert_eq!(entry(&again, symbol), entry(&first, symbol));
    }
    assert_eq!(again.schema.comment_of("p7.M"), "Number 7.");

    // Neither the time nor the size of the file tells of this.
    let file = tree.path().join("f7.proto");
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace("message M", "message N")
            .replace("R(M)", "R(N)"),
    )
    .unwrap();
    let times = fs::FileTimes::new().set_modified(modified);
    let handle = fs::File::options().write(true).open(&file).unwrap();
    handle.set_times(times).unwrap();
    let changed = compile();
    assert_eq!(entry(&changed, "p7.M"), None);
    assert!(entry(&changed, "p7.N").is_some());

    fs::remove_file(&file).unwrap();
    let removed = compile();
    assert_eq!(entry(&removed, "p7.N"), None);
    assert!(entry(&removed, "p8.M").is_some());
}

#[test]
fn a_cache_that_is_broken_is_none() {
    let tree = large_tree();
    let kept = tempfile::tempdir().unwrap();
    let compile = || compile_with(&[tree.path().to_owned()], &[], &[], Some(kept.path()));
    let first = compile();
    let cache = fs::read_dir(kept.path()).unwrap().next().unwrap().unwrap();
    let good = fs::read(cache.path()).unwrap();
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let half = good[..good.len() / 2].to_vec();
    for (name, bytes) in [
        ("nothing", Vec::new()),
        ("noise", vec![7; 1000]),
        ("half of it", half),
        ("one bit of it changed", flipped),
        ("only its head", good[..16].to_vec()),
    ] {
        fs::write(cache.path(), bytes).unwrap();
        let loaded = compile();
        assert_eq!(loaded.problems, [], "{name}");
        assert_eq!(
            loaded.schema.catalogue(),
            first.schema.catalogue(),
            "{name}"
        );
        // It was made anew.
        assert_eq!(fs::read(cache.path()).unwrap(), good, "{name}");
    }
}

#[test]
fn a_small_tree_leaves_no_cache() {
    let folder = tree(&[("demo.proto", GREETER), ("common/name.proto", NAME)]);
    let kept = tempfile::tempdir().unwrap();
    let loaded = compile_with(&[folder.path().to_owned()], &[], &[], Some(kept.path()));
    assert_eq!(loaded.problems, []);
    assert_eq!(fs::read_dir(kept.path()).unwrap().count(), 0);
}

#[test]
fn a_semicolon_that_is_missing_is_guessed() {
    let text = "syntax = \"proto3\"; message M { string a = 1 int32 b = 2; }";
    let folder = tree(&[("a.proto", text)]);
    let loaded = compile_in(&folder, &["a.proto"]);
    let hint = loaded.problems[0].hint.as_deref();
    assert_eq!(hint, Some("A `;` may be missing before it"));
}
