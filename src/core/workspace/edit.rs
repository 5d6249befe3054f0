//! Edits of a JSON text in place: one span a change, everything else stays byte for byte.
//!
//! Works on the spans of the parsed text instead of a tree that is printed again, because what is
//! put in (a message as a person laid it out) must not be laid out anew. Every edit parses the text
//! first, so a sequence of edits cannot drift. Values are given with no indentation of their own and
//! take that of the line they land on; lines end as the file's do.

use std::ops::Range;

use jsonc_parser::{
    ast::{Array, Object, Value},
    common::Ranged,
};

use super::json;

/// One step to a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// A member.
    Key(&'a str),
    /// An item.
    Index(usize),
}

/// A text under change.
#[derive(Debug)]
pub(super) struct Editor {
    text: String,
    newline: &'static str,
    unit: String,
}

/// A member's place.
struct Member {
    key: String,
    whole: Range<usize>,
    value: Range<usize>,
}

impl Editor {
    /// Takes a text that parses as an object.
    pub(super) fn new(text: String) -> Self {
        let newline = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let unit = first_indent(&text).unwrap_or("  ").to_owned();
        Self {
            text,
            newline,
            unit,
        }
    }

    /// Gives the text back.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Sets a member of the object at `at`. A new member goes behind those that precede it in
    /// `order`.
    pub(super) fn set(
        &mut self,
        at: &[Step<'_>],
        key: &str,
        value: &str,
        order: &[&str],
    ) -> Result<(), String> {
        let (object, members) = self.object(at)?;
        if let Some(member) = members.iter().find(|member| member.key == key) {
            let indent = line_indent(&self.text, member.whole.start).to_owned();
            let value = indented(value, &indent, self.newline);
            self.text.replace_range(member.value.clone(), &value);
            return Ok(());
        }
        let Some(first) = members.first() else {
            self.set_first(object, key, value);
            return Ok(());
        };
        let rank = |key: &str| order.iter().position(|known| *known == key);
        let previous = members
            .iter()
            .rfind(|member| rank(&member.key).is_some_and(|r| Some(r) < rank(key)));
        let one_line = !self.text[object.start..first.whole.start].contains('\n');
        let indent = line_indent(&self.text, first.whole.start).to_owned();
        let new = format!(
            "{}: {}",
            json::quoted(key),
            indented(value, &indent, self.newline)
        );
        let newline = self.newline;
        match previous {
            None if one_line => self.text.insert_str(first.whole.start, &format!("{new}, ")),
            Some(member) if one_line => {
                self.text.insert_str(member.whole.end, &format!(", {new}"));
            }
            None => {
                let end = line_rest(&self.text, object.start + 1);
                if at_line_end(&self.text, end) {
                    let new = format!("{newline}{indent}{new},");
                    self.text.insert_str(end, &new);
                } else {
                    let new = format!("{new},{newline}{indent}");
                    self.text.insert_str(first.whole.start, &new);
                }
            }
            Some(member) => {
                let next = skip_trivia(&self.text, member.whole.end);
                let has_comma = self.text[next..].starts_with(',');
                let after = if has_comma {
                    next + 1
                } else {
                    member.whole.end
                };
                // Behind a comment that stands on the member's own line: it belongs to that member.
                let rest = line_rest(&self.text, after);
                let place = if at_line_end(&self.text, rest) {
                    rest
                } else {
                    after
                };
                let comma = if has_comma { "," } else { "" };
                let new = format!("{newline}{indent}{new}{comma}");
                self.text.insert_str(place, &new);
                if !has_comma {
                    self.text.insert(after, ',');
                }
            }
        }
        Ok(())
    }

    /// Puts the first member into an object.
    fn set_first(&mut self, object: Range<usize>, key: &str, value: &str) {
        let outer = line_indent(&self.text, object.start).to_owned();
        let indent = format!("{outer}{}", self.unit);
        let newline = self.newline;
        let value = indented(value, &indent, newline);
        let new = format!("{newline}{indent}{}: {value}", json::quoted(key));
        let inner = object.start + 1..object.end - 1;
        if self.text[inner.clone()].trim().is_empty() {
            self.text
                .replace_range(inner, &format!("{new}{newline}{outer}"));
        } else {
            self.text.insert_str(inner.start, &new);
        }
    }

    /// Removes a member of the object at `at`, with its comma; comments stay.
    pub(super) fn remove(&mut self, at: &[Step<'_>], key: &str) -> Result<(), String> {
        let (_, members) = self.object(at)?;
        let Some(index) = members.iter().position(|member| member.key == key) else {
            return Ok(());
        };
        let mut gone = members[index].whole.clone();
        let next = skip_trivia(&self.text, gone.end);
        let mut comma_before = None;
        if self.text[next..].starts_with(',') {
            // A comment between the value and its comma would go with it: leave the comment.
            if self.text[gone.end..next].trim().is_empty() {
                gone.end = next + 1;
            } else {
                self.text.remove(next);
            }
        } else if let Some(previous) = index.checked_sub(1).and_then(|i| members.get(i)) {
            let comma = skip_trivia(&self.text, previous.whole.end);
            comma_before = self.text[comma..].starts_with(',').then_some(comma);
        }
        let line_start = self.text[..gone.start].rfind('\n').map_or(0, |at| at + 1);
        let blank_before = self.text[line_start..gone.start].trim().is_empty();
        let rest = self.text[gone.end..].trim_start_matches([' ', '\t']);
        let blank_after = rest.starts_with(['\n', '\r']);
        if blank_before && blank_after {
            // The whole line, with the line break before it.
            let end = self.text.len() - rest.len();
            let mut start = line_start.saturating_sub(1);
            if self.text[..start].ends_with('\r') {
                start -= 1;
            }
            gone = start..end;
        } else if rest.starts_with(|c| c != '\n' && c != '\r' && c != '}') {
            gone.end = self.text.len() - rest.len();
        } else if comma_before.is_some() {
            gone.start = self.text[..gone.start].trim_end_matches([' ', '\t']).len();
        }
        self.text.replace_range(gone, "");
        if let Some(comma) = comma_before {
            self.text.remove(comma);
        }
        Ok(())
    }

    /// Number of members of the object at `at`; `None` when there is no object.
    pub(super) fn members(&self, at: &[Step<'_>]) -> Option<usize> {
        Some(self.object(at).ok()?.1.len())
    }

    /// The items of the list at `at`, each with the comments around it, without indentation.
    pub(super) fn items(&self, at: &[Step<'_>]) -> Vec<String> {
        let spans = self.item_spans(at).unwrap_or_default();
        item_texts(&self.text, &spans)
    }

    /// Replaces an item, comments around it included.
    pub(super) fn replace_item(
        &mut self,
        at: &[Step<'_>],
        index: usize,
        item: &str,
    ) -> Result<(), String> {
        let spans = self.item_spans(at)?;
        let span = spans.get(index).cloned().ok_or("no such item")?;
        let indent = line_indent(&self.text, span.start).to_owned();
        let mut new = indented(item, &indent, self.newline);
        if ends_in_line_comment(item) && !self.text[span.end..].starts_with(['\n', '\r']) {
            new.push_str(self.newline);
            new.push_str(&indent);
        }
        self.text.replace_range(span, &new);
        Ok(())
    }

    /// A list laid out with one item a line, to be given to [`set`](Self::set).
    pub(super) fn list(&self, items: &[String]) -> String {
        if items.is_empty() {
            return "[]".to_owned();
        }
        let mut text = "[".to_owned();
        for (index, item) in items.iter().enumerate() {
            text.push('\n');
            text.push_str(&self.unit);
            text.push_str(&indented(item, &self.unit, "\n"));
            let last = index + 1 == items.len();
            if !last && ends_in_line_comment(item) {
                text.push('\n');
                text.push_str(&self.unit);
            }
            if !last {
                text.push(',');
            }
        }
        text.push_str("\n]");
        text
    }

    fn object(&self, at: &[Step<'_>]) -> Result<(Range<usize>, Vec<Member>), String> {
        let root = json::parse(&self.text)?;
        let Some(Value::Object(object)) = find(&root, at) else {
            return Err("no such object".to_owned());
        };
        Ok((span(object.range), members_of(object)))
    }

    fn item_spans(&self, at: &[Step<'_>]) -> Result<Vec<Range<usize>>, String> {
        let root = json::parse(&self.text)?;
        match find(&root, at) {
            Some(Value::Array(array)) => Ok(item_spans(&self.text, array)),
            _ => Err("no such list".to_owned()),
        }
    }
}

/// The spans of a list's items: from behind the comma before to the comma behind, trimmed. So each
/// comment belongs to exactly one item.
pub(super) fn item_spans(text: &str, array: &Array<'_>) -> Vec<Range<usize>> {
    let mut start = array.range.start + 1;
    let mut spans = Vec::with_capacity(array.elements.len());
    for element in &array.elements {
        let end = skip_trivia(text, element.range().end);
        let region = &text[start..end];
        let lead = region.len() - region.trim_start().len();
        spans.push(start + lead..start + region.trim_end().len());
        start = (end + 1).min(text.len());
    }
    spans
}

/// The items' texts without the indentation of the lines they begin on; lines end with `\n`.
pub(super) fn item_texts(text: &str, spans: &[Range<usize>]) -> Vec<String> {
    let (mut line_start, mut seen) = (0, 0);
    let mut items = Vec::with_capacity(spans.len());
    for span in spans {
        // From where the last item began: looking back over a long line each time is quadratic.
        if let Some(at) = text[seen..span.start].rfind('\n') {
            line_start = seen + at + 1;
        }
        seen = span.start;
        let line = &text[line_start..span.start];
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        items.push(dedented(&text[span.clone()], indent));
    }
    items
}

fn dedented(item: &str, indent: &str) -> String {
    let item = item.replace("\r\n", "\n");
    let mut lines = item.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        out.push_str(line.strip_prefix(indent).unwrap_or_else(|| {
            // Laid out with less indentation than its place: what there is of it goes.
            let pairs = line.bytes().zip(indent.bytes());
            &line[pairs.take_while(|(a, b)| a == b).count()..]
        }));
    }
    out
}

fn find<'v, 't>(root: &'v Value<'t>, at: &[Step<'_>]) -> Option<&'v Value<'t>> {
    at.iter().try_fold(root, |value, step| match (value, step) {
        (Value::Object(object), Step::Key(key)) => object
            .properties
            .iter()
            .find(|property| property.name.as_str() == *key)
            .map(|property| &property.value),
        (Value::Array(array), Step::Index(index)) => array.elements.get(*index),
        _ => None,
    })
}

fn members_of(object: &Object<'_>) -> Vec<Member> {
    let member = |property: &jsonc_parser::ast::ObjectProp<'_>| Member {
        key: property.name.as_str().to_owned(),
        whole: span(property.range),
        value: span(property.value.range()),
    };
    object.properties.iter().map(member).collect()
}

fn span(range: jsonc_parser::common::Range) -> Range<usize> {
    range.start..range.end
}

/// Adds the indentation of its place to every line but the first; empty lines stay empty.
fn indented(text: &str, indent: &str, newline: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str(newline);
            if !line.is_empty() {
                out.push_str(indent);
            }
        }
        out.push_str(line);
    }
    out
}

/// The white space a line begins with.
fn line_indent(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[start..];
    let end = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
    &line[..end]
}

/// The first indentation in a file is its unit.
fn first_indent(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = &line[..line.len() - content.len()];
        let said = !indent.is_empty() && content.starts_with('"') && indent.len() <= 16;
        said.then_some(indent)
    })
}

/// Behind white space and comments.
fn skip_trivia(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
        } else {
            return at;
        }
    }
}

/// Behind the spaces and comments that follow on the same line.
fn line_rest(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let here = at + rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            let line = trimmed.lines().next().unwrap_or_default();
            return here + line.len();
        }
        let block = trimmed.starts_with("/*").then(|| trimmed.find("*/"));
        match block.flatten() {
            Some(end) if !trimmed[..end].contains('\n') => at = here + end + 2,
            _ => return here,
        }
    }
}

fn at_line_end(text: &str, at: usize) -> bool {
    text[at..].is_empty() || text[at..].starts_with(['\n', '\r'])
}

/// Whether what follows the text on its last line would become part of a comment.
fn ends_in_line_comment(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += 1;
                while let Some(inner) = bytes.get(at) {
                    match inner {
                        b'\\' => at += 1,
                        b'"' => break,
                        _ => {}
                    }
                    at += 1;
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => match text[at..].find('\n') {
                Some(end) => at += end,
                None => return true,
            },
            b'/' if bytes.get(at + 1) == Some(&b'*') => match text[at + 2..].find("*/") {
                Some(end) => at += end + 3,
                None => return false,
            },
            _ => {}
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests;
