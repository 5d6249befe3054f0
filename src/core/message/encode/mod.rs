//! A document to wire bytes, guided by descriptors.
//!
//! Walks the spans of the text; neither a tree of the JSON nor a message is built. Numbers keep
//! their digits, strings that are one expression take their field's type, and every fault carries a
//! path and a range. Fields are written in the order of the text.
//! Recursion is bounded by the document's own limit on nesting.
//! Spec: protobuf.dev, "ProtoJSON Format" and "Encoding".

pub(crate) mod field;
mod known;
mod number;
mod object;
#[cfg(test)]
mod oracle;
mod scalar;
mod suggest;
#[cfg(test)]
mod tests;
mod time;
pub(crate) mod wire;

use std::{
    borrow::Cow,
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use prost_reflect::{Kind, MessageDescriptor};

use self::{
    field::Field,
    scalar::{Leaf, Problem, convert, expected},
    wire::{Wire, WireType},
};
use super::{
    Document, NodeKind, Path, Scope, ValueRef,
    document::{escaped_range, unescape},
    template::{Evaluator, Resolved, TemplateError},
};
use crate::schema::{Schema, kind_name};

pub(super) use self::time::{
    DURATION_SECONDS, TIMESTAMP_SECONDS, camel, parse_duration, parse_timestamp, snake_path,
};
pub(crate) use self::{scalar::Scalar, suggest::closest};

/// Diagnostics of one body; what follows would only repeat them.
const MAX_DIAGNOSTICS: usize = 200;
/// Protobuf's own limit for a message.
const MAX_MESSAGE: usize = i32::MAX as usize;

/// Something in a body that does not fit, with its place in both views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The field's path.
    pub path: Path,
    /// The bytes of the text it is about.
    pub range: Range<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
    /// The id of the protovalidate rule that is broken: the body encodes and may be sent all the same.
    /// `None` where it does not encode.
    pub rule: Option<String>,
    /// An edit of the text that mends it.
    pub fix: Option<TextFix>,
}

/// An edit that mends a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFix {
    /// What it does, for a button or a menu: "Change to `ORDER_OPEN`".
    pub title: String,
    /// The bytes of the text it replaces.
    pub range: Range<usize>,
    /// What comes in their place.
    pub with: String,
}

/// Encodes a body. Numbers keep their digits; variables are expanded; a string that is one
/// expression takes the type of its field. An empty text is an empty message.
///
/// # Errors
/// Every place that does not fit, in the order of the text; at most 200. A text that does not parse
/// has one.
pub fn encode(
    document: &Document,
    message: &MessageDescriptor,
    scope: &Scope,
) -> Result<Bytes, Vec<Diagnostic>> {
    encode_with(document, message, scope, None, None)
}

fn encode_with(
    document: &Document,
    message: &MessageDescriptor,
    scope: &Scope,
    schema: Option<&Schema>,
    stop: Option<&AtomicBool>,
) -> Result<Bytes, Vec<Diagnostic>> {
    if let Some(error) = document.syntax_error() {
        return Err(vec![error.clone()]);
    }
    let mut encoder = Encoder {
        evaluator: Evaluator::new(scope),
        schema,
        stop,
        diagnostics: Vec::new(),
        // Bytes are shorter than their text, but for lists of small numbers not by more.
        out: Wire::with_capacity(document.text().len() / 2 + 16),
    };
    match document.root() {
        Some(root) => encoder.message(message, root),
        None => encoder.required(message, |_| false, Path::root, 0..0),
    }
    if encoder.out.len() > MAX_MESSAGE {
        let problem = Problem::new("the message is longer than 2 GiB, protobuf's limit");
        encoder.report(Path::root(), 0..0, problem);
    }
    if encoder.diagnostics.is_empty() {
        return Ok(Bytes::from(encoder.out.into_bytes()));
    }
    encoder
        .diagnostics
        .sort_by_key(|d| (d.range.start, d.range.end));
    Err(encoder.diagnostics)
}

/// The same; what an Any holds may be any type of a schema.
///
/// # Errors
/// As [`encode`].
pub fn encode_within(
    document: &Document,
    message: &MessageDescriptor,
    scope: &Scope,
    schema: &Schema,
) -> Result<Bytes, Vec<Diagnostic>> {
    encode_with(document, message, scope, Some(schema), None)
}

/// As [`encode_within`]. `stop` is looked at before every member and item; once it is set, the result is
/// of no use.
pub(super) fn encode_until(
    document: &Document,
    message: &MessageDescriptor,
    scope: &Scope,
    schema: &Schema,
    stop: &AtomicBool,
) -> Result<Bytes, Vec<Diagnostic>> {
    encode_with(document, message, scope, Some(schema), Some(stop))
}

/// As [`encode`], for the marks while typing: only the diagnostics.
pub fn check(document: &Document, message: &MessageDescriptor, scope: &Scope) -> Vec<Diagnostic> {
    encode(document, message, scope).err().unwrap_or_default()
}

struct Encoder<'a> {
    evaluator: Evaluator<'a>,
    /// Where the types of Anys are found that are not in the message's own pool.
    schema: Option<&'a Schema>,
    /// Set when nobody waits for the result any more.
    stop: Option<&'a AtomicBool>,
    diagnostics: Vec<Diagnostic>,
    out: Wire,
}

impl<'a> Encoder<'a> {
    /// Members or items; none any more once this was stopped.
    fn children(&self, value: ValueRef<'a>) -> impl Iterator<Item = ValueRef<'a>> + use<'a> {
        let stop = self.stop;
        let goes_on = move |_: &ValueRef<'a>| !stop.is_some_and(|it| it.load(Ordering::Relaxed));
        value.children().take_while(goes_on)
    }

    /// Writes a message without tag and length.
    fn message(&mut self, message: &MessageDescriptor, value: ValueRef<'a>) {
        if self.known_message(message, value) {
            return;
        }
        if value.kind() != NodeKind::Object {
            return self.mismatch(value, &format!("an object ({})", message.full_name()));
        }
        self.members(message, value, None);
    }

    /// Writes a field that is present.
    fn field(&mut self, field: &Field, value: ValueRef<'a>) {
        if value.kind() == NodeKind::Null && (field.is_repeated() || !field.takes_null()) {
            return;
        }
        if field.is_map() {
            self.map(field, value);
        } else if field.is_repeated() {
            self.list(field, value);
        } else {
            self.single(field, value, field.has_presence());
        }
    }

    /// Writes one value with its tag. Without `keep_default`, a default value is left out.
    fn single(&mut self, field: &Field, value: ValueRef<'a>, keep_default: bool) {
        let number = field.number();
        let kind = field.kind();
        let Kind::Message(message) = &kind else {
            if let Some(scalar) = self.scalar(&kind, value)
                && (keep_default || !scalar.is_default())
            {
                self.out.tag(number, scalar.wire_type());
                scalar.write(&mut self.out);
            }
            return;
        };
        if self.is_unset(message, value) {
            return;
        }
        if field.is_group() {
            self.out.tag(number, WireType::GroupStart);
            self.message(message, value);
            self.out.tag(number, WireType::GroupEnd);
        } else if field.is_item() {
            self.out.tag(1, WireType::GroupStart);
            self.out.tag(2, WireType::Varint);
            self.out.varint(u64::from(number));
            self.out.tag(3, WireType::Length);
            let mark = self.out.begin();
            self.message(message, value);
            self.out.end(mark);
            self.out.tag(1, WireType::GroupEnd);
        } else {
            self.out.tag(number, WireType::Length);
            let mark = self.out.begin();
            self.message(message, value);
            self.out.end(mark);
        }
    }

    fn list(&mut self, field: &Field, value: ValueRef<'a>) {
        if value.kind() != NodeKind::Array {
            let name = kind_name(&field.kind());
            let problem = Problem::new(format!(
                "expected a list of {name}, found {}",
                describe(value)
            ))
            .hint(format!("put it in brackets: [{}]", excerpt(value.text())));
            // An object is marked at its bracket alone: the fix would put that in brackets.
            let problem = match value.kind() {
                NodeKind::Object | NodeKind::Array => problem,
                _ => problem.fix("Put it in brackets", format!("[{}]", value.text())),
            };
            return self.at(value, problem);
        }
        if field.is_packed() {
            if value.is_empty() {
                return;
            }
            self.out.tag(field.number(), WireType::Length);
            let mark = self.out.begin();
            let kind = field.kind();
            for item in self.children(value) {
                if self.is_null_item(field, item) {
                    continue;
                }
                if let Some(scalar) = self.scalar(&kind, item) {
                    scalar.write(&mut self.out);
                }
            }
            self.out.end(mark);
            return;
        }
        for item in self.children(value) {
            if !self.is_null_item(field, item) {
                self.single(field, item, true);
            }
        }
    }

    /// Reports `null` where a list or a map cannot hold it.
    fn is_null_item(&mut self, field: &Field, item: ValueRef<'a>) -> bool {
        if item.kind() != NodeKind::Null || field.takes_null() {
            return false;
        }
        let (what, hint) = if item.key_range().is_some() {
            ("a map", "remove the entry")
        } else {
            ("a list", "remove the item")
        };
        self.at(
            item,
            Problem::new(format!("{what} cannot hold null")).hint(hint),
        );
        true
    }

    /// A scalar field's value; `None` when it is absent, or does not fit and was reported.
    fn scalar(&mut self, kind: &Kind, value: ValueRef<'a>) -> Option<Scalar<'a>> {
        let takes_null =
            matches!(kind, Kind::Enum(e) if e.full_name() == "google.protobuf.NullValue");
        if matches!(value.kind(), NodeKind::Object | NodeKind::Array) {
            self.mismatch(value, &kind_name(kind));
            return None;
        }
        let leaf = self.leaf(value)?;
        // An expression without a value says absent, as `null` does.
        if leaf == Leaf::Null && !takes_null {
            return None;
        }
        // What an expression gave where text is due is text.
        let leaf = match leaf {
            Leaf::Number(text) if *kind == Kind::String && value.kind() == NodeKind::String => {
                Leaf::Text {
                    text,
                    computed: true,
                }
            }
            Leaf::Bool(flag) if *kind == Kind::String && value.kind() == NodeKind::String => {
                Leaf::Text {
                    text: Cow::Owned(flag.to_string()),
                    computed: true,
                }
            }
            other => other,
        };
        match convert(kind, leaf) {
            Ok(scalar) => Some(scalar),
            Err(problem) => {
                self.at(value, problem);
                None
            }
        }
    }

    /// A scalar of the text, its expressions expanded; `None` when that failed and was reported, and
    /// for objects and arrays.
    fn leaf(&mut self, value: ValueRef<'a>) -> Option<Leaf<'a>> {
        match value.kind() {
            NodeKind::Null => Some(Leaf::Null),
            NodeKind::Bool => Some(Leaf::Bool(value.text() == "true")),
            NodeKind::Number => Some(Leaf::Number(Cow::Borrowed(value.text()))),
            NodeKind::Object | NodeKind::Array => None,
            NodeKind::String => {
                let inside = value.inside()?;
                let text = self.unescaped(value, inside, value.range().start + 1)?;
                if !has_expression(&text) {
                    return Some(Leaf::Text {
                        text,
                        computed: false,
                    });
                }
                let result = match self.evaluator.expression(&text) {
                    Some(resolved) => resolved.map(|resolved| match resolved {
                        Resolved::Null => Leaf::Null,
                        Resolved::Bool(value) => Leaf::Bool(value),
                        Resolved::Number(digits) => Leaf::Number(Cow::Owned(digits)),
                        Resolved::Text(text) => Leaf::Text {
                            text: Cow::Owned(text),
                            computed: true,
                        },
                    }),
                    None => self.evaluator.expand(&text).map(|text| Leaf::Text {
                        text: Cow::Owned(text),
                        computed: false,
                    }),
                };
                match result {
                    Ok(leaf) => Some(leaf),
                    Err(error) => {
                        self.template_fault(value, inside, value.range().start + 1, error);
                        None
                    }
                }
            }
        }
    }

    /// The text of a string value; `None` when it is none or failed, which was reported.
    fn text_of(&mut self, value: ValueRef<'a>, what: &str) -> Option<Cow<'a, str>> {
        if value.kind() != NodeKind::String {
            self.mismatch(value, what);
            return None;
        }
        match self.leaf(value)? {
            Leaf::Text { text, .. } => Some(text),
            other => {
                self.at(value, expected(what, &other));
                None
            }
        }
    }

    /// A map's key, its expressions expanded.
    fn key_text(&mut self, member: ValueRef<'a>) -> Option<Cow<'a, str>> {
        let range = member.key_range()?;
        let inside = member.key_inside()?;
        let text = self.unescaped(member, inside, range.start + 1)?;
        if !has_expression(&text) {
            return Some(text);
        }
        match self.evaluator.expand(&text) {
            Ok(text) => Some(Cow::Owned(text)),
            Err(error) => {
                self.template_fault(member, inside, range.start + 1, error);
                None
            }
        }
    }

    fn unescaped(
        &mut self,
        value: ValueRef<'a>,
        inside: &'a str,
        offset: usize,
    ) -> Option<Cow<'a, str>> {
        match unescape(inside) {
            Ok(text) => Some(text),
            Err(lone) => {
                let range = offset + lone.range.start..offset + lone.range.end;
                let problem = Problem::new(format!(
                    "`{}` is half of a surrogate pair and no character",
                    &inside[lone.range]
                ))
                .hint("both halves must stand side by side");
                self.report(value.path(), range, problem);
                None
            }
        }
    }

    fn template_fault(
        &mut self,
        value: ValueRef<'a>,
        inside: &str,
        offset: usize,
        error: TemplateError,
    ) {
        let place = escaped_range(inside, error.range);
        let problem = Problem::new(error.message);
        let problem = match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        };
        self.report(
            value.path(),
            offset + place.start..offset + place.end,
            problem,
        );
    }

    fn mismatch(&mut self, value: ValueRef<'a>, what: &str) {
        let problem = Problem::new(format!("expected {what}, found {}", describe(value)));
        self.at(value, problem);
    }

    /// Reports a problem of a value. A long object or array is marked at its bracket.
    fn at(&mut self, value: ValueRef<'a>, mut problem: Problem) {
        let range = match value.kind() {
            NodeKind::Object | NodeKind::Array => bracket(value),
            _ => {
                if let Some(written) = value.string().filter(|text| has_expression(text)) {
                    problem = problem.of_expression(&written);
                }
                value.range()
            }
        };
        self.report_with(|| value.path(), range, problem);
    }

    fn report(&mut self, path: Path, range: Range<usize>, problem: Problem) {
        self.report_with(|| path, range, problem);
    }

    /// Paths are made only for what is kept: a list of faults costs no walk each.
    fn report_with(&mut self, path: impl FnOnce() -> Path, range: Range<usize>, problem: Problem) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            let (message, hint, fix) = problem.into_words();
            let fix = fix.map(|(title, with)| TextFix {
                title,
                range: range.clone(),
                with,
            });
            self.diagnostics.push(Diagnostic {
                path: path(),
                range,
                message,
                hint,
                rule: None,
                fix,
            });
        }
    }
}

/// Whether a text may hold an expression. Most have no brace at all, which is quickly seen.
fn has_expression(text: &str) -> bool {
    text.as_bytes().contains(&b'{') && text.contains("{{")
}

/// The opening bracket of an object or array.
fn bracket(value: ValueRef<'_>) -> Range<usize> {
    let start = value.range().start;
    start..start + 1
}

fn describe(value: ValueRef<'_>) -> String {
    match value.kind() {
        NodeKind::Object => "an object".to_owned(),
        NodeKind::Array => "a list".to_owned(),
        NodeKind::Null => "null".to_owned(),
        NodeKind::String => format!(
            "the string {}",
            super::document::shown(value.inside().unwrap_or_default())
        ),
        NodeKind::Number => format!("the number {}", super::document::shown(value.text())),
        NodeKind::Bool => format!("`{}`", value.text()),
    }
}

/// The start of a value's text, for a hint.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(20) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
