//! Who uses a type: fields, methods and extensions of the whole schema that name it.
//!
//! Read from the files' wire bytes, so that no pool is built: some 50 ms for eight thousand files. Files
//! that were compiled here name types as their source does; those names are resolved by their scopes.

use std::collections::HashMap;

use super::{
    library::Library,
    wire::{Fields, Value},
};

/// Nesting of messages looked into; no descriptor that can be built has more.
const MAX_DEPTH: usize = 100;

/// How a type is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UseRole {
    /// A method takes it.
    Request,
    /// A method answers with it.
    Response,
    /// A field is of it, or the values of a map are.
    Field,
    /// An extension is of it.
    Extension,
    /// An extension extends it.
    Extended,
}

/// A place that names a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The symbol that a person looks at to see it: a message, or a method. Of an extension the message it
    /// is declared in, or its package.
    pub owner: String,
    /// The field or extension; empty for a method.
    pub field: String,
    /// How.
    pub role: UseRole,
}

/// Who uses a type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    /// Sorted by owner; the first of them where there are very many.
    pub list: Vec<Use>,
    /// How many there are.
    pub total: usize,
}

/// Tags of `FileDescriptorProto` and of its parts.
mod tag {
    pub(super) const NAME: u32 = 1;
    pub(super) const FILE_MESSAGE: u32 = 4;
    pub(super) const FILE_SERVICE: u32 = 6;
    pub(super) const FILE_EXTENSION: u32 = 7;
    pub(super) const FIELD: u32 = 2;
    pub(super) const NESTED: u32 = 3;
    pub(super) const EXTENSION: u32 = 6;
    pub(super) const MESSAGE_OPTIONS: u32 = 7;
    pub(super) const MAP_ENTRY: u32 = 7;
    pub(super) const EXTENDEE: u32 = 2;
    pub(super) const TYPE_NAME: u32 = 6;
    pub(super) const METHOD: u32 = 2;
    pub(super) const INPUT: u32 = 2;
    pub(super) const OUTPUT: u32 = 3;
}

/// Looks through all files for uses of a message or an enum; keeps at most `limit`.
pub(super) fn uses_of(library: &Library, target: &str, limit: usize) -> Uses {
    let mut scan = Scan {
        library,
        target,
        last: last_part(target),
        scope: String::new(),
        depth: 0,
        found: Vec::new(),
    };
    for unit in library.units() {
        scan.scope.clone_from(&unit.outline.package);
        scan.file(&unit.body);
    }
    let mut list = scan.found;
    list.sort_unstable();
    let total = list.len();
    list.truncate(limit);
    Uses { list, total }
}

struct Scan<'a> {
    library: &'a Library,
    target: &'a str,
    /// The last part of the target's name: most names are told from it by theirs.
    last: &'a str,
    /// Of what is being read.
    scope: String,
    /// Messages around it.
    depth: usize,
    found: Vec<Use>,
}

impl Scan<'_> {
    fn file(&mut self, bytes: &[u8]) {
        for (tag, part) in parts(bytes) {
            match tag {
                tag::FILE_MESSAGE => self.message(part),
                tag::FILE_SERVICE => self.service(part),
                tag::FILE_EXTENSION => self.extension(part),
                _ => {}
            }
        }
    }

    /// Recurses once a nesting level.
    fn message(&mut self, bytes: &[u8]) {
        // What comes from a cache was not decoded before.
        if self.depth == MAX_DEPTH {
            return;
        }
        self.depth += 1;
        let outer = self.enter(bytes);
        let entries: HashMap<_, _> = parts(bytes)
            .filter(|(tag, _)| *tag == tag::NESTED)
            .filter_map(|(_, nested)| map_entry(nested))
            .collect();
        for (tag, part) in parts(bytes) {
            match tag {
                tag::FIELD => self.field(part, &entries),
                tag::NESTED if map_entry(part).is_none() => self.message(part),
                tag::EXTENSION => self.extension(part),
                _ => {}
            }
        }
        self.scope.truncate(outer);
        self.depth -= 1;
    }

    fn field(&mut self, bytes: &[u8], entries: &HashMap<&str, &str>) {
        let Some(named) = text(bytes, tag::TYPE_NAME) else {
            return;
        };
        let named = entries.get(last_part(named)).copied().unwrap_or(named);
        if self.is_target(named) {
            self.add(&self.scope.clone(), bytes, UseRole::Field);
        }
    }

    fn extension(&mut self, bytes: &[u8]) {
        for (tag, role) in [
            (tag::TYPE_NAME, UseRole::Extension),
            (tag::EXTENDEE, UseRole::Extended),
        ] {
            if text(bytes, tag).is_some_and(|named| self.is_target(named)) {
                self.add(&self.scope.clone(), bytes, role);
            }
        }
    }

    fn service(&mut self, bytes: &[u8]) {
        let outer = self.enter(bytes);
        for (_, method) in parts(bytes).filter(|(tag, _)| *tag == tag::METHOD) {
            for (tag, role) in [
                (tag::INPUT, UseRole::Request),
                (tag::OUTPUT, UseRole::Response),
            ] {
                if text(method, tag).is_some_and(|named| self.is_target(named)) {
                    let name = text(method, tag::NAME).unwrap_or_default();
                    let owner = format!("{}/{name}", self.scope);
                    self.add(&owner, &[], role);
                }
            }
        }
        self.scope.truncate(outer);
    }

    fn add(&mut self, owner: &str, field: &[u8], role: UseRole) {
        self.found.push(Use {
            owner: owner.to_owned(),
            field: text(field, tag::NAME).unwrap_or_default().to_owned(),
            role,
        });
    }

    /// Goes into a message or service; gives the length of the scope to come back to.
    fn enter(&mut self, bytes: &[u8]) -> usize {
        let outer = self.scope.len();
        if outer > 0 {
            self.scope.push('.');
        }
        self.scope
            .push_str(text(bytes, tag::NAME).unwrap_or_default());
        outer
    }

    fn is_target(&self, named: &str) -> bool {
        if last_part(named) != self.last {
            return false;
        }
        match named.strip_prefix('.') {
            Some(full) => full == self.target,
            None => self.library.type_in_scope(named, &self.scope).as_deref() == Some(self.target),
        }
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The parts of a message that have a length.
fn parts(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let fields = Fields::new(bytes).map_while(Result::ok);
    fields.filter_map(|field| match field.value {
        Value::Bytes(part) => Some((field.tag, part)),
        Value::Varint(_) | Value::Other => None,
    })
}

fn text(bytes: &[u8], wanted: u32) -> Option<&str> {
    let (_, part) = parts(bytes).find(|(tag, _)| *tag == wanted)?;
    std::str::from_utf8(part).ok()
}

/// The name and the type of the values of a map's entry; `None` for other messages and for values that
/// have no named type.
fn map_entry(message: &[u8]) -> Option<(&str, &str)> {
    let (_, options) = parts(message).find(|(tag, _)| *tag == tag::MESSAGE_OPTIONS)?;
    let mut options = Fields::new(options).map_while(Result::ok);
    let marked = options
        .any(|option| option.tag == tag::MAP_ENTRY && matches!(option.value, Value::Varint(1)));
    if !marked {
        return None;
    }
    let mut fields = parts(message).filter(|(tag, _)| *tag == tag::FIELD);
    let value = fields.find_map(|(_, field)| text(field, tag::TYPE_NAME));
    Some((text(message, tag::NAME)?, value.unwrap_or_default()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::schema::{Schema, candidate::Candidate, unit::Unit};

    /// The same source as it was parsed (names as written), and as it was built (names in full).
    fn schemas(source: &str) -> [Schema; 2] {
        let file = protox::file::File::from_source("a.proto", source).unwrap();
        let unit = Unit::seal(Candidate::from_proto(file.into()));
        let parsed = Schema::of(Library::new(vec![Arc::new(unit)], None));
        let built = Schema::from_pool(parsed.whole_pool().clone());
        [parsed, built]
    }

    #[test]
    fn every_way_to_name_a_type_is_found() {
        let source = r#"
            syntax = "proto2";
            package a.b;
            message Book {
              enum Kind { UNKNOWN = 0; }
              optional Kind kind = 1;
              extensions 100 to 200;
            }
            message Shelf {
              repeated Book books = 1;
              map<string, Book> by_name = 2;
              map<int32, .a.b.Book.Kind> kinds = 3;
              optional b.Book other = 4;
              oneof one { Book picked = 5; }
              message Book { optional string not_the_same = 1; }
              message Inner { optional Book inner = 1; }
            }
            message Order {
              optional Book book = 1;
              map<string, Book> books = 2;
              extend Book { optional Book better = 100; }
            }
            extend Book { optional Shelf place = 101; }
            service Library {
              rpc Get(Book) returns (stream Book);
              rpc Put(Shelf) returns (Order);
            }
        "#;
        // Inside `Shelf`, `Book` is its own; `b.Book` is not.
        let rows: [(&str, &[&str]); 5] = [
            (
                "a.b.Book",
                &[
                    "a.b place Extended",
                    "a.b.Library/Get  Request",
                    "a.b.Library/Get  Response",
                    "a.b.Order better Extension",
                    "a.b.Order better Extended",
                    "a.b.Order book Field",
                    "a.b.Order books Field",
                    "a.b.Shelf other Field",
                ],
            ),
            (
                "a.b.Shelf.Book",
                &[
                    "a.b.Shelf books Field",
                    "a.b.Shelf by_name Field",
                    "a.b.Shelf picked Field",
                    "a.b.Shelf.Inner inner Field",
                ],
            ),
            (
                "a.b.Book.Kind",
                &["a.b.Book kind Field", "a.b.Shelf kinds Field"],
            ),
            (
                "a.b.Shelf",
                &["a.b place Extension", "a.b.Library/Put  Request"],
            ),
            ("a.b.Shelf.Inner", &[]),
        ];
        for schema in schemas(source) {
            for (target, expected) in rows {
                let uses = schema.uses_of(target, 100);
                let found = uses.list.iter();
                let found: Vec<_> = found
                    .map(|it| format!("{} {} {:?}", it.owner, it.field, it.role))
                    .collect();
                assert_eq!(found, expected, "{target}");
                assert_eq!(uses.total, expected.len());
            }
            let few = schema.uses_of("a.b.Book", 3);
            assert_eq!((few.list.len(), few.total), (3, 8));
        }
    }
}
