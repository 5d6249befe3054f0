//! What a comparison found, as rows of a tree that both messages share: the order in which they are shown.
//!
//! Texts of all rows stand in one string. Equal parts are one row, however large; past the limits rows are
//! left out, and the differences among them counted.

use std::{fmt, fmt::Write as _, ops::Range};

use super::path::PathStep;

/// Rows that are kept.
const MAX_ROWS: usize = 400_000;
/// Bytes of their texts.
const MAX_TEXT: usize = 96 << 20;

/// How two values differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiffKind {
    /// The right message has none.
    OnlyLeft,
    /// The left message has none.
    OnlyRight,
    /// Both have one, and not the same.
    Changed,
    /// The field has another type, or an Any holds another one.
    TypeChanged,
    /// An item stands at another place among those that both lists have.
    Moved,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// The same on both sides; a message or list with all that is in it.
    Equal,
    /// What differs is below.
    Inner,
    /// It differs.
    Differs(DiffKind),
    /// It differs, and the rule with this index says that it does not matter.
    Ignored(DiffKind, usize),
}

/// A row; texts are parts of the report's.
#[derive(Debug, Clone)]
struct Row {
    parent: u32,
    depth: u16,
    state: RowState,
    /// An item of a list or an entry of a map.
    item: bool,
    label: Range<u32>,
    left: Option<Range<u32>>,
    right: Option<Range<u32>>,
}

/// A row to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffRow<'d> {
    /// How deep it stands; 0 for a field of the message.
    pub depth: usize,
    /// What it is.
    pub state: RowState,
    /// A step of the path: a name, `[3]`, `["key"]`, `[id=7]`, `#12` for an unknown field.
    pub label: &'d str,
    /// The value at the left as JSON, cut where it is long; of a list that differs inside, how many items
    /// it has.
    pub left: Option<&'d str>,
    /// The value at the right.
    pub right: Option<&'d str>,
}

/// The differences of two messages.
#[derive(Debug, Clone, Default)]
pub struct MessageDiff {
    text: String,
    rows: Vec<Row>,
    /// Full names of the types where they are not the same.
    pub types: Option<(String, String)>,
    /// Number of differences that are not ignored.
    pub differences: usize,
    /// How many each rule hid, in the rules' order.
    pub hidden: Vec<usize>,
    /// Differences that have no row: beyond the limit.
    pub left_out: usize,
    /// What in the left bytes could not be read.
    pub left_problems: Vec<String>,
    /// What in the right bytes could not be read.
    pub right_problems: Vec<String>,
}

impl MessageDiff {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether both messages are empty, or nothing of them is shown.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether there is no difference but ignored ones.
    pub fn is_equal(&self) -> bool {
        self.differences == 0
    }

    /// Differences that rules hid.
    pub fn hidden_total(&self) -> usize {
        self.hidden.iter().sum()
    }

    /// A row.
    pub fn row(&self, index: usize) -> Option<DiffRow<'_>> {
        let row = self.rows.get(index)?;
        Some(DiffRow {
            depth: usize::from(row.depth),
            state: row.state,
            label: self.part(&row.label),
            left: row.left.as_ref().map(|part| self.part(part)),
            right: row.right.as_ref().map(|part| self.part(part)),
        })
    }

    /// All rows, in the order of the fields.
    pub fn rows(&self) -> impl Iterator<Item = DiffRow<'_>> {
        (0..self.rows.len()).filter_map(|index| self.row(index))
    }

    /// The path of a row: `items[3].name`.
    pub fn path(&self, index: usize) -> String {
        let mut labels = Vec::new();
        let mut at = Some(index);
        while let Some(row) = at.and_then(|at| self.rows.get(at)) {
            labels.push(self.part(&row.label));
            at = usize::try_from(row.parent).ok().filter(|_| row.depth > 0);
        }
        join(labels.into_iter().rev())
    }

    /// The path of a row with `[*]` in place of items and entries: what fits its siblings, too.
    pub fn general_path(&self, index: usize) -> String {
        let mut labels = Vec::new();
        let mut at = Some(index);
        while let Some(row) = at.and_then(|at| self.rows.get(at)) {
            let label = self.part(&row.label);
            labels.push(if row.item { "[*]" } else { label });
            at = usize::try_from(row.parent).ok().filter(|_| row.depth > 0);
        }
        join(labels.into_iter().rev())
    }

    /// The row that a row stands below.
    pub fn parent(&self, index: usize) -> Option<usize> {
        let row = self.rows.get(index).filter(|row| row.depth > 0)?;
        usize::try_from(row.parent).ok()
    }

    fn part(&self, range: &Range<u32>) -> &str {
        let range = range.start as usize..range.end as usize;
        self.text.get(range).unwrap_or_default()
    }
}

fn join<'d>(labels: impl Iterator<Item = &'d str>) -> String {
    let mut path = String::new();
    for label in labels {
        if !path.is_empty() && !label.is_empty() && !label.starts_with('[') {
            path.push('.');
        }
        path.push_str(label);
    }
    path
}

/// What a row is called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Label<'l> {
    /// The message itself.
    Root,
    Step(PathStep<'l>),
    /// Equal items from one place to another.
    Run(usize, usize),
    /// Equal entries of a map.
    Entries,
    /// A field that the schema does not have; 0 for bytes that are no field.
    Unknown(u32),
}

impl Label<'_> {
    fn is_item(self) -> bool {
        match self {
            Self::Step(PathStep::Name(_) | PathStep::Renamed(..))
            | Self::Root
            | Self::Unknown(_) => false,
            Self::Step(PathStep::Index(_) | PathStep::Pair(..) | PathStep::Key(_))
            | Self::Run(..)
            | Self::Entries => true,
        }
    }
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Step(PathStep::Name(name) | PathStep::Renamed(name, _)) => f.write_str(name),
            Self::Step(PathStep::Index(index)) => write!(f, "[{index}]"),
            Self::Step(PathStep::Pair(left, right)) if left == right => write!(f, "[{left}]"),
            Self::Step(PathStep::Pair(left, right)) => write!(f, "[{left}→{right}]"),
            Self::Step(PathStep::Key(key)) => write!(f, "[{key}]"),
            Self::Run(first, last) => write!(f, "[{first}…{last}]"),
            Self::Entries => f.write_str("[…]"),
            Self::Unknown(0) => f.write_str("#bytes"),
            Self::Unknown(number) => write!(f, "#{number}"),
        }
    }
}

/// Where a report stood when a row was begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    rows: usize,
    text: usize,
    found: usize,
    begun: bool,
}

/// Writes a [`MessageDiff`].
pub(super) struct Report {
    diff: MessageDiff,
    /// Rows are wanted at all.
    rows: bool,
    /// The rows that are open.
    open: Vec<u32>,
    /// Differences, ignored ones too.
    found: usize,
}

impl Report {
    pub(super) fn new(rows: bool, rules: usize) -> Self {
        Self {
            diff: MessageDiff {
                hidden: vec![0; rules],
                ..MessageDiff::default()
            },
            rows,
            open: Vec::new(),
            found: 0,
        }
    }

    /// Whether a row would be kept: else its texts need not be made.
    pub(super) fn keeps(&self) -> bool {
        self.rows && self.diff.rows.len() < MAX_ROWS && self.diff.text.len() < MAX_TEXT
    }

    pub(super) fn found(&self) -> usize {
        self.found
    }

    /// Number of rows so far.
    pub(super) fn len(&self) -> usize {
        self.diff.rows.len()
    }

    pub(super) fn finish(self) -> MessageDiff {
        self.diff
    }

    /// Counts a difference; its row, if it is kept, is pushed by the caller.
    pub(super) fn count(&mut self, rule: Option<usize>) {
        self.found += 1;
        match rule.and_then(|rule| self.diff.hidden.get_mut(rule)) {
            Some(hidden) => *hidden += 1,
            None => self.diff.differences += 1,
        }
        if self.rows && !self.keeps() {
            self.diff.left_out += 1;
        }
    }

    pub(super) fn push(
        &mut self,
        label: Label<'_>,
        state: RowState,
        left: Option<&str>,
        right: Option<&str>,
    ) {
        if !self.keeps() {
            return;
        }
        let item = label.is_item();
        let label = self.write(format_args!("{label}"));
        let left = left.map(|text| self.write(format_args!("{text}")));
        let right = right.map(|text| self.write(format_args!("{text}")));
        self.diff.rows.push(Row {
            parent: self.open.last().copied().unwrap_or_default(),
            depth: u16::try_from(self.open.len()).unwrap_or(u16::MAX),
            state,
            item,
            label,
            left,
            right,
        });
    }

    /// Begins a row with others below it.
    pub(super) fn begin(
        &mut self,
        label: Label<'_>,
        left: Option<&str>,
        right: Option<&str>,
    ) -> Mark {
        let mark = Mark {
            rows: self.diff.rows.len(),
            text: self.diff.text.len(),
            found: self.found,
            begun: self.keeps(),
        };
        self.push(label, RowState::Inner, left, right);
        if mark.begun {
            self.open.push(u32::try_from(mark.rows).unwrap_or(u32::MAX));
        }
        mark
    }

    /// Ends it. Whether something below differs; if not, the row and all below it are gone.
    pub(super) fn end(&mut self, mark: Mark) -> bool {
        if mark.begun {
            self.open.pop();
        }
        let differs = self.found > mark.found;
        if !differs {
            self.diff.rows.truncate(mark.rows);
            self.diff.text.truncate(mark.text);
        }
        differs
    }

    fn write(&mut self, text: fmt::Arguments<'_>) -> Range<u32> {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let start = place(self.diff.text.len());
        // Writing to a String does not fail.
        let _ = self.diff.text.write_fmt(text);
        start..place(self.diff.text.len())
    }
}
