//! Findings as diagnostics: their place in the text.

use prost_reflect::MapKey;

use super::check::{FieldStep, Findings, Subscript, Unchecked, Violation};
use crate::message::{Diagnostic, Document, NodeKind, Path, ValueRef};

/// What a check of a body found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validation {
    /// Broken rules, in the order of the text.
    pub broken: Vec<Diagnostic>,
    /// Rules that cannot be checked. They say nothing against the body.
    pub notes: Vec<Diagnostic>,
}

pub(super) fn diagnostics(findings: &Findings, document: &Document) -> Validation {
    let mut broken: Vec<_> = findings
        .violations
        .iter()
        .map(|violation| of_violation(violation, document))
        .collect();
    broken.sort_by_key(|it| (it.range.start, it.range.end));
    let notes = findings.unchecked.iter();
    Validation {
        broken,
        notes: notes.map(|it| of_unchecked(it, document)).collect(),
    }
}

fn of_violation(violation: &Violation, document: &Document) -> Diagnostic {
    let (path, range) = find(&violation.field, violation.for_key, document);
    let wanted = hint(violation);
    Diagnostic {
        path,
        range,
        message: violation.message.clone(),
        hint: wanted,
        rule: Some(violation.id.clone()),
        fix: None,
    }
}

/// All that the field's rules want, where that is more than the one that is broken.
fn hint(violation: &Violation) -> Option<String> {
    let field = violation.field.last()?.field.as_ref()?;
    let words = super::rules_of(field);
    (words.len() > 1).then(|| format!("wanted: {}", words.join("; ")))
}

fn of_unchecked(unchecked: &Unchecked, document: &Document) -> Diagnostic {
    let (path, range) = find(&unchecked.field, false, document);
    Diagnostic {
        path,
        range,
        message: format!("the rule cannot be checked: {}", unchecked.reason),
        hint: unchecked
            .by_schema
            .then(|| "it is the schema that is wrong, not the body".to_owned()),
        rule: Some(unchecked.rule.clone()),
        fix: None,
    }
}

/// The value, or the bracket of the object it is missing in.
fn find(steps: &[FieldStep], for_key: bool, document: &Document) -> (Path, std::ops::Range<usize>) {
    let Some(mut at) = document.root() else {
        return (named(Path::root(), steps), 0..0);
    };
    for (level, step) in steps.iter().enumerate() {
        let is_last = level + 1 == steps.len();
        let Some(field) = &step.field else {
            return (at.path(), bracket(at));
        };
        let member = field_of(at, field);
        let Some(member) = member else {
            return (named(at.path(), &steps[level..]), bracket(at));
        };
        let inside = match &step.subscript {
            None => Some(member),
            Some(Subscript::Index(index)) => member.item(*index),
            Some(Subscript::Key(key)) => member.member(&key_text(key)),
        };
        let Some(inside) = inside else {
            return (member.path(), bracket(member));
        };
        if is_last
            && for_key
            && let Some(key) = inside.key_range()
        {
            return (inside.path(), key);
        }
        at = inside;
    }
    // A message is pointed at by its bracket, or all of it were underlined.
    let range = match at.kind() {
        NodeKind::Object | NodeKind::Array => bracket(at),
        _ => at.range(),
    };
    (at.path(), range)
}

fn field_of<'a>(
    object: ValueRef<'a>,
    field: &prost_reflect::FieldDescriptor,
) -> Option<ValueRef<'a>> {
    object
        .member(field.json_name())
        .or_else(|| object.member(field.name()))
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(flag) => flag.to_string(),
        MapKey::I32(number) => number.to_string(),
        MapKey::I64(number) => number.to_string(),
        MapKey::U32(number) => number.to_string(),
        MapKey::U64(number) => number.to_string(),
        MapKey::String(text) => text.clone(),
    }
}

/// A path further down, where the text has nothing.
fn named(mut path: Path, steps: &[FieldStep]) -> Path {
    for step in steps {
        if let Some(field) = &step.field {
            path = path.key(field.json_name());
        }
        match &step.subscript {
            Some(Subscript::Index(index)) => path = path.index(*index),
            Some(Subscript::Key(key)) => path = path.key(key_text(key)),
            None => {}
        }
    }
    path
}

/// The opening bracket, or a value that has none.
fn bracket(value: ValueRef<'_>) -> std::ops::Range<usize> {
    let range = value.range();
    match value.kind() {
        NodeKind::Object | NodeKind::Array => range.start..range.start + 1,
        _ => range,
    }
}
