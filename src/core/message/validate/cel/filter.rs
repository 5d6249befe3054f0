//! An expression that takes or leaves messages, asked a million times.
//!
//! Fields that it names are checked against the type when it is compiled; what it may cost is bounded a
//! message. An expression and what it converts belong on a thread with [`STACK`](super::STACK) bytes.

use std::{collections::BTreeSet, ops::Range, sync::Arc, time::Duration};

use cel::{
    Context, IdedExpr, Value as Cel,
    common::{
        ast::{EntryExpr, Expr, SourceInfo},
        types::{CelBool, CelDuration, CelInt, CelString},
        value::Val,
    },
};
use chrono::TimeDelta;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};

use super::{Converter, ENV, MAX_EXPRESSION, STACK, budget, first_line, guarded, prepare, reason};
use crate::message::raw::closest;

/// Units that one message may cost: some milliseconds.
const MESSAGE_BUDGET: u64 = 100_000;
/// Values of one message that may be made for the expression: a tenth of a second.
const VALUES_BUDGET: u64 = 1_000_000;
/// Bytes of a message whose fields are looked at: decoded, small items take fifty times as much.
const MAX_MESSAGE: usize = 4 << 20;

/// The message itself.
const MESSAGE: &str = "message";
const SIZE: &str = "size";
const DIRECTION: &str = "direction";
const INDEX: &str = "index";
const AT: &str = "at";
/// What an expression can name beside the fields.
const FACTS: [&str; 5] = [MESSAGE, SIZE, DIRECTION, INDEX, AT];

/// What an expression is asked about.
#[derive(Debug, Clone, Copy)]
pub struct MessageFacts<'a> {
    /// The bytes.
    pub wire: &'a [u8],
    /// It was sent; else received.
    pub sent: bool,
    /// Its place in the log, from 0.
    pub index: usize,
    /// Since the call began.
    pub at: Duration,
}

/// Why an expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CelProblem {
    /// The bytes of the expression it is about.
    pub range: Range<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try; may be empty.
    pub hint: String,
}

/// An expression over messages of one type.
#[derive(Debug)]
pub struct CelFilter {
    tree: IdedExpr,
    message: MessageDescriptor,
    /// Which of [`FACTS`] it names.
    facts: BTreeSet<&'static str>,
    /// The fields that it names without `message`.
    fields: Vec<FieldDescriptor>,
    /// The fields of `message` that it asks for, where it asks for nothing else of it: the rest need not be
    /// converted.
    selected: BTreeSet<u32>,
}

impl CelFilter {
    /// Compiles an expression for messages of a type, on a thread of its own. It must give a bool.
    ///
    /// # Errors
    /// It does not parse, or names what is not there; with the place.
    pub fn compile(source: &str, message: &MessageDescriptor) -> Result<Self, CelProblem> {
        let compile = || {
            let compiled = Self::read(source, message)?;
            compiled.try_on_nothing(source)?;
            Ok(compiled)
        };
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(STACK);
            let running = thread.spawn_scoped(scope, compile).ok();
            let compiled = running.and_then(|running| running.join().ok());
            compiled.unwrap_or_else(|| Err(whole(source, "the expression could not be compiled")))
        })
    }

    fn read(source: &str, message: &MessageDescriptor) -> Result<Self, CelProblem> {
        if source.len() > MAX_EXPRESSION {
            let words = format!("the expression is longer than {MAX_EXPRESSION} bytes");
            return Err(whole(source, words));
        }
        if source.trim().is_empty() {
            return Err(CelProblem {
                hint: format!("Write one, as `{SIZE} > 1000`"),
                ..whole(source, "there is no expression")
            });
        }
        prepare::check_nesting(source).map_err(|words| whole(source, words))?;
        let env = ENV.as_ref();
        let env = env.ok_or_else(|| whole(source, "the functions of CEL are not there"))?;
        let mut at = None;
        let program = guarded(|| {
            env.compile(source).map_err(|errors| {
                at = errors.errors.first().map(|error| error.pos);
                first_line(&errors)
            })
        });
        let program = program.map_err(|words| match at {
            Some((line, column)) => at_place(source, line, column, words),
            None => whole(source, words),
        })?;
        let mut names = Names {
            source,
            info: program.source_info(),
            message,
            bound: Vec::new(),
            facts: BTreeSet::new(),
            fields: Vec::new(),
            selected: BTreeSet::new(),
        };
        names.look(program.expression(), 0)?;
        let (facts, fields, selected) = (names.facts, names.fields, names.selected);
        let tree = prepare::prepare(program.expression().clone());
        Ok(Self {
            tree: tree.map_err(|words| whole(source, words))?,
            message: message.clone(),
            facts,
            fields,
            selected,
        })
    }

    /// What gives no bool for an empty message gives none for others.
    fn try_on_nothing(&self, source: &str) -> Result<(), CelProblem> {
        let nothing = MessageFacts {
            wire: &[],
            sent: false,
            index: 0,
            at: Duration::ZERO,
        };
        match self.run(&nothing) {
            Err(Stopped::Kind(words)) => Err(CelProblem {
                hint: "Compare it with something".to_owned(),
                ..whole(source, words)
            }),
            Ok(_) | Err(Stopped::Failed(_)) => Ok(()),
        }
    }

    /// Whether a message is taken.
    ///
    /// # Errors
    /// Why that cannot be said: the message does not decode, the expression fails on it, costs too much, or asks
    /// for fields of a message of more than 4 MiB.
    pub fn holds(&self, facts: &MessageFacts<'_>) -> Result<bool, String> {
        self.run(facts).map_err(|stopped| match stopped {
            Stopped::Failed(words) | Stopped::Kind(words) => words,
        })
    }

    fn run(&self, facts: &MessageFacts<'_>) -> Result<bool, Stopped> {
        let env = ENV.as_ref();
        let env = env.ok_or_else(|| failed("the functions of CEL are not there"))?;
        let mut context = Context::with_env(Arc::clone(env));
        self.add_variables(&mut context, facts).map_err(failed)?;
        budget::refill_to(MESSAGE_BUDGET);
        let mut kind = None;
        let ran = guarded(|| {
            let result = Cel::resolve_val(&self.tree, &context);
            // An error inside of `a || b` may have been passed over.
            budget::check().map_err(|error| reason(&error))?;
            let result = result.map_err(|error| reason(&error))?;
            if let Some(flag) = result.downcast_ref::<CelBool>() {
                return Ok(*flag.inner());
            }
            let words = format!(
                "the expression gives a value of type {}, not a bool",
                result.get_type().name()
            );
            kind = Some(words.clone());
            Err(words)
        });
        ran.map_err(|words| kind.map_or(Stopped::Failed(words), Stopped::Kind))
    }

    fn add_variables(
        &self,
        context: &mut Context<'_, '_>,
        facts: &MessageFacts<'_>,
    ) -> Result<(), String> {
        for name in &self.facts {
            let value: Box<dyn Val> = match *name {
                SIZE => Box::new(CelInt::from(signed(facts.wire.len()))),
                INDEX => Box::new(CelInt::from(signed(facts.index))),
                DIRECTION => {
                    let word = if facts.sent { "sent" } else { "received" };
                    Box::new(CelString::from(word.to_owned()))
                }
                AT => {
                    let delta = TimeDelta::from_std(facts.at).unwrap_or(TimeDelta::MAX);
                    Box::new(CelDuration::from(delta))
                }
                _ => continue,
            };
            context.add_variable_as_val(*name, value);
        }
        let whole = self.facts.contains(MESSAGE);
        if !whole && self.fields.is_empty() && self.selected.is_empty() {
            return Ok(());
        }
        if facts.wire.len() > MAX_MESSAGE {
            let mib = MAX_MESSAGE >> 20;
            return Err(format!(
                "the message is larger than {mib} MiB, of which an expression sees `{SIZE}` alone"
            ));
        }
        budget::refill_to(VALUES_BUDGET);
        let decoded = DynamicMessage::decode(self.message.clone(), facts.wire)
            .map_err(|error| format!("the message does not decode: {error}"))?;
        let pool = self.message.parent_pool();
        let converter = Converter { pool, paid: true };
        if whole {
            context.add_variable_as_val(MESSAGE, converter.message(&decoded)?);
        } else if !self.selected.is_empty() {
            let part = converter.part(&decoded, &self.selected)?;
            context.add_variable_as_val(MESSAGE, part);
        }
        for field in &self.fields {
            let value = converter.field(&decoded, field)?;
            context.add_variable_as_val(field.name(), value);
        }
        Ok(())
    }
}

enum Stopped {
    /// It failed on this message.
    Failed(String),
    /// It gives something else than a bool.
    Kind(String),
}

fn failed(words: impl Into<String>) -> Stopped {
    Stopped::Failed(words.into())
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn whole(source: &str, message: impl Into<String>) -> CelProblem {
    CelProblem {
        range: 0..source.len(),
        message: message.into(),
        hint: String::new(),
    }
}

/// A place that the parser gives: a line from 1, a column in bytes from 1.
fn at_place(source: &str, line: isize, column: isize, message: String) -> CelProblem {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let at = source.floor_char_boundary(start.saturating_add(column));
    let len = source[at..].chars().next().map_or(0, char::len_utf8);
    CelProblem {
        range: at..at + len,
        message,
        hint: String::new(),
    }
}

/// What an expression names, checked against the type.
struct Names<'a> {
    source: &'a str,
    info: &'a SourceInfo,
    message: &'a MessageDescriptor,
    /// Variables of the loops around.
    bound: Vec<String>,
    facts: BTreeSet<&'static str>,
    fields: Vec<FieldDescriptor>,
    selected: BTreeSet<u32>,
}

impl Names<'_> {
    /// Looks through a tree; gives the type of the message it is, if it is known to be one.
    fn look(
        &mut self,
        tree: &IdedExpr,
        depth: usize,
    ) -> Result<Option<MessageDescriptor>, CelProblem> {
        if depth > 2 * 256 {
            return Err(whole(self.source, "the expression is nested too deeply"));
        }
        let depth = depth + 1;
        match &tree.expr {
            Expr::Ident(name) => return self.name(name, tree.id),
            Expr::Select(select) => {
                let of_message = self.is_message(&select.operand);
                let message = match of_message {
                    true => Some(self.message.clone()),
                    false => self.look(&select.operand, depth)?,
                };
                let Some(message) = message else {
                    return Ok(None);
                };
                let Some(field) = message.get_field_by_name(&select.field) else {
                    return Err(self.unknown(&select.field, &message, tree.id));
                };
                if of_message {
                    self.selected.insert(field.number());
                }
                return Ok(message_of(&field));
            }
            Expr::Call(call) => {
                for part in call.target.as_deref().into_iter().chain(&call.args) {
                    self.look(part, depth)?;
                }
            }
            Expr::Comprehension(it) => {
                self.look(&it.iter_range, depth)?;
                self.look(&it.accu_init, depth)?;
                let around = self.bound.len();
                self.bound.push(it.iter_var.clone());
                self.bound.extend(it.iter_var2.clone());
                self.bound.push(it.accu_var.clone());
                for part in [&it.loop_cond, &it.loop_step, &it.result] {
                    self.look(part, depth)?;
                }
                self.bound.truncate(around);
            }
            Expr::List(list) => {
                for item in &list.elements {
                    self.look(item, depth)?;
                }
            }
            Expr::Map(map) => self.entries(&map.entries, depth)?,
            Expr::Struct(it) => self.entries(&it.entries, depth)?,
            Expr::Literal(_) | Expr::Unspecified => {}
        }
        Ok(None)
    }

    /// Whether a tree is `message` itself, and its fields are asked for by name.
    fn is_message(&self, tree: &IdedExpr) -> bool {
        let plain = !self.message.full_name().starts_with("google.protobuf.");
        let bound = self.bound.iter().any(|bound| bound == MESSAGE);
        plain && !bound && matches!(&tree.expr, Expr::Ident(name) if name == MESSAGE)
    }

    fn entries(
        &mut self,
        entries: &[cel::common::ast::IdedEntryExpr],
        depth: usize,
    ) -> Result<(), CelProblem> {
        for entry in entries {
            match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.look(&entry.key, depth)?;
                    self.look(&entry.value, depth)?;
                }
                EntryExpr::StructField(field) => {
                    self.look(&field.value, depth)?;
                }
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &str, id: u64) -> Result<Option<MessageDescriptor>, CelProblem> {
        if self.bound.iter().any(|bound| bound == name) || name.starts_with('@') {
            return Ok(None);
        }
        if let Some(fact) = FACTS.into_iter().find(|fact| *fact == name) {
            self.facts.insert(fact);
            let own = self.message.full_name().starts_with("google.protobuf.");
            return Ok((fact == MESSAGE && !own).then(|| self.message.clone()));
        }
        let Some(field) = self.message.get_field_by_name(name) else {
            return Err(self.unknown(name, &self.message.clone(), id));
        };
        let inner = message_of(&field);
        if !self.fields.contains(&field) {
            self.fields.push(field);
        }
        Ok(inner)
    }

    fn unknown(&self, name: &str, message: &MessageDescriptor, id: u64) -> CelProblem {
        let fields: Vec<_> = message.fields().collect();
        let root = message == self.message;
        let facts = FACTS.into_iter().filter(|_| root);
        let names = fields.iter().map(FieldDescriptor::name).chain(facts);
        let camel = fields.iter().find(|field| field.json_name() == name);
        let near = camel
            .map(FieldDescriptor::name)
            .or_else(|| closest(name, names));
        CelProblem {
            range: self.place(name, id),
            message: format!("`{name}` is not a field of `{}`", message.full_name()),
            hint: match near {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!(
                    "Fields go by their names in the file; others are {}",
                    FACTS.join(", ")
                ),
            },
        }
    }

    /// Where a name stands: at its node's place or behind it.
    fn place(&self, name: &str, id: u64) -> Range<usize> {
        let offset = self.info.offset_for(id).map_or(0, |(start, _)| start);
        let start = usize::try_from(offset).unwrap_or(0);
        let start = self.source.floor_char_boundary(start);
        let rest = self.source.get(start..).unwrap_or_default();
        match rest
            .find(name)
            .map(|at| start + at)
            .or_else(|| self.source.find(name))
        {
            Some(at) => at..at + name.len(),
            None => 0..self.source.len(),
        }
    }
}

/// The type of a field that is one message whose fields are asked for by name.
fn message_of(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message)
            if !field.is_list()
                && !field.is_map()
                && !message.full_name().starts_with("google.protobuf.") =>
        {
            Some(message)
        }
        _ => None,
    }
}
