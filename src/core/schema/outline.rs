//! What a file defines, as the catalogue lists it: made once from its descriptor, which is then let go.

use std::sync::Arc;

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    MethodDescriptorProto, ServiceDescriptorProto, UninterpretedOption,
    field_descriptor_proto::{Label, Type},
};

use super::catalogue::{CallKind, MethodEntry, ServiceEntry, TypeEntry};

/// Tags of `FileDescriptorProto` and of its parts, which make a descriptor's path.
const MESSAGE: i32 = 4;
const ENUM: i32 = 5;
const SERVICE: i32 = 6;
const EXTENSION: i32 = 7;
const METHOD: i32 = 2;
const NESTED_MESSAGE: i32 = 3;
const NESTED_ENUM: i32 = 4;

/// The symbols of one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    /// May be empty.
    pub(super) package: String,
    /// Whether the types of methods are by their full names.
    pub(super) resolved: bool,
    /// Services; the types of their methods as the file writes them until they are resolved.
    pub(super) services: Vec<Arc<ServiceEntry>>,
    /// Messages, nested ones too, without map entries.
    pub(super) messages: Vec<Arc<TypeEntry>>,
    /// Enums, nested ones too.
    pub(super) enums: Vec<Arc<TypeEntry>>,
    /// Top-level extensions and the values of top-level enums (which stand beside their enum).
    pub(super) others: Vec<(String, [i32; 2])>,
    /// The messages that are extended, as the file writes them, in order.
    pub(super) extends: Vec<String>,
    /// Why the file cannot be used, and where it says so.
    pub(super) refusal: Option<(String, Vec<i32>)>,
}

impl Outline {
    /// Lists what a descriptor defines.
    pub(super) fn of(proto: &FileDescriptorProto) -> Self {
        let package = proto.package();
        let mut outline = Self {
            package: package.to_owned(),
            refusal: refusal(proto),
            ..Self::default()
        };
        let mut path = Vec::new();
        for (i, message) in proto.message_type.iter().enumerate() {
            path.extend([MESSAGE, tag(i)]);
            outline.message(message, package, &mut path);
            path.clear();
        }
        for (i, enumeration) in proto.enum_type.iter().enumerate() {
            outline.enumeration(enumeration, package, &[ENUM, tag(i)]);
            for value in &enumeration.value {
                let name = join(package, value.name());
                outline.others.push((name, [ENUM, tag(i)]));
            }
        }
        for (i, item) in proto.service.iter().enumerate() {
            let entry = service(item, package, &[SERVICE, tag(i)]);
            outline.services.push(Arc::new(entry));
        }
        for (i, extension) in proto.extension.iter().enumerate() {
            let name = join(package, extension.name());
            outline.others.push((name, [EXTENSION, tag(i)]));
        }
        outline.extend(&proto.extension);
        outline.extends.sort_unstable();
        outline.extends.dedup();
        outline
    }

    /// Recurses once a nesting level; prost's decoder and protox's parser both stop at about 100.
    fn message(&mut self, message: &DescriptorProto, scope: &str, path: &mut Vec<i32>) {
        let options = message.options.as_ref();
        if options.is_some_and(|options| options.map_entry()) {
            return;
        }
        let full_name = join(scope, message.name());
        let depth = path.len();
        for (i, nested) in message.nested_type.iter().enumerate() {
            path.extend([NESTED_MESSAGE, tag(i)]);
            self.message(nested, &full_name, path);
            path.truncate(depth);
        }
        for (i, enumeration) in message.enum_type.iter().enumerate() {
            path.extend([NESTED_ENUM, tag(i)]);
            self.enumeration(enumeration, &full_name, path);
            path.truncate(depth);
        }
        self.extend(&message.extension);
        self.messages.push(Arc::new(TypeEntry {
            full_name,
            deprecated: options
                .is_some_and(|it| is_deprecated(it.deprecated(), &it.uninterpreted_option)),
            path: path.as_slice().into(),
        }));
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptorProto, scope: &str, path: &[i32]) {
        let options = enumeration.options.as_ref();
        self.enums.push(Arc::new(TypeEntry {
            full_name: join(scope, enumeration.name()),
            deprecated: options
                .is_some_and(|it| is_deprecated(it.deprecated(), &it.uninterpreted_option)),
            path: path.into(),
        }));
    }

    fn extend(&mut self, extensions: &[FieldDescriptorProto]) {
        let names = extensions.iter().map(|it| it.extendee().to_owned());
        self.extends.extend(names);
        // Most extend the same.
        self.extends.dedup();
    }

    /// Full names that other files may clash with, with their paths: types, services, extensions and
    /// enum values.
    pub(super) fn symbols(&self) -> impl Iterator<Item = (&str, &[i32])> {
        let types = self.messages.iter().chain(&self.enums);
        let types = types.map(|entry| (entry.full_name.as_str(), &*entry.path));
        let services = self.services.iter();
        let services = services.map(|entry| (entry.full_name.as_str(), &*entry.path));
        let others = self.others.iter();
        let others = others.map(|(name, path)| (name.as_str(), path.as_slice()));
        // What is nested stands in its parent's scope.
        types
            .chain(services)
            .chain(others)
            .filter(|(_, path)| path.len() == 2)
    }

    /// The descriptor path of a service, method, message or enum.
    pub(super) fn path_of(&self, symbol: &str) -> Option<Vec<i32>> {
        let mut types = self.messages.iter().chain(&self.enums);
        if let Some(entry) = types.find(|entry| entry.full_name == symbol) {
            return Some(entry.path.to_vec());
        }
        let mut services = self.services.iter();
        services.find_map(|service| {
            let rest = symbol.strip_prefix(service.full_name.as_str())?;
            if rest.is_empty() {
                return Some(service.path.to_vec());
            }
            let name = rest.strip_prefix(['/', '.'])?;
            let at = service.methods.iter().position(|it| it.name == name)?;
            Some([&*service.path, &[METHOD, tag(at)]].concat())
        })
    }

    /// Whether the file extends messages.
    pub(super) fn has_extensions(&self) -> bool {
        !self.extends.is_empty()
    }
}

fn tag(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

fn join(scope: &str, name: &str) -> String {
    match scope {
        "" => name.to_owned(),
        scope => format!("{scope}.{name}"),
    }
}

/// Whether options say `deprecated`; those of a source that was merely parsed are not interpreted.
fn is_deprecated(interpreted: bool, others: &[UninterpretedOption]) -> bool {
    let says_so = |option: &UninterpretedOption| match option.name.as_slice() {
        [part] => !part.is_extension && part.name_part == "deprecated",
        _ => false,
    };
    let mut others = others.iter();
    interpreted || others.any(|it| says_so(it) && it.identifier_value() == "true")
}

fn service(service: &ServiceDescriptorProto, package: &str, path: &[i32]) -> ServiceEntry {
    let full_name = join(package, service.name());
    let options = service.options.as_ref();
    let methods = service.method.iter();
    ServiceEntry {
        methods: methods.map(|item| method(item, &full_name)).collect(),
        name: service.name().to_owned(),
        package: package.to_owned(),
        deprecated: options
            .is_some_and(|it| is_deprecated(it.deprecated(), &it.uninterpreted_option)),
        path: path.into(),
        full_name,
    }
}

fn method(method: &MethodDescriptorProto, service: &str) -> MethodEntry {
    let options = method.options.as_ref();
    MethodEntry {
        path: format!("{service}/{}", method.name()),
        name: method.name().to_owned(),
        kind: CallKind::from_streams(method.client_streaming(), method.server_streaming()),
        input: method.input_type().to_owned(),
        output: method.output_type().to_owned(),
        deprecated: options
            .is_some_and(|it| is_deprecated(it.deprecated(), &it.uninterpreted_option)),
    }
}

fn refusal(proto: &FileDescriptorProto) -> Option<(String, Vec<i32>)> {
    if proto.name().is_empty() {
        return Some(("a file without a name".to_owned(), Vec::new()));
    }
    if let Some(name) = proto.message_type.iter().find_map(broken_map) {
        let reason = format!("the map type `{name}` lacks a proper key or value");
        return Some((reason, Vec::new()));
    }
    let reason = match proto.syntax() {
        "" | "proto2" | "proto3" => return None,
        // Lowered, where it is one that is known.
        "editions" => {
            "the file is of an edition that is not known here, as 2023, 2024 and 2026 of \
                       protobuf editions are"
                .to_owned()
        }
        syntax => format!("syntax `{syntax}` is not known"),
    };
    Some((reason, vec![12]))
}

/// A type marked as the entry of a map that is none: prost-reflect takes it and panics on use.
/// Recurses once a nesting level, at most 100 (the limit of the decoder).
fn broken_map(message: &DescriptorProto) -> Option<&str> {
    let is_entry = message.options.as_ref().is_some_and(|o| o.map_entry());
    let numbers: Vec<i32> = message.field.iter().map(|field| field.number()).collect();
    let single = message
        .field
        .iter()
        .all(|field| field.label() == Label::Optional);
    let proper_key = message.field.iter().find(|field| field.number() == 1);
    let proper_key = proper_key.is_some_and(|key| {
        !matches!(
            key.r#type(),
            Type::Float | Type::Double | Type::Bytes | Type::Message | Type::Group | Type::Enum
        )
    });
    let fits = numbers.len() == 2 && numbers.contains(&2) && single && proper_key;
    if is_entry && !fits {
        return Some(message.name());
    }
    message.nested_type.iter().find_map(broken_map)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn what_is_deprecated_is_known_before_options_are_interpreted() {
        let source = r#"
            syntax = "proto3";
            message A { option deprecated = true; message B {} }
            message C { option deprecated = false; }
            enum D { option deprecated = true; ZERO = 0; }
            service E {
              option deprecated = true;
              rpc One(A) returns (A) { option deprecated = true; }
              rpc Two(A) returns (A);
            }
        "#;
        let file = protox::file::File::from_source("a.proto", source).unwrap();
        let outline = Outline::of(&FileDescriptorProto::from(file));
        let types = outline.messages.iter().chain(&outline.enums);
        let types = types
            .filter(|it| it.deprecated)
            .map(|it| it.full_name.as_str());
        let service = &outline.services[0];
        let methods = service.methods.iter().filter(|it| it.deprecated);
        let methods = methods.map(|it| it.name.as_str());
        assert_eq!(types.chain(methods).collect::<Vec<_>>(), ["A", "D", "One"]);
        assert!(service.deprecated);
    }
}
