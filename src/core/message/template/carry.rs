//! Whether secrets come through expressions unchanged, so that something else can stand for them in what
//! the expressions give.

use std::collections::BTreeMap;

use super::{
    super::document::{Document, ValueRef},
    Evaluator, Resolved, Scope,
    functions::FUNCTIONS,
    names, resolved,
    scan::next_expression,
};

/// Variables whose values are left out: each has one letter for its value, its mark.
pub(crate) struct StandIns<'a> {
    scope: &'a Scope,
    /// Names of the variables that are left out.
    marks: &'a BTreeMap<char, String>,
    plain: Evaluator<'a>,
    marked: Evaluator<'a>,
}

impl<'a> StandIns<'a> {
    /// `marked` is `scope` with the marks for values; no text and no value may have one of them.
    pub(crate) fn new(
        scope: &'a Scope,
        marked: &'a Scope,
        marks: &'a BTreeMap<char, String>,
    ) -> Self {
        Self {
            scope,
            marks,
            plain: Evaluator::new(scope),
            marked: Evaluator::new(marked),
        }
    }

    /// Whether every expression of a text gives with the marks what it gives with the values, once these
    /// are put in the places of the marks. So a filter that changes a secret, and a test that looks at one,
    /// do not come through. What fails both ways is let through: expanding the text tells why.
    pub(crate) fn come_through(&self, text: &str) -> bool {
        let mut at = 0;
        while let Some(Ok(range)) = next_expression(text, at) {
            at = range.end;
            let source = &text[range.clone()];
            let is_named = |it: &(&char, &String)| names(source).any(|name| name == it.1);
            let used: Vec<char> = self.marks.iter().filter(is_named).map(|it| *it.0).collect();
            if used.is_empty() {
                continue;
            }
            let marked = self.marked.evaluate(text, &range);
            let plain = self.plain.evaluate(text, &range);
            let same = match (marked, plain) {
                // Two turns never give the same: each secret that is named must have left its mark.
                (Ok(marked), Ok(_)) if names(source).any(|name| FUNCTIONS.contains(&name)) => {
                    let text = marked.to_string();
                    used.iter().all(|mark| text.contains(*mark))
                }
                (Ok(marked), Ok(plain)) => self.filled(resolved(&marked)) == resolved(&plain),
                (Err(_), Err(_)) => true,
                _ => false,
            };
            if !same {
                return false;
            }
        }
        true
    }

    /// The same of every key and string of a body.
    pub(crate) fn come_through_body(&self, body: &Document) -> bool {
        let mut waiting: Vec<ValueRef<'_>> = body.root().into_iter().collect();
        while let Some(value) = waiting.pop() {
            let mut texts = value.string().into_iter().chain(value.key());
            if !texts.all(|text| self.come_through(&text)) {
                return false;
            }
            waiting.extend(value.children());
        }
        true
    }

    /// A result with the values in the places of the marks.
    fn filled(&self, result: Resolved) -> Resolved {
        let Resolved::Text(text) = result else {
            return result;
        };
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            let name = self.marks.get(&letter);
            match name.and_then(|name| self.scope.variables.get(name)) {
                Some(value) => out.push_str(value),
                None => out.push(letter),
            }
        }
        Resolved::Text(out)
    }
}
