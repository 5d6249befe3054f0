//! Server reflection, v1 then v1alpha, in one stream.
//!
//! All questions go over one call, several at a time, since servers may leave out files they
//! already sent on a stream. [`Survey`] knows what to ask and keeps every file; this file only carries it.
//!
//! ```text
//! version: the one the server answered before, else v1 ─ not offered ─► the other
//! stream:  answers ─ "not found" as a status ─► asked on, on a new stream
//!                  ─ GOAWAY, reset, connection lost ─► asked on, once, on a fresh one
//! ```

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout_at};

use crate::grpc::{
    CallHead, CallReceiver, CallSender, Chunk, Code, ConnectError, ConnectInfo, Deadline, Endpoint,
    Metadata, Origin, Outcome, Pool, Status,
};

use super::{Loaded, Schema, survey::Survey};

/// How long a server may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// For one answer.
    idle: Duration,
    /// For all of them.
    total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30),
            total: Duration::from_secs(300),
        }
    }
}

/// Largest single answer; some servers send all files in one.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// HTTP/2's ENHANCE_YOUR_CALM: to ask again is the last thing such a server wants.
const ENHANCE_YOUR_CALM: u32 = 11;

/// Why a server's schema could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ReflectError {
    /// There is no connection to ask on.
    #[error("connecting to the server")]
    Connect(#[source] Arc<ConnectError>),
    /// Neither version is served.
    #[error("the server does not offer reflection (tried v1 and v1alpha)")]
    NotOffered {
        /// HTTP status of the last answer, where it was not gRPC.
        http_status: Option<u16>,
    },
    /// The reflection call ended with another status.
    #[error("the reflection call ended with {} {}", .0.status.code.0, .0.status.message)]
    Ended(Box<Outcome>),
    /// The server sent more than the limits allow, bytes that are no reflection response, or
    /// nothing in time.
    #[error("the server's reflection answer cannot be used: {0}")]
    Answer(String),
}

/// Whom to ask, and with what.
#[derive(Debug, Clone)]
pub struct Inquiry {
    /// The server.
    pub endpoint: Endpoint,
    /// Metadata of the reflection call.
    pub metadata: Metadata,
    /// Files that stand in for imports which the server does not send.
    pub filling: Option<Schema>,
}

/// A server's answer.
#[derive(Debug, Clone)]
pub struct Reflected {
    /// Its schema, and what of it cannot be used.
    pub loaded: Loaded,
    /// The connection that it came over.
    pub info: ConnectInfo,
}

/// A version of the reflection service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V1Alpha,
}

impl Version {
    fn method(self) -> &'static str {
        match self {
            Self::V1 => "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            Self::V1Alpha => "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        }
    }
}

/// Asks servers for their schemas. It remembers which version of reflection each of them serves, so
/// that one which only has the older is not asked in vain again.
#[derive(Debug, Default)]
pub struct Reflector {
    versions: Mutex<HashMap<Endpoint, Version>>,
    limits: Limits,
}

impl Reflector {
    /// Asks a server for all its services and the files they need, on a connection of the pool.
    ///
    /// # Errors
    /// [`ReflectError`] when nothing usable came; single files that cannot be used are problems.
    pub async fn ask(&self, pool: &Pool, inquiry: &Inquiry) -> Result<Reflected, ReflectError> {
        let known = self.versions().get(&inquiry.endpoint).copied();
        let order = match known {
            Some(Version::V1Alpha) => [Version::V1Alpha, Version::V1],
            Some(Version::V1) | None => [Version::V1, Version::V1Alpha],
        };
        let mut refused = None;
        for version in order {
            match ask_all(pool, inquiry, version, self.limits).await {
                Err(ReflectError::NotOffered { http_status }) => refused = http_status,
                Err(error) => return Err(error),
                Ok((survey, info)) => {
                    self.versions().insert(inquiry.endpoint.clone(), version);
                    let loaded = build(survey, inquiry.filling.clone()).await?;
                    return Ok(Reflected { loaded, info });
                }
            }
        }
        Err(ReflectError::NotOffered {
            http_status: refused,
        })
    }

    fn versions(&self) -> std::sync::MutexGuard<'_, HashMap<Endpoint, Version>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn build(survey: Survey, filling: Option<Schema>) -> Result<Loaded, ReflectError> {
    tokio::task::spawn_blocking(move || survey.finish(filling.as_ref()))
        .await
        .map_err(|_| ReflectError::Answer("building the descriptors failed".to_owned()))
}

/// What ended the questions.
enum End {
    Complete,
    /// The server ended the call.
    Outcome(Box<Outcome>),
    /// The answers cannot be followed further.
    Answer(String),
}

/// Asks everything by one version of the service.
async fn ask_all(
    pool: &Pool,
    inquiry: &Inquiry,
    version: Version,
    limits: Limits,
) -> Result<(Survey, ConnectInfo), ReflectError> {
    let head = CallHead {
        metadata: inquiry.metadata.clone(),
        deadline: Some(Deadline::after(limits.total)),
        max_receive_bytes: MAX_ANSWER_BYTES,
        ..CallHead::new(version.method())
    };
    let mut survey = Survey::new();
    let mut repeated = false;
    let mut info = None;
    let end = loop {
        let channel = match pool.channel(&inquiry.endpoint).await {
            Ok((channel, _)) => channel,
            // What came before a connection was lost can be used although there is no other.
            Err(error) if survey.usable() => {
                break End::Answer(format!("the connection was lost: {error}"));
            }
            Err(error) => return Err(ReflectError::Connect(error)),
        };
        info = Some(channel.info().clone());
        let end = match channel.open(&head) {
            Ok((mut sender, mut receiver)) => {
                converse(&mut survey, &mut sender, &mut receiver, limits.idle).await
            }
            Err(outcome) => End::Outcome(outcome),
        };
        match end {
            End::Outcome(outcome) if is_lost(&outcome) && !repeated => {
                repeated = true;
                survey.ask_open_again();
            }
            End::Outcome(outcome)
                if survey.answered()
                    && matches!(outcome.origin, Origin::Trailers | Origin::TrailersOnly)
                    && survey.call_ended(error_text(&outcome.status)) => {}
            end => break end,
        }
    };
    conclude(&mut survey, end)?;
    let lost = || ReflectError::Answer("there was no connection".to_owned());
    Ok((survey, info.ok_or_else(lost)?))
}

/// The server's own words for ending a call, unless it ended well.
fn error_text(status: &Status) -> Option<&str> {
    (status.code != Code::OK).then_some(status.message.as_str())
}

/// Whether a stream ended by what carries it, and not by the server's word: it was stale, its connection
/// went away or was cut. The questions may be put again.
fn is_lost(outcome: &Outcome) -> bool {
    match outcome.origin {
        Origin::Connection => outcome.cause.is_some(),
        Origin::Reset(code) => code != ENHANCE_YOUR_CALM,
        _ => false,
    }
}

/// Whether what was learned until the end can be used; the end is noted where it came too early.
fn conclude(survey: &mut Survey, end: End) -> Result<(), ReflectError> {
    match end {
        End::Complete => Ok(()),
        End::Outcome(outcome) if !survey.answered() => {
            if let Some(refusal) = not_offered(&outcome) {
                Err(refusal)
            } else if outcome.status.code == Code::OK {
                let reason = "the server ended the call without an answer";
                Err(ReflectError::Answer(reason.to_owned()))
            } else {
                Err(ReflectError::Ended(outcome))
            }
        }
        End::Answer(reason) if !survey.usable() => Err(ReflectError::Answer(reason)),
        End::Outcome(outcome) if !survey.usable() => Err(ReflectError::Ended(outcome)),
        End::Outcome(outcome) => {
            let Status { code, message, .. } = &outcome.status;
            survey.interrupted(format!(
                "the server ended the call early: {} {message}",
                code.0
            ));
            Ok(())
        }
        End::Answer(reason) => {
            survey.interrupted(reason);
            Ok(())
        }
    }
}

/// UNIMPLEMENTED, or what servers and proxies that know no such path say.
fn not_offered(outcome: &Outcome) -> Option<ReflectError> {
    let http_status = match outcome.origin {
        Origin::Http {
            status: status @ (404 | 415),
            ..
        } => Some(status),
        _ if outcome.status.code == Code::UNIMPLEMENTED => None,
        _ => return None,
    };
    Some(ReflectError::NotOffered { http_status })
}

/// Sends and receives until nothing is left to ask.
async fn converse(
    survey: &mut Survey,
    sender: &mut CallSender,
    receiver: &mut CallReceiver,
    idle: Duration,
) -> End {
    let late = || End::Answer(format!("no answer came for {idle:?}"));
    loop {
        let limit = Instant::now() + idle;
        while let Some(request) = survey.next_request() {
            match timeout_at(limit, sender.send(request)).await {
                Ok(Ok(())) => {}
                // The receiver tells how the call ended.
                Ok(Err(_)) => break,
                Err(_) => return late(),
            }
        }
        if survey.complete() {
            // Polite, not needed: the end of the receiver resets what is still open.
            let _ = sender.half_close();
            return End::Complete;
        }
        match timeout_at(limit, receiver.next()).await {
            Ok(Chunk::Head(_)) => {}
            Ok(Chunk::Messages(messages)) => {
                for message in messages {
                    if let Err(reason) = survey.accept(&message) {
                        return End::Answer(reason);
                    }
                }
            }
            Ok(Chunk::End(outcome)) => return End::Outcome(outcome),
            Err(_) => return late(),
        }
    }
}

#[cfg(test)]
mod tests;
