//! The browsable list of a schema: plain data, sorted, with comments.

use prost_reflect::{DescriptorPool, MethodDescriptor};

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
    pub fn of(pool: &DescriptorPool) -> Self {
        let _ = pool;
        unimplemented!()
    }

    /// Finds a method by `pkg.Service/Method`.
    pub fn method(&self, path: &str) -> Option<&MethodEntry> {
        self.services
            .iter()
            .flat_map(|s| &s.methods)
            .find(|m| m.path == path)
    }
}
