//! protovalidate: the rules a schema carries in its options, told at a field and checked in a body.
//!
//! Standard rules are checked by our own code, custom and predefined ones by an interpreter of CEL.
//! A broken rule is a [`Diagnostic`](super::Diagnostic) with the rule's id: the body can be sent all the same, since people
//! test their servers. A rule that cannot be checked is a note, never a fault of the body.
//! Spec: `buf/validate/validate.proto` as it comes with the program.

mod options;
mod rules;
#[cfg(test)]
mod tests;
mod words;

pub use options::{CelRule, Ignore};
pub use rules::{
    BytesFormat, BytesRules, EnumRules, FieldRules, KindRules, Limit, ListRules, MapRules,
    MaskRules, Number, NumberRules, OrderRules, RepeatedRules, StringFormat, StringRules,
    TimestampRules, field_rules,
};
pub use words::{rules_of, rules_of_message, rules_of_oneof};
