//! Many items or entries at once, from what people have in a clipboard.

use super::{EnumInfo, FieldKind, WellKnown};
use crate::message::{Document, NodeKind};

/// Problems that are told one by one.
const MAX_PROBLEMS: usize = 50;

/// What was read of a pasted text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bulk {
    /// Items as JSON, or entries: a key (empty for items) and a value.
    pub values: Vec<(String, String)>,
    /// What does not fit: the line, from 1, and why. What is on those lines is not among the values.
    pub problems: Vec<(usize, String)>,
}

/// Items for a list: a JSON array; JSON values one a line; or texts one a line. A single line without
/// JSON is split at its commas or tabs, with the quotes of CSV.
pub fn bulk_items(text: &str, kind: &FieldKind) -> Bulk {
    let mut bulk = Bulk::default();
    let document = Document::new(text);
    if text.trim_start().starts_with('[')
        && let Some(root) = document.root()
        && root.kind() == NodeKind::Array
        && *kind != FieldKind::WellKnown(WellKnown::ListValue)
    {
        for item in root.children() {
            let line = document.line_of(item.range().start) + 1;
            bulk.take(line, String::new(), json_of(kind, item.text()), item.text());
        }
        return bulk;
    }
    if takes_objects(kind) && !document.is_empty() && document.syntax_error().is_none() {
        bulk.take(1, String::new(), json_of(kind, text), text);
        return bulk;
    }
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty());
    if let (Some((line, only)), None) = (lines.next(), lines.next())
        && !takes_objects(kind)
    {
        for cell in cells(only) {
            bulk.take(line + 1, String::new(), json_of(kind, &cell), &cell);
        }
        return bulk;
    }
    for (line, text) in text.lines().enumerate() {
        let text = text.trim().trim_end_matches(',');
        if !text.is_empty() {
            bulk.take(line + 1, String::new(), json_of(kind, text), text);
        }
    }
    bulk
}

/// Entries for a map: a JSON object, or one entry a line as `key: value`, `key=value` or with a tab
/// between them. Of equal keys the last one stays, which is said.
pub fn bulk_entries(text: &str, key_kind: &FieldKind, kind: &FieldKind) -> Bulk {
    let mut bulk = Bulk::default();
    let document = Document::new(text);
    if text.trim_start().starts_with('{')
        && let Some(root) = document.root()
        && root.kind() == NodeKind::Object
    {
        for entry in root.children() {
            let line = document.line_of(entry.range().start) + 1;
            let key = entry.key().unwrap_or_default().into_owned();
            bulk.entry(line, key, key_kind, kind, entry.text());
        }
        return bulk;
    }
    for (line, text) in text.lines().enumerate() {
        let text = text.trim().trim_end_matches(',');
        if text.is_empty() {
            continue;
        }
        match split_entry(text) {
            Some((key, value)) => bulk.entry(line + 1, key, key_kind, kind, value),
            None => bulk.problem(line + 1, "no `:`, `=` or tab between a key and a value"),
        }
    }
    bulk
}

impl Bulk {
    fn take(&mut self, line: usize, key: String, json: Option<String>, shown: &str) {
        match json {
            Some(json) => self.values.push((key, json)),
            None => {
                let shown: String = shown.chars().take(40).collect();
                self.problem(line, &format!("`{shown}` does not fit the type"));
            }
        }
    }

    fn entry(
        &mut self,
        line: usize,
        key: String,
        key_kind: &FieldKind,
        kind: &FieldKind,
        value: &str,
    ) {
        if let Some(problem) = key_problem(key_kind, &key) {
            self.problem(line, &problem);
            return;
        }
        if let Some(index) = self.values.iter().position(|(known, _)| *known == key) {
            self.problem(line, &format!("`{key}` stands twice: this one is taken"));
            self.values.remove(index);
        }
        self.take(line, key, json_of(kind, value), value);
    }

    fn problem(&mut self, line: usize, text: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push((line, text.to_owned()));
        }
    }
}

/// The JSON of a pasted text for a value of a kind; `None` when it does not fit.
pub fn pasted_value(kind: &FieldKind, text: &str) -> Option<String> {
    json_of(kind, text)
}

/// Why a text is no key of a map whose keys are of a kind; `None` when it is one.
pub fn key_problem(kind: &FieldKind, key: &str) -> Option<String> {
    match kind {
        FieldKind::Bool if !matches!(key, "true" | "false") => {
            Some(format!("`{key}` is no key of this map: `true` or `false`"))
        }
        FieldKind::Integer { bits, unsigned } if !is_integer(key, *bits, *unsigned) => {
            let sign = if *unsigned { "an unsigned" } else { "a" };
            Some(format!(
                "`{key}` is no key of this map: {sign} {bits}-bit integer"
            ))
        }
        _ => None,
    }
}

fn is_integer(text: &str, bits: u8, unsigned: bool) -> bool {
    let Ok(number) = text.parse::<i128>() else {
        return false;
    };
    let (least, most) = match (bits, unsigned) {
        (32, false) => (i128::from(i32::MIN), i128::from(i32::MAX)),
        (32, true) => (0, i128::from(u32::MAX)),
        (_, false) => (i128::from(i64::MIN), i128::from(i64::MAX)),
        (_, true) => (0, i128::from(u64::MAX)),
    };
    (least..=most).contains(&number)
}

fn takes_objects(kind: &FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Message
            | FieldKind::WellKnown(
                WellKnown::Struct
                    | WellKnown::Value
                    | WellKnown::ListValue
                    | WellKnown::Any
                    | WellKnown::Empty
            )
    )
}

/// The JSON of one text for a kind. JSON is kept as it stands where it fits; a bare text becomes a
/// string where the kind has strings; a variable stands anywhere.
fn json_of(kind: &FieldKind, text: &str) -> Option<String> {
    let text = text.trim();
    let parsed = Document::new(text);
    let root = parsed.root().filter(|_| parsed.syntax_error().is_none());
    let node = root.map(|root| root.kind());
    // Comments around a value stay behind: what is put after it would be a part of them.
    let value = || root.map_or_else(|| text.to_owned(), |root| root.text().to_owned());
    let bare = root
        .and_then(|root| root.string())
        .map_or_else(value, std::borrow::Cow::into_owned);
    let quoted = || super::kind::quoted(&bare);
    if bare.contains("{{") && !takes_objects(kind) {
        return Some(quoted());
    }
    match kind {
        FieldKind::Bool => match bare.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some("true".to_owned()),
            "false" | "no" | "0" => Some("false".to_owned()),
            _ => None,
        },
        FieldKind::Integer { bits, unsigned } => {
            if !is_integer(&bare, *bits, *unsigned) {
                return None;
            }
            let digits = bare.trim_start_matches('+');
            // Tools that read JSON numbers as `double` lose digits of longer ones.
            let long = node == Some(NodeKind::String) || digits.len() > 15;
            Some(if long {
                super::kind::quoted(digits)
            } else {
                digits.to_owned()
            })
        }
        FieldKind::Float => match (node, bare.as_str()) {
            (Some(NodeKind::Number), _) => Some(value()),
            (_, "NaN" | "Infinity" | "-Infinity") => Some(quoted()),
            (_, number) => number.parse::<f64>().ok().map(|_| quoted()),
        },
        FieldKind::Enum(info) => enum_json(info, &bare),
        FieldKind::String => match node {
            Some(NodeKind::String) => Some(value()),
            _ => Some(super::kind::quoted(text)),
        },
        FieldKind::Bytes
        | FieldKind::WellKnown(WellKnown::Timestamp | WellKnown::Duration | WellKnown::FieldMask) => {
            Some(quoted())
        }
        FieldKind::WellKnown(WellKnown::Value) => {
            Some(if node.is_some() { value() } else { quoted() })
        }
        FieldKind::WellKnown(WellKnown::ListValue) => (node == Some(NodeKind::Array)).then(value),
        FieldKind::Message
        | FieldKind::WellKnown(WellKnown::Struct | WellKnown::Any | WellKnown::Empty) => {
            (node == Some(NodeKind::Object)).then(value)
        }
    }
}

fn enum_json(info: &EnumInfo, text: &str) -> Option<String> {
    let by_name = info
        .values
        .iter()
        .find(|value| value.name == text || value.name.eq_ignore_ascii_case(text));
    if let Some(value) = by_name {
        return Some(super::kind::quoted(&value.name));
    }
    let number: i32 = text.parse().ok()?;
    let known = info.names_of(number).next().is_some();
    (known || !info.closed).then(|| number.to_string())
}

/// `key: value`, `key=value`, or a tab between them; a key may stand in quotes.
fn split_entry(line: &str) -> Option<(String, &str)> {
    if line.starts_with('"') {
        // A key with its quotes: what follows it is looked for behind them.
        let end = (1..line.len()).find(|at| {
            line.is_char_boundary(*at)
                && line[*at..].starts_with('"')
                && !line[..*at].ends_with('\\')
        })?;
        let key: String = serde_json::from_str(&line[..=end]).ok()?;
        let rest = line[end + 1..].trim_start();
        let value = rest.strip_prefix([':', '=', '\t'])?;
        return Some((key, value.trim()));
    }
    let at = line.find([':', '=', '\t'])?;
    Some((line[..at].trim().to_owned(), line[at + 1..].trim()))
}

/// The cells of one line of CSV (RFC 4180) or of tab-separated values.
fn cells(line: &str) -> Vec<String> {
    let comma = if line.contains('\t') { '\t' } else { ',' };
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.trim().chars().peekable();
    while let Some(c) = chars.next() {
        let Some(cell) = cells.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted || cell.trim().is_empty() => quoted = !quoted,
            c if c == comma && !quoted => cells.push(String::new()),
            c => cell.push(c),
        }
    }
    cells
        .into_iter()
        .map(|cell| cell.trim().to_owned())
        .filter(|cell| !cell.is_empty())
        .collect()
}
