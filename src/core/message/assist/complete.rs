//! The completions of a place.

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::{
    super::{
        WellKnown, find_field,
        form::kind::{new_value, quoted, well_known, wrapped},
    },
    Assist, Completion, CompletionKind, Completions,
    context::{Context, Due, Frame, Token, next},
    expression::in_expression,
    place::{Label, Members, Place, Slot},
};
use crate::schema::{fields_in_order, kind_name, type_name};

/// Completions given at most: nobody reads more.
const MOST: usize = 200;
/// Types of a schema given for an Any.
const MOST_TYPES: usize = 50;

pub(super) fn complete(assist: &Assist<'_>, text: &str, at: usize) -> Option<Completions> {
    let at = text.floor_char_boundary(at);
    let context = Context::of(text, at)?;
    if let Token::String(range) = &context.token
        && let Some(found) = in_expression(assist.scope, text, &(range.start + 1..range.end), at)
    {
        return Some(found);
    }
    let range = context.token.range(at);
    let typed = typed(text, &context.token, at);
    let place = Place::of(&context, assist)?;
    let maker = Maker {
        assist,
        text,
        after: range.end,
        in_string: matches!(context.token, Token::String(_)),
    };
    let items = match &place {
        Place::Member(members) => maker.keys(members, &context),
        Place::MapKey(kind) => maker.map_keys(kind, &context),
        Place::AnyType => maker.types(&typed),
        Place::Value(slot) => maker.values(slot),
    };
    let items = ranked(items, &typed);
    (!items.is_empty()).then_some(Completions { range, items })
}

/// What of the token stands before the cursor, without its quote.
fn typed(text: &str, token: &Token, at: usize) -> String {
    match token {
        Token::None => String::new(),
        Token::Word(range) => text[range.start..at].to_owned(),
        Token::String(range) => text.get(range.start + 1..at).unwrap_or_default().to_owned(),
    }
}

/// Those that fit what is typed: what begins with it, then what has its letters in their order.
pub(super) fn ranked(items: Vec<Completion>, typed: &str) -> Vec<Completion> {
    let typed = typed.to_lowercase();
    let rank = |item: &Completion| -> Option<u8> {
        let label = item.label.to_lowercase();
        if label.starts_with(&typed) {
            return Some(0);
        }
        let mut words = label.split(['.', '/', '_']);
        if words.any(|word| word.starts_with(&typed)) {
            return Some(1);
        }
        if label.contains(&typed) {
            return Some(2);
        }
        let mut letters = label.chars();
        let spread = typed
            .chars()
            .filter(|c| *c != '_')
            .all(|wanted| letters.any(|letter| letter == wanted));
        spread.then_some(3)
    };
    let mut kept: Vec<(u8, Completion)> = items
        .into_iter()
        .filter_map(|item| Some((rank(&item)?, item)))
        .collect();
    // Stable: of equals the schema's order stays.
    kept.sort_by_key(|(rank, _)| *rank);
    kept.into_iter().map(|(_, item)| item).take(MOST).collect()
}

struct Maker<'a> {
    assist: &'a Assist<'a>,
    text: &'a str,
    /// Where what is replaced ends.
    after: usize,
    /// The cursor is in quotes.
    in_string: bool,
}

impl Maker<'_> {
    fn keys(&self, members: &Members, context: &Context) -> Vec<Completion> {
        let Some(Frame::Object { keys, .. }) = context.frames.last() else {
            return Vec::new();
        };
        let mut items = Vec::new();
        if members.any && !keys.iter().any(|key| key == "@type") {
            let text = "\"type.googleapis.com/\"";
            items.push(self.key("@type", "string".to_owned(), String::new(), text, 1));
        }
        let Some(message) = &members.message else {
            return items;
        };
        if members.boxed {
            if !keys.iter().any(|key| key == "value") {
                let kind = Kind::Message(message.clone());
                let (value, back) = seed(&kind, &Label::Single);
                items.push(self.key("value", kind_name(&kind), String::new(), &value, back));
            }
            return items;
        }
        let is_taken = |names: [&str; 2]| keys.iter().any(|key| names.contains(&key.as_str()));
        let set: Vec<FieldDescriptor> = keys
            .iter()
            .filter_map(|key| find_field(message, key))
            .collect();
        let mut later = Vec::new();
        for field in fields_in_order(message) {
            if is_taken([field.json_name(), field.name()]) {
                continue;
            }
            let item = self.field(&field);
            // A second arm would be a mistake; a deprecated field is rarely wanted.
            if shares_oneof(&field, &set) || is_deprecated(&field) {
                later.push(item);
            } else {
                items.push(item);
            }
        }
        items.extend(later);
        for extension in message.extensions() {
            let name = format!("[{}]", extension.full_name());
            if !is_taken([&name, &name]) {
                let label = if extension.is_list() {
                    Label::List
                } else {
                    Label::Single
                };
                let kind = extension.kind();
                let (value, back) = seed(&kind, &label);
                let file = extension.parent_file();
                let comment = self.assist.comment(file.name(), extension.path());
                let detail = format!("extension {}", kind_name(&kind));
                items.push(self.key(&name, detail, comment, &value, back));
            }
        }
        items
    }

    fn field(&self, field: &FieldDescriptor) -> Completion {
        let mut detail = type_name(field);
        if let Some(oneof) = field.containing_oneof().filter(|it| !it.is_synthetic()) {
            detail.push_str(&format!("  oneof {}", oneof.name()));
        }
        if is_deprecated(field) {
            detail.push_str("  deprecated");
        }
        let label = if field.is_map() {
            Label::Map(Kind::String)
        } else if field.is_list() {
            Label::List
        } else {
            Label::Single
        };
        let (value, back) = seed(&field.kind(), &label);
        let comment = self.assist.comment_of_field(field);
        self.key(field.json_name(), detail, comment, &value, back)
    }

    /// A key with the value it begins with; the cursor goes `back` bytes before its end.
    fn key(
        &self,
        name: &str,
        detail: String,
        comment: String,
        value: &str,
        back: usize,
    ) -> Completion {
        let mut insert = quoted(name);
        let mut cursor = insert.len();
        // A key that has its colon already keeps its value.
        if next(self.text, self.after) != Some(b':') {
            insert.push_str(": ");
            insert.push_str(value);
            cursor = insert.len() - back;
            insert.push_str(self.comma());
        }
        Completion {
            label: name.to_owned(),
            kind: CompletionKind::Field,
            detail,
            comment,
            insert,
            cursor,
        }
    }

    /// A comma, where another member or item follows.
    fn comma(&self) -> &'static str {
        match next(self.text, self.after) {
            None | Some(b',' | b'}' | b']' | b':' | b'/') => "",
            Some(_) => ",",
        }
    }

    fn map_keys(&self, kind: &Kind, context: &Context) -> Vec<Completion> {
        let taken: &[String] = match context.frames.last() {
            Some(Frame::Object { keys, .. }) => keys,
            _ => &[],
        };
        let names: &[&str] = match kind {
            Kind::Bool => &["true", "false"],
            _ => &[],
        };
        names
            .iter()
            .filter(|name| !taken.iter().any(|key| key == *name))
            .map(|name| self.key(name, kind_name(kind), String::new(), "", 0))
            .collect()
    }

    /// The messages of the schema, as type URLs.
    fn types(&self, typed: &str) -> Vec<Completion> {
        let wanted = typed.rsplit('/').next().unwrap_or_default().to_lowercase();
        let Some(schema) = self.assist.schema else {
            return Vec::new();
        };
        let listed = schema.catalogue().messages.iter();
        let mut found: Vec<(usize, &str)> = listed
            .filter_map(|entry| {
                let name = entry.full_name.as_str();
                let place = name.to_lowercase().find(&wanted)?;
                // Where the last part begins with it, it is most likely meant.
                let last = name.rfind('.').map_or(0, |dot| dot + 1);
                Some((place.abs_diff(last), name))
            })
            .collect();
        found.sort();
        found.truncate(MOST_TYPES);
        let prefix = match typed.rsplit_once('/') {
            Some((host, _)) if !host.is_empty() => host,
            _ => "type.googleapis.com",
        };
        found
            .into_iter()
            .map(|(_, name)| {
                let insert = quoted(&format!("{prefix}/{name}"));
                Completion {
                    label: format!("{prefix}/{name}"),
                    kind: CompletionKind::Type,
                    detail: "message".to_owned(),
                    comment: schema.comment_of(name),
                    cursor: insert.len(),
                    insert,
                }
            })
            .collect()
    }

    fn values(&self, slot: &Slot) -> Vec<Completion> {
        let mut items = Vec::new();
        match (&slot.label, &slot.kind) {
            (Label::Single, Kind::Enum(descriptor)) => items.extend(self.enum_values(descriptor)),
            (Label::Single, Kind::Bool) if !self.in_string => {
                items.extend(["true", "false"].map(|word| self.value(word, word, 0, "bool")));
            }
            (Label::Single, Kind::Float | Kind::Double) => {
                let words = ["NaN", "Infinity", "-Infinity"];
                let detail = kind_name(&slot.kind);
                items.extend(words.map(|word| self.value(word, &quoted(word), 0, &detail)));
            }
            (Label::Single, Kind::Message(message)) => items.extend(self.messages(message, slot)),
            _ => {}
        }
        if self.in_string {
            return items;
        }
        if matches!(slot.label, Label::List | Label::Map(_)) {
            let (text, back) = seed(&slot.kind, &slot.label);
            let what = if slot.label == Label::List {
                "list"
            } else {
                "map"
            };
            items.push(self.value(&text, &text, back, what));
        }
        let plain = matches!(slot.kind, Kind::String | Kind::Bytes);
        if slot.label == Label::Single && plain {
            items.push(self.value("\"\"", "\"\"", 1, &kind_name(&slot.kind)));
        }
        let has_presence = slot.field.as_ref().is_some_and(|it| it.supports_presence());
        if has_presence {
            items.push(self.value("null", "null", 0, "absent"));
        }
        if slot.label == Label::Single && !matches!(slot.kind, Kind::Message(_)) {
            items.extend(self.variables());
        }
        items
    }

    fn enum_values(&self, descriptor: &EnumDescriptor) -> Vec<Completion> {
        // In the order of the file, aliases included.
        let values = descriptor.enum_descriptor_proto().value.iter();
        values
            .filter_map(|value| descriptor.get_value_by_name(value.name()))
            .map(|value| {
                let insert = quoted(value.name());
                let detail = format!("= {}", value.number());
                Completion {
                    comment: self.assist.comment_of_value(&value),
                    kind: CompletionKind::EnumValue,
                    ..self.value(value.name(), &insert, 0, &detail)
                }
            })
            .collect()
    }

    fn messages(&self, message: &MessageDescriptor, slot: &Slot) -> Vec<Completion> {
        let name = kind_name(&slot.kind);
        if let Some(inner) = wrapped(message) {
            let inner = Slot {
                kind: inner,
                ..slot.clone()
            };
            return self.values(&inner);
        }
        match well_known(message) {
            Some(WellKnown::Timestamp) => {
                let now = jiff::Timestamp::now().round(jiff::Unit::Second);
                let now = now.unwrap_or_default().to_string();
                vec![
                    self.value(&now, &quoted(&now), 0, "now"),
                    self.value("{{ now() }}", "\"{{ now() }}\"", 0, "when it is sent"),
                ]
            }
            Some(WellKnown::Duration) => {
                let samples = ["1s", "0.5s", "60s", "3600s"];
                let samples = samples.map(|it| self.value(it, &quoted(it), 0, "Duration"));
                samples.into()
            }
            Some(WellKnown::Any) if !self.in_string => {
                let text = "{\"@type\": \"type.googleapis.com/\"}";
                vec![self.value("{ @type }", text, 2, &name)]
            }
            Some(WellKnown::FieldMask | WellKnown::Value) => Vec::new(),
            _ if self.in_string => Vec::new(),
            _ => {
                let (text, back) = seed(&slot.kind, &Label::Single);
                vec![self.value(&text, &text, back, &name)]
            }
        }
    }

    fn variables(&self) -> Vec<Completion> {
        let names = self.assist.scope.variables.keys();
        names
            .map(|name| {
                let text = format!("{{{{ {name} }}}}");
                Completion {
                    kind: CompletionKind::Variable,
                    ..self.value(&text, &quoted(&text), 0, "variable")
                }
            })
            .collect()
    }

    fn value(&self, label: &str, text: &str, back: usize, detail: &str) -> Completion {
        Completion {
            label: label.to_owned(),
            kind: CompletionKind::Value,
            detail: detail.to_owned(),
            comment: String::new(),
            insert: format!("{text}{}", self.comma()),
            cursor: text.len() - back,
        }
    }
}

/// The text a value begins with, and how far before its end the cursor goes.
fn seed(kind: &Kind, label: &Label) -> (String, usize) {
    match label {
        Label::List => return ("[]".to_owned(), 1),
        Label::Map(_) => return ("{}".to_owned(), 1),
        Label::Single => {}
    }
    match kind {
        // What is chosen from a list is not written for the person.
        Kind::Enum(_) => ("\"\"".to_owned(), 1),
        Kind::String | Kind::Bytes => ("\"\"".to_owned(), 1),
        Kind::Message(message) => match well_known(message) {
            Some(WellKnown::Timestamp | WellKnown::Duration | WellKnown::FieldMask) => {
                ("\"\"".to_owned(), 1)
            }
            Some(WellKnown::Value) => (String::new(), 0),
            _ => {
                let text = new_value(kind);
                let back = usize::from(text.ends_with(['}', ']', '"']));
                (text, back)
            }
        },
        // Numbers and booleans are typed.
        _ => (String::new(), 0),
    }
}

fn shares_oneof(field: &FieldDescriptor, set: &[FieldDescriptor]) -> bool {
    let Some(oneof) = field.containing_oneof() else {
        return false;
    };
    set.iter()
        .any(|other| other.containing_oneof().as_ref() == Some(&oneof))
}

fn is_deprecated(field: &FieldDescriptor) -> bool {
    let options = field.field_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.deprecated())
}

impl Context {
    /// Whether a key is due.
    pub(super) fn is_key(&self) -> bool {
        self.due == Due::Key
    }
}
