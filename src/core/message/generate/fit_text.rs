//! Strings and bytes that keep their rules: lengths, parts, patterns and formats.

use prost_reflect::Value;

use super::{draw::Draw, example, pattern};
use crate::message::{
    form::kind::quoted,
    validate::{BytesFormat, BytesRules, FieldRules, StringFormat, StringRules, keeps},
};

/// How much longer than it has to be a repetition of a pattern is, one try after the other.
const REACH: [u32; 12] = [1, 3, 0, 2, 5, 8, 12, 20, 30, 40, 64, 128];
/// Longest text that is made for a length, in characters.
const LONGEST: u64 = 10_000;

/// A string that keeps its rules, as JSON.
pub(super) fn text(
    rules: &StringRules,
    all: &FieldRules,
    suggested: &str,
    draw: &mut Draw,
) -> Option<String> {
    let kind = all.kind.as_ref()?;
    let own: String = serde_json::from_str(suggested).unwrap_or_default();
    let fits = |text: &String| {
        (!all.required || !text.is_empty()) && keeps(kind, &Value::String(text.clone()))
    };
    candidates(rules, &own, draw)
        .find(fits)
        .map(|text| quoted(&text))
}

fn candidates(rules: &StringRules, own: &str, draw: &mut Draw) -> impl Iterator<Item = String> {
    let listed = &rules.lists.any_of;
    let mut all: Vec<String> = rules.constant.iter().cloned().collect();
    all.extend(listed.get(draw.below(listed.len())).cloned());
    all.push(own.to_owned());
    all.extend(rules.format.map(|format| formatted(format, draw)));
    if let Some(pattern) = &rules.pattern {
        all.extend(
            REACH
                .iter()
                .filter_map(|reach| pattern::text_of(pattern, *reach, draw)),
        );
    }
    let lengths = Lengths {
        least: most_of([rules.len, rules.min_len, rules.len_bytes, rules.min_bytes]),
        most: least_of([rules.len, rules.max_len, rules.len_bytes, rules.max_bytes]),
    };
    let parts = [&rules.prefix, &rules.contains, &rules.suffix];
    let parts = parts.map(|part| part.as_deref().unwrap_or_default());
    for base in [own, "example", "a", "0", ""] {
        all.push(lengths.shape(parts, base));
    }
    let tried: Vec<String> = all.iter().map(|text| lengths.shape(parts, text)).collect();
    all.extend(tried);
    all.extend(listed.iter().cloned());
    all.into_iter()
}

fn most_of(all: [Option<u64>; 4]) -> u64 {
    all.into_iter().flatten().max().unwrap_or(0).min(LONGEST)
}

fn least_of(all: [Option<u64>; 4]) -> u64 {
    all.into_iter().flatten().min().unwrap_or(u64::MAX)
}

/// How long a text shall be, in characters; what is added is ASCII.
struct Lengths {
    least: u64,
    most: u64,
}

impl Lengths {
    /// A text of a base, with parts it begins with, contains and ends with.
    fn shape(&self, [prefix, contains, suffix]: [&str; 3], base: &str) -> String {
        let mut middle = base.strip_prefix(prefix).unwrap_or(base);
        middle = middle.strip_suffix(suffix).unwrap_or(middle);
        let mut middle = match middle.contains(contains) {
            true => middle.to_owned(),
            false => format!("{middle}{contains}"),
        };
        let count = |text: &str| text.chars().count() as u64;
        let around = count(prefix) + count(suffix);
        // Added and taken away in front, where a part that must be contained does not stand.
        let missing = self.least.saturating_sub(around + count(&middle));
        if missing > 0 {
            let letters = ('a'..='z').cycle().take(missing as usize);
            middle = letters.chain(middle.chars()).collect();
        }
        let over = (around + count(&middle)).saturating_sub(self.most);
        if over > 0 {
            let keep = count(&middle).saturating_sub(over) as usize;
            middle = match contains.is_empty() {
                true => middle.chars().take(keep).collect(),
                false => middle.chars().skip(over as usize).collect(),
            };
        }
        format!("{prefix}{middle}{suffix}")
    }
}

/// A text in a format.
fn formatted(format: StringFormat, draw: &mut Draw) -> String {
    use StringFormat as F;
    let number = draw.within(1, 254);
    match format {
        F::Email => draw
            .word(&["ada.lovelace@example.com", "grace.hopper@example.com"])
            .to_owned(),
        F::Hostname | F::Address => draw
            .word(&["api.example.com", "eu-1.example.com"])
            .to_owned(),
        F::Ip | F::Ipv4 => format!("192.0.2.{number}"),
        F::Ipv6 => format!("2001:db8::{number:x}"),
        F::Uri | F::UriRef => format!("https://example.com/items/{number}"),
        F::Uuid => example::uuid(draw),
        F::Tuuid => example::uuid(draw).replace('-', ""),
        F::IpWithPrefixlen | F::Ipv4WithPrefixlen => format!("192.0.2.{number}/24"),
        F::Ipv6WithPrefixlen => format!("2001:db8::{number:x}/64"),
        F::IpPrefix | F::Ipv4Prefix => "192.0.2.0/24".to_owned(),
        F::Ipv6Prefix => "2001:db8::/32".to_owned(),
        F::HostAndPort => format!("api.example.com:{}", 8_000 + number),
        F::Ulid => {
            let letters = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
            let time = "01".chars();
            let rest = (0..24).map(|_| char::from(letters[draw.below(letters.len())]));
            time.chain(rest).collect()
        }
        F::ProtobufFqn => "example.v1.Item".to_owned(),
        F::ProtobufDotFqn => ".example.v1.Item".to_owned(),
        F::HeaderName { .. } => "x-example-id".to_owned(),
        F::HeaderValue { .. } => format!("example-{number}"),
    }
}

/// Bytes to try, the likely ones first.
pub(super) fn bytes(rules: &BytesRules, own: Vec<u8>, draw: &mut Draw) -> Vec<Vec<u8>> {
    let listed = &rules.lists.any_of;
    let mut all: Vec<Vec<u8>> = rules.constant.iter().cloned().collect();
    all.extend(listed.get(draw.below(listed.len())).cloned());
    all.push(own.clone());
    all.extend(rules.format.map(|format| match format {
        BytesFormat::Ip | BytesFormat::Ipv4 => vec![192, 0, 2, draw.below(254) as u8 + 1],
        BytesFormat::Ipv6 => [&[0x20, 0x01, 0x0d, 0xb8][..], &[0; 11], &[1]].concat(),
        BytesFormat::Uuid => {
            let text = example::uuid(draw);
            uuid::Uuid::parse_str(&text)
                .unwrap_or_default()
                .as_bytes()
                .to_vec()
        }
    }));
    if let Some(pattern) = &rules.pattern {
        let texts = REACH
            .iter()
            .filter_map(|reach| pattern::text_of(pattern, *reach, draw));
        all.extend(texts.map(String::into_bytes));
    }
    let least = rules
        .len
        .into_iter()
        .chain(rules.min_len)
        .max()
        .unwrap_or(0)
        .min(LONGEST) as usize;
    let most = rules
        .len
        .into_iter()
        .chain(rules.max_len)
        .min()
        .unwrap_or(u64::MAX);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let part = |part: &Option<Vec<u8>>| part.clone().unwrap_or_default();
    let (prefix, contains, suffix) = (
        part(&rules.prefix),
        part(&rules.contains),
        part(&rules.suffix),
    );
    for base in [own, Vec::new()] {
        let around = prefix.len() + contains.len() + suffix.len();
        let mut middle = base;
        middle.truncate(most.saturating_sub(around));
        while middle.len() + around < least {
            middle.push(draw.bits() as u8);
        }
        all.push([prefix.as_slice(), &middle, &contains, &suffix].concat());
    }
    all.extend(listed.iter().cloned());
    all
}
