//! `{{ … }}` in texts: minijinja expressions over the variables of the environment.
//!
//! Our scanner finds only `{{ … }}`; `{%` and `{#` are plain text. Expressions are strict (an
//! undefined name is an error), run on a fixed amount of fuel, and reach neither files nor the
//! process's environment. A variable's value is data: what stands in it is not expanded again.

use std::{cell::OnceCell, collections::BTreeMap, fmt, ops::Range, sync::LazyLock};

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, value::ValueKind};

use super::encode::closest;

/// Steps an expression may take.
const FUEL: u64 = 20_000;
/// Longest expression, and longest text a filter may make.
const MAX_TEXT: usize = 1 << 20;

/// Functions every expression may call.
pub(super) const FUNCTIONS: [&str; 5] = ["uuid", "now", "now_ms", "timestamp", "random_int"];

/// How a function is called, and what it gives, in few words.
pub(super) fn about(function: &str) -> (&'static str, &'static str) {
    match function {
        "uuid" => ("uuid()", "A random UUID, version 4"),
        "now" => ("now()", "The time of sending in UTC, as RFC 3339"),
        "now_ms" => ("now_ms()", "Milliseconds since 1970"),
        "timestamp" => ("timestamp()", "Seconds since 1970"),
        "random_int" => (
            "random_int(low, high)",
            "A whole number, both limits included",
        ),
        _ => ("", ""),
    }
}

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
            out.push_str(&value.to_string());
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

    fn evaluate(&self, text: &str, range: &Range<usize>) -> Result<Value, TemplateError> {
        let source = text[range.start + 2..range.end - 2].trim();
        let fail = |message: String, hint: Option<String>| TemplateError {
            message,
            range: range.clone(),
            hint,
        };
        if source.is_empty() {
            return Err(fail(
                "the expression is empty".to_owned(),
                Some("write a variable's name between `{{` and `}}`".to_owned()),
            ));
        }
        if source.len() > MAX_TEXT {
            return Err(fail("the expression is longer than 1 MiB".to_owned(), None));
        }
        let expression = ENVIRONMENT
            .compile_expression_owned(source)
            .map_err(|error| {
                fail(
                    format!("the expression cannot be read: {}", cause(&error)),
                    Some("literal braces are written {{ \"{{\" }}".to_owned()),
                )
            })?;
        let undefined = || {
            let mut names: Vec<String> = expression
                .undeclared_variables(false)
                .into_iter()
                .filter(|name| {
                    !self.scope.variables.contains_key(name) && !FUNCTIONS.contains(&name.as_str())
                })
                .collect();
            names.sort();
            match names.first() {
                Some(name) => {
                    let known = self.scope.variables.keys().map(String::as_str);
                    let hint = match closest(name, known) {
                        Some(known) => format!("did you mean `{known}`?"),
                        None => format!("define `{name}` in the environment"),
                    };
                    fail(format!("`{name}` is not defined"), Some(hint))
                }
                None => fail("the expression has no value".to_owned(), None),
            }
        };
        let value =
            expression
                .eval(self.context().clone())
                .map_err(|error| match error.kind() {
                    ErrorKind::UndefinedError => undefined(),
                    ErrorKind::OutOfFuel => fail("the expression takes too long".to_owned(), None),
                    ErrorKind::UnknownFunction => fail(
                        format!("unknown function: {}", cause(&error)),
                        Some(format!(
                            "there are {}",
                            FUNCTIONS.map(|f| format!("{f}()")).join(", ")
                        )),
                    ),
                    _ => fail(cause(&error), None),
                })?;
        if value.is_undefined() {
            return Err(undefined());
        }
        if let Some(name) = FUNCTIONS.iter().find(|name| **name == source) {
            return Err(fail(
                format!("`{name}` is a function"),
                Some(format!("write `{name}()`")),
            ));
        }
        Ok(value)
    }

    fn context(&self) -> &Value {
        self.context.get_or_init(|| {
            let variables = self.scope.variables.iter();
            Value::from_pairs(variables.map(|(name, value)| (name.as_str(), value.as_str())))
        })
    }
}

/// Where the next `{{ … }}` stands; an error when it is never closed. Braces and quotes inside the
/// expression are respected.
fn next_expression(text: &str, from: usize) -> Option<Result<Range<usize>, TemplateError>> {
    let start = from + text.get(from..)?.find("{{")?;
    let bytes = text.as_bytes();
    let mut at = start + 2;
    let mut quote = None;
    let mut braces = 0usize;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => braces += 1,
            (None, b'}') if braces > 0 => braces -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(Ok(start..at + 2)),
            (None, _) => {}
        }
        at += 1;
    }
    Some(Err(TemplateError {
        message: "`{{` is never closed".to_owned(),
        range: start..text.len(),
        hint: Some("close it with `}}`; literal braces are written {{ \"{{\" }}".to_owned()),
    }))
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

/// minijinja's own words without its place (ours is better).
fn cause(error: &Error) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // Each can fill the memory at the cost of one step; the two useful ones come back bounded.
    for name in ["indent", "format", "replace", "join"] {
        environment.remove_filter(name);
    }
    environment.add_filter("replace", replace);
    environment.add_filter("join", join);
    environment.add_function("uuid", || uuid::Uuid::new_v4().to_string());
    environment.add_function("now", || format!("{:.3}", jiff::Timestamp::now()));
    environment.add_function("now_ms", || jiff::Timestamp::now().as_millisecond());
    environment.add_function("timestamp", || jiff::Timestamp::now().as_second());
    environment.add_function("random_int", random_int);
    environment
});

#[allow(
    clippy::needless_pass_by_value,
    reason = "minijinja's filters take owned strings"
)]
fn replace(text: String, from: String, to: String) -> Result<String, Error> {
    let count = text.matches(from.as_str()).count();
    limited(text.len().saturating_add(count.saturating_mul(to.len())))?;
    Ok(text.replace(&from, &to))
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "minijinja's filters take owned values"
)]
fn join(items: Vec<Value>, separator: Option<String>) -> Result<String, Error> {
    let separator = separator.unwrap_or_default();
    let mut out = String::new();
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push_str(&separator);
        }
        out.push_str(&item.to_string());
        limited(out.len())?;
    }
    Ok(out)
}

fn limited(len: usize) -> Result<(), Error> {
    if len <= MAX_TEXT {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidOperation,
        "the result is longer than 1 MiB",
    ))
}

fn random_int(low: i64, high: i64) -> Result<i64, Error> {
    if low > high {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("random_int: {low} is more than {high}"),
        ));
    }
    // Two random identifiers have 64 bits between them that carry neither version nor variant.
    let half = || (uuid::Uuid::new_v4().as_u128() & 0xffff_ffff) as u64;
    let random = (half() << 32) | half();
    let width = (i128::from(high) - i128::from(low) + 1) as u128;
    let offset = (u128::from(random) * width) >> 64;
    Ok((i128::from(low) + offset as i128) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope {
            variables: [
                ("host", "localhost"),
                ("port", "50051"),
                ("tricky", "{{ host }} {% if %}"),
                ("user.name", "dotted"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        }
    }

    #[test]
    fn expressions_are_expanded_and_the_rest_is_literal() {
        for (name, text, want) in [
            (
                "no expression",
                "plain { } {% if x %} {# note #} }}",
                "plain { } {% if x %} {# note #} }}",
            ),
            ("a variable", "{{ host }}:{{port}}", "localhost:50051"),
            ("a literal", r#"{{ "{{" }} and {{ "}}" }}"#, "{{ and }}"),
            ("quotes hold braces", r#"{{ '}}' ~ host }}"#, "}}localhost"),
            ("an escaped quote", r#"{{ "a\"}}" }}"#, "a\"}}"),
            ("a dictionary", r#"{{ {"a": {"b": 7}}["a"]["b"] }}"#, "7"),
            ("a filter", "{{ host|upper }}", "LOCALHOST"),
            ("arithmetic", "{{ port|int + 1 }}", "50052"),
            ("a default", "{{ missing|default('x') }}", "x"),
            (
                "a condition",
                "{{ 'a' if host == 'localhost' else 'b' }}",
                "a",
            ),
            (
                "values are not expanded again",
                "{{ tricky }}",
                "{{ host }} {% if %}",
            ),
            (
                "replace",
                "{{ host|replace('local', 'remote') }}",
                "remotehost",
            ),
            ("join", "{{ [1, 2]|join('-') }}", "1-2"),
            ("nothing", "", ""),
            ("other characters", "é{{ host }}😀", "élocalhost😀"),
        ] {
            assert_eq!(expand(text, &scope()).as_deref(), Ok(want), "{name}");
        }
    }

    #[test]
    fn faults_name_their_place_and_reason() {
        for (name, text, range, message, hint) in [
            (
                "undefined",
                "ab {{ hots }}",
                3..13,
                "`hots` is not defined",
                "did you mean `host`?",
            ),
            (
                "far from any",
                "{{ zzzzz }}",
                0..11,
                "`zzzzz` is not defined",
                "define `zzzzz` in the environment",
            ),
            (
                "attribute of undefined",
                "{{ zzzzz.a }}",
                0..13,
                "`zzzzz` is not defined",
                "",
            ),
            (
                "never closed",
                "x{{ host }",
                1..10,
                "`{{` is never closed",
                "close it",
            ),
            (
                "open quote",
                "{{ 'host }}",
                0..11,
                "`{{` is never closed",
                "",
            ),
            ("empty", "{{  }}", 0..6, "the expression is empty", ""),
            ("syntax", "{{ host host }}", 0..15, "cannot be read", ""),
            (
                "a function without call",
                "{{ uuid }}",
                0..10,
                "`uuid` is a function",
                "uuid()",
            ),
            (
                "unknown function",
                "{{ env('HOME') }}",
                0..17,
                "unknown function",
                "uuid()",
            ),
            (
                "wrong order",
                "{{ random_int(2, 1) }}",
                0..22,
                "2 is more than 1",
                "",
            ),
        ] {
            let error = expand(text, &scope()).expect_err(name);
            assert_eq!(error.range, range, "{name}");
            assert!(error.message.contains(message), "{name}: {}", error.message);
            assert!(error.hint.unwrap_or_default().contains(hint), "{name}");
        }
    }

    #[test]
    fn hostile_expressions_end() {
        let deep = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
        for (name, text) in [
            ("deep", deep.as_str()),
            (
                "a long loop",
                "{{ range(100000)|map('upper')|list|length }}",
            ),
            (
                "growth by replace",
                "{{ ('a' * 100000)|replace('a', 'b' * 100000) }}",
            ),
            ("growth by join", "{{ range(90000)|join('b' * 100000) }}"),
            ("growth by indent", "{{ 'a'|indent(4000000000) }}"),
        ] {
            assert!(expand(text, &scope()).is_err(), "{name}");
        }
    }

    #[test]
    fn one_expression_keeps_its_type() {
        let scope = scope();
        let evaluator = Evaluator::new(&scope);
        for (text, want) in [
            ("{{ 1 + 1 }}", Some(Resolved::Number("2".into()))),
            ("{{ 1 < 2 }}", Some(Resolved::Bool(true))),
            ("{{ none }}", Some(Resolved::Null)),
            ("{{ port }}", Some(Resolved::Text("50051".into()))),
            (
                "{{ 9223372036854775807 }}",
                Some(Resolved::Number("9223372036854775807".into())),
            ),
            (" {{ 1 }}", None),
            ("{{ 1 }}{{ 2 }}", None),
            ("plain", None),
        ] {
            assert_eq!(
                evaluator.expression(text).map(Result::unwrap),
                want,
                "{text}"
            );
        }
    }

    #[test]
    fn functions_give_what_they_say() {
        let scope = Scope::default();
        let uuid = expand("{{ uuid() }}", &scope).unwrap();
        assert_eq!(uuid::Uuid::parse_str(&uuid).unwrap().get_version_num(), 4);
        let now = expand("{{ now() }}", &scope).unwrap();
        assert!(
            now.ends_with('Z') && now.parse::<jiff::Timestamp>().is_ok(),
            "{now}"
        );
        let millis: i64 = expand("{{ now_ms() }}", &scope).unwrap().parse().unwrap();
        let seconds: i64 = expand("{{ timestamp() }}", &scope)
            .unwrap()
            .parse()
            .unwrap();
        assert!((millis / 1000 - seconds).abs() <= 1);
        for _ in 0..200 {
            let die: i64 = expand("{{ random_int(1, 6) }}", &scope)
                .unwrap()
                .parse()
                .unwrap();
            assert!((1..=6).contains(&die));
        }
        let any = "{{ random_int(-9223372036854775807, 9223372036854775807) }}";
        assert!(expand(any, &scope).unwrap().parse::<i64>().is_ok());
    }
}
