//! Files that only protoc compiles, through the `protoc` that the person has installed.
//!
//! One file at a time, in a child without a shell: what it writes goes into a folder of its own, what it
//! says is read up to a limit, and it is ended when its time is over.

use std::{
    env,
    ffi::{OsStr, OsString},
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use prost::Message as _;
use prost_types::FileDescriptorProto;

use super::{
    read,
    wire::{Fields, Value},
};

/// The program that is looked for on `PATH`.
const PROGRAM: &str = "protoc";

/// Another program, by its path; empty for none.
const VARIABLE: &str = "STUBLESS_PROTOC";

/// Of what protoc complains about, as much is kept.
const MAX_COMPLAINT: u64 = 4096;

/// How often a child that has said its last is looked at.
const LOOK_AFTER: Duration = Duration::from_millis(5);

/// Has protoc compile one file; gives its serialized `FileDescriptorProto`, with source locations and
/// options interpreted, without those of its imports.
///
/// `name` is how others import the file, below one of `roots`. Blocks until protoc ends, at most for `limit`.
///
/// # Errors
/// The reason, for the person: there is no protoc, it refuses the file, it takes too long.
pub(super) fn descriptor(
    file: &Path,
    name: &str,
    roots: &[PathBuf],
    limit: Duration,
) -> Result<Vec<u8>, String> {
    let program = program().ok_or("there is no `protoc` on the `PATH`")?;
    run(&program, file, name, roots, limit)
}

/// Whether there is one to ask.
pub(super) fn is_there() -> bool {
    program().is_some()
}

fn program() -> Option<OsString> {
    if let Some(chosen) = env::var_os(VARIABLE) {
        return Some(chosen).filter(|path| !path.is_empty());
    }
    let name = format!("{PROGRAM}{}", env::consts::EXE_SUFFIX);
    let mut folders = env::split_paths(&env::var_os("PATH")?)
        .collect::<Vec<_>>()
        .into_iter();
    // What is found beside the person's protos by a relative path is not theirs to run.
    folders.find_map(|folder| {
        let path = folder.join(&name);
        (folder.is_absolute() && path.is_file()).then(|| path.into_os_string())
    })
}

fn run(
    program: &OsStr,
    file: &Path,
    name: &str,
    roots: &[PathBuf],
    limit: Duration,
) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for protoc: {error}"))?;
    let set = folder.path().join("set.binpb");
    let child = Command::new(program)
        .args(roots.iter().map(|root| option("--proto_path=", root)))
        .args([
            "--include_imports",
            "--include_source_info",
            "--retain_options",
        ])
        .arg(option("--descriptor_set_out=", &set))
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no `protoc` on the `PATH`".to_owned(),
        _ => format!("`protoc` cannot be started: {error}"),
    })?;
    let started = Instant::now();
    let ended = outcome(&mut child, started, limit);
    if ended.is_none() {
        // It may have ended meanwhile; then there is nothing left to end.
        let _ = child.kill();
        let _ = child.wait();
    }
    let (content, complaint) =
        ended.ok_or_else(|| format!("`protoc` took longer than {limit:?} and was ended"))?;
    if !content {
        return Err(match complaint.as_str() {
            "" => "`protoc` refuses the file and says nothing".to_owned(),
            text => format!("`protoc` refuses the file: {text}"),
        });
    }
    let set = read::regular_file(&set, read::MAX_SET_BYTES)
        .map_err(|reason| format!("of what `protoc` wrote, {reason}"))?;
    find(&set, name)
}

/// `--flag=path` as one argument, so that no path is taken for a flag.
fn option(flag: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(flag);
    argument.push(path);
    argument
}

/// Whether a child was content, and what it said; `None` when its time is over.
fn outcome(child: &mut Child, started: Instant, limit: Duration) -> Option<(bool, String)> {
    let (said, complaint) = mpsc::sync_channel(1);
    let stderr = child.stderr.take();
    // Ends with the child, or with what the child may have left behind.
    thread::spawn(move || said.send(stderr.map(listen).unwrap_or_default()));
    let complaint = complaint.recv_timeout(limit).ok()?;
    // It has closed what it speaks through: it is about to end.
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some((status.success(), complaint)),
            Ok(None) if started.elapsed() < limit => thread::park_timeout(LOOK_AFTER),
            _ => return None,
        }
    }
}

/// The first errors a child tells; reads on until it has no more to say, so that it is never kept waiting.
fn listen(mut stderr: ChildStderr) -> String {
    let mut bytes = Vec::new();
    let _ = stderr.by_ref().take(MAX_COMPLAINT).read_to_end(&mut bytes);
    let _ = io::copy(&mut stderr, &mut io::sink());
    let text = String::from_utf8_lossy(&bytes);
    let errors = text.lines().filter(|line| !line.contains("warning:"));
    errors.take(3).collect::<Vec<_>>().join("; ")
}

/// The file of a name in a serialized set.
fn find(set: &[u8], name: &str) -> Result<Vec<u8>, String> {
    for field in Fields::new(set) {
        let field = field.map_err(|_| "`protoc` wrote no descriptor set".to_owned())?;
        if let (1, Value::Bytes(bytes)) = (field.tag, field.value)
            && FileDescriptorProto::decode(bytes).is_ok_and(|file| file.name() == name)
        {
            return Ok(bytes.to_vec());
        }
    }
    Err(format!("`protoc` wrote nothing about `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_protoc_it_is_said_so() {
        let missing = OsStr::new("no-such-protoc-anywhere");
        let reason = run(
            missing,
            Path::new("a.proto"),
            "a.proto",
            &[],
            Duration::from_secs(1),
        );
        assert_eq!(reason, Err("there is no `protoc` on the `PATH`".to_owned()));
    }

    #[cfg(unix)]
    mod with_a_program {
        use std::{fs, os::unix::fs::PermissionsExt as _};

        use super::*;

        /// A program that runs the lines of a shell script in place of protoc.
        struct Fake {
            folder: tempfile::TempDir,
        }

        impl Fake {
            fn new(script: &str) -> Self {
                let folder = tempfile::tempdir().unwrap();
                let fake = Self { folder };
                let text = format!("#!/bin/sh\nhere=$(dirname \"$0\")\n{script}\n");
                fs::write(fake.program(), text).unwrap();
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(fake.program(), mode).unwrap();
                fake
            }

            fn program(&self) -> PathBuf {
                self.folder.path().join("protoc")
            }

            fn run(&self, limit: Duration) -> Result<Vec<u8>, String> {
                let roots = [PathBuf::from("/a root"), PathBuf::from("-b")];
                let file = Path::new("/a root/x/y.proto");
                run(self.program().as_os_str(), file, "x/y.proto", &roots, limit)
            }
        }

        const LONG: Duration = Duration::from_secs(30);

        fn set(names: &[&str]) -> Vec<u8> {
            let files = names.iter().map(|name| FileDescriptorProto {
                name: Some((*name).to_owned()),
                ..Default::default()
            });
            let file = files.collect();
            prost_types::FileDescriptorSet { file }.encode_to_vec()
        }

        #[test]
        fn the_file_asked_for_is_taken_out_of_the_set() {
            let fake = Fake::new(
                "printf '%s\\n' \"$@\" >\"$here/arguments\"\n\
                 for a; do case $a in --descriptor_set_out=*) out=${a#*=};; esac; done\n\
                 echo 'x/y.proto:1:1: warning: unused' >&2\n\
                 cp \"$here/set\" \"$out\"",
            );
            fs::write(
                fake.folder.path().join("set"),
                set(&["import.proto", "x/y.proto"]),
            )
            .unwrap();
            let bytes = fake.run(LONG).unwrap();
            let file = FileDescriptorProto::decode(bytes.as_slice()).unwrap();
            assert_eq!(file.name(), "x/y.proto");
            let arguments = fs::read_to_string(fake.folder.path().join("arguments")).unwrap();
            let arguments: Vec<&str> = arguments.lines().collect();
            assert_eq!(arguments.first(), Some(&"--proto_path=/a root"));
            assert_eq!(arguments.get(1), Some(&"--proto_path=-b"));
            assert_eq!(arguments.last(), Some(&"/a root/x/y.proto"));

            fs::write(fake.folder.path().join("set"), set(&["import.proto"])).unwrap();
            let reason = fake.run(LONG).unwrap_err();
            assert_eq!(reason, "`protoc` wrote nothing about `x/y.proto`");
            fs::write(fake.folder.path().join("set"), [0xff]).unwrap();
            assert_eq!(
                fake.run(LONG).unwrap_err(),
                "`protoc` wrote no descriptor set"
            );
        }

        #[test]
        fn what_goes_wrong_is_told_in_its_words() {
            let rows = [
                (
                    "echo 'x/y.proto:3:1: Expected \";\".' >&2; exit 1",
                    "`protoc` refuses the file: x/y.proto:3:1: Expected \";\".",
                ),
                ("exit 1", "`protoc` refuses the file and says nothing"),
                ("exit 0", "of what `protoc` wrote, there is no such file"),
            ];
            for (script, expected) in rows {
                assert_eq!(
                    Fake::new(script).run(LONG).unwrap_err(),
                    expected,
                    "{script}"
                );
            }
            let much = "yes 'a complaint' | head -c 1000000 >&2; exit 1";
            let reason = Fake::new(much).run(LONG).unwrap_err();
            assert!(reason.len() < 200, "{reason}");
        }

        #[test]
        fn one_that_never_ends_is_ended() {
            // As itself, not as a child of a shell that would be left behind.
            let fake = Fake::new("echo $$ >\"$here/pid\"; exec sleep 1000");
            let started = Instant::now();
            let reason = fake.run(Duration::from_millis(300)).unwrap_err();
            assert!(reason.contains("was ended"), "{reason}");
            assert!(started.elapsed() < LONG);
        }
    }
}
