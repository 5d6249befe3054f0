//! Values of a schema: the request body as a document, its form, and JSON to and from the wire.
//!
//! A body is one text (ProtoJSON, comments allowed) with two views. [`Document`] owns the text and
//! an index of its values' places; the form edits it by path, so that layout and comments of the
//! rest stay. [`encode`] walks text and descriptors to wire bytes, exact to the digit; [`to_json`]
//! walks wire bytes to text. Neither builds a `DynamicMessage`.

mod assist;
mod check;
mod decode;
mod document;
mod encode;
#[cfg(test)]
mod fixture;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod generate;
pub mod known;
mod path;
mod picture;
mod select;
mod split;
mod template;
pub mod validate;
pub mod wire_tree;

pub use assist::{Assist, Completion, CompletionKind, Completions, Hover, complete_template};
pub use check::{BodyCheck, BodyReport, Fit, follow};
pub use decode::{
    DiffCount, DiffKind, DiffRow, DiffRules, Differ, Found, IgnoreKind, IgnoreRule, JsonOptions,
    JsonText, KeyPath, ListMode, MessageDiff, PathPattern, PatternError, Printer, RowState,
    Severity, Value, lazy, to_json,
};
pub use document::{Change, Document, DocumentId, Node, NodeKind, ValueRef};
pub use encode::{Diagnostic, TextFix, check, encode, encode_within};
pub use form::{
    Bulk, EnumInfo, EnumValue, ExtensionChoice, FieldKind, Filter, Folds, FormRow, OneofArm,
    Outline, Presence, RowKind, Run, WellKnown, bulk_entries, bulk_items, form_rows, key_problem,
    pasted_value,
};
pub use generate::{Style, generate, starting_body};
pub use path::{Path, Step};
pub use picture::{Picture, PictureError, decode_picture};
pub use select::{FieldPath, Operand, PathCompletion, PathError, PathKind, ValueError};
pub use split::Splitter;
pub(crate) use template::StandIns;
pub use template::{
    MASK, PreviewPart, Scope, TemplateError, TemplateFunction, expand, mask_secrets, preview,
    template_functions,
};
pub use validate::{
    FieldRules, KindRules, field_rules, rules_of, rules_of_message, rules_of_oneof,
};

#[cfg(test)]
pub(crate) use fixture::compile as compile_for_tests;

/// The wire format itself, for what reads and writes it in other forms than JSON.
pub(crate) mod raw {
    pub(crate) use super::{
        decode::wire as read,
        encode::Scalar,
        encode::{closest, field::Field, wire},
        find_field, is_message_set,
    };
}

/// The field of a key in ProtoJSON: by the name JSON has for it, or by its own.
pub(crate) fn find_field(
    message: &prost_reflect::MessageDescriptor,
    key: &str,
) -> Option<prost_reflect::FieldDescriptor> {
    message
        .get_field_by_json_name(key)
        .or_else(|| message.get_field_by_name(key))
}

/// Whether a message is of proto1's kind: without fields, each extension wrapped in a group of its own,
/// `repeated group Item = 1 { required int32 type_id = 2; required bytes message = 3; }`.
pub(crate) fn is_message_set(message: &prost_reflect::MessageDescriptor) -> bool {
    let options = message.descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.message_set_wire_format())
}

/// Whether absent and default differ on the wire. A required field of an edition may stand in a file that
/// is lowered to proto3, where prost-reflect gives it no presence.
fn has_presence(field: &prost_reflect::FieldDescriptor) -> bool {
    field.supports_presence() || field.is_required()
}
