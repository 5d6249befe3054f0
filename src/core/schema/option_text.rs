//! Options of descriptors as a proto file writes them: `deprecated = true`, `(my.rule) = { … }`.

use std::fmt::Write;

use prost_reflect::{DynamicMessage, Kind, MapKey, Value};

/// Depth of messages inside an option; deeper ones are left out.
const MAX_DEPTH: usize = 32;

/// `name = value` for every option that is set, custom ones too, in the order of their numbers.
/// A repeated option gives one entry a value.
pub(super) fn option_entries(options: &DynamicMessage) -> Vec<String> {
    let mut entries = Vec::new();
    let mut add = |name: &str, kind: &Kind, value: &Value| {
        let values = match value {
            Value::List(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            let mut text = format!("{name} = ");
            write_value(&mut text, kind, value, 0);
            entries.push(text);
        }
    };
    for (field, value) in options.fields() {
        // Both say something that the file writes in another way.
        if !matches!(field.name(), "uninterpreted_option" | "map_entry") {
            add(field.name(), &field.kind(), value);
        }
    }
    for (extension, value) in options.extensions() {
        add(
            &format!("({})", extension.full_name()),
            &extension.kind(),
            value,
        );
    }
    entries
}

fn write_value(out: &mut String, kind: &Kind, value: &Value, depth: usize) {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Bool(v) => write!(out, "{v}"),
        Value::I32(v) => write!(out, "{v}"),
        Value::I64(v) => write!(out, "{v}"),
        Value::U32(v) => write!(out, "{v}"),
        Value::U64(v) => write!(out, "{v}"),
        Value::F32(v) => write!(out, "{}", float(f64::from(*v), v.to_string())),
        Value::F64(v) => write!(out, "{}", float(*v, v.to_string())),
        Value::String(v) => write!(out, "{}", quote(v)),
        Value::Bytes(v) => write!(out, "\"{}\"", v.escape_ascii()),
        Value::EnumNumber(number) => {
            let name = kind.as_enum().and_then(|e| e.get_value(*number));
            match name {
                Some(value) => write!(out, "{}", value.name()),
                None => write!(out, "{number}"),
            }
        }
        Value::Message(message) => {
            write_message(out, message, depth);
            Ok(())
        }
        Value::List(values) => {
            for (i, value) in values.iter().enumerate() {
                out.push_str(if i == 0 { "[" } else { ", " });
                write_value(out, kind, value, depth);
            }
            out.push(']');
            Ok(())
        }
        // Handled by the message that holds the map, which knows the kinds.
        Value::Map(_) => Ok(()),
    };
}

fn write_message(out: &mut String, message: &DynamicMessage, depth: usize) {
    if depth >= MAX_DEPTH {
        out.push_str("{}");
        return;
    }
    let mut parts = Vec::new();
    let mut add = |name: &str, kind: &Kind, value: &Value| match (value, kind) {
        (Value::Map(map), Kind::Message(entry)) => {
            // The order of a map is not kept; sorted, the text is the same each time.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            for (key, value) in entries {
                let mut text = format!("{name} {{ key: {} value: ", key_text(key));
                write_value(
                    &mut text,
                    &entry.map_entry_value_field().kind(),
                    value,
                    depth + 1,
                );
                text.push_str(" }");
                parts.push(text);
            }
        }
        (Value::Message(_), _) => {
            let mut text = format!("{name} ");
            write_value(&mut text, kind, value, depth + 1);
            parts.push(text);
        }
        (Value::List(values), Kind::Message(_)) => {
            for value in values {
                let mut text = format!("{name} ");
                write_value(&mut text, kind, value, depth + 1);
                parts.push(text);
            }
        }
        _ => {
            let mut text = format!("{name}: ");
            write_value(&mut text, kind, value, depth + 1);
            parts.push(text);
        }
    };
    for (field, value) in message.fields() {
        add(field.name(), &field.kind(), value);
    }
    for (extension, value) in message.extensions() {
        let name = format!("[{}]", extension.full_name());
        add(&name, &extension.kind(), value);
    }
    match parts.len() {
        0 => out.push_str("{}"),
        _ => {
            let _ = write!(out, "{{ {} }}", parts.join(" "));
        }
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(v) => v.to_string(),
        MapKey::I32(v) => v.to_string(),
        MapKey::I64(v) => v.to_string(),
        MapKey::U32(v) => v.to_string(),
        MapKey::U64(v) => v.to_string(),
        MapKey::String(v) => quote(v),
    }
}

/// Proto files write `inf` and `nan`; Rust writes `inf` and `NaN`.
fn float(value: f64, text: String) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else {
        text
    }
}

/// A string literal. Characters beyond ASCII stay readable.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => {
                let _ = write!(out, "\\{:03o}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
