//! One file of a schema, at rest: wire bytes and an outline, never a decoded descriptor.
//!
//! A decoded descriptor takes some twenty times the bytes of a serialized one, and a large tree has
//! thousands of files of which a person calls one. So a file keeps what a list and a lookup need, and
//! becomes a descriptor in the pool of those who call it (see [`super::library`]).

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
};

use bytes::Bytes;
use prost::Message as _;
use prost_types::SourceCodeInfo;

use super::{Origin, Problem, candidate::Candidate, outline::Outline, source, wire::put_bytes};

/// Tag of `FileDescriptorProto.dependency`.
const DEPENDENCY: u32 = 3;

/// An import of a file.
#[derive(Debug, Clone)]
pub(super) struct Import {
    /// The name of the file, as the file itself is named here.
    pub(super) name: String,
    /// Its symbols are seen by those who import the importer.
    pub(super) public: bool,
    /// Which of the file's imports it is, for its place.
    pub(super) position: usize,
}

/// A file that may become part of a pool.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// The name others import it by.
    pub(super) name: String,
    /// The imports that were found.
    pub(super) imports: Vec<Import>,
    /// What the source says of imports it could not find; each comes with its hint.
    pub(super) missing: Vec<Problem>,
    /// The person was told of those already.
    pub(super) told: bool,
    /// What it defines.
    pub(super) outline: Outline,
    /// The descriptor's wire bytes, without imports and locations.
    pub(super) body: Bytes,
    /// Where its comments and places are to be had.
    pub(super) info: Info,
    /// The file on disk it was read from, of a source tree.
    pub(super) path: Option<PathBuf>,
    /// Of that file's contents.
    pub(super) hash: Hash,
    /// Which source it comes from.
    pub(super) origin: Origin,
}

/// SHA-256 of a file's contents.
pub(super) type Hash = [u8; 32];

/// Where the source locations of a file are.
#[derive(Debug, Clone)]
pub(super) enum Info {
    /// Nowhere.
    None,
    /// Here, serialized.
    Encoded(Bytes),
    /// In the source itself, which is parsed again when they are wanted.
    Source {
        path: PathBuf,
        /// Of the contents that were compiled; other contents have other places.
        hash: Hash,
    },
}

impl Info {
    /// The locations, as far as they are to be had still.
    pub(super) fn load(&self, name: &str) -> SourceCodeInfo {
        match self {
            Self::None => SourceCodeInfo::default(),
            Self::Encoded(bytes) => SourceCodeInfo::decode(bytes.clone()).unwrap_or_default(),
            Self::Source { path, hash } => source::locations(path, name, hash).unwrap_or_default(),
        }
    }
}

impl Unit {
    /// Lists a file and lets its descriptor go.
    pub(super) fn seal(mut candidate: Candidate) -> Self {
        candidate.drop_language_features();
        candidate.drop_far_extensions();
        let public = candidate.public_imports;
        let imports = candidate.imports.into_iter().enumerate();
        let imports = imports.map(|(position, name)| Import {
            name,
            public: public.binary_search(&position).is_ok(),
            position,
        });
        Self {
            imports: imports.collect(),
            missing: candidate.missing,
            told: false,
            outline: Outline::of(&candidate.proto),
            body: candidate.body.into(),
            info: match candidate.info.location.is_empty() {
                true => Info::None,
                false => Info::Encoded(candidate.info.encode_to_vec().into()),
            },
            name: candidate.name,
            path: None,
            hash: Hash::default(),
            origin: Origin::Given,
        }
    }

    /// Imports other files in the place of some; they are as public as those were.
    pub(super) fn replace_imports(&mut self, others: &HashMap<String, BTreeSet<String>>) {
        if !self.imports.iter().any(|it| others.contains_key(&it.name)) {
            return;
        }
        for import in std::mem::take(&mut self.imports) {
            let Some(names) = others.get(&import.name) else {
                self.imports.push(import);
                continue;
            };
            for name in names.iter().filter(|&name| *name != self.name) {
                let name = name.clone();
                self.imports.push(Import { name, ..import });
            }
        }
    }

    /// Line and column (from 1) of a descriptor path, or of the nearest thing around it.
    pub(super) fn place_of(&self, path: &[i32]) -> Option<(usize, usize)> {
        place_in(&self.info.load(&self.name), path)
    }

    /// The place of one of its imports.
    pub(super) fn place_of_import(&self, position: usize) -> Option<(usize, usize)> {
        place_of_import(&self.info.load(&self.name), position)
    }
}

/// Appends a file without imports to a serialized `FileDescriptorSet`, with the imports given.
pub(super) fn append<'a>(body: &[u8], imports: impl Iterator<Item = &'a str>, set: &mut Vec<u8>) {
    let mut file = body.to_vec();
    for import in imports {
        put_bytes(DEPENDENCY, import.as_bytes(), &mut file);
    }
    put_bytes(1, &file, set);
}

/// The place of one of a file's imports.
pub(super) fn place_of_import(info: &SourceCodeInfo, position: usize) -> Option<(usize, usize)> {
    const PATH: i32 = 3;
    place_in(info, &[PATH, i32::try_from(position).unwrap_or(i32::MAX)])
}

/// Line and column (from 1) of a descriptor path, or of the nearest thing around it.
pub(super) fn place_in(info: &SourceCodeInfo, path: &[i32]) -> Option<(usize, usize)> {
    (1..=path.len()).rev().find_map(|length| {
        let prefix = path.get(..length)?;
        let location = info.location.iter().find(|l| l.path == prefix)?;
        let line = usize::try_from(*location.span.first()?).ok()?;
        let column = usize::try_from(*location.span.get(1)?).ok()?;
        Some((line + 1, column + 1))
    })
}
