//! JSON in what surrounds it: a line of a log, a string with escapes, Python's quotes.

use super::import::values;
use crate::message::{Document, NodeKind, ValueRef};

/// Beginnings of values tried in one text.
const MAX_TRIES: usize = 16;
/// Strings in strings that are unpacked.
const MAX_LAYERS: usize = 3;
/// Values one after the other that are messages of a request.
const MAX_VALUES: usize = 10_000;
/// Values inside a JSON text that are looked at.
const MAX_NODES: usize = 2_000;

/// JSON values found in a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// `JSON`, `JSON in a log line` …
    pub(super) title: String,
    /// Steps from the text to the value, for the order: the fewer the better.
    pub(super) steps: u8,
    pub(super) values: Vec<String>,
}

/// Everything in a text that is JSON. The first is the text itself, where it is.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    layer(text.trim(), 0, "", &mut found);
    found
}

fn is_json(text: &str) -> bool {
    Document::new(text).syntax_error().is_none()
}

fn push(found: &mut Vec<Found>, title: String, steps: usize, values: Vec<String>) {
    let known = found.iter().any(|one| one.values == values);
    if !known && (1..=MAX_VALUES).contains(&values.len()) {
        // A few layers at most.
        let steps = steps as u8;
        found.push(Found {
            title,
            steps,
            values,
        });
    }
}

fn layer(text: &str, depth: usize, place: &str, found: &mut Vec<Found>) {
    if depth > MAX_LAYERS || text.is_empty() {
        return;
    }
    let mut whole = values(text);
    if whole.len() > MAX_VALUES {
        whole.clear();
    }
    if !whole.is_empty() && whole.iter().all(|value| is_json(value)) {
        return whole_text(whole, depth, place, found);
    }
    if text.contains("\\\"") {
        let unescaped = unescape(text);
        if unescaped != text {
            layer(
                &unescaped,
                depth + 1,
                &beside(place, "with escaped quotes"),
                found,
            );
        }
    }
    if let Some(json) = python(text).filter(|json| is_json(json)) {
        let title = format!("JSON {}", beside(place, "in Python's quotes"));
        push(found, title, depth + 1, values(&json));
    }
    parts(text, depth, place, found);
}

fn beside(place: &str, more: &str) -> String {
    if place.is_empty() {
        more.to_owned()
    } else {
        format!("{place} {more}")
    }
}

/// The text is JSON from end to end.
fn whole_text(whole: Vec<String>, depth: usize, place: &str, found: &mut Vec<Found>) {
    let title = match (place, whole.len()) {
        ("", 1) => "JSON".to_owned(),
        ("", count) => format!("{count} JSON values"),
        (place, _) => format!("JSON {place}"),
    };
    let single = match whole.as_slice() {
        [single] => Some(single.clone()),
        _ => None,
    };
    push(found, title, depth, whole);
    let Some(single) = single else { return };
    let document = Document::new(single);
    let Some(root) = document.root() else { return };
    match root.kind() {
        // A string that holds a text.
        NodeKind::String => {
            if let Some(text) = root.string() {
                layer(text.trim(), depth + 1, "in a string", found);
            }
        }
        NodeKind::Array => {
            let items: Vec<_> = root.children().collect();
            if items.iter().all(|item| item.kind() == NodeKind::Object) {
                let values = items.iter().map(|item| item.text().to_owned()).collect();
                let title = format!("{} messages from a JSON list", items.len());
                push(found, title, depth + 1, values);
            }
        }
        NodeKind::Object => {
            let mut left = MAX_NODES;
            inside(root, depth, &mut left, found);
        }
        _ => {}
    }
}

/// Objects inside an object, and texts in its strings: a log in JSON carries its message so. The
/// document's limit on nesting bounds the recursion.
fn inside(value: ValueRef<'_>, depth: usize, left: &mut usize, found: &mut Vec<Found>) {
    for child in value.children() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let key = child.key().map(|key| format!("in `{key}`"));
        let place = key.as_deref().unwrap_or("in a list");
        match child.kind() {
            NodeKind::Object => {
                let title = format!("JSON {place}");
                push(found, title, depth + 1, vec![child.text().to_owned()]);
                inside(child, depth, left, found);
            }
            NodeKind::Array => inside(child, depth, left, found),
            NodeKind::String => {
                if let Some(text) = child.string()
                    && text.contains('{')
                {
                    layer(text.trim(), depth + 1, place, found);
                }
            }
            _ => {}
        }
    }
}

/// Objects with something before or after them.
fn parts(text: &str, depth: usize, place: &str, found: &mut Vec<Found>) {
    let mut at = 0;
    let mut objects: Vec<String> = Vec::new();
    for _ in 0..MAX_TRIES {
        let Some(begin) = text.get(at..).and_then(|rest| rest.find('{')) else {
            break;
        };
        let begin = at + begin;
        let end = balanced(&text[begin..]).map(|length| begin + length);
        let Some(end) = end else {
            at = begin + 1;
            continue;
        };
        let object = &text[begin..end];
        if is_json(object) {
            objects.push(object.to_owned());
            at = end;
        } else if let Some(json) = python(object).filter(|json| is_json(json)) {
            let title = format!("JSON {}", beside(place, "in Python's quotes"));
            push(found, title, depth + 1, vec![json]);
            at = end;
        } else {
            at = begin + 1;
        }
    }
    let title = format!("JSON {}", beside(place, "in a line of a log"));
    if objects.len() > 1 {
        let all = format!("{} JSON values with text between them", objects.len());
        push(found, all, depth + 1, objects.clone());
    }
    for object in objects {
        push(found, title.clone(), depth + 1, vec![object.clone()]);
        let document = Document::new(object);
        if let Some(root) = document.root() {
            let mut left = MAX_NODES;
            inside(root, depth + 1, &mut left, found);
        }
    }
}

/// How long the brackets that a text begins with are, strings in either quotes left alone.
fn balanced(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = string_end(bytes, at)?,
            // An apostrophe in a text is no quote.
            b'\'' if at > 0 && b"{[(,: bu".contains(&bytes[at - 1]) => {
                at = string_end(bytes, at)?;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The closing quote of the string that begins at a place.
fn string_end(bytes: &[u8], begin: usize) -> Option<usize> {
    let quote = bytes[begin];
    let mut at = begin + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
}

/// One layer of backslashes taken off: `{\"a\": 1}`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(escaped @ ('"' | '\\' | '/')) => out.push(escaped),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            letter => out.push(letter),
        }
    }
    out
}

/// A dictionary as Python prints it, as JSON. `None` when there is something in it that JSON has not.
fn python(text: &str) -> Option<String> {
    if !text.starts_with(['{', '[']) || !text.contains(['\'', 'T', 'F', 'N']) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let quoted = rest.trim_start_matches(['b', 'u', 'r']);
        let prefix = &rest[..rest.len() - quoted.len()];
        if quoted.starts_with(['\'', '"']) && prefix.len() < 2 {
            let end = string_end(quoted.as_bytes(), 0)?;
            let bytes = literal(&quoted[1..end])?;
            let text = if prefix == "b" {
                // As ProtoJSON has bytes.
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode(bytes)
            } else {
                String::from_utf8(bytes).ok()?
            };
            out.push_str(&serde_json::Value::from(text).to_string());
            rest = &quoted[end + 1..];
            continue;
        }
        if first.is_ascii_alphabetic() {
            let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = rest.find(|c| !letters(c)).unwrap_or(rest.len());
            out.push_str(match &rest[..end] {
                "True" | "true" => "true",
                "False" | "false" => "false",
                "None" | "null" => "null",
                "nan" => "\"NaN\"",
                "inf" => "\"Infinity\"",
                _ => return None,
            });
            rest = &rest[end..];
            continue;
        }
        let plain = first.is_ascii_digit() || "{}[]:,.-+ \t\r\n".contains(first);
        if !plain {
            return None;
        }
        out.push(first);
        rest = &rest[first.len_utf8()..];
        // An exponent belongs to its number.
        if first.is_ascii_digit() && rest.starts_with(['e', 'E']) {
            out.push('e');
            rest = &rest[1..];
        }
    }
    Some(out)
}

/// The inside of a string of Python.
fn literal(inside: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(inside.len());
    let mut letters = inside.chars();
    let push = |out: &mut Vec<u8>, letter: char| {
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    };
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            push(&mut out, letter);
            continue;
        }
        match letters.next()? {
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            'x' => out.push(u8::try_from(take_hex(&mut letters, 2)?).ok()?),
            'u' => push(&mut out, char::from_u32(take_hex(&mut letters, 4)?)?),
            'U' => push(&mut out, char::from_u32(take_hex(&mut letters, 8)?)?),
            '0' => out.push(0),
            other => push(&mut out, other),
        }
    }
    Some(out)
}

fn take_hex(letters: &mut std::str::Chars<'_>, digits: usize) -> Option<u32> {
    let text: String = letters.by_ref().take(digits).collect();
    u32::from_str_radix(&text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values_of(text: &str) -> Vec<Vec<String>> {
        find(text).into_iter().map(|found| found.values).collect()
    }

    #[test]
    fn json_is_found_in_what_surrounds_it() {
        let wanted = r#"{"id": 7, "name": "a {b} \"c\""}"#;
        for (name, text) in [
            ("itself", wanted.to_owned()),
            (
                "after a prefix",
                format!("2026-01-02T03:04:05Z INFO [grpc] req={wanted} took 3ms"),
            ),
            (
                "after braces that are none",
                format!("{{thread-1}} sent {wanted}"),
            ),
            ("in a string", serde_json::Value::from(wanted).to_string()),
            (
                "in a string of a log in JSON",
                serde_json::json!({"level": "info", "msg": format!("request {wanted}")})
                    .to_string(),
            ),
            (
                "in a string in a string",
                serde_json::Value::from(serde_json::json!({"body": wanted}).to_string())
                    .to_string(),
            ),
            (
                "in a log in JSON",
                format!(r#"{{"level": "info", "request": {wanted}}}"#),
            ),
            (
                "with escaped quotes",
                format!("msg={}", wanted.replace('\\', "\\\\").replace('"', "\\\"")),
            ),
        ] {
            let found = values_of(&text);
            assert!(
                found.contains(&vec![wanted.to_owned()]),
                "{name}: {text}\n{found:?}"
            );
        }
    }

    #[test]
    fn several_values_are_several_messages() {
        assert_eq!(
            values_of("{\"a\":1}\n{\"a\":2}")[0],
            ["{\"a\":1}", "{\"a\":2}"]
        );
        let list = values_of("[{\"a\":1}, {\"a\":2}]");
        assert!(list.contains(&vec!["{\"a\":1}".to_owned(), "{\"a\":2}".to_owned()]));
        let apart = values_of("sent {\"a\":1}\nsent {\"a\":2}\n");
        assert!(apart.contains(&vec!["{\"a\":1}".to_owned(), "{\"a\":2}".to_owned()]));
    }

    #[test]
    fn a_dictionary_of_python_is_json() {
        let text =
            r#"{'id': 7, 'ok': True, 'none': None, 'it': "it's", 'b': b'\x00\xff', 'e': 1.5e3}"#;
        assert_eq!(
            values_of(text)[0],
            [r#"{"id": 7, "ok": true, "none": null, "it": "it's", "b": "AP8=", "e": 1.5e3}"#]
        );
        assert!(!values_of(&format!("got {text} from peer")).is_empty());
        assert!(values_of("{'a': object()}").is_empty());
    }

    #[test]
    fn hostile_texts_end_soon() {
        let started = std::time::Instant::now();
        for text in [
            "{".repeat(10 << 20),
            "{\"a\":".repeat(1 << 20),
            "\\\"".repeat(2 << 20),
            "\"".repeat(5 << 20),
            "{'".repeat(2 << 20),
            "[".repeat(100_000),
        ] {
            assert!(find(&text).is_empty());
        }
        // Seconds where each step is looked at once; minutes if it were quadratic.
        let took = started.elapsed();
        assert!(took.as_secs() < 30, "{took:?}");
    }
}
