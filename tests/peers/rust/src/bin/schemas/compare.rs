//! Our descriptors of a tree beside those protoc made of the same files.
//!
//! Files of proto2 and proto3 are compared as protoc wrote them; files of editions as both are after
//! lowering. Only the files named are compared: others in the set are there as imports. A well-known file
//! is always the bundled one, whatever a tree has by its name, and is left out.

use std::{collections::HashSet, error::Error, path::Path};

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FileDescriptor, MessageDescriptor,
    prost_types::{FileDescriptorProto, SourceCodeInfo},
};
use stubless_core::schema::{Loaded, Schema, load_descriptor_set};

use super::{difference, is_bundled, load, tell};

/// A `FileDescriptorSet` whose files stay bytes: prost's types would lose custom options.
#[derive(Clone, PartialEq, Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    files: Vec<Vec<u8>>,
}

/// Compares the files named with those of a set.
pub(crate) fn compare(root: &Path, names: &[String], set: &[u8]) -> Result<(), Box<dyn Error>> {
    let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
    let ours = load(root, names).schema;
    let lowered = load_descriptor_set("protoc's set", set);
    let types = file_type(&lowered)?;
    for bytes in RawSet::decode(set)?.files {
        let theirs = FileDescriptorProto::decode(bytes.as_slice())?;
        if !wanted.contains(theirs.name()) || is_bundled(theirs.name()) {
            continue;
        }
        let Some(file) = file_of(&ours, root, theirs.name()) else {
            tell("absent", &[theirs.name()]);
            continue;
        };
        let of_edition = theirs.syntax() == "editions";
        let expected = if of_edition {
            match lowered.schema.whole_pool().get_file_by_name(theirs.name()) {
                Some(file) => file.encode_to_vec(),
                None => {
                    tell("not lowered", &[theirs.name()]);
                    continue;
                }
            }
        } else {
            bytes
        };
        let expected = DynamicMessage::decode(types.clone(), expected.as_slice())?;
        let found = DynamicMessage::decode(types.clone(), file.encode_to_vec().as_slice())?;
        difference::report(theirs.name(), &expected, &found, of_edition);
        compare_comments(&ours, &theirs);
        tell("compared", &[theirs.name()]);
    }
    Ok(())
}

/// One of our files: from the pool of all, or by itself where its neighbours keep it out of that.
fn file_of(ours: &Schema, root: &Path, name: &str) -> Option<FileDescriptor> {
    let alone = || {
        let loaded = load(root, &[name.to_owned()]);
        loaded.schema.whole_pool().get_file_by_name(name)
    };
    ours.whole_pool().get_file_by_name(name).or_else(alone)
}

/// The type of a file's descriptor, with the custom options of these files as fields where there are any.
fn file_type(loaded: &Loaded) -> Result<MessageDescriptor, Box<dyn Error>> {
    const NAME: &str = "google.protobuf.FileDescriptorProto";
    loaded
        .schema
        .whole_pool()
        .get_message_by_name(NAME)
        .or_else(|| DescriptorPool::global().get_message_by_name(NAME))
        .ok_or_else(|| format!("there is no {NAME}").into())
}

/// Every symbol with a comment has the same one here, white space and comment marks apart.
fn compare_comments(ours: &Schema, theirs: &FileDescriptorProto) {
    let empty = SourceCodeInfo::default();
    let info = theirs.source_code_info.as_ref().unwrap_or(&empty);
    let mut checked = 0_usize;
    for location in &info.location {
        if !is_symbol(&location.path) {
            continue;
        }
        let leading = words(location.leading_comments());
        let expected = match leading.is_empty() {
            true => words(location.trailing_comments()),
            false => leading,
        };
        if expected.is_empty() {
            continue;
        }
        checked += 1;
        let found = words(&ours.comment(theirs.name(), &location.path));
        if found != expected {
            let path = format!("{:?}", location.path);
            tell("comment", &[theirs.name(), &path, &expected, &found]);
        }
    }
    tell("comments", &[theirs.name(), &checked.to_string()]);
}

/// The words of a comment without the stars of a block.
fn words(comment: &str) -> String {
    comment
        .lines()
        .map(|line| line.trim_start().trim_start_matches('*'))
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a path is that of something with a name: a message, field, enum, value, oneof, extension,
/// service or method. Others are parts of these: their type, their number, one of their options.
fn is_symbol(path: &[i32]) -> bool {
    let mut inside = Inside::File;
    let mut parts = path.chunks_exact(2);
    for part in &mut parts {
        inside = match (inside, part[0]) {
            (Inside::File, 4) | (Inside::Message, 3) => Inside::Message,
            (Inside::File, 5) | (Inside::Message, 4) => Inside::Enum,
            (Inside::File, 6) => Inside::Service,
            (Inside::File, 7) | (Inside::Message, 2 | 6 | 8) => Inside::Leaf,
            (Inside::Enum, 2) | (Inside::Service, 2) => Inside::Leaf,
            _ => return false,
        };
    }
    parts.remainder().is_empty() && inside != Inside::File
}

/// What a path has led into.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    File,
    Message,
    Enum,
    Service,
    Leaf,
}
