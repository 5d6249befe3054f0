//! The completions in a template's expression: variables and functions, in bodies and in other texts.

use std::ops::Range;

use super::{
    super::{
        Scope,
        template::{self, FUNCTIONS},
    },
    Completion, CompletionKind, Completions,
    complete::ranked,
};

/// Variables and functions, when the cursor is behind `{{`; `within` is what is looked at of the text.
pub(super) fn in_expression(
    scope: &Scope,
    text: &str,
    within: &Range<usize>,
    at: usize,
) -> Option<Completions> {
    let before = text.get(within.start..at)?;
    let open = before.rfind("{{")?;
    let inside = &before[open + 2..];
    if inside.contains("}}") || inside.matches('\'').count() % 2 == 1 {
        return None;
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let typed_from = inside.trim_end_matches(is_name).len();
    let typed = &inside[typed_from..];
    let start = at - typed.len();
    let after = &text[at..within.end.max(at)];
    let end = at + after.len() - after.trim_start_matches(is_name).len();
    // An expression that is not closed yet is closed.
    let rest = text[end..within.end.max(end)].trim_start();
    let closing = if rest.starts_with("}}") || rest.starts_with(['|', '(', '+']) {
        ""
    } else {
        " }}"
    };
    let lead = if inside[..typed_from].is_empty() {
        " "
    } else {
        ""
    };
    let item = |label: &str, kind, detail: &str, comment: &str, back: usize| {
        let insert = format!("{lead}{label}{closing}");
        // Behind a function's bracket, where it takes something.
        let cursor = if back > 0 {
            lead.len() + label.len() - back
        } else {
            insert.len()
        };
        Completion {
            label: label.to_owned(),
            kind,
            detail: detail.to_owned(),
            comment: comment.to_owned(),
            insert,
            cursor,
        }
    };
    let variables = scope.variables.keys();
    let mut items: Vec<Completion> = variables
        .map(|name| item(name, CompletionKind::Variable, "variable", "", 0))
        .collect();
    items.extend(FUNCTIONS.iter().map(|name| {
        let (call, words) = template::about(name);
        let back = usize::from(!call.ends_with("()"));
        let label = if back == 0 {
            call.to_owned()
        } else {
            format!("{name}()")
        };
        item(&label, CompletionKind::Function, call, words, back)
    }));
    let items = ranked(items, typed);
    (!items.is_empty()).then_some(Completions {
        range: start..end,
        items,
    })
}
