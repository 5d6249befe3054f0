//! Values that keep their rules: what was suggested where it does, else the nearest that does.
//!
//! Candidates are tried in turn, the likely ones first. Rules that contradict each other, or are
//! expressions of their own, leave what was suggested.

use base64::Engine as _;
use prost_reflect::{EnumDescriptor, Kind, Value, bytes::Bytes};

use super::{draw::Draw, fit_text, known};
use crate::message::{
    WellKnown,
    form::kind::quoted,
    validate::{
        BytesRules, EnumRules, FieldRules, Ignore, KindRules, Limit, ListRules, MaskRules, Number,
        NumberRules, OrderRules, TimestampRules, keeps,
    },
};

const SECOND: i128 = 1_000_000_000;
/// Candidates that are drawn.
const TRIES: usize = 24;

/// The ends of an integer's type; both 0 for other kinds.
pub(super) fn ends(kind: &Kind) -> (i128, i128) {
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => (i32::MIN.into(), i32::MAX.into()),
        Kind::Uint32 | Kind::Fixed32 => (0, u32::MAX.into()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => (i64::MIN.into(), i64::MAX.into()),
        Kind::Uint64 | Kind::Fixed64 => (0, u64::MAX.into()),
        _ => (0, 0),
    }
}

/// A scalar that keeps its rules.
pub(super) fn scalar(
    kind: &Kind,
    rules: Option<&FieldRules>,
    suggested: String,
    draw: &mut Draw,
) -> String {
    let Some(rules) = rules.filter(|rules| rules.ignore != Ignore::Always) else {
        return suggested;
    };
    if rules.ignore == Ignore::Zero && !rules.required && is_zero(kind, &suggested) {
        return suggested;
    }
    let made = match &rules.kind {
        Some(KindRules::Number(number)) => match kind {
            Kind::Float | Kind::Double => float(kind, number, rules.required, &suggested, draw),
            _ => integer(kind, number, rules.required, &suggested, draw),
        },
        Some(KindRules::Bool(constant)) => constant.map(|flag| flag.to_string()),
        Some(KindRules::String(of)) => fit_text::text(of, rules, &suggested, draw),
        Some(KindRules::Bytes(of)) => bytes(of, rules, &suggested, draw),
        Some(KindRules::Enum(of)) => match kind {
            Kind::Enum(descriptor) => enumeration(descriptor, of, rules.required, &suggested, draw),
            _ => None,
        },
        _ => None,
    };
    let json = made.unwrap_or(suggested);
    match rules.required && is_zero(kind, &json) {
        true => not_zero(kind).unwrap_or(json),
        false => json,
    }
}

fn is_zero(kind: &Kind, json: &str) -> bool {
    match kind {
        Kind::Enum(descriptor) => number_of(descriptor, json) == Some(0),
        _ => matches!(json, "0" | "\"\"" | "false"),
    }
}

/// Something, where a rule asks for nothing but that there is something.
fn not_zero(kind: &Kind) -> Option<String> {
    let json = match kind {
        Kind::Bool => "true",
        Kind::String => "\"text\"",
        Kind::Bytes => "\"AA==\"",
        Kind::Enum(descriptor) => {
            let mut values = descriptor.values();
            let value = values.find(|value| value.number() != 0)?;
            return Some(quoted(value.name()));
        }
        Kind::Message(_) => return None,
        _ => "1",
    };
    Some(json.to_owned())
}

/// Whether a value lies within limits and lists. A lower limit above the upper one means outside.
fn is_within<T: PartialOrd>(rules: &OrderRules<T>, value: &T) -> bool {
    let above =
        |limit: &Limit<T>| *value > limit.value || (limit.inclusive && *value == limit.value);
    let below =
        |limit: &Limit<T>| *value < limit.value || (limit.inclusive && *value == limit.value);
    let between = match (&rules.lower, &rules.upper) {
        (Some(lower), Some(upper)) if lower.value > upper.value => above(lower) || below(upper),
        (lower, upper) => lower.as_ref().is_none_or(above) && upper.as_ref().is_none_or(below),
    };
    between
        && rules.constant.as_ref().is_none_or(|it| it == value)
        && is_listed(&rules.lists, value)
}

fn is_listed<T: PartialEq>(lists: &ListRules<T>, value: &T) -> bool {
    (lists.any_of.is_empty() || lists.any_of.contains(value)) && !lists.none_of.contains(value)
}

/// The same rules over another type; what does not fit into it is left out.
fn order_of<T, U>(rules: &OrderRules<T>, take: impl Fn(&T) -> Option<U>) -> OrderRules<U> {
    let limit = |limit: &Option<Limit<T>>| {
        let limit = limit.as_ref()?;
        Some(Limit {
            value: take(&limit.value)?,
            inclusive: limit.inclusive,
        })
    };
    OrderRules {
        constant: rules.constant.as_ref().and_then(&take),
        lower: limit(&rules.lower),
        upper: limit(&rules.upper),
        lists: ListRules {
            any_of: rules.lists.any_of.iter().filter_map(&take).collect(),
            none_of: rules.lists.none_of.iter().filter_map(&take).collect(),
        },
    }
}

/// A whole number that keeps limits: integers, and times in nanoseconds. `step` is the distance that
/// looks natural.
fn whole(
    rules: &OrderRules<i128>,
    ends: (i128, i128),
    step: i128,
    suggested: i128,
    fits: impl Fn(i128) -> bool,
    draw: &mut Draw,
) -> Option<i128> {
    let low = rules.lower.map_or(ends.0, |limit| limit.value);
    let high = rules.upper.map_or(ends.1, |limit| limit.value);
    let mut all: Vec<i128> = rules.constant.into_iter().collect();
    let listed = &rules.lists.any_of;
    all.extend(listed.get(draw.below(listed.len())).copied());
    all.push(suggested);
    // Near an end that is given, not somewhere in the whole range of the type.
    let near = |draw: &mut Draw| match (rules.lower, rules.upper) {
        (Some(_), Some(_)) => draw.within(low.min(high), low.max(high)) / step * step,
        (Some(_), None) => low.saturating_add(step * draw.within(1, 100)),
        (None, Some(_)) => high.saturating_sub(step * draw.within(1, 100)),
        (None, None) => draw.within(1, 100) * step,
    };
    all.extend((0..TRIES).map(|_| near(draw)));
    for by in [step, 1, 0] {
        let around = [low, high].map(|end| [end.saturating_add(by), end.saturating_sub(by)]);
        all.extend(around.into_iter().flatten());
    }
    all.extend(listed.iter().copied());
    all.into_iter()
        .find(|value| (ends.0..=ends.1).contains(value) && is_within(rules, value) && fits(*value))
}

fn integer(
    kind: &Kind,
    rules: &NumberRules,
    required: bool,
    suggested: &str,
    draw: &mut Draw,
) -> Option<String> {
    let rules = order_of(&rules.order, |number| match number {
        Number::Int(value) => Some(i128::from(*value)),
        Number::Uint(value) => Some(i128::from(*value)),
        Number::Float(_) | Number::Double(_) => None,
    });
    let suggested = suggested.parse().unwrap_or_default();
    let fits = |value| !required || value != 0;
    whole(&rules, ends(kind), 1, suggested, fits, draw).map(|value| value.to_string())
}

fn float(
    kind: &Kind,
    rules: &NumberRules,
    required: bool,
    suggested: &str,
    draw: &mut Draw,
) -> Option<String> {
    let rules = order_of(&rules.order, |number| match number {
        Number::Float(value) => Some(f64::from(*value)),
        Number::Double(value) => Some(*value),
        Number::Int(_) | Number::Uint(_) => None,
    });
    let (low, high) = (
        rules.lower.map(|it| it.value),
        rules.upper.map(|it| it.value),
    );
    let mut all: Vec<f64> = rules.constant.into_iter().collect();
    let listed = &rules.lists.any_of;
    all.extend(listed.get(draw.below(listed.len())).copied());
    all.extend(suggested.parse::<f64>());
    match (low, high) {
        (Some(low), Some(high)) => {
            let share = draw.within(1, 99) as f64 / 100.0;
            all.extend([
                low + (high - low) * share,
                low.midpoint(high),
                low + 1.0,
                high - 1.0,
            ]);
        }
        (Some(low), None) => all.extend([low + draw.within(1, 100) as f64, low * 2.0]),
        (None, Some(high)) => all.extend([high - draw.within(1, 100) as f64, high * 2.0]),
        (None, None) => all.extend([1.5, 2.5, 3.5]),
    }
    all.extend(
        low.into_iter()
            .chain(high)
            .flat_map(|it| [it, it.next_up(), it.next_down()]),
    );
    all.extend(listed.iter().copied());
    let rounded = all.into_iter().map(|value| match kind {
        Kind::Float => f64::from(value as f32),
        _ => value,
    });
    let mut fitting = rounded.filter(|value| value.is_finite() && (!required || *value != 0.0));
    let value = fitting.find(|value| is_within(&rules, value))?;
    Some(match kind {
        Kind::Float => (value as f32).to_string(),
        _ => value.to_string(),
    })
}

fn bytes(rules: &BytesRules, all: &FieldRules, suggested: &str, draw: &mut Draw) -> Option<String> {
    let engine = base64::engine::general_purpose::STANDARD;
    let own = engine
        .decode(suggested.trim_matches('"'))
        .unwrap_or_default();
    let kind = all.kind.as_ref()?;
    let fits = |bytes: &Vec<u8>| {
        (!all.required || !bytes.is_empty())
            && keeps(kind, &Value::Bytes(Bytes::from(bytes.clone())))
    };
    let found = fit_text::bytes(rules, own, draw).into_iter().find(fits)?;
    Some(quoted(&engine.encode(found)))
}

fn enumeration(
    descriptor: &EnumDescriptor,
    rules: &EnumRules,
    required: bool,
    suggested: &str,
    draw: &mut Draw,
) -> Option<String> {
    let values: Vec<i32> = descriptor.values().map(|value| value.number()).collect();
    let listed = &rules.lists.any_of;
    let mut all: Vec<i32> = rules.constant.into_iter().collect();
    all.extend(number_of(descriptor, suggested));
    all.extend(listed.get(draw.below(listed.len())).copied());
    all.extend(listed.iter().chain(&values).copied());
    let fits = |number: &i32| {
        rules.constant.is_none_or(|it| it == *number)
            && is_listed(&rules.lists, number)
            && (!rules.defined_only || values.contains(number))
            && (!required || *number != 0)
    };
    let number = all.into_iter().find(fits)?;
    let value = descriptor.get_value(number);
    Some(value.map_or_else(|| number.to_string(), |value| quoted(value.name())))
}

fn number_of(descriptor: &EnumDescriptor, json: &str) -> Option<i32> {
    let name = json.trim_matches('"');
    let value = descriptor.get_value_by_name(name);
    value.map_or_else(|| name.parse().ok(), |value| Some(value.number()))
}

/// A well-known type's value that keeps its rules.
pub(super) fn well_known(
    known: WellKnown,
    rules: Option<&FieldRules>,
    suggested: String,
    draw: &mut Draw,
) -> String {
    let rules = rules.filter(|rules| rules.ignore != Ignore::Always);
    let made = match (known, rules.and_then(|rules| rules.kind.as_ref())) {
        (WellKnown::Timestamp, Some(KindRules::Timestamp(rules))) => {
            timestamp(rules, &suggested, draw)
        }
        (WellKnown::Duration, Some(KindRules::Duration(rules))) => {
            let most = 315_576_000_000 * SECOND;
            let own = nanos(&suggested);
            let value = whole(rules, (-most, most), SECOND, own, |_| true, draw);
            value.map(known::duration)
        }
        (WellKnown::FieldMask, Some(KindRules::FieldMask(rules))) => mask(rules, &suggested),
        _ => None,
    };
    made.unwrap_or(suggested)
}

/// Nanoseconds of a duration as it is written here.
fn nanos(json: &str) -> i128 {
    let text = json.trim_matches('"').trim_end_matches('s');
    let (seconds, rest) = text.split_once('.').unwrap_or((text, ""));
    let of = |digits: &str| digits.parse::<i128>().unwrap_or_default();
    let rest = of(&format!("{rest:0<9}"));
    let sign = if text.starts_with('-') { -1 } else { 1 };
    of(seconds) * SECOND + sign * rest
}

fn timestamp(rules: &TimestampRules, suggested: &str, draw: &mut Draw) -> Option<String> {
    // Times that have passed whatever the clock says, and times that will not have for long.
    const PAST: i128 = 1_577_836_800 * SECOND;
    const FUTURE: i128 = 4_070_908_800 * SECOND;
    let ends = (-62_135_596_800 * SECOND, 253_402_300_799 * SECOND);
    let own = suggested.trim_matches('"').parse::<jiff::Timestamp>();
    let own = own.map_or(0, |time| time.as_nanosecond());
    // Only here the clock is looked at: no fixed time is near it.
    let now = rules
        .within
        .map(|_| jiff::Timestamp::now().as_nanosecond() / SECOND * SECOND);
    let suggested = match (now, rules.before_now, rules.after_now) {
        (Some(now), _, true) => now + rules.within.unwrap_or_default() / 2,
        (Some(now), true, _) => now - rules.within.unwrap_or_default() / 2,
        (Some(now), ..) => now,
        (None, true, _) => own.min(PAST),
        (None, _, true) => own.max(FUTURE),
        (None, false, false) => own,
    };
    let fits = |value: i128| {
        let near = |now: i128| (value - now).abs() <= rules.within.unwrap_or(i128::MAX);
        now.is_none_or(near)
            && (now.is_some() || !rules.before_now || value <= PAST)
            && (now.is_some() || !rules.after_now || value >= FUTURE)
    };
    let value = whole(&rules.order, ends, SECOND, suggested, fits, draw)?;
    let seconds = i64::try_from(value.div_euclid(SECOND)).ok()?;
    let nanos = u32::try_from(value.rem_euclid(SECOND)).ok()?;
    Some(known::timestamp(seconds, nanos))
}

fn mask(rules: &MaskRules, suggested: &str) -> Option<String> {
    let listed = rules.constant.as_ref().unwrap_or(&rules.lists.any_of);
    let paths: Vec<String> = match listed.is_empty() {
        true => {
            let own = suggested.trim_matches('"').split(',');
            let refused = |path: &&str| {
                !rules
                    .lists
                    .none_of
                    .iter()
                    .any(|it| known::camel(it) == **path)
            };
            own.filter(refused).map(str::to_owned).collect()
        }
        false => listed.iter().map(|path| known::camel(path)).collect(),
    };
    Some(quoted(&paths.join(",")))
}
