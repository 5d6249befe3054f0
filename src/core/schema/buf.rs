//! The modules that `buf.yaml` and `buf.work.yaml` name: the import roots of a tree that buf builds.
//!
//! Three keys of two tiny files: a reader of its own is smaller than a YAML crate, and cannot be made to
//! expand aliases without end. It knows block lists, `[a, b]`, quotes and comments; what it does not
//! understand names no module.
//! Spec: buf.yaml v1beta1 (`build.roots`), v1 (the folder itself), v2 (`modules[].path`); buf.work.yaml v1.

use std::path::{Path, PathBuf};

use super::{read, roots};

/// Such files have a few lines; larger ones are left unread.
const MAX_BYTES: u64 = 256 * 1024;

/// The import roots that a folder's own buf files name; empty when there are none that can be read.
pub(super) fn modules_in(folder: &Path) -> Vec<PathBuf> {
    let read = |name: &str| {
        let bytes = read::regular_file(&folder.join(name), MAX_BYTES).ok()?;
        String::from_utf8(bytes).ok()
    };
    let workspace = read("buf.work.yaml").map(|text| parse(&text).directories);
    let module = || {
        let file = parse(&read("buf.yaml")?);
        let paths = [file.modules, file.roots].concat();
        Some(if paths.is_empty() {
            vec![".".to_owned()]
        } else {
            paths
        })
    };
    workspace
        .filter(|directories| !directories.is_empty())
        .or_else(module)
        .unwrap_or_default()
        .iter()
        .filter_map(|path| match path.trim_start_matches("./") {
            "." | "" => Some(folder.to_owned()),
            path => Some(folder.join(roots::relative(path.trim_end_matches('/'))?)),
        })
        .filter(|path| path.is_dir())
        .collect()
}

/// What the two files say of modules.
#[derive(Debug, Default, PartialEq, Eq)]
struct BufFile {
    /// `modules[].path`
    modules: Vec<String>,
    /// `build.roots`
    roots: Vec<String>,
    /// `directories`
    directories: Vec<String>,
}

/// Where in a file a line stands.
#[derive(Default)]
struct Position<'a> {
    /// The key without indent above it.
    top: &'a str,
    /// The key of `build` above it.
    below: &'a str,
    /// The column at which the keys of one module stand.
    module: Option<usize>,
}

fn parse(text: &str) -> BufFile {
    let mut file = BufFile::default();
    let mut at = Position::default();
    for line in text.lines() {
        let line = without_comment(line);
        let rest = line.trim_start();
        let indent = line.len() - rest.len();
        if rest.is_empty() || rest.starts_with("---") {
            continue;
        }
        let item = rest
            .strip_prefix('-')
            .filter(|item| item.is_empty() || item.starts_with(' '));
        if let (Some(item), "modules") = (item, at.top) {
            // Lists inside a module stand deeper than its own keys.
            let column = indent + 1 + (item.len() - item.trim_start().len());
            if at.module.is_none_or(|module| indent < module) {
                at.module = Some(column);
                file.modules.extend(value_of(item.trim_start(), "path"));
            }
        } else if let Some(item) = item {
            match (at.top, at.below) {
                ("directories", _) => file.directories.extend(scalar(item)),
                ("build", "roots") => file.roots.extend(scalar(item)),
                _ => {}
            }
        } else if indent == 0 {
            let (key, value) = rest.split_once(':').unwrap_or((rest, ""));
            at = Position {
                top: key.trim_end(),
                ..Position::default()
            };
            if at.top == "directories" {
                file.directories.extend(flow_list(value));
            }
        } else if at.top == "build" {
            let (key, value) = rest.split_once(':').unwrap_or((rest, ""));
            at.below = key.trim_end();
            if at.below == "roots" {
                file.roots.extend(flow_list(value));
            }
        } else if at.top == "modules" && at.module == Some(indent) {
            file.modules.extend(value_of(rest, "path"));
        }
    }
    file
}

/// A line up to a `#` that begins a comment.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, char) in line.char_indices() {
        match quote {
            Some(open) if char == open => quote = None,
            Some(_) => {}
            None if char == '#' && before.is_whitespace() => {
                return line.get(..at).unwrap_or_default();
            }
            None if matches!(char, '"' | '\'') => quote = Some(char),
            None => {}
        }
        before = char;
    }
    line
}

/// The value of `key: value`, for one key.
fn value_of(text: &str, key: &str) -> Option<String> {
    let value = text.strip_prefix(key)?.trim_start().strip_prefix(':')?;
    scalar(value)
}

/// A word, plain or in quotes.
fn scalar(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text);
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// `[a, b]`
fn flow_list(text: &str) -> Vec<String> {
    let inner = text
        .trim()
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'));
    inner
        .into_iter()
        .flat_map(|inner| inner.split(','))
        .filter_map(scalar)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_files_name_their_modules() {
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        // Name, text, modules, roots, directories.
        type Row<'a> = (
            &'a str,
            &'a str,
            &'a [&'a str],
            &'a [&'a str],
            &'a [&'a str],
        );
        let rows: [Row<'_>; 8] = [
            ("v1", "version: v1\nname: buf.build/a/b\n", &[], &[], &[]),
            (
                "v2",
                "version: v2\nmodules:\n  - path: proto # ours\n    name: buf.build/a/b\n    \
                 excludes:\n      - proto/old\n      - path: no\n  - name: x\n    path: \"vendor/x y\"\n\
                 deps:\n  - buf.build/c/d\n",
                &["proto", "vendor/x y"],
                &[],
                &[],
            ),
            (
                "v2 without indent",
                "modules:\n- path: a\n- path: 'b'\nlint:\n  use:\n  - path: no\n",
                &["a", "b"],
                &[],
                &[],
            ),
            (
                "v1beta1",
                "version: v1beta1\nbuild:\n  roots:\n    - proto\n  excludes:\n    - proto/x\n",
                &[],
                &["proto"],
                &[],
            ),
            (
                "work",
                "version: v1\ndirectories:\n  - proto\n  # - off\n  - third#party\n",
                &[],
                &[],
                &["proto", "third#party"],
            ),
            (
                "work in brackets",
                "directories: [proto, \"b\"]\n",
                &[],
                &[],
                &["proto", "b"],
            ),
            ("CRLF", "directories:\r\n- a\r\n", &[], &[], &["a"]),
            ("no YAML", "\u{0}[[[\n:::\n- \n-x", &[], &[], &[]),
        ];
        for (name, text, modules, roots, directories) in rows {
            let expected = BufFile {
                modules: list(modules),
                roots: list(roots),
                directories: list(directories),
            };
            assert_eq!(parse(text), expected, "{name}");
        }
    }

    #[test]
    fn modules_are_folders_below_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("proto/a")).unwrap();
        assert_eq!(modules_in(root), Vec::<PathBuf>::new(), "no file");
        fs::write(root.join("buf.yaml"), "version: v1\n").unwrap();
        assert_eq!(modules_in(root), [root.to_owned()], "the folder itself");
        let v2 = "version: v2\nmodules:\n- path: ./proto/\n- path: ../up\n- path: /etc\n- path: gone\n- path: .\n";
        fs::write(root.join("buf.yaml"), v2).unwrap();
        assert_eq!(modules_in(root), [root.join("proto"), root.to_owned()]);
        let work = "directories:\n- proto/a\n";
        fs::write(root.join("buf.work.yaml"), work).unwrap();
        assert_eq!(modules_in(root), [root.join("proto/a")], "the workspace's");
    }
}
