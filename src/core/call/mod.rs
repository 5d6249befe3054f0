//! One call end to end: [`CallSpec`] → [`ResolvedCall`] → [`CallEvent`]s and a [`MessageLog`] → [`Finished`].
//!
//! [`resolve`] turns what a person wrote into what can be sent (variables, method, encoded messages,
//! endpoint); [`execute`] sends it. A mistake of the person, a connection that fails and a status are
//! told apart, and each becomes one [`Failure`] card in one place (`failure.rs`).

mod certificate;
mod details;
mod execute;
mod failure;
mod log;
mod resolve;
#[cfg(test)]
mod tests;

pub use details::{StatusDetail, status_details};
pub use execute::{Attempt, CallControl, CallEvent, Finished, Timings, execute};
pub use failure::{
    Failure, Fix, connect_failure, outcome_failure, reflect_failure, workspace_failure,
};
pub use log::{Direction, LogEntry, MessageLog};
pub use resolve::{
    CallOptions, CallSpec, ResolvedCall, encode_message, resolve, resolve_endpoint,
    resolve_metadata,
};
