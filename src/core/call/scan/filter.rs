//! What a person looks for in a log.

use crate::call::Direction;

/// Which messages are wanted. Without direction and condition: all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only those that went this way.
    pub direction: Option<Direction>,
    /// Only those that fulfil it.
    pub condition: Option<Condition>,
}

impl Filter {
    /// Whether every message passes.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

/// What a message must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Its JSON on one line, as the preview shows it but whole, contains this text. An empty text is in
    /// every message.
    Text {
        /// What is looked for.
        text: String,
        /// Else `A` and `a` are the same, in every script.
        match_case: bool,
    },
    /// A field's value compares. Of several values (a list, `[*]`) one is enough; `is not` wants that none
    /// is the one. Messages of a direction whose type has no such field do not pass.
    Field {
        /// As [`FieldPath`](crate::message::FieldPath) reads it.
        path: String,
        /// How.
        op: Op,
        /// With what, as typed; not read by `is set` and `is not set`. It must fit the field: a number, the
        /// name or number of an enum's value, RFC 3339 or a date for a time, `1.5s` or `2m` for a duration.
        value: String,
    },
    /// An expression in CEL, which must give a bool. Variables: `message`, `size` (bytes), `direction`
    /// (`"sent"` or `"received"`), `index` (from 0), `at` (a duration since the call began), and each field
    /// of the message by its own name where none of these has it.
    Cel(String),
}

/// How a field's value compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal.
    Is,
    /// There is no equal value.
    IsNot,
    /// The text of the value contains it, letter for letter.
    Contains,
    /// Less; times: before; texts: by their bytes; enums: by number.
    Less,
    /// Less or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater or equal.
    AtLeast,
    /// Present; of fields without presence: not the default value; of lists and maps: not empty.
    IsSet,
    /// Not so.
    IsNotSet,
}

impl Op {
    /// All, in the order a person is offered them.
    pub const ALL: [Self; 9] = [
        Self::Is,
        Self::IsNot,
        Self::Contains,
        Self::Less,
        Self::AtMost,
        Self::Greater,
        Self::AtLeast,
        Self::IsSet,
        Self::IsNotSet,
    ];

    /// As it stands on the screen: `is not`, `≤`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Contains => "contains",
            Self::Less => "<",
            Self::AtMost => "≤",
            Self::Greater => ">",
            Self::AtLeast => "≥",
            Self::IsSet => "is set",
            Self::IsNotSet => "is not set",
        }
    }

    /// Whether it compares with a value.
    pub fn takes_value(self) -> bool {
        !matches!(self, Self::IsSet | Self::IsNotSet)
    }
}
