//! A schema as files: one descriptor set, or `.proto` sources.
//!
//! Both hold every file of the schema and are the same each time. Sources compile again to the same
//! descriptors (tests hold this), with these exceptions: nested types follow the fields, what was
//! `import public` is imported by each file that needs it, and comments that stand behind something, or
//! apart from everything, stand before it or are gone.
//!
//! A file of an edition is one of proto2 or proto3 here, with fields that neither can write. It is printed
//! in the form of edition 2023, with each field's features beside it, and says so on top.

mod save;

use std::collections::{HashMap, HashSet};

use prost_reflect::{FileDescriptor, Syntax};

use super::{
    Schema,
    describe::{Printer, extension_groups, is_unsayable},
    option_text::quote,
    wire::{Fields, Value, put_bytes},
};

pub use save::{Existing, SaveError, SaveForm, Saved, save};

/// Tag of `FileDescriptorProto.dependency`.
const DEPENDENCY: u32 = 3;

/// Said of a file whose own edition is not known any more.
const OF_AN_EDITION: &str = "This file is of a protobuf edition. Which one is not kept: it is written as \
                             edition 2023 writes it, with all features at their fields.";

/// A serialized `FileDescriptorSet` of all files, imports before those that import them, with comments.
pub fn descriptor_set(schema: &Schema) -> Vec<u8> {
    let mut set = Vec::new();
    for (_, bytes) in in_import_order(schema) {
        put_bytes(1, &bytes, &mut set);
    }
    set
}

/// All files as sources: name and text, imports before those that import them. CPU work for large schemas.
pub fn proto_files(schema: &Schema) -> Vec<(String, String)> {
    let hiding = hiding_names(schema);
    let files = in_import_order(schema).into_iter();
    files
        .filter_map(|(name, _)| {
            let file = schema.whole_pool().get_file_by_name(&name)?;
            let text = print(schema, &file, hiding.clone());
            Some((name, text))
        })
        .collect()
}

/// Names and bytes, depth first by sorted names; where imports form a ring, in any order that is the same
/// each time.
fn in_import_order(schema: &Schema) -> Vec<(String, Vec<u8>)> {
    let pool = schema.whole_pool();
    let names = schema.file_names();
    let mut left: HashMap<String, Vec<u8>> = names
        .iter()
        .filter_map(|name| Some((name.clone(), schema.bytes_in(pool, name)?)))
        .collect();
    let mut ordered = Vec::with_capacity(names.len());
    let mut seen = HashSet::new();
    for root in names {
        // With a stack of its own: chains of imports may be long.
        let mut stack = Vec::new();
        if seen.insert(root.clone()) {
            let imports = left.get(&root).map(|bytes| imports_of(bytes));
            stack.push((root, imports.unwrap_or_default()));
        }
        while let Some((name, mut imports)) = stack.pop() {
            let Some(import) = imports.pop() else {
                ordered.extend(left.remove_entry(&name));
                continue;
            };
            stack.push((name, imports));
            if left.contains_key(&import) && seen.insert(import.clone()) {
                let imports = left.get(&import).map(|bytes| imports_of(bytes));
                stack.push((import, imports.unwrap_or_default()));
            }
        }
    }
    ordered
}

/// The imports of a serialized file, the last first.
fn imports_of(file: &[u8]) -> Vec<String> {
    let imports = Fields::new(file).map_while(Result::ok);
    let mut imports: Vec<String> = imports
        .filter_map(|field| match (field.tag, field.value) {
            (DEPENDENCY, Value::Bytes(name)) => Some(String::from_utf8_lossy(name).into_owned()),
            _ => None,
        })
        .collect();
    imports.sort_by(|a, b| b.cmp(a));
    imports
}

/// Names that something has inside a package or a type. A full name that begins with one of them is not
/// read from the outermost scope unless a dot says so.
fn hiding_names(schema: &Schema) -> HashSet<String> {
    let pool = schema.whole_pool();
    let mut names = HashSet::new();
    let mut note = |full: &str| {
        for part in full.split('.').skip(1) {
            if !names.contains(part) {
                names.insert(part.to_owned());
            }
        }
    };
    for file in pool.files() {
        // The package itself counts as one step: its first part is what others begin with.
        note(file.package_name());
    }
    for message in pool.all_messages() {
        note(message.full_name());
        message.fields().for_each(|field| note(field.full_name()));
        message.oneofs().for_each(|oneof| note(oneof.full_name()));
    }
    for enumeration in pool.all_enums() {
        note(enumeration.full_name());
        enumeration
            .values()
            .for_each(|value| note(value.full_name()));
    }
    for service in pool.services() {
        note(service.full_name());
        service
            .methods()
            .for_each(|method| note(method.full_name()));
    }
    pool.all_extensions()
        .for_each(|extension| note(extension.full_name()));
    names
}

fn print(schema: &Schema, file: &FileDescriptor, hiding: HashSet<String>) -> String {
    let edition = is_unsayable(file);
    let mut printer = Printer::for_file(schema, file.parent_pool().clone(), edition, hiding);
    let proto = file.file_descriptor_proto();
    if edition {
        // An empty line makes it a comment on nothing, so that it is not kept as one on the syntax.
        printer.line(&format!("// {OF_AN_EDITION}\n"));
    }
    printer.comment(file.name(), &[12]);
    if edition {
        printer.line("edition = \"2023\";");
    } else {
        let syntax = match file.syntax() {
            Syntax::Proto2 => "proto2",
            Syntax::Proto3 => "proto3",
        };
        printer.line(&format!("syntax = \"{syntax}\";"));
    }
    if !file.package_name().is_empty() {
        printer.gap();
        printer.comment(file.name(), &[2]);
        printer.line(&format!("package {};", file.package_name()));
    }
    printer.gap();
    let marked = |list: &[i32], index: usize| {
        let mut list = list.iter();
        list.any(|&marked| usize::try_from(marked) == Ok(index))
    };
    let mut imports: Vec<_> = proto.dependency.iter().enumerate().collect();
    imports.sort_by_key(|&(_, import)| import);
    for (index, import) in imports {
        let kind = if marked(&proto.public_dependency, index) {
            "public "
        } else if marked(&proto.weak_dependency, index) {
            "weak "
        } else {
            ""
        };
        printer.line(&format!("import {kind}{};", quote(import)));
    }
    printer.gap();
    printer.options(&printer.entries(&file.options()));
    let groups = if edition {
        Vec::new()
    } else {
        extension_groups(file)
    };
    for message in file.messages().filter(|it| !groups.contains(it)) {
        printer.gap();
        printer.message(&message);
    }
    for enumeration in file.enums() {
        printer.gap();
        printer.enumeration(&enumeration);
    }
    for extension in file.extensions() {
        printer.gap();
        printer.extension(&extension);
    }
    for service in file.services() {
        printer.gap();
        printer.service(&service);
    }
    printer.out
}

#[cfg(test)]
mod tests;
