//! Walks a message type and writes a body, compact: the same walk for every style.

use std::collections::HashSet;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{
    MAX_VALUES, Style, any,
    choose::{Chosen, Content, chosen},
    draw::Draw,
    example, fit, known, random,
};
use crate::message::{
    WellKnown,
    form::kind::{new_field, new_value, quoted, well_known, wrapped},
    validate::{FieldRules, Ignore, KindRules},
};

/// Messages in messages, at most: also where every one of them is required.
const MAX_NESTING: usize = 60;
/// Values, at most: also where every one of them is required.
const MOST_VALUES: usize = 2 * MAX_VALUES;
/// Tries for an item or a key that is not there yet.
const TRIES: usize = 40;

/// A value's place, as far as its value depends on it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The field's name, `value` where there is none.
    pub(super) name: &'a str,
    /// The message it stands in.
    pub(super) message: &'a MessageDescriptor,
    /// The field; `None` for the body itself and what an Any holds.
    pub(super) field: Option<&'a FieldDescriptor>,
    /// Its rules: of an item, a key or a value the rules of that.
    pub(super) rules: Option<&'a FieldRules>,
}

/// Writes one body.
pub(super) struct Builder {
    style: Style,
    max_depth: usize,
    values: usize,
    out: String,
    /// The types that hold the value at hand.
    above: Vec<String>,
    /// Values have to differ from those before: where a style has one value, an example's is taken.
    vary: bool,
}

impl Builder {
    pub(super) fn new(style: Style, max_depth: usize) -> Self {
        Self {
            style,
            max_depth,
            values: 0,
            out: String::new(),
            above: Vec::new(),
            vary: false,
        }
    }

    pub(super) fn into_text(self) -> String {
        self.out
    }

    /// Whether there are more values than a body shall have.
    pub(super) fn is_over(&self) -> bool {
        self.values > self.style.max_values()
    }

    /// The body itself.
    pub(super) fn root(&mut self, message: &MessageDescriptor, draw: &Draw) {
        let place = Place {
            name: "value",
            message,
            field: None,
            rules: None,
        };
        self.message(message, place, draw);
    }

    /// A message in the form ProtoJSON has for it.
    fn message(&mut self, message: &MessageDescriptor, place: Place<'_>, draw: &Draw) {
        if let Some(inner) = wrapped(message) {
            self.scalar(&inner, place, draw);
        } else if let Some(known) = well_known(message) {
            self.known(known, message, place, draw);
        } else {
            self.object(message, None, draw);
        }
    }

    /// `{ … }` with the members that the style chooses, behind a type's URL in an Any.
    fn object(&mut self, message: &MessageDescriptor, type_url: Option<&str>, draw: &Draw) {
        self.out.push('{');
        self.values += 1;
        let mut is_first = true;
        if let Some(url) = type_url {
            self.key("@type", &mut is_first);
            self.out.push_str(&quoted(url));
        }
        self.above.push(message.full_name().to_owned());
        for member in chosen(self.style, message, &self.above, draw) {
            let must = member.must && self.above.len() <= MAX_NESTING && self.values < MOST_VALUES;
            if !must && (self.is_full() || self.is_hopeless()) {
                continue;
            }
            self.member(message, &member, &mut is_first, draw);
        }
        self.above.pop();
        self.out.push('}');
    }

    /// Nothing more that may be left out is written.
    fn is_full(&self) -> bool {
        self.values >= self.style.max_values()
            && (self.max_depth == 0 || self.style == Style::Random)
    }

    /// This attempt is over its bound, and only ends quickly.
    fn is_hopeless(&self) -> bool {
        self.max_depth > 0 && self.is_over()
    }

    fn key(&mut self, key: &str, is_first: &mut bool) {
        if !std::mem::take(is_first) {
            self.out.push(',');
        }
        self.out.push_str(&quoted(key));
        self.out.push(':');
    }

    fn member(
        &mut self,
        message: &MessageDescriptor,
        member: &Chosen,
        is_first: &mut bool,
        draw: &Draw,
    ) {
        let field = &member.field;
        let draw = draw.at(field.name(), 0);
        let cut = match field.kind() {
            Kind::Message(entry) if field.is_map() => match entry.map_entry_value_field().kind() {
                Kind::Message(value) => self.is_cut(&value),
                _ => false,
            },
            Kind::Message(inner) => self.is_cut(&inner),
            _ => false,
        } && !member.must;
        // An example without it is an example all the same.
        if cut && matches!(self.style, Style::Example | Style::Random) {
            return;
        }
        let place = Place {
            name: field.name(),
            message,
            field: Some(field),
            rules: member.rules.as_ref(),
        };
        self.key(&member.key, is_first);
        match member.content {
            Content::Null => self.value("null"),
            Content::Value if field.is_map() => self.map(field, place, cut, &draw),
            Content::Value if field.is_list() => self.list(field, place, cut, &draw),
            Content::Value if cut => self.value("null"),
            Content::Value => self.single(&field.kind(), place, &draw),
        }
        for extension in &member.extensions {
            self.extension(message, extension, is_first, &draw);
        }
    }

    fn extension(
        &mut self,
        message: &MessageDescriptor,
        extension: &prost_reflect::ExtensionDescriptor,
        is_first: &mut bool,
        draw: &Draw,
    ) {
        let kind = extension.kind();
        if matches!(&kind, Kind::Message(inner) if self.is_cut(inner)) {
            return;
        }
        let place = Place {
            name: extension.name(),
            message,
            field: None,
            rules: None,
        };
        let draw = draw.at(extension.full_name(), 0);
        self.key(&format!("[{}]", extension.full_name()), is_first);
        if extension.is_list() {
            self.items(&kind, place, random::count(&mut draw.at("count", 0)), &draw);
        } else {
            self.single(&kind, place, &draw);
        }
    }

    /// Whether a message is not opened: it would recur, or nest too deep.
    fn is_cut(&self, message: &MessageDescriptor) -> bool {
        if wrapped(message).is_some() {
            return false;
        }
        if well_known(message).is_some() {
            return self.above.len() > self.max_depth + 1;
        }
        let recurs = || self.above.iter().any(|name| name == message.full_name());
        self.above.len() > self.max_depth || (self.style != Style::Random && recurs())
    }

    fn single(&mut self, kind: &Kind, place: Place<'_>, draw: &Draw) {
        match kind {
            Kind::Message(message) if self.above.len() > MAX_NESTING => {
                self.value(&new_value(&Kind::Message(message.clone())));
            }
            Kind::Message(message) => self.message(message, place, draw),
            scalar => self.scalar(scalar, place, draw),
        }
    }

    fn list(&mut self, field: &FieldDescriptor, place: Place<'_>, cut: bool, draw: &Draw) {
        let kind = field.kind();
        let count = match cut {
            true => 0,
            false => self.count(&kind, sizes(place.rules), draw),
        };
        let rules = match place.rules.and_then(|rules| rules.kind.as_ref()) {
            Some(KindRules::Repeated(rules)) => Some(rules),
            _ => None,
        };
        let place = Place {
            rules: rules.and_then(|rules| rules.items.as_deref()),
            ..place
        };
        match rules.is_some_and(|rules| rules.unique) {
            true => self.distinct_items(&kind, place, count, draw),
            false => self.items(&kind, place, count, draw),
        }
    }

    /// How many items or entries there shall be.
    fn count(&self, kind: &Kind, (least, most): (usize, usize), draw: &Draw) -> usize {
        let mut draw = draw.at("count", 0);
        let count = match self.style {
            Style::Minimal => 0,
            Style::Full => 1,
            Style::Example if matches!(kind, Kind::Message(_)) => 1 + draw.below(2),
            Style::Example => 2 + draw.below(2),
            Style::Random => return random::count(&mut draw),
        };
        count.max(least).min(most.max(least)).min(MAX_VALUES)
    }

    fn items(&mut self, kind: &Kind, place: Place<'_>, count: usize, draw: &Draw) {
        self.values += 1;
        self.out.push('[');
        for index in 0..count {
            if index > 0 {
                self.out.push(',');
            }
            self.single(kind, place, &draw.at("item", index));
        }
        self.out.push(']');
    }

    /// As [`Self::items`], each of them once.
    fn distinct_items(&mut self, kind: &Kind, place: Place<'_>, count: usize, draw: &Draw) {
        let mut seen = HashSet::new();
        self.values += 1;
        self.out.push('[');
        for index in 0..count {
            for attempt in 0..TRIES {
                self.vary = index + attempt > 0;
                let start = self.out.len();
                if !seen.is_empty() {
                    self.out.push(',');
                }
                let item = self.out.len();
                self.single(kind, place, &draw.at("item", index + attempt * count));
                if seen.insert(self.out[item..].to_owned()) {
                    break;
                }
                self.out.truncate(start);
            }
        }
        self.vary = false;
        self.out.push(']');
    }

    fn map(&mut self, field: &FieldDescriptor, place: Place<'_>, cut: bool, draw: &Draw) {
        let Kind::Message(entry) = field.kind() else {
            return;
        };
        let key_kind = entry.map_entry_key_field().kind();
        let value_kind = entry.map_entry_value_field().kind();
        let rules = match place.rules.and_then(|rules| rules.kind.as_ref()) {
            Some(KindRules::Map(rules)) => Some(rules),
            _ => None,
        };
        let of_key = Place {
            rules: rules.and_then(|rules| rules.keys.as_deref()),
            name: "key",
            ..place
        };
        let of_value = Place {
            rules: rules.and_then(|rules| rules.values.as_deref()),
            ..place
        };
        let count = match cut {
            true => 0,
            false => self.count(&value_kind, sizes(place.rules), draw),
        };
        let mut keys = HashSet::new();
        self.values += 1;
        self.out.push('{');
        for index in 0..count {
            let key = (0..TRIES).find_map(|attempt| {
                let mut draw = draw.at("key", index + attempt * count);
                self.vary = index + attempt > 0;
                let key = match self.style {
                    Style::Random => random::map_key(&key_kind, &mut draw),
                    _ => known::map_key(self.scalar_text(&key_kind, of_key, &draw)),
                };
                keys.insert(key.clone()).then_some(key)
            });
            self.vary = false;
            let Some(key) = key else { break };
            if index > 0 {
                self.out.push(',');
            }
            self.out.push_str(&key);
            self.out.push(':');
            self.single(&value_kind, of_value, &draw.at("value", index));
        }
        self.out.push('}');
    }

    fn value(&mut self, json: &str) {
        self.values += 1;
        self.out.push_str(json);
    }

    fn scalar(&mut self, kind: &Kind, place: Place<'_>, draw: &Draw) {
        let json = self.scalar_text(kind, place, draw);
        self.value(&json);
    }

    fn scalar_text(&self, kind: &Kind, place: Place<'_>, draw: &Draw) -> String {
        let style = match self.style {
            Style::Minimal | Style::Full if self.vary => Style::Example,
            style => style,
        };
        let suggested = match style {
            Style::Random => return random::scalar(kind, &mut draw.clone()),
            Style::Example => example::scalar(kind, place, &mut draw.clone()),
            Style::Minimal | Style::Full if place.name == "key" && *kind == Kind::String => {
                "\"key\"".to_owned()
            }
            Style::Minimal | Style::Full => match place.field {
                Some(field) if !field.is_list() && !field.is_map() && field.kind() == *kind => {
                    new_field(field)
                }
                _ => new_value(kind),
            },
        };
        fit::scalar(kind, place.rules, suggested, &mut draw.at("fit", 0))
    }

    /// A well-known type with a form of its own.
    fn known(
        &mut self,
        known: WellKnown,
        message: &MessageDescriptor,
        place: Place<'_>,
        draw: &Draw,
    ) {
        if known == WellKnown::Any {
            return self.any(message, place, draw);
        }
        let style = match self.style {
            Style::Minimal | Style::Full if self.vary => Style::Example,
            style => style,
        };
        let json = match style {
            Style::Random => random::known(known, &mut draw.clone()),
            Style::Example => example::known(known, place, &mut draw.clone()),
            Style::Minimal | Style::Full => known::neutral(known),
        };
        let json = fit::well_known(known, place.rules, json, &mut draw.at("fit", 0));
        self.value(&json);
    }

    /// An Any with a type of the schema in it; empty where none is at hand.
    fn any(&mut self, message: &MessageDescriptor, place: Place<'_>, draw: &Draw) {
        let deep = self.above.len() > self.max_depth;
        let held = match (self.style, deep) {
            (Style::Full | Style::Random, true) => None,
            _ => any::held(
                self.style,
                message,
                place,
                &self.above,
                &mut draw.at("type", 0),
            ),
        };
        let Some((url, inner)) = held else {
            return self.value("{}");
        };
        let draw = draw.at(inner.full_name(), 0);
        if !any::stands_in_value(&inner) {
            return self.object(&inner, Some(&url), &draw);
        }
        self.out.push_str("{\"@type\":");
        self.out.push_str(&quoted(&url));
        self.out.push_str(",\"value\":");
        let place = Place {
            name: "value",
            message,
            field: None,
            rules: None,
        };
        self.above.push(message.full_name().to_owned());
        self.message(&inner, place, &draw);
        self.above.pop();
        self.out.push('}');
    }
}

/// Least and most items or entries, by the rules of a list or map. What has to be there has one.
pub(super) fn sizes(rules: Option<&FieldRules>) -> (usize, usize) {
    let Some(rules) = rules.filter(|rules| rules.ignore != Ignore::Always) else {
        return (0, usize::MAX);
    };
    let (least, most) = match &rules.kind {
        Some(KindRules::Repeated(rules)) => (rules.min_items, rules.max_items),
        Some(KindRules::Map(rules)) => (rules.min_pairs, rules.max_pairs),
        _ => (None, None),
    };
    let of =
        |size: Option<u64>, none| size.map_or(none, |it| usize::try_from(it).unwrap_or(usize::MAX));
    (
        of(least, 0).max(usize::from(rules.required)),
        of(most, usize::MAX),
    )
}
