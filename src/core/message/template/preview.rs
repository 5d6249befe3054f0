//! What a text with expressions gives now, for people who look at it before they send it.

use std::ops::Range;

use super::{
    super::document::{Document, ValueRef, quote},
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

/// Takes what secret variables gave out of the JSON that a body became, for showing it.
pub fn mask_secrets(
    json: String,
    body: &Document,
    scope: &Scope,
    is_secret: impl Fn(&str) -> bool,
) -> String {
    let evaluator = Evaluator::new(scope);
    let mut values: Vec<String> = Vec::new();
    let mut waiting: Vec<ValueRef<'_>> = body.root().into_iter().collect();
    while let Some(value) = waiting.pop() {
        for text in value.string().into_iter().chain(value.key()) {
            secret_values(&evaluator, &text, &is_secret, &mut values);
        }
        waiting.extend(value.children());
    }
    // The longest first: one may be part of another.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.into_iter().fold(json, |json, value| {
        let quoted = quote(&value);
        let inside = &quoted[1..quoted.len() - 1];
        if inside.is_empty() {
            json
        } else {
            json.replace(inside, MASK)
        }
    })
}

/// What the expressions of a text that use secret variables give; those that fail give nothing.
fn secret_values(
    evaluator: &Evaluator<'_>,
    text: &str,
    is_secret: &impl Fn(&str) -> bool,
    values: &mut Vec<String>,
) {
    let mut at = 0;
    while let Some(Ok(range)) = next_expression(text, at) {
        at = range.end;
        let part = value(evaluator, text, range.clone(), is_secret);
        if let PreviewPart::Value { secret: true, .. } = part
            && let Ok(value) = evaluator.evaluate(text, &range)
        {
            values.push(shown(&value));
        }
    }
}
