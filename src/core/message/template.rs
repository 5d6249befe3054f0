//! `{{ … }}` in texts: minijinja expressions over the variables of the environment.

use std::{collections::BTreeMap, ops::Range};

/// Names and values an expression may use. `uuid()`, `now()` … are always there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Variables.
    pub variables: BTreeMap<String, String>,
}

/// An expression that could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong: an undefined name, a syntax error …
    pub message: String,
    /// The bytes of the `{{ … }}` in the text.
    pub range: Range<usize>,
}

/// Expands every `{{ … }}` of a text; anything else is literal. `{{ "{{" }}` writes a literal.
///
/// # Errors
/// The first expression that could not be resolved.
pub fn expand(text: &str, scope: &Scope) -> Result<String, TemplateError> {
    let _ = (text, scope);
    unimplemented!()
}
