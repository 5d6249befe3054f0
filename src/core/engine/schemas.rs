//! Schemas from files and servers, off the network thread.

use std::{net::SocketAddr, path::Path, sync::Arc};

use tokio::task::spawn_blocking;

use super::{CompareId, Compared, Event, ReflectSpec, SchemaId, defect, outbox::Outbox};
use crate::{
    call::{connect_failure, reflect_failure, resolve_endpoint, resolve_metadata},
    grpc::{ConnectInfo, Pool},
    schema::{Loaded, Schema, Source, drift, load, reflect},
};

/// Loads and merges file sources; their paths are whole.
pub(super) async fn load_files(id: SchemaId, sources: Vec<Source>, outbox: Outbox) {
    let loaded = spawn_blocking(move || load(&sources, Path::new(""))).await;
    outbox.push(match loaded {
        Ok(loaded) => Event::SchemaLoaded(id, Box::new(loaded), None),
        Err(_) => Event::SchemaFailed(id, Box::new(defect("Loading the schema"))),
    });
}

/// Asks a server. Connecting and every answer have limits of their own.
pub(super) async fn ask(
    id: SchemaId,
    spec: Box<ReflectSpec>,
    pool: Arc<Pool>,
    demo: Option<SocketAddr>,
    outbox: Outbox,
) {
    outbox.push(match answer(&spec, &pool, demo).await {
        Ok((loaded, info)) => Event::SchemaLoaded(id, Box::new(loaded), Some(info)),
        Err(failure) => Event::SchemaFailed(id, failure),
    });
}

/// Compares a schema with a server's, off the network thread.
pub(super) async fn compare(
    id: CompareId,
    here: Schema,
    with: Compared,
    pool: Arc<Pool>,
    demo: Option<SocketAddr>,
    outbox: Outbox,
) {
    let server = match with {
        Compared::Known(schema) => schema,
        Compared::Asked(spec) => match answer(&spec, &pool, demo).await {
            Ok((loaded, _)) => loaded.schema,
            Err(failure) => return outbox.push(Event::CompareFailed(id, failure)),
        },
    };
    let theirs = server.clone();
    let compared = spawn_blocking(move || drift::compare(&here, &theirs, drift::Part::All)).await;
    outbox.push(match compared {
        Ok(drift) => Event::Compared(id, Box::new(drift), server),
        Err(_) => Event::CompareFailed(id, Box::new(defect("Comparing the schemas"))),
    });
}

async fn answer(
    spec: &ReflectSpec,
    pool: &Pool,
    demo: Option<SocketAddr>,
) -> Result<(Loaded, ConnectInfo), Box<crate::call::Failure>> {
    let target = spec.target.trim();
    let resolving = spec.clone();
    // It looks at files.
    let endpoint = spawn_blocking(move || {
        let ReflectSpec {
            target,
            settings,
            scope,
            base,
            ..
        } = &resolving;
        resolve_endpoint(target.trim(), settings, scope, base, demo)
    });
    let endpoint = endpoint
        .await
        .map_err(|_| Box::new(defect("Preparing the target")))??;
    let metadata = resolve_metadata(&spec.metadata, &spec.scope)?;
    let connected = pool.channel(&endpoint).await;
    let (channel, _) = connected.map_err(|error| Box::new(connect_failure(target, &error)))?;
    let loaded = reflect(&channel, &metadata).await;
    let loaded = loaded.map_err(|error| Box::new(reflect_failure(target, &error)))?;
    let info = channel.info().clone();
    Ok((loaded, info))
}
