//! Server reflection, v1 then v1alpha, in one stream.
//!
//! All questions go over one call, several at a time, since servers may leave out files they
//! already sent on a stream. [`Survey`] knows what to ask; this file only carries it.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::grpc::{
    CallHead, CallReceiver, CallSender, Channel, Chunk, Code, Deadline, Metadata, Origin, Outcome,
    Status,
};

use super::{Loaded, survey::Survey};

const METHODS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Longest wait for one answer.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// Longest time for all answers.
const TOTAL_LIMIT: Duration = Duration::from_secs(300);

/// Largest single answer; some servers send all files in one.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Why a server's schema could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ReflectError {
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

/// Asks a server for all its services and the files they need.
///
/// # Errors
/// [`ReflectError`] when nothing usable came; single files that cannot be used are problems.
pub async fn reflect(channel: &Channel, metadata: &Metadata) -> Result<Loaded, ReflectError> {
    let mut refused = None;
    for method in METHODS {
        match ask_all(channel, metadata, method).await {
            Err(ReflectError::NotOffered { http_status }) => refused = http_status,
            Err(error) => return Err(error),
            Ok(survey) => return build(survey).await,
        }
    }
    Err(ReflectError::NotOffered {
        http_status: refused,
    })
}

async fn build(survey: Survey) -> Result<Loaded, ReflectError> {
    tokio::task::spawn_blocking(move || survey.finish())
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
    channel: &Channel,
    metadata: &Metadata,
    method: &str,
) -> Result<Survey, ReflectError> {
    let head = CallHead {
        metadata: metadata.clone(),
        deadline: Some(Deadline::after(TOTAL_LIMIT)),
        max_receive_bytes: MAX_ANSWER_BYTES,
        ..CallHead::new(method)
    };
    let mut survey = Survey::new();
    let end = loop {
        let end = match channel.open(&head) {
            Ok((mut sender, mut receiver)) => {
                converse(&mut survey, &mut sender, &mut receiver).await
            }
            Err(outcome) => End::Outcome(outcome),
        };
        match end {
            End::Outcome(outcome)
                if survey.answered()
                    && matches!(outcome.origin, Origin::Trailers | Origin::TrailersOnly)
                    && survey.call_ended(&outcome.status.message) => {}
            end => break end,
        }
    };
    match end {
        End::Complete => Ok(survey),
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
            Ok(survey)
        }
        End::Answer(reason) => {
            survey.interrupted(reason);
            Ok(survey)
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
) -> End {
    let late = || {
        let seconds = IDLE_LIMIT.as_secs();
        End::Answer(format!("no answer came for {seconds} seconds"))
    };
    loop {
        let limit = Instant::now() + IDLE_LIMIT;
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
                for message in &messages {
                    if let Err(reason) = survey.accept(message) {
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
