//! Reads JSON with comments, strictly, and names the place of whatever does not fit.
//!
//! Strict means: comments and trailing commas are allowed, every other liberty of JSON5 is not, so
//! that other tools which read "JSON with comments" agree with us. Nesting is limited by the parser
//! (512 levels). Errors are texts that begin with `line:column`, both from 1.

use std::path::PathBuf;

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Array, Object, Value},
    common::Ranged,
    parse_to_ast,
};

/// What is allowed in our files.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Each value takes about 100 bytes while a file is read.
const MAX_COMMAS: usize = 1 << 20;

/// Parses a text that holds one value.
///
/// # Errors
/// `line:column: reason`.
pub(super) fn parse(text: &str) -> Result<Value<'_>, String> {
    if text.bytes().filter(|byte| *byte == b',').count() > MAX_COMMAS {
        return Err("1:1: the file holds more than a million values".to_owned());
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &OPTIONS).map_err(|error| {
        let (line, column) = place(text, error.range().start);
        let mut reason = error.kind().to_string();
        if let Some(first) = reason.get(..1) {
            let first = first.to_ascii_lowercase();
            reason.replace_range(..1, &first);
        }
        format!("{line}:{column}: {reason}")
    })?;
    parsed
        .value
        .ok_or_else(|| "1:1: the file is empty".to_owned())
}

/// Line and column, from 1, of a byte; columns count characters.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// The members of an object, read by name.
#[derive(Clone, Copy)]
pub(super) struct Members<'t> {
    text: &'t str,
    object: &'t Object<'t>,
}

impl<'t> Members<'t> {
    /// The members of a value that must be an object; `what` names it in the error.
    pub(super) fn of(text: &'t str, value: &'t Value<'t>, what: &str) -> Result<Self, String> {
        match value {
            Value::Object(object) => Ok(Self { text, object }),
            other => Err(misfit(text, other, what, "an object")),
        }
    }

    /// A member that is there and not null.
    ///
    /// # Errors
    /// When it is there twice: an edit could not know which one is meant.
    pub(super) fn get(&self, key: &str) -> Result<Option<&'t Value<'t>>, String> {
        let mut found = None;
        for property in &self.object.properties {
            if property.name.as_str() != key {
                continue;
            }
            if found.is_some() {
                let (line, column) = place(self.text, property.range.start);
                return Err(format!("{line}:{column}: `{key}` is there twice"));
            }
            found = Some(&property.value);
        }
        Ok(found.filter(|value| value.as_null_keyword().is_none()))
    }

    /// A string.
    pub(super) fn string(&self, key: &str) -> Result<Option<String>, String> {
        self.get(key)?
            .map(|value| match value {
                Value::StringLit(literal) => Ok(literal.value.to_string()),
                other => Err(misfit(self.text, other, key, "a string")),
            })
            .transpose()
    }

    /// A path, written with `/`.
    pub(super) fn path(&self, key: &str) -> Result<Option<PathBuf>, String> {
        Ok(self.string(key)?.map(PathBuf::from))
    }

    /// A boolean.
    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>, String> {
        self.get(key)?
            .map(|value| match value {
                Value::BooleanLit(literal) => Ok(literal.value),
                other => Err(misfit(self.text, other, key, "true or false")),
            })
            .transpose()
    }

    /// A whole number, zero or more.
    pub(super) fn count(&self, key: &str) -> Result<Option<u64>, String> {
        self.get(key)?
            .map(|value| {
                let number = value.as_number_lit().and_then(|n| n.value.parse().ok());
                number.ok_or_else(|| misfit(self.text, value, key, "a whole number"))
            })
            .transpose()
    }

    /// A number, zero or more.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, String> {
        self.get(key)?
            .map(|value| {
                let number = value.as_number_lit().and_then(|n| n.value.parse().ok());
                let number = number.filter(|n: &f64| n.is_finite() && *n >= 0.0);
                number.ok_or_else(|| misfit(self.text, value, key, "a number, zero or more"))
            })
            .transpose()
    }

    /// All members, which must be strings, in the order of the file.
    pub(super) fn texts(&self) -> Result<Vec<(String, String)>, String> {
        let properties = self.object.properties.iter();
        properties
            .map(|property| {
                let key = property.name.as_str();
                let text = self.string(key)?.unwrap_or_default();
                Ok((key.to_owned(), text))
            })
            .collect()
    }

    /// A list.
    pub(super) fn list(&self, key: &str) -> Result<Option<&'t Array<'t>>, String> {
        self.get(key)?
            .map(|value| match value {
                Value::Array(array) => Ok(array),
                other => Err(misfit(self.text, other, key, "a list")),
            })
            .transpose()
    }

    /// The items of a list of objects; empty when absent.
    pub(super) fn objects(&self, key: &str) -> Result<Vec<Members<'t>>, String> {
        let Some(array) = self.list(key)? else {
            return Ok(Vec::new());
        };
        let what = format!("an item of `{key}`");
        let of = |value| Members::of(self.text, value, &what);
        array.elements.iter().map(of).collect()
    }

    /// A list of strings; empty when absent.
    pub(super) fn strings(&self, key: &str) -> Result<Vec<String>, String> {
        let Some(array) = self.list(key)? else {
            return Ok(Vec::new());
        };
        let string = |value: &Value<'_>| match value {
            Value::StringLit(literal) => Ok(literal.value.to_string()),
            other => {
                let what = format!("an item of `{key}`");
                Err(misfit(self.text, other, &what, "a string"))
            }
        };
        array.elements.iter().map(string).collect()
    }

    /// An object.
    pub(super) fn object(&self, key: &str) -> Result<Option<Members<'t>>, String> {
        self.get(key)?
            .map(|value| Members::of(self.text, value, key))
            .transpose()
    }

    /// An error about the object itself.
    pub(super) fn error(&self, reason: &str) -> String {
        let (line, column) = place(self.text, self.object.range.start);
        format!("{line}:{column}: {reason}")
    }
}

/// `line:column: x must be y`.
fn misfit(text: &str, value: &Value<'_>, what: &str, wanted: &str) -> String {
    let (line, column) = place(text, value.range().start);
    let what = if what.contains('`') || what.contains(' ') {
        what.to_owned()
    } else {
        format!("`{what}`")
    };
    format!("{line}:{column}: {what} must be {wanted}")
}

/// A string as a JSON literal.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_begin_with_their_place() {
        for (case, text, error) in [
            ("cut short", "{\n  \"a\": 1,\n", "1:1: unterminated object"),
            (
                "no comma",
                "{\n  \"a\": 1\n  \"b\": 2 }",
                "2:9: expected comma",
            ),
            ("empty", " // nothing\n", "1:1: the file is empty"),
            (
                "columns count characters",
                "{\"ä\": x}",
                "1:7: unexpected token",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{case}");
        }
    }

    #[test]
    fn nothing_of_json5_is_allowed_but_comments_and_trailing_commas() {
        assert!(parse("{\"a\": [1,], // x\n}").is_ok());
        for text in [
            "{a: 1}",
            "'x'",
            "0x10",
            "+1",
            ".5",
            "NaN",
            "[1 2]",
            "\"\\x41\"",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hostile_texts_end_in_an_error() {
        assert!(parse(&"[".repeat(1 << 20)).is_err());
        assert!(parse(&"{\"a\":".repeat(1 << 18)).is_err());
        assert!(parse(&format!("[{}1]", "1,".repeat(1 << 21))).is_err());
    }
}
