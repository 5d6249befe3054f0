//! Anything in a log, found: filters, groups and texts, while it grows.
//!
//! ```text
//! Filter ─ compile for the call's types ─► Matcher ─ parts of the log, several threads ─► Scan: rows
//! GroupSpec ─────────────────────────────► one thread counts ───────────────────────────► Grouping: groups
//! ```
//! Handles are cheap to clone and to read; the work is on threads of its own, goes on with the log, and ends
//! with the last handle. Nothing is copied out of the log: a row is the index of a message, in 4 bytes.

mod count;
mod filter;
mod find;
mod group;
mod handle;
mod matcher;
mod run;
#[cfg(test)]
mod tests;

pub use self::{
    filter::{Condition, Filter, Op},
    find::{TextFound, TextSearch, find_text},
    group::{Group, GroupOrder, GroupSpec, Grouping, Groups},
    handle::{Progress, Scan, ScanState, Stopper},
    matcher::{FilterError, FilterPart, LogTypes, Paths, Side},
};
