//! How a record is shown: as the person chose, as the schema says, or as it looks; and what the schema says
//! against it.

use std::collections::HashMap;

use prost_reflect::{EnumDescriptor, Kind, MessageDescriptor};

use super::{
    Choice, Level, LevelKey, Number, Reading, Record, TypeId, WireTree,
    kind::{self, Guess, Known, Meaning},
    problem::{Finding, Problem, wire_name},
};
use crate::{message::is_message_set, schema::scalar_name};

/// Records of an Any that are looked at for its type.
const ANY_RECORDS: usize = 64;

const ANY: &str = "google.protobuf.Any";

/// How a record is shown.
pub(super) struct Shape {
    pub(super) known: Option<Known>,
    pub(super) show: Show,
    pub(super) guessed: bool,
}

pub(super) enum Show {
    Number(Number),
    Text,
    Bytes,
    Below(Reading),
    Nothing,
}

/// How the person wants payloads read, by where they begin.
pub(super) type Choices = HashMap<usize, Choice>;

impl WireTree {
    /// How a record is shown: as the person chose, as the schema says, or as it looks.
    pub(super) fn shape(
        &self,
        key: LevelKey,
        level: &Level,
        record: &Record,
        choices: &Choices,
    ) -> Shape {
        let parent = match key.reading {
            Reading::Message(Some(id)) => self.descriptor(id).map(|message| (id, message)),
            _ => None,
        };
        let known = parent
            .as_ref()
            .and_then(|(_, message)| Known::of(message, record.number));
        let fitting = known.as_ref().filter(|known| known.takes(record.wire));
        if record.wire == 2
            && let Some(choice) = choices.get(&record.payload.start)
        {
            let show = self.chosen(*choice);
            return Shape {
                known,
                show,
                guessed: false,
            };
        }
        let (show, guessed) = match (record.wire, fitting) {
            (0 | 1 | 5, Some(known)) => {
                let number = Number::of(&known.kind).or_else(|| kind::number_of(record));
                (number.map_or(Show::Nothing, Show::Number), false)
            }
            (0 | 1 | 5, None) => {
                let number = kind::number_of(record);
                (number.map_or(Show::Nothing, Show::Number), true)
            }
            (2 | 3, Some(known)) => {
                let id = parent.as_ref().map(|(id, _)| *id);
                (self.by_schema(known, id, level, record), false)
            }
            (2, None) => {
                let payload = self.bytes().get(record.payload.clone());
                let show = match kind::guess(payload.unwrap_or_default()) {
                    Guess::Empty => Show::Nothing,
                    Guess::Message => Show::Below(Reading::Message(None)),
                    Guess::Text => Show::Text,
                    Guess::Bytes => Show::Bytes,
                };
                (show, true)
            }
            (3, None) => (Show::Below(Reading::Message(None)), false),
            _ => (Show::Nothing, false),
        };
        Shape {
            known,
            show,
            guessed,
        }
    }

    fn by_schema(
        &self,
        known: &Known,
        parent: Option<TypeId>,
        level: &Level,
        record: &Record,
    ) -> Show {
        match &known.kind {
            Kind::String => Show::Text,
            Kind::Bytes => match self.any_type(parent, level, record) {
                Some(message) => {
                    let id = self.type_id(&message);
                    Show::Below(Reading::Message(Some(id)))
                }
                None => Show::Bytes,
            },
            Kind::Message(message) => {
                let id = self.type_id(message);
                Show::Below(Reading::Message(Some(id)))
            }
            number => match Number::of(number) {
                Some(number) => {
                    // A field that is known has a number of 29 bits.
                    let field = parent.zip(u32::try_from(record.number).ok());
                    Show::Below(Reading::Packed(number, field))
                }
                None => Show::Bytes,
            },
        }
    }

    fn chosen(&self, choice: Choice) -> Show {
        match choice {
            Choice::Message => Show::Below(Reading::Message(None)),
            Choice::Type(id) => Show::Below(Reading::Message(Some(id))),
            Choice::Text => Show::Text,
            Choice::Bytes => Show::Bytes,
            Choice::Varints => Show::Below(Reading::Packed(Number::Varint(Meaning::Unknown), None)),
            Choice::Fixed32 => {
                Show::Below(Reading::Packed(Number::Fixed32(Meaning::Unknown), None))
            }
            Choice::Fixed64 => {
                Show::Below(Reading::Packed(Number::Fixed64(Meaning::Unknown), None))
            }
        }
    }

    /// The type that an Any's value holds, if this is one and the schema has the type.
    fn any_type(
        &self,
        parent: Option<TypeId>,
        level: &Level,
        record: &Record,
    ) -> Option<MessageDescriptor> {
        let parent = self.descriptor(parent?)?;
        if parent.full_name() != ANY || record.number != 2 {
            return None;
        }
        let name = self.any_name(level)?;
        let pool = parent.parent_pool();
        pool.get_message_by_name(&name)
            .or_else(|| self.0.schema.as_ref()?.message(&name))
    }

    /// The name in an Any's URL: of several the last counts, as for every reader. None where that would take long
    /// to find out.
    pub(super) fn any_name(&self, level: &Level) -> Option<String> {
        let bytes = self.bytes();
        let body = level.body();
        let (mut at, mut url) = (body.start, None);
        for _ in 0..ANY_RECORDS {
            let Some(record) = level.record(bytes, at).filter(|_| at < body.end) else {
                let url = std::str::from_utf8(bytes.get(url?)?).ok()?;
                return Some(url.rsplit_once('/')?.1.to_owned());
            };
            at = record.range().end;
            if record.number == 1 && record.wire == 2 {
                url = Some(record.payload);
            }
        }
        None
    }

    pub(super) fn any_unresolved(&self, key: LevelKey, level: &Level, record: &Record) -> bool {
        let Reading::Message(Some(id)) = key.reading else {
            return false;
        };
        record.number == 2
            && record.wire == 2
            && self.descriptor(id).is_some_and(|it| it.full_name() == ANY)
            && self.any_name(level).is_some()
            && self.any_type(Some(id), level, record).is_none()
    }

    /// What the schema says against a record; text is looked at as far as `text_bytes`.
    pub(super) fn schema_findings(
        &self,
        key: LevelKey,
        shape: &Shape,
        record: &Record,
        text_bytes: usize,
        out: &mut Vec<Finding>,
    ) {
        let Reading::Message(Some(id)) = key.reading else {
            return;
        };
        let Some(known) = &shape.known else {
            let message = self.descriptor(id).filter(|it| !is_message_set(it));
            let finding = message.filter(|_| record.wire != 4).map(|message| {
                let problem = Problem::UnknownField {
                    number: record.number,
                    message: message.full_name().to_owned(),
                };
                Finding::new(record.range(), problem)
            });
            out.extend(finding);
            return;
        };
        if !known.takes(record.wire) {
            let problem = Problem::WrongWire {
                expected: wire_name(known.wire()),
                found: wire_name(record.wire),
            };
            out.push(Finding::new(record.tag.clone(), problem));
            return;
        }
        match (&shape.show, &known.kind) {
            (Show::Text, Kind::String) if known.checks_utf8 => {
                let all = self.bytes().get(record.payload.clone()).unwrap_or_default();
                let looked = all.get(..text_bytes).unwrap_or(all);
                out.extend(bad_text(
                    looked,
                    looked.len() == all.len(),
                    record.payload.start,
                ));
            }
            (Show::Number(_), kind) => {
                out.extend(
                    number_problem(kind, record.bits)
                        .map(|problem| Finding::new(record.payload.clone(), problem)),
                );
            }
            _ => {}
        }
    }
}

pub(super) fn enum_of(kind: &Kind) -> Option<&EnumDescriptor> {
    match kind {
        Kind::Enum(names) => Some(names),
        _ => None,
    }
}

fn number_problem(kind: &Kind, bits: u64) -> Option<Problem> {
    let low = bits as u32;
    let wide = match kind {
        Kind::Int32 | Kind::Enum(_) => i64::from(low as i32) as u64 != bits,
        Kind::Uint32 | Kind::Sint32 => u64::from(low) != bits,
        _ => false,
    };
    if wide {
        let kind = scalar_name(kind).unwrap_or("enum");
        return Some(Problem::Truncated { kind });
    }
    let names = enum_of(kind)?;
    let number = low as i32;
    names
        .get_value(number)
        .is_none()
        .then(|| Problem::EnumNumber {
            name: names.name().to_owned(),
            number,
        })
}

/// The first bytes of a text that are not UTF-8.
fn bad_text(looked: &[u8], whole: bool, start: usize) -> Option<Finding> {
    let error = std::str::from_utf8(looked).err()?;
    let len = match error.error_len() {
        Some(len) => len,
        None if !whole => return None,
        None => looked.len() - error.valid_up_to(),
    };
    let at = start + error.valid_up_to();
    Some(Finding::new(at..at + len, Problem::NotUtf8))
}
