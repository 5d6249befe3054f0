//! A field or an extension, seen alike.

use prost_reflect::{Cardinality, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use crate::message::{find_field, has_presence, is_message_set};

/// What the encoder asks of a field.
pub(crate) enum Field {
    Own(FieldDescriptor),
    Extension(ExtensionDescriptor),
}

impl Field {
    /// The field a key names: by its JSON name, its name in the file, or `[pkg.extension]`.
    pub(crate) fn find(message: &MessageDescriptor, key: &str) -> Option<Self> {
        if let Some(name) = key.strip_prefix('[').and_then(|key| key.strip_suffix(']')) {
            return message
                .get_extension_by_full_name(name)
                .map(Self::Extension);
        }
        find_field(message, key).map(Self::Own)
    }

    pub(crate) fn number(&self) -> u32 {
        match self {
            Self::Own(field) => field.number(),
            Self::Extension(field) => field.number(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Own(field) => field.kind(),
            Self::Extension(field) => field.kind(),
        }
    }

    pub(crate) fn is_map(&self) -> bool {
        match self {
            Self::Own(field) => field.is_map(),
            Self::Extension(field) => field.is_map(),
        }
    }

    pub(crate) fn is_repeated(&self) -> bool {
        let cardinality = match self {
            Self::Own(field) => field.cardinality(),
            Self::Extension(field) => field.cardinality(),
        };
        cardinality == Cardinality::Repeated
    }

    pub(crate) fn is_packed(&self) -> bool {
        let (is_packed, proto) = match self {
            Self::Own(field) => (field.is_packed(), field.field_descriptor_proto()),
            Self::Extension(field) => (field.is_packed(), field.field_descriptor_proto()),
        };
        // prost-reflect takes no notice of an option that the parser left to be interpreted.
        match proto.options.as_ref().and_then(|options| options.packed) {
            Some(packed) => packed && self.is_repeated() && is_packable(&self.kind()),
            None => is_packed,
        }
    }

    pub(crate) fn is_group(&self) -> bool {
        match self {
            Self::Own(field) => field.is_group(),
            Self::Extension(field) => field.is_group(),
        }
    }

    /// Whether it stands on the wire as an item of a message set.
    pub(crate) fn is_item(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Extension(field) => is_message_set(&field.containing_message()),
        }
    }

    /// Whether absent and default differ on the wire.
    pub(crate) fn has_presence(&self) -> bool {
        match self {
            Self::Own(field) => has_presence(field),
            Self::Extension(field) => field.supports_presence(),
        }
    }

    /// The oneof a person wrote around it: its name and place in the message.
    pub(crate) fn oneof(&self) -> Option<String> {
        match self {
            Self::Own(field) => field
                .containing_oneof()
                .filter(|oneof| !oneof.is_synthetic())
                .map(|oneof| oneof.name().to_owned()),
            Self::Extension(_) => None,
        }
    }

    /// Whether `null` is a value of its type rather than its absence.
    pub(crate) fn takes_null(&self) -> bool {
        match self.kind() {
            Kind::Message(message) => message.full_name() == "google.protobuf.Value",
            Kind::Enum(descriptor) => descriptor.full_name() == "google.protobuf.NullValue",
            _ => false,
        }
    }
}

/// Whether values of a kind may stand behind one tag.
fn is_packable(kind: &Kind) -> bool {
    !matches!(kind, Kind::String | Kind::Bytes | Kind::Message(_))
}
