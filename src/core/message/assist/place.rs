//! What a schema expects at a cursor: the fields of a message, the keys of a map, or a value.

use prost_reflect::{ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::{
    super::{
        WellKnown, find_field,
        form::kind::{well_known, wrapped},
    },
    Assist,
    context::{Context, Due, Frame},
};

/// What may stand in one place.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) label: Label,
    /// Of a list its items', of a map its values'.
    pub(super) kind: Kind,
    /// Whose value it is.
    pub(super) field: Option<FieldDescriptor>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Label {
    Single,
    List,
    /// With the kind of its keys.
    Map(Kind),
}

impl Slot {
    fn single(kind: Kind) -> Self {
        Self {
            label: Label::Single,
            kind,
            field: None,
        }
    }

    fn of_field(field: &FieldDescriptor) -> Self {
        let kind = field.kind();
        let slot = match &kind {
            Kind::Message(entry) if field.is_map() => Self {
                label: Label::Map(entry.map_entry_key_field().kind()),
                kind: entry.map_entry_value_field().kind(),
                field: None,
            },
            _ if field.is_list() => Self {
                label: Label::List,
                kind,
                field: None,
            },
            _ => Self::single(kind),
        };
        Self {
            field: Some(field.clone()),
            ..slot
        }
    }

    fn of_extension(extension: &ExtensionDescriptor) -> Self {
        let label = if extension.is_list() {
            Label::List
        } else {
            Label::Single
        };
        Self {
            label,
            ..Self::single(extension.kind())
        }
    }

    /// The message whose members an object in this place has.
    fn message(&self) -> Option<&MessageDescriptor> {
        match &self.kind {
            Kind::Message(message) if self.label == Label::Single => Some(message),
            _ => None,
        }
    }
}

/// What a cursor's place expects.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A key of a message's object.
    Member(Members),
    /// A key of a map.
    MapKey(Kind),
    /// A value.
    Value(Slot),
    /// The type of an Any.
    AnyType,
}

/// The keys an object may have.
#[derive(Debug, Clone)]
pub(super) struct Members {
    /// The message whose fields they are; of an Any what it holds, where it says what.
    pub(super) message: Option<MessageDescriptor>,
    /// It is an Any: `@type` is a key.
    pub(super) any: bool,
    /// It is an Any of a type that has its own JSON: `value` is a key.
    pub(super) boxed: bool,
}

impl Members {
    fn of(
        message: &MessageDescriptor,
        type_url: Option<&str>,
        assist: &Assist<'_>,
    ) -> Option<Self> {
        let plain = |message: Option<MessageDescriptor>, any| Self {
            message,
            any,
            boxed: false,
        };
        match well_known(message) {
            None if wrapped(message).is_none() => Some(plain(Some(message.clone()), false)),
            Some(WellKnown::Any) => {
                let inner = type_url.and_then(|url| assist.type_of(url));
                let boxed = inner.as_ref().is_some_and(|inner| {
                    let known = well_known(inner).is_some_and(|known| known != WellKnown::Empty);
                    known || wrapped(inner).is_some()
                });
                Some(if boxed {
                    Self {
                        message: inner,
                        any: true,
                        boxed,
                    }
                } else {
                    plain(inner, true)
                })
            }
            _ => None,
        }
    }

    /// The value of a key.
    fn slot(&self, key: &str) -> Option<Slot> {
        let message = self.message.as_ref()?;
        if self.boxed {
            return (key == "value").then(|| Slot::single(Kind::Message(message.clone())));
        }
        member(message, key)
    }
}

/// The value of a message's member.
fn member(message: &MessageDescriptor, key: &str) -> Option<Slot> {
    if let Some(field) = find_field(message, key) {
        return Some(Slot::of_field(&field));
    }
    let extension = message.get_extension_by_json_name(key)?;
    Some(Slot::of_extension(&extension))
}

impl Place {
    /// What is due at a cursor; `None` where nothing is, or anything may stand.
    pub(super) fn of(context: &Context, assist: &Assist<'_>) -> Option<Self> {
        let mut slot = Slot::single(Kind::Message(assist.message.clone()));
        for (depth, frame) in context.frames.iter().enumerate() {
            let innermost = depth + 1 == context.frames.len();
            slot = match (frame, &slot.label) {
                (Frame::Array, Label::List) => Slot {
                    label: Label::Single,
                    ..slot
                },
                (Frame::Object { key, .. }, Label::Map(keys)) => {
                    if innermost && context.due == Due::Key {
                        return Some(Self::MapKey(keys.clone()));
                    }
                    key.as_ref()?;
                    Slot {
                        label: Label::Single,
                        ..slot
                    }
                }
                (Frame::Object { key, type_url, .. }, Label::Single) => {
                    let members = Members::of(slot.message()?, type_url.as_deref(), assist)?;
                    if innermost && context.due == Due::Key {
                        return Some(Self::Member(members));
                    }
                    let key = key.as_deref()?;
                    if members.any && key == "@type" {
                        return innermost.then_some(Self::AnyType);
                    }
                    members.slot(key)?
                }
                _ => return None,
            };
        }
        (context.due == Due::Value).then_some(Self::Value(slot))
    }
}
