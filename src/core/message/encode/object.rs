//! Objects: the members of a message, and maps.

use std::collections::HashSet;

use prost_reflect::{Kind, MessageDescriptor};

use super::{
    Encoder, Problem, bracket,
    field::Field,
    has_expression,
    scalar::{Leaf, Scalar, convert},
    suggest::closest,
    wire::WireType,
};
use crate::{
    message::{NodeKind, Path, ValueRef, document::shown},
    schema::kind_name,
};

/// A field of the message that was met, and the key it was met under.
struct Met<'a> {
    number: u32,
    key: ValueRef<'a>,
    /// It is not null, which means absent.
    set: bool,
    /// Its oneof, when it is an arm that is set.
    oneof: Option<String>,
}

impl<'a> Encoder<'a> {
    /// Writes the members of an object as fields of a message. `skip` is a key that is none of them.
    pub(super) fn members(
        &mut self,
        message: &MessageDescriptor,
        object: ValueRef<'a>,
        skip: Option<&str>,
    ) {
        let mut met: Vec<Met<'a>> = Vec::with_capacity(object.len());
        for member in self.children(object) {
            let Some(key) = member.key() else { continue };
            if skip == Some(&*key) {
                continue;
            }
            let Some(field) = Field::find(message, &key) else {
                self.unknown_key(message, member, &key);
                continue;
            };
            let number = field.number();
            if let Some(first) = met.iter().find(|met| met.number == number) {
                self.duplicate(member, first.key);
            } else {
                let is_null = member.kind() == NodeKind::Null && !field.takes_null();
                let oneof = if is_null { None } else { field.oneof() };
                if let Some(name) = &oneof
                    && let Some(other) = met.iter().find(|met| met.oneof.as_ref() == Some(name))
                {
                    self.two_arms(member, other.key, name);
                }
                met.push(Met {
                    number,
                    key: member,
                    set: !is_null,
                    oneof,
                });
            }
            self.field(&field, member);
        }
        let is_set = |number| met.iter().any(|met| met.number == number && met.set);
        self.required(message, is_set, || object.path(), bracket(object));
    }

    /// Reports the required fields (of proto2 and editions) that are not among those set.
    pub(super) fn required(
        &mut self,
        message: &MessageDescriptor,
        is_set: impl Fn(u32) -> bool,
        path: impl Fn() -> Path,
        range: std::ops::Range<usize>,
    ) {
        for field in message.fields() {
            if field.is_required() && !is_set(field.number()) {
                let problem = Problem::new(format!("required field `{}` is missing", field.name()))
                    .hint(format!("`{}` needs it", message.full_name()));
                self.report_with(|| path().key(field.json_name()), range.clone(), problem);
            }
        }
    }

    fn unknown_key(&mut self, message: &MessageDescriptor, member: ValueRef<'a>, key: &str) {
        let name = message.full_name();
        let problem = if key.starts_with('[') {
            let extensions: Vec<String> = message
                .extensions()
                .map(|extension| format!("[{}]", extension.full_name()))
                .collect();
            let problem = Problem::new(format!("`{name}` has no extension {}", shown(key)));
            match closest(key, extensions.iter().map(String::as_str)) {
                Some(near) => problem
                    .hint(format!("did you mean `{near}`?"))
                    .fix_text(near),
                None => problem.hint("extensions are written \"[package.name]\""),
            }
        } else {
            let fields: Vec<_> = message.fields().collect();
            let names = fields
                .iter()
                .flat_map(|field| [field.json_name(), field.name()]);
            let problem = Problem::new(format!("`{name}` has no field {}", shown(key)));
            match closest(key, names) {
                Some(near) => problem
                    .hint(format!("did you mean `{near}`?"))
                    .fix_text(near),
                None if fields.is_empty() => problem.hint("it has no fields"),
                None if fields.len() <= 6 => {
                    let names: Vec<&str> = fields.iter().map(|field| field.json_name()).collect();
                    problem.hint(format!("it has {}", names.join(", ")))
                }
                None => problem,
            }
        };
        let range = member.key_range().unwrap_or(member.range());
        self.report_with(|| member.path(), range, problem);
    }

    fn duplicate(&mut self, member: ValueRef<'a>, first: ValueRef<'a>) {
        let written = |value: ValueRef<'a>| value.key().unwrap_or_default();
        let problem = if written(member) == written(first) {
            Problem::new(format!("{} stands twice", shown(&written(member))))
        } else {
            Problem::new(format!(
                "{} and {} name the same field",
                shown(&written(first)),
                shown(&written(member))
            ))
        };
        let range = member.key_range().unwrap_or(member.range());
        self.report_with(|| member.path(), range, problem.hint("remove one of them"));
    }

    fn two_arms(&mut self, member: ValueRef<'a>, other: ValueRef<'a>, oneof: &str) {
        let problem = Problem::new(format!(
            "{} and {} are both set, but oneof `{oneof}` holds one",
            shown(&other.key().unwrap_or_default()),
            shown(&member.key().unwrap_or_default())
        ))
        .hint("remove one of them");
        let range = member.key_range().unwrap_or(member.range());
        self.report_with(|| member.path(), range, problem);
    }

    /// Writes a map: one entry message a member.
    pub(super) fn map(&mut self, field: &Field, value: ValueRef<'a>) {
        let Kind::Message(entry) = field.kind() else {
            return;
        };
        let (key_kind, value_field) = (
            entry.map_entry_key_field().kind(),
            Field::Own(entry.map_entry_value_field()),
        );
        if value.kind() != NodeKind::Object {
            let what = format!(
                "an object (map<{}, {}>)",
                kind_name(&key_kind),
                kind_name(&value_field.kind())
            );
            return self.mismatch(value, &what);
        }
        let mut keys = HashSet::with_capacity(value.len());
        for member in self.children(value) {
            let key = self.map_key(&key_kind, member);
            let start = self.out.len();
            self.out.tag(field.number(), WireType::Length);
            let mark = self.out.begin();
            let body = self.out.len();
            if let Some(key) = &key {
                self.out.tag(1, key.wire_type());
                key.write(&mut self.out);
                if !keys.insert(self.out.since(body).to_vec()) {
                    let written = member.key().unwrap_or_default();
                    let problem = Problem::new(format!("key {} stands twice", shown(&written)))
                        .hint("remove one of the entries");
                    let range = member.key_range().unwrap_or(member.range());
                    self.report_with(|| member.path(), range, problem);
                }
            }
            if !self.is_null_item(&value_field, member) {
                self.single(&value_field, member, true);
            }
            self.out.end(mark);
            if key.is_none() {
                self.out.truncate(start);
            }
        }
    }

    /// A map's key as its type has it: always a string in JSON.
    fn map_key(&mut self, kind: &Kind, member: ValueRef<'a>) -> Option<Scalar<'a>> {
        let text = self.key_text(member)?;
        // Keys are strings whatever their type is; a boolean has no other way to be written.
        let leaf = Leaf::Text {
            text,
            computed: *kind == Kind::Bool,
        };
        match convert(kind, leaf) {
            Ok(key) => Some(key),
            Err(problem) => {
                let range = member.key_range().unwrap_or(member.range());
                let problem = match member.key().filter(|key| has_expression(key)) {
                    Some(written) => problem.of_expression(&written),
                    None => problem,
                };
                self.report_with(|| member.path(), range, problem);
                None
            }
        }
    }
}
