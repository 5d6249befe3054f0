//! A program killed while it saves leaves the old file or the new one, never half of either.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _, stdout},
    path::Path,
    process::{Command, Stdio},
};

use stubless_core::workspace::{EntryKind, MessageText, RequestFile, Workspace};

/// Set for the child: the workspace it saves into until it is killed.
const CHILD: &str = "STUBLESS_TEST_SAVE_UNTIL_KILLED";
const REQUEST: &str = "requests/big.json";
const KILLS: usize = 6;

/// Two texts of different length, large enough that writing one takes a while.
fn request(letter: char) -> RequestFile {
    let length = if letter == 'a' { 60_000 } else { 110_000 };
    let body = letter.to_string().repeat(length);
    RequestFile {
        name: "Big".to_owned(),
        method: "demo.v1.Greeter/SayHello".to_owned(),
        messages: vec![MessageText(format!("{{\"name\": \"{body}\"}}"))],
        ..RequestFile::default()
    }
}

#[test]
fn killed_while_saving_leaves_the_old_or_the_new_file() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("workspace");
    let workspace = Workspace::create(&root, "Killed").unwrap();
    let path = workspace
        .create_request(Path::new("requests"), &request('a'))
        .unwrap();
    assert_eq!(path, Path::new(REQUEST));

    for round in 0..KILLS {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "workspace_kill::saves_until_it_is_killed"])
            .env(CHILD, &root)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Killed after a different number of saves each time, at whatever it is doing then.
        let output = BufReader::new(child.stdout.take().unwrap());
        let saves = output
            .lines()
            .map_while(Result::ok)
            .filter(|line| line.ends_with("saved"))
            .take(round + 1)
            .count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(saves, round + 1, "the child saved");

        let reopened = Workspace::open(&root).unwrap();
        assert!(reopened.problems.is_empty(), "{:?}", reopened.problems);
        assert_eq!(reopened.entries.len(), 1, "no half file is listed");
        assert!(matches!(reopened.entries[0].kind, EntryKind::Request(_)));
        let found = reopened.request(Path::new(REQUEST)).unwrap();
        assert!(
            ['a', 'b'].map(request).contains(found),
            "neither the old nor the new content"
        );
    }
}

/// Not a test of its own: what the test above starts and kills. Without its variable it does nothing.
#[test]
fn saves_until_it_is_killed() {
    let Some(root) = env::var_os(CHILD) else {
        return;
    };
    let mut workspace = Workspace::open(Path::new(&root)).unwrap();
    loop {
        let base = workspace.request(Path::new(REQUEST)).unwrap().clone();
        let next = request(if base == request('a') { 'b' } else { 'a' });
        workspace
            .save_request(Path::new(REQUEST), &base, &next)
            .unwrap();
        // Not `print!`, which the test runner would keep to itself.
        stdout().write_all(b"\nsaved\n").unwrap();
        workspace.reload().unwrap();
    }
}
