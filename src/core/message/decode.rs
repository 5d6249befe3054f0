//! Wire bytes to ProtoJSON text, guided by descriptors, without a `DynamicMessage` between.

use prost_reflect::MessageDescriptor;

/// How the text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonOptions {
    /// One member a line with two spaces; else one line.
    pub pretty: bool,
    /// Fields without presence are written with their default value when absent.
    pub defaults: bool,
    /// Stop after about this many bytes of text (for previews); 0 for no limit.
    pub max_bytes: usize,
}

/// The text, and what in the bytes could not be shown as the schema says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText {
    /// The JSON. Bytes that do not decode stay visible as strings of base64 or hex with a marked key.
    pub text: String,
    /// Unknown fields, invalid UTF-8, truncated data: field path and reason.
    pub problems: Vec<String>,
    /// `max_bytes` was reached.
    pub cut: bool,
}

/// Writes a message as JSON. Total: any bytes give a text.
pub fn to_json(message: &MessageDescriptor, wire: &[u8], options: JsonOptions) -> JsonText {
    let _ = (message, wire, options);
    unimplemented!()
}
