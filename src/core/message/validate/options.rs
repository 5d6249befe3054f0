//! The rules of a schema as protovalidate writes them: an extension of the options, read with the
//! `validate.proto` that comes with the program.
//!
//! A source may carry another version of that file, or, from reflection, none: the options keep the
//! bytes, so these are what is read. What the bundled file does not know are predefined rules,
//! extensions of the rule messages.
//! Spec: `buf/validate/validate.proto`.

use std::sync::LazyLock;

use prost::{
    Message,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, MessageDescriptor,
    OneofDescriptor, ReflectMessage, Value,
};

use crate::schema::bundled_schema;

/// The extension of the options of messages, oneofs and fields.
const RULES: u32 = 1159;
/// The extension of the options of a predefined rule.
const PREDEFINED: u32 = 1160;
/// Fields of versions before 1.0.
const MESSAGE_DISABLED: u32 = 1;
const FIELD_SKIPPED: u32 = 24;
const FIELD_IGNORE_EMPTY: u32 = 26;

/// The bundled rule messages.
struct Bundled {
    field: MessageDescriptor,
    message: MessageDescriptor,
    oneof: MessageDescriptor,
    predefined: MessageDescriptor,
}

static BUNDLED: LazyLock<Option<Bundled>> = LazyLock::new(|| {
    let schema = bundled_schema(&["buf/validate/validate.proto"]);
    Some(Bundled {
        field: schema.message("buf.validate.FieldRules")?,
        message: schema.message("buf.validate.MessageRules")?,
        oneof: schema.message("buf.validate.OneofRules")?,
        predefined: schema.message("buf.validate.PredefinedRules")?,
    })
});

/// A rule in CEL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CelRule {
    /// Its id; where the schema gives none, the expression.
    pub id: String,
    /// What is said when it is broken; empty where the expression says it.
    pub message: String,
    /// The expression: a boolean, or a text that is empty when all is well.
    pub expression: String,
    /// Where it stands in its rules: `cel[0]`, `cel_expression[1]`.
    pub place: String,
}

/// When a field's rules are not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ignore {
    /// When it tracks presence and is absent.
    #[default]
    Unset,
    /// When it is absent or its type's zero.
    Zero,
    /// Never are they looked at.
    Always,
}

/// Rules of one field, item, key or value: as they stand in the options.
#[derive(Debug, Clone)]
pub(super) struct RawRules {
    pub(super) rules: DynamicMessage,
    pub(super) ignore: Ignore,
    pub(super) ignore_is_set: bool,
    pub(super) required: bool,
    pub(super) cel: Vec<CelRule>,
}

/// Rules of one message type.
#[derive(Debug, Clone, Default)]
pub(super) struct RawMessage {
    pub(super) cel: Vec<CelRule>,
    pub(super) oneofs: Vec<OneofRule>,
}

/// Fields of which at most one may be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OneofRule {
    pub(super) fields: Vec<String>,
    pub(super) required: bool,
}

/// The rules of a field.
pub(super) fn of_field(field: &FieldDescriptor) -> Option<RawRules> {
    let bytes = payload(&field.options().encode_to_vec(), RULES)?;
    let rules = decode(&BUNDLED.as_ref()?.field, &bytes)?;
    Some(RawRules::new(rules))
}

/// The rules of a message type; `None` where it has none of its own.
pub(super) fn of_message(message: &MessageDescriptor) -> Option<RawMessage> {
    let bytes = payload(&message.options().encode_to_vec(), RULES)?;
    if varint(&bytes, MESSAGE_DISABLED) == Some(1) {
        return None;
    }
    let rules = decode(&BUNDLED.as_ref()?.message, &bytes)?;
    let oneofs = messages(&rules, "oneof").map(|rule| OneofRule {
        fields: texts(rule, "fields"),
        required: flag(rule, "required"),
    });
    Some(RawMessage {
        cel: cel_rules(&rules),
        oneofs: oneofs.collect(),
    })
}

/// Whether one of a oneof's fields has to be set.
pub(super) fn is_required(oneof: &OneofDescriptor) -> bool {
    let rules = payload(&oneof.options().encode_to_vec(), RULES)
        .and_then(|bytes| decode(&BUNDLED.as_ref()?.oneof, &bytes));
    rules.is_some_and(|rules| flag(&rules, "required"))
}

/// Whether rules of whatever kind stand at a field.
pub(super) fn has_rules(field: &FieldDescriptor) -> bool {
    payload(&field.options().encode_to_vec(), RULES).is_some()
}

/// A predefined rule in use: an extension of a rule message.
#[derive(Debug, Clone)]
pub(super) struct Predefined {
    pub(super) extension: ExtensionDescriptor,
    /// What the rule was given.
    pub(super) value: Value,
    pub(super) cel: Vec<CelRule>,
}

/// The predefined rules in use in a message of standard rules, and that message as the source knows it.
///
/// # Errors
/// What stands there is no extension of the schema.
pub(super) fn predefined(
    rules: &DynamicMessage,
    pool: &DescriptorPool,
) -> Result<Option<(DynamicMessage, Vec<Predefined>)>, String> {
    let mut unknown: Vec<u32> = rules.unknown_fields().map(|f| f.number()).collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return Ok(None);
    }
    let name = rules.descriptor().full_name().to_owned();
    let missing = |number| format!("the schema does not hold extension {number} of `{name}`");
    let first = unknown.first().copied().unwrap_or_default();
    let own = pool.get_message_by_name(&name);
    let own = own.ok_or_else(|| missing(first))?;
    let known = decode(&own, &rules.encode_to_vec())
        .ok_or_else(|| format!("the rules do not decode as the schema's `{name}`"))?;
    let mut found = Vec::new();
    for number in unknown {
        let extension = own.get_extension(number).ok_or_else(|| missing(number))?;
        let options = payload(&extension.options().encode_to_vec(), PREDEFINED);
        let cel = options
            .and_then(|bytes| decode(&BUNDLED.as_ref()?.predefined, &bytes))
            .map_or_else(Vec::new, |rules| cel_rules(&rules));
        found.push(Predefined {
            value: known.get_extension(&extension).into_owned(),
            extension,
            cel,
        });
    }
    Ok(Some((known, found)))
}

impl RawRules {
    pub(super) fn new(rules: DynamicMessage) -> Self {
        let old = |number| {
            let mut fields = rules.unknown_fields();
            fields.any(|field| field.number() == number)
        };
        let ignore = match number(&rules, "ignore") {
            Some(3) => Ignore::Always,
            Some(1 | 2) => Ignore::Zero,
            _ if old(FIELD_SKIPPED) => Ignore::Always,
            _ if old(FIELD_IGNORE_EMPTY) => Ignore::Zero,
            _ => Ignore::Unset,
        };
        Self {
            ignore_is_set: rules.has_field_by_name("ignore"),
            ignore,
            required: flag(&rules, "required"),
            cel: cel_rules(&rules),
            rules,
        }
    }

    /// The standard rules: the name of their kind (`string`), and their message.
    pub(super) fn kind(&self) -> Option<(String, DynamicMessage)> {
        let descriptor = self.rules.descriptor();
        let kind = descriptor.oneofs().find(|oneof| oneof.name() == "type")?;
        let field = kind.fields().find(|field| self.rules.has_field(field))?;
        match self.rules.get_field(&field).as_ref() {
            Value::Message(rules) => Some((field.name().to_owned(), rules.clone())),
            _ => None,
        }
    }
}

/// Rules that stand inside others: of items, keys, values.
pub(super) fn nested(rules: &DynamicMessage, name: &str) -> Option<RawRules> {
    match get(rules, name)? {
        Value::Message(rules) => Some(RawRules::new(rules)),
        _ => None,
    }
}

fn cel_rules(rules: &DynamicMessage) -> Vec<CelRule> {
    let short = texts(rules, "cel_expression").into_iter().enumerate();
    let short = short.map(|(at, expression)| CelRule {
        id: expression.clone(),
        message: String::new(),
        expression,
        place: format!("cel_expression[{at}]"),
    });
    let long = messages(rules, "cel").enumerate();
    let long = long.map(|(at, rule)| CelRule {
        id: text(rule, "id").unwrap_or_default(),
        message: text(rule, "message").unwrap_or_default(),
        expression: text(rule, "expression").unwrap_or_default(),
        place: format!("cel[{at}]"),
    });
    short.chain(long).collect::<Vec<_>>()
}

/// A field that is set.
pub(super) fn get(message: &DynamicMessage, name: &str) -> Option<Value> {
    let field = message.descriptor().get_field_by_name(name)?;
    message
        .has_field(&field)
        .then(|| message.get_field(&field).into_owned())
}

pub(super) fn flag(message: &DynamicMessage, name: &str) -> bool {
    get(message, name).is_some_and(|value| value == Value::Bool(true))
}

pub(super) fn text(message: &DynamicMessage, name: &str) -> Option<String> {
    match get(message, name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// An unsigned number, or an enum's.
pub(super) fn number(message: &DynamicMessage, name: &str) -> Option<u64> {
    match get(message, name)? {
        Value::U64(number) => Some(number),
        Value::EnumNumber(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

pub(super) fn list(message: &DynamicMessage, name: &str) -> Vec<Value> {
    match get(message, name) {
        Some(Value::List(items)) => items,
        _ => Vec::new(),
    }
}

pub(super) fn texts(message: &DynamicMessage, name: &str) -> Vec<String> {
    let texts = list(message, name)
        .into_iter()
        .filter_map(|item| match item {
            Value::String(text) => Some(text),
            _ => None,
        });
    texts.collect()
}

fn messages<'a>(
    message: &'a DynamicMessage,
    name: &str,
) -> impl Iterator<Item = &'a DynamicMessage> + use<'a> {
    let field = message.fields().find(|(field, _)| field.name() == name);
    let items = match field {
        Some((_, Value::List(items))) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(Value::as_message)
}

fn decode(message: &MessageDescriptor, bytes: &[u8]) -> Option<DynamicMessage> {
    DynamicMessage::decode(message.clone(), bytes).ok()
}

/// A message field's bytes. What stands twice is one after the other, which means the same.
fn payload(mut bytes: &[u8], number: u32) -> Option<Vec<u8>> {
    let mut found = None;
    while !bytes.is_empty() {
        let (tag, wire_type) = decode_key(&mut bytes).ok()?;
        if tag == number && wire_type == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
            let payload = bytes.get(..length)?;
            bytes = bytes.get(length..)?;
            found
                .get_or_insert_with(Vec::new)
                .extend_from_slice(payload);
        } else {
            skip_field(wire_type, tag, &mut bytes, DecodeContext::default()).ok()?;
        }
    }
    found
}

fn varint(mut bytes: &[u8], number: u32) -> Option<u64> {
    let mut found = None;
    while !bytes.is_empty() {
        let (tag, wire_type) = decode_key(&mut bytes).ok()?;
        if tag == number && wire_type == WireType::Varint {
            found = decode_varint(&mut bytes).ok();
        } else {
            skip_field(wire_type, tag, &mut bytes, DecodeContext::default()).ok()?;
        }
    }
    found
}
