//! What the type names of a file's fields stand for, as far as the file itself says.
//!
//! A parser leaves open whether a name is that of a message or of an enum, and lowering has to know: one
//! can be delimited, the other packed. Names that come from an import stay open.

use std::collections::{HashMap, HashSet};

use super::{
    super::wire::{Fields, Value},
    MAX_DEPTH, TYPE_ENUM, TYPE_MESSAGE, is_set, tag,
};

/// The types a file defines, by full name, each with its number in `FieldDescriptorProto.Type`.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, u64>);

impl Names {
    /// Reads a serialized file.
    pub(super) fn of(file: &[u8], package: &str) -> Result<Self, String> {
        let mut names = Self::default();
        names.add(
            file,
            package,
            (tag::file::MESSAGE, tag::file::ENUM),
            MAX_DEPTH,
        )?;
        Ok(names)
    }

    fn add(
        &mut self,
        bytes: &[u8],
        scope: &str,
        (messages, enums): (u32, u32),
        depth: usize,
    ) -> Result<(), String> {
        for field in Fields::new(bytes) {
            let field = field?;
            let Value::Bytes(inner) = field.value else {
                continue;
            };
            if field.tag == enums {
                self.0.insert(named(inner, scope)?, TYPE_ENUM);
            } else if field.tag == messages && depth > 0 {
                let full_name = named(inner, scope)?;
                let tags = (tag::message::NESTED, tag::message::ENUM);
                self.add(inner, &full_name, tags, depth - 1)?;
                self.0.insert(full_name, TYPE_MESSAGE);
            }
        }
        Ok(())
    }

    /// What a name means where it is written, innermost scope first; `None` where it is of an import.
    pub(super) fn kind(&self, name: &str, scope: &str) -> Option<u64> {
        if let Some(full_name) = name.strip_prefix('.') {
            return self.0.get(full_name).copied();
        }
        let mut scope = scope;
        loop {
            if let Some(kind) = self.0.get(&join(scope, name)) {
                return Some(*kind);
            }
            scope = match scope.rsplit_once('.') {
                Some((outer, _)) => outer,
                None if scope.is_empty() => return None,
                None => "",
            };
        }
    }
}

/// The full name of a serialized message or enum; both have it in field 1.
fn named(definition: &[u8], scope: &str) -> Result<String, String> {
    let mut name: &[u8] = b"";
    for field in Fields::new(definition) {
        let field = field?;
        if let (tag::message::NAME, Value::Bytes(text)) = (field.tag, field.value) {
            name = text;
        }
    }
    Ok(join(scope, &String::from_utf8_lossy(name)))
}

/// A name inside a scope.
pub(super) fn join(scope: &str, name: &str) -> String {
    match scope {
        "" => name.to_owned(),
        scope => format!("{scope}.{name}"),
    }
}

/// The full names of the messages inside a message that stand for the entries of maps.
pub(super) fn map_entries(message: &[u8], scope: &str) -> Result<HashSet<String>, String> {
    let mut entries = HashSet::new();
    for field in Fields::new(message) {
        let field = field?;
        let (tag::message::NESTED, Value::Bytes(nested)) = (field.tag, field.value) else {
            continue;
        };
        let mut name: &[u8] = b"";
        let mut is_entry = false;
        for field in Fields::new(nested) {
            let field = field?;
            match (field.tag, field.value) {
                (tag::message::NAME, Value::Bytes(text)) => name = text,
                (tag::message::OPTIONS, Value::Bytes(options)) => {
                    is_entry |= is_set(options, tag::options::MAP_ENTRY)?;
                }
                _ => {}
            }
        }
        if is_entry {
            entries.insert(format!("{scope}.{}", String::from_utf8_lossy(name)));
        }
    }
    Ok(entries)
}
