//! The sample workspace, embedded in the program and copied to the person's data folder.

use std::{fs, path::PathBuf};

use super::{AppDirs, WorkspaceError, disk};

macro_rules! file {
    ($path:literal) => {
        (
            $path,
            include_str!(concat!("../../../workspaces/sample/", $path)),
        )
    };
}

/// Its files: path below the workspace, and content. `workspace.json` comes last, so that a copy cut
/// short is no workspace yet and is completed on the next start.
const FILES: &[(&str, &str)] = &[
    file!("environments/demo.json"),
    file!("requests/atlas/converse.json"),
    file!("requests/atlas/folder.json"),
    file!("requests/atlas/get-a-place.json"),
    file!("requests/atlas/list-the-alps-to-the-north-cape.json"),
    file!("requests/atlas/nearest-place.json"),
    file!("requests/atlas/record-a-trip.json"),
    file!("requests/folder.json"),
    file!("requests/greeter/folder.json"),
    file!("requests/greeter/say-hello-with-a-variable.json"),
    file!("requests/greeter/say-hello.json"),
    file!("requests/kitchen/a-proto2-message.json"),
    file!("requests/kitchen/echo-many.json"),
    file!("requests/kitchen/every-kind-of-field.json"),
    file!("requests/kitchen/folder.json"),
    file!("requests/kitchen/nothing-for-nothing.json"),
    file!("requests/ticker/100000-ticks.json"),
    file!("requests/ticker/a-tick-every-second.json"),
    file!("requests/ticker/as-many-ticks-as-you-say.json"),
    file!("requests/ticker/folder.json"),
    file!("requests/trouble/fail-in-mid-stream.json"),
    file!("requests/trouble/fail-with-details.json"),
    file!("requests/trouble/folder.json"),
    file!("requests/trouble/hangs-up.json"),
    file!("requests/trouble/metadata-both-ways.json"),
    file!("requests/trouble/never-answers.json"),
    file!("requests/trouble/too-slow.json"),
    file!("workspace.json"),
];

/// Copies the sample workspace to the data folder if it is not there yet; gives its path.
/// What the person changed in it stays.
///
/// # Errors
/// [`WorkspaceError::Io`].
pub fn install_sample(dirs: &AppDirs) -> Result<PathBuf, WorkspaceError> {
    let root = dirs.data.join("sample");
    let io_error = |path: PathBuf| {
        |source| WorkspaceError::Io {
            action: "installing the sample workspace at",
            path,
            source,
        }
    };
    if root.join("workspace.json").exists() {
        return Ok(root);
    }
    for (name, content) in FILES {
        let path = root.join(name);
        if path.exists() {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io_error(folder.to_owned()))?;
        }
        disk::replace(&path, content.as_bytes()).map_err(io_error(path))?;
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn every_file_of_the_sample_is_embedded() {
        fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), out);
                } else {
                    out.push(entry.path());
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workspaces/sample");
        let mut found = Vec::new();
        walk(&root, &mut found);
        found.sort();
        let mut embedded: Vec<_> = FILES.iter().map(|(name, _)| root.join(name)).collect();
        embedded.sort();
        assert_eq!(found, embedded);
        assert_eq!(FILES.last().map(|(name, _)| *name), Some("workspace.json"));
    }
}
