//! Which fields a person wants to see.

use super::plan::FieldPlan;

/// Words and marks that rows must have to be shown; what leads to such a row is shown, too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<String>,
    set_only: bool,
}

impl Filter {
    /// Every word must be in a field's name, type or comment, whatever its case. `set_only` leaves out
    /// what the text does not have.
    pub fn new(text: &str, set_only: bool) -> Self {
        Self {
            words: text.split_whitespace().map(str::to_lowercase).collect(),
            set_only,
        }
    }

    /// Whether it leaves nothing out.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.set_only
    }

    /// Whether rows must have words.
    pub(super) fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    pub(super) fn set_only(&self) -> bool {
        self.set_only
    }

    pub(super) fn takes(&self, field: &FieldPlan) -> bool {
        let parts = [
            &field.name,
            &field.json_name,
            &field.type_name,
            &field.comment,
        ];
        self.takes_all(&parts)
    }

    pub(super) fn takes_all(&self, parts: &[&String]) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let parts: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
        let has = |word: &String| parts.iter().any(|part| part.contains(word.as_str()));
        self.words.iter().all(has)
    }
}
