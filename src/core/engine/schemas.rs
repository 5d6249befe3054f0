//! Schemas from files and servers, off the network thread.

use std::{net::SocketAddr, path::Path, sync::Arc};

use tokio::task::spawn_blocking;

use super::{Event, PageId, ReflectSpec, SchemaId, defect, outbox::Outbox};
use crate::{
    call::{connect_failure, reflect_failure, resolve_endpoint, resolve_metadata},
    grpc::Pool,
    schema::{Schema, Source, load, reflect},
};

/// Loads and merges file sources; their paths are whole.
pub(super) async fn load_files(id: SchemaId, sources: Vec<Source>, outbox: Outbox) {
    let loaded = spawn_blocking(move || {
        let loaded = load(&sources, Path::new(""));
        loaded.schema.prepare();
        loaded
    });
    let loaded = loaded.await;
    outbox.push(match loaded {
        Ok(loaded) => Event::SchemaLoaded(id, Box::new(loaded), None),
        Err(_) => Event::SchemaFailed(id, Box::new(defect("Loading the schema"))),
    });
}

/// Writes the page of a symbol.
pub(super) async fn read_page(id: PageId, schema: Schema, symbol: String, outbox: Outbox) {
    let page = spawn_blocking(move || schema.page_of(&symbol)).await;
    // A defect in it leaves the pane without a page rather than waiting.
    outbox.push(Event::PageRead(id, page.ok().flatten().map(Arc::new)));
}

/// Asks a server. Connecting and every answer have limits of their own.
pub(super) async fn ask(
    id: SchemaId,
    spec: Box<ReflectSpec>,
    pool: Arc<Pool>,
    demo: Option<SocketAddr>,
    outbox: Outbox,
) {
    outbox.push(match answer(id, &spec, &pool, demo).await {
        Ok(event) => event,
        Err(failure) => Event::SchemaFailed(id, failure),
    });
}

async fn answer(
    id: SchemaId,
    spec: &ReflectSpec,
    pool: &Pool,
    demo: Option<SocketAddr>,
) -> Result<Event, Box<crate::call::Failure>> {
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
    let schema = loaded.schema.clone();
    // A schema that is not prepared is prepared by whoever looks first.
    let _ = spawn_blocking(move || schema.prepare()).await;
    let info = channel.info().clone();
    Ok(Event::SchemaLoaded(id, Box::new(loaded), Some(info)))
}
