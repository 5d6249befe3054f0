//! Which fields of a message a style sets.

use std::collections::HashSet;

use prost_reflect::{ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::{Style, build::sizes, draw::Draw, fit, random};
use crate::{
    message::{
        form::kind::new_value,
        has_presence,
        validate::{FieldRules, Ignore, field_groups, field_rules, needs_arm},
    },
    schema::fields_in_order,
};

/// A field that is written.
pub(super) struct Chosen {
    pub(super) field: FieldDescriptor,
    pub(super) rules: Option<FieldRules>,
    /// The key it stands under.
    pub(super) key: String,
    /// Without it the body would not encode, or break a rule.
    pub(super) must: bool,
    pub(super) content: Content,
    /// Extensions that are written behind it.
    pub(super) extensions: Vec<ExtensionDescriptor>,
}

/// What of it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Value,
    /// A `null` that says absent.
    Null,
}

/// Fields whose values only a former answer of the server can give, or that would change what an answer
/// holds to something that fits no example.
const NOT_IN_EXAMPLES: [&str; 6] = [
    "page_token",
    "next_page_token",
    "etag",
    "filter",
    "order_by",
    "cursor",
];

/// The fields to write, in the order of the file; `above` ends with the message itself.
pub(super) fn chosen(
    style: Style,
    message: &MessageDescriptor,
    above: &[String],
    draw: &Draw,
) -> Vec<Chosen> {
    let mut arms = Arms::new(style, message, above, draw);
    let mut all: Vec<Chosen> = fields_in_order(message)
        .filter_map(|field| {
            let mut rules = match style {
                Style::Random => None,
                Style::Minimal | Style::Full | Style::Example => field_rules(&field),
            };
            let arm = arms.of(&field);
            if !field.is_required() && holds_endless(&field) {
                return None;
            }
            if arm == Arm::Must && !has_presence(&field) {
                // With its default it would not count as set.
                rules.get_or_insert_default().required = true;
            }
            let must = field.is_required() || has_to_be(&field, rules.as_ref()) || arm == Arm::Must;
            if arm == Arm::Other && !field.is_required() {
                return None;
            }
            let content = match style {
                _ if must => Content::Value,
                Style::Minimal => return None,
                Style::Full => Content::Value,
                Style::Example if is_left_out(&field) => return None,
                Style::Example => Content::Value,
                Style::Random => random::content(&field, message, above.len(), arm, draw)?,
            };
            Some(Chosen {
                key: random::key(style, &field, draw),
                field,
                rules,
                must,
                content,
                extensions: Vec::new(),
            })
        })
        .collect();
    if style == Style::Random
        && let Some(last) = all.last_mut()
    {
        last.extensions = random::extensions(message, above.len(), draw);
    }
    all
}

/// Whether a body without a field breaks a rule of it.
fn has_to_be(field: &FieldDescriptor, rules: Option<&FieldRules>) -> bool {
    let Some(rules) = rules.filter(|rules| rules.ignore != Ignore::Always) else {
        return false;
    };
    if rules.required {
        return true;
    }
    if field.is_list() || field.is_map() {
        return rules.ignore != Ignore::Zero && sizes(Some(rules)).0 > 0;
    }
    // Absent, it has its zero, and that is looked at.
    let zero = new_value(&field.kind());
    let kept = || fit::scalar(&field.kind(), Some(rules), zero.clone(), &mut Draw::new(0));
    !has_presence(field) && kept() != zero
}

/// Fields of which one can be set at most.
struct Group {
    name: String,
    fields: Vec<FieldDescriptor>,
    /// One of them has to be.
    required: bool,
}

/// The oneofs of a message, and what protovalidate makes one of fields.
fn groups_of(message: &MessageDescriptor) -> Vec<Group> {
    let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    let mut groups: Vec<Group> = oneofs
        .map(|oneof| Group {
            name: oneof.name().to_owned(),
            fields: oneof.fields().collect(),
            required: needs_arm(&oneof),
        })
        .collect();
    for (names, required) in field_groups(message) {
        let fields = names
            .iter()
            .filter_map(|name| message.get_field_by_name(name));
        groups.push(Group {
            name: names.join(","),
            fields: fields.collect(),
            required,
        });
    }
    groups
}

/// Whether a field's values are of a type that no value can be made of.
fn holds_endless(field: &FieldDescriptor) -> bool {
    let value = match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    };
    matches!(value, Kind::Message(message) if is_endless(&message))
}

/// Whether a type requires itself, by whatever way: no message of it ends.
pub(super) fn is_endless(message: &MessageDescriptor) -> bool {
    fn visit(
        message: &MessageDescriptor,
        above: &mut Vec<String>,
        done: &mut HashSet<String>,
    ) -> bool {
        let name = message.full_name();
        if above.iter().any(|it| it == name) {
            return true;
        }
        if !done.insert(name.to_owned()) {
            return false;
        }
        above.push(name.to_owned());
        let mut fields = message.fields().filter(FieldDescriptor::is_required);
        let found = fields.any(|field| match field.kind() {
            Kind::Message(inner) => visit(&inner, above, done),
            _ => false,
        });
        above.pop();
        found
    }
    visit(message, &mut Vec::new(), &mut HashSet::new())
}

fn is_left_out(field: &FieldDescriptor) -> bool {
    let options = field.field_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.deprecated()) || NOT_IN_EXAMPLES.contains(&field.name())
}

/// What a field is to the oneofs of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arm {
    /// It stands in none.
    None,
    /// The one that is set.
    Chosen,
    /// The one that is set, because one of them has to be.
    Must,
    /// One that is not set.
    Other,
}

/// The arms of a message's oneofs: those of the language, and those that protovalidate makes of fields.
struct Arms {
    /// Numbers of the fields of each, the one chosen, and whether one must be.
    groups: Vec<(Vec<u32>, Option<u32>, bool)>,
}

impl Arms {
    fn new(style: Style, message: &MessageDescriptor, above: &[String], draw: &Draw) -> Self {
        let groups = groups_of(message).into_iter().map(|group| {
            let draw = draw.at(&group.name, 0);
            let arm = arm(style, &group.fields, group.required, above, draw);
            let numbers = group.fields.iter().map(FieldDescriptor::number);
            (numbers.collect(), arm, group.required)
        });
        Self {
            groups: groups.collect(),
        }
    }

    fn of(&mut self, field: &FieldDescriptor) -> Arm {
        let mut found = Arm::None;
        for (numbers, chosen, required) in &self.groups {
            if !numbers.contains(&field.number()) {
                continue;
            }
            match *chosen == Some(field.number()) {
                false => return Arm::Other,
                true if *required => found = Arm::Must,
                true => found = Arm::Chosen,
            }
        }
        found
    }
}

/// The number of the arm that a style sets.
fn arm(
    style: Style,
    fields: &[FieldDescriptor],
    required: bool,
    above: &[String],
    mut draw: Draw,
) -> Option<u32> {
    let fields: Vec<&FieldDescriptor> = fields.iter().filter(|it| !holds_endless(it)).collect();
    let recurs = |field: &FieldDescriptor| match field.kind() {
        Kind::Message(message) => above.iter().any(|name| name == message.full_name()),
        _ => false,
    };
    let is_simple = |field: &FieldDescriptor| match field.kind() {
        Kind::Message(_) => false,
        Kind::Enum(descriptor) => descriptor.full_name() != "google.protobuf.NullValue",
        _ => true,
    };
    let finite: Vec<&FieldDescriptor> = fields.iter().copied().filter(|it| !recurs(it)).collect();
    let first = || finite.first().or(fields.first()).copied();
    let chosen = match style {
        Style::Minimal if !required => None,
        Style::Minimal | Style::Full => fields
            .iter()
            .copied()
            .find(|it| is_simple(it))
            .or_else(first),
        Style::Example => {
            let current: Vec<_> = finite
                .iter()
                .copied()
                .filter(|it| !is_left_out(it))
                .collect();
            current
                .get(draw.below(current.len()))
                .copied()
                .or_else(first)
        }
        Style::Random if !required && draw.one_in(6) => None,
        Style::Random => fields.get(draw.below(fields.len())).copied(),
    };
    chosen.map(FieldDescriptor::number)
}
