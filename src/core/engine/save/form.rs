//! One form each: what stands before, between and after the messages, and how one is written.

use std::{
    borrow::Cow,
    io::{self, Write},
    sync::Arc,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{CsvColumn, MessageForm, SaveSpec, SaveWhat, Written, csv, direction_word, seconds};
use crate::{
    call::{
        Direction, LogEntry,
        scan::{LogTypes, Paths},
    },
    interop::text_format,
    message::{JsonOptions, JsonText, PathError, Severity},
};

/// A column that leads nowhere.
pub(super) struct ColumnProblem {
    pub(super) column: String,
    pub(super) error: PathError,
}

/// Writes messages in one form.
pub(super) struct Writer<'a> {
    types: &'a LogTypes,
    form: Form,
    /// Messages written so far.
    count: usize,
}

enum Form {
    /// `alone`: without an array around it.
    Json {
        alone: bool,
    },
    JsonLines {
        facts: bool,
    },
    Text {
        alone: bool,
    },
    Delimited,
    Framed,
    Raw,
    Csv(Vec<Column>),
}

enum Column {
    Number,
    Direction,
    Time,
    Size,
    Field(String, Box<Paths>),
}

impl<'a> Writer<'a> {
    pub(super) fn new(spec: &SaveSpec, types: &'a LogTypes) -> Result<Self, ColumnProblem> {
        let alone = matches!(spec.what, SaveWhat::One(_));
        let form = match &spec.form {
            MessageForm::Json => Form::Json { alone },
            MessageForm::JsonLines { facts } => Form::JsonLines { facts: *facts },
            MessageForm::Text => Form::Text { alone },
            MessageForm::Delimited => Form::Delimited,
            MessageForm::Framed => Form::Framed,
            MessageForm::Raw => Form::Raw,
            MessageForm::Csv(columns) => Form::Csv(read_columns(columns, types)?),
        };
        Ok(Self {
            types,
            form,
            count: 0,
        })
    }

    pub(super) fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match &self.form {
            Form::Json { alone: false } => out.write_all(b"["),
            Form::Csv(columns) => {
                for (at, column) in columns.iter().enumerate() {
                    if at > 0 {
                        out.write_all(b",")?;
                    }
                    let name = match column {
                        Column::Number => "number",
                        Column::Direction => "direction",
                        Column::Time => "time",
                        Column::Size => "size",
                        Column::Field(path, _) => path,
                    };
                    csv::value(out, name)?;
                }
                out.write_all(csv::LINE_END)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.form {
            Form::Json { alone: false } if self.count == 0 => out.write_all(b"]\n"),
            Form::Json { alone: false } => out.write_all(b"\n]\n"),
            _ => Ok(()),
        }
    }

    pub(super) fn message(
        &mut self,
        out: &mut dyn Write,
        index: usize,
        entry: LogEntry,
        wire: &[u8],
        written: &mut Written,
    ) -> io::Result<()> {
        let side = self.types.side(entry.direction);
        let first = self.count == 0;
        self.count += 1;
        match &self.form {
            Form::Json { alone } => {
                let json = self.json(entry.direction, wire, true, written);
                if *alone {
                    out.write_all(json.as_bytes())?;
                    return out.write_all(b"\n");
                }
                out.write_all(if first { b"\n" } else { b",\n" })?;
                for (at, line) in json.lines().enumerate() {
                    if at > 0 {
                        out.write_all(b"\n")?;
                    }
                    out.write_all(b"  ")?;
                    out.write_all(line.as_bytes())?;
                }
                Ok(())
            }
            Form::JsonLines { facts } => {
                let json = self.json(entry.direction, wire, false, written);
                if !facts {
                    out.write_all(json.as_bytes())?;
                    return out.write_all(b"\n");
                }
                writeln!(
                    out,
                    r#"{{"number":{},"direction":"{}","time":"{}s","size":{},"message":{json}}}"#,
                    index + 1,
                    direction_word(entry.direction),
                    seconds(entry.at),
                    entry.len,
                )
            }
            Form::Text { alone } => {
                written.note(worst(&side.printer.to_json(wire, COMPACT)), true);
                if *alone {
                    writeln!(out, "# proto-message: {}", side.message.full_name())?;
                } else {
                    if !first {
                        out.write_all(b"\n")?;
                    }
                    writeln!(
                        out,
                        "# message {}, {}, {} s, {} bytes: {}",
                        index + 1,
                        direction_word(entry.direction),
                        seconds(entry.at),
                        entry.len,
                        side.message.full_name()
                    )?;
                }
                let text = text_format::print(&side.message, wire, self.types.schema());
                out.write_all(text.as_bytes())
            }
            Form::Delimited => {
                let mut length = wire.len();
                while length >= 0x80 {
                    // The low seven bits.
                    out.write_all(&[(length & 0x7f) as u8 | 0x80])?;
                    length >>= 7;
                }
                out.write_all(&[length as u8])?;
                out.write_all(wire)
            }
            Form::Framed => {
                out.write_all(&[0])?;
                out.write_all(&entry.len.to_be_bytes())?;
                out.write_all(wire)
            }
            Form::Raw => out.write_all(wire),
            Form::Csv(columns) => {
                written.note(worst(&side.printer.to_json(wire, COMPACT)), false);
                for (at, column) in columns.iter().enumerate() {
                    if at > 0 {
                        out.write_all(b",")?;
                    }
                    match column {
                        Column::Number => write!(out, "{}", index + 1)?,
                        Column::Direction => {
                            out.write_all(direction_word(entry.direction).as_bytes())?;
                        }
                        Column::Time => out.write_all(seconds(entry.at).as_bytes())?,
                        Column::Size => write!(out, "{}", entry.len)?,
                        Column::Field(_, paths) => {
                            let path = paths.side(entry.direction);
                            let cell = path.and_then(|path| path.cell(&side.printer, wire, 0));
                            if let Some(cell) = cell {
                                csv::value(out, &cell)?;
                            }
                        }
                    }
                }
                out.write_all(csv::LINE_END)
            }
        }
    }

    /// A message as JSON; of one that does not decode all its bytes, and what was read of it.
    fn json(
        &self,
        direction: Direction,
        wire: &[u8],
        pretty: bool,
        written: &mut Written,
    ) -> String {
        let options = JsonOptions { pretty, ..COMPACT };
        let json = self.types.side(direction).printer.to_json(wire, options);
        written.note(worst(&json), false);
        if worst(&json) != Some(Severity::Malformed) {
            return json.text;
        }
        let problem = json
            .problems
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        let problem = serde_json::Value::from(problem).to_string();
        let bytes = BASE64_STANDARD.encode(wire);
        if !pretty {
            let read = json.text;
            return format!(r#"{{"@undecodable":"{bytes}","@problem":{problem},"@read":{read}}}"#);
        }
        let read: Vec<Cow<'_, str>> = json
            .text
            .lines()
            .enumerate()
            .map(|(at, line)| match at {
                0 => Cow::Borrowed(line),
                _ => Cow::Owned(format!("  {line}")),
            })
            .collect();
        let read = read.join("\n");
        format!(
            "{{\n  \"@undecodable\": \"{bytes}\",\n  \"@problem\": {problem},\n  \"@read\": {read}\n}}"
        )
    }
}

const COMPACT: JsonOptions = JsonOptions {
    pretty: false,
    defaults: false,
    max_bytes: 0,
};

fn worst(json: &JsonText) -> Option<Severity> {
    json.worst
}

fn read_columns(
    columns: &Arc<[CsvColumn]>,
    types: &LogTypes,
) -> Result<Vec<Column>, ColumnProblem> {
    let read = |column: &CsvColumn| {
        Ok(match column {
            CsvColumn::Number => Column::Number,
            CsvColumn::Direction => Column::Direction,
            CsvColumn::Time => Column::Time,
            CsvColumn::Size => Column::Size,
            CsvColumn::Field(path) => {
                let paths = types.path(path).map_err(|error| ColumnProblem {
                    column: path.clone(),
                    error,
                })?;
                Column::Field(path.clone(), Box::new(paths))
            }
        })
    };
    columns.iter().map(read).collect()
}
