//! What differs between two descriptors of one file, field by field, and what of that is known.

use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use super::{
    settle::{Reasons, settle},
    tell,
};

/// Differences told of one file; a file that is wrong all over tells nothing more with more lines.
const MAX_TOLD: usize = 20;

/// Tells each difference, `different` or, with its reason and how often, `known`.
pub(crate) fn report(file: &str, expected: &DynamicMessage, found: &DynamicMessage, lowered: bool) {
    let (mut expected, mut found) = (expected.clone(), found.clone());
    let mut reasons = Reasons::new();
    settle(&mut expected, &mut found, lowered, &mut reasons);
    let mut differences = Vec::new();
    messages("", &expected, &found, &mut differences);
    let mut told = 0;
    for difference in &differences {
        if let Some(reason) = reason(difference) {
            *reasons.entry(reason).or_default() += 1;
        } else if told < MAX_TOLD {
            told += 1;
            tell(
                "different",
                &[
                    file,
                    &difference.path,
                    &difference.expected,
                    &difference.found,
                ],
            );
        }
    }
    for (reason, count) in reasons {
        tell("known", &[file, reason, &count.to_string()]);
    }
}

/// One place where the two are not the same.
struct Difference {
    /// Names of fields and indices of elements: `message_type[0].field[1].json_name`.
    path: String,
    expected: String,
    found: String,
}

/// Why a difference is none that matters.
fn reason(difference: &Difference) -> Option<&'static str> {
    let Difference {
        path,
        expected,
        found,
    } = difference;
    let name = path.rsplit('.').next().unwrap_or_default();
    let name = name.split('[').next().unwrap_or_default();
    match name {
        "source_code_info" => Some("locations are kept beside the descriptor"),
        "syntax" if found.is_empty() && expected == "\"proto2\"" => {
            Some("proto2 is the syntax of a file that names none")
        }
        "syntax" if expected.is_empty() && found == "\"proto2\"" => {
            Some("proto2 is the syntax of a file that names none")
        }
        "json_name" if found.is_empty() => Some("a JSON name is written where the file gives one"),
        _ => None,
    }
}

fn messages(
    path: &str,
    expected: &DynamicMessage,
    found: &DynamicMessage,
    differences: &mut Vec<Difference>,
) {
    let mut fields: Vec<_> = expected
        .fields()
        .map(|(field, _)| (field.number(), field))
        .collect();
    fields.extend(found.fields().map(|(field, _)| (field.number(), field)));
    fields.sort_by_key(|(number, _)| *number);
    fields.dedup_by_key(|(number, _)| *number);
    for (_, field) in fields {
        let path = join(path, field.name());
        let value = |message: &DynamicMessage| {
            message
                .has_field(&field)
                .then(|| message.get_field(&field).into_owned())
        };
        values(&path, value(expected), value(found), differences);
    }
    let mut extensions: Vec<_> = expected
        .extensions()
        .map(|(it, _)| (it.number(), it))
        .collect();
    extensions.extend(found.extensions().map(|(it, _)| (it.number(), it)));
    extensions.sort_by_key(|(number, _)| *number);
    extensions.dedup_by_key(|(number, _)| *number);
    for (_, extension) in extensions {
        let path = join(
            path,
            &format!("({})", extension.full_name().replace('.', "/")),
        );
        let value = |message: &DynamicMessage| {
            message
                .has_extension(&extension)
                .then(|| message.get_extension(&extension).into_owned())
        };
        values(&path, value(expected), value(found), differences);
    }
    let unknown = |message: &DynamicMessage| {
        let mut fields: Vec<String> = message
            .unknown_fields()
            .map(|field| format!("{field:?}"))
            .collect();
        fields.sort();
        fields
    };
    let (theirs, ours) = (unknown(expected), unknown(found));
    if theirs != ours {
        differences.push(Difference {
            path: join(path, &format!("({})", expected.descriptor().name())),
            expected: theirs.join(" "),
            found: ours.join(" "),
        });
    }
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn values(
    path: &str,
    expected: Option<Value>,
    found: Option<Value>,
    differences: &mut Vec<Difference>,
) {
    match (&expected, &found) {
        (None, None) => {}
        (Some(Value::Message(expected)), Some(Value::Message(found))) => {
            messages(path, expected, found, differences);
        }
        (Some(Value::List(theirs)), Some(Value::List(ours))) if theirs.len() == ours.len() => {
            for (index, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                let path = format!("{path}[{index}]");
                values(&path, Some(theirs.clone()), Some(ours.clone()), differences);
            }
        }
        (Some(theirs), Some(ours)) if same(theirs, ours) => {}
        _ => differences.push(Difference {
            path: path.to_owned(),
            expected: expected.map_or(String::new(), |value| text(&value)),
            found: found.map_or(String::new(), |value| text(&value)),
        }),
    }
}

/// Equal to the bit: a NaN equals itself.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::F32(a), Value::F32(b)) => a.to_bits() == b.to_bits(),
        (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

fn text(value: &Value) -> String {
    let text = match value {
        Value::Message(message) => format!("{{{message}}}"),
        Value::List(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::String(text) => format!("{text:?}"),
        value => format!("{value:?}"),
    };
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
