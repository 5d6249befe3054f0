//! What a proto file says of the fields that are shown: name, number, type, comment. Looked up once a type.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{
    super::plan::Slot,
    look::{FieldAt, FieldRef, Look},
};
use crate::schema::{Schema, kind_name, type_name};

/// A field as it is shown.
#[derive(Debug, Clone)]
pub(super) struct FieldInfo {
    /// As the proto file has it; an extension's full name in brackets.
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) type_name: String,
    /// Type of one item, or of a map's value.
    pub(super) item_type: String,
}

/// A field in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDoc {
    /// Full name.
    pub name: String,
    /// Type as a proto file has it.
    pub type_name: String,
    /// Its number.
    pub number: u32,
    /// What stands above or beside it in the proto file; empty where nothing does.
    pub comment: String,
    /// Whether absent and default differ.
    pub presence: bool,
    /// The oneof it is an arm of.
    pub oneof: Option<String>,
    /// Its default value, where the file gives one.
    pub default: Option<String>,
    /// Marked deprecated.
    pub deprecated: bool,
}

/// Fields by the slot of their type.
#[derive(Debug, Default)]
pub(super) struct Types {
    known: Mutex<HashMap<Slot, Arc<[FieldInfo]>>>,
}

impl Types {
    /// A field; `None` where the plans know more than the descriptors.
    pub(super) fn field(&self, look: &Look<'_>, at: FieldAt) -> Option<FieldInfo> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fields = known
            .entry(at.slot)
            .or_insert_with(|| infos(&look.plans.message(at.slot)));
        fields.get(at.position as usize).cloned()
    }
}

/// In the order of a plan: fields by number, then extensions by number.
fn infos(message: &MessageDescriptor) -> Arc<[FieldInfo]> {
    let fields = message.fields().map(|field| FieldInfo {
        name: field.name().to_owned(),
        number: field.number(),
        type_name: type_name(&field),
        item_type: item_type(&field),
    });
    let mut extensions: Vec<_> = message.extensions().collect();
    extensions.sort_by_key(prost_reflect::ExtensionDescriptor::number);
    extensions.dedup_by_key(|extension| extension.number());
    let extensions = extensions.iter().map(|extension| {
        let item_type = kind_name(&extension.kind());
        let list = if extension.is_list() { "repeated " } else { "" };
        FieldInfo {
            name: format!("[{}]", extension.full_name()),
            number: extension.number(),
            type_name: format!("{list}{item_type}"),
            item_type,
        }
    });
    fields.chain(extensions).collect()
}

fn item_type(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry
            .get_field(2)
            .map_or_else(String::new, |value| kind_name(&value.kind())),
        kind => kind_name(&kind),
    }
}

/// What the schema says of a field.
pub(super) fn doc(
    message: &MessageDescriptor,
    schema: Option<&Schema>,
    field: &FieldRef,
) -> Option<FieldDoc> {
    let comment = |file: &str, path: &[i32]| {
        schema.map_or_else(String::new, |schema| schema.comment(file, path))
    };
    let Some(found) = message.get_field(field.number) else {
        let found = message.get_extension(field.number)?;
        return Some(FieldDoc {
            name: found.full_name().to_owned(),
            type_name: kind_name(&found.kind()),
            number: field.number,
            comment: comment(found.parent_file().name(), found.path()),
            presence: found.supports_presence(),
            oneof: None,
            default: None,
            deprecated: false,
        });
    };
    let proto = found.field_descriptor_proto();
    let options = proto.options.as_ref();
    Some(FieldDoc {
        name: found.full_name().to_owned(),
        type_name: type_name(&found),
        number: field.number,
        comment: comment(found.parent_file().name(), found.path()),
        presence: super::super::super::has_presence(&found),
        oneof: found
            .containing_oneof()
            .filter(|oneof| !oneof.is_synthetic())
            .map(|oneof| oneof.name().to_owned()),
        default: proto.default_value.clone(),
        deprecated: options.is_some_and(|options| options.deprecated()),
    })
}
