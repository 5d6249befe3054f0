//! The columns of a stream's table.

/// Widths a column may have, in points.
pub const COLUMN_WIDTHS: std::ops::RangeInclusive<u16> = 28..=900;

/// Width of a new column of a field.
const FIELD_WIDTH: u16 = 120;

/// What a column shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// The message's number, from 1.
    Number,
    /// Sent or received.
    Direction,
    /// Time since the call began.
    Time,
    /// Time since the message in the row above.
    Gap,
    /// Bytes on the wire.
    Size,
    /// Its JSON on one line; takes what the others leave.
    Preview,
    /// The value of a field, by its path.
    Field(String),
}

impl ColumnKind {
    /// Its title.
    pub fn title(&self) -> &str {
        match self {
            Self::Number => "#",
            Self::Direction => "Direction",
            Self::Time => "Time",
            Self::Gap => "Gap",
            Self::Size => "Size",
            Self::Preview => "Message",
            Self::Field(path) => path,
        }
    }

    /// What it shows, in a sentence.
    pub fn about(&self) -> &str {
        match self {
            Self::Number => "Number of the message, sent and received together",
            Self::Direction => "Sent or received",
            Self::Time => "Seconds since the call began",
            Self::Gap => "Time since the message in the row above",
            Self::Size => "Bytes on the wire",
            Self::Preview => "The message as JSON on one line",
            Self::Field(_) => "The value of this field",
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What it shows.
    pub kind: ColumnKind,
    /// Its width in points, within [`COLUMN_WIDTHS`]; of the preview, its least.
    pub width: u16,
    /// It is in view.
    pub shown: bool,
}

/// All columns, from left to right. Those every table has come first and are never removed, only hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

impl Default for Columns {
    fn default() -> Self {
        let widths = [
            (ColumnKind::Number, 64),
            (ColumnKind::Direction, 30),
            (ColumnKind::Time, 82),
            (ColumnKind::Gap, 68),
            (ColumnKind::Size, 60),
            (ColumnKind::Preview, 140),
        ];
        let column = |(kind, width)| Column {
            kind,
            width,
            shown: true,
        };
        Self(widths.into_iter().map(column).collect())
    }
}

impl Columns {
    /// All of them.
    pub fn all(&self) -> &[Column] {
        &self.0
    }

    /// Those in view.
    pub fn shown(&self) -> impl Iterator<Item = &Column> {
        self.0.iter().filter(|column| column.shown)
    }

    /// The paths of all fields that have a column, in order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|column| match &column.kind {
            ColumnKind::Field(path) if column.shown => Some(path.as_str()),
            _ => None,
        })
    }

    /// Adds a column for a field after the others, or shows the one it has.
    pub fn add(&mut self, path: &str) {
        let path = path.trim();
        if path.is_empty() {
            return;
        }
        let kind = ColumnKind::Field(path.to_owned());
        match self.0.iter_mut().find(|column| column.kind == kind) {
            Some(column) => column.shown = true,
            None => self.0.push(Column {
                kind,
                width: FIELD_WIDTH,
                shown: true,
            }),
        }
    }

    /// Removes the column of a field.
    pub fn remove(&mut self, path: &str) {
        self.0
            .retain(|column| !matches!(&column.kind, ColumnKind::Field(it) if it == path));
    }

    /// Shows or hides a column; the last that is shown stays.
    pub fn show(&mut self, kind: &ColumnKind, shown: bool) {
        if !shown && self.shown().count() <= 1 {
            return;
        }
        if let Some(column) = self.0.iter_mut().find(|column| column.kind == *kind) {
            column.shown = shown;
        }
    }

    /// Makes a column as wide, within what is allowed.
    pub fn resize(&mut self, kind: &ColumnKind, width: u16) {
        if let Some(column) = self.0.iter_mut().find(|column| column.kind == *kind) {
            column.width = width.clamp(*COLUMN_WIDTHS.start(), *COLUMN_WIDTHS.end());
        }
    }
}
