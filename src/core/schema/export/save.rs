//! Writing a schema to disk. The names of its files came from a server: none leads out of the folder that
//! was chosen, and nothing that holds something else is overwritten unasked.

use std::{
    fs,
    io::{self, Write as _},
    path::{Component, Path, PathBuf},
};

use super::{descriptor_set, proto_files};
use crate::schema::Schema;

/// How a schema is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveForm {
    /// One `FileDescriptorSet`; the path is a file.
    DescriptorSet,
    /// `.proto` files below a folder.
    ProtoFiles,
}

/// What happens to files that hold something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// They stay, and nothing is written.
    Keep,
    /// They are overwritten.
    Replace,
}

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Saved {
    /// Files written.
    pub written: usize,
    /// Files that held the same already.
    unchanged: usize,
    /// Names of files that cannot be saved: they lead out of the folder.
    pub refused: Vec<String>,
}

impl Saved {
    /// Files that are there now as they should be.
    pub fn count(&self) -> usize {
        self.written + self.unchanged
    }
}

/// Why a schema was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Files are there and hold something else; nothing was written.
    #[error("{} files exist and hold something else", .0.len())]
    Exists(Vec<PathBuf>),
    /// The way to a file goes through a symbolic link; nothing was written there.
    #[error("`{}` is a symbolic link", .0.display())]
    Link(PathBuf),
    /// A file or folder could not be read or made.
    #[error("writing `{}`", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: io::Error,
    },
}

/// Saves a schema: to one file, or below a folder that is made where it is not there. Blocking.
///
/// # Errors
/// [`SaveError`]; with [`SaveError::Exists`] nothing was written.
pub fn save(
    schema: &Schema,
    form: SaveForm,
    path: &Path,
    existing: Existing,
) -> Result<Saved, SaveError> {
    let mut saved = Saved::default();
    let mut files = Vec::new();
    match form {
        SaveForm::DescriptorSet => files.push((path.to_owned(), descriptor_set(schema))),
        SaveForm::ProtoFiles => {
            for (name, text) in proto_files(schema) {
                match below(&name) {
                    Some(relative) => {
                        check_links(path, &relative)?;
                        files.push((path.join(relative), text.into_bytes()));
                    }
                    None => saved.refused.push(name),
                }
            }
        }
    }
    let mut to_write = Vec::new();
    let mut in_the_way = Vec::new();
    for (path, bytes) in files {
        match holds(&path, &bytes)? {
            Holds::Nothing => to_write.push((path, bytes)),
            Holds::TheSame => saved.unchanged += 1,
            Holds::SomethingElse if existing == Existing::Replace => to_write.push((path, bytes)),
            Holds::SomethingElse => in_the_way.push(path),
        }
    }
    if !in_the_way.is_empty() {
        return Err(SaveError::Exists(in_the_way));
    }
    for (path, bytes) in to_write {
        write(&path, &bytes).map_err(|source| SaveError::Io { path, source })?;
        saved.written += 1;
    }
    Ok(saved)
}

/// The path of a file's name below a folder; `None` when the name leads out of it, or would on another
/// system: absolute, with `..`, with a drive or a backslash.
fn below(name: &str) -> Option<PathBuf> {
    let plain = |c: char| !c.is_control() && !matches!(c, '\\' | ':');
    let parts = name.split('/');
    let safe = !name.is_empty()
        && name.chars().all(plain)
        && parts
            .into_iter()
            .all(|part| !matches!(part, "" | "." | ".."));
    let path = PathBuf::from(name);
    let normal = |part: Component<'_>| matches!(part, Component::Normal(_));
    (safe && path.components().all(normal)).then_some(path)
}

/// A folder that is a link would lead out after all.
fn check_links(root: &Path, relative: &Path) -> Result<(), SaveError> {
    let mut path = root.to_owned();
    for part in relative.components() {
        path.push(part);
        if fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink()) {
            return Err(SaveError::Link(path));
        }
    }
    Ok(())
}

enum Holds {
    Nothing,
    TheSame,
    SomethingElse,
}

fn holds(path: &Path, bytes: &[u8]) -> Result<Holds, SaveError> {
    let error = |source| SaveError::Io {
        path: path.to_owned(),
        source,
    };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Holds::Nothing),
        Err(source) => return Err(error(source)),
    };
    // What is no file, such as /dev/stdout, is written to and never read.
    if !metadata.is_file() {
        return Ok(if metadata.is_dir() {
            return Err(error(io::ErrorKind::IsADirectory.into()));
        } else {
            Holds::Nothing
        });
    }
    let same = usize::try_from(metadata.len()) == Ok(bytes.len())
        && fs::read(path).map_err(error)? == bytes;
    Ok(if same {
        Holds::TheSame
    } else {
        Holds::SomethingElse
    })
}

/// Writes a file whole or not at all, where the place allows it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return fs::write(path, bytes);
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any other new file; the process's mask is taken off.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::{FileDescriptorProto, FileDescriptorSet};

    use super::*;
    use crate::schema::load_descriptor_set;

    fn schema(names: &[&str]) -> Schema {
        let file = |name: &&str| FileDescriptorProto {
            name: Some((*name).to_owned()),
            syntax: Some("proto3".to_owned()),
            ..FileDescriptorProto::default()
        };
        let set = FileDescriptorSet {
            file: names.iter().map(file).collect(),
        };
        load_descriptor_set("set", &set.encode_to_vec()).schema
    }

    #[test]
    fn names_that_lead_out_of_the_folder_are_refused_and_the_others_saved() {
        let out = [
            "../evil.proto",
            "a/../../evil.proto",
            "/tmp/evil.proto",
            "a//b.proto",
            "./a.proto",
            "C:\\evil.proto",
            "C:evil.proto",
            "a\\..\\..\\evil.proto",
            "evil\n.proto",
            "a/",
        ];
        let mut names = out.to_vec();
        names.extend(["good.proto", "deep/er/good.proto", "..good.proto"]);
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("x/y");
        let saved = save(
            &schema(&names),
            SaveForm::ProtoFiles,
            &below,
            Existing::Keep,
        );
        let mut saved = saved.unwrap();
        saved.refused.sort();
        let mut expected = out.to_vec();
        expected.sort_unstable();
        assert_eq!(saved.refused, expected);
        assert_eq!((saved.written, saved.count()), (3, 3));
        assert!(below.join("deep/er/good.proto").is_file());
        let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(beside.len(), 1, "{beside:?}");
    }

    #[test]
    fn a_file_that_holds_something_else_is_kept_unless_it_may_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let schema = schema(&["a.proto", "b.proto"]);
        for (form, path, name) in [
            (SaveForm::ProtoFiles, folder.path().to_owned(), "b.proto"),
            (
                SaveForm::DescriptorSet,
                folder.path().join("s.binpb"),
                "s.binpb",
            ),
        ] {
            let other = folder.path().join(name);
            fs::write(&other, "mine").unwrap();
            let kept = save(&schema, form, &path, Existing::Keep).unwrap_err();
            assert!(
                matches!(&kept, SaveError::Exists(paths) if *paths == [other.clone()]),
                "{kept:?}"
            );
            assert_eq!(fs::read(&other).unwrap(), b"mine");
            // Nothing was written beside it either.
            assert!(form == SaveForm::DescriptorSet || !folder.path().join("a.proto").exists());

            let saved = save(&schema, form, &path, Existing::Replace).unwrap();
            assert_eq!(saved.written, saved.count(), "{form:?}");
            let again = save(&schema, form, &path, Existing::Keep).unwrap();
            assert_eq!((again.written, again.count()), (0, saved.count()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_below_the_folder_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("deep")).unwrap();
        let schema = schema(&["deep/a.proto"]);
        for existing in [Existing::Keep, Existing::Replace] {
            let error = save(&schema, SaveForm::ProtoFiles, folder.path(), existing).unwrap_err();
            assert!(matches!(error, SaveError::Link(_)), "{error:?}");
        }
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}
