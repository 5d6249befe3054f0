//! Workspaces on disk, as a person and their git see them.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf};

use super::*;

struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    /// A workspace with these files.
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        folder.write(
            "workspace.json",
            "{\n  \"name\": \"Test\",\n  \"version\": 1\n}\n",
        );
        for (path, content) in files {
            folder.write(path, content);
        }
        folder
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("ws")
    }

    fn trash(&self) -> PathBuf {
        self.dir.path().join("trash")
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn open(&self) -> Workspace {
        Workspace::open(&self.root()).unwrap()
    }

    /// Every file's bytes.
    fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(folder: &Path, out: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), out);
                } else if let Ok(bytes) = fs::read(entry.path()) {
                    out.insert(entry.path(), bytes);
                }
            }
        }
        let mut out = BTreeMap::new();
        walk(&self.root(), &mut out);
        out
    }
}

const ODD: &str = r#"// The greeting we show to newcomers
{
    "$schema": "https://example.com/x.json",
    "name"  :   "Say hello", /* shown */
    "method": "demo.Greeter/SayHello",
    "x-owner": { "team" : "payments" },
    "metadata": [
        {"key": "x-a", "value": "1", "note": "kept"}, // first
        { "key": "x-b", "value": "2", "enabled": false }
    ],
    "deadline_ms": 5000,
    "messages": [ {"name":   "Ada",
        // spelled so
        "n": 1 } ],
    "expect": [ "status == 0" ],
    "docs": "One\nTwo"
}
"#;

fn p(path: &str) -> &Path {
    Path::new(path)
}

fn paths(entries: &[Entry]) -> Vec<String> {
    let mut out = Vec::new();
    for entry in entries {
        out.push(entry.path.to_string_lossy().into_owned());
        if let EntryKind::Folder(below) = &entry.kind {
            out.extend(paths(below));
        }
    }
    out
}

#[test]
fn saving_what_was_not_changed_changes_no_byte() {
    let folder = Folder::with(&[
        ("requests/odd.json", ODD),
        ("requests/crlf.json", &ODD.replace('\n', "\r\n")),
        ("requests/bom.json", &format!("\u{feff}{ODD}")),
        ("requests/none.json", "{}"),
        ("requests/a/b.json", "{\"messages\":[1,2 , 3,]}"),
        ("requests/a/folder.json", "{\"order\":[\"b\"] }"),
        (
            "environments/Local.json",
            "{ \"variables\":[{\"name\":\"a\",\"value\":\"b\"}]}",
        ),
    ]);
    let before = folder.snapshot();
    let workspace = folder.open();
    assert_eq!(workspace.problems, []);
    for path in paths(&workspace.entries) {
        if let Some(request) = workspace.request(p(&path)) {
            workspace.save_request(p(&path), request, request).unwrap();
        }
    }
    workspace.save_file(&workspace.file).unwrap();
    for environment in &workspace.environments {
        workspace.save_environment(environment).unwrap();
    }
    assert_eq!(folder.snapshot(), before);
}

#[test]
fn a_change_touches_only_its_place() {
    type Case = (
        &'static str,
        fn(&mut RequestFile),
        &'static str,
        &'static str,
    );
    let changes: [Case; 10] = [
        ("name", |r| r.name = "Hi".into(), "\"Say hello\"", "\"Hi\""),
        ("deadline", |r| r.deadline_ms = Some(1), "5000", "1"),
        (
            "no deadline",
            |r| r.deadline_ms = None,
            "    \"deadline_ms\": 5000,\n",
            "",
        ),
        (
            "target",
            |r| r.target = Some("h:1".into()),
            "\"demo.Greeter/SayHello\",\n",
            "\"demo.Greeter/SayHello\",\n    \"target\": \"h:1\",\n",
        ),
        (
            "settings",
            |r| r.settings.tls = Some(true),
            "    \"metadata\": [",
            "    \"settings\": {\n        \"tls\": true\n    },\n    \"metadata\": [",
        ),
        (
            "a row's value",
            |r| r.metadata[0].value = "9".into(),
            "\"value\": \"1\"",
            "\"value\": \"9\"",
        ),
        (
            "a row is enabled",
            |r| r.metadata[1].enabled = true,
            ", \"enabled\": false }",
            " }",
        ),
        (
            "a message",
            |r| r.messages[0].0 = "{\n  \"a\": 1\n}".into(),
            "{\"name\":   \"Ada\",\n        // spelled so\n        \"n\": 1 }",
            "{\n      \"a\": 1\n    }",
        ),
        (
            "a broken message",
            |r| r.messages[0].0 = "{\"a".into(),
            "{\"name\":   \"Ada\",\n        // spelled so\n        \"n\": 1 }",
            "{\"text\": \"{\\\"a\"}",
        ),
        (
            "docs",
            |r| r.docs.clear(),
            ",\n    \"docs\": \"One\\nTwo\"",
            "",
        ),
    ];
    for (case, change, old, new) in changes {
        let folder = Folder::with(&[("requests/odd.json", ODD)]);
        let workspace = folder.open();
        let base = workspace.request(p("requests/odd.json")).unwrap();
        let mut changed = base.clone();
        change(&mut changed);
        workspace
            .save_request(p("requests/odd.json"), base, &changed)
            .unwrap();
        assert!(ODD.contains(old), "{case}");
        if case == "settings" {
            // Placed by the order of keys, behind the method; only its presence is of interest.
            assert!(folder.read("requests/odd.json").contains("\"tls\": true"));
        } else {
            assert_eq!(
                folder.read("requests/odd.json"),
                ODD.replacen(old, new, 1),
                "{case}"
            );
        }
        let read = folder.open();
        assert_eq!(
            read.request(p("requests/odd.json")),
            Some(&changed),
            "{case}"
        );
    }
}

#[test]
fn lists_that_grow_keep_comments_and_unknown_keys_of_their_items() {
    let folder = Folder::with(&[("requests/odd.json", ODD)]);
    let workspace = folder.open();
    let base = workspace.request(p("requests/odd.json")).unwrap();
    let mut new = base.clone();
    new.metadata.push(MetadataRow {
        key: "x-c".into(),
        value: "3".into(),
        enabled: true,
    });
    new.messages.push(MessageText("{}".into()));
    workspace
        .save_request(p("requests/odd.json"), base, &new)
        .unwrap();
    let text = folder.read("requests/odd.json");
    for kept in [
        "\"note\": \"kept\"",
        "// first",
        "// spelled so",
        "\"x-owner\"",
        "\"expect\"",
    ] {
        assert!(text.contains(kept), "{kept} in\n{text}");
    }
    assert_eq!(folder.open().request(p("requests/odd.json")), Some(&new));
}

#[test]
fn a_new_request_is_pretty_and_ends_with_a_newline() {
    let folder = Folder::with(&[]);
    let workspace = folder.open();
    let request = RequestFile {
        name: "Say hello".into(),
        method: "demo.Greeter/SayHello".into(),
        metadata: vec![MetadataRow {
            key: "x-a".into(),
            value: "1".into(),
            enabled: true,
        }],
        messages: vec![MessageText("{\n  \"name\": \"Ada\"\n}".into())],
        ..RequestFile::default()
    };
    let path = workspace.create_request(p("requests"), &request).unwrap();
    assert_eq!(path, p("requests/say-hello.json"));
    assert_eq!(
        folder.read("requests/say-hello.json"),
        r#"{
  "name": "Say hello",
  "method": "demo.Greeter/SayHello",
  "metadata": [
    { "key": "x-a", "value": "1" }
  ],
  "messages": [
    {
      "name": "Ada"
    }
  ]
}
"#
    );
    assert_eq!(folder.open().request(&path), Some(&request));
    let second = workspace.create_request(p("requests"), &request).unwrap();
    assert_eq!(second, p("requests/say-hello-2.json"));
}

#[test]
fn broken_files_are_listed_with_their_place_and_never_overwritten() {
    for (case, content, reason) in [
        (
            "cut short",
            "{\n  \"name\": \"x\",\n",
            "1:1: unterminated object",
        ),
        (
            "half written",
            "{\"name\": \"x",
            "1:10: unterminated string literal",
        ),
        ("empty", "", "1:1: the file is empty"),
        (
            "of another kind",
            "[]",
            "1:1: the request must be an object",
        ),
        (
            "a wrong type",
            "{\n  \"method\": 1}",
            "2:13: `method` must be a string",
        ),
        (
            "a wrong row",
            "{\"metadata\": [{}]}",
            "1:15: `key` is missing",
        ),
        (
            "a key twice",
            "{\"name\":\"a\",\n\"name\":\"b\"}",
            "2:1: `name` is there twice",
        ),
    ] {
        let folder = Folder::with(&[
            ("requests/bad.json", content),
            ("requests/good.json", "{\"name\": \"Good\"}"),
        ]);
        let workspace = folder.open();
        assert_eq!(workspace.problems[0].reason, reason, "{case}");
        assert_eq!(workspace.problems[0].path, p("requests/bad.json"), "{case}");
        assert_eq!(
            workspace.entries[0].kind,
            EntryKind::Broken(reason.into()),
            "{case}"
        );
        assert!(
            workspace.request(p("requests/good.json")).is_some(),
            "{case}"
        );
        let before = folder.snapshot();
        let any = RequestFile::default();
        let saved = workspace.save_request(p("requests/bad.json"), &any, &any);
        assert!(
            matches!(saved, Err(WorkspaceError::Broken { .. })),
            "{case}"
        );
        let renamed = workspace.rename(p("requests/bad.json"), "other");
        assert!(
            matches!(renamed, Err(WorkspaceError::Broken { .. })),
            "{case}"
        );
        assert_eq!(folder.snapshot(), before, "{case}");
    }
    let folder = Folder::with(&[]);
    fs::create_dir_all(folder.root().join("requests")).unwrap();
    fs::write(
        folder.root().join("requests/latin.json"),
        b"{\"a\": \"\xe4\"}",
    )
    .unwrap();
    let reason = &folder.open().problems[0].reason;
    assert_eq!(reason, "it is not UTF-8 text (byte 7)");
}

#[test]
fn a_broken_folder_or_environment_file_hides_nothing_else() {
    let folder = Folder::with(&[
        ("requests/folder.json", "{ nonsense"),
        ("requests/b.json", "{}"),
        ("requests/a.json", "{}"),
        ("environments/bad.json", "{"),
        ("environments/Good.json", "{}"),
    ]);
    let workspace = folder.open();
    assert_eq!(
        paths(&workspace.entries),
        ["requests/a.json", "requests/b.json"]
    );
    assert_eq!(workspace.environments.len(), 1);
    assert_eq!(workspace.problems.len(), 2);
    let any = RequestFile {
        name: "c".into(),
        ..RequestFile::default()
    };
    workspace.create_request(p("requests"), &any).unwrap();
    assert_eq!(folder.read("requests/folder.json"), "{ nonsense");
}

#[test]
fn a_folder_without_or_with_a_bad_workspace_file_is_no_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Workspace::open(&dir.path().join("nowhere"));
    assert!(matches!(missing, Err(WorkspaceError::Io { .. })));
    let none = Workspace::open(dir.path());
    assert!(matches!(none, Err(WorkspaceError::NotAWorkspace(_))));
    for content in ["{", "{\"version\": 2}", "{\"sources\": [{}]}"] {
        fs::write(dir.path().join("workspace.json"), content).unwrap();
        let broken = Workspace::open(dir.path());
        assert!(
            matches!(broken, Err(WorkspaceError::Broken { .. })),
            "{content}"
        );
    }
}

#[test]
fn a_file_changed_by_someone_else_is_a_conflict() {
    let folder = Folder::with(&[("requests/a.json", "{\"name\": \"A\"}")]);
    let workspace = folder.open();
    let base = workspace.request(p("requests/a.json")).unwrap();
    let mut new = base.clone();
    new.docs = "mine".into();
    folder.write("requests/a.json", "{\"name\": \"theirs\"}");
    let saved = workspace.save_request(p("requests/a.json"), base, &new);
    assert!(matches!(saved, Err(WorkspaceError::Conflict(_))));
    assert_eq!(folder.read("requests/a.json"), "{\"name\": \"theirs\"}");
    // A comment is no conflict, and stays.
    folder.write("requests/a.json", "// hi\n{\"name\": \"A\"}");
    workspace
        .save_request(p("requests/a.json"), base, &new)
        .unwrap();
    assert_eq!(
        folder.read("requests/a.json"),
        "// hi\n{\"name\": \"A\", \"docs\": \"mine\"}"
    );
    // Removed by someone else: what was typed comes back.
    fs::remove_file(folder.root().join("requests/a.json")).unwrap();
    workspace
        .save_request(p("requests/a.json"), base, &new)
        .unwrap();
    assert_eq!(folder.open().request(p("requests/a.json")), Some(&new));
}

#[test]
fn killed_while_saving_the_old_content_stands_and_the_rest_is_ignored() {
    let folder = Folder::with(&[("requests/a.json", "{\"name\": \"A\"}")]);
    let path = folder.root().join("requests/a.json");
    // Everything a save does before the rename, and then the power goes.
    let temp = disk::prepare(&path, b"{\"name\": \"B", None).unwrap();
    let (_, left_behind) = temp.keep().unwrap();
    assert!(left_behind.exists());
    let mut workspace = folder.open();
    assert_eq!(paths(&workspace.entries), ["requests/a.json"]);
    assert_eq!(workspace.problems, []);
    assert_eq!(workspace.request(p("requests/a.json")).unwrap().name, "A");
    // The next save is not disturbed.
    let base = workspace.request(p("requests/a.json")).unwrap().clone();
    let new = RequestFile {
        name: "C".into(),
        ..base.clone()
    };
    workspace
        .save_request(p("requests/a.json"), &base, &new)
        .unwrap();
    workspace.reload().unwrap();
    assert_eq!(workspace.request(p("requests/a.json")), Some(&new));
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_links_are_not_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::with(&[("requests/a.json", "{}")]);
    let path = folder.root().join("requests/a.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let outside = folder.dir.path().join("outside.json");
    fs::write(&outside, "{}").unwrap();
    symlink(&outside, folder.root().join("requests/link.json")).unwrap();
    symlink(folder.dir.path(), folder.root().join("requests/up")).unwrap();
    let workspace = folder.open();
    let base = workspace.request(p("requests/a.json")).unwrap();
    let new = RequestFile {
        docs: "x".into(),
        ..base.clone()
    };
    workspace
        .save_request(p("requests/a.json"), base, &new)
        .unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    for place in ["requests/link.json", "requests/up/outside.json"] {
        let saved = workspace.save_request(p(place), base, &new);
        assert!(matches!(saved, Err(WorkspaceError::Link(_))), "{place}");
    }
    assert_eq!(fs::read_to_string(outside).unwrap(), "{}");
    let link = workspace.entry(p("requests/link.json")).unwrap();
    assert!(matches!(link.kind, EntryKind::Broken(_)));
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_gives_an_error_and_nothing_is_lost() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(&[("requests/a.json", "{}")]);
    let requests = folder.root().join("requests");
    fs::set_permissions(&requests, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(requests.join("probe"), "").is_ok() {
        // The superuser may write everywhere; a file in the folder's place stops even that one.
        fs::remove_dir_all(&requests).unwrap();
        fs::write(&requests, "").unwrap();
        let made = folder
            .open()
            .create_request(p("requests"), &RequestFile::default());
        assert!(matches!(made, Err(WorkspaceError::Io { .. })));
        return;
    }
    let workspace = folder.open();
    let before = folder.snapshot();
    let base = workspace.request(p("requests/a.json")).unwrap();
    let new = RequestFile {
        docs: "x".into(),
        ..base.clone()
    };
    let saved = workspace.save_request(p("requests/a.json"), base, &new);
    assert!(matches!(saved, Err(WorkspaceError::Io { .. })));
    let deleted = workspace.delete(p("requests/a.json"), &folder.trash());
    assert!(matches!(deleted, Err(WorkspaceError::Io { .. })));
    assert_eq!(folder.snapshot(), before);
    fs::set_permissions(&requests, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn paths_cannot_lead_out_of_the_workspace() {
    let folder = Folder::with(&[("requests/a.json", "{}")]);
    fs::write(folder.dir.path().join("secret.json"), "{}").unwrap();
    let workspace = folder.open();
    let any = RequestFile::default();
    for path in [
        "requests/../../secret.json",
        "../secret.json",
        "/etc/hostname",
        "workspace.json",
        "requests",
        "",
    ] {
        let saved = workspace.save_request(p(path), &any, &any);
        assert!(matches!(saved, Err(WorkspaceError::Outside(_))), "{path}");
        let deleted = workspace.delete(p(path), &folder.trash());
        assert!(matches!(deleted, Err(WorkspaceError::Outside(_))), "{path}");
    }
}

#[test]
fn renaming_keeps_the_place_in_the_order() {
    let folder = Folder::with(&[
        (
            "requests/folder.json",
            "{\"order\": [\"c\", \"a\", \"sub\"], \"x\": 1}\n",
        ),
        ("requests/a.json", "// mine\n{\"name\": \"A\"}"),
        ("requests/b.json", "{}"),
        ("requests/c.json", "{}"),
        ("requests/sub/d.json", "{}"),
    ]);
    let workspace = folder.open();
    let path = workspace.rename(p("requests/a.json"), "Über/All").unwrap();
    assert_eq!(path, p("requests/über-all.json"));
    assert_eq!(
        folder.read("requests/über-all.json"),
        "// mine\n{\"name\": \"Über/All\"}"
    );
    let path = workspace
        .rename(p("requests/sub"), "Health: checks")
        .unwrap();
    assert_eq!(path, p("requests/Health- checks"));
    let read = folder.open();
    assert_eq!(
        paths(&read.entries),
        [
            "requests/c.json",
            "requests/über-all.json",
            "requests/Health- checks",
            "requests/Health- checks/d.json",
            "requests/b.json",
        ]
    );
    assert_eq!(read.entries[2].name, "Health: checks");
    assert!(folder.read("requests/folder.json").contains("\"x\": 1"));
    // To a name that is taken, and to its own.
    let taken = read.rename(p("requests/b.json"), "C").unwrap();
    assert_eq!(taken, p("requests/c-2.json"));
    let same = read.rename(p("requests/c.json"), "C").unwrap();
    assert_eq!(same, p("requests/c.json"));
}

#[test]
fn deleting_can_be_taken_back_to_the_same_place() {
    let folder = Folder::with(&[
        (
            "requests/folder.json",
            "{\"order\": [\"b\", \"sub\", \"a\"]}\n",
        ),
        ("requests/a.json", "{}"),
        ("requests/b.json", ODD),
        ("requests/sub/d.json", "{ broken"),
    ]);
    let before = folder.snapshot();
    for path in ["requests/b.json", "requests/sub", "requests/sub/d.json"] {
        let workspace = folder.open();
        let undo = workspace.delete(p(path), &folder.trash()).unwrap();
        assert!(!folder.root().join(path).exists());
        workspace.restore(&undo).unwrap();
        let order = folder.open();
        assert_eq!(order.folders, workspace.folders, "{path}");
        assert_eq!(order, workspace, "{path}");
    }
    let after = folder.snapshot();
    for (path, bytes) in &before {
        if !path.ends_with("folder.json") {
            assert_eq!(after.get(path), Some(bytes));
        }
    }
    // Something else took the place meanwhile: it is not overwritten.
    let workspace = folder.open();
    let undo = workspace
        .delete(p("requests/a.json"), &folder.trash())
        .unwrap();
    folder.write("requests/a.json", "{\"name\": \"new\"}");
    assert!(matches!(
        workspace.restore(&undo),
        Err(WorkspaceError::Exists(_))
    ));
    assert!(undo.kept.exists());
}

#[test]
fn an_order_that_cannot_be_changed_costs_no_deletion_its_way_back() {
    let order = |folder: &Folder, case: &str| {
        let file = folder.root().join("requests/folder.json");
        match case {
            "not UTF-8" => fs::write(file, b"{\"order\": [\"\xff\"]}").unwrap(),
            "a folder" => fs::create_dir(file).unwrap(),
            #[cfg(unix)]
            "a link" => {
                folder.write("elsewhere.json", "{\"order\": [\"a\"]}");
                std::os::unix::fs::symlink(folder.root().join("elsewhere.json"), file).unwrap();
            }
            _ => unreachable!("{case}"),
        }
    };
    let cases: &[&str] = if cfg!(unix) {
        &["not UTF-8", "a folder", "a link"]
    } else {
        &["not UTF-8", "a folder"]
    };
    for case in cases {
        let folder = Folder::with(&[("requests/a.json", "{}"), ("requests/b.json", "{}")]);
        order(&folder, case);
        let before = folder.snapshot();
        let workspace = folder.open();

        let undo = workspace
            .delete(p("requests/a.json"), &folder.trash())
            .unwrap_or_else(|error| panic!("{case}: {error}"));
        assert!(!folder.root().join("requests/a.json").exists(), "{case}");
        workspace.restore(&undo).unwrap();
        assert_eq!(folder.snapshot(), before, "{case}");

        let renamed = workspace.rename(p("requests/a.json"), "New").unwrap();
        let moved = workspace.move_to(&renamed, p("requests/below")).unwrap();
        assert_eq!(moved, p("requests/below/new.json"), "{case}");
        let made = workspace.create_request(p("requests"), &RequestFile::default());
        assert_eq!(made.unwrap(), p("requests/request.json"), "{case}");
    }
}

#[test]
fn moving_takes_the_order_along() {
    let folder = Folder::with(&[
        ("requests/folder.json", "{\"order\": [\"b\", \"a\"]}\n"),
        ("requests/a.json", "{}"),
        ("requests/b.json", "{}"),
        ("requests/sub/folder.json", "{\"order\": [\"z\"]}\n"),
        ("requests/sub/z.json", "{}"),
        ("requests/sub/a.json", "{}"),
    ]);
    let workspace = folder.open();
    let path = workspace
        .move_to(p("requests/a.json"), p("requests/sub"))
        .unwrap();
    assert_eq!(path, p("requests/sub/a-2.json"));
    let read = folder.open();
    assert_eq!(read.folders[p("requests")].order, ["b"]);
    assert_eq!(read.folders[p("requests/sub")].order, ["z", "a-2"]);
    let inside_itself = workspace.move_to(p("requests/sub"), p("requests/sub/deeper"));
    assert!(inside_itself.is_err());
    let path = workspace.move_to(p("requests/sub"), p("requests")).unwrap();
    assert_eq!(path, p("requests/sub"), "it is there already");
}

#[test]
fn folders_and_the_workspace_are_inherited_from() {
    let folder = Folder::with(&[
        (
            "requests/folder.json",
            r#"{"metadata": [{"key": "X-A", "value": "folder"}]}"#,
        ),
        (
            "requests/prod/folder.json",
            r#"{"target": "prod:443", "settings": {"ca_cert": "ca.pem"}}"#,
        ),
        ("requests/prod/a.json", "{}"),
        ("requests/b.json", "{}"),
    ]);
    folder.write(
        "workspace.json",
        r#"{"target": "localhost:1", "settings": {"tls": true, "client_cert": "me.pem",
            "insecure_skip_verify": true, "reflection_metadata": [{"key": "x-r", "value": "ws"}]},
            "metadata": [{"key": "x-a", "value": "ws"}, {"key": "x-b", "value": "ws"}]}"#,
    );
    let workspace = folder.open();
    let near = workspace.inherited(p("requests/b.json"));
    assert_eq!(near.target.as_deref(), Some("localhost:1"));
    assert!(near.settings.skips_verification());
    let asked = near.settings.reflection_metadata.as_deref();
    assert_eq!(
        asked.map(|rows| (&*rows[0].key, rows.len())),
        Some(("x-r", 1))
    );
    let rows: Vec<_> = near.metadata.iter().map(|m| (&*m.key, &*m.value)).collect();
    assert_eq!(rows, [("x-b", "ws"), ("X-A", "folder")]);
    let far = workspace.inherited(p("requests/prod/a.json"));
    assert_eq!(far.target.as_deref(), Some("prod:443"));
    assert_eq!(far.settings.ca_cert.as_deref(), Some(p("ca.pem")));
    assert_eq!(far.settings.client_cert.as_deref(), Some(p("me.pem")));
    // Another server is never reached unverified, or in the clear, by inheritance.
    assert!(!far.settings.skips_verification());
    assert_eq!(far.settings.tls, None);
    // Nor is it asked with what was meant for the other.
    assert_eq!(far.settings.reflection_metadata, None);
}

#[test]
fn how_certificates_are_checked_and_who_the_client_is_are_one_value_each() {
    let parse = |text: &str| {
        let folder = Folder::with(&[("requests/a.json", &format!("{{\"settings\": {text}}}"))]);
        let workspace = folder.open();
        let request = workspace.request(p("requests/a.json")).expect("a request");
        request.settings.clone()
    };
    let cases = [
        (
            "skipped below a pin",
            r#"{"pinned_certificate": "AA"}"#,
            r#"{"insecure_skip_verify": true}"#,
            r#"{"insecure_skip_verify": true}"#,
        ),
        (
            "pinned below a skip",
            r#"{"insecure_skip_verify": true}"#,
            r#"{"pinned_certificate": "AA"}"#,
            r#"{"pinned_certificate": "AA"}"#,
        ),
        (
            "checked below a skip",
            r#"{"insecure_skip_verify": true}"#,
            r#"{"insecure_skip_verify": false}"#,
            r#"{"insecure_skip_verify": false}"#,
        ),
        (
            "PEM files below PKCS#12",
            r#"{"client_p12": "a.p12", "client_p12_password": "x"}"#,
            r#"{"client_cert": "b.pem"}"#,
            r#"{"client_cert": "b.pem"}"#,
        ),
        (
            "PKCS#12 below PEM files",
            r#"{"client_cert": "a.pem", "client_key": "a.key"}"#,
            r#"{"client_p12": "b.p12"}"#,
            r#"{"client_p12": "b.p12"}"#,
        ),
        (
            "another pair",
            r#"{"client_cert": "a.pem", "client_key": "a.key"}"#,
            r#"{"client_cert": "b.pem"}"#,
            r#"{"client_cert": "b.pem"}"#,
        ),
        (
            "a password alone",
            r#"{"client_p12": "a.p12", "client_p12_password": "x"}"#,
            r#"{"client_p12_password": "y"}"#,
            r#"{"client_p12": "a.p12", "client_p12_password": "y"}"#,
        ),
        (
            "nobody",
            r#"{"client_p12": "a.p12"}"#,
            r#"{"client_cert": ""}"#,
            r#"{"client_cert": ""}"#,
        ),
        (
            "nothing said",
            r#"{"client_p12": "a.p12", "pinned_certificate": "AA"}"#,
            r#"{"ca_cert": "ca.pem"}"#,
            r#"{"client_p12": "a.p12", "pinned_certificate": "AA", "ca_cert": "ca.pem"}"#,
        ),
    ];
    for (name, above, own, in_force) in cases {
        let seen = parse(own).over(&parse(above), false);
        assert_eq!(seen, parse(in_force), "{name}");
    }
}

#[test]
fn secrets_are_never_written() {
    let folder = Folder::with(&[(
        "environments/Prod.json",
        "{\n  // ours\n  \"variables\": [\n    { \"name\": \"token\", \"value\": \"hunter2\" }\n  ]\n}\n",
    )]);
    let workspace = folder.open();
    let mut environment = workspace.environments[0].clone();
    environment.production = true;
    environment.color = Some("red".into());
    environment.variables[0].secret = true;
    environment.variables.push(Variable {
        name: "key".into(),
        value: "swordfish".into(),
        secret: true,
    });
    workspace.save_environment(&environment).unwrap();
    let text = folder.read("environments/Prod.json");
    assert!(!text.contains("swordfish"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("// ours"), "{text}");
    assert_eq!(folder.open().environments[0], environment.without_secrets());
}

#[test]
fn environments_are_made_and_removed_by_any_name() {
    let folder = Folder::with(&[]);
    for name in ["Local", "Prod / EU", "con", "Größe", ".hidden"] {
        let environment = EnvironmentFile {
            name: name.into(),
            variables: vec![Variable {
                name: "host".into(),
                value: "h".into(),
                secret: false,
            }],
            ..EnvironmentFile::default()
        };
        folder.open().save_environment(&environment).unwrap();
        let workspace = folder.open();
        let read = workspace.environments.iter().find(|e| e.name == name);
        assert_eq!(read, Some(&environment));
        let undo = workspace.delete_environment(name, &folder.trash()).unwrap();
        assert!(folder.open().environments.is_empty());
        workspace.restore(&undo).unwrap();
        assert_eq!(folder.open().environments.len(), 1);
        workspace.delete_environment(name, &folder.trash()).unwrap();
    }
}

#[test]
fn the_workspace_file_keeps_what_it_does_not_know() {
    let folder = Folder::with(&[]);
    folder.write(
        "workspace.json",
        "{\n  \"name\": \"A\",\n  \"version\": 1,\n  \"sources\": [\n    // ours\n    {\"protos\": [\"a.proto\"], \"why\": 1},\n    {\"reflection\": true}\n  ],\n  \"other\": {}\n}\n",
    );
    let workspace = folder.open();
    let mut file = workspace.file.clone();
    file.sources
        .insert(1, SourceSpec::DescriptorSet("x/y.binpb".into()));
    file.target = Some("demo:".into());
    workspace.save_file(&file).unwrap();
    assert_eq!(
        folder.read("workspace.json"),
        "{\n  \"name\": \"A\",\n  \"version\": 1,\n  \"sources\": [\n    // ours\n    {\"protos\": [\"a.proto\"], \"why\": 1},\n    { \"descriptor_set\": \"x/y.binpb\" },\n    {\"reflection\": true}\n  ],\n  \"target\": \"demo:\",\n  \"other\": {}\n}\n"
    );
    let read = folder.open();
    assert_eq!(read.file, file);
    let mut changed = file.clone();
    changed.sources[0] = SourceSpec::Protos {
        files: vec!["b.proto".into(), "c".into()],
        roots: vec![".".into()],
        exclude: vec!["c/old.proto".into()],
    };
    changed.sources[2] = SourceSpec::DescriptorSet("z".into());
    read.save_file(&changed).unwrap();
    let again = folder.open();
    assert_eq!(again.file, changed);
    assert!(folder.read("workspace.json").contains("\"why\": 1"));
    let SourceSpec::Protos { exclude, .. } = &mut changed.sources[0] else {
        panic!("{changed:?}");
    };
    exclude.clear();
    changed.sources.push(SourceSpec::Protos {
        files: vec!["d".into()],
        roots: Vec::new(),
        exclude: vec!["d/x.proto".into()],
    });
    again.save_file(&changed).unwrap();
    assert_eq!(folder.open().file, changed);
    let text = folder.read("workspace.json");
    assert!(
        text.contains("{ \"protos\": [\"d\"], \"exclude\": [\"d/x.proto\"] }"),
        "{text}"
    );
    assert!(!text.contains("c/old.proto"), "{text}");
}

#[test]
fn a_workspace_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("new/one");
    let workspace = Workspace::create(&root, "New one").unwrap();
    assert_eq!(workspace.file.name, "New one");
    let text = fs::read_to_string(root.join("workspace.json")).unwrap();
    assert_eq!(
        text,
        "{\n  \"name\": \"New one\",\n  \"version\": 1,\n  \"sources\": [\n    { \"reflection\": true }\n  ]\n}\n",
        "an address that is typed shows what is there"
    );
    let again = Workspace::create(&root, "x");
    assert!(matches!(again, Err(WorkspaceError::Exists(_))));
}

#[test]
fn the_sample_opens_and_what_a_person_changed_stays() {
    let dir = tempfile::tempdir().unwrap();
    let dirs = AppDirs::below(dir.path());
    let root = install_sample(&dirs).unwrap();
    let workspace = Workspace::open(&root).unwrap();
    assert_eq!(workspace.problems, []);
    let mut file = workspace.file.clone();
    file.name = "Mine".into();
    workspace.save_file(&file).unwrap();
    let again = Workspace::open(&install_sample(&dirs).unwrap()).unwrap();
    assert_eq!(again.file.name, "Mine");
}

#[test]
fn recent_workspaces_and_the_window_are_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let dirs = AppDirs::below(dir.path());
    assert_eq!(dirs.recent(), []);
    assert_eq!(dirs.window(), WindowState::default());
    for number in 0..25 {
        let recent = Recent {
            path: format!("/w/{}", number % 22).into(),
            open: vec!["requests/a.json".into()],
            active: number,
            environment: Some("Local".into()),
        };
        dirs.remember(&recent).unwrap();
        assert_eq!(dirs.recent()[0], recent);
    }
    assert_eq!(dirs.recent().len(), 20);
    let window = WindowState {
        size: Some((1280.0, 800.5)),
        position: Some((-5.0, 20.0)),
        theme: "dark".into(),
        zoom: 1.25,
    };
    dirs.save_window(&window).unwrap();
    assert_eq!(dirs.window(), window);
    fs::write(dirs.data.join("window.json"), "{\"size\": [1").unwrap();
    fs::write(dirs.data.join("recent.json"), "{}").unwrap();
    assert_eq!(dirs.window(), WindowState::default());
    assert_eq!(dirs.recent(), []);
}

#[test]
fn a_request_too_large_to_be_read_again_is_not_written() {
    let home = tempfile::tempdir().unwrap();
    let workspace = Workspace::create(&home.path().join("w"), "W").unwrap();
    let small = RequestFile {
        name: "Large".to_owned(),
        method: "a.B/C".to_owned(),
        messages: vec![MessageText("{}".to_owned())],
        ..RequestFile::default()
    };
    let path = workspace
        .create_request(Path::new("requests"), &small)
        .unwrap();
    let large = RequestFile {
        messages: vec![MessageText(format!(
            "{{\"a\": \"{}\"}}",
            "x".repeat(65 << 20)
        ))],
        ..small.clone()
    };

    let error = workspace.save_request(&path, &small, &large).unwrap_err();

    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert!(
        source.is_some_and(|why| why.contains("64 MiB")),
        "{error:?}"
    );
    let again = Workspace::open(&workspace.root).unwrap();
    assert_eq!(again.request(&path), Some(&small));
}

#[test]
fn requests_made_at_once_are_all_there_or_none() {
    let folder = Folder::with(&[
        ("requests/Greeter/hello.json", r#"{"method": "a.B/Hello"}"#),
        ("requests/file.json", r#"{"method": "a.B/File"}"#),
    ]);
    let workspace = folder.open();
    let request = |name: &str| RequestFile {
        name: name.to_owned(),
        method: format!("a.B/{name}"),
        ..RequestFile::default()
    };
    let requests = [request("Hello"), request("GoodBye")];

    // Into a folder that is there: the file of the name stays as it is.
    let into = Path::new("requests/Greeter");
    assert_eq!(
        workspace.create_requests(into, None, &requests).unwrap(),
        into
    );
    assert_eq!(
        folder.read("requests/Greeter/hello.json"),
        r#"{"method": "a.B/Hello"}"#
    );
    let entries = folder.open().entries;
    let names = |path: &str| -> Vec<String> {
        let folder = entries
            .iter()
            .find(|it| it.path == Path::new(path))
            .unwrap();
        let EntryKind::Folder(below) = &folder.kind else {
            panic!("{folder:?}");
        };
        below.iter().map(|it| it.name.clone()).collect()
    };
    assert_eq!(names("requests/Greeter").len(), 3);

    // Into a new one.
    let made = workspace
        .create_requests(Path::new("requests"), Some("Orders"), &requests)
        .unwrap();
    assert_eq!(made, Path::new("requests/Orders"));
    assert!(
        folder
            .read("requests/Orders/goodbye.json")
            .contains("a.B/GoodBye")
    );

    // A folder that is none: nothing is left behind.
    let before = folder.snapshot();
    let nowhere = Path::new("requests/file.json");
    assert!(
        workspace
            .create_requests(nowhere, Some("New"), &requests)
            .is_err()
    );
    assert!(
        workspace
            .create_requests(Path::new("../out"), None, &requests)
            .is_err()
    );
    assert_eq!(folder.snapshot(), before);
}
