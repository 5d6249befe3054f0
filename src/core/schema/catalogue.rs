//! The browsable list of a schema: plain data, sorted, with comments.

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor,
};

use super::comments::Comments;

/// Which sides of a method stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// One request, one response.
    Unary,
    /// One request, many responses.
    ServerStream,
    /// Many requests, one response.
    ClientStream,
    /// Many of both.
    Bidi,
}

impl CallKind {
    /// The kind of a method.
    pub fn of(method: &MethodDescriptor) -> Self {
        match (method.is_client_streaming(), method.is_server_streaming()) {
            (false, false) => Self::Unary,
            (false, true) => Self::ServerStream,
            (true, false) => Self::ClientStream,
            (true, true) => Self::Bidi,
        }
    }

    /// Whether the person may send more than one message.
    pub fn client_streams(self) -> bool {
        matches!(self, Self::ClientStream | Self::Bidi)
    }

    /// Whether the server may.
    pub fn server_streams(self) -> bool {
        matches!(self, Self::ServerStream | Self::Bidi)
    }
}

/// Everything a person can browse, sorted by full name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Services.
    pub services: Vec<ServiceEntry>,
    /// Messages, nested ones too, without map entries.
    pub messages: Vec<MessageEntry>,
    /// Enums, nested ones too.
    pub enums: Vec<EnumEntry>,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEntry {
    /// `pkg.Service`.
    pub full_name: String,
    /// Name without the package.
    pub name: String,
    /// Package, may be empty.
    pub package: String,
    /// The comment before it, without comment marks.
    pub comment: String,
    /// Marked deprecated.
    pub deprecated: bool,
    /// Methods, in the order of the file.
    pub methods: Vec<MethodEntry>,
}

/// A method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodEntry {
    /// `pkg.Service/Method`.
    pub path: String,
    /// Name alone.
    pub name: String,
    /// Its comment.
    pub comment: String,
    /// Which sides stream.
    pub kind: CallKind,
    /// Full name of the request message.
    pub input: String,
    /// Full name of the response message.
    pub output: String,
    /// Marked deprecated.
    pub deprecated: bool,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageEntry {
    /// Full name.
    pub full_name: String,
    /// Its comment.
    pub comment: String,
    /// Fields in the order of the file.
    pub fields: Vec<FieldEntry>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldEntry {
    /// Name in the file.
    pub name: String,
    /// Type as written in a proto file: `repeated string`, `map<string, int32>`, `pkg.Message`.
    pub type_name: String,
    /// Field number.
    pub number: u32,
    /// Its comment.
    pub comment: String,
    /// Name of its oneof, if it is in one that a person wrote.
    pub oneof: Option<String>,
}

/// An enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumEntry {
    /// Full name.
    pub full_name: String,
    /// Its comment.
    pub comment: String,
    /// Names and numbers in the order of the file.
    pub values: Vec<(String, i32)>,
}

impl Catalogue {
    /// Lists a pool.
    pub(super) fn of(pool: &DescriptorPool, comments: &Comments) -> Self {
        let mut catalogue = Self {
            services: pool.services().map(|s| service(&s, comments)).collect(),
            messages: pool
                .all_messages()
                .filter(|message| !message.is_map_entry())
                .map(|m| message(&m, comments))
                .collect(),
            enums: pool
                .all_enums()
                .map(|e| enumeration(&e, comments))
                .collect(),
        };
        catalogue
            .services
            .sort_by(|a, b| a.full_name.cmp(&b.full_name));
        catalogue
            .messages
            .sort_by(|a, b| a.full_name.cmp(&b.full_name));
        catalogue
            .enums
            .sort_by(|a, b| a.full_name.cmp(&b.full_name));
        catalogue
    }

    /// Finds a method by `pkg.Service/Method`.
    pub fn method(&self, path: &str) -> Option<&MethodEntry> {
        self.services
            .iter()
            .flat_map(|s| &s.methods)
            .find(|m| m.path == path)
    }
}

fn service(service: &ServiceDescriptor, comments: &Comments) -> ServiceEntry {
    let file = service.parent_file();
    let deprecated = |options: Option<bool>| options.unwrap_or(false);
    ServiceEntry {
        full_name: service.full_name().to_owned(),
        name: service.name().to_owned(),
        package: service.package_name().to_owned(),
        comment: comments.get(file.name(), service.path()).to_owned(),
        deprecated: deprecated(
            service
                .service_descriptor_proto()
                .options
                .as_ref()
                .and_then(|options| options.deprecated),
        ),
        methods: service
            .methods()
            .map(|method| MethodEntry {
                path: format!("{}/{}", service.full_name(), method.name()),
                name: method.name().to_owned(),
                comment: comments.get(file.name(), method.path()).to_owned(),
                kind: CallKind::of(&method),
                input: method.input().full_name().to_owned(),
                output: method.output().full_name().to_owned(),
                deprecated: deprecated(
                    method
                        .method_descriptor_proto()
                        .options
                        .as_ref()
                        .and_then(|options| options.deprecated),
                ),
            })
            .collect(),
    }
}

fn message(message: &MessageDescriptor, comments: &Comments) -> MessageEntry {
    let file = message.parent_file();
    MessageEntry {
        full_name: message.full_name().to_owned(),
        comment: comments.get(file.name(), message.path()).to_owned(),
        // In the order of the file, where `fields()` goes by number.
        fields: fields_in_order(message)
            .map(|field| FieldEntry {
                name: field.name().to_owned(),
                type_name: type_name(&field),
                number: field.number(),
                comment: comments.get(file.name(), field.path()).to_owned(),
                oneof: field
                    .containing_oneof()
                    .filter(|oneof| !oneof.is_synthetic())
                    .map(|oneof| oneof.name().to_owned()),
            })
            .collect(),
    }
}

fn enumeration(enumeration: &EnumDescriptor, comments: &Comments) -> EnumEntry {
    let file = enumeration.parent_file();
    EnumEntry {
        full_name: enumeration.full_name().to_owned(),
        comment: comments.get(file.name(), enumeration.path()).to_owned(),
        values: enumeration
            .enum_descriptor_proto()
            .value
            .iter()
            .map(|value| (value.name().to_owned(), value.number()))
            .collect(),
    }
}

/// The fields of a message as the file lists them.
pub fn fields_in_order(message: &MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> + '_ {
    message
        .descriptor_proto()
        .field
        .iter()
        .filter_map(|field| message.get_field_by_name(field.name()))
}

/// The type of a field as a proto file writes it, with `repeated` but without `optional`:
/// `repeated string`, `map<string, int32>`, `pkg.Message`.
pub fn type_name(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => format!(
            "map<{}, {}>",
            kind_name(&entry.map_entry_key_field().kind()),
            kind_name(&entry.map_entry_value_field().kind()),
        ),
        kind if field.is_list() => format!("repeated {}", kind_name(&kind)),
        kind => kind_name(&kind),
    }
}

/// The type of one value as a proto file writes it.
pub fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint32 => "sint32",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed32 => "sfixed32",
        Kind::Sfixed64 => "sfixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Message(message) => message.full_name(),
        Kind::Enum(enumeration) => enumeration.full_name(),
    }
    .to_owned()
}
