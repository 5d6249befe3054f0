//! The body a new request starts with.

use prost_reflect::MessageDescriptor;

/// A pretty JSON text that shows the message's fields with default values: one arm of a oneof,
/// no items in lists and maps but one where that helps, recursion cut, fields with presence left
/// out when they nest.
pub fn skeleton(message: &MessageDescriptor) -> String {
    let _ = message;
    unimplemented!()
}
