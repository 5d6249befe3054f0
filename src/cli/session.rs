//! A target as given on the command line, and the connection to it.

use std::path::PathBuf;

use stubless_core::{
    call::{reflect_failure, resolve_endpoint, resolve_metadata},
    demo::{Demo, DemoOptions},
    grpc::{Endpoint, Metadata, Pool, Transport},
    message::Scope,
    schema::{Inquiry, ReflectError, Reflector, Schema},
    workspace::{MetadataRow, TargetSettings},
};

use super::{Exit, Stop, args::TargetArgs, report};

/// The target that stands for the embedded server.
const DEMO: &str = "demo:";

/// One target for the length of one command.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) target: String,
    pub(super) settings: TargetSettings,
    /// What relative certificate paths start from: where the program was started.
    pub(super) base: PathBuf,
    pub(super) demo: Option<Demo>,
    endpoint: Endpoint,
    metadata: Metadata,
    pub(super) pool: Pool,
}

impl Session {
    /// Reads the target and the metadata; starts the embedded server if it is meant.
    pub(super) async fn start(
        target: &str,
        args: &TargetArgs,
        metadata: &[MetadataRow],
    ) -> Result<Self, Stop> {
        let usage = |failure| Stop::Failed(Exit::Usage, failure);
        let metadata = resolve_metadata(metadata, &Scope::default()).map_err(usage)?;
        let demo = if target.trim() == DEMO {
            let started = Demo::start(DemoOptions::default()).await;
            Some(started.map_err(|error| {
                Stop::new(Exit::Connect, "Cannot start the embedded server").reason(error)
            })?)
        } else {
            None
        };
        let settings = args.settings();
        let base = PathBuf::new();
        let address = demo.as_ref().map(Demo::address);
        let endpoint = resolve_endpoint(target, &settings, &Scope::default(), &base, address)
            .map_err(usage)?;
        if let Some(tls) = settings.tls
            && tls != (endpoint.transport == Transport::Tls)
        {
            let option = if tls { "--tls" } else { "--plaintext" };
            let summary = format!("`{target}` contradicts {option}");
            return Err(Stop::new(Exit::Usage, summary)
                .reason("The scheme of a URL says whether TLS is used")
                .hint("Leave one of them out"));
        }
        Ok(Self {
            target: target.to_owned(),
            settings,
            base,
            demo,
            endpoint,
            metadata,
            pool: Pool::new(),
        })
    }

    /// Asks the server for its schema, with the call's own metadata. Imports that it does not send are
    /// taken from `filling`.
    pub(super) async fn reflect(&self, filling: Option<Schema>) -> Result<Schema, Stop> {
        let inquiry = Inquiry {
            endpoint: self.endpoint.clone(),
            metadata: self.metadata.clone(),
            filling,
        };
        match Reflector::default().ask(&self.pool, &inquiry).await {
            Ok(reflected) => {
                report::problems(&reflected.loaded.problems);
                Ok(reflected.loaded.schema)
            }
            Err(error) => {
                let exit = match &error {
                    ReflectError::Connect(error) => Exit::without_connection(error),
                    ReflectError::Ended(outcome) if outcome.cause.is_some() => Exit::Connect,
                    _ => Exit::Invalid,
                };
                let failure = reflect_failure(&self.target, &error);
                Err(Stop::Failed(exit, Box::new(failure)))
            }
        }
    }
}
