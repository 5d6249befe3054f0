//! Mends imports of files that servers send by reflection.
//!
//! Some servers (`@grpc/reflection` 1.0.4 with proto-loader) merge the files of a package into one,
//! leave the list of imports empty and write type names relative to nothing in particular; others
//! know a file by one name and its importers by another. The types say which files are needed.
//! The former also forget to mark `optional` fields, and show their synthetic oneofs instead; and they
//! name the entry type of a map as the field, which other readers of descriptors refuse.

use std::collections::{HashMap, HashSet};

use prost_types::{DescriptorProto, FieldDescriptorProto, field_descriptor_proto::Type};

use super::{bundled, candidate::Candidate};

/// Deepest message looked into; descriptors nest at most 100 deep (their decoder's limit).
const MAX_DEPTH: usize = 100;

/// What a name stands for.
#[derive(Clone)]
struct Symbol {
    file: String,
    is_enum: bool,
}

/// Adds to each file the imports that its types need, and makes relative type names full ones.
/// Files that are in order stay as they are.
pub(super) fn mend_imports(files: &mut [Candidate]) {
    let symbols = symbols_of(files);
    for file in files {
        mend(file, &symbols);
    }
}

/// All messages and enums by full name; of those defined twice, the first.
fn symbols_of(files: &[Candidate]) -> HashMap<String, Symbol> {
    let mut symbols = HashMap::new();
    for file in files {
        for enumeration in &file.proto.enum_type {
            let name = join(file.proto.package(), enumeration.name());
            remember(&mut symbols, name, &file.name, true);
        }
        for message in &file.proto.message_type {
            collect(&mut symbols, file.proto.package(), message, &file.name, 0);
        }
    }
    symbols
}

fn collect(
    symbols: &mut HashMap<String, Symbol>,
    scope: &str,
    message: &DescriptorProto,
    file: &str,
    depth: usize,
) {
    let scope = join(scope, message.name());
    for enumeration in &message.enum_type {
        remember(symbols, join(&scope, enumeration.name()), file, true);
    }
    if depth < MAX_DEPTH {
        for nested in &message.nested_type {
            collect(symbols, &scope, nested, file, depth + 1);
        }
    }
    remember(symbols, scope, file, false);
}

fn remember(symbols: &mut HashMap<String, Symbol>, name: String, file: &str, is_enum: bool) {
    symbols.entry(name).or_insert_with(|| Symbol {
        file: file.to_owned(),
        is_enum,
    });
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

struct Mender<'a> {
    symbols: &'a HashMap<String, Symbol>,
    needed: Vec<String>,
    changed: bool,
}

fn mend(file: &mut Candidate, symbols: &HashMap<String, Symbol>) {
    let mut mender = Mender {
        symbols,
        needed: Vec::new(),
        changed: false,
    };
    let mut proto = std::mem::take(&mut file.proto);
    let package = proto.package().to_owned();
    let proto3 = proto.syntax() == "proto3";
    for message in &mut proto.message_type {
        mender.message(&package, message, proto3, 0);
    }
    for extension in &mut proto.extension {
        mender.field(&package, extension);
    }
    for service in &mut proto.service {
        let scope = join(&package, service.name());
        for method in &mut service.method {
            for name in [&mut method.input_type, &mut method.output_type] {
                mender.reference(&scope, name);
            }
        }
    }
    let mut known: HashSet<String> = file.imports.iter().cloned().collect();
    known.insert(file.name.clone());
    let needed = mender.needed.into_iter();
    file.imports
        .extend(needed.filter(|name| known.insert(name.clone())));
    file.proto = proto;
    if mender.changed {
        // Custom options are lost here; the servers that need this do not send any.
        file.encode_again();
    }
}

impl Mender<'_> {
    fn message(&mut self, scope: &str, message: &mut DescriptorProto, proto3: bool, depth: usize) {
        let scope = join(scope, message.name());
        if proto3 {
            self.changed |= mark_optional(message);
        }
        for field in message.field.iter_mut().chain(&mut message.extension) {
            self.field(&scope, field);
        }
        if depth < MAX_DEPTH {
            for nested in &mut message.nested_type {
                self.message(&scope, nested, proto3, depth + 1);
            }
        }
        self.changed |= name_map_entries(&scope, message);
    }

    fn field(&mut self, scope: &str, field: &mut FieldDescriptorProto) {
        self.reference(scope, &mut field.extendee);
        let is_enum = self.reference(scope, &mut field.type_name);
        if let Some(is_enum) = is_enum
            && field.r#type.is_none()
        {
            field.set_type(if is_enum { Type::Enum } else { Type::Message });
            self.changed = true;
        }
    }

    /// Resolves one type name; `Some(true)` for an enum.
    fn reference(&mut self, scope: &str, name: &mut Option<String>) -> Option<bool> {
        let written = name.as_deref().filter(|name| !name.is_empty())?;
        let (full, symbol) = match written.strip_prefix('.') {
            Some(full) => (full.to_owned(), self.find(full)?),
            None => self.search(scope, written)?,
        };
        self.needed.push(symbol.file);
        if !written.starts_with('.') {
            *name = Some(format!(".{full}"));
            self.changed = true;
        }
        Some(symbol.is_enum)
    }

    fn find(&self, full: &str) -> Option<Symbol> {
        self.symbols.get(full).cloned().or_else(|| {
            bundled::owner(full).map(|file| Symbol {
                file: file.to_owned(),
                // The only enums at the top of a well-known file.
                is_enum: matches!(
                    full,
                    "google.protobuf.NullValue"
                        | "google.protobuf.Syntax"
                        | "google.protobuf.Edition"
                ),
            })
        })
    }

    /// Looks a relative name up from the innermost scope outwards.
    fn search(&self, scope: &str, name: &str) -> Option<(String, Symbol)> {
        let mut scope = scope;
        loop {
            let full = join(scope, name);
            if let Some(symbol) = self.find(&full) {
                return Some((full, symbol));
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }
}

/// Marks fields that are alone in a oneof of their own name with `_` before it, as protoc makes them
/// for `optional`. Returns whether there were any that were not marked.
fn mark_optional(message: &mut DescriptorProto) -> bool {
    let mut members = vec![0_usize; message.oneof_decl.len()];
    let index =
        |field: &FieldDescriptorProto| field.oneof_index.and_then(|i| usize::try_from(i).ok());
    for field in &message.field {
        if let Some(count) = index(field).and_then(|i| members.get_mut(i)) {
            *count += 1;
        }
    }
    let mut changed = false;
    for field in &mut message.field {
        let Some(i) = index(field) else { continue };
        let alone = members.get(i) == Some(&1);
        let name = message.oneof_decl.get(i).map(|oneof| oneof.name());
        let synthetic = name.and_then(|name| name.strip_prefix('_')) == Some(field.name());
        if alone && synthetic && !field.proto3_optional() {
            field.proto3_optional = Some(true);
            changed = true;
        }
    }
    changed
}

/// Gives the entry types of a message's maps the names that every compiler gives them. Returns whether any
/// had another.
fn name_map_entries(scope: &str, message: &mut DescriptorProto) -> bool {
    let mut changed = false;
    for index in 0..message.nested_type.len() {
        let nested = &message.nested_type[index];
        if !nested.options.as_ref().is_some_and(|it| it.map_entry()) {
            continue;
        }
        let full = format!(".{scope}.{}", nested.name());
        let mut fields = message.field.iter_mut();
        let Some(field) = fields.find(|field| field.type_name() == full) else {
            continue;
        };
        let name = entry_name(field.name());
        let taken = message.nested_type.iter().any(|it| it.name() == name);
        if !taken {
            field.type_name = Some(format!(".{scope}.{name}"));
            message.nested_type[index].name = Some(name);
            changed = true;
        }
    }
    changed
}

/// `by_name` → `ByNameEntry`, as protoc has it.
fn entry_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len() + 5);
    let mut upper = true;
    for c in field.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            name.push(c.to_ascii_uppercase());
        } else {
            name.push(c);
        }
    }
    name.push_str("Entry");
    name
}

/// Full names of all messages and enums.
pub(super) fn defined_types(files: &[Candidate]) -> HashSet<String> {
    symbols_of(files).into_keys().collect()
}

/// Full names of types that `users` use and none of all `files` defines.
pub(super) fn undefined_types(users: &[&Candidate], files: &[Candidate]) -> Vec<String> {
    if users.is_empty() {
        return Vec::new();
    }
    let symbols = symbols_of(files);
    let mut names = Vec::new();
    let mut note = |name: Option<&String>| {
        if let Some(full) = name.and_then(|name| name.strip_prefix('.'))
            && !symbols.contains_key(full)
            && bundled::owner(full).is_none()
        {
            names.push(full.to_owned());
        }
    };
    for user in users {
        for field in user.proto.message_type.iter().flat_map(|m| &m.field) {
            note(field.type_name.as_ref());
        }
        for method in user.proto.service.iter().flat_map(|s| &s.method) {
            note(method.input_type.as_ref());
            note(method.output_type.as_ref());
        }
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use prost_types::{
        EnumDescriptorProto, EnumValueDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
        OneofDescriptorProto, ServiceDescriptorProto,
    };

    use super::*;
    use crate::schema::{assemble::assemble, fields_in_order, type_name};

    fn field(name: &str, number: i32, kind: Option<Type>, type_name: &str) -> FieldDescriptorProto {
        FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            label: Some(1),
            r#type: kind.map(i32::from),
            type_name: (!type_name.is_empty()).then(|| type_name.to_owned()),
            ..FieldDescriptorProto::default()
        }
    }

    fn file(name: &str, package: &str, messages: Vec<DescriptorProto>) -> FileDescriptorProto {
        FileDescriptorProto {
            name: Some(name.to_owned()),
            package: Some(package.to_owned()),
            syntax: Some("proto3".to_owned()),
            message_type: messages,
            ..FileDescriptorProto::default()
        }
    }

    fn message(name: &str, fields: Vec<FieldDescriptorProto>) -> DescriptorProto {
        DescriptorProto {
            name: Some(name.to_owned()),
            field: fields,
            ..DescriptorProto::default()
        }
    }

    /// What `@grpc/reflection` 1.0.4 sends: a file a package, no imports, relative names.
    fn malformed() -> Vec<Candidate> {
        let mut service = file(
            "acme_v1.proto",
            "acme.v1",
            vec![message(
                "Paint",
                vec![
                    field("color", 1, Some(Type::Enum), "common.Color"),
                    field("shade", 2, None, "common.Shade"),
                    field("at", 3, Some(Type::Message), "google.protobuf.Timestamp"),
                    field("next", 4, Some(Type::Message), "Paint"),
                    FieldDescriptorProto {
                        label: Some(3),
                        ..field("by_name", 6, Some(Type::Message), "ByName")
                    },
                    FieldDescriptorProto {
                        oneof_index: Some(0),
                        ..field("maybe", 5, Some(Type::Message), "Paint")
                    },
                ],
            )],
        );
        service.message_type[0].nested_type = vec![DescriptorProto {
            options: Some(prost_types::MessageOptions {
                map_entry: Some(true),
                ..prost_types::MessageOptions::default()
            }),
            ..message(
                "ByName",
                vec![
                    field("key", 1, Some(Type::String), ""),
                    field("value", 2, Some(Type::Enum), "common.Color"),
                ],
            )
        }];
        service.message_type[0].oneof_decl = vec![OneofDescriptorProto {
            name: Some("_maybe".to_owned()),
            ..OneofDescriptorProto::default()
        }];
        service.service = vec![ServiceDescriptorProto {
            name: Some("Painter".to_owned()),
            method: vec![MethodDescriptorProto {
                name: Some("Do".to_owned()),
                input_type: Some("Paint".to_owned()),
                output_type: Some("google.protobuf.Empty".to_owned()),
                ..MethodDescriptorProto::default()
            }],
            ..ServiceDescriptorProto::default()
        }];
        let mut common = file("common.proto", "common", vec![message("Shade", vec![])]);
        common.enum_type = vec![EnumDescriptorProto {
            name: Some("Color".to_owned()),
            value: vec![EnumValueDescriptorProto {
                name: Some("RED".to_owned()),
                number: Some(0),
                ..EnumValueDescriptorProto::default()
            }],
            ..EnumDescriptorProto::default()
        }];
        let well_known = file(
            "google_protobuf.proto",
            "google.protobuf",
            vec![message("Timestamp", vec![]), message("Empty", vec![])],
        );
        [service, common, well_known]
            .map(Candidate::from_proto)
            .into()
    }

    #[test]
    fn merged_files_without_imports_become_usable() {
        let broken = assemble(malformed(), HashSet::new(), Vec::new());
        assert!(
            !broken.problems.is_empty(),
            "the plain build must need mending"
        );

        let mut files = malformed();
        mend_imports(&mut files);
        let loaded = assemble(files, HashSet::new(), Vec::new());

        assert_eq!(loaded.problems, []);
        let method = loaded.schema.method("acme.v1.Painter/Do").unwrap();
        assert_eq!(method.output().full_name(), "google.protobuf.Empty");
        let paint = loaded.schema.message("acme.v1.Paint").unwrap();
        assert!(paint.oneofs().all(|oneof| oneof.is_synthetic()));
        let first = &loaded.schema.catalogue().messages[0].full_name;
        let first = loaded.schema.message(first).unwrap();
        let fields: Vec<_> = fields_in_order(&first).map(|it| type_name(&it)).collect();
        assert_eq!(
            fields,
            [
                "common.Color",
                "common.Shade",
                "google.protobuf.Timestamp",
                "acme.v1.Paint",
                "map<string, common.Color>",
                "acme.v1.Paint",
            ]
        );
        assert!(loaded.schema.message("acme.v1.Paint.ByNameEntry").is_some());
    }

    #[test]
    fn files_in_order_stay_as_they_are() {
        let a = file("a.proto", "p", vec![message("A", vec![])]);
        let mut b = file(
            "b.proto",
            "p",
            vec![message(
                "B",
                vec![field("a", 1, Some(Type::Message), ".p.A")],
            )],
        );
        b.dependency = vec!["a.proto".to_owned()];
        let mut files: Vec<_> = [a, b].map(Candidate::from_proto).into();
        mend_imports(&mut files);
        assert_eq!(files[1].imports, ["a.proto"]);
        assert_eq!(undefined_types(&[&files[1]], &files), Vec::<String>::new());
        assert_eq!(undefined_types(&[&files[1]], &files[1..]), ["p.A"]);
    }
}
