//! What the rows of a message type have in common, read from its descriptor once a walk.

use std::{collections::HashMap, rc::Rc};

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{
    FieldKind, WellKnown,
    kind::{kind_of, new_field, new_value},
};
use crate::{
    message::has_presence,
    schema::{fields_in_order, kind_name, type_name},
};

/// Where comments come from: a file's name and a descriptor's path in it.
pub(super) type Comments<'a> = &'a dyn Fn(&str, &[i32]) -> String;

/// Items of at most this many fields are open from the start.
const SMALL: usize = 6;

/// A message type's entries, in the order of the file.
pub(super) struct MessagePlan {
    pub(super) entries: Vec<EntryPlan>,
    /// Whether its items are open from the start.
    pub(super) small: bool,
}

pub(super) enum EntryPlan {
    Field(FieldPlan),
    Oneof(OneofPlan),
}

/// A choice that a person wrote.
pub(super) struct OneofPlan {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) arms: Vec<FieldPlan>,
}

/// A field.
pub(super) struct FieldPlan {
    pub(super) name: String,
    pub(super) json_name: String,
    pub(super) type_name: String,
    pub(super) number: u32,
    pub(super) comment: String,
    pub(super) label: Label,
    pub(super) value: ValuePlan,
    pub(super) has_presence: bool,
    pub(super) required: bool,
    pub(super) deprecated: bool,
    pub(super) new_value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Single,
    List,
    Map,
}

/// One value: a singular field's, a list's item, a map's value.
pub(super) struct ValuePlan {
    pub(super) kind: FieldKind,
    pub(super) type_name: String,
    pub(super) new_value: String,
    /// The type whose fields are rows below this one.
    pub(super) message: Option<MessageDescriptor>,
    /// Whether `null` is a value here rather than absence.
    pub(super) null_is_value: bool,
}

/// Plans by full name.
pub(super) struct Plans<'a> {
    comments: Comments<'a>,
    messages: HashMap<String, Rc<MessagePlan>>,
}

impl<'a> Plans<'a> {
    pub(super) fn new(comments: Comments<'a>) -> Self {
        Self {
            comments,
            messages: HashMap::new(),
        }
    }

    pub(super) fn get(&mut self, message: &MessageDescriptor) -> Rc<MessagePlan> {
        if let Some(plan) = self.messages.get(message.full_name()) {
            return Rc::clone(plan);
        }
        let plan = Rc::new(self.plan(message));
        self.messages
            .insert(message.full_name().to_owned(), Rc::clone(&plan));
        plan
    }

    fn plan(&self, message: &MessageDescriptor) -> MessagePlan {
        let file = message.parent_file();
        let mut entries: Vec<EntryPlan> = Vec::new();
        // Where the entry of each oneof stands; its arms may be apart in the file.
        let mut oneofs: HashMap<String, usize> = HashMap::new();
        for descriptor in fields_in_order(message) {
            let field = self.field(&descriptor, file.name());
            let oneof = descriptor
                .containing_oneof()
                .filter(|oneof| !oneof.is_synthetic());
            let Some(oneof) = oneof else {
                entries.push(EntryPlan::Field(field));
                continue;
            };
            let at = *oneofs
                .entry(oneof.name().to_owned())
                .or_insert(entries.len());
            match entries.get_mut(at) {
                Some(EntryPlan::Oneof(plan)) => plan.arms.push(field),
                _ => entries.push(EntryPlan::Oneof(OneofPlan {
                    name: oneof.name().to_owned(),
                    comment: (self.comments)(file.name(), oneof.path()),
                    arms: vec![field],
                })),
            }
        }
        let small = message.fields().len() <= SMALL;
        MessagePlan { entries, small }
    }

    fn field(&self, field: &FieldDescriptor, file: &str) -> FieldPlan {
        let mut kind = field.kind();
        let mut label = Label::Single;
        if field.is_map() {
            label = Label::Map;
            if let Kind::Message(entry) = &kind
                && let Some(value) = entry.get_field(2)
            {
                kind = value.kind();
            }
        } else if field.is_list() {
            label = Label::List;
        }
        let proto = field.field_descriptor_proto();
        FieldPlan {
            name: field.name().to_owned(),
            json_name: field.json_name().to_owned(),
            type_name: type_name(field),
            number: field.number(),
            comment: (self.comments)(file, field.path()),
            label,
            value: ValuePlan::new(&kind),
            has_presence: has_presence(field),
            required: field.is_required(),
            deprecated: proto
                .options
                .as_ref()
                .is_some_and(|options| options.deprecated()),
            new_value: new_field(field),
        }
    }
}

impl ValuePlan {
    pub(super) fn new(kind: &Kind) -> Self {
        let field_kind = kind_of(kind);
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
