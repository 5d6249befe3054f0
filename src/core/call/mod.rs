//! One call end to end: [`CallSpec`] → [`ResolvedCall`] → [`CallEvent`]s and a [`MessageLog`] → [`Finished`].
//!
//! [`resolve`] turns what a person wrote into what can be sent (variables, method, encoded messages,
//! endpoint); [`execute`] sends it. A mistake of the person, a connection that fails and a status are
//! told apart, and each becomes one [`Failure`] card in one place (`failure.rs`).

mod certificate;
mod details;
mod diff;
mod execute;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod log;
mod resolve;
pub mod scan;
mod stats;
mod target;
#[cfg(test)]
mod tests;
mod typed;

pub use details::{StatusDetail, status_details};
pub use diff::{
    CallFacts, DiffProgress, FactPlace, FactRow, FactState, PairState, StreamDiff, StreamPair,
    StreamSide, VOLATILE_METADATA, compare_facts, diff_streams,
};
pub(crate) use execute::Pauses;
pub use execute::{
    Attempt, CallControl, CallEvent, Finished, Record, Switches, Timings, execute, execute_until,
};
pub use failure::{
    Failure, Fix, code_meaning, connect_failure, filter_failure, log_open_failure,
    log_save_failure, outcome_failure, reflect_failure, save_failure, workspace_failure,
};
pub(crate) use log::descriptors_of;
pub use log::{
    Direction, LOG_FILE_EXTENSION, LogBudget, LogEnd, LogEntry, LogFacts, LogFileError, LogFull,
    LogLimits, LogRead, LogSaved, MessageLog, open_log, save_log,
};
pub(crate) use resolve::encode_kept;
pub use resolve::{
    CallSpec, ResolvedCall, check_message, encode_message, resolve, resolve_metadata,
};
pub use stats::{GapBar, Gaps, StreamPicture, StreamStats, TrafficSlot};
pub use target::{CallOptions, resolve_endpoint};
pub use typed::{TextSetting, address_of, transport_of};
