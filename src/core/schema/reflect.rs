//! Server reflection, v1 then v1alpha, in one stream.

use std::sync::Arc;

use crate::grpc::{Channel, ConnectError, Metadata, Status};

use super::Loaded;

/// Why a server's schema could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ReflectError {
    /// Neither version is served.
    #[error("the server does not offer reflection (tried v1 and v1alpha)")]
    NotOffered,
    /// The reflection call ended with another status.
    #[error("the reflection call ended with {} {}", status.code.0, status.message)]
    Status {
        /// The status.
        status: Box<Status>,
        /// The connection's error behind it.
        cause: Option<Arc<ConnectError>>,
    },
    /// The server sent more than the limits allow, or bytes that are no reflection response.
    #[error("the server's reflection answer cannot be used: {0}")]
    Answer(String),
}

/// Asks a server for all its services and the files they need.
///
/// # Errors
/// [`ReflectError`] when nothing usable came; single files that cannot be used are problems.
pub async fn reflect(channel: &Channel, metadata: &Metadata) -> Result<Loaded, ReflectError> {
    let _ = (channel, metadata);
    unimplemented!()
}
