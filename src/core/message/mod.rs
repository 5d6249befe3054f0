//! Values of a schema: the request body as a document, its form, and JSON to and from the wire.
//!
//! A body is one text (ProtoJSON, comments allowed) with two views. [`Document`] owns the text and
//! an index of its values' places; the form edits it by path, so that layout and comments of the
//! rest stay. [`encode`] walks text and descriptors to wire bytes, exact to the digit; [`to_json`]
//! walks wire bytes to text. Neither builds a `DynamicMessage`.

mod decode;
mod document;
mod encode;
#[cfg(test)]
mod fixture;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod path;
mod skeleton;
mod template;

pub use decode::{JsonOptions, JsonText, Printer, Severity, to_json};
pub use document::{Document, Node, NodeKind, ValueRef};
pub use encode::{BodyCheck, Diagnostic, Fit, TextFix, check, encode, encode_within};
pub use form::{
    FieldKind, FormRow, OneofArm, RowKind, WellKnown, form_rows, form_rows_with, toggle_row,
};
pub use path::{Path, Step};
pub use skeleton::skeleton;
pub use template::{Scope, TemplateError, expand};

/// Whether a message is of proto1's kind: without fields, each extension wrapped in a group of its own,
/// `repeated group Item = 1 { required int32 type_id = 2; required bytes message = 3; }`.
fn is_message_set(message: &prost_reflect::MessageDescriptor) -> bool {
    let options = message.descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.message_set_wire_format())
}
