//! The rules a value has to satisfy, as far as values can be made for them.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

/// The rules of a field, of the items of a list, or of the keys or values of a map.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Limits {
    /// It must be set, and not to its default where that cannot be told apart.
    pub(super) required: bool,
    /// Values of which one is due, as JSON.
    pub(super) allowed: Vec<String>,
    /// Values that are refused, as JSON.
    pub(super) refused: Vec<String>,
    /// Values that the schema's author gave as examples, as JSON.
    pub(super) examples: Vec<String>,
    /// Of an integer, and of times and spans in nanoseconds.
    pub(super) integer: Range<i128>,
    /// Of a float or double.
    pub(super) float: Range<f64>,
    /// Of a string or bytes.
    pub(super) text: Text,
    /// Of an enum: numbers without a name are refused.
    pub(super) defined_only: bool,
    /// Least and most items or entries.
    pub(super) items: (Option<usize>, Option<usize>),
    /// No item stands twice.
    pub(super) unique: bool,
    /// Of items, or the values of a map.
    pub(super) item: Option<Box<Limits>>,
    /// Of the keys of a map.
    pub(super) key: Option<Box<Limits>>,
    /// URLs of the types an Any may hold.
    pub(super) types: Vec<String>,
}

/// What lies between two ends; `true` where an end belongs to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range<T> {
    pub(super) low: Option<(T, bool)>,
    pub(super) high: Option<(T, bool)>,
}

impl<T> Default for Range<T> {
    fn default() -> Self {
        Self {
            low: None,
            high: None,
        }
    }
}

/// The rules of a string, in characters and bytes; of bytes in bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Text {
    pub(super) chars: (Option<usize>, Option<usize>),
    pub(super) bytes: (Option<usize>, Option<usize>),
    pub(super) pattern: Option<String>,
    pub(super) prefix: String,
    pub(super) suffix: String,
    pub(super) contains: String,
    pub(super) not_contains: Option<String>,
    /// `email`, `uuid` …: the name of the rule.
    pub(super) format: Option<String>,
}

impl Limits {
    /// Whether the field has to be there.
    pub(super) fn is_required(&self) -> bool {
        self.required || self.items.0.is_some_and(|least| least > 0)
    }
}

/// The rules of a field.
pub(super) fn field_limits(_field: &FieldDescriptor) -> Limits {
    Limits::default()
}

/// Fields of which one can be set at most.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) fields: Vec<FieldDescriptor>,
    /// One of them has to be.
    pub(super) required: bool,
}

/// The oneofs of a message.
pub(super) fn groups_of(message: &MessageDescriptor) -> Vec<Group> {
    let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    oneofs
        .map(|oneof| Group {
            name: oneof.name().to_owned(),
            fields: oneof.fields().collect(),
            required: false,
        })
        .collect()
}
