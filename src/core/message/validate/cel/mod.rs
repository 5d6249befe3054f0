//! Rules in CEL: compiled once, run with a budget.
//!
//! The interpreter has no limits of its own, so an expression is bounded before it runs: its length, its
//! depth, and by calls put into its tree that pay for every loop and every value that is made. What an
//! expression, however hostile, costs is a share of a second and of a hundred megabytes.
//! Compiling and running belong on a thread with [`STACK`] bytes: the parser recurses.
//! Spec: cel-spec's language definition, and protovalidate's extensions of it.

mod budget;
mod filter;
mod function;
mod prepare;
#[cfg(test)]
mod tests;
mod value;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, LazyLock},
};

use cel::{
    Context, Env, ExecutionError, IdedExpr, Value as Cel,
    common::{
        types::{CelBool, CelString},
        value::Val,
    },
};

pub use self::filter::{CelFilter, CelProblem, MessageFacts};
pub(super) use self::{budget::refill, value::Converter};

/// Bytes of stack that compiling needs in the worst case.
pub(super) const STACK: usize = 64 << 20;
/// Bytes of an expression. The longest of validate.proto has under 300.
const MAX_EXPRESSION: usize = 8 << 10;

/// protovalidate's library of functions.
static ENV: LazyLock<Option<Arc<Env>>> = LazyLock::new(|| function::env().ok().map(Arc::new));

/// An expression that compiled.
#[derive(Debug)]
pub(super) struct Program {
    tree: IdedExpr,
    source: String,
}

/// What a rule said of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is well.
    Kept,
    /// It is broken; the sentence, where the expression gives one.
    Broken(Option<String>),
}

/// What an expression can name.
pub(super) struct Variables {
    pub(super) this: Box<dyn Val>,
    /// The rules a predefined rule stands in, and what it was given.
    pub(super) rules: Option<(Box<dyn Val>, Box<dyn Val>)>,
    pub(super) now: Box<dyn Val>,
}

impl Program {
    /// # Errors
    /// Why the expression cannot be used.
    pub(super) fn compile(source: &str) -> Result<Self, String> {
        if source.len() > MAX_EXPRESSION {
            return Err(format!(
                "the expression is longer than {MAX_EXPRESSION} bytes"
            ));
        }
        prepare::check_nesting(source)?;
        let env = ENV.as_ref().ok_or("the functions of CEL are not there")?;
        let program = guarded(|| env.compile(source).map_err(|errors| first_line(&errors)))?;
        let tree = prepare::prepare(program.expression().clone())?;
        Ok(Self {
            tree,
            source: source.to_owned(),
        })
    }

    /// # Errors
    /// Why there is no verdict.
    pub(super) fn run(&self, variables: Variables) -> Result<Verdict, String> {
        let env = ENV.as_ref().ok_or("the functions of CEL are not there")?;
        let mut context = Context::with_env(Arc::clone(env));
        context.add_variable_as_val("this", variables.this);
        context.add_variable_as_val("now", variables.now);
        if let Some((rules, rule)) = variables.rules {
            context.add_variable_as_val("rules", rules);
            context.add_variable_as_val("rule", rule);
        }
        guarded(|| {
            let result = Cel::resolve_val(&self.tree, &context);
            // An error inside of `a || b` may have been passed over.
            budget::check().map_err(|error| reason(&error))?;
            let result = result.map_err(|error| reason(&error))?;
            if let Some(flag) = result.downcast_ref::<CelBool>() {
                return Ok(match *flag.inner() {
                    true => Verdict::Kept,
                    false => Verdict::Broken(None),
                });
            }
            if let Some(text) = result.downcast_ref::<CelString<'_>>() {
                return Ok(match text.inner() {
                    "" => Verdict::Kept,
                    text => Verdict::Broken(Some(text.to_owned())),
                });
            }
            let kind = result.get_type().name().to_owned();
            Err(format!(
                "the expression gives {kind}, neither a bool nor a string"
            ))
        })
    }

    /// The expression.
    pub(super) fn source(&self) -> &str {
        &self.source
    }
}

/// Runs the interpreter, which is not ours: a panic in it is a reason like others.
fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err("the interpreter of CEL gave up on it".to_owned()))
}

fn reason(error: &ExecutionError) -> String {
    match error {
        ExecutionError::FunctionError { message, .. } => message.clone(),
        other => first_line(other),
    }
}

/// The sentence of an error, without what stands around it and what follows.
fn first_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("it does not parse");
    // "ERROR: <input>:1:9: Syntax error: …", or the parser's own value inside of it.
    let first = match first.split_once("msg: \"") {
        Some((_, inner)) => inner.split('"').next().unwrap_or(inner),
        None => match first.strip_prefix("ERROR: <input>:") {
            Some(rest) => rest.split_once(": ").map_or(rest, |(_, words)| words),
            None => first,
        },
    };
    first.chars().take(300).collect()
}
