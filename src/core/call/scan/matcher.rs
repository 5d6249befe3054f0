//! A filter made ready: its text, path or expression compiled for the types of a call, then asked message by
//! message.

use std::{ops::ControlFlow, ops::Range, sync::Arc};

use prost_reflect::{MessageDescriptor, MethodDescriptor};
use regex::bytes::{Regex, RegexBuilder};

use super::{Condition, Filter, Op};
use crate::{
    call::{Direction, LogEntry},
    message::{
        FieldPath, Operand, PathError, Printer,
        validate::{CelFilter, MessageFacts},
    },
    schema::Schema,
};

/// Bytes of a pattern made of a text, compiled.
const PATTERN_BYTES: usize = 16 << 20;

/// The types of a call's messages, ready to be read; clones share them.
#[derive(Clone, Debug)]
pub struct LogTypes {
    sides: Arc<[Side; 2]>,
    schema: Option<Schema>,
}

/// The messages of one direction.
#[derive(Debug)]
pub struct Side {
    /// Their type.
    pub message: MessageDescriptor,
    /// What writes and reads them.
    pub printer: Printer,
}

impl LogTypes {
    /// The types of a method: what is sent is its input, what is received its output. Makes their plans.
    pub fn new(method: &MethodDescriptor, schema: &Schema) -> Self {
        let types = Self::of(&method.input(), &method.output(), |message| {
            Printer::within(message, schema)
        });
        Self {
            schema: Some(schema.clone()),
            ..types
        }
    }

    /// Where what an Any holds is found.
    pub fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    /// The same of two message types, each in a schema of its own.
    pub fn of_messages(input: &MessageDescriptor, output: &MessageDescriptor) -> Self {
        Self::of(input, output, Printer::new)
    }

    fn of(
        input: &MessageDescriptor,
        output: &MessageDescriptor,
        printer: impl Fn(&MessageDescriptor) -> Printer,
    ) -> Self {
        let side = |message: &MessageDescriptor| Side {
            message: message.clone(),
            printer: printer(message),
        };
        Self {
            sides: Arc::new([side(input), side(output)]),
            schema: None,
        }
    }

    /// The messages that go one way.
    pub fn side(&self, direction: Direction) -> &Side {
        &self.sides[slot(direction)]
    }

    /// A path for both directions; `None` for one whose type has no such field.
    ///
    /// # Errors
    /// Neither has, as the messages that are received tell it.
    pub fn path(&self, text: &str) -> Result<Paths, PathError> {
        let [input, output] = [Direction::Sent, Direction::Received]
            .map(|direction| FieldPath::parse(text, &self.side(direction).message));
        match (input, output) {
            (Err(_), Err(error)) => Err(error),
            (input, output) => Ok(Paths([input.ok(), output.ok()])),
        }
    }
}

/// One path, as it is in the messages sent and received.
#[derive(Debug, Clone)]
pub struct Paths([Option<FieldPath>; 2]);

impl Paths {
    /// The path in messages that go one way; `None` where their type has no such field.
    pub fn side(&self, direction: Direction) -> Option<&FieldPath> {
        self.0[slot(direction)].as_ref()
    }
}

fn slot(direction: Direction) -> usize {
    match direction {
        Direction::Sent => 0,
        Direction::Received => 1,
    }
}

/// The part of a filter that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterPart {
    /// The text.
    Text,
    /// The path.
    Path,
    /// What a field is compared with.
    Value,
    /// The expression.
    Expression,
}

/// Why a filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// What is wrong of it.
    pub part: FilterPart,
    /// The bytes of that part.
    pub range: Range<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try; may be empty.
    pub hint: String,
}

/// Whether a message passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    No,
    Undecided(String),
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// A filter that compiled; shared by the threads of a scan.
pub(super) struct Matcher {
    types: LogTypes,
    direction: Option<Direction>,
    test: Test,
}

enum Test {
    All,
    Text(Regex),
    Field(Box<FieldTest>),
    Cel(Box<[Option<CelFilter>; 2]>),
}

struct FieldTest {
    paths: Paths,
    /// What each direction's field is compared with.
    operands: [Option<Operand>; 2],
    op: Op,
}

/// What one thread needs beside the filter.
#[derive(Default)]
pub(super) struct Scratch {
    json: Vec<u8>,
}

impl Matcher {
    /// Compiles a filter. An expression takes a thread with a deep stack for a moment.
    ///
    /// # Errors
    /// Which part is wrong, and why.
    pub(super) fn compile(filter: &Filter, types: &LogTypes) -> Result<Self, FilterError> {
        let test = match &filter.condition {
            None => Test::All,
            Some(Condition::Text { text, .. }) if text.is_empty() => Test::All,
            Some(Condition::Text { text, match_case }) => Test::Text(pattern(text, *match_case)?),
            Some(Condition::Field { path, op, value }) => Test::Field(Box::new(
                FieldTest::compile(path, *op, value, filter, types)?,
            )),
            Some(Condition::Cel(source)) => {
                Test::Cel(Box::new(expressions(source, filter, types)?))
            }
        };
        Ok(Self {
            types: types.clone(),
            direction: filter.direction,
            test,
        })
    }

    /// Whether the bytes of messages are looked at.
    pub(super) fn reads_bytes(&self) -> bool {
        !matches!(self.test, Test::All)
    }

    /// Whether a thread that asks it needs a deep stack.
    pub(super) fn needs_stack(&self) -> bool {
        matches!(self.test, Test::Cel(_))
    }

    /// Whether a message may pass, by its line alone.
    pub(super) fn takes(&self, direction: Direction) -> bool {
        self.direction.is_none_or(|wanted| wanted == direction)
            && match &self.test {
                Test::All | Test::Text(_) => true,
                Test::Field(test) => test.paths.side(direction).is_some(),
                Test::Cel(sides) => sides[slot(direction)].is_some(),
            }
    }

    /// Whether a message passes.
    pub(super) fn verdict(
        &self,
        scratch: &mut Scratch,
        index: usize,
        entry: LogEntry,
        wire: &[u8],
    ) -> Verdict {
        if !self.takes(entry.direction) {
            return Verdict::No;
        }
        let side = self.types.side(entry.direction);
        match &self.test {
            Test::All => Verdict::Yes,
            Test::Text(pattern) => {
                side.printer.line_into(wire, &mut scratch.json);
                pattern.is_match(&scratch.json).into()
            }
            Test::Field(test) => test.holds(entry.direction, &side.printer, wire).into(),
            Test::Cel(sides) => {
                let Some(filter) = &sides[slot(entry.direction)] else {
                    return Verdict::No;
                };
                let facts = MessageFacts {
                    wire,
                    sent: entry.direction == Direction::Sent,
                    index,
                    at: entry.at,
                };
                match filter.holds(&facts) {
                    Ok(holds) => holds.into(),
                    Err(reason) => Verdict::Undecided(reason),
                }
            }
        }
    }
}

fn pattern(text: &str, match_case: bool) -> Result<Regex, FilterError> {
    RegexBuilder::new(&regex::escape(text))
        .case_insensitive(!match_case)
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|_| FilterError {
            part: FilterPart::Text,
            range: 0..text.len(),
            message: "the text is too long to look for".to_owned(),
            hint: "Look for a part of it".to_owned(),
        })
}

/// The directions a filter is for.
fn wanted(filter: &Filter) -> impl Iterator<Item = Direction> {
    let only = filter.direction;
    [Direction::Received, Direction::Sent]
        .into_iter()
        .filter(move |direction| only.is_none_or(|only| only == *direction))
}

impl FieldTest {
    fn compile(
        path: &str,
        op: Op,
        value: &str,
        filter: &Filter,
        types: &LogTypes,
    ) -> Result<Self, FilterError> {
        let of_path = |error: PathError| FilterError {
            part: FilterPart::Path,
            range: error.range,
            message: error.message,
            hint: error.hint,
        };
        let paths = types.path(path).map_err(of_path)?;
        let mut operands = [None, None];
        let mut refused = None;
        for direction in wanted(filter) {
            let Some(path) = paths.side(direction) else {
                // Of the one direction that is wanted the type must have it.
                if filter.direction.is_some() {
                    let message = &types.side(direction).message;
                    FieldPath::parse(path, message).map_err(of_path)?;
                }
                continue;
            };
            if !op.takes_value() {
                continue;
            }
            let read = if op == Op::Contains {
                Ok(Operand::of(value))
            } else {
                Operand::parse(value, path.kind())
            };
            match read {
                Ok(operand) => operands[slot(direction)] = Some(operand),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        if let Some(error) = refused.filter(|_| operands.iter().all(Option::is_none)) {
            return Err(FilterError {
                part: FilterPart::Value,
                range: 0..value.len(),
                message: error.message,
                hint: error.hint,
            });
        }
        Ok(Self {
            paths,
            operands,
            op,
        })
    }

    fn holds(&self, direction: Direction, printer: &Printer, wire: &[u8]) -> bool {
        let Some(path) = self.paths.side(direction) else {
            return false;
        };
        match self.op {
            Op::IsSet => is_set(path, printer, wire),
            Op::IsNotSet => !is_set(path, printer, wire),
            Op::IsNot => {
                let fits = self.operands[slot(direction)].is_some();
                fits && !self.any(Op::Is, direction, path, printer, wire)
            }
            op => self.any(op, direction, path, printer, wire),
        }
    }

    fn any(
        &self,
        op: Op,
        direction: Direction,
        path: &FieldPath,
        printer: &Printer,
        wire: &[u8],
    ) -> bool {
        // A value that fits the other direction's field alone.
        let Some(operand) = &self.operands[slot(direction)] else {
            return false;
        };
        let mut holds = false;
        path.read(printer, wire, Some(0), &mut |found| {
            let order = || operand.order(&found.value);
            holds = match op {
                Op::Contains => operand.is_in(&found.value),
                Op::Less => order().is_some_and(|order| order.is_lt()),
                Op::AtMost => order().is_some_and(|order| order.is_le()),
                Op::Greater => order().is_some_and(|order| order.is_gt()),
                Op::AtLeast => order().is_some_and(|order| order.is_ge()),
                Op::Is | Op::IsNot | Op::IsSet | Op::IsNotSet => {
                    order().is_some_and(|order| order.is_eq())
                }
            };
            if holds {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        holds
    }
}

fn is_set(path: &FieldPath, printer: &Printer, wire: &[u8]) -> bool {
    let mut set = false;
    path.read(printer, wire, None, &mut |found| {
        set = found.set;
        if set {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    set
}

/// An expression for the directions whose type has what it names.
fn expressions(
    source: &str,
    filter: &Filter,
    types: &LogTypes,
) -> Result<[Option<CelFilter>; 2], FilterError> {
    let mut sides = [None, None];
    let mut refused = None;
    for direction in wanted(filter) {
        match CelFilter::compile(source, &types.side(direction).message) {
            Ok(compiled) => sides[slot(direction)] = Some(compiled),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    match refused.filter(|_| sides.iter().all(Option::is_none)) {
        None => Ok(sides),
        Some(error) => Err(FilterError {
            part: FilterPart::Expression,
            range: error.range,
            message: error.message,
            hint: error.hint,
        }),
    }
}
