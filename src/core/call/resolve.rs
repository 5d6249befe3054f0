//! What a person wrote to what can be sent.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use bytes::Bytes;
use prost_reflect::MethodDescriptor;

use crate::{
    grpc::{Endpoint, Metadata},
    message::Scope,
    schema::{CallKind, Schema},
    workspace::{MetadataRow, TargetSettings},
};

use super::Failure;

/// A call as asked for: everything it needs, nothing looked up later.
#[derive(Debug, Clone)]
pub struct CallSpec {
    /// `pkg.Service/Method`.
    pub method: String,
    /// Target as written; may hold `{{ … }}`. `demo:` is the embedded server.
    pub target: String,
    /// How it is reached.
    pub settings: TargetSettings,
    /// Metadata rows; disabled ones are skipped.
    pub metadata: Vec<MetadataRow>,
    /// Deadline.
    pub deadline: Option<Duration>,
    /// Texts of the prepared messages, sent in order when the call opens.
    pub messages: Vec<String>,
    /// Leave the sending side open after the prepared messages, for sending by hand.
    pub keep_open: bool,
    /// Variables.
    pub scope: Scope,
    /// The schema the method is in.
    pub schema: Schema,
    /// What relative certificate paths start from.
    pub base: PathBuf,
    /// Address of the embedded server, when it runs.
    pub demo: Option<SocketAddr>,
}

/// A call that can be sent: no variable unexpanded, every message encoded.
#[derive(Debug, Clone)]
pub struct ResolvedCall {
    /// What to dial.
    pub endpoint: Endpoint,
    /// The method.
    pub method: MethodDescriptor,
    /// Which sides stream.
    pub kind: CallKind,
    /// Metadata.
    pub metadata: Metadata,
    /// Deadline.
    pub deadline: Option<Duration>,
    /// Messages on the wire.
    pub messages: Vec<Bytes>,
    /// Leave the sending side open.
    pub keep_open: bool,
}

/// Resolves a call.
///
/// # Errors
/// A [`Failure`] that names the place: the message's number, the field's path and text range.
pub fn resolve(spec: &CallSpec) -> Result<ResolvedCall, Box<Failure>> {
    let _ = spec;
    unimplemented!()
}

/// The endpoint alone, for reflection.
///
/// # Errors
/// A [`Failure`] about the target.
pub fn resolve_endpoint(
    target: &str,
    settings: &TargetSettings,
    scope: &Scope,
    base: &std::path::Path,
    demo: Option<SocketAddr>,
) -> Result<Endpoint, Box<Failure>> {
    let _ = (target, settings, scope, base, demo);
    unimplemented!()
}

/// The metadata alone, for reflection.
///
/// # Errors
/// A [`Failure`] about a row.
pub fn resolve_metadata(rows: &[MetadataRow], scope: &Scope) -> Result<Metadata, Box<Failure>> {
    let _ = (rows, scope);
    unimplemented!()
}
