//! Takes from two descriptors of one file what may differ without a difference in meaning.
//!
//! Each such thing is counted with its reason: nothing is left out in silence.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DynamicMessage, ReflectMessage, Value};

/// How often each reason was met.
pub(crate) type Reasons = BTreeMap<&'static str, usize>;

const FEATURES: &str = "editions: features are consumed by lowering (an enum keeps its type)";
const MESSAGE_FIELD: &str =
    "editions: a message field has presence and no packing, whatever is written";
const LANGUAGE: &str =
    "features of one language's code, and where features begin and end, are left out";
const IMPORTS: &str = "imports are flattened: those of a public import stand beside it";
const VISIBILITY: &str = "edition 2024: who may see a symbol is left out";
const BRACES: &str = "options without an option say nothing";
const DIGITS: &str = "a floating default in other digits, the same number";

/// `lowered` says that both went through lowering.
pub(crate) fn settle(
    theirs: &mut DynamicMessage,
    ours: &mut DynamicMessage,
    lowered: bool,
    reasons: &mut Reasons,
) {
    let mut names = Vec::new();
    for (side, message) in [&mut *theirs, &mut *ours].into_iter().enumerate() {
        let mut met = Vec::new();
        settle_one(message, lowered, &mut met);
        names.push((side, met));
    }
    // What both hold is no difference, so that it counts only where one side has more of it.
    let count =
        |side: usize, reason: &str| names[side].1.iter().filter(|met| **met == reason).count();
    for reason in [FEATURES, MESSAGE_FIELD, LANGUAGE, VISIBILITY, BRACES] {
        let more = count(0, reason).abs_diff(count(1, reason));
        if more > 0 {
            *reasons.entry(reason).or_default() += more;
        }
    }
    settle_imports(theirs, ours, reasons);
    settle_defaults(theirs, ours, reasons);
}

/// Ours hold at least the imports of theirs, options' ones too.
fn settle_imports(theirs: &mut DynamicMessage, ours: &mut DynamicMessage, reasons: &mut Reasons) {
    /// `option_dependency`, of edition 2024, as another type reads it: bytes with their length.
    const OPTION_DEPENDENCY: u32 = 15;
    let imports = |file: &DynamicMessage| -> BTreeSet<String> {
        let list = file.get_field_by_name("dependency");
        let list = list.as_deref().and_then(Value::as_list).unwrap_or_default();
        list.iter()
            .filter_map(|import| import.as_str().map(str::to_owned))
            .collect()
    };
    let of_options = theirs
        .unknown_fields()
        .any(|field| field.number() == OPTION_DEPENDENCY);
    if !imports(theirs).is_subset(&imports(ours)) {
        return;
    }
    let names = ["dependency", "public_dependency", "weak_dependency"];
    let differs = |name| theirs.get_field_by_name(name) != ours.get_field_by_name(name);
    if of_options || names.into_iter().any(differs) {
        *reasons.entry(IMPORTS).or_default() += 1;
    }
    for name in names {
        theirs.clear_field_by_name(name);
        ours.clear_field_by_name(name);
    }
    take_unknown(theirs, OPTION_DEPENDENCY);
}

fn settle_one(message: &mut DynamicMessage, lowered: bool, met: &mut Vec<&'static str>) {
    match message.descriptor().name() {
        "FieldDescriptorProto" if lowered && is_message_field(message) => {
            if message.has_field_by_name("proto3_optional")
                && !message.has_field_by_name("oneof_index")
            {
                message.clear_field_by_name("proto3_optional");
                met.push(MESSAGE_FIELD);
            }
            if message_has(message, "options")
                && let Some(Value::Message(options)) = message.get_field_by_name_mut("options")
                && message_has(options, "packed")
            {
                options.clear_field_by_name("packed");
                met.push(MESSAGE_FIELD);
            }
        }
        "DescriptorProto" if lowered => drop_visibility(message, 11, met),
        "EnumDescriptorProto" if lowered => drop_visibility(message, 6, met),
        "FileDescriptorProto" => drop_language_extensions(message, met),
        "FieldOptions" => {
            // Of a newer descriptor.proto than the bundled one: `feature_support`.
            const FEATURE_SUPPORT: u32 = 22;
            if message_has(message, "edition_defaults")
                || message
                    .unknown_fields()
                    .any(|field| field.number() == FEATURE_SUPPORT)
            {
                message.clear_field_by_name("edition_defaults");
                take_unknown(message, FEATURE_SUPPORT);
                met.push(LANGUAGE);
            }
        }
        _ => {}
    }
    settle_features(message, lowered, met);
    let fields: Vec<_> = message.descriptor().fields().collect();
    for field in fields {
        if !message.has_field(&field) || field.is_map() {
            continue;
        }
        match message.get_field_mut(&field) {
            Value::Message(inner) => {
                settle_one(inner, lowered, met);
                let empty = inner.fields().next().is_none()
                    && inner.extensions().next().is_none()
                    && inner.unknown_fields().next().is_none();
                if empty && field.name() == "options" {
                    message.clear_field(&field);
                    met.push(BRACES);
                }
            }
            Value::List(values) => {
                for value in values {
                    if let Value::Message(inner) = value {
                        settle_one(inner, lowered, met);
                    }
                }
            }
            _ => {}
        }
    }
}

fn message_has(message: &DynamicMessage, field: &str) -> bool {
    message.has_field_by_name(field)
}

fn is_message_field(field: &DynamicMessage) -> bool {
    const GROUP: i32 = 10;
    const MESSAGE: i32 = 11;
    let kind = field
        .get_field_by_name("type")
        .and_then(|kind| kind.as_enum_number());
    matches!(kind, Some(GROUP | MESSAGE))
}

/// Features of options: gone where lowering has read them, but for the type of an enum.
fn settle_features(message: &mut DynamicMessage, lowered: bool, met: &mut Vec<&'static str>) {
    let name = message.descriptor().name().to_owned();
    if !lowered || !name.ends_with("Options") || !message_has(message, "features") {
        return;
    }
    let enum_type = message.get_field_by_name("features").and_then(|features| {
        let features = features.as_message()?;
        features.has_field_by_name("enum_type").then(|| {
            features
                .get_field_by_name("enum_type")
                .map(|value| value.into_owned())
        })?
    });
    message.clear_field_by_name("features");
    if let (Some(enum_type), "EnumOptions") = (enum_type, name.as_str())
        && let Some(features) = message
            .get_field_by_name_mut("features")
            .and_then(Value::as_message_mut)
    {
        features.set_field_by_name("enum_type", enum_type);
    }
    met.push(FEATURES);
}

/// Extensions of `FeatureSet`.
fn drop_language_extensions(file: &mut DynamicMessage, met: &mut Vec<&'static str>) {
    if !message_has(file, "extension") {
        return;
    }
    let Some(Value::List(extensions)) = file.get_field_by_name_mut("extension") else {
        return;
    };
    let before = extensions.len();
    extensions.retain(|extension| {
        let extendee = extension
            .as_message()
            .and_then(|extension| extension.get_field_by_name("extendee"))
            .and_then(|extendee| extendee.as_str().map(str::to_owned));
        extendee.as_deref() != Some(".google.protobuf.FeatureSet")
    });
    if extensions.len() != before {
        met.push(LANGUAGE);
    }
    if extensions.is_empty() {
        file.clear_field_by_name("extension");
    }
}

/// `export` and `local`, in a field that the type does not know.
fn drop_visibility(message: &mut DynamicMessage, number: u32, met: &mut Vec<&'static str>) {
    if message
        .unknown_fields()
        .any(|field| field.number() == number)
    {
        take_unknown(message, number);
        met.push(VISIBILITY);
    }
}

/// Leaves a field out that the type does not know.
fn take_unknown(message: &mut DynamicMessage, number: u32) {
    let kept: Vec<_> = message
        .take_unknown_fields()
        .filter(|field| field.number() != number)
        .collect();
    let mut bytes = Vec::new();
    for field in kept {
        field.encode(&mut bytes);
    }
    // The bytes were decoded a moment ago.
    let _ = prost::Message::merge(message, bytes.as_slice());
}

/// Defaults of floating fields are text: other digits may be the same number.
fn settle_defaults(theirs: &DynamicMessage, ours: &mut DynamicMessage, reasons: &mut Reasons) {
    if theirs.descriptor().name() == "FieldDescriptorProto" {
        let text = |field: &DynamicMessage| {
            let value = field.get_field_by_name("default_value")?;
            value.as_str().map(str::to_owned)
        };
        if let (Some(expected), Some(found)) = (text(theirs), text(ours))
            && expected != found
            && same_number(theirs, &expected, &found)
        {
            ours.set_field_by_name("default_value", Value::String(expected));
            *reasons.entry(DIGITS).or_default() += 1;
        }
        return;
    }
    for (field, value) in theirs.fields() {
        if !ours.has_field(&field) {
            continue;
        }
        match (value, ours.get_field_mut(&field)) {
            (Value::Message(theirs), Value::Message(ours)) => {
                settle_defaults(theirs, ours, reasons);
            }
            (Value::List(theirs), Value::List(ours)) => {
                for (theirs, ours) in theirs.iter().zip(ours) {
                    if let (Value::Message(theirs), Value::Message(ours)) = (theirs, ours) {
                        settle_defaults(theirs, ours, reasons);
                    }
                }
            }
            _ => {}
        }
    }
}

fn same_number(field: &DynamicMessage, a: &str, b: &str) -> bool {
    const DOUBLE: i32 = 1;
    const FLOAT: i32 = 2;
    match field
        .get_field_by_name("type")
        .and_then(|kind| kind.as_enum_number())
    {
        Some(DOUBLE) => matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b),
        Some(FLOAT) => matches!((a.parse::<f32>(), b.parse::<f32>()), (Ok(a), Ok(b)) if a == b),
        _ => false,
    }
}
