//! Messages in a request's file: nested as JSON, each text kept as the person laid it out.
//!
//! A text that is one JSON value stands in the list as it is, indented to its place, with the
//! comments before and behind it. A text that is none is kept as `{"text": "…"}`. A valid message of
//! that very shape cannot be mistaken for one: `"json": false` marks a kept text wherever the shape
//! alone would not tell.
//! Invariant: `parse_all` after `edit_all` gives [`normalized`] texts, whatever the texts are.

use jsonc_parser::{
    ast::{Object, Value},
    common::Ranged,
};

use super::{
    MessageText,
    edit::{self, Editor, Step},
    json::{self, Members},
    request::edit_value,
};

/// Reads `messages` of a file.
pub(super) fn parse_all(text: &str, file: &Members<'_>) -> Result<Vec<MessageText>, String> {
    let Some(array) = file.list("messages")? else {
        return Ok(Vec::new());
    };
    let spans = edit::item_spans(text, array);
    let texts = edit::item_texts(text, &spans);
    let items = array.elements.iter().zip(spans).zip(texts);
    Ok(items
        .map(|((value, span), text)| {
            let bare = value.range().start == span.start && value.range().end == span.end;
            let kept = bare.then(|| kept_text(value)).flatten();
            MessageText(kept.unwrap_or(text))
        })
        .collect())
}

/// Writes what differs into `messages` of a file.
pub(super) fn edit_all(
    editor: &mut Editor,
    old: &[MessageText],
    new: &[MessageText],
    order: &[&str],
) -> Result<(), String> {
    let same = |old: &MessageText, new: &MessageText| normalized(old) == normalized(new);
    if old.len() == new.len() {
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            if !same(old, new) {
                editor.replace_item(&[Step::Key("messages")], index, &formatted(new))?;
            }
        }
        return Ok(());
    }
    if new.is_empty() {
        return edit_value(editor, &[], "messages", None, order);
    }
    let items: Vec<String> = new.iter().map(formatted).collect();
    let list = editor.list(&items);
    editor.set(&[], "messages", &list, order)
}

/// As a message reads back: white space around valid JSON goes, lines end with `\n`; any other text
/// stays as it is.
pub(super) fn normalized(message: &MessageText) -> MessageText {
    let unix = message.0.replace("\r\n", "\n");
    let trimmed = unix.trim();
    if is_message(trimmed) && !is_kept_shape(trimmed) {
        return MessageText(trimmed.to_owned());
    }
    message.clone()
}

fn formatted(message: &MessageText) -> String {
    let normal = normalized(message).0;
    let trimmed = normal.trim();
    if is_message(trimmed) && !is_kept_shape(trimmed) {
        return normal;
    }
    let text = json::quoted(&normal);
    if looks_like_json(&normal) && !is_message(trimmed) {
        format!("{{\"text\": {text}}}")
    } else {
        format!("{{\"text\": {text}, \"json\": false}}")
    }
}

/// Whether a trimmed text can stand in a list as one item, at the depth where messages stand.
fn is_message(text: &str) -> bool {
    let list = format!("[[[[{text}\n]]]]");
    let Ok(mut value) = json::parse(&list) else {
        return false;
    };
    for _ in 0..3 {
        let Value::Array(outer) = value else {
            return false;
        };
        let mut elements = outer.elements;
        match (elements.pop(), elements.len()) {
            (Some(inner), 0) => value = inner,
            _ => return false,
        }
    }
    let Value::Array(inner) = &value else {
        return false;
    };
    let spans = edit::item_spans(&list, inner);
    let whole = inner.range.start + 1..inner.range.start + 1 + text.len();
    inner.range.start == 3 && spans.as_slice() == [whole]
}

/// Whether a valid message would be read back as a kept text.
fn is_kept_shape(text: &str) -> bool {
    json::parse(text).is_ok_and(|value| {
        let bare = value.range().start == 0 && value.range().end == text.len();
        bare && kept_text(&value).is_some()
    })
}

/// The text kept in `{"text": "…"}`.
fn kept_text(value: &Value<'_>) -> Option<String> {
    let Value::Object(Object { properties, .. }) = value else {
        return None;
    };
    let (text, mark) = match properties.as_slice() {
        [text] => (text, None),
        [text, mark] => (text, Some(mark)),
        _ => return None,
    };
    let Value::StringLit(literal) = &text.value else {
        return None;
    };
    if text.name.as_str() != "text" {
        return None;
    }
    let kept = match mark {
        Some(mark) => {
            let off = mark
                .value
                .as_boolean_lit()
                .is_some_and(|literal| !literal.value);
            mark.name.as_str() == "json" && off
        }
        None => looks_like_json(&literal.value) && !is_message(literal.value.trim()),
    };
    kept.then(|| literal.value.to_string())
}

/// Whether a person who typed this meant JSON.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(texts: &[&str]) -> (String, Vec<String>) {
        let new: Vec<MessageText> = texts.iter().map(|t| MessageText((*t).to_owned())).collect();
        let mut editor = Editor::new("{\n  \"method\": \"a.B/C\"\n}\n".to_owned());
        edit_all(&mut editor, &[], &new, &["method", "messages"]).unwrap();
        let file = editor.into_text();
        let root = json::parse(&file).unwrap_or_else(|e| panic!("{e} in\n{file}"));
        let members = Members::of(&file, &root, "x").unwrap();
        let read = parse_all(&file, &members).unwrap();
        (file.clone(), read.into_iter().map(|m| m.0).collect())
    }

    #[test]
    fn every_text_reads_back_as_it_was() {
        for (case, text) in [
            ("empty object", "{}"),
            ("pretty", "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}"),
            ("ragged layout", "{ \"a\":1,\n      \"b\"  : 2\n\n\n}"),
            ("tabs", "{\n\t\"a\": 1\n}"),
            ("comments inside", "{\n  // why\n  \"a\": 1 /* one */\n}"),
            ("comment before", "// first\n{\"a\": 1}"),
            ("line comment behind", "{\"a\": 1} // last"),
            ("slashes in a string", "{\"a\": \"http://x\"}"),
            ("block comment over lines", "{\n/*\n * x\n */\n\"a\": 1}"),
            ("trailing comma", "{\"a\": [1, 2,],}"),
            ("a bare string", "\"2026-01-02T03:04:05Z\""),
            ("a number", "12345678901234567890.000"),
            ("null", "null"),
            ("blank lines", "{\n\n\n  \"a\": 1\n   \n}"),
            ("nothing", ""),
            ("white space", "  \n "),
            ("half typed", "{\"a\": "),
            ("words", "hello"),
            ("two values", "{} {}"),
            ("two items", "{}, {}"),
            ("comma at the end", "{},"),
            ("closes our list", "{}] , [{}"),
            ("closes more", "1]]]],[[[[2"),
            ("a comment alone", "// nothing"),
            ("an open comment", "{} /* x"),
            ("bare variable", "{\"n\": {{ count }}}"),
            ("variable in a string", "{\"n\": \"{{ count }}\"}"),
            ("unicode", "{\"näme\": \"Zoë 🦀\"}"),
            ("control characters", "{\"a\u{1}"),
            ("carriage returns, broken", "{\r\n\"a\": "),
            ("the shape of a kept text", "{\"text\": \"{\\\"a\"}"),
            ("a message with a text field", "{\"text\": \"hello\"}"),
            ("a message with valid JSON in text", "{\"text\": \"{}\"}"),
            ("the marked shape", "{\"text\": \"x\", \"json\": false}"),
            (
                "the marked shape with true",
                "{\"text\": \"x\", \"json\": true}",
            ),
            ("json5", "{a: 'b'}"),
            ("the shape, with a line break behind", "{\"text\": \"{\"}\n"),
        ] {
            let (file, read) = round_trip(&[text]);
            assert_eq!(read, [text], "{case}\n{file}");
            let (file, read) = round_trip(&["{}", text, text, "[]"]);
            assert_eq!(
                read,
                ["{}", text, text, "[]"],
                "{case}, between others\n{file}"
            );
        }
    }

    #[test]
    fn white_space_around_json_is_not_kept() {
        assert_eq!(round_trip(&["\n {\"a\":1}\n\n"]).1, ["{\"a\":1}"]);
        assert_eq!(round_trip(&["{\r\n \"a\":1}"]).1, ["{\n \"a\":1}"]);
    }

    #[test]
    fn a_text_that_is_no_json_is_kept_as_a_string() {
        let (file, _) = round_trip(&["{\"a\": "]);
        assert!(file.contains("{\"text\": \"{\\\"a\\\": \"}"), "{file}");
    }

    #[test]
    fn deep_nesting_is_kept_as_text_rather_than_breaking_the_file() {
        for depth in [100, 505, 509, 512, 520, 100_000] {
            let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(round_trip(&[&text]).1, [text], "{depth}");
        }
    }

    #[test]
    fn one_changed_message_leaves_the_others_bytes() {
        let file = "{\"messages\": [{\"a\":1}, // one\n  {\"b\" : 2},\n  /* x */ {\"c\":3} ]}";
        let mut editor = Editor::new(file.to_owned());
        let root = json::parse(file).unwrap();
        let old = parse_all(file, &Members::of(file, &root, "x").unwrap()).unwrap();
        let mut new = old.clone();
        new[1].0 = "{\n  \"b\": 3\n}".to_owned();
        edit_all(&mut editor, &old, &new, &[]).unwrap();
        assert_eq!(
            editor.into_text(),
            "{\"messages\": [{\"a\":1}, {\n  \"b\": 3\n},\n  /* x */ {\"c\":3} ]}"
        );
    }
}
