//! What a text with expressions gives now, for people who look at it before they send it.

use std::ops::Range;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{
    super::{
        Path, Step,
        document::{Document, ValueRef, quote},
        encode::camel,
        find_field,
    },
    Evaluator, Scope, TemplateError, compiled,
    functions::{FUNCTIONS, about},
    names,
    scan::next_expression,
    shown,
};

/// Stands in place of what must not be seen.
pub const MASK: &str = "••••••";

/// A function that every expression may call, for help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateFunction {
    /// Its name.
    pub name: &'static str,
    /// As it is written, with what it takes.
    pub call: &'static str,
    /// What it gives, in few words.
    pub about: &'static str,
}

/// All functions of expressions.
pub fn template_functions() -> impl Iterator<Item = TemplateFunction> {
    FUNCTIONS.into_iter().map(|name| {
        let (call, about) = about(name);
        TemplateFunction { name, call, about }
    })
}

/// A piece of a text, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewPart {
    /// It stands for itself.
    Literal(Range<usize>),
    /// An expression and what it gives now; functions of time and chance give something else when it is
    /// sent.
    Value {
        /// The bytes of the `{{ … }}`.
        range: Range<usize>,
        /// What it gives; [`MASK`] where `secret`.
        text: String,
        /// It uses a secret variable: what it gives is not shown.
        secret: bool,
    },
    /// An expression that gives nothing; a text is not sent with one.
    Failed(TemplateError),
}

/// Resolves every expression of a text by itself, so that one that fails does not hide the others.
/// `is_secret` tells of a variable whether its value may be seen.
pub fn preview(text: &str, scope: &Scope, is_secret: impl Fn(&str) -> bool) -> Vec<PreviewPart> {
    let evaluator = Evaluator::new(scope);
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(found) = next_expression(text, at) {
        let start = match &found {
            Ok(range) => range.start,
            Err(error) => error.range.start,
        };
        if start > at {
            parts.push(PreviewPart::Literal(at..start));
        }
        at = match found {
            Ok(range) => {
                let end = range.end;
                parts.push(value(&evaluator, text, range, &is_secret));
                end
            }
            Err(error) => {
                let end = error.range.end;
                parts.push(PreviewPart::Failed(error));
                end
            }
        };
    }
    if at < text.len() {
        parts.push(PreviewPart::Literal(at..text.len()));
    }
    parts
}

fn value(
    evaluator: &Evaluator<'_>,
    text: &str,
    range: Range<usize>,
    is_secret: &impl Fn(&str) -> bool,
) -> PreviewPart {
    let secret = compiled(text, &range).is_ok() && names(&text[range.clone()]).any(is_secret);
    match evaluator.evaluate(text, &range) {
        Ok(_) if secret => PreviewPart::Value {
            range,
            text: MASK.to_owned(),
            secret,
        },
        Ok(value) => PreviewPart::Value {
            range,
            text: shown(&value),
            secret,
        },
        // The words of minijinja may hold a value.
        Err(error) if secret && error.undefined.is_none() => PreviewPart::Failed(TemplateError {
            message: "the expression fails with the value of a secret".to_owned(),
            ..error
        }),
        Err(error) => PreviewPart::Failed(error),
    }
}

/// Masks what secret variables gave in the JSON that a body became, for showing it. By the places of the
/// body that use one: the encoder may have written a value anew, bytes in the other alphabet or a time in UTC.
/// Of a value that stands as the expressions give it, only what comes of a secret is masked; any other is
/// masked whole.
pub fn mask_secrets(
    json: String,
    body: &Document,
    message: &MessageDescriptor,
    scope: &Scope,
    is_secret: impl Fn(&str) -> bool,
) -> String {
    let mut shown = Document::new(json);
    let mut waiting: Vec<ValueRef<'_>> = body.root().into_iter().collect();
    while let Some(value) = waiting.pop() {
        let mut path = value.path();
        let mut text = None;
        if value.key().is_some_and(|key| uses_secret(&key, &is_secret)) {
            // Under which key it came to stand is not known: nothing of its map is shown.
            path.0.pop();
        } else {
            text = value.string().filter(|it| uses_secret(it, &is_secret));
            if text.is_none() {
                waiting.extend(value.children());
                continue;
            }
        }
        if let Some(place) = shown_at(&shown, message, &path) {
            let stands = shown.value(&place).and_then(|value| value.string());
            let in_part = stands.and_then(|stands| mask_in(&text?, &stands, scope, &is_secret));
            shown.set(&place, &quote(in_part.as_deref().unwrap_or(MASK)));
        }
    }
    shown.text().to_owned()
}

/// A text of which only what secrets gave is masked; `None` unless `stands` is what it gives.
fn mask_in(
    text: &str,
    stands: &str,
    scope: &Scope,
    is_secret: &impl Fn(&str) -> bool,
) -> Option<String> {
    let given = Evaluator::new(scope).expand(text).ok()?;
    if given != stands {
        return None;
    }
    let parts = preview(text, scope, is_secret).into_iter();
    parts
        .map(|part| match part {
            PreviewPart::Literal(range) => text.get(range).map(str::to_owned),
            PreviewPart::Value { text, .. } => Some(text),
            PreviewPart::Failed(_) => None,
        })
        .collect()
}

fn uses_secret(text: &str, is_secret: &impl Fn(&str) -> bool) -> bool {
    let mut at = 0;
    while let Some(Ok(range)) = next_expression(text, at) {
        at = range.end;
        if names(&text[range]).any(is_secret) {
            return true;
        }
    }
    false
}

/// Where a value of a body stands in the JSON that it became; what holds it, where its own place cannot be
/// told. `None` when it is not there.
fn shown_at(shown: &Document, message: &MessageDescriptor, path: &Path) -> Option<Path> {
    let mut at = Path::root();
    let mut within = Some(message.clone());
    // The list or map whose items come next.
    let mut items: Option<FieldDescriptor> = None;
    for step in &path.0 {
        let next = match step {
            Step::Index(index) => at.index(*index),
            Step::Key(key) if items.is_some() => at.key(key),
            Step::Key(key) => {
                let field = within.as_ref().and_then(|message| find_field(message, key));
                let Some(field) = field else {
                    // A member of an Any, an extension, any JSON.
                    let as_written = [at.key(key), at.key(camel(key))];
                    let mut there = as_written.into_iter();
                    let Some(next) = there.find(|path| shown.value(path).is_some()) else {
                        return Some(at);
                    };
                    (at, within) = (next, None);
                    continue;
                };
                let next = at.key(field.json_name());
                shown.value(&next)?;
                at = next;
                if field.is_list() || field.is_map() {
                    items = Some(field);
                } else {
                    within = message_of(&field.kind());
                }
                continue;
            }
        };
        shown.value(&next)?;
        at = next;
        if let Some(field) = items.take() {
            within = match field.kind() {
                Kind::Message(entry) if field.is_map() => {
                    message_of(&entry.map_entry_value_field().kind())
                }
                kind => message_of(&kind),
            };
        }
    }
    Some(at)
}

fn message_of(kind: &Kind) -> Option<MessageDescriptor> {
    kind.as_message().cloned()
}
