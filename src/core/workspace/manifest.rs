//! `workspace.json` and `folder.json`.

use std::path::PathBuf;

use super::{
    CallSettings, MetadataRow, SourceSpec, TargetSettings,
    edit::{Editor, Step},
    json::{self, Members},
    request::{edit_list, edit_metadata, edit_optional, parse_metadata, slashed},
};

/// The format this program writes, and the newest it reads.
pub(super) const VERSION: u64 = 1;

const KEYS: [&str; 6] = [
    "name", "version", "sources", "target", "settings", "metadata",
];
const FOLDER_KEYS: [&str; 5] = ["name", "order", "target", "settings", "metadata"];

/// `workspace.json`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkspaceFile {
    /// Name shown.
    pub name: String,
    /// Schema sources in order.
    pub sources: Vec<SourceSpec>,
    /// Default target.
    pub target: Option<String>,
    /// How the default target is reached.
    pub settings: TargetSettings,
    /// How calls are made.
    pub call: CallSettings,
    /// Metadata every call carries.
    pub metadata: Vec<MetadataRow>,
}

/// `folder.json`: what a folder below `requests/` says about its entries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FolderFile {
    /// Name shown in place of the folder's own.
    pub name: Option<String>,
    /// Stems of files and names of folders, in the order shown; others follow by name.
    pub order: Vec<String>,
    /// Target for the requests below.
    pub target: Option<String>,
    /// How that target is reached.
    pub settings: TargetSettings,
    /// How the calls below are made.
    pub call: CallSettings,
    /// Metadata the calls below carry.
    pub metadata: Vec<MetadataRow>,
}

impl WorkspaceFile {
    /// Reads `workspace.json`.
    ///
    /// # Errors
    /// `line:column: reason`.
    pub(super) fn parse(text: &str, folder: &str) -> Result<Self, String> {
        let root = json::parse(text)?;
        let file = Members::of(text, &root, "the workspace")?;
        let version = file.count("version")?.unwrap_or(VERSION);
        if version > VERSION {
            return Err(file.error(&format!(
                "it has format version {version}; this Stubless reads up to {VERSION}"
            )));
        }
        let sources = file.objects("sources")?;
        Ok(Self {
            name: file.string("name")?.unwrap_or_else(|| folder.to_owned()),
            sources: sources.iter().map(parse_source).collect::<Result<_, _>>()?,
            target: file.string("target")?,
            settings: TargetSettings::parse(&file)?,
            call: CallSettings::parse(&file)?,
            metadata: parse_metadata(&file)?,
        })
    }

    /// Writes what differs between `old` (what the text holds) and `new` into the text.
    ///
    /// # Errors
    /// When the text cannot be edited.
    pub(super) fn edit(text: String, old: &Self, new: &Self) -> Result<String, String> {
        let mut editor = Editor::new(text);
        let e = &mut editor;
        if old.name != new.name {
            e.set(&[], "name", &json::quoted(&new.name), &KEYS)?;
        }
        let patch = |e: &mut Editor, at: &[Step<'_>], old: &SourceSpec, new: &SourceSpec| {
            patch_source(e, at, old, new)
        };
        edit_list(
            e,
            "sources",
            &old.sources,
            &new.sources,
            &KEYS,
            format_source,
            patch,
        )?;
        let target = (old.target.as_deref(), new.target.as_deref());
        edit_optional(e, &[], "target", target.0, target.1, &KEYS)?;
        TargetSettings::edit(e, &old.settings, &new.settings, &KEYS)?;
        CallSettings::edit(e, &old.call, &new.call, &KEYS)?;
        edit_metadata(e, &old.metadata, &new.metadata, &KEYS)?;
        Ok(editor.into_text())
    }
}

impl FolderFile {
    /// Reads `folder.json`.
    ///
    /// # Errors
    /// `line:column: reason`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let root = json::parse(text)?;
        let file = Members::of(text, &root, "the folder")?;
        Ok(Self {
            name: file.string("name")?,
            order: file.strings("order")?,
            target: file.string("target")?,
            settings: TargetSettings::parse(&file)?,
            call: CallSettings::parse(&file)?,
            metadata: parse_metadata(&file)?,
        })
    }

    /// Writes what differs between `old` (what the text holds) and `new` into the text.
    ///
    /// # Errors
    /// When the text cannot be edited.
    pub(super) fn edit(text: String, old: &Self, new: &Self) -> Result<String, String> {
        let mut editor = Editor::new(text);
        let e = &mut editor;
        let name = (old.name.as_deref(), new.name.as_deref());
        edit_optional(e, &[], "name", name.0, name.1, &FOLDER_KEYS)?;
        let set = |e: &mut Editor, at: &[Step<'_>], _: &String, new: &String| match at {
            [list @ .., Step::Index(index)] => e.replace_item(list, *index, &json::quoted(new)),
            _ => Err("no such item".to_owned()),
        };
        let format = |stem: &String| json::quoted(stem);
        edit_list(
            e,
            "order",
            &old.order,
            &new.order,
            &FOLDER_KEYS,
            format,
            set,
        )?;
        let target = (old.target.as_deref(), new.target.as_deref());
        edit_optional(e, &[], "target", target.0, target.1, &FOLDER_KEYS)?;
        TargetSettings::edit(e, &old.settings, &new.settings, &FOLDER_KEYS)?;
        CallSettings::edit(e, &old.call, &new.call, &FOLDER_KEYS)?;
        edit_metadata(e, &old.metadata, &new.metadata, &FOLDER_KEYS)?;
        Ok(editor.into_text())
    }
}

fn parse_source(source: &Members<'_>) -> Result<SourceSpec, String> {
    let paths = |key| -> Result<Vec<PathBuf>, String> {
        Ok(source
            .strings(key)?
            .into_iter()
            .map(PathBuf::from)
            .collect())
    };
    if source.get("protos")?.is_some() {
        return Ok(SourceSpec::Protos {
            files: paths("protos")?,
            roots: paths("roots")?,
            exclude: paths("exclude")?,
        });
    }
    if let Some(path) = source.path("descriptor_set")? {
        return Ok(SourceSpec::DescriptorSet(path));
    }
    if source.boolean("reflection")? == Some(true) {
        return Ok(SourceSpec::Reflection);
    }
    Err(source.error("a source has `protos`, `descriptor_set` or `\"reflection\": true`"))
}

fn format_source(source: &SourceSpec) -> String {
    match source {
        SourceSpec::Protos {
            files,
            roots,
            exclude,
        } => {
            let mut text = format!("{{ \"protos\": {}", path_list(files));
            for (key, paths) in [("roots", roots), ("exclude", exclude)] {
                if !paths.is_empty() {
                    text.push_str(&format!(", \"{key}\": {}", path_list(paths)));
                }
            }
            text.push_str(" }");
            text
        }
        SourceSpec::DescriptorSet(path) => {
            format!("{{ \"descriptor_set\": {} }}", json::quoted(&slashed(path)))
        }
        SourceSpec::Reflection => "{ \"reflection\": true }".to_owned(),
    }
}

fn patch_source(
    editor: &mut Editor,
    at: &[Step<'_>],
    old: &SourceSpec,
    new: &SourceSpec,
) -> Result<(), String> {
    let keys = &["protos", "roots", "exclude"];
    match (old, new) {
        (
            SourceSpec::Protos {
                files,
                roots,
                exclude,
            },
            SourceSpec::Protos {
                files: new_files,
                roots: new_roots,
                exclude: new_exclude,
            },
        ) => {
            if files != new_files {
                editor.set(at, "protos", &path_list(new_files), keys)?;
            }
            let lists = [
                ("roots", roots, new_roots),
                ("exclude", exclude, new_exclude),
            ];
            for (key, old, new) in lists {
                if old != new && new.is_empty() {
                    editor.remove(at, key)?;
                } else if old != new {
                    editor.set(at, key, &path_list(new), keys)?;
                }
            }
            Ok(())
        }
        (SourceSpec::DescriptorSet(_), SourceSpec::DescriptorSet(path)) => {
            let path = json::quoted(&slashed(path));
            editor.set(at, "descriptor_set", &path, keys)
        }
        _ => match at {
            [list @ .., Step::Index(index)] => {
                editor.replace_item(list, *index, &format_source(new))
            }
            _ => Err("no such item".to_owned()),
        },
    }
}

fn path_list(paths: &[PathBuf]) -> String {
    let items: Vec<String> = paths.iter().map(|p| json::quoted(&slashed(p))).collect();
    format!("[{}]", items.join(", "))
}
