//! What helps while a body is typed: completions and explanations from the schema and the variables.
//!
//! Both take a text that need not parse and a cursor in it. Nothing here builds a schema: types that
//! are not built yet are told by name alone.

mod complete;
mod context;
mod explain;
mod expression;
mod place;
#[cfg(test)]
mod tests;

use std::ops::Range;

use prost_reflect::{EnumValueDescriptor, FieldDescriptor, MessageDescriptor};

use super::{Document, Scope};
use crate::schema::Schema;

/// What is known of a body: its type, the schema that has it, the variables that may stand in it.
#[derive(Debug, Clone, Copy)]
pub struct Assist<'a> {
    /// The type of the whole body.
    pub message: &'a MessageDescriptor,
    /// Where the types of Anys and comments are found.
    pub schema: Option<&'a Schema>,
    /// Variables for `{{ … }}`.
    pub scope: &'a Scope,
}

/// What may stand at a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completions {
    /// The bytes that a completion replaces; the cursor is within them or at their border.
    pub range: Range<usize>,
    /// At least one, those that fit what is typed best first.
    pub items: Vec<Completion>,
}

/// One thing that may stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Its name, for the list.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// Its type or value, in few words.
    pub detail: String,
    /// Its comment in the schema; empty where there is none.
    pub comment: String,
    /// The text that comes in the place of [`Completions::range`].
    pub insert: String,
    /// The byte of `insert` the cursor goes to.
    pub cursor: usize,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionKind {
    /// A field's key, or a map's.
    Field,
    /// A value of an enum.
    EnumValue,
    /// The type of an Any.
    Type,
    /// A variable.
    Variable,
    /// A function of templates.
    Function,
    /// Any other value.
    Value,
}

/// What the text at a cursor means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// The bytes it is about.
    pub range: Range<usize>,
    /// A declaration as in a proto file, or an expression.
    pub title: String,
    /// Its comment; empty where there is none.
    pub comment: String,
    /// What it gives or says in other words: an expression's value, a time in UTC …
    pub value: Option<String>,
}

/// What may stand at a cursor behind `{{` in a text that is no JSON: a target, a row of metadata. `None`
/// outside of expressions. The cursor is a byte of the text, moved to the border of a character before it.
pub fn complete_template(text: &str, at: usize, scope: &Scope) -> Option<Completions> {
    let at = text.floor_char_boundary(at);
    expression::in_expression(scope, text, &(0..text.len()), at)
}

impl Assist<'_> {
    /// What may stand at a cursor (a byte of the text, moved to the border of a character before it);
    /// `None` in comments and where nothing is known.
    pub fn complete(&self, document: &Document, at: usize) -> Option<Completions> {
        complete::complete(self, document.text(), at)
    }

    /// What the text at a cursor means.
    pub fn hover(&self, document: &Document, at: usize) -> Option<Hover> {
        explain::hover(self, document.text(), at)
    }

    /// The type a type URL names, when it is built.
    fn type_of(&self, url: &str) -> Option<MessageDescriptor> {
        let name = url.rsplit_once('/').map_or(url, |(_, name)| name);
        let pool = self.message.parent_pool();
        let elsewhere = || {
            let schema = self.schema.filter(|schema| schema.is_ready(name))?;
            schema.message(name)
        };
        pool.get_message_by_name(name).or_else(elsewhere)
    }

    fn comment_of_field(&self, field: &FieldDescriptor) -> String {
        self.comment(field.parent_file().name(), field.path())
    }

    fn comment_of_value(&self, value: &EnumValueDescriptor) -> String {
        let parent = value.parent_enum();
        self.comment(parent.parent_file().name(), value.path())
    }

    fn comment(&self, file: &str, path: &[i32]) -> String {
        self.schema
            .map_or_else(String::new, |schema| schema.comment(file, path))
    }
}
