//! A document to wire bytes, guided by descriptors.

use std::ops::Range;

use bytes::Bytes;
use prost_reflect::MessageDescriptor;

use super::{Document, Path, Scope};

/// Something in a body that does not fit, with its place in both views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The field's path.
    pub path: Path,
    /// The bytes of the text it is about.
    pub range: Range<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

/// Encodes a body. Numbers keep their digits; variables are expanded; a string that is one
/// expression takes the type of its field. An empty text is an empty message.
///
/// # Errors
/// Every place that does not fit, in the order of the text.
pub fn encode(
    document: &Document,
    message: &MessageDescriptor,
    scope: &Scope,
) -> Result<Bytes, Vec<Diagnostic>> {
    let _ = (document, message, scope);
    unimplemented!()
}

/// As [`encode`], for the marks while typing: only the diagnostics.
pub fn check(document: &Document, message: &MessageDescriptor, scope: &Scope) -> Vec<Diagnostic> {
    encode(document, message, scope).err().unwrap_or_default()
}
