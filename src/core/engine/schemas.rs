//! Schemas from files and servers, off the network thread.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::task::spawn_blocking;

use super::{CompareId, Compared, Event, PageId, ReflectSpec, SchemaId, defect, outbox::Outbox};
use crate::{
    call::{reflect_failure, resolve_endpoint, resolve_metadata, save_failure},
    grpc::Pool,
    schema::{
        Existing, Inquiry, Reflected, Reflector, SaveForm, Schema, Source, drift, find_roots, load,
        save,
    },
};

/// Loads and merges file sources; their paths are whole.
pub(super) async fn load_files(id: SchemaId, sources: Vec<Source>, cache: PathBuf, outbox: Outbox) {
    let loaded = spawn_blocking(move || {
        let loaded = load(&sources, Path::new(""), Some(&cache));
        loaded.schema.prepare();
        loaded
    });
    let loaded = loaded.await;
    outbox.push(match loaded {
        Ok(loaded) => Event::SchemaLoaded(id, Box::new(loaded), None),
        Err(_) => Event::SchemaFailed(id, Box::new(defect("Loading the schema"))),
    });
}

/// Looks for import roots; their files' heads are read.
pub(super) async fn find(files: Vec<PathBuf>, outbox: Outbox) {
    let asked = files.clone();
    let roots = spawn_blocking(move || find_roots(&files)).await;
    outbox.push(match roots {
        Ok(roots) => Event::RootsFound {
            files: asked,
            roots,
        },
        Err(_) => Event::Notice(Box::new(defect("Looking for import roots"))),
    });
}

/// Builds what a symbol needs.
pub(super) async fn prepare(schema: Schema, symbol: String, outbox: Outbox) {
    let (of, name) = (schema.clone(), symbol.clone());
    let built = spawn_blocking(move || {
        let file = of.file_of(&name)?.to_owned();
        Some(of.problems_of(&file))
    });
    // A defect in it leaves the form without a method rather than waiting.
    let problems = built.await.ok().flatten().unwrap_or_default();
    outbox.push(Event::SymbolPrepared(schema, symbol, problems));
}

/// Saves a schema where the person chose.
pub(super) async fn save_to(
    schema: Schema,
    form: SaveForm,
    path: PathBuf,
    existing: Existing,
    outbox: Outbox,
) {
    let to = path.clone();
    let saved = spawn_blocking(move || save(&schema, form, &to, existing)).await;
    outbox.push(match saved {
        Ok(Ok(saved)) => Event::SchemaSaved { path, saved },
        Ok(Err(error)) => Event::Notice(Box::new(save_failure(&error))),
        Err(_) => Event::Notice(Box::new(defect("Saving the schema"))),
    });
}

/// What asks servers, shared by all questions of one run.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) pool: Arc<Pool>,
    pub(super) reflector: Arc<Reflector>,
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
    asker: Asker,
    demo: Option<SocketAddr>,
    outbox: Outbox,
) {
    outbox.push(match answer(&spec, &asker, demo).await {
        Ok(Reflected { loaded, info }) => {
            let schema = loaded.schema.clone();
            // Else the first frame that lists it makes what it needs.
            let _ = spawn_blocking(move || schema.prepare()).await;
            Event::SchemaLoaded(id, Box::new(loaded), Some(info))
        }
        Err(failure) => Event::SchemaFailed(id, failure),
    });
}

/// Compares a schema with a server's, off the network thread.
pub(super) async fn compare(
    id: CompareId,
    here: Schema,
    with: Compared,
    asker: Asker,
    demo: Option<SocketAddr>,
    outbox: Outbox,
) {
    let server = match with {
        Compared::Known(schema) => schema,
        Compared::Asked(spec) => match answer(&spec, &asker, demo).await {
            Ok(reflected) => reflected.loaded.schema,
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
    asker: &Asker,
    demo: Option<SocketAddr>,
) -> Result<Reflected, Box<crate::call::Failure>> {
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
    let own = spec.settings.reflection_metadata.as_ref();
    let rows = own.unwrap_or(&spec.metadata);
    let inquiry = Inquiry {
        endpoint,
        metadata: resolve_metadata(rows, &spec.scope)?,
        filling: spec.filling.clone(),
    };
    let reflected = asker.reflector.ask(&asker.pool, &inquiry).await;
    reflected.map_err(|error| Box::new(reflect_failure(target, &error)))
}

#[cfg(test)]
mod tests;
