//! House rules that no compiler checks: which layer may import which, what the core may depend on,
//! where colours are made, and what never stands in a file. `ARCHITECTURE.md` gives the reasons.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The core's layers with the layers each may import, from the bottom.
const CORE_LAYERS: &[(&str, &[&str])] = &[
    ("grpc", &[]),
    ("workspace", &[]),
    ("schema", &["grpc"]),
    ("message", &["workspace", "schema"]),
    ("demo", &["grpc", "schema"]),
    ("call", &["grpc", "workspace", "schema", "message", "demo"]),
    (
        "interop",
        &["grpc", "workspace", "schema", "message", "demo"],
    ),
    (
        "engine",
        &[
            "grpc",
            "workspace",
            "schema",
            "message",
            "demo",
            "call",
            "interop",
        ],
    ),
];

/// The root package's layers with the layers each may import.
const APP_LAYERS: &[(&str, &[&str])] = &[("app", &[]), ("ui", &["app"]), ("cli", &[])];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of the repository.
fn rust_files(below: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The code of a file: without comment lines, and up to its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let production = text.split("#[cfg(test)]").next().unwrap_or_default();
    production
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether a file, or a folder it is in, is a module that its parent declares for tests alone.
fn is_test_file(path: &Path) -> bool {
    let mut module = path.to_path_buf();
    while module.starts_with(root().join("src")) {
        let stem = module
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(folder) = module.parent() else { break };
        let parents = [
            folder.join("mod.rs"),
            folder.join("lib.rs"),
            folder.with_extension("rs"),
        ];
        let declared = parents
            .iter()
            .filter_map(|parent| fs::read_to_string(parent).ok());
        for text in declared {
            let mut lines = text.lines().map(str::trim);
            while let Some(line) = lines.next() {
                if line != "#[cfg(test)]" {
                    continue;
                }
                let declaration = lines.next().unwrap_or_default();
                if declaration.ends_with(&format!("mod {stem};")) {
                    return true;
                }
            }
        }
        module = folder.to_path_buf();
    }
    false
}

/// Names of sibling layers that a file names by `crate::layer` or inside `use crate::{ … }`.
fn imported<'a>(code: &str, layers: &[(&'a str, &[&str])]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (layer, _) in layers {
        let direct = format!("crate::{layer}::");
        let bare = format!("crate::{layer};");
        let mut grouped = false;
        for group in code.split("use crate::{").skip(1) {
            let mut depth = 1;
            let mut top = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ if depth == 1 => top.push(c),
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
            grouped |= top.split(',').any(|item| {
                item.trim()
                    .split("::")
                    .next()
                    .is_some_and(|name| name == *layer)
            });
        }
        if code.contains(&direct) || code.contains(&bare) || grouped {
            found.push(*layer);
        }
    }
    found
}

fn upward_imports(folder: &str, layers: &[(&str, &[&str])]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (layer, allowed) in layers {
        for file in rust_files(&format!("{folder}/{layer}")) {
            if is_test_file(&file) {
                continue;
            }
            for other in imported(&code(&file), layers) {
                if other != *layer && !allowed.contains(&other) {
                    wrong.push(format!("{}: `{layer}` imports `{other}`", shown(&file)));
                }
            }
        }
    }
    wrong
}

fn none(rule: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

#[test]
fn a_lower_layer_never_imports_an_upper_one() {
    let mut wrong = upward_imports("src/core", CORE_LAYERS);
    wrong.extend(upward_imports("src", APP_LAYERS));
    none("imports against the direction in ARCHITECTURE.md", &wrong);
}

#[test]
fn the_direction_check_sees_every_way_to_write_an_import() {
    let layers: &[(&str, &[&str])] = &[("call", &[]), ("engine", &[])];
    for (name, text) in [
        ("path", "fn f() { crate::engine::run() }"),
        ("use", "use crate::engine::Command;"),
        ("bare", "use crate::engine;"),
        (
            "group",
            "use crate::{\n    call::{self, Failure},\n    engine::Command,\n};",
        ),
    ] {
        assert!(imported(text, layers).contains(&"engine"), "{name}");
    }
    assert!(imported("use crate::{call::{engine, x}};", layers) == ["call"]);
}

#[test]
fn the_core_depends_on_nothing_that_draws_or_parses_arguments() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "-p",
            "stubless_core",
            "-e",
            "normal",
            "--prefix",
            "none",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(tree.contains("h2 v"), "cargo tree printed no tree:\n{tree}");
    for forbidden in ["egui", "eframe", "winit", "clap", "rfd"] {
        let found = tree
            .lines()
            .any(|line| line.split(' ').next() == Some(forbidden));
        assert!(!found, "the core depends on `{forbidden}`");
    }
}

#[test]
fn every_layer_keeps_away_from_the_crates_it_must_not_know() {
    let mut wrong = Vec::new();
    for (folder, forbidden) in [
        (
            "src/core/grpc",
            &["prost", "prost_reflect", "prost_types", "serde_json"][..],
        ),
        ("src/core/workspace", &["prost", "prost_reflect", "h2"]),
        ("src/app", &["egui", "eframe", "clap", "rfd"]),
        ("src/cli", &["egui", "eframe", "rfd"]),
        ("src/ui/widgets", &["stubless_core::engine"]),
    ] {
        for file in rust_files(folder) {
            let code = code(&file);
            for name in forbidden {
                if code.contains(&format!("{name}::")) {
                    wrong.push(format!("{}: {name}", shown(&file)));
                }
            }
        }
    }
    for file in rust_files("src/ui/widgets") {
        if code(&file).contains("crate::app") {
            wrong.push(format!("{}: a widget knows the app's state", shown(&file)));
        }
    }
    none("crates or modules a layer must not know", &wrong);
}

#[test]
fn colours_are_made_in_the_theme_alone() {
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        if shown(&file).replace('\\', "/").starts_with("src/ui/theme") {
            continue;
        }
        for (number, line) in code(&file).lines().enumerate() {
            let made = line.contains("Color32::from_") || line.contains("hex_color!");
            let named = line.split("Color32::").skip(1).any(|rest| {
                let name: String = rest.chars().take_while(char::is_ascii_uppercase).collect();
                name.len() > 2
                    && !rest.starts_with("TRANSPARENT")
                    && !rest.starts_with("PLACEHOLDER")
            });
            if made || named {
                wrong.push(format!("{}:{}: {}", shown(&file), number + 1, line.trim()));
            }
        }
    }
    none("colours outside src/ui/theme", &wrong);
}

#[test]
fn every_file_opens_with_its_job() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests/it", "benches"] {
        for file in rust_files(folder) {
            let text = fs::read_to_string(&file).unwrap();
            if !text.starts_with("//!") {
                wrong.push(shown(&file));
            }
        }
    }
    none("files without a `//!` paragraph first", &wrong);
}

#[test]
fn nothing_unfinished_and_no_panics_on_purpose_in_production_code() {
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        if is_test_file(&file) {
            continue;
        }
        for (number, line) in code(&file).lines().enumerate() {
            for word in [
                "todo!(",
                "unimplemented!(",
                "dbg!(",
                ".unwrap()",
                ".expect(\"",
            ] {
                if line.contains(word) {
                    wrong.push(format!("{}:{}: {word}", shown(&file), number + 1));
                }
            }
        }
    }
    none("unfinished code, or a panic where an error is due", &wrong);
}
