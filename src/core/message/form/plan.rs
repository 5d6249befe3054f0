//! What the rows of a message type have in common, read from its descriptor once and kept.

use std::{collections::HashMap, sync::Arc};

use prost_reflect::{
    ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
    prost_types::FieldDescriptorProto,
};

use super::{
    FieldKind, WellKnown,
    kind::{default_json, kind_of, new_value},
};
use crate::{
    message::{has_presence, rules_of},
    schema::{fields_in_order, kind_name, type_name},
};

/// Where comments come from: a file's name and a descriptor's path in it.
pub(super) type Comments<'a> = &'a dyn Fn(&str, &[i32]) -> String;

/// Items of at most this many fields are open from the start.
const SMALL: usize = 6;

/// A message type's fields and the order of its rows.
#[derive(Debug)]
pub(super) struct MessagePlan {
    /// Its own fields in the order of the file, then its extensions by name. A slot is an index here.
    pub(super) fields: Vec<FieldPlan>,
    /// Number of its own fields.
    pub(super) own: usize,
    /// Rows in the order of the file, extensions left out.
    pub(super) entries: Vec<EntryPlan>,
    /// Whether its items are open from the start.
    pub(super) small: bool,
    /// Slots by the keys a text may use.
    slots: HashMap<String, u32>,
}

#[derive(Debug)]
pub(super) enum EntryPlan {
    Field(u32),
    Oneof(OneofPlan),
}

/// A choice that a person wrote.
#[derive(Debug)]
pub(super) struct OneofPlan {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) arms: Vec<u32>,
}

/// A field or an extension.
#[derive(Debug)]
pub(super) struct FieldPlan {
    pub(super) name: String,
    pub(super) json_name: String,
    pub(super) type_name: String,
    pub(super) number: u32,
    pub(super) comment: String,
    pub(super) label: Label,
    pub(super) value: ValuePlan,
    /// How a map's key is typed.
    pub(super) key: Option<FieldKind>,
    pub(super) has_presence: bool,
    pub(super) required: bool,
    pub(super) deprecated: bool,
    pub(super) new_value: String,
    /// Its default as its file gives it, as JSON.
    pub(super) default: Option<String>,
    /// The rules of protovalidate, a few words each.
    pub(super) rules: Arc<[String]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Single,
    List,
    Map,
}

/// One value: a singular field's, a list's item, a map's value.
#[derive(Debug)]
pub(super) struct ValuePlan {
    pub(super) kind: FieldKind,
    pub(super) type_name: String,
    pub(super) new_value: String,
    /// The type whose fields are rows below this one.
    pub(super) message: Option<MessageDescriptor>,
    /// Whether `null` is a value here rather than absence.
    pub(super) null_is_value: bool,
}

/// Plans by number; a number stays the same as long as they live.
#[derive(Debug, Clone, Default)]
pub(super) struct Plans {
    all: Vec<Arc<MessagePlan>>,
    by_name: HashMap<String, u32>,
}

impl Plans {
    pub(super) fn at(&self, number: u32) -> Option<&Arc<MessagePlan>> {
        self.all.get(number as usize)
    }

    pub(super) fn field(&self, number: u32, slot: u32) -> Option<&FieldPlan> {
        self.at(number)?.fields.get(slot as usize)
    }

    /// The plan of a type, made when it is first asked for.
    pub(super) fn get(
        &mut self,
        message: &MessageDescriptor,
        comments: Comments<'_>,
    ) -> (u32, Arc<MessagePlan>) {
        if let Some(number) = self.by_name.get(message.full_name())
            && let Some(plan) = self.at(*number)
        {
            return (*number, Arc::clone(plan));
        }
        let plan = Arc::new(MessagePlan::new(message, comments));
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(Arc::clone(&plan));
        self.by_name.insert(message.full_name().to_owned(), number);
        (number, plan)
    }

    /// The plan of an Any that holds a type with a JSON of its own: that stands under `value`.
    pub(super) fn get_value(
        &mut self,
        message: &MessageDescriptor,
        comments: Comments<'_>,
    ) -> (u32, Arc<MessagePlan>) {
        // No type has such a name.
        let name = format!("Any of {}", message.full_name());
        if let Some(number) = self.by_name.get(&name)
            && let Some(plan) = self.at(*number)
        {
            return (*number, Arc::clone(plan));
        }
        let plan = Arc::new(MessagePlan::of_value(message, comments));
        let number = number_of(self.all.len());
        self.all.push(Arc::clone(&plan));
        self.by_name.insert(name, number);
        (number, plan)
    }
}

impl MessagePlan {
    fn new(message: &MessageDescriptor, comments: Comments<'_>) -> Self {
        let file = message.parent_file();
        let mut fields: Vec<FieldPlan> = Vec::new();
        let mut entries: Vec<EntryPlan> = Vec::new();
        // Where the entry of each oneof stands; its arms may be apart in the file.
        let mut oneofs: HashMap<String, usize> = HashMap::new();
        for descriptor in fields_in_order(message) {
            let slot = number_of(fields.len());
            fields.push(FieldPlan::of_field(&descriptor, file.name(), comments));
            let oneof = descriptor
                .containing_oneof()
                .filter(|oneof| !oneof.is_synthetic());
            let Some(oneof) = oneof else {
                entries.push(EntryPlan::Field(slot));
                continue;
            };
            let at = *oneofs
                .entry(oneof.name().to_owned())
                .or_insert(entries.len());
            match entries.get_mut(at) {
                Some(EntryPlan::Oneof(plan)) => plan.arms.push(slot),
                _ => entries.push(EntryPlan::Oneof(OneofPlan {
                    name: oneof.name().to_owned(),
                    comment: comments(file.name(), oneof.path()),
                    arms: vec![slot],
                })),
            }
        }
        let own = fields.len();
        let mut extensions: Vec<ExtensionDescriptor> = message.extensions().collect();
        extensions.sort_by(|a, b| a.full_name().cmp(b.full_name()));
        for extension in &extensions {
            fields.push(FieldPlan::of_extension(extension, comments));
        }
        let mut slots = HashMap::new();
        for (slot, field) in fields.iter().enumerate() {
            slots.insert(field.json_name.clone(), number_of(slot));
        }
        // A name that is another field's JSON name is that field's key.
        for (slot, field) in fields.iter().enumerate().take(own) {
            slots
                .entry(field.name.clone())
                .or_insert_with(|| number_of(slot));
        }
        Self {
            small: own <= SMALL,
            fields,
            own,
            entries,
            slots,
        }
    }

    fn of_value(message: &MessageDescriptor, comments: Comments<'_>) -> Self {
        let kind = Kind::Message(message.clone());
        let proto = FieldDescriptorProto::default();
        let field = FieldPlan {
            name: "value".to_owned(),
            json_name: "value".to_owned(),
            type_name: kind_name(&kind),
            ..FieldPlan::new(&kind, Label::Single, &proto, None, comments)
        };
        Self {
            fields: vec![field],
            own: 1,
            entries: vec![EntryPlan::Field(0)],
            small: true,
            slots: HashMap::from([("value".to_owned(), 0)]),
        }
    }

    /// The field a key of the text is about.
    pub(super) fn slot(&self, key: &str) -> Option<u32> {
        self.slots.get(key).copied()
    }
}

impl FieldPlan {
    fn of_field(field: &FieldDescriptor, file: &str, comments: Comments<'_>) -> Self {
        let mut kind = field.kind();
        let mut label = Label::Single;
        let mut key = None;
        if field.is_map() {
            label = Label::Map;
            if let Kind::Message(entry) = &kind {
                key = entry
                    .get_field(1)
                    .map(|key| kind_of(&key.kind(), &|_, _| String::new()));
                if let Some(value) = entry.get_field(2) {
                    kind = value.kind();
                }
            }
        } else if field.is_list() {
            label = Label::List;
        }
        let proto = field.field_descriptor_proto();
        let own = own_default(proto, label, || field.default_value());
        Self {
            name: field.name().to_owned(),
            json_name: field.json_name().to_owned(),
            type_name: type_name(field),
            number: field.number(),
            comment: comments(file, field.path()),
            key,
            has_presence: has_presence(field),
            rules: rules_of(field).into(),
            required: field.is_required(),
            ..Self::new(&kind, label, proto, own, comments)
        }
    }

    fn of_extension(extension: &ExtensionDescriptor, comments: Comments<'_>) -> Self {
        let kind = extension.kind();
        let (label, prefix) = if extension.is_list() {
            (Label::List, "repeated ")
        } else {
            (Label::Single, "")
        };
        let proto = extension.field_descriptor_proto();
        let own = own_default(proto, label, || extension.default_value());
        let file = extension.parent_file();
        Self {
            name: extension.json_name().to_owned(),
            json_name: extension.json_name().to_owned(),
            type_name: format!("{prefix}{}", kind_name(&kind)),
            number: extension.number(),
            comment: comments(file.name(), extension.path()),
            has_presence: extension.supports_presence(),
            ..Self::new(&kind, label, proto, own, comments)
        }
    }

    fn new(
        kind: &Kind,
        label: Label,
        proto: &FieldDescriptorProto,
        own_default: Option<Value>,
        comments: Comments<'_>,
    ) -> Self {
        let default = own_default.map(|value| default_json(&value, kind));
        let new_value = match (label, &default) {
            (Label::List, _) => "[]".to_owned(),
            (Label::Map, _) => "{}".to_owned(),
            (Label::Single, Some(default)) => default.clone(),
            (Label::Single, None) => new_value(kind),
        };
        let options = proto.options.as_ref();
        Self {
            name: String::new(),
            json_name: String::new(),
            type_name: String::new(),
            number: 0,
            comment: String::new(),
            label,
            value: ValuePlan::new(kind, comments),
            key: None,
            has_presence: false,
            required: false,
            deprecated: options.is_some_and(|options| options.deprecated()),
            new_value,
            default,
            rules: Arc::default(),
        }
    }
}

/// What `[default = …]` says.
fn own_default(
    proto: &FieldDescriptorProto,
    label: Label,
    value: impl FnOnce() -> Value,
) -> Option<Value> {
    let written = proto.default_value.is_some() && label == Label::Single;
    written.then(value)
}

fn number_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl ValuePlan {
    pub(super) fn new(kind: &Kind, comments: Comments<'_>) -> Self {
        let field_kind = kind_of(kind, comments);
        let null_is_value = match kind {
            Kind::Enum(descriptor) => descriptor.full_name() == "google.protobuf.NullValue",
            _ => field_kind == FieldKind::WellKnown(WellKnown::Value),
        };
        let message = match kind {
            Kind::Message(message) if field_kind == FieldKind::Message => Some(message.clone()),
            _ => None,
        };
        Self {
            type_name: kind_name(kind),
            new_value: new_value(kind),
            kind: field_kind,
            message,
            null_is_value,
        }
    }
}
