//! What the expressions of one check may cost, a number a thread.
//!
//! One unit is about one step of the interpreter, or eight bytes of a value that is made.

use std::cell::Cell;

use cel::{
    ExecutionError,
    common::{
        types::{CelBytes, CelString},
        value::Val,
    },
};

/// Units of one check: half a second in a release build.
const BUDGET: u64 = 10_000_000;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(BUDGET) };
}

/// Begins a check.
pub(in crate::message::validate) fn refill() {
    refill_to(BUDGET);
}

/// Begins what may cost so many units.
pub(super) fn refill_to(units: u64) {
    LEFT.set(units);
}

/// # Errors
/// Nothing is left.
pub(super) fn check() -> Result<(), ExecutionError> {
    charge(0)
}

/// # Errors
/// There is less left than this. From then on there is nothing.
pub(super) fn charge(units: u64) -> Result<(), ExecutionError> {
    match LEFT.get().checked_sub(units) {
        Some(left) if left > 0 => {
            LEFT.set(left);
            Ok(())
        }
        _ => {
            LEFT.set(0);
            let message = "it costs more than a check may";
            Err(ExecutionError::function_error("budget", message))
        }
    }
}

/// Pays for a value that was made or is copied.
pub(super) fn charge_value(value: &dyn Val) -> Result<(), ExecutionError> {
    charge(size(value) / 8 + 1)
}

/// Bytes of a value, about.
pub(super) fn size(value: &dyn Val) -> u64 {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        text.inner().len() as u64
    } else if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
        bytes.inner().len() as u64
    } else if let Some(list) = value.as_iterable() {
        let mut items = list.iter();
        let mut total = 0;
        while let Some(item) = items.next() {
            total += 16 + size(item);
        }
        total
    } else {
        16
    }
}
