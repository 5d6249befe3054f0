//! Random values for tests: extremes and oddities, in all the ways ProtoJSON lets them be written.

use base64::Engine as _;
use prost_reflect::{
    EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
};

use super::{
    Style,
    choose::{Arm, Content},
    draw::Draw,
    known,
};
use crate::{
    message::{WellKnown, form::kind::quoted},
    schema::is_closed,
};

/// Fields a message has, about, by how many messages it stands in.
const ABOUT: [usize; 5] = [24, 10, 5, 3, 2];
/// A text that does not fit on a line, in characters.
const LONG: usize = 3_000;
const TEXTS: [&str; 16] = [
    "",
    "a",
    "two words",
    "0",
    "-1.5e3",
    "null",
    "é",
    "ÅΩж日本語",
    "😀👩‍👩‍👧",
    "a\u{301} \u{202e}rtl",
    "\0\u{1}\u{1f}\u{7f}",
    "\"\\/\u{8}\u{c}\n\r\t",
    "\u{2028}\u{2029}\u{feff}\u{fffd}\u{ffff}\u{10ffff}",
    "{% if %} { {x} } <&>'",
    "// no comment /* none */",
    " leading and trailing ",
];

/// What a field holds, if it is there at all.
pub(super) fn content(
    field: &FieldDescriptor,
    message: &MessageDescriptor,
    nesting: usize,
    arm: Arm,
    draw: &Draw,
) -> Option<Content> {
    let mut all = draw.at("all", 0);
    let about = ABOUT
        .get(nesting.saturating_sub(1))
        .or(ABOUT.last())
        .copied();
    let about = match all.below(16) {
        0 => 0,
        1 => message.fields().len(),
        _ => about.unwrap_or_default(),
    };
    let mut draw = draw.at(field.full_name(), 1);
    let is_there = arm == Arm::Chosen || draw.below(message.fields().len()) < about;
    if !is_there {
        return None;
    }
    let takes_null = match field.kind() {
        Kind::Message(message) => message.full_name() == "google.protobuf.Value",
        Kind::Enum(descriptor) => descriptor.full_name() == "google.protobuf.NullValue",
        _ => false,
    };
    let null = draw.one_in(20) && !takes_null && !field.is_list() && !field.is_map();
    Some(if null { Content::Null } else { Content::Value })
}

/// Extensions of a message, some of them.
pub(super) fn extensions(
    message: &MessageDescriptor,
    nesting: usize,
    draw: &Draw,
) -> Vec<ExtensionDescriptor> {
    let mut draw = draw.at("extensions", 0);
    let all = message.extensions().filter(|it| !it.is_map());
    let mut some: Vec<_> = all.filter(|_| draw.one_in(2 + 2 * nesting)).collect();
    some.truncate(12);
    some
}

/// The key of a field: in one of its two names where the style is random.
pub(super) fn key(style: Style, field: &FieldDescriptor, draw: &Draw) -> String {
    // Another field could have this one's name as its JSON name.
    let taken = || {
        let parent = field.parent_message();
        parent
            .get_field_by_json_name(field.name())
            .is_some_and(|other| other.number() != field.number())
    };
    let proto_name = style == Style::Random && draw.at(field.full_name(), 2).one_in(8) && !taken();
    match proto_name {
        true => field.name().to_owned(),
        false => field.json_name().to_owned(),
    }
}

/// How many items a list or map has.
pub(super) fn count(draw: &mut Draw) -> usize {
    match draw.below(24) {
        0 => 40,
        other => other % 4,
    }
}

/// Any scalar of a kind, as JSON.
pub(super) fn scalar(kind: &Kind, draw: &mut Draw) -> String {
    match kind {
        Kind::Bool => draw.one_in(2).to_string(),
        Kind::Float => float(draw),
        Kind::Double => double(draw),
        Kind::String => quoted(&text(draw)),
        Kind::Bytes => bytes(draw),
        Kind::Enum(descriptor) => enumeration(descriptor, draw),
        // Messages are no scalars, and are not asked for.
        Kind::Message(_) => "null".to_owned(),
        integer => spelled(whole(integer, draw), draw),
    }
}

/// Any key of a map, as JSON: numbers are written in one way, so that no key stands twice.
pub(super) fn map_key(kind: &Kind, draw: &mut Draw) -> String {
    match kind {
        Kind::Bool => quoted(&draw.one_in(2).to_string()),
        Kind::String => quoted(&text(draw)),
        integer => quoted(&whole(integer, draw).to_string()),
    }
}

fn whole(kind: &Kind, draw: &mut Draw) -> i128 {
    let (low, high) = super::fit::ends(kind);
    let edge = 1_i128 << draw.below(64);
    let value = match draw.below(10) {
        0 => 0,
        1 => low,
        2 => high,
        3 => (low + 1).min(high),
        4 => -1,
        5 => edge,
        6 => edge - 1,
        7 => -edge,
        _ => draw.within(low, high),
    };
    value.clamp(low, high)
}

fn spelled(value: i128, draw: &mut Draw) -> String {
    // As a double it has to be exact: others than we read it as one.
    let is_short = value.unsigned_abs() < 1 << 53;
    match draw.below(8) {
        0..3 => format!("\"{value}\""),
        3 if is_short => format!("{value}.0"),
        4 if is_short && value % 1_000 == 0 => format!("{}e3", value / 1_000),
        _ => value.to_string(),
    }
}

fn float(draw: &mut Draw) -> String {
    let bits = f32::from_bits(draw.bits() as u32);
    let edges = [
        0.0,
        -0.0,
        1.5,
        -0.1,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        f32::MIN,
        f32::EPSILON,
        16_777_217.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
    ];
    let value = match draw.below(3) {
        0 => bits,
        _ => edges[draw.below(edges.len())],
    };
    special(value.into()).unwrap_or_else(|| written(format!("{value:?}"), draw))
}

fn double(draw: &mut Draw) -> String {
    let bits = f64::from_bits(draw.bits());
    let edges = [
        0.0,
        -0.0,
        1.5,
        -0.1,
        1e21,
        1e-7,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        f64::MAX,
        f64::MIN,
        9_007_199_254_740_993.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let value = match draw.below(3) {
        0 => bits,
        _ => edges[draw.below(edges.len())],
    };
    special(value).unwrap_or_else(|| written(format!("{value:?}"), draw))
}

fn special(value: f64) -> Option<String> {
    let name = if value.is_nan() {
        "NaN"
    } else if value == f64::INFINITY {
        "Infinity"
    } else if value == f64::NEG_INFINITY {
        "-Infinity"
    } else {
        return None;
    };
    Some(quoted(name))
}

fn written(number: String, draw: &mut Draw) -> String {
    match draw.below(6) {
        0 => quoted(&number),
        1 => number.replace('e', "E+").replace("E+-", "E-"),
        _ => number,
    }
}

/// Any text without an expression in it.
pub(super) fn text(draw: &mut Draw) -> String {
    match draw.below(12) {
        0 => {
            let unit = draw.word(&TEXTS[1..]);
            unit.chars().cycle().take(LONG).collect()
        }
        1 => (0..draw.below(12))
            .filter_map(|_| char::from_u32(draw.below(0x11_0000) as u32))
            .collect::<String>()
            .replace("{{", "{"),
        _ => draw.word(&TEXTS).to_owned(),
    }
}

fn bytes(draw: &mut Draw) -> String {
    let len = match draw.below(12) {
        0 => 1_000,
        other => other,
    };
    let data: Vec<u8> = (0..len).map(|_| draw.bits() as u8).collect();
    let padded = base64::engine::general_purpose::STANDARD.encode(data);
    let url = padded.replace('+', "-").replace('/', "_");
    quoted(match draw.below(4) {
        0 => url.trim_end_matches('='),
        1 => &url,
        _ => &padded,
    })
}

fn enumeration(descriptor: &EnumDescriptor, draw: &mut Draw) -> String {
    if descriptor.full_name() == "google.protobuf.NullValue" {
        return "null".to_owned();
    }
    if !is_closed(descriptor) && draw.one_in(4) {
        return draw.within(i32::MIN.into(), i32::MAX.into()).to_string();
    }
    let values: Vec<_> = descriptor.values().collect();
    match values.get(draw.below(values.len())) {
        Some(value) if draw.one_in(4) => value.number().to_string(),
        Some(value) => quoted(value.name()),
        None => "0".to_owned(),
    }
}

/// A value of a well-known type, but for Any.
pub(super) fn known(known: WellKnown, draw: &mut Draw) -> String {
    match known {
        WellKnown::Timestamp => timestamp(draw),
        WellKnown::Duration => duration(draw),
        WellKnown::FieldMask => {
            let masks = ["", "a", "fooBar,b.cD", "display1Name", "a.b.c.d.e"];
            quoted(draw.word(&masks))
        }
        WellKnown::Struct => structure(draw, 0),
        WellKnown::ListValue => list(draw, 0),
        WellKnown::Value => free(draw, 0),
        WellKnown::Any | WellKnown::Empty => "{}".to_owned(),
    }
}

fn timestamp(draw: &mut Draw) -> String {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    let seconds = match draw.below(6) {
        0 => FIRST,
        1 => LAST,
        2 => 0,
        3 => -1,
        _ => draw.within(FIRST.into(), LAST.into()) as i64,
    };
    let nanos = nanos(draw);
    // With an offset the same moment is written otherwise; at the ends there would be no such year.
    if draw.one_in(4) && (FIRST + 86_400..LAST - 86_400).contains(&seconds) {
        let text = known::timestamp(seconds, nanos);
        let offset = draw.word(&["+00:00", "-00:00", "+05:30", "-11:59", "+14:00"]);
        return text.replace('Z', offset);
    }
    known::timestamp(seconds, nanos)
}

fn nanos(draw: &mut Draw) -> u32 {
    let all = [0, 1, 999_999_999, 500_000_000, 123_000_000, 123_456_000, 10];
    all[draw.below(all.len())]
}

fn duration(draw: &mut Draw) -> String {
    const MOST: i128 = 315_576_000_000;
    let seconds = match draw.below(5) {
        0 => 0,
        1 => MOST,
        2 => -MOST,
        3 => draw.within(-100, 100),
        _ => draw.within(-MOST, MOST),
    };
    let nanos = match seconds.abs() == MOST {
        true => 0,
        false => i128::from(nanos(draw)),
    };
    let total = seconds * 1_000_000_000;
    known::duration(if seconds < 0 {
        total - nanos
    } else {
        total + nanos
    })
}

fn structure(draw: &mut Draw, depth: usize) -> String {
    let count = draw.below(4);
    let members = (0..count).map(|index| {
        // Numbered, so that no key stands twice.
        let key = match index {
            0 => text(draw),
            _ => format!("#{index}{}", draw.word(&["", "k", "é\"", "fields"])),
        };
        format!("{}:{}", quoted(&key), free(draw, depth + 1))
    });
    let members: Vec<String> = members.collect();
    format!("{{{}}}", members.join(","))
}

fn list(draw: &mut Draw, depth: usize) -> String {
    let items: Vec<String> = (0..draw.below(4)).map(|_| free(draw, depth + 1)).collect();
    format!("[{}]", items.join(","))
}

/// Any JSON; of numbers those that are finite doubles.
fn free(draw: &mut Draw, depth: usize) -> String {
    match draw.below(if depth > 3 { 4 } else { 6 }) {
        0 => "null".to_owned(),
        1 => draw.one_in(2).to_string(),
        2 => {
            let numbers = [
                "0",
                "-0.0",
                "1.5",
                "1e300",
                "-7",
                "9007199254740993",
                "5e-324",
            ];
            draw.word(&numbers).to_owned()
        }
        3 => quoted(&text(draw)),
        4 => list(draw, depth),
        _ => structure(draw, depth),
    }
}
