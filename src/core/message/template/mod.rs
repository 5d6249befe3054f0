//! `{{ … }}` in texts: minijinja expressions over the variables of the environment.
//!
//! Our scanner finds only `{{ … }}`; `{%` and `{#` are plain text. Expressions are strict (an
//! undefined name is an error), run on a fixed amount of fuel, and reach neither files nor the
//! process's environment. A variable's value is data: what stands in it is not expanded again.

mod carry;
mod functions;
mod preview;
mod scan;
#[cfg(test)]
mod tests;

use std::{cell::OnceCell, collections::BTreeMap, fmt, ops::Range};

use minijinja::{Error, ErrorKind, Expression, Value, value::ValueKind};

use self::{functions::ENVIRONMENT, scan::next_expression};
use super::encode::closest;

pub(crate) use carry::StandIns;
pub(super) use functions::{FUNCTIONS, about};
pub use preview::{MASK, PreviewPart, TemplateFunction, mask_secrets, preview, template_functions};

/// Steps an expression may take.
const FUEL: u64 = 20_000;
/// Longest expression, and longest text a filter may make.
const MAX_TEXT: usize = 1 << 20;

/// Names and values an expression may use. `uuid()`, `now()` … are always there.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Variables.
    pub variables: BTreeMap<String, String>,
}

impl fmt::Debug for Scope {
    /// Names only: some of the values are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

/// An expression that could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong: an undefined name, a syntax error …
    pub message: String,
    /// The bytes of the `{{ … }}` in the text.
    pub range: Range<usize>,
    /// What to try.
    pub hint: Option<String>,
    /// The name that is not defined, where that is what is wrong.
    pub undefined: Option<String>,
}

/// Expands every `{{ … }}` of a text; anything else is literal. `{{ "{{" }}` writes a literal.
///
/// In an expression stand the names of variables, strings, numbers, operators, minijinja's filters
/// and tests, and the functions `uuid()`, `now()` (RFC 3339, UTC), `now_ms()`, `timestamp()` (whole
/// seconds) and `random_int(low, high)` (both included).
///
/// # Errors
/// The first expression that could not be resolved.
pub fn expand(text: &str, scope: &Scope) -> Result<String, TemplateError> {
    Evaluator::new(scope).expand(text)
}

/// What an expression gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    /// A number as JSON writes it.
    Number(String),
    Text(String),
}

/// Evaluates expressions over one scope; the variables are made ready once.
pub(super) struct Evaluator<'a> {
    scope: &'a Scope,
    context: OnceCell<Value>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        Self {
            scope,
            context: OnceCell::new(),
        }
    }

    /// Expands a text.
    pub(super) fn expand(&self, text: &str) -> Result<String, TemplateError> {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(found) = next_expression(text, at) {
            let range = found?;
            out.push_str(&text[at..range.start]);
            let value = self.evaluate(text, &range)?;
            out.push_str(&shown(&value));
            at = range.end;
        }
        out.push_str(&text[at..]);
        Ok(out)
    }

    /// The value of a text that is exactly one expression; `None` when it is not.
    pub(super) fn expression(&self, text: &str) -> Option<Result<Resolved, TemplateError>> {
        match next_expression(text, 0)? {
            Ok(range) if range == (0..text.len()) => {
                Some(self.evaluate(text, &range).map(|value| resolved(&value)))
            }
            _ => None,
        }
    }

    /// The value of the expression at a range.
    fn evaluate(&self, text: &str, range: &Range<usize>) -> Result<Value, TemplateError> {
        let expression = compiled(text, range)?;
        let value = expression.eval(self.context().clone());
        let value = value.map_err(|error| self.fault(&expression, text, range, &error))?;
        if value.is_undefined() {
            return Err(self.undefined(&expression, range));
        }
        let source = text[range.start + 2..range.end - 2].trim();
        if let Some(name) = FUNCTIONS.iter().find(|name| **name == source) {
            return Err(TemplateError {
                hint: Some(format!("write `{name}()`")),
                ..fault(range, format!("`{name}` is a function"))
            });
        }
        Ok(value)
    }

    /// Why an expression gave nothing.
    fn fault(
        &self,
        expression: &Expression<'_, '_>,
        text: &str,
        range: &Range<usize>,
        error: &Error,
    ) -> TemplateError {
        match error.kind() {
            ErrorKind::UndefinedError => self.undefined(expression, range),
            ErrorKind::OutOfFuel => fault(range, "the expression takes too long".to_owned()),
            ErrorKind::UnknownFunction => TemplateError {
                hint: Some(format!(
                    "there are {}",
                    FUNCTIONS.map(|f| format!("{f}()")).join(", ")
                )),
                ..fault(range, format!("unknown function: {}", cause(error)))
            },
            _ if self.tells_value(&text[range.clone()], error) => {
                let message = "the expression fails with the values of its variables";
                fault(range, message.to_owned())
            }
            _ => fault(range, cause(error)),
        }
    }

    /// Whether minijinja's words may hold what a variable gave, which may be a secret: it names operands,
    /// which are numbers then, and the filters and tests that `map` and `select` are given as texts.
    fn tells_value(&self, source: &str, error: &Error) -> bool {
        let variables = &self.scope.variables;
        let values: Vec<&String> = names(source).filter_map(|it| variables.get(it)).collect();
        let words = cause(error);
        let is_foreign = |name: &str| !source.contains(name);
        let named = matches!(
            error.kind(),
            ErrorKind::UnknownFilter | ErrorKind::UnknownTest
        );
        let has_value = |value: &&String| !value.is_empty() && words.contains(value.as_str());
        !values.is_empty()
            && (values.iter().any(has_value)
                || words.contains(|c: char| c.is_ascii_digit())
                || named && words.split(' ').nth(1).is_none_or(is_foreign))
    }

    fn undefined(&self, expression: &Expression<'_, '_>, range: &Range<usize>) -> TemplateError {
        let mut names: Vec<String> = expression
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| {
                !self.scope.variables.contains_key(name) && !FUNCTIONS.contains(&name.as_str())
            })
            .collect();
        names.sort();
        let Some(name) = names.into_iter().next() else {
            return fault(range, "the expression has no value".to_owned());
        };
        let known = self.scope.variables.keys().map(String::as_str);
        let hint = match closest(&name, known) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("define `{name}` in the environment"),
        };
        TemplateError {
            hint: Some(hint),
            undefined: Some(name.clone()),
            ..fault(range, format!("`{name}` is not defined"))
        }
    }

    fn context(&self) -> &Value {
        self.context.get_or_init(|| {
            let variables = self.scope.variables.iter();
            Value::from_pairs(variables.map(|(name, value)| (name.as_str(), value.as_str())))
        })
    }
}

/// Every name that an expression may look up, and more: names of filters, keys, words of the language.
///
/// minijinja's own `undeclared_variables` leaves out what is sliced (`token[:4]`, as of 3.1.0), and this
/// decides over what of a secret is shown.
fn names(source: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    let mut is_escaped = false;
    let is_border = move |c: char| {
        let quoted = quote.is_some();
        match (quote, c) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quoted || !c.is_alphanumeric() && c != '_'
    };
    source.split(is_border).filter(|word| !word.is_empty())
}

/// The expression at a range, read.
fn compiled<'a>(text: &'a str, range: &Range<usize>) -> Result<Expression<'a, 'a>, TemplateError> {
    let source = text[range.start + 2..range.end - 2].trim();
    if source.is_empty() {
        return Err(TemplateError {
            hint: Some("write a variable's name between `{{` and `}}`".to_owned()),
            ..fault(range, "the expression is empty".to_owned())
        });
    }
    if source.len() > MAX_TEXT {
        let message = "the expression is longer than 1 MiB".to_owned();
        return Err(fault(range, message));
    }
    ENVIRONMENT
        .compile_expression_owned(source)
        .map_err(|error| TemplateError {
            hint: Some("literal braces are written {{ \"{{\" }}".to_owned()),
            ..fault(
                range,
                format!("the expression cannot be read: {}", cause(&error)),
            )
        })
}

fn fault(range: &Range<usize>, message: String) -> TemplateError {
    TemplateError {
        message,
        range: range.clone(),
        hint: None,
        undefined: None,
    }
}

fn resolved(value: &Value) -> Resolved {
    match value.kind() {
        ValueKind::None => Resolved::Null,
        ValueKind::Bool => Resolved::Bool(value.is_true()),
        ValueKind::Number => match f64::try_from(value.clone()) {
            Ok(float) if float.is_nan() => Resolved::Text("NaN".to_owned()),
            Ok(float) if float.is_infinite() && float > 0.0 => {
                Resolved::Text("Infinity".to_owned())
            }
            Ok(float) if float.is_infinite() => Resolved::Text("-Infinity".to_owned()),
            _ => Resolved::Number(value.to_string()),
        },
        _ => Resolved::Text(value.to_string()),
    }
}

/// A value inside of a text: what has a word in JSON is written as there, not as Python does.
fn shown(value: &Value) -> String {
    match resolved(value) {
        Resolved::Null => "null".to_owned(),
        Resolved::Bool(on) => on.to_string(),
        Resolved::Number(text) | Resolved::Text(text) => text,
    }
}

/// minijinja's own words without its place (ours is better).
fn cause(error: &Error) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}
