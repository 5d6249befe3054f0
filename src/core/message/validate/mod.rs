//! protovalidate: the rules a schema carries in its options, told at a field and checked in a body.
//!
//! Standard rules are checked by our own code, custom and predefined ones by an interpreter of CEL.
//! A broken rule is a [`Diagnostic`](super::Diagnostic) with the rule's id: the body can be sent all
//! the same, since people test their servers. A rule that cannot be checked is a note, never a fault of
//! the body.
//!
//! ```text
//! options ─► rules ─► words                            (what a field wants)
//!              └────► plan: standard, cel ─► check ─► place   (what a body breaks)
//! ```
//! Spec: `buf/validate/validate.proto` as it comes with the program.

mod cel;
mod check;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod options;
mod pattern;
mod place;
mod plan;
mod read;
mod rules;
mod standard;
#[cfg(test)]
mod tests;
mod unique;
mod words;

/// Bytes of stack that a thread needs which compiles or runs a [`CelFilter`].
pub const CEL_STACK: usize = cel::STACK;

pub use cel::{CelFilter, CelProblem, MessageFacts};
pub use check::{FieldStep, Findings, Subscript, Unchecked, Violation};
pub use options::{CelRule, Ignore};
pub use place::Validation;
pub use read::field_rules;
pub use rules::{
    BytesFormat, BytesRules, EnumRules, FieldRules, KindRules, Limit, ListRules, MapRules,
    MaskRules, Number, NumberRules, OrderRules, RepeatedRules, StringFormat, StringRules,
    TimestampRules,
};
pub use words::{rules_of, rules_of_message, rules_of_oneof};

use std::{
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use prost_reflect::{DynamicMessage, MessageDescriptor, OneofDescriptor, Value};

use super::Document;
use plan::Plans;

/// Checks a body that encodes against the rules of its type. Free where the schema has none; else about
/// 50 ms for a body of a megabyte, so work for a thread that does not draw.
///
/// `wire` is the body as [`super::encode`] gave it: variables are filled in there.
pub fn validate(document: &Document, message: &MessageDescriptor, wire: &[u8]) -> Validation {
    if !Plans::of(message.parent_pool()).is_ruled(message) {
        return Validation::default();
    }
    // More levels than decode have no rules that a server would reach either.
    let decoded = DynamicMessage::decode(message.clone(), wire);
    decoded.map_or_else(
        |_| Validation::default(),
        |decoded| place::diagnostics(&check(&decoded), document),
    )
}

/// Whether there is anything to check in a message, at whatever depth.
pub fn has_rules(message: &MessageDescriptor) -> bool {
    Plans::of(message.parent_pool()).is_ruled(message)
}

/// Checks a message against the rules of its type.
pub fn check(message: &DynamicMessage) -> Findings {
    use prost_reflect::ReflectMessage;
    let descriptor = message.descriptor();
    let plans = Plans::of(descriptor.parent_pool());
    if !plans.is_ruled(&descriptor) {
        return Findings::default();
    }
    // Expressions need more stack than the thread of a caller has.
    thread::scope(|scope| {
        let check = || {
            cel::refill();
            check::check(&plans, message, now())
        };
        let thread = thread::Builder::new().stack_size(cel::STACK);
        let running = thread
            .name("validate".to_owned())
            .spawn_scoped(scope, check);
        let running = running.ok().and_then(|running| running.join().ok());
        running.unwrap_or_default()
    })
}

/// Whether a text or bytes keep standard rules; not where these cannot be applied.
pub(super) fn keeps(rules: &KindRules, value: &Value) -> bool {
    let standard = standard::Standard::new(String::new(), rules.clone(), None);
    let broken = standard.and_then(|standard| standard.check(value, 0));
    broken.is_ok_and(|broken| broken.is_empty())
}

/// Fields of a message of which at most one may be set, by name, and whether one has to be.
pub(super) fn field_groups(message: &MessageDescriptor) -> Vec<(Vec<String>, bool)> {
    let rules = options::of_message(message).unwrap_or_default();
    let groups = rules.oneofs.into_iter();
    groups.map(|group| (group.fields, group.required)).collect()
}

/// Whether one of a oneof's fields has to be set.
pub(super) fn needs_arm(oneof: &OneofDescriptor) -> bool {
    options::is_required(oneof)
}

/// Nanoseconds since 1970.
fn now() -> standard::Now {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
    })
}
