//! The browsable list of a schema: plain data, sorted.

use std::sync::Arc;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

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
        Self::from_streams(method.is_client_streaming(), method.is_server_streaming())
    }

    /// The kind by which sides stream.
    pub(super) fn from_streams(client: bool, server: bool) -> Self {
        match (client, server) {
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

/// Everything a person can browse, sorted by full name. Entries are shared with the files they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Services.
    pub services: Vec<Arc<ServiceEntry>>,
    /// Messages, nested ones too, without map entries.
    pub messages: Vec<Arc<TypeEntry>>,
    /// Enums, nested ones too.
    pub enums: Vec<Arc<TypeEntry>>,
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
    /// Marked deprecated.
    pub deprecated: bool,
    /// Methods, in the order of the file.
    pub methods: Vec<MethodEntry>,
    /// The descriptor's path in its file.
    pub path: Box<[i32]>,
}

/// A method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodEntry {
    /// `pkg.Service/Method`.
    pub path: String,
    /// Name alone.
    pub name: String,
    /// Which sides stream.
    pub kind: CallKind,
    /// Full name of the request message.
    pub input: String,
    /// Full name of the response message.
    pub output: String,
    /// Marked deprecated.
    pub deprecated: bool,
}

/// A message or an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeEntry {
    /// Full name.
    pub full_name: String,
    /// Marked deprecated.
    pub deprecated: bool,
    /// The descriptor's path in its file.
    pub path: Box<[i32]>,
}

impl Catalogue {
    /// Finds a service by its full name.
    pub fn service(&self, full_name: &str) -> Option<&ServiceEntry> {
        let at = self.service_at(full_name)?;
        self.services.get(at).map(|entry| &**entry)
    }

    pub(super) fn service_at(&self, full_name: &str) -> Option<usize> {
        let name = |entry: &Arc<ServiceEntry>| entry.full_name.as_str().cmp(full_name);
        self.services.binary_search_by(name).ok()
    }

    /// Finds a method by `pkg.Service/Method` or `pkg.Service.Method`.
    pub fn method(&self, path: &str) -> Option<&MethodEntry> {
        let (service, method) = path.rsplit_once(['/', '.'])?;
        let service = self.service(service.trim_start_matches('/'))?;
        service.methods.iter().find(|entry| entry.name == method)
    }
}

/// Finds a type in a sorted list.
pub(super) fn type_at(list: &[Arc<TypeEntry>], full_name: &str) -> Option<usize> {
    list.binary_search_by(|entry| entry.full_name.as_str().cmp(full_name))
        .ok()
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
    let name = match kind {
        Kind::Message(message) => message.full_name(),
        Kind::Enum(enumeration) => enumeration.full_name(),
        scalar => scalar_name(scalar).unwrap_or_default(),
    };
    name.to_owned()
}

/// The name of a scalar type; `None` of messages and enums.
pub(crate) fn scalar_name(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
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
        Kind::Message(_) | Kind::Enum(_) => return None,
    })
}
