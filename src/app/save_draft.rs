//! The dialog in which messages are saved or copied: which, how, and where.

use std::path::PathBuf;

use stubless_core::{
    call::{
        Direction,
        scan::{LogTypes, Paths, Scan},
    },
    engine::{CsvColumn, MessageForm, SaveSpec, SaveWhat},
    message::PathKind,
};

use super::{Selection, TabId};

/// Columns of a table when nobody chose others.
const COLUMNS: &str = "number, direction, time, size";

/// Fields that are suggested as columns.
const MAX_SUGGESTED: usize = 12;

/// Which messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The message that the dialog was opened for.
    Message,
    /// Those that are selected.
    Selection,
    /// Those that the filter finds.
    Matches,
    /// All.
    All,
}

/// A form without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormChoice {
    /// A JSON array, or one document.
    Json,
    /// A document a line.
    #[default]
    JsonLines,
    /// Comma-separated values.
    Csv,
    /// Protobuf's text format.
    Text,
    /// Bytes after their length.
    Delimited,
    /// Bytes after gRPC's prefix.
    Framed,
    /// Bytes alone.
    Raw,
}

impl FormChoice {
    /// All, in the order they are offered.
    pub const ALL: [Self; 7] = [
        Self::Json,
        Self::JsonLines,
        Self::Csv,
        Self::Text,
        Self::Delimited,
        Self::Framed,
        Self::Raw,
    ];

    /// On the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::JsonLines => "JSON Lines",
            Self::Csv => "CSV",
            Self::Text => "Protobuf text format",
            Self::Delimited => "Binary, length-delimited",
            Self::Framed => "Binary, gRPC frames",
            Self::Raw => "Binary, one message",
        }
    }

    /// What it is, in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Json => "One array, laid out over lines; of a single message the document alone",
            Self::JsonLines => "One document a line, for jq and for loading into a database",
            Self::Csv => "A table with a header, for spreadsheets",
            Self::Text => "As protoc prints it, with a comment before each message",
            Self::Delimited => {
                "Each message after its length as a varint, as writeDelimitedTo has it"
            }
            Self::Framed => "Each message after the five bytes that gRPC puts before it",
            Self::Raw => "The bytes of one message and nothing else",
        }
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Text => "txtpb",
            Self::Delimited => "binpb",
            Self::Framed => "grpc",
            Self::Raw => "bin",
        }
    }
}

/// What is typed and chosen. Only what there is can be chosen: see [`offered`](Self::offered).
#[derive(Debug, Clone, PartialEq)]
pub struct SaveDraft {
    /// The tab whose messages these are.
    pub tab: TabId,
    /// The message the dialog was opened for.
    pub message: Option<usize>,
    /// Those that are selected.
    pub selection: Option<Selection>,
    /// The filter at work.
    pub matches: Option<Scan>,
    /// Which are written.
    pub which: Which,
    /// Of several only those that went this way.
    pub direction: Option<Direction>,
    /// How.
    pub form: FormChoice,
    /// JSON Lines tell number, direction, time and size of each message.
    pub facts: bool,
    /// Columns of a table, with commas between.
    pub columns: String,
    /// What is wrong with the columns.
    pub problem: Option<String>,
    /// The file, as typed.
    pub path: String,
    /// What is there already is overwritten.
    pub replace: bool,
}

impl SaveDraft {
    /// All messages of a tab's call, a document a line.
    pub fn new(tab: TabId) -> Self {
        Self {
            tab,
            message: None,
            selection: None,
            matches: None,
            which: Which::All,
            direction: None,
            form: FormChoice::JsonLines,
            facts: false,
            columns: COLUMNS.to_owned(),
            problem: None,
            path: String::new(),
            replace: false,
        }
    }

    /// One message can be chosen, and is.
    #[must_use]
    pub fn message(mut self, index: usize) -> Self {
        self.message = Some(index);
        self.which = Which::Message;
        self.form = FormChoice::Json;
        self
    }

    /// What is selected can be chosen; and is, unless it is empty.
    #[must_use]
    pub fn selection(mut self, selection: Selection) -> Self {
        if !selection.is_empty() {
            self.selection = Some(selection);
            self.which = Which::Selection;
        }
        self
    }

    /// What a filter finds can be chosen, and is.
    #[must_use]
    pub fn matches(mut self, scan: Scan) -> Self {
        self.matches = Some(scan);
        self.which = Which::Matches;
        self
    }

    /// The columns of the screen are those of a table, after number, direction, time and size.
    #[must_use]
    pub fn columns(mut self, paths: &[String]) -> Self {
        for path in paths {
            self.columns.push_str(", ");
            self.columns.push_str(path);
        }
        self
    }

    /// Adds the fields of what is received to the columns, unless there are some already: at most a dozen that
    /// hold one value each.
    pub fn suggest_columns(&mut self, types: &LogTypes) {
        if self.columns != COLUMNS {
            return;
        }
        let message = &types.side(Direction::Received).message;
        let single = message
            .fields()
            .filter(|field| !field.is_list() && !field.is_map());
        let names = single.map(|field| field.json_name().to_owned());
        let paths: Vec<String> = names
            .filter(|name| types.path(name).is_ok_and(|paths| is_value(&paths)))
            .take(MAX_SUGGESTED)
            .map(|name| match read_column(&name) {
                CsvColumn::Field(_) => name,
                _ => format!("$.{name}"),
            })
            .collect();
        for path in paths {
            self.columns.push_str(", ");
            self.columns.push_str(&path);
        }
    }

    /// What can be chosen.
    pub fn offered(&self) -> Vec<Which> {
        let mut offered = Vec::new();
        offered.extend(self.message.map(|_| Which::Message));
        offered.extend(self.selection.as_ref().map(|_| Which::Selection));
        offered.extend(self.matches.as_ref().map(|_| Which::Matches));
        offered.push(Which::All);
        offered
    }

    /// The forms that can be chosen: of several messages not the bytes alone.
    pub fn forms(&self) -> Vec<FormChoice> {
        let single = self.which == Which::Message;
        let fits = |form: &FormChoice| single || *form != FormChoice::Raw;
        FormChoice::ALL.into_iter().filter(fits).collect()
    }

    /// Chooses a form; the ending of a typed path follows.
    pub fn set_form(&mut self, form: FormChoice) {
        let before = format!(".{}", self.form.ending());
        if let Some(stem) = self.path.strip_suffix(&before) {
            self.path = format!("{stem}.{}", form.ending());
        }
        self.form = form;
    }

    /// Takes back a form that no longer fits.
    pub fn settle(&mut self) {
        if !self.forms().contains(&self.form) {
            self.set_form(FormChoice::Delimited);
        }
    }

    /// A name for the file.
    pub fn file_name(&self) -> String {
        let stem = match (self.which, self.message) {
            (Which::Message, Some(index)) => format!("message-{}", index + 1),
            _ => "messages".to_owned(),
        };
        format!("{stem}.{}", self.form.ending())
    }

    /// Says what is wrong with the columns, if the types of the call are known.
    pub fn check(&mut self, types: Option<&LogTypes>) {
        self.problem = match self.form {
            FormChoice::Csv => self.columns_problem(types),
            _ => None,
        };
    }

    fn columns_problem(&self, types: Option<&LogTypes>) -> Option<String> {
        let columns = read_columns(&self.columns);
        if columns.is_empty() {
            return Some("A table needs a column".to_owned());
        }
        columns.iter().find_map(|column| match column {
            CsvColumn::Field(path) => {
                let error = types?.path(path).err()?;
                let hint = match error.hint.is_empty() {
                    true => String::new(),
                    false => format!(". {}", error.hint),
                };
                Some(format!("{}{hint}", sentence(&error.message)))
            }
            _ => None,
        })
    }

    /// Whether all is there but the file.
    pub fn is_ready(&self) -> bool {
        self.problem.is_none()
    }

    /// What the engine is asked for.
    pub fn spec(&self) -> SaveSpec {
        let what = match self.which {
            Which::Message => self.message.map(SaveWhat::One),
            Which::Selection => {
                let ranges = self.selection.as_ref().map(Selection::ranges);
                ranges.map(|ranges| SaveWhat::Some(ranges.into()))
            }
            Which::Matches => self.matches.clone().map(SaveWhat::Matches),
            Which::All => None,
        };
        SaveSpec {
            what: what.unwrap_or(SaveWhat::All),
            // One message is that message, whichever way it went.
            direction: self.direction.filter(|_| self.which != Which::Message),
            form: match self.form {
                FormChoice::Json => MessageForm::Json,
                FormChoice::JsonLines => MessageForm::JsonLines { facts: self.facts },
                FormChoice::Csv => MessageForm::Csv(read_columns(&self.columns).into()),
                FormChoice::Text => MessageForm::Text,
                FormChoice::Delimited => MessageForm::Delimited,
                FormChoice::Framed => MessageForm::Framed,
                FormChoice::Raw => MessageForm::Raw,
            },
        }
    }

    /// The file, as a path; `None` while none is typed.
    pub fn file(&self, home: impl Fn() -> Option<PathBuf>) -> Option<PathBuf> {
        let path = self.path.trim();
        if path.is_empty() {
            return None;
        }
        let below_home = path
            .strip_prefix("~/")
            .and_then(|rest| Some(home()?.join(rest)));
        Some(below_home.unwrap_or_else(|| PathBuf::from(path)))
    }
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Columns as a person writes them: by name, or as paths of fields. A field that has such a name is `$.name`.
fn read_columns(text: &str) -> Vec<CsvColumn> {
    split(text)
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(read_column)
        .collect()
}

fn read_column(name: &str) -> CsvColumn {
    match name {
        "number" => CsvColumn::Number,
        "direction" => CsvColumn::Direction,
        "time" => CsvColumn::Time,
        "size" => CsvColumn::Size,
        path => CsvColumn::Field(path.to_owned()),
    }
}

/// Whether a column of it holds values rather than JSON.
fn is_value(paths: &Paths) -> bool {
    let received = paths.side(Direction::Received);
    received.is_some_and(|path| !matches!(path.kind(), PathKind::Message))
}

/// At commas that stand in no quotes.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, ',') => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_by_name_and_by_path() {
        let read = read_columns("number, user.name,, labels[\"a,b\"] ,$.size, size");
        let field = |path: &str| CsvColumn::Field(path.to_owned());
        let want = [
            CsvColumn::Number,
            field("user.name"),
            field("labels[\"a,b\"]"),
            field("$.size"),
            CsvColumn::Size,
        ];
        assert_eq!(read, want);
    }

    #[test]
    fn what_is_narrower_is_chosen_and_forms_follow() {
        let mut draft = SaveDraft::new(TabId(1));
        assert_eq!(draft.offered(), [Which::All]);
        assert!(!draft.forms().contains(&FormChoice::Raw));
        assert_eq!(draft.file_name(), "messages.jsonl");

        draft = draft.selection(Selection::of(3..5)).message(7);
        assert_eq!(
            draft.offered(),
            [Which::Message, Which::Selection, Which::All]
        );
        assert_eq!(draft.file_name(), "message-8.json");
        draft.path = "/tmp/a.json".to_owned();
        draft.set_form(FormChoice::Raw);
        assert_eq!(draft.path, "/tmp/a.bin");
        draft.which = Which::Selection;
        draft.settle();
        assert_eq!(
            (draft.form, &*draft.path),
            (FormChoice::Delimited, "/tmp/a.binpb")
        );

        draft.set_form(FormChoice::Csv);
        draft.columns = " , ".to_owned();
        draft.check(None);
        assert!(!draft.is_ready());
    }
}
